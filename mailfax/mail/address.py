"""From the recipient of a mail to the number to dial: `number@fax.domain` in its spellings.

Understood are plain numbers as people write them and the address form for fax over mail,
`FAX=+12025550123/T33S=1387/ATTN=Tom.Smith` (RFC 3191, RFC 3192, RFC 2846). Ambiguous means
refused. What was written survives: `Recipient.address` is the address as received. Tags may stand
behind the number, `+12025550123+fine+nocover@`: each begins with a letter.
"""

import functools
import re
from collections.abc import Callable, Sequence

from mailfax import errors, number
from mailfax.model import Recipient

_LOCAL_PART_LIMIT = 64
"""Octets, RFC 5321 section 4.5.3.1.1."""

_CONFIRM = "confirm+"

_SUBADDRESS_LIMIT = 20
"""Digits in the subaddress field of T.30, as ITU-T T.33 uses it."""

_LOCAL = re.compile(
    r"/?(?:(?P<scheme>[A-Za-z]+)=)?(?P<number>[^=]*?)(?P<tags>(?:\+[A-Za-z][^+/]*)*)"
    r"(?P<qualifiers>(?:/[A-Za-z0-9-]+=[^/]*)*)/?"
)
_QUALIFIER = re.compile(r"/([A-Za-z0-9-]+)=([^/]*)")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)

_NOT_DIALLED = frozenset({"ISUB", "POSTD"})
"""ISDN subaddress and digits after the answer (RFC 2846): no provider dials them."""


def split(address: str) -> tuple[str, str]:
    """Local part without quoting, and domain in lower case; the domain is empty when absent.

    Quoted and unquoted spellings of one mailbox give the same answer (RFC 5321 section 4.1.2).
    """
    local, at, domain = address.rpartition("@")
    if not at:
        local, domain = domain, ""
    if len(local) >= 2 and local[0] == local[-1] == '"':
        local = _ESCAPED.sub(r"\1", local[1:-1])
    return local, domain.lower()


def is_postmaster(address: str, domains: Sequence[str]) -> bool:
    """Whether this is the postmaster, at one of our domains or at none (RFC 5321 section 4.5.1)."""
    local, domain = split(address)
    return local.lower() == "postmaster" and (not domain or _is_ours(domain, domains))


def confirmation(address: str, domains: Sequence[str]) -> str:
    """The token of `confirm+TOKEN@` one of our domains; empty for every other address."""
    if address[:8].lower() != _CONFIRM:
        return ""
    local, domain = split(address)
    return local[8:].lower() if _is_ours(domain, domains) else ""


def check_domain(address: str, domains: Sequence[str]) -> None:
    """Refuse with 550 5.7.1 what is not addressed to one of our `domains`: we relay nothing."""
    domain = split(address)[1]
    if not _is_ours(domain, domains):
        raise errors.Refused(550, "5.7.1", f"We take no mail for {domain or 'that address'}")


@functools.lru_cache(maxsize=1024)
def parse_recipient(address: str, domains: tuple[str, ...], country: str | None) -> Recipient:
    """The destination that a mailbox at one of our `domains` names.

    `address` is the mailbox without angle brackets and route; `country` (ISO 3166) is where
    numbers without a plus are at home, None when they are at home nowhere.
    Raises `errors.Refused` with the reason: 550 5.7.1 not our domain, 553 5.1.3 not a number
    that can be dialled, 550 5.1.1 no number at all, 550 5.3.3 a wish we cannot fulfil.
    """
    check_domain(address, domains)
    _check_length(address)
    match = _LOCAL.fullmatch(split(address)[0])
    if match is None or (match["scheme"] or "FAX").upper() != "FAX":
        raise _unknown(address)
    qualifiers = _qualifiers(match["qualifiers"])
    return Recipient(
        address=address,
        number=_number(match["number"], country),
        subaddress=_subaddress(qualifiers.get("T33S")),
        name=_person(qualifiers.get("ATTN", "")),
        company=_company(qualifiers),
        tags=tuple(match["tags"].split("+")[1:]),
    )


