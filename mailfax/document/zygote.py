"""The inside of the jail: a warm process that forks one child for every job.

Started by `jail` as `python -m mailfax.document.zygote MODULE ARGUMENT DESCRIPTOR WALLS`.
MODULE says what can be done (`prepare(argument) -> bool`, called once, answers whether its
jobs start threads; `run(job)`, called in a child). It is told of jobs over a packet socket: one
JSON packet with the limits, and three descriptors: the job's own packet socket, its
sealed input and its output file. The child inherits these three and nothing else. Where there is
a scratch folder, each child has a folder of its own in it, and may write there and nowhere else.

The zygote itself never looks at a document. It forks, watches the clock, kills, and says
on the job's socket how the child ended. When its own socket closes it kills all and ends.
"""

import contextlib
import dataclasses
import errno
import gc
import importlib
import json
import os
import pathlib
import resource
import select
import shutil
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

from mailfax.document import walls

PACKET = 65_536
"""No packet, in either direction, is longer."""

FAILED, OUT_OF_MEMORY, OUT_OF_ROOM = 70, 71, 72
"""Exit codes of a child: an error nobody foresaw, its memory used up, its output full."""

_STARVED = frozenset({1, 127, -signal.SIGABRT, -signal.SIGSEGV})
_STARVING = 1 / 2
"""How libraries end a process that gets no more memory, and how much of its address space stands in
RAM by then at least: LibreOffice 7.4.7 had 0.6 of 800 MB, 0.7 of 1 GB.
"""

_CHANNEL, _INPUT, _OUTPUT = 3, 4, 5
"""A child's descriptors, besides /dev/null as its standard streams."""


class Work(Protocol):
    """What a module must offer to be run in the jail."""

    def prepare(self, argument: str) -> bool:
        """Load all that is slow to load; whether its jobs start threads."""

    def run(self, job: "Job") -> None:
        """Do one job, telling of it with `job.tell`."""


class Job:
    """One job as its child sees it."""

    def __init__(
        self, channel: socket.socket, source: int, output: int, folder: pathlib.Path | None
    ) -> None:
        self.folder = folder
        """The only place where it may write, which goes when it ends; None: there is none."""
        self._channel = channel
        self._source = source
        self._output = output
        self._written = 0
        head = int.from_bytes(os.pread(source, 8, 0), "big")
        request = json.loads(os.pread(source, head, 8))
        self.request: Mapping[str, Any] = request["request"]
        """What was asked for."""
        self._inputs: Sequence[tuple[int, int]] = request["inputs"]
        self._base = 8 + head

    def input(self, number: int) -> bytes:
        """The octets of one input."""
        offset, size = self._inputs[number]
        return os.pread(self._source, size, self._base + offset)

    def write(self, data: bytes) -> tuple[int, int]:
        """Add octets to the output; their offset and number."""
        offset = self._written
        view = memoryview(data)
        while view:
            done = os.pwrite(self._output, view, self._written)
            self._written += done
            view = view[done:]
        return offset, len(data)

    def tell(self, **facts: object) -> None:
        """Send one message to the parent, at most `PACKET` octets as JSON."""
        self._channel.send(json.dumps(facts).encode())


@dataclasses.dataclass
class _Child:
    pid: int
    watch: int
    """Descriptor that becomes readable when the child has ended."""
    channel: socket.socket
    deadline: float
    memory: int
    late: bool = False


