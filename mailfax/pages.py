"""The pages of one fax: a cover for its recipient, and the pages that all recipients share.

What a mail says is drawn once, however many people it goes to; only the cover is drawn for each.
"""

import dataclasses
import hashlib
import json
import pathlib
import zoneinfo
from collections.abc import Callable

from mailfax import errors, failpoints
from mailfax.document import render, tiff
from mailfax.model import (
    Cover,
    Decision,
    Document,
    FaxJob,
    Gateway,
    Manifest,
    ManifestEntry,
    Submission,
)
from mailfax.number import FaxNumber
from mailfax.store import documents, mails

LETTER_COUNTRIES = frozenset(
    ["US", "CA", "MX", "PH", "CL", "CO", "VE", "CR", "GT", "PA", "DO", "PR", "SV", "NI"]
)
"""Where office paper is Letter (CLDR territory data, paperSize US-Letter)."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shared:
    """The pages that the recipients of one mail share, on one layout, once they are drawn."""

    folder: documents.LocalDir
    key: str

    @classmethod
    def of(cls, folder: documents.LocalDir, mail: str, layout: render.Layout) -> "Shared":
        """Where they are, or would be: one layout, one document."""
        digest = hashlib.sha256(repr(layout).encode()).hexdigest()[:12]
        return cls(folder=folder, key=documents.key("fax", f"{mail}-all-{digest}", ".tif"))

    def get(self) -> tuple[Document, Manifest] | None:
        """They, if somebody has drawn them; what lies there was written whole."""
        try:
            for key in (self.key, self._manifest):
                self.folder.touch(key)
            entries = json.loads(self.folder.read(self._manifest))
        except errors.Permanent:
            return None
        found = tuple(map(ManifestEntry.of, entries))
        return tiff.geometry(self.folder.path(self.key)), found

    def put(self, content: Document, manifest: Manifest) -> tuple[Document, Manifest]:
        """Keep them for the next recipient; what others use already is never written over."""
        entries = [dataclasses.asdict(entry) for entry in manifest]
        if not self.folder.exists(self.key):
            self.folder.put(self.key, content.path)
        if not self.folder.exists(self._manifest):
            self.folder.put(self._manifest, json.dumps(entries).encode())
        return self.get() or (content, manifest)

    @property
    def _manifest(self) -> str:
        return f"{self.key}.json"


def compose(
    renderer: render.Renderer,
    read: Callable[[], Submission],
    layout: render.Layout,
    cover: Cover | None,
    folder: pathlib.Path,
    *,
    language: str = "en",
    shared: Shared | None = None,
) -> tuple[Document, Manifest]:
    """All pages of one fax in `folder`: the cover, if any, in front of the mail's own pages.

    Preview and live path both come through here. `read` gives the mail where it must be drawn.
    """
    content, manifest = (shared and shared.get()) or _drawn(
        renderer, read(), layout, folder / "content.tif", shared
    )
    failpoints.hit("render-mid")
    if cover is None:
        return content, manifest
    counted = dataclasses.replace(cover, pages=1 + len(content.pages))
    front = renderer.cover(counted, layout, folder / "cover.tif", language=language)
    return tiff.join([front.path, content.path], folder / "fax.tif"), manifest


def _drawn(
    renderer: render.Renderer,
    submission: Submission,
    layout: render.Layout,
    out: pathlib.Path,
    shared: Shared | None,
) -> tuple[Document, Manifest]:
    content, manifest = renderer.render(submission.parts, layout, out)
    return shared.put(content, manifest) if shared else (content, manifest)


def layout_of(decision: Decision, to: FaxNumber) -> render.Layout:
    """The sheet the pages are laid out on: the country's own when the rule says auto."""
    local = "letter" if to.country() in LETTER_COUNTRIES else "a4"
    return layout_on(local if decision.paper == "auto" else decision.paper, decision)


def layout_on(paper: str, decision: Decision) -> render.Layout:
    """The decision's pages on this paper."""
    return render.Layout(
        paper=paper,
        resolution=decision.resolution,
        parts=decision.parts,
        max_pages=decision.max_pages,
    )


def cover_of(job: FaxJob, mail: mails.Mail, sender_name: str, gateway: Gateway) -> Cover:
    """The cover's words: only this call's recipient, and who may be asked about it."""
    zone = zoneinfo.ZoneInfo(job.decision.zone)
    return Cover(
        template=job.decision.cover,
        to_name=job.recipient.name,
        to_company=job.recipient.company,
        to_number=job.recipient.number.display(),
        from_name=sender_name,
        from_address=mail.sender or mail.mail_from,
        subject=mail.subject,
        remarks="",
        date=mail.received_at.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z"),
        pages=0,
        reference=job.id,
        contact=gateway.postmaster,
    )
