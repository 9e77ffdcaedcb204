"""What a request's elements say: read by name in any order, all mistakes told at once."""

import dataclasses
import datetime
import re
from collections.abc import Mapping

from mailfax.sandbox.monopond import envelope
from mailfax.sandbox.monopond.envelope import Element

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)")
_LAST_YEAR = 9000
"""Later times cannot be reckoned with; an error, which is inference."""
_MOST = 2**31 - 1
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """What a request says of messages; empty ones say nothing."""

    messages: frozenset[str]
    send: str
    broadcast: str

    def __bool__(self) -> bool:
        return bool(self.messages or self.send or self.broadcast)


class Arguments:
    """The children of one element. What is wrong with them is collected until `check`.

    Missing and empty are the same: empty wrappers and empty texts are what clients send.
    """

    def __init__(self, element: Element, problems: list[str] | None = None) -> None:
        self.element = element
        self._problems = [] if problems is None else problems

    def wrong(self, name: str, reason: str) -> None:
        """Note a mistake."""
        self._problems.append(f"{name}: {reason}")

    def check(self) -> None:
        """Raise the fault that names the mistakes of this element and of its children."""
        if self._problems:
            text = "; ".join(dict.fromkeys(self._problems))
            raise envelope.Fault(text, "InvalidArgumentsException")

    def text(self, name: str, longest: int | None = None) -> str:
        """A text without the blanks around it."""
        value = str(self.element.findtext(name, "")).strip()
        if longest is not None and len(value) > longest:
            self.wrong(name, f"is longer than {longest} characters")
        return value

    def needed(self, name: str) -> str:
        """A text that must be there."""
        value = self.text(name)
        if not value:
            self.wrong(name, "is required")
        return value

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """One of a few words, in their exact case, or empty."""
        value = self.text(name)
        if value and value not in choices:
            self.wrong(name, f"is not one of {', '.join(choices)}")
        return value

    def count(self, name: str) -> int | None:
        """A number that is not negative."""
        return self._integer(name, self.text(name), 0)

    def order(self, name: str) -> int:
        """Any whole number; 0 when missing."""
        return self._integer(name, self.text(name), -_MOST) or 0

    def moment(self, name: str) -> datetime.datetime | None:
        """A time with its zone, whose colon some clients leave out (facts, section 6)."""
        value = self.text(name)
        if not value:
            return None
        try:
            if _MOMENT.fullmatch(value):
                time = datetime.datetime.fromisoformat(value).astimezone(datetime.UTC)
                if time.year < _LAST_YEAR:
                    return time
        except (ValueError, OverflowError):
            pass
        self.wrong(name, "is not a date and time with its zone")
        return None

    def inner(self, name: str) -> "Arguments | None":
        """A child that has children of its own, or attributes."""
        child = self.element.find(name)
        return None if child is None else Arguments(child, self._problems)

    def each(self, *path: str) -> list["Arguments"]:
        """All children at the end of a path of names."""
        found = self.element.findall("/".join(path))
        return [Arguments(child, self._problems) for child in found]

    def references(self) -> References:
        """By which messages are looked for: all that are given must fit."""
        return References(
            messages=frozenset(filter(None, [*self._several(), self.text("MessageRef")])),
            send=self.text("SendRef"),
            broadcast=self.text("BroadcastRef"),
        )

    def _several(self) -> list[str]:
        return [(x.text or "").strip() for x in self.element.findall("MessageRefs/MessageRef")]

    def number(self, attribute: str) -> int | None:
        """An attribute that is a whole number."""
        return self._integer(attribute, self.element.get(attribute, "").strip(), -_MOST)

    def flag(self, attribute: str) -> bool:
        """An attribute that is a boolean; false when missing."""
        value = self.element.get(attribute, "false").strip()
        if value not in _BOOLEANS:
            self.wrong(attribute, "is not a boolean")
        return _BOOLEANS.get(value, False)

    def _integer(self, name: str, value: str, least: int) -> int | None:
        if not value:
            return None
        number = int(value) if re.fullmatch(r"[+-]?[0-9]{1,10}", value) else _MOST + 1
        if not least <= number <= _MOST:
            self.wrong(name, "is not a number that is allowed here")
            return None
        return number


Shape = Mapping[str, "Shape"]
"""The children that an element can have, by name."""


def fit(element: Element, shape: Shape) -> None:
    """Raise the fault of an element that the types do not know.

    Children are in no namespace, in any order. That a stranger among them is refused and not
    passed over is inference (CXF's way).
    """
    for child in element:
        if child.tag not in shape:
            uri, _, local = str(child.tag).rpartition("}")
            expected = ",".join(f"<{{}}{name}>" for name in shape) or "(none)"
            raise envelope.unmarshalling(
                f'unexpected element (uri:"{uri[1:]}", local:"{local}"). '
                f"Expected elements are {expected}"
            )
        fit(child, shape[child.tag])
