"""Does a mail come from a person or from a program? RFC 3834 section 2, and older habits.

A program's mail must neither become a fax nor be answered, else two machines talk for ever.
X-Auto-Response-Suppress is no evidence: it asks for silence, and people's mail carries it too.
"""

from mailfax.mail import header, plain

LOOP_FIELD = "X-Mailfax-Loop"
"""On everything we send; its value is the host name that sent it."""

_LIST_FIELDS = (
    "list-id",
    "list-help",
    "list-subscribe",
    "list-unsubscribe",
    "list-post",
    "list-owner",
    "list-archive",
)
_PRECEDENCES = frozenset({"bulk", "list", "junk", "auto_reply"})
_ANSWERING = ("x-autoreply", "x-autorespond", "x-failed-recipients")


def reason(head: header.Header) -> str | None:
    """Why this looks like automatic mail, as one phrase; None for a person's."""
    return _own(head) or _says_so(head) or _report(head) or _bulk(head) or _answering(head) or None


def _own(head: header.Header) -> str:
    return "it was sent by a fax gateway" if head.count(LOOP_FIELD.lower()) else ""


def _says_so(head: header.Header) -> str:
    for value in head.all("auto-submitted"):
        word = header.parameters(value)[0]
        if word != "no":
            return f"it is marked Auto-Submitted: {plain.line(word, 40)}"
    return ""


def _report(head: header.Header) -> str:
    kind, options = header.parameters(head.first("content-type"))
    if kind == "multipart/report":
        return f"it is a report ({plain.line(options.get('report-type', 'of no named kind'), 40)})"
    if kind in {"message/delivery-status", "message/disposition-notification"}:
        return f"it is a report ({kind.partition('/')[2]})"
    return ""


def _bulk(head: header.Header) -> str:
    for value in head.all("precedence"):
        if value.lower() in _PRECEDENCES:
            return f"it is marked Precedence: {value.lower()}"
    for name in _LIST_FIELDS:
        if head.count(name):
            return f"it came through a mailing list ({name.title()})"
    return ""


def _answering(head: header.Header) -> str:
    for name in _ANSWERING:
        if head.count(name):
            return f"it is an automatic answer ({name.title()})"
    if head.first("return-path") == "<>":
        return "it has the null return path"
    authors = header.mailboxes(head.first("from"))
    if any(address.lower().startswith("mailer-daemon@") for _, address in authors):
        return "it comes from a mail system (MAILER-DAEMON)"
    return ""
