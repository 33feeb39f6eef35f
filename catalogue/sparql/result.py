"""How does the answer of a worker reach the one who asked?

A worker is taken until its result is read to the end, closed, or ended by a limit: one that is dropped holds its worker
until the deadline.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from catalogue.errors import CatalogueError, QueryTooLarge

from . import frames
from .process import Worker


class GiveBack(Protocol):
    """Takes a worker back; one that is not sound is replaced."""

    def __call__(self, worker: Worker, *, sound: bool) -> None: ...


class Chunks(Iterator[bytes]):
    """The parts of a result, in order; for one thread at a time.

    Iterating raises QueryTimeout, QueryTooLarge or QueryFailed when the worker is ended on the way: then what was
    read so far is not a whole result.
    """

    def __init__(self, worker: Worker, give_back: GiveBack, limit: int) -> None:
        self._worker: Worker | None = worker
        self._give_back = give_back
        self._limit, self._size = limit, 0
        self._taken: deque[bytes] = deque()

    def __next__(self) -> bytes:
        if not self._taken:
            self._read()
        if not self._taken:
            raise StopIteration
        return self._taken.popleft()

    def take(self, size: int, seconds: float) -> None:
        """Read ahead until the end, until so many bytes are held, or some and so much time is over.

        Raises what iterating raises.
        """
        end = time.monotonic() + seconds
        while self._worker is not None and self._size < size:
            if self._taken and not self._worker.ready(end - time.monotonic()):
                break
            self._read()

    def close(self) -> None:
        """Want no more. A worker that still computes is replaced; closing again does nothing."""
        self._release(sound=False)
        self._taken.clear()

    def abandon(self, error: BaseException) -> None:
        """Let the worker go after an error: the same worker goes on when it only reported one."""
        alive = self._worker is not None and self._worker.alive()
        self._release(sound=alive and isinstance(error, CatalogueError))
        self._taken.clear()

    def _read(self) -> None:
        if self._worker is None:
            return
        try:
            kind, content = self._worker.receive((frames.CHUNK, frames.END))
        except BaseException as error:
            self.abandon(error)
            raise
        if kind != frames.CHUNK:
            self._release(sound=True)
            return
        self._size += len(content)
        if self._size > self._limit:
            self.close()
            raise QueryTooLarge(
                f"The result is larger than {self._limit:,} bytes.",
                mend="Ask for less at once with LIMIT, or take the dump (/dump.nt.gz).",
                limit=self._limit,
                setting="query_result_bytes",
            )
        self._taken.append(content)

    def _release(self, *, sound: bool) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            self._give_back(worker, sound=sound)


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to a query: its media type and its parts, which must be read to the end or closed."""

    media_type: str
    chunks: Chunks
