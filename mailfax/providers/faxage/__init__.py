"""FAXAGE: form POSTs over HTTPS, answered in lines of text; United States and Canada only.

What is not in the API manual of March 2014 is marked where it stands.
"""

import dataclasses
import zoneinfo
from collections.abc import Callable, Mapping
from typing import Any

from mailfax import errors
from mailfax.providers import _http, _port
from mailfax.providers.faxage import _account, _client

SETTINGS: Mapping[str, _port.Setting] = {
    "url": _port.Setting(
        required=False, default="https://api.faxage.com", help="base URL of the service"
    ),
    "username": _port.Setting(help="login, with company and password"),
    "company": _port.Setting(help="company credential, mostly a number"),
    "password": _port.Setting(secret=True, help="password of the login"),
    "token": _port.Setting(
        required=False,
        default="yes",
        help="yes: end the recipient's name in a short code, so that a fax whose answer was "
        "lost can be found; it may show on the page",
    ),
    "zone": _port.Setting(
        required=False,
        default="UTC",
        help="time zone of the account's times, as America/Denver; documented nowhere",
    ),
    "tagname": _port.Setting(required=False, help="sender's name in the header line of each page"),
    "tagnumber": _port.Setting(
        required=False, help="sender's number in the header line, as 1.303.555.1212"
    ),
    "priority": _port.Setting(required=False, help="high or low; empty: high"),
    "interval": _port.Setting(
        required=False, default="0", help="least seconds between two requests"
    ),
    "ca": _port.Setting(
        required=False, help="file of the certificate authorities to trust instead of all"
    ),
}

CAPABILITIES = _port.Capabilities(
    file_types=frozenset(  # page 7
        (
            *("bmp", "csv", "doc", "docx", "dot", "gif", "htm", "html", "jpeg", "jpg", "ods"),
            *("odt", "pcl", "pdf", "ps", "rtf", "tif", "tiff", "txt", "xls", "xlsx"),
        )
    ),
    countries=frozenset({"US", "CA"}),  # page 10: continental US, Canada, Hawaii
    subaddress=False,
    resolutions=frozenset(_account.RESOLUTIONS),
    max_pages=None,
    max_bytes=None,
    max_recipients=1,
    max_reports=_account.BATCH,
    scheduling=False,
    own_retries=True,  # page 9: set at the website, for the whole account
    prints_header=True,
    confirms_delivery=True,
    reference_lookup="near",
    request_interval=0.0,  # none is documented
)

OPERATIONS: Mapping[str, Callable[..., Any]] = {
    operation.__name__: operation
    for operation in (
        _client.Client.sendfax,
        _client.Client.sendfax_urls,
        _client.Client.status,
        _client.Client.dlstatus,
        _client.Client.dltrans,
        _client.Client.clear,
        _client.Client.stopfax,
        _client.Client.listfax,
        _client.Client.getfax,
        _client.Client.delfax,
        _client.Client.disabledid,
        _client.Client.enabledid,
        _client.Client.portable,
        _client.Client.listlines,
        _client.Client.getcdr,
        _client.Client.listac,
        _client.Client.listnpanxx,
        _client.Client.listdids,
        _client.Client.provdid,
        _client.Client.deprovdid,
        _client.Client.debug,
    )
}
"""Each takes an account's `client` first: `OPERATIONS["clear"](account.client, jobid)`."""


def connect(settings: Mapping[str, str], timeout: float = 60.0) -> _account.Account:
    """An account from its settings; `timeout`: seconds of silence borne on the wire.

    Nothing is sent yet. Raises errors.Permanent for a setting that cannot be used.
    """
    given = {key: settings.get(key) or setting.default for key, setting in SETTINGS.items()}
    http = _http.Client(given["url"], secrets=[given["password"]], silence=timeout, ca=given["ca"])
    client = _client.Client(
        http,
        username=given["username"],
        company=given["company"],
        password=given["password"],
    )
    options = _account.Options(
        zone=_zone(given["zone"]),
        token=_yes(given["token"]),
        tagname=given["tagname"] or None,
        tagnumber=given["tagnumber"] or None,
        priority=given["priority"] or None,
    )
    capabilities = dataclasses.replace(
        CAPABILITIES,
        reference_lookup="near" if options.token else "none",
        request_interval=_interval(given["interval"]),
    )
    return _account.Account(client, capabilities, options)


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise errors.Permanent(f"zone {name!r} is no time zone, as America/Denver is") from None


def _yes(value: str) -> bool:
    if value not in {"yes", "no"}:
        raise errors.Permanent(f"token is {value!r}; it must be yes or no")
    return value == "yes"


def _interval(value: str) -> float:
    try:
        return max(0.0, float(value))
    except ValueError:
        raise errors.Permanent(f"interval {value!r} is no number of seconds") from None
