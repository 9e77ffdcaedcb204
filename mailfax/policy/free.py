"""`if`: a condition in the Common Expression Language over the facts of a mail or a received fax.

For what the other conditions cannot say. The language has no loops here, its patterns run in linear
time, and a text has at most 400 characters, so that no answer takes long. An expression with a
fact that is not known has no answer yet; one that breaks has none at all.

The library is loaded with the first rule that has such a condition (160 ms).
"""

import dataclasses
import importlib.util
import re
from collections.abc import Mapping
from typing import Any

from mailfax.policy import schema, verdict
from mailfax.policy.verdict import Check, Unknown, Verdict

MAIL: Mapping[str, Any] = {
    "author": "ann@example.com",
    "sender": "ann@example.com",
    "to": "+12025550123",
    "country": "US",
    "kind": "fixed",
    "octets": 20_000,
    "login": "",
    "networks": ["lan"],
}
"""The facts of a mail to one number, each with a sample."""

FAX: Mapping[str, Any] = {
    "to": "+12025550123",
    "caller": "+12025550150",
    "account": "main",
    "tsid": "EXAMPLE LTD",
    "pages": 3,
}
"""The facts of a received fax."""

_LONGEST = 400
_LOOPS = re.compile(r"\.\s*(map|filter|all|exists|exists_one)\s*\(")
_PLACE = re.compile(r"<input>:(\d+):(\d+): (?:Syntax error: )?(.*)")


@dataclasses.dataclass(frozen=True, eq=False)
class Free:
    """One expression, compiled."""

    text: str
    program: Any
    asks: frozenset[str]
    """The facts that it names."""

    def check(self, facts: Mapping[str, Any]) -> Check:
        """Its answer; facts may be `Unknown`."""
        open_ = [facts[name] for name in self.asks if isinstance(facts[name], Unknown)]
        if open_:
            return Check("if", verdict.every(map(verdict.of, open_)), f"{self.text}: not known")
        try:
            held = self.program.execute({name: facts[name] for name in self.asks})
        except Exception as error:  # noqa: BLE001 - the library raises many kinds
            return Check("if", Verdict.TEMPORARY, f"{self.text}: {_first(error)}")
        if not isinstance(held, bool):
            return Check("if", Verdict.TEMPORARY, f"{self.text}: neither yes nor no")
        given = ", ".join(f"{name} {facts[name]}" for name in sorted(self.asks))
        return Check("if", verdict.of(held), f"{self.text} with {given}")


def reader(known: Mapping[str, Any]) -> schema.Reader[Free]:
    """Reads an expression over these facts and tries it on their samples."""

    @schema.shaped(type="string", minLength=1, maxLength=_LONGEST)
    def read(value: Any) -> Free:
        text = schema.text(value)
        if len(text) > _LONGEST:
            raise ValueError(f"is longer than {_LONGEST} characters")
        if loop := _LOOPS.search(text):
            at = loop.start() + 1
            raise ValueError(f"character {at}: {loop[1]} is a loop, and there are none here")
        free = _compiled(text, known)
        tried = free.check(known)
        if tried.verdict is Verdict.TEMPORARY:
            raise ValueError(f"cannot be answered: {tried.remark}")
        return free

    return read


def _compiled(text: str, known: Mapping[str, Any]) -> Free:
    if importlib.util.find_spec("cel") is None:
        raise ValueError("needs the extra `cel`: pip install 'mailfax[cel]'")
    import cel

    try:
        program = cel.compile(text)
    except ValueError as error:
        raise ValueError(_said(error)) from None
    asks = frozenset(program.variables())
    for name in sorted(asks - known.keys()):
        at = text.find(name) + 1
        hint = schema.did_you_mean(name, known) or f": there is {', '.join(known)}"
        raise ValueError(f"character {at}: unknown fact '{name}'{hint}")
    return Free(text, program, asks)


def _said(error: ValueError) -> str:
    """The library's complaint with its place and without the list of all that might follow."""
    found = _PLACE.search(str(error))
    if not found:
        return f"is no expression: {_first(error)}"
    return f"character {found[2]}: {found[3].partition(' expecting ')[0]}"


def _first(error: Exception) -> str:
    return str(error).partition(". ")[0].partition("\n")[0]
