"""Rules in several files: CSV lists with settings, and files that are included."""

import hypothesis
import pytest
from hypothesis import strategies as st

from mailfax import config as configuration
from mailfax import errors
from mailfax.model import Action
from mailfax.policy import decide, explain, route, rules
from mailfax.service import rulebook
from tests.policy import samples

STAFF = """
[groups.staff]
senders = { csv = "staff.csv" }
tries = 3
[[send]]
name = "staff"
from = "group:staff"
proof = "unsafe-header"
[[send]]
action = "reject"
"""
RECEIVE = '[[receive]]\nname = "rooms"\ntable = "rooms.csv"\n' + samples.TAIL
LIST = (
    "sender,resolution,max_pages,archives,countries,station\n"
    'ann@example.com,superfine,7,TRUE,"US, GB",\n'
    "*@dept.example.com,standard,,,,+12025550123\n"
    "\n"
    "bob@example.com,,,,\n"
)
ROOMS = (
    "number;deliver;format\n"
    "+1 202 555 0110;a@example.com, b@example.com;tiff\n"
    "+1202555012*;c@example.com\n"
)


@pytest.fixture
def folder(tmp_path):
    def write(name, data):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    write("staff.csv", LIST)
    write("rooms.csv", ROOMS)
    return write


def loaded(folder, text=samples.HEAD + STAFF + samples.TAIL):
    return rules.load(folder("rules.toml", text))


def problems(folder, *args):
    with pytest.raises(errors.Invalid) as caught:
        loaded(folder, *args)
    return [
        f"{p.file.rpartition('/')[2]}:{p.line}:{p.column}: {p.text}" for p in caught.value.problems
    ]


def test_each_line_of_a_list_brings_its_settings_with_their_origin(folder):
    book = loaded(folder)
    ann = samples.decided(book)
    assert (ann.resolution, ann.max_pages, ann.archives, ann.tries) == ("superfine", 7, True, 3)
    assert ann.origins["max_pages"] == "staff.csv ann@example.com"
    assert ann.origins["tries"] == "group staff"
    dept = samples.decided(book, "x@dept.example.com")
    assert (dept.resolution, dept.station) == ("standard", "+1 202-555-0123")
    assert samples.decided(book, "bob@example.com").resolution == "fine"
    assert samples.decided(book, "eve@example.com").action is Action.REJECT


def test_what_a_line_allows_is_asked_again_before_sending(folder):
    book = loaded(folder)
    to = samples.facts(to="+442079460018").recipient
    decision = samples.decided(book, to="+442079460018")
    assert decision.action is Action.ACCEPT
    decide.guard(book, to, decision)
    folder("staff.csv", LIST.replace("US, GB", "US"))
    with pytest.raises(errors.Permanent, match="is in GB"):
        decide.guard(loaded(folder), to, decision)


@pytest.mark.parametrize(
    "text",
    [
        LIST.encode("utf-8-sig"),
        LIST.replace("\n", "\r\n"),
        LIST.replace("US, GB", "US/GB").replace(",", ";").replace("US/GB", "US, GB"),
    ],
    ids=["BOM", "CRLF", "semicolons"],
)
def test_a_list_may_come_from_any_spreadsheet(folder, text):
    folder("staff.csv", text)
    decision = samples.decided(loaded(folder), to="+442079460018")
    assert (decision.action, decision.max_pages) == (Action.ACCEPT, 7)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "sender,resolutoin\na@b.example,fine\n",
            "staff.csv:1:2: unknown key 'resolutoin' in the first line: did you mean 'resolution'?",
        ),
        (
            "sender,resolution\n\na@b.example,xine\n",
            "staff.csv:3:2: resolution: must be standard, fine or superfine, not 'xine'",
        ),
        ("sender,tries\nann,3\n", "staff.csv:2:1: sender: 'ann' is not a mail address"),
        (
            "name,tries\nann,3\n",
            "staff.csv:1:1: the first line must name the columns, 'sender' among them",
        ),
        (
            "sender\na@b.example\nA@B.example\n",
            "staff.csv:3:1: sender: 'A@B.example' is listed already in line 2",
        ),
        ("sender\na@b.example,x\n", "staff.csv:2:1: has 2 cells under 1 columns"),
        ('sender\n"a@b.example\n', "staff.csv:2:1: is not CSV here: unexpected end of data"),
        (
            b"sender\na@b.example\n\xfc@b.example\n",
            "staff.csv:3:1: is not UTF-8 here: save the file as CSV in UTF-8",
        ),
        ("sender\n", "rules.toml:5:13: csv: staff.csv lists nothing, which nothing can match"),
        (
            "sender,tries\na@b.example,many\n",
            "staff.csv:2:2: tries: must be a whole number from 1 to 20, not 'many'",
        ),
        (
            "sender,archives\na@b.example,ja\n",
            "staff.csv:2:2: archives: must be true or false, not 'ja'",
        ),
    ],
)
def test_a_wrong_list_is_refused_with_line_and_column(folder, text, problem):
    folder("staff.csv", text)
    assert any(found.startswith(problem) for found in problems(folder))


