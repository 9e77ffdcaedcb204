"""Every provider carries faxes both ways, all in one service; one stands in for another."""

import itertools

import pytest

from mailfax import providers
from mailfax.demo import stage
from tests.whole import post, test_onramp

KINDS = providers.kinds()
AREAS = {kind: f"+1{area}" for kind, area in zip(KINDS, range(212, 220), strict=False)}
"""Where the numbers begin that go to each."""
SPARE = "+1702"
"""Where those begin that go to the first, or to the second when the first surely cannot."""

_serial = itertools.count(101)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """One account of each provider, each for numbers of its own."""
    routes = {area: [kind] for kind, area in AREAS.items()} | {SPARE: KINDS[:2]}
    accounts = {kind: kind for kind in KINDS}
    folder = tmp_path_factory.mktemp("carriers")
    with stage.Stage(folder, accounts=accounts, routes=routes) as running:
        yield running


def new_number(area):
    return f"{area}555{next(_serial):04d}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_goes_by_the_provider_that_its_number_is_routed_to(running, kind):
    number = new_number(AREAS[kind])
    mail = post.mail(number, subject=f"By {kind}")
    running.send(mail)
    fax = post.ended(running, number)
    assert (fax["provider"], fax["state"], fax["pages"]) == (kind, "delivered", 2)
    assert "delivered" in post.receipt(running, mail["Message-ID"])["Subject"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_line_that_is_busy_is_tried_again_and_told_as_busy(running, kind):
    number = f"{AREAS[kind]}5559001"
    running.send(post.mail(number))
    job = post.job(running, number)
    assert (job["state"], job["cause"], job["tries"]) == ("failed", "busy", 2)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fax_that_comes_in_by_any_provider_is_mailed(running, kind):
    caller = f"+1303555{next(_serial):04d}"
    running.ring(test_onramp.a_fax(pages=2), caller=caller, tsid="LAB", account=kind)
    mail = test_onramp.arrived(running, caller)
    assert "2 pages" in mail["Subject"]
    assert next(mail.iter_attachments()).get_content().startswith(b"%PDF-")

    def over():
        found = running.command("inbox", "list")
        return [f["state"] for f in found if f["fax"]["caller"] == caller] == ["acknowledged"]

    assert stage.wait_until(over, 30, "the end")


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_that_is_lost_never_sends_a_fax_twice(running, kind):
    number = new_number(AREAS[kind])
    post.fault(running, "drop-after-accept", kind=kind)
    running.send(post.mail(number))
    assert post.job(running, number)["state"] in {"delivered", "held"}
    assert len(post.faxes(running, number)) == 1


def test_another_provider_stands_in_when_the_first_surely_did_not_send(running):
    number = new_number(SPARE)
    post.fault(running, "refuse", kind=KINDS[0], times=2)
    running.send(post.mail(number))
    fax = post.ended(running, number)
    assert (fax["provider"], fax["state"]) == (KINDS[1], "delivered")
    assert len(post.faxes(running, number)) == 1


def test_many_recipients_of_one_mail_share_its_pages(running):
    numbers = [new_number(AREAS[kind]) for kind in KINDS for _ in range(2)]
    running.send(post.mail(numbers))
    faxes = [post.ended(running, number) for number in numbers]
    assert {fax["state"] for fax in faxes} == {"delivered"}
