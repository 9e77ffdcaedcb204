"""`mailfax rules who`, `diff`, `schema`: the rules asked from the other end, or beside others."""

import datetime
import pathlib
import typing
from collections.abc import Iterator

import typer

from mailfax import errors
from mailfax.cli import output, place

if typing.TYPE_CHECKING:
    from mailfax.policy import compare, decide
    from mailfax.policy.tables import Rules

Rulebook = typing.Annotated[
    pathlib.Path | None, typer.Option("--rules", help="Instead of the config's own.")
]


def add(app: typer.Typer) -> None:
    """Hang the commands of this file into `mailfax rules`."""
    app.command("who")(who_may)
    app.command("diff")(differ)
    app.command("schema")(print_schema)


def load(file: pathlib.Path | None, config: str | None) -> "Rules":
    """A file named alone is checked without accounts; the config's own with them."""
    from mailfax.policy import rules
    from mailfax.service import rulebook

    if file is not None:
        return rules.load(place.existing(file))
    return rulebook.load_rules(place.config(config))


def who_may(
    number: str,
    file: Rulebook = None,
    config: place.Config = None,
    json: place.Json = False,
) -> None:
    """Who may fax this number, and where a fax goes that was sent to it."""
    from mailfax import number as numbers
    from mailfax.policy import who

    book = load(file, config)
    fax = numbers.parse(number, book.country)
    if json:
        found = {"send": list(who.senders(book, fax)), "receive": list(who.routes(book, fax))}
        output.as_json({"number": str(fax), **found})
    else:
        print("\n".join(who.report(book, fax)))


def print_schema() -> None:
    """A JSON Schema of the rules file, for editors."""
    from mailfax.policy import outline

    output.as_json(outline.outline())


# ── diff ───────────────────────────────────────────────────────────────────────────────


def differ(
    old: pathlib.Path,
    new: pathlib.Path,
    replay: typing.Annotated[
        pathlib.Path | None, typer.Option(help="Mails, as .eml; without it the store's faxes.")
    ] = None,
    proof: typing.Annotated[
        list[str] | None, typer.Option(help="What the replayed mails show, as in a rule.")
    ] = None,
    jobs: typing.Annotated[int, typer.Option(help="How many faxes of the store.")] = 500,
    config: place.Config = None,
    json: place.Json = False,
) -> None:
    """What would change for past mails if the new file took the place of the old one."""
    from mailfax.policy import compare, rules

    before, after = rules.load(place.existing(old)), rules.load(place.existing(new))
    now = datetime.datetime.now(datetime.UTC)
    if replay is not None:
        cases = [(what, facts, now) for what, facts in _mails(replay, before, after, proof or [])]
    else:
        cases = list(_faxes(before, after, jobs, config))
    found = [
        change
        for what, facts, at in cases
        if (change := compare.change(before, after, facts, at, what))
    ]
    _tell(found, len(cases), json)


def _tell(found: "list[compare.Change]", of: int, json: bool) -> None:
    if json:
        output.as_json({"judged": of, "changes": found})
        return
    for change in found:
        print(change)
    print(f"{len(found)} of {of} change")


def _mails(
    folder: pathlib.Path, old: "Rules", new: "Rules", words: list[str]
) -> "Iterator[tuple[str, decide.Facts]]":
    """Every mail of a folder to each number that its To and Cc name."""
    from mailfax.cli import sketches
    from mailfax.mail import message

    if not folder.is_dir():
        raise errors.Usage(f"{folder} is not a folder")
    sought = {**old.sought, **new.sought}
    for path in sorted(folder.glob("**/*.eml")):
        head = message.head(path.read_bytes())
        for to in sketches.recipients(head.raw, new.country):
            facts = sketches.facts(head.sender, to, sought, words)
            yield f"{path.name} to {to.number}", facts


def _faxes(
    old: "Rules", new: "Rules", limit: int, config: str | None
) -> "Iterator[tuple[str, decide.Facts, datetime.datetime]]":
    """The last faxes of the store, with what their senders had shown then."""
    from mailfax.policy import decide

    late = {word: why for word, why in new.sought.items() if word not in old.sought}
    with place.ledger_of(config) as ledger:
        for job in ledger.faxes.list(limit=limit):
            mail = ledger.mails.get(job.message)
            if mail is None:
                continue
            facts = decide.Facts(
                mail_from=mail.mail_from,
                header_from=mail.sender,
                proof=mail.proof,
                unknown=late,
                recipient=job.recipient,
                size=mail.size,
            )
            yield f"{job.id} to {job.recipient.number}", facts, job.created_at
