"""The two warm presses behind the jail, and what comes out of them, checked.

Beside them stands what only the libraries of other programs can open (`programs`).

`pages` opens PDF and pictures and sets plain text, `layout` sets HTML and scripts that
need shaping. At most `workers` children run at a time, whoever asks; a long PDF is drawn
by several of them, each a stretch of its pages.
"""

import concurrent.futures
import contextlib
import dataclasses
import os
import pathlib
import re
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any, Self

from mailfax.document import geometry, jail, programs, tiff
from mailfax.document.converters import (
    FAULTS,
    LEFT_OUT,
    PASSED_OVER,
    REASONS,
    REMARKS,
    UnfitError,
)
from mailfax.model import Damage

_MODULE = "mailfax.document.press"
_LONGEST_PAGE = 20_000
_CHATTER = 12
"""Messages a child may send for each page and part, before it is taken for mad."""


@dataclasses.dataclass(frozen=True, slots=True)
class Placed:
    """One page that a child has drawn, and where it lies in that child's output."""

    file: IO[bytes]
    width: int
    length: int
    resolution: tuple[int, int]
    offset: int
    size: int
    blank: bool = False

    def strip(self) -> tiff.Strip:
        """The page itself."""
        data = os.pread(self.file.fileno(), self.size, self.offset)
        return tiff.Strip(self.width, self.length, self.resolution, data)


@dataclasses.dataclass(slots=True)
class Drawn:
    """What became of one item: its pages, or why it cannot be drawn."""

    pages: list[Placed] = dataclasses.field(default_factory=list)
    count: int | None = None
    """Pages it says it has, where it can say so."""
    passed: int | None = None
    """Pages of a received fax that is passed on as one file."""
    damage: list[Damage] = dataclasses.field(default_factory=list)
    """What the telephone line did to them."""
    unfit: UnfitError | None = None
    remarks: list[str] = dataclasses.field(default_factory=list)
    """Sentences for the person who sent it."""
    faults: dict[str, list[int]] = dataclasses.field(default_factory=dict)
    """Codes of `FAULTS` → numbers of the pages, from 1."""
    left: dict[str, str] = dataclasses.field(default_factory=dict)
    """Content ids of pictures that the text no longer shows → a code of `LEFT_OUT`."""
    blocks: list[str] = dataclasses.field(default_factory=list)
    """Digests of the long blocks of text at its end."""
    done: bool = False


class BrokenOffError(Exception):
    """A child ended badly while it was at item `number`; `cause` is an error of `jail`."""

    def __init__(self, number: int, cause: jail.Crashed | jail.Overdrawn) -> None:
        super().__init__(str(cause))
        self.number = number
        self.cause = cause


class Presses:
    """Both presses; used from any number of threads."""

    def __init__(
        self,
        limits: jail.Limits,
        workers: int,
        *,
        postscript: bool = False,
        require_jail: bool = False,
    ) -> None:
        self.programs = programs.Programs(
            limits, workers, postscript=postscript, require_jail=require_jail
        )
        self.zygotes = {name: jail.Zygote(_MODULE, name) for name in ("pages", "layout")}
        self._limits = limits
        self._workers = workers
        self._slots = threading.BoundedSemaphore(workers)
        self._helpers = concurrent.futures.ThreadPoolExecutor(
            max(1, workers - 1), thread_name_prefix="press"
        )

    def close(self) -> None:
        """End all children and the helpers that wait for them."""
        self.programs.close()
        for zygote in self.zygotes.values():
            zygote.close()
        self._helpers.shutdown(wait=True, cancel_futures=True)

    def draw(
        self, press: str, request: Mapping[str, Any], inputs: Sequence[bytes], room: "Room"
    ) -> list[Drawn]:
        """Do one job of the press (see `press`): what became of each of its `items`, or of the
        one thing that a job without items is.

        Items after one that is unfit, and not just passed over, have not been looked at.
        Raises `BrokenOffError`, `jail.Broken`.
        """
        items = [{**item, "share": (0, self._workers)} for item in request.get("items", [{}])]
        drawn = [Drawn() for _ in items]
        stretches: list[tuple[Drawn, concurrent.futures.Future[Drawn]]] = []
        try:
            for number in self._follow(press, {**request, "items": items}, inputs, room, drawn):
                for share in range(1, self._workers):
                    item = {**items[number], "share": (share, self._workers)}
                    job = (press, {**request, "items": [item]}, inputs, room, number)
                    stretches.append((drawn[number], self._helpers.submit(self._stretch, *job)))
            for whole, stretch in stretches:
                whole.pages += stretch.result().pages
                whole.unfit = whole.unfit or stretch.result().unfit
                whole.remarks += stretch.result().remarks
                for code, numbers in stretch.result().faults.items():
                    whole.faults.setdefault(code, []).extend(numbers)
        finally:
            _leave_none([stretch for _, stretch in stretches])
        _check_complete(drawn)
        return drawn

    def _stretch(
        self,
        press: str,
        request: Mapping[str, Any],
        inputs: Sequence[bytes],
        room: "Room",
        number: int,
    ) -> Drawn:
        """A further stretch of a long document, which is item `number` of the whole job."""
        drawn = Drawn()
        try:
            for _ in self._follow(press, request, inputs, room, [drawn]):
                pass  # the first stretch has asked for the others already
        except BrokenOffError as error:
            raise BrokenOffError(number, error.cause) from None
        return drawn

    def _follow(
        self,
        press: str,
        request: Mapping[str, Any],
        inputs: Sequence[bytes],
        room: "Room",
        drawn: list[Drawn],
    ) -> Iterator[int]:
        """Run one child and note what it tells; the numbers of items that are to be shared."""
        at, patience = 0, _CHATTER * (request.get("limit", 0) + len(drawn) + 1)
        file = room.file()
        try:
            with self._slots:
                told = self.zygotes[press].run(request, inputs, file, self._limits)
                with contextlib.closing(told):
                    for message, _ in zip(told, range(patience), strict=False):
                        at, shared = _note(message, at, drawn, file)
                        if shared:
                            yield at
        except (jail.Crashed, jail.Overdrawn) as error:
            raise BrokenOffError(at, error) from error


