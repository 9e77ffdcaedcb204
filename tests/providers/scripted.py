"""A server on a real socket that plays what it is told: one step for each connection."""

import contextlib
import socket
import ssl
import threading
import time
import urllib.parse


class Request:
    """What one client sent: start line, headers in lower case, body."""

    def __init__(self, head, body):
        first, *lines = head.decode("latin-1").split("\r\n")
        self.method, self.path, _ = first.split(" ", 2)
        pairs = (line.split(":", 1) for line in lines if line)
        self.headers = {name.lower(): value.strip() for name, value in pairs}
        self.body = body

    @property
    def fields(self):
        """The form as a server decodes it: pairs in order."""
        return urllib.parse.parse_qsl(self.body.decode("ascii"), keep_blank_values=True)

    def field(self, name):
        return dict(self.fields)[name]


def http(status=200, body=b"", *, headers=(), length=True):
    """The octets of a reply."""
    lines = [f"HTTP/1.1 {status} Said", "Content-Type: text/html"]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, *headers, "", ""]).encode() + body


def drop(conn, server):
    """Close without reading a body."""


def drop_after_request(conn, server):
    """Read all of it, then close without a word."""
    server.read(conn)


def reset_after_request(conn, server):
    """Read all of it, then reset the connection."""
    server.read(conn)
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def silent(conn, server):
    """Read all of it and never answer."""
    server.read(conn)
    server.stopped.wait(30)


def drip(octets, pause=0.02):
    """Answer an octet at a time, for ever starting again."""

    def step(conn, server):
        server.read(conn)
        while not server.stopped.is_set():
            for number in octets:
                conn.sendall(bytes([number]))
                time.sleep(pause)

    return step


def flood(head, chunk):
    """Answer with `head` and then `chunk` until the client has enough."""

    def step(conn, server):
        server.read(conn)
        conn.sendall(head)
        while not server.stopped.is_set():
            conn.sendall(chunk)

    return step


class Server:
    """Plays `steps`, one a connection: octets are answered to a request, functions are called.

    The last step is played again when more connections come.
    """

    def __init__(self, *steps, tls=None):
        self.steps = list(steps)
        self.requests = []
        self.stopped = threading.Event()
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self):
        self._threads[0].start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def read(self, conn):
        """One request, kept."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more(conn)
        head, _, body = data.partition(b"\r\n\r\n")
        request = Request(head, body)
        while len(request.body) < int(request.headers.get("content-length", 0)):
            request.body += self._more(conn)
        self.requests.append(request)
        return request

    @staticmethod
    def _more(conn):
        octets = conn.recv(65536)
        if not octets:
            raise ConnectionError
        return octets

    def _serve(self):
        played = 0
        while not self.stopped.is_set():
            try:
                conn, _ = self._listener.accept()
            except OSError:
                return
            step = self.steps[min(played, len(self.steps) - 1)]
            played += 1
            thread = threading.Thread(target=self._play, args=(conn, step), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _play(self, conn, step):
        with contextlib.suppress(OSError, ssl.SSLError), conn:
            if self._tls:
                conn = self._tls.wrap_socket(conn, server_side=True)
            with conn:
                if callable(step):
                    step(conn, self)
                else:
                    self.read(conn)
                    conn.sendall(step)
