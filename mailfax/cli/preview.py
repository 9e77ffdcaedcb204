"""The pages of a mail or of documents, by the live path, without sending anything."""

import dataclasses
import datetime
import email.message
import email.policy
import mimetypes
import pathlib
import shutil
import tempfile

from mailfax import config as configuration
from mailfax import errors, intake, number, pages, providers
from mailfax.document import header, pdf, render
from mailfax.mail import message
from mailfax.model import Action, Cover, Decision, Document, Manifest, Submission
from mailfax.policy import decide, rules
from mailfax.service import rulebook, working


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wish:
    """What `mailfax render` was asked for; without inputs the cover alone, with sample words."""

    inputs: tuple[pathlib.Path, ...]
    out: pathlib.Path
    to: str | None
    cover: str | None
    rule: str | None
    at: str | None
    paper: str
    resolution: str
    language: str | None
    config: str | None
    sent: str | None = None
    reference: str = "preview"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Made:
    """What came of it."""

    files: tuple[pathlib.Path, ...]
    pages: int
    manifest: Manifest


def render_wish(wish: Wish) -> Made:
    """Make the pages and write them in the form that `wish.out` ends in."""
    loaded = _config(wish)
    decision = _decision(wish, loaded)
    folders = loaded.template_folders() if loaded else (configuration.shipped("templates"),)
    with (
        tempfile.TemporaryDirectory(prefix="mailfax-") as folder,
        render.Renderer(_settings(loaded), folders, message.parts) as renderer,
    ):
        place = pathlib.Path(folder)
        if wish.inputs:
            contact = loaded.smarthost.postmaster if loaded else ""
            document, manifest = _pages(wish, decision, renderer, place, contact)
        else:
            document, manifest = _cover_alone(wish, decision, renderer, place), ()
        if line := header.wanted(decision, printed=_prints_header(decision, loaded)):
            words = line.words(_at(wish.sent or wish.at))
            document = header.put(document.path, words, place / "sent.tif")
        files = _write(document, wish.out)
    return Made(files=files, pages=len(document.pages), manifest=manifest)


def _prints_header(decision: Decision, loaded: configuration.Config | None) -> bool:
    """Whether the rule's first account prints a line at the head of the pages."""
    if loaded is None or not decision.provider:
        return True
    kind = loaded.providers[decision.provider[0]].kind
    return bool(providers.load(kind).CAPABILITIES.prints_header)


def _settings(loaded: configuration.Config | None) -> render.Settings:
    """The service's own, for one mail."""
    from mailfax.service import working

    if loaded is None:
        return render.Settings(workers=1)
    return dataclasses.replace(working.render_settings(loaded), workers=1)


def _pages(
    wish: Wish, decision: Decision, renderer: render.Renderer, folder: pathlib.Path, contact: str
) -> tuple[Document, Manifest]:
    mail = as_mail(wish.inputs)
    intake.refuse_loops(message.head(mail))
    submission = pages.said(message.read(mail), decision)
    covered = pages.is_covered(decision, lambda: submission)
    layout = _layout(wish, decision, covered=covered)
    cover = _cover(wish, decision, submission, contact) if covered else None
    language = decision.language
    return pages.compose(renderer, lambda: submission, layout, cover, folder, language=language)


def _cover_alone(
    wish: Wish, decision: Decision, renderer: render.Renderer, folder: pathlib.Path
) -> Document:
    if decision.cover == "none":
        raise errors.Usage("nothing to render: name a mail, documents, or a cover with --cover")
    layout = _layout(wish, decision, covered=True)
    cover = pages.cover_by(decision, _at(wish.at), **pages.SAMPLE)
    out = folder / "cover.tif"
    return renderer.cover(cover, layout, out, language=decision.language)[0]


