"""The sandbox's own port: what a test or a person looks at and turns, JSON over HTTP."""

import dataclasses
import datetime
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from mailfax.sandbox import _calls, _errands, _exchange, _faults, _mailbox, _pages, _wire
from mailfax.sandbox._wire import Reply, Request

_JSON = "application/json"
_MAX_SECONDS = 600.0
_MAX_ADVANCE = 10 * 366 * 86_400.0
_MAX_TIMES = 1_000_000
_TYPES = {"tiff": "image/tiff", "pdf": "application/pdf", None: "application/octet-stream"}


class _Wrong(Exception):
    """A request that cannot be followed; the text is the sentence for its sender."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


@dataclasses.dataclass(frozen=True, kw_only=True)
class Control:
    """The control port's answers."""

    exchange: _exchange.Exchange
    mailbox: _mailbox.Mailbox
    errands: _errands.Errands
    faults: _faults.Faults
    log: _wire.Log
    providers: tuple[str, ...]
    secure: bool
    directory: Callable[[], Mapping[str, Any]]
    """Ports, URLs, credentials and the CA's path."""
    reset: Callable[[], None]
    drop_idle: Callable[[str], None]
    """Close a service's idle connections."""

    def handle(self, request: Request) -> Reply:
        """Answer one request; what is wrong with it is said in one sentence."""
        try:
            return self._route(request)
        except _Wrong as wrong:
            return _json({"error": str(wrong)}, wrong.status)

    def _route(self, request: Request) -> Reply:
        path = request.path.rstrip("/") or "/"
        for pattern, methods in self._routes().items():
            if found := re.fullmatch(pattern, path):
                method = "GET" if request.method == "HEAD" else request.method
                if method in methods:
                    return methods[method](request, *found.groups())
                allowed = ", ".join(methods)
                refusal = _json({"error": f"{path} takes {allowed}, not {method}"}, 405)
                return dataclasses.replace(refusal, headers=(("Allow", allowed),))
        raise _Wrong(f"there is no {path} here", 404)

    def _routes(self) -> dict[str, dict[str, Callable[..., Reply]]]:
        return {
            "/": {"GET": self._index, "DELETE": self._reset},
            "/faxes": {"GET": self._faxes},
            r"/faxes/(\d{1,18})/document(?:/(\d{1,4}))?": {"GET": self._document},
            "/inbound": {"POST": self._inbound},
            "/callbacks": {"POST": self._callbacks, "GET": self._pushes},
            "/faults": {"POST": self._faults},
            "/clock": {"POST": self._clock},
            "/requests": {"GET": self._requests},
            "/mail": {"GET": self._mail},
            r"/mail/(\d{1,18})": {"GET": self._message},
        }

    # The whole

    def _index(self, _request: Request) -> Reply:
        dids: dict[str, list[str]] = {name: [] for name in self.providers}
        for line in self.exchange.lines():
            dids[line.provider].append(line.did)
        return _json({**self.directory(), "dids": dids, "clock": self._time()})

    def _reset(self, _request: Request) -> Reply:
        self.reset()
        return _json({})

    def _requests(self, _request: Request) -> Reply:
        return _json(self.log.entries())

    # Faxes

    def _faxes(self, request: Request) -> Reply:
        now = self.exchange.now()
        return _json([_fax(call, now, request.base) for call in self.exchange.calls()])

    def _document(self, _request: Request, fax: str, number: str | None) -> Reply:
        call = self.exchange.call(int(fax))
        if call is None:
            raise _Wrong(f"there is no fax {fax}", 404)
        if not call.files:
            raise _Wrong(f"the document of fax {fax} is not kept", 404)
        data = b"".join(file.data for file in call.files)
        if number is not None:
            if not 1 <= int(number) <= len(call.files):
                raise _Wrong(f"fax {fax} has {len(call.files)} files, not {number}", 404)
            data = call.files[int(number) - 1].data
        return Reply(body=data, kind=_TYPES[_pages.kind(data)])

    def _inbound(self, request: Request) -> Reply:
        given = {name: value for name, value in request.arguments.items() if isinstance(value, str)}
        _known(request.arguments, {"provider", "did", "caller", "tsid"})
        provider = self._provider(given)
        try:
            fax = self.exchange.ring(
                provider,
                self._did(provider, given.get("did", "")),
                _number(given.get("caller", "")),
                given.get("tsid", ""),
                request.body,
            )
        except _exchange.Busy as error:
            raise _Wrong(str(error), 409) from None
        except _exchange.Unreachable as error:
            raise _Wrong(str(error)) from None
        return _json({"id": fax.id}, 201)

    def _did(self, provider: str, text: str) -> str:
        """The number meant: the first without one, any spelling with at least its end."""
        ours = [line.did for line in self.exchange.lines(provider)]
        digits = re.sub(r"\D", "", text)
        found = [did for did in ours if did[1:] == digits] or [
            did for did in ours if not text or (len(digits) >= 7 and did.endswith(digits))
        ]
        if not found:
            raise _Wrong(f"{text.strip()!r} is not a number of {provider}; it has {ours}", 404)
        return found[0]

    # Settings

    def _callbacks(self, request: Request) -> Reply:
        wish = _object(request, {"provider", "url"})
        provider = self._provider(wish)
        url = wish.get("url")
        if not isinstance(url, str):
            raise _Wrong("url is the address to push to, or an empty text for none")
        try:
            self.errands.aim(provider, url)
        except _errands.Failed as error:
            raise _Wrong(str(error)) from None
        return _json({"provider": provider, "url": url})

    def _pushes(self, _request: Request) -> Reply:
        return _json(self.errands.record())

    def _faults(self, request: Request) -> Reply:
        wish = _object(request, {"provider", "fault", "times", "on", "seconds"})
        fault = _faults.Fault(
            provider=self._provider(wish),
            name=_one_of(wish, "fault", _faults.NAMES, None),
            times=_times(wish),
            on=_one_of(wish, "on", _faults.ON, "submit"),
            seconds=_between(wish, "seconds", 5.0, 0.0, _MAX_SECONDS),
        )
        if fault.name == "bad-tls" and not self.secure:
            raise _Wrong("bad-tls needs a sandbox that was started with --tls")
        armed = dataclasses.asdict(fault)
        self.faults.arm(fault)
        if fault.early:
            self.drop_idle(fault.provider)
        return _json({"fault": armed.pop("name"), **armed})

    def _clock(self, request: Request) -> Reply:
        wish = _object(request, {"hold", "advance"})
        if not wish:
            raise _Wrong("say hold (true or false) or advance (seconds)")
        if not isinstance(wish.get("hold", False), bool):
            raise _Wrong("hold is true or false")
        seconds = _between(wish, "advance", 0.0, 0.0, _MAX_ADVANCE)
        if "hold" in wish:
            self.exchange.hold(wish["hold"])
        self.exchange.advance(seconds)
        return _json(self._time())

    def _time(self) -> dict[str, Any]:
        return {"now": moment(self.exchange.now()), "held": self.exchange.held}

    def _provider(self, wish: Mapping[str, Any]) -> str:
        return _one_of(wish, "provider", self.providers, None)

    # Mail

    def _mail(self, request: Request) -> Reply:
        return _json([_described(mail, request.base) for mail in self.mailbox.mails()])

    def _message(self, _request: Request, number: str) -> Reply:
        for mail in self.mailbox.mails():
            if mail.id == int(number):
                return Reply(body=mail.data, kind="message/rfc822")
        raise _Wrong(f"there is no mail {number}", 404)


