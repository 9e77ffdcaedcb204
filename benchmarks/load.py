"""SMTP load, the same for both sides: a flood, and a steady rate with latencies.

The flood is Postfix's own smtp-source: new connection per message, so many at once. It tells no
latencies, so the steady rate is our own: message i begins at i / rate seconds whether the server
keeps up or not, and its latency counts from then to the 250 for its data.

    python load.py PORT RATE SECONDS SIZE     prints the latencies in milliseconds as JSON
"""

import asyncio
import dataclasses
import gc
import json
import statistics
import subprocess
import sys
import time

PROCESSES = 2
_TO = "+120255501{:02}@fax.example.com"
_FROM = "sender@example.com"


def flood(port: int, connections: int, messages: int, size: int) -> float:
    """Seconds until all messages were acknowledged."""
    command = ["smtp-source", "-4", "-M", "load.example", "-f", _FROM, "-t", _TO.format(23)]
    command += ["-s", str(connections), "-m", str(messages), "-l", str(size)]
    began = time.perf_counter()
    done = subprocess.run(
        [*command, f"127.0.0.1:{port}"], capture_output=True, text=True, check=False
    )
    if done.returncode or "fatal" in done.stderr:
        raise RuntimeError(f"smtp-source: {done.stderr.strip()}")
    return time.perf_counter() - began


@dataclasses.dataclass(frozen=True, slots=True)
class Latency:
    """Of one run, in milliseconds."""

    median: float
    p99: float


def steady(port: int, rate: float, seconds: float, size: int) -> Latency:
    """Offer `rate` messages a second, spread over processes, for so many seconds."""
    share = [str(port), str(rate / PROCESSES), str(seconds), str(size)]
    runs = [
        subprocess.Popen([sys.executable, __file__, *share], stdout=subprocess.PIPE)
        for _ in range(PROCESSES)
    ]
    found = sorted(one for run in runs for one in json.loads(run.communicate()[0]))
    if len(found) < 0.99 * rate * seconds:
        raise RuntimeError(f"only {len(found)} of {rate * seconds:.0f} messages were taken")
    return Latency(statistics.median(found), found[int(len(found) * 0.99)])


class _Client(asyncio.Protocol):
    """One message over one connection."""

    def __init__(self, planned: float, to: str, octets: bytes, done: asyncio.Future) -> None:
        lines = (b"EHLO load.example", b"MAIL FROM:<%b>" % _FROM.encode())
        commands = (*lines, b"RCPT TO:<%b>" % to.encode(), b"DATA")
        self._script = [*(line + b"\r\n" for line in commands), octets, b"QUIT\r\n"]
        self._planned = planned
        self._done = done
        self._reply = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._reply += data
        last = self._reply.rstrip(b"\r\n").rpartition(b"\n")[2]
        if not self._reply.endswith(b"\n") or last[3:4] != b" ":
            return
        self._reply = b""
        if last[:1] not in b"23":
            self._transport.abort()
        elif self._script:
            self._transport.write(self._script.pop(0))
            if not self._script and not self._done.done():
                self._done.set_result((time.perf_counter() - self._planned) * 1000)
        else:
            self._transport.close()

    def connection_lost(self, _: Exception | None) -> None:
        if not self._done.done():
            self._done.set_result(None)


async def _offer(port: int, rate: float, seconds: float, size: int) -> list[float]:
    marks = f"{time.time_ns():x}"
    body = b"The quick brown fax jumps over the lazy modem, again and again.\r\n" * (size // 65 + 1)
    body = body[:size].rpartition(b"\r\n")[0] + b"\r\n.\r\n"
    began, sent = time.perf_counter() + 0.1, []
    for number in range(int(rate * seconds)):
        planned = began + number / rate
        await asyncio.sleep(max(0.0, planned - time.perf_counter()))
        to = _TO.format(number % 100)
        octets = _head(f"{number}.{marks}", to) + body
        sent.append(asyncio.create_task(_one(port, planned, to, octets)))
    return [one for one in await asyncio.gather(*sent) if one is not None]


async def _one(port: int, planned: float, to: str, octets: bytes) -> float | None:
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    await loop.create_connection(lambda: _Client(planned, to, octets, done), "127.0.0.1", port)
    return await done


def _head(mark: str, to: str) -> bytes:
    date = "Thu, 01 Jan 2026 00:00:00 +0000"
    lines = (f"From: {_FROM}", f"To: {to}", "Subject: load", f"Date: {date}")
    return "\r\n".join([*lines, f"Message-ID: <{mark}@load.example>", "", ""]).encode()


if __name__ == "__main__":
    gc.disable()
    port, rate, seconds, size = sys.argv[1:]
    print(json.dumps(asyncio.run(_offer(int(port), float(rate), float(seconds), int(size)))))
