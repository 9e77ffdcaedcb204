"""Stand-ins for the fax services over real sockets, with one pretend telephone network.

    with Sandbox(base_port=0) as sandbox:
        sandbox.urls["faxage"]        # http://127.0.0.1:…
        sandbox.credentials["faxage"] # {"username": "demo", …}

The last four digits dialled decide what becomes of a fax: 9001 busy for ever, 9002 busy the
first time, 9003 no answer, 9004 no fax tone, 9005 the line drops after page 2, 9006 not
assigned, 9007 rejected, 9008 never ends, 9009 no credit, 9010 cannot be converted; anything
else is delivered.
"""

import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from mailfax.sandbox import (
    _control,
    _errands,
    _exchange,
    _faults,
    _mailbox,
    _server,
    _tls,
    _twin,
    _wire,
)

_SMTP_PORT = 6


class CannotStart(Exception):
    """The sandbox cannot serve; the text says what to change."""


class Sandbox:
    """All services, the control port and the SMTP sink; a context manager, used once.

    `base_port` 0 takes any free ports. After `start`:

    - `urls`, `ports`: by name, `control` and `smtp` included
    - `credentials`: by service
    - `ca`: file of the certificate authority, None without TLS
    - `exchange`, `mailbox`, `faults`, `log`: what the control port shows and turns, for
      tests in the same process
    """

    def __init__(
        self, base_port: int = 8400, *, tls: bool = False, host: str = "127.0.0.1"
    ) -> None:
        self._base_port = base_port
        self._host = host
        self._wants_tls = tls
        self._authority: _tls.Authority | None = None
        self._servers: dict[str, _server.Server] = {}
        self._sink: _mailbox.Sink | None = None
        self.exchange = _exchange.Exchange()
        self.faults = _faults.Faults()
        self.mailbox = _mailbox.Mailbox(self._time)
        self.log = _wire.Log(self._time)
        self._errands = _errands.Errands(self._time)
        around = _twin.Surroundings(
            exchange=self.exchange,
            errands=self._errands,
            mailbox=self.mailbox,
            urls=lambda: self.urls,
        )
        self._twins = [twin(around) for twin in _twin.classes()]
        self.credentials: Mapping[str, Mapping[str, str]] = {
            twin.NAME: twin.CREDENTIALS for twin in self._twins
        }

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Open all ports. Raises `CannotStart` and leaves none open."""
        try:
            self._open()
        except BaseException:
            self.stop()
            raise
        for twin in self._twins:
            twin.reset()
        self.exchange.start()
        for server in self._servers.values():
            server.start()
        assert self._sink is not None
        self._sink.start()

    def stop(self) -> None:
        """Close all ports and end all threads; harmless when nothing runs."""
        for server in self._servers.values():
            server.stop()
        if self._sink is not None:
            self._sink.stop()
        self._errands.close()
        self.exchange.close()
        if self._authority is not None:
            self._authority.close()

    def reset(self) -> None:
        """Back to the first minute: no faxes, mails, faults or requests, the clock running."""
        self.faults.clear()
        self.exchange.reset()
        for twin in self._twins:
            twin.reset()
        self._errands.clear()
        self.mailbox.clear()
        self.log.clear()
        for server in self._servers.values():
            server.forget()

    def lines(self) -> list[str]:
        """One line per service with its URL and credentials, for people."""
        width = max(map(len, self.urls))
        described = [
            f"{name:<{width}}  {url}  {_words(self.credentials.get(name, {}))}".rstrip()
            for name, url in self.urls.items()
        ]
        return [*described, f"{'ca':<{width}}  {self.ca}"] if self.ca else described

    @property
    def ca(self) -> Path | None:
        """The file to trust, with TLS."""
        return self._authority.ca if self._authority else None

    @property
    def certificate(self) -> Path | None:
        """Certificate and key of our host, signed by `ca`, with TLS: for a test's own servers."""
        return self._authority.certificate if self._authority else None

    @property
    def ports(self) -> dict[str, int]:
        """Bound ports by name."""
        bound = {name: server.port for name, server in self._servers.items()}
        return {**bound, "smtp": self._sink.port} if self._sink else bound

    @property
    def urls(self) -> dict[str, str]:
        """Base URLs by name, without a trailing slash."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)  # noqa: S104
        authority = f"[{host}]" if ":" in host else host
        scheme = "https" if self._wants_tls else "http"
        return {
            name: f"{'smtp' if name == 'smtp' else scheme}://{authority}:{port}"
            for name, port in self.ports.items()
        }

    def _time(self) -> str:
        return str(_control.moment(self.exchange.now()))

    def _open(self) -> None:
        if self._wants_tls:
            self._authority = _authority(self._host)
        self._serve(0, _server.Service(name="control", handle=self._control().handle))
        for twin in self._twins:
            service = _server.Service(name=twin.NAME, handle=twin.handle, is_submit=twin.is_submit)
            self._serve(twin.PORT, service, log=self.log)
        context = self._authority.context if self._authority else None
        try:
            self._sink = _mailbox.Sink(self._address(_SMTP_PORT), self.mailbox, context)
        except OSError as error:
            raise self._taken(_SMTP_PORT, error) from None

    def _serve(
        self, offset: int, service: _server.Service, *, log: _wire.Log | None = None
    ) -> None:
        authority = self._authority
        try:
            self._servers[service.name] = _server.Server(
                self._address(offset),
                service,
                faults=self.faults,
                log=log,
                tls=(authority.context, authority.bad_context) if authority else None,
            )
        except OSError as error:
            raise self._taken(offset, error) from None

    def _address(self, offset: int) -> tuple[str, int]:
        return self._host, self._base_port + offset if self._base_port else 0

    def _taken(self, offset: int, error: OSError) -> CannotStart:
        host, port = self._address(offset)
        return CannotStart(f"the sandbox cannot listen on {host}:{port}: {error.strerror}")

    def _control(self) -> _control.Control:
        return _control.Control(
            exchange=self.exchange,
            mailbox=self.mailbox,
            errands=self._errands,
            faults=self.faults,
            log=self.log,
            providers=tuple(twin.NAME for twin in self._twins),
            secure=self._wants_tls,
            directory=self._directory,
            reset=self.reset,
            drop_idle=lambda name: self._servers[name].drop_idle(),
        )

    def _directory(self) -> dict[str, Any]:
        return {
            "ports": self.ports,
            "urls": self.urls,
            "paths": {twin.NAME: twin.PATHS for twin in self._twins},
            "credentials": self.credentials,
            "ca": str(self.ca) if self.ca else None,
        }


def _authority(host: str) -> _tls.Authority:
    try:
        return _tls.make(host)
    except ImportError:
        raise CannotStart(
            "TLS needs the Python package cryptography, which is not installed"
        ) from None


def _words(credentials: Mapping[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in credentials.items())
