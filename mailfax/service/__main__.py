"""One role in a process of its own: `python -m mailfax.service --role ROLE --config FILE`.

The supervisor starts roles here and not by the command line, whose libraries cost each of them
10 MB. structlog would load rich for tracebacks in colour, another 5 MB; a service has no terminal.
"""

import argparse
import ctypes
import pathlib
import sys

ARENA_MAX, MMAP_THRESHOLD = -8, -3  # malloc.h of glibc

sys.modules["rich"] = None  # type: ignore[assignment]

from mailfax import errors, service  # noqa: E402


def main() -> None:
    """Run the role; what is wrong with config, rules or store is said in plain lines."""
    parser = argparse.ArgumentParser(prog="mailfax serve")
    parser.add_argument("--role", required=True)
    parser.add_argument("--config", type=pathlib.Path, required=True)
    asked = parser.parse_args()
    _lean()
    try:
        service.serve(asked.config, asked.role)
    except errors.MailfaxError as error:
        sys.exit(str(error) if "\n" in str(error) else f"mailfax: {error}")


def _lean() -> None:
    """Give large blocks back to the system at once: glibc's own threshold rises to 32 MB, and
    each thread would keep an arena of its own.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(ARENA_MAX, 2)
        libc.mallopt(MMAP_THRESHOLD, 131_072)


main()
