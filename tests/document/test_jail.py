"""The jail holds what is in it, and says how a child ended."""

import concurrent.futures
import dataclasses
import os
import pathlib
import shutil
import signal
import socket
import tempfile
import time

import pytest

from mailfax import errors
from mailfax.document import jail, walls

HERE = pathlib.Path(__file__).parent
LIMITS = jail.Limits(memory=256 << 20, seconds=1, output=1 << 20)

bubblewrap = pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is not installed")


@pytest.fixture(
    scope="module",
    params=[pytest.param(True, marks=bubblewrap), False],
    ids=["bubblewrap", "no bubblewrap"],
)
def zygote(request):
    with jail.Zygote("misbehaviour", folders=[HERE], bubblewrap=request.param) as started:
        yield started


PATIENT = dataclasses.replace(LIMITS, seconds=30)


def told(zygote, deed, limits=LIMITS, **more):
    with tempfile.TemporaryFile() as out:
        return list(zygote.run({"deed": deed, **more}, [b"abc", b"def"], out, limits))


def said(zygote, deed, **more):
    [message] = told(zygote, deed, PATIENT, **more)
    return message["said"]


def test_a_job_reads_its_inputs_and_writes_its_output(zygote):
    with tempfile.TemporaryFile() as out:
        list(zygote.run({"deed": "echo"}, [b"abc", b"def"], out, LIMITS))
        out.seek(0)
        assert out.read() == b"abcdef"


def test_nothing_can_be_connected_to(zygote):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        assert said(zygote, "connect", port=server.getsockname()[1]) == os.strerror(1)
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "/proc/1/environ", str(HERE.parents[1] / "pyproject.toml")]
)
def test_no_file_but_the_system_s_can_be_read(zygote, path):
    assert said(zygote, "read", path=path) in {os.strerror(2), os.strerror(13)}


def test_a_file_beside_the_project_cannot_be_read(zygote, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("canary")
    assert said(zygote, "read", path=str(secret)) in {os.strerror(2), os.strerror(13)}


@pytest.mark.parametrize("folder", ["/tmp", "/var/tmp", "/usr/lib", str(HERE)])
def test_no_file_can_be_written(zygote, folder):
    path = f"{folder}/mailfax-was-here"
    assert said(zygote, "write", path=path) in {os.strerror(n) for n in (2, 13, 30)}
    assert not pathlib.Path(path).exists()


@pytest.mark.parametrize("deed", ["fork", "kill", "execute", "ptrace", "overwrite input"])
def test_a_child_may_not(zygote, deed):
    assert said(zygote, deed) == os.strerror(1)


def test_threads_are_refused_where_none_are_needed(zygote):
    assert said(zygote, "thread") == "refused"


def test_threads_are_allowed_where_they_are_needed():
    with jail.Zygote("misbehaviour", "threads", folders=[HERE]) as zygote:
        assert said(zygote, "thread") == "allowed"
        assert said(zygote, "fork") == os.strerror(1)


def test_a_child_has_six_descriptors_and_no_environment(zygote):
    assert said(zygote, "descriptors") == [0, 1, 2, 3, 4, 5]
    assert said(zygote, "environment") == {}


def test_too_much_memory_is_refused_by_its_limit(zygote):
    with pytest.raises(jail.Overdrawn, match="256 MB of memory") as caught:
        told(zygote, "hog", PATIENT)
    assert caught.value.cause is errors.Cause.CONVERSION_FAILED


def test_too_much_output_is_refused_by_its_limit(zygote):
    with pytest.raises(jail.Overdrawn, match="1 MB"):
        told(zygote, "flood output", PATIENT)


@pytest.mark.parametrize("deed", ["spin", "sleep"])
def test_a_child_that_does_not_end_is_killed(zygote, deed):
    with pytest.raises(jail.Crashed, match="1 seconds") as caught:
        told(zygote, deed)
    assert caught.value.cause is errors.Cause.CONVERSION_FAILED


@pytest.mark.parametrize(
    ("deed", "ending"), [("crash", "SIGSEGV"), ("fail", "exit code 70"), ("nonsense", "nonsense")]
)
def test_a_crash_is_temporary_and_says_how(zygote, deed, ending):
    with pytest.raises(jail.Crashed, match=ending):
        told(zygote, deed)


def test_a_job_that_is_dropped_is_killed(zygote):
    with tempfile.TemporaryFile() as out:
        messages = zygote.run({"deed": "flood messages"}, [b"", b""], out, LIMITS)
        assert next(messages) == {"noise": 1}
        messages.close()
    assert said(zygote, "echo") == "done"


def test_many_jobs_at_once_are_kept_apart(zygote):
    def echo(number):
        with tempfile.TemporaryFile() as out:
            inputs = [str(number).encode(), b"!"]
            list(zygote.run({"deed": "echo"}, inputs, out, LIMITS))
            out.seek(0)
            return out.read()

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(echo, range(40))) == [b"%d!" % n for n in range(40)]


