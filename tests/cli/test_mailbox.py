"""`[mailbox]` in mailfax.toml: what it may say, and what is wrong with it."""

import pytest

from mailfax import config, errors

CONFIG = """\
version = 1
domains = ["fax.example.com"]
rules = "rules.toml"
[smarthost]
host = "127.0.0.1"
postmaster = "postmaster@example.com"
[providers.main]
kind = "faxage"
username = "u"
company = "c"
password = { file = "secret" }
MORE
[mailbox]
host = "imap.example.com"
login = "fax"
password = { file = "secret" }
"""


def loaded(tmp_path, table, more=""):
    (tmp_path / "secret").write_text("geheim", encoding="utf-8")
    path = tmp_path / "mailfax.toml"
    path.write_text(CONFIG.replace("MORE", more) + table, encoding="utf-8")
    return config.load(path)


def test_little_has_to_be_said(tmp_path):
    found = loaded(tmp_path, "subject_number = true")
    assert (found.mailbox.port, found.mailbox.tls) == (993, "implicit")
    assert (found.mailbox.folder, found.mailbox.idle) == ("INBOX", True)
    assert not found.listens
    assert "geheim" not in repr(found)


def test_all_of_it_can_be_said_and_a_listener_beside_it(tmp_path):
    table = (
        'tls = "starttls"\nca = "ca.pem"\nfolder = "Fax"\ndone = "Done"\nrefused = "No"\n'
        'max_size = "10MB"\ninterval = 30\nidle = false\ntimeout = 20\nheader = "X-Original-To"\n'
        'address = "fax@example.com"\ntrusted_results = ["MX.example.com"]\n'
    )
    found = loaded(tmp_path, table, '[listener]\nlisten = ["127.0.0.1:2525"]\n')
    assert (found.mailbox.port, found.mailbox.max_size) == (143, 10_000_000)
    assert found.mailbox.ca == tmp_path / "ca.pem"
    assert found.mailbox.trusted_results == ("mx.example.com",)
    assert found.listens


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("", "which number is a mail faxed to"),
        ('subject_number = true\ntls = "none"', "must be implicit or starttls"),
        ('header = "To"', "must be Delivered-To"),
        ('subject_number = true\naddress = "fax@example.com"', "address needs header"),
        ('subject_number = true\ndone = "INBOX"', "three folders"),
        ('subject_number = true\ntrusted_results = ["fax.example.com"]', "is ourselves"),
        ('subject_number = true\ntrusted_results = ["mx"]', "is not the name of a server"),
        ("subject_number = true\npoll = 3", "unknown key 'poll'"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, table, words):
    with pytest.raises(errors.Invalid, match=words):
        loaded(tmp_path, table)
