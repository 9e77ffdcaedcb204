"""A provider that nobody has: JSON over HTTP, for the proof that three files make a provider."""

import base64
import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mailfax import errors
from mailfax.model import Outcome, Report, Transmission
from mailfax.providers import _http, _port

SETTINGS = {
    "url": _port.Setting(help="base URL of the service"),
    "token": _port.Setting(secret=True, help="what the service knows us by"),
    "ca": _port.Setting(required=False, help="file of the certificate authorities to trust"),
}

CAPABILITIES = _port.Capabilities(
    file_types=frozenset({"tif", "tiff"}),
    countries=None,
    subaddress=False,
    resolutions=frozenset({"standard", "fine", "superfine"}),
    max_pages=None,
    max_bytes=None,
    max_recipients=1,
    max_reports=600,
    scheduling=False,
    own_retries=False,
    prints_header=False,
    confirms_delivery=True,
    reference_lookup="none",
    request_interval=0.0,
)

_OUTCOMES = {
    "queued": Outcome.PENDING,
    "calling": Outcome.PENDING,
    "delivered": Outcome.DELIVERED,
    "failed": Outcome.FAILED,
}


class Client:
    """The service's two operations."""

    def __init__(self, http: _http.Client, token: str) -> None:
        self._http = http
        self._token = token

    def send(self, number: str, document: bytes) -> str:
        """Fax a TIFF to a number in E.164; its reference."""
        pages = base64.b64encode(document).decode("ascii")
        answer = self._ask("/send", {"number": number, "pages": pages}, changes=True)
        return str(answer["fax"])

    def states(self, faxes: Sequence[str]) -> Mapping[str, str]:
        """How faxes stand, those that are known."""
        found: Mapping[str, str] = self._ask("/states", {"faxes": list(faxes)}, changes=False)
        return found

    def _ask(self, path: str, given: Mapping[str, object], *, changes: bool) -> Any:
        body = json.dumps({**given, "token": self._token}).encode()
        reply = self._http.request("POST", path, body=body, changes=changes)
        if reply.status == 403:
            raise errors.Temporary("wrong token", cause=errors.Cause.LOGIN_FAILED)
        try:
            return json.loads(reply.body)
        except ValueError:
            raise self._http.unread("speaks no JSON", changes=changes, reply=reply) from None


@dataclasses.dataclass(frozen=True)
class Account:
    """What mailfax talks to."""

    client: Client
    capabilities: _port.Capabilities = CAPABILITIES

    def submit(
        self,
        transmissions: Sequence[Transmission],
        document: _port.Payload,
        note: _port.Note,
    ) -> _port.Submitted:
        """One request for each."""
        return {
            one.id: self.client.send(f"+{one.number.digits}", document.data)
            for one in transmissions
        }

    def report(self, references: Sequence[str]) -> Mapping[str, Report]:
        """One question for all."""
        states = self.client.states(references)
        return {
            fax: Report(outcome=_OUTCOMES[state], raw={"state": state})
            for fax, state in states.items()
        }

    def find(self, transmission: Transmission) -> _port.Absent:
        """The service keeps no reference of ours."""
        return _port.Absent.CANNOT_KNOW

    def forget(self, reference: str) -> None:
        """The service forgets by itself."""

    def check(self) -> None:
        """A question after nothing."""
        self.client.states([])

    def close(self) -> None:
        """Nothing is kept open."""


OPERATIONS: Mapping[str, Callable[..., Any]] = {"send": Client.send, "states": Client.states}


def connect(settings: Mapping[str, str], timeout: float = 60.0) -> Account:
    """An account from its settings."""
    token = settings["token"]
    http = _http.Client(
        settings["url"], secrets=[token], silence=timeout, ca=settings.get("ca", "")
    )
    return Account(Client(http, token))
