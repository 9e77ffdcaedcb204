"""A listener on loopback with a service behind it that writes down what it was asked."""

import contextlib
import hashlib
import re
import socket
import ssl
import struct
import threading
import time
from concurrent import futures

from mailfax.mail import listener
from mailfax.model import Content

NUMBER = "+12025550123@fax.example"
ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3} ")


class FileSpool:
    """A spool as the document store has it, fsync left out."""

    def __init__(self, path):
        self.path = path
        self.file = path.open("wb")
        self.digest = hashlib.sha256()

    def write(self, data):
        self.file.write(data)
        self.digest.update(data)

    def finish(self):
        self.file.close()
        size = self.path.stat().st_size
        return Content(size=size, sha256=self.digest.hexdigest(), path=self.path)

    def discard(self):
        self.file.close()
        self.path.unlink(missing_ok=True)


class Service:
    """Admits and accepts everything, unless a test puts another function in the place."""

    def __init__(self, folder):
        self.folder = folder
        self.admissions = []
        self.envelopes = []
        self.sizes = []
        self.spools = 0
        self.accepted = threading.Event()
        self.begun = 0
        self.pool = futures.ThreadPoolExecutor(64)
        self.on_admit = self.on_accept = self.on_ready = self.on_spool = lambda *_: None

    def admit(self, admission):
        self.admissions.append(admission)
        self.on_admit(admission)

    def accept(self, envelope):
        self.begun += 1
        return self.pool.submit(self._accept, envelope)

    def _accept(self, envelope):
        self.on_accept(envelope)
        self.envelopes.append(envelope)
        self.accepted.set()
        return f"M{len(self.envelopes)}"

    def ready(self, size):
        self.sizes.append(size)
        self.on_ready(size)

    def new_spool(self):
        self.on_spool()
        self.spools += 1
        return FileSpool(self.folder / f"spool-{self.spools}")


@contextlib.contextmanager
def serving(folder, country="US", **settings):
    """A listener, running; yields its service, which knows it as `.listener`."""
    service = Service(folder)
    chosen = {
        "listen": (("127.0.0.1", 0),),
        "hostname": "mx.fax.example",
        "domains": ("fax.example", "fax2.example"),
        **settings,
    }
    server = listener.Listener(
        listener.Settings(**chosen),
        service.admit, service.accept, service.ready, service.new_spool, lambda: country,
    )  # fmt: skip
    server.start()
    service.listener = server
    service.connections = server._host.connections
    service.place = server.addresses[0]
    try:
        yield service
    finally:
        server.stop(grace=5)


class Client:
    """A raw client that checks the form of every reply it gets (RFC 2034, RFC 5321)."""

    def __init__(self, place, *, greet=True, tls=None):
        self.socket = connected(place)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self.file = self.socket.makefile("rb")
        if greet:
            assert self.reply()[0] == 220
            word = "EHLO" if isinstance(place, tuple) else "LHLO"
            self.ehlo = self.say(f"{word} client.example")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def hang_up(self):
        """Break the connection off, as a client that dies does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.__exit__()

    def send(self, octets):
        self.socket.sendall(octets if isinstance(octets, bytes) else octets.encode())

    def drip(self, octets, gap=0.02):
        """Send the same again and again; OSError tells that the other side has had enough."""
        for _ in range(1000):
            self.send(octets)
            time.sleep(gap)

    def say(self, line):
        self.send(f"{line}\r\n")
        return self.reply(line)

    def reply(self, command=""):
        """Code and text of the next reply."""
        lines = []
        while True:
            line = self.file.readline()
            assert line.endswith(b"\r\n"), f"connection ended with {line!r} after {command!r}"
            assert len(line) <= 512
            code, more, text = int(line[:3]), line[3:4] == b"-", line[4:-2].decode("ascii")
            self._check(code, text, command)
            lines.append(text)
            if not more:
                return code, "\n".join(lines)

    def _check(self, code, text, command):
        plain = code in {220, 334, 354} or command[:4].upper() in {"EHLO", "HELO", "LHLO"}
        if not plain or code >= 400:
            assert ENHANCED.match(text), f"{code} {text!r} after {command!r} has no status code"
            assert text[0] == str(code)[0]

    def starttls(self, context):
        assert self.say("STARTTLS")[0] == 220
        self.file.close()
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self.file = self.socket.makefile("rb")

    def envelope(self, *numbers, sender="a@b.example"):
        """MAIL, RCPT for each, DATA."""
        assert self.say(f"MAIL FROM:<{sender}>")[0] == 250
        for number in numbers or (NUMBER,):
            assert self.say(f"RCPT TO:<{number}>")[0] == 250
        assert self.say("DATA")[0] == 354

    def mail(self, message=b"Subject: x\r\n\r\nbody\r\n", *numbers):
        """A whole mail; the reply to its last dot."""
        self.envelope(*numbers)
        self.send(message + b".\r\n")
        return self.reply()

    def ended(self):
        """Whether the other side has closed, nothing more having been said."""
        return self.file.read() == b""


def connected(place):
    """A socket to a host and port, or to the path of a unix socket."""
    if isinstance(place, tuple):
        return socket.create_connection(place, timeout=30)
    unix = socket.socket(socket.AF_UNIX)
    unix.settimeout(30)
    unix.connect(str(place))
    return unix


def until(happened):
    """Wait for something that another thread is about to do."""
    end = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.005)


def trusting(authority):
    """A client's TLS context that trusts `authority` (trustme)."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context
