"""`mailfax jobs`, `inbox`, `send`, `verify`: what is under way, and a hand on it."""

import getpass
import pathlib
import time
import typing

import typer

from mailfax import errors, states
from mailfax.cli import output, place

if typing.TYPE_CHECKING:
    from mailfax.model import FaxJob
    from mailfax.store import balance, inbound, lookup

JobId = typing.Annotated[str, typer.Argument(metavar="JOB")]
FaxId = typing.Annotated[str, typer.Argument(metavar="FAX")]
Note = typing.Annotated[str, typer.Option("--note", help="Why, for the time line.")]

jobs = typer.Typer(help="Outgoing faxes.", invoke_without_command=True)
inbox = typer.Typer(help="Received faxes.", invoke_without_command=True)

_COLUMNS = ("id", "state", "number", "pages", "tries", "created_at", "due_at", "note")


def add(app: typer.Typer) -> None:
    """Hang the commands of this file into the command line."""
    app.add_typer(jobs, name="jobs")
    app.add_typer(inbox, name="inbox")
    app.command()(send)
    app.command()(verify)


@jobs.callback()
def _jobs(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_jobs()


@jobs.command("list")
def list_jobs(
    state: typing.Annotated[states.State | None, typer.Option(help="Only this state.")] = None,
    number: typing.Annotated[str | None, typer.Option(help="Only to this number.")] = None,
    billing: typing.Annotated[str | None, typer.Option(help="Only under this code.")] = None,
    limit: int = 50,
    config: place.Config = None,
    json: place.Json = False,
) -> None:
    """Outgoing faxes, newest first."""
    with place.ledger_of(config) as ledger:
        found = ledger.faxes.list(state=state, number=_digits(number), billing=billing, limit=limit)
    if json:
        output.as_json(found)
        return
    output.table(_COLUMNS, [_row(job) for job in found])


def _digits(number: str | None) -> str | None:
    from mailfax import number as numbers

    return numbers.parse(number, None).digits if number else None


def _row(job: "FaxJob") -> list[object]:
    ended = job.state in states.FINAL
    return [
        job.id,
        str(job.state),
        job.recipient.number.display(),
        job.pages,
        job.tries,
        job.created_at,
        None if ended else job.due_at,
        job.note,
    ]


@jobs.command("show")
def show_job(job: JobId, config: place.Config = None, json: place.Json = False) -> None:
    """One fax with its time line: what happened, when, and why."""
    with place.ledger_of(config) as ledger:
        found = ledger.faxes.get(job)
        if found is None:
            raise errors.Usage(f"there is no job {job}")
        events = ledger.faxes.events(job)
        handovers = ledger.faxes.transmissions(job)
        shares = ledger.spending.of(job)
        mail = ledger.mails.get(found.message)
    shown = mail.proof.described() if mail else ()
    if json:
        output.as_json(
            {
                "job": found,
                "events": events,
                "transmissions": handovers,
                "proof": shown,
                "budgets": shares,
            }
        )
        return
    rows = [*zip(_COLUMNS, _row(found), strict=True), ("proof", ", ".join(shown) or "none")]
    rows += [("approved by", found.approved_by)] if found.approved_by else []
    rows += [(f"cost by {one.transmission.account}", _cost(one)) for one in handovers]
    rows += [(f"budget {name}", _share(share)) for name, share in shares.items()]
    output.table(("field", "value"), rows)
    output.table(
        ("at", "event", "state", "cause", "note"),
        [(one.at, one.event, one.state, one.cause, one.note) for one in events],
    )


def _cost(handover: "lookup.Handover") -> str:
    """What the provider says that it has cost, else what it was to cost."""
    told = handover.report.cost if handover.report else None
    price = handover.transmission.price
    return told or (f"about {price}" if price else "not known")


def _share(share: "balance.Share") -> str:
    fax = "" if share.faxes else ", nothing was sent"
    return f"{share.pages} pages, {share.money:f}{fax}"


@jobs.command("watch")
def watch_jobs(
    job: typing.Annotated[str | None, typer.Argument(metavar="[JOB]")] = None,
    seconds: typing.Annotated[float, typer.Option(help="Stop after this long.")] = 3600.0,
    config: place.Config = None,
) -> None:
    """Print every change of state as it happens; with JOB, until that job has ended."""
    last: dict[str, str] = {}
    until = time.monotonic() + seconds
    with place.ledger_of(config) as ledger:
        while time.monotonic() < until:
            found = [ledger.faxes.get(job)] if job else ledger.faxes.list(limit=200)
            for one in filter(None, found):
                if last.get(one.id) != one.state:
                    last[one.id] = one.state
                    print(one.id, one.state, one.recipient.number.display(), one.note, flush=True)
            if job and states.State(last.get(job, "accepted")) in states.FINAL:
                return
            time.sleep(0.5)


def _tell(config: str | None, job: str, event: states.Event, note: str) -> None:
    with place.ledger_of(config) as ledger:
        if ledger.faxes.get(job) is None:
            raise errors.Usage(f"there is no job {job}")
        changed = ledger.faxes.tell(job, event, note or "by the operator")
    print(
        f"{job} is {changed.state}"
        + (", its recall is asked for" if _asked(changed, event) else "")
    )


def _asked(job: "FaxJob", event: states.Event) -> bool:
    return event is states.Event.CANCEL and job.state is states.State.SUBMITTED


@jobs.command()
def cancel(job: JobId, note: Note = "", config: place.Config = None) -> None:
    """Stop a fax; one that the provider has is called back if it still can be."""
    _tell(config, job, states.Event.CANCEL, note)


@jobs.command()
def release(job: JobId, note: Note = "", config: place.Config = None) -> None:
    """Let a held fax go on."""
    _tell(config, job, states.Event.RELEASE, note)


@jobs.command()
def approve(
    job: JobId,
    by: typing.Annotated[str, typer.Option("--by", help="Who approves: you, if not said.")] = "",
    note: Note = "",
    config: place.Config = None,
) -> None:
    """Let a fax go that waits for approval; its sender cannot."""
    with place.ledger_of(config) as ledger:
        if ledger.faxes.get(job) is None:
            raise errors.Usage(f"there is no job {job}")
        changed = ledger.faxes.approve(job, by or getpass.getuser(), note)
    print(f"{job} is {changed.state}, {changed.note}")


@jobs.command()
def resend(job: JobId, note: Note = "", config: place.Config = None) -> None:
    """Send a held fax (again), its pages as they are."""
    _tell(config, job, states.Event.RESEND, note)


@jobs.command()
def close(
    job: JobId,
    delivered: typing.Annotated[bool, typer.Option(help="It did arrive.")] = False,
    note: Note = "",
    config: place.Config = None,
) -> None:
    """End a held fax by hand: failed, or with --delivered delivered."""
    event = states.Event.CLOSE_DELIVERED if delivered else states.Event.CLOSE_FAILED
    _tell(config, job, event, note)


@inbox.callback()
def _inbox(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_inbox()


@inbox.command("list")
def list_inbox(limit: int = 50, config: place.Config = None, json: place.Json = False) -> None:
    """Received faxes, newest first."""
    with place.ledger_of(config) as ledger:
        found = ledger.inbound.list(limit=limit)
    if json:
        output.as_json(found)
        return
    output.table(
        ("id", "state", "account", "did", "caller", "pages", "received_at", "note"),
        [_arrival(one) for one in found],
    )


def _arrival(one: "inbound.Arrival") -> list[object]:
    fax = one.fax
    return [
        one.id, one.state, fax.account, fax.did, fax.caller, fax.pages, fax.received_at, one.note,
    ]  # fmt: skip


@inbox.command("show")
def show_fax(fax: FaxId, config: place.Config = None, json: place.Json = False) -> None:
    """One received fax with its time line."""
    with place.ledger_of(config) as ledger:
        found = ledger.inbound.get(fax)
        if found is None:
            raise errors.Usage(f"there is no received fax {fax}")
        events = ledger.faxes.events(fax)
    if json:
        output.as_json({"fax": found, "events": events})
        return
    output.table(
        ("at", "event", "state", "note"), [(e.at, e.event, e.state, e.note) for e in events]
    )


@inbox.command()
def redeliver(fax: FaxId, note: Note = "", config: place.Config = None) -> None:
    """Route a received fax again by the rules now in force, and mail it again."""
    with place.ledger_of(config) as ledger:
        if ledger.inbound.get(fax) is None:
            raise errors.Usage(f"there is no received fax {fax}")
        again = ledger.inbound.redeliver(fax, note or "by the operator")
    print(f"{fax} is {again.state} and will be mailed again")


def send(
    files: typing.Annotated[list[pathlib.Path], typer.Argument(metavar="FILE...")],
    to: typing.Annotated[str, typer.Option("--to", help="Number to fax to.")],
    sender: typing.Annotated[
        str | None, typer.Option("--from", help="Mail address it is from; gets the receipt.")
    ] = None,
    subject: typing.Annotated[str, typer.Option(help="For cover and receipt.")] = "",
    config: place.Config = None,
    json: place.Json = False,
) -> None:
    """Fax files from the shell.

    The rules decide as for a mail whose sender has logged in.
    """
    from mailfax.cli import console

    id = console.send(  # noqa: A001
        place.config(config), [place.existing(file) for file in files], to, sender, subject
    )
    if json:
        output.as_json({"mail": id, "job": f"{id}-1"})
    else:
        print(f"accepted as {id}-1")


def verify(config: place.Config = None, json: place.Json = False) -> None:
    """Check that nothing was lost.

    Every accepted recipient has its outcome, or visibly waits for one.
    """
    from mailfax.store import documents

    loaded = place.config(config)
    with place.ledger_of(config) as ledger:
        findings = ledger.verify(documents.LocalDir(loaded.documents).exists)
        counts = ledger.faxes.counts()
    if json:
        output.as_json({"findings": findings, "counts": counts})
    else:
        for finding in findings:
            print(finding)
        shown = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
        print(shown or "no faxes yet")
    if findings:
        raise errors.Permanent(f"{len(findings)} finding(s)")
