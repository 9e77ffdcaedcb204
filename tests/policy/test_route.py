"""Every received fax has an owner; `continue` adds, the first rule that held sets the tone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailfax.policy import route
from tests.policy import samples
from tests.policy.samples import NOW, fax

BOOK = samples.parse("""
version = 1
[defaults]
country = "US"
provider = ["main"]
zone = "America/New_York"
[groups.courts]
numbers = ["+1 202 555 01*"]
[[send]]
action = "reject"
[[receive]]
name = "archive"
not_account = "second"
deliver = "archive@example.com"
format = "tiff"
acknowledge = "leave"
continue = true
[[receive]]
name = "courts"
from = "group:courts"
not_from = "+12025550199"
deliver = ["Law@Example.com", "archive@example.com"]
language = "de"
[[receive]]
name = "local"
to = ["re:47\\\\d\\\\d", "(202) 555-0177"]
deliver = "local@example.com"
[[receive]]
name = "toner"
tsid = ["cheap toner*", "FAX 2000"]
not_tsid = "cheap toner, *"
deliver = "junk@bücher.example"
[[receive]]
name = "rest"
deliver = "fax@example.com"
""")


@pytest.mark.parametrize(
    ("given_", "matched", "targets"),
    [
        (
            fax(),
            ("archive", "courts"),
            ["archive@example.com", "Law@example.com", "archive@example.com"],
        ),
        (
            fax(caller="+12025550199"),
            ("archive", "rest"),
            ["archive@example.com", "fax@example.com"],
        ),
        (fax(account="second", did="4711", caller=""), ("local",), ["local@example.com"]),
        (fax(account="second", did="+12025550177", caller=""), ("local",), ["local@example.com"]),
        (
            fax(account="second", caller="", tsid="  CHEAP  Toner 4u"),
            ("toner",),
            ["junk@xn--bcher-kva.example"],
        ),
        (
            fax(account="second", caller="", tsid="fax  2000"),
            ("toner",),
            ["junk@xn--bcher-kva.example"],
        ),
        (fax(account="second", caller="", tsid="Cheap toner, no"), ("rest",), ["fax@example.com"]),
        (fax(account="second", caller="withheld?"), ("rest",), ["fax@example.com"]),
    ],
)
def test_the_first_rule_that_holds_delivers_and_continue_adds(given_, matched, targets):
    found = route.route(BOOK, given_, NOW)
    assert found.rules == matched
    assert sorted(target.address for target in found.targets) == sorted(targets)
    assert found.rules_hash == BOOK.hash


def test_each_target_has_its_rules_format_and_twins_are_one():
    found = route.route(BOOK, fax(), NOW)
    formats = {(target.address, target.format) for target in found.targets}
    assert ("archive@example.com", "tiff") in formats
    assert ("archive@example.com", "pdf") in formats
    same = samples.parse(
        samples.HEAD + '[[send]]\naction = "reject"\n'
        '[[receive]]\ndeliver = ["a@example.com", "a@example.com"]\ncontinue = true\n'
        '[[receive]]\ndeliver = "a@example.com"\n'
    )
    assert len(route.route(same, fax(), NOW).targets) == 1


def test_the_first_rule_that_held_says_what_becomes_of_the_fax_at_the_provider():
    found = route.route(BOOK, fax(), NOW)
    assert (found.acknowledge, found.zone, found.language) == ("leave", "America/New_York", "en")
    assert route.route(BOOK, fax(account="second"), NOW).acknowledge == "delete"
    assert route.route(BOOK, fax(account="second"), NOW).language == "de"


@given(st.builds(fax, did=st.text(), caller=st.text(), tsid=st.text(), account=st.text()))
def test_no_fax_is_without_a_target(given_):
    assert route.route(BOOK, given_, NOW).targets
