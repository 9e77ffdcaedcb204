"""Which lines of a mail's text are no part of what it says: quote, signature, legal notice.

Pure: lines in, ranges of line numbers out; plain text and HTML bodies are both looked at as
lines. In doubt a line stays, and nothing is cut where nothing would be left.
"""

import dataclasses
import functools
import hashlib
from collections.abc import Iterable, Sequence

from mailfax.document.converters import Trim, phrases

_HEADER_REACH = 8
"""Lines that the header of a quoted mail takes at the most, in a text of lines."""
_ATTRIBUTION = 3
"""Lines that a mail program breaks `On … wrote:` into at the most."""
_SIGNATURE = 24
"""Lines of a signature at the most, empty ones included."""
_NOTICE_LETTERS = 6000
_NOTICE_BLOCKS = 8
_PROSE = 45
"""Letters per line, on average, from which a block is prose and no address."""
_LONG = 150
"""Letters from which a block can be a legal notice that is known by coming again."""
_REMEMBERED = 3
"""Blocks at the end of a text that are remembered."""


@dataclasses.dataclass(frozen=True, slots=True)
class Cut:
    """Lines to leave out, and the code of `converters.REMARKS` that says so."""

    code: str
    lines: range


def cuts(
    lines: Sequence[str], quoted: Sequence[range], trim: Trim, signed: Sequence[range] = ()
) -> list[Cut]:
    """What to cut from a text, from top to bottom; `quoted` are its quoted blocks, `signed` the
    signatures that are marked otherwise than by `-- `.
    """
    quote = _quote(lines, quoted, forwarded=trim.forwarded)
    end = quote.start if quote is not None else _end_of_own(lines, quoted)
    found = []
    if trim.disclaimers and (notice := _notice(lines, end, trim.recurring)) is not None:
        found.append(Cut("disclaimer", notice))
        end = notice.start
    if trim.signature and (signature := _signature(lines, signed, end)) is not None:
        found.insert(0, Cut("signature", signature))
    if trim.quotes and quote is not None:
        found.append(Cut("quote", quote))
    while found and not _says_something(lines, found):
        found.pop(0)
    return found


def blocks(lines: Sequence[str], quoted: Sequence[range]) -> list[str]:
    """Digests of the long blocks at the end of a text, by which a notice is known again."""
    paragraphs = _paragraphs(lines, _end_of_own(lines, quoted))[-_REMEMBERED:]
    return [_digest(lines, block) for block in paragraphs if _is_prose(lines, block)]


def in_signature(lines: Sequence[str], at: int) -> bool:
    """Whether a closing phrase or the line `-- ` stands a few lines above line `at`."""
    above = lines[max(0, at - _SIGNATURE) : at]
    return any(phrases.DELIMITER.fullmatch(line) or phrases.closes(line) for line in above)


def _says_something(lines: Sequence[str], found: Iterable[Cut]) -> bool:
    gone = {number for cut in found for number in cut.lines}
    left = [line for number, line in enumerate(lines) if number not in gone]
    end = next((n for n, line in enumerate(left) if phrases.DELIMITER.fullmatch(line)), len(left))
    return any(line.strip() and not phrases.SENT_FROM.match(line) for line in left[:end])


# ── Quotes ─────────────────────────────────────────────────────────────────────────────


def marked(lines: Sequence[str]) -> list[range]:
    """The blocks of lines that begin with `>`, empty lines between them included."""
    numbers = [n for n, line in enumerate(lines) if line.startswith(">")]
    found: list[range] = []
    for number in numbers:
        if found and not any(map(str.strip, lines[found[-1].stop : number])):
            found[-1] = range(found[-1].start, number + 1)
        else:
            found.append(range(number, number + 1))
    return found


def _quote(lines: Sequence[str], quoted: Sequence[range], *, forwarded: bool) -> range | None:
    """The quoted mail; None when it is handed on, or answered between its lines."""
    head = _header(lines)
    first = quoted[0].start if quoted else len(lines)
    if head is not None and head <= first:
        found = range(head, len(lines))
    elif len(quoted) == 1:
        found = range(_attribution(lines, quoted[0].start), quoted[0].stop)
    else:
        return None
    beginning = lines[max(0, found.start - 2) : found.start + 4]
    if forwarded or any(map(phrases.FORWARDED.match, beginning)):
        return None
    return found if _says_something(lines, [Cut("quote", found)]) else None


def _header(lines: Sequence[str]) -> int | None:
    """Where a quoted mail begins with its header, or with a line that announces it."""
    for number, line in enumerate(lines):
        if phrases.FORWARDED.match(line):
            return None
        if phrases.ORIGINAL.match(line) or _attributed(lines, number):
            return number
        if phrases.FROM.match(line) and _is_header(lines[number : number + 2 * _HEADER_REACH]):
            return _above(lines, number)
    return None


