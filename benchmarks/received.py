"""Rows 12 and 13: received fax TIFFs wrapped as PDF, code words untouched, beside tiff2pdf.

The TIFFs are Ghostscript's. tiff2pdf passes one-strip G4 through and recodes G3. Ours is
`mailfax.document.pdf.wrap` in this warm process; tiff2pdf is a command.
"""

import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Iterator

import bench
import measure
import papers
from measure import Scale
from PIL import Image
from table import Cell, missing

from mailfax.document import pdf

ROWS = frozenset({12, 13})


def cells(rows: frozenset[int], scale: Scale, work: pathlib.Path) -> Iterator[Cell]:
    """The cells of these rows."""
    absent = [name for name in ("gs", "tiff2pdf", "tiffcp") if shutil.which(name) is None]
    if absent:
        why = f"no {' and no '.join(absent)} here"
        yield from (missing(row, why) for row in sorted(rows))
        return
    out = work / "wrapped.pdf"
    many = scale.of(100, 20)
    if 12 in rows:
        yield _beside(12, scale, papers.fax(1), 1, out, "≥ 5x", "–")
        hundred = _beside(12, scale, papers.fax(many), many, out, "≥ 1x", "–")
        yield hundred
        yield Cell(
            row=12, what=f"{many} pages, rate", bar="≥ 10,000 pages/s", target="18,000",
            unit="pages/s", ours=hundred.ours,
        )  # fmt: skip
        yield _exact(papers.fax(many), out)
        yield _flat(scale, out)
    if 13 in rows:
        yield _beside(13, scale, papers.fax(many, "g3"), many, out, "≥ 20x", "40x")


def _beside(
    row: int, scale: Scale, fax: pathlib.Path, pages: int, out: pathlib.Path, bar: str, target: str
) -> Cell:
    command = ["tiff2pdf", "-o", str(out.with_suffix(".theirs")), str(fax)]
    repeat = scale.of(20, 5)
    turns = measure.in_turn(
        scale,
        lambda: (
            pages * repeat / measure.seconds(lambda: [pdf.wrap(fax, out) for _ in range(repeat)])
        ),
        lambda: pages * 3 / sum(measure.run(command).wall for _ in range(3)),
    )
    return Cell(
        row=row, what=f"{pages} page{'s' * (pages > 1)} vs tiff2pdf", bar=bar, target=target,
        unit="pages/s", against="tiff2pdf", **turns.columns(),
    )  # fmt: skip


def _exact(fax: pathlib.Path, out: pathlib.Path) -> Cell:
    """Every strip of the TIFF is in the PDF, octet for octet."""
    pdf.wrap(fax, out)
    made, octets, changed = out.read_bytes(), fax.read_bytes(), 0
    with Image.open(fax) as image:
        for number in range(image.n_frames):
            image.seek(number)
            strips = zip(image.tag_v2[273], image.tag_v2[279], strict=True)
            changed += any(octets[at : at + size] not in made for at, size in strips)
    return Cell(
        row=12, what="pages whose code words changed", bar="≤ 0 pages", target="0", unit="pages",
        ours=changed,
    )  # fmt: skip


def _flat(scale: Scale, out: pathlib.Path) -> Cell:
    few, many = scale.of(100, 20), scale.of(1000, 200)
    small, large = (_peak(papers.fax(pages), out) for pages in (few, many))
    return Cell(
        row=12, what=f"peak memory, {many:,} pages vs {few}", bar="≤ 1.1x", target="1.0x",
        unit="MB", ours=large, yardstick=small, against="MB", ratio=large / small,
    )  # fmt: skip


def _peak(fax: pathlib.Path, out: pathlib.Path) -> float:
    """Of a process that does nothing else, MB."""
    command = [sys.executable, __file__, "--peak", str(fax), str(out)]
    done = subprocess.run(command, capture_output=True, check=True)
    return int(done.stdout) / 2**20


if __name__ == "__main__":
    if "--peak" in sys.argv:
        pdf.wrap(pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))
        print(measure.memory(os.getpid(), "VmHWM"))
    else:
        bench.alone(cells, ROWS)
