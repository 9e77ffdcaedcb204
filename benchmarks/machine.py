"""What the figures were measured on."""

import os
import pathlib
import platform
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator

_VERSIONS = {
    "Postfix": ["postconf", "-h", "mail_version"],
    "Ghostscript": ["gs", "--version"],
    "libtiff": ["tiff2pdf", "-h"],
    "cc": ["cc", "-dumpfullversion"],
}
BUSY = 0.5
"""Load average for each core above which figures are not to be trusted."""


def facts() -> dict[str, str]:
    """Name and value, in the order they are printed."""
    load = os.getloadavg()
    return {
        "cores": str(os.cpu_count()),
        "processor": _after("/proc/cpuinfo", "model name"),
        "memory": f"{int(_after('/proc/meminfo', 'MemTotal').split()[0]) // 1024} MB",
        "kernel": platform.release(),
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        **dict(_found()),
        "root": "yes" if os.geteuid() == 0 else "no",
        "load average": " ".join(f"{one:.2f}" for one in load),
    }


def warnings() -> Iterator[str]:
    """Why the figures may mean little."""
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load > BUSY * cores:
        yield f"the load average is {load:.2f} on {cores} cores: others are at work here too"


def _after(path: str, name: str) -> str:
    lines = pathlib.Path(path).read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "?")


def _found() -> Iterator[tuple[str, str]]:
    for name, command in _VERSIONS.items():
        if shutil.which(command[0]) is None:
            yield name, "not here"
            continue
        asked = subprocess.run(command, capture_output=True, text=True, check=False)
        words = (asked.stdout + asked.stderr).split("\n")[0]
        yield name, words.removeprefix("LIBTIFF, Version ")
