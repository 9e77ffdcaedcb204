"""Documents in a folder: whole or not there, after any cut."""

import datetime
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailfax import errors
from mailfax.model import Content
from mailfax.store import documents


@pytest.fixture
def folder(tmp_path):
    return documents.LocalDir(tmp_path / "documents")


def test_a_spooled_mail_is_counted_hashed_and_kept_under_its_key(folder):
    spool = folder.spool()
    for piece in (b"Subject: a\r\n", b"", b"\r\nbody"):
        spool.write(piece)
    content = spool.finish()
    data = b"Subject: a\r\n\r\nbody"
    assert (content.size, content.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert content.read() == data
    kept = folder.adopt(content, "mail/ab/xab.eml")
    assert kept.path == folder.path("mail/ab/xab.eml")
    assert kept.read() == folder.read("mail/ab/xab.eml") == data
    assert list(folder.root.joinpath("incoming").iterdir()) == []


def test_a_discarded_spool_leaves_nothing(folder):
    spool = folder.spool()
    spool.write(b"x")
    spool.discard()
    assert list(folder.root.joinpath("incoming").iterdir()) == []
    assert list(folder.keys()) == []


def test_putting_the_same_again_is_harmless(folder, tmp_path):
    source = tmp_path / "pages.tif"
    source.write_bytes(b"II*\0" * 1000)
    for _ in range(2):
        folder.put("fax/ab/1.tif", source)
    folder.put("fax/ab/2.tif", b"II*\0")
    assert folder.read("fax/ab/1.tif") == source.read_bytes()
    assert list(folder.keys()) == ["fax/ab/1.tif", "fax/ab/2.tif"]
    assert list(folder.keys("fax/ab/2")) == ["fax/ab/2.tif"]
    with folder.open("fax/ab/2.tif") as file:
        assert file.read() == b"II*\0"


def test_what_is_deleted_is_gone_and_stays_gone(folder):
    folder.put("fax/ab/1", b"x")
    assert folder.exists("fax/ab/1")
    for _ in range(2):
        folder.delete("fax/ab/1")
    folder.delete("never/was")
    assert not folder.exists("fax/ab/1")
    with pytest.raises(errors.Permanent, match="fax/ab/1 is missing"):
        folder.read("fax/ab/1")


def test_only_we_can_read_what_is_kept(folder):
    folder.put("fax/ab/1", b"x")
    spool = folder.spool()
    spool.write(b"x")
    folder.adopt(spool.finish(), "mail/ab/2")
    for path in (folder.root, *folder.root.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize(
    "key",
    ["", "/", "a", "/etc/passwd", "../x/y", "a/../b", "a/./b", "a//b", "a/b/", "a/.hidden",
     "incoming/x", "scratch/x", "a/b\n", "a/b\0", "a\\..\\b", "ä/b", "a/" + "x" * 300, "-a/b"],
)  # fmt: skip
def test_what_is_no_key_is_refused(folder, key):
    for use in (folder.path, folder.read, folder.exists, folder.delete):
        with pytest.raises(errors.Permanent, match="not the key"):
            use(key)
    with pytest.raises(errors.Permanent, match="not the key"):
        folder.put(key, b"x")


@given(st.text(min_size=1, max_size=30))
def test_no_key_leads_out_of_the_folder(key):
    folder = documents.LocalDir.__new__(documents.LocalDir)
    folder.root = pathlib.Path("/nowhere/documents")
    try:
        path = folder.path(key)
    except errors.Permanent:
        return
    assert os.path.normpath(path) == str(path)
    assert path.is_relative_to(folder.root)
    assert not path.is_relative_to(folder.root / "incoming")


def test_keys_made_from_ids_are_keys(folder):
    assert documents.key("mail", "01abcdxy", ".eml") == "mail/y/01abcdxy.eml"
    folder.put(documents.key("mail", "01abcdxy", ".eml"), b"x")


def test_the_sweep_takes_old_strays_and_nothing_else(folder):
    folder.put("fax/ab/1", b"x")
    old, young = folder.spool(), folder.spool()
    for spool in (old, young):
        spool.write(b"x")
        spool.finish()
    now = datetime.datetime.now(datetime.UTC)
    os.utime(old._path, (now.timestamp() - 7200, now.timestamp() - 7200))
    assert folder.sweep(now - datetime.timedelta(hours=1)) == 1
    assert not old._path.exists()
    assert young._path.exists()
    assert folder.exists("fax/ab/1")


def test_a_full_disk_is_temporary_trouble_and_leaves_nothing(folder, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    spool = folder.spool()
    spool.write(b"x")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(errors.Temporary, match="No space left on device"):
        spool.finish()
    with pytest.raises(errors.Temporary, match="No space left on device"):
        folder.put("fax/ab/1", b"x")
    monkeypatch.undo()
    assert list(folder.root.joinpath("incoming").iterdir()) == []
    assert not folder.exists("fax/ab/1")


def test_a_failed_fsync_is_never_tried_again_as_if_it_were_good(folder, monkeypatch):
    calls = []

    def broken(descriptor):
        calls.append(descriptor)
        raise OSError(5, "Input/output error")

    spool = folder.spool()
    spool.write(b"x")
    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(errors.Temporary):
        spool.finish()
    monkeypatch.undo()
    with pytest.raises(ValueError, match="closed"):
        spool.finish()
    assert len(calls) == 1


@pytest.mark.parametrize(
    "point", ["spool-before-write", "spool-mid-write", "spool-after-fsync", "spool-after-rename"]
)
def test_a_death_at_any_step_leaves_a_whole_document_or_a_stray(tmp_path, point):
    program = f"""
import pathlib
from mailfax.store import documents
folder = documents.LocalDir(pathlib.Path({str(tmp_path)!r}))
spool = folder.spool()
spool.write(b"abc")
spool.write(b"def")
folder.adopt(spool.finish(), "mail/ab/1")
"""
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={"MAILFAX_FAILPOINTS": f"{point}=kill", "PYTHONPATH": "."},
        check=False,
    )
    assert run.returncode == -9
    folder = documents.LocalDir(tmp_path)
    kept = point == "spool-after-rename"
    assert folder.exists("mail/ab/1") == kept
    if kept:
        assert folder.read("mail/ab/1") == b"abcdef"
    folder.sweep(datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=1))
    assert list(folder.root.joinpath("incoming").iterdir()) == []


def test_a_scratch_folder_goes_with_its_block_or_with_the_sweep(folder):
    now = datetime.datetime.now(datetime.UTC)
    with folder.scratch() as made:
        made.joinpath("page.tif").write_bytes(b"x")
        assert list(folder.keys()) == []
    assert not made.exists()
    with folder.scratch() as left:
        left.joinpath("page.tif").write_bytes(b"x")
        assert folder.sweep(now - datetime.timedelta(hours=1)) == 0
        assert folder.sweep(now + datetime.timedelta(hours=1)) == 1
        assert not left.exists()


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace shows the order of calls")
def test_a_mail_is_on_the_disk_before_its_row_and_its_row_before_the_answer(tmp_path):
    """fsync of the file, rename, fsync of the folders, fsync of the ledger's log, answer."""
    program = f"""
import pathlib, sys
sys.path.insert(0, ".")
from mailfax.store import documents, ledger
from tests.store import samples
clock = samples.Clock()
opened = ledger.open("sqlite:///{tmp_path}/mailfax.db", clock=clock)
folder = documents.LocalDir(pathlib.Path("{tmp_path}/documents"))
spool = folder.spool()
spool.write(b"abc")
content = folder.adopt(spool.finish(), "mail/ab/1")
mail = samples.acceptance(
    clock, document="mail/ab/1", envelope=samples.envelope(clock, content=content)
)
opened.mails.accept([mail])
print("answered", flush=True)
"""
    trace = tmp_path / "trace"
    traced = ["strace", "-f", "-y", "-o", str(trace), "-e", "trace=fsync,fdatasync,rename,write"]
    run = subprocess.run(
        [*traced, sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    if run.returncode != 0 and "ptrace" in run.stderr.lower():
        pytest.skip("strace may not trace here")
    assert run.stdout == "answered\n", run.stderr
    wanted = [
        r"fsync\(\d+<.*/documents/incoming/",
        r"rename\(.*incoming/.*mail/ab/1",
        r"fsync\(\d+<.*/documents/mail/ab>",
        r"fsync\(\d+<.*/documents/mail>",
        r"fsync\(\d+<.*/documents>",
        r"f(data)?sync\(\d+<.*/mailfax\.db-wal>",
        r"write\(1<.*answered",
    ]
    lines = iter(trace.read_text(errors="replace").splitlines())
    for pattern in wanted:
        assert any(re.search(pattern, line) for line in lines), pattern


def test_content_in_memory_needs_no_file():
    assert Content(size=1, sha256="", data=b"x").read() == b"x"
