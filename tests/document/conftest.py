import pathlib
import tempfile

import pytest

from mailfax.document import jail, programs, render
from mailfax.document.converters import kinds
from mailfax.mail import message

TEMPLATES = pathlib.Path(__file__).parents[2] / "templates"


@pytest.fixture(scope="session")
def renderer():
    """One renderer with warm presses for all tests of this room."""
    settings = render.Settings(seconds=20, memory=512 << 20, output=20_000_000)
    with render.Renderer(settings, [TEMPLATES], message.parts) as started:
        yield started


@pytest.fixture(scope="session")
def to_pdf():
    """Any document as PDF by LibreOffice or Ghostscript, in one warm jail for all tests."""
    limits = jail.Limits(memory=1 << 30, seconds=30, output=20_000_000)
    shut = programs.Programs(limits, 2, postscript=True, require_jail=False)

    def convert(data, name="", charset=None, paper="a4"):
        with tempfile.TemporaryFile() as out:
            return shut.to_pdf(kinds.found(data, name, ""), data, charset, paper, out)

    yield convert
    shut.close()
