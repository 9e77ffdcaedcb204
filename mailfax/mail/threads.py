"""Threads that do the blocking work of an event loop.

A third of the cost of the standard library's executor per job (measured), and a job is never
cancelled: whoever waits for it may go away, it runs to its end. Apart from the work itself
everything happens in the loop's own thread.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Pool:
    """At most `most` threads, begun when they are needed."""

    def __init__(self, most: int, name: str) -> None:
        self.busy = 0
        """Jobs that are waiting or running."""
        self._most = most
        self._name = name
        self._threads = 0
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._idle = asyncio.Event()
        self._idle.set()

    def start(self, function: Callable[..., T], *arguments: Any) -> "asyncio.Future[T]":
        """Begin to run `function`, which must not raise. Call it from the event loop."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[T] = loop.create_future()

        def work() -> None:
            value = function(*arguments)
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(self._done, result, value)

        self.busy += 1
        self._idle.clear()
        self._jobs.put(work)
        if self.busy > self._threads < self._most:
            self._threads += 1
            threading.Thread(target=self._work, name=self._name, daemon=True).start()
        return result

    async def idle(self) -> None:
        """Wait until no job is left."""
        await self._idle.wait()

    def close(self) -> None:
        """Let each thread end after the jobs that are waiting."""
        for _ in range(self._threads):
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def _done(self, result: "asyncio.Future[T]", value: T) -> None:
        self.busy -= 1
        if not self.busy:
            self._idle.set()
        if not result.done():
            result.set_result(value)
