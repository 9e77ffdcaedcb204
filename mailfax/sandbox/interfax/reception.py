"""admin.asmx: a user's receiving service, its number and its addresses (manual)."""

from mailfax.sandbox.interfax import account as accounts
from mailfax.sandbox.interfax import administration, numbers, timezones
from mailfax.sandbox.interfax.account import Account, Forwarding, Refused, Rx, User
from mailfax.sandbox.interfax.envelope import Arguments, Value
from mailfax.sandbox.interfax.page import Answer

_BAD_TIME_ZONE = -2012
_BAD_COUNTRY = -2028
_HAS_RX = -2032
"""By the manual; a newer page says the opposite of this code."""
_NO_NUMBERS = -2033
_HAS_EMAIL = -2034
_NO_EMAIL = -2035
_NO_RX = -2036
_BAD_FORMAT = -2053
_BAD_DELETE = -2054
_FORMATS = {"TIF": "TIF", "TIFF": "TIF", "PDF": "PDF"}
_DELETE_AFTER = ("DeleteAfterWS", "DeleteAfterMail")
"""Only these two are known."""


def get_inbound_nodes(_account: Account, given: Arguments) -> Answer:
    """GetInboundNodes: places with numbers in a country; there are no credentials to check."""
    country = given.text("Country").strip().upper()
    nodes: list[tuple[str, Value]] = [
        (
            "InboundNode",
            {
                "ID": node.id,
                "Description": node.description,
                "CountryCode": node.code,
                "Prefix": node.prefix,
            },
        )
        for node in numbers.NODES
        if country in {"", node.country}
    ]
    return Answer(nodes)


def add_service(account: Account, given: Arguments) -> int:
    """AddRxService: a number, the one asked for or any of the place."""
    administration.primary(account, given)
    user = administration.named(account, given.text("Username"))
    if user.rx is not None:
        raise Refused(_HAS_RX)
    country = given.text("CountryISOCode").strip().upper()
    if not numbers.is_country(country):
        raise Refused(_BAD_COUNTRY)
    taken = {line.did for line in account.exchange.lines()}
    offered = [number for number in _offered(country, given) if number not in taken]
    if not offered or not account.exchange.assign(accounts.NAME, offered[0]):
        raise Refused(_NO_NUMBERS)
    user.rx = Rx(number=offered[0], forwardings=_forwardings(given.text("Emails")))
    return 0


def _offered(country: str, given: Arguments) -> list[str]:
    prefix, local = given.text("Prefix").strip(), given.text("LocalNumber").strip()
    return [
        f"+{node.code}{node.prefix}{number}"
        for node in numbers.NODES
        for number in node.locals
        if node.country == country and prefix in {"", str(node.prefix)} and local in {"", number}
    ]


def remove_service(account: Account, given: Arguments) -> int:
    """RemoveRxService: the number goes back."""
    administration.primary(account, given)
    user = administration.named(account, given.text("Username"))
    account.exchange.release(accounts.NAME, _rx(user).number)
    user.rx = None
    return 0


def set_properties(account: Account, given: Arguments) -> int:
    """SetRxServiceProperties: all but the number; what is empty stays as it was (inference)."""
    wanted = given.part("U_Rx")
    user = administration.target(account, account.login(given), wanted.text("Username"))
    rx = _rx(user)
    form = wanted.text("AttachmentFormat").upper()
    after, zone = wanted.text("DeleteAfterUsage"), wanted.text("TimeZone")
    if form and form not in _FORMATS:
        raise Refused(_BAD_FORMAT)
    if after and after not in _DELETE_AFTER:
        raise Refused(_BAD_DELETE)
    if zone and not timezones.is_known(zone):
        raise Refused(_BAD_TIME_ZONE)
    rx.attachment_format = _FORMATS.get(form, rx.attachment_format)
    rx.delete_after_usage = after or rx.delete_after_usage
    rx.number_format = wanted.text("NumberFormat") or rx.number_format
    user.time_zone = zone or user.time_zone
    if wanted.text("Emails"):
        rx.forwardings = _forwardings(wanted.text("Emails"))
    return 0


def get_properties(account: Account, given: Arguments) -> Answer:
    """GetRxServiceProperties: of the user named in the structure, else one's own."""
    name = given.part("U_Rx").text("Username")
    user = administration.target(account, account.login(given), name)
    rx = _rx(user)
    values: dict[str, Value] = {
        "Username": user.name,
        "PhoneNumber": numbers.canonical(rx.number),
        "AttachmentFormat": rx.attachment_format,
        "DeleteAfterUsage": rx.delete_after_usage,
        "Emails": ";".join(one.address for one in rx.forwardings),
        "TimeZone": user.time_zone,
        "NumberFormat": rx.number_format,
    }
    return Answer(0, {"U_Rx": values})


# Addresses


def get_emails(account: Account, given: Arguments) -> Answer:
    """GetRxEmailProperties."""
    items: list[tuple[str, Value]] = [
        (
            "User_RxEmail",
            {
                "EmailAddress": one.address,
                "SendSigned": one.signed,
                "SendEncrypted": one.encrypted,
                "DigitalID": one.digital_id,
            },
        )
        for one in _rx(account.login(given)).forwardings
    ]
    return Answer(0, {"URxE": items})


def add_email(account: Account, given: Arguments) -> int:
    """AddRxEmailProperties."""
    rx, wanted = _rx(account.login(given)), _wanted(given)
    if any(one.address == wanted.address for one in rx.forwardings):
        raise Refused(_HAS_EMAIL)
    rx.forwardings.append(wanted)
    return 0


def set_email(account: Account, given: Arguments) -> int:
    """SetRxEmailProperties."""
    rx, wanted = _rx(account.login(given)), _wanted(given)
    rx.forwardings[_place(rx, wanted.address)] = wanted
    return 0


def remove_email(account: Account, given: Arguments) -> int:
    """RemoveRxEmail."""
    rx = _rx(account.login(given))
    del rx.forwardings[_place(rx, given.text("EmailAddress").strip())]
    return 0


def _rx(user: User) -> Rx:
    if user.rx is None:
        raise Refused(_NO_RX)
    return user.rx


def _wanted(given: Arguments) -> Forwarding:
    return Forwarding(
        address=given.text("EmailAddress").strip(),
        signed=given.flag("SendSigned"),
        encrypted=given.flag("SendEncrypted"),
        digital_id=given.text("DigitalID"),
    )


def _place(rx: Rx, address: str) -> int:
    for place, one in enumerate(rx.forwardings):
        if one.address == address:
            return place
    raise Refused(_NO_EMAIL)


def _forwardings(emails: str) -> list[Forwarding]:
    addresses = (address.strip() for address in emails.split(";"))
    return [Forwarding(address=address) for address in dict.fromkeys(addresses) if address]
