"""A stranger's way to talk to the PamFax twin: urllib, and the checksum computed by hand."""

import hashlib
import json
import urllib.parse
import urllib.request

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_UNCOUNTED = {"page", "event", "apikey", "apicheck", "usertoken"}
BOUNDARY = "----------hand-made"


def values(value):
    """What one argument adds to the checksum."""
    if isinstance(value, dict):
        return "".join(values(value[key]) for key in sorted(value, key=str.lower))
    if isinstance(value, list):
        return "".join(map(values, value))
    return str(int(value)) if isinstance(value, bool) else str(value)


def checksum(arguments, secret="demo"):
    counted = {name: value for name, value in arguments.items() if name not in _UNCOUNTED}
    return hashlib.md5((values(counted) + secret).encode()).hexdigest()


def flat(arguments):
    """Pairs as PHP's http_build_query makes them."""
    for name, value in arguments.items():
        if isinstance(value, list | dict):
            keyed = value if isinstance(value, dict) else dict(enumerate(value))
            yield from ((f"{name}[{key}]", inner) for key, inner in keyed.items())
        else:
            yield name, int(value) if isinstance(value, bool) else value


def multipart(pairs, files):
    """A body with text fields and then files (name, file name, bytes)."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in pairs
    ]
    for field, name, data in files:
        head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        parts.append(head.encode() + data + b"\r\n")
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


class Stranger:
    """Calls by POST with a checksum, in JSON; logged in unless told otherwise."""

    def __init__(self, base, username="demo", password="demo", headers=None):
        self.base = base
        self.headers = headers or {}
        self.token = ""
        if username:
            reply = self("Session/VerifyUser", username=username, password=password)
            self.token = reply["UserToken"]["token"]

    def fetch(self, method, *, file=None, **arguments):
        """(headers, bytes) of one call; `file` is (name, bytes)."""
        arguments = {"apioutputformat": "API_FORMAT_JSON", **arguments}
        sent = {**arguments, "apikey": "demo", "usertoken": self.token}
        pairs = [*flat(sent), ("apicheck", checksum(arguments))]
        kind, body = "application/x-www-form-urlencoded", urllib.parse.urlencode(pairs).encode()
        if file is not None:
            kind = f"multipart/form-data; boundary={BOUNDARY}"
            body = multipart(pairs, [("file", *file)])
        headers = {"Content-Type": kind, **self.headers}
        request = urllib.request.Request(f"{self.base}/{method}", body, headers)
        with _DIRECT.open(request, timeout=20) as reply:
            assert reply.status == 200
            return reply.headers, reply.read()

    def answer(self, method, **arguments):
        """The whole answer, of doubled keys the first."""
        headers, data = self.fetch(method, **arguments)
        assert headers["content-type"] == "application/json; charset=utf-8", data
        return json.loads(data, object_pairs_hook=lambda pairs: dict(reversed(pairs)))

    def __call__(self, method, **arguments):
        """The payload of a success."""
        reply = self.answer(method, **arguments)
        result = reply.pop("result")
        assert result["code"] == "success", result
        assert result["count"] == len(reply)
        return reply

    def refused(self, method, **arguments):
        """The code of an error."""
        reply = self.answer(method, **arguments)
        assert list(reply) == ["result"]
        assert (reply["result"]["type"], reply["result"]["count"]) == ("error", 0)
        return reply["result"]["code"]

    def listed(self, method, name, **arguments):
        """The items of a list; an empty one has no content."""
        found = self(method, **arguments)[name]
        assert found["type"] == "list"
        assert found.get("content") != []
        return found.get("content", [])

    def build(self, data, *numbers, name="fax.tif"):
        """A fax that can be sent once it is converted; uuids of its recipients."""
        self("FaxJob/Create", user_ip="0", user_agent="by hand", origin="test")
        self("FaxJob/AddFile", file=(name, data), filename=name)
        return [
            self("FaxJob/AddRecipient", number=number)["FaxRecipient"]["uuid"]
            for number in numbers or ["+493023125777"]
        ]
