"""The benchmarks run: no figure is judged here, only that each asked row gets its line."""

import json
import pathlib
import subprocess
import sys

import pytest

BENCHMARKS = pathlib.Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def table(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import table

    return table


def run(program, *arguments):
    command = [sys.executable, BENCHMARKS / program, "--quick", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=150)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_table_has_a_line_for_each_row_that_was_asked_for(table, tmp_path):
    wanted = [3, 15, 16, 25]
    out = tmp_path / "bench.json"
    said = run("bench.py", "--rows", ",".join(map(str, wanted)), "--json", str(out))
    data = json.loads(out.read_text(encoding="utf-8"))
    assert {cell["row"] for cell in data["cells"]} == set(wanted)
    assert all(table.ROWS[row].title in said for row in wanted)
    assert int(data["machine"]["cores"]) > 0


def test_a_whole_fax_is_measured_drawn_or_as_it_is():
    said = run("endtoend.py", "--rows", "22,23")
    assert "faxes per core and hour" in said
    assert "the PDF as it is" in said


@pytest.mark.parametrize(
    ("bar", "good", "bad"),
    [("≥ 1.5x", 1.5, 1.49), ("≤ 0.8x", 0.8, 0.81), ("≥ 10,000 pages/s", 10_000, 9_999)],
)
def test_a_bar_knows_which_side_of_it_is_good(table, bar, good, bad):
    assert table.bar(bar).met(good)
    assert not table.bar(bar).met(bad)


def test_a_bar_in_x_judges_the_ratio_and_any_other_our_own_figure(table):
    figures = {"row": 1, "what": "", "target": "", "ours": 5.0, "ratio": 0.5}
    assert table.Cell(bar="≤ 1x", **figures).met == "yes"
    assert table.Cell(bar="≤ 1 ms", **figures).met == "NO"


def test_a_row_is_met_when_every_cell_of_it_is(table):
    met = table.Cell(row=1, what="", bar="≥ 1 /s", target="", ours=2.0)
    missed = table.Cell(row=1, what="", bar="≥ 3 /s", target="", ours=2.0)
    assert table.verdict([met], 1) == "yes"
    assert table.verdict([met, missed], 1) == "NO"
    assert table.verdict([met, table.missing(1, "no Postfix here")], 1) == "–"
