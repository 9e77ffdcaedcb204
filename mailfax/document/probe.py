"""Tries, in the jail, what no document may do: for `mailfax doctor`, and where a jail must hold."""

import errno
import os
import pathlib
import socket
from collections.abc import Callable

_REFUSALS = {errno.EPERM, errno.EACCES, errno.ENOENT, errno.EAGAIN}


def refused(**more: Callable[[], object]) -> list[str]:
    """The names of the deeds that are refused: `network`, `processes`, `files`, and those given."""
    deeds: dict[str, Callable[[], object]] = {
        "network": socket.socket,
        "processes": os.fork,
        "files": _read_a_secret,
        **more,
    }
    return [name for name, deed in deeds.items() if _is_refused(deed)]


def _read_a_secret() -> None:
    pathlib.Path("/etc/passwd").read_bytes()


def _is_refused(deed: Callable[[], object]) -> bool:
    try:
        if deed() == 0:
            os._exit(0)  # the child of a fork that should have been refused
    except OSError as error:
        return error.errno in _REFUSALS
    return False
