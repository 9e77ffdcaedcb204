"""The rules of a running service: changed, broken and mended while mails come in."""

import datetime
import pathlib
import smtplib
import threading

import pytest

from mailfax.demo import stage
from tests.whole import post

BROKEN = sorted((pathlib.Path(__file__).parents[1] / "policy/broken").glob("*.toml"))[:12]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rules")
    with stage.Stage(folder, cover="none") as running:
        stage.wait_until(lambda: '"working"' in log(running), 60, "a worker")
        yield running


def log(running):
    return (running.folder / "serve.log").read_text(encoding="utf-8")


def put(running, data, told):
    """Write the rules file and tell the service; returns when both roles have said so."""
    before = log(running).count(told)
    (running.folder / "rules.toml").write_bytes(data)
    stage.wait_until(lambda: log(running).count(told) >= before + 2, 30, told)


class Senders(threading.Thread):
    """Sends a mail to a number of its own, again and again, until told to stop."""

    def __init__(self, running):
        super().__init__()
        self.running, self.over = running, threading.Event()
        self.sent, self.lost = [], []

    def run(self):
        while not self.over.is_set():
            number = f"+1303555{len(self.sent) + len(self.lost):04d}"
            try:
                self.running.send(post.mail(number))
                self.sent.append(number)
            except (OSError, smtplib.SMTPException) as error:
                self.lost.append((number, error))


def test_twelve_broken_files_in_a_row_lose_no_mail(running):
    good = (running.folder / "rules.toml").read_bytes()
    senders = Senders(running)
    senders.start()
    try:
        for path in BROKEN:
            (running.folder / "rules.toml").write_bytes(path.read_bytes())
            before = len(senders.sent)
            stage.wait_until(lambda: len(senders.sent) > before, 30, "another mail")  # noqa: B023
        put(running, BROKEN[0].read_bytes() + b"\n", "rules kept")
    finally:
        senders.over.set()
        senders.join()
    assert senders.lost == []
    assert len(senders.sent) >= len(BROKEN)
    assert post.ended(running, senders.sent[-1])["state"] == "delivered"
    put(running, good + b"\n# mended\n", "rules in force")


def test_a_fax_waits_until_its_office_opens_and_jobs_say_so(running, number):
    good = (running.folder / "rules.toml").read_bytes()
    tomorrow = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
    day = f"{tomorrow:%a}".lower()
    office = f'[calendars.office]\nhours = ["{day} 12:00-12:01"]\n'.encode()
    waits = good.replace(b"tries = 2", b'tries = 2, deadline = "7d", send_when = "office"')
    put(running, waits + office, "rules in force")
    running.send(post.mail(number))

    def waiting():
        found = running.command("jobs", "list", "--number", number)
        return next((one for one in found if one["note"]), None)

    job = stage.wait_until(waiting, 30, "a fax that waits")
    assert (job["state"], job["note"]) == ("ready", "waits until office is open")
    assert job["due_at"].startswith(f"{tomorrow:%Y-%m-%d}T12:00:00")
    assert post.faxes(running, number) == []
    put(running, good, "rules in force")


def test_what_other_rules_would_make_of_the_last_faxes(running, number, tmp_path):
    running.send(post.mail(number))
    assert post.ended(running, number)["state"] == "delivered"
    old = running.folder / "rules.toml"
    text = old.read_text(encoding="utf-8").replace("tries = 2", 'tries = 2, paper = "legal"')
    new = tmp_path / "new.toml"
    new.write_text(text, encoding="utf-8")
    found = running.command("rules", "diff", str(old), str(new))
    assert found["judged"] == len(found["changes"]) > 0
    (change,) = [one for one in found["changes"] if number in one["what"]]
    assert change["settings"] == {"paper": ["auto", "legal"]}
    assert running.command("rules", "diff", str(old), str(old))["changes"] == []
