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
from mailfax import errors, intake, number, pages
from mailfax.document import pdf, render
from mailfax.mail import message
from mailfax.model import Action, Cover, Decision, Document, Manifest, Submission
from mailfax.policy import decide
from mailfax.service import rulebook


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wish:
    """What `mailfax render` was asked for."""

    inputs: tuple[pathlib.Path, ...]
    out: pathlib.Path
    to: str | None
    cover: str | None
    rule: str | None
    at: str | None
    paper: str
    resolution: str
    config: str | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Made:
    """What came of it."""

    files: tuple[pathlib.Path, ...]
    pages: int
    manifest: Manifest


def render_wish(wish: Wish) -> Made:
    """Make the pages and write them in the form that `wish.out` ends in."""
    mail = as_mail(wish.inputs)
    head = message.head(mail)
    intake.refuse_loops(head)
    submission = message.read(mail)
    loaded = _config(wish)
    decision = _decision(wish, loaded)
    layout = _layout(wish, decision)
    cover = _cover(wish, decision, submission)
    folders = loaded.template_folders() if loaded else (configuration.shipped("templates"),)
    with (
        tempfile.TemporaryDirectory(prefix="mailfax-") as folder,
        render.Renderer(render.Settings(workers=1), folders) as renderer,
    ):
        document, manifest = pages.compose(
            renderer, lambda: submission, layout, cover, pathlib.Path(folder)
        )
        files = _write(document, wish.out)
    return Made(files=files, pages=len(document.pages), manifest=manifest)


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
    if wish.rule is None or loaded is None:
        return Decision(action=Action.ACCEPT, rule="preview", rules_hash="")
    book = rulebook.load_rules(loaded)
    return decide.settings_of(book, wish.rule)


def _layout(wish: Wish, decision: Decision) -> render.Layout:
    chosen = dataclasses.replace(
        decision,
        paper=wish.paper if wish.paper != "auto" else decision.paper,
        resolution=wish.resolution if wish.rule is None else decision.resolution,
    )
    if wish.to is None:
        paper = "a4" if chosen.paper == "auto" else chosen.paper
        return pages.layout_on(paper, chosen)
    return pages.layout_of(chosen, number.parse(wish.to, None))


def _cover(wish: Wish, decision: Decision, submission: Submission) -> Cover | None:
    template = wish.cover or decision.cover
    if template == "none":
        return None
    at = (
        datetime.datetime.fromisoformat(wish.at)
        if wish.at
        else datetime.datetime.now().astimezone()
    )
    return Cover(
        template=template,
        to_name="",
        to_company="",
        to_number=number.parse(wish.to, None).display() if wish.to else "",
        from_name=submission.sender_name,
        from_address=submission.sender,
        subject=submission.subject,
        remarks="",
        date=at.strftime("%Y-%m-%d %H:%M %Z"),
        pages=0,
        reference="preview",
    )


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
