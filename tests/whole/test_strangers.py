"""Other people's programs at both ends: their mail clients send, their mail server takes."""

import os
import shutil
import socket
import subprocess

import pytest

from mailfax.demo import stage
from tests.whole import post, postfix


def program(name):
    """The path of an outside program, which may be missing on a laptop but not in CI."""
    found = shutil.which(name)
    if not found:
        pytest.fail(f"{name} is missing") if os.environ.get("CI") else pytest.skip(name)
    return found


def test_swaks_sends_over_starttls_with_a_login(running, number):
    done = subprocess.run(
        [program("swaks"), "--server", "127.0.0.1", "--port", str(running.port), "--tls",
         "--auth", "PLAIN", "--auth-user", stage.SENDER, "--auth-password", stage.PASSWORD,
         "--from", stage.SENDER, "--to", f"FAX={number}@{stage.DOMAIN}", "--pipeline",
         "--body", "Sent by swaks"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert post.ended(running, number)["state"] == "delivered"


def test_swaks_is_refused_without_a_login(running, number):
    done = subprocess.run(
        [program("swaks"), "--server", "127.0.0.1", "--port", str(running.port),
         "--from", stage.SENDER, "--to", f"FAX={number}@{stage.DOMAIN}"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "550 5.7.1" in done.stdout
    assert post.faxes(running, number) == []


def test_msmtp_sends_and_asks_for_a_receipt_in_its_own_way(running, number, tmp_path):
    mail = post.mail(number, subject="By msmtp")
    done = subprocess.run(
        [program("msmtp"), "--host=127.0.0.1", f"--port={running.port}", "--tls=on",
         f"--tls-trust-file={running.sandbox.ca}", "--auth=plain", f"--user={stage.SENDER}",
         f"--passwordeval=echo {stage.PASSWORD}", f"--from={stage.SENDER}",
         "--dsn-notify=success,failure", "--dsn-return=headers", f"{number}@{stage.DOMAIN}"],
        input=mail.as_bytes(), capture_output=True, timeout=60, check=False,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert post.ended(running, number)["state"] == "delivered"
    assert "Action: delivered" in post.receipt(running, mail["Message-ID"]).as_string()


def test_a_client_that_wants_no_receipt_gets_none(running, number, tmp_path):
    mail = post.mail(number)
    done = subprocess.run(
        [program("msmtp"), "--host=127.0.0.1", f"--port={running.port}", "--tls=on",
         f"--tls-trust-file={running.sandbox.ca}", "--auth=plain", f"--user={stage.SENDER}",
         f"--passwordeval=echo {stage.PASSWORD}", f"--from={stage.SENDER}",
         "--dsn-notify=never", f"{number}@{stage.DOMAIN}"],
        input=mail.as_bytes(), capture_output=True, timeout=60, check=False,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    job = post.job(running, number)

    def told():
        events = running.command("jobs", "show", job["id"])["events"]
        return "told" in [event["event"] for event in events]

    stage.wait_until(told, 30, "the decision not to write")
    assert post.receipts(running, mail["Message-ID"]) == []


def test_postfix_takes_and_passes_on_what_we_mail(tmp_path):
    for name in ("stage", "postfix"):
        (tmp_path / name).mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    smarthost = f'port = {port}\ntls = "none"'
    with stage.Stage(tmp_path / "stage", smarthost=smarthost) as running:
        with postfix.Postfix(tmp_path / "postfix", port, running.sandbox.ports["smtp"]):
            mail = post.mail("+12025550199", subject="Grüße über Postfix")
            running.send(mail)
            receipt = post.receipt(running, mail["Message-ID"], 90)
    assert any("Postfix" in line for line in receipt.get_all("Received"))
    assert "Grüße über Postfix" in receipt["Subject"]
