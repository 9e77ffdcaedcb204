"""The pages for people hold together."""

import pathlib
import re
import tomllib

import pytest

ROOT = pathlib.Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
TOML = re.compile(r"^ *```toml\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def names(page):
    """A page by its path in the checkout."""
    return page.relative_to(ROOT).as_posix()


def anchors(text):
    """What may stand after `#` in a link to this page."""
    lowered = (heading.lower() for heading in HEADING.findall(text))
    return {re.sub(r"[^\w\- ]", "", heading).strip().replace(" ", "-") for heading in lowered}


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_link_leads_to_a_page_and_a_heading_that_exist(page):
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_sample_of_toml_can_be_read(page):
    for sample in TOML.findall(page.read_text(encoding="utf-8")):
        assert tomllib.loads(sample)


def test_there_are_links_and_samples_to_try():
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert len(LINK.findall(text)) > 20
    assert len(TOML.findall(text)) > 3


def test_every_provider_is_named_where_people_look_for_it():
    from mailfax import providers

    for page in ("README.md", "CHANGELOG.md", "docs/README.md"):
        text = (ROOT / page).read_text(encoding="utf-8").lower()
        assert [kind for kind in providers.kinds() if kind not in text] == [], page