def moment(time: datetime.datetime | None) -> str | None:
    """A time as JSON says it, in UTC."""
    return None if time is None else time.isoformat(timespec="milliseconds")


def _fax(call: _calls.Call, now: datetime.datetime, base: str) -> dict[str, Any]:
    begun = call.started is not None and call.started <= now
    return {
        "id": call.id,
        "provider": call.provider,
        "reference": call.reference,
        "number": call.number,
        "pages": call.pages,
        "sha256": call.sha256,
        "state": call.state(now),
        "cause": call.cause(now),
        "times": {
            "accepted": moment(call.accepted),
            "started": moment(call.started) if begun else None,
            "ended": moment(call.ended) if call.over(now) else None,
        },
        "document": f"{base}/faxes/{call.id}/document",
    }


def _described(mail: _mailbox.Mail, base: str) -> dict[str, Any]:
    return {
        "id": mail.id,
        "time": mail.time,
        "mail_from": mail.mail_from,
        "mail_options": mail.mail_options,
        "rcpt_tos": mail.rcpt_tos,
        "rcpt_options": mail.rcpt_options,
        "tls": mail.tls,
        "size": len(mail.data),
        "text": mail.data.decode("utf-8", "replace"),
        "message": f"{base}/mail/{mail.id}",
    }


def _json(value: Any, status: int = 200) -> Reply:
    return _wire.text(json.dumps(value, indent=1) + "\n", status, _JSON)


def _object(request: Request, keys: set[str]) -> dict[str, Any]:
    try:
        value = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        raise _Wrong("the body is not JSON") from None
    if not isinstance(value, dict):
        raise _Wrong("the body is not a JSON object")
    _known(value, keys)
    return value


def _known(given: Mapping[str, Any], keys: set[str]) -> None:
    if unknown := sorted(set(given) - keys):
        raise _Wrong(f"{', '.join(unknown)} is not known here; it takes {', '.join(sorted(keys))}")


def _one_of(
    wish: Mapping[str, Any], key: str, choices: tuple[str, ...], default: str | None
) -> str:
    value = wish.get(key, default)
    if not isinstance(value, str) or value not in choices:
        said = "is missing" if value is None else f"cannot be {value!r}"
        raise _Wrong(f"{key} {said}; it is one of {', '.join(choices)}")
    return value


def _between(wish: Mapping[str, Any], key: str, default: float, least: float, most: float) -> float:
    value = wish.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise _Wrong(f"{key} is a number from {least:.0f} to {most:.0f}")
    return value


def _times(wish: Mapping[str, Any]) -> int:
    value = wish.get("times", 1)
    if type(value) is not int or not 1 <= value <= _MAX_TIMES:
        raise _Wrong(f"times is a whole number from 1 to {_MAX_TIMES}")
    return value


def _number(text: str) -> str:
    """Digits with their plus, which a query string's decoding makes a space."""
    digits = re.sub(r"\D", "", text)
    return f"+{digits}" if digits and text[:1] in {"+", " "} else digits
