"""What mailfax keeps of a fax handed over, as one word.

4711                the registration of a fax to one number
4711/33123456789    a registration of many numbers, and which of them is meant
object-815          a sent fax that was found without its registration
"""

import dataclasses
import re

_REFERENCE = re.compile(r"object-([0-9]{1,18})|([0-9]{1,18})(?:/([0-9]{1,18}))?")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One fax: its registration or its object (the other is 0), and digits where many share it."""

    registration: int = 0
    object: int = 0
    digits: str = ""

    def __str__(self) -> str:
        if self.object:
            return f"object-{self.object}"
        return f"{self.registration}/{self.digits}" if self.digits else str(self.registration)


def read(text: str) -> Reference | None:
    """A reference as `str` wrote it; None for anything else."""
    found = _REFERENCE.fullmatch(text)
    if found is None:
        return None
    made, registration, digits = found.groups()
    return Reference(
        registration=int(registration or 0), object=int(made or 0), digits=digits or ""
    )
