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


def render(
    inputs: typing.Annotated[list[pathlib.Path], typer.Argument(metavar="INPUT...")],
    out: typing.Annotated[
        pathlib.Path, typer.Option("-o", "--output", help="OUT.tif, OUT.pdf or OUT.png.")
    ],
    to: typing.Annotated[
        str | None, typer.Option("--to", help="Number: decides the paper.")
    ] = None,
    cover: typing.Annotated[str | None, typer.Option(help="Cover template in front.")] = None,
    rule: typing.Annotated[str | None, typer.Option(help="Settings of this send rule.")] = None,
    at: typing.Annotated[str | None, typer.Option(help="Pretend it is this time (ISO).")] = None,
    paper: typing.Annotated[str, typer.Option(help="a4, letter, legal or auto.")] = "auto",
    resolution: typing.Annotated[str, typer.Option(help="standard, fine or superfine.")] = "fine",
    config: place.Config = None,
    json: place.Json = False,
) -> None:
    """Make the pages without sending them.

    INPUT is one mail (.eml) or documents; the pages are exactly those that would be sent.
    """
    from mailfax.cli import preview

    if out.suffix.lower() not in {".tif", ".tiff", ".pdf", ".png"}:
        raise errors.Usage(f"{out} ends neither in .tif nor .pdf nor .png")
    wish = preview.Wish(
        inputs=tuple(place.existing(one) for one in inputs),
        out=out,
        to=to,
        cover=cover,
        rule=rule,
        at=at,
        paper=paper,
        resolution=resolution,
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
    file: typing.Annotated[pathlib.Path, typer.Argument(metavar="FILE")],
    json: place.Json = False,
) -> None:
    """Check a fax TIFF byte by byte.

    RFC 3949, profiles S and F; findings begin with the row of the checklist.
    """
    from mailfax.document import check

    findings = check.check(place.existing(file))
    if json:
        output.as_json({"file": file, "findings": findings})
    else:
        print("\n".join(findings) or f"{file}: passes")
    if findings:
        raise errors.Permanent(f"{file}: {len(findings)} finding(s)")
