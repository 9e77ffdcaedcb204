"""The PamFax twin's checksum is that of the vendor's own code (facts file, section 3)."""

import re
import urllib.parse

import hypothesis
import pytest
from hypothesis import strategies

from mailfax.sandbox import _form
from mailfax.sandbox.pamfax import checksum

J = {"apioutputformat": "API_FORMAT_JSON"}
VECTORS = [
    (
        {"username": "user@example.com", "password": "pa ss+wörd&1", "remember_me": "0",
         "user_ip": "", "timetolifeminutes": "", **J},
        "fbc1fdc641b10846e42155672625ce24",
    ),
    (
        {"user_ip": "10.0.0.9", "user_agent": "ua", "origin": "API Samples", **J},
        "3660a8f3c6cf35b1e9749294e14acad1",
    ),
    ({"number": "+4930123456", "name": "Jörg A", **J}, "33fa5b37ed98be2fc1f296255d4123ef"),
    (
        {"numbers": {"0": "+491", "1": "+492"}, "names": {"0": "b", "1": "a"}, **J},
        "96d3e094d81247145e5d37f52cf46389",
    ),
    (
        {"template_id": "1", "text": "Hello & bye", "template_uuid": "*", "data": "0", **J},
        "0ec02df77f42afbbbc24252f7e2c2abb",
    ),
    (
        {"send_at": "0", "send_at_timezone": "0", "datetime": "0", **J},
        "3012bc97768dcb96dece50751e771501",
    ),
    ({"current_page": "1", "items_per_page": "20", **J}, "93d621ee74dfc02903df3e5df9a062f8"),
    ({"uuid": "u1", "mark_read": "1", **J}, "35f647f51a6662ff8e6cbf6039e54ab9"),
    (J, "dc49afd61bafe17d16ed4bdc8b394736"),
    ({}, "44c7be48226ebad5dca8216674cad62b"),
    ({"username": "testuser", "password": "somepass"}, "3bc7d7e9f53dec9cf03c720330d341b4"),
    (
        {"username": "testuser", "password": "somepass", "apioutputformat": "API_FORMAT_XML"},
        "4683079fdfe3a8bd09856b33256ec7b9",
    ),
    ({"Zeta": "z", "alpha": "a", "BETA": "b"}, "b222b30d8e967a4bb57554f0625ae39d"),
    ({"Name": "first", "name": "second"}, "fc148c4c14f37ae47d160d2b5320bba6"),
    (
        {"page": "9", "EVENT": "9", "ApiKey": "9", "apicheck": "9", "UserToken": "9",
         "xdebug_profile": "1", "a": "1"},
        "4afdfd51b9c69891791e460d5fb2d648",
    ),
    ({"l": {str(n): f"v{n}" for n in range(12)}}, "ddc474a6a16e1e8b61f4734051fb5d9a"),
    (
        {"data": {"{MyOwnName}": "PamFax", "{Alpha}": {"B": "2", "a": "1", "page": "kept"},
                  "flag": "0"}},
        "12aa6fd52ef82dfb6a767dc9d5d14877",
    ),
    ({"text": "@home", "z": "1"}, "4afdfd51b9c69891791e460d5fb2d648"),
    ({"text": "a<script src=x>b</SCRIPT>c", "z": "1"}, "9e3d2e63cedf249edbf2fb1f5a29e22f"),
    ({"text": "Größe €"}, "753b794263bcb6f7440a12cdf4dc9c57"),
    ({"text": "a\r\nb"}, "2a28447b1647e32b90b317ed767f618a"),
    ({"a": "1", "b": "0"}, "90220eb6e106ed70d50915f36442d6ae"),
    (
        {"filename": "a.pdf", "origin": "file_6b0000ab15b2e.pdf", "file_size": "",
         "file_contentmd5": "", **J},
        "5f95604a0ba384f2acd176cdc93aeda7",
    ),
]  # fmt: skip
"""Facts file, section 3: computed by the vendor's own code, with the secret SECRET."""


@pytest.mark.parametrize(("arguments", "apicheck"), VECTORS)
def test_a_checksum_is_that_of_the_vendor_s_code(arguments, apicheck):
    assert checksum.apicheck(arguments, "SECRET") == apicheck


@pytest.mark.parametrize(("arguments", "apicheck"), VECTORS)
def test_it_is_so_after_a_trip_over_the_wire(arguments, apicheck):
    def pairs(name, value):
        if isinstance(value, dict):
            return [x for key, inner in value.items() for x in pairs(f"{name}[{key}]", inner)]
        return [(name, value)]

    sent = [x for name, value in arguments.items() for x in pairs(name, value)]
    for quoted in (urllib.parse.quote_plus, urllib.parse.quote):
        body = urllib.parse.urlencode(sent, quote_via=quoted).encode()
        assert checksum.apicheck(_form.urlencoded(body), "SECRET") == apicheck


@hypothesis.given(
    strategies.dictionaries(strategies.text("abcXYZ_", min_size=1), strategies.text()),
    strategies.randoms(),
)
def test_neither_the_order_nor_the_page_argument_matters(arguments, random):
    shuffled = list(arguments.items())
    random.shuffle(shuffled)
    hypothesis.assume(len({name.lower() for name in arguments}) == len(arguments))
    told = checksum.apicheck(arguments, "s")
    assert checksum.apicheck({**dict(shuffled), "Page": "7", "USERTOKEN": "x"}, "s") == told


@hypothesis.given(strategies.text(min_size=1), strategies.text(min_size=1))
def test_values_that_differ_differ_in_the_checksum(one, other):
    counted = [re.sub("</?script[^>]*>", "", text, flags=re.IGNORECASE) for text in (one, other)]
    counted = ["" if text.startswith("@") else text for text in counted]
    same = checksum.apicheck({"a": one}, "s") == checksum.apicheck({"a": other}, "s")
    assert same == (counted[0] == counted[1])
