"""The outside of the third zygote: documents that LibreOffice or Ghostscript make PDF of.

They have slots of their own, so that what is slow there holds up no press.
"""

import contextlib
import itertools
import pathlib
import shutil
import tempfile
import threading
from typing import IO, Any

from mailfax.document import jail
from mailfax.document.converters import REASONS, UnfitError, office, office_kinds

_MODULE = "mailfax.document.program"
_SHUT = frozenset({"network", "processes", "files", "other documents"})
"""What a probe must find refused (`program`)."""
_NONSENSE = "the document jail answered nonsense"


def libreoffice() -> pathlib.Path | None:
    """The folder `program` of the LibreOffice that is installed here."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    folder = pathlib.Path(found).resolve().parent if found else None
    if folder and any((folder / name).exists() for name in office.LIBRARIES):
        return folder
    return None


def _beyond_usr(program: pathlib.Path | None) -> list[pathlib.Path]:
    """Where LibreOffice lies, as far as no jail sees it anyway."""
    return [program.parent] if program and not program.is_relative_to("/usr") else []


class Programs:
    """LibreOffice, and with `postscript` also Ghostscript; used from any number of threads."""

    def __init__(
        self,
        limits: jail.Limits,
        workers: int,
        *,
        postscript: bool,
        require_jail: bool,
        bubblewrap: bool = True,
    ) -> None:
        self._limits = limits
        self._postscript = postscript
        self._proven = not require_jail
        self._slots = threading.BoundedSemaphore(workers)
        self._program = libreoffice()
        self._zygote = jail.Zygote(
            _MODULE,
            str(self._program or ""),
            folders=_beyond_usr(self._program),
            bubblewrap=bubblewrap,
            scratch=True,
        )

    def start(self) -> None:
        """Load LibreOffice, if there is one."""
        if self._program:
            self._zygote.start()

    def close(self) -> None:
        """End all that runs."""
        self._zygote.close()

    def to_pdf(
        self, kind: str, data: bytes, charset: str | None, paper: str, out: IO[bytes]
    ) -> bytes:
        """A document of one of `kinds.PROGRAMS` as PDF, as untrusted as it was, by way of `out`.

        Raises `UnfitError`, `jail.Crashed`, `jail.Overdrawn`, `jail.Broken`.
        """
        if kind == office_kinds.LOCKED:
            raise UnfitError("password")
        if kind == "PostScript" and not self._postscript:
            raise UnfitError("postscript")
        self._prove()
        request = {"task": "open", "kind": kind, "charset": charset, "paper": paper}
        with (
            self._slots,
            contextlib.closing(self._zygote.run(request, [data], out, self._limits)) as told,
        ):
            _check(list(itertools.islice(told, 2)))
        out.seek(0)
        return out.read()

    def state(self) -> list[tuple[str, bool, str]]:
        """Kind of document, whether it can be opened here, and a remark for a person."""
        found = self._probe()
        shut = f"shut off: {', '.join(sorted(_SHUT & set(found['refused'])))}"
        office = (found["office"], f"LibreOffice; {shut}", "LibreOffice is not installed")
        ghostscript = (found["ghostscript"], f"Ghostscript; {shut}", "Ghostscript is not installed")
        if not self._postscript:
            ghostscript = (True, "not opened: the operator has not allowed it", "")
        return [_line("office documents", *office), _line("PostScript", *ghostscript)]

    def _prove(self) -> None:
        """See once that this jail holds, where that is required."""
        if self._proven:
            return
        if open_doors := _SHUT - set(self._probe()["refused"]):
            doors = ", ".join(sorted(open_doors))
            raise jail.Broken(
                f"the jail of office documents must hold, but does not shut off: {doors}"
            )
        self._proven = True

    def _probe(self) -> dict[str, Any]:
        with tempfile.TemporaryFile() as nowhere:
            for found in self._zygote.run({"task": "probe"}, [], nowhere, self._limits):
                return found
        raise jail.Broken("the jail of office documents does not answer")


def _line(what: str, there: object, good: str, bad: str) -> tuple[str, bool, str]:
    return what, bool(there), good if there else bad


def _check(told: list[dict[str, Any]]) -> None:
    """The one thing that a child said. Raises `UnfitError` or `jail.Crashed`."""
    match told:
        case [{"done": 0}]:
            return
        case [{"unfit": str(code), "number": int(number)}] if code in REASONS:
            raise UnfitError(code, number)
    raise jail.Crashed(_NONSENSE)
