"""Business cards, vCard 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350), as a readable page."""

import dataclasses
import itertools
import quopri
import re
from collections.abc import Iterator, Mapping, Sequence

from mailfax.document.converters import Item, UnfitError, charsets, facts

_LINE = re.compile(r'(?:([\w-]+)\.)?([\w-]+)((?:;(?:"[^"]*"|[^":;])*)*):(.*)', re.DOTALL)
_PARAMETER = re.compile(r';((?:"[^"]*"|[^";])*)')
_FOLD = re.compile(r"\n[ \t]")
_SOFT = re.compile(
    r"^[^:\n]*;(?:ENCODING=)?QUOTED-PRINTABLE[^:\n]*:(?:[^\n]*=\n)+", re.IGNORECASE | re.MULTILINE
)
"""Lines that go on in quoted-printable, which only vCard 2.1 has."""
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_APART = re.compile(r"(?<!\\);")
_APPLE = re.compile(r"_\$!<(.*)>!\$_")
_UNSAID = frozenset({"", "voice", "internet", "pref", "x400", "msg", "text", "uri"})
_SHOWN = {
    "ORG": "Organisation",
    "TITLE": "Title",
    "ROLE": "Role",
    "TEL": "Telephone",
    "EMAIL": "E-mail",
    "ADR": "Address",
    "URL": "Web page",
    "BDAY": "Birthday",
}


@dataclasses.dataclass(frozen=True, slots=True)
class _Property:
    """One line of a card, unfolded."""

    group: str
    name: str
    parameters: Mapping[str, Sequence[str]]
    value: str

    def text(self) -> str:
        """The value as text."""
        return _plain(self.value)

    def fields(self) -> list[str]:
        """The value in its pieces."""
        return [_plain(piece).strip() for piece in _APART.split(self.value)]

    def kinds(self) -> list[str]:
        """What it is for, as `work`, `fax`."""
        kinds = ",".join(self.parameters.get("TYPE", ())).lower().split(",")
        return [{"cell": "mobile"}.get(one, one) for one in kinds if one not in _UNSAID]


def read(item: Item) -> str:
    """The cards in a file. Raises `UnfitError`: damaged when there is none."""
    text = charsets.decode(item.data, item.charset).replace("\r\n", "\n").replace("\r", "\n")
    cards = [_card(list(card)) for card in _cards(_unfolded(text))]
    if not cards:
        raise UnfitError("damaged")
    return f"\n\n{facts.RULE}\n\n".join(cards)


def _unfolded(text: str) -> list[str]:
    joined = _SOFT.sub(lambda match: match[0].replace("=\n", ""), text)
    return _FOLD.sub("", joined).split("\n")


def _cards(lines: Sequence[str]) -> Iterator[Iterator[_Property]]:
    """The properties of each card; one that is cut off ends with the file."""
    starts = [n for n, line in enumerate(lines) if line.strip().upper() == "BEGIN:VCARD"]
    for start, stop in itertools.pairwise([*starts, len(lines)]):
        matches = map(_LINE.fullmatch, lines[start + 1 : stop])
        yield (_property(match) for match in matches if match)


def _property(match: re.Match[str]) -> _Property:
    parameters: dict[str, list[str]] = {}
    for one in _PARAMETER.findall(match[3]):
        name, given, value = one.partition("=")
        if not given:  # vCard 2.1 gives kinds and codings without a name
            name, value = ("ENCODING" if "PRINTABLE" in name.upper() else "TYPE"), name
        parameters.setdefault(name.upper(), []).append(value.strip('"'))
    value = match[4]
    if parameters.get("ENCODING", [""])[0].upper() == "QUOTED-PRINTABLE":
        octets = quopri.decodestring(value.encode("utf-8", "replace"))
        value = charsets.decode(octets, parameters.get("CHARSET", ["utf-8"])[0])
    return _Property((match[1] or "").lower(), match[2].upper(), parameters, value)


def _card(properties: Sequence[_Property]) -> str:
    labels = {p.group: _apple(p.text()) for p in properties if p.name == "X-ABLABEL"}
    rows = [
        (_SHOWN[name], _row(one, labels))
        for name in _SHOWN
        for one in properties
        if one.name == name
    ]
    note = "\n".join(one.text() for one in properties if one.name == "NOTE")
    return facts.card(_headline(properties), rows, note)


def _row(one: _Property, labels: Mapping[str, str]) -> str:
    if one.name in {"ORG", "ADR"}:
        words = ("\n" if one.name == "ADR" else ", ").join(filter(None, _ordered(one)))
    else:
        words = one.text().removeprefix("tel:").removeprefix("mailto:")
    kinds = [*one.kinds(), *filter(None, [labels.get(one.group, "")])]
    return f"{words} ({', '.join(kinds)})" if kinds and words else words


def _ordered(one: _Property) -> list[str]:
    """An address as it is written: box and annex, street, town, country (RFC 6350 6.3.1)."""
    if one.name != "ADR":
        return one.fields()
    box, annex, street, town, region, code, country, *_ = [*one.fields(), *[""] * 7]
    return [box, annex, street, " ".join(filter(None, (code, town, region))), country]


def _headline(properties: Sequence[_Property]) -> str:
    for one in properties:
        if one.name == "FN" and one.value.strip():
            return one.text()
    for one in properties:
        if one.name == "N":
            family, given, middle, before, after, *_ = [*one.fields(), *[""] * 5]
            return " ".join(filter(None, (before, given, middle, family, after)))
    return "A business card without a name"


def _apple(label: str) -> str:
    match = _APPLE.fullmatch(label)
    return (match[1] if match else label).lower()


def _plain(value: str) -> str:
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)
