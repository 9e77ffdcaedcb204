"""Mails in a few words, or in a file: what the rules are asked about when nobody is sending."""

import dataclasses
import email.parser
import email.policy
from collections.abc import Iterator, Mapping, Sequence

from mailfax import errors
from mailfax.mail import address
from mailfax.model import Recipient
from mailfax.policy import decide, proving
from mailfax.policy.verdict import Unknown


def recipients(raw: bytes, country: str | None) -> Iterator[Recipient]:
    """The numbers that To and Cc of a header name, whatever their domain."""
    headers = email.parser.BytesHeaderParser(policy=email.policy.default).parsebytes(raw)
    named = [one for key in ("to", "cc") for header in headers.get_all(key, [])
             for one in header.addresses]  # fmt: skip
    for one in named:
        try:
            yield address.parse_recipient(one.addr_spec, (one.domain,), country)
        except errors.Refused:
            continue


def facts(
    sender: str, to: Recipient, sought: Mapping[str, Unknown], words: Sequence[str]
) -> decide.Facts:
    """A mail from this author, who is the envelope sender too; `words` are what is shown, as in a
    rule. Without them every proof that has to be looked for is unknown.
    """
    found = decide.Facts(mail_from=sender, header_from=sender, unknown=sought, recipient=to)
    return shown(found, words) if words else found


def shown(found: decide.Facts, words: Sequence[str]) -> decide.Facts:
    """As if the sender had shown these proofs, and no other."""
    try:
        proofs = [proving.read(word) for word in words]
    except ValueError as problem:
        raise errors.Usage(str(problem)) from None
    header = found.header_from if isinstance(found.header_from, str) else ""
    sketch = proving.sketch(proofs, header, found.mail_from)
    whole = dataclasses.replace(
        sketch,
        login=found.proof.login or sketch.login,
        networks=found.proof.networks | sketch.networks,
    )
    return dataclasses.replace(found, proof=whole, unknown={})
