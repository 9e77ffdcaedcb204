"""What a service's stand-in is: one module of this folder with a class `Twin`.

A new provider is one new module (or package) named after it; `modules` finds it by listing
the folder.
"""

import dataclasses
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar, Protocol

from mailfax.sandbox import _errands, _exchange, _mailbox
from mailfax.sandbox._wire import Reply, Request


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The world a twin lives in."""

    exchange: _exchange.Exchange
    errands: _errands.Errands
    mailbox: _mailbox.Mailbox
    urls: Callable[[], Mapping[str, str]]
    """Base URLs by service, known once the ports are open."""


class Twin(Protocol):
    """A service's wire, translated to and from the exchange."""

    NAME: ClassVar[str]
    PORT: ClassVar[int]
    """Added to the base port."""
    CREDENTIALS: ClassVar[Mapping[str, str]]
    PATHS: ClassVar[tuple[str, ...]]
    """What it serves, for people to read."""

    def __init__(self, around: Surroundings) -> None:
        """Register with the exchange; called once, before the port opens."""

    def reset(self) -> None:
        """Forget everything and take the account's first numbers; called at start too."""

    def is_submit(self, request: Request) -> bool:
        """Whether this request asks for a fax to be sent, for faults on submit."""

    def handle(self, request: Request) -> Reply:
        """Answer one request; called from many threads."""


def classes() -> list[type[Twin]]:
    """The twins in this folder, by port."""
    names = [module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])]
    found: list[type[Twin]] = [
        importlib.import_module(f"mailfax.sandbox.{name}").Twin
        for name in names
        if not name.startswith("_")
    ]
    return sorted(found, key=lambda twin: twin.PORT)
