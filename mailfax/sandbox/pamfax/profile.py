"""UserInfo: users, their profiles, settings and messages.

Names of answers are inference, but for UserProfile.
"""

import re
import secrets
from collections.abc import Mapping

from mailfax.sandbox.pamfax import answer, session, words
from mailfax.sandbox.pamfax.account import User, md5
from mailfax.sandbox.pamfax.answer import Items
from mailfax.sandbox.pamfax.call import Call, Operations
from mailfax.sandbox.pamfax.money import CURRENCIES
from mailfax.sandbox.pamfax.refusals import Refused

_USERNAME = range(6, 61)
_PROFILES = frozenset({"user", "company", "skype", "salesforce", "gadget"})
_PROVIDERS = frozenset({"mail", "skype", "sms"})
_MESSAGES = frozenset({"email", "skypechat", "sms"})
_MD5 = re.compile(r"[0-9a-f]{32}")
_SENDER = "pamfax@sandbox.invalid"


# Users


def validate_new_username(call: Call) -> answer.Object:
    """Nothing for a username that is free; others like it are not suggested here."""
    _free(call, call.text("username"))
    return {}


def _free(call: Call, username: str) -> None:
    if len(username) not in _USERNAME or username in call.account.users:
        raise Refused("bad_username")


def create_user(call: Call) -> answer.Object:
    """A new user, logged in unless he must confirm first."""
    email = call.text("email")
    username = call.word("username") or email
    if "@" not in email:
        raise Refused("bad_email")
    if any(user.email == email for user in call.account.users.values()):
        raise Refused("user_email_already_exist")
    _free(call, username)
    user = User(
        username=username,
        password=_new_password(call.text("password"), range(8, 21)),
        name=call.word("name"),
        email=email,
        created=call.now,
        culture=call.word("culture") or "en-US",
    )
    call.account.users[username] = user
    if call.flag("withconfirmation"):
        user.code = secrets.token_hex(4)
        _mail(call, email, "Your confirmation code", user.code)
        return {"User": session.user_object(user, call)}
    return session.logged_in(call, user)


def _new_password(password: str, lengths: range) -> str:
    """Its MD5; 32 hexadecimal digits are one already. Raises `Refused`."""
    if _MD5.fullmatch(password):
        return password
    if len(password) not in lengths:
        raise Refused("bad_password")
    return md5(password)


def confirm_registration(call: Call) -> answer.Object:
    """Let a user log in from now on, by the code that he was sent."""
    user = _by_uuid(call)
    if not user.code:
        raise Refused("username_already_confirmed")
    if call.text("code") != user.code:
        raise Refused("username_not_confirmed")
    user.code = ""
    return {}


def _by_uuid(call: Call) -> User:
    for user in call.account.users.values():
        if user.uuid == call.text("user_uuid"):
            return user
    raise Refused("user_not_found")


def get_confirmation_code(call: Call) -> answer.Object:
    """The code of a user who is not confirmed, by mail if so wished."""
    user = _by_uuid(call)
    if not user.code:
        raise Refused("username_already_confirmed")
    if call.flag("sentbyemail"):
        _mail(call, user.email, "Your confirmation code", user.code)
    return {"Confirmation": {"code": user.code}}


def is_email_confirmed(call: Call) -> answer.Object:
    """Whether the user of an address is confirmed."""
    for user in call.account.users.values():
        if user.email == call.text("email"):
            return {"Confirmation": {"confirmed": int(not user.code)}}
    raise Refused("user_not_found")


def delete_user(call: Call) -> answer.Object:
    """The user, his numbers, his sessions: gone."""
    user, account = call.user, call.account
    for number in user.numbers:
        account.exchange.release(account.provider, number)
    for token in [one.token for one in account.sessions.values() if one.user is user]:
        del account.sessions[token]
    del account.users[user.username]
    return {}


