"""Covers looked at and checked from the command line."""

import pathlib

from tests.cli.test_commands import installed, run

__all__ = ["installed"]


def ruled(installed, settings):
    rules = installed / "rules" / "office.toml"
    text = rules.read_text("utf-8").replace("defaults = {", f"defaults = {{ {settings},", 1)
    rules.write_text(text, "utf-8")


def own(installed, name, text):
    """A template in a folder of the operator's own."""
    folder = installed / "own" / "cover"
    folder.mkdir(parents=True)
    (folder / name).write_text(text, "utf-8")
    config = installed / "mailfax.toml"
    lines = config.read_text("utf-8").replace("version = 1", 'version = 1\ntemplates = "own"', 1)
    config.write_text(lines, "utf-8")
    return folder


def test_a_cover_is_shown_alone_with_sample_words(tmp_path):
    out = tmp_path / "cover.png"
    done = run("render", "--cover", "clinic", "--language", "de", "-o", out, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert out.read_bytes().startswith(b"\x89PNG")


def test_nothing_to_render_is_said(tmp_path):
    done = run("render", "-o", tmp_path / "x.png", cwd=tmp_path)
    assert done.returncode == 2
    assert "--cover" in done.stderr


def test_besides_a_rule_only_a_cover_that_it_offers_is_shown(installed):
    ruled(installed, 'cover = "standard", covers = ["plain"]')
    rule = ("--rule", "send 1", "-o", installed / "x.png")
    assert run("render", "--cover", "plain", *rule, cwd=installed).returncode == 0
    done = run("render", "--cover", "court", *rule, cwd=installed)
    assert done.returncode == 1
    assert "'court' is not for the choosing (rule 'send 1'): plain" in done.stderr


def test_check_draws_the_covers_of_the_rules_and_names_what_is_wrong(installed):
    folder = own(installed, "ours.toml", 'version = 1\nletterhead = "paper.pdf"\n')
    (folder / "paper.pdf").write_bytes(b"%PDF-1.7 nothing")
    ruled(installed, 'cover = "ours"')
    done = run("check", cwd=installed)
    assert done.returncode == 1
    assert "paper.pdf: cannot be drawn: its letterhead is damaged or no PDF" in done.stderr


def test_rules_whose_cover_has_a_wrong_template_do_not_load(installed):
    own(installed, "ours.html", "<p>\n{{ nobody }}")
    ruled(installed, 'cover = "ours"')
    done = run("rules", "check", cwd=installed)
    assert done.returncode == 1
    assert "ours.html:2:1: there is no field or label 'nobody'" in done.stderr


def test_shipped_templates_are_named_in_the_documentation():
    root = pathlib.Path(__file__).parents[2]
    text = (root / "docs" / "covers.md").read_text("utf-8")
    for template in (root / "templates" / "cover").glob("*.*"):
        assert f"`{template.stem}`" in text