def test_a_list_that_is_not_there_is_named(folder):
    text = samples.HEAD + STAFF.replace("staff.csv", "stuff.csv") + samples.TAIL
    (found,) = [p for p in problems(folder, text) if "stuff.csv" in p]
    assert found == "rules.toml:5:13: csv: stuff.csv cannot be read: No such file or directory"


def test_numbers_dialled_go_where_their_line_says(folder):
    book = loaded(folder, samples.HEAD + '[[send]]\naction = "reject"\n' + RECEIVE)
    for did, wanted, form in (
        ("+12025550110", ["a@example.com", "b@example.com"], "tiff"),
        ("+12025550121", ["c@example.com"], "pdf"),
        ("+12025550199", ["fax@example.com"], "pdf"),
    ):
        found = route.route(book, samples.fax(did=did), samples.NOW)
        assert [target.address for target in found.targets] == wanted
        assert {target.format for target in found.targets} == {form}
    shown = explain.data_fax(book, samples.fax(did="+12025550110"), samples.NOW)["settings"]
    assert shown["format"]["origin"] == "rooms.csv +1 202 555 0110"


def test_a_table_says_where_its_faxes_go_and_nothing_beside_it_does(folder):
    text = samples.HEAD + '[[send]]\naction = "reject"\n' + RECEIVE
    folder("rooms.csv", "number;deliver\n+12025550110;\n")
    (found,) = problems(folder, text)
    assert found.endswith("table: rooms.csv +12025550110 says no one to deliver to")
    folder("rooms.csv", ROOMS)
    more = 'table = "rooms.csv"\nto = "+1202*"\ndeliver = "x@example.com"'
    assert len(problems(folder, text.replace('table = "rooms.csv"', more))) == 2


def test_the_hash_covers_every_file(folder):
    first = loaded(folder).hash
    folder("staff.csv", LIST.replace("bob", "bill"))
    assert loaded(folder).hash != first


def test_ten_thousand_senders_cost_no_more_than_a_few(folder):
    lines = "".join(f"user{n}@example.com,fine\n" for n in range(10_000))
    folder("staff.csv", "sender,resolution\n" + lines)
    book = loaded(folder)
    assert (
        samples.decided(book, "user9999@example.com")
        .origins["resolution"]
        .endswith("user9999@example.com")
    )
    assert len(book.groups["staff"].sorts) == 2


# ── include ────────────────────────────────────────────────────────────────────────────

MAIN = samples.HEAD.replace("version = 1\n", 'version = 1\ninclude = ["rules.d", "last.toml"]\n')
REST = '[[send]]\naction = "reject"\n' + samples.TAIL


def rule(name, more=""):
    return f'[[send]]\nname = "{name}"\nfrom = "{name}@example.com"\nproof = "login"\n{more}\n'


@pytest.fixture
def parts(folder):
    folder("rules.d/20.toml", rule("second", '[groups.b]\nsenders = ["b@example.com"]'))
    folder("rules.d/10.toml", rule("first"))
    folder("rules.d/notes.txt", "not a rule")
    folder(
        "last.toml",
        rule(
            "third",
            '[[test]]\nfrom = "third@example.com"\nproof = "login"\nto = "+12025550123"\n'
            'rule = "third"',
        ),
    )
    return folder