def save_user(call: Call) -> answer.Object:
    """Fields of the user, and of his profile."""
    given = call.table("user")
    if given.get("currency", "EUR") not in CURRENCIES:
        raise Refused("bad_currency")
    zone = words.zone(given["timezone"]) if "timezone" in given else call.user.zone
    user = call.user
    user.zone = zone
    user.currency = CURRENCIES[given["currency"]] if "currency" in given else user.currency
    user.name = given.get("name", user.name)
    user.email = given.get("email", user.email)
    user.culture = given.get("culture", user.culture)
    user.profiles.setdefault("user", {}).update(call.table("profile"))
    return {"User": session.user_object(user, call)}


def set_password(call: Call) -> answer.Object:
    """A new password: plain, six to twenty characters with two that are no letters; or MD5."""
    password, old = call.text("password"), call.word("old_password")
    if old and not call.user.has_password(old):
        raise Refused("current_password_wrong")
    hashed = call.text("hashfunction") == "md5"
    strong = sum(not one.isalpha() for one in password) >= 2
    if hashed != bool(_MD5.fullmatch(password)) or not (hashed or strong):
        raise Refused("bad_password")
    call.user.password = _new_password(password, range(6, 21))
    return {}


def verify_password(call: Call) -> answer.Object:
    """Nothing for the user's password."""
    if not call.user.has_password(call.text("password")):
        raise Refused("bad_password")
    return {}


def add_identifier(call: Call) -> answer.Object:
    """Internal: another name of the user elsewhere."""
    profile = call.text("profiletype")
    if profile not in _PROFILES:
        raise Refused("bad_identifier_type")
    call.user.profiles.setdefault(profile, {})["identifier"] = call.text("identifier")
    return {}


def remove_identifier(call: Call) -> answer.Object:
    """Internal: without that name."""
    for profile in call.user.profiles.values():
        if profile.get("identifier") == call.text("identifier"):
            del profile["identifier"]
            return {}
    raise Refused("identifier_not_found")


# Profiles and settings


def list_profiles(call: Call) -> answer.Object:
    """All properties of all profiles."""
    return {
        f"{name.capitalize()}Profile": _pairs(properties)
        for name, properties in {"user": {}, **call.user.profiles}.items()
    }


def _pairs(properties: Mapping[str, str]) -> Items:
    shown = [{"name": name, "value": value} for name, value in properties.items()]
    return Items(element="Property", content=shown)


def set_profile_properties(call: Call) -> answer.Object:
    """Properties of one profile, which need not be there yet."""
    if call.text("profile") not in _PROFILES:
        raise Refused("bad_property")
    call.user.profiles.setdefault(call.text("profile"), {}).update(call.table("properties"))
    return {}


def get_culture_info(call: Call) -> answer.Object:
    """The user's language, zone and currency."""
    user = call.user
    zone = (user.zone or call.account.zone).key
    return {"CultureInfo": {"code": user.culture, "timezone": zone, "currency": user.currency.code}}


def get_notify_settings(call: Call) -> answer.Object:
    """What the user is told of, and how."""
    shown = {name: _pairs(settings) for name, settings in call.user.notify.items()}
    return {"NotifySettings": shown}


def set_global_notify_settings(call: Call) -> answer.Object:
    """Limits of all notifications."""
    names = ("single_notification_limit", "attach_transmission_report", "max_attachment_size_mb")
    call.user.notify["global"] = {name: call.text(name) for name in names}
    return {}


def set_notify_provider_settings(call: Call) -> answer.Object:
    """What one way of telling tells."""
    if call.text("provider") not in _PROVIDERS:
        raise Refused("invalid_provider")
    names = ("success", "failure", "inbox", "group")
    call.user.notify[call.text("provider")] = {name: call.text(name) for name in names}
    return {}


# Lists


def list_expirations(call: Call) -> answer.Object:
    """When numbers expire."""
    shown = [
        {"type": "PROPLAN", "number": inbox.number, "date": call.stamp(inbox.expires)}
        for inbox in call.user.numbers.values()
    ]
    return {"Expirations": Items(element="Expiration", content=shown)}


