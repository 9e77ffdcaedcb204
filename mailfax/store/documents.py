"""Documents in a folder: what was put there is there after a power cut, or was never there.

A file gets its name in this order: written, fsync of the file, rename, fsync of the folder.
Without the last the name itself can be lost. A failed fsync is never tried again as if the
data were still there: Linux may have dropped the pages it could not write (fsync(2), EIO).
"""

import contextlib
import datetime
import hashlib
import os
import pathlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from typing import BinaryIO

from mailfax import errors, failpoints
from mailfax.model import Content

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)+")
_INCOMING = "incoming"
_SCRATCH = "scratch"
_OURS = frozenset([_INCOMING, _SCRATCH])
"""Folders that hold no documents: mails that are arriving, and pages that are being made."""


def key(kind: str, id_: str, ending: str = "") -> str:
    """Where a document of this kind and id belongs, as `mail/y/…y`: 32 folders of each kind.

    A new folder costs two more flushes. What belongs to one mail lies together: `fax/y/…y-1.tif`.
    """
    stem = id_.partition("-")[0]
    return f"{kind}/{stem[-1:]}/{id_}{ending}"


@contextlib.contextmanager
def _said(what: str) -> Iterator[None]:
    """A disk in trouble is temporary trouble."""
    try:
        yield
    except OSError as error:
        raise errors.Temporary(f"the document store cannot {what}: {error.strerror}") from error


class Spool:
    """A mail being written while it arrives. Raises Temporary when the disk is in trouble."""

    def __init__(self, folder: pathlib.Path) -> None:
        failpoints.hit("spool-before-write")
        with _said("begin a file"):
            handle, name = tempfile.mkstemp(dir=folder)
        self._file = os.fdopen(handle, "wb", buffering=0)
        self._path = pathlib.Path(name)
        self._hash = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes) -> None:
        """Add octets."""
        with _said("write"):
            view = memoryview(data)
            while view:
                view = view[self._file.write(view) or 0 :]
        self._hash.update(data)
        self._size += len(data)
        failpoints.hit("spool-mid-write")

    def finish(self) -> Content:
        """All octets are on the disk under a name that `adopt` makes lasting."""
        try:
            with _said("write"):
                os.fsync(self._file.fileno())
                self._file.close()
        except errors.Temporary:
            self.discard()
            raise
        failpoints.hit("spool-after-fsync")
        return Content(size=self._size, sha256=self._hash.hexdigest(), path=self._path)

    def discard(self) -> None:
        """Drop it all."""
        self._file.close()
        self._path.unlink(missing_ok=True)


