"""InterFAX: three SOAP services and a REST service over HTTPS, to all countries.

Sources are the Admin manual, the service's own description and exchanges as recorded in February
2012, the vendor's pages and its public libraries. What is none of these is marked "inference".
"""

import base64
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from mailfax import errors
from mailfax.providers import _http, _port
from mailfax.providers.interfax import (
    _account,
    _admin,
    _cards,
    _receiving,
    _rest,
    _sending,
    _transports,
    _wire,
)

SOAP, REST = "https://ws.interfax.net", "https://rest.interfax.net"

SETTINGS: Mapping[str, _port.Setting] = {
    "url": _port.Setting(required=False, default=SOAP, help="base URL of the SOAP services"),
    "rest_url": _port.Setting(
        required=False,
        help="base URL of the REST service; empty: the service's own, or `url` where that is set",
    ),
    "username": _port.Setting(help="login, with password"),
    "password": _port.Setting(secret=True, help="password of the login"),
    "transport": _port.Setting(
        required=False, default="soap", help="soap or rest: which service sends and receives"
    ),
    "zone": _port.Setting(
        required=False,
        default="UTC",
        help="time zone of the SOAP services' times, as Europe/London; documented nowhere",
    ),
    "csid": _port.Setting(
        required=False, help="sender's identification, 20 characters; empty: the user's own"
    ),
    "header": _port.Setting(
        required=False,
        help="header line of each page with {To} {From} {TotalPages}, N for none; "
        "empty: the user's own",
    ),
    "paper": _port.Setting(required=False, help="A4, Letter, Legal or B4; empty: the user's own"),
    "push": _port.Setting(
        required=False,
        secret=True,
        help="last part of the path that the web feedback is posted to; empty: it may not",
    ),
    "interval": _port.Setting(
        required=False, default="10", help="least seconds between two questions about states"
    ),
    "ca": _port.Setting(
        required=False, help="file of the certificate authorities to trust instead of all"
    ),
}

CAPABILITIES = _port.Capabilities(
    file_types=frozenset(_rest.MIME),  # of the vendor's list, those it is sure of
    countries=None,
    subaddress=False,
    resolutions=frozenset({"standard", "fine"}),
    max_pages=None,
    max_bytes=20_000_000,  # an upload's limit
    max_recipients=1,  # 20 000 fit, but share one reference
    max_reports=_transports.Soap.batch,
    scheduling=True,
    own_retries=False,  # RetriesToPerform is 0
    prints_header=True,
    confirms_delivery=True,
    reference_lookup="exact",
    request_interval=0.0,
    report_interval=10.0,  # six questions about states a minute
)

OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "SendCharFax": _sending.send_char_fax,
    "Sendfax": _sending.sendfax,
    "SendfaxEx": _sending.sendfax_ex,
    "SendfaxEx_2": _sending.sendfax_ex_2,
    "SendWordMailMerge": _sending.send_word_mail_merge,
    "ReSendFax": _sending.resend_fax,
    "ResendBroadcastFax": _sending.resend_broadcast_fax,
    "StartFileUpload": _sending.start_file_upload,
    "UploadFileChunk": _sending.upload_file_chunk,
    "CancelFileUpload": _sending.cancel_file_upload,
    "FaxStatus": _sending.fax_status,
    "FaxStatusEx": _sending.fax_status_ex,
    "FaxStatusXML": _sending.fax_status_xml,
    "FaxQuery": _sending.fax_query,
    "FaxQuery2": _sending.fax_query2,
    "GetFaxImage": _sending.get_fax_image,
    "CancelFax": _sending.cancel_fax,
    "CancelBatch": _sending.cancel_batch,
    "HideFax": _sending.hide_fax,
    "HideBatch": _sending.hide_batch,
    "GetSupportedFileTypes": _cards.get_supported_file_types,
    "IsSupportedFileType": _cards.is_supported_file_type,
    "GetListPP": _cards.get_list_pp,
    "GetPPCardDetails": _cards.get_pp_card_details,
    "GetPPCardTransactions": _cards.get_pp_card_transactions,
    "GetPPCardTransactionsAsByteArray": _cards.get_pp_card_transactions_as_byte_array,
    "GetList": _receiving.get_list,
    "GetList2": _receiving.get_list2,
    "GetImageChunk": _receiving.get_image_chunk,
    "MarkMessage": _receiving.mark_message,
    "GetAccountPPCardsBalance": _admin.get_account_pp_cards_balance,
    "OpenUser": _admin.open_user,
    "CloseUser": _admin.close_user,
    "SetUserProperties": _admin.set_user_properties,
    "GetUserProperties": _admin.get_user_properties,
    "GetInboundNodes": _admin.get_inbound_nodes,
    "AddRxService": _admin.add_rx_service,
    "RemoveRxService": _admin.remove_rx_service,
    "SetRxServiceProperties": _admin.set_rx_service_properties,
    "GetRxServiceProperties": _admin.get_rx_service_properties,
    "AddRxEmailProperties": _admin.add_rx_email_properties,
    "SetRxEmailProperties": _admin.set_rx_email_properties,
    "GetRxEmailProperties": _admin.get_rx_email_properties,
    "RemoveRxEmail": _admin.remove_rx_email,
    "AddTxService": _admin.add_tx_service,
    "RemoveTxService": _admin.remove_tx_service,
    "SetUserTxProperties": _admin.set_user_tx_properties,
    "GetUserTxProperties": _admin.get_user_tx_properties,
    "GetTimeZones": _admin.get_time_zones,
    "GetTimeZonesXML": _admin.get_time_zones_xml,
    "GetOutboundActivity": _admin.get_outbound_activity,
    "GetInboundActivity": _admin.get_inbound_activity,
    "outbound.deliver": _rest.deliver,
    "outbound.all": _rest.outbound,
    "outbound.completed": _rest.completed,
    "outbound.find": _rest.fax,
    "outbound.image": _rest.fax_image,
    "outbound.cancel": _rest.cancel,
    "outbound.hide": _rest.hide,
    "outbound.resend": _rest.resend,
    "outbound.search": _rest.search,
    "outbound.batches.all": _rest.batches,
    "outbound.batches.find": _rest.batch,
    "outbound.batches.children": _rest.batch_children,
    "outbound.batches.image": _rest.batch_image,
    "outbound.batches.resend": _rest.resend_batch,
    "outbound.batches.cancel": _rest.cancel_batch,
    "outbound.batches.hide": _rest.hide_batch,
    "outbound.documents.create": _rest.create_document,
    "outbound.documents.upload": _rest.upload_chunk,
    "outbound.documents.all": _rest.documents,
    "outbound.documents.find": _rest.document,
    "outbound.documents.delete": _rest.delete_document,
    "inbound.all": _rest.inbound,
    "inbound.find": _rest.received,
    "inbound.image": _rest.received_image,
    "inbound.emails": _rest.received_emails,
    "inbound.mark": _rest.mark,
    "inbound.resend": _rest.resend_received,
    "account.balance": _rest.balance,
}
"""Each takes an account's `client` first: `OPERATIONS["HideFax"](account.client, 5)`. REST's calls
have no names of their own; these follow the vendor's libraries."""

_TRANSPORTS: Mapping[str, Callable[..., _transports.Transport]] = {
    "soap": _transports.Soap,
    "rest": _transports.Rest,
}
_PAPERS = ("", "A4", "Letter", "Legal", "B4")


def connect(settings: Mapping[str, str], timeout: float = 60.0) -> _account.Account:
    """An account from its settings; `timeout`: seconds of silence borne on the wire.

    Nothing is sent yet. Raises errors.Permanent for a setting that cannot be used.
    """
    given = {key: settings.get(key) or setting.default for key, setting in SETTINGS.items()}
    transport = _one_of("transport", given["transport"], tuple(_TRANSPORTS))
    zone = _account.zone("UTC" if transport == "rest" else given["zone"])  # REST speaks GMT
    options = _transports.Options(
        csid=_csid(given["csid"]),
        header=given["header"] or None,
        paper=_one_of("paper", given["paper"], _PAPERS) or None,
    )
    client = _client(given, timeout)
    way = _TRANSPORTS[transport](client, options)
    interval = _interval(given["interval"])
    capabilities = dataclasses.replace(
        CAPABILITIES, report_interval=interval, max_reports=way.batch
    )
    return _account.Account(client, way, capabilities, zone, given["push"])


def _client(given: Mapping[str, str], timeout: float) -> _wire.Client:
    login = f"{given['username']}:{given['password']}".encode()
    secrets = [given["password"], given["push"], base64.b64encode(login).decode("ascii")]
    own = REST if given["url"] == SOAP else given["url"]
    soap, rest = (
        _http.Client(url, secrets=secrets, silence=timeout, ca=given["ca"])
        for url in (given["url"], given["rest_url"] or own)
    )
    return _wire.Client(soap, rest, username=given["username"], password=given["password"])


def _one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        words = ", ".join(filter(None, known))
        raise errors.Permanent(f"{name} is {value!r}; it must be one of {words}")
    return value


def _csid(value: str) -> str | None:
    if len(value) > 20:
        raise errors.Permanent("csid must have 20 characters at the most")
    return value or None


def _interval(value: str) -> float:
    try:
        return max(0.0, float(value))
    except ValueError:
        raise errors.Permanent(f"interval {value!r} is no number of seconds") from None
