"""A service that is meant to die: started, killed and started again in one folder."""

import collections
import io
import os
import pathlib
import signal
import sys
import time

from PIL import Image

from mailfax.demo import stage
from tests.chaos import client, ledger

LEASE = 2.0


class Site:
    """A stage whose service runs with fail points, and what it leaves behind."""

    def __init__(self, folder, store):
        self._folder = folder
        self._temporary = folder / "temporary"
        self._temporary.mkdir()
        self._runs = 0
        self.running = stage.Stage(
            folder, lease=LEASE, store=store, environment={"TMPDIR": str(self._temporary)}
        )

    def __enter__(self):
        self.running.__enter__()
        return self

    def __exit__(self, *_):
        self.running.kill()
        self.running.__exit__()

    def begin(self, points=""):
        """Start the service afresh with these fail points in it, and an empty ledger."""
        self.running.kill()
        self.running.ask("/", method="DELETE")
        self._runs += 1
        self.marks = self._folder / f"marks-{self._runs}"
        self.marks.mkdir()
        (self._folder / "serve.log").unlink()
        self.serve(points)
        program = client.Client(self.running.port, self.running.sandbox.ca)
        return ledger.Ledger(self, program)

    def serve(self, points=""):
        """Start the service."""
        self.running.serve(MAILFAX_FAILPOINTS=points, MAILFAX_FAILPOINTS_ONCE=str(self.marks))

    def passed(self, point, seconds=30.0):
        """Wait until somebody has died or stopped at this point; its process id."""

        def found():
            mark = self.marks / point
            return mark.is_file() and mark.read_text(encoding="ascii")

        return int(stage.wait_until(found, seconds, f"the kill at {point}"))

    def role(self, name):
        """The process of this role, or None when it is dead just now."""
        for pid in _children(self.running._service.pid):
            words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if name.encode() in words:
                return pid
        return None

    def ring(self, caller):
        """Let a fax of one page come in."""
        file = io.BytesIO()
        page = Image.new("1", (1728, 1100), 1)
        page.save(file, "TIFF", compression="group4", dpi=(204, 98))
        return self.running.ring(file.getvalue(), caller=caller, tsid="LAB")

    def document(self, key):
        """What the service keeps under this key."""
        return (self._folder / "documents" / key).read_bytes() if key else b""

    def log(self):
        """What the service wrote to its log since `begin`."""
        return (self._folder / "serve.log").read_text(encoding="utf-8", errors="replace")

    def leftovers(self):
        return []
