"""All of PamFax's operations on one client."""

from collections.abc import Callable, Mapping
from typing import Any

from mailfax.providers.pamfax import (
    _common,
    _faxhistory,
    _faxjob,
    _membership,
    _numberinfo,
    _onlinestorage,
    _session,
    _shopping,
    _userinfo,
)


class Client(
    _session.Session,
    _common.Common,
    _faxjob.FaxJob,
    _faxhistory.FaxHistory,
    _numberinfo.NumberInfo,
    _shopping.Shopping,
    _userinfo.UserInfo,
    _membership.Membership,
    _onlinestorage.OnlineStorage,
):
    """One user's operations, in one session; every method raises errors.Temporary or
    errors.Permanent by the answer's code, and those that must not happen twice errors.Unsure
    for an answer that was lost or that nobody understands.
    """

    def apart(self) -> "Client":
        """The same user in a session of its own, which ends for good when it ends."""
        return Client(self.wire, username=self._username, password=self._password, lasting=False)

    def close(self) -> None:
        """Let go of connections; the service ends the session by itself."""
        self.wire.http.close()

    def redact(self, text: str) -> str:
        """The text without the account's secrets."""
        return self.wire.http.redact(text)


OPERATIONS: Mapping[str, Callable[..., Any]] = {
    **_session.OPERATIONS,
    **_common.OPERATIONS,
    **_faxjob.OPERATIONS,
    **_faxhistory.OPERATIONS,
    **_numberinfo.OPERATIONS,
    **_shopping.OPERATIONS,
    **_userinfo.OPERATIONS,
    **_membership.OPERATIONS,
    **_onlinestorage.OPERATIONS,
}
"""By their names on the wire."""
