"""Providers are found by looking into their folder."""

import pathlib

import pytest

from mailfax import errors, providers

FOLDER = pathlib.Path(providers.__file__).parent


def test_every_module_and_package_without_underscore_is_a_provider():
    found = [path.stem for path in FOLDER.iterdir() if path.stem[0] != "_"]
    assert providers.kinds() == sorted(found)


@pytest.mark.parametrize("kind", providers.kinds())
def test_each_can_be_loaded(kind):
    assert providers.load(kind).SETTINGS


@pytest.mark.parametrize("kind", ["nobody", "_http", "", "os", "../errors", "faxage._client"])
def test_what_is_no_provider_is_refused_with_those_there_are(kind):
    with pytest.raises(errors.Permanent, match="there is"):
        providers.load(kind)
