"""The rules asked from the other end: who may fax a number, and what another file would change."""

import json
from email import message

import pytest

from mailfax import number
from mailfax.policy import compare, who
from tests.policy import samples

BOOK = samples.parse(
    """
version = 1
defaults = { country = "US", provider = ["main"] }
[groups.staff]
senders = ["ann@example.com"]
[calendars.office]
hours = ["mon-fri 08:00-17:00"]
[[send]]
name = "lab"
to = "+12025550199"
action = "reject"
[[send]]
name = "staff"
from = "group:staff"
proof = ["login", "dmarc"]
when = "office"
[[send]]
name = "others"
from = "@example.com"
not_from = "guest@example.com"
proof_all = ["spf", "pin"]
action = "hold"
[[send]]
name = "nobody"
action = "reject"
[[receive]]
name = "courts"
from = "+1*"
to = "+12025550110"
deliver = "law@example.com"
continue = true
[[receive]]
name = "office"
to = "+1202*"
deliver = "office@example.com"
[[receive]]
name = "rest"
deliver = "fax@example.com"
"""
)


def asked(text):
    return who.report(BOOK, number.parse(text, None))


def test_who_may_fax_a_number_and_where_a_fax_for_it_goes():
    assert (
        asked("+12025550110")
        == """\
number    +1 202-555-0110, US, fixed or mobile
send      staff (rules.toml:12): accept: from group:staff; proof login or dmarc; when office
send      others (rules.toml:17): hold: from @example.com, not_from guest@example.com; proof X
send      nobody (rules.toml:23): reject: anybody; proof none
receive   courts (rules.toml:26): to law@example.com if from +1*, and on to the next
receive   office (rules.toml:32): to office@example.com""".replace("X", "spf and pin").splitlines()
    )


def test_a_number_that_nobody_may_fax_says_so():
    assert asked("+12025550199")[1] == "send      lab (rules.toml:8): reject: anybody; proof none"
    assert not any("staff" in line for line in asked("+12025550199"))
    (staff,) = [line for line in asked("+442079460018") if "staff" in line]
    assert staff.endswith("but +44 20 7946 0018 is in GB, and faxes there are not allowed")


def changed(before, after, **kwargs):
    old, new = samples.sending(before), samples.sending(after)
    unknown = {**old.sought, **new.sought}
    facts = samples.facts(unknown=unknown, **kwargs)
    return compare.change(old, new, facts, samples.NOW, "a mail")


def test_what_another_file_would_make_of_a_mail():
    staff = 'name = "staff"\nfrom = "@example.com"\nproof = "login"\n'
    assert changed(staff, staff, login="ann") is None
    assert str(changed(staff, f'{staff}paper = "a4"\ntries = 3', login="ann")) == (
        "a mail: paper auto → a4; tries 5 → 3"
    )
    found = changed(staff, staff.replace("@example.com", "@example.org"), login="ann")
    assert (found.before, found.after) == ("accept by rule staff", "reject 550 by rule send 2")
    assert changed(staff, staff.replace("login", "dmarc"), login="ann").after == (
        "accept by rule staff or reject 550 by rule send 2"
    )


# ── The command line ───────────────────────────────────────────────────────────────────


@pytest.fixture
def folder(tmp_path, monkeypatch):
    text = samples.HEAD + '[[send]]\nname = "staff"\nfrom = "@example.com"\nproof = "dkim"\n'
    rest = '[[send]]\naction = "reject"\n' + samples.TAIL
    (tmp_path / "old.toml").write_text(text + rest, encoding="utf-8")
    (tmp_path / "new.toml").write_text(text + 'to = "+1202*"\n' + rest, encoding="utf-8")
    mails = tmp_path / "mails"
    mails.mkdir()
    for name, to in (("one", "+12025550123"), ("two", "+13035550123"), ("three", "bob")):
        (mails / f"{name}.eml").write_text(
            f"From: Ann <ann@example.com>\nTo: <{to}@fax.example.com>\n\nHello\n", encoding="utf-8"
        )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys, *words):
    from typer.testing import CliRunner

    from mailfax import cli

    done = CliRunner().invoke(cli.app, list(words), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_past_mails_are_judged_by_both_files(folder, capsys):
    words = ("rules", "diff", "old.toml", "new.toml", "--replay", "mails")
    told = run(capsys, *words, "--proof", "dkim")
    assert told.splitlines() == [
        "two.eml to +13035550123: accept by rule staff → reject 550 by rule send 2",
        "1 of 2 change",
    ]
    unknown = run(capsys, *words, "--json")
    (change,) = json.loads(unknown)["changes"]
    assert change["before"] == "accept by rule staff or reject 550 by rule send 2"
    assert change["after"] == "reject 550 by rule send 2"


def test_who_and_the_schema_speak_json(folder, capsys):
    found = json.loads(run(capsys, "rules", "who", "+12025550123", "--rules", "new.toml", "--json"))
    assert [one["rule"] for one in found["send"]] == ["staff", "send 2"]
    assert found["receive"][0]["deliver"] == ["fax@example.com"]
    assert json.loads(run(capsys, "rules", "schema"))["title"] == "Rules of mailfax"


def test_explain_draws_the_parts_and_says_what_they_cost(folder, capsys):
    prices = '[prices.main]\ncurrency = "USD"\npage = "0.05"\n'
    (folder / "new.toml").write_text(
        (folder / "new.toml").read_text("utf-8") + prices, encoding="utf-8"
    )
    mail = message.EmailMessage()
    mail["From"], mail["To"] = "ann@example.com", "+12025550123@fax.example.com"
    mail.set_content("Hello\n")
    mail.add_attachment(b"A second page.\n", maintype="text", subtype="plain", filename="b.txt")
    (folder / "mail.eml").write_bytes(mail.as_bytes())
    words = ("rules", "explain", "mail.eml", "--rules", "new.toml", "--to", "+12025550123")
    told = run(capsys, *words, "--proof", "dkim", "--parts").splitlines()
    assert told[-3].startswith("part      2 b.txt: faxed, 1 pages")
    assert told[-2:] == ["pages     2", "cost      0.10 USD"]
    found = json.loads(run(capsys, *words, "--parts", "--json"))["drawn"]
    assert [one["outcome"] for one in found["manifest"]] == ["faxed", "faxed"]
    mail.add_attachment(b"\x7fELF" + bytes(99), maintype="application", subtype="x", filename="x")
    (folder / "mail.eml").write_bytes(mail.as_bytes())
    assert "pages     none: " in run(capsys, *words, "--parts")


def test_explain_asks_for_another_time(folder, capsys):
    (folder / "hours.toml").write_text(
        samples.HEAD + '[calendars.office]\nzone = "Europe/Berlin"\n'
        'hours = ["mon-fri 08:00-17:00"]\n'
        '[[send]]\nname = "staff"\nwhen = "office"\nfrom = "@example.com"\nproof = "login"\n'
        '[[send]]\naction = "reject"\n' + samples.TAIL, encoding="utf-8",
    )  # fmt: skip
    words = ("rules", "explain", "--rules", "hours.toml", "--from", "ann@example.com")
    words += ("--to", "+12025550123", "--login", "ann@example.com", "--at")
    assert "accept by rule staff" in run(capsys, *words, "2025-03-03T08:00+01:00")
    assert "reject by rule send 2" in run(capsys, *words, "2025-03-03T07:59+01:00")
