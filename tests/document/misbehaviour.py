"""Work for a jail that does on purpose what no document may do; run inside the jail only."""

import ctypes
import os
import pathlib
import socket
import threading
import time

from mailfax.document import zygote


def prepare(argument: str) -> bool:
    return argument == "threads"


def run(job: zygote.Job) -> None:
    job.tell(said=DEEDS[job.request["deed"]](job))


def _attempt(deed) -> str:
    try:
        deed()
    except OSError as error:
        return os.strerror(error.errno or 0)
    return "allowed"


def _connect(job):
    return _attempt(lambda: socket.create_connection(("127.0.0.1", job.request["port"]), 2))


def _read(job):
    return _attempt(lambda: pathlib.Path(job.request["path"]).read_bytes())


def _write(job):
    return _attempt(lambda: pathlib.Path(job.request["path"]).write_bytes(b"x"))


def _folder(job):
    """What may be done in its own folder, beside it, and in the folder of another job."""
    (job.folder / "deep").mkdir()
    (job.folder / "deep" / "mine").write_bytes(b"x")
    beside = job.folder.with_name("beside")
    return [
        str(job.folder),
        _attempt(lambda: beside.write_bytes(b"x")),
        _attempt(beside.mkdir),
        _attempt(lambda: list(job.folder.parent.iterdir())),
    ]


def _kill(job):
    return _attempt(lambda: os.kill(os.getppid(), 0))


def _execute(job):
    return _attempt(lambda: os.execv("/usr/bin/true", ["true"]))


def _ptrace(job):
    libc = ctypes.CDLL(None, use_errno=True)
    return os.strerror(ctypes.get_errno()) if libc.ptrace(0, 0, 0, 0) else "allowed"


def _thread(job):
    thread = threading.Thread(target=time.sleep, args=(0,))
    try:
        thread.start()
    except RuntimeError:
        return "refused"
    thread.join()
    return "allowed"


def _descriptors(job):
    return [name for name in range(256) if _attempt(lambda n=name: os.fstat(n)) == "allowed"]


def _environment(job):
    return dict(os.environ)


def _echo(job):
    job.write(job.input(0))
    job.write(job.input(1))
    return "done"


def _overwrite_input(job):
    return _attempt(lambda: os.pwrite(4, b"forged", 0))


def _hog(job):
    held = []
    while True:
        held.append(bytearray(1 << 24))


def _flood_output(job):
    while True:
        job.write(bytes(1 << 16))


def _flood_messages(job):
    while True:
        job.tell(noise=1)


def _spin(job):
    while True:
        pass


def _sleep(job):
    time.sleep(3600)


def _crash(job):
    ctypes.string_at(0)


def _fail(job):
    raise ValueError("nobody foresaw this")


def _nonsense(job):
    job._channel.send(b"[" * 60_000)


DEEDS = {
    "connect": _connect,
    "read": _read,
    "write": _write,
    "folder": _folder,
    "fork": lambda job: _attempt(os.fork),
    "kill": _kill,
    "execute": _execute,
    "ptrace": _ptrace,
    "thread": _thread,
    "descriptors": _descriptors,
    "environment": _environment,
    "echo": _echo,
    "overwrite input": _overwrite_input,
    "hog": _hog,
    "flood output": _flood_output,
    "flood messages": _flood_messages,
    "spin": _spin,
    "sleep": _sleep,
    "crash": _crash,
    "fail": _fail,
    "nonsense": _nonsense,
}
