"""The two-dimensional code of ITU-T T.6 (Group 4) and of T.4, read line by line.

Where it changes colour is all that is known of a line. Needed for checking and for damaged pages:
libtiff decodes a damaged page and says nothing.
"""

from collections.abc import Iterator

from mailfax.document import t4

_PASS, _HORIZONTAL, _NONE = 10, 11, 12
_WORDS = {
    "1": 0,
    "011": 1,
    "000011": 2,
    "0000011": 3,
    "010": -1,
    "000010": -2,
    "0000010": -3,
    "0001": _PASS,
    "001": _HORIZONTAL,
}
"""Code words: a vertical mode is the number of pixels that a1 lies to the right of b1."""
_PEEK = 7


def _lookup() -> list[tuple[int, int]]:
    """For all 7-bit strings: the mode its first code word stands for, and that word's bits."""
    table = [(_NONE, 0)] * (1 << _PEEK)
    for word, mode in _WORDS.items():
        rest = _PEEK - len(word)
        first = int(word, 2) << rest
        table[first : first + (1 << rest)] = [(mode, len(word))] * (1 << rest)
    return table


_LOOKUP = _lookup()


def lines(data: bytes, width: int) -> Iterator[tuple[list[int], int]]:
    """Go through the lines of a T.6 page: the changes of each whole one, and the bit behind it.

    Ends where the bits are no further line of exactly `width` pixels: at EOFB, or at damage.
    """
    above: list[int] = []
    at = 0
    while (found := line(data, at, above, width)) is not None:
        above, at = found
        yield above, at


def is_eofb(data: bytes, at: int) -> bool:
    """Whether the two EOLs that end a page stand at bit `at`."""
    return t4.peek(data, at, 12) == t4.peek(data, at + 12, 12) == 1


def _fenced(changes: list[int], width: int) -> list[int]:
    """Imaginary changes behind the last pixel, enough for b1 and b2 of either colour."""
    return [*changes, width, width, width, width]


def line(data: bytes, at: int, reference: list[int], width: int) -> tuple[list[int], int] | None:
    """The places where the line at bit `at` changes colour, and the bit behind it.

    `reference` are those of the line above. None where the bits are no line of `width` pixels.
    """
    above = _fenced(reference, width)
    changes: list[int] = []
    a0, colour, b1 = -1, 0, 0
    while a0 < width:
        b1 = _b1(above, b1, a0, colour)
        mode, size = _LOOKUP[t4.peek(data, at, _PEEK)]
        at += size
        before = a0
        if mode == _PASS:
            a0 = above[b1 + 1]
        elif mode == _HORIZONTAL:
            a1, at = _run(data, at, max(a0, 0), colour)
            a0, at = _run(data, at, a1, 1 - colour)
            changes += (a1, a0)
        elif mode != _NONE:
            a0 = above[b1] + mode
            changes.append(a0)
            colour = 1 - colour
        if not before < a0 <= width:
            return None
    return changes, at


def _b1(above: list[int], near: int, a0: int, colour: int) -> int:
    """Index of b1: the first change above, right of a0, towards the other colour than a0's."""
    index = max(near - 1, 0)
    index += (index ^ colour) & 1
    while above[index] <= a0:
        index += 2
    return index


def _run(data: bytes, at: int, start: int, colour: int) -> tuple[int, int]:
    """Where the run that begins at pixel `start` ends; -2 when there is none."""
    run, at = t4.read_run(data, at, colour)
    return (start + run if run >= 0 and start >= 0 else -2), at
