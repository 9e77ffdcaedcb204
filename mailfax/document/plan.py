"""Which parts of a mail become pages, in which order, and what is said of the others.

Pure: looks at labels, names and first bytes only. MIM-06: of a multipart/alternative
exactly one branch, the last that can be faxed. MIM-14: a signature is never a page.
"""

import dataclasses
import types
from collections.abc import Iterable, Mapping, Sequence

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

    def without(self, noted: Sequence[Found]) -> "Plan":
        """The same without these texts and their other versions, which stand elsewhere."""
        paths = {found.part.path for found in noted}
        numbers = {found.part.alternative for found in noted} - {None}

        def elsewhere(found: Found) -> bool:
            return found.part.path in paths or found.part.alternative in numbers

        gone = [choice for choice in self.choices if any(map(elsewhere, choice[0]))]
        others = {f.part.path: OTHER for choice in gone for branch in choice for f in branch}
        choices = tuple(choice for choice in self.choices if choice not in gone)
        return dataclasses.replace(self, choices=choices, left=others | self.left)


def plan(
    parts: Sequence[Part],
    wish: str,
    *,
    alternative: str = "html",
    unneeded: Mapping[str, str] = types.MappingProxyType({}),
) -> Plan:
    """Plan a mail; `wish` is `body`, `attachments` or `both`, `alternative` is `html` or `text`.

    `unneeded` are paths of parts that are not worth a page, with the reason.
    """
    left: dict[str, str] = {}
    wanted = []
    plain = alternative == "text" and any(map(_is_plain_version, parts))
    versions = {part.data for part in parts if part.alternative is not None}
    for part in parts:
        found = Found(part, kind(part))
        if found.kind == "calendar" and part.alternative is None and part.data in versions:
            left[part.path] = OTHER
        elif reason := _unwanted(found, wish, plain=plain) or unneeded.get(part.path):
            left[part.path] = reason
        else:
            wanted.append(found)
    choices, refused = [], []
    for branches in _places(wanted, plain=plain):
        usable = tuple(branch for branch in branches if all(found.usable for found in branch))
        if usable:
            choices.append(usable)
        else:
            refused += [found for found in branches[0] if not found.usable]
        left |= {f.part.path: OTHER for branch in branches if branch not in usable for f in branch}
    return Plan(tuple(choices), left, tuple(refused))


def own_words(parts: Sequence[Part]) -> list[Found]:
    """The texts of the mail itself, one version of each, rather the plain one."""
    found: dict[object, Found] = {}
    for one in (Found(part, kind(part)) for part in parts):
        key = one.part.path if one.part.alternative is None else one.part.alternative
        if one.words and one.part.data.strip() and (key not in found or one.kind == "text"):
            found[key] = one
    return list(found.values())


def kind(part: Part) -> str:
    """What a part is, decided by content."""
    return kinds.found(part.data, part.name, part.label)


OTHER = "another version of the same text is faxed"
EMPTY = "there is nothing in it"

_NO_PAGES = {
    Role.SIGNATURE: "it is the signature of the mail, which drawing the pages does not check",
    Role.RELATED: "it belongs to the HTML text",
}


def _is_plain_version(part: Part) -> bool:
    """Whether this is the plain version of a text that has others, and not an empty one."""
    in_two = part.alternative is not None and part.role is Role.BODY
    return in_two and kind(part) == "text" and bool(part.data.strip())


def _unwanted(found: Found, wish: str, *, plain: bool) -> str | None:
    """Why a part is no page; pictures of an HTML text are where its plain version is faxed."""
    beside_text = plain and found.part.role is Role.RELATED
    if found.part.role in _NO_PAGES and not beside_text:
        return _NO_PAGES[found.part.role]
    if found.kind == kinds.BYCATCH:
        return "it is of use to computers only"
    if found.words and wish == "attachments":
        return "only attachments are to be faxed"
    if not found.words and wish == "body" and found.part.alternative is None:
        return "only the text is to be faxed"
    if found.words and found.part.alternative is None and not found.part.data.strip():
        return EMPTY
    return None


def _places(wanted: Iterable[Found], *, plain: bool) -> list[list[Branch]]:
    """In order of the mail: single parts, and the branches of alternatives, last first."""
    places: dict[object, list[Found]] = {}
    for found in wanted:
        number = found.part.alternative
        key = ("single", found.part.path) if number is None else ("alternative", number)
        places.setdefault(key, []).append(found)
    return [_branches(members, plain=plain) for members in places.values()]


def _branches(members: Sequence[Found], *, plain: bool) -> list[Branch]:
    """The branches of one alternative, last first or the plain text first; they part where their
    paths do.
    """
    paths = [found.part.path.split(".") for found in members]
    levels = enumerate(zip(*paths, strict=False))
    common = next((level for level, names in levels if len(set(names)) > 1), 0)
    branches: dict[str, list[Found]] = {}
    for found, path in zip(members, paths, strict=True):
        branches.setdefault(path[common] if common < len(path) else "", []).append(found)
    last_first = map(tuple, reversed(branches.values()))
    return sorted(last_first, key=lambda branch: (_in_other_words(branch), plain and _set(branch)))


def _in_other_words(branch: Branch) -> bool:
    """An invitation's text says more to a person than its calendar entry does."""
    return any(found.kind == "calendar" for found in branch)


def _set(branch: Branch) -> bool:
    """Whether it is more than plain text."""
    return any(found.kind != "text" for found in branch)
