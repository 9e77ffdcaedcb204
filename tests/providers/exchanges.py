"""Reads the recorded exchanges in `tests/wire`; their README tells the format."""

import ast
import dataclasses
import json
import pathlib
import urllib.parse

WIRE = pathlib.Path(__file__).parents[1] / "wire"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its reply."""

    name: str
    place: str
    operation: str
    arguments: dict
    path: str
    form: bytes
    status: int
    content_type: str
    body: bytes
    gives: object

    @property
    def fields(self):
        return urllib.parse.parse_qsl(self.form.decode("ascii"), keep_blank_values=True)


def octets(text):
    """What an escaped body stands for."""
    quoted = text.replace("'", "\\x27")
    return ast.literal_eval(f"b'{quoted}'")


def read(path):
    """The exchange in one file."""
    kept = {">": [], "<": []}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        mark, _, rest = line.partition(" ")
        kept[mark] = [*kept.get(mark, []), rest]
    operation, _, arguments = kept["call:"][0].partition(" ")
    (request, *form), (reply, *body) = kept[">"], kept["<"]
    status, _, content_type = reply.partition(" ")
    return Exchange(
        name=path.stem,
        place=kept["place:"][0],
        operation=operation,
        arguments=json.loads(arguments),
        path=request.removeprefix("POST "),
        form=octets("".join(form)),
        status=int(status),
        content_type=content_type,
        body=octets("".join(body)),
        gives=json.loads(kept["gives:"][0]),
    )


def of(kind):
    """All exchanges of one provider."""
    return [read(path) for path in sorted((WIRE / kind).glob("*.txt"))]
