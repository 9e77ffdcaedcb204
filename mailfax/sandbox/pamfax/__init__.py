"""PamFax: `<Processor>/<Method>`, checksummed, answered in XML or JSON, HTTP 200 throughout.

From the vendor's page and PHP client, recorded answers, and what public clients do; what is
none of these is marked "inference" where it stands. Inferred for the whole: a wrong apikey or
checksum is refused with `403`, an unknown method with `404`, a missing token with
`no_user_logged_in`, one that is over with `session_not_found`; times are in UTC until a user
or the account says otherwise; the service dials once. The upload's doubled answer is that of
the live service (facts file, section 2).

Not here: Contacts, CompanyInfo, Messaging, FaxIn, Internal, Processing.
"""

import datetime
from collections.abc import Mapping
from typing import ClassVar

from mailfax.sandbox import _calls, _exchange, _form, _twin
from mailfax.sandbox._wire import Reply, Request
from mailfax.sandbox.pamfax import (
    account,
    answer,
    call,
    checksum,
    covers,
    downloads,
    faxjob,
    history,
    marks,
    numbers,
    profile,
    reseller,
    sending,
    session,
    shop,
    storage,
    world,
)
from mailfax.sandbox.pamfax.account import Account, Arrived, Inbox, User
from mailfax.sandbox.pamfax.call import Call, Operations
from mailfax.sandbox.pamfax.refusals import Refused

_LOGGED_IN: Mapping[str, Operations] = {
    "Session": session.LOGGED_IN,
    "Common": downloads.OPERATIONS,
    "FaxJob": {**faxjob.OPERATIONS, **covers.JOB_OPERATIONS, **sending.LOGGED_IN},
    "FaxHistory": {**history.OPERATIONS, **marks.OPERATIONS},
    "Shopping": {**shop.LOGGED_IN, **numbers.SHOP},
    "UserInfo": {
        **profile.LOGGED_IN,
        **numbers.USER,
        **covers.USER_OPERATIONS,
        "SetOnlineStorageSettings": storage.set_online_storage_settings,
    },
    "OnlineStorage": storage.OPERATIONS,
}
_OPEN: Mapping[str, Operations] = {
    "Session": session.OPEN,
    "Common": world.OPEN,
    "FaxJob": sending.OPEN,
    "FaxHistory": marks.OPEN,
    "NumberInfo": world.NUMBER_INFO,
    "Shopping": {**shop.OPEN, **numbers.OPEN_SHOP},
    "UserInfo": profile.OPEN,
    "OnlineStorage": storage.OPEN,
    "Account": reseller.OPEN,
}
"""What needs no user (which these are is inference, but for Session/VerifyUser)."""
_BROWSER = "OspAuth"
_YEAR = datetime.timedelta(days=365)


class Twin:
    """The service on its port."""

    NAME: ClassVar[str] = "pamfax"
    PORT: ClassVar[int] = 4
    CREDENTIALS: ClassVar[dict[str, str]] = {
        "apikey": "demo",
        "secret": "demo",
        "username": "demo",
        "password": "demo",
    }
    PATHS: ClassVar[tuple[str, ...]] = (*(f"/{name}/" for name in _OPEN), f"/{_BROWSER}/")

    def __init__(self, around: _twin.Surroundings) -> None:
        self._account = Account(self.NAME, around)
        around.exchange.listen(self.NAME, _exchange.Listener(ended=self._ended, rang=self._rang))

    def reset(self) -> None:
        """Forget everything but the demo user, with two numbers and credit."""
        now = self._account.exchange.now()
        with self._account.lock:
            self._account.clear()
            user = _demo_user(self.CREDENTIALS, now)
            self._account.users[user.username] = user
        for number in account.NUMBERS:
            self._account.exchange.assign(self.NAME, number)

    def is_submit(self, request: Request) -> bool:
        """Whether it sends a fax, or could."""
        processor, method = call.route(request)
        return processor == "FaxJob" and method in sending.SUBMITS

    def handle(self, request: Request) -> Reply:
        """Answer one call."""
        processor, method = call.route(request)
        fields = call.arguments(request)
        lowered = {name.lower(): value for name, value in fields.items()}
        as_json = lowered.get("apioutputformat") == "API_FORMAT_JSON"
        try:
            payload = self._carry_out(request, fields, lowered)
        except Refused as refused:
            result = answer.Result(code=refused.code, message=refused.message)
            known = processor if processor in _OPEN else "Error"
            return answer.write(known, result, {}, as_json=as_json)
        if isinstance(payload, Reply):
            return payload
        reply = answer.write(processor, answer.Result(), payload, as_json=as_json)
        return answer.doubled(reply) if as_json and method == "AddFile" else reply

    def _carry_out(
        self, request: Request, fields: _form.Fields, lowered: _form.Fields
    ) -> answer.Object | Reply:
        processor, method = call.route(request)
        if processor != _BROWSER:
            self._check(fields, lowered)
        with self._account.lock:
            one = self._call(request, lowered)
            if processor == _BROWSER:
                return storage.browser_page(one, method)
            if method in _OPEN.get(processor, {}):
                return _OPEN[processor][method](one)
            if method in _LOGGED_IN.get(processor, {}):
                one.login()
                return _LOGGED_IN[processor][method](one)
            raise Refused("404")

    def _check(self, fields: _form.Fields, lowered: _form.Fields) -> None:
        """The checksum or, without one, the secret itself; raises `Refused`."""
        secret = self.CREDENTIALS["secret"]
        given, told = lowered.get("apicheck"), lowered.get("apisecret")
        good = given == checksum.apicheck(fields, secret) if given else told == secret
        if lowered.get("apikey") != self.CREDENTIALS["apikey"] or not good:
            raise Refused("403")

    def _call(self, request: Request, lowered: _form.Fields) -> Call:
        now, token = self._account.exchange.now(), lowered.get("usertoken", "")
        sending.awake(self._account, now)
        known = self._account.session(token, now) if isinstance(token, str) else None
        return Call(account=self._account, request=request, fields=lowered, now=now, session=known)

    # What the network tells

    def _ended(self, ended: _calls.Call) -> None:
        with self._account.lock:
            sending.ended(self._account, ended.reference)

    def _rang(self, received: _calls.Received) -> None:
        with self._account.lock:
            user = self._account.owner(received.did)
            if user is not None:
                fax = Arrived(id=received.id)
                user.inbox[fax.uuid] = fax


def _demo_user(login: Mapping[str, str], now: datetime.datetime) -> User:
    inboxes = {
        number: Inbox(number=number, plan="PRO", expires=now + _YEAR) for number in account.NUMBERS
    }
    return User(
        username=login["username"],
        password=account.md5(login["password"]),
        name="Demo User",
        email="demo@example.com",
        created=now,
        credit=account.FIRST_CREDIT,
        numbers=inboxes,
    )
