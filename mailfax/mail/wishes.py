"""What a sender writes about his fax: found in the mail, and taken out of what is printed.

Four places: behind the number in the address (`+12025550123+fine@`), in brackets in the subject
(`[fax fine cover=clinic]`), in fields of the header (`X-Fax-Resolution: fine`), and in lines at the
very top of the text (`#fax resolution: fine`). What the words mean is not known here, nor whether
they may be used: nothing counts, and nothing is taken out, before the rules say so.

The lines at the top are read outside the jail: one pass that ends at the first other text.
"""

import dataclasses
import html
import re
from collections.abc import Iterator, Sequence

from mailfax.mail import header, message, plain
from mailfax.model import Part, Recipient, Role, Submission, Wish

LONGEST = 200
"""Characters of one wish."""
MOST = 50
"""Wishes in one place."""

_BRACKETS = re.compile(r"\[\s*fax\s+([^\[\]]*[^\[\]\s])\s*\]", re.IGNORECASE)
_ITEM = re.compile(r'(?:"[^"]*+"|[^\s"])++|"')
_WHOLE = re.compile(r"\s*[A-Za-z][A-Za-z-]*\s*:")
_LINES = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:[ \t]*+\r?\n)*+((?:[ \t]*+#fax[ \t:]++[^\s:][^\n]*+(?:\n|\Z))++)"
    rb"(?:[ \t]*+\r?(?:\n|\Z))?",
    re.IGNORECASE,
)
_LINE = re.compile(r"#fax[\s:]+(.*)", re.IGNORECASE | re.DOTALL)
_FIELD = "x-fax-"

_Span = tuple[int, int]


def tagged(to: Recipient) -> tuple[Wish, ...]:
    """Those behind the number; `_` stands for a space, which no address can hold."""
    return tuple(_wish("address", tag.replace("_", " ")) for tag in to.tags)


def of(mail: bytes) -> tuple[Wish, ...]:
    """Those that a whole mail holds; raises errors.Refused for one that cannot be read."""
    return (*in_head(message.head(mail)), *in_body(message.read(mail).parts))


def in_head(head: message.Head) -> tuple[Wish, ...]:
    """Those in the header section: the subject's and the fields'."""
    section = header.split(head.raw, 0, len(head.raw))[0]
    fields = [
        _wish("header", f"{name.removeprefix(_FIELD)}: {header.decoded(value)}")
        for name in section.fields
        if name.startswith(_FIELD)
        for value in section.all(name)
    ]
    brackets = _BRACKETS.findall(head.subject)
    return (*fields[:MOST], *(one for text in brackets for one in _several("subject", text)))


def in_body(parts: Sequence[Part]) -> tuple[Wish, ...]:
    """Those at the top of the text; of its versions the first that has any speaks."""
    for part in _opening(parts):
        if lines := _top(part)[0]:
            return tuple(wish for line in lines for wish in _several("body", line))[:MOST]
    return ()


def subject_without(subject: str) -> str:
    """The subject as people may read it."""
    return " ".join(_BRACKETS.sub(" ", subject).split())


def without(submission: Submission) -> Submission:
    """The mail as it may be printed."""
    opening = {id(part) for part in _opening(submission.parts)}
    parts = tuple(
        dataclasses.replace(part, data=_top(part)[1]) if id(part) in opening else part
        for part in submission.parts
    )
    subject = subject_without(submission.subject)
    return dataclasses.replace(submission, subject=subject, parts=parts)


def _several(place: str, text: str) -> Iterator[Wish]:
    """`fine nocover` is two, `cover: none` is one."""
    items = [text] if _WHOLE.match(text) else _ITEM.findall(text)
    return (_wish(place, item) for item in items[:MOST])


def _wish(place: str, text: str) -> Wish:
    return Wish(place=place, text=plain.line(text, LONGEST))


def _opening(parts: Sequence[Part]) -> list[Part]:
    """The versions of the text that the mail begins with."""
    first = next((part for part in parts if part.role is Role.BODY), None)
    if first is None or first.alternative is None:
        return [first] if first else []
    return [part for part in parts if part.alternative == first.alternative]


def _top(part: Part) -> tuple[list[str], bytes]:
    """The wishes at the top of one version of the text, and the version without them."""
    if part.label == "text/html":
        return _top_of_html(part)
    found = _LINES.match(part.data) if part.label == "text/plain" else None
    if found is None:
        return [], part.data
    lines = header.text_of(found[1], part.charset or "utf-8").splitlines()
    return [read[1] for line in lines if (read := _LINE.match(line.strip()))], (
        part.data[found.end() :]
    )


# ── HTML ───────────────────────────────────────────────────────────────────────────────

_TOKEN = re.compile(rb"<[!/?]?([a-z0-9]+)[^<>]*+>|[^<]++|<!--|<", re.IGNORECASE)
_UNSEEN = frozenset({b"head", b"title", b"style", b"script"})
_BREAKS = frozenset(
    b"html body br p div center table tbody thead tr td th ul ol li dl dt dd blockquote pre hr "
    b"h1 h2 h3 h4 h5 h6".split()
)


def _top_of_html(part: Part) -> tuple[list[str], bytes]:
    lines, kept, last = [], [], 0
    for spans in _html_lines(part.data):
        octets = b"".join(part.data[start:end] for start, end in spans)
        text = html.unescape(header.text_of(octets, part.charset or "utf-8")).strip()
        found = _LINE.match(text)
        if text and not found:
            break
        if found:
            lines.append(found[1])
            for start, end in spans:
                kept.append(part.data[last:start])
                last = end
    return lines, b"".join([*kept, part.data[last:]])


def _html_lines(data: bytes) -> Iterator[list[_Span]]:
    """Where the text of each line stands, as far as tags that break lines make lines."""
    spans: list[_Span] = []
    place = 0
    while token := _TOKEN.match(data, place):
        name = (token[1] or b"").lower()
        place = token.end()
        if token[0] == b"<!--":
            place = _next(data, b"-->", place) + len(b"-->")
        elif name in _UNSEEN and not token[0].startswith(b"</"):
            place = _next(data, b"</" + name, place)
        elif name in _BREAKS:
            yield spans
            spans = []
        elif not name:
            spans.append(token.span())
    yield spans


def _next(data: bytes, mark: bytes, place: int) -> int:
    """Where `mark` stands next, in either case; the end where it does not."""
    found = re.compile(re.escape(mark), re.IGNORECASE).search(data, place)
    return found.start() if found else len(data)
