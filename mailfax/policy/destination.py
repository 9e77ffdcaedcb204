"""Guards on the destination, whatever the order of the rules.

A fax goes to one's own country and to ordinary lines, unless the rule that lets it pass says
otherwise: open gateways are found and used for calls that earn somebody money.
"""

from collections.abc import Mapping

from mailfax import errors, number
from mailfax.policy import match, settings

_DEAR = frozenset({"premium", "shared_cost", "personal", "pager"})
"""Kinds of the numbering plan that can cost the caller more than an ordinary call."""


def objection(
    fax: number.FaxNumber, found: Mapping[str, settings.Value], deny: match.Patterns | None = None
) -> str | None:
    """Why this number may not be called under these settings, as a sentence; None: it may.

    `found` is what `settings.inherit` gives; `deny` are numbers that no setting lets pass. Ask
    again before sending: numbering plans change.
    """
    if deny is not None and deny.find(str(fax)) is not None:
        return f"{fax.display()} is on the list of numbers that are never faxed"
    try:
        number.parse(str(fax), None)
    except errors.Permanent as problem:
        return str(problem)
    sort, allowed = _sort(fax, found)
    return None if allowed else f"{fax.display()} is {sort}, and faxes there are not allowed"


def _sort(fax: number.FaxNumber, found: Mapping[str, settings.Value]) -> tuple[str, bool]:
    """What sort of destination this is, in words, and whether the settings allow it."""
    kind, country = fax.kind(), fax.country()
    if kind in _DEAR and not found["allow_premium"].value:
        return f"a {kind.replace('_', ' ')} number", False
    if country in {None, "001"}:
        return "a satellite or international network number", found["allow_satellite"].value
    return f"in {country}", bool({country, "*"} & allowed_countries(found))


def allowed_countries(found: Mapping[str, settings.Value]) -> frozenset[str]:
    """The countries faxes may go to; `*` is any."""
    countries = found["countries"].value
    if countries is not None:
        return frozenset(countries)
    own = found["country"].value
    return frozenset({own}) if own else frozenset()


def described(fax: number.FaxNumber) -> str:
    """The number, its country and its kind, for people."""
    try:
        number.parse(str(fax), None)
    except errors.Permanent as problem:
        return str(problem)
    return f"{fax.display()}, {fax.country()}, {fax.kind().replace('_', ' ')}"
