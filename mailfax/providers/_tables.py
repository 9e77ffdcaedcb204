"""The tables of docs/providers: keys and abilities of each provider, from its own data.

They stand between two marks on a page that is otherwise written by hand; `python -m
mailfax.providers` brings them up to date.
"""

from collections.abc import Callable, Sequence

from mailfax import errors, providers
from mailfax.providers import _port

BEGIN = "<!-- made by python -m mailfax.providers -->"
END = "<!-- end of what is made -->"
COMPARISON = "README"
"""The page on which all stand side by side."""

_RESOLUTIONS = ("standard", "fine", "superfine")
_SURELY = {"exact": "for sure", "near": "nearly for sure", "none": "no: a person decides"}


def names() -> list[str]:
    """The pages that have such tables, by name: one per provider, and the comparison."""
    return [*providers.kinds(), COMPARISON]


def renewed(name: str, page: str) -> str:
    """The page of this name with its tables as they should be; an empty one is begun.

    Raises errors.Permanent when the marks are not there, once each and in order.
    """
    before, begun, rest = (page or f"# {name}\n\n{BEGIN}\n{END}\n").partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (begun and ended) or BEGIN in rest or END in before + after:
        raise errors.Permanent(f"the page of {name} must have one {BEGIN} and then one {END}")
    tables = [comparison()] if name == COMPARISON else [settings(name), abilities(name)]
    return "\n\n".join((before + BEGIN, *tables, END + after))


def settings(kind: str) -> str:
    """The keys of `[providers.NAME]`, with what holds where one is absent."""
    rows = [("key", "", "when absent"), ("`kind`", f"`{kind}`", "*needed*")]
    rows += [
        (f"`{key}`", _help(setting), _absent(setting))
        for key, setting in sorted(
            providers.load(kind).SETTINGS.items(), key=lambda pair: not pair[1].required
        )
    ]
    return _table(rows)


def _help(setting: _port.Setting) -> str:
    return f"{setting.help}; *secret*" if setting.secret else setting.help


def _absent(setting: _port.Setting) -> str:
    if setting.required:
        return "*needed*"
    return f"`{setting.default}`" if setting.default else ""


def abilities(kind: str) -> str:
    """What one provider can do."""
    return _table([("can", ""), *((label, tell(kind)) for label, tell in _ABILITIES.items())])


def comparison() -> str:
    """What all can do, side by side."""
    kinds = providers.kinds()
    rows = [("", *(f"[{kind}]({kind}.md)" for kind in kinds))]
    rows += [(label, *map(tell, kinds)) for label, tell in _ABILITIES.items() if label != _TYPES]
    return _table(rows)


def _table(rows: Sequence[Sequence[str]]) -> str:
    """In Markdown; the first row is the head."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    lines.insert(1, "|" + "---|" * len(rows[0]))
    return "\n".join(lines)


# ── Abilities ──────────────────────────────────────────────────────────────────────────

_Told = Callable[[str], str]
"""What stands in a row for this kind."""


def _of(tell: Callable[[_port.Capabilities], str]) -> _Told:
    """Told by the capabilities."""
    return lambda kind: tell(providers.load(kind).CAPABILITIES)


def _flag(field: str, yes: str = "yes") -> _Told:
    return _of(lambda able: yes if getattr(able, field) else "no")


def _seconds(field: str) -> _Told:
    return _of(lambda able: f"{getattr(able, field):g} s" if getattr(able, field) else "")


def _most(field: str, unit: str = "", divisor: int = 1) -> _Told:
    def tell(able: _port.Capabilities) -> str:
        limit = getattr(able, field)
        return "no limit told" if limit is None else f"{limit // divisor}{unit}"

    return _of(tell)


def _receives(kind: str) -> str:
    account = providers.account(kind)
    box = ["from its box"] if issubclass(account, _port.Inbound) else []
    push = ["by push"] if issubclass(account, _port.Pushes) else []
    return " and ".join(box + push) or "no"


def _calls_back(kind: str) -> str:
    return "yes" if issubclass(providers.account(kind), _port.Cancels) else "no"


_TYPES = "files, by hand"
_ABILITIES: dict[str, _Told] = {
    "sends to": _of(lambda able: ", ".join(sorted(able.countries or ["everywhere"]))),
    "takes Group 4 pages": _flag("group4"),
    "resolutions": _of(
        lambda able: ", ".join(one for one in _RESOLUTIONS if one in able.resolutions)
    ),
    "subaddress": _flag("subaddress"),
    "pages of a fax": _most("max_pages"),
    "size of a fax": _most("max_bytes", " MB", 1_000_000),
    "recipients in one request": _most("max_recipients"),
    "faxes asked after at once": _most("max_reports"),
    "confirms delivery": _flag("confirms_delivery"),
    "finds a fax whose answer was lost": _of(lambda able: _SURELY[able.reference_lookup]),
    "calls back": _calls_back,
    "receives": _receives,
    "prints a header line": _flag("prints_header"),
    "retries by itself": _flag("own_retries"),
    "at a later hour": _flag("scheduling", "by hand"),
    "between two requests": _seconds("request_interval"),
    "between two reports": _seconds("report_interval"),
    "operations by hand": lambda kind: str(len(providers.load(kind).OPERATIONS)),
    _TYPES: _of(lambda able: ", ".join(sorted(able.file_types))),
}
"""Row → what stands in it. By hand: by `mailfax provider`; mailfax itself hands over TIFF, now."""
