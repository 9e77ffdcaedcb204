"""Cover templates: what they say, and whether they can be used.

A template `NAME` is a file of the folder `cover`, of one of two kinds:

- `NAME.toml`, a field layout: bands from top to bottom, in each band cells side by side; or cells
  at a place of their own, for the boxes of a printed form; all of it on blank paper or on the
  first page of a PDF, the letterhead. The remarks follow and flow to further pages.
- `NAME.html`, a page of HTML with its style in it and pictures beside it; `NAME.toml`, if it is
  there too, has only its labels.

Both name fields in braces (`{to_name}`, in HTML `{{ to_name }}`) and labels, which begin with a
capital (`{Subject}`) and stand in the language of the fax. A line whose fields are all empty is
left out, and so is a label without lines. `cover_words` fills them; drawing is done in the jail.
"""

import dataclasses
import pathlib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

import pydantic

from mailfax import errors
from mailfax.document import cover_words
from mailfax.model import Cover

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_FILE = re.compile(r"[\w][\w .-]*")
"""A file of the template's own folder."""
_BRACES = re.compile(r"\{(\w+)\}")
_HTML_BRACES = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_INSIDE_TAG = re.compile(
    r"<(?:style|script|title)\b.*?</(?:style|script|title)\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE
)
_PICTURE = re.compile(r"""\bsrc\s*=\s*["']?([^"'\s>]+)|\burl\(\s*["']?([^"')]+)""", re.IGNORECASE)
_LINE = re.compile(r"\(at line (\d+), column (\d+)\)")

_Font = Literal["sans", "bold", "serif", "serif-bold", "mono", "mono-bold"]
_Align = Literal["left", "center", "right"]
_Size = Annotated[float, pydantic.Field(ge=7, le=120)]
_Weight = Annotated[float, pydantic.Field(ge=0, le=10)]
_Millimetres = Annotated[float, pydantic.Field(ge=0, le=500)]


class _Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class _Words(_Strict):
    """A label with lines under it, or beside it at `beside` millimetres; sizes are points."""

    label: str = ""
    beside: _Millimetres = 0
    lines: tuple[str, ...]
    font: _Font = "sans"
    size: _Size = 12
    align: _Align = "left"
    most: Annotated[int, pydantic.Field(ge=1, le=40)] = 4
    """Rows that one line may take when it is too long; what is beyond is cut, with a sign."""


class Cell(_Words):
    """Words in a band, of which they have the part `width`."""

    width: Annotated[float, pydantic.Field(gt=0, le=1)] = 1.0


class Place(_Words):
    """Words at a place of their own: left, top and width in millimetres."""

    x: _Millimetres
    y: _Millimetres
    width: Annotated[float, pydantic.Field(ge=5, le=300)]


class Band(_Strict):
    """Cells side by side, with white above and perhaps a rule over, a frame around, and lines
    between them (their weights in points). Left out when none of its cells has a word.
    """

    above: _Millimetres = 4
    rule: _Weight = 0
    frame: _Weight = 0
    between: _Weight = 0
    cells: tuple[Cell, ...] = ()


class Remarks(_Strict):
    """Where the free text goes: under the last band, or into a box of its own; `next` stands
    at the head of further pages.
    """

    above: _Millimetres = 6
    rule: _Weight = 0
    label: str = ""
    font: _Font = "sans"
    size: _Size = 11
    next: str = ""
    x: _Millimetres | None = None
    y: _Millimetres | None = None
    width: _Millimetres | None = None
    height: _Millimetres | None = None


class Foot(_Strict):
    """Small print at the bottom of every page."""

    lines: tuple[str, ...]
    rule: _Weight = 0
    font: _Font = "sans"
    size: _Size = 9
    align: _Align = "left"


_Labels = dict[str, dict[str, str]]
"""Language → label → words."""


class Layout(_Strict):
    """A field layout; lengths are millimetres. `bottom` and `next_top` are as `top` if absent."""

    version: Literal[1]
    letterhead: str = ""
    margin: _Millimetres = 20
    top: _Millimetres = 16
    bottom: _Millimetres | None = None
    next_top: _Millimetres | None = None
    label_font: _Font = "sans"
    label_size: _Size = 9
    band: tuple[Band, ...] = ()
    place: tuple[Place, ...] = ()
    remarks: Remarks = Remarks()
    foot: Foot | None = None
    labels: _Labels = {}


