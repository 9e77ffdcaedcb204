"""Fax-in numbers: where they can be had (Shopping), and those of a user (UserInfo).

What the answers are called is inference, but for AreaCodes and FaxInNumberList. All numbers
are of ranges that are kept for fiction.
"""

import dataclasses
import datetime
import hashlib
from decimal import Decimal

from mailfax.sandbox.pamfax import answer, places, shop, words
from mailfax.sandbox.pamfax.account import Inbox
from mailfax.sandbox.pamfax.answer import Items
from mailfax.sandbox.pamfax.call import Call, Operations
from mailfax.sandbox.pamfax.refusals import Refused
from mailfax.sandbox.pamfax.world import currency

_MONTH = datetime.timedelta(days=30)
_DOCUMENTS = frozenset(("png", "jpg", "doc", "docx", "pdf", "jpeg", "tiff", "tif", "gif", "bmp"))
_MAX_DOCUMENT = 2 * 1024 * 1024
_LATEST_EXTENSION = datetime.timedelta(days=366)


@dataclasses.dataclass(frozen=True, slots=True)
class Area:
    """An area code, and the ten numbers that are to be had there."""

    id: str
    country: str
    state: str
    code: str
    city: str
    start: str
    """All digits but the last; empty: none left."""
    needs_document: bool

    def entry(self) -> answer.Object:
        """As ListFaxInAreacodes has it."""
        return {
            "id": self.id,
            "group_id": self.id,
            "country_code": self.country,
            "state": self.state,
            "area_code": self.code,
            "description": self.city,
            "require_pi": int(self.needs_document),
        }


AREAS = (
    Area("101", "US", "CA", "415", "San Francisco", "+1415555015", False),
    Area("102", "US", "DC", "202", "Washington", "+1202555015", False),
    Area("201", "DE", "", "30", "Berlin", "+49302312511", True),
    Area("301", "GB", "", "20", "London", "+44207946015", False),
    Area("401", "JP", "", "3", "Tokyo", "", False),
)


def _area(code: str) -> Area:
    for area in AREAS:
        if area.id == code:
            return area
    raise Refused("area_code_not_found")


def _stock(call: Call, area: Area) -> list[str]:
    taken = {line.did for line in call.account.exchange.lines()}
    found = [f"{area.start}{digit}" for digit in range(10)] if area.start else []
    return [number for number in found if number not in taken]


# To be had


def list_fax_in_areacodes(call: Call) -> answer.Object:
    """Area codes of a country, or of a state."""
    country, state = call.text("country_code").upper(), call.word("state").upper()
    found = [one for one in AREAS if one.country == country and state in {"", one.state}]
    if not any(one.country == country for one in AREAS):
        raise Refused("invalid_country_code")
    return {"AreaCodes": Items(element="AreaCode", content=[one.entry() for one in found])}


def get_nearest_fax_in_number(call: Call) -> answer.Object:
    """The area code nearest to an address: Berlin here."""
    if not call.text("ip_address"):
        raise Refused("invalid_ip")
    return {"AreaCode": _area("201").entry()}


def list_available_pool_numbers(call: Call) -> answer.Object:
    """Numbers of a country that can be had."""
    country, group = call.text("country_code").upper(), call.word("group_id")
    areas = [one for one in AREAS if one.country == country and group in {"", one.id}]
    if not areas:
        raise Refused("invalid_country_code")
    prefix = call.word("prefix").strip()
    found = [
        {"pool_id": number[1:], "number": number, "group_id": area.id}
        for area in areas
        for number in _stock(call, area)
        if number.startswith(prefix)
    ]
    limit = min(call.number("limit", 10), 100)
    return {"PoolNumbers": Items(element="PoolNumber", content=found[:limit])}


def is_pi_required_for_group(call: Call) -> answer.Object:
    """Whether a document must prove the address."""
    return {"Group": {"require_pi": int(_area(call.text("group_id")).needs_document)}}


def validate_address(call: Call) -> answer.Object:
    """Whether an address will do for a number of this area."""
    area = _area(call.text("area_code_id"))
    _address(call, ("name", "address1", "zip", "city", "country_code"))
    return {"Address": {"require_personal_ident": int(area.needs_document)}}


