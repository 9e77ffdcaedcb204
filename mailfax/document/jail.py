"""The outside of the jail: starts zygotes, hands them jobs, and trusts nothing they say.

A zygote (see `zygote`) is started behind every wall this machine has: bubblewrap (no
network, read-only system, private /tmp, all namespaces of its own), Landlock, no
privileges; each of its children adds resource limits and a filter on system calls. A wall
that is missing is named in the log once, and by `Zygote.walls`.

What a child writes or says comes back as it is: the caller checks every number.
"""

import contextlib
import dataclasses
import fcntl
import json
import logging
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import IO, Any, BinaryIO, Self

import mailfax
from mailfax import errors
from mailfax.document import zygote

_log = logging.getLogger(__name__)

_START_SECONDS = 60.0
_GRACE_SECONDS = 10.0
"""Beyond a job's own seconds, before the zygote itself is taken for stuck."""
_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one job may use: octets of address space, seconds by clock and CPU, octets out."""

    memory: int
    seconds: float
    output: int


class Broken(errors.Temporary):
    """The jail itself could not be used; nothing is known about the document."""


class Crashed(errors.Temporary):
    """The child took too long, was killed by a signal, or ended without a word."""

    def __init__(self, text: str) -> None:
        super().__init__(text, cause=errors.Cause.CONVERSION_FAILED)


class Overdrawn(errors.Permanent):
    """The document needs more memory or output than it may have; `str()` names which."""

    def __init__(self, text: str) -> None:
        super().__init__(text, cause=errors.Cause.CONVERSION_FAILED)


class Zygote:
    """One warm process behind the walls; started when first needed, again when it has died.

    `module` and `argument` say what it can do (`zygote.Work`); `folders` are readable in
    the jail besides the system and mailfax, and searched for the module. With `scratch` each
    job may write, into a folder that goes when it ends. Any number of threads may `run` jobs at
    the same time.
    """

    def __init__(
        self,
        module: str,
        argument: str = "",
        *,
        folders: Sequence[pathlib.Path] = (),
        bubblewrap: bool = True,
        scratch: bool = False,
    ) -> None:
        self._module = module
        self._argument = argument
        self._folders = folders
        self._scratch = scratch
        self._bubblewrap = shutil.which("bwrap") if bubblewrap else None
        self._lock = threading.Lock()
        self._process: _Process | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the process if it is not there, without waiting until it is warm."""
        with self._lock:
            self._started()

    def close(self) -> None:
        """End the process and all that it runs."""
        with self._lock:
            if self._process is not None:
                self._process.end()
            self._process = None

    def walls(self) -> dict[str, int]:
        """What stands: `bubblewrap` 0 or 1, `landlock` its version or 0, `privileges` 1 when
        they were given up. Raises `Broken`.
        """
        found = self._warm().greeting
        return {
            "bubblewrap": int(self._bubblewrap is not None),
            "landlock": int(found["landlock"]),
            "privileges": int(found["privileges"]),
        }

    def run(
        self, request: Mapping[str, object], inputs: Sequence[bytes], out: IO[bytes], limits: Limits
    ) -> Generator[dict[str, Any], None, None]:
        """Do one job in a child of its own; what it tells, message by message.

        The child reads `request` and `inputs`, and writes to the file `out`. Ends normally
        only when the child has ended well; closing the generator kills the child.

        Raises `Broken`, `Crashed` or `Overdrawn`.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours:
            with theirs, _sealed(request, inputs) as source:
                packet = json.dumps(dataclasses.asdict(limits)).encode()
                self._send(packet, [theirs.fileno(), source.fileno(), out.fileno()])
            deadline = time.monotonic() + limits.seconds + _GRACE_SECONDS
            while "exit" not in (message := self._receive(ours, deadline)):
                yield message
            _judge(message, limits)

    def _send(self, packet: bytes, descriptors: Sequence[int]) -> None:
        try:
            socket.send_fds(self._warm().control, [packet], descriptors)
        except OSError as error:
            raise Broken(f"the document jail takes no jobs: {error}") from error

    def _receive(self, channel: socket.socket, deadline: float) -> dict[str, Any]:
        channel.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            packet = channel.recv(zygote.PACKET)
        except TimeoutError:
            self.close()
            raise Broken("the document jail does not answer; it is started anew") from None
        if not packet:
            raise Broken("the document jail has ended in the middle of a job")
        try:
            message = json.loads(packet)
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            raise Crashed("the document jail answered nonsense")
        return message

    def _warm(self) -> "_Process":
        with self._lock:
            process = self._started()
            try:
                process.greet()
            except _NoBubblewrapError as error:
                _log.warning("the document jail goes without bubblewrap, which says: %s", error)
                process.end()
                self._process = self._bubblewrap = None
                process = self._started()
                process.greet()
            return process

    def _started(self) -> "_Process":
        if self._process is None or self._process.ended():
            if self._process is not None:
                self._process.end()
            self._process = _Process(
                self._module, self._argument, self._folders, self._bubblewrap, scratch=self._scratch
            )
        return self._process


class _NoBubblewrapError(Exception):
    """Bubblewrap does not work on this machine; `str()` is what it said."""


class _Process:
    """A started zygote: its process, its control socket, and what it said."""

    def __init__(
        self,
        module: str,
        argument: str,
        folders: Sequence[pathlib.Path],
        bubblewrap: str | None,
        *,
        scratch: bool,
    ) -> None:
        self.greeting: Mapping[str, Any] = {}
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115  closed in end()
        self._kept = contextlib.ExitStack()
        readable = [*_SYSTEM, *_package_folders(), *map(str, folders)]
        paths = {
            "readable": readable,
            "scratch": self._scratch(bubblewrap) if scratch else None,
        }
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-B", "-P", "-s", "-m", zygote.__name__, module, argument]
            command += [str(theirs.fileno()), json.dumps(paths)]
            self._popen = subprocess.Popen(
                _behind(bubblewrap, readable) + command if bubblewrap else command,
                env=_environment(folders),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._stderr,
                pass_fds=[theirs.fileno()],
                cwd="/",
                start_new_session=True,
            )

    def ended(self) -> bool:
        """Whether the process is gone, or has let go of its end of the control socket."""
        watch = select.poll()
        watch.register(self.control, 0)
        return bool(watch.poll(0)) or self._popen.poll() is not None

    def greet(self) -> None:
        """Wait until it is warm, which it says once."""
        if self.greeting:
            return
        self.control.settimeout(_START_SECONDS)
        with contextlib.suppress(OSError):
            if packet := self.control.recv(zygote.PACKET):
                self.greeting = json.loads(packet)
                self.control.settimeout(None)
                return
        words = self._last_words()
        if words.startswith("bwrap:"):
            raise _NoBubblewrapError(words)
        raise Broken(f"the document jail does not start: {words}")

    def end(self) -> None:
        """Close the control socket, at which a healthy zygote ends; kill any other."""
        self.control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(2)
        self._popen.kill()
        self._popen.wait()
        self._kept.close()
        self._stderr.close()

    def _scratch(self, bubblewrap: str | None) -> str:
        """A folder in memory that goes with the jail, or one here that `end` removes."""
        if bubblewrap:
            return _OWN_TMP
        folder = tempfile.TemporaryDirectory(prefix="mailfax-", ignore_cleanup_errors=True)
        return self._kept.enter_context(folder)

    def _last_words(self) -> str:
        self._stderr.seek(0)
        lines = self._stderr.read().decode(errors="replace").splitlines()
        return lines[-1] if lines else "it said nothing"


# ── What a zygote may see ──────────────────────────────────────────────────────────────

_SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/fonts",
    "/etc/mime.types",
    "/var/cache/fontconfig",
    "/etc/libreoffice",
    "/var/lib/libreoffice",
    "/var/spool/libreoffice",
    "/etc/ghostscript",
    "/var/lib/ghostscript",
    "/dev/urandom",
)
_OWN_TMP = "/tmp"  # noqa: S108  bubblewrap makes one for each jail
_HOME = pathlib.Path(mailfax.__file__).parent


def _environment(folders: Sequence[pathlib.Path]) -> dict[str, str]:
    paths = [_HOME.parent, *folders]
    return {
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "LANG": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _package_folders() -> list[str]:
    """Where Python, its packages and mailfax lie, as far as /usr does not hold them."""
    folders = [sys.base_prefix, sys.prefix, str(_HOME)]
    folders += [path for path in sys.path if path.endswith("-packages")]
    return [folder for folder in folders if not folder.startswith("/usr")]


def _behind(bubblewrap: str, readable: Sequence[str]) -> list[str]:
    command = [bubblewrap, "--unshare-all", "--cap-drop", "ALL"]
    command += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", _OWN_TMP]
    for path in readable:
        if (link := pathlib.Path(path)).is_symlink():
            command += ["--symlink", str(link.readlink()), path]
        elif not path.startswith("/dev/"):
            command += ["--ro-bind-try", path, path]
    return [*command, "--remount-ro", "/", "--chdir", "/", "--"]


# ── One job ────────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def _sealed(request: Mapping[str, object], inputs: Sequence[bytes]) -> Iterator[BinaryIO]:
    """A file in memory with the request and its inputs, which nobody can change any more."""
    places, offset = [], 0
    for data in inputs:
        places.append((offset, len(data)))
        offset += len(data)
    head = json.dumps({"request": request, "inputs": places}).encode()
    descriptor = os.memfd_create("job", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with os.fdopen(descriptor, "r+b") as file:
        file.writelines((len(head).to_bytes(8, "big"), head, *inputs))
        file.flush()
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
        yield file


def _judge(end: Mapping[str, Any], limits: Limits) -> None:
    """What the end of a child means: nothing, or an error."""
    code = end["exit"]
    if code == 0:
        return
    if end.get("late") or code == -signal.SIGXCPU:
        raise Crashed(f"it took longer than the {limits.seconds:g} seconds a document may take")
    if code == zygote.OUT_OF_MEMORY:
        allowed = limits.memory >> 20
        raise Overdrawn(f"it needs more than the {allowed} MB of memory a document may take")
    if code == zygote.OUT_OF_ROOM:
        raise Overdrawn(f"its pages are larger than the {limits.output >> 20} MB they may take")
    raise Crashed(f"the program that opens it ended unexpectedly ({_ending(code)})")


def _ending(code: object) -> str:
    if isinstance(code, int) and -signal.NSIG < code < 0:
        return signal.Signals(-code).name
    return f"exit code {code:d}" if isinstance(code, int) else "no exit code"
