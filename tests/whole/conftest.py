"""The whole service on loopback: real sockets and processes, a pretend telephone network."""

import itertools
import pathlib

import pytest

from mailfax.demo import stage

_serial = itertools.count(101)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """One service and its sandbox for all tests of a file."""
    with stage.Stage(tmp_path_factory.mktemp("stage")) as running:
        yield running


@pytest.fixture
def number():
    """A number that nobody else in this run faxes to, and that answers."""
    return f"+1202555{next(_serial):04d}"


@pytest.fixture(scope="session")
def corpus():
    """Real documents beside the checkout; the test is skipped where they are not."""
    folder = pathlib.Path(__file__).parents[3] / "shared" / "corpus"
    if not folder.is_dir():
        pytest.skip("the corpus of real documents is not here")
    return folder
