"""The content pages of one mail: hands the wanted parts to the presses, tries the branches
of alternatives, stops at the first part that cannot be faxed, and keeps the manifest.
"""

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

from mailfax import errors
from mailfax.document import jail, plan, presses
from mailfax.document.converters import REASONS, UnfitError, kinds
from mailfax.document.plan import Branch, Found
from mailfax.document.presses import Placed
from mailfax.errors import Cause
from mailfax.model import Manifest, ManifestEntry, Part


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the pages are to be: decided by the rules, no `auto` left."""

    paper: str
    """a4, letter or legal."""
    resolution: str
    """standard, fine or superfine."""
    parts: str = "both"
    """body, attachments or both."""
    max_pages: int = 100

    def request(self) -> dict[str, Any]:
        """The same in the words of a press."""
        return {"paper": self.paper, "resolution": self.resolution, "limit": self.max_pages}


class Unrenderable(errors.Permanent):
    """A document that cannot be faxed; `manifest` says what became of each part of a mail."""

    def __init__(self, text: str, cause: Cause, manifest: Manifest = ()) -> None:
        super().__init__(text, cause=cause)
        self.manifest = manifest


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


AS_IT_IS = "It went to the fax provider as it is, which made the pages itself."


class Mail:
    """One mail on its way to pages."""

    def __init__(
        self, press: presses.Presses, parts: Sequence[Part], layout: Layout, room: presses.Room
    ) -> None:
        self._presses = press
        self._parts = parts
        self._layout = layout
        self._room = room
        self._plan = plan.plan(parts, layout.parts)
        self._faxed: dict[Found, int] = {}
        self._remarks: dict[str, list[str]] = {}
        self._left = dict(self._plan.left)
        self._refused: dict[str, str] = {}

    def draw(self) -> list[Placed]:
        """All pages in order. Raises `Unrenderable`, `Interrupted`, `jail.Broken`."""
        try:
            return self._draw()
        except (Unrenderable, Interrupted) as error:
            error.manifest = self.manifest()
            raise

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
            why = f"it is of the kind '{found.kind}', which cannot be drawn"
            raise self._refusal(found, why, Cause.UNSUPPORTED_DOCUMENT)
        pages: list[Placed] = []
        for alone, choices in itertools.groupby(self._plan.choices, lambda c: len(c) == 1):
            if alone:
                pages += self._branch([f for [branch] in choices for f in branch], len(pages))
            else:
                for choice in choices:
                    pages += self._alternative(choice, len(pages))
        if not pages:
            raise Unrenderable("there is nothing to fax in this mail", Cause.UNSUPPORTED_DOCUMENT)
        if len(pages) > self._layout.max_pages:
            raise self._too_long(len(pages))
        return pages

    def manifest(self) -> Manifest:
        """What became of every part so far, in the order of the mail."""
        known = {found.part.path: (found, pages) for found, pages in self._faxed.items()}
        return tuple(self._entry(part, known.get(part.path)) for part in self._parts)

    def _entry(self, part: Part, faxed: tuple[Found, int] | None) -> ManifestEntry:
        if part.path in self._refused:
            outcome, reason = "refused", self._refused[part.path]
        elif faxed is not None:
            outcome, reason = "faxed", ""
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
            remarks=tuple(self._remarks.get(part.path, ())) if faxed else (),
        )

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
            pages += self._run(press, list(run), before + len(pages))
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
                self._faxed[found] = len(drawn.pages)
                self._remarks[found.part.path] = drawn.remarks
                pages += drawn.pages
        return pages

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
            items.append(
                {
                    "kind": found.kind,
                    "input": len(inputs),
                    "charset": found.part.charset,
                    "flowed": found.part.flowed,
                    "delsp": found.part.delsp,
                    "related": {cid: len(inputs) + 1 + n for n, cid in enumerate(related)},
                }
            )
            inputs += [found.part.data, *related.values()]
        return items, inputs

    def _related(self, found: Found) -> dict[str, bytes]:
        """All pictures with a content id, for an HTML text to show."""
        if found.kind != "html":
            return {}
        named = (part for part in self._parts if part.content_id)
        pictures = (part for part in named if plan.kind(part) in kinds.PICTURES)
        return {(part.content_id or "").strip("<> "): part.data for part in pictures}

    def _refusal(self, found: Found, reason: str, cause: Cause) -> Unrenderable:
        self._refused[found.part.path] = reason
        return Unrenderable(f"{found} cannot be faxed: {reason}", cause)


def _code(drawn: presses.Drawn) -> str | None:
    return drawn.unfit.code if drawn.unfit is not None else None


def _press(found: Found) -> str:
    return "layout" if found.kind == "html" else "pages"