class _LabelsOnly(_Strict):
    """What stands beside a page of HTML."""

    version: Literal[1]
    labels: _Labels = {}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template that was read and found sound; one of `layout` and `html` is there."""

    path: pathlib.Path
    words: cover_words.Book
    layout: Mapping[str, Any] | None = None
    """A field layout as JSON knows it."""
    html: str = ""
    files: tuple[pathlib.Path, ...] = ()
    """The letterhead, or the pictures of the HTML."""

    def wish(
        self, cover: Cover, language: str, first: int = 0
    ) -> tuple[dict[str, Any], list[bytes]]:
        """The template and the words in it as a press reads them, and the octets of its files,
        which are inputs from number `first` on.
        """
        known = cover_words.known(cover, self.words, language)
        numbers = {file.name: first + n for n, file in enumerate(self.files)}
        wish = {
            "layout": self.layout,
            "html": self.html,
            "known": known,
            "fields": cover_words.FIELDS,
            "letterhead": first if self.files and self.layout else None,
            "pictures": numbers if self.html else {},
        }
        return wish, [file.read_bytes() for file in self.files]


def names(folders: Sequence[pathlib.Path]) -> list[str]:
    """All templates in these folders, each of which holds a folder `cover`."""
    files = (path for folder in folders for path in folder.glob("cover/*.*"))
    return sorted({path.stem for path in files if path.suffix in {".toml", ".html"}})


def load(name: str, folders: Sequence[pathlib.Path]) -> Template:
    """The template of this name from the first folder that has it.

    Raises `errors.Invalid` with all that is wrong in it, or when no folder has it.
    """
    stems = [folder / "cover" / name for folder in folders if _NAME.fullmatch(name)]
    for stem in stems:
        page, layout = stem.with_name(f"{name}.html"), stem.with_name(f"{name}.toml")
        if page.is_file():
            return _page(page, layout, folders)
        if layout.is_file():
            return _layout(layout, folders)
    raise errors.Invalid([errors.Problem(name, 0, 0, f"there is no cover '{name}'")])


def _layout(path: pathlib.Path, folders: Sequence[pathlib.Path]) -> Template:
    source, layout = _toml(path, Layout)
    words = cover_words.Book.load(folders, layout.labels)
    known = words.names()
    found = [
        _problem(path, source, f"{{{name}}}", f"there is no field or label '{name}'")
        for name in dict.fromkeys(_BRACES.findall(" ".join(_texts(layout.model_dump()))))
        if name not in known
    ]
    files = (path.parent / layout.letterhead,) if layout.letterhead else ()
    if files and not _of_the_folder(files[0], path):
        text = f"letterhead: there is no '{layout.letterhead}' beside the template"
        found.append(_problem(path, source, "letterhead", text))
    if found:
        raise errors.Invalid(found)
    return Template(path=path, words=words, layout=layout.model_dump(mode="json"), files=files)


def _page(path: pathlib.Path, beside: pathlib.Path, folders: Sequence[pathlib.Path]) -> Template:
    source = _read(path)
    labels = _toml(beside, _LabelsOnly)[1].labels if beside.is_file() else {}
    words = cover_words.Book.load(folders, labels)
    files, found = _pictures(path, source), list(_misplaced(path, source))
    known = words.names() | {"remarks", "direction", "language"}
    found += [
        _problem(path, source, match[0], f"there is no field or label '{match[1]}'")
        for match in _HTML_BRACES.finditer(source)
        if match[1] not in known
    ]
    found += [
        _problem(path, source, file.name, f"there is no picture '{file.name}' beside the template")
        for file in files
        if not _of_the_folder(file, path)
    ]
    if found:
        raise errors.Invalid(list(dict.fromkeys(found)))
    return Template(path=path, words=words, html=source, files=tuple(files))


def _misplaced(path: pathlib.Path, source: str) -> Iterator[errors.Problem]:
    """Fields where what people write could do more than be read."""
    for tag in _INSIDE_TAG.finditer(source):
        for match in _HTML_BRACES.finditer(tag[0]):
            if match[1] not in {"direction", "language"}:
                text = f"'{match[1]}' stands inside a tag or style; fields are text only"
                yield _problem(path, source, tag[0], text)


def _pictures(path: pathlib.Path, source: str) -> list[pathlib.Path]:
    """The files that the page names; URLs of any kind are not among them and stay unfetched."""
    said = dict.fromkeys(first or second for first, second in _PICTURE.findall(source))
    return [path.parent / name.strip() for name in said if ":" not in name]


def _of_the_folder(file: pathlib.Path, template: pathlib.Path) -> bool:
    """Whether it is a file of the template's folder, links followed."""
    inside = template.parent.resolve()
    return file.is_file() and file.resolve().is_relative_to(inside)


# ── Reading ────────────────────────────────────────────────────────────────────────────


def _read(path: pathlib.Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        text = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise errors.Invalid([errors.Problem(str(path), 0, 0, str(text))]) from None


def _toml(path: pathlib.Path, shape: Any) -> tuple[str, Any]:
    """The text of a file and what it says; raises `errors.Invalid`."""
    source = _read(path)
    try:
        return source, shape.model_validate(tomllib.loads(source))
    except tomllib.TOMLDecodeError as error:
        place = _LINE.search(str(error))
        line, column = (int(place[1]), int(place[2])) if place else (0, 0)
        text = _LINE.sub("", str(error)).strip()
        raise errors.Invalid([errors.Problem(str(path), line, column, text)]) from None
    except pydantic.ValidationError as error:
        raise errors.Invalid(list(_unshapely(path, source, error))) from None


def _unshapely(
    path: pathlib.Path, source: str, error: pydantic.ValidationError
) -> Iterable[errors.Problem]:
    for item in error.errors():
        place = ".".join(str(part) for part in item["loc"])
        keys = [part for part in item["loc"] if isinstance(part, str)]
        yield _problem(path, source, keys[-1] if keys else "", f"{place}: {item['msg']}")


def _problem(path: pathlib.Path, source: str, words: str, text: str) -> errors.Problem:
    """A problem at the line that is the only one with these words; else it has no line."""
    at = source.find(words) if words else -1
    if at < 0 or (source.find(words, at + 1) >= 0 and not words.startswith(("{", "<"))):
        return errors.Problem(str(path), 0, 0, text)
    line = source.count("\n", 0, at) + 1
    return errors.Problem(str(path), line, at - source.rfind("\n", 0, at), text)


def _texts(value: Any) -> Iterator[str]:
    """Every text anywhere in it, but those of the labels."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner) if key != "labels" else ()
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _texts(inner)
