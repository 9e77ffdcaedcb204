"""What on a grey page is paper, what is type on a ground, and what is a picture.

A page is judged on a sample of 50 pixels an inch, in blocks of 4 mm. Greys are 0 (black) to 255;
masks and fields have one value a block. Nothing here takes more than some milliseconds, and a page
of black type on white paper less than one.
"""

import dataclasses
from collections.abc import Collection
from typing import Any

import numpy
from PIL import Image, ImageChops

from mailfax.document import shapes

THRESHOLD = 168 / 255
"""Darker than this part of the paper is black: high, or grey small print (#999) is lost."""
_DARK, _LIGHT = 56, 0.85
"""Between that grey and that part of the paper are greys that a threshold would falsify."""
_PAPER = range(160, 256)
_WIDE, _MUCH = 6, 0.25
"""Paper is what so many greys to both sides of the commonest light grey hold of a page."""

_ACROSS = 32
"""Fax pixels of a block; it has 8 × 8 pixels of the sample."""
_BLOCK = 8
_HALF = _BLOCK * _BLOCK // 2
_SHADED = 0.75
"""A block is shaded when so much of it is of a middle grey; in type it is up to half."""


@dataclasses.dataclass(frozen=True, slots=True)
class Regions:
    """How a page is to be turned into black and white."""

    below: Any
    """What is darker is black: one grey, or one for each pixel of the sample."""
    fills: list["Fill"]
    picture: Any
    """Where dots are wanted, True a block; None for nowhere."""
    lost: int
    """Blocks of a picture in which there seems to be type."""
    paper: int
    """The grey of the paper."""
    clean: bool
    """The paper has that grey and no other."""

    @property
    def plain(self) -> bool:
        """Whether one grey says for the whole page what is black."""
        return isinstance(self.below, int) and not self.fills and self.picture is None


def judge(grey: Image.Image, rows_per_inch: int, halftone: str = "auto") -> Regions:
    """Look at a page (`L`, as wide as a fax line). `halftone` is `auto`, or what everything that
    is neither paper nor black is taken for: `text` or `photo`.
    """
    sample = _sample(grey, rows_per_inch)
    inside = ImageChops.invert(sample).getbbox()
    if inside is None:
        return Regions(round(255 * THRESHOLD), [], None, 0, 255, clean=True)
    counts = sample.histogram()
    paper, drawn = _paper(counts, inside)
    fills = _fills(sample, counts, paper) if drawn and halftone != "photo" else []
    shaded = _shaded(sample, paper, {fill.grey for fill in fills})
    field = None if drawn or shaded is None else _light(numpy.asarray(sample), inside)
    if field is not None:
        sample, paper = _relit(sample, field), 255
        shaded = _shaded(sample, paper)
    below, typed, lost = round(paper * THRESHOLD), None, 0
    if shaded is not None and halftone != "photo":
        below, typed, lost = _type(sample, shaded, paper, everywhere=halftone == "text")
    if field is not None:
        below = _shadow(below, sample.size, field)
    if fills:
        below = _on_fills(below, sample.size, fills)
    return Regions(below, fills, _picture(shaded, typed), lost, paper, drawn)


def _sample(grey: Image.Image, rows_per_inch: int) -> Image.Image:
    across = grey.width // _ACROSS
    down = max(1, round(grey.height / (_ACROSS * rows_per_inch / 204)))
    return grey.resize((across * _BLOCK, down * _BLOCK), Image.Resampling.NEAREST)


