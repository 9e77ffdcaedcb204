"""Explain shows each rule, what stopped it, and where every setting came from."""

import dataclasses
import json
import pathlib

from mailfax import number
from mailfax.model import Recipient
from mailfax.policy import decide, explain, rules
from tests.policy.samples import NOW, facts, fax, sending

ROOT = pathlib.Path(__file__).parents[2]
STAFF = 'name = "staff"\nfrom = "@example.com"\nproof = "login"'


def test_a_mail_is_explained_line_by_line():
    book = sending('to = "+1900*"\naction = "reject"', f'{STAFF}\npaper = "a4"')
    lines = explain.report(book, facts(login="ann"), NOW)
    assert lines[:7] == [
        "mail      From ann@example.com, envelope sender ann@example.com",
        "at        2025-03-01 09:30:00+00:00",
        "shown     login ann",
        "to        +12025550123@fax.example.com: +1 202-555-0123, US, fixed or mobile",
        "rule      send 1 (rules.toml:4): no: to: +12025550123, wanted +1900*",
        "rule      staff (rules.toml:7): yes, by login",
        "rule      send 3: not reached",
    ]
    assert lines[7] == "decision  accept by rule staff"
    assert "  paper = a4  (rule staff)" in lines
    assert "  provider = main  (defaults)" in lines
    assert "  max_pages = 100  (built in)" in lines


def test_the_first_condition_that_failed_is_named_for_each_proof():
    book = sending(
        'from = "@example.com"\nproof = ["login", "network:lan"]',
        more='[groups.lan]\nnetworks = ["192.0.2.0/24"]\n',
    )
    lines = explain.report(book, facts("bob@example.com", login="ann"), NOW)
    assert lines[4] == (
        "rule      send 1 (rules.toml:6): no: login owns: login ann, From bob@example.com, "
        "envelope sender bob@example.com; proof network:lan: the client is not in it"
    )
    assert "decision  reject by rule send 2: 550 5.7.1 this fax is not allowed here" in lines[6]


def test_what_is_not_known_is_said_and_all_that_may_come_of_it_is_shown():
    lines = explain.report(sending(STAFF), facts(decide.UNKNOWN, login="ann"), NOW)
    assert lines[0].startswith("mail      From not known yet")
    assert "decision  hangs on what is not known; it will be one of these:" in lines
    assert "decision  accept by rule staff" in lines
    assert any(line.startswith("decision  reject by rule send 2") for line in lines)


def test_a_guard_is_named_as_such():
    lines = explain.report(sending(STAFF), facts(login="ann", to="+19005550100"), NOW)
    assert any("is a premium number, and faxes there are not allowed" in line for line in lines)
    assert "guard     the destination, whatever the rules" in lines


def test_a_number_that_never_existed_is_explained_as_such():
    stranger = dataclasses.replace(
        facts(login="ann"), recipient=Recipient(address="x", number=number.FaxNumber("0000"))
    )
    lines = explain.report(sending(STAFF), stranger, NOW)
    assert lines[3] == "to        x: '+0000' is not a telephone number"


def test_the_same_goes_into_json():
    found = explain.data(sending(STAFF), facts(login="ann"), NOW)
    assert json.loads(json.dumps(found)) == found
    assert found["decision"]["rule"] == "staff"
    assert found["rules"][0]["verdict"] == "yes"
    assert found["possible"][0]["settings"]["provider"] == {"value": ["main"], "origin": "defaults"}
    undecided = explain.data(sending(STAFF), facts(decide.UNKNOWN, login="ann"), NOW)
    assert undecided["decision"] is None
    assert len(undecided["possible"]) == 2


def test_a_received_fax_is_explained_too():
    book = rules.load(ROOT / "rules/clinic.toml")
    lines = explain.report_fax(book, fax(did="+12025550110"), NOW)
    assert lines[0] == "fax       to +12025550110, from +12025550150, account main"
    assert any("archive" in line and "yes" in line for line in lines)
    assert "rule      radiology: not reached" in lines
    assert "deliver   oncall@clinic.example as pdf" in lines
    assert "  acknowledge = mark  (rule archive)" in lines
    found = explain.data_fax(book, fax(did="+12025550110"), NOW)
    assert json.loads(json.dumps(found)) == found
    assert found["matched"] == ["archive", "cardiology"]
