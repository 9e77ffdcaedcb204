"""UserInfo's other half: making users, their passwords, and ending them (reference client of
2017 [P]).
"""

from collections.abc import Callable, Mapping
from typing import Any

from mailfax.providers.pamfax import _answers, _calling
from mailfax.providers.pamfax._checksum import Value


class Membership(_calling.Caller):
    """The processor `UserInfo`, as far as users come and go."""

    def validate_new_username(self, username: str) -> dict[str, Any]:
        """Whether a name of 6 to 60 characters is free, and others that are."""
        return self._apart("UserInfo/ValidateNewUsername", _answers.everything, username=username)

    def create_user(
        self,
        name: str,
        username: str,
        password: str,
        email: str,
        culture: str,
        *,
        externalprofile: Mapping[str, Value] | None = None,
        campaign_id: str | None = None,
        withconfirmation: bool = False,
    ) -> dict[str, Any]:
        """Make a user; `username` should be the address, `culture` as en-US.

        The password has 8 to 20 characters, or is the md5 of one; empty: the service makes one.
        """
        return self._apart(
            "UserInfo/CreateUser", _answers.everything, changes=True, name=name,
            username=username, password=password, email=email, culture=culture,
            externalprofile=externalprofile, campaign_id=campaign_id,
            withconfirmation=withconfirmation,
        )  # fmt: skip

    def confirm_registration(self, user_uuid: str, code: str) -> dict[str, Any]:
        """Prove a new user's address by the code sent to it."""
        return self._apart(
            "UserInfo/ConfirmRegistration", _answers.everything, user_uuid=user_uuid, code=code
        )

    def is_email_confirmed(self, email: str) -> dict[str, Any]:
        """Whether an address is proven."""
        return self._apart("UserInfo/isEmailConfirmed", _answers.everything, email=email)

    def get_confirmation_code(self, user_uuid: str, *, sentbyemail: bool = False) -> dict[str, Any]:
        """The code that proves a new user's address."""
        return self._apart(
            "UserInfo/GetConfirmationCode", _answers.everything,
            user_uuid=user_uuid, sentbyemail=sentbyemail,
        )  # fmt: skip

    def delete_user(self) -> None:
        """Delete the logged-in user with its numbers and faxes, for good."""
        self._change("UserInfo/DeleteUser", _answers.done)

    def set_password(
        self, password: str, *, hash_function: str = "plain", old_password: str | None = None
    ) -> None:
        """Give the user a new password; `hash_function`: plain or md5, of both."""
        self._change(
            "UserInfo/SetPassword", _answers.done,
            password=password, hashFunction=hash_function, old_password=old_password,
        )  # fmt: skip

    def verify_password(self, password: str) -> None:
        """Whether it is the user's password; raises errors.Temporary when not."""
        self._ask("UserInfo/VerifyPassword", _answers.done, password=password)

    def send_password_reset_message(self, username: str, *, user_ip: str | None = None) -> None:
        """Mail a user the way to a new password."""
        self._apart(
            "UserInfo/SendPasswordResetMessage", _answers.done, changes=True,
            username=username, user_ip=user_ip,
        )  # fmt: skip

    def add_identifier(
        self,
        profiletype: str,
        identifier: str,
        *,
        externalprofile: Mapping[str, Value] | None = None,
    ) -> None:
        """Let another login mean this user; for the vendor's own use."""
        self._ask(
            "UserInfo/AddIdentifier", _answers.done, profiletype=profiletype,
            identifier=identifier, externalprofile=externalprofile,
        )  # fmt: skip

    def remove_identifier(self, identifier: str) -> None:
        """Let another login mean this user no more; for the vendor's own use."""
        self._ask("UserInfo/RemoveIdentifier", _answers.done, identifier=identifier)


OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "UserInfo/ValidateNewUsername": Membership.validate_new_username,
    "UserInfo/CreateUser": Membership.create_user,
    "UserInfo/ConfirmRegistration": Membership.confirm_registration,
    "UserInfo/isEmailConfirmed": Membership.is_email_confirmed,
    "UserInfo/GetConfirmationCode": Membership.get_confirmation_code,
    "UserInfo/DeleteUser": Membership.delete_user,
    "UserInfo/SetPassword": Membership.set_password,
    "UserInfo/VerifyPassword": Membership.verify_password,
    "UserInfo/SendPasswordResetMessage": Membership.send_password_reset_message,
    "UserInfo/AddIdentifier": Membership.add_identifier,
    "UserInfo/RemoveIdentifier": Membership.remove_identifier,
}
