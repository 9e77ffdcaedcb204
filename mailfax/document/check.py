"""The byte-level checker of fax TIFFs: `mailfax tiff-check FILE`.

`tiffinfo` cannot prove profile S: it shows neither the order of directories and data, nor
what the code words hold. A finding begins with the id of the rule that is broken: IMG-01 to
IMG-14 make profile S of RFC 3949 (Group 3, one-dimensional), IMG-20 to IMG-27 profile F (Group 3
and 4), where IMG-05 to IMG-07 hold as well; IMG-18 and IMG-19 are for every file. Where nobody says
which profile the file means to be, the first page's Compression does: S for Group 3.
"""

import dataclasses
import itertools
import pathlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mailfax import errors
from mailfax.document import codewords, foreign, tiff

_SHORT, _LONG, _RATIONAL = 3, 4, 5
_COMPRESSION = 259


class _Rule(NamedTuple):
    """What a field must look like, and which rule says so."""

    name: str
    kinds: tuple[int, ...]
    row: str
    allowed: frozenset[int] = frozenset()
    """Empty: judged elsewhere."""
    numbers: int = 1
    default: bool = False
    """Whether it may be left out, because TIFF's default is a right value."""


_BOTH = {
    254: _Rule("NewSubfileType", (_LONG,), "IMG-06", frozenset({2})),
    257: _Rule("ImageLength", (_SHORT, _LONG), "IMG-04"),
    258: _Rule("BitsPerSample", (_SHORT,), "IMG-11", frozenset({1}), default=True),
    277: _Rule("SamplesPerPixel", (_SHORT,), "IMG-11", frozenset({1}), default=True),
    282: _Rule("XResolution", (_RATIONAL,), "IMG-09"),
    283: _Rule("YResolution", (_RATIONAL,), "IMG-09"),
    297: _Rule("PageNumber", (_SHORT,), "IMG-07", numbers=2),
}
_PROFILE_S = _BOTH | {
    256: _Rule("ImageWidth", (_SHORT, _LONG), "IMG-08", frozenset({1728})),
    259: _Rule("Compression", (_SHORT,), "IMG-10", frozenset({3})),
    262: _Rule("PhotometricInterpretation", (_SHORT,), "IMG-11", frozenset({0})),
    266: _Rule("FillOrder", (_SHORT,), "IMG-11", frozenset({2})),
    273: _Rule("StripOffsets", (_SHORT, _LONG), "IMG-04"),
    278: _Rule("RowsPerStrip", (_SHORT, _LONG), "IMG-04"),
    279: _Rule("StripByteCounts", (_SHORT, _LONG), "IMG-04"),
    292: _Rule("T4Options", (_LONG,), "IMG-10", frozenset({0, 4})),
    296: _Rule("ResolutionUnit", (_SHORT,), "IMG-09", frozenset({2}), default=True),
}
_PROFILE_F = _BOTH | {
    256: _Rule("ImageWidth", (_SHORT, _LONG), "IMG-25"),
    259: _Rule("Compression", (_SHORT,), "IMG-24", frozenset({3, 4})),
    262: _Rule("PhotometricInterpretation", (_SHORT,), "IMG-26", frozenset({0, 1})),
    266: _Rule("FillOrder", (_SHORT,), "IMG-22", frozenset({1, 2}), default=True),
    273: _Rule("StripOffsets", (_SHORT, _LONG), "IMG-26"),
    274: _Rule("Orientation", (_SHORT,), "IMG-26", frozenset({1}), default=True),
    278: _Rule("RowsPerStrip", (_SHORT, _LONG), "IMG-26"),
    279: _Rule("StripByteCounts", (_SHORT, _LONG), "IMG-26"),
    296: _Rule("ResolutionUnit", (_SHORT,), "IMG-20", frozenset({2, 3}), default=True),
}
_OPTIONS_F = {
    tiff.T4: {292: _Rule("T4Options", (_LONG,), "IMG-24", frozenset({0, 1, 4, 5}))},
    tiff.T6: {293: _Rule("T6Options", (_LONG,), "IMG-23", frozenset({0}))},
}
_RLE = 2
_UNCOMPRESSED = 2
"""T4Options and T6Options: pieces of a line may stand as they are."""
_QUALITY = {326: "BadFaxLines", 327: "CleanFaxData", 328: "ConsecutiveBadFaxLines"}
_CENTIMETRE = 3
_KNOWN = (98, 100, 196, 200, 204, 300, 391, 400, 408)
"""Pixels per inch that faxes have; metric files give the same values per centimetre."""

