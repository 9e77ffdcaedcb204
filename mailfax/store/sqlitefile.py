"""What SQLite needs from us: pragmas, one writer at a time, a local disk, a whole file.

WAL with synchronous=FULL: in WAL mode NORMAL loses the last commits at a power cut
(https://www.sqlite.org/pragma.html#pragma_synchronous). Transactions begin with BEGIN IMMEDIATE,
for a deferred one that reads and then writes fails at once with SQLITE_BUSY_SNAPSHOT.
"""

import fcntl
import os
import pathlib
import random
import threading
import time
from types import TracebackType
from typing import Any

import sqlalchemy as sa

from mailfax import errors

PATIENCE = 30.0
"""Seconds that a writer waits for its turn before it says so."""

_NETWORK = frozenset({
    "9p", "afs", "ceph", "cifs", "fuse.cephfs", "fuse.glusterfs", "fuse.s3fs", "fuse.sshfs",
    "gfs2", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "smb2", "smb3", "smbfs",
})  # fmt: skip
"""File systems of /proc/filesystems whose locks or shared memory cannot be trusted for WAL."""


class Gate:
    """The turn to write: one thread of one process of this host at a time.

    A lock on a file beside the database, so that writers queue here and not in SQLite, whose
    own waiting sleeps up to 100 ms. Raises Temporary after PATIENCE seconds.
    """

    def __init__(self, database: str) -> None:
        path = pathlib.Path(database).absolute()
        _refuse_network(path)
        self._threads = threading.Lock()
        try:
            self._file = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise errors.Permanent(
                f"the ledger {path} cannot be opened: {error.strerror}"
            ) from None

    def __enter__(self) -> None:
        until = time.monotonic() + PATIENCE
        if not self._threads.acquire(timeout=PATIENCE):
            raise _no_turn()
        try:
            self._lock_file(until)
        except BaseException:
            self._threads.release()
            raise

    def _lock_file(self, until: float) -> None:
        while True:
            try:
                return fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    raise _no_turn() from None
                time.sleep(random.uniform(0.0002, 0.002))  # noqa: S311

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._threads.release()

    def close(self) -> None:
        """Let go of the lock file."""
        os.close(self._file)


def _no_turn() -> errors.Temporary:
    return errors.Temporary(
        f"the ledger cannot be used now: it was locked for {PATIENCE:g} seconds"
    )


def engine(url: sa.URL) -> sa.Engine:
    """An engine whose connections are durable and whose transactions we begin ourselves."""
    made = sa.create_engine(url, pool_size=8, max_overflow=24)
    sa.event.listen(made, "connect", _connected)
    sa.event.listen(made, "begin", _begin)
    return made


def _connected(connection: Any, record: Any) -> None:  # noqa: ARG001
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {PATIENCE * 1000:.0f}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_size_limit = 67108864")


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("mailfax_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def check(connection: sa.Connection) -> None:
    """Raise Permanent when the file is damaged (PRAGMA quick_check)."""
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if found != "ok":
        raise errors.Permanent(damaged(str(found)))


def is_damage(words: str) -> bool:
    """Whether SQLite's words say that the file itself is broken."""
    return "malformed" in words or "not a database" in words


def damaged(words: str) -> str:
    """What to tell the operator about a damaged file."""
    found = " ".join(words.split())
    return f"the ledger's file is damaged ({found}): keep it, and run mailfax recover"


def _refuse_network(path: pathlib.Path) -> None:
    kind = file_system(path, pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8"))
    if kind in _NETWORK:
        raise errors.Permanent(
            f"the ledger {path} is on a network file system ({kind}): "
            "put it on a local disk, or use PostgreSQL"
        )


def file_system(path: pathlib.Path, mounts: str) -> str:
    """The type of file system that holds `path`, by the lines of a mountinfo file (proc(5))."""
    place = os.path.realpath(path)
    best, kind = "", ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        mount = before.split(" ")[4].encode().decode("unicode_escape").rstrip("/") + "/"
        if f"{place}/".startswith(mount) and len(mount) >= len(best):
            best, kind = mount, after.split(" ")[0]
    return kind
