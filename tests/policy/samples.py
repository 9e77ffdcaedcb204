"""Rules and facts in a few words, for the tests of this room."""

import datetime
import textwrap

from mailfax import number
from mailfax.model import InboundFax, Proof, Recipient
from mailfax.policy import decide, rules

NOW = datetime.datetime(2025, 3, 1, 9, 30, tzinfo=datetime.UTC)
HEAD = 'version = 1\ndefaults = { country = "US", provider = ["main"] }\n'
TAIL = '[[receive]]\ndeliver = "fax@example.com"\n'


def parse(text, **kwargs):
    """Rules from the text of a file."""
    return rules.parse(textwrap.dedent(text).encode(), "rules.toml", **kwargs)


def sending(*lines, head=HEAD, more=""):
    """Rules from the bodies of [[send]] rules, with a catch-all reject after them."""
    tables = "\n".join(f"[[send]]\n{line}" for line in (*lines, 'action = "reject"'))
    return parse(f"{head}{more}\n{tables}\n{TAIL}")


def facts(
    header="ann@example.com", *, envelope=None, login=None, networks=(), to="+12025550123", **more
):
    """A mail from one address to one number; the envelope sender is that of the header."""
    shown = header if isinstance(header, str) else "ann@example.com"
    return decide.Facts(
        mail_from=shown if envelope is None else envelope,
        header_from=header,
        proof=Proof(login=login, networks=frozenset(networks)),
        recipient=Recipient(address=f"{to}@fax.example.com", number=number.parse(to, None)),
        **more,
    )


def decided(book, *args, **kwargs):
    """The decision on such a mail."""
    return decide.decide(book, facts(*args, **kwargs), NOW)


def fax(did="+12025550123", caller="+12025550150", tsid="", account="main", pages=None):
    """A received fax."""
    return InboundFax(
        account=account,
        reference="1",
        did=did,
        caller=caller,
        tsid=tsid,
        received_at=NOW,
        pages=pages,
    )