Finding = tuple[str, str]
"""Row id and sentence, before the page is named."""


def check(path: pathlib.Path, profile: str | None = None) -> list[str]:
    """What is wrong with a fax TIFF: sentences that begin with a row id. None: it passes.

    `profile` is `s` or `f`, where the file itself is not to say. Raises `OSError` where the file
    cannot be opened, and nothing else.
    """
    findings: list[str] = []
    try:
        with foreign.opened(path) as file:
            for finding in _of_file(file, profile):
                findings.append(finding)  # noqa: PERF402 - those before a refusal are kept
    except errors.Permanent as failure:
        findings.append(f"IMG-18: {failure}")
    return findings


def _of_file(file: foreign.File, profile: str | None) -> Iterator[str]:
    directories = list(file.directories())
    said = "f" if _read(file, directories[0]).one(_COMPRESSION) == tiff.T6 else "s"
    profile_s = (profile or said) == "s"
    if profile_s and file.read(0, len(tiff.HEADER), "the header") != tiff.HEADER:
        yield "IMG-01: the file does not begin with II, 42 and a first directory at offset 8"
    end = len(tiff.HEADER)
    for number, directory in enumerate(directories):
        page = _read(file, directory)
        for row, text in _of_page(page, profile_s, (number, len(directories)), end):
            yield f"{row}: page {number + 1}: {text}"
        end = page.end


@dataclasses.dataclass(frozen=True, slots=True)
class _Page:
    """One directory, and the numbers in those of its fields that this checker knows."""

    file: foreign.File
    directory: foreign.Directory
    entries: dict[int, foreign.Entry]
    values: dict[int, tuple[int, ...]]

    def one(self, tag: int) -> int:
        """The one value of a field, 0 where it is missing."""
        return (*self.values.get(tag, ()), 0)[0]

    @property
    def end(self) -> int:
        """Offset behind the page: its strips, or its directory where it has none."""
        return max(self.directory.end, *(start + size for start, size in self.strips), 0)

    @property
    def strips(self) -> list[tuple[int, int]]:
        """Where its strips begin, and how long they are."""
        return list(zip(self.values.get(273, ()), self.values.get(279, ()), strict=False))


def _read(file: foreign.File, directory: foreign.Directory) -> _Page:
    entries = {entry.tag: entry for entry in directory.entries}
    known = {*_PROFILE_S, *_PROFILE_F, 293}
    values = {tag: file.values(entry) for tag, entry in entries.items() if tag in known}
    return _Page(file, directory, entries, values)


def _of_page(
    page: _Page, profile_s: bool, number: tuple[int, int], before: int
) -> Iterator[Finding]:
    """`number` is (this page from 0, total); `before` is where the page before ended."""
    options = _OPTIONS_F.get(page.one(_COMPRESSION), {})
    rules = _PROFILE_S if profile_s else _PROFILE_F | options
    tags = [entry.tag for entry in page.directory.entries]
    if any(tag >= following for tag, following in itertools.pairwise(tags)):
        yield "IMG-18", "its fields are not in ascending order, each once"
    for tag, rule in rules.items():
        yield from _field(page, tag, rule)
    if page.values.get(297) not in {None, number, (number[0], 0)}:
        yield "IMG-07", f"PageNumber is {page.values[297]} on page {number[0]} of {number[1]}"
    yield from _forbidden(page)
    if profile_s:
        yield from _only(page, rules)
        yield from _resolution_values(page)
    yield from _geometry(page, profile_s)
    yield from _layout(page, profile_s, before)
    yield from _strips(page)


