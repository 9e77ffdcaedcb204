"""A Dovecot of the test's own: IMAP on loopback, anybody's login with one password, own folders."""

import contextlib
import os
import pathlib
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import time

import imapclient
import pytest
import trustme

PASSWORD = "sesame"

_CONFIG = """\
base_dir = {run}
state_dir = {run}
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_location = maildir:{folder}/mail/%u
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
first_valid_gid = 1
ssl = required
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/cert.pem
ssl_dh =
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
auth_failure_delay = 0
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""


class Dovecot:
    """Serves from `with` to its end, by a process without privileges; `ca` is whom to believe."""

    def __init__(self, folder: pathlib.Path) -> None:
        if not shutil.which("dovecot"):
            missing = "Dovecot is not installed"
            pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
        self.folder = folder
        self.ca = folder / "ca.pem"
        self.port, self.plain = _free_port(), _free_port()
        self._run = pathlib.Path(tempfile.mkdtemp(prefix="dovecot-"))  # sockets want short names
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self._process = None

    def __enter__(self) -> "Dovecot":
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca)
        issued = authority.issue_cert("127.0.0.1", "localhost")
        octets = issued.private_key_pem.bytes() + issued.cert_chain_pems[0].bytes()
        (self.folder / "cert.pem").write_bytes(octets)
        (self.folder / "mail").mkdir()
        (self.folder / "dovecot.conf").write_text(self._config(), encoding="utf-8")
        self._open_to_its_user()
        self._process = subprocess.Popen(
            ["dovecot", "-F", "-c", self.folder / "dovecot.conf"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            user=self._user.pw_uid, group=self._user.pw_gid,
            extra_groups=[] if os.geteuid() == 0 else None,
        )  # fmt: skip
        self._await()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)
        shutil.rmtree(self._run)

    @contextlib.contextmanager
    def client(self, user):
        """What a mail program of this user sees."""
        context = ssl.create_default_context(cafile=self.ca)
        with imapclient.IMAPClient("127.0.0.1", self.port, ssl_context=context) as client:
            client.login(user, PASSWORD)
            yield client

    def bring(self, user, *octets):
        """Mails that arrive in this user's inbox."""
        with self.client(user) as client:
            for one in octets:
                client.append("INBOX", one)

    def mails(self, user, folder="INBOX"):
        """Message-ID of the mails in a folder, oldest first; none where there is no such folder."""
        with self.client(user) as client:
            if not client.folder_exists(folder):
                return []
            client.select_folder(folder, readonly=True)
            found = client.fetch(client.search(), ["ENVELOPE", "FLAGS"])
            return [found[uid][b"ENVELOPE"].message_id.decode() for uid in sorted(found)]

    def _config(self):
        import grp

        return _CONFIG.format(
            run=self._run, folder=self.folder, user=self._user.pw_name,
            group=grp.getgrgid(self._user.pw_gid).gr_name, password=PASSWORD,
            port=self.port, plain=self.plain,
        )  # fmt: skip

    def _open_to_its_user(self):
        if os.geteuid() != 0:
            return
        for place in (self._run, self.folder, *self.folder.iterdir()):
            os.chown(place, self._user.pw_uid, self._user.pw_gid)
        for part in self.folder.parents:
            part.chmod(part.stat().st_mode | 0o011) if part.owner() == "root" else None

    def _await(self):
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text())


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
