"""Operations on faxes that came in (manual, pages 18 to 21).

The account's fax format is that of the document which rang: a TIFF stays a TIFF. The real
one turns all into the one format that is set for the company.
"""

import re

from mailfax.sandbox import _calls, _wire
from mailfax.sandbox._wire import Reply
from mailfax.sandbox.faxage import records
from mailfax.sandbox.faxage.account import Account, download, is_numeric, refused
from mailfax.sandbox.faxage.post import Post


def listfax(account: Account, post: Post) -> Reply:
    """Records of received faxes; useronly needs nothing, as there is one user."""
    begin = records.read_stamp(post.text("begin"))
    above = int(post.text("idgt")) if is_numeric(post.text("idgt")) else 0
    number = post.text("didnumber")
    faxes = [
        fax
        for fax in _kept(account)
        if (begin is None or fax.received.replace(microsecond=0) > begin)
        and fax.id > above
        and number in {"", fax.did[2:]}
    ]
    if not post.flag("idasc"):
        faxes.sort(key=lambda fax: fax.id, reverse=True)
        faxes.sort(key=lambda fax: fax.did)
    if not faxes:
        return refused("ERR11: No incoming faxes available")
    return _wire.text("\n".join(_record(fax, post) for fax in faxes))


def _kept(account: Account) -> list[_calls.Received]:
    received = account.exchange.received(account.provider)
    return [fax for fax in received if not fax.discarded]


def _record(fax: _calls.Received, post: Post) -> str:
    """Columns as public clients read them: starttime third, the others at the end."""
    fields = [str(fax.id), records.stamp(fax.received)]
    if post.flag("starttime"):
        fields.append(records.stamp(fax.started))
    fields += [_displayed(fax.caller), _displayed(fax.did)]
    if post.flag("filename"):
        fields.append(_name(fax))
    if post.flag("pagecount"):
        fields.append(str(fax.pages))
    if post.flag("showtsid"):
        fields.append(records.clean(fax.tsid))
    return "\t".join(fields)


def _displayed(number: str) -> str:
    """`(303)555-1212`, or `Unavailable` for what is not such a number."""
    found = re.fullmatch(r"\+?1?(\d{3})(\d{3})(\d{4})", number)
    return f"({found[1]}){found[2]}-{found[3]}" if found else "Unavailable"


def _name(fax: _calls.Received) -> str:
    return f"fax{fax.id}.{'pdf' if fax.kind == 'pdf' else 'tif'}"


def getfax(account: Account, post: Post) -> Reply:
    """The document of a received fax."""
    faxid = post.text("faxid")
    fax = next((fax for fax in _kept(account) if str(fax.id) == faxid), None)
    if fax is None:
        return refused(f"ERR12: FAX ID {faxid} not found or does not belong to you")
    if not fax.data:
        return refused("ERR13: File could not be opened")
    return download(_name(fax), fax.data)


def delfax(account: Account, post: Post) -> Reply:
    """Delete a received fax."""
    faxid = post.text("faxid")
    if is_numeric(faxid) and account.exchange.discard(account.provider, int(faxid)):
        return _wire.text("Deleted")
    return refused(f"ERR14: FAX ID {faxid} not found or does not belong to you")
