"""The arguments of MAIL and RCPT: path, then parameters, by the grammar and nothing else.

RFC 5321 section 4.1.2 for paths (a source route is read and dropped, comments are refused),
RFC 3461 section 4 for RET, ENVID, NOTIFY, ORCPT and their xtext, RFC 1870 for SIZE, RFC 6152
for BODY, RFC 4954 section 5 for AUTH; and the size after BDAT. Everything wrong is
`errors.Refused` with its reply: 501 5.1.7 or 5.1.3 for a path, 501 5.5.4 for a parameter, 555
5.5.4 for one not known here.
"""

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping

from mailfax import errors
from mailfax.model import Rcpt

_ATEXT = r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+"
_LOCAL = rf'(?:{_ATEXT}(?:\.{_ATEXT})*|"(?:[ !#-\[\]-~]|\\[ -~])*")'
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[!-Z^-~]+\])"
_ROUTE = rf"(?:@{_DOMAIN}(?:,@{_DOMAIN})*:)?"
_PATH = re.compile(rf"<{_ROUTE}(?P<mailbox>{_LOCAL}@{_DOMAIN})>")
_POSTMASTER = re.compile(r"<(?P<mailbox>postmaster)>", re.IGNORECASE)
_MAILBOX = re.compile(rf"{_LOCAL}@{_DOMAIN}")
_PATH_LIMIT = 256
"""Octets with brackets, RFC 5321 section 4.5.3.1.3."""

_PARAMETER = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9\-]*)(?:=(?P<value>[!-<>-~]+))?")
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*")
_HEXCHAR = re.compile(r"\+([0-9A-F]{2})")
_ORCPT = re.compile(r"(?P<type>[A-Za-z0-9\-]+);(?P<address>.+)")
_CHUNK = re.compile(r"(?P<size>[0-9]{1,20})(?: +(?P<last>LAST))?", re.IGNORECASE)
_NOTIFY = frozenset({"SUCCESS", "FAILURE", "DELAY"})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """What MAIL said. `address` is empty for the null reverse-path."""

    address: str
    size: int | None = None
    ret: str | None = None
    """FULL or HDRS."""
    envid: str | None = None
    """Decoded, case kept."""


def mail(argument: str) -> Sender:
    """Read what follows `MAIL `; BODY and AUTH are checked and have no further use here."""
    path, text = _opened(argument, "FROM", "5.1.7")
    address = "" if path == "<>" else _mailbox(path, _PATH, "5.1.7")
    found = dict(_parameters(text, _MAIL))
    return Sender(
        address=address,
        size=int(found["SIZE"]) if "SIZE" in found else None,
        ret=found.get("RET"),
        envid=found.get("ENVID"),
    )


def rcpt(argument: str) -> Rcpt:
    """Read what follows `RCPT `; the address is as spelt, without a source route."""
    path, text = _opened(argument, "TO", "5.1.3")
    address = _mailbox(path, _POSTMASTER if _POSTMASTER.fullmatch(path) else _PATH, "5.1.3")
    found = dict(_parameters(text, _RCPT))
    notify = found.get("NOTIFY")
    return Rcpt(
        address=address,
        notify=frozenset(notify.split(",")) if notify else None,
        orcpt=found.get("ORCPT"),
    )


def bdat(argument: str) -> tuple[int, bool]:
    """Size of a chunk, and whether it is the last (RFC 3030 section 2).

    Without a size nobody knows where the message goes on and where commands do: 421.
    """
    match = _CHUNK.fullmatch(argument)
    if match is None:
        raise errors.Refused(421, "4.7.0", "BDAT takes a number of octets and perhaps LAST")
    return int(match["size"]), bool(match["last"])


def decode_xtext(text: str) -> str:
    """The text that xtext stands for (RFC 3461 section 4); raises ValueError."""
    if not _XTEXT.fullmatch(text):
        raise ValueError(text)
    return _HEXCHAR.sub(lambda match: chr(int(match[1], 16)), text)