def draw_covers(loaded: configuration.Config, book: rules.Rules) -> None:
    """Draw each cover that the rules name, once, with sample words.

    Raises `errors.Invalid` for a template that is wrong, `errors.Permanent` naming the cover.
    """
    folders, now = loaded.template_folders(), datetime.datetime.now(datetime.UTC)
    settings = working.render_settings(loaded)
    with (
        tempfile.TemporaryDirectory(prefix="mailfax-") as folder,
        render.Renderer(settings, folders, message.parts) as renderer,
    ):
        for decision in decide.covered(book):
            paper = "a4" if decision.paper == "auto" else decision.paper
            layout = pages.layout_on(paper, decision, covered=True)
            cover = pages.cover_by(decision, now, **pages.SAMPLE)
            out = pathlib.Path(folder) / "cover.tif"
            try:
                renderer.cover(cover, layout, out, language=decision.language)
            except errors.Permanent as error:
                raise errors.Permanent(f"cover '{decision.cover}': {error}") from None


def as_mail(inputs: tuple[pathlib.Path, ...]) -> bytes:
    """The one .eml as it is, or the documents as attachments of a mail without text."""
    if len(inputs) == 1 and inputs[0].suffix.lower() == ".eml":
        return inputs[0].read_bytes()
    return compose_mail(inputs, sender="", subject="", to="")


def compose_mail(files: tuple[pathlib.Path, ...], *, sender: str, subject: str, to: str) -> bytes:
    """A mail whose attachments are these files, octets with CR LF."""
    mail = email.message.EmailMessage(policy=email.policy.SMTP)
    for name, value in (("From", sender), ("To", to), ("Subject", subject)):
        if value:
            mail[name] = value
    for file in files:
        label = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        main, _, sub = label.partition("/")
        mail.add_attachment(file.read_bytes(), maintype=main, subtype=sub, filename=file.name)
    return mail.as_bytes()


def _config(wish: Wish) -> configuration.Config | None:
    """Only a rule needs a config; without one a preview works anywhere."""
    if wish.rule is None and wish.config is None:
        return None
    return configuration.load(configuration.find(wish.config))


def _decision(wish: Wish, loaded: configuration.Config | None) -> Decision:
    """The settings asked for; a cover asked for besides a rule is one that the rule offers."""
    if wish.rule is None or loaded is None:
        cover = wish.cover or "none"
        decision = Decision(action=Action.ACCEPT, rule="preview", rules_hash="", cover=cover)
    else:
        book = rulebook.load_rules(loaded)
        decision = decide.settings_of(book, wish.rule)
        if wish.cover and wish.cover != decision.cover:
            decision = decide.choose_cover(book, decision, wish.cover)
    return dataclasses.replace(decision, language=wish.language or decision.language)


def _layout(wish: Wish, decision: Decision, *, covered: bool) -> render.Layout:
    chosen = dataclasses.replace(
        decision,
        paper=wish.paper if wish.paper != "auto" else decision.paper,
        resolution=wish.resolution if wish.rule is None else decision.resolution,
    )
    if wish.to is None:
        paper = "a4" if chosen.paper == "auto" else chosen.paper
        return pages.layout_on(paper, chosen, covered=covered)
    return pages.layout_of(chosen, number.parse(wish.to, None), covered=covered)


def _cover(wish: Wish, decision: Decision, submission: Submission, contact: str) -> Cover:
    return pages.cover_by(
        decision,
        _at(wish.at),
        to_number=number.parse(wish.to, None).display() if wish.to else "",
        from_name=submission.sender_name,
        from_address=submission.sender,
        subject=submission.subject,
        reference=wish.reference,
        contact=contact,
        urgent=submission.urgent or decision.priority == "urgent",
    )


def _at(time: str | None) -> datetime.datetime:
    now = datetime.datetime.now(datetime.UTC)
    return datetime.datetime.fromisoformat(time) if time else now


def _write(document: Document, out: pathlib.Path) -> tuple[pathlib.Path, ...]:
    ending = out.suffix.lower()
    try:
        if ending == ".pdf":
            pdf.wrap(document.path, out)
            return (out,)
        if ending == ".png":
            return tuple(pdf.previews(document.path, out))
        shutil.copyfile(document.path, out)
        return (out,)
    except OSError as error:
        raise errors.Permanent(f"{out} cannot be written: {error.strerror}") from None
