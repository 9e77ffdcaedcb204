"""What HylaFAX spends on the same mail: the two scripts by which its queue makes fax pages.

`make setup-bench` unpacks Debian's package into .venv/hylafax: nothing of it is installed
or started. Only ps2fax and pdf2fax run; reading the mail, setting its text as PostScript and
queueing are left out, to HylaFAX's advantage.
"""

import pathlib
import shutil

import measure
import papers

_UNPACKED = pathlib.Path(__file__).parents[1] / ".venv/hylafax"
_SCRIPTS = "var/spool/hylafax/bin"
_OPTIONS = ["-3", "-r", "196", "-w", "1728", "-l", "297"]


def absent() -> str:
    """Why there is no such yardstick here; empty when there is."""
    if shutil.which("gs") is None:
        return "no gs here"
    return "" if _scripts() else "no HylaFAX here (make setup-bench)"


def _scripts() -> pathlib.Path | None:
    for root in (pathlib.Path("/"), _UNPACKED):
        if (root / _SCRIPTS / "ps2fax.gs").is_file():
            return root / _SCRIPTS
    return None


class HylaFax:
    """Its conversions, in a spool folder of our own."""

    def __init__(self, folder: pathlib.Path) -> None:
        """ps2fax wants a spool with etc/setup.cache, which names the programs it calls."""
        self._folder = folder
        self._scripts = _scripts()
        (folder / "etc").mkdir(parents=True)
        (folder / "etc/setup.cache").write_text("GSRIP=gs\nCAT=cat\nSED=sed\n")
        self._text = folder / "body.ps"
        self._text.write_text(_postscript(papers.lines(20, 9, 70)))

    def convert(self) -> float:
        """CPU seconds for the text body and the 3-page PDF."""
        return self._run("ps2fax.gs", self._text) + self._run("pdf2fax.gs", papers.text(3))

    def _run(self, script: str, source: pathlib.Path) -> float:
        out = self._folder / "out.tif"
        command = [self._scripts / script, *_OPTIONS, "-o", out, source]
        return measure.run(command, cwd=self._folder).cpu


def _postscript(lines: list[str]) -> str:
    """One page of Courier, as plain as can be."""
    shown = [f"56 {785 - 12 * number} moveto ({line}) show" for number, line in enumerate(lines)]
    return "\n".join(["%!PS", "/Courier findfont 9 scalefont setfont", *shown, "showpage", ""])
