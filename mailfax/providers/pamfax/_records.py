"""The objects of PamFax's answers that mailfax knows by name.

All fields are text as the service writes it, empty where it says nothing; times are
`YYYY-MM-DD HH:MM:SS` without a zone. From recorded answers of 2010 to 2014 [F]; what is not
is marked "inference".
"""

import dataclasses
from typing import Any

from mailfax.providers.pamfax import _answers
from mailfax.providers.pamfax._answers import Record


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class User(Record):
    """Who is logged in; `credit` in the user's currency."""

    uuid: str = ""
    username: str = ""
    name: str = ""
    email: str = ""
    created: str = ""
    credit: str = ""
    free_credit: str = ""
    inactive_credit: str = ""
    reactivated_credit: str = ""
    region: str = ""
    confirmed: str = ""
    is_member: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Login:
    """A new session."""

    token: str = dataclasses.field(repr=False)
    user: User
    currency: str
    """ISO code; empty where the service does not say (2010)."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Token(Record):
    """What stands for a session."""

    token: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Currency(Record):
    """The user's money."""

    code: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Container(Record):
    """A fax under construction."""

    uuid: str
    state: str = ""
    """editing, ready_to_send, not_enough_credit; anything else: wait."""
    price: str = ""
    pages: str = ""
    currency: str = ""
    """Not to be relied on: seen as USD, 1 and true."""
    cover_id: str = ""
    cover_text: str = ""
    created: str = ""
    updated: str = ""
    processing_started: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Recipient(Record):
    """One recipient of a fax that is not over yet."""

    number: str = ""
    uuid: str = ""
    """Missing in AddRecipient's answer of 2011, there in ListRecipients'."""
    name: str = ""
    state: str = ""
    """unknown at first."""
    status_code: str = ""
    status_message: str = ""
    pages: str = ""
    duration: str = ""
    price: str = ""
    price_per_page: str = ""
    delivery_started: str = ""
    sent: str = ""
    completed: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AddedFile(Record):
    """A document just added to a fax."""

    file_uuid: str
    name: str = ""
    ext: str = ""
    mime: str = ""
    file_order: str = ""
    state: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FaxFile(Record):
    """A document of the fax under construction."""

    uuid: str
    name: str = ""
    size: str = ""
    extension: str = ""
    pages: str = ""
    contentmd5: str = ""
    mimetype: str = ""
    created: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FileState(Record):
    """How a document stands: empty or converting, then converted."""

    file_order: str = ""
    state: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class FaxState:
    """How the fax under construction stands."""

    fax: Container
    files: tuple[FileState, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cover(Record):
    """A cover page to choose; the first may be the one that is none (id 0)."""

    id: str = ""
    title: str = ""
    template_id: str = ""
    thumb_id: str = ""
    preview_id: str = ""
    description: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Preview:
    """How far the preview pages are, and what is told of each."""

    open: str
    done: str
    pages: tuple[Any, ...]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Progress(Record):
    """Pages of a preview still to be made, and those made."""

    open: str = ""
    done: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sent(Record):
    """A fax that is over (FaxHistoryModel)."""

    uuid: str
    state: str = ""
    """success, failure or cancelled."""
    status_code: str = ""
    status_message: str = ""
    """In the user's language."""
    number: str = ""
    name: str = ""
    pages: str = ""
    pages_sent: str = ""
    price: str = ""
    cost: str = ""
    refunded: str = ""
    sent: str = ""
    created: str = ""
    cancelled: str = ""
    fax_provider_id: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class InboxFax(Record):
    """A received fax.

    uuid, file_uuid and received are told [C][D]; the others are inference, named as those of a
    sent fax are.
    """

    uuid: str
    file_uuid: str = ""
    received: str = ""
    number: str = ""
    sender_number: str = ""
    sender_fax: str = ""
    sender_name: str = ""
    pages: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NumberInfo(Record):
    """What the service knows of a fax number."""

    number: str
    formatted_number: str = ""
    number_type: str = ""
    zone: str = ""
    country_code: str = ""
    country_prefix: str = ""
    area_code: str = ""
    city: str = ""
    description: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Price(Record):
    """What a page to a number costs."""

    priceperpage: str
    currency: str = ""
    priceperpage_proplan: str = ""
    priceperpage_formatted: str = ""
    priceperpage_proplan_formatted: str = ""
    price_source: str = ""
    number: str = ""
    number_type: str = ""
    zone: str = ""
    country_code: str = ""
    country_name: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Country(Record):
    """A country that can be faxed to."""

    code: str
    name: str = ""
    parent: str = ""
    zone: str = ""
    countryprefix: str = ""
    default_culture: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Zone(Record):
    """A price zone."""

    zone_id: str
    price: str = ""
    price_pro: str = ""


# Readers of answers with more than one object ─────────────────────────────────────────────


def login(answer: _answers.Answer) -> Login:
    """The session that VerifyUser begins."""
    token = _answers.one("UserToken", Token)(answer)
    return Login(
        token=token.token,
        user=_optional(answer, "User", User),
        currency=_optional(answer, "Currency", Currency).code,
    )


def fax_state(answer: _answers.Answer) -> FaxState:
    """What GetFaxState answers."""
    files = _answers.many("Files", FileState) if "Files" in answer.objects else None
    return FaxState(
        fax=_answers.one("FaxContainer", Container)(answer),
        files=files(answer) if files else (),
    )


def preview(answer: _answers.Answer) -> Preview:
    """What GetPreview answers."""
    status = _answers.one("Status", Progress)(answer)
    plain = _answers.everything(answer)
    return Preview(status.open, status.done, tuple(plain.get("PreviewPages") or ()))


def details(answer: _answers.Answer) -> Sent | Recipient:
    """What GetFaxDetails answers: a fax that is over, or one of its recipients before [C]."""
    if "FaxHistoryModel" in answer.objects:
        return _answers.one("FaxHistoryModel", Sent)(answer)
    return _answers.one("FaxRecipient", Recipient)(answer)


def inbox_fax(answer: _answers.Answer) -> InboxFax:
    """The received fax in an answer, under whatever name (inference: it is told nowhere)."""
    for found in answer.objects.values():
        if isinstance(found, dict) and "uuid" in found:
            return _answers.shaped(InboxFax, found)
    raise _answers.Unreadable("answered without a fax")


def _optional(answer: _answers.Answer, name: str, shape: type[_answers.Shape]) -> _answers.Shape:
    found = answer.objects.get(name)
    return _answers.shaped(shape, found if isinstance(found, dict) else {})
