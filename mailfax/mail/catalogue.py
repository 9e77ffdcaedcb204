"""The words of what we write to people, by language: TOML files, no logic in them.

`templates/receipt/en.toml` and its neighbours hold phrases with named places such as
`{number}`. The operator's folder is laid over the shipped one, key by key, and whatever a
language lacks is said in English.
"""

import dataclasses
import functools
import pathlib
import string
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from mailfax import errors

FALLBACK = "en"

_FORMATTER = string.Formatter()


@dataclasses.dataclass(frozen=True, slots=True)
class Catalogue:
    """All phrases of one kind of mail in one language; a key is its path joined by dots."""

    phrases: Mapping[str, str]

    def say(self, key: str, **values: object) -> str:
        """The phrase under `key` with its places filled; values go in as they are."""
        return _FORMATTER.vformat(self.phrases[key], (), values)

    def count(self, key: str, number: int, **values: object) -> str:
        """The phrase for one or for several, as `key.one` and `key.other` say it."""
        form = "one" if number == 1 else "other"
        return self.say(f"{key}.{form}", count=number, **values)


@functools.lru_cache
def load(folders: tuple[pathlib.Path, ...], kind: str, language: str) -> Catalogue:
    """The phrases of `kind` (`receipt`, `forward`) in `language` (ISO 639), read once.

    `folders` are template folders, the first wins and the last is the shipped one. Raises
    `errors.Invalid` with everything that is wrong in the files.
    """
    shipped = _read(folders[-1] / kind / f"{FALLBACK}.toml")
    if not shipped:
        place = str(folders[-1] / kind)
        raise errors.Invalid([errors.Problem(place, 0, 0, f"has no {FALLBACK}.toml")])
    phrases, problems = dict(shipped), []
    for folder in reversed(folders):
        for tongue in dict.fromkeys((FALLBACK, language)):
            if tongue == FALLBACK and language != FALLBACK and folder != folders[-1]:
                continue  # the operator's English is not laid over another language
            path = folder / kind / f"{tongue}.toml"
            own = _read(path)
            problems += [errors.Problem(str(path), 0, 0, text) for text in _faults(own, shipped)]
            phrases.update(own)
    if problems:
        raise errors.Invalid(problems)
    return Catalogue(phrases)


def _read(path: pathlib.Path) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            return dict(_flat(tomllib.load(file), ""))
    except FileNotFoundError:
        return {}
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise errors.Invalid([errors.Problem(str(path), 0, 0, f"cannot be read: {reason}")]) from (
            None
        )


def _flat(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)


def _faults(own: Mapping[str, str], shipped: Mapping[str, str]) -> Iterator[str]:
    for key, phrase in own.items():
        if key not in shipped:
            yield f"{key} is not a phrase that is used"
            continue
        try:
            extra = _places(phrase) - _places(shipped[key])
        except ValueError as error:
            yield f"{key}: {error}"
            continue
        if extra:
            allowed = ", ".join(f"{{{name}}}" for name in sorted(_places(shipped[key])))
            wrong = ", ".join(f"{{{name}}}" for name in sorted(extra))
            yield f"{key} has {wrong}; it may use {allowed or 'no places'}"


def _places(phrase: str) -> set[str]:
    """Names of the places in a phrase; no attributes, indexes or formats (so it stays words)."""
    names = set()
    for _, name, form, conversion in _FORMATTER.parse(phrase):
        if name is None:
            continue
        if not name.isidentifier() or form or conversion:
            raise ValueError(f"{{{name}}} is not a plain name in braces")
        names.add(name)
    return names
