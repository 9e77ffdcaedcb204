"""The words of a cover: labels in the language of the fax, its date as that language writes it,
and what people wrote, all plain, clean and of bounded length.

`cover/words/LANGUAGE.toml` has the labels that all templates share (they begin with a capital),
`months`, `date` and perhaps `direction`. A template's own labels go before them, an operator's
file of the same language before the shipped one, phrase by phrase.
"""

import dataclasses
import functools
import pathlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence

from mailfax import errors
from mailfax.document import letters
from mailfax.model import Cover

FIELDS = (
    *("to_name", "to_company", "to_number"),
    *("from_name", "from_company", "from_number", "from_phone", "from_address"),
    *("date", "pages", "subject", "reference", "contact", "notice", "urgent"),
)
"""What a template may name in braces, besides labels. Remarks have their own place."""

LONGEST = 500
"""Characters of one field; the rest is cut, with a sign."""
LONGEST_REMARKS = 100_000

_Words = Mapping[str, str]


@dataclasses.dataclass(frozen=True, slots=True)
class Book:
    """Words by language: those that all templates share, and the template's own."""

    shared: Mapping[str, _Words]
    own: Mapping[str, _Words]

    @classmethod
    def load(cls, folders: Sequence[pathlib.Path], own: Mapping[str, _Words]) -> "Book":
        """The words of these folders, the first laid over the others.

        Raises `errors.Invalid`.
        """
        shared: dict[str, dict[str, str]] = {}
        for folder in reversed(folders):
            for path in sorted(folder.glob("cover/words/*.toml")):
                shared.setdefault(path.stem, {}).update(_read(path, path.stat().st_mtime_ns))
        return cls(shared, own)

    def names(self) -> set[str]:
        """All that a template may name: fields, and labels that English has."""
        return {*FIELDS, *self._labels("en")}

    def languages(self) -> list[str]:
        """All there are words for."""
        return sorted({*self.shared, *self.own})

    def of(self, language: str) -> dict[str, str]:
        """All words of a language; what `de-AT` lacks is taken from `de`, and then from `en`."""
        words = {"direction": "ltr"} | self._labels("en")
        for name in dict.fromkeys((language.partition("-")[0], language)):
            if labels := self._labels(name):
                words |= labels | {"language": name}
        return {"language": "en"} | words

    def _labels(self, language: str) -> dict[str, str]:
        return {**self.shared.get(language, {}), **self.own.get(language, {})}


def known(cover: Cover, book: Book, language: str) -> dict[str, str]:
    """All that can be filled into a template, by name; `pages` is a number to be raised."""
    words = book.of(language) | dict(cover.words)
    fields = {name: str(getattr(cover, name, "")) for name in FIELDS}
    fields |= {
        "date": _date(cover, words),
        "notice": words.get("notice") or words.get("Notice", ""),
        "urgent": words["Urgent"] if cover.urgent else "",
    }
    fields |= {name: text for name, text in cover.words.items() if name in FIELDS}
    clean = {name: short(letters.line(_tame(text))) for name, text in fields.items()}
    remarks = _tame(letters.clean(cover.remarks))[:LONGEST_REMARKS].strip("\r\n")
    return words | clean | {"remarks": remarks}


_MARK = "[\\u0300-\\u036f\\u1ab0-\\u1aff\\u1dc0-\\u1dff\\u20d0-\\u20ff]"
_PILE = re.compile(f"({_MARK}{{3}}){_MARK}+")


def _tame(text: str) -> str:
    """At most three diacritics on one letter: hundreds of them black out the lines above."""
    return _PILE.sub(r"\1", text)


def short(text: str) -> str:
    """At most `LONGEST` characters."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _date(cover: Cover, words: _Words) -> str:
    """The moment as people of this language write it."""
    at = cover.date
    return words["date"].format(
        day=at.day,
        month=words["months"].split()[at.month - 1],
        year=at.year,
        time=f"{at:%H:%M}",
        time12=f"{at:%I:%M %p}".lstrip("0"),
        zone=at.tzname() or "",
    )


@functools.lru_cache(maxsize=256)
def _read(path: pathlib.Path, changed: int) -> _Words:  # noqa: ARG001  it is read again then
    """One file of words, all of them checked for what a cover needs of them."""
    try:
        words = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise errors.Invalid([errors.Problem(str(path), 0, 0, str(error))]) from None
    if problems := list(_wrong(words)):
        raise errors.Invalid([errors.Problem(str(path), 0, 0, text) for text in problems])
    return words


def _wrong(words: Mapping[str, object]) -> Iterator[str]:
    for name, text in words.items():
        if not isinstance(text, str):
            yield f"{name}: must be text"
        elif not name[:1].isupper() and name not in {"months", "date", "direction"}:
            yield f"{name}: a label begins with a capital"
    if len(str(words.get("months", "1 2 3 4 5 6 7 8 9 10 11 12")).split()) != 12:
        yield "months: must be twelve words"
    try:
        str(words.get("date", "")).format(**dict.fromkeys(_DATE, ""))
    except (KeyError, IndexError, ValueError):
        yield f"date: may name {', '.join(_DATE)} in braces and nothing else"


_DATE = ("day", "month", "year", "time", "time12", "zone")
