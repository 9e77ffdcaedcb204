"""The content pages of one mail: hands the wanted parts to the presses, tries the branches
of alternatives, stops at the first part that cannot be faxed, and keeps the manifest.
"""

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

from mailfax import errors
from mailfax.document import jail, leaveout, opening, plan, presses
from mailfax.document.converters import LEFT_OUT, REASONS, UnfitError, hard_to_read, kinds
from mailfax.document.plan import Branch, Found
from mailfax.document.presses import Placed
from mailfax.errors import Cause
from mailfax.model import Manifest, ManifestEntry, Part, Role


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the pages are to be: decided by the rules, no `auto` left."""

    paper: str
    """a4, letter, legal or b4."""
    resolution: str
    """standard, fine or superfine."""
    parts: str = "both"
    """body, attachments or both."""
    alternative: str = "html"
    """html or text."""
    leave_out: tuple[str, ...] = ()
    """Of logos, trackers and disclaimers."""
    quotes: str = "keep"
    """keep or cut."""
    signature: str = "keep"
    """keep or cut."""
    unsupported: str = "refuse"
    """refuse or leave out."""
    archives: bool = False
    """ZIP archives are opened, and not refused."""
    halftone: str = "auto"
    """auto, text or photo."""
    blank_pages: str = "keep"
    """keep or drop."""
    max_pages: int = 100
    body_on_cover: bool = False
    """The mail's own text stands on the cover, and is no page besides."""

    def request(self) -> dict[str, Any]:
        """The same in the words of a press."""
        return {
            "paper": self.paper,
            "resolution": self.resolution,
            "halftone": self.halftone,
            "limit": self.max_pages,
        }


class Unrenderable(errors.Permanent):
    """A document that cannot be faxed; `manifest` says what became of each part of a mail."""

    def __init__(self, text: str, cause: Cause, manifest: Manifest = (), *, code: str = "") -> None:
        super().__init__(text, cause=cause)
        self.manifest = manifest
        self.code = code
        """Of `REASONS`, where it is one thing that was to be drawn."""


class Interrupted(errors.Temporary):
    """Opening a document broke off; another try may work. `manifest` as above."""

    def __init__(self, text: str, manifest: Manifest = ()) -> None:
        super().__init__(text, cause=Cause.CONVERSION_FAILED)
        self.manifest = manifest


def reason(error: UnfitError, limit: int) -> tuple[str, Cause]:
    """Why a press found a document unfit, and the cause."""
    cause, text = REASONS[error.code]
    return text.format(number=error.number, limit=limit), cause


def broken_off(what: object, error: presses.BrokenOffError) -> Unrenderable | Interrupted:
    """The sentence for a document whose child ended badly."""
    if isinstance(error.cause, jail.Overdrawn):
        return Unrenderable(f"{what} cannot be faxed: {error.cause}", error.cause.cause)
    return Interrupted(f"{what} could not be drawn: {error.cause}")


ON_COVER = "It stands on the cover page."
BLANK = "Left out: blank pages ({number})."
AS_IT_IS = "It went to the fax provider as it is, which made the pages itself."


