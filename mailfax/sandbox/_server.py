"""One service on one port: HTTP/1.1 over real sockets, with faults, a log and TLS.

A thread per connection, bounded in number; bodies by Content-Length or chunked, bounded in
size. Nothing is printed: what goes wrong in here is answered with 500 and stands in the log.
"""

import contextlib
import dataclasses
import http.client
import http.server
import re
import socket
import ssl
import struct
import threading
import traceback
from collections.abc import Callable
from typing import Any

from mailfax.sandbox import _faults, _wire
from mailfax.sandbox._wire import Reply, Request

MAX_BODY = 64 * 1024 * 1024
_MAX_CONNECTIONS = 256
_IDLE_SECONDS = 60.0
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")
_PROXY_PAGE = b"<html><head><title>Please wait</title></head><body><hr><p>&nbsp;<br></body></html>"
_TOO_MANY = Reply(body=b"<h1>Too Many Requests</h1>\n", status=429, headers=(("Retry-After", "1"),))


class _Refused(Exception):
    """A request that HTTP itself refuses; the connection ends after the answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.reply = _wire.text(f"{reason}\n", status, "text/plain; charset=utf-8")


class _Hangup(Exception):
    """End the connection now, without an answer."""


class _Reset(_Hangup):
    """End it so that the client sees a reset."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What a port serves."""

    name: str
    handle: Callable[[Request], Reply]
    is_submit: Callable[[Request], bool] = lambda _request: False


class Server:
    """A service on its port, from construction (the port is bound) to `stop`."""

    def __init__(
        self,
        address: tuple[str, int],
        service: Service,
        *,
        faults: _faults.Faults | None = None,
        log: _wire.Log | None = None,
        tls: tuple[ssl.SSLContext, ssl.SSLContext] | None = None,
    ) -> None:
        """Bind `address`; `tls` is the good context and the bad. Raises OSError."""
        self.service = service
        self.faults = faults or _faults.Faults()
        self.log = log
        self.secure = tls is not None
        self._tls = tls
        self._previous: dict[str, Reply] = {}
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, _Connection] = {}
        self.stopping = threading.Event()
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._listener = socket.create_server(address, family=family, backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(
            target=self._accept, name=f"sandbox-{service.name}", daemon=True
        )

    def start(self) -> None:
        """Begin to accept connections."""
        self._thread.start()

    def stop(self) -> None:
        """Close the port and all connections; wait for their threads."""
        self.stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        if self._thread.ident is not None:
            self._thread.join()
        self._listener.close()
        with self._lock:
            remaining = dict(self._open)
        for thread, connection in remaining.items():
            connection.hang_up()
            thread.join()

    def forget(self) -> None:
        """Forget previous answers, as after a restart."""
        self._previous.clear()

    def drop_idle(self) -> None:
        """Close connections that wait for a request, so that the next one connects anew."""
        with self._lock:
            idle = [connection for connection in self._open.values() if not connection.busy]
        for connection in idle:
            connection.hang_up()

    # One connection

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                stream, _ = self._listener.accept()
            except OSError:
                self.stopping.wait(0.05)
                continue
            connection = _Connection(stream)
            thread = threading.Thread(target=self._attend, args=(connection,), daemon=True)
            with self._lock:
                if len(self._open) >= _MAX_CONNECTIONS:
                    stream.close()
                    continue
                self._open[thread] = connection
            thread.start()

    def _attend(self, connection: "_Connection") -> None:
        try:
            self._greet(connection)
            _Handler(connection, self)
        except _Reset:
            connection.reset()
        except (_Hangup, OSError):
            pass
        except Exception:  # noqa: BLE001  a mistake of ours must not print
            if self.log is not None:
                self.log.mistake(self.service.name, traceback.format_exc())
        finally:
            connection.close()
            with self._lock:
                del self._open[threading.current_thread()]

    def _greet(self, connection: "_Connection") -> None:
        fault = self.faults.meet_connection(self.service.name)
        if fault is not None and fault.name == "refuse":
            raise _Reset
        if self._tls is not None:
            good, bad = self._tls
            connection.secure(bad if fault is not None else good)

    # One request

    def answer(self, request: Request) -> tuple[Reply, _faults.Fault | None]:
        """The service's reply, and the fault that the sending of it meets."""
        entry = self.log.open(self.service.name, request) if self.log else {}
        submit = self._is_submit(request, entry)
        fault = self.faults.meet_request(
            self.service.name, submit=submit, repeatable=self._previous
        )
        entry["fault"] = fault.name if fault else None
        reply = self._carry_out(request, entry, fault)
        entry["status"] = reply.status
        entry["reply"] = reply.body[: _wire.LOGGED_REPLY].decode("utf-8", "replace")
        if fault is None:
            self._previous["any"] = reply
        if fault is None and submit:
            self._previous["submit"] = reply
        return reply, fault

    def _is_submit(self, request: Request, entry: dict[str, Any]) -> bool:
        try:
            return self.service.is_submit(request)
        except Exception:  # noqa: BLE001  a twin's mistake must not end the port
            entry["error"] = traceback.format_exc()
            return False

    def _carry_out(
        self, request: Request, entry: dict[str, Any], fault: _faults.Fault | None
    ) -> Reply:
        if fault is None:
            return self._handle(request, entry)
        match fault.name:
            case "refuse":
                raise _Reset
            case "drop-before-read":
                raise _Hangup
            case "http-500":
                return _wire.text("<h1>Internal Server Error</h1>\n", 500)
            case "http-429":
                return _TOO_MANY
            case "repeat-answer":
                return self._previous[fault.on]
        reply = self._handle(request, entry)
        match fault.name:
            case "slow":
                self.stopping.wait(fault.seconds)
            case "drop-after-accept":
                raise _Hangup
            case "not-xml":
                return Reply(body=_PROXY_PAGE)
        return reply

    def _handle(self, request: Request, entry: dict[str, Any]) -> Reply:
        try:
            return self.service.handle(request)
        except Exception:  # noqa: BLE001  a twin's mistake must not end the port
            entry["error"] = traceback.format_exc()
            return _wire.text("<h1>Internal Server Error</h1>\n", 500)


class _Connection:
    """A socket that can be secured, hung up from another thread, and reset."""

    def __init__(self, stream: socket.socket) -> None:
        self.stream = stream
        self.busy = False
        stream.settimeout(_IDLE_SECONDS)
        with contextlib.suppress(OSError):
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def secure(self, context: ssl.SSLContext) -> None:
        """Do the server's half of the TLS handshake; raises OSError."""
        secured = context.wrap_socket(self.stream, server_side=True, do_handshake_on_connect=False)
        self.stream = secured
        secured.do_handshake()

    def hang_up(self) -> None:
        """Wake the thread that reads from here, and let it end.

        The socket's own shutdown: that of ssl.SSLSocket would take the TLS state away
        from under the reading thread.
        """
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.stream, socket.SHUT_RDWR)

    def reset(self) -> None:
        """Let the coming close be a reset (SO_LINGER with zero seconds, socket(7))."""
        with contextlib.suppress(OSError):
            self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def close(self) -> None:
        """Close for good."""
        with contextlib.suppress(OSError):
            self.stream.close()


