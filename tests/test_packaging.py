"""What leaves this house: the wheel, the versions it is tested with, the recipe of the image."""

import ast
import email.parser
import importlib.machinery
import importlib.metadata
import importlib.util
import itertools
import os
import pathlib
import re
import subprocess
import sys
import tomllib
import zipfile

import pytest
from packaging import requirements, utils

ROOT = pathlib.Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DECLARED = {
    extra: [requirements.Requirement(line) for line in lines]
    for extra, lines in {"": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}.items()
}
EVERY = list(itertools.chain(*DECLARED.values()))
DATA = {"tzdata"}
"""Years of time zones: `zoneinfo` reads them, nothing imports them, and no year is too new."""

pytestmark = pytest.mark.xdist_group("packaging")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout; its build tool is fetched where it is not installed."""
    folder = tmp_path_factory.mktemp("wheel")
    here = ["--no-build-isolation"] if importlib.util.find_spec("hatchling") else []
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-qq", "--no-deps", *here, "-w", folder, ROOT],
        check=True,
    )
    (found,) = folder.iterdir()
    return found


@pytest.fixture(scope="module")
def names(wheel):
    """Every file in the wheel."""
    with zipfile.ZipFile(wheel) as file:
        return set(file.namelist())


@pytest.fixture(scope="module")
def run(wheel, tmp_path_factory):
    """Runs Python code far from the checkout, with mailfax from the unpacked wheel."""
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder)
    elsewhere = tmp_path_factory.mktemp("elsewhere")

    def run(code):
        environment = os.environ | {"PYTHONPATH": str(folder)}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=elsewhere, env=environment,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    run.folder = folder
    return run


def files(folder):
    """The files of a folder of the checkout, as git would have them."""
    found = (ROOT / folder).rglob("*")
    return {
        path.relative_to(ROOT).as_posix()
        for path in found
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_carries_all_of_the_package_and_nothing_else(names):
    shipped = {f"mailfax/{name}" for name in files("rules") | files("templates")}
    package = {name for name in names if name.startswith("mailfax/")}
    assert package == files("mailfax") | shipped
    assert {name.split("/")[0] for name in names - package} == {
        f"mailfax-{PROJECT['version']}.dist-info"
    }


@pytest.mark.parametrize("folder", ["rules", "templates"])
def test_the_installed_package_finds_what_is_shipped_with_it(run, folder):
    code = f"from mailfax import config; print(config.shipped({folder!r}))"
    (found,) = run(code)
    assert pathlib.Path(found) == run.folder / "mailfax" / folder
    assert any(pathlib.Path(found).rglob("*.*"))


def test_the_wheel_installs_the_command_and_says_who_made_it(run):
    dist = run.folder / f"mailfax-{PROJECT['version']}.dist-info"
    assert "mailfax = mailfax.cli:main" in (dist / "entry_points.txt").read_text(encoding="utf-8")
    facts = email.parser.HeaderParser().parsestr((dist / "METADATA").read_text(encoding="utf-8"))
    assert facts["License-Expression"] == PROJECT["license"]
    assert facts["Requires-Python"] == PROJECT["requires-python"]
    assert (dist / "licenses/LICENSE").is_file()


def test_the_installed_command_writes_a_first_config(run):
    run("import sys; from mailfax import cli; sys.argv[1:] = ['config', 'init']; cli.main()")


def test_asking_for_help_loads_nothing_heavy(run):
    heavy = {"zeep", "reportlab", "sqlalchemy", "pydantic", "httpx", "pypdfium2", "weasyprint"}
    code = (
        "import contextlib, io, sys\n"
        "from mailfax import cli\n"
        "sys.argv[1:] = ['--help']\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n"
        "    cli.main()\n"
        "print(*sys.modules)"
    )
    loaded = set(run(code))
    assert "mailfax.cli" in loaded
    assert not heavy & loaded


@pytest.mark.parametrize("wanted", EVERY, ids=str)
def test_every_dependency_has_an_oldest_and_a_first_untried_version(wanted):
    kinds = {bound.operator for bound in wanted.specifier}
    assert ">=" in kinds
    assert "<" in kinds or wanted.name in DATA


def imported():
    """The distribution of every third-party module that mailfax imports, with one such file."""
    owners = importlib.metadata.packages_distributions()
    found = {}
    for path in (ROOT / "mailfax").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                modules = [node.module]
            for module in (name.split(".")[0] for name in modules):
                if module not in sys.stdlib_module_names and module != "mailfax":
                    (owner,) = set(owners.get(module, [module]))
                    found[utils.canonicalize_name(owner)] = path
    return found


def declared(*extras):
    """The names of what pyproject.toml asks for under these extras; "" is always asked for."""
    return {utils.canonicalize_name(one.name) for extra in extras for one in DECLARED[extra]}


def test_everything_imported_is_declared_for_those_who_run_it():
    undeclared = imported().keys() - declared(*(DECLARED.keys() - {"dev"}))
    assert not undeclared, {name: str(imported()[name]) for name in undeclared}


def test_everything_declared_is_imported():
    assert declared("") - DATA <= imported().keys()


def test_the_lock_has_one_version_of_everything_and_nothing_but_names_and_versions():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9A-Za-z.!+]+", line) for line in lines)
    assert "/" not in text.replace("scripts/lock", "")
    locked = dict(line.split("==") for line in lines)
    assert len(locked) == len(lines)
    for wanted in EVERY:
        assert wanted.specifier.contains(locked[utils.canonicalize_name(wanted.name)]), wanted


PAGES = ["Dockerfile", "README.md", "docs/install.md"]


@pytest.mark.parametrize("page", PAGES)
def test_the_system_packages_are_the_same_wherever_they_are_named(page):
    setup = (ROOT / "scripts/setup").read_text(encoding="utf-8")
    needed = re.search(r"^libpango-1\.0-0 .*?(?=^END)", setup, re.DOTALL | re.MULTILINE)
    packages = [line.split()[0] for line in needed[0].splitlines()]
    assert len(packages) == 7
    assert " ".join(packages) in (ROOT / page).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def reader():
    """scripts/clean-root as a module."""
    loader = importlib.machinery.SourceFileLoader("clean_root", str(ROOT / "scripts/clean-root"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("clean_root", loader))
    sys.modules["clean_root"] = module
    loader.exec_module(module)
    yield module
    del sys.modules["clean_root"]


def test_the_image_is_made_of_what_exists_and_runs_as_a_user(reader):
    steps = reader.steps((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    for step in steps:
        if step.word == "COPY" and not step.rest.startswith("--from="):
            assert all((ROOT / name).exists() for name in step.rest.split()[:-1]), step
    last = {step.word: step.rest for step in steps}
    assert last["USER"] == "mailfax"
    assert last["HEALTHCHECK"].endswith('CMD ["mailfax", "doctor", "--health"]')
    assert (last["ENTRYPOINT"], last["CMD"]) == ('["mailfax"]', '["serve"]')


def test_the_image_is_sent_the_product_and_nothing_of_this_machine(reader):
    patterns = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    wanted = ["pyproject.toml", "mailfax/cli/__init__.py", "rules/office.toml"]
    others = [".git/config", ".venv/bin/python", "tests/mail/x.py", "mailfax.toml",
              "mailfax/cli/__pycache__/x.pyc", "demo-output/1.tif"]  # fmt: skip
    assert reader.sent(wanted + others, patterns) == wanted
