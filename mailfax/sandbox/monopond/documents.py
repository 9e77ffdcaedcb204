"""Documents in requests, and those saved under a reference (facts, sections 4.3, 4.4 and 6)."""

import base64
import binascii
import dataclasses
from collections.abc import Iterable

from mailfax.sandbox._calls import File
from mailfax.sandbox.monopond import envelope, preview
from mailfax.sandbox.monopond.account import Account
from mailfax.sandbox.monopond.arguments import Arguments
from mailfax.sandbox.monopond.envelope import Element
from mailfax.sandbox.monopond.preview import Stamp

DITHERINGS = (
    "none",
    "normal",
    "turbo",
    "darken",
    "darken_more",
    "darken_extra",
    "lighten",
    "lighten_more",
    "crosshatch",
    "DETAILED",
)
RESOLUTIONS = ("normal", "fine")

_OFFICE = {"doc", "docx", "xls", "xlsx", "ppt", "pptx"}
_TIFF = {"tif", "tiff"}
_SUPPORTED = {"pdf", "png", "jpg", "jpeg", "gif", "txt", "ps", *_OFFICE, *_TIFF}
"""RTF was dropped in October 2017. The two second spellings are inference."""
_KNOWN = {"rtf", "htm", "html", "odt", "ods", "odp", "csv", "xml", "bmp", "eps", "pcl", "zip"}
"""Types told apart from unknown ones, and not taken: which ones, inference."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A document as a request names it: its own, a saved one, or its own to be saved."""

    reference: str
    name: str
    data: str
    """Base64."""
    order: int
    merges: tuple[str, ...]
    """Keys to be replaced in an office document."""
    stamps: tuple[Stamp, ...]


def read(asked: Arguments) -> list[Wish]:
    """The documents of a request or of one message, in their order; none when there are none."""
    wishes = [_wish(document) for document in asked.each("Documents", "Document")]
    return sorted(wishes, key=lambda wish: wish.order)


def _wish(asked: Arguments) -> Wish:
    asked.choice("DitheringTechnique", DITHERINGS)
    wish = Wish(
        reference=asked.text("DocumentRef"),
        name=asked.text("FileName"),
        data=asked.text("FileData"),
        order=asked.order("Order"),
        merges=_merges(asked),
        stamps=_stamps(asked),
    )
    if not wish.reference or wish.name or wish.data:
        asked.needed("FileName")
        asked.needed("FileData")
    return wish


def _merges(asked: Arguments) -> tuple[str, ...]:
    return tuple(field.needed("Key") for field in asked.each("DocMergeData", "MergeField"))


def _stamps(asked: Arguments) -> tuple[Stamp, ...]:
    return tuple(_stamp(field) for field in asked.each("StampMergeData", "MergeField"))


def _stamp(asked: Arguments) -> Stamp:
    """A text or an image at a place. That both, or neither, is wrong is inference."""
    key, image, text = asked.inner("Key"), asked.inner("ImageValue"), asked.text("TextValue")
    if (image is None) is not bool(text):
        asked.wrong("MergeField", "has either TextValue or ImageValue")
    x, y = (key.number("xCoord"), key.number("yCoord")) if key else (None, None)
    if x is None or y is None:
        asked.wrong("Key", "xCoord and yCoord are required")
    size = image and (image.number("width"), image.number("height"))
    return Stamp(x=x or 0, y=y or 0, text=text, image=_image(image), size=size or (None, None))


def _image(asked: Arguments | None) -> bytes:
    if asked is None:
        return b""
    asked.needed("FileName")
    data = _decoded(asked.needed("FileData"))
    if not data:
        asked.wrong("FileData", "is not base64")
    return data


def _decoded(text: str) -> bytes:
    """RFC 2045 base64 with its line ends; empty when it is not."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (ValueError, binascii.Error):
        return b""


# What they come to


def take(account: Account, wishes: Iterable[Wish], *, unsupported: str) -> dict[Wish, File]:
    """The documents of wishes; those with a reference of their own are saved. Raises `Fault`.

    `unsupported` names the fault of a type that is known and not taken. Hold the account's lock.
    """
    taken = {wish: _file(account, wish, unsupported) for wish in dict.fromkeys(wishes)}
    new = [wish for wish in taken if wish.name and wish.reference]
    names = [wish.reference for wish in new]
    for name in names:
        if account.saved(name) or names.count(name) > 1:
            text = f"there is already a document {name}"
            raise envelope.Fault(text, "DocumentRefAlreadyExistsException")
    for wish in new:
        account.save(wish.reference, taken[wish])
    return taken


def _file(account: Account, wish: Wish, unsupported: str) -> File:
    file = _own(wish, unsupported) if wish.name else _saved(account, wish.reference)
    _fits(file, wish.merges, wish.stamps)
    return file


def _own(wish: Wish, unsupported: str) -> File:
    file = File(name=wish.name, data=_decoded(wish.data))
    kind = file.kind if "." in file.name else ""
    if kind in _KNOWN:
        raise envelope.Fault(f"{file.name}: this type is not supported", unsupported)
    if kind not in _SUPPORTED or not file.data:
        text = f"{file.name}: the content type could not be found"
        raise envelope.Fault(text, "DocumentContentTypeNotFoundException")
    return file


def _saved(account: Account, reference: str) -> File:
    file = account.saved(reference)
    if file is None:
        text = f"there is no document {reference}"
        raise envelope.Fault(text, "DocumentRefDoesNotExistException")
    return file


def _fits(file: File, merges: tuple[str, ...], stamps: tuple[Stamp, ...]) -> None:
    """Stamps go on TIFF only since August 2016, fields into office documents."""
    if (merges and file.kind not in _OFFICE) or (stamps and file.kind not in _TIFF):
        text = f"{file.name} takes no such merge fields"
        raise envelope.Fault(text, "MergeFieldDoesNotMatchDocumentTypeException")


# Operations


def save(account: Account, asked: Arguments, _answer: Element) -> None:
    """SaveFaxDocument."""
    asked.needed("DocumentRef")
    wish = _wish(asked)
    asked.check()
    with account.lock:
        take(account, [wish], unsupported="DocumentContentTypeNotFoundException")


def delete(account: Account, asked: Arguments, _answer: Element) -> None:
    """DeleteFaxDocument, by its reference or by those of messages that it was sent with.

    The latter stand in newer manuals without a word of explanation: inference.
    """
    references = asked.references()
    wanted = [name] if (name := asked.text("DocumentRef")) else []
    if not wanted and not references:
        asked.wrong("DocumentRef", "is required")
    asked.check()
    with account.lock:
        if not wanted:
            found = account.find(references)
            wanted = [name for message in found for name in message.documents]
        known = [name for name in wanted if account.saved(name)]
        if not known:
            raise envelope.Fault("there is no such document", "DocumentRefDoesNotExistException")
        account.discard(known)


def show(account: Account, asked: Arguments, answer: Element) -> None:
    """FaxDocumentPreview."""
    reference = asked.needed("DocumentRef")
    fine = asked.choice("Resolution", RESOLUTIONS) == "fine"
    asked.choice("DitheringTechnique", DITHERINGS)
    merges, stamps = _merges(asked), _stamps(asked)
    asked.check()
    file = _saved(account, reference)
    _fits(file, merges, stamps)
    preview.fill(answer, file, merges, stamps, fine=fine)
