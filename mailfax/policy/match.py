"""What a condition is compared with: addresses, numbers and words, each in one normal form.

The kind of match is visible in the way the value is written:

    ann@example.com     this address             +12025550123   this number
    @example.com        this domain              +1202*         numbers that begin so
    @*.example.com      its subdomains           re:…           the whole of it, by expression
    group:NAME          a group's list           *              anything at all

Addresses compare without case, domains as A-labels; numbers in E.164.
"""

import dataclasses
import functools
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Protocol

from mailfax import errors, number
from mailfax.policy import expression

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_LOCAL_PART = re.compile(r'[^\s\x00-\x1f@<>,;:"\\()\[\]*]+')
_PREFIX = re.compile(r"\+([0-9]{0,14})\*")
_PUNCTUATION = re.compile(r"[ ().\-/]")


class Pattern(Protocol):
    """One value of a condition."""

    @property
    def text(self) -> str:
        """As written in the file."""

    def holds(self, value: str) -> bool:
        """Whether `value`, in its normal form, is meant."""


@dataclasses.dataclass(frozen=True)
class Anything:
    """`*`"""

    text: str = "*"

    def holds(self, value: str) -> bool:  # noqa: ARG002
        """Always."""
        return True


@dataclasses.dataclass(frozen=True)
class Exact:
    """One address, number or word."""

    text: str
    value: str

    def holds(self, value: str) -> bool:
        """When they are the same."""
        return value == self.value


@dataclasses.dataclass(frozen=True)
class Domain:
    """`@example.com`: that domain alone."""

    text: str
    domain: str

    def holds(self, value: str) -> bool:
        """When the address ends in it."""
        return value.rpartition("@")[2] == self.domain and "@" in value


@dataclasses.dataclass(frozen=True)
class Subdomains:
    """`@*.example.com`: everything below, but not the domain itself."""

    text: str
    domain: str

    def holds(self, value: str) -> bool:
        """When the address's domain lies below."""
        return value.rpartition("@")[2].endswith(f".{self.domain}") and "@" in value


@dataclasses.dataclass(frozen=True)
class Prefix:
    """`+49*`, or the beginning of a word."""

    text: str
    start: str

    def holds(self, value: str) -> bool:
        """When the value begins so."""
        return value.startswith(self.start)


@dataclasses.dataclass(frozen=True)
class Expression:
    """`re:…`, anchored at both ends."""

    text: str
    compiled: re.Pattern[str]

    def holds(self, value: str) -> bool:
        """When all of the value fits; overlong values never do."""
        short = len(value) <= expression.MAX_SUBJECT
        return short and self.compiled.fullmatch(value) is not None


@dataclasses.dataclass(frozen=True)
class InGroup:
    """`group:NAME`."""

    text: str
    name: str
    members: "Patterns"

    def holds(self, value: str) -> bool:
        """When the group's list holds it."""
        return self.members.find(value) is not None


_SHOWN = 5
"""Patterns that a remark names before it only counts them."""


@dataclasses.dataclass(frozen=True)
class Patterns:
    """A list of patterns, of which one has to hold; long lists of exact values cost nothing."""

    items: tuple[Pattern, ...]

    def __iter__(self) -> Iterator[Pattern]:
        return iter(self.items)

    def __str__(self) -> str:
        return ", ".join(item.text for item in self.items)

    @functools.cached_property
    def shown(self) -> str:
        """The first few as written, and how many more there are."""
        texts = [pattern.text for pattern in self.items]
        more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
        return ", ".join(texts[:_SHOWN]) + more

    @functools.cached_property
    def _exact(self) -> Mapping[str, Exact]:
        return {item.value: item for item in self.items if isinstance(item, Exact)}

    @functools.cached_property
    def _others(self) -> tuple[Pattern, ...]:
        return tuple(item for item in self.items if not isinstance(item, Exact))

    def find(self, value: str) -> Pattern | None:
        """A pattern that holds `value`, exact ones first; None when none does."""
        exact = self._exact.get(value)
        if exact is not None:
            return exact
        for item in self._others:
            if item.holds(value):
                return item
        return None

    def names(self, value: str) -> bool:
        """Whether `value` is held by more than a mere `*`."""
        named = (item for item in self.items if not isinstance(item, Anything))
        return any(item.holds(value) for item in named)

    def groups(self, value: str) -> tuple[tuple[str, Pattern], ...]:
        """The groups in this list that hold `value`, in the order written: the name of each, and
        its member that does.
        """
        groups = (item for item in self.items if isinstance(item, InGroup))
        found = ((item.name, item.members.find(value)) for item in groups)
        return tuple((name, member) for name, member in found if member is not None)


