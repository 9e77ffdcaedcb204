"""Row 15: reading a mail with an attachment, and building one, by megabyte of the attachment.

Ours are `mailfax.mail.message.read` and `mailfax.mail.forward.build`; the yardstick is the `email`
package of the standard library doing the same.
"""

import datetime
import email
import email.message
import email.policy
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable, Iterator

import bench
import measure
import papers
from measure import Scale
from table import Cell

from mailfax import config
from mailfax.mail import forward, message
from mailfax.model import Gateway, InboundFax

ROWS = frozenset({15})
_MB = 1_000_000
_NOON = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)


def cells(_rows: frozenset[int], scale: Scale, work: pathlib.Path) -> Iterator[Cell]:
    """The cells of row 15."""
    for size in (_MB * 3 // 2, _MB * scale.of(15, 3)):
        data = os.urandom(size)
        mail = papers.mail("15", data)
        megabytes = size / _MB
        read = _turns(scale, megabytes, lambda m=mail: read_ours(m), lambda m=mail: read_theirs(m))
        made = _turns(
            scale, megabytes, lambda d=data: build_ours(d), lambda d=data: build_theirs(d)
        )
        for what, turns, bar in (("parse", read, "≤ 25 ms/MB"), ("build", made, "≤ 10 ms/MB")):
            yield Cell(
                row=15, what=f"{what}, {megabytes:g} MB attached", bar=bar, target="5 ms/MB",
                unit="ms/MB", against="ms email", **turns.columns(),
            )  # fmt: skip
    for task in ("read_ours", "build_ours"):
        yield _growth(task, size, work)


def _turns(
    scale: Scale, megabytes: float, ours: Callable[[], object], theirs: Callable[[], object]
) -> measure.Turns:
    return measure.in_turn(
        scale,
        lambda: measure.seconds(ours) * 1000 / megabytes,
        lambda: measure.seconds(theirs) * 1000 / megabytes,
    )


def read_ours(mail: bytes) -> object:
    """The parts, decoded."""
    return message.read(mail)


def read_theirs(mail: bytes) -> object:
    """The same with the standard library."""
    whole = email.message_from_bytes(mail, policy=email.policy.default)
    return [leaf.get_payload(decode=True) for leaf in whole.walk() if not leaf.is_multipart()]


def build_ours(data: bytes) -> object:
    """A received fax as a mail."""
    fax = InboundFax(
        account="main", reference="1", did="+12025550100", caller="+13035550188", received_at=_NOON
    )
    return forward.build(
        forward.Letter(
            id="15",
            fax=fax,
            to="reception@example.com",
            gateway=Gateway(
                name="fax.example.com",
                domains=("fax.example.com",),
                postmaster="postmaster@example.com",
            ),
            attachments=[forward.Attachment(kind="pdf", data=data, pages=3)],
            templates=(config.shipped("templates"),),
        )
    )


def build_theirs(data: bytes) -> object:
    """The same with the standard library."""
    return papers.mail("15", data)


def _growth(task: str, size: int, work: pathlib.Path) -> Cell:
    """How much a process grows by it, in sizes of the attachment."""
    file = work / "attachment"
    octets = os.urandom(size)
    file.write_bytes(octets if task == "build_ours" else papers.mail("15", octets))
    command = [sys.executable, __file__, "--grow", task, str(file)]
    done = subprocess.run(command, capture_output=True, check=True)
    return Cell(
        row=15, what=f"memory to {task.partition('_')[0]}, {size // _MB} MB attached",
        bar="≤ 6 sizes", target="–", unit="sizes", ours=int(done.stdout) / size,
        note="growth of the process, its input and result included, over the attachment's size",
    )  # fmt: skip


def _grow(task: str, file: pathlib.Path) -> None:
    """In a process of its own: print the octets it grew by."""
    {
        "read_ours": lambda: read_ours(papers.mail("0", b"%PDF")),
        "build_ours": lambda: build_ours(b"0"),
    }[task]()
    before = measure.memory(os.getpid())
    kept = globals()[task](file.read_bytes())
    print(measure.memory(os.getpid(), "VmHWM") - before)
    del kept


if __name__ == "__main__":
    if "--grow" in sys.argv:
        _grow(sys.argv[2], pathlib.Path(sys.argv[3]))
    else:
        bench.alone(cells, ROWS)