def _is_ours(domain: str, domains: Sequence[str]) -> bool:
    return any(domain == ours.lower() for ours in domains)


def _check_length(address: str) -> None:
    local = address.rpartition("@")[0]
    if len(local.encode("utf-8", "surrogateescape")) > _LOCAL_PART_LIMIT:
        raise _malformed(f"What stands before the @ is longer than {_LOCAL_PART_LIMIT} octets")


def _qualifiers(text: str) -> dict[str, str]:
    """`/KEY=value` pairs, keys in upper case; unknown ones stay in the address only."""
    found: dict[str, str] = {}
    for key, value in _QUALIFIER.findall(text):
        name = key.upper()
        if name in _NOT_DIALLED:
            raise errors.Refused(550, "5.3.3", f"We cannot dial what {name}= asks for")
        if name in found:
            raise _malformed(f"{name}= stands twice; give one address for each")
        found[name] = value
    return found


def _subaddress(value: str | None) -> str | None:
    if value is None:
        return None
    if not (value.isascii() and value.isdigit()):
        raise _malformed("The subaddress T33S= takes digits and nothing else")
    if len(value) > _SUBADDRESS_LIMIT:
        raise _malformed(f"The subaddress T33S= takes at most {_SUBADDRESS_LIMIT} digits")
    return value


def _person(value: str) -> str:
    """`Tom.Smith` or `Tom_Smith` as a name; dots join the parts of a name in RFC 2846."""
    return " ".join(re.split(r"[._ ]+", value)).strip()


def _company(qualifiers: dict[str, str]) -> str:
    """Organisation and office, as far as they are given: `ACME, Sales, BLD2-44`."""
    words = (qualifiers.get(key, "") for key in ("ORG", "OFNA", "OFNO"))
    return ", ".join(word.replace("_", " ").strip() for word in words if word.strip("_ "))


def _number(written: str, country: str | None) -> number.FaxNumber:
    if not any(character in "0123456789" for character in written):
        raise errors.Refused(550, "5.1.1", f"{_quoted(written)} is not a fax number")
    readings = _readings(written.strip(), country)
    if len(readings) == 1:
        return readings.pop()
    if readings:
        raise _malformed(f"{_quoted(written)} can be read in two ways; {_ADVICE}")
    raise _malformed(f"{_quoted(written)} is not a fax number that can be dialled; {_ADVICE}")


_ADVICE = "write it with + and the country, as +12025550123"


def _readings(written: str, country: str | None) -> set[number.FaxNumber]:
    """Every number that may be meant; none when it cannot be dialled, two when it is unclear.

    A number without a plus is one of `country`. It is unclear when its digits begin with that
    country's own code and make another number of that country once the plus is thought before
    them. 00, the access code that ITU-T E.164 recommends, stands for the plus where `country`
    itself does not read it otherwise.
    """
    if written.startswith("+"):
        return _one(written, None)
    found = _one(written, country) if country else set()
    if found:
        return found | _one(f"+{written}", None, keep=lambda other: other.country() == country)
    if written.startswith("00"):
        return _one(f"+{written[2:].lstrip(' .-')}", None)
    return set()


def _one(
    text: str,
    country: str | None,
    keep: Callable[[number.FaxNumber], bool] = lambda _: True,
) -> set[number.FaxNumber]:
    try:
        read = number.parse(text, country)
    except errors.Permanent:
        return set()
    return {read} if keep(read) else set()


def _unknown(address: str) -> errors.Refused:
    return errors.Refused(550, "5.1.1", f"{_quoted(address)} is not a fax number")


def _malformed(text: str) -> errors.Refused:
    return errors.Refused(553, "5.1.3", text)


def _quoted(text: str) -> str:
    return f"'{text[:80]}'"
