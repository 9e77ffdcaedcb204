"""What a rules file says but probably does not mean: warnings, never errors."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from mailfax.policy import match, schema, tables

R = TypeVar("R", tables.SendRule, tables.ReceiveRule)

PUBLIC_DOMAINS = frozenset(
    (
        *("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com"),
        *("yahoo.com", "ymail.com", "aol.com", "icloud.com", "me.com", "mac.com", "proton.me"),
        *("protonmail.com", "gmx.com", "gmx.de", "gmx.net", "web.de", "t-online.de", "mail.ru"),
        *("yandex.ru", "qq.com", "163.com", "126.com", "orange.fr", "free.fr", "laposte.net"),
        *("libero.it", "mail.com", "zoho.com", "fastmail.com", "comcast.net", "verizon.net"),
    )
)
"""Mail domains where anyone can have an address."""


def check(rules: tables.Rules, book: schema.Book) -> None:
    """Note every warning about `rules` in `book`."""
    for rule in rules.send:
        _weak_proof(rule, book)
        _homeless_logins(rule, rules, book)
    for group in rules.groups.values():
        _whole_internet(group, book)
    _unreachable(rules.send, _hides_send, book)
    _unreachable(rules.receive, _hides_receive, book)
    for rule in rules.send:
        _contradicts(rule, (rule.sender, rule.to) if rule.strict else (rule.to,), book)
    for route in rules.receive:
        _contradicts(route, route.conditions, book)


def _weak_proof(rule: tables.SendRule, book: schema.Book) -> None:
    """The word of the header alone, for people whom nobody knows."""
    words = {proof.kind for proof in rule.proofs}
    alone = words == {"unsafe-header"} if rule.every else "unsafe-header" in words
    if not (alone and rule.strict):
        return
    if rule.sender.wanted is None:
        who = "anyone"
    else:
        found = _public(rule.sender.wanted)
        if not found:
            return
        who = f"anyone who writes {found} in From"
    book.warn(rule.path, f"weak proof: rule {rule.name!r} believes {who} (unsafe-header)")


def _public(patterns: match.Patterns) -> str:
    for pattern in _flat(patterns):
        if isinstance(pattern, match.Exact) and pattern.value.rpartition("@")[2] in PUBLIC_DOMAINS:
            return pattern.text
        if any(pattern.holds(f"somebody@{domain}") for domain in sorted(PUBLIC_DOMAINS)):
            return pattern.text
    return ""


def _homeless_logins(rule: tables.SendRule, rules: tables.Rules, book: schema.Book) -> None:
    if rule.strict and _may_be_homeless(rule) and not rules.logins:
        text = "names no domain in from, so a login that is no address owns nothing: see [logins]"
        book.warn(rule.path, f"rule {rule.name!r} {text}")


def _whole_internet(group: tables.Group, book: schema.Book) -> None:
    for network in group.networks:
        if network.prefixlen == 0:
            text = f"weak proof: network {group.name!r} holds every address ({network})"
            book.warn(("groups", group.name, "networks"), text)


# ── Rules that never get a turn ────────────────────────────────────────────────────────


def _unreachable(rules: Sequence[R], hides: Callable[[R, R], bool], book: schema.Book) -> None:
    for number, later in enumerate(rules):
        earlier = next((rule for rule in rules[:number] if hides(rule, later)), None)
        if earlier:
            text = f"rule {later.name!r} is never reached: rule {earlier.name!r} takes all of it"
            book.warn(later.path, text)


def _hides_send(earlier: tables.SendRule, later: tables.SendRule) -> bool:
    """Whether every mail that fits `later` surely fits `earlier`; False where in doubt."""
    if not _includes_condition(earlier.to, later.to):
        return False
    if not earlier.proofs:
        plain = earlier.sender.unwanted is None or later.strict
        return plain and _includes_condition(earlier.sender, later.sender)
    if earlier.strict:
        owned = not _may_be_homeless(earlier)
        fits = later.strict and owned and _includes_condition(earlier.sender, later.sender)
    else:
        fits = earlier.sender.empty
    return fits and all(any(set(few) <= set(many) for few in earlier.ways) for many in later.ways)


def _may_be_homeless(rule: tables.SendRule) -> bool:
    """Whether a login could fail it for owning no address that `from` names."""
    login = any(proof.kind == "login" for proof in rule.proofs)
    wanted = rule.sender.wanted
    return login and (wanted is None or any(isinstance(p, match.Anything) for p in _flat(wanted)))


def _hides_receive(earlier: tables.ReceiveRule, later: tables.ReceiveRule) -> bool:
    pairs = zip(earlier.conditions, later.conditions, strict=True)
    return not earlier.goes_on and all(_includes_condition(*pair) for pair in pairs)


def _contradicts(
    rule: tables.SendRule | tables.ReceiveRule,
    conditions: Iterable[tables.Condition],
    book: schema.Book,
) -> None:
    for condition in conditions:
        wanted, unwanted = condition.wanted, condition.unwanted
        if wanted and unwanted and _includes(unwanted, wanted):
            text = f"not_{condition.key} takes away all that {condition.key} gives"
            book.warn(rule.path, f"rule {rule.name!r} never holds: {text}")


def _includes_condition(wide: tables.Condition, narrow: tables.Condition) -> bool:
    """Whether all that fits `narrow` fits `wide`."""
    if wide.wanted is not None and (
        narrow.wanted is None or not _includes(wide.wanted, narrow.wanted)
    ):
        return False
    if wide.unwanted is None:
        return True
    return narrow.unwanted is not None and _includes(narrow.unwanted, wide.unwanted)


def _includes(wide: match.Patterns, narrow: match.Patterns) -> bool:
    wides = list(_flat(wide))
    return all(any(_is_part(one, other) for other in wides) for one in _flat(narrow))


def _is_part(narrow: match.Pattern, wide: match.Pattern) -> bool:
    """Whether all that `narrow` holds is held by `wide`; False where it cannot be told."""
    match wide, narrow:
        case match.Anything(), _:
            return True
        case _, match.Exact():
            return wide.holds(narrow.value)
        case match.Subdomains(), match.Domain() | match.Subdomains():
            below = narrow.domain.endswith(f".{wide.domain}")
            return below or (type(narrow) is type(wide) and narrow.domain == wide.domain)
        case match.Prefix(), match.Prefix():
            return narrow.start.startswith(wide.start)
    return wide == narrow


def _flat(patterns: match.Patterns) -> Iterable[match.Pattern]:
    """The patterns with groups replaced by their members."""
    for pattern in patterns:
        if isinstance(pattern, match.InGroup):
            yield from pattern.members
        else:
            yield pattern
