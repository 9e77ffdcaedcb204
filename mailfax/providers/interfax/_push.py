"""InterFAX's web feedback: its HTTP request to us when a fax has ended or come in.

It comes as a form or as SOAP, by the account's setting. Of an outgoing fax only the id is read:
a hint to look. The vendor's pages tell TransactionIDType, TransactionID and the forms of times;
that the fields of a received fax have the names of the inbound service is inference. Nothing in
it proves who sent it but the last part of the path, which only the service is told.
"""

import datetime
import urllib.parse
from collections.abc import Mapping

from mailfax import errors
from mailfax.providers import _port
from mailfax.providers.interfax import _reading, _records

OK = "OK"
"""What the service wants to hear."""
LIMIT = 1_000_000
"""Octets of a push: it carries no image."""

_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_NAMESPACES = frozenset({"http://CallBack.Interfax.net/", "https://CallBack.Interfax.net/"})
_KINDS = frozenset({"Outbound", "Inbound"})


def read(request: _port.Push) -> tuple[str, dict[str, str], bytes]:
    """Outbound or Inbound, the fields, and the reply; raises errors.Permanent for anything else."""
    if len(request.body) > LIMIT:
        raise _strange()
    if request.body.lstrip().startswith(b"<"):
        return _soap(request.body)
    fields = _form(request.body)
    kind = fields.get("TransactionIDType", "")
    if kind not in _KINDS:
        raise _strange()
    return kind, fields, OK.encode("ascii")


def transaction(fields: Mapping[str, str], name: str) -> str:
    """The digits of the fax's id, which stand under TransactionID or under `name`."""
    value = (fields.get("TransactionID") or fields.get(name) or "").strip()
    if not (value.isascii() and value.isdigit() and len(value) <= 18):
        raise _strange()
    return value


def message(fields: Mapping[str, str]) -> _records.Message:
    """A received fax."""
    own = {**fields, "MessageID": transaction(fields, "MessageID")}
    return _reading.read(_records.Message, own | {"ReceiveTime": _time(own.get("ReceiveTime", ""))})


def _form(body: bytes) -> dict[str, str]:
    try:
        pairs = urllib.parse.parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=200
        )
    except ValueError:
        raise _strange() from None
    return dict(pairs)


def _soap(body: bytes) -> tuple[str, dict[str, str], bytes]:
    from lxml import etree

    if b"<!DOCTYPE" in body:
        raise _strange()
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, remove_comments=True,
        remove_pis=True,
    )  # fmt: skip
    try:
        call = etree.fromstring(body, parser).find(f"{{{_ENVELOPE}}}Body/*")
    except (etree.XMLSyntaxError, ValueError):
        raise _strange() from None
    if call is None:
        raise _strange()
    name = etree.QName(call)
    if name.namespace not in _NAMESPACES or name.localname not in _KINDS:
        raise _strange()
    fields = {etree.QName(leaf).localname: leaf.text or "" for leaf in call.iter() if not len(leaf)}
    return name.localname, fields, _answer(name.namespace, name.localname)


def _answer(namespace: str, kind: str) -> bytes:
    """The string OK, as .NET wraps it; that the result is called so is inference."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<soap:Envelope xmlns:soap="{_ENVELOPE}"><soap:Body>'
        f'<{kind}Response xmlns="{namespace}"><{kind}Result>{OK}</{kind}Result></{kind}Response>'
        "</soap:Body></soap:Envelope>"
    ).encode("ascii")


def _time(written: str) -> datetime.datetime | None:
    """A moment in GMT: `dd/mm/yyyy hh:mm:ss` in a form, ISO 8601 in SOAP."""
    try:
        read = datetime.datetime.strptime(written.strip(), "%d/%m/%Y %H:%M:%S")  # noqa: DTZ007
    except ValueError:
        try:
            read = datetime.datetime.fromisoformat(written.strip())
        except ValueError:
            return None
    return read if read.tzinfo else read.replace(tzinfo=datetime.UTC)


def _strange() -> errors.Permanent:
    return errors.Permanent("the request is no web feedback of the provider")
