"""What becomes of colours and sizes that a fax cannot show, wherever a style sheet says them.

Registered with WeasyPrint as the way in which these properties are computed: so it holds for
style sheets, attributes and inherited values alike. Runs in the jail.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

from weasyprint.css import computed_values, properties

_SMALLEST = 7 * 96 / 72
"""Pixels of CSS: 7 points."""
_SPECK = 3.0
"""Letters smaller than this are not meant to be read."""
_LIGHTEST = 400
"""Thinner strokes break up at 204 by 98 dots."""
_PALE = 0.93
"""A border lighter than this is not seen on a screen either."""
_BLACK = properties.INITIAL_VALUES["color"]
_SIDES = ("top", "right", "bottom", "left")

_size = computed_values.COMPUTER_FUNCTIONS["font_size"]
_weight = computed_values.COMPUTER_FUNCTIONS["font_weight"]
_color = computed_values.COMPUTER_FUNCTIONS["border_top_color"]
_floor: float = 0


@contextlib.contextmanager
def enforced() -> Iterator[None]:
    """While a mail is laid out and drawn, for styles are computed when they are asked for."""
    on_sheet(1.0)
    try:
        yield
    finally:
        on_sheet(0.0)


def on_sheet(scale: float) -> None:
    """From now on letters are for a sheet that will be made smaller by `scale`."""
    global _floor  # noqa: PLW0603  a child lays out one thing at a time
    _floor = _SMALLEST * scale


def _font_size(style: Any, name: str, value: Any) -> float:
    size = float(_size(style, name, value))
    if not _floor:
        return size
    return max(size, _floor) if size >= _SPECK else 0.0


def _font_weight(style: Any, name: str, value: Any) -> int:
    return max(_LIGHTEST if _floor else 0, int(_weight(style, name, value)))


def _border_color(style: Any, name: str, value: Any) -> Any:
    """Black, but for what is there to keep a distance."""
    color = _color(style, name, value)
    if color == "currentcolor" or not _floor:
        return color
    pale = color.alpha == 0 or min(color.to("srgb").coordinates) > _PALE
    return color if pale else _BLACK


computed_values.register_computer("font-size")(_font_size)
computed_values.register_computer("font-weight")(_font_weight)
for _side in _SIDES:
    computed_values.register_computer(f"border-{_side}-color")(_border_color)
