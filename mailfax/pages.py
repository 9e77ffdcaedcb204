"""The pages of one fax: a cover for its recipient, and the pages that all recipients share.

What a mail says is drawn once, however many people it goes to; only the cover is drawn for each.
"""

import dataclasses
import datetime
import hashlib
import json
import pathlib
import zoneinfo
from collections.abc import Callable, Mapping
from typing import Any

from mailfax import errors, failpoints
from mailfax.document import leaveout, plan, render, tiff
from mailfax.mail import message, wishes
from mailfax.model import (
    Cover,
    Decision,
    Document,
    FaxJob,
    Gateway,
    Manifest,
    ManifestEntry,
    Role,
    Submission,
)
from mailfax.number import FaxNumber
from mailfax.store import documents, mails

LETTER_COUNTRIES = frozenset(
    ["US", "CA", "MX", "PH", "CL", "CO", "VE", "CR", "GT", "PA", "DO", "PR", "SV", "NI"]
)
"""Where office paper is Letter (CLDR territory data, paperSize US-Letter)."""

NO_MEMORY = leaveout.NoMemory()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shared:
    """The pages that the recipients of one mail share, on one layout, once they are drawn."""

    folder: documents.LocalDir
    key: str

    @classmethod
    def of(
        cls, folder: documents.LocalDir, mail: str, layout: render.Layout, *, plain: bool = True
    ) -> "Shared":
        """Where they are, or would be: one layout, one document; `plain` with all that is written
        in the mail, options among it.
        """
        digest = hashlib.sha256(repr((layout, plain)).encode()).hexdigest()[:12]
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
    memory: leaveout.Memory = NO_MEMORY,
) -> tuple[Document, Manifest]:
    """All pages of one fax in `folder`: the cover, if any, in front of the mail's own pages.

    Preview and live path both come through here. `read` gives the mail where it must be drawn,
    `memory` is what came before it from the same domain.
    """
    content, manifest = (shared and shared.get()) or _drawn(
        renderer, read(), layout, folder / "content.tif", shared, memory
    )
    failpoints.hit("render-mid")
    if cover is None:
        return content, manifest
    counted = dataclasses.replace(cover, pages=1 + len(content.pages))
    body = read().parts if layout.body_on_cover else ()
    out = folder / "cover.tif"
    front, told = renderer.cover(counted, layout, out, language=language, body=body)
    files = [front.path, *([content.path] if content.pages else [])]
    return tiff.join(files, folder / "fax.tif"), _told(manifest, told)


def _told(manifest: Manifest, remarks: tuple[str, ...]) -> Manifest:
    """The manifest with what was remarked while the text of the mail was set on the cover."""
    return tuple(
        dataclasses.replace(entry, remarks=entry.remarks + remarks)
        if render.ON_COVER in entry.remarks
        else entry
        for entry in manifest
    )


def _drawn(
    renderer: render.Renderer,
    submission: Submission,
    layout: render.Layout,
    out: pathlib.Path,
    shared: Shared | None,
    memory: leaveout.Memory,
) -> tuple[Document, Manifest]:
    about = render.About(subject=submission.subject, memory=memory)
    content, manifest = renderer.render(submission.parts, layout, out, about)
    return shared.put(content, manifest) if shared and content.pages else (content, manifest)


def said(submission: Submission, decision: Decision) -> Submission:
    """The mail as it is printed: where the rule takes options, without them."""
    return wishes.without(submission) if decision.allow_options else submission


def is_covered(decision: Decision, read: Callable[[], Submission]) -> bool:
    """Whether this mail gets a cover; it is read only where that hangs on what is in it."""
    if decision.cover == "none" or decision.cover_when == "always":
        return decision.cover != "none"
    if decision.cover_when == "body":
        return bool(plan.own_words(read().parts))
    return not any(part.role is Role.ATTACHMENT for part in read().parts)


def layout_of(decision: Decision, to: FaxNumber, *, covered: bool) -> render.Layout:
    """The sheet the pages are laid out on: the country's own when the rule says auto."""
    local = "letter" if to.country() in LETTER_COUNTRIES else "a4"
    paper = local if decision.paper == "auto" else decision.paper
    return layout_on(paper, decision, covered=covered)


def layout_on(paper: str, decision: Decision, *, covered: bool) -> render.Layout:
    """The decision's pages on this paper, with a cover before them or without."""
    return render.Layout(
        paper=paper,
        resolution=decision.resolution,
        parts=decision.parts,
        alternative=decision.alternative,
        leave_out=tuple(sorted(decision.leave_out)),
        quotes=decision.quotes,
        signature=decision.signature,
        unsupported=decision.unsupported,
        archives=decision.archives,
        halftone=decision.halftone,
        blank_pages=decision.blank_pages,
        max_pages=decision.max_pages,
        body_on_cover=covered and decision.remarks == "body",
    )


def cover_of(job: FaxJob, mail: mails.Mail, head: message.Head, gateway: Gateway) -> Cover:
    """The cover's words: only this call's recipient, and who may be asked about it."""
    return cover_by(
        job.decision,
        mail.received_at,
        to_name=job.recipient.name,
        to_company=job.recipient.company,
        to_number=job.recipient.number.display(),
        from_name=head.sender_name,
        from_address=mail.sender or mail.mail_from,
        subject=mail.subject,
        reference=job.id,
        contact=gateway.postmaster,
        urgent=head.urgent or job.decision.priority == "urgent",
    )


def cover_by(decision: Decision, at: datetime.datetime, **words: Any) -> Cover:
    """A cover as the decision has it, at this time in its zone; `words` are fields of `Cover`."""
    noted = {"none": "", "body": ""}.get(decision.remarks, decision.remarks)
    sender = {"from_company": decision.identity, "from_number": decision.station}
    return Cover(
        template=decision.cover,
        date=at.astimezone(zoneinfo.ZoneInfo(decision.zone)),
        words={**sender, **decision.cover_words},
        **{"remarks": noted, **words},
    )


SAMPLE: Mapping[str, Any] = {
    "to_name": "Dr Grace Hopper",
    "to_company": "Example Clinic, Department of Radiology",
    "to_number": "+1 202-555-0123",
    "from_name": "Ann Example",
    "from_address": "ann@example.com",
    "subject": "Order 4711: delivery in week 48",
    "remarks": "Dear Grace,\n\nplease find the signed order on the following pages.\n\nAnn",
    "pages": 4,
    "reference": "01k0example",
    "contact": "postmaster@example.com",
    "urgent": True,
}
"""Words for a cover that is looked at before there is a fax."""
