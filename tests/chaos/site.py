"""A service that is meant to die: started, killed and started again in one folder."""

import contextlib
import io
import json
import os
import pathlib
import signal
import time

from PIL import Image

from mailfax.demo import stage
from tests.chaos import client, ledger

LEASE = 2.0
"""Seconds after which the work of a dead worker is anybody's."""


class Site:
    """A stage whose service runs with fail points; the same folder and store for many runs."""

    def __init__(self, folder, store):
        self._folder = folder
        self._temporary = folder / "temporary"
        self._temporary.mkdir()
        self._runs = 0
        self._mark()
        environment = {"TMPDIR": str(self._temporary)}
        self.running = stage.Stage(folder, lease=LEASE, store=store, environment=environment)

    def __enter__(self):
        """All is ready; the service is not started yet."""
        self.running.prepare()
        return self

    def __exit__(self, *_):
        self.kill()
        self.running.__exit__()

    # ── life and death ──────────────────────────────────────────────────────────────────

    @contextlib.contextmanager
    def run(self, points="", *, ringing=0):
        """The service started afresh with these fail points in it, and an empty ledger.

        `ringing` faxes came in while it was down.
        """
        self.kill()
        self.running.ask("/", method="DELETE")
        self._mark()
        (self._folder / "serve.log").unlink(missing_ok=True)
        with client.Client(self.running.port, self.running.sandbox.ca) as program:
            book = ledger.Ledger(self, program)
            book.ring(ringing)
            self.serve(points)
            yield book

    def _mark(self):
        """A new folder for the record of who died where."""
        self._runs += 1
        self.marks = self._folder / f"marks-{self._runs}"
        self.marks.mkdir()

    def serve(self, points=""):
        """Start the service."""
        self.running.serve(**self.environment(points))

    def environment(self, points=""):
        """What makes a process of ours act at these fail points, each once in this run."""
        return {"MAILFAX_FAILPOINTS": points, "MAILFAX_FAILPOINTS_ONCE": str(self.marks)}

    def kill(self):
        """SIGKILL to all of it at once, if it lives."""
        service = self.running._service
        if service is not None and service.poll() is None:
            self.running.kill()

    def kill_supervisor(self):
        """SIGKILL to the supervisor alone; its roles are told by the kernel."""
        service, self.running._service = self.running._service, None
        service.kill()
        service.wait(10)

    def kill_role(self, name):
        """SIGKILL to one role, which its supervisor starts again; whether there was one."""
        pid = self._role(name)
        if pid is None:
            return False
        os.kill(pid, signal.SIGKILL)
        return True

    def _role(self, name):
        """The process of this role; None when it is dead just now."""
        with contextlib.suppress(OSError):
            for task in pathlib.Path(f"/proc/{self.running._service.pid}/task").iterdir():
                for pid in (task / "children").read_text(encoding="ascii").split():
                    words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                    if name.encode() in words:
                        return int(pid)
        return None

    def passed(self, point, seconds=120.0):
        """Wait until somebody has died or stopped at this point; the id of that process."""

        def found():
            mark = self.marks / point
            return mark.is_file() and mark.read_text(encoding="ascii")

        return int(stage.wait_until(found, seconds, f"the passing of {point}"))

    def died(self):
        """The roles that were killed in this run, in order, as the supervisor noted it."""
        notes = map(json.loads, filter(None, self.log().splitlines()))
        return [n["role"] for n in notes if n["event"] == "role ended" and n["code"] == -9]

    # ── what it holds ───────────────────────────────────────────────────────────────────

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
        """What the service wrote to its log in this run."""
        return (self._folder / "serve.log").read_text(encoding="utf-8", errors="replace")

    def files(self, *kinds):
        """The service's files of these kinds (`mail`, `fax`, `incoming` …)."""
        folders = [self._folder / "documents" / kind for kind in kinds]
        return sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())

    def scratch(self):
        """What lies in the folders for pages that are being made, the host's and our own."""
        ours = self._folder / "documents" / "scratch"
        return sorted([*self._temporary.iterdir(), *ours.iterdir()])

    def age(self, paths, days=2):
        """Make these files old."""
        then = time.time() - days * 86_400
        for path in paths:
            os.utime(path, (then, then))
