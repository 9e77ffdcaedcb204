"""Business cards and calendar entries: words for a reader, never raw code."""

import hypothesis
import hypothesis.strategies as st
import pytest

from mailfax.document.converters import Item, UnfitError, calendar, vcard
from mailfax.document.render import Unrenderable
from tests.document.drawing import FINE, attachment, body


def card(text, charset=None):
    data = text if isinstance(text, bytes) else text.encode()
    return vcard.read(Item(kind="vCard", data=data.replace(b"\n", b"\r\n"), charset=charset))


def entry(*lines, kind="VEVENT", method=""):
    inner = "\r\n".join((f"BEGIN:{kind}", "UID:1", "SUMMARY:Talk", *lines, f"END:{kind}"))
    whole = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{method}{inner}\r\nEND:VCALENDAR\r\n"
    return calendar.read(Item(kind="calendar", data=whole.encode()))


# ── Business cards ─────────────────────────────────────────────────────────────────────


def test_a_card_tells_names_numbers_and_addresses():
    assert card("""BEGIN:VCARD
VERSION:3.0
FN:Dr. Ann Doe
N:Doe;Ann;;Dr.;
ORG:Example\\, Ltd;Sales
item1.TEL;TYPE=CELL,VOICE;TYPE=pref:+1 202 555 0123
item2.TEL;TYPE="work,fax":+1 202 555 0124
item2.X-ABLabel:_$!<Office>!$_
EMAIL;TYPE=INTERNET:ann@exam
 ple.com
ADR;TYPE=WORK:;2nd floor;1 Main St;Town;CA;90000;USA
PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ
NOTE:line one\\nline two
END:VCARD
""") == (
        "Dr. Ann Doe\n\n"
        "Organisation  Example, Ltd, Sales\n"
        "Telephone     +1 202 555 0123 (mobile)\n"
        "Telephone     +1 202 555 0124 (work, fax, office)\n"
        "E-mail        ann@example.com\n"
        "Address       2nd floor\n"
        "              1 Main St\n"
        "              90000 Town CA\n"
        "              USA (work)\n\n"
        "line one\nline two"
    )


def test_an_old_card_in_quoted_printable_is_read():
    assert (
        card(b"""BEGIN:VCARD
VERSION:2.1
N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=F6rg=
-Uwe
TEL;HOME;VOICE:+49 30 1234
END:VCARD
""")
        == "Jörg-Uwe Müller\n\nTelephone     +49 30 1234 (home)"
    )


def test_several_cards_stand_one_below_the_other():
    two = card("BEGIN:VCARD\nFN:One\nEND:VCARD\nBEGIN:VCARD\nVERSION:4.0\nTEL:tel:+1-2\n")
    assert [line for line in two.split("\n") if line] == [
        "One",
        "─" * 40,
        "A business card without a name",
        "Telephone     +1-2",
    ]


@hypothesis.given(st.text(alphabet='BEGIN:VCARD\n;=\\,"ENCODING=QUOTED-PRINTABLE:TELADRN.x \u00fc'))
def test_any_card_is_read(text):
    assert card(f"BEGIN:VCARD\nVERSION:3.0\n{text}")


# ── Calendar ───────────────────────────────────────────────────────────────────────────

ZONE = """BEGIN:VTIMEZONE\r
TZID:W. Europe Standard Time\r
BEGIN:STANDARD\r
DTSTART:16010101T030000\r
TZOFFSETFROM:+0200\r
TZOFFSETTO:+0100\r
END:STANDARD\r
END:VTIMEZONE\r
"""


