"""Session: logging in and what a session tells (reference client of 2017, sessionapi [P])."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mailfax.providers.pamfax import _answers, _calling, _records


class Session(_calling.Caller):
    """The processor `Session`."""

    def verify_user(
        self,
        username: str | None = None,
        password: str | None = None,
        *,
        remember_me: bool | None = None,
        user_ip: str | None = None,
        timetolifeminutes: int | None = None,
    ) -> _records.Login:
        """Begin a session; without arguments as this account's user.

        The service takes the md5 of either as well. Our own session stays what it is.
        """
        return self._apart(
            "Session/VerifyUser", _records.login,
            username=self._username if username is None else username,
            password=self._password if password is None else password,
            remember_me=remember_me, user_ip=user_ip, timetolifeminutes=timetolifeminutes,
        )  # fmt: skip

    def verify_from_identifier(
        self,
        identifier: str,
        *,
        user_ip: str | None = None,
        type: str | None = None,  # noqa: A002
    ) -> _records.Login:
        """Begin a session by a login identifier; one with a life span works once."""
        return self._apart(
            "Session/VerifyFromIdentifier", _records.login, changes=True,
            identifier=identifier, user_ip=user_ip, type=type,
        )  # fmt: skip

    def create_login_identifier(
        self, *, user_ip: str | None = None, timetolifeminutes: int = 60
    ) -> dict[str, Any]:
        """Make an identifier that logs this user in; a life span of 0 or less: for ever."""
        return self._change(
            "Session/CreateLoginIdentifier", _answers.everything,
            user_ip=user_ip, timetolifeminutes=timetolifeminutes,
        )  # fmt: skip

    def remove_login_identifier(self, identifier: str) -> None:
        """Take a login identifier back."""
        self._ask("Session/RemoveLoginIdentifier", _answers.done, identifier=identifier)

    def reload_user(self) -> dict[str, Any]:
        """The logged-in user as of now."""
        return self._ask("Session/ReloadUser", _answers.everything)

    def list_changes(self) -> dict[str, Any]:
        """What has changed for the user; each change is told once and then forgotten."""
        return self._change("Session/ListChanges", _answers.everything)

    def register_listener(self, listener_types: Sequence[str], *, append: bool = False) -> None:
        """Choose what `list_changes` tells: faxall, faxsending, faxsucceeded, faxfailed,
        faxretrying.
        """
        self._ask(
            "Session/RegisterListener", _answers.done,
            listener_types=listener_types, append=append,
        )  # fmt: skip

    def keep_alive(self) -> None:
        """Keep the session; without calls it ends after 10 minutes (5 in 2011)."""
        self._ask("Session/KeepAlive", _answers.done)

    def ping(self) -> None:
        """The older name of `keep_alive`; deprecated."""
        self._ask("Session/Ping", _answers.done)

    def logout(self) -> None:
        """End the session."""
        self._ask("Session/Logout", _answers.done)

    def _login(self) -> tuple[str, str]:
        made = self.verify_user()
        return made.token, made.currency


OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "Session/VerifyUser": Session.verify_user,
    "Session/VerifyFromIdentifier": Session.verify_from_identifier,
    "Session/CreateLoginIdentifier": Session.create_login_identifier,
    "Session/RemoveLoginIdentifier": Session.remove_login_identifier,
    "Session/ReloadUser": Session.reload_user,
    "Session/ListChanges": Session.list_changes,
    "Session/RegisterListener": Session.register_listener,
    "Session/KeepAlive": Session.keep_alive,
    "Session/Ping": Session.ping,
    "Session/Logout": Session.logout,
}
