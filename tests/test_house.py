"""The house rules that a tool can hold."""

import pathlib
import re
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
LINTER = pathlib.Path(sys.executable).parent / "lint-imports"
STRANGERS = ["mail", "policy", "document", "store", "providers"]


def contracts(folder):
    """Run the import contracts over the checkout in `folder`."""
    return subprocess.run(
        [LINTER, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin", "HOME": str(folder)},
    )  # fmt: skip


@pytest.fixture
def copy(tmp_path):
    """A copy of the package and its contracts, free to be spoilt."""
    shutil.copytree(
        ROOT / "mailfax", tmp_path / "mailfax", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("room", "stranger"),
    [("mail", "store"), ("store", "mail"), ("document", "policy"), ("policy", "providers"),
     ("providers", "document"), ("sandbox", "errors"), ("offramp", "sandbox")],
)  # fmt: skip
def test_a_room_that_imports_a_stranger_fails_the_contracts(copy, room, stranger):
    place = copy / "mailfax" / room
    place = place / "stranger.py" if place.is_dir() else place.with_suffix(".py")
    place.write_text(f"from mailfax import {stranger}\n", encoding="utf-8")
    result = contracts(copy)
    assert result.returncode != 0, result.stdout
    assert f"mailfax.{stranger}" in result.stdout


def test_a_provider_is_named_only_in_its_own_files():
    names = [path.stem for path in (ROOT / "mailfax/providers").iterdir() if path.stem[0] != "_"]
    assert names
    word = re.compile(rf"\b({'|'.join(names)})\b", re.IGNORECASE)
    for path in (ROOT / "mailfax").rglob("*.py"):
        inside = path.relative_to(ROOT / "mailfax").parts[0]
        if inside not in {"providers", "sandbox"}:
            found = word.search(path.read_text(encoding="utf-8"))
            assert not found, f"{path} names {found and found[0]}"


def test_no_shell_is_ever_asked():
    for path in (ROOT / "mailfax").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "shell=True" not in text, path
        assert "os.system" not in text, path


def test_the_two_stories_are_told_in_functions_of_forty_lines_at_most():
    import ast

    for name in ("offramp.py", "onramp.py"):
        tree = ast.parse((ROOT / "mailfax" / name).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno < 40, f"{name}: {node.name}"
