"""Which parts of a mail become pages, in which order, and what is said of the others.

Pure: looks at labels, names and first bytes only. MIM-06: of a multipart/alternative
exactly one branch, the last that can be faxed. MIM-14: a signature is never a page.
"""

import dataclasses
from collections.abc import Iterable, Sequence

from mailfax.document import letters
from mailfax.document.converters import kinds
from mailfax.model import Part, Role

WORDS = frozenset({"text", "html"})


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """A part and its kind, decided by content."""

    part: Part
    kind: str

    @property
    def usable(self) -> bool:
        """Whether it can be faxed, as far as its first bytes show."""
        return self.kind in kinds.SHEETS

    @property
    def words(self) -> bool:
        """Whether it is what was written in the mail itself."""
        return self.part.role is Role.BODY and self.kind in WORDS

    def __str__(self) -> str:
        """How a person would call it."""
        name = letters.line(self.part.name)
        if name:
            return f"the attachment '{name}' (part {self.part.path})"
        what = "the text of the mail" if self.words else "an attachment without a name"
        return f"{what} (part {self.part.path})"


Branch = tuple[Found, ...]
"""Parts that go together; one part, but for some branches of an alternative."""


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """`choices`: for each place in the fax, the branches to try, best first. `left`: parts
    left out, with the reason. `refused`: parts that cannot be faxed, which stop the job.
    """

    choices: tuple[tuple[Branch, ...], ...]
    left: dict[str, str]
    refused: tuple[Found, ...]


def plan(parts: Sequence[Part], wish: str) -> Plan:
    """Plan a mail; `wish` is `body`, `attachments` or `both`."""
    left: dict[str, str] = {}
    wanted = []
    for part in parts:
        found = Found(part, kind(part))
        if reason := _unwanted(found, wish):
            left[part.path] = reason
        else:
            wanted.append(found)
    choices, refused = [], []
    for branches in _places(wanted):
        usable = tuple(branch for branch in branches if all(found.usable for found in branch))
        if usable:
            choices.append(usable)
        else:
            refused += [found for found in branches[0] if not found.usable]
        left |= {f.part.path: OTHER for branch in branches if branch not in usable for f in branch}
    return Plan(tuple(choices), left, tuple(refused))


def kind(part: Part) -> str:
    """What a part is, decided by content."""
    return kinds.found(part.data, part.name, part.label)


OTHER = "another version of the same text is faxed"
EMPTY = "there is nothing in it"


def _unwanted(found: Found, wish: str) -> str | None:
    if found.part.role is Role.SIGNATURE:
        return "it is the signature of the mail"
    if found.part.role is Role.RELATED:
        return "it belongs to the HTML text"
    if found.words and wish == "attachments":
        return "only attachments are to be faxed"
    if not found.words and wish == "body" and found.part.alternative is None:
        return "only the text is to be faxed"
    if found.words and found.part.alternative is None and not found.part.data.strip():
        return EMPTY
    return None


def _places(wanted: Iterable[Found]) -> list[list[Branch]]:
    """In order of the mail: single parts, and the branches of alternatives, last first."""
    places: dict[object, list[Found]] = {}
    for found in wanted:
        number = found.part.alternative
        key = ("single", found.part.path) if number is None else ("alternative", number)
        places.setdefault(key, []).append(found)
    return [_branches(members) for members in places.values()]


def _branches(members: Sequence[Found]) -> list[Branch]:
    """The branches of one alternative, last first; they part where their paths do."""
    paths = [found.part.path.split(".") for found in members]
    levels = enumerate(zip(*paths, strict=False))
    common = next((level for level, names in levels if len(set(names)) > 1), 0)
    branches: dict[str, list[Found]] = {}
    for found, path in zip(members, paths, strict=True):
        branches.setdefault(path[common] if common < len(path) else "", []).append(found)
    return [tuple(branch) for branch in reversed(branches.values())]
