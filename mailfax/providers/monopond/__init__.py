"""Monopond: SOAP 1.1 over HTTPS, versions 2 and 2.1, with pushes for results and received faxes.

Facts are from the service's published description and documentation, 2013 to 2020; what is
neither is marked "inference" where it stands.
"""

import dataclasses
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

from mailfax import errors, number
from mailfax.providers import _http, _port
from mailfax.providers.monopond import _account, _client, _links, _requests

VERSIONS = ("2", "2.1")
SENDER = 20
"""Characters of the sender's identity: 32 until 2017, as some pages still say."""
OLD_PATH = "/fax/soap"
"""Where the versions lie at the provider's older address, api.monopond.com."""

SETTINGS: Mapping[str, _port.Setting] = {
    "url": _port.Setting(
        required=False,
        default="https://faxapi.monopond.com/api/fax",
        help="base URL, to which /v2.1 is added; /fax/soap too where it has no path",
    ),
    "version": _port.Setting(
        required=False,
        default="2.1",
        help="2.1 or 2; version 2 is documented at https://api.monopond.com only",
    ),
    "username": _port.Setting(help="login, with password"),
    "password": _port.Setting(secret=True, help="password of the login"),
    "sender": _port.Setting(
        required=False, help="identity on the line and in the header line, at most 20 characters"
    ),
    "header": _port.Setting(
        required=False, help="header line of each page, as From %from%, To %to%|%d %b %Y %H:%M"
    ),
    "zone": _port.Setting(required=False, help="time zone of the header line, as Australia/Perth"),
    "cli": _port.Setting(required=False, help="number shown to the called, once enabled"),
    "blocklists": _port.Setting(
        required=False, help="lists to look numbers up in, of dncr, fps and smartblock"
    ),
    "push": _port.Setting(
        required=False,
        secret=True,
        help="last part of the path that the provider posts to; empty: it may not",
    ),
    "numbers": _port.Setting(required=False, help="our fax numbers, as +61861112222, by spaces"),
    "links": _port.Setting(
        required=False,
        default="monopond.com cloudfront.net",
        help="hosts from which received faxes are fetched, with all below them",
    ),
    "interval": _port.Setting(
        required=False, default="0", help="least seconds between two requests"
    ),
    "ca": _port.Setting(
        required=False, help="file of the certificate authorities to trust instead of all"
    ),
}

CAPABILITIES = _port.Capabilities(
    file_types=frozenset(  # facts section 6; tif and jpeg beside tiff and jpg are inference
        (
            *("doc", "docx", "gif", "jpeg", "jpg", "pdf", "png", "ppt", "pptx", "ps"),
            *("tif", "tiff", "txt", "xls", "xlsx"),
        )
    ),
    countries=None,  # none are named; destinations are enabled for each account
    subaddress=False,
    resolutions=frozenset(_account.RESOLUTIONS),
    max_pages=None,  # told with each request in version 2.1
    max_bytes=None,  # none is published
    max_recipients=_account.GROUP,
    max_reports=_account.GROUP,
    scheduling=True,
    own_retries=False,
    prints_header=True,
    confirms_delivery=True,
    reference_lookup="exact",
    request_interval=0.0,  # none is documented
)

OPERATIONS: Mapping[str, Callable[..., Any]] = {
    "SendFax": _client.Client.send_fax,
    "FaxStatus": _client.Client.fax_status,
    "StopFax": _client.Client.stop_fax,
    "PauseFax": _client.Client.pause_fax,
    "ResumeFax": _client.Client.resume_fax,
    "SaveFaxDocument": _client.Client.save_fax_document,
    "DeleteFaxDocument": _client.Client.delete_fax_document,
    "FaxDocumentPreview": _client.Client.fax_document_preview,
}
"""Each takes an account's `client` first: `OPERATIONS["StopFax"](account.client, send_ref=…)`."""


def connect(settings: Mapping[str, str], timeout: float = 60.0) -> _account.Account:
    """An account from its settings; `timeout`: seconds of silence borne on the wire.

    Nothing is sent yet. Raises errors.Permanent for a setting that cannot be used.
    """
    given = {key: settings.get(key) or setting.default for key, setting in SETTINGS.items()}
    options = _options(given)
    base = _base(given["url"])
    secrets = [given["password"], given["push"]]
    http = _http.Client(base, secrets=secrets, silence=timeout, ca=given["ca"])
    client = _client.Client(
        http,
        version=options.version,
        username=_printable("username", given["username"]),
        password=_printable("password", given["password"]),
    )
    links = _links.Links(base, given["links"].lower().split(), silence=timeout, ca=given["ca"])
    capabilities = dataclasses.replace(CAPABILITIES, request_interval=_interval(given["interval"]))
    return _account.Account(client, links, capabilities, options)


def _options(given: Mapping[str, str]) -> _account.Options:
    version = _one_of("version", given["version"], VERSIONS)
    if version == "2" and (given["zone"] or given["cli"]):
        raise errors.Permanent("zone and cli need version 2.1")
    if len(given["sender"]) > SENDER:
        raise errors.Permanent(f"sender is longer than {SENDER} characters")
    return _account.Options(
        version=version,
        sender=_printable("sender", given["sender"]) or None,
        header=_printable("header", given["header"]) or None,
        zone=_printable("zone", given["zone"]) or None,
        cli=_printable("cli", given["cli"]) or None,
        blocklists=_blocklists(given["blocklists"]),
        push=given["push"],
        numbers=tuple(_number(written) for written in given["numbers"].split()),
    )


def _base(url: str) -> str:
    """The URL with a path; one that cannot be read is refused by who opens it."""
    try:
        bare = not urllib.parse.urlsplit(url).path.strip("/")
    except ValueError:
        return url
    return url.rstrip("/") + OLD_PATH if bare else url


def _blocklists(names: str) -> _requests.Blocklists | None:
    wanted = names.split()
    known = [field.name for field in dataclasses.fields(_requests.Blocklists)]
    for name in wanted:
        _one_of("blocklists", name, known)
    return _requests.Blocklists(**dict.fromkeys(wanted, True)) if wanted else None


def _one_of(key: str, value: str, known: Any) -> str:
    if value not in known:
        raise errors.Permanent(f"{key} is {value!r}; there is {', '.join(known)}")
    return value


def _number(written: str) -> str:
    try:
        return str(number.parse(written, None))
    except errors.Permanent as error:
        raise errors.Permanent(f"numbers: {error}") from None


def _printable(key: str, value: str) -> str:
    """XML cannot carry control characters."""
    if not value.isprintable():
        raise errors.Permanent(f"{key} holds a character that cannot be sent")
    return value


def _interval(value: str) -> float:
    try:
        return max(0.0, float(value))
    except ValueError:
        raise errors.Permanent(f"interval {value!r} is no number of seconds") from None
