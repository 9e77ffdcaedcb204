"""FaxJob: building and sending the one fax of a session (reference client of 2017 [P]).

No call names the fax it works on: it is the one that `create` began in this session. Until
`send` nothing is faxed, so everything before it may be given up without harm.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mailfax.providers.pamfax import _answers, _calling, _records
from mailfax.providers.pamfax._checksum import Value


class FaxJob(_calling.Caller):
    """The processor `FaxJob`."""

    # The fax ──────────────────────────────────────────────────────────────────────────────

    def create(
        self, *, user_ip: str = "0", user_agent: str = "mailfax", origin: str = "mailfax"
    ) -> _records.Container:
        """Begin a fax, or go on with the one this session has already.

        An address that is none makes the service take the caller's.
        """
        return self._change(
            "FaxJob/Create", _answers.one("FaxContainer", _records.Container),
            user_ip=user_ip, user_agent=user_agent, origin=origin,
        )  # fmt: skip

    def clone_fax(
        self, uuid: str, *, user_ip: str = "0", user_agent: str = "mailfax"
    ) -> dict[str, Any]:
        """Begin a fax as a copy of a sent one; raises Gone when there is none."""
        return self._change(
            "FaxJob/CloneFax", _answers.everything,
            uuid=uuid, user_ip=user_ip, user_agent=user_agent,
        )  # fmt: skip

    def get_fax_state(self) -> _records.FaxState:
        """How the fax stands; it can be sent once it is ready_to_send."""
        return self._ask("FaxJob/GetFaxState", _records.fax_state)

    def set_sender_details(self, *, number: str | None = None, name: str | None = None) -> None:
        """Who sends, for cover and header line, 50 characters each; None: as the user is set."""
        self._ask("FaxJob/SetSenderDetails", _answers.done, number=number, name=name)

    # Recipients ───────────────────────────────────────────────────────────────────────────

    def add_recipient(self, number: str, *, name: str | None = None) -> _records.Recipient:
        """Add a recipient; `number` international, `name` is cut after 80 characters."""
        return self._change(
            "FaxJob/AddRecipient", _answers.one("FaxRecipient", _records.Recipient),
            number=number, name=name,
        )  # fmt: skip

    def add_recipients(
        self, numbers: Sequence[str], *, names: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """Add several; as many names as numbers, or none."""
        return self._change(
            "FaxJob/AddRecipients", _answers.everything, numbers=numbers, names=names
        )

    def set_recipients(
        self, numbers: Sequence[str], *, names: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """Put these in the place of all recipients."""
        return self._ask("FaxJob/SetRecipients", _answers.everything, numbers=numbers, names=names)

    def list_recipients(
        self, *, current_page: int = 1, items_per_page: int = 100
    ) -> tuple[_records.Recipient, ...]:
        """The fax's recipients."""
        return self._ask(
            "FaxJob/ListRecipients", _answers.many("Recipients", _records.Recipient),
            current_page=current_page, items_per_page=items_per_page,
        )  # fmt: skip

    def remove_recipient(self, number: str) -> None:
        """Remove a recipient, by its number [P][C]."""
        self._ask("FaxJob/RemoveRecipient", _answers.done, number=number)

    def remove_all_recipients(self) -> None:
        """Remove every recipient."""
        self._ask("FaxJob/RemoveAllRecipients", _answers.done)

    # Documents ────────────────────────────────────────────────────────────────────────────

    def add_file(self, file: _calling.File, *, origin: str | None = None) -> _records.AddedFile:
        """Add a document; `origin`, as scan or photo, has at most 20 characters.

        Its size and md5 go with it, and the service checks them.
        """
        return self._upload(
            "FaxJob/AddFile", _answers.one("FaxContainerFile", _records.AddedFile), file,
            filename=file.name, origin=origin, file_size=len(file.data),
            file_contentmd5=hashlib.md5(file.data, usedforsecurity=False).hexdigest(),
        )  # fmt: skip

    def add_remote_file(self, url: str) -> _records.AddedFile:
        """Let the service fetch a document; the URL may hold `user:password@`."""
        return self._change(
            "FaxJob/AddRemoteFile", _answers.one("FaxContainerFile", _records.AddedFile), url=url
        )

    def add_file_from_online_storage(self, provider: str, uuid: str) -> dict[str, Any]:
        """Add a document that OnlineStorage has listed."""
        return self._change(
            "FaxJob/AddFileFromOnlineStorage", _answers.everything, provider=provider, uuid=uuid
        )

    def add_another_fax(self, fax_uuid: str) -> dict[str, Any]:
        """Add the pages of another fax, sent or received."""
        return self._change("FaxJob/AddAnotherFax", _answers.everything, fax_uuid=fax_uuid)

    def remove_file(self, file_uuid: str) -> None:
        """Remove a document."""
        self._ask("FaxJob/RemoveFile", _answers.done, file_uuid=file_uuid)

    def remove_all_files(self) -> None:
        """Remove every document."""
        self._ask("FaxJob/RemoveAllFiles", _answers.done)

    def list_fax_files(self) -> tuple[_records.FaxFile, ...]:
        """The fax's documents."""
        return self._ask("FaxJob/ListFaxFiles", _answers.many("Files", _records.FaxFile))

    # Cover and preview ────────────────────────────────────────────────────────────────────

    def set_cover(
        self,
        *,
        template_uuid: str | None = None,
        template_id: int | None = None,
        text: str = "",
        data: Mapping[str, str] | None = None,
    ) -> None:
        """Put a cover in front, by `template_uuid` (`template_id` is the older way, 0 removes).

        `data` fills or overrides placeholders, as `{ToName}` or the cover's own.
        """
        self._ask(
            "FaxJob/SetCover", _answers.done,
            template_id=template_id, text=text, template_uuid=template_uuid, data=data,
        )  # fmt: skip

    def remove_cover(self) -> None:
        """Send no cover."""
        self._ask("FaxJob/RemoveCover", _answers.done)

    def list_available_covers(
        self, *, defaults_if_empty: bool = True
    ) -> tuple[_records.Cover, ...]:
        """Covers to choose; with a document in the fax also the one that is none."""
        return self._ask(
            "FaxJob/ListAvailableCovers", _answers.many("Covers", _records.Cover),
            defaults_if_empty=defaults_if_empty,
        )  # fmt: skip

    def get_preview(self) -> _records.Preview:
        """How far the preview is; its pages are fetched by `get_page_preview`."""
        return self._ask("FaxJob/GetPreview", _records.preview)

    def start_preview_creation(self) -> dict[str, Any]:
        """Begin the preview; deprecated for `get_preview`."""
        return self._ask("FaxJob/StartPreviewCreation", _answers.everything)

    # Sending ──────────────────────────────────────────────────────────────────────────────

    def send(
        self,
        *,
        send_at: str | None = None,
        send_at_timezone: str | None = None,
        datetime: str | None = None,
    ) -> None:
        """Send the fax, now or within 14 days: the one call that puts it on the line.

        `datetime` is `YYYY-MM-DD HH:MM:SS` and wins over `send_at`, which is written as the
        user's language writes times, in `send_at_timezone`.
        """
        self._change(
            "FaxJob/Send", _answers.done,
            send_at=send_at, send_at_timezone=send_at_timezone, datetime=datetime,
        )  # fmt: skip

    def send_later(
        self,
        *,
        send_at: str | None = None,
        send_at_timezone: str | None = None,
        datetime: str | None = None,
    ) -> None:
        """Let the fax wait for credit; only where there is too little.

        It goes out by itself when credit comes within two hours.
        """
        self._change(
            "FaxJob/SendLater", _answers.done,
            send_at=send_at, send_at_timezone=send_at_timezone, datetime=datetime,
        )  # fmt: skip

    def send_unpaid_faxes(self, uuids: Sequence[str]) -> dict[str, Any]:
        """Send faxes that wait for credit, as far as it reaches."""
        return self._change("FaxJob/SendUnpaidFaxes", _answers.everything, uuids=uuids)

    def edit_delayed_fax(
        self,
        fax_uuid: str,
        *,
        send_at: str | None = None,
        send_at_timezone: str | None = None,
        datetime: str | None = None,
    ) -> None:
        """Give a delayed fax another time; `send_at` or `datetime` as in `send`."""
        self._ask(
            "FaxJob/EditDelayedFax", _answers.done, fax_uuid=fax_uuid,
            send_at=send_at, send_at_timezone=send_at_timezone, datetime=datetime,
        )  # fmt: skip

    def send_delayed_fax_now(self, uuid: str) -> None:
        """Send a delayed fax at once."""
        self._change("FaxJob/SendDelayedFaxNow", _answers.done, uuid=uuid)

    def cancel(self, uuid: str, *, siblings_too: bool = False) -> None:
        """Stop the fax to one recipient, or to all of its job."""
        self._change("FaxJob/Cancel", _answers.done, uuid=uuid, siblings_too=siblings_too)

    def quick_send(
        self,
        rec_number: Sequence[str],
        *,
        rec_name: Sequence[str] = (),
        file: _calling.File | None = None,
        cover_id: int | None = None,
        cover_text: str | None = None,
        user_ip: str = "0",
        origin: str = "mailfax",
        username: str | None = None,
        password: str | None = None,
    ) -> dict[str, Any]:
        """Build and send a fax in one call, which answers once it is being sent.

        Numbers that cannot be faxed to are left out without a word. Without `username` as
        this account's user.
        """
        return self._apart(
            "FaxJob/QuickSend", _answers.everything, changes=True, file=file,
            username=self._username if username is None else username,
            password=self._password if password is None else password,
            user_ip=user_ip, origin=origin, rec_number=rec_number, rec_name=rec_name,
            cover_id=cover_id, cover_text=cover_text,
        )  # fmt: skip

    def faxes_in_progress(self) -> dict[str, Any]:
        """How many faxes are queued, delivered or unpaid, and in short how each stands."""
        return self._ask("FaxJob/FaxesInProgress", _answers.everything)

    # Notices ──────────────────────────────────────────────────────────────────────────────

    def reset_notifications(self) -> None:
        """Notify as the user is set."""
        self._ask("FaxJob/ResetNotifications", _answers.done)

    def set_notifications(
        self,
        notifications: Mapping[str, Value],
        *,
        group_notification: bool | None = None,
        error_notification: bool | None = None,
        save_defaults: bool | None = None,
    ) -> None:
        """Who is notified of this fax, as sms, email or skypechat; deprecated."""
        self._ask(
            "FaxJob/SetNotifications", _answers.done, notifications=notifications,
            group_notification=group_notification, error_notification=error_notification,
            save_defaults=save_defaults,
        )  # fmt: skip


OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "FaxJob/Create": FaxJob.create,
    "FaxJob/CloneFax": FaxJob.clone_fax,
    "FaxJob/GetFaxState": FaxJob.get_fax_state,
    "FaxJob/SetSenderDetails": FaxJob.set_sender_details,
    "FaxJob/AddRecipient": FaxJob.add_recipient,
    "FaxJob/AddRecipients": FaxJob.add_recipients,
    "FaxJob/SetRecipients": FaxJob.set_recipients,
    "FaxJob/ListRecipients": FaxJob.list_recipients,
    "FaxJob/RemoveRecipient": FaxJob.remove_recipient,
    "FaxJob/RemoveAllRecipients": FaxJob.remove_all_recipients,
    "FaxJob/AddFile": FaxJob.add_file,
    "FaxJob/AddRemoteFile": FaxJob.add_remote_file,
    "FaxJob/AddFileFromOnlineStorage": FaxJob.add_file_from_online_storage,
    "FaxJob/AddAnotherFax": FaxJob.add_another_fax,
    "FaxJob/RemoveFile": FaxJob.remove_file,
    "FaxJob/RemoveAllFiles": FaxJob.remove_all_files,
    "FaxJob/ListFaxFiles": FaxJob.list_fax_files,
    "FaxJob/SetCover": FaxJob.set_cover,
    "FaxJob/RemoveCover": FaxJob.remove_cover,
    "FaxJob/ListAvailableCovers": FaxJob.list_available_covers,
    "FaxJob/GetPreview": FaxJob.get_preview,
    "FaxJob/StartPreviewCreation": FaxJob.start_preview_creation,
    "FaxJob/Send": FaxJob.send,
    "FaxJob/SendLater": FaxJob.send_later,
    "FaxJob/SendUnpaidFaxes": FaxJob.send_unpaid_faxes,
    "FaxJob/EditDelayedFax": FaxJob.edit_delayed_fax,
    "FaxJob/SendDelayedFaxNow": FaxJob.send_delayed_fax_now,
    "FaxJob/Cancel": FaxJob.cancel,
    "FaxJob/QuickSend": FaxJob.quick_send,
    "FaxJob/FaxesInProgress": FaxJob.faxes_in_progress,
    "FaxJob/ResetNotifications": FaxJob.reset_notifications,
    "FaxJob/SetNotifications": FaxJob.set_notifications,
}
