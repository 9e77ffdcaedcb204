"""UserInfo: the user's numbers, profile, lists, notices and covers (reference client of 2017
[P]). Making and ending users is in `_membership`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mailfax.providers.pamfax import _answers, _calling
from mailfax.providers.pamfax._checksum import Value


class UserInfo(_calling.Caller):
    """The processor `UserInfo`, as far as it is about a user that there is."""

    # Fax numbers ──────────────────────────────────────────────────────────────────────────

    def list_inboxes(self, *, expired_too: bool = False, shared_too: bool = True) -> dict[str, Any]:
        """The user's own fax numbers."""
        return self._ask(
            "UserInfo/ListInboxes", _answers.everything,
            expired_too=expired_too, shared_too=shared_too,
        )  # fmt: skip

    def assign_fax_number(
        self,
        areacode_id: str,
        fullname: str,
        street: str,
        zip: str,  # noqa: A002
        city: str,
        country_code: str,
        *,
        company: str | None = None,
        building_number: str | None = None,
        verify_doc_uuid: str | None = None,
    ) -> dict[str, Any]:
        """Take a fax number; `fullname` is last name, space, first name."""
        return self._change(
            "UserInfo/AssignFaxNumber", _answers.everything, areacode_id=areacode_id,
            fullname=fullname, street=street, zip=zip, city=city, country_code=country_code,
            company=company, building_number=building_number, verify_doc_uuid=verify_doc_uuid,
        )  # fmt: skip

    def cancel_number(self, number: str) -> None:
        """Give a fax number back."""
        self._change("UserInfo/CancelNumber", _answers.done, number=number)

    def set_number_alias(self, number: str, alias_number: str) -> None:
        """Show another number in the place of a fax number."""
        self._ask(
            "UserInfo/SetNumberAlias", _answers.done, number=number, alias_number=alias_number
        )

    def remove_number_alias(self, number: str, alias_number: str) -> None:
        """Show the fax number itself again."""
        self._ask(
            "UserInfo/RemoveNumberAlias", _answers.done,
            number=number, alias_number=alias_number,
        )  # fmt: skip

    # Profile ──────────────────────────────────────────────────────────────────────────────

    def list_profiles(self) -> dict[str, Any]:
        """All profiles of the user; answered HTTP 500 when a client last tried (2020) [C]."""
        return self._ask("UserInfo/ListProfiles", _answers.everything)

    def set_profile_properties(
        self, profile: str, properties: Mapping[str, Value], *, ignoreerrors: bool | None = None
    ) -> dict[str, Any]:
        """Set fields of one profile: user, company, skype, salesforce or gadget."""
        return self._ask(
            "UserInfo/SetProfileProperties", _answers.everything,
            profile=profile, properties=properties, ignoreerrors=ignoreerrors,
        )  # fmt: skip

    def save_user(
        self,
        *,
        user: Mapping[str, Value] | None = None,
        profile: Mapping[str, Value] | None = None,
    ) -> dict[str, Any]:
        """Set fields of the user and its profile."""
        return self._ask("UserInfo/SaveUser", _answers.everything, user=user, profile=profile)

    def get_culture_info(self) -> dict[str, Any]:
        """The user's language and its ways of writing."""
        return self._ask("UserInfo/GetCultureInfo", _answers.everything)

    def has_plan(self) -> dict[str, Any]:
        """The user's plan: NONE, BASIC or PRO."""
        return self._ask("UserInfo/HasPlan", _answers.everything)

    # Lists ────────────────────────────────────────────────────────────────────────────────

    def list_expirations(self, *, type: str | None = None) -> dict[str, Any]:  # noqa: A002
        """What ends when: CREDIT, FREE_CREDIT, LOW_CREDIT, PROPLAN or all."""
        return self._ask("UserInfo/ListExpirations", _answers.everything, type=type)

    def list_orders(self, *, current_page: int = 1, items_per_page: int = 20) -> dict[str, Any]:
        """What the user has ordered."""
        return self._ask(
            "UserInfo/ListOrders", _answers.everything,
            current_page=current_page, items_per_page=items_per_page,
        )  # fmt: skip

    def list_transactions(
        self, *, current_page: int = 1, items_per_page: int = 20
    ) -> dict[str, Any]:
        """What went in and out of the user's credit."""
        return self._ask(
            "UserInfo/ListTransactions", _answers.everything,
            current_page=current_page, items_per_page=items_per_page,
        )  # fmt: skip

    def list_wall_messages(
        self, *, count: int = 15, data_to_list: Sequence[str] = ()
    ) -> dict[str, Any]:
        """What has happened, 1 to 100: faxsent, faxin, faxout, payment, message, news or all."""
        return self._ask(
            "UserInfo/ListWallMessages", _answers.everything,
            count=count, data_to_list=data_to_list,
        )  # fmt: skip

    def list_user_agents(self, *, max: int = 5) -> dict[str, Any]:  # noqa: A002
        """The programs the user faxes with, 5 to 20, busiest first."""
        return self._ask("UserInfo/ListUserAgents", _answers.everything, max=max)

    def reactivate_credit(self) -> dict[str, Any]:
        """Make inactive credit count again."""
        return self._change("UserInfo/ReactivateCredit", _answers.everything)

    # Notices ──────────────────────────────────────────────────────────────────────────────

    def get_notify_settings(self) -> dict[str, Any]:
        """How the user is told of faxes."""
        return self._ask("UserInfo/GetNotifySettings", _answers.everything)

    def set_global_notify_settings(
        self,
        single_notification_limit: int,
        attach_transmission_report: bool,
        max_attachment_size_mb: int,
    ) -> None:
        """How the user is told, whatever the way."""
        self._ask(
            "UserInfo/SetGlobalNotifySettings", _answers.done,
            single_notification_limit=single_notification_limit,
            attach_transmission_report=attach_transmission_report,
            max_attachment_size_mb=max_attachment_size_mb,
        )  # fmt: skip

    def set_notify_provider_settings(
        self, provider: str, success: bool, failure: bool, inbox: bool, group: bool
    ) -> None:
        """Of what the user is told by one way: mail, skype or sms."""
        self._ask(
            "UserInfo/SetNotifyProviderSettings", _answers.done,
            provider=provider, success=success, failure=failure, inbox=inbox, group=group,
        )  # fmt: skip

    def set_online_storage_settings(self, provider: str, settings: Mapping[str, Value]) -> None:
        """Keep received faxes at a provider: `inbox_enabled` and `inbox_path`."""
        self._ask(
            "UserInfo/SetOnlineStorageSettings", _answers.done,
            provider=provider, settings=settings,
        )  # fmt: skip

    def send_message(
        self,
        body: str,
        *,
        type: str | None = None,  # noqa: A002
        recipient: str | None = None,
        subject: str | None = None,
    ) -> None:
        """Send a message by email, skypechat or sms."""
        self._change(
            "UserInfo/SendMessage", _answers.done,
            body=body, type=type, recipient=recipient, subject=subject,
        )  # fmt: skip

    # Covers ───────────────────────────────────────────────────────────────────────────────

    def list_covers(self) -> dict[str, Any]:
        """The user's covers."""
        return self._ask("UserInfo/ListCovers", _answers.everything)

    def add_cover(self, file: _calling.File, *, title: str | None = None) -> dict[str, Any]:
        """Add a cover; answered when its first page is drawn, in up to 300 seconds."""
        return self._upload("UserInfo/AddCover", _answers.everything, file, title=title)

    def delete_cover(self, uuid: str) -> None:
        """Delete a cover for good."""
        self._ask("UserInfo/DeleteCover", _answers.done, uuid=uuid)

    def restore_default_covers(self) -> None:
        """Bring the service's own covers back."""
        self._ask("UserInfo/RestoreDefaultCovers", _answers.done)


OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "UserInfo/ListInboxes": UserInfo.list_inboxes,
    "UserInfo/AssignFaxNumber": UserInfo.assign_fax_number,
    "UserInfo/CancelNumber": UserInfo.cancel_number,
    "UserInfo/SetNumberAlias": UserInfo.set_number_alias,
    "UserInfo/RemoveNumberAlias": UserInfo.remove_number_alias,
    "UserInfo/ListProfiles": UserInfo.list_profiles,
    "UserInfo/SetProfileProperties": UserInfo.set_profile_properties,
    "UserInfo/SaveUser": UserInfo.save_user,
    "UserInfo/GetCultureInfo": UserInfo.get_culture_info,
    "UserInfo/HasPlan": UserInfo.has_plan,
    "UserInfo/ListExpirations": UserInfo.list_expirations,
    "UserInfo/ListOrders": UserInfo.list_orders,
    "UserInfo/ListTransactions": UserInfo.list_transactions,
    "UserInfo/ListWallMessages": UserInfo.list_wall_messages,
    "UserInfo/ListUserAgents": UserInfo.list_user_agents,
    "UserInfo/ReactivateCredit": UserInfo.reactivate_credit,
    "UserInfo/GetNotifySettings": UserInfo.get_notify_settings,
    "UserInfo/SetGlobalNotifySettings": UserInfo.set_global_notify_settings,
    "UserInfo/SetNotifyProviderSettings": UserInfo.set_notify_provider_settings,
    "UserInfo/SetOnlineStorageSettings": UserInfo.set_online_storage_settings,
    "UserInfo/SendMessage": UserInfo.send_message,
    "UserInfo/ListCovers": UserInfo.list_covers,
    "UserInfo/AddCover": UserInfo.add_cover,
    "UserInfo/DeleteCover": UserInfo.delete_cover,
    "UserInfo/RestoreDefaultCovers": UserInfo.restore_default_covers,
}
