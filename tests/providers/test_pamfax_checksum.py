"""The checksum, against what the vendor's own PHP code of 2017 makes of 23 calls."""

import hashlib
import re

import hypothesis
import pytest
from hypothesis import strategies as st

from mailfax.providers.pamfax import _checksum

J = {"apioutputformat": "API_FORMAT_JSON"}
FILE = "file_6b0000ab15b2e.pdf"

VECTORS = {
    1: ({"username": "user@example.com", "password": "pa ss+wörd&1", "remember_me": False,
         "user_ip": "", "timetolifeminutes": "", **J}, "fbc1fdc641b10846e42155672625ce24"),
    2: ({"user_ip": "10.0.0.9", "user_agent": "ua", "origin": "API Samples", **J},
        "3660a8f3c6cf35b1e9749294e14acad1"),
    3: ({"number": "+4930123456", "name": "Jörg A", **J}, "33fa5b37ed98be2fc1f296255d4123ef"),
    4: ({"numbers": ["+491", "+492"], "names": ["b", "a"], **J},
        "96d3e094d81247145e5d37f52cf46389"),
    5: ({"template_id": 1, "text": "Hello & bye", "template_uuid": "*", "data": False, **J},
        "0ec02df77f42afbbbc24252f7e2c2abb"),
    6: ({"send_at": False, "send_at_timezone": False, "datetime": False, **J},
        "3012bc97768dcb96dece50751e771501"),
    7: ({"current_page": 1, "items_per_page": 20, **J}, "93d621ee74dfc02903df3e5df9a062f8"),
    8: ({"uuid": "u1", "mark_read": True, **J}, "35f647f51a6662ff8e6cbf6039e54ab9"),
    9: (J, "dc49afd61bafe17d16ed4bdc8b394736"),
    10: ({}, "44c7be48226ebad5dca8216674cad62b"),
    11: ({"username": "testuser", "password": "somepass"}, "3bc7d7e9f53dec9cf03c720330d341b4"),
    12: ({"username": "testuser", "password": "somepass", "apioutputformat": "API_FORMAT_XML"},
         "4683079fdfe3a8bd09856b33256ec7b9"),
    13: ({"Zeta": "z", "alpha": "a", "BETA": "b"}, "b222b30d8e967a4bb57554f0625ae39d"),
    14: ({"Name": "first", "name": "second"}, "fc148c4c14f37ae47d160d2b5320bba6"),
    15: ({"page": 9, "EVENT": 9, "ApiKey": 9, "apicheck": 9, "UserToken": 9,
          "xdebug_profile": 1, "a": 1}, "4afdfd51b9c69891791e460d5fb2d648"),
    16: ({"l": [f"v{number}" for number in range(12)]}, "ddc474a6a16e1e8b61f4734051fb5d9a"),
    17: ({"data": {"{MyOwnName}": "PamFax", "{Alpha}": {"B": 2, "a": 1, "page": "kept"},
                   "flag": False}}, "12aa6fd52ef82dfb6a767dc9d5d14877"),
    18: ({"text": "@home", "z": 1}, "4afdfd51b9c69891791e460d5fb2d648"),
    19: ({"text": "a<script src=x>b</SCRIPT>c", "z": 1}, "9e3d2e63cedf249edbf2fb1f5a29e22f"),
    20: ({"text": "Größe €"}, "753b794263bcb6f7440a12cdf4dc9c57"),
    21: ({"text": "a\r\nb"}, "2a28447b1647e32b90b317ed767f618a"),
    22: ({"a": True, "b": False}, "90220eb6e106ed70d50915f36442d6ae"),
    23: ({"filename": "a.pdf", "origin": FILE, "file_size": "", "file_contentmd5": "", **J},
         "5f95604a0ba384f2acd176cdc93aeda7"),
}  # fmt: skip

KEY = st.from_regex("[a-z_]{1,6}", fullmatch=True)
TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
VALUE = st.recursive(
    st.one_of(TEXT, st.booleans(), st.integers(0, 999)),
    lambda inside: st.one_of(
        st.lists(inside, min_size=1, max_size=12), st.dictionaries(KEY, inside, min_size=1)
    ),
    max_leaves=14,
)


@pytest.mark.parametrize("number", VECTORS)
def test_the_checksum_is_the_vendors(number):
    arguments, apicheck = VECTORS[number]
    assert _checksum.apicheck(arguments, "SECRET") == apicheck


def test_an_argument_that_is_not_given_counts_for_nothing():
    assert _checksum.apicheck({"a": None, "b": [None]}, "SECRET") == VECTORS[10][1]


def test_what_is_hashed_of_a_mark_in_a_list_is_nothing():
    told = hashlib.md5(b"bSECRET").hexdigest()
    assert _checksum.apicheck({"l": ["@a", "b"]}, "SECRET") == told


@hypothesis.given(st.dictionaries(KEY, VALUE, max_size=5), TEXT)
def test_the_service_counts_the_same_from_the_form_that_it_reads(arguments, secret):
    read = {}
    for name, value in _checksum.fields(arguments):
        place, *inside = re.findall(r"[^\[\]]+", name)
        *way, last = [place, *inside]
        level = read
        for step in way:
            level = level.setdefault(step, {})
        level[last] = value
    assert _checksum.apicheck(read, secret) == _checksum.apicheck(arguments, secret)


@hypothesis.given(st.dictionaries(KEY, VALUE, max_size=5), st.randoms())
def test_the_order_of_arguments_does_not_matter(arguments, random):
    pairs = list(arguments.items())
    random.shuffle(pairs)
    assert _checksum.apicheck(dict(pairs), "x") == _checksum.apicheck(arguments, "x")


@hypothesis.given(
    st.dictionaries(KEY, VALUE, max_size=5), st.sampled_from(sorted(_checksum.LEFT_OUT)), VALUE
)
def test_what_is_left_out_may_be_anything(arguments, name, value):
    bare = {key: one for key, one in arguments.items() if key != name}
    assert _checksum.apicheck({**bare, name.upper(): value}, "x") == _checksum.apicheck(bare, "x")


def test_fields_go_out_as_php_names_them():
    given = {"a": True, "b": ["x", "y"], "c": {"{K}": 7, "d": ["z"]}, "e": None, "f": []}
    assert list(_checksum.fields(given)) == [
        ("a", "1"), ("b[0]", "x"), ("b[1]", "y"), ("c[{K}]", "7"), ("c[d][0]", "z"),
    ]  # fmt: skip
