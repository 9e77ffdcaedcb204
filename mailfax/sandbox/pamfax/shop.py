"""Shopping: credit, vouchers, invoices, and what is for sale.

Names of answers are those of a vendor application's constants (facts file, section 5: names
only); their fields are inference.
"""

import re
from decimal import Decimal, InvalidOperation

from mailfax.sandbox._wire import Reply
from mailfax.sandbox.pamfax import answer, images, places, sending
from mailfax.sandbox.pamfax.answer import Items
from mailfax.sandbox.pamfax.call import Call, Operations
from mailfax.sandbox.pamfax.refusals import Refused
from mailfax.sandbox.pamfax.world import currency

VOUCHER = "PCPC0815"
"""The test code of the vendor's sandbox; it can be redeemed again and again (inference)."""
PLANS = {"BASIC": Decimal("5.95"), "PRO": Decimal("9.95")}
"""EUR a month, with a fax-in number (inference)."""
_VOUCHER_VALUE = Decimal(10)
_PACKS = (10, 30, 50, 100, 250, 500, 1000)
_LINKS = {"", "credit_packs", "basic_plan", "pro_plan", "checkout"}
_MAX_AMOUNT = Decimal(1_000_000)


def redeem_credit_voucher(call: Call) -> answer.Object:
    """Credit by a code, whose format is ignored."""
    code = re.sub(r"[^A-Z0-9]", "", call.text("vouchercode").upper())
    if code != VOUCHER:
        raise Refused("voucher_invalid")
    _credit(call, _VOUCHER_VALUE, f"Voucher {VOUCHER}")
    return {}


def add_credit_to_sandbox_user(call: Call) -> answer.Object:
    """Credit for trying out, in the user's currency; less of it by a negative amount."""
    try:
        amount = Decimal(call.text("amount"))
    except InvalidOperation:
        raise Refused("bad_property") from None
    if not amount.is_finite() or abs(amount) > _MAX_AMOUNT:
        raise Refused("bad_property")
    _credit(call, call.user.currency.kept(amount), call.word("reason") or "Sandbox credit")
    return {}


def _credit(call: Call, euros: Decimal, reason: str) -> None:
    call.user.pay(euros, reason, call.now)
    sending.paid(call.account, call.user, call.now)


def get_invoice(call: Call) -> Reply:
    """A PDF about an order of UserInfo/ListOrders."""
    for order in call.user.orders:
        if order.uuid == call.text("payment_uuid"):
            amount = call.user.currency.formatted(order.amount)
            data = images.report(["Invoice", order.uuid, order.description, amount], [])
            return answer.download(f"invoice-{order.uuid}.pdf", "application/pdf", data)
    raise Refused("payment_not_found")


def list_available_items(call: Call) -> answer.Object:
    """Packs of credit, and plans."""
    money = currency(call)
    packs: list[answer.Object] = [
        {"name": f"Pack{one}", "price": money.told(Decimal(one))} for one in _PACKS
    ]
    return {
        "CreditPacks": Items(element="CreditPack", content=packs),
        **list_available_items_for_credit(call),
    }


def list_available_items_for_credit(call: Call) -> answer.Object:
    """Plans, which are to be had for credit too."""
    money = currency(call)
    plans: list[answer.Object] = [
        {"name": name, "price": money.told(price)} for name, price in PLANS.items()
    ]
    return {"Plans": Items(element="Plan", content=plans)}


def get_shop_link(call: Call) -> answer.Object:
    """Where to buy, for a browser; leads nowhere here."""
    kind = call.word("type")
    if kind not in _LINKS:
        raise Refused("bad_property")
    link = f"https://shop.sandbox.invalid/{kind}"
    product = call.word("product")
    return {"ShopLink": {"link": f"{link}?product={product}" if product else link}}


def get_number_price(call: Call) -> answer.Object:
    """What a number with a plan costs for some months."""
    return {"Price": {"price": currency(call).told(plan_price(call))}}


def plan_price(call: Call) -> Decimal:
    """EUR for `plan_type` and `months`; raises `Refused`."""
    price = PLANS.get(call.text("plan_type").upper())
    if price is None:
        raise Refused("plan_not_found")
    return price * months(call)


def months(call: Call) -> int:
    """1 to 12 of them; raises `Refused`."""
    count = call.number("months", 1)
    if not 1 <= count <= 12:
        raise Refused("wrong_months_count")
    return count


def list_fax_in_countries(_call: Call) -> answer.Object:
    """Countries where numbers can be had."""
    found = [places.by_code(code).entry() for code in ("US", "DE", "GB", "JP")]
    return {"FaxInCountries": Items(element="Country", content=found)}


LOGGED_IN: Operations = {
    "RedeemCreditVoucher": redeem_credit_voucher,
    "AddCreditToSandboxUser": add_credit_to_sandbox_user,
    "GetInvoice": get_invoice,
    "ListAvailableItemsForPFCredit": list_available_items_for_credit,
}
OPEN: Operations = {
    "ListAvailableItems": list_available_items,
    "GetShopLink": get_shop_link,
    "GetNumberPrice": get_number_price,
    "ListFaxInCountries": list_fax_in_countries,
}
