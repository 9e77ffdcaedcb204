"""The fax providers: whatever lies in this folder and does not begin with an underscore."""

import importlib
import pkgutil
import typing
from types import ModuleType

from mailfax import errors


def kinds() -> list[str]:
    """Names of the providers there are, sorted; nothing is imported to find out."""
    return sorted(found.name for found in pkgutil.iter_modules(__path__) if found.name[0] != "_")


def load(kind: str) -> ModuleType:
    """The module of one provider, see `_port`; raises errors.Permanent for an unknown name."""
    if kind not in kinds():
        raise errors.Permanent(f"{kind!r} is no provider; there is {', '.join(kinds())}")
    return importlib.import_module(f"{__name__}.{kind}")


def account(kind: str) -> type[object]:
    """The class of its accounts: it has the protocols of what only some providers can do."""
    found: type[object] = typing.get_type_hints(load(kind).connect)["return"]
    return found
