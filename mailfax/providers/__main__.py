"""`python -m mailfax.providers [FOLDER]`: bring the tables of docs/providers up to date."""

import pathlib
import sys

from mailfax.providers import _tables

if __name__ == "__main__":
    folder = pathlib.Path(*sys.argv[1:2] or ["docs/providers"])
    for name in _tables.names():
        file = folder / f"{name}.md"
        page = file.read_text(encoding="utf-8") if file.exists() else ""
        file.write_text(_tables.renewed(name, page), encoding="utf-8")