def _blocks(pixels: Any) -> Any:
    """The 64 pixels of each block: rows of blocks × columns of blocks × pixels."""
    down, across = (side // _BLOCK for side in pixels.shape)
    parted = pixels.reshape(down, _BLOCK, across, _BLOCK).swapaxes(1, 2)
    return parted.reshape(down, across, _BLOCK * _BLOCK)


def _ranked(pixels: Any) -> Any:
    """The pixels of each block in such an order that those at `_HALF` and `_LEVEL` are in place."""
    return numpy.partition(_blocks(pixels), (_HALF, _LEVEL), axis=2)


# ── Paper and light ────────────────────────────────────────────────────────────────────


def _paper(counts: list[int], inside: tuple[int, int, int, int]) -> tuple[int, bool]:
    """The grey of the paper, 255 where no light grey is common enough to be that; and whether
    some ground is one grey exactly, as where nothing was scanned.

    `inside` is the box of what is not white: a photographed page has white margins round it.
    """
    left, top, right, bottom = inside
    size = (right - left) * (bottom - top)
    within, much = counts.copy(), _MUCH * size
    within[255] -= sum(counts) - size
    drawn = max(within) > much
    if drawn and counts[255] > _MUCH * sum(counts):
        return 255, drawn
    commonest = max(_PAPER, key=within.__getitem__)
    share = sum(within[commonest - _WIDE : commonest + _WIDE + 1])
    return commonest if share > much else 255, drawn


_TYPED_PAGE = 0.06
"""Part of its blocks that shows type on a page which is no photograph."""
_SLOPE = 0.97
"""Light falls off by no more than this from block to block; what is darker is darker itself."""
_GLOOM = 64
_LEVEL = 52
"""So many of a block's 64 pixels are darker than paper or less light than it mostly is."""


def _light(pixels: Any, inside: tuple[int, int, int, int]) -> Any:
    """How light the paper is in each block, on a written page in uneven light; else None.

    `inside` as `_paper` has it.
    """
    left, top = (-(-side // _BLOCK) for side in inside[:2])
    right, bottom = (side // _BLOCK for side in inside[2:])
    if right - left < _BLOCK or bottom - top < _BLOCK:
        return None
    written = pixels[top * _BLOCK : bottom * _BLOCK, left * _BLOCK : right * _BLOCK]
    ranked = _ranked(written)
    strokes = _Strokes.of(written, ranked)
    if (strokes.type & ~strokes.on_dark).mean() < _TYPED_PAGE:
        return None
    level = ranked[:, :, _LEVEL].astype("float32")
    level = numpy.maximum(_slide(_slide(level, -1), 1), _GLOOM)
    down, across = (side // _BLOCK for side in pixels.shape)
    return numpy.pad(level, ((top, down - bottom), (left, across - right)), "edge")


def _slide(level: Any, step: int) -> Any:
    """Let the light of every block shine on those after it, falling off with `_SLOPE`."""
    level = level[::step, ::step].copy()
    for row in range(1, level.shape[0]):
        numpy.maximum(level[row], level[row - 1] * _SLOPE, out=level[row])
    for column in range(1, level.shape[1]):
        numpy.maximum(level[:, column], level[:, column - 1] * _SLOPE, out=level[:, column])
    return level[::step, ::step]


def _spread(field: Any, size: tuple[int, int]) -> Any:
    """A field of blocks as octets, one for each pixel of the sample, without steps."""
    image = Image.fromarray(field.astype("uint8"))
    return numpy.asarray(image.resize(size, Image.Resampling.BILINEAR))


def _shadow(below: Any, size: tuple[int, int], field: Any) -> Any:
    """The same limits in the light that the page really has."""
    return below * (_spread(field, size) / 255)


def _relit(sample: Image.Image, field: Any) -> Image.Image:
    light = _spread(field, sample.size).astype("uint16")
    even = numpy.asarray(sample).astype("uint16") * 255 // light
    return Image.fromarray(numpy.minimum(even, 255).astype("uint8"))


# ── Shaded regions ─────────────────────────────────────────────────────────────────────


def _shaded(sample: Image.Image, paper: int, fills: Collection[int] = ()) -> Any:
    """The blocks that are mostly of a middle grey; None where there are none."""
    shaded = _middle(sample, paper, fills)
    return shaded if shaded.any() else None


def _middle(sample: Image.Image, paper: int, fills: Collection[int] = ()) -> Any:
    light = paper * _LIGHT
    middle = [255 * (_DARK <= g < light and g not in fills) for g in range(256)]
    shares = sample.point(middle).reduce(_BLOCK)
    return numpy.asarray(shares) >= 255 * _SHADED


def _picture(shaded: Any, typed: Any) -> Any:
    """Pictures with their edges; a photograph is a rectangle, with light and dark places in it."""
    if shaded is not None and typed is not None:
        shaded = shaded & ~typed
    if shaded is None or not shaded.any():
        return None
    rows, columns = numpy.flatnonzero(shaded.any(1)), numpy.flatnonzero(shaded.any(0))
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    if shaded[box].mean() > 0.5:
        shaded[box] = True
    picture = shapes.widened(shaded, 1)
    return picture if typed is None else picture & ~typed


# ── Type on uneven grounds ─────────────────────────────────────────────────────────────

_WRITTEN = 0.3
"""Part of the blocks round a block that must show type, for all of them to be a ground of it."""
_AROUND = 2
"""Blocks to each side that are round a block."""
_CALM, _INK = 24, 50
"""Grounds are smooth but for so many steps of grey; type stands out by so many."""
_LEAST, _MOST = 0.04, 0.42
"""Part of a block that is ink where there is type."""
_STROKE = 3
"""Pixels of the sample: what is up to twice as wide is type, and what is wider is ground."""


def _type(
    sample: Image.Image, shaded: Any, paper: int, *, everywhere: bool
) -> tuple[Any, Any, int]:
    """What is black, shaded blocks that are the ground of type being judged for themselves; those
    blocks; and in how many other shaded blocks there seems to be type.
    """
    pixels, below = numpy.asarray(sample), round(paper * THRESHOLD)
    strokes = _Strokes.of(pixels, _ranked(pixels), shaded)
    ground = numpy.where(_fine(strokes.on_dark), strokes.darker, strokes.lighter)
    shaded |= strokes.type & _middle(Image.fromarray(ground), paper)
    written = strokes.type & shaded
    typed = shaded
    if not everywhere:
        typed = shapes.closed(shaded & (_share(written, shaded) > _WRITTEN), _AROUND)
        typed = shapes.widened(typed | (shapes.widened(typed, _AROUND) & written), _AROUND)
    lost = int((written & ~typed).sum())
    if not typed.any():
        return below, typed, lost
    on_light = numpy.maximum(ground * THRESHOLD, _DARK)
    limits = numpy.where(_fine(strokes.on_dark), (ground + 255.0) / 2, on_light)
    return numpy.where(_fine(typed), limits, below), typed, lost


@dataclasses.dataclass(frozen=True, slots=True)
class _Strokes:
    """What stands out against the ground close to it."""

    lighter: Any
    darker: Any
    """The pixels without dark strokes, and without light ones."""
    type: Any
    """Blocks in which there seems to be type."""
    on_dark: Any
    """Blocks where type is lighter than its ground, if there is type."""

    @classmethod
    def of(cls, pixels: Any, ranked: Any, within: Any = True) -> "_Strokes":
        """`ranked` are the blocks of the pixels, each with its own pixels from dark to light;
        `within`, the blocks that are shaded.
        """
        lighter, darker = shapes.closed(pixels, _STROKE), ~shapes.closed(~pixels, _STROKE)
        dark, light = _blocks(lighter - pixels), _blocks(pixels - darker)
        blocks, ground = _blocks(pixels), _ground(ranked[:, :, _HALF], within)[:, :, None]
        is_light = ((blocks > ground + _INK) & (light > _INK)).mean(axis=2)
        is_dark = ((blocks < ground - _INK) & (dark > _INK)).mean(axis=2)
        more = _mean((is_light - is_dark) * within)
        on_dark = more + _mean(more) / 100 > 0  # where nothing stands out, as farther round
        return cls(lighter, darker, numpy.where(on_dark, _is_ink(light), _is_ink(dark)), on_dark)


def _ground(middle: Any, within: Any) -> Any:
    """What most of each block is, or of those round it where that is no middle grey."""
    known = within & (middle >= _DARK) & (middle < _LIGHTEST)
    round_it = _mean(numpy.where(known, middle, 0)) / numpy.maximum(_mean(known), 0.01)
    return numpy.where(known, middle, round_it)


def _is_ink(height: Any) -> Any:
    """Whether what stands out so high in each block is type: there is some, not most of the block,
    and little between ink and ground.
    """
    ink = (height > _INK).mean(axis=2)
    between = (height > _CALM).mean(axis=2) - ink
    return (ink > _LEAST) & (ink < _MOST) & (between < _LEAST + ink / 3)


def _fine(mask: Any) -> Any:
    """Blocks as pixels of the sample."""
    return mask.repeat(_BLOCK, 0).repeat(_BLOCK, 1)


def _share(mask: Any, within: Any) -> Any:
    """Which part of the blocks round each block, as far as they are `within`, is in the mask."""
    return _mean(mask) / numpy.maximum(_mean(within), _WRITTEN / 2)


def _mean(field: Any) -> Any:
    """The mean of all values `_AROUND` each; what lies beyond the edge is 0."""
    wide = 2 * _AROUND + 1
    sums = numpy.pad(field.astype("float64"), _AROUND + 1).cumsum(0).cumsum(1)
    sums = sums[wide:-1] - sums[: -wide - 1]
    return (sums[:, wide:-1] - sums[:, : -wide - 1]) / wide**2


# ── Fills of one grey ─────────────────────────────────────────────────────────────────────

_LIGHTEST, _WHITE = 216, 250
"""Fills that are lighter turn white in any case; those that are still lighter are white."""
_SPIKE = 0.0004
"""Part of a page that one grey must cover to be a fill: 1 cm² is 0.0016 of A4."""
_ALONE = 8
"""How many times more often than the greys beside it: photographs have no spikes."""
_SOLID = 1
"""Pixels of the sample round one pixel that a fill fills somewhere."""
_CLEAR = 50
"""Steps of grey between a fill and the type on it."""
_STEP = 12
"""Greys that are nearly the same."""
_TALL = 5
"""Pixels round one pixel that a fill must fill somewhere to be more than a marked line."""
_SOME, _WORD = 0.002, 24
"""Part of a fill that type on it covers at the least, and pixels of a short word."""
_RULE = 10
"""Pixels of a line on a fill that is no part of a letter."""
_MOSTLY = 5
"""Type on a fill is light, or dark, when there is this many times more of it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Fill:
    """An area of one grey."""

    grey: int
    tone: int
    """What it becomes: white (255) for dark type, black (0) for light type, else dots."""
    where: Any
    """Where in the sample it is solid, and right beside that."""
    ground: Any
    """The same with the type on it."""
    rim: bool
    """It is something by itself, and gets an outline when it turns white."""


def _fills(sample: Image.Image, counts: list[int], paper: int) -> list[Fill]:
    least = _SPIKE * sample.width * sample.height
    greys = (g for g in range(_DARK, _WHITE) if g != paper)
    spikes = (g for g in greys if counts[g] > least and _alone(counts, g))
    found = (_fill(numpy.asarray(sample), grey) for grey in spikes)
    return [fill for fill in found if fill is not None]


def _fill(pixels: Any, grey: int) -> Fill | None:
    """None for what fills nothing, as hairlines and the edges of letters, and steps of what goes
    from dark to light.
    """
    mask = pixels == grey
    runs = mask[:, 2:] & mask[:, 1:-1] & mask[:, :-2]
    if not (runs[2:] & runs[1:-1] & runs[:-2]).any():
        return None
    near = (pixels > grey - _STEP) & (pixels < grey + _STEP) & ~mask
    solid = ~shapes.closed(~mask | shapes.widened(near, _SOLID), _SOLID)
    if not solid.any():
        return None
    ground = shapes.closed(solid, _STROKE)
    holes = ground & ~mask
    lines = shapes.opened(holes, _RULE, 0) | shapes.opened(holes, _RULE, 1)
    inside = pixels[holes & ~lines]
    dark, light = int((inside < grey - _CLEAR).sum()), int((inside >= grey + _CLEAR).sum())
    tone = 255 if dark > light else 0
    few, many = sorted((dark, light))
    if many <= max(_MOSTLY * few, _SOME * solid.sum(), _WORD):
        tone = grey
    if grey >= _LIGHTEST:
        tone = 255
    rim = grey < _LIGHTEST and bool((~shapes.widened(~solid, _TALL)).any())
    return Fill(grey, tone, shapes.widened(solid, _SOLID), ground, rim)


def _on_fills(below: Any, size: tuple[int, int], fills: list[Fill]) -> Any:
    """What is black, type on fills being judged against its own ground."""
    below = numpy.array(numpy.broadcast_to(below, size[::-1]), dtype="float32")
    for fill in fills:
        limit = (fill.grey + 255) / 2 if fill.tone == 0 else fill.grey * THRESHOLD
        below[fill.ground] = limit
    return below


def _alone(counts: list[int], grey: int) -> bool:
    """Whether a grey stands out among those beside it, some of which may be fills as well."""
    beside = sorted(counts[grey - 4 : grey] + counts[grey + 1 : grey + 5])
    return counts[grey] > _ALONE * beside[len(beside) // 2]
