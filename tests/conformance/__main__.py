"""Writes docs/conformance.md: `python -m tests.conformance`."""

from tests.conformance import page

page.PAGE.write_text(page.made(), encoding="utf-8")
