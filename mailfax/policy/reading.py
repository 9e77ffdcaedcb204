"""From a file that people hold to a table that is read key by key: rules and config alike."""

import pathlib
import tomllib

from mailfax import errors
from mailfax.policy import positions, schema

_BOM = "\ufeff"


def octets(path: pathlib.Path) -> bytes:
    """What the file holds; raises errors.Invalid when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        problem = errors.Problem(str(path), 0, 0, f"cannot be read: {error.strerror}")
        raise errors.Invalid([problem]) from None


def other(path: pathlib.Path, book: schema.Book, said: positions.Path) -> bytes | None:
    """What another file holds, noted in `book`; None, with a problem at `said`, where it is named,
    when it cannot be read.
    """
    try:
        book.others[path] = path.read_bytes()
    except OSError as error:
        text = f"{said[-1]}: {path.name} cannot be read: {error.strerror}"
        book.wrong(said, text, other=str(path))
        return None
    return book.others[path]


def document(data: bytes, file: str) -> schema.Table:
    """The file as one table, its book with it; raises errors.Invalid when it is not TOML."""
    text = _text(data, file)
    plain = text.removeprefix(_BOM)
    try:
        values, index = tomllib.loads(plain), positions.index(plain)
    except tomllib.TOMLDecodeError as error:
        problem = positions.syntax_problem(file, str(error), plain)
    except RecursionError:
        problem = errors.Problem(file, 1, 1, "lists or tables stand too deep in one another")
    else:
        book = schema.Book(file, index)
        if text != plain:
            book.wrong((), "begins with a byte order mark (BOM): save it as UTF-8 without one")
        return schema.Table(book, values, (), "the file")
    raise errors.Invalid([problem])


def _text(data: bytes, file: str) -> str:
    """UTF-8 with LF line ends, as TOML 1.0 wants it."""
    try:
        return data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    problem = errors.Problem(file, line, column, "is not UTF-8 here: save the file as UTF-8")
    raise errors.Invalid([problem])