class Mail:
    """One mail on its way to pages."""

    def __init__(
        self,
        press: presses.Presses,
        parts: Sequence[Part],
        layout: Layout,
        room: presses.Room,
        read: opening.Reader,
        about: leaveout.About,
    ) -> None:
        opener = opening.Opener(press, room, read, layout.parts, layout.archives)
        self._presses = press
        self._opened = opener.open(parts)
        self._parts = self._opened.parts
        self._layout = layout
        self._room = room
        leaves = self._opened.leaves()
        self._noted = plan.own_words(leaves) if layout.body_on_cover else []
        self._about = about
        self._recurring = about.memory.recurring() if layout.leave_out else frozenset()
        self._plan = plan.plan(
            leaves,
            layout.parts,
            alternative=layout.alternative,
            unneeded=leaveout.unneeded(leaves, layout.leave_out, self._recurring),
        ).without(self._noted)
        self._faxed: dict[Found, int] = dict.fromkeys(self._noted, 0)
        self._remarks: dict[str, list[str]] = {f.part.path: [ON_COVER] for f in self._noted}
        self._left = self._opened.left | self._plan.left
        self._refused: dict[str, str] = {}
        self._shown: set[str] = set()
        """Paths of the pictures that a text shows."""
        self._seen: list[str] = []
        """Digests of what this mail brings, for later ones."""

    def draw(self) -> list[Placed]:
        """All pages in order. Raises `Unrenderable`, `Interrupted`, `jail.Broken`."""
        try:
            pages = self._draw()
        except (Unrenderable, Interrupted) as error:
            error.manifest = self.manifest()
            raise
        self._remember()
        return pages

    def _remember(self) -> None:
        if "logos" in self._layout.leave_out:
            self._seen += leaveout.digests(self._parts)
        self._about.memory.note(self._seen)

    def on_cover(self) -> tuple[list[dict[str, Any]], list[bytes]]:
        """The texts that are to stand on the cover, in the words of a press, and their octets."""
        return self._items(self._noted)

    def only_pdf(self) -> Found | None:
        """The PDF that is all there is to fax, if that is so."""
        match self._plan:
            case plan.Plan(choices=(((Found(kind="pdf") as found,),),), refused=()):
                return found
        return None

    def pass_on(self, found: Found, count: int) -> None:
        """This part goes to the provider as it is; it says that it has so many pages."""
        self._faxed[found] = count
        self._remarks[found.part.path] = [AS_IT_IS]
        if count > self._layout.max_pages:
            raise self._too_long(count)

    def _too_long(self, count: int) -> Unrenderable:
        limit = self._layout.max_pages
        text = f"this fax has {count} pages; at most {limit} are allowed"
        return Unrenderable(text, Cause.TOO_LONG, self.manifest())

    def _draw(self) -> list[Placed]:
        for found in self._plan.refused:
            self._pass_over(found, self._unusable(found))
        pages: list[Placed] = []
        for alone, choices in itertools.groupby(self._plan.choices, lambda c: len(c) == 1):
            if alone:
                pages += self._branch([f for [branch] in choices for f in branch], len(pages))
            else:
                for choice in choices:
                    pages += self._alternative(choice, len(pages))
        if not pages and not self._noted:
            raise Unrenderable("there is nothing to fax in this mail", Cause.UNSUPPORTED_DOCUMENT)
        if len(pages) > self._layout.max_pages:
            raise self._too_long(len(pages))
        return pages

    def _pass_over(self, found: Found, error: Unrenderable | Interrupted) -> None:
        """Leave out an attachment that cannot be drawn, where the rules say so; else raise."""
        permanent = isinstance(error, Unrenderable) and error.cause is not Cause.TOO_LONG
        kept = self._layout.unsupported == "refuse" or found.part.role is Role.BODY
        if kept or not permanent:
            raise error
        self._left[found.part.path] = self._refused.pop(found.part.path, str(error))

    def _unusable(self, found: Found) -> Unrenderable | Interrupted:
        """Why a part is refused before it is looked at, or because it could not be opened."""
        closed = self._opened.closed.get(found.part.path)
        if closed is None:
            return self._refusal(found, _unknown(found.kind), Cause.UNSUPPORTED_DOCUMENT)
        if closed.temporary:
            self._refused[found.part.path] = closed.why
            return Interrupted(f"{found} could not be opened: {closed.why}")
        return self._refusal(found, closed.why, closed.cause)

    def manifest(self) -> Manifest:
        """What became of every part so far, in the order of the mail."""
        known = {found.part.path: (found, pages) for found, pages in self._faxed.items()}
        return tuple(self._entry(part, known.get(part.path)) for part in self._parts)

    def _entry(self, part: Part, faxed: tuple[Found, int] | None) -> ManifestEntry:
        if part.path in self._refused:
            outcome, reason = "refused", self._refused[part.path]
        elif part.path in self._shown and part.role is Role.RELATED:
            outcome, reason = "faxed", "it stands in the text"
        elif faxed is not None:
            outcome, reason = "faxed", ""
        elif part.path in self._opened.inside:
            outcome, reason = "opened", ""
        else:
            outcome, reason = "left out", self._left.get(part.path, "the fax was stopped before it")
        return ManifestEntry(
            part=part.path,
            name=part.name,
            label=part.label,
            found=plan.kind(part),
            outcome=outcome,
            reason=reason,
            pages=faxed[1] if faxed else 0,
            remarks=self._told(part, faxed is not None),
        )

    def _told(self, part: Part, faxed: bool) -> tuple[str, ...]:
        drawn = self._remarks.get(part.path, ()) if faxed else ()
        return (*self._opened.inside.get(part.path, ()), *drawn)

    # ── Branches ───────────────────────────────────────────────────────────────────────

    def _alternative(self, branches: Sequence[Branch], before: int) -> list[Placed]:
        """The first branch that can be drawn and shows something (MIM-06)."""
        for number, branch in enumerate(branches):
            last = number == len(branches) - 1
            try:
                pages = self._branch(branch, before)
            except (Unrenderable, Interrupted, jail.Broken):
                if last:
                    raise
                self._refused.clear()
                self._faxed = {f: n for f, n in self._faxed.items() if f not in branch}
                continue
            if pages or last:
                others = (f for other in branches if other is not branch for f in other)
                self._left |= {found.part.path: plan.OTHER for found in others}
                return pages
        return []

    def _branch(self, branch: Sequence[Found], before: int) -> list[Placed]:
        """Parts that are drawn one after the other, all or none."""
        pages: list[Placed] = []
        for press, run in itertools.groupby(branch, _press):
            parts = list(run)
            draw = self._run if self._layout.unsupported == "refuse" else self._one_by_one
            pages += draw(press, parts, before + len(pages))
        return pages

    def _one_by_one(self, press: str, run: Sequence[Found], before: int) -> list[Placed]:
        """Those that can be drawn; the others are left out."""
        pages: list[Placed] = []
        for found in run:
            try:
                pages += self._run(press, [found], before + len(pages))
            except Unrenderable as error:
                self._pass_over(found, error)
        return pages

    def _run(self, press: str, run: Sequence[Found], before: int) -> list[Placed]:
        pages: list[Placed] = []
        for found, first in zip(run, self._drawn(press, run, before), strict=True):
            drawn = first
            if _code(first) == "elsewhere":
                [drawn] = self._drawn("layout", [found], before + len(pages))
            if _code(drawn) == "empty":
                self._left[found.part.path] = plan.EMPTY
            elif drawn.unfit is not None:
                raise self._refusal(found, *reason(drawn.unfit, self._layout.max_pages))
            else:
                kept = self._kept(drawn)
                self._faxed[found] = len(kept)
                self._remarks[found.part.path] = drawn.remarks + hard_to_read(drawn.faults)
                self._look_into(found, drawn)
                pages += kept
        return pages

    def _kept(self, drawn: presses.Drawn) -> list[Placed]:
        """The pages of a part without the blank ones, where those are to be dropped."""
        kept = [page for page in drawn.pages if not page.blank]
        dropped = len(drawn.pages) - len(kept)
        if self._layout.blank_pages == "keep" or not kept or not dropped:
            return drawn.pages
        drawn.remarks.append(BLANK.format(number=dropped))
        return kept

    def _look_into(self, found: Found, drawn: presses.Drawn) -> None:
        """What became of the pictures in a text, and how it ends."""
        related = {cid: part.path for cid, part in self._related(found).items()}
        self._left |= {
            related[cid]: LEFT_OUT[code][1] for cid, code in drawn.left.items() if cid in related
        }
        self._shown |= {path for cid, path in related.items() if cid not in drawn.left}
        if "disclaimers" in self._layout.leave_out:
            self._seen += drawn.blocks

    def _drawn(self, press: str, run: Sequence[Found], before: int) -> list[presses.Drawn]:
        """What the press made of these parts; errors name the part that they are about."""
        items, inputs = self._items(run)
        limit = max(0, self._layout.max_pages - before)
        request = {**self._layout.request(), "task": "pages", "items": items, "limit": limit}
        try:
            return self._presses.draw(press, request, inputs, self._room)
        except presses.BrokenOffError as error:
            found = run[error.number]
            self._refused[found.part.path] = str(error.cause)
            raise broken_off(found, error) from error

    def _items(self, run: Sequence[Found]) -> tuple[list[dict[str, Any]], list[bytes]]:
        """The parts in the words of a press, and all octets they need."""
        inputs: list[bytes] = []
        items = []
        for found in run:
            related = self._related(found)
            kind, data = self._as_pdf(found)
            items.append(
                {
                    "kind": kind,
                    "input": len(inputs),
                    "charset": found.part.charset,
                    "heading": found.part.heading,
                    "flowed": found.part.flowed,
                    "delsp": found.part.delsp,
                    "trim": self._trim() if found.words else None,
                    "related": {cid: len(inputs) + 1 + n for n, cid in enumerate(related)},
                }
            )
            inputs += [data, *(part.data for part in related.values())]
        return items, inputs

    def _as_pdf(self, found: Found) -> tuple[str, bytes]:
        """What of this part goes to a press: PDF where a press needs another program for it."""
        part = found.part
        if found.kind not in kinds.PROGRAMS:
            return found.kind, part.data
        wish, out = (found.kind, part.data, part.charset, self._layout.paper), self._room.file()
        try:
            return "pdf", self._presses.programs.to_pdf(*wish, out)
        except UnfitError as error:
            if error.code == "office" and found.kind == "csv":
                return "text", part.data
            raise self._refusal(found, *reason(error, self._layout.max_pages)) from error
        except (jail.Crashed, jail.Overdrawn) as error:
            self._refused[part.path] = str(error)
            raise broken_off(found, presses.BrokenOffError(0, error)) from error

    def _trim(self) -> dict[str, Any]:
        """What is to be left out of a text of the mail's own, in the words of a press."""
        return {
            **{word: word in self._layout.leave_out for word in leaveout.WORDS},
            "quotes": self._layout.quotes == "cut",
            "signature": self._layout.signature == "cut",
            "forwarded": self._about.forwarded,
            "recurring": sorted(self._recurring),
        }

    def _related(self, found: Found) -> dict[str, Part]:
        """All pictures with a content id, for an HTML text to show; of two the first has it."""
        if found.kind != "html":
            return {}
        named = (part for part in reversed(self._parts) if part.content_id)
        pictures = (part for part in named if plan.kind(part) in kinds.PICTURES)
        return {(part.content_id or "").strip("<> "): part for part in pictures}

    def _refusal(self, found: Found, reason: str, cause: Cause) -> Unrenderable:
        self._refused[found.part.path] = reason
        return Unrenderable(f"{found} cannot be faxed: {reason}", cause)


def _unknown(kind: str) -> str:
    if kind == kinds.ENCRYPTED:
        return "it is encrypted"
    return f"it is of the kind '{kind}', which cannot be drawn"


def _code(drawn: presses.Drawn) -> str | None:
    return drawn.unfit.code if drawn.unfit is not None else None


def _press(found: Found) -> str:
    return "layout" if found.kind == "html" else "pages"
