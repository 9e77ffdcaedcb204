"""`mailfax budgets`, `mailfax numbers`: what is used and left, and whom nobody faxes."""

import typing

import typer

from mailfax import errors
from mailfax.cli import output, place

if typing.TYPE_CHECKING:
    from mailfax.number import FaxNumber

budgets = typer.Typer(help="What is used of the budgets.", invoke_without_command=True)
numbers = typer.Typer(help="Numbers that are not faxed.", invoke_without_command=True)

Number = typing.Annotated[str, typer.Argument(metavar="NUMBER", help="As +12025550123.")]


def add(app: typer.Typer) -> None:
    """Hang the commands of this file into the command line."""
    app.add_typer(budgets, name="budgets")
    app.add_typer(numbers, name="numbers")
    app.command()(breaker)


@budgets.callback()
def _budgets(
    context: typer.Context,
    every: typing.Annotated[
        bool, typer.Option("--all", help="Periods that are over, too.")
    ] = False,
    config: place.Config = None,
    json: place.Json = False,
) -> None:
    """What is used of each budget: by faxes that were sent, and by those under way."""
    if context.invoked_subcommand is not None:
        return
    with place.ledger_of(config) as ledger:
        found = ledger.spending.list(every=every)
    if json:
        output.as_json(found)
        return
    output.table(
        ("budget", "payer", "used", "until"),
        [(one.budget, one.payer, ", ".join(one.lines), one.ends) for one in found],
    )


@budgets.command("reset")
def reset_budget(
    budget: typing.Annotated[str, typer.Argument(metavar="BUDGET")],
    payer: typing.Annotated[str, typer.Argument(metavar="PAYER", help="As the list has it.")],
    config: place.Config = None,
) -> None:
    """Forget what a payer has used: after a clock was wrong, or when you say so."""
    with place.ledger_of(config) as ledger:
        gone = ledger.spending.reset(budget, payer)
    if not gone:
        raise errors.Usage(f"nothing is used of a budget {budget!r} by {payer!r}")
    print(f"{budget} ({payer}) begins anew")


def breaker(
    reset: typing.Annotated[bool, typer.Option("--reset", help="Take new faxes again.")] = False,
    config: place.Config = None,
    json: place.Json = False,
) -> None:
    """Whether so much was faxed in an hour that nothing more is taken; exit code 1 if so."""
    with place.ledger_of(config) as ledger:
        found = ledger.spending.breaker()
        if found and reset:
            ledger.spending.reset(found.budget, found.payer)
    if json:
        output.as_json(found)
    elif found:
        print(
            f"tripped in the hour from {found.starts:%Y-%m-%d %H:%M %Z}: {', '.join(found.lines)}"
        )
    if reset:
        print("new faxes are taken")
    elif found:
        raise errors.Permanent("nothing new is taken: mailfax breaker --reset")
    elif not json:
        print("closed: new faxes are taken")


@numbers.callback()
def _numbers(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_numbers()


@numbers.command("list")
def list_numbers(config: place.Config = None, json: place.Json = False) -> None:
    """The numbers whose owners want no fax."""
    with place.ledger_of(config) as ledger:
        found = ledger.numbers.list()
    if json:
        output.as_json(found)
        return
    output.table(
        ("number", "since", "note"),
        [(one.number.display(), one.since, one.note) for one in found],
    )


@numbers.command()
def suppress(
    number: Number,
    note: typing.Annotated[str, typer.Option("--note", help="Who asked for it.")] = "",
    config: place.Config = None,
) -> None:
    """Send no fax to this number any more, whatever the rules say."""
    wanted = _read(number, config)
    with place.ledger_of(config) as ledger:
        ledger.numbers.suppress(wanted, note)
    print(f"{wanted.display()} gets no fax any more")


@numbers.command()
def allow(number: Number, config: place.Config = None) -> None:
    """Let faxes go to this number again."""
    wanted = _read(number, config)
    with place.ledger_of(config) as ledger:
        if not ledger.numbers.allow(wanted):
            raise errors.Usage(f"{wanted.display()} is not suppressed")
    print(f"{wanted.display()} may get faxes again, as the rules say")


def _read(text: str, config: str | None) -> "FaxNumber":
    """The number as the rules would read it."""
    from mailfax import number
    from mailfax.service import rulebook

    if text.strip().startswith("+"):
        return number.parse(text, None)
    return number.parse(text, rulebook.load_rules(place.config(config)).country)