class Room:
    """Unlinked files for what children write, in the folder where the fax is made."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder
        self._last: IO[bytes]
        self._files = contextlib.ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def file(self) -> IO[bytes]:
        """A new file, which goes with the room."""
        made = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115  closed with the room
        self._last = self._files.enter_context(made)
        return self._last

    def last_written(self) -> bytes:
        """All that is in the newest file."""
        self._last.seek(0)
        return self._last.read()


def _leave_none(tasks: Sequence[concurrent.futures.Future[Drawn]]) -> None:
    """Wait for all that write into a room before it goes; what has not begun never will."""
    for task in tasks:
        task.cancel()
    concurrent.futures.wait(tasks)


# ── What a child tells, none of it believed ────────────────────────────────────────────

_DIGEST = re.compile("[0-9a-f]{64}")
_NONSENSE = "the document jail answered nonsense"


def _note(
    message: Mapping[str, Any], at: int, drawn: list[Drawn], file: IO[bytes]
) -> tuple[int, bool]:
    """Take up one message; the item now in work, and whether it asks to be shared."""
    match message:
        case {"begun": int(number)} if at <= number < len(drawn):
            return number, False
        case {"page": list(numbers), "blank": bool(blank)}:
            drawn[at].pages.append(_placed(numbers, blank, file))
        case {"count": int(count), "shared": bool(shared)} if count >= 0:
            first, drawn[at].count = drawn[at].count is None, count
            return at, shared and first
        case {"unfit": str(code), "number": int(number)} if code in REASONS:
            drawn[at].unfit = UnfitError(code, number)
        case {"fault": str(code), "number": int(number)} if code in FAULTS:
            drawn[at].faults.setdefault(code, []).append(number)
        case {"done": int(number)} if number == at:
            drawn[at].done = True
        case {"damage": [int(page), int(lines), int(lost)]} if min(page, lines, lost) >= 0:
            drawn[at].damage.append(Damage(page=page, lines=lines, lost=lost))
        case {"passed": int(count)} if count >= 0:
            drawn[at].passed = count
        case _:
            _note_findings(message, drawn[at])
    return at, False


def _note_findings(message: Mapping[str, Any], drawn: Drawn) -> None:
    """What a child has found out about a part, beside its pages."""
    match message:
        case {"remark": str(code), "number": int(number)} if code in REMARKS:
            drawn.remarks.append(REMARKS[code].format(number=number))
        case {"left": dict(left)} if all(code in LEFT_OUT for code in left.values()):
            drawn.left |= {str(cid): str(code) for cid, code in left.items()}
        case {"blocks": list(blocks)} if all(_DIGEST.fullmatch(str(block)) for block in blocks):
            drawn.blocks += map(str, blocks)
        case _:
            raise jail.Crashed(_NONSENSE)


def _placed(numbers: Sequence[object], blank: bool, file: IO[bytes]) -> Placed:
    if len(numbers) != 6 or not all(type(number) is int for number in numbers):
        raise jail.Crashed(_NONSENSE)
    width, length, across, down, offset, size = (int(str(number)) for number in numbers)
    known = width == geometry.WIDTH and (across, down) in geometry.RESOLUTIONS.values()
    if not known or not 0 < length <= _LONGEST_PAGE or offset < 0 or size <= 0:
        raise jail.Crashed(_NONSENSE)
    return Placed(file, width, length, (across, down), offset, size, blank)


def _check_complete(drawn: Sequence[Drawn]) -> None:
    """No item was passed over, every page that a document said it has is there, and every
    strip lies in its file.
    """
    for number, item in enumerate(drawn):
        if item.unfit is not None:
            if item.unfit.code not in PASSED_OVER:
                return
            continue
        if not item.done or len(item.pages) < (item.count or 0):
            raise BrokenOffError(number, jail.Crashed("pages of it are missing"))
        for placed in item.pages:
            if placed.offset + placed.size > os.fstat(placed.file.fileno()).st_size:
                raise BrokenOffError(number, jail.Crashed(_NONSENSE))
