"""The service's lists, which come in pages that count from 1.

How long a page may be, and what a fax on its way has for fields, is told nowhere.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

PER_PAGE = 100
"""Faxes asked for in one page."""
PAGES = 200
"""Pages of a list that are read at the most."""
KEPT = 5.0
"""Seconds for which a list is kept, or as long as it took to read it, if that was longer."""

Item = TypeVar("Item")


class Pages(Generic[Item]):
    """The items of a list, page after page; `pages` counts those that held something new.

    Only a page that brings nothing new ends a list: how many items the service is willing to
    put on one is told nowhere.
    """

    def __init__(self, operation: Callable[..., Sequence[Item]]) -> None:
        self._operation = operation
        self.pages = 0

    def __iter__(self) -> Iterator[Item]:
        for page in self.each():
            yield from page

    def each(self) -> Iterator[Sequence[Item]]:
        """What each page holds that is new."""
        seen: set[str] = set()
        while self.pages < PAGES:
            page = self._operation(current_page=self.pages + 1, items_per_page=PER_PAGE)
            fresh = [item for item in page if repr(item) not in seen]
            if not fresh:
                return
            self.pages += 1
            seen.update(map(repr, fresh))
            yield fresh


class Kept(Generic[Item]):
    """A list by the ids in its items, read as far as is asked for and kept for a moment.

    So following many faxes costs the pages of the list once, not once for each question; a fax
    that is told as it was some seconds ago is looked at again anyway.
    """

    def __init__(
        self,
        operation: Callable[..., Sequence[Item]],
        ids: Callable[[Item], Collection[str]],
        barren: int,
    ) -> None:
        """`barren`: after so many pages without anything wanted nobody reads on."""
        self._operation = operation
        self._ids = ids
        self._barren = barren
        self._lock = threading.Lock()
        self._known: dict[str, Item] = {}
        self._pages: Iterator[Sequence[Item]] = iter(())
        self._until = 0.0
        self._spent = 0.0

    def of(self, wanted: Collection[str]) -> Mapping[str, Item]:
        """The wanted items that the list holds, by their ids; raises as its operation does."""
        with self._lock:
            began = time.monotonic()
            if began > self._until:
                self._known, self._spent = {}, 0.0
                self._pages = Pages(self._operation).each()
            self._until = 0.0  # what breaks while it is read is not kept
            self._read(set(wanted))
            now = time.monotonic()
            self._spent += now - began
            self._until = now + max(KEPT, self._spent)
            return {one: self._known[one] for one in wanted if one in self._known}

    def _read(self, wanted: set[str]) -> None:
        barren = 0
        while barren < self._barren and not wanted <= self._known.keys():
            page = next(self._pages, None)
            if page is None:
                return
            found = {one: item for item in page for one in self._ids(item)}
            barren = 0 if wanted & found.keys() else barren + 1
            self._known |= found


def texts(node: Any) -> Iterator[str]:
    """Every text in a part of an answer."""
    if isinstance(node, str):
        yield node
    else:
        for inside in node.values() if isinstance(node, dict) else node:
            yield from texts(inside)
