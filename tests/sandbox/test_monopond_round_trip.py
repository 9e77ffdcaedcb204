"""Mailfax's own client against the Monopond twin, which were written apart from one another."""

import dataclasses
import datetime
import http.server
import threading
import urllib.parse

import pytest

from mailfax import errors, providers
from mailfax.errors import Cause
from mailfax.providers import _port
from tests.providers import contract

SECRET = "a-long-secret-of-ours"


@pytest.fixture
def heard():
    """(requests as the web side hands them on, the URL where they are heard)."""
    kept = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == f"/{SECRET}"
            kept.append(_port.Push(headers=dict(self.headers), body=body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield kept, f"http://127.0.0.1:{server.server_port}/{SECRET}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def account(sandbox):
    settings = {
        "url": sandbox.urls["monopond"],
        **sandbox.credentials["monopond"],
        "push": SECRET,
        "links": "127.0.0.1",
        "numbers": "+61255500100",
    }
    connected = providers.load("monopond").connect(settings, 5.0)
    yield connected
    connected.close()


@pytest.fixture
def hold(control):
    control("POST", "/clock", {"hold": True})
    return lambda seconds: control("POST", "/clock", {"advance": seconds})


@pytest.fixture
def submit(account, tiff):
    """submit(key, number) → the reference, or what went wrong."""

    def send(key="t-1", number="61255500123"):
        document = _port.Payload(name="fax.tif", data=tiff(3), pages=3, resolution="fine")
        given = contract.transmission(key, number=number)
        return account.submit([given], document, contract.nothing_to_note)[key]

    return send


def find(account, key):
    return account.find(contract.transmission(key, number="61255500123"))


def test_the_login_is_checked_by_a_call_that_changes_nothing(sandbox, account, faxes):
    account.check()
    wrong = {"url": sandbox.urls["monopond"], "username": "demo", "password": "incorrect"}
    stranger = providers.load("monopond").connect(wrong, 5.0)
    with pytest.raises(errors.Temporary, match="login"):
        stranger.check()
    stranger.close()
    assert faxes() == []


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("0123", ("delivered", None, 3)),
        ("9001", ("failed", Cause.BUSY, 0)),
        ("9002", ("failed", Cause.BUSY, 0)),
        ("9003", ("failed", Cause.NO_ANSWER, 0)),
        ("9004", ("failed", Cause.NO_FAX_TONE, 0)),
        ("9005", ("failed", Cause.PARTIAL, 2)),
        ("9006", ("failed", Cause.BAD_NUMBER, 0)),
        ("9007", ("failed", Cause.LINE_ERROR, 0)),
        ("9008", ("pending", None, None)),
        ("9009", ("failed", Cause.NO_CREDIT, 0)),
        ("9010", ("failed", Cause.CONVERSION_FAILED, 0)),
    ],
)
def test_what_the_network_does_is_what_is_reported(
    account, submit, hold, faxes, wait, digits, expected
):
    reference = submit(number=f"6125550{digits}")
    assert account.report([reference])[reference].outcome == "pending"
    hold(5)
    report = account.report([reference])[reference]
    assert (report.outcome, report.cause, report.pages_sent) == expected
    assert len(faxes()) == 1


def test_a_batch_is_reported_one_by_one_and_strangers_are_left_out(account, tiff, hold, faxes):
    document = _port.Payload(name="fax.tif", data=tiff(), pages=1, resolution="standard")
    keys = [f"t-{number}" for number in range(5)]
    given = [contract.transmission(x, number=f"6125550012{n}") for n, x in enumerate(keys)]
    references = account.submit(given, document, contract.nothing_to_note)
    hold(1)
    reports = account.report([*references.values(), "no/such/fax"])
    assert {reports[reference].outcome for reference in references.values()} == {"delivered"}
    assert len(reports) == len(set(references.values())) == len(faxes()) == 5


@pytest.mark.parametrize(
    ("fault", "error", "taken"),
    [
        ("drop-after-accept", errors.Unsure, True),
        ("half-answer", errors.Unsure, True),
        ("not-xml", errors.Unsure, True),
        ("http-500", errors.Unsure, False),
        ("drop-before-read", errors.Unsure, False),
        ("refuse", errors.Unsure, False),
        ("repeat-answer", errors.Unsure, False),
        ("http-429", errors.Temporary, False),
    ],
)
def test_a_lost_answer_is_unsure_and_the_truth_can_be_found(
    account, submit, control, faxes, fault, error, taken
):
    submit("t-0")
    control("POST", "/faults", {"provider": "monopond", "fault": fault})
    assert isinstance(submit("t-1"), error)
    assert len(faxes()) == 1 + taken
    found = find(account, "t-1")
    assert (found is not _port.Absent.ABSENT) is taken
    if taken:
        assert found in account.report([found])


def test_a_fax_is_called_back_while_it_waits(account, submit, hold):
    early, late = submit("t-1"), submit("t-2")
    hold(0.06)
    assert account.cancel(early)
    hold(0.1)
    assert not account.cancel(late)
    hold(1)
    reports = account.report([early, late])
    assert reports[early].cause is Cause.CANCELLED
    assert reports[late].outcome == "delivered"


def test_what_the_service_pushes_is_understood(account, submit, heard, control, tiff, wait):
    kept, url = heard
    control("POST", "/callbacks", {"provider": "monopond", "url": url})
    reference = submit()
    (result,) = wait(lambda: kept)
    assert account.receive(result).references == (reference,)
    data = tiff(2)
    query = urllib.parse.urlencode(
        {"provider": "monopond", "caller": "+61255500199", "tsid": "ACME"}
    )
    _, rung = control("POST", f"/inbound?{query}", data)
    wait(lambda: len(kept) == 2)
    ((fax, fetched),) = account.receive(kept[1]).received
    assert (fax.reference, fax.did, fax.caller, fax.tsid, fax.pages) == (
        str(rung["id"]), "+61255500100", "+61255500199", "ACME", 2,
    )  # fmt: skip
    assert (fetched.kind, fetched.data) == ("tiff", data)


def test_a_fax_whose_link_has_died_is_not_taken_for_received(
    account, heard, control, tiff, wait, hold
):
    kept, url = heard
    control("POST", "/callbacks", {"provider": "monopond", "url": url})
    control("POST", "/inbound?provider=monopond", tiff())
    wait(lambda: kept)
    hold(86_401)
    old = dataclasses.replace(kept[0], age=datetime.timedelta(days=1))
    ((_, fetched),) = account.receive(old).received
    assert fetched is None
