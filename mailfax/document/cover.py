"""Cover pages: what a template says, and the words that go on it.

A template is a TOML file of words and places: bands from top to bottom, in each band cells
side by side, in each cell a small label over its lines. The remarks follow the last band
and flow to further pages. A line whose words are all empty is left out, and so is a label
without lines. Words in braces are the fields of `model.Cover` and the template's labels.

Drawing is done in the jail, by `converters.cover`.
"""

import pathlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

import pydantic

from mailfax import errors
from mailfax.document import letters
from mailfax.model import Cover

FIELDS = (
    "to_name",
    "to_company",
    "to_number",
    "from_name",
    "from_address",
    "date",
    "pages",
    "subject",
    "reference",
    "contact",
)
"""What a template may name in braces, besides its own labels. Remarks have their own place."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_BRACES = re.compile(r"\{(\w+)\}")
_LONGEST_WORD = 500
"""Characters of one field; the rest is cut, with a sign."""
_LONGEST_REMARKS = 100_000

_Font = Literal["sans", "bold", "mono"]
_Size = Annotated[float, pydantic.Field(ge=7, le=120)]
_Millimetres = Annotated[float, pydantic.Field(ge=0, le=150)]


class _Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class Cell(_Strict):
    """A label with lines under it; `width` is the part of the band, sizes are points."""

    width: Annotated[float, pydantic.Field(gt=0, le=1)] = 1.0
    label: str = ""
    lines: tuple[str, ...]
    font: _Font = "sans"
    size: _Size = 12
    align: Literal["left", "right"] = "left"


class Band(_Strict):
    """Cells side by side, with white above and perhaps a rule (its weight in points)."""

    above: _Millimetres = 4
    rule: Annotated[float, pydantic.Field(ge=0, le=10)] = 0
    cells: Annotated[tuple[Cell, ...], pydantic.Field(min_length=1)]


class Remarks(_Strict):
    """Where the free text goes: under the last band, `next` at the head of further pages."""

    above: _Millimetres = 6
    rule: Annotated[float, pydantic.Field(ge=0, le=10)] = 0
    font: _Font = "sans"
    size: _Size = 11
    next: str = ""


class Foot(_Strict):
    """Small print at the bottom of every page."""

    text: str
    size: _Size = 9


class Template(_Strict):
    """A cover template; lengths are millimetres."""

    version: Literal[1]
    margin: _Millimetres = 20
    top: _Millimetres = 16
    labels: dict[str, dict[str, str]]
    """Language → name → words."""
    band: tuple[Band, ...]
    remarks: Remarks = Remarks()
    foot: Foot | None = None

    def problems(self) -> list[str]:
        """What the shape of the file cannot show: labels that are missing somewhere."""
        found = [] if "en" in self.labels else ["there are no labels for en"]
        for language, labels in self.labels.items():
            unknown = sorted(set(_named(self)) - set(FIELDS) - set(labels))
            found += [f"labels.{language} has no {name}" for name in unknown]
        return found


def names(folders: Sequence[pathlib.Path]) -> list[str]:
    """All templates in these folders, each of which holds a folder `cover`."""
    return sorted({path.stem for folder in folders for path in folder.glob("cover/*.toml")})


def load(name: str, folders: Sequence[pathlib.Path]) -> Template:
    """The template of this name from the first folder that has it.

    Raises `errors.Invalid` with all that is wrong in it, or when no folder has it.
    """
    paths = [folder / "cover" / f"{name}.toml" for folder in folders if _NAME.fullmatch(name)]
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        raise errors.Invalid([errors.Problem(name, 0, 0, f"there is no cover '{name}'")])
    try:
        template = Template.model_validate(tomllib.loads(path.read_text("utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise errors.Invalid([errors.Problem(str(path), 0, 0, str(error))]) from None
    except pydantic.ValidationError as error:
        raise errors.Invalid(list(_problems(path, error))) from None
    if found := template.problems():
        raise errors.Invalid([errors.Problem(str(path), 0, 0, text) for text in found])
    return template


def _problems(path: pathlib.Path, error: pydantic.ValidationError) -> Iterable[errors.Problem]:
    for item in error.errors():
        place = ".".join(str(part) for part in item["loc"])
        yield errors.Problem(str(path), 0, 0, f"{place}: {item['msg']}")


def _named(template: Template) -> Iterable[str]:
    """Every word that the template has in braces."""
    cells = [cell for band in template.band for cell in band.cells]
    texts = [text for cell in cells for text in (cell.label, *cell.lines)]
    texts += [template.remarks.next, template.foot.text if template.foot else ""]
    return [name for text in texts for name in _BRACES.findall(text)]


# ── Words ──────────────────────────────────────────────────────────────────────────────


def compose(cover: Cover, template: Template, language: str) -> dict[str, Any]:
    """The template with the words in it, all plain, clean and of bounded length.

    `language` falls back from `de-AT` to `de` to `en`.
    """
    labels = template.labels.get(language) or template.labels.get(language[:2])
    fields = {name: _short(letters.line(str(getattr(cover, name)))) for name in FIELDS}
    known = {**(labels or template.labels["en"]), **fields}
    composed = template.model_dump(include={"margin", "top", "band", "remarks", "foot"})
    for cell in (cell for band in composed["band"] for cell in band["cells"]):
        cell["label"] = fill(cell["label"], known)
        cell["lines"] = [line for text in cell["lines"] if (line := fill(text, known))]
    remarks = letters.clean(cover.remarks)[:_LONGEST_REMARKS].strip("\r\n")
    composed["remarks"].update(text=remarks, next=fill(template.remarks.next, known))
    if template.foot:
        composed["foot"]["text"] = fill(template.foot.text, known)
    return composed


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_WORD else text[: _LONGEST_WORD - 1] + "…"


def fill(text: str, known: Mapping[str, str]) -> str:
    """Put the words in; nothing at all when the text names fields and all are empty."""
    fields = [name for name in _BRACES.findall(text) if name in FIELDS]
    if fields and not any(known[name] for name in fields):
        return ""
    return _BRACES.sub(lambda match: known[match[1]], text).strip()
