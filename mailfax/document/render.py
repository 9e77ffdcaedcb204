"""Documents to fax pages: the outside face of this room.

Everything unknown is opened by a child in the jail (`jail`, `zygote`, `press`); this side
decides which parts are wanted (`plan`), hands them in, checks every number that comes
back, and writes the pages with our own TIFF writer. All or nothing: one part that cannot be
faxed stops the whole mail (MIM-04), by name and with the reason.
"""

import dataclasses
import hashlib
import logging
import pathlib
import tempfile
from collections.abc import Iterable, Sequence
from typing import Any, Self

from mailfax import errors
from mailfax.document import content, jail, leaveout, opening, pdf, presses, tiff
from mailfax.document import cover as covers
from mailfax.model import Cover, Document, Manifest, Page, Part

_log = logging.getLogger(__name__)

_RECEIVED_PAGES = 1000
"""Pages of a received fax that are counted or drawn; providers stop at a few hundred."""


Layout = content.Layout
About = leaveout.About
ON_COVER = content.ON_COVER
Unrenderable = content.Unrenderable
Interrupted = content.Interrupted

NOTHING_KNOWN = leaveout.About()
"""Of a mail without a subject and without earlier ones."""

_SHUT = frozenset({"network", "processes", "files"})
"""What a probe must find refused (`press`)."""

_UNMEASURED = Page(width=0, length=0, resolution=(0, 0), size=0)
"""A page of a PDF that is passed on as it is."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What documents may use: each child so many octets of memory, seconds, octets of pages."""

    workers: int = 2
    memory: int = 1 << 30
    seconds: float = 60
    output: int = 200_000_000
    postscript: bool = False
    """PostScript is opened, by Ghostscript."""
    require_jail: bool = False
    """Open nothing unless network, other files and new processes are proven to be shut."""


