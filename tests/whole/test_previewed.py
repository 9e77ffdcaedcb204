"""What is previewed is what is sent: the same octets, with cover and header line and without."""

import email.policy
import hashlib

import pytest

from mailfax.demo import stage
from mailfax.document import check, tiff
from tests.whole import post

RULES = f"""\
version = 1
[defaults]
country = "US"
provider = ["main"]
identity = "Example Clinic"
station = "+1 202 555 0100"
zone = "America/New_York"
[[send]]
name = "covered"
to = "+1213*"
from = "@clinic.example"
proof = "login"
cover = "standard"
[[send]]
name = "headed"
from = "@clinic.example"
proof = "login"
cover = "standard"
header = "always"
[[send]]
action = "reject"
[[receive]]
deliver = "{stage.MAILBOX}"
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    stood = stage.Stage(tmp_path_factory.mktemp("previewed"))
    stood.prepare()
    (stood.folder / "rules.toml").write_text(RULES, encoding="utf-8")
    try:
        stood.serve()
        yield stood
    finally:
        stood.__exit__()


@pytest.mark.parametrize(
    ("rule", "number", "length"),
    [
        ("covered", "+12135550101", 2156),
        ("headed", "+12145550101", 2156 + 32),
    ],
)
def test_the_previewed_octets_are_those_the_provider_got(running, tmp_path, rule, number, length):
    """HDR-08, HDR-10: of the times on the pages one is the mail's, one the handing-over's."""
    mail = post.mail(number, text="Two lines\nof a letter.\n", subject="Previewed")
    (tmp_path / "mail.eml").write_bytes(mail.as_bytes(policy=email.policy.SMTP))
    running.send(mail)
    fax = post.ended(running, number)
    job = running.command("jobs", "show", post.job(running, number)["id"])
    given = ("--to", number, "--rule", rule, "--reference", job["job"]["id"])
    sent = job["transmissions"][0]["transmission"]["started_at"]
    times = ("--at", job["job"]["created_at"], "--sent", sent)
    out = tmp_path / "fax.tif"
    running.command("render", str(tmp_path / "mail.eml"), "-o", str(out), *given, *times)
    assert hashlib.sha256(out.read_bytes()).hexdigest() == fax["sha256"]
    assert check.check(out) == []
    assert [page.length for page in tiff.geometry(out).pages] == [length, length]
