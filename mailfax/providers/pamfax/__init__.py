"""PamFax: form POSTs over HTTPS with a checksum, answered in JSON or XML; all countries.

There is no manual but the vendor's page of how to call; methods and codes come from the
vendor's own PHP client of 2017, shapes of answers from recorded ones. Grades: documented [D],
reference client [P], recorded answer [F], other clients [C], run by us [R], else inference.
"""

import dataclasses
import math
import zoneinfo
from collections.abc import Mapping

from mailfax import errors
from mailfax.providers import _http, _port
from mailfax.providers.pamfax import _account, _building, _calling, _client

SETTINGS: Mapping[str, _port.Setting] = {
    "url": _port.Setting(
        required=False, default="https://api.pamfax.biz", help="base URL of the service"
    ),
    "apikey": _port.Setting(help="key of the application, from the vendor"),
    "secret": _port.Setting(secret=True, help="secret word of the application"),
    "username": _port.Setting(help="login of the user who sends and receives"),
    "password": _port.Setting(secret=True, help="password of the user"),
    "format": _port.Setting(
        required=False, default="json", help="how the service answers: json or xml"
    ),
    "zone": _port.Setting(
        required=False,
        default="UTC",
        help="time zone of the user's settings, as Europe/Berlin; the service's times name none",
    ),
    "patience": _port.Setting(
        required=False,
        default="120",
        help="seconds to wait for the conversion of a document before it is sent",
    ),
    "sender_name": _port.Setting(
        required=False, help="sender's name in the header line; empty: as the user is set"
    ),
    "sender_number": _port.Setting(
        required=False, help="sender's number in the header line; empty: as the user is set"
    ),
    "interval": _port.Setting(
        required=False, default="0", help="least seconds between two requests"
    ),
    "ca": _port.Setting(
        required=False, help="file of the certificate authorities to trust instead of all"
    ),
}

CAPABILITIES = _port.Capabilities(
    file_types=frozenset(  # those of UploadVerifyDoc [P]; that they can be faxed is inference
        ("bmp", "doc", "docx", "gif", "jpeg", "jpg", "pdf", "png", "tif", "tiff")
    ),
    countries=None,
    subaddress=False,
    resolutions=frozenset({"standard", "fine"}),  # no call has a word for it: inference
    max_pages=None,
    max_bytes=None,
    max_recipients=1,  # one fax a session, one session a fax: each has its own answer
    max_reports=600,  # a list is read once for many such questions
    scheduling=True,
    own_retries=True,  # a listener can be told of "faxretrying" [P]
    prints_header=True,
    confirms_delivery=True,
    reference_lookup="exact",
    request_interval=0.0,  # too_many_requests exists, its limit is told nowhere
)

OPERATIONS = _client.OPERATIONS
"""Each takes an account's `client` first: `OPERATIONS["FaxJob/Send"](account.client)`."""


def connect(settings: Mapping[str, str], timeout: float = 60.0) -> _account.Account:
    """An account from its settings; `timeout`: seconds of silence borne on the wire.

    Nothing is sent yet. Raises errors.Permanent for a setting that cannot be used.
    """
    given = {key: settings.get(key) or setting.default for key, setting in SETTINGS.items()}
    wishes = _building.Wishes(
        patience=_seconds("patience", given["patience"]),
        sender_name=given["sender_name"] or None,
        sender_number=given["sender_number"] or None,
    )
    capabilities = dataclasses.replace(
        CAPABILITIES, request_interval=_seconds("interval", given["interval"])
    )
    form = _format(given["format"])
    secrets = [given["secret"], given["password"]]
    http = _http.Client(given["url"], secrets=secrets, silence=timeout, ca=given["ca"])
    wire = _calling.Wire(http, apikey=given["apikey"], secret=given["secret"], format=form)
    client = _client.Client(wire, username=given["username"], password=given["password"])
    return _account.Account(client, capabilities, _zone(given["zone"]), wishes)


def _format(name: str) -> str:
    formats = {"json": _calling.JSON, "xml": _calling.XML}
    if name not in formats:
        raise errors.Permanent(f"format is {name!r}; it must be json or xml")
    return formats[name]


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise errors.Permanent(f"zone {name!r} is no time zone, as Europe/Berlin is") from None


def _seconds(key: str, value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise errors.Permanent(f"{key} {value!r} is no number of seconds")
    return seconds