def _field(page: _Page, tag: int, rule: _Rule) -> Iterator[Finding]:
    entry = page.entries.get(tag)
    if entry is None:
        if not rule.default:
            yield rule.row, f"{rule.name} is missing"
    elif entry.kind not in rule.kinds or entry.count != rule.numbers:
        yield rule.row, f"{rule.name} has type {entry.kind} and {entry.count} values"
    elif rule.allowed and page.one(tag) not in rule.allowed:
        allowed = " or ".join(map(str, sorted(rule.allowed)))
        yield rule.row, f"{rule.name} is {page.one(tag)}, not {allowed}"


def _forbidden(page: _Page) -> Iterator[Finding]:
    """What no fax file has, whatever its profile."""
    if page.one(_COMPRESSION) == _RLE:
        yield "IMG-24", "its lines are coded without EOL (Compression 2)"
    if (page.one(292) | page.one(293)) & _UNCOMPRESSED:
        yield "IMG-24", "its code words may have uncompressed pixels between them"
    for tag in sorted(_QUALITY.keys() & page.entries):
        yield "IMG-27", f"{_QUALITY[tag]} tells of a call without error correction"


def _only(page: _Page, rules: Mapping[int, _Rule]) -> Iterator[Finding]:
    extra = sorted(page.entries.keys() - rules.keys())
    if extra:
        yield "IMG-14", f"profile S does not have the fields {', '.join(map(str, extra))}"


def _resolution_values(page: _Page) -> Iterator[Finding]:
    places = [page.file.place(page.entries[tag]) for tag in (282, 283) if tag in page.entries]
    if places != [page.directory.end, page.directory.end + 8]:
        yield "IMG-03", "the two resolution values do not directly follow the directory"


def _geometry(page: _Page, profile_s: bool) -> Iterator[Finding]:
    if 282 not in page.values or 283 not in page.values:
        return
    metric = page.values.get(296) == (_CENTIMETRE,)
    across, down = (_density(page.values[tag], metric) for tag in (282, 283))
    if profile_s and (across not in {200, 204} or down not in {98, 100, 196, 200}):
        yield "IMG-09", "its resolution is neither standard nor fine"
    if not profile_s and not tiff.legal(page.one(256), (across, down)):
        yield "IMG-25", f"no fax is {page.one(256)} pixels wide at its resolution"


def _density(values: tuple[int, ...], metric: bool) -> int:
    """Pixels per inch; 0 for a value that no fax has."""
    above, below = (*values, 0, 0)[:2]
    if not below:
        return 0
    density = above / below * (2.54 if metric else 1)
    nearest = min(_KNOWN, key=lambda known: abs(known - density))
    return nearest if abs(nearest - density) <= (nearest * 0.006 if metric else 0) else 0


def _layout(page: _Page, profile_s: bool, before: int) -> Iterator[Finding]:
    start, end, strip = page.directory.offset, page.directory.end, page.one(273)
    order, one = ("IMG-02", "IMG-04") if profile_s else ("IMG-26", "IMG-26")
    if start % 2:
        yield "IMG-05", f"its directory begins at the odd offset {start}"
    if start < before:
        yield order, "its directory lies before the end of the page before"
    if strip < end + 16 * profile_s:
        yield order, "its strip lies before the end of its directory"
    if page.one(278) != page.one(257):
        yield one, f"RowsPerStrip is {page.one(278)} and ImageLength {page.one(257)}"


def _strips(page: _Page) -> Iterator[Finding]:
    """What the code words say, where the fields are good enough to find them."""
    width, length = page.one(256), page.one(257)
    rows = page.one(278) or length
    if max(width, length) > 0xFFFF or page.one(_COMPRESSION) not in {tiff.T4, tiff.T6}:
        return
    for number, (start, size) in enumerate(page.strips[: -(-length // rows) if rows else 1]):
        data = page.file.read(start, size, f"the strip at {start}")
        if page.one(266) == 2:
            data = data.translate(tiff.REVERSED)
        yield from _words(page, data, min(rows, length - number * rows))


def _words(page: _Page, data: bytes, rows: int) -> Iterator[Finding]:
    """What is wrong with one strip, most significant bit first."""
    if page.one(_COMPRESSION) == tiff.T6:
        yield from codewords.group4(data, page.one(256), rows)
        return
    aligned, two = page.one(292) & 4 == 4, page.one(292) & 1 == 1
    yield from codewords.group3(data, page.one(256), rows, aligned=aligned, two=two)