def check_address(call: Call) -> answer.Object:
    """The same with more fields, and an identifier for the address."""
    area = _area(call.text("group_id"))
    salutation = call.text("salutation").upper()
    named = {"MR": ("first_name", "last_name"), "COMPANY": ("company_name",)}
    named["MS"] = named["MR"]
    if salutation not in named:
        raise Refused("wrong_salutation_field")
    local = ("country_code_a3", "city", "zip_code", "street_name", "building_number")
    _address(call, (*named[salutation], *local))
    _document(call, area)
    return {"Address": {"uuid": words.uuid()}}


def _address(call: Call, names: tuple[str, ...]) -> None:
    if not all(call.word(name) for name in names):
        raise Refused("address_field_missing")


def _document(call: Call, area: Area) -> None:
    if area.needs_document and call.word("verify_doc_uuid") not in call.account.documents:
        raise Refused("verify_doc_missed")


def upload_verify_doc(call: Call) -> answer.Object:
    """A document that proves an address; its size or its MD5 must be told."""
    upload = call.upload()
    size = call.word("file_size")
    md5 = (call.word("file_content_md5") or call.word("file_contentmd5")).lower()
    if not size and not md5:
        raise Refused("missing_argument")
    if upload.name.rpartition(".")[2].lower() not in _DOCUMENTS:
        raise Refused("file_extension_not_supported")
    if len(upload.data) > _MAX_DOCUMENT:
        raise Refused("verify_doc_file_too_large")
    if size and size != str(len(upload.data)):
        raise Refused("file_wrong_size")
    if md5 and md5 != hashlib.md5(upload.data).hexdigest():  # noqa: S324  the service's own
        raise Refused("file_wrong_checksum")
    uuid = words.uuid()
    call.account.documents.add(uuid)
    return {"VerifyDoc": {"uuid": uuid}}


# Bought


def order_number_for_credit(call: Call) -> answer.Object:
    """A number with a plan, paid from the credit; only looked at unless told otherwise."""
    area = _area(call.text("area_code_id"))
    _address(call, ("name", "address", "zip", "city", "country_code"))
    _document(call, area)
    price = shop.plan_price(call)
    _affordable(call, price)
    if call.text("only_validate") != "0":
        return {"Price": {"price": currency(call).told(price)}}
    inbox = _assign(call, area, call.text("plan_type").upper(), shop.months(call))
    call.user.pay(-price, f"Number {inbox.number}", call.now)
    return {"FaxInNumber": _entry(call, inbox)}


def assign_fax_number(call: Call) -> answer.Object:
    """A number of an area, with the basic plan."""
    area = _area(call.text("areacode_id"))
    _address(call, ("fullname", "street", "zip", "city", "country_code"))
    _document(call, area)
    return {"FaxInNumber": _entry(call, _assign(call, area, "BASIC", 12))}


def _assign(call: Call, area: Area, plan: str, months: int) -> Inbox:
    wanted = call.word("pool_id")
    for number in _stock(call, area):
        if wanted not in {"", number[1:]}:
            continue
        if call.account.exchange.assign(call.account.provider, number):
            inbox = Inbox(number=number, plan=plan, expires=call.now + months * _MONTH)
            call.user.numbers[number] = inbox
            return inbox
    raise Refused("pool_number_not_found" if wanted else "no_faxin_available")


def _affordable(call: Call, price: Decimal) -> None:
    if call.user.credit < price:
        raise Refused("not_enough_credit")


def extend_number_for_credit(call: Call) -> answer.Object:
    """More months for a number."""
    inbox, price = _own(call), shop.plan_price(call)
    if inbox.plan != call.text("plan_type").upper():
        raise Refused("faxin_plans_mismatch")
    until = inbox.expires + shop.months(call) * _MONTH
    if until > call.now + _LATEST_EXTENSION + 12 * _MONTH:
        raise Refused("faxin_number_have_too_long_valid_until")
    _affordable(call, price)
    if call.text("only_validate") != "0":
        return {"Price": {"price": currency(call).told(price)}}
    inbox.expires = until
    call.user.pay(-price, f"Extension of {inbox.number}", call.now)
    return {"FaxInNumber": _entry(call, inbox)}


