"""The JSON Schema says what the readers say, as it is taken from them."""

import datetime
import json
import pathlib
import tomllib

import jsonschema
import pytest

from mailfax.policy import outline, settings

ROOT = pathlib.Path(__file__).parents[2]
OUTLINE = outline.outline()
CHECK = jsonschema.Draft202012Validator(OUTLINE)


def problems(path):
    """As an editor sees the file: dates are text there."""
    found = tomllib.loads(path.read_text("utf-8-sig"))
    plain = json.loads(json.dumps(found, default=_text))
    return [problem.message for problem in CHECK.iter_errors(plain)]


def _text(value):
    assert isinstance(value, (datetime.date, datetime.datetime))
    return value.isoformat()


def test_it_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(OUTLINE)


@pytest.mark.parametrize("path", sorted((ROOT / "rules").glob("*.toml")), ids=lambda p: p.stem)
def test_every_shipped_file_fits_it(path):
    assert problems(path) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("01-unknown-keys", ["defualts", "resolutoin", "form", "formt"]),
        ("04-wrong-types", ["49", "'many'", "'yes'", "24", "True"]),
        ("12-tests-and-the-rest", ["providers", "networks", "'failed'", "docx"]),
    ],
)
def test_what_is_misspelt_does_not(name, words):
    said = "\n".join(problems(ROOT / f"tests/policy/broken/{name}.toml"))
    assert [word for word in words if word not in said] == []


def test_it_knows_every_setting_wherever_one_may_stand():
    tables = OUTLINE["properties"]
    for table in (
        tables["defaults"],
        tables["groups"]["additionalProperties"],
        tables["send"]["items"],
        tables["test"]["items"]["properties"]["settings"],
    ):
        assert table["properties"].keys() >= settings.SEND_KEYS
        assert table["properties"]["paper"]["enum"] == settings.SEND["paper"].shape["enum"]
    assert tables["receive"]["items"]["properties"].keys() >= settings.RECEIVE_KEYS | {"table"}
    assert not tables["send"]["items"]["additionalProperties"]
