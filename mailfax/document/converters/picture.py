"""Pictures: TIFF of any coding and number of pages, DCX, and the one picture that PNG, JPEG, GIF,
BMP, WebP, HEIC, AVIF, JPEG 2000 and PCX show first.

A picture keeps the size its resolution gives it (96 per inch when it does not say), made
smaller where it does not fit. A page that came from a fax machine keeps its very pixels.
"""

import contextlib
import io
import math
import struct
import warnings
from collections.abc import Iterator

from PIL import (
    ExifTags,
    Image,
    ImageFile,
    ImageOps,
    # plugins that are there before the fork, instead of all that Pillow has after it
    Jpeg2KImagePlugin,  # noqa: F401
    PcxImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    WebPImagePlugin,  # noqa: F401
)

from mailfax.document import geometry
from mailfax.document import page as fax
from mailfax.document.converters import Item, UnfitError

Image.MAX_IMAGE_PIXELS = None  # checked here, before anything is decoded
_BROKEN = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
)
"""What Pillow's readers raise when a file is not as it should be."""
_MILLION_PIXELS = 100
_USUAL = 96.0
_SANE = range(20, 4801)
"""Pixels per inch that somebody may have meant."""
_LYING = range(5, 9)
"""Orientations (TIFF 6.0 tag 274) that swap width and height."""
_FAX_ROWS = {98: 98, 100: 98, 196: 196, 200: 196, 391: 391, 400: 391}
_LONGEST = 2394 / 196
"""Inches that machines accept for an A4 page."""
_SHEETS = ((210, 297), (215.9, 279.4), (215.9, 355.6), (148, 210), (297, 420))
_MARGIN = 12.0
"""Millimetres of white around a photograph."""
_SHEET_TOLERANCE = 4.0
"""Millimetres by which a scan may miss its sheet."""


_FORMATS = {"heic": "HEIF", "jpeg 2000": "JPEG2000"}
"""Kinds that Pillow calls something else."""
_LEAVES = frozenset({"tiff", "dcx"})
"""Kinds whose frames are pages."""
_MOVING = frozenset({"gif", "png", "webp", "avif"})
_PHOTOMETRIC = 262
_SUBFILE_TYPE, _THUMBNAIL = 254, 1
"""NewSubfileType (TIFF 6.0), and its bit for a smaller version of another picture."""


def pages(item: Item, sheet: geometry.Sheet) -> Iterator[fax.Faxed]:
    """The pages of a picture file: all of a TIFF or DCX, the first picture of any other.

    Raises `UnfitError`, after `item.limit` pages too.
    """
    try:
        with _whole_only(), _open(item.data, item.kind) as picture:
            frames = _frames(picture) if item.kind in _LEAVES else iter([0])
            for number, _ in enumerate(frames):
                if number == item.limit:
                    raise UnfitError("many")
                yield from _page(picture, item.kind, sheet)
            if item.kind in _MOVING and (more := _moves(picture)):
                item.tell(remark="moves", number=more)
    except _BROKEN:
        raise UnfitError("damaged") from None


@contextlib.contextmanager
def _whole_only() -> Iterator[None]:
    """Half a picture is damaged; WeasyPrint tells Pillow otherwise."""
    before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def _open(data: bytes, kind: str) -> Image.Image:
    if kind == "heic":
        import pillow_heif

        pillow_heif.register_heif_opener(decode_threads=1)
    format_ = _FORMATS.get(kind, kind.upper())
    return Image.open(io.BytesIO(data), formats=[format_])


def _frames(picture: Image.Image) -> Iterator[int]:
    """Turn to each frame of a file that is a page, and give its number."""
    number = 0
    while _seek(picture, number):
        tags = getattr(picture, "tag_v2", {})
        if number == 0 or not tags.get(_SUBFILE_TYPE, 0) & _THUMBNAIL:
            yield number
        number += 1


def _moves(picture: Image.Image) -> int:
    """How many pictures an animation has; 0 for a picture that stands still."""
    return int(getattr(picture, "n_frames", 1)) if getattr(picture, "is_animated", False) else 0


def _seek(picture: Image.Image, number: int) -> bool:
    try:
        picture.seek(number)
    except EOFError:
        return False
    return True


