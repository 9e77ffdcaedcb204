"""Whatever happens to a rules file on its way to the disk, reading it never breaks."""

import pathlib
import tomllib

from hypothesis import given
from hypothesis import strategies as st

from mailfax import errors
from mailfax.policy import rules

ROOT = pathlib.Path(__file__).parents[2]
WHOLE = [path.read_bytes() for path in sorted((ROOT / "rules").glob("*.toml"))]
PIECES = [
    *rb"= , [ ] { } [[send]] [[test]] {} [] [[]] true 1 -1 1e400 nan 2025-01-01 @ * +".split(),
    *rb"group: network: re:( 're:((a|b)*)*' 99999999999999999999 '''".split(),
    *(b"\n", b'"', b"\\", b"\xff", b"\x00", b"\xef\xbb\xbf"),
]
VALUES = st.recursive(
    st.one_of(
        st.just("x"), st.booleans(), st.integers(), st.text(max_size=8),
        st.sampled_from(["*", "group:a", "login", "network:a", "re:a", "+1*", "all", "a@b.test"]),
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)  # fmt: skip


def read(data):
    """Load it, and if that goes well run its tests; every problem must have a place."""
    try:
        rules.run_tests(rules.parse(data, "mutilated.toml"))
        problems = ()
    except errors.Invalid as invalid:
        problems = invalid.problems
    lines = data.count(b"\n") + 1
    assert all(1 <= problem.line <= lines and problem.column >= 1 for problem in problems)


@given(st.sampled_from(WHOLE), st.data())
def test_a_file_cut_anywhere_is_refused_or_whole_again(data, draw):
    read(data[: draw.draw(st.integers(0, len(data)))])


@given(st.sampled_from(WHOLE), st.data())
def test_a_file_with_pieces_lost_and_pieces_put_in_is_refused_with_places(data, draw):
    for _ in range(draw.draw(st.integers(1, 4))):
        start = draw.draw(st.integers(0, len(data)))
        end = start + draw.draw(st.integers(0, 12))
        data = data[:start] + draw.draw(st.sampled_from(PIECES)) + data[end:]
    read(data)


def rewritten(value):
    """A value as TOML in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(k)} = {rewritten(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(rewritten, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return quoted(value) if isinstance(value, str) else str(value)


def quoted(text):
    return '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'


def places(value, path=()):
    """Every path in a document."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items if isinstance(value, dict | list) else ():
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, key))
        else:
            yield (*path, key)


@given(st.sampled_from(WHOLE), VALUES, st.data())
def test_any_value_in_any_place_is_read_or_refused(data, value, draw):
    document = tomllib.loads(data.decode())
    *parents, last = draw.draw(st.sampled_from([path for path in places(document) if path]))
    inner = document
    for key in parents:
        inner = inner[key]
    inner[last] = value
    read("\n".join(f"{quoted(k)} = {rewritten(v)}" for k, v in document.items()).encode())
