"""The words with which a rule says what a sender must have shown.

`from` says who, `proof` says how surely. Which addresses of a mail have to fit `from` depends
on what the proof vouches for: a login or a network vouches for the client, so both the
envelope sender and the header From must fit; the others speak of the header From alone.
"""

import dataclasses
import difflib


@dataclasses.dataclass(frozen=True, slots=True)
class _Kind:
    argument: str = "none"
    """none, required or optional."""
    envelope: bool = False
    """Whether the envelope sender counts beside the header From."""
    available: bool = False


KINDS = {
    "login": _Kind(envelope=True, available=True),
    "network": _Kind("required", envelope=True, available=True),
    "unsafe-header": _Kind(available=True),
    "client-cert": _Kind(envelope=True),
    "spf": _Kind(envelope=True),
    "dkim": _Kind("optional"),
    "dmarc": _Kind(),
    "arc": _Kind("required"),
    "smime": _Kind(),
    "pgp": _Kind(),
    "pin": _Kind(),
}
"""Every word of the grammar, the ones this version cannot check yet included."""


@dataclasses.dataclass(frozen=True, slots=True)
class Proving:
    """One proof a rule asks for, as `network:lan`."""

    kind: str
    argument: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.argument}" if self.argument else self.kind

    @property
    def envelope(self) -> bool:
        """Whether the envelope sender has to fit `from` as well as the header From."""
        return KINDS[self.kind].envelope


def read(text: str) -> Proving:
    """Read one word; raises ValueError with half a sentence when it is none or not available."""
    kind, colon, argument = text.partition(":")
    if kind not in KINDS:
        near = difflib.get_close_matches(kind, KINDS, 1)
        hint = f"did you mean '{near[0]}'?" if near else f"it is one of {', '.join(KINDS)}"
        raise ValueError(f"unknown proof {kind!r}: {hint}")
    if colon and KINDS[kind].argument == "none":
        raise ValueError(f"proof {kind} takes nothing after a colon")
    if not argument and (colon or KINDS[kind].argument == "required"):
        raise ValueError(f"proof {kind} needs a name, as '{kind}:NAME'")
    if not KINDS[kind].available:
        raise ValueError(f"proof {kind} is not available in this version")
    return Proving(kind, argument)