def test_included_rules_come_first_in_order_and_know_their_file(parts):
    book = loaded(parts, MAIN + rule("main") + REST)
    assert [one.name for one in book.send] == ["first", "second", "third", "main", "send 5"]
    assert [book.place(one.path).rpartition("/")[2] for one in book.send] == [
        "10.toml:1", "20.toml:1", "last.toml:1", "rules.toml:4", "rules.toml:9",
    ]  # fmt: skip
    assert rules.run_tests(book) == ()
    assert list(book.groups) == ["b"]


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        (
            "rules.d/10.toml",
            rule("second"),
            "20.toml:2:1: the name 'second' is given twice in [[send]]",
        ),
        (
            "rules.d/10.toml",
            "[groups.b]\nsenders = ['x@example.com']",
            "20.toml:5:9: [groups.b] is given in ",
        ),
        (
            "rules.d/10.toml",
            "[defaults]\ntries = 3",
            "10.toml:1:2: unknown key 'defaults' in the file",
        ),
        (
            "rules.d/10.toml",
            "[[send]]\nform = 'x'",
            "10.toml:2:1: unknown key 'form' in [[send]]: did you mean",
        ),
        ("rules.d/10.toml", "[[send]\n", "10.toml:1:7: is not TOML"),
        ("rules.d/10.toml", "send = 3", "10.toml:1:1: send: must be a list of tables"),
        ("last.toml", b"\xff", "last.toml:1:1: is not UTF-8"),
    ],
)
def test_a_problem_says_the_file_it_is_in(parts, name, text, problem):
    parts(name, text)
    assert any(found.startswith(problem) for found in problems(parts, MAIN + REST))


def test_an_included_file_that_is_not_there_is_named(parts):
    found = problems(parts, MAIN.replace("last.toml", "lost.toml") + REST)
    assert found == ["rules.toml:2:1: include: lost.toml cannot be read: No such file or directory"]


# ── Watched ────────────────────────────────────────────────────────────────────────────

CONFIG = """
version = 1
domains = ["fax.example.com"]
rules = "rules.toml"
[listener]
listen = ["127.0.0.1:2525"]
[providers.main]
kind = "faxage"
username = "u"
company = "1"
password = { env = "HOME" }
[smarthost]
host = "127.0.0.1"
postmaster = "postmaster@example.com"
"""


def test_a_change_of_any_file_is_seen_and_a_wrong_one_replaces_nothing(parts, tmp_path):
    whole = MAIN.replace(', provider = ["main"]', "") + '[[send]]\naction = "reject"\n' + RECEIVE
    parts("rules.toml", whole)
    for name in ("rules.d/10.toml", "rules.d/20.toml", "last.toml"):
        parts(name, "")
    book = rulebook.Rulebook(configuration.load(parts("mailfax.toml", CONFIG)))
    hashes = [book.current().hash]

    def changed(name, text):
        parts(name, text)
        book.refresh()
        hashes.append(book.current().hash)
        return hashes[-1] != hashes[-2]

    assert changed("rooms.csv", ROOMS.replace("c@", "dd@"))
    assert changed("rules.d/15.toml", '[[receive]]\nto = "+12025550100"\ndeliver = "x@example.com"')
    assert not changed("rules.d/15.toml", '[[receive]]\nto = "+12025550100"\ntable = "new.csv"')
    assert not changed("rules.d/15.toml", '[[receive]]\ntable = "new.csv"')
    assert changed("rules.d/new.csv", ROOMS), "what was missing has come"
    assert not changed("rooms.csv", "number\n")


@hypothesis.settings(
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture], max_examples=100
)
@hypothesis.given(
    st.binary(max_size=60)
    | st.lists(
        st.sampled_from([*'sender,number;tries\n"@+é ', "a@b.example", "3"]), max_size=20
    ).map(lambda pieces: ("sender,tries\n" + "".join(pieces)).encode())
)
def test_whatever_a_list_holds_is_read_or_refused_with_its_place(folder, data):
    folder("staff.csv", data)
    try:
        loaded(folder)
    except errors.Invalid as invalid:
        assert all(one.line >= 1 and one.column >= 1 for one in invalid.problems)
