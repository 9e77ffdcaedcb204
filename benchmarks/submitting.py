"""Row 21: handing a fax of about 2 MB to each provider there is, CPU and memory of our side.

The sandbox answers, in a process of its own, in plain HTTP on loopback. What goes over the
wire is told from the request's own content type: SOAP, multipart, or a form, which is held to
SOAP's bar, as it is base64 too.
"""

import datetime
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import bench
import gateway
import measure
import papers
from measure import Scale
from table import Cell, missing

from mailfax import providers
from mailfax.model import Transmission
from mailfax.number import FaxNumber
from mailfax.providers import _port

ROWS = frozenset({21})
PAGES = 55
"""Of text, which make 2 MB."""
HASHED = frozenset({"pamfax"})
"""Providers that are told the document's MD5 and check it."""


def cells(_rows: frozenset[int], scale: Scale, _work: pathlib.Path) -> Iterator[Cell]:
    """The cells of row 21."""
    if shutil.which("gs") is None:
        yield missing(21, "no gs here to make the fax")
        return
    wires = set()
    with gateway.Sandbox() as sandbox:
        for kind in providers.kinds():
            wire, found = _provider(kind, scale, sandbox)
            wires.add(wire)
            yield from found
    for wire in sorted({"SOAP", "multipart"} - wires):
        yield missing(21, "not built yet: no provider speaks it", wire)


def _provider(kind: str, scale: Scale, sandbox: gateway.Sandbox) -> tuple[str, list[Cell]]:
    document = papers.fax(scale.of(PAGES, 5))
    url = sandbox.urls[kind]
    account, payload = _account(kind, url, sandbox.credentials[kind]), _payload(document)
    _submit(account, payload)
    wire = _wire(sandbox, kind)
    times, asked = scale.of(30, 3), _requests(sandbox, kind)
    cpu = _cpu(lambda: _submit(account, payload), times)
    note = f"{(_requests(sandbox, kind) - asked) / times:.3g} requests a fax"
    if kind in HASHED:
        hashing = _cpu(lambda: hashlib.md5(payload.data).digest(), times)
        note += f"; {hashing:.1f} ms are the MD5 that goes with the document"
    account.close()
    fast, lean = ("≤ 2 ms", "≤ 1.5 sizes") if wire == "multipart" else ("≤ 12 ms", "≤ 6 sizes")
    size = len(payload.data)
    what = f"{kind}, {wire}, {size / 1e6:.1f} MB"
    grown = _growth(kind, document, url, sandbox) / size
    return wire, [
        Cell(row=21, what=f"{what}: CPU", bar=fast, target="3 ms", unit="ms", ours=cpu, note=note),
        Cell(row=21, what=f"{what}: memory", bar=lean, target="2.5", unit="sizes", ours=grown),
    ]


def _cpu(action: Callable[[], object], times: int) -> float:
    """Milliseconds of this process for one call."""
    before = time.process_time()
    for _ in range(times):
        action()
    return (time.process_time() - before) / times * 1000


def _requests(sandbox: gateway.Sandbox, kind: str) -> int:
    return sum(entry["provider"] == kind for entry in sandbox.ask("/requests"))


def _account(kind: str, url: str, credentials: dict[str, str]) -> _port.Outbound:
    return providers.load(kind).connect({"url": url, "rest_url": url, **credentials})


def _payload(document: pathlib.Path) -> _port.Payload:
    return _port.Payload(name="fax.tif", data=document.read_bytes(), pages=PAGES, resolution="fine")


def _submit(account: _port.Outbound, payload: _port.Payload) -> None:
    transmission = Transmission(
        id=f"bench{time.time_ns()}",
        job="bench",
        account="main",
        number=FaxNumber(gateway.NUMBER),
        started_at=datetime.datetime.now(datetime.UTC),
        pages=payload.pages,
    )
    answers = account.submit([transmission], payload, lambda _id, _handle: None)
    if not isinstance(answers[transmission.id], str):
        raise answers[transmission.id]


def _wire(sandbox: gateway.Sandbox, kind: str) -> str:
    """By the largest request there was."""
    entries = [entry for entry in sandbox.ask("/requests") if entry["provider"] == kind]
    largest = max(entries, key=lambda entry: entry.get("size") or 0)
    headers = {name.lower(): value for name, value in largest["headers"].items()}
    kind = headers.get("content-type", "")
    return "multipart" if "multipart" in kind else "SOAP" if "xml" in kind else "form"


def _growth(kind: str, document: pathlib.Path, url: str, sandbox: gateway.Sandbox) -> int:
    """Octets by which a process grows that submits it once."""
    papers.fax(1)
    words = [f"{name}={value}" for name, value in sandbox.credentials[kind].items()]
    command = [sys.executable, __file__, "--submit", kind, str(document), f"url={url}", *words]
    return int(subprocess.run(command, capture_output=True, check=True).stdout)


def _submit_once(kind: str, document: pathlib.Path, *words: str) -> None:
    """In a process of its own: a small fax to load everything, then the large one."""
    settings = dict(word.split("=", 1) for word in words)
    account = _account(kind, settings.pop("url"), settings)
    _submit(account, _payload(document.with_name("fax1.g4.tif")))
    payload = _payload(document)
    before = measure.memory(os.getpid())
    _submit(account, payload)
    print(measure.memory(os.getpid(), "VmHWM") - before)
    account.close()


if __name__ == "__main__":
    if "--submit" in sys.argv:
        _submit_once(sys.argv[2], pathlib.Path(sys.argv[3]), *sys.argv[4:])
    else:
        bench.alone(cells, ROWS)
