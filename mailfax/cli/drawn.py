"""`rules explain --parts`: the mail drawn by the live path, in the jail, and thrown away."""

import dataclasses
import datetime
import pathlib
import tempfile
from collections.abc import Iterator

from mailfax import config as configuration
from mailfax import errors, pages
from mailfax.document import content, render
from mailfax.mail import message
from mailfax.model import Decision, Manifest, Recipient
from mailfax.money import Money
from mailfax.policy import prices
from mailfax.policy.tables import Rules
from mailfax.service import working


@dataclasses.dataclass(frozen=True, kw_only=True)
class Drawn:
    """What becomes of the parts of a mail; no pages where it is refused."""

    pages: int
    manifest: Manifest
    refused: str
    """Why it cannot be faxed; empty: it can."""
    price: Money | None
    """What it costs by the first account, where prices are known."""


def draw(
    book: Rules, mail: bytes, to: Recipient, decision: Decision, config: configuration.Config | None
) -> Drawn:
    """Make the pages that this decision leads to, the cover with sample words."""
    folders = config.template_folders() if config else (configuration.shipped("templates"),)
    settings = working.render_settings(config) if config else render.Settings()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="mailfax-") as folder,
            render.Renderer(
                dataclasses.replace(settings, workers=1), folders, message.parts
            ) as renderer,
        ):
            count, manifest = _draw(renderer, mail, to, decision, pathlib.Path(folder))
    except content.Unrenderable as error:
        return Drawn(pages=0, manifest=error.manifest, refused=str(error), price=None)
    except errors.Refused as error:
        return Drawn(pages=0, manifest=(), refused=str(error), price=None)
    account = decision.provider[0] if decision.provider else ""
    price = prices.expected(book.prices, account, to.number, count)
    return Drawn(pages=count, manifest=manifest, refused="", price=price)


def _draw(
    renderer: render.Renderer, mail: bytes, to: Recipient, decision: Decision, folder: pathlib.Path
) -> tuple[int, Manifest]:
    submission = pages.said(message.read(mail), decision)
    covered = pages.is_covered(decision, lambda: submission)
    layout = pages.layout_of(decision, to.number, covered=covered)
    now = datetime.datetime.now(datetime.UTC)
    cover = pages.cover_by(decision, now, **pages.SAMPLE) if covered else None
    document, manifest = pages.compose(
        renderer, lambda: submission, layout, cover, folder, language=decision.language
    )
    return len(document.pages), manifest


def lines(drawn: Drawn) -> Iterator[str]:
    """A line for each part, then the pages."""
    for one in drawn.manifest:
        count = f", {one.pages} pages" if one.pages else ""
        why = " ".join((one.reason, *one.remarks)).strip()
        yield f"part      {one.part} {one.name or one.label}: {one.outcome}{count} {why}".rstrip()
    if drawn.refused:
        yield f"pages     none: {drawn.refused}"
        return
    yield f"pages     {drawn.pages}"
    if drawn.price is not None:
        yield f"cost      {drawn.price}"