class LocalDir:
    """A folder of documents by key, on one local disk.

    Keys are ASCII words joined by slashes. Raises Temporary when the disk is in trouble,
    Permanent for a key that is none or a document that is missing.
    """

    def __init__(self, root: pathlib.Path) -> None:
        self.root = root.absolute()
        self._incoming = self.root / _INCOMING
        self.scratch_folder = self.root / _SCRATCH
        with _said(f"use the folder {root}"):
            _make(self._incoming)
            _make(self.scratch_folder)

    def spool(self) -> Spool:
        """A new file to be written while a mail arrives, readable to us alone."""
        return Spool(self._incoming)

    @contextlib.contextmanager
    def scratch(self) -> Iterator[pathlib.Path]:
        """A folder of ours alone while the block runs; `sweep` clears it if we die in it."""
        with _said("make a folder"):
            folder = tempfile.TemporaryDirectory(
                dir=self.scratch_folder, ignore_cleanup_errors=True
            )
        with folder as name:
            yield pathlib.Path(name)

    def adopt(self, content: Content, key: str) -> Content:
        """Give a finished spool file its key; returns the content under its lasting name."""
        assert content.path is not None
        place = self.path(key)
        with _said(f"keep {key}"):
            self._place(content.path, place)
        return Content(size=content.size, sha256=content.sha256, path=place)

    def put(self, key: str, source: bytes | pathlib.Path) -> None:
        """Keep these octets, or a copy of this file, under `key`; the same again is harmless."""
        place = self.path(key)
        failpoints.hit("put-before-write")
        with _said(f"keep {key}"):
            handle, name = tempfile.mkstemp(dir=self._incoming)
            try:
                with os.fdopen(handle, "wb") as file:
                    _fill(file, source)
                self._place(pathlib.Path(name), place)
            except BaseException:
                pathlib.Path(name).unlink(missing_ok=True)
                raise

    def _place(self, source: pathlib.Path, place: pathlib.Path) -> None:
        """Rename, and make the name as lasting as the data: every folder that is new, too."""
        fresh: list[pathlib.Path] = []
        try:
            source.rename(place)
        except FileNotFoundError:
            fresh = _make(place.parent)
            source.rename(place)
        failpoints.hit("spool-after-rename")
        for folder in (place.parent, *(folder.parent for folder in fresh)):
            _sync(folder)

    def path(self, key: str) -> pathlib.Path:
        """Where the document of this key is, or would be."""
        if not _KEY.fullmatch(key) or key.partition("/")[0] in _OURS or len(key) > 255:
            raise errors.Permanent(f"{key!r} is not the key of a document")
        return self.root / key

    def open(self, key: str) -> BinaryIO:
        """The document, to be read and closed by the caller."""
        try:
            return self.path(key).open("rb")
        except FileNotFoundError:
            raise errors.Permanent(f"the document {key} is missing") from None
        except OSError as error:
            raise errors.Temporary(f"the document {key} cannot be read: {error.strerror}") from None

    def read(self, key: str) -> bytes:
        """All octets of the document."""
        with self.open(key) as file, _said(f"read {key}"):
            return file.read()

    def exists(self, key: str) -> bool:
        """Whether there is such a document."""
        return self.path(key).is_file()

    def touch(self, key: str) -> None:
        """Somebody uses it: for the sweep it is new. Raises Permanent when it is missing."""
        with _said(f"touch {key}"):
            try:
                os.utime(self.path(key))
            except FileNotFoundError:
                raise errors.Permanent(f"the document {key} is missing") from None

    def size(self, key: str) -> int:
        """Its octets; 0 for one that is missing."""
        with contextlib.suppress(FileNotFoundError):
            return self.path(key).stat().st_size
        return 0

    def delete(self, key: str) -> None:
        """Remove the document; one already gone is no error."""
        place = self.path(key)
        with _said(f"remove {key}"):
            place.unlink(missing_ok=True)
            if place.parent.is_dir():
                _sync(place.parent)

    def written_at(self, key: str) -> datetime.datetime:
        """When it was put there; now, when it is gone."""
        try:
            written = self.path(key).stat().st_mtime
        except FileNotFoundError:
            return datetime.datetime.now(datetime.UTC)
        return datetime.datetime.fromtimestamp(written, datetime.UTC)

    def keys(self, prefix: str = "") -> Iterator[str]:
        """The keys that begin with `prefix`, sorted within each folder."""
        for folder, folders, files in os.walk(self.root):
            here = pathlib.Path(folder).relative_to(self.root).as_posix()
            folders[:] = sorted(name for name in folders if here != "." or name not in _OURS)
            if here != ".":
                yield from (
                    found
                    for name in sorted(files)
                    if (found := f"{here}/{name}").startswith(prefix)
                )

    def sweep(self, before: datetime.datetime) -> int:
        """Remove what was begun before this and never kept; returns how many files and folders."""
        begun = [*self._incoming.iterdir(), *self.scratch_folder.iterdir()]
        return sum(_remove_old(path, before.timestamp()) for path in begun)


def _fill(file: BinaryIO, source: bytes | pathlib.Path) -> None:
    if isinstance(source, bytes):
        file.write(source)
    else:
        with source.open("rb") as origin:
            shutil.copyfileobj(origin, file, 1 << 20)
    file.flush()
    os.fsync(file.fileno())
    failpoints.hit("put-after-fsync")


def _make(folder: pathlib.Path) -> list[pathlib.Path]:
    """Make a folder for us alone, and those above it; returns the new ones, deepest first."""
    fresh = [place for place in (folder, *folder.parents) if not place.exists()]
    for place in reversed(fresh):
        place.mkdir(mode=0o700, exist_ok=True)
    return fresh


def _remove_old(path: pathlib.Path, before: float) -> bool:
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_mtime < before:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            return True
    return False


def _sync(folder: pathlib.Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
