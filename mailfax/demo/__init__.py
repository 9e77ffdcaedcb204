"""`mailfax demo`: the whole product on loopback, with real mails over real sockets.

`run` plays four acts on a `stage.Stage` and leaves pages and mails where the user can look at them.
"""

import dataclasses
import email.message
import email.utils
import functools
import json
import pathlib
import shutil
import signal
import smtplib
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

from mailfax import errors, providers
from mailfax.demo import stage
from mailfax.document import pdf

ALL = "all"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table at the end."""

    what: str
    ended: str
    told: str
    files: str


def run(out: pathlib.Path, *, provider: str | None, stay: bool) -> None:
    """Play the four acts and print what came of them; raises errors.Temporary if one fails.

    `provider` is a kind, or `all` for each of them: then a fifth act mails by each, and a sixth
    lets one stand in for another.
    """
    kinds = providers.kinds()
    if provider is not None and provider not in {ALL, *kinds}:
        raise errors.Usage(f"{provider} is no provider; there is {', '.join(kinds)}, and {ALL}")
    accounts = {kind: kind for kind in kinds} if provider == ALL else {"main": provider or kinds[0]}
    routes = _routes(kinds) if provider == ALL else {}
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="mailfax-demo-") as folder:
        print("Starting a pretend telephone network, a mailbox and mailfax on this machine …")
        with stage.Stage(pathlib.Path(folder), accounts=accounts, routes=routes) as on:
            acts = (_contract, _busy, _forger, _received)
            rows = [act(on, out) for act in acts]
            if routes:
                rows += [*_by_each(on, out), _stand_in(on, out)]
            _print(rows, out)
            if stay:
                _stay(on)


def _contract(on: stage.Stage, out: pathlib.Path) -> Row:
    """A mail with an HTML body and a PDF, as Thunderbird writes it, to a normal number."""
    number = "+12025550123"
    mail = _mail("Contract for signature", f"{number}@{stage.DOMAIN}", "Thunderbird")
    mail.set_content("Dear Ms Müller,\n\nplease find the contract attached.\n\nKind regards\nAnn\n")
    mail.add_alternative(_HTML, subtype="html")
    mail.add_attachment(
        _pdf(), maintype="application", subtype="pdf", filename="Contract 2026-118.pdf"
    )
    print(f"1. Ann mails a PDF to {number}@{stage.DOMAIN} …")
    on.send(mail)
    fax = stage.wait_until(lambda: _ended(on, number), 60, "the fax to a normal number")
    receipt = _await_mail(on, stage.SENDER, number[-4:], out, "1-receipt")
    pages = on.document(fax["document"])
    files = _leave(pages, out, "1-contract")
    return Row(
        what=f"mail with PDF and HTML to {_shown(number)}",
        ended=f"faxed: {fax['pages']} pages, {fax['state']}",
        told=str(receipt["Subject"]),
        files=files,
    )


def _busy(on: stage.Stage, out: pathlib.Path) -> Row:
    """A short text to a line that is always busy: tried twice, then the failure receipt."""
    number = "+12025559001"
    mail = _mail("Appointment on Friday", f"{number}@{stage.DOMAIN}", "Apple Mail (2.3826)")
    mail.set_content("We have to move the appointment to 10:30. Please confirm by fax.\n")
    print(f"2. Ann mails a short text to {number}@{stage.DOMAIN}, where the line is always busy …")
    on.send(mail)
    receipt = _await_mail(on, stage.SENDER, number[-4:], out, "2-receipt")
    tried = sum(fax["number"] == number for fax in on.faxes())
    return Row(
        what=f"mail with text to {_shown(number)}",
        ended=f"not faxed: the line was busy {tried} times",
        told=str(receipt["Subject"]),
        files="2-receipt.eml",
    )


def _forger(on: stage.Stage, _out: pathlib.Path) -> Row:
    """Somebody without a login claims to be the chief: refused while he is still on the line."""
    mail = _mail("Urgent payment", f"+12025550147@{stage.DOMAIN}", "unknown", sender=stage.FORGER)
    mail.set_content("Wire 40,000 to the account below.\n")
    print(f"3. A stranger without a login claims to be {stage.FORGER} …")
    try:
        on.send(mail, login=False)
    except smtplib.SMTPResponseException as refusal:
        said = f"{refusal.smtp_code} {_text(refusal.smtp_error)}"
    except smtplib.SMTPRecipientsRefused as refusals:
        code, text = next(iter(refusals.recipients.values()))
        said = f"{code} {_text(text)}"
    else:
        raise errors.Permanent("the forged mail was accepted")
    if any(fax["number"].endswith("0147") for fax in on.faxes()):
        raise errors.Permanent("the forged mail was faxed")
    return Row(
        what=f"mail of a forger as {stage.FORGER}",
        ended="refused in the session",
        told=said,
        files="",
    )


def _received(on: stage.Stage, out: pathlib.Path) -> Row:
    """A fax comes in and is mailed as PDF."""
    caller = "+13035550188"
    print("4. A fax comes in from", _shown(caller), "…")
    pages = (out / "1-contract.tif").read_bytes()
    on.ring(pages, caller=caller, tsid="LAB 3035550188")
    mail = _await_mail(on, stage.MAILBOX, "", out, "4-received")
    attached = next(mail.iter_attachments())
    name = "4-received.pdf"
    (out / name).write_bytes(attached.get_content())
    return Row(
        what=f"fax from {_shown(caller)}",
        ended=f"mailed to {stage.MAILBOX}",
        told=str(mail["Subject"]),
        files=f"4-received.eml, {name}",
    )


# ── All providers ──────────────────────────────────────────────────────────────────────

_AREAS = ("+1212", "+1312", "+1415", "+1617", "+1713", "+1818", "+1919")
_SPARE = "+1702"


def _routes(kinds: Sequence[str]) -> dict[str, Sequence[str]]:
    """Start of a number → accounts: one area for each provider, and one with a stand-in."""
    areas: dict[str, Sequence[str]] = {
        area: [kind] for area, kind in zip(_AREAS, kinds, strict=False)
    }
    return areas | {_SPARE: kinds[:2]}


def _by_each(on: stage.Stage, out: pathlib.Path) -> Iterator[Row]:
    """A mail by each provider, chosen by where the number begins, and a fax that comes in by it."""
    print("5. Ann mails by each provider, and a fax comes in by each …")
    for place, (area, kind) in enumerate(zip(_AREAS, on.accounts, strict=False)):
        number, caller = f"{area}5550123", f"+130355501{place}0"
        mail = _mail(f"By {kind}", f"{number}@{stage.DOMAIN}", "Thunderbird")
        mail.set_content("The number alone decides which provider carries this.\n")
        on.send(mail)
        on.ring((out / "1-contract.tif").read_bytes(), caller=caller, tsid="LAB", account=kind)
        fax = stage.wait_until(functools.partial(_ended, on, number), 60, f"the fax by {kind}")
        receipt = _await_mail(on, stage.SENDER, f"{area[2:]}-555-0123", out, f"5-{kind}-receipt")
        name = f"5-{kind}-received"
        stage.wait_until(functools.partial(_from, on, caller), 60, f"the fax in by {kind}")
        (out / f"{name}.eml").write_bytes(_from(on, caller) or b"")
        yield Row(
            what=f"mail to {_shown(number)}, and a fax from {_shown(caller)}",
            ended=f"{fax['state']} by {fax['provider']}; the other came in by {kind}",
            told=str(receipt["Subject"]),
            files=f"5-{kind}-receipt.eml, {name}.eml",
        )


def _stand_in(on: stage.Stage, out: pathlib.Path) -> Row:
    """The first provider is out of order and surely has nothing: the second sends."""
    number = f"{_SPARE}5550123"
    first = next(iter(on.accounts.values()))
    print(f"6. {first} is out of order when Ann mails to {number}@{stage.DOMAIN} …")
    on.ask("/faults", method="POST", body=json.dumps(
        {"provider": first, "fault": "refuse", "times": 1}
    ).encode())  # fmt: skip
    mail = _mail("By whoever can", f"{number}@{stage.DOMAIN}", "Thunderbird")
    mail.set_content("If the first provider is out of order, the second one sends this.\n")
    on.send(mail)
    fax = stage.wait_until(lambda: _ended(on, number), 60, "the fax by the second provider")
    receipt = _await_mail(on, stage.SENDER, "702-555-0123", out, "6-receipt")
    return Row(
        what=f"mail to {_shown(number)} while {first} is out of order",
        ended=f"{fax['state']} by {fax['provider']}",
        told=str(receipt["Subject"]),
        files="6-receipt.eml",
    )


def _from(on: stage.Stage, caller: str) -> bytes | None:
    return next((mail.as_bytes() for mail in on.mails() if caller in mail["From"]), None)


# ── Mails and files ────────────────────────────────────────────────────────────────────


def _text(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said


def _mail(
    subject: str, to: str, program: str, sender: str = stage.SENDER
) -> email.message.EmailMessage:
    mail = email.message.EmailMessage()
    mail["From"] = f"Ann Example <{sender}>"
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = email.utils.localtime()
    mail["Message-ID"] = email.utils.make_msgid(domain="clinic.example")
    mail["User-Agent"] = program
    return mail


def _ended(on: stage.Stage, number: str) -> dict[str, Any] | None:
    ended = {"delivered", "failed"}
    return next((f for f in on.faxes() if f["number"] == number and f["state"] in ended), None)


def _await_mail(
    on: stage.Stage, to: str, word: str, out: pathlib.Path, name: str
) -> email.message.EmailMessage:
    """The next mail to this address whose subject holds the word; left in `out` as .eml."""

    def found() -> email.message.EmailMessage | None:
        mails = (mail for mail in on.mails() if to in mail["To"] and word in mail["Subject"])
        return next(mails, None)

    mail = stage.wait_until(found, 60, f"the mail to {to}")
    assert mail is not None
    (out / f"{name}.eml").write_bytes(mail.as_bytes())
    return mail


def _leave(pages: bytes, out: pathlib.Path, name: str) -> str:
    """The pages as the network got them: TIFF, PDF, and a picture of each."""
    tiff = out / f"{name}.tif"
    tiff.write_bytes(pages)
    pdf.wrap(tiff, out / f"{name}.pdf")
    pictures = pdf.previews(tiff, out / f"{name}.png")
    return f"{name}.tif, {name}.pdf, {len(pictures)} × .png"


def _shown(number: str) -> str:
    from mailfax import number as numbers

    return numbers.parse(number, None).display()


def _print(rows: list[Row], out: pathlib.Path) -> None:
    print("\nWhat happened")
    for number, row in enumerate(rows, 1):
        print(f"\n  {number}. {row.what}")
        print(f"     {row.ended}")
        print(f"     {'the client was told' if not row.files else 'mail'}: {row.told}")
        if row.files:
            print(f"     see {row.files}")
    print(f"\nPages and mails are in {out}/")


def _stay(on: stage.Stage) -> None:
    print(f"\nmailfax listens on 127.0.0.1:{on.port}; config {on.config}")
    for line in on.sandbox.lines():
        print(line)
    print("Stop with Ctrl-C.")
    try:
        signal.pause()
    except KeyboardInterrupt:
        return


def _pdf() -> bytes:
    """Two pages of a contract, one of them turned to landscape."""
    import io

    from reportlab.lib import pagesizes
    from reportlab.pdfgen import canvas

    file = io.BytesIO()
    page = canvas.Canvas(file, pagesize=pagesizes.letter)
    page.setFont("Helvetica-Bold", 18)
    page.drawString(72, 700, "Service agreement 2026-118")
    page.setFont("Helvetica", 11)
    for line in range(30):
        page.drawString(72, 660 - 18 * line, f"{line + 1}.  The parties agree on item {line + 1}.")
    page.showPage()
    page.setPageSize(pagesizes.landscape(pagesizes.letter))
    page.setFont("Helvetica", 11)
    for row in range(12):
        for column, text in enumerate(("Item", "Quantity", "Unit price", "Total")):
            place = (72 + 170 * column, 520 - 26 * row)
            page.drawString(*place, text if row == 0 else f"{text} {row}")
        page.line(66, 512 - 26 * row, 726, 512 - 26 * row)
    page.showPage()
    page.save()
    return file.getvalue()


_HTML = """\
<html><body><p>Dear Ms Müller,</p><p>please find the <b>contract</b> attached. In short:</p>
<table border="1" cellpadding="4"><tr><th>What</th><th>By when</th></tr>
<tr><td>Sign page 1</td><td>Friday</td></tr>
<tr><td>Check the prices on page 2</td><td>Monday</td></tr>
</table><p>Kind regards<br>Ann</p></body></html>
"""