class _Handler(http.server.BaseHTTPRequestHandler):
    """The requests of one connection, one after another."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def __init__(self, connection: _Connection, server: Server) -> None:
        self._connection = connection
        self._server = server
        super().__init__(connection.stream, connection.stream.getpeername(), server)  # type: ignore[arg-type]

    def version_string(self) -> str:
        """What the Server header says."""
        return "sandbox"

    def log_message(self, *_args: object) -> None:
        """Print nothing."""

    def handle_expect_100(self) -> bool:
        """Ask for the body at once: the writer is buffered."""
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def _serve(self) -> None:
        self._connection.busy = True
        try:
            reply, fault = self._server.answer(self._request())
        except _Refused as refusal:
            self.close_connection = True
            reply, fault = refusal.reply, None
        self._send(reply, half=fault is not None and fault.name == "half-answer")
        self._connection.busy = False

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815

    def _request(self) -> Request:
        path, _, query = self.path.partition("?")
        scheme = "https" if self._server.secure else "http"
        return Request(
            method=self.command,
            path=path,
            query=query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self._body(),
            base=f"{scheme}://{self.headers.get('host') or self._own_address()}",
        )

    def _own_address(self) -> str:
        host, port = self._connection.stream.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def _body(self) -> bytes:
        coding = self.headers.get("transfer-encoding", "").strip().lower()
        if coding == "chunked":
            return self._chunks()
        if coding:
            raise _Refused(501, "only the transfer coding chunked is known here")
        length = self.headers.get("content-length", "0").strip()
        if not (length.isascii() and length.isdigit()):
            raise _Refused(400, "Content-Length is not a number")
        if int(length) > MAX_BODY:
            raise _Refused(413, f"a body has at most {MAX_BODY} bytes")
        return self._exactly(int(length))

    def _chunks(self) -> bytes:
        """A chunked body (RFC 9112 section 7.1), trailers thrown away."""
        body = bytearray()
        while size := self._chunk_size():
            if len(body) + size > MAX_BODY:
                raise _Refused(413, f"a body has at most {MAX_BODY} bytes")
            body += self._exactly(size)
            if self.rfile.readline(3) != b"\r\n":
                raise _Refused(400, "a chunk does not end where its size says")
        while (trailer := self.rfile.readline(65_537)) not in {b"\r\n", b""}:
            if len(trailer) > 65_536:
                raise _Refused(400, "a trailer is too long")
        return bytes(body)

    def _chunk_size(self) -> int:
        line = self.rfile.readline(1_025).partition(b";")[0].strip()
        if not _CHUNK_SIZE.fullmatch(line):
            raise _Refused(400, "a chunk has no size")
        return int(line, 16)

    def _exactly(self, size: int) -> bytes:
        data = self.rfile.read(size)
        if len(data) < size:
            raise _Hangup
        return data

    def _send(self, reply: Reply, *, half: bool) -> None:
        self.send_response(reply.status, http.client.responses.get(reply.status, ""))
        self.send_header("Content-Type", reply.kind)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body[: len(reply.body) // 2] if half else reply.body)
        self.wfile.flush()
        if half:
            raise _Hangup
