"""The command line. `main` is what `mailfax` runs.

Commands live in sibling modules by what they are about; each imports what it needs when it is
called, so that `mailfax --help` needs nothing but typer. Exit codes: 0 done, 1 refused or failed
with a reason, 2 wrong usage. Errors are one sentence on standard error, never a traceback; with
MAILFAX_DEBUG set the traceback follows.
"""

import os
import sys

import typer

from mailfax import errors
from mailfax.cli import faxes, pages, provider, rulebook, running, spending

_NOT_GIVEN = {
    "help": False,
    "install_completion": False,
    "show_completion": False,
    "version": {"help": False},
}
"""Typer 0.29 loads pydantic (40 ms) to convert a flag that is not given; False it leaves alone."""

app = typer.Typer(
    name="mailfax",
    help="The bridge between e-mail and fax.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "default_map": _NOT_GIVEN},
)

running.add(app)
pages.add(app)
faxes.add(app)
provider.add(app)
spending.add(app)
app.add_typer(rulebook.app, name="rules")


def main() -> None:
    """Run the command line and leave with its exit code."""
    try:
        app()
    except errors.Usage as error:
        _fail(error, 2)
    except errors.MailfaxError as error:
        _fail(error, 1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - the last door: no user ever sees a traceback
        _fail(error, 1)


def _fail(error: Exception, code: int) -> None:
    expected = isinstance(error, errors.MailfaxError)
    text = str(error) if expected else f"unforeseen {type(error).__name__}: {error}"
    print(f"mailfax: {text}" if "\n" not in text else text, file=sys.stderr)
    if os.environ.get("MAILFAX_DEBUG"):
        raise error
    sys.exit(code)