class Renderer:
    """Makes fax pages from mails and covers, and PDF or TIFF from received faxes.

    `templates` are folders with a folder `cover` in them; the first that has a template
    wins. `read` reads mails that are found in parts. Used from any number of threads. A context
    manager; starts by itself when needed.
    """

    def __init__(
        self, settings: Settings, templates: Sequence[pathlib.Path], read: opening.Reader
    ) -> None:
        limits = jail.Limits(
            memory=settings.memory, seconds=settings.seconds, output=settings.output
        )
        self._limits = limits
        self._templates = templates
        self._read = read
        self._presses = presses.Presses(
            limits,
            settings.workers,
            postscript=settings.postscript,
            require_jail=settings.require_jail,
        )
        self._proven = not settings.require_jail

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Warm up both presses, and say in the log which walls of the jail are missing.

        Raises `errors.Temporary` when the jail does not start, or does not hold though the
        settings require it.
        """
        self._prove()
        for zygote in self._presses.zygotes.values():
            zygote.start()
        self._presses.programs.start()
        missing = [f"{name} ({remark})" for name, on, remark in self.layers() if not on]
        for wall in missing:
            _log.warning("document jail: missing %s", wall)

    def close(self) -> None:
        """End all jailed processes."""
        self._presses.close()

    def layers(self) -> list[tuple[str, bool, str]]:
        """Each wall of the jail: its name, whether it stands, and a remark for a person."""
        walls = self._presses.zygotes["pages"].walls()
        refused = self._probe()
        abi = walls["landlock"]
        return [
            ("bubblewrap", bool(walls["bubblewrap"]), "own namespaces, read-only system"),
            ("landlock", abi > 0, f"version {abi}: no files but the system's, no TCP from 4 on"),
            ("privileges", bool(walls["privileges"]), "no capabilities, no core, no debugger"),
            ("seccomp", {"network", "processes"} <= refused, "no sockets, no processes"),
            ("files", "files" in refused, "nothing readable but the system"),
            ("limits", True, f"{self._limits.memory >> 20} MB, {self._limits.seconds:g} s"),
        ]

    def programs(self) -> list[tuple[str, bool, str]]:
        """What other programs open: the kind of document, whether it can be, and a remark."""
        return self._presses.programs.state()

    def _prove(self) -> None:
        """See once that the jail holds, where that is required."""
        if self._proven:
            return
        if open_doors := _SHUT - self._probe():
            doors = ", ".join(sorted(open_doors))
            raise jail.Broken(f"the document jail must hold, but does not shut off: {doors}")
        self._proven = True

    def _probe(self) -> set[str]:
        with tempfile.TemporaryFile() as nowhere:
            zygote = self._presses.zygotes["pages"]
            for message in zygote.run({"task": "probe"}, [], nowhere, self._limits):
                return set(map(str, message.get("refused", ())))
        return set()

    # ── Mails ──────────────────────────────────────────────────────────────────────────

    def render(
        self,
        parts: Sequence[Part],
        layout: Layout,
        out: pathlib.Path,
        about: leaveout.About = NOTHING_KNOWN,
    ) -> tuple[Document, Manifest]:
        """The content pages of one mail as a canonical fax TIFF at `out`; what became of
        every part. It has no pages, and no file, when all there is stands on the cover.

        Raises `Unrenderable` (permanent) or `Interrupted` (temporary), which name the part
        and carry the manifest; `errors.Temporary` when the jail itself cannot be used.
        """
        self._prove()
        with presses.Room(out.parent) as room:
            mail = content.Mail(self._presses, parts, layout, room, self._read, about)
            pages = mail.draw()
            if not pages:
                return Document(path=out, kind="tiff", sha256="", size=0, pages=()), mail.manifest()
            document = tiff.write(out, (page.strip() for page in pages))
            return document, mail.manifest()

    def as_it_is(
        self, parts: Sequence[Part], layout: Layout, out: pathlib.Path
    ) -> tuple[Document, Manifest] | None:
        """The PDF that is all there is to fax, unchanged at `out`; None when there is more, or
        something else. It is opened all the same, and its pages are counted.

        Raises as `render`.
        """
        with presses.Room(out.parent) as room:
            mail = content.Mail(self._presses, parts, layout, room, self._read, NOTHING_KNOWN)
            found = mail.only_pdf()
            if found is None:
                return None
            request = {**layout.request(), "task": "received", "kind": "pdf", "wish": "pdf"}
            drawn = self._one("pages", request, [found.part.data], room, str(found))
        count = drawn.passed or 0
        mail.pass_on(found, count)
        return _unmeasured(found.part.data, "pdf", count, out), mail.manifest()

    # ── Covers ─────────────────────────────────────────────────────────────────────────

    def cover(
        self,
        cover: Cover,
        layout: Layout,
        out: pathlib.Path,
        *,
        language: str = "en",
        body: Sequence[Part] = (),
    ) -> tuple[Document, tuple[str, ...]]:
        """The cover as a canonical fax TIFF at `out`, and what a person should know of it; more
        than one page when remarks flow.

        `body` are the parts of the mail whose own text is to be the remarks.
        `cover.pages` counts one page for the cover; when it gets more, the number printed is
        raised by them. Raises `errors.Invalid` for a template that is wrong or missing,
        `errors.Permanent` or `errors.Temporary` when it cannot be drawn.
        """
        template = covers.load(cover.template, self._templates)
        with presses.Room(out.parent) as room:
            mail = content.Mail(self._presses, body, layout, room, self._read, NOTHING_KNOWN)
            items, texts = mail.on_cover()
            wish, files = template.wish(cover, language, len(texts))
            request = {**layout.request(), "task": "cover", "cover": wish, "body": items}
            try:
                drawn = self._one("pages", request, [*texts, *files], room, "the cover page")
            except Unrenderable as error:
                raise _of_the_letterhead(template, error) from None
            document = tiff.write(out, (page.strip() for page in drawn.pages))
            return document, tuple(dict.fromkeys(drawn.remarks))

    # ── Received faxes ─────────────────────────────────────────────────────────────────

    def received(
        self, data_path: pathlib.Path, kind: str, wish: str, out: pathlib.Path
    ) -> Document:
        """A received fax, `kind` pdf or tiff, at `out` as `wish`: pdf, pdfa or tiff; pages counted.

        TIFF becomes PDF without touching a code word, but for pages that are damaged, which are
        told in the document's `damage`; PDF is drawn as fax pages; nothing is changed where kind
        and wish agree. Pages of a PDF have no geometry here. Raises `errors.Permanent` or
        `errors.Temporary`; the caller then hands on the raw file.
        """
        request = {
            "task": "received",
            "kind": kind,
            "wish": wish,
            "paper": "a4",
            "resolution": "fine",
            "limit": _RECEIVED_PAGES,
        }
        data = data_path.read_bytes()
        with presses.Room(out.parent) as room:
            drawn = self._one("pages", request, [data], room, "the received fax")
            if drawn.passed is None:
                return _of_pages((page.strip() for page in drawn.pages), wish, out)
            data = room.last_written() or data
        document = _unmeasured(data, wish, drawn.passed, out)
        return dataclasses.replace(document, damage=tuple(drawn.damage))

    def _one(
        self,
        press: str,
        request: dict[str, Any],
        inputs: Sequence[bytes],
        room: presses.Room,
        what: str,
    ) -> presses.Drawn:
        """A job that is one thing. Raises `Unrenderable`, `Interrupted`, `jail.Broken`."""
        self._prove()
        try:
            [drawn] = self._presses.draw(press, request, inputs, room)
        except presses.BrokenOffError as error:
            raise content.broken_off(what, error) from error
        if drawn.unfit is None:
            return drawn
        if drawn.unfit.code == "elsewhere" and press == "pages":
            return self._one("layout", request, inputs, room, what)
        why, cause = content.reason(drawn.unfit, request["limit"])
        raise Unrenderable(f"{what} cannot be drawn: {why}", cause, code=drawn.unfit.code)


def _of_the_letterhead(template: covers.Template, error: Unrenderable) -> errors.MailfaxError:
    """A letterhead that cannot be drawn is a template that is wrong: no fault of the fax."""
    if not error.code.startswith("letterhead"):
        return error
    why = str(error).removeprefix("the cover page ")
    return errors.Invalid([errors.Problem(str(template.files[0]), 0, 0, why)])


def _of_pages(strips: Iterable[tiff.Strip], wish: str, out: pathlib.Path) -> Document:
    """The pages as TIFF or PDF/A."""
    if wish == "tiff":
        return tiff.write(out, strips)
    drawn = out.with_suffix(".drawn.tif")
    count = len(tiff.write(drawn, strips).pages)
    pdf.wrap(drawn, out, archive=True)
    return _unmeasured(out.read_bytes(), wish, count, out)


def _unmeasured(data: bytes, kind: str, count: int, out: pathlib.Path) -> Document:
    """A file of so many pages, written to `out` as it is."""
    out.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    pages = (_UNMEASURED,) * count
    return Document(path=out, kind=kind, sha256=digest, size=len(data), pages=pages)
