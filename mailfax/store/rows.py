"""Records of `model` as rows, and back."""

import dataclasses
import datetime
import functools
import json
from collections.abc import Mapping
from typing import Any

from mailfax import errors, money, states
from mailfax.model import (
    Decision,
    Delivery,
    FaxJob,
    InboundFax,
    Outcome,
    Proof,
    Recipient,
    Report,
    Routing,
    Target,
    Transmission,
)
from mailfax.money import Money
from mailfax.number import FaxNumber
from mailfax.store import database

_Row = Mapping[Any, Any]


def plain(record: Any) -> Any:
    """A record as JSON can hold it: sets sorted, tuples as lists, times in ISO 8601, `5.00 EUR`."""
    if dataclasses.is_dataclass(record) and not isinstance(record, type | Money):
        return {
            field.name: plain(getattr(record, field.name)) for field in dataclasses.fields(record)
        }
    if isinstance(record, Mapping):
        return {str(key): plain(value) for key, value in record.items()}
    if isinstance(record, frozenset | set):
        return sorted(record)
    if isinstance(record, tuple | list):
        return [plain(item) for item in record]
    if isinstance(record, datetime.datetime):
        return record.isoformat()
    return str(record) if isinstance(record, Money) else record


@functools.lru_cache(maxsize=512)
def decision_text(decision: Decision) -> str:
    """A decision as it is frozen with its job."""
    return json.dumps(plain(decision), separators=(",", ":"))


@functools.lru_cache(maxsize=512)
def decision(text: str) -> Decision:
    """The decision frozen as `text`; many jobs share one."""
    kept = _known(Decision, json.loads(text))
    lists = {name: value for name, value in kept.items() if isinstance(value, list)}
    frozen = {name: frozenset(v) if name in _SETS else tuple(v) for name, v in lists.items()}
    amount = maybe_money(kept.get("approve_money"))
    at = kept.get("send_at")
    later = datetime.datetime.fromisoformat(at) if at else None
    return Decision(**kept | frozen | {"approve_money": amount, "send_at": later})


def maybe_money(text: str | None) -> Money | None:
    """An amount as `plain` writes it."""
    return money.parse(text) if text else None


_SETS = frozenset({"receipts", "leave_out"})
"""Settings of a decision in no order; other lists have one."""


def proof(kept: _Row) -> Proof:
    """What the sender had shown."""
    known = _known(Proof, kept)
    plural = ("networks", "certificate", "dkim", "pin")
    sets = {name: frozenset(known.get(name, ())) for name in plural}
    return Proof(**known | sets)


def routing(kept: _Row | None) -> Routing | None:
    """What the rules said about a received fax."""
    if kept is None:
        return None
    known = _known(Routing, kept)
    known["rules"] = tuple(known["rules"])
    known["targets"] = tuple(Target(**_known(Target, target)) for target in known["targets"])
    return Routing(**known)


def report(kept: _Row | None) -> Report | None:
    """What the provider said last."""
    if kept is None:
        return None
    known = _known(Report, kept)
    known["outcome"] = Outcome(known["outcome"])
    known["cause"] = cause(known["cause"])
    if known["ended_at"]:
        known["ended_at"] = datetime.datetime.fromisoformat(known["ended_at"])
    return Report(**known)


def _known(record: type, kept: _Row) -> dict[str, Any]:
    """The values that this version of a record knows: rows outlive versions."""
    names = {field.name for field in dataclasses.fields(record)}
    return {name: value for name, value in kept.items() if name in names}


def cause(text: str | None) -> errors.Cause | None:
    """A cause by its word."""
    return errors.Cause(text) if text else None


def notify_text(notify: frozenset[str] | None) -> str | None:
    """NOTIFY of RFC 3461 as one word list; None when the client did not say."""
    return None if notify is None else ",".join(sorted(notify))


def _notify(text: str | None) -> frozenset[str] | None:
    return None if text is None else frozenset(filter(None, text.split(",")))


def job(row: _Row) -> FaxJob:
    """A row of `jobs`."""
    return FaxJob(
        id=row["id"],
        message=row["message"],
        state=states.State(row["state"]),
        recipient=Recipient(
            address=row["address"],
            number=FaxNumber(row["number"]),
            subaddress=row["subaddress"],
            name=row["name"],
            company=row["company"],
        ),
        notify=_notify(row["notify"]),
        orcpt=row["orcpt"],
        decision=decision(row["decision"]),
        fence=row["fence"],
        tries=row["tries"],
        crashes=row["crashes"],
        created_at=database.moment(row["created_at"]),
        deadline=database.moment(row["deadline"]),
        due_at=database.moment(row["due_at"]),
        document=row["document"],
        pages=row["pages"],
        cause=cause(row["cause"]),
        note=row["note"],
        ended_at=database.maybe_moment(row["ended_at"]),
        approved_by=row["approved_by"],
    )


def transmission(row: _Row) -> Transmission:
    """A row of `transmissions`."""
    return Transmission(
        id=row["id"],
        job=row["job"],
        account=row["account"],
        number=FaxNumber(row["number"]),
        started_at=database.moment(row["started_at"]),
        subaddress=row["subaddress"],
        recipient_name=row["recipient_name"],
        reference=row["reference"],
        handle=row["handle"],
        pages=row["pages"],
        resolution=row["resolution"],
        price=maybe_money(row["price"]),
    )


def transmission_row(begun: Transmission) -> dict[str, Any]:
    """A transmission to be inserted."""
    return {
        "id": begun.id,
        "job": begun.job,
        "account": begun.account,
        "number": begun.number.digits,
        "subaddress": begun.subaddress,
        "recipient_name": begun.recipient_name,
        "reference": begun.reference,
        "handle": begun.handle,
        "pages": begun.pages,
        "resolution": begun.resolution,
        "price": plain(begun.price),
        "started_at": database.stamp(begun.started_at),
    }


def inbound_fax(row: _Row) -> InboundFax:
    """The provider's side of a row of `inbound`."""
    return InboundFax(
        account=row["account"],
        reference=row["reference"],
        did=row["did"],
        caller=row["caller"],
        received_at=database.moment(row["received_at"]),
        tsid=row["tsid"],
        pages=row["pages"],
    )


def delivery(row: _Row) -> Delivery:
    """A row of `deliveries`."""
    return Delivery(
        id=row["id"],
        target=row["target"],
        mail_from=row["mail_from"],
        message_id=row["message_id"],
        document=row["document"],
        tries=row["tries"],
        fence=row["fence"],
        created_at=database.moment(row["created_at"]),
        next_at=database.moment(row["due_at"]),
        data=row["data"],
    )
