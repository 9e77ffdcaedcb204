"""`mailfax rules`: ask the rules what they would do, with the code that does it."""

import datetime
import pathlib
import typing

import typer

from mailfax import errors
from mailfax.cli import asking, output, place

if typing.TYPE_CHECKING:
    from mailfax import config as configuration
    from mailfax.policy import decide
    from mailfax.policy.tables import Rules

app = typer.Typer(help="The rules file.", no_args_is_help=True)
asking.add(app)

File = typing.Annotated[
    pathlib.Path | None, typer.Argument(metavar="[FILE]", help="Instead of the config's own.")
]


@app.command("check")
def check_rules(file: File = None, config: place.Config = None, json: place.Json = False) -> None:
    """Everything that is wrong in the file, all at once, and what is probably not meant."""
    book = asking.load(file, config)
    if json:
        output.as_json({"hash": book.hash, "warnings": book.warnings})
        return
    for warning in book.warnings:
        print(f"{warning} (warning)")
    print(f"{book.file}: {len(book.send)} send and {len(book.receive)} receive rules, no problems")


@app.command("test")
def run_tests(file: File = None, config: place.Config = None, json: place.Json = False) -> None:
    """Run the file's own [[test]]s."""
    from mailfax.policy import rules

    book = asking.load(file, config)
    failed = rules.run_tests(book)
    if json:
        output.as_json({"tests": len(book.tests), "failed": failed})
    else:
        for problem in failed:
            print(problem)
        print(f"{book.file}: {len(book.tests) - len(failed)} of {len(book.tests)} tests pass")
    if failed:
        raise errors.Permanent(f"{len(failed)} of {len(book.tests)} tests fail")


@app.command()
def explain(  # noqa: PLR0917 - one parameter for each option
    mail: typing.Annotated[
        pathlib.Path | None, typer.Argument(metavar="[MAIL]", help="A real .eml.")
    ] = None,
    fax: typing.Annotated[bool, typer.Option("--fax", help="A received fax instead.")] = False,
    to: typing.Annotated[str, typer.Option("--to", help="Number faxed to, or dialled by.")] = "",
    sender: typing.Annotated[str, typer.Option("--from", help="From, or who called.")] = "",
    mail_from: typing.Annotated[str | None, typer.Option(help="Envelope sender.")] = None,
    login: typing.Annotated[str | None, typer.Option(help="Who logged in.")] = None,
    peer: typing.Annotated[str, typer.Option(help="The client's address.")] = "",
    proof: typing.Annotated[
        list[str] | None, typer.Option(help="What is shown, as in a rule; nothing else is then.")
    ] = None,
    dns: typing.Annotated[
        bool, typer.Option("--dns", help="Look for the mail's proofs now.")
    ] = False,
    parts: typing.Annotated[
        bool, typer.Option("--parts", help="Draw the mail too: parts kept, pages, cost.")
    ] = False,
    account: typing.Annotated[str, typer.Option(help="Account a fax came in by.")] = "",
    at: typing.Annotated[str | None, typer.Option(help="When, as 2025-03-03T18:30+01:00.")] = None,
    file: typing.Annotated[pathlib.Path | None, typer.Option("--rules")] = None,
    config: place.Config = None,
    json: place.Json = False,
) -> None:
    """What would happen to this mail or fax, and why: each rule and what stopped it.

    Proofs that have to be looked for are unknown, and all that may come of them is shown, unless
    --proof says what is shown, or --dns looks for them as the listener would.
    """
    from mailfax.cli import sketches
    from mailfax.model import InboundFax
    from mailfax.policy import explain as explaining

    now = _moment(at)
    book = asking.load(file, config)
    if fax:
        came = InboundFax(account=account, reference="", did=to, caller=sender, received_at=now)
        shown = (explaining.data_fax if json else explaining.report_fax)(book, came, now)
    else:
        facts = _facts(book, mail, to, sender, mail_from, login, peer)
        if proof:
            facts = sketches.shown(facts, proof)
        elif dns:
            facts = _found(facts, mail, peer, place.config(config))
        shown = (explaining.data if json else explaining.report)(book, facts, now)
        if parts:
            loaded = place.config(config) if file is None else None
            shown = _with_parts(shown, book, facts, mail, now, loaded)
    if json:
        output.as_json(shown)
    else:
        print("\n".join(shown))


def _with_parts(
    shown: dict[str, typing.Any] | list[str],
    book: "Rules",
    facts: "decide.Facts",
    mail: pathlib.Path | None,
    now: datetime.datetime,
    config: "configuration.Config | None",
) -> dict[str, typing.Any] | list[str]:
    """What is shown, and what becomes of the mail's parts under the first rule that faxes it."""
    from mailfax.cli import drawn
    from mailfax.model import Action
    from mailfax.policy import decide

    if mail is None:
        raise errors.Usage("--parts needs a real mail")
    faxed = {Action.ACCEPT, Action.HOLD}
    possible = (one.decision for one in decide.trace(book, facts, now).possible)
    decision = next((one for one in possible if one.action in faxed), None)
    if decision is None:
        return shown
    found = drawn.draw(book, mail.read_bytes(), facts.recipient, decision, config)
    if isinstance(shown, dict):
        return {**shown, "drawn": found}
    return [*shown, *drawn.lines(found)]


def _moment(at: str | None) -> datetime.datetime:
    if at is None:
        return datetime.datetime.now(datetime.UTC)
    try:
        found = datetime.datetime.fromisoformat(at)
    except ValueError:
        raise errors.Usage(f"--at {at} is no time: write it like 2025-03-03T18:30+01:00") from None
    return found.astimezone() if found.tzinfo is None else found


def _facts(
    book: "Rules",
    mail: pathlib.Path | None,
    to: str,
    sender: str,
    mail_from: str | None,
    login: str | None,
    peer: str,
) -> "decide.Facts":
    """The facts of a real mail, or of a sketch; what is not said is not known."""
    from mailfax import number
    from mailfax.mail import message, wishes
    from mailfax.model import Proof, Recipient
    from mailfax.policy import decide, rules

    if not to:
        raise errors.Usage("explain needs the number: --to +12025550123")
    data = place.existing(mail).read_bytes() if mail is not None else b""
    sender = sender or message.head(data).sender
    return decide.Facts(
        mail_from=mail_from if mail_from is not None else sender,
        header_from=sender or decide.UNKNOWN,
        proof=Proof(login=login, networks=rules.networks(book, peer)),
        unknown=book.sought,
        recipient=Recipient(address=to, number=number.parse(to, book.country)),
        wishes=wishes.of(data) if data else (),
    )


def _found(
    facts: "decide.Facts", mail: pathlib.Path | None, peer: str, config: "configuration.Config"
) -> "decide.Facts":
    """With the proofs of a real mail, looked for as the listener does; nothing is counted."""
    from mailfax.cli import proofs

    if mail is None or not peer:
        raise errors.Usage(
            "--dns needs a real mail and the client's address: MAIL --peer 192.0.2.1"
        )
    return proofs.found(facts, place.existing(mail).read_bytes(), peer, config)
