"""Row 27: office documents to fax pages, the jail included, beside an `soffice` command to PDF.

The documents are made of flat OpenDocument by LibreOffice itself: three pages of letter, a sheet of
200 rows, five slides. Each is opened in a profile of its own; so does the command, whose profile
has been used before.
"""

import concurrent.futures
import pathlib
import shutil
import statistics
import subprocess
from collections.abc import Iterator

import bench
import measure
import papers
from measure import Scale
from rendering import render, warm
from table import Cell, missing

from mailfax.document import programs
from mailfax.document import render as renderers
from mailfax.model import Part, Role

ROWS = frozenset({27})
_BAR, _TARGET = "≤ 1.5 s", "0.5 s"
_KINDS = {"docx": "text", "odt": "text", "xlsx": "spreadsheet", "pptx": "presentation"}
_SPACES = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{place}:1.0"'
    for name, place in {
        "office": "office", "text": "text", "table": "table", "draw": "drawing",
        "svg": "svg-compatible",
    }.items()
)  # fmt: skip


def cells(_rows: frozenset[int], scale: Scale, work: pathlib.Path) -> Iterator[Cell]:
    """Each kind alone, then all of them at once."""
    if programs.libreoffice() is None:
        yield missing(27, "no LibreOffice here")
        return
    with warm() as renderer:
        documents = {kind: _document(kind, work) for kind in _KINDS}
        for document in documents.values():
            render(renderer, [_part(document)])
        for kind, document in documents.items():
            yield _alone(kind, document, scale, renderer, work)
        yield _at_once(list(documents.values()), scale, renderer)


def _alone(
    kind: str,
    document: pathlib.Path,
    scale: Scale,
    renderer: renderers.Renderer,
    work: pathlib.Path,
) -> Cell:
    turns = measure.in_turn(
        scale,
        lambda: measure.seconds(lambda: render(renderer, [_part(document)])),
        lambda: measure.run(_command("pdf", document, work)).wall,
    )
    cpu = measure.cpu_of(lambda: render(renderer, [_part(document)]), scale.of(5, 1))
    note = f"{len(render(renderer, [_part(document)]).pages)} pages, CPU {cpu:.2f} s"
    return Cell(
        row=27, what=kind, bar=_BAR, target=_TARGET, unit="s", against="soffice", note=note,
        **turns.columns(),
    )  # fmt: skip


def _at_once(documents: list[pathlib.Path], scale: Scale, renderer: renderers.Renderer) -> Cell:
    """Seconds a document takes while as many others are opened as there are renderers."""
    layout = renderers.Layout(paper="a4", resolution="fine")
    many = documents * scale.of(5, 1)

    def one(number: int) -> float:
        out = papers.folder / f"office-{number}.tif"
        return measure.seconds(lambda: renderer.render([_part(many[number])], layout, out))

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        took = list(pool.map(one, range(len(many))))
    return Cell(
        row=27, what="two at once, each", bar=_BAR, target=_TARGET, unit="s",
        ours=statistics.median(took), note=f"slowest of {len(took)}: {max(took):.2f} s",
    )  # fmt: skip


def _part(document: pathlib.Path) -> Part:
    data = document.read_bytes()
    return Part(path="1", role=Role.ATTACHMENT, label="", data=data, name=document.name)


def _document(kind: str, work: pathlib.Path) -> pathlib.Path:
    what = _KINDS[kind]
    source = work / f"office-{kind}.xml"
    source.write_text(
        f'<?xml version="1.0"?><office:document{_SPACES} office:version="1.2" office:mimetype='
        f'"application/vnd.oasis.opendocument.{what}"><office:body><office:{what}>{_BODIES[what]()}'
        f"</office:{what}></office:body></office:document>",
        "utf-8",
    )
    subprocess.run(_command(kind, source, work), check=True, capture_output=True)
    return source.with_suffix(f".{kind}")


def _command(kind: str, document: pathlib.Path, work: pathlib.Path) -> list[str]:
    profile = f"-env:UserInstallation=file://{work}/soffice"
    program = shutil.which("soffice") or "soffice"
    return [
        program,
        profile,
        "--headless",
        "--convert-to",
        kind,
        "--outdir",
        str(work),
        str(document),
    ]


def _letter() -> str:
    return "".join(f"<text:p>{line}</text:p>" for line in papers.lines(130, 1))


def _sheet() -> str:
    rows = ("".join(_cell(word) for word in line.split()[:8]) for line in papers.lines(200, 2))
    inside = "".join(f"<table:table-row>{cells}</table:table-row>" for cells in rows)
    return f'<table:table table:name="Sheet">{inside}</table:table>'


def _cell(word: str) -> str:
    return (
        f'<table:table-cell office:value-type="string"><text:p>{word}</text:p></table:table-cell>'
    )


def _slides() -> str:
    return "".join(
        '<draw:page><draw:frame svg:x="2cm" svg:y="2cm" svg:width="22cm" svg:height="14cm">'
        f"<draw:text-box><text:p>{line}</text:p></draw:text-box></draw:frame></draw:page>"
        for line in papers.lines(5, 3)
    )


_BODIES = {"text": _letter, "spreadsheet": _sheet, "presentation": _slides}

if __name__ == "__main__":
    bench.alone(cells, ROWS)
