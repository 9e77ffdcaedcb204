"""Faults that a test arms and the next requests of one service meet.

| fault | what the client sees | is the request carried out |
|---|---|---|
| refuse | connection reset; on any: before a byte of it is read | no |
| drop-before-read | connection closed without an answer | no |
| http-500 http-429 | that status; 429 with Retry-After: 1 | no |
| repeat-answer | the answer to the previous request, on submit: the previous submission | no |
| slow | the answer, `seconds` late | yes |
| drop-after-accept | connection closed without an answer | yes |
| half-answer | half of the announced body, then closed | yes |
| not-xml | 200 with a page of HTML | yes |
| bad-tls | a certificate that nobody signed, on the next connections | no |

Whether a request submits a fax is known only when it has been read, so a fault on submit
lets the service read it and then forget it.
"""

import dataclasses
import threading
from collections.abc import Callable, Container

NAMES = (
    "refuse",
    "slow",
    "drop-before-read",
    "drop-after-accept",
    "half-answer",
    "not-xml",
    "repeat-answer",
    "http-500",
    "http-429",
    "bad-tls",
)
ON = ("submit", "any")


@dataclasses.dataclass(slots=True, kw_only=True)
class Fault:
    """One armed fault."""

    provider: str
    name: str
    times: int
    on: str
    seconds: float

    @property
    def early(self) -> bool:
        """Whether it strikes a connection before anything is read from it."""
        return self.name == "bad-tls" or (self.name == "refuse" and self.on == "any")


class Faults:
    """The armed faults of all services, met in the order they were armed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[Fault] = []

    def arm(self, fault: Fault) -> None:
        """Let the next `fault.times` fitting requests meet it."""
        with self._lock:
            self._armed.append(fault)

    def clear(self) -> None:
        """Disarm all."""
        with self._lock:
            self._armed.clear()

    def meet_connection(self, provider: str) -> Fault | None:
        """The fault that a new connection meets, used up by one."""
        return self._meet(lambda fault: fault.provider == provider and fault.early)

    def meet_request(
        self, provider: str, *, submit: bool, repeatable: Container[str]
    ) -> Fault | None:
        """The fault that a request meets, used up by one.

        A repeat-answer waits until there is an answer to repeat: `repeatable` names the
        sorts (`submit`, `any`) that have one.
        """
        return self._meet(
            lambda fault: (
                fault.provider == provider
                and not fault.early
                and (fault.name != "repeat-answer" or fault.on in repeatable)
                and (submit or fault.on == "any")
            )
        )

    def _meet(self, fits: Callable[[Fault], bool]) -> Fault | None:
        with self._lock:
            fault = next(filter(fits, self._armed), None)
            if fault is None:
                return None
            fault.times -= 1
            if fault.times == 0:
                self._armed.remove(fault)
            return fault
