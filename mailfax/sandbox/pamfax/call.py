"""One call: `<Processor>/<Method>` with its arguments, as PHP code sees them."""

import dataclasses
import datetime
import re
import zoneinfo
from collections.abc import Callable, Mapping
from typing import TypeAlias

from mailfax.sandbox import _form
from mailfax.sandbox._wire import Reply, Request
from mailfax.sandbox.pamfax import answer, words
from mailfax.sandbox.pamfax.account import Account, Session, User
from mailfax.sandbox.pamfax.jobs import Job
from mailfax.sandbox.pamfax.refusals import Refused

_RAW = "application/octet-stream"


def route(request: Request) -> tuple[str, str]:
    """Processor and method; slashes may be doubled and may follow (facts file, section 1)."""
    parts = [part for part in request.path.split("/") if part]
    processor, method = (*parts, "", "")[:2]
    return (processor, method) if len(parts) == 2 else ("", "")


def arguments(request: Request) -> _form.Fields:
    """Those of the query string and of the body together; the body's count when both have one."""
    return {**request.arguments, **request.form.fields}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What an operation is given. Names of arguments are in lower case."""

    account: Account
    request: Request
    fields: _form.Fields
    now: datetime.datetime
    session: Session | None

    # Who

    def login(self) -> Session:
        """The session; raises `Refused` without one."""
        if self.session is None:
            known = self.text("usertoken")
            raise Refused("session_not_found" if known else "no_user_logged_in")
        return self.session

    @property
    def user(self) -> User:
        """Who calls; raises `Refused`."""
        return self.login().user

    @property
    def job(self) -> Job:
        """The fax that is edited in the session; raises `Refused`."""
        job = self.login().job
        if job is None:
            raise Refused("no_fax")
        return job

    @property
    def culture(self) -> str:
        """The caller's language: of the session, of headers, of the user."""
        headers = self.request.headers
        told = self.session.culture if self.session else ""
        asked = headers.get("force-language", "") or headers.get("accept-language", "")
        user = self.session.user.culture if self.session else "en-US"
        return told or re.split("[,;]", asked)[0].strip() or user

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The zone of all times in the answer: the user's or else the account's."""
        return (self.session and self.session.user.zone) or self.account.zone

    def stamp(self, time: datetime.datetime | None) -> str | None:
        """A time as this answer has it."""
        return words.stamp(time, self.zone)

    # What

    def text(self, name: str) -> str:
        """A plain argument; empty when it is missing or an array."""
        value = self.fields.get(name, "")
        return value if isinstance(value, str) else ""

    def word(self, name: str) -> str:
        """An optional argument: `0` is how PHP's false arrives, and means it is not given."""
        value = self.text(name)
        return "" if value == "0" else value

    def flag(self, name: str) -> bool:
        """A yes or no."""
        return self.text(name).lower() not in {"", "0", "false"}

    def number(self, name: str, default: int) -> int:
        """A whole number; the default for anything else, and for 0."""
        value = self.text(name)
        digits = value.isascii() and value.isdigit() and len(value) < 10
        return (int(value) if digits else 0) or default

    def items(self, name: str) -> list[str]:
        """A list in its order; a plain value is a list of one."""
        value = self.fields.get(name, "")
        if isinstance(value, str):
            return [value] if value not in {"", "0"} else []
        return [item for item in value.values() if isinstance(item, str)]

    def table(self, name: str) -> dict[str, str]:
        """An array by its keys."""
        value = self.fields.get(name, "")
        if isinstance(value, str):
            return {}
        return {key: item for key, item in value.items() if isinstance(item, str)}

    def uploads(self) -> list[_form.Upload]:
        """Files that came along; the bare bytes of a body count as one without a name."""
        files = self.request.form.files
        kind = self.request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == _RAW and self.request.body:
            return [_form.Upload(field="file", name="", kind=kind, data=self.request.body)]
        return [file for file in files if file.data or file.name]

    def upload(self) -> _form.Upload:
        """The file named `file`; raises `Refused`."""
        for file in self.uploads():
            if file.field == "file":
                return file
        raise Refused("no_file_uploaded")


Operations: TypeAlias = Mapping[str, Callable[[Call], answer.Object | Reply]]
"""By method."""
