"""What a rules file says but probably does not mean: warnings, never errors."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from mailfax.policy import doubts, index, match, proving, schema, tables

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
    _unreachable(rules.send, index.Senders(rules.send).above, _hides_send, book)
    _unreachable(rules.receive, index.above(rules.receive), _hides_receive, book)
    for rule in rules.send:
        _contradicts(rule, (rule.sender, rule.to) if rule.strict else (rule.to,), book)
    for route in rules.receive:
        _contradicts(route, route.conditions, book)
    doubts.check(rules, book)


def _weak_proof(rule: tables.SendRule, book: schema.Book) -> None:
    """The word of the header alone, or of a mail host that anybody may use, for strangers."""
    weak = next((way for way in rule.ways if way and all(_is_weak(proof) for proof in way)), None)
    if weak is None or not rule.strict:
        return
    if rule.sender.wanted is None:
        who = "anyone"
    else:
        found = _public(rule.sender.wanted)
        if not found:
            return
        who = f"anyone who writes {found} in From"
    shown = " and ".join(map(str, weak))
    book.warn(rule.path, f"weak proof: rule {rule.name!r} believes {who} ({shown})")


def _is_weak(proof: proving.Proving) -> bool:
    return proving.KINDS[proof.kind].weak


def _public(patterns: match.Patterns) -> str:
    for pattern in _flat(patterns):
        if isinstance(pattern, match.Exact) and pattern.value.rpartition("@")[2] in PUBLIC_DOMAINS:
            return pattern.text
        if not isinstance(pattern, match.Exact) and any(
            pattern.holds(f"somebody@{domain}") for domain in sorted(PUBLIC_DOMAINS)
        ):
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


def _unreachable(
    rules: Sequence[R],
    above: Callable[[R], Iterable[R]],
    hides: Callable[[R, R], bool],
    book: schema.Book,
) -> None:
    for later in rules:
        earlier = next((one for one in above(later) if one is later or hides(one, later)), later)
        if earlier is not later:
            text = f"rule {later.name!r} is never reached: rule {earlier.name!r} takes all of it"
            book.warn(later.path, text)


def _hides_send(earlier: tables.SendRule, later: tables.SendRule) -> bool:
    """Whether every mail that fits `later` surely fits `earlier`; False where in doubt."""
    if not earlier.plain or not _includes_condition(earlier.to, later.to):
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
    always = earlier.plain and not earlier.goes_on
    return always and all(_includes_condition(*pair) for pair in pairs)


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
    wides = [one for one in _flat(wide) if not isinstance(one, match.Exact)]
    return all(
        (isinstance(one, match.Exact) and wide.find(one.value) is not None)
        or any(_is_part(one, other) for other in wides)
        for one in _flat(narrow)
    )


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
