"""Fax pages for tests, and the outside programs that judge what we made of them."""

import io
import os
import shutil
import subprocess

import pytest
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from mailfax.document import tiff

WIDTH = 1728
FINE = (204, 196)
INVERSE = [255] + [0] * 255
"""Not `ImageChops.invert`: a white pixel of mode `1` may be held as 1, and 254 is white too."""


def run(*command):
    """Run an outside program; without it skip, or fail where everything must be there."""
    if shutil.which(command[0]) is None:
        reason = f"{command[0]} is not installed"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    done = subprocess.run([str(word) for word in command], capture_output=True, check=True)
    return done.stdout.decode(), done.stderr.decode()


def image(lines, width=WIDTH):
    """A page from the places where each line changes colour, white first."""
    page = Image.new("1", (width, len(lines)), 255)
    draw = ImageDraw.Draw(page)
    for y, changes in enumerate(lines):
        ends = sorted(changes)
        for start, end in zip(ends[::2], [*ends[1::2], width], strict=False):
            if start < end:
                draw.line((start, y, end - 1, y), fill=0)
    return page


def words(length=300):
    """A page with writing on it, black to the edges in places."""
    page = image([[0, 5], [WIDTH - 3, WIDTH], [0, WIDTH], *([[]] * (length - 3))])
    draw = ImageDraw.Draw(page)
    for y in range(10, length - 20, 40):
        draw.text((60 + y, y), f"Line {y}: jackdaws love my big sphinx of quartz", fill=0)
        draw.ellipse((900, y, 960 + y, y + 30), outline=0)
    return page


def strip(page, resolution=FINE):
    """The page in T.6 as libtiff codes it, given the inverse so that white is 0."""
    held = io.BytesIO()
    page.point(INVERSE).save(held, "TIFF", compression="group4", strip_size=1 << 30)
    with Image.open(held) as coded:
        (offset,), (size,) = coded.tag_v2[273], coded.tag_v2[279]
    return tiff.Strip(*page.size, resolution, held.getvalue()[offset : offset + size])


def pixels(page):
    return page.size, page.convert("1").tobytes()


def pages_of(path):
    """What libtiff makes of a file, page by page."""
    with Image.open(path) as file:
        for number in range(file.n_frames):
            file.seek(number)
            yield pixels(file)


def bitmaps(width=WIDTH):
    """Pages of a few lines: runs of any length, lines alike and unlike the one above."""
    line = st.lists(st.integers(0, width), max_size=14, unique=True)
    return st.lists(line | st.just([]) | st.just([0, width]), min_size=1, max_size=12).map(
        lambda lines: image(lines, width)
    )