def get_extend_number_cost(call: Call) -> answer.Object:
    """What a month more of a number costs."""
    return {"Price": {"price": currency(call).told(shop.PLANS[_own(call).plan])}}


def upgrade_basic_to_pro(call: Call) -> answer.Object:
    """The professional plan for a number; only its price unless told otherwise."""
    inbox = _own(call)
    if inbox.plan == "PRO":
        raise Refused("faxin_already_pro")
    price = shop.PLANS["PRO"] - shop.PLANS["BASIC"]
    _affordable(call, price)
    if call.text("only_calculate") == "0":
        inbox.plan = "PRO"
        call.user.pay(-price, f"Upgrade of {inbox.number}", call.now)
    return {"Price": {"price": currency(call).told(price)}}


def change_verify_doc(call: Call) -> answer.Object:
    """Another document for a number, which is unverified from then on."""
    inbox = _own(call)
    told = upload_verify_doc(call)
    inbox.verified = False
    return told


def _own(call: Call) -> Inbox:
    """The number of the user that is meant; raises `Refused`."""
    inbox = call.user.numbers.get(places.number(call.text("number")).e164)
    if inbox is None:
        raise Refused("number_not_assigned_to_user")
    return inbox


# Owned


def list_inboxes(call: Call) -> answer.Object:
    """The user's numbers; the expired ones by wish."""
    found = [
        _entry(call, inbox)
        for inbox in call.user.numbers.values()
        if call.flag("expired_too") or inbox.expires > call.now
    ]
    return {"FaxInNumberList": Items(element="FaxInNumber", content=found)}


def _entry(call: Call, inbox: Inbox) -> answer.Object:
    return {
        "number": inbox.number,
        "alias_number": inbox.alias,
        "plan": inbox.plan,
        "expires": call.stamp(inbox.expires),
        "verified": int(inbox.verified),
    }


def has_plan(call: Call) -> answer.Object:
    """NONE, BASIC or PRO."""
    plans = {inbox.plan for inbox in call.user.numbers.values()}
    best = next((plan for plan in ("PRO", "BASIC") if plan in plans), "NONE")
    return {"Plan": {"name": best}}


def cancel_number(call: Call) -> answer.Object:
    """Give a number back."""
    inbox = _own(call)
    del call.user.numbers[inbox.number]
    call.account.exchange.release(call.account.provider, inbox.number)
    return {}


def set_number_alias(call: Call) -> answer.Object:
    """Show another number instead of the real one."""
    inbox = _own(call)
    try:
        inbox.alias = places.number(call.text("alias_number")).e164
    except Refused:
        raise Refused("invalid_alias_number") from None
    return {}


def remove_number_alias(call: Call) -> answer.Object:
    """Show the real number again."""
    inbox = _own(call)
    if not inbox.alias:
        raise Refused("alias_not_found")
    inbox.alias = ""
    return {}


SHOP: Operations = {
    "ValidateAddressForFaxInNumber": validate_address,
    "CheckAddressForFaxInNumber": check_address,
    "UploadVerifyDoc": upload_verify_doc,
    "ChangeVerifyDoc": change_verify_doc,
    "GetExtendNumberCost": get_extend_number_cost,
    "UpgradeBasic2ProForPFCredit": upgrade_basic_to_pro,
    "OrderNumberForPFCredit": order_number_for_credit,
    "ExtendNumberForPFCredit": extend_number_for_credit,
}
OPEN_SHOP: Operations = {
    "ListFaxInAreacodes": list_fax_in_areacodes,
    "GetNearestFaxInNumber": get_nearest_fax_in_number,
    "ListAvailablePoolNumbers": list_available_pool_numbers,
    "isPIRequiredForGroup": is_pi_required_for_group,
}
USER: Operations = {
    "ListInboxes": list_inboxes,
    "HasPlan": has_plan,
    "AssignFaxNumber": assign_fax_number,
    "CancelNumber": cancel_number,
    "SetNumberAlias": set_number_alias,
    "RemoveNumberAlias": remove_number_alias,
}
