"""FaxHistory: faxes sent, being sent, received and thrown away (reference client of 2017 [P]).

Lists come in pages that count from 1.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mailfax.providers.pamfax import _answers, _calling, _records
from mailfax.providers.pamfax._checksum import Value


class FaxHistory(_calling.Caller):
    """The processor `FaxHistory`."""

    # Lists ────────────────────────────────────────────────────────────────────────────────

    def list_sent_faxes(
        self,
        *,
        current_page: int = 1,
        items_per_page: int = 20,
        array_for_api: Mapping[str, Value] | None = None,
    ) -> tuple[_records.Sent, ...]:
        """Faxes that are over, well or not; `array_for_api`: conditions, told nowhere."""
        return self._ask(
            "FaxHistory/ListSentFaxes", _answers.many("SentFaxes", _records.Sent),
            current_page=current_page, items_per_page=items_per_page,
            array_for_api=array_for_api,
        )  # fmt: skip

    def list_outbox_faxes(
        self, *, current_page: int = 1, items_per_page: int = 20
    ) -> tuple[Any, ...]:
        """Faxes that are being sent."""
        return self._page("FaxHistory/ListOutboxFaxes", current_page, items_per_page)

    def list_inbox_faxes(
        self, *, current_page: int = 1, items_per_page: int = 20
    ) -> tuple[_records.InboxFax, ...]:
        """Received faxes, read or not."""
        return self._ask(
            "FaxHistory/ListInboxFaxes", _answers.many("InboxFaxes", _records.InboxFax),
            current_page=current_page, items_per_page=items_per_page,
        )  # fmt: skip

    def list_unpaid_faxes(
        self, *, current_page: int = 1, items_per_page: int = 20
    ) -> tuple[Any, ...]:
        """Faxes that wait for credit; they go out by themselves within two hours of coming in."""
        return self._page("FaxHistory/ListUnpaidFaxes", current_page, items_per_page)

    def list_fax_group(
        self, uuid: str, *, current_page: int = 1, items_per_page: int = 20
    ) -> tuple[Any, ...]:
        """Faxes sent as one job with this one."""
        return self._page("FaxHistory/ListFaxGroup", current_page, items_per_page, uuid=uuid)

    def list_trash(self, *, current_page: int = 1, items_per_page: int = 20) -> tuple[Any, ...]:
        """Faxes thrown away."""
        return self._page("FaxHistory/ListTrash", current_page, items_per_page)

    def list_recent_faxes(
        self, *, count: int = 15, data_to_list: Sequence[str] = ()
    ) -> dict[str, Any]:
        """The latest faxes, 1 to 100, of sent, inbox and outbox or all three."""
        return self._ask(
            "FaxHistory/ListRecentFaxes", _answers.everything,
            count=count, data_to_list=data_to_list,
        )  # fmt: skip

    def list_recent_recipients(self) -> dict[str, Any]:
        """The last recipients, at most 20."""
        return self._ask("FaxHistory/ListRecentRecipients", _answers.everything)

    def delete_from_list_recent_recipients(self, number: str) -> None:
        """Take a number out of the last recipients."""
        self._ask("FaxHistory/DeleteFromListRecentRecipients", _answers.done, number=number)

    def count_faxes(self, type: str) -> dict[str, Any]:  # noqa: A002
        """How many: history, inbox, inbox_unread, outbox, all or unpaid."""
        return self._ask("FaxHistory/CountFaxes", _answers.everything, type=type)

    # One fax ──────────────────────────────────────────────────────────────────────────────

    def get_fax_details(self, uuid: str) -> _records.Sent | _records.Recipient:
        """How a fax to one recipient stands: `Sent` once it is over, before that `Recipient`.

        Raises Gone when there is none.
        """
        return self._ask("FaxHistory/GetFaxDetails", _records.details, uuid=uuid)

    def get_fax_group(self, uuid: str) -> dict[str, Any]:
        """The job that this fax belongs to."""
        return self._ask("FaxHistory/GetFaxGroup", _answers.everything, uuid=uuid)

    def get_transmission_report(self, uuid: str) -> bytes:
        """The report on a sent fax with its first page, a PDF."""
        return self._file("FaxHistory/GetTransmissionReport", uuid=uuid)

    def get_esker_details(self, fax_id: int) -> dict[str, Any]:
        """What the carrier says of a fax; for the vendor's own use."""
        return self._ask("FaxHistory/GetEskerDetails", _answers.everything, fax_id=fax_id)

    def list_fax_notes(self, fax_uuid: str) -> dict[str, Any]:
        """Notes on a fax, latest first."""
        return self._ask("FaxHistory/ListFaxNotes", _answers.everything, fax_uuid=fax_uuid)

    def add_fax_note(self, fax_uuid: str, note: str) -> dict[str, Any]:
        """Write a note on a fax."""
        return self._change(
            "FaxHistory/AddFaxNote", _answers.everything, fax_uuid=fax_uuid, note=note
        )

    def publish_fax(self, uuid: str) -> dict[str, Any]:
        """Let everybody see a fax."""
        return self._ask("FaxHistory/PublishFax", _answers.everything, uuid=uuid)

    def un_publish_fax(self, uuid: str) -> None:
        """Let nobody else see a fax."""
        self._ask("FaxHistory/UnPublishFax", _answers.done, uuid=uuid)

    def get_published_fax(self, uuid: str) -> dict[str, Any]:
        """A fax that everybody may see."""
        return self._ask("FaxHistory/GetPublishedFax", _answers.everything, uuid=uuid)

    # Received ─────────────────────────────────────────────────────────────────────────────

    def get_inbox_fax(self, uuid: str, *, mark_read: bool = False) -> _records.InboxFax:
        """A received fax; raises Gone when there is none."""
        return self._ask(
            "FaxHistory/GetInboxFax", _records.inbox_fax, uuid=uuid, mark_read=mark_read
        )

    def list_inbox_fax(self) -> dict[str, Any]:
        """Known by its name alone [C]."""
        return self._ask("FaxHistory/ListInboxFax", _answers.everything)

    def set_fax_read(self, uuid: str) -> None:
        """Mark a received fax as read."""
        self._ask("FaxHistory/SetFaxRead", _answers.done, uuid=uuid)

    def set_faxes_as_read(self, uuids: Sequence[str]) -> dict[str, Any]:
        """Mark received faxes as read; those that were are answered."""
        return self._ask("FaxHistory/SetFaxesAsRead", _answers.everything, uuids=uuids)

    def set_spam_state_for_faxes(
        self, uuids: Sequence[str], *, is_spam: bool = False
    ) -> dict[str, Any]:
        """Say which received faxes are spam; after fifteen the sender goes to the trash."""
        return self._ask(
            "FaxHistory/SetSpamStateForFaxes", _answers.everything, uuids=uuids, is_spam=is_spam
        )

    # Throwing away ────────────────────────────────────────────────────────────────────────

    def delete_faxes(self, uuids: Sequence[str], *, siblings_too: bool = False) -> dict[str, Any]:
        """Move faxes to the trash; `siblings_too`: sent ones with all of their jobs."""
        return self._ask(
            "FaxHistory/DeleteFaxes", _answers.everything,
            uuids=uuids, siblings_too=siblings_too,
        )  # fmt: skip

    def delete_fax(self, uuid: str, *, siblings_too: bool = False) -> None:
        """Move one fax to the trash; deprecated for `delete_faxes`."""
        self._ask("FaxHistory/DeleteFax", _answers.done, uuid=uuid, siblings_too=siblings_too)

    def delete_faxes_for_period(
        self,
        type: str,  # noqa: A002
        date1: str,
        date2: str,
        *,
        no_trash: bool | None = None,
    ) -> dict[str, Any]:
        """Throw away the faxes of a time; `no_trash`: for good."""
        return self._ask(
            "FaxHistory/DeleteFaxesForPeriod", _answers.everything,
            type=type, date1=date1, date2=date2, no_trash=no_trash,
        )  # fmt: skip

    def restore_fax(self, uuid: str) -> None:
        """Take a fax out of the trash."""
        self._ask("FaxHistory/RestoreFax", _answers.done, uuid=uuid)

    def empty_trash(self) -> None:
        """Delete all faxes in the trash."""
        self._ask("FaxHistory/EmptyTrash", _answers.done)

    def delete_faxes_from_trash(self, uuids: Sequence[str]) -> dict[str, Any]:
        """Delete faxes in the trash."""
        return self._ask("FaxHistory/DeleteFaxesFromTrash", _answers.everything, uuids=uuids)

    def delete_fax_from_trash(self, uuid: str) -> None:
        """Delete one fax in the trash; deprecated for `delete_faxes_from_trash`."""
        self._ask("FaxHistory/DeleteFaxFromTrash", _answers.done, uuid=uuid)

    def _page(
        self, operation: str, current_page: int, items_per_page: int, **more: Value
    ) -> tuple[Any, ...]:
        return self._ask(
            operation, _answers.only_list,
            **more, current_page=current_page, items_per_page=items_per_page,
        )  # fmt: skip


OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "FaxHistory/ListSentFaxes": FaxHistory.list_sent_faxes,
    "FaxHistory/ListOutboxFaxes": FaxHistory.list_outbox_faxes,
    "FaxHistory/ListInboxFaxes": FaxHistory.list_inbox_faxes,
    "FaxHistory/ListUnpaidFaxes": FaxHistory.list_unpaid_faxes,
    "FaxHistory/ListFaxGroup": FaxHistory.list_fax_group,
    "FaxHistory/ListTrash": FaxHistory.list_trash,
    "FaxHistory/ListRecentFaxes": FaxHistory.list_recent_faxes,
    "FaxHistory/ListRecentRecipients": FaxHistory.list_recent_recipients,
    "FaxHistory/DeleteFromListRecentRecipients": FaxHistory.delete_from_list_recent_recipients,
    "FaxHistory/CountFaxes": FaxHistory.count_faxes,
    "FaxHistory/GetFaxDetails": FaxHistory.get_fax_details,
    "FaxHistory/GetFaxGroup": FaxHistory.get_fax_group,
    "FaxHistory/GetTransmissionReport": FaxHistory.get_transmission_report,
    "FaxHistory/GetEskerDetails": FaxHistory.get_esker_details,
    "FaxHistory/ListFaxNotes": FaxHistory.list_fax_notes,
    "FaxHistory/AddFaxNote": FaxHistory.add_fax_note,
    "FaxHistory/PublishFax": FaxHistory.publish_fax,
    "FaxHistory/UnPublishFax": FaxHistory.un_publish_fax,
    "FaxHistory/GetPublishedFax": FaxHistory.get_published_fax,
    "FaxHistory/GetInboxFax": FaxHistory.get_inbox_fax,
    "FaxHistory/ListInboxFax": FaxHistory.list_inbox_fax,
    "FaxHistory/SetFaxRead": FaxHistory.set_fax_read,
    "FaxHistory/SetFaxesAsRead": FaxHistory.set_faxes_as_read,
    "FaxHistory/SetSpamStateForFaxes": FaxHistory.set_spam_state_for_faxes,
    "FaxHistory/DeleteFaxes": FaxHistory.delete_faxes,
    "FaxHistory/DeleteFax": FaxHistory.delete_fax,
    "FaxHistory/DeleteFaxesForPeriod": FaxHistory.delete_faxes_for_period,
    "FaxHistory/RestoreFax": FaxHistory.restore_fax,
    "FaxHistory/EmptyTrash": FaxHistory.empty_trash,
    "FaxHistory/DeleteFaxesFromTrash": FaxHistory.delete_faxes_from_trash,
    "FaxHistory/DeleteFaxFromTrash": FaxHistory.delete_fax_from_trash,
}
