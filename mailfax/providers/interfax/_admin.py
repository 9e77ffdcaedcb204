"""InterFAX's Admin service, admin.asmx: the manual's 22 operations, one typed function each.

The manual has no pages: each function names the method it is told under. The wire form of all
but OpenUser is inference by the rules of the two sister services. Where the manual wants the
login of a primary user, the account's own login is given.
"""

import dataclasses
import datetime
import decimal
from collections.abc import Mapping
from typing import Any

from mailfax.providers.interfax import _reading, _wire
from mailfax.providers.interfax._records import (
    Activity,
    InboundNode,
    RxEmail,
    Summary,
    TimeZone,
    UserGeneral,
    UserRx,
    UserTx,
)

# Account and users ────────────────────────────────────────────────────────────────────────


def get_account_pp_cards_balance(client: _wire.Client) -> decimal.Decimal:
    """Money left on the prepaid cards, in the account's currency (GetAccountPPCardsBalance)."""
    said = _asked(client, "GetAccountPPCardsBalance", login=_wire.PRIMARY, Balance=0)
    balance = _reading.amount(said.get("Balance"))
    if balance is None:
        raise client.odd(changes=False)
    return balance


def open_user(client: _wire.Client, new_user: UserGeneral) -> None:
    """Make a user; its name begins with the account's prefix and a dot (OpenUser)."""
    _done(client, "OpenUser", login=_wire.PRIMARY, NewUser=_general(new_user))


def close_user(client: _wire.Client, username: str) -> None:
    """Close a user with its services (CloseUser)."""
    _done(client, "CloseUser", login=_wire.PRIMARY, Username=username)


def set_user_properties(client: _wire.Client, user: UserGeneral) -> None:
    """Set a user's password, CSID and time zone (SetUserProperties)."""
    _done(client, "SetUserProperties", login=_wire.PRIMARY, User=_general(user))


def get_user_properties(client: _wire.Client, username: str) -> UserGeneral:
    """A user's general properties (GetUserProperties)."""
    user = _general(UserGeneral(username=username))
    said = _asked(client, "GetUserProperties", login=_wire.PRIMARY, User=user)
    return client.one(UserGeneral, said.get("User"))


# Receiving ────────────────────────────────────────────────────────────────────────────────


def get_inbound_nodes(
    client: _wire.Client, country: str, language: str = "EN"
) -> tuple[InboundNode, ...]:
    """Where in a country there are numbers to be had (GetInboundNodes).

    `country`: its ISO code; `language`: DE EN HE IT or JP, of the mails from there.
    """
    said = client.call(
        _wire.ADMIN, "GetInboundNodes", login=None, Country=country, Language=language
    )
    return client.many(InboundNode, said.get("GetInboundNodesResult"))


def add_rx_service(
    client: _wire.Client,
    username: str,
    country_iso_code: str,
    prefix: str,
    *,
    local_number: str | None = None,
    emails: str | None = None,
) -> None:
    """Give a user a number to receive on, which may cost money (AddRxService).

    `local_number`: None lets the provider choose; `emails`: addresses with `;` between.
    """
    _done(
        client,
        "AddRxService",
        login=_wire.PRIMARY,
        Username=username,
        CountryISOCode=country_iso_code,
        Prefix=prefix,
        LocalNumber=local_number,
        Emails=emails,
    )


def remove_rx_service(client: _wire.Client, username: str) -> None:
    """Take a user's number away (RemoveRxService)."""
    _done(client, "RemoveRxService", login=_wire.PRIMARY, Username=username)


def set_rx_service_properties(client: _wire.Client, properties: UserRx) -> None:
    """Set how a user receives (SetRxServiceProperties)."""
    _done(client, "SetRxServiceProperties", U_Rx=_rx(properties))


def get_rx_service_properties(client: _wire.Client) -> UserRx:
    """How the login's user receives (GetRxServiceProperties)."""
    said = _asked(client, "GetRxServiceProperties", U_Rx=_rx(UserRx()))
    return client.one(UserRx, said.get("U_Rx"))


def add_rx_email_properties(client: _wire.Client, email: RxEmail) -> None:
    """Have received faxes mailed to one more address (AddRxEmailProperties)."""
    _done(client, "AddRxEmailProperties", **_email(email))


def set_rx_email_properties(client: _wire.Client, email: RxEmail) -> None:
    """Change how received faxes are mailed to an address (SetRxEmailProperties)."""
    _done(client, "SetRxEmailProperties", **_email(email))


def get_rx_email_properties(client: _wire.Client) -> tuple[RxEmail, ...]:
    """The addresses that received faxes are mailed to (GetRxEmailProperties)."""
    said = _asked(client, "GetRxEmailProperties", URxE={"User_RxEmail": [_email(RxEmail())]})
    return client.many(RxEmail, said.get("URxE"))


def remove_rx_email(client: _wire.Client, email_address: str) -> None:
    """Mail no more received faxes to an address (RemoveRxEmail)."""
    _done(client, "RemoveRxEmail", EmailAddress=email_address)


# Sending ──────────────────────────────────────────────────────────────────────────────────


def add_tx_service(client: _wire.Client, properties: UserTx) -> None:
    """Let a user send, which may cost money (AddTxService)."""
    _done(client, "AddTxService", login=_wire.PRIMARY, User_tx=_tx(properties))


