"""The SQLite file: durable, local, whole, of our schema, one writer at a time."""

import multiprocessing
import pathlib
import random
import re
import shutil
import sqlite3
import subprocess
import sys

import pytest
import sqlalchemy as sa
from alembic import autogenerate
from alembic import script as alembic_script
from alembic.migration import MigrationContext

from mailfax import errors
from mailfax.states import State
from mailfax.store import database, schema, sqlitefile
from mailfax.store import ledger as store
from tests.store import samples


def test_every_connection_is_durable_and_waits_its_turn(sqlite_url, clock):
    opened = store.open(sqlite_url, clock=clock)
    with opened._base.read() as connection:
        wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30000}
        for name, value in wanted.items():
            assert connection.exec_driver_sql(f"PRAGMA {name}").scalar() == value
    opened.close()


def test_only_we_can_read_the_file(sqlite_url, clock, tmp_path):
    store.open(sqlite_url, clock=clock).close()
    assert (tmp_path / "mailfax.db").stat().st_mode & 0o077 == 0
    assert (tmp_path / "mailfax.db.lock").stat().st_mode & 0o077 == 0


MOUNTS = """\
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 22 0:40 / /srv/mail rw shared:9 - nfs4 server:/mail rw
31 30 254:2 / /srv/mail/local rw shared:9 - xfs /dev/vdb rw
32 22 0:41 / /with\\040space rw - cifs //server/share rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/mailfax.db", "ext4"),
        ("/srv/mail/mailfax.db", "nfs4"),
        ("/srv/mailbox/mailfax.db", "ext4"),
        ("/srv/mail/local/mailfax.db", "xfs"),
        ("/with space/mailfax.db", "cifs"),
    ],
)
def test_the_file_system_is_that_of_the_nearest_mount(path, kind):
    assert sqlitefile.file_system(pathlib.Path(path), MOUNTS) == kind


def test_a_network_file_system_is_refused(sqlite_url, monkeypatch):
    monkeypatch.setattr(sqlitefile, "file_system", lambda path, mounts: "nfs4")
    with pytest.raises(errors.Permanent, match="network file system"):
        store.open(sqlite_url)


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://h/d", "postgresql://h/d", "rubbish"]
)
def test_other_stores_are_refused_in_one_sentence(url):
    with pytest.raises(errors.Permanent):
        store.open(url)


def test_a_folder_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(errors.Permanent, match="No such file"):
        store.open(f"sqlite:///{tmp_path}/none/mailfax.db")


def test_a_password_is_not_said_aloud():
    with pytest.raises(errors.Permanent) as caught:
        store.open("mysql://user:hunter2@host/db")
    assert "hunter2" not in str(caught.value)


def test_a_database_out_of_reach_is_temporary_trouble():
    with pytest.raises(errors.Temporary, match="cannot be used now"):
        store.open("postgresql+psycopg://nobody@127.0.0.1:1/none")


# ── schema ─────────────────────────────────────────────────────────────────────────────


def test_the_migrations_make_the_tables_that_the_program_speaks(url):
    opened = store.open(url)
    with opened._base.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        found = autogenerate.compare_metadata(context, schema.METADATA)
        assert found == []
    opened.close()


def test_every_migration_is_known_to_the_program():
    folder = pathlib.Path(schema.__file__).with_name("migrations")
    known = alembic_script.ScriptDirectory(str(folder)).walk_revisions()
    assert [one.revision for one in known][::-1] == list(schema.REVISIONS)


def test_a_newer_schema_is_refused_and_left_as_it_is(url):
    opened = store.open(url)
    with opened._base.write("test") as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'v9999'"))
    with pytest.raises(errors.Permanent, match="newer mailfax"):
        store.open(url)
    opened.close()


def test_processes_that_start_at_once_make_one_schema(url):
    samples.together(*[lambda: store.open(url).close()] * 4)
    store.open(url).close()


def test_a_migration_that_dies_leaves_nothing_behind(sqlite_url, tmp_path):
    program = f"from mailfax.store import ledger; ledger.open({sqlite_url!r})"
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={"MAILFAX_FAILPOINTS": "migrate-before-commit=kill", "PYTHONPATH": "."},
        check=False,
    )
    assert run.returncode == -9
    with sqlite3.connect(tmp_path / "mailfax.db") as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    connection.close()
    store.open(sqlite_url).close()


# ── damage ─────────────────────────────────────────────────────────────────────────────


def full(tmp_path, clock):
    """A closed ledger with 60 jobs."""
    opened = store.open(f"sqlite:///{tmp_path}/whole.db", clock=clock)
    opened.mails.accept([samples.acceptance(clock, 2, header=b"x" * 3000) for _ in range(30)])
    opened.close()
    return tmp_path / "whole.db"


def test_a_damaged_file_is_refused_with_advice_or_works(tmp_path, clock):
    """Bits flipped anywhere: an error of ours in one sentence, or the ledger as it was."""
    whole = full(tmp_path, clock)
    chance = random.Random(7)
    refused = []
    for _ in range(40):
        data = bytearray(whole.read_bytes())
        for place in (chance.randrange(len(data)) for _ in range(20)):
            data[place] ^= 1 << chance.randrange(8)
        for file in tmp_path.glob("broken.db*"):
            file.unlink()
        (tmp_path / "broken.db").write_bytes(data)
        try:
            store.open(f"sqlite:///{tmp_path}/broken.db", clock=clock).close()
        except errors.MailfaxError as error:
            refused.append(str(error))
    assert len(refused) > 10
    assert [text for text in refused if "\n" in text or "mailfax" not in text] == []


def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path):
    path = tmp_path / "mailfax.db"
    path.write_bytes(b"something else entirely " * 100)
    with pytest.raises(errors.Permanent, match="mailfax recover"):
        store.open(f"sqlite:///{path}")
    assert path.read_bytes() == b"something else entirely " * 100


def test_a_copy_of_the_files_after_a_commit_holds_all_that_was_accepted(tmp_path, clock):
    """The write-ahead log is cut at any place after the last commit: nothing is lost."""
    opened = store.open(f"sqlite:///{tmp_path}/a.db", clock=clock)
    samples.accepted(opened, 3)
    for name in ("a.db", "a.db-wal"):
        shutil.copy(tmp_path / name, tmp_path / name.replace("a.db", "b.db"))
    with (tmp_path / "b.db-wal").open("ab") as log:
        log.write(b"\x01" * 2000)
    copy = store.open(f"sqlite:///{tmp_path}/b.db", clock=clock)
    assert copy.faxes.counts()[State.ACCEPTED] == 3
    for one in (opened, copy):
        one.close()


# ── locks ──────────────────────────────────────────────────────────────────────────────


def test_a_stranger_that_holds_the_lock_makes_temporary_trouble(sqlite_url, tmp_path, monkeypatch):
    monkeypatch.setattr(sqlitefile, "PATIENCE", 0.1)
    opened = store.open(sqlite_url)
    stranger = sqlite3.connect(tmp_path / "mailfax.db", isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    with pytest.raises(errors.Temporary, match="locked"):
        samples.accepted(opened)
    stranger.execute("ROLLBACK")
    stranger.close()
    samples.accepted(opened)
    opened.close()


def test_a_writer_waits_no_longer_than_its_patience(sqlite_url, tmp_path, monkeypatch):
    monkeypatch.setattr(sqlitefile, "PATIENCE", 0.05)
    opened = store.open(sqlite_url)
    other = sqlitefile.Gate(str(tmp_path / "mailfax.db"))
    with other, pytest.raises(errors.Temporary, match="locked for"):
        samples.accepted(opened)
    samples.accepted(opened)
    other.close()
    opened.close()


def _accept_many(url, number, done):
    opened = store.open(url, check=False)
    for _ in range(number):
        samples.accepted(opened)
        [job] = samples.claim(opened, State.ACCEPTED)
        opened.faxes.put_off(job, samples.later(opened.now, 3600))
    done.put("done")


def test_processes_of_one_host_write_in_turn_and_none_is_locked_out(sqlite_url):
    store.open(sqlite_url).close()
    spawn = multiprocessing.get_context("spawn")
    done = spawn.Queue()
    writers = [spawn.Process(target=_accept_many, args=(sqlite_url, 25, done)) for _ in range(3)]
    for writer in writers:
        writer.start()
    assert [done.get(timeout=120) for _ in writers] == ["done"] * 3
    for writer in writers:
        writer.join()
    opened = store.open(sqlite_url)
    assert opened.faxes.counts()[State.ACCEPTED] == 75
    opened.close()


# ── plans ──────────────────────────────────────────────────────────────────────────────


def test_no_statement_of_the_workers_reads_a_whole_table(sqlite_url, clock):
    """However many jobs wait, a worker's turn costs the same: an index finds the rows."""
    opened = store.open(sqlite_url, clock=clock)
    samples.submitted(opened)
    seen = []

    def note(connection, cursor, statement, parameters, context, many):
        seen.append((statement, parameters[0] if many else parameters))

    sa.event.listen(opened._base.engine, "before_cursor_execute", note)
    samples.submitted(opened)
    samples.claim(opened, State.SUBMITTED)
    opened.faxes.reap()
    opened.faxes.deadlines()
    opened.faxes.cancels_wanted()
    opened.receipts.untold(10)
    opened.deliveries.claim(5, 60.0, "w")
    opened.inbound.claim("listed", 5, 60.0, "w")
    opened.inbound.to_acknowledge(5, 60.0, "w")
    opened.accounts.hold("main", "w", 60.0)
    opened.close()
    connection = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    for statement, parameters in set(seen):
        if statement.split()[0] in {"SELECT", "UPDATE", "WITH", "DELETE"}:
            plan = [
                row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            ]
            scans = [line for line in plan if re.match(r"SCAN (?!due|anon|CONSTANT)", line)]
            scans = [line for line in scans if not re.search(r"INDEX jobs_(untold|cancel)", line)]
            assert scans == [], statement
    connection.close()


def test_an_id_of_time_is_kept_to_the_microsecond(clock):
    assert database.moment(database.stamp(clock())) == clock()
