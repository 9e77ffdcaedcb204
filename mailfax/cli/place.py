"""What the commands share: the config they name and the ledger behind it."""

import contextlib
import pathlib
import typing
from collections.abc import Iterator

import typer

if typing.TYPE_CHECKING:
    from mailfax import config as configuration
    from mailfax.store import ledger

Config = typing.Annotated[
    str | None, typer.Option("--config", "-c", help="mailfax.toml to use.", metavar="FILE")
]
Json = typing.Annotated[bool, typer.Option("--json", help="Print JSON.")]


def config(named: str | None) -> "configuration.Config":
    """The config that was named, or found at its usual places."""
    from mailfax import config as configuration

    return configuration.load(configuration.find(named))


@contextlib.contextmanager
def ledger_of(named: str | None) -> Iterator["ledger.Ledger"]:
    """The ledger of that config, for as long as the block runs."""
    from mailfax.store import ledger

    opened = ledger.open(config(named).store, check=False)
    try:
        yield opened
    finally:
        opened.close()


def existing(path: pathlib.Path) -> pathlib.Path:
    """The path, if it can be read; raises errors.Usage that names it otherwise."""
    from mailfax import errors

    if not path.is_file():
        raise errors.Usage(f"{path} is not a file")
    return path
