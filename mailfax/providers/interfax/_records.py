"""What InterFAX's services tell of, as records.

The names are the services' own in our spelling: `TransactionID` is `transaction_id`. SOAP and
REST tell of the same things, in part under other names, in the same records. What is absent or
cannot be read is None, or empty where it is text. Times are as the service writes them, mostly
without a zone.
"""

import dataclasses
import datetime
import decimal


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Fax:
    """One sent fax: FaxItem, FaxItemEx, FaxItemEx2, or REST's outbound fax."""

    transaction_id: int
    status: int
    """Negative under way, 0 sent, positive failed."""
    parent_transaction_id: int | None = None
    submit_time: datetime.datetime | None = None
    postpone_time: datetime.datetime | None = None
    completion_time: datetime.datetime | None = None
    user_id: str = ""
    contact: str = ""
    job_id: str = ""
    destination_fax: str = ""
    reply_email: str = ""
    remote_csid: str = ""
    pages_sent: int | None = None
    duration: int | None = None
    subject: str = ""
    pages_submitted: int | None = None
    sender_csid: str = ""
    priority: int | None = None
    units: decimal.Decimal | None = None
    cost_per_unit: decimal.Decimal | None = None
    page_size: str = ""
    page_orientation: str = ""
    page_resolution: str = ""
    rendering_quality: str = ""
    page_header: str = ""
    retries_to_perform: int | None = None
    trials_performed: int | None = None
    locale_id: int | None = None
    gmt_bias: int | None = None
    retries_interval: int | None = None
    user_data: str = ""
    delete_after_usage: str = ""
    mode: str = ""
    num_of_transactions: int | None = None
    message_id: str = ""
    uri: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Faxes:
    """A list of sent faxes, and how many there are in all."""

    items: tuple[Fax, ...]
    total: int | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many faxes have one state."""

    status: int
    count: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What FaxQuery2 finds."""

    items: tuple[Fax, ...]
    counts: tuple[Count, ...]
    total: int | None
    errors: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One received fax: MessageItem, MessageItem2, or REST's inbound fax."""

    message_id: int
    phone_number: str = ""
    """The number that was dialled."""
    remote_csid: str = ""
    message_status: int | None = None
    """0 is well received."""
    pages: int | None = None
    message_size: int | None = None
    message_type: int | None = None
    receive_time: datetime.datetime | None = None
    caller_id: str = ""
    message_recording_duration: int | None = None
    user_id: str = ""
    image_status: str = ""
    num_of_emails: int | None = None
    num_of_failed_emails: int | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Messages:
    """A list of received faxes, and how many there are in all."""

    items: tuple[Message, ...]
    total: int | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One prepaid card (PPCardDetails)."""

    pp_card_id: int
    balance: decimal.Decimal | None = None
    bonus: decimal.Decimal | None = None
    close_date: datetime.datetime | None = None
    current_usage: decimal.Decimal | None = None
    face_value: decimal.Decimal | None = None
    issue_date: datetime.datetime | None = None
    previous_charge: decimal.Decimal | None = None
    previous_pp_card: int | None = None
    original_balance: decimal.Decimal | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cards:
    """The prepaid cards of an account (ListPPResult)."""

    account_id: int
    valid: bool = False
    currency_code: str = ""
    date_format: str = ""
    account_type: str = ""
    cards: tuple[Card, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CardUse:
    """The faxes paid by one prepaid card (PPCardTransactions)."""

    items: tuple[Fax, ...]
    total: int | None
    currency: str
    last_balance: decimal.Decimal | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One uploaded document of the REST service."""

    uri: str
    user_id: str = ""
    file_name: str = ""
    file_size: int | None = None
    uploaded: int | None = None
    creation_time: datetime.datetime | None = None
    lastusage_time: datetime.datetime | None = None
    status: str = ""
    disposition: str = ""
    sharing: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Forwarding:
    """One address that a received fax was mailed to."""

    email_address: str
    message_status: int | None = None
    completion_time: datetime.datetime | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class UserGeneral:
    """User_General of the Admin manual."""

    username: str = ""
    password: str = dataclasses.field(default="", repr=False)
    csid: str = ""
    time_zone: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class UserRx:
    """User_Rx of the Admin manual: how a user receives."""

    username: str = ""
    phone_number: str = ""
    attachment_format: str = ""
    delete_after_usage: str = ""
    emails: str = ""
    time_zone: str = ""
    number_format: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RxEmail:
    """One address that received faxes are mailed to."""

    email_address: str = ""
    send_signed: bool = False
    send_encrypted: bool = False
    digital_id: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class UserTx:
    """User_Tx of the Admin manual: how a user sends."""

    username: str = ""
    check_password: bool = False
    conversion: str = ""
    feedback_type: int = 0
    """0 never, 1 on success, 2 on failure, 3 always."""
    feedback_format: int = 0
    """0 plain English, 1 HTML in the local language, 2 HTML in English, 3 CSV."""
    feedback_with_tif: bool = False
    allowed_senders: str = ""
    """Addresses with commas between; a whole domain is `*@domain`."""
    allowed_ip_addresses: str = ""
    default_page_size: str = ""
    default_page_orientation: str = ""
    default_page_resolution: str = ""
    default_rendering_quality: str = ""
    default_page_header: str = ""
    default_retries_to_perform: int = 0
    default_reply_address: str = ""
    authenticate_by_signature: bool = False
    authenticate_by_tickets: bool = False
    default_delete_after_usage: bool = False
    """The image is deleted as soon as the fax has ended."""
    dialing_area_code: str = ""
    dialing_country_iso_code: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class InboundNode:
    """A place where the provider has numbers."""

    id: int
    description: str = ""
    country_code: int | None = None
    prefix: int | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TimeZone:
    """A time zone by the provider's name; the offset is in minutes."""

    name: str
    gmt_offset: int | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What one user sent, or received on one number (UserOutboundSummary, UserInboundSummary)."""

    username: str
    phone_number: str = ""
    total_faxes: int | None = None
    total_pages: int | None = None
    total_units: decimal.Decimal | None = None
    total_cost: decimal.Decimal | None = None
    min_transaction_id: int | None = None
    max_transaction_id: int | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What the users of an account did between two dates."""

    time_from: datetime.datetime | None = None
    time_until: datetime.datetime | None = None
    users: tuple[Summary, ...] = ()
