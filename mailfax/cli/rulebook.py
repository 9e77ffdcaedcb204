"""`mailfax rules`: ask the rules what they would do, with the code that does it."""

import datetime
import pathlib
import typing

import typer

from mailfax import errors
from mailfax.cli import output, place

if typing.TYPE_CHECKING:
    from mailfax.policy import decide
    from mailfax.policy.tables import Rules

app = typer.Typer(help="The rules file.", no_args_is_help=True)

File = typing.Annotated[
    pathlib.Path | None, typer.Argument(metavar="[FILE]", help="Instead of the config's own.")
]


def _load(file: pathlib.Path | None, config: str | None) -> "Rules":
    """A file named alone is checked without accounts; the config's own with them."""
    from mailfax.policy import rules
    from mailfax.service import rulebook

    if file is not None:
        return rules.load(place.existing(file))
    return rulebook.load_rules(place.config(config))


@app.command("check")
def check_rules(file: File = None, config: place.Config = None, json: place.Json = False) -> None:
    """Everything that is wrong in the file, all at once, and what is probably not meant."""
    book = _load(file, config)
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

    book = _load(file, config)
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
    account: typing.Annotated[str, typer.Option(help="Account a fax came in by.")] = "",
    file: typing.Annotated[pathlib.Path | None, typer.Option("--rules")] = None,
    config: place.Config = None,
    json: place.Json = False,
) -> None:
    """What would happen to this mail or fax, and why: each rule and what stopped it."""
    from mailfax.model import InboundFax
    from mailfax.policy import explain as explaining

    now = datetime.datetime.now(datetime.UTC)
    book = _load(file, config)
    if fax:
        came = InboundFax(account=account, reference="", did=to, caller=sender, received_at=now)
        shown = (explaining.data_fax if json else explaining.report_fax)(book, came, now)
    else:
        facts = _facts(book, mail, to, sender, mail_from, login, peer)
        shown = (explaining.data if json else explaining.report)(book, facts, now)
    if json:
        output.as_json(shown)
    else:
        print("\n".join(shown))


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
    from mailfax.mail import message
    from mailfax.model import Proof, Recipient
    from mailfax.policy import decide, rules

    if not to:
        raise errors.Usage("explain needs the number: --to +12025550123")
    if mail is not None:
        sender = sender or message.head(place.existing(mail).read_bytes()).sender
    return decide.Facts(
        mail_from=mail_from if mail_from is not None else sender,
        header_from=sender or decide.UNKNOWN,
        proof=Proof(login=login, networks=rules.networks(book, peer)),
        recipient=Recipient(address=to, number=number.parse(to, book.country)),
    )
