"""The command line as people and scripts use it: processes, exit codes, one-sentence errors."""

import ctypes.util
import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
MAIL = (
    b"From: ann@clinic.example\r\nSubject: Gr\xc3\xbc\xc3\x9fe\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nLiebe Gr\xc3\xbc\xc3\x9fe\r\n"
)


def run(*arguments, cwd=None, **environment):
    """`mailfax ARGUMENTS`: exit code, output, errors."""
    done = subprocess.run(
        [sys.executable, "-m", "mailfax", *map(str, arguments)],
        capture_output=True, text=True, check=False, cwd=cwd, timeout=120,
        env={"PATH": "/usr/bin:/bin", "HOME": str(cwd or "/nonexistent"), **environment},
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture
def installed(tmp_path):
    """A folder with the files that `mailfax config init` writes."""
    run("config", "init", cwd=tmp_path)
    config = tmp_path / "mailfax.toml"
    text = config.read_text(encoding="utf-8")
    secret = tmp_path / "secret"
    secret.write_text("hunter2\n", encoding="utf-8")
    text = text.replace("/run/secrets/faxage", str(secret)).replace('= ""  # ', '= "demo"  # ')
    config.write_text(text, encoding="utf-8")
    return tmp_path


def test_without_arguments_it_says_what_it_can_do():
    done = run("--help")
    assert done.returncode == 0
    for word in ("demo", "serve", "sandbox", "render", "jobs", "inbox", "doctor", "rules"):
        assert word in done.stdout


TAB = {"_MAILFAX_COMPLETE": "complete_bash", "COMP_WORDS": "mailfax se", "COMP_CWORD": "1"}
"""What bash asks with after `mailfax se` and the tabulator."""


def test_the_shell_may_ask_for_the_words_that_fit():
    program = pathlib.Path(sys.executable).with_name("mailfax")
    done = subprocess.run(
        [program], env=os.environ | TAB, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["serve", "send"]


@pytest.mark.parametrize(
    ("words", "more"), [(["--help"], {}), (["version"], {}), (["--show-completion"], {}), ([], TAB)]
)
def test_what_needs_nothing_heavy_loads_nothing_heavy(words, more):
    code = (
        f"import sys; sys.argv = ['mailfax', *{words}]\n"
        "from mailfax import cli\n"
        "try: cli.main()\nexcept SystemExit: pass\n"
        "heavy = {'zeep', 'reportlab', 'sqlalchemy', 'pydantic', 'httpx', 'pypdfium2', 'PIL'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | more, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.rstrip().endswith("LOADED []")


def test_version_names_the_number_plan():
    done = run("version", "--json")
    assert {"mailfax", "phonenumberslite"} <= json.loads(done.stdout).keys()


@pytest.mark.parametrize(
    "arguments",
    [("frobnicate",), ("render",), ("jobs", "show"), ("send", "x"), ("serve", "--role", "cook")],
)
def test_wrong_usage_is_exit_code_two(arguments, installed):
    assert run(*arguments, cwd=installed).returncode == 2


def test_a_config_that_is_not_there_is_said_with_what_to_do(tmp_path):
    done = run("jobs", cwd=tmp_path)
    assert done.returncode == 2
    assert "mailfax config init" in done.stderr


def test_config_init_writes_a_config_that_passes_its_check(installed):
    done = run("check", cwd=installed)
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 send and 1 receive rules" in done.stdout


def test_a_fresh_config_says_what_is_still_to_be_filled_in(tmp_path):
    run("config", "init", cwd=tmp_path)
    done = run("check", cwd=tmp_path)
    assert done.returncode == 1
    assert "username: is empty" in done.stderr
    assert "/run/secrets/faxage cannot be read" in done.stderr


def test_config_init_overwrites_nothing(installed):
    done = run("config", "init", cwd=installed)
    assert done.returncode == 1
    assert "is there already" in done.stderr


def test_everything_wrong_in_a_config_is_told_at_once_with_its_lines(installed):
    config = installed / "mailfax.toml"
    text = config.read_text(encoding="utf-8")
    text = text.replace('store = "sqlite', 'stroe = "sqlite').replace("port = 587", 'port = "x"')
    text = text.replace(f'{{ file = "{installed / "secret"}" }}', '"hunter2"')
    config.write_text(text, encoding="utf-8")
    done = run("check", cwd=installed)
    assert done.returncode == 1
    assert "mailfax.toml:4:1: unknown key 'stroe' in the file: did you mean 'store'?" in done.stderr
    assert "port" in done.stderr
    assert "hunter2" not in done.stderr + done.stdout


def test_a_secret_in_the_config_is_refused_and_not_shown(installed):
    config = installed / "mailfax.toml"
    text = config.read_text(encoding="utf-8")
    text = text.replace(f'{{ file = "{installed / "secret"}" }}', '"hunter2"')
    config.write_text(text, encoding="utf-8")
    done = run("check", cwd=installed)
    assert done.returncode == 1
    assert "a secret is { env" in done.stderr
    assert "hunter2" not in done.stderr + done.stdout


def test_rules_check_names_file_line_and_column(installed):
    rules = installed / "rules" / "office.toml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("receive", "recieve"), "utf-8")
    done = run("rules", "check", cwd=installed)
    assert done.returncode == 1
    assert "office.toml:4:1" in done.stderr
    assert "did you mean 'receive'" in done.stderr


def test_rules_explain_says_which_rule_decided_and_why(installed):
    asked = ("rules", "explain", "--from", "ann@example.com", "--to", "+12025550123")
    done = run(*asked, "--login", "ann@example.com", cwd=installed)
    assert done.returncode == 0
    assert "accept" in done.stdout
    done = run(*asked, cwd=installed)
    assert "reject" in done.stdout
    assert json.loads(run(*asked, "--json", cwd=installed).stdout)


def test_render_makes_the_pages_of_a_mail_as_tiff_pdf_and_png(tmp_path):
    mail = tmp_path / "a.eml"
    mail.write_bytes(MAIL)
    for ending, magic in (("tif", b"II*\0"), ("pdf", b"%PDF"), ("png", b"\x89PNG")):
        out = tmp_path / f"out.{ending}"
        done = run("render", mail, "-o", out, "--to", "+12025550123", "--json", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        made = json.loads(done.stdout)
        assert made["pages"] == 1
        assert [entry["found"] for entry in made["manifest"]] == ["text"]
        assert out.read_bytes().startswith(magic)
    assert run("tiff-check", tmp_path / "out.tif").returncode == 0


def test_render_opens_postscript_where_the_config_allows_it(installed):
    (installed / "a.ps").write_text("%!PS\n9 9 moveto 99 99 lineto stroke showpage\n")
    wish = ("render", "a.ps", "-o", "out.tif", "--config", "mailfax.toml", "--json")
    done = run(*wish, cwd=installed)
    assert done.returncode == 1
    assert "PostScript is not opened here unless the operator allows it" in done.stderr
    with (installed / "mailfax.toml").open("a", encoding="utf-8") as config:
        config.write("\n[worker]\npostscript = true\n")
    done = run(*wish, cwd=installed)
    if ctypes.util.find_library("gs"):
        assert json.loads(done.stdout)["pages"] == 1
    else:
        assert "Ghostscript is not installed" in done.stderr


def test_render_numbers_the_pictures_of_several_pages(tmp_path):
    mail = tmp_path / "a.eml"
    mail.write_bytes(MAIL)
    done = run("render", mail, "-o", tmp_path / "x.png", "--cover", "standard", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "x-1.png").exists()
    assert (tmp_path / "x-2.png").exists()


def test_the_same_mail_rendered_twice_gives_the_same_octets(tmp_path):
    mail = tmp_path / "a.eml"
    mail.write_bytes(MAIL)
    at = ("--at", "2026-11-20T12:00:00+00:00", "--cover", "standard")
    for name in ("1.tif", "2.tif"):
        assert run("render", mail, "-o", tmp_path / name, *at, cwd=tmp_path).returncode == 0
    assert (tmp_path / "1.tif").read_bytes() == (tmp_path / "2.tif").read_bytes()


def test_what_cannot_be_rendered_is_refused_by_name(tmp_path):
    program = tmp_path / "setup.exe"
    program.write_bytes(b"MZ" + bytes(200))
    done = run("render", program, "-o", tmp_path / "x.tif", cwd=tmp_path)
    assert done.returncode == 1
    assert "setup.exe" in done.stderr
    assert not (tmp_path / "x.tif").exists()


def test_automatic_mail_is_not_rendered_as_it_would_not_be_faxed(tmp_path):
    mail = tmp_path / "a.eml"
    mail.write_bytes(b"Auto-Submitted: auto-replied\r\n" + MAIL)
    done = run("render", mail, "-o", tmp_path / "x.tif", cwd=tmp_path)
    assert done.returncode == 1
    assert "Automatic mail" in done.stderr


def test_tiff_check_says_what_is_wrong_with_a_file(tmp_path):
    bad = tmp_path / "bad.tif"
    bad.write_bytes(b"II*\0\x08\0\0\0\0\0")
    done = run("tiff-check", bad)
    assert done.returncode == 1
    assert "IMG-" in done.stdout


def test_jobs_and_inbox_are_empty_tables_at_first(installed):
    for command in ("jobs", "inbox"):
        done = run(command, cwd=installed)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("id\tstate")
        assert json.loads(run(command, "list", "--json", cwd=installed).stdout) == []


def test_an_unknown_job_is_named(installed):
    done = run("jobs", "show", "nonsense", cwd=installed)
    assert done.returncode == 2
    assert "there is no job nonsense" in done.stderr


def test_send_goes_by_the_rules(installed):
    letter = installed / "letter.txt"
    letter.write_text("Hello\n", encoding="utf-8")
    done = run("send", "--to", "+12025550123", "--from", "ann@example.com", letter, cwd=installed)
    assert done.returncode == 0, done.stderr
    jobs = json.loads(run("jobs", "list", "--json", cwd=installed).stdout)
    assert [job["state"] for job in jobs] == ["accepted"]
    done = run(
        "send", "--to", "+12025550123", "--from", "eve@elsewhere.example", letter, cwd=installed
    )
    assert done.returncode == 1
    done = run("send", "--to", "+19005550123", "--from", "ann@example.com", letter, cwd=installed)
    assert done.returncode == 1
    assert "premium" in done.stderr
    assert run("verify", cwd=installed).returncode == 0


def test_doctor_names_each_layer_of_the_jail(installed):
    done = run("doctor", "--json", cwd=installed)
    found = {one["what"]: one for one in json.loads(done.stdout)}
    assert "jail: seccomp" in found
    assert "LibreOffice" in found["office documents"]["remark"]
    assert "the operator has not allowed it" in found["PostScript"]["remark"]
    assert found["store"]["good"]
    assert not any(name.startswith("listener") and one["good"] for name, one in found.items())
    assert done.returncode == 1, "nothing listens here"