# ── Normal forms ───────────────────────────────────────────────────────────────────────


@functools.lru_cache(maxsize=1024)  # each rule asks for the same two
def address(text: str) -> str:
    """A mail address as it is compared: lower case, domain as A-labels."""
    local, at, domain = text.lower().rpartition("@")
    return f"{local}{at}{_domain(domain)}"


def word(text: str) -> str:
    """A station identity or account name as it is compared: no case, single blanks."""
    return " ".join(text.casefold().split())


def _domain(text: str) -> str:
    """Label by label, so that letters IDNA 2008 keeps apart (ß and ss) stay apart."""
    return ".".join(_label(label) for label in text.split("."))


def _label(label: str) -> str:
    if label.isascii():
        return label
    plain = unicodedata.normalize("NFKC", label)
    return f"xn--{plain.encode('punycode').decode('ascii')}"


# ── Reading ────────────────────────────────────────────────────────────────────────────
# Each takes a string from the rules file and raises ValueError with half a sentence.


def read_address(text: str) -> Pattern:
    """An address pattern; groups are read by the caller, who knows them."""
    if text == "*":
        return Anything()
    if text.startswith("re:"):
        return _expression(text)
    if text.startswith("@*."):
        return Subdomains(text, read_domain(text[3:], text))
    if text.startswith("@"):
        return Domain(text, read_domain(text[1:], text))
    return Exact(text, address(read_mailbox(text)))


def read_mailbox(text: str) -> str:
    """One whole address, as for a delivery: local part as written, domain as A-labels."""
    local, at, domain = text.rpartition("@")
    if local == "*" and at:
        raise ValueError(f"'{text}' is not an address: for the whole domain write '@{domain}'")
    if not at or not _LOCAL_PART.fullmatch(local):
        hint = f": for the whole domain write '@{text}'" if not at and "." in text else ""
        raise ValueError(f"'{text}' is not a mail address{hint}")
    return f"{local}@{read_domain(domain, text)}"


def read_domain(domain: str, text: str = "") -> str:
    """A domain as it is compared; `text` is what it stands in."""
    text = text or domain
    normal = _domain(domain.lower())
    if len(normal) > 253 or not all(_LABEL.fullmatch(label) for label in normal.split(".")):
        raise ValueError(f"'{text}' does not hold a domain name")
    return normal


def read_number(text: str, country: str | None) -> Pattern:
    """A number pattern; numbers without + are local to `country`."""
    if text == "*":
        return Anything()
    if text.startswith("re:"):
        return _expression(text)
    if "*" in text:
        prefix = _PREFIX.fullmatch(_PUNCTUATION.sub("", text))
        if not prefix:
            raise ValueError(f"'{text}' is not a prefix: write it like '+49*'")
        return Prefix(text, f"+{prefix.group(1)}")
    try:
        return Exact(text, str(number.parse(text, country)))
    except errors.Permanent as problem:
        raise ValueError(str(problem)) from None


def read_word(text: str) -> Pattern:
    """A pattern for a station identity: the whole, a beginning with `*`, or `re:`."""
    if text == "*":
        return Anything()
    if text.startswith("re:"):
        return _expression(text)
    if "*" in text[:-1]:
        raise ValueError(f"'{text}' has * elsewhere than at its end: write re:…")
    if text.endswith("*"):
        return Prefix(text, word(text[:-1]))
    return Exact(text, word(text))


def _expression(text: str) -> Expression:
    try:
        return Expression(text, expression.compiled(text.removeprefix("re:").strip()))
    except ValueError as problem:
        raise ValueError(f"'{text}' {problem}") from None
