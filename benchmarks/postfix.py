"""A private Postfix that takes mail, writes it to its queue with fsync, and holds it there.

Its own config and queue in a temporary folder, its own port on 127.0.0.1; the system's Postfix
is not touched. Postfix's master wants root.
"""

import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
from typing import Self

import gateway

_SERVICES = """\
127.0.0.1:{port} inet n - n - 200 smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
anvil unix - - n - 1 anvil
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
postlog unix-dgram n - n - 1 postlogd
"""

_SETTINGS = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = yardstick.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
relay_transport = discard:
default_transport = discard:
alias_maps =
local_recipient_maps =
smtpd_peername_lookup = no
smtpd_recipient_restrictions = check_recipient_access static:HOLD, permit
message_size_limit = 60000000
mailbox_size_limit = 0
in_flow_delay = 0
import_environment = MAIL_CONFIG LANG=C LD_PRELOAD SLOW_FLUSH_US
"""


def absent() -> str:
    """Why there is no such yardstick here; empty when there is."""
    if shutil.which("postfix") is None or shutil.which("smtp-source") is None:
        return "no Postfix here (make setup-bench)"
    return "" if os.geteuid() == 0 else "Postfix needs root to run"


class Postfix:
    """The server; a context manager."""

    def __init__(self, folder: pathlib.Path, **environment: str) -> None:
        self._folder = folder
        self._environment = environment
        self.port = gateway.free_port()

    def __enter__(self) -> Self:
        """Start the master in the foreground, as our child."""
        for name in ("config", "queue", "data"):
            (self._folder / name).mkdir(parents=True)
        owner = pwd.getpwnam("postfix")
        os.chown(self._folder / "data", owner.pw_uid, owner.pw_gid)
        places = {"port": self.port, "folder": self._folder}
        (self._folder / "config/main.cf").write_text(_SETTINGS.format(**places))
        (self._folder / "config/master.cf").write_text(_SERVICES.format(**places))
        self.process = subprocess.Popen(
            ["postfix", "-c", str(self._folder / "config"), "start-fg"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | self._environment,
        )
        gateway.greeted(self.port, self.process, self._folder / "log")
        return self

    def __exit__(self, *_: object) -> None:
        """End the master itself, by its pid: the script that started it waits, and ends with it."""
        with contextlib.suppress(OSError, ValueError):
            os.kill(int((self._folder / "queue/pid/master.pid").read_text()), signal.SIGTERM)
            self.process.wait(20)
        gateway.stop(self.process)

    @property
    def pids(self) -> list[int]:
        """Of the script that started the master, and waits for it."""
        return [self.process.pid]

    def clear(self) -> None:
        """Remove what is held."""
        for mail in (self._folder / "queue/hold").rglob("*"):
            if mail.is_file():
                mail.unlink()
