"""Outside programs that verify signatures: a process each, with little of everything."""

import pathlib
import subprocess
from collections.abc import Sequence

from mailfax import errors

_SECONDS = 20
_LIMITS = ("prlimit", "--cpu=10", "--as=1073741824", "--fsize=268435456", "--nproc=64", "--core=0")


def run(command: Sequence[str], folder: pathlib.Path) -> tuple[int, bytes]:
    """Exit status and standard output of a program that works in `folder` and asks for nothing.

    Raises errors.Temporary when it is not installed or does not end in time.
    """
    try:
        done = subprocess.run(
            [*_LIMITS, "--", *command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(folder)},
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise errors.Temporary("prlimit (util-linux) is not installed here") from None
    except subprocess.TimeoutExpired:
        raise errors.Temporary(f"{command[0]} did not end in {_SECONDS} seconds") from None
    if done.returncode == _NOT_FOUND:
        raise errors.Temporary(f"{command[0]} is not installed here")
    return done.returncode, done.stdout


_NOT_FOUND = 127
"""What prlimit says, as a shell does, of a program that is not there."""
