"""Regular expressions as rules files may hold them: always anchored, and never running away.

Python's `re` backtracks, so time grows with the number of ways in which a text can be read.
This module takes a plain subset (characters, classes, groups, `|`, `* + ? {m,n}`), counts
those ways before anything is compiled, and refuses what could be too many.
"""

import re

MAX_LENGTH = 200
"""Characters of an expression."""
MAX_SUBJECT = 320
"""Characters of a text it is tried on; an address has at most 254 (RFC 5321 section 4.5.3)."""
_MAX_WAYS = 1_000_000
_MAX_DEPTH = 10
_UNBOUNDED = 100
"""What `*` and `+` count as: three of them in one expression are the limit."""

_ESCAPED = re.compile(r"\\(?:[dDwWsSbB]|[^A-Za-z0-9])")
_CLASS = re.compile(r"\[\^?\]?(?:\\(?:[dDwWsS]|[^A-Za-z0-9])|[^\]\\\[])*\]")
_REPEAT = re.compile(r"([*+?]|\{\d{1,3}(?:,\d{0,3})?\})\??")
_RESERVED = re.compile(r"--|&&|~~|\|\|")
"""What Python keeps for set operations in classes."""


def compiled(text: str) -> re.Pattern[str]:
    """The expression without regard to case; use `fullmatch`.

    Raises ValueError with half a sentence when it is too long, wrong, or could run away.
    """
    if not text:
        raise ValueError("is an empty expression")
    if len(text) > MAX_LENGTH:
        raise ValueError(f"is longer than {MAX_LENGTH} characters")
    _Counter(text).whole()
    try:
        return re.compile(text, re.IGNORECASE)
    except (re.error, OverflowError) as error:
        raise ValueError(f"is not a regular expression: {error}") from None


class _Counter:
    """Recursive descent over the expression; each method gives the ways to read its part."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def whole(self) -> None:
        """Refuse the expression with ValueError unless its ways can be counted and are few."""
        if self._branches() > _MAX_WAYS:
            raise ValueError("could take too long: it repeats or branches too often")
        if self.at < len(self.text):
            raise ValueError("is not a regular expression: unbalanced parenthesis")

    def _branches(self) -> int:
        ways = self._sequence()
        while self._next("|"):
            ways += self._sequence()
        return ways

    def _sequence(self) -> int:
        ways = 1
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            ways *= self._group() if self._next("(") else self._character()
            if ways > _MAX_WAYS:
                raise ValueError("could take too long: it repeats or branches too often")
        return ways

    def _character(self) -> int:
        """One character or class and its repetition."""
        match = _ESCAPED.match(self.text, self.at) or _CLASS.match(self.text, self.at)
        end = match.end() if match else self.at + 1
        if not match and self.text[self.at] in "*+?{\\[":
            raise ValueError(f"has {self.text[self.at]!r} where it cannot be used")
        if _RESERVED.search(self.text[self.at : end]):
            raise ValueError("has doubled punctuation in a class")
        self.at = end
        least, most = self._repeat()
        return _UNBOUNDED if most is None else max(most - least + 1, 1)

    def _group(self) -> int:
        """A group after its opening parenthesis, and its repetition."""
        if self._next("?") and not self._next(":"):
            raise ValueError("uses (?…, of which only (?:…) is allowed")
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise ValueError(f"has more than {_MAX_DEPTH} groups in one another")
        ways = self._branches()
        self.depth -= 1
        if not self._next(")"):
            raise ValueError("is not a regular expression: unbalanced parenthesis")
        least, most = self._repeat()
        if ways == 1:
            return _UNBOUNDED if most is None else max(most, 1)
        if most is None:
            raise ValueError("could take for ever: it repeats what itself repeats or branches")
        return sum(ways**times for times in range(least, most + 1)) or 1

    def _repeat(self) -> tuple[int, int | None]:
        """Least and most repetitions of what was just read; None is without end."""
        match = _REPEAT.match(self.text, self.at)
        if not match:
            return 1, 1
        self.at = match.end()
        sign = match.group(1)
        if sign in "*+?":
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
        least, comma, most = sign.strip("{}").partition(",")
        if not comma:
            return int(least), int(least)
        return int(least), int(most) if most else None

    def _next(self, character: str) -> bool:
        if not self.text.startswith(character, self.at):
            return False
        self.at += 1
        return True