class _Zygote:
    def __init__(
        self, control: socket.socket, work: Work, paths: Mapping[str, Any], *, threads: bool
    ) -> None:
        self._control = control
        self._work = work
        self._readable: Sequence[str] = paths["readable"]
        self._scratch = pathlib.Path(paths["scratch"]) if paths["scratch"] else None
        self._threads = threads
        self._children: dict[int, _Child] = {}
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)

    def serve(self) -> None:
        """Fork for every packet until the parent is gone."""
        while True:
            events = dict(self._poll.poll(self._patience()))
            asked = events.pop(self._control.fileno(), None)
            for descriptor, event in events.items():
                self._look(descriptor, event)
            if asked and not self._take():
                return self._end()
            self._kill_late()

    def _patience(self) -> float | None:
        """Milliseconds until the first child is late."""
        first = min((c.deadline for c in self._children.values() if not c.late), default=None)
        return None if first is None else max(0.0, first - time.monotonic()) * 1000 + 1

    def _take(self) -> bool:
        """Start the next job; False when the parent has gone."""
        packet, descriptors, _, _ = socket.recv_fds(self._control, PACKET, 3)
        if not packet:
            return False
        limits = json.loads(packet)
        channel = socket.socket(fileno=descriptors[0])
        try:
            pid = os.fork()
        except OSError:
            channel.close()
        else:
            if not pid:
                self._be_child(descriptors, limits)
            self._watch(pid, channel, limits)
        for descriptor in descriptors[1:]:
            os.close(descriptor)
        return True

    def _watch(self, pid: int, channel: socket.socket, limits: Mapping[str, Any]) -> None:
        deadline = time.monotonic() + limits["seconds"]
        child = _Child(pid, os.pidfd_open(pid), channel, deadline, limits["memory"])
        self._children[child.watch] = child
        self._children[channel.fileno()] = child
        self._poll.register(child.watch, select.POLLIN)
        self._poll.register(channel, 0)

    def _look(self, descriptor: int, event: int) -> None:
        """A child has ended, or the parent has closed its end of a job's socket."""
        child = self._children.get(descriptor)
        if child is None:
            return
        if descriptor == child.watch:
            self._bury(child)
        elif event & (select.POLLHUP | select.POLLERR):
            self._poll.unregister(child.channel)
            _kill(child.pid)

    def _bury(self, child: _Child) -> None:
        _kill(child.pid)
        _, status, usage = os.wait4(child.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        if code in _STARVED and usage.ru_maxrss << 10 > child.memory * _STARVING:
            code = OUT_OF_MEMORY
        self._clear(child.pid)
        with contextlib.suppress(OSError):
            end = json.dumps({"exit": code, "late": child.late}).encode()
            child.channel.send(end, socket.MSG_DONTWAIT)
        self._poll.unregister(child.watch)
        with contextlib.suppress(KeyError):
            self._poll.unregister(child.channel)
        del self._children[child.watch], self._children[child.channel.fileno()]
        os.close(child.watch)
        child.channel.close()

    def _kill_late(self) -> None:
        now = time.monotonic()
        for child in self._children.values():
            if not child.late and child.deadline <= now:
                child.late = True
                _kill(child.pid)

    def _end(self) -> None:
        for pid in {child.pid for child in self._children.values()}:
            _kill(pid)
            os.waitpid(pid, 0)
            self._clear(pid)

    def _folder(self, pid: int) -> pathlib.Path | None:
        return self._scratch and self._scratch / str(pid)

    def _clear(self, pid: int) -> None:
        if folder := self._folder(pid):
            shutil.rmtree(folder, ignore_errors=True)

    def _be_child(self, descriptors: Sequence[int], limits: Mapping[str, int]) -> None:
        """Shut all doors, do the job, and never come back."""
        code = FAILED
        try:
            os.setsid()
            walls.die_with_parent(signal.SIGKILL)
            channel = _keep_only(descriptors)
            folder = self._enter_folder()
            walls.limit(**limits, threads=self._threads)
            walls.filter_calls(threads=self._threads)
            self._work.run(Job(channel, _INPUT, _OUTPUT, folder))
            code = 0
        except MemoryError:
            code = OUT_OF_MEMORY
        except OSError as error:
            code = OUT_OF_ROOM if error.errno == errno.EFBIG else FAILED
        finally:
            os._exit(code)

    def _enter_folder(self) -> pathlib.Path | None:
        """The child's own folder, the only one of the scratch folder that it sees from now on."""
        folder = self._folder(os.getpid())
        if folder:
            folder.mkdir(mode=0o700)
            os.chdir(folder)
            walls.landlock(self._readable, [str(folder)])
        return folder


def is_starved() -> bool:
    """Whether this process has used so much memory that it may have got no more."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    return used > resource.getrlimit(resource.RLIMIT_AS)[0] * _STARVING


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _keep_only(descriptors: Sequence[int]) -> socket.socket:
    """Give the job's descriptors their places and close every other; the job's socket."""
    high = [os.dup2(descriptor, 200 + i) for i, descriptor in enumerate(descriptors)]
    for place, descriptor in enumerate(high, start=_CHANNEL):
        os.dup2(descriptor, place, inheritable=False)
    os.dup2(1, 2)
    os.closerange(_OUTPUT + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    return socket.socket(fileno=_CHANNEL)


def main() -> None:
    """Put up the walls, load, say hello, serve."""
    module, argument, descriptor, view = sys.argv[1:]
    control = socket.socket(fileno=int(descriptor))
    paths = json.loads(view)
    privileges = walls.give_up_privileges()
    abi = walls.landlock(paths["readable"], [paths["scratch"]] if paths["scratch"] else [])
    work = cast("Work", importlib.import_module(module))
    threads = work.prepare(argument)
    gc.collect()
    gc.freeze()
    os.environ.clear()
    control.send(json.dumps({"landlock": abi, "privileges": privileges}).encode())
    _Zygote(control, work, paths, threads=threads).serve()


if __name__ == "__main__":
    main()
