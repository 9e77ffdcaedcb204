import pathlib

import pytest

from mailfax.document import render

TEMPLATES = pathlib.Path(__file__).parents[2] / "templates"


@pytest.fixture(scope="session")
def renderer():
    """One renderer with warm presses for all tests of this room."""
    settings = render.Settings(seconds=20, memory=512 << 20, output=20_000_000)
    with render.Renderer(settings, [TEMPLATES]) as started:
        yield started