def list_orders(call: Call) -> answer.Object:
    """What was bought, newest first."""
    return {"Orders": Items(element="Order", content=_orders(call))}


def list_transactions(call: Call) -> answer.Object:
    """What changed the credit, newest first; faxes are not among it here."""
    return {"Transactions": Items(element="Transaction", content=_orders(call))}


def _orders(call: Call) -> list[answer.Object]:
    size = call.number("items_per_page", 20)
    start = (call.number("current_page", 1) - 1) * size
    return [
        {
            "payment_uuid": order.uuid,
            "description": order.description,
            "amount": call.user.currency.told(order.amount),
            "created": call.stamp(order.created),
        }
        for order in call.user.orders[::-1][start : start + size]
    ]


def list_wall_messages(call: Call) -> answer.Object:
    """What happened lately: payments here."""
    count = min(call.number("count", 15), 100)
    return {"WallMessages": Items(element="WallMessage", content=_orders(call)[:count])}


def list_user_agents(call: Call) -> answer.Object:
    """Programs that the user sent with, the most used first."""
    counted: dict[str, int] = {}
    for fax in call.user.faxes.values():
        counted[fax.job.agent] = counted.get(fax.job.agent, 0) + 1
    best = sorted(counted.items(), key=lambda item: -item[1])[: call.number("max", 5)]
    shown: list[answer.Object] = [{"user_agent": agent, "count": count} for agent, count in best]
    return {"UserAgents": Items(element="UserAgent", content=shown)}


# Messages


def send_message(call: Call) -> answer.Object:
    """A message to the user; mail lies in the sandbox's mailbox."""
    kind = call.word("type") or "email"
    if kind not in _MESSAGES:
        raise Refused("message_send_failed")
    if kind == "email":
        recipient = call.word("recipient") or call.user.email
        _mail(call, recipient, call.word("subject"), call.text("body"))
    return {}


def send_password_reset_message(call: Call) -> answer.Object:
    """A mail about the password."""
    for user in call.account.users.values():
        if user.username == call.text("username"):
            _mail(call, user.email, "Your password", "Somebody wants to set it anew.")
            return {}
    raise Refused("username_not_found")


def _mail(call: Call, recipient: str, subject: str, body: str) -> None:
    to, about = (re.sub(r"[\r\n]+", " ", text) for text in (recipient, subject))
    mail = (
        f"From: {_SENDER}\r\nTo: {to}\r\nSubject: {about}\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        f"{body}\r\n"
    )
    call.account.around.mailbox.put(_SENDER, (to,), mail.encode("utf-8", "replace"))


def reactivate_credit(_call: Call) -> answer.Object:
    """No credit is ever inactive here."""
    raise Refused("reactivation_failed")


OPEN: Operations = {
    "ValidateNewUsername": validate_new_username,
    "CreateUser": create_user,
    "ConfirmRegistration": confirm_registration,
    "GetConfirmationCode": get_confirmation_code,
    "isEmailConfirmed": is_email_confirmed,
    "SendPasswordResetMessage": send_password_reset_message,
}
LOGGED_IN: Operations = {
    "DeleteUser": delete_user,
    "SaveUser": save_user,
    "SetPassword": set_password,
    "VerifyPassword": verify_password,
    "AddIdentifier": add_identifier,
    "RemoveIdentifier": remove_identifier,
    "ListProfiles": list_profiles,
    "SetProfileProperties": set_profile_properties,
    "GetCultureInfo": get_culture_info,
    "GetNotifySettings": get_notify_settings,
    "SetGlobalNotifySettings": set_global_notify_settings,
    "SetNotifyProviderSettings": set_notify_provider_settings,
    "ListExpirations": list_expirations,
    "ListOrders": list_orders,
    "ListTransactions": list_transactions,
    "ListWallMessages": list_wall_messages,
    "ListUserAgents": list_user_agents,
    "SendMessage": send_message,
    "ReactivateCredit": reactivate_credit,
}
