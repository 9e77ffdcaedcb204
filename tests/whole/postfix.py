"""A Postfix of the test's own: takes mail on loopback and passes all of it on to one place."""

import os
import pathlib
import shutil
import socket
import subprocess
import time

import pytest

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
mydestination =
local_recipient_maps =
relayhost = [127.0.0.1]:{target}
smtpd_relay_restrictions = permit_mynetworks, reject
smtp_tls_security_level = none
smtp_host_lookup = native
smtp_dns_support_level = disabled
maillog_file = {folder}/spool/log
maillog_file_prefixes = {folder}
"""

_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """Takes mail on `port` and passes it on to `target`; a context manager."""

    def __init__(self, folder: pathlib.Path, port: int, target: int) -> None:
        if not shutil.which("postfix") or os.geteuid() != 0:
            missing = "Postfix needs its package and root"
            pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
        self._folder = folder
        self.port = port
        for name in ("spool", "data", "etc"):
            (folder / name).mkdir()
        shutil.chown(folder / "data", "postfix")
        for part in (folder, *folder.parents):
            part.chmod(part.stat().st_mode | 0o011) if part.owner() == "root" else None
        etc = folder / "etc"
        (etc / "main.cf").write_text(_MAIN.format(folder=folder, target=target))
        (etc / "master.cf").write_text(_MASTER.format(port=self.port))

    def __enter__(self) -> "Postfix":
        self._say("start")
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.1)
        raise AssertionError((self._folder / "spool" / "log").read_text())

    def __exit__(self, *_: object) -> None:
        self._say("stop")

    def _say(self, word: str) -> None:
        subprocess.run(
            ["postfix", "-c", self._folder / "etc", word],
            check=word == "start", capture_output=True, timeout=60,
        )  # fmt: skip