def _opened(argument: str, word: str, status: str) -> tuple[str, str]:
    """The path with its brackets, and the parameters after it."""
    if argument[: len(word) + 1].upper() != f"{word}:":
        raise errors.Refused(501, "5.5.2", f"Say {word}:<address>")
    rest = argument[len(word) + 1 :]
    end = _end_of_path(rest)
    if end is None or rest[end : end + 1] not in {"", " "}:
        raise errors.Refused(501, status, f"{word}: takes an address in angle brackets")
    return rest[:end], rest[end:].strip(" ")


def _end_of_path(text: str) -> int | None:
    """Index after the bracket that closes the path; one inside quotes closes nothing."""
    match = re.match(r'<(?:[^<>"]|"(?:[^"\\]|\\.)*")*>', text)
    return match.end() if match else None


def _mailbox(path: str, form: re.Pattern[str], status: str) -> str:
    match = form.fullmatch(path)
    if match is None:
        raise errors.Refused(501, status, "That is not an address")
    if len(path) > _PATH_LIMIT:
        raise errors.Refused(501, status, f"That address is longer than {_PATH_LIMIT} octets")
    return match["mailbox"]


def _parameters(text: str, known: Mapping[str, Callable[[str], str]]) -> Iterator[tuple[str, str]]:
    """Name and checked value of each parameter."""
    seen = set()
    for word in filter(None, text.split(" ")):
        match = _PARAMETER.fullmatch(word)
        if match is None:
            raise _invalid("A parameter is NAME=value")
        name, value = match["name"].upper(), match["value"] or ""
        if name not in known:
            raise errors.Refused(555, "5.5.4", f"Parameter {name} is not known here")
        if name in seen:
            raise _invalid(f"{name} stands twice")
        seen.add(name)
        yield name, known[name](value)


def _size(value: str) -> str:
    if not re.fullmatch(r"[0-9]{1,20}", value):
        raise _invalid("SIZE takes a number of octets")
    return value


def _body(value: str) -> str:
    return _word("BODY", value, {"7BIT", "8BITMIME"})


def _ret(value: str) -> str:
    return _word("RET", value, {"FULL", "HDRS"})


def _word(name: str, value: str, words: set[str]) -> str:
    if value.upper() not in words:
        raise _invalid(f"{name} takes {' or '.join(sorted(words))}")
    return value.upper()


def _envid(value: str) -> str:
    """At most 100 characters that stand for printable ASCII (RFC 3461 section 4.4)."""
    if not 1 <= len(value) <= 100:
        raise _invalid("ENVID takes 1 to 100 characters")
    return _xtext("ENVID", value)


def _auth(value: str) -> str:
    """A mailbox or `<>`; the name counts for nothing here, as RFC 4954 section 5 allows."""
    if value != "<>" and not _MAILBOX.fullmatch(_xtext("AUTH", value)):
        raise _invalid("AUTH takes an address or <>")
    return value


def _notify(value: str) -> str:
    words = value.upper().split(",")
    if words != ["NEVER"] and not set(words) <= _NOTIFY:
        raise _invalid("NOTIFY takes NEVER alone, or any of SUCCESS, FAILURE, DELAY")
    return ",".join(words)


def _orcpt(value: str) -> str:
    """`type;address`, kept as received; 500 characters at the most (RFC 3461 section 5.4)."""
    match = _ORCPT.fullmatch(value)
    if match is None or len(value) > 500:
        raise _invalid("ORCPT takes type;address of at most 500 characters")
    _xtext("ORCPT", match["address"])
    return value


def _xtext(name: str, value: str) -> str:
    try:
        text = decode_xtext(value)
    except ValueError:
        raise _invalid(f"{name} is not xtext") from None
    if not (text.isascii() and text.isprintable()):
        raise _invalid(f"{name} stands for characters that cannot be printed")
    return text


def _invalid(text: str) -> errors.Refused:
    return errors.Refused(501, "5.5.4", text)


_MAIL = {"SIZE": _size, "BODY": _body, "RET": _ret, "ENVID": _envid, "AUTH": _auth}
_RCPT = {"NOTIFY": _notify, "ORCPT": _orcpt}
