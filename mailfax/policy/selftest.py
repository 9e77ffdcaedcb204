"""Running the [[test]]s of a rules file, with the same engine as the live path."""

import dataclasses
import datetime
import email.parser
import email.policy
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

from mailfax import errors
from mailfax.model import InboundFax, Proof, Recipient
from mailfax.policy import decide, proving, route, settings
from mailfax.policy.tables import Case, Rules

_NOON = datetime.datetime(2025, 1, 1, 12, tzinfo=datetime.UTC)
"""When a test takes place that does not say `at`."""


def run(rules: Rules) -> tuple[errors.Problem, ...]:
    """What is wrong, test by test; empty when all pass."""
    problems: list[errors.Problem] = []
    for case in rules.tests:
        place = rules.index.find(case.path)
        wrong = _fax(rules, case) if case.receives else _mail(rules, case)
        texts = (f"test {case.name!r}: {text}" for text in wrong)
        file = rules.file_of(case.path)
        problems.extend(errors.Problem(file, *place, text) for text in texts)
    return tuple(problems)


# ── Mails ──────────────────────────────────────────────────────────────────────────────


def _mail(rules: Rules, case: Case) -> Iterator[str]:
    try:
        facts = _facts(rules, case)
    except OSError as error:
        yield f"{case.given['eml']!r} cannot be read: {error.strerror}"
        return
    found = decide.trace(rules, facts, case.given.get("at", _NOON))
    if found.decision is None:
        yield "the facts it gives do not decide"
        return
    expected = case.expected
    yield from _differs("rule", expected, found.decision.rule)
    yield from _differs("action", expected, str(found.decision.action))
    if expected.get("text", "") not in found.decision.text:
        yield f"text is {found.decision.text!r}, without {expected['text']!r}"
    yield from _settings(expected["settings"], found.possible[0].settings)


def _facts(rules: Rules, case: Case) -> decide.Facts:
    given = case.given
    header, size = given.get("from", ""), given.get("size", decide.UNKNOWN)
    if "eml" in given:
        data = (pathlib.Path(rules.file_of(case.path)).parent / given["eml"]).read_bytes()
        header, size = given.get("from") or _author(data), len(data)
    mail_from = given.get("mail_from", header)
    return decide.Facts(
        mail_from=mail_from,
        header_from=header,
        proof=_proof(case, header, mail_from),
        recipient=Recipient(address=str(given["to"]), number=given["to"]),
        size=size,
    )


def _author(data: bytes) -> str:
    """The one address in From; empty when there is none or more than one."""
    parser = email.parser.BytesHeaderParser(policy=email.policy.default)
    headers = parser.parsebytes(data).get_all("from", [])
    addresses = [address.addr_spec for header in headers for address in header.addresses]
    return addresses[0] if len(addresses) == 1 else ""


def _proof(case: Case, header: str, mail_from: str) -> Proof:
    """`proof = "login"` is the sender's own address logged in; `network:NAME` the client there."""
    shown = proving.sketch(case.given.get("proof", ()), header, mail_from)
    return dataclasses.replace(
        shown,
        login=case.given.get("login", shown.login),
        networks=shown.networks | frozenset(case.given.get("network", ())),
    )


# ── Faxes ──────────────────────────────────────────────────────────────────────────────


def _fax(rules: Rules, case: Case) -> Iterator[str]:
    given, expected = case.given, case.expected
    now = given.get("at", _NOON)
    fax = InboundFax(
        account=given.get("account", ""),
        reference=case.name,
        did=given["did"],
        caller=given.get("caller", ""),
        tsid=given.get("tsid", ""),
        received_at=now,
    )
    found = route.trace(rules, fax, now)
    yield from _differs("rule", expected, found.routing.rules[0])
    targets = sorted(target.address for target in found.routing.targets)
    if sorted(expected.get("deliver", targets)) != targets:
        yield f"deliver is {', '.join(targets)}, not {', '.join(expected['deliver'])}"
    yield from _settings(expected["settings"], found.settings)


# ── Comparing ──────────────────────────────────────────────────────────────────────────


def _differs(key: str, expected: Mapping[str, Any], found: str) -> Iterator[str]:
    if expected.get(key, found) != found:
        yield f"{key} is {found!r}, not {expected[key]!r}"


def _settings(expected: Mapping[str, Any], found: Mapping[str, settings.Value]) -> Iterator[str]:
    for key, wanted in expected.items():
        value, origin = found[key].value, found[key].origin
        if value != wanted:
            is_, not_ = settings.shown(value), settings.shown(wanted)
            yield f"{key} is {is_} ({origin}), not {not_}"
