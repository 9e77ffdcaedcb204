"""`mailfax render` and `tiff-check`: the exact pages, before anything is sent."""

import pathlib
import typing

import typer

from mailfax import errors
from mailfax.cli import output, place


def add(app: typer.Typer) -> None:
    """Hang the commands of this file into the command line."""
    app.command()(render)
    app.command("tiff-check")(tiff_check)


def render(  # noqa: PLR0917 - one parameter for each option
    out: typing.Annotated[
        pathlib.Path, typer.Option("-o", "--output", help="OUT.tif, OUT.pdf or OUT.png.")
    ],
    inputs: typing.Annotated[
        list[pathlib.Path] | None, typer.Argument(metavar="[INPUT...]")
    ] = None,
    to: typing.Annotated[
        str | None, typer.Option("--to", help="Number: decides the paper.")
    ] = None,
    cover: typing.Annotated[
        str | None, typer.Option(help="Cover in front; without INPUT the cover alone.")
    ] = None,
    rule: typing.Annotated[str | None, typer.Option(help="Settings of this send rule.")] = None,
    at: typing.Annotated[
        str | None, typer.Option(help="Pretend the mail came at this time (ISO).")
    ] = None,
    sent: typing.Annotated[
        str | None, typer.Option(help="And was handed over at this time, where that was later.")
    ] = None,
    reference: typing.Annotated[str, typer.Option(help="Job id on the cover.")] = "preview",
    paper: typing.Annotated[str, typer.Option(help="a4, letter, legal, b4 or auto.")] = "auto",
    resolution: typing.Annotated[str, typer.Option(help="standard, fine or superfine.")] = "fine",
    language: typing.Annotated[
        str | None, typer.Option(help="Of the cover, as en or de-AT.")
    ] = None,
    config: place.Config = None,
    json: place.Json = False,
) -> None:
    """Make the pages without sending them.

    INPUT is one mail (.eml) or documents; the pages are exactly those that would be sent. Without
    INPUT it is the cover alone, filled in with a sample.
    """
    from mailfax.cli import preview

    if out.suffix.lower() not in {".tif", ".tiff", ".pdf", ".png"}:
        raise errors.Usage(f"{out} ends neither in .tif nor .pdf nor .png")
    wish = preview.Wish(
        inputs=tuple(place.existing(one) for one in inputs or ()),
        out=out,
        to=to,
        cover=cover,
        rule=rule,
        at=at,
        sent=sent,
        reference=reference,
        paper=paper,
        resolution=resolution,
        language=language,
        config=config,
    )
    made = preview.render_wish(wish)
    if json:
        output.as_json({"files": made.files, "pages": made.pages, "manifest": made.manifest})
        return
    output.table(
        ("part", "found", "name", "outcome", "pages", "remarks"),
        [
            (m.part, m.found, m.name, m.outcome, m.pages, " ".join((m.reason, *m.remarks)).strip())
            for m in made.manifest
        ],
    )
    for file in made.files:
        print(file)


def tiff_check(
    files: typing.Annotated[list[pathlib.Path], typer.Argument(metavar="FILE...")],
    profile: typing.Annotated[
        str | None, typer.Option(help="s or f; without it the file itself says.")
    ] = None,
    json: place.Json = False,
) -> None:
    """Check fax TIFFs byte by byte.

    RFC 3949, profiles S and F; findings begin with the row of the checklist.
    """
    from mailfax.document import check

    if profile not in {None, "s", "f"}:
        raise errors.Usage(f"there is no profile {profile}: it is s or f")
    found = {file: check.check(place.existing(file), profile) for file in files}
    if json:
        output.as_json([{"file": file, "findings": said} for file, said in found.items()])
    else:
        for file, said in found.items():
            before = f"{file}: " if len(found) > 1 else ""
            print("\n".join(before + finding for finding in said) or f"{file}: passes")
    wrong = [f"{file}: {len(said)} finding(s)" for file, said in found.items() if said]
    if wrong:
        raise errors.Permanent(", ".join(wrong))
