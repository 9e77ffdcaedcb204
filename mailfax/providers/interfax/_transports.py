"""The two ways to do the same: by SOAP and by REST, chosen by the setting `transport`."""

import contextlib
import dataclasses
import datetime
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from mailfax.providers.interfax import _admin, _codes, _receiving, _rest, _sending, _wire
from mailfax.providers.interfax._records import Fax, Message

WHOLE = 250_000
"""Octets of a document up to which it goes with the request; above, an upload is advised."""
WINDOW = datetime.timedelta(days=2)
"""Around the start of a transmission: zones lie 14 hours around UTC, and the rest is to spare."""
FOUND = 100
"""Faxes with one reference that are looked at: one is right, and two are too many."""
PAGE = 100
"""Received faxes in one question."""
PAGES = 200
"""Questions until a list of received faxes is taken to be endless."""
CHUNKS = 300
"""Questions until a received fax is taken to be endless: 60 MB."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What an account's settings wish; None leaves it to the user's settings at the provider."""

    csid: str | None
    header: str | None
    paper: str | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """One document for one number."""

    number: str
    reference: str
    contact: str
    kind: str
    data: bytes = dataclasses.field(repr=False)
    fine: bool


class Transport(Protocol):
    """What an account needs of either."""

    batch: int
    """Faxes in one question about their state."""

    def check(self) -> None:
        """A call that changes nothing."""

    def prepare(self, handed: Handed) -> Callable[[], str]:
        """All that comes before the call that may put the fax on the line, and that call."""

    def faxes(self, references: Sequence[str]) -> Sequence[Fax]:
        """These faxes, as far as the service knows them."""

    def by_reference(self, reference: str, around: datetime.datetime) -> tuple[Sequence[Fax], bool]:
        """Faxes with this reference among others, and whether these are all."""

    def hide(self, fax: int) -> None:
        """Leave it out of listings."""

    def cancel(self, fax: int) -> None:
        """Stop it."""

    def messages(self, *, unread_only: bool) -> Iterator[Message]:
        """Received faxes."""

    def image(self, message: int) -> bytes:
        """A received fax."""

    def mark(self, message: int) -> None:
        """Mark it as read."""


class Soap:
    """By dfs.asmx and inbound.asmx."""

    batch = 600

    def __init__(self, client: _wire.Client, options: Options) -> None:
        self._client = client
        self._options = options

    def check(self) -> None:
        """The newest fax."""
        _sending.fax_status(self._client, max_items=1)

    def prepare(self, handed: Handed) -> Callable[[], str]:
        """Upload a large document."""
        session = None
        if len(handed.data) > WHOLE:
            session = _sending.upload(self._client, handed.data)
        return functools.partial(
            _sending.sendfax_ex_2,
            self._client,
            [handed.number],
            [_sending.File(f"fax.{handed.kind}", handed.data)],
            session_id=session,
            contacts=[handed.contact],
            retries_to_perform=0,
            csid=self._options.csid,
            page_header=self._options.header,
            job_id=handed.reference,
            subject=handed.reference,
            page_size=self._options.paper,
            high_resolution=handed.fine,
        )

    def faxes(self, references: Sequence[str]) -> Sequence[Fax]:
        """One query for all; that none of them being known is a refusal is inference."""
        with contextlib.suppress(_codes.Gone):
            return _sending.fax_query(self._client, "IN", ",".join(references))
        return ()

    def by_reference(self, reference: str, around: datetime.datetime) -> tuple[Sequence[Fax], bool]:
        """By subject, hidden ones too."""
        start = around.replace(tzinfo=None, microsecond=0)
        found = _sending.fax_query2(
            self._client,
            date_from=start - WINDOW,
            date_to=start + WINDOW,
            subject=_sending.Condition(data=reference),
            show_hidden=True,
            num_of_results=FOUND,
        )
        return found.items, found.total == len(found.items)

    def hide(self, fax: int) -> None:
        """HideFax."""
        _sending.hide_fax(self._client, fax)

    def cancel(self, fax: int) -> None:
        """CancelFax."""
        _sending.cancel_fax(self._client, fax)

    def messages(self, *, unread_only: bool) -> Iterator[Message]:
        """Page by page, until the service has told as many as it says there are."""
        told = 0
        for _ in range(PAGES):
            page = _receiving.get_list2(
                self._client,
                only_new_messages=unread_only,
                max_chunk_size=PAGE,
                from_record_number=told,
            )
            yield from page.items
            told += len(page.items)
            if not page.items or page.total is None or told >= page.total:
                return

    def image(self, message: int) -> bytes:
        """GetImageChunk until the end."""
        return _receiving.image(self._client, message, CHUNKS)

    def mark(self, message: int) -> None:
        """MarkMessage."""
        _receiving.mark_message(self._client, message)


class Rest:
    """By rest.interfax.net."""

    batch = 100  # so that the URL stays short

    def __init__(self, client: _wire.Client, options: Options) -> None:
        self._client = client
        self._options = options

    def check(self) -> None:
        """The newest fax."""
        _rest.outbound(self._client, limit=1)

    def prepare(self, handed: Handed) -> Callable[[], str]:
        """Upload a large document."""
        location = None
        if len(handed.data) > WHOLE:
            location = _rest.upload(self._client, f"fax.{handed.kind}", handed.data)
        return functools.partial(
            _rest.deliver,
            self._client,
            handed.number,
            data=handed.data,
            kind=handed.kind,
            location=location,
            contact=handed.contact or None,
            retries_to_perform=0,
            csid=self._options.csid,
            page_header=self._options.header,
            reference=handed.reference,
            page_size=self._options.paper.lower() if self._options.paper else None,
            resolution="fine" if handed.fine else "standard",
            rendering="bw",
        )

    def faxes(self, references: Sequence[str]) -> Sequence[Fax]:
        """One search for all."""
        return _rest.search(self._client, ids=",".join(references), limit=len(references))

    def by_reference(
        self,
        reference: str,
        around: datetime.datetime,  # noqa: ARG002
    ) -> tuple[Sequence[Fax], bool]:
        """By reference, whenever it was."""
        found = _rest.search(self._client, reference=reference, limit=FOUND)
        return found, len(found) < FOUND

    def hide(self, fax: int) -> None:
        """POST …/hide."""
        _rest.hide(self._client, fax)

    def cancel(self, fax: int) -> None:
        """POST …/cancel."""
        _rest.cancel(self._client, fax)

    def messages(self, *, unread_only: bool) -> Iterator[Message]:
        """Page by page, from the newest down."""
        last = None
        for _ in range(PAGES):
            page = _rest.inbound(self._client, unread_only=unread_only, limit=PAGE, last_id=last)
            yield from page
            lowest = min((message.message_id for message in page), default=0)
            if not page or (last is not None and lowest >= last):
                return
            last = lowest

    def image(self, message: int) -> bytes:
        """GET …/image."""
        return _rest.received_image(self._client, message)

    def mark(self, message: int) -> None:
        """POST …/mark."""
        _rest.mark(self._client, message)


def settings(client: _wire.Client) -> Mapping[str, object]:
    """How the login's user sends and receives: `sending`, `receiving`, `forwarding`, if it does."""
    found: dict[str, object] = {}
    with contextlib.suppress(_codes.Gone):
        found["sending"] = dataclasses.asdict(_admin.get_user_tx_properties(client))
    with contextlib.suppress(_codes.Gone):
        found["receiving"] = dataclasses.asdict(_admin.get_rx_service_properties(client))
        emails = _admin.get_rx_email_properties(client)
        found["forwarding"] = [dataclasses.asdict(email) for email in emails]
    return found
