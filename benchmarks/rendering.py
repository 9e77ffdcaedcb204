"""Rows 7 to 11 and 14: fax pages, drawn by the warm renderer behind its jail, beside gs.

The renderer is `mailfax.document.render.Renderer` with the service's own settings; gs is a whole
command, as HylaFAX and most scripts run it. Both write G4 pages of 204 × 196 dpi.
"""

import datetime
import pathlib
import shutil
import statistics
from collections.abc import Callable, Iterator

import bench
import measure
import papers
import standard
from measure import Scale
from PIL import Image
from table import Cell, missing

from mailfax import config
from mailfax.document import render as renderers
from mailfax.mail import message
from mailfax.model import Cover, Document, Part, Role

ROWS = frozenset({7, 8, 9, 10, 11, 14})


def warm() -> renderers.Renderer:
    """A renderer whose presses are up."""
    settings = renderers.Settings(workers=config.Worker().renderers)
    renderer = renderers.Renderer(settings, [config.shipped("templates")], message.parts)
    renderer.start()
    return renderer


def part(document: pathlib.Path) -> Part:
    """A PDF as an attachment."""
    data = document.read_bytes()
    return Part(
        path="1", role=Role.ATTACHMENT, label="application/pdf", data=data, name=document.name
    )


def render(renderer: renderers.Renderer, parts: list[Part], resolution: str = "fine") -> Document:
    """All pages, on A4."""
    layout = renderers.Layout(paper="a4", resolution=resolution, max_pages=2000)
    return renderer.render(parts, layout, papers.folder / "ours.tif")[0]


def cells(rows: frozenset[int], scale: Scale, _work: pathlib.Path) -> Iterator[Cell]:
    """The cells of these rows."""
    with warm() as renderer:
        if shutil.which("gs") is None:
            yield from (missing(row, "no gs here") for row in sorted(rows & {7, 8, 9, 11}))
            rows -= {7, 8, 9, 11}
        if 7 in rows:
            for pages, bar, target in ((1, "≥ 3x", "4x"), (3, "≥ 2x", "3x"), (10, "≥ 1.2x", "2x")):
                yield _beside_gs(7, scale, renderer, papers.text(pages), pages, bar, target)
        if 8 in rows:
            many = scale.of(100, 20)
            yield _beside_gs(8, scale, renderer, papers.text(many), many, "≥ 1.0x", "1.5x")
        if 9 in rows:
            scans = scale.of(10, 1)
            yield _beside_gs(9, scale, renderer, papers.scan(scans), scans, "≥ 1.0x", "2x")
        if 11 in rows:
            yield from _sizes(scale, renderer)
        if 14 in rows:
            yield from _words(scale, renderer)
    if 10 in rows:
        yield from _memory(scale)


# ── Rows 7, 8, 9 ───────────────────────────────────────────────────────────────────────


def _beside_gs(
    row: int,
    scale: Scale,
    renderer: renderers.Renderer,
    document: pathlib.Path,
    pages: int,
    bar: str,
    target: str,
) -> Cell:
    """Pages per second, wall time."""
    parts, command = [part(document)], papers.gs(document, papers.folder / "gs.tif")
    repeat = scale.of(5 if pages <= 10 else 1, 1)
    turns = measure.in_turn(
        scale,
        lambda: pages / _middle(repeat, lambda: measure.seconds(lambda: render(renderer, parts))),
        lambda: pages / _middle(repeat, lambda: measure.run(command).wall),
    )
    cpu = measure.cpu_of(lambda: render(renderer, parts), scale.of(10 if pages <= 10 else 2, 1))
    theirs = statistics.median(measure.run(command).cpu for _ in range(scale.of(3, 1)))
    note = f"CPU {cpu / pages * 1000:.1f} ms a page, gs {theirs / pages * 1000:.1f}"
    return Cell(
        row=row, what=_count(pages), bar=bar, target=target, unit="pages/s", against="gs",
        note=note, **turns.columns(),
    )  # fmt: skip


def _middle(times: int, timed: Callable[[], float]) -> float:
    return statistics.median(timed() for _ in range(times))


def _count(pages: int) -> str:
    return "1 page" if pages == 1 else f"{pages:,} pages"


# ── Row 10 ─────────────────────────────────────────────────────────────────────────────


def _memory(scale: Scale) -> Iterator[Cell]:
    few, many = scale.of(100, 5), scale.of(1000, 20)
    with warm() as renderer:
        for what, document, bar in (
            (f"text, {_count(many)}", papers.text(many), "≤ 80 MB"),
            ("300 dpi scans", papers.scan(scale.of(10, 1)), "≤ 130 MB"),
        ):
            with measure.Peaks() as peaks:
                render(renderer, [part(document)])
            yield Cell(
                row=10, what=f"largest child, {what}", bar=bar, target="60 MB", unit="MB",
                ours=peaks.peak / 2**20, note=f"the warm presses themselves: {peaks.before}",
            )  # fmt: skip
        slow, quick = (
            _middle(scale.of(3, 1), lambda n=n: measure.seconds(lambda: _draw(renderer, n))) / n
            for n in (many, few)
        )
    yield Cell(
        row=10, what=f"ms per page, {many:,} pages vs {few}", bar="≤ 1.2x", target="1.0x",
        unit="ms", ours=slow * 1000, yardstick=quick * 1000, against="ms", ratio=slow / quick,
    )  # fmt: skip


