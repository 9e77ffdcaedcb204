"""The fail points themselves: what they do to a process, and how often."""

import os
import signal
import subprocess
import sys

import pytest

PROGRAM = """
from mailfax import failpoints
for _ in range(3):
    failpoints.hit("here")
    print("passed", flush=True)
"""


def run(**environment):
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | environment, capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip


def test_without_a_word_nothing_happens():
    done = run()
    assert (done.returncode, done.stdout) == (0, "passed\n" * 3)


@pytest.mark.parametrize(("nth", "passed"), [("", 0), ("@1", 0), ("@3", 2), ("@4", 3)])
def test_a_process_dies_at_the_nth_hit(nth, passed):
    done = run(MAILFAX_FAILPOINTS=f"elsewhere=kill,here=kill{nth}")
    assert done.returncode == (0 if passed == 3 else -signal.SIGKILL)
    assert done.stdout == "passed\n" * passed


def test_an_error_is_one_of_the_system():
    done = run(MAILFAX_FAILPOINTS="here=error@2")
    assert "OSError: fail point here" in done.stderr


def test_only_one_process_of_all_dies_where_they_keep_a_record(tmp_path):
    known = {"MAILFAX_FAILPOINTS": "here=kill", "MAILFAX_FAILPOINTS_ONCE": str(tmp_path)}
    assert run(**known).returncode == -signal.SIGKILL
    assert int((tmp_path / "here").read_text())
    assert run(**known).returncode == 0


def test_a_process_stands_still_until_it_is_told_to_go_on(tmp_path):
    known = {"MAILFAX_FAILPOINTS": "here=stop@2", "MAILFAX_FAILPOINTS_ONCE": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], env=os.environ | known, stdout=subprocess.PIPE, text=True
    ) as process:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        process.send_signal(signal.SIGCONT)
        assert process.stdout.read() == "passed\n" * 3