def remove_tx_service(client: _wire.Client, username: str) -> None:
    """Let a user send no more (RemoveTxService)."""
    _done(client, "RemoveTxService", login=_wire.PRIMARY, Username=username)


def set_user_tx_properties(client: _wire.Client, properties: UserTx) -> None:
    """Set how a user sends: all of it, what is not given is switched off (SetUserTxProperties).

    The structure is called `User_tx` as in the manual; one public client calls it `U_tx`.
    """
    _done(client, "SetUserTxProperties", User_tx=_tx(properties))


def get_user_tx_properties(client: _wire.Client) -> UserTx:
    """How the login's user sends (GetUserTxProperties)."""
    said = _asked(client, "GetUserTxProperties", User_tx=_tx(UserTx()))
    return client.one(UserTx, said.get("User_tx"))


# Time zones and sums ──────────────────────────────────────────────────────────────────────


def get_time_zones(client: _wire.Client) -> tuple[TimeZone, ...]:
    """The time zones the service knows, with their offsets now (GetTimeZones)."""
    said = client.call(_wire.ADMIN, "GetTimeZones", login=None)
    return client.many(TimeZone, said.get("GetTimeZonesResult"))


def get_time_zones_xml(client: _wire.Client) -> str:
    """The same as an XML text (GetTimeZonesXML)."""
    said = client.call(_wire.ADMIN, "GetTimeZonesXML", login=None)
    return str(said.get("GetTimeZonesXMLResult", ""))


def get_outbound_activity(
    client: _wire.Client,
    time_from: datetime.datetime,
    time_until: datetime.datetime,
    *,
    only_my_user: bool = False,
) -> Activity:
    """What each user sent, beginning 60 days ago at the most (GetOutboundActivity)."""
    return _activity(client, "GetOutboundActivity", time_from, time_until, only_my_user)


def get_inbound_activity(
    client: _wire.Client,
    time_from: datetime.datetime,
    time_until: datetime.datetime,
    *,
    only_my_user: bool = False,
) -> Activity:
    """What each user received, beginning 60 days ago at the most (GetInboundActivity)."""
    return _activity(client, "GetInboundActivity", time_from, time_until, only_my_user)


# Between the two ──────────────────────────────────────────────────────────────────────────


def _done(client: _wire.Client, operation: str, **arguments: Any) -> None:
    client.number(_wire.ADMIN, operation, changes=True, **arguments)


def _asked(client: _wire.Client, operation: str, **arguments: Any) -> Mapping[str, Any]:
    said = client.call(_wire.ADMIN, operation, **arguments)
    client.accept(_wire.ADMIN, said.get(f"{operation}Result"), changes=False)
    return said


def _activity(
    client: _wire.Client,
    operation: str,
    time_from: datetime.datetime,
    time_until: datetime.datetime,
    only_my_user: bool,
) -> Activity:
    said = client.structure(
        _wire.ADMIN,
        operation,
        code="Status",
        TimeFrom=time_from,
        TimeUntil=time_until,
        OnlyMyUser=only_my_user,
    )
    users = client.many(Summary, said.get("Users"))
    return dataclasses.replace(client.one(Activity, said), users=users)


def _general(user: UserGeneral) -> dict[str, object]:
    return {
        "Username": user.username,
        "Password": user.password,
        "CSID": user.csid,
        "TimeZone": user.time_zone,
    }


def _rx(given: UserRx) -> dict[str, object]:
    return {
        "Username": given.username,
        "PhoneNumber": given.phone_number,
        "AttachmentFormat": given.attachment_format,
        "DeleteAfterUsage": given.delete_after_usage,
        "Emails": given.emails,
        "TimeZone": given.time_zone,
        "NumberFormat": given.number_format,
    }


def _email(given: RxEmail) -> dict[str, object]:
    return {
        "EmailAddress": given.email_address,
        "SendSigned": given.send_signed,
        "SendEncrypted": given.send_encrypted,
        "DigitalID": given.digital_id,
    }


def _tx(given: UserTx) -> dict[str, object]:
    return {
        "Username": given.username,
        "CheckPassword": given.check_password,
        "Conversion": given.conversion,
        "FeedbackType": given.feedback_type,
        "FeedbackFormat": given.feedback_format,
        "FeedbackWithTIF": given.feedback_with_tif,
        "AllowedSenders": given.allowed_senders,
        "AllowedIPAddresses": given.allowed_ip_addresses,
        "DefaultPageSize": given.default_page_size,
        "DefaultPageOrientation": given.default_page_orientation,
        "DefaultPageResolution": given.default_page_resolution,
        "DefaultRenderingQuality": given.default_rendering_quality,
        "DefaultPageHeader": given.default_page_header,
        "DefaultRetriesToPerform": given.default_retries_to_perform,
        "DefaultReplyAddress": given.default_reply_address,
        "AuthenticateBySignature": given.authenticate_by_signature,
        "AuthenticateByTickets": given.authenticate_by_tickets,
        "DefaultDeleteAfterUsage": given.default_delete_after_usage,
        "DialingAreaCode": given.dialing_area_code,
        "DialingCountryISOCode": given.dialing_country_iso_code,
    }