def _draw(renderer: renderers.Renderer, pages: int) -> None:
    render(renderer, [part(papers.text(pages))])


# ── Row 11 ─────────────────────────────────────────────────────────────────────────────


def _sizes(scale: Scale, renderer: renderers.Renderer) -> Iterator[Cell]:
    theirs = papers.folder / "gs.tif"
    texts, scans = papers.text(scale.of(10, 3)), papers.scan(scale.of(10, 1))
    for what, document, bar, target in (
        ("text", texts, "≤ 1.2x", "1.0x"),
        ("300 dpi scans", scans, "≤ 0.5x", "0.36x"),
    ):
        ours = statistics.mean(page.size for page in render(renderer, [part(document)]).pages)
        measure.run(papers.gs(document, theirs))
        yardstick = statistics.mean(_page_sizes(theirs))
        yield Cell(
            row=11, what=what, bar=bar, target=target, unit="octets", ours=ours,
            yardstick=yardstick, against="gs", ratio=ours / yardstick,
        )  # fmt: skip
    yield from _legibility(scale, renderer)


def _page_sizes(tiff: pathlib.Path) -> list[int]:
    """Octets of code words of each page."""
    with Image.open(tiff) as image:
        found = []
        for number in range(image.n_frames):
            image.seek(number)
            found.append(sum(image.tag_v2[279]))
        return found


def _legibility(scale: Scale, renderer: renderers.Renderer) -> Iterator[Cell]:
    """Words of the standard test pages that tesseract reads back, ours and gs's."""
    for resolution, down, bar in (("fine", 196, "≥ 98 %"), ("standard", 98, "≥ 95 %")):
        what = f"legibility: words read back, {resolution}"
        if scale.quick or shutil.which("tesseract") is None:
            why = "left out of --quick" if scale.quick else "no tesseract here"
            yield missing(11, why, what)
            continue
        ours, theirs, worst = _read_back(renderer, resolution, down)
        yield Cell(
            row=11, what=what, bar=bar, target="99 %", unit="%", ours=ours * 100,
            yardstick=theirs * 100, against="% gs", ratio=ours / theirs, note=worst,
        )  # fmt: skip


def _read_back(
    renderer: renderers.Renderer, resolution: str, down: int
) -> tuple[float, float, str]:
    """Parts of all words, ours and gs's, and where each reads worst."""
    read: list[dict[str, float]] = [{}, {}]
    counts = {page.name: len(page.words) for page in standard.pages()}
    for page in standard.pages():
        source, gs_out = papers.folder / "standard.pdf", papers.folder / "gs.tif"
        source.write_bytes(standard.as_pdf(page))
        measure.run(papers.gs(source, gs_out, down=down))
        made = render(renderer, [part(source)], resolution).path
        for found, tiff in zip(read, (made, gs_out), strict=True):
            with Image.open(tiff) as fax:
                found[page.name] = standard.words_read(fax, down, page.words)
    ours, theirs = (
        sum(found[name] * counts[name] for name in counts) / sum(counts.values()) for found in read
    )
    worst = (
        f"{who} worst: {min(found, key=found.__getitem__)}, {min(found.values()) * 100:.0f} %"
        for who, found in zip(("our", "gs's"), read, strict=True)
    )
    return ours, theirs, "; ".join(worst)


# ── Row 14 ─────────────────────────────────────────────────────────────────────────────


def _words(scale: Scale, renderer: renderers.Renderer) -> Iterator[Cell]:
    layout = renderers.Layout(paper="a4", resolution="fine")
    out = papers.folder / "words.tif"
    texts = [_text_part(papers.body(count)) for count in (40, 500)]
    tasks = {
        "text body of 40 lines": lambda: renderer.render([texts[0]], layout, out)[0],
        "text body of 500 lines": lambda: renderer.render([texts[1]], layout, out)[0],
        "cover": lambda: renderer.cover(_cover(), layout, out)[0],
    }
    for what, task in tasks.items():
        pages = len(task().pages)
        wall = _middle(scale.of(30, 3), lambda task=task: measure.seconds(task))
        cpu = measure.cpu_of(task, scale.of(30, 3))
        yield Cell(
            row=14, what=f"{what}, {_count(pages)}", bar="≤ 6 ms", target="3 ms", unit="ms",
            ours=wall / pages * 1000,
            note=f"each page, with its share of the fork; CPU {cpu / pages * 1000:.1f} ms",
        )  # fmt: skip


def _text_part(text: str) -> Part:
    return Part(path="1", role=Role.BODY, label="text/plain", data=text.encode(), charset="utf-8")


def _cover() -> Cover:
    return Cover(
        template="standard",
        to_name="Dr Grace Hopper",
        to_company="Example Clinic",
        to_number="+1 202-555-0123",
        from_name="Ann Example",
        from_address="ann@example.com",
        subject="Order 4711",
        remarks="",
        date=datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC),
        pages=4,
        reference="01k0example",
    )


if __name__ == "__main__":
    bench.alone(cells, ROWS)
