"""SVG drawings, set by WeasyPrint on a page of their own size.

A drawing shows itself only: what it refers to outside of itself is not fetched, its scripts and
foreign objects are left out, and so is its DTD, with all entities.
"""

import base64
import io
import re
import zlib

import weasyprint
from lxml import etree
from weasyprint.urls import URLFetcher

from mailfax.document import geometry
from mailfax.document.converters import UnfitError

_SVG = "{http://www.w3.org/2000/svg}"
_UNSEEN = frozenset({"script", "foreignObject", "iframe", "audio", "video", "handler", "listener"})
_LINKS = ("href", "{http://www.w3.org/1999/xlink}href")
_INSIDE = re.compile(r"\s*(?:#|data:image/(?:png|jpeg|gif|webp))", re.IGNORECASE)
_FETCHES = re.compile(
    r"@(?:import|charset|namespace)[^;]*;?|@font-face[^{]*\{[^}]*\}", re.IGNORECASE
)
_LENGTH = re.compile(r"\s*([\d.]+(?:[eE][+-]?\d+)?)\s*(px|pt|pc|mm|cm|in|)\s*")
_PIXEL = geometry.MILLIMETRES / 96
_UNITS = {
    "": _PIXEL, "px": _PIXEL, "pt": 96 / 72 * _PIXEL, "pc": 16 * _PIXEL,
    "mm": 1.0, "cm": 10.0, "in": geometry.MILLIMETRES,
}  # fmt: skip
"""Millimetres (CSS Values and Units 3, section 6.2)."""
_USUAL = (300.0, 150.0)
"""Pixels of a drawing that says nothing of its size (CSS Images 3, section 4.1)."""
_LARGEST = 5000.0
"""Millimetres; a PDF page ends at 5080."""
_MOST = 20_000_000
"""Octets of a drawing that came packed."""


def to_pdf(data: bytes) -> bytes:
    """A PDF of one page that is as large as the drawing. Raises `UnfitError`."""
    drawing = _parse(_unpacked(data))
    _strip(drawing)
    width, height = _size(drawing)
    drawing.set("width", f"{width}mm")
    drawing.set("height", f"{height}mm")
    source = base64.b64encode(etree.tostring(drawing)).decode("ascii")
    style = f"@page {{ size: {width}mm {height}mm; margin: 0 }} img {{ display: block }}"
    page = f'<style>{style}</style><img src="data:image/svg+xml;base64,{source}">'
    nowhere = URLFetcher(allowed_protocols={"data"})
    document = weasyprint.HTML(string=page, url_fetcher=nowhere).render()
    boxes = document.pages[0]._page_box.descendants()  # noqa: SLF001  told nowhere else
    if not any(type(box).__name__ == "BlockReplacedBox" for box in boxes):
        raise UnfitError("damaged")
    return bytes(document.write_pdf())


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(data, _MOST)
    except zlib.error:
        raise UnfitError("damaged") from None
    if unpacker.unconsumed_tail:
        raise UnfitError("unpacked", _MOST // 1_000_000)
    return unpacked


def _parse(data: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, remove_pis=True
    )
    try:
        drawing = etree.parse(io.BytesIO(data), parser).getroot()
    except (etree.XMLSyntaxError, ValueError):
        raise UnfitError("damaged") from None
    if drawing is None or etree.QName(drawing).localname != "svg":
        raise UnfitError("damaged")
    return drawing


def _strip(drawing: etree._Element) -> None:
    """Take out what runs, and what refers to anything outside of the drawing."""
    for element in list(drawing.iter()):
        seen = isinstance(element.tag, str) and etree.QName(element).localname not in _UNSEEN
        if not seen and (parent := element.getparent()) is not None:
            parent.remove(element)
            continue
        if etree.QName(element).localname == "style":
            element.text = _FETCHES.sub("", "".join(element.itertext()))
        for link in _LINKS:
            if link in element.attrib and not _INSIDE.match(element.attrib[link]):
                del element.attrib[link]


def _size(drawing: etree._Element) -> tuple[float, float]:
    """Width and height in millimetres: as it says, or as its coordinates say, 96 an inch."""
    box = [float(number) for number in re.findall(r"-?[\d.]+", drawing.get("viewBox", ""))[:4]]
    whole = (box[2], box[3]) if len(box) == 4 and min(box[2:]) > 0 else None
    width, height = (_millimetres(drawing.get(side, "")) for side in ("width", "height"))
    if whole is not None and (width is None or height is None):
        width, height = _by_shape(width, height, whole)
    width, height = width or _USUAL[0] * _PIXEL, height or _USUAL[1] * _PIXEL
    shrunk = min(1.0, _LARGEST / max(width, height))
    return width * shrunk, height * shrunk


def _by_shape(
    width: float | None, height: float | None, box: tuple[float, float]
) -> tuple[float, float]:
    """What is lacking of the size, by the shape of the box."""
    if width is None and height is None:
        return box[0] * _PIXEL, box[1] * _PIXEL
    if width is None:
        return (height or 0) * box[0] / box[1], height or 0
    return width, width * box[1] / box[0]


def _millimetres(length: str) -> float | None:
    """An absolute length; None for none, and for one that depends on what is round it."""
    found = _LENGTH.fullmatch(length)
    if found is None:
        return None
    try:
        return float(found[1]) * _UNITS[found[2]] or None
    except ValueError:
        return None