def test_an_invitation_tells_what_when_where_and_who():
    zone = "TZID=W. Europe Standard Time"
    assert entry(
        f"DTSTART;{zone}:20261201T100000",
        f"DTEND;{zone}:20261201T113000",
        "LOCATION:Room 1\\, first floor",
        "ORGANIZER;CN=Ann Doe:MAILTO:ann@example.com",
        'ATTENDEE;PARTSTAT=NEEDS-ACTION;CN="Bob, Jr.":mailto:bob@example.com',
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:eve@example.com",
        "DESCRIPTION:Please come.\\n\\nBring papers.",
        method=f"METHOD:REQUEST\r\n{ZONE}",
    ) == (
        "Invitation: Talk\n\n"
        "When          Tuesday, 1 December 2026, 10:00 to 11:30 (W. Europe Standard\n"
        "              Time, UTC+01:00)\n"
        "Where         Room 1, first floor\n"
        "Organiser     Ann Doe <ann@example.com>\n"
        "Invited       Bob, Jr. <bob@example.com>\n"
        "              eve@example.com (accepted)\n\n"
        "Please come.\n\nBring papers."
    )


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["DTSTART;VALUE=DATE:20261224"], "Thursday, 24 December 2026"),
        (
            ["DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261227"],
            "Thursday, 24 December 2026 to Saturday, 26 December 2026",
        ),
        (
            ["DTSTART:20261224T230000Z", "DURATION:PT90M"],
            "Thursday, 24 December 2026, 23:00 (UTC) to Friday, 25 December 2026, 00:30 (UTC)",
        ),
        (["DTSTART:20261224T120000"], "Thursday, 24 December 2026, 12:00"),
        (["DTSTART;TZID=Europe/Berlin:20260701T120000"], "12:00 (Europe/Berlin, UTC+02:00)"),
        (["RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,-1FR;COUNT=3"],
         "every 2 weeks, on Tuesday, the last Friday, 3 times"),
        (["RRULE:FREQ=DAILY;UNTIL=20261231"], "every day, until Thursday, 31 December 2026"),
        (["RRULE:FREQ=MONTHLY;BYMONTHDAY=15"], "FREQ=MONTHLY;BYMONTHDAY=15"),
    ],
)  # fmt: skip
def test_times_are_told_in_words(lines, told):
    assert told in " ".join(entry(*lines).split())


@pytest.mark.parametrize(
    ("method", "kind", "word"),
    [
        ("CANCEL", "VEVENT", "Called off"),
        ("", "VTODO", "Task"),
        ("PUBLISH", "VEVENT", "Appointment"),
    ],
)
def test_what_kind_of_entry_it_is_stands_first(method, kind, word):
    line = f"METHOD:{method}\r\n" if method else ""
    assert entry(kind=kind, method=line).startswith(f"{word}: Talk")


@hypothesis.given(
    st.lists(
        st.sampled_from(
            ["DTSTART:20261201T100000", "DTSTART;TZID=x:1", "DTEND;VALUE=DATE:20261201",
             "RRULE:x=1", "DURATION:P9999999999D", "ATTENDEE;CN=:x", "BEGIN:VEVENT", "END:VEVENT",
             "DUE:x", "RRULE:FREQ=DAILY;BYDAY=9ZZ", "RDATE:,", "X:\\", "BEGIN:VALARM", "LOCATION;:"]
        )
    )
)  # fmt: skip
def test_any_entry_is_read_or_unfit(lines):
    try:
        assert entry(*lines)
    except UnfitError as error:
        assert error.code in {"damaged", "empty"}


# ── On the fax ─────────────────────────────────────────────────────────────────────────

INVITATION = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nSUMMARY:Talk\r\nEND:VEVENT\r\n"
    b"END:VCALENDAR\r\n"
)


def outcomes(renderer, tmp_path, parts):
    _, manifest = renderer.render(parts, FINE, tmp_path / "fax.tif")
    return [(entry.found, entry.outcome) for entry in manifest]


def test_of_an_invitation_the_text_is_faxed_and_not_its_other_forms(renderer, tmp_path):
    parts = [
        body("Please come.", path="1.1", alternative=1),
        body(INVITATION, "text/calendar", path="1.2", alternative=1),
        attachment(INVITATION, "invite.ics"),
    ]
    assert outcomes(renderer, tmp_path, parts) == [
        ("text", "faxed"),
        ("calendar", "left out"),
        ("calendar", "left out"),
    ]


def test_an_invitation_without_a_text_is_faxed_as_one(renderer, tmp_path):
    parts = [
        body(" ", path="1.1", alternative=1),
        body(INVITATION, "text/calendar", path="1.2", alternative=1),
    ]
    assert outcomes(renderer, tmp_path, parts) == [("text", "left out"), ("calendar", "faxed")]


def test_cards_and_entries_are_faxed(renderer, tmp_path):
    hebrew = "BEGIN:VCARD\r\nFN:שלום עולם\r\nEND:VCARD\r\n".encode()
    parts = [
        attachment(INVITATION, "a.ics", path="1"),
        attachment(hebrew, "b.vcf", path="2", label="text/x-vcard"),
    ]
    assert outcomes(renderer, tmp_path, parts) == [("calendar", "faxed"), ("vCard", "faxed")]


def test_a_calendar_of_years_is_refused(renderer, tmp_path):
    many = INVITATION.replace(
        b"BEGIN:VEVENT", b"BEGIN:VEVENT\r\nEND:VEVENT\r\n" * 500 + b"BEGIN:VEVENT"
    )
    with pytest.raises(Unrenderable, match="more than 500 entries"):
        renderer.render([attachment(many, "all.ics")], FINE, tmp_path / "fax.tif")