def _is_header(lines: Sequence[str]) -> bool:
    written = [line for line in lines if line.strip()][1:_HEADER_REACH]
    fields = (phrases.SENT, phrases.TO, phrases.SUBJECT)
    return sum(any(map(field.match, written)) for field in fields) > 1


def _above(lines: Sequence[str], number: int) -> int:
    """Past the ruled line above."""
    start = number
    while start and (not lines[start - 1].strip() or phrases.RULE.fullmatch(lines[start - 1])):
        start -= 1
    return start


def _attributed(lines: Sequence[str], number: int) -> bool:
    """Whether `On …, Ann wrote:` stands here and the quote below it has no marks."""
    if not phrases.BEGINS_ATTRIBUTION.match(lines[number]):
        return False
    for count in range(1, _ATTRIBUTION + 1):
        joined = " ".join(map(str.strip, lines[number : number + count]))
        if phrases.ATTRIBUTION.fullmatch(joined):
            below = next((line for line in lines[number + count :] if line.strip()), ">")
            return not below.startswith(">")
    return False


def _attribution(lines: Sequence[str], start: int) -> int:
    """Where the line begins that says who is quoted below."""
    above = start
    while above and not lines[above - 1].strip():
        above -= 1
    found = start
    for count in range(1, min(_ATTRIBUTION, above) + 1):
        joined = " ".join(map(str.strip, lines[above - count : above]))
        if phrases.ATTRIBUTION.fullmatch(joined):
            if phrases.BEGINS_ATTRIBUTION.match(joined):
                return above - count
            found = above - count if found == start else found
    return found


def _end_of_own(lines: Sequence[str], quoted: Sequence[range]) -> int:
    """Where a quote begins that goes to the end of the text; else its end."""
    head = _header(lines)
    starts = [head] if head is not None else []
    if quoted and not any(map(str.strip, lines[quoted[-1].stop :])):
        starts.append(_attribution(lines, quoted[-1].start))
    return min(starts, default=len(lines))


# ── Signatures and legal notices ───────────────────────────────────────────────────────


def _signature(lines: Sequence[str], signed: Sequence[range], end: int) -> range | None:
    """From the line `-- ` on (RFC 3676 section 4.3), or as marked."""
    if found := [n for n in range(end) if phrases.DELIMITER.fullmatch(lines[n])]:
        return range(found[-1], end)
    return next((range(s.start, min(s.stop, end)) for s in signed if s.start < end), None)


def _notice(lines: Sequence[str], end: int, recurring: frozenset[str]) -> range | None:
    """The last blocks, where they begin as legal notices do, or came before below a closing."""
    start = None
    for block in reversed(_paragraphs(lines, end)[-_NOTICE_BLOCKS:]):
        known = _digest(lines, block) in recurring and _is_prose(lines, block)
        if known and _below_closing(lines, block):
            start = block.start
        start = next(filter(functools.partial(_begins_notice, lines, block), block), start)
    if start is None:
        return None
    found = range(_above(lines, start), end)
    return found if sum(map(len, lines[found.start : end])) <= _NOTICE_LETTERS else None


def _begins_notice(lines: Sequence[str], block: range, number: int) -> bool:
    """Whether a legal notice begins at this line, and not in the middle of a sentence."""
    before = lines[number - 1].rstrip() if number > block.start else ""
    if len(before) >= _PROSE and not before.endswith((".", "!", "?", ":")):
        return False
    words = " ".join(lines[number : min(block.stop, number + _HEADER_REACH)])
    return phrases.NOTICE.match(" ".join(words.split())) is not None


def _below_closing(lines: Sequence[str], block: range) -> bool:
    above = lines[max(0, block.start - 30) : block.start]
    marks = (phrases.DELIMITER, phrases.RULE)
    return any(phrases.closes(line) or any(m.fullmatch(line) for m in marks) for line in above)


def _paragraphs(lines: Sequence[str], end: int) -> list[range]:
    """Runs of written lines; a ruled line parts them as an empty one does."""
    found: list[range] = []
    for number, line in enumerate(lines[:end]):
        if not line.strip() or phrases.RULE.fullmatch(line):
            continue
        if found and found[-1].stop == number:
            found[-1] = range(found[-1].start, number + 1)
        else:
            found.append(range(number, number + 1))
    return found


def _is_prose(lines: Sequence[str], block: range) -> bool:
    letters = sum(len(lines[number]) for number in block)
    return letters >= _LONG and letters >= _PROSE * len(block)


def _words(lines: Sequence[str], block: range) -> str:
    return " ".join(" ".join(lines[block.start : block.stop]).split())


def _digest(lines: Sequence[str], block: range) -> str:
    return hashlib.sha256(_words(lines, block).casefold().encode("utf-8", "replace")).hexdigest()