def test_a_zygote_that_dies_is_started_again(zygote):
    assert said(zygote, "echo") == "done"
    os.killpg(zygote._process._popen.pid, signal.SIGKILL)
    zygote._process._popen.wait()
    assert said(zygote, "echo") == "done"


def test_a_job_cut_off_by_the_death_of_its_zygote_is_temporary(zygote):
    with tempfile.TemporaryFile() as out:
        messages = zygote.run({"deed": "flood messages"}, [b"", b""], out, LIMITS)
        next(messages)
        os.killpg(zygote._process._popen.pid, signal.SIGKILL)
        with pytest.raises(errors.Temporary):
            for _ in messages:
                pass


def test_closing_leaves_no_process():
    with jail.Zygote("misbehaviour", folders=[HERE]) as zygote:
        said(zygote, "echo")
        pid = zygote._process._popen.pid
    assert not pathlib.Path(f"/proc/{pid}").exists()


def test_a_zygote_ends_with_its_parent():
    """The control socket closing is enough, even when the parent was killed."""
    with jail.Zygote("misbehaviour", folders=[HERE]) as zygote:
        zygote.walls()
        zygote._process.control.close()
        assert zygote._process._popen.wait(10) == 0


@pytest.mark.parametrize(
    "wrapped", [pytest.param(True, marks=bubblewrap), False], ids=["bubblewrap", "no bubblewrap"]
)
def test_a_job_writes_into_a_folder_of_its_own_and_sees_no_other(wrapped, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with jail.Zygote("misbehaviour", folders=[HERE], bubblewrap=wrapped, scratch=True) as zygote:
        first, second = said(zygote, "folder"), said(zygote, "folder")
        assert first[0] != second[0]
        assert first[1:] == second[1:] == [os.strerror(13)] * 3
        assert [list(scratch.iterdir()) for scratch in tmp_path.iterdir()] == [[]] * (not wrapped)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_a_job_that_is_killed_goes_too(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with jail.Zygote("misbehaviour", folders=[HERE], bubblewrap=False, scratch=True) as zygote:
        with pytest.raises(jail.Crashed):
            told(zygote, "sleep")
        [scratch] = tmp_path.iterdir()
        assert list(scratch.iterdir()) == []


def test_a_module_that_does_not_load_says_why():
    with (
        jail.Zygote("no_such_module_at_all", folders=[HERE]) as zygote,
        pytest.raises(jail.Broken, match="no_such_module_at_all"),
    ):
        zygote.walls()


@bubblewrap
def test_bubblewrap_that_does_not_work_is_left_out_with_a_word(tmp_path, monkeypatch, caplog):
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: no namespaces for you' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with jail.Zygote("misbehaviour", folders=[HERE]) as zygote:
        assert said(zygote, "echo") == "done"
        assert zygote.walls()["bubblewrap"] == 0
    assert "no namespaces for you" in caplog.text


def test_the_filter_is_whole_for_both_machines():
    """Each instruction is 8 octets, and the first looks at the architecture."""
    for architecture, column in walls._ARCHITECTURES.values():
        code = walls._program(architecture, column, threads=False)
        assert len(code) % 8 == 0
        assert code[12:16] == architecture.to_bytes(4, "little")


def test_waiting_for_a_child_costs_no_processor_time(zygote):
    before = time.process_time()
    with pytest.raises(jail.Crashed):
        told(zygote, "sleep")
    assert time.process_time() - before < 0.5