def _page(picture: Image.Image, kind: str, sheet: geometry.Sheet) -> Iterator[fax.Faxed]:
    width, height = picture.size
    if width * height > _MILLION_PIXELS * 1_000_000:
        raise UnfitError("pixels", width * height // 1_000_000)
    if max(width, height) > min(width, height) * 100:
        raise UnfitError("shape")
    across, down = _resolution(picture)
    rows = _FAX_ROWS.get(round(down)) if kind == "tiff" and width == geometry.WIDTH else None
    if rows and round(across) in {200, 204}:
        yield from _fax_page(_upright(picture), rows, sheet)
    else:
        yield from _fit(picture, across, down, kind, sheet)


def _fax_page(
    picture: Image.Image, rows_per_inch: int, sheet: geometry.Sheet
) -> Iterator[fax.Faxed]:
    """A page that has fax pixels already: only its rows may need to be repeated or merged."""
    rows = round(picture.height * sheet.resolution[1] / rows_per_inch)
    if rows != picture.height:
        picture = _grey(picture).resize((geometry.WIDTH, max(1, rows)), Image.Resampling.BOX)
    if rows <= max(sheet.length, int(_LONGEST * sheet.resolution[1])):
        yield _faxed(picture, sheet)
        return
    tops = geometry.cuts(sheet, rows)
    for piece, top in enumerate(tops, start=1):
        place = geometry.Place(0, top, geometry.WIDTH, rows, piece=piece, pieces=len(tops))
        yield fax.draw(fax.marked(_on_paper(_grey(picture), place, sheet), place, sheet), sheet)


def _fit(
    picture: Image.Image, across: float, down: float, kind: str, sheet: geometry.Sheet
) -> Iterator[fax.Faxed]:
    """Any other picture: drawn at its size, as far as it fits."""
    width = picture.width / across * geometry.MILLIMETRES
    height = picture.height / down * geometry.MILLIMETRES
    lying = _orientation(picture) in _LYING
    if lying:
        width, height = height, width
    if _is_sheet(width, height, kind):
        places = geometry.places(sheet, width, height)
    else:
        places = geometry.places(sheet, width, height, turn=False, margin=_MARGIN)
    first = places[0]
    size = (first.width, first.height)
    picture.draft("L", size[::-1] if lying != first.turned else size)
    negative = kind == "tiff" and _is_negative(picture)
    grey = _grey(_upright(picture))
    if negative:
        grey = ImageOps.invert(grey)
    if first.turned:
        grey = grey.transpose(Image.Transpose.ROTATE_270)
    grey = grey.resize(size, Image.Resampling.HAMMING)
    for place in places:
        yield fax.draw(fax.marked(_on_paper(grey, place, sheet), place, sheet), sheet)


def _on_paper(grey: Image.Image, place: geometry.Place, sheet: geometry.Sheet) -> Image.Image:
    paper = Image.new("L", (geometry.WIDTH, sheet.length), 255)
    paper.paste(grey, (place.left, place.top))
    return paper


def _faxed(picture: Image.Image, sheet: geometry.Sheet) -> fax.Faxed:
    if picture.mode != "1":
        return fax.draw(_grey(picture), sheet)
    black = picture.point([255] + [0] * 255)
    return fax.coded(black.tobytes(), black.size, sheet.resolution)


# ── What a picture says of itself ──────────────────────────────────────────────────────


def _resolution(picture: Image.Image) -> tuple[float, float]:
    """Pixels per inch across and down, as the picture lies in its file."""
    given = picture.info.get("dpi") or (0, 0)
    across, down = (float(value) for value in given)
    if all(math.isfinite(value) and int(value) in _SANE for value in (across, down)):
        return across, down
    if picture.format == "TIFF" and picture.width == geometry.WIDTH:
        return 204.0, 98.0 if picture.height < geometry.WIDTH * 0.8 else 196.0
    return _USUAL, _USUAL


def _orientation(picture: Image.Image) -> int:
    """1 to 8; what is written in another type than TIFF's, Pillow does not follow either."""
    value = picture.getexif().get(ExifTags.Base.Orientation, 1)
    return value if isinstance(value, int) else 1


def _is_sheet(width: float, height: float, kind: str) -> bool:
    """Whether this is a page, which may be turned and has its own margins, or a photograph."""
    short, long = sorted((width, height))
    if kind == "tiff" and long > _SHEETS[0][0]:
        return True
    return any(
        abs(short - narrow) < _SHEET_TOLERANCE and abs(long - tall) < _SHEET_TOLERANCE
        for narrow, tall in _SHEETS
    )


# ── Any mode to grey ───────────────────────────────────────────────────────────────────


def _upright(picture: Image.Image) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # damaged metadata beside sound pixels
        return ImageOps.exif_transpose(picture)


def _grey(picture: Image.Image) -> Image.Image:
    """Mode `L`, with white paper behind what is transparent."""
    if picture.mode.startswith(("I", "F")):
        return _deep(picture)
    if picture.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        paper = Image.new("RGBA", clear.size, "white")
        return Image.alpha_composite(paper, clear).convert("L")
    return picture.convert("L")


def _is_negative(picture: Image.Image) -> bool:
    """Whether 0 is white in 16 bits, which Pillow does not heed."""
    tags = getattr(picture, "tag_v2", {})
    return picture.mode.startswith("I;16") and tags.get(_PHOTOMETRIC) == 0


def _deep(picture: Image.Image) -> Image.Image:
    """More than 8 bits a pixel: 16 bits are scaled, anything else is stretched to fit."""
    deep = picture.convert("F")
    low, high = 0.0, 65535.0
    if not picture.mode.startswith("I;16"):
        low, high = (float(str(value)) for value in deep.getextrema())
    scale = 255.0 / (high - low or 1.0)
    return deep.point(lambda value: value * scale - low * scale).convert("L")
