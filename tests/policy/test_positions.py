"""The position index knows the place of everything that tomllib reads."""

import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailfax.policy import positions

OFFICE = """\
version = 1
defaults = { country = "US", paper = "letter", provider = ["main"] }
send = [{ from = "@example.com", proof = "login" }, { action = "reject" }]
receive = [{ deliver = "fax@example.com" }]
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ((), (1, 1)),
        (("version",), (1, 1)),
        (("defaults",), (2, 1)),
        (("defaults", "paper"), (2, 30)),
        (("defaults", "provider", 0), (2, 60)),
        (("send",), (3, 1)),
        (("send", 0), (3, 9)),
        (("send", 0, "proof"), (3, 34)),
        (("send", 1), (3, 53)),
        (("send", 1, "action"), (3, 55)),
        (("receive", 0, "deliver"), (4, 14)),
    ],
)
def test_the_five_line_office_has_every_key_at_its_place(path, place):
    assert positions.index(OFFICE).find(path) == place


def test_what_is_not_written_stands_where_the_thing_around_it_stands():
    assert positions.index(OFFICE).find(("send", 1, "provider", 3)) == (3, 53)
    assert positions.index(OFFICE).find(("nowhere", 1)) == (1, 1)


@pytest.mark.parametrize(
    ("text", "path", "place"),
    [
        ("[[a]]\n[[a]]\nx = 1", ("a", 1, "x"), (3, 1)),
        ("[[a]]\n[a.b]\nx = 1\n[[a]]\n[a.b]\nx = 2", ("a", 1, "b", "x"), (6, 1)),
        ("[[a.b]]\n[[a.b.c]]\nx = 1\n[[a.b.c]]\nx = 1", ("a", "b", 0, "c", 1, "x"), (5, 1)),
        ("[a.b.c]\n[a]\n", ("a",), (2, 2)),
        ("[a.b.c]\n", ("a", "b"), (1, 4)),
        ("a.b.c = 1\na.b.d = 2", ("a", "b", "d"), (2, 5)),
        ("a.b.c = 1\na.b.d = 2", ("a", "b"), (1, 3)),
        ('"a.b" = 1\n\'c d\' . "e\\u0041" = 2', ("c d", "eA"), (2, 9)),
        ('x = """\na = 1\n""\\"""""\ny = 1', ("y",), (4, 1)),
        ("x = '''\n[t]''''\ny = 1", ("y",), (3, 1)),
        ('x = "a\\"]#" # y = 2\ny = [ # [\n  "]",\n\n  2025-01-01 07:32:00, ]', ("y", 1), (5, 3)),
        ("x = [[1, 2], [{ a = { b = 1 } }]]", ("x", 1, 0, "a", "b"), (1, 23)),
        ('x = ""\ny = \'\'\nz = [""]', ("z", 0), (3, 6)),
        ("[ a . b ]\nc = 1", ("a", "b", "c"), (2, 1)),
        ("ü = 1", ("ü",), None),
    ],
)
def test_the_corners_of_the_grammar_are_found(text, path, place):
    if place is None:
        with pytest.raises(tomllib.TOMLDecodeError):
            tomllib.loads(text)
        return
    tomllib.loads(text)
    assert positions.index(text).places[path] == place


# ── Against tomllib, on random documents ───────────────────────────────────────────────

DECOYS = st.sampled_from(["", "a", "[x]", "k9 = 1", "# no", "]", "}", "é", "a, b", "{"])
SCALARS = st.one_of(
    st.sampled_from(["1", "-2.5", "true", "1979-05-27T07:32:00Z", "1979-05-27 07:32:00", "0x1f"]),
    DECOYS.map(lambda text: f'"{text}"'),
    DECOYS.map(lambda text: f"'{text}'"),
    DECOYS.map(lambda text: f'"\\"{text}\\\\"'),
    DECOYS.map(lambda text: f'"""\n{text}\n"" {text}"""""'),
    DECOYS.map(lambda text: f"'''{text}\n'' {text}'''"),
)
BLANKS = st.sampled_from(["", " ", "\t", "  "])
BREAKS = st.sampled_from(["", " ", "\n", "\n\n  ", " # ], k8 = 1\n"])
KEYS = st.sampled_from(["{}", '"{}"', "'{}'", '"{} . [k7]"'])
COMMENTS = st.sampled_from(["\n", "\n\n", " # [k6]\n", "\n# k5 = 1\n", "\n  \t\n"])


class Writer:
    """Writes a random document; remembers on which line it wrote each key."""

    def __init__(self, draw):
        self.draw = draw
        self.text = ""
        self.lines = {}
        self.count = 0

    def put(self, text):
        self.text += text

    def key(self):
        self.count += 1
        name = f"K{self.count:03}"
        self.lines[name] = self.text.count("\n") + 1
        self.put(self.draw(KEYS).format(name))

    def pair(self, depth):
        self.key()
        if self.draw(st.integers(0, 3)) == 0:
            self.put(self.draw(BLANKS) + "." + self.draw(BLANKS))
            self.key()
        self.put(self.draw(BLANKS) + "=" + self.draw(BLANKS))
        self.value(depth)

    def value(self, depth):
        kind = self.draw(st.sampled_from(["scalar", "scalar", "array", "table"])) if depth else ""
        if kind == "array":
            self.items("[", "]", BREAKS, lambda: self.value(depth - 1), trailing=True)
        elif kind == "table":
            self.items("{", "}", BLANKS, lambda: self.pair(depth - 1), trailing=False)
        else:
            self.put(self.draw(SCALARS))

    def items(self, opening, closing, blanks, item, *, trailing):
        self.put(opening + self.draw(blanks))
        count = self.draw(st.integers(0, 2))
        for number in range(count):
            item()
            last = number == count - 1
            comma = self.draw(st.booleans()) if last and trailing else not last
            self.put(self.draw(blanks) + "," * comma + self.draw(blanks))
        self.put(closing)

    def header(self, opening, closing, parents):
        self.put(opening)
        for parent in parents:
            self.put(f"{parent}.")
        self.key()
        self.put(closing)

    def document(self):
        for _ in range(self.draw(st.integers(0, 2))):
            self.pair(2)
            self.put(self.draw(COMMENTS))
        for _ in range(self.draw(st.integers(0, 2))):
            double = self.draw(st.booleans())
            self.header("[[" if double else "[", "]]" if double else "]", ())
            self.put(self.draw(COMMENTS))
            for _ in range(self.draw(st.integers(0, 2))):
                self.pair(1)
                self.put(self.draw(COMMENTS))
        return self.text


@st.composite
def documents(draw):
    writer = Writer(draw)
    return writer.document(), writer.lines


def paths(value, path=()):
    """Every path in what tomllib read."""
    yield path
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        return
    for key, inner in items:
        yield from paths(inner, (*path, key))


LARGE = settings(suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow])


@LARGE
@given(documents())
def test_the_index_holds_exactly_what_tomllib_reads_and_each_key_on_its_line(drawn):
    text, lines = drawn
    places = positions.index(text).places
    assert set(places) == set(paths(tomllib.loads(text)))
    rows = text.split("\n")
    for path, (line, column) in places.items():
        if path and isinstance(path[-1], str):
            name = path[-1][:4]
            assert line == lines[name]
            assert rows[line - 1][column - 1 :].lstrip("\"'").startswith(name)


@LARGE
@given(documents(), st.lists(st.booleans(), min_size=1, max_size=3))
def test_repeated_headers_count_their_elements(drawn, doubled):
    text, _ = drawn
    repeated = text + "\n" + "".join(f"[[Z]]\n[[Z.y]]\nx = {n}\n" for n in range(len(doubled)))
    places = positions.index(repeated).places
    assert set(places) == set(paths(tomllib.loads(repeated)))
    start = text.count("\n") + 2
    for number in range(len(doubled)):
        assert places["Z", number] == (start + 3 * number, 1)
        assert places["Z", number, "y", 0, "x"] == (start + 3 * number + 2, 1)
