"""`mailfax provider`: any operation of a provider's manual, against the sandbox."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from mailfax import providers
from mailfax.demo import stage


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A config whose account is the sandbox's; no service is needed."""
    made = stage.Stage(tmp_path_factory.mktemp("provider"), accounts={"main": "faxage"})
    made.prepare()
    yield made
    made.sandbox.stop()


def call(running, *words):
    """What `mailfax provider …` did, with this config."""
    command = [sys.executable, "-m", "mailfax", "provider", *words]
    environment = {**os.environ, "MAILFAX_CONFIG": str(running.config)}
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def answer(running, *words):
    done = call(running, *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refusal(running, *words):
    done = call(running, *words)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


@pytest.mark.parametrize("kind", providers.kinds())
def test_the_list_of_a_kind_names_every_operation_with_a_line_of_help(running, kind):
    rows = answer(running, kind, "--json")
    assert {row["operation"] for row in rows} == set(providers.load(kind).OPERATIONS)
    assert all(row["help"] for row in rows)


def test_a_fax_is_sent_from_a_file_and_its_page_comes_back_into_one(running, tmp_path):
    page = tmp_path / "page.txt"
    page.write_text("One page\n")
    job = answer(running, "main", "sendfax", "faxno=2025550123", "recipname=Ann", f"files=@{page}")
    shown = answer(running, "main", "status", f"jobid={job}")
    assert str(job) in json.dumps(shown)
    stage.wait_until(
        lambda: call(running, "main", "dlstatus", f"jobid={job}", "-o", str(tmp_path / "out"))
        .returncode == 0, 30, "the document",
    )  # fmt: skip
    assert (tmp_path / "out").read_bytes()[:4] in {b"II*\0", b"MM\0*"}


def test_the_only_account_of_a_kind_may_be_called_by_its_kind(running):
    assert answer(running, "faxage", "listlines") == answer(running, "main", "listlines")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nobody"], 2, "'nobody' is none of"),
        (["main", "sendfacks"], 2, "did you mean 'sendfax'?"),
        (["main", "clear"], 2, "clear needs jobid"),
        (["main", "clear", "jobbid=1"], 2, "did you mean 'jobid'?"),
        (["main", "clear", "1"], 2, "'1' is not of the form key=value"),
        (["main", "clear", "jobid=99999"], 1, "mailfax: "),
        (["main", "sendfax", "faxno=1", "recipname=A", "files=@/no/such"], 2, "/no/such"),
    ],
)
def test_what_is_wrong_is_named_in_one_sentence(running, words, code, said):
    found, text = refusal(running, *words)
    assert (found, text.count("\n")) == (code, 1)
    assert said in text


def test_no_answer_and_no_error_holds_the_password(running):
    words = ["main", "debug", "operation=listlines", "fields={}"]
    done = call(running, *words)
    secret = pathlib.Path(running.folder / "main-password.secret").read_text()
    assert f"password={secret}" not in done.stdout + done.stderr
