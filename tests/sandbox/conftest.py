"""A sandbox per test, and strangers' ways to talk to it."""

import base64
import io
import json
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import pypdf
import pytest
from PIL import Image

from mailfax.sandbox import Sandbox

LOGIN = {"username": "demo", "company": "12345", "password": "demo"}
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture
def sandbox():
    with Sandbox(0) as running:
        yield running
        mistakes = [entry["error"] for entry in running.log.entries() if entry["error"]]
    assert mistakes == []


@pytest.fixture
def tiff():
    """tiff(pages) → a Group 4 TIFF."""

    def make(pages=1):
        images = [Image.new("1", (1728, 60 + number), 1) for number in range(pages)]
        out = io.BytesIO()
        images[0].save(out, "TIFF", compression="group4", save_all=True, append_images=images[1:])
        return out.getvalue()

    return make


@pytest.fixture
def pdf():
    """pdf(pages) → a PDF of blank pages."""

    def make(pages=1):
        writer = pypdf.PdfWriter()
        for _ in range(pages):
            writer.add_blank_page(612, 792)
        out = io.BytesIO()
        writer.write(out)
        return out.getvalue()

    return make


@pytest.fixture
def control(sandbox):
    """control(method, path, body) → (status, what the JSON says)."""

    def ask(method, path, body=None):
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        url = sandbox.urls["control"] + path
        request = urllib.request.Request(url, data, method=method)
        try:
            with _DIRECT.open(request, timeout=20) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    return ask


@pytest.fixture
def faxes(control):
    """faxes() → what the network was asked to carry."""
    return lambda: control("GET", "/faxes")[1]


@pytest.fixture
def wait():
    """wait(condition) → its first true value, within 20 seconds."""

    def until(condition):
        deadline = time.monotonic() + 20
        while not (value := condition()):
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.01)
        return value

    return until


@pytest.fixture
def post(sandbox):
    """post(path, fields) → reply text; a form-urlencoded POST with the account's login."""

    def send(path, fields):
        data = urllib.parse.urlencode({**LOGIN, **fields}).encode()
        with _DIRECT.open(sandbox.urls["faxage"] + path, data, timeout=20) as reply:
            assert reply.status == 200
            return reply.read().decode()

    return send


@pytest.fixture
def fax(post):
    """fax(operation, **fields) → reply text of httpsfax.php."""
    return lambda operation, **fields: post("/httpsfax.php", {"operation": operation, **fields})


@pytest.fixture
def send(fax, tiff):
    """send(number, data, name) → job id of a fax sent as most clients do."""

    def submit(number="3035550123", data=None, name="fax.tif", **fields):
        document = base64.b64encode(data or tiff()).decode()
        reply = fax(
            "sendfax",
            **{
                "recipname": "Ann Example",
                "faxno": number,
                "faxfilenames[0]": name,
                "faxfiledata[0]": document,
                **fields,
            },
        )
        assert reply.startswith("JOBID: "), reply
        return reply.removeprefix("JOBID: ")

    return submit


@pytest.fixture
def job(fax):
    """job(id, **options) → the fields of its status record."""
    return lambda jobid, **options: fax("status", jobid=jobid, **options).split("\t")


@pytest.fixture
def php():
    """php(script, *arguments) → what it prints."""
    if shutil.which("php") is None:
        pytest.skip("php is not here")
    if (
        "soap"
        not in subprocess.run(["php", "-m"], capture_output=True, text=True, check=True).stdout
    ):
        pytest.skip("php has no soap")

    def run(script, *arguments):
        command = ["php", "-d", "display_errors=stderr", "--", *arguments]
        done = subprocess.run(
            command, input=script, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
