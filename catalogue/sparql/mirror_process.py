"""How does the service hold the mirror's process, and the workers that are forked from it?

`catalogue.sparql.mirror` is what runs there. One conversation at a time; changes may be told from any thread meanwhile.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from . import confinement, frames
from .process import Worker, environment

# Changes that wait for the mirror, in characters: with more, filling it anew is quicker.
_MOST_WAITING = 64_000_000
# What was deleted stays in the engine's memory. After so many characters of changes, or half of what the mirror
# occupies when that is more, it is filled anew.
_WASTE = 64_000_000
_LOOK = 0.5


class MirrorProcess:
    """A mirror that runs: first filled, then told of changes, and forked.

    `over` says why it is of no use any more; empty while it is.
    """

    def __init__(self, *, seconds: float, memory: int, limit: int) -> None:
        """Start the process. For the thread that keeps it: when that ends, so does the process.

        Args:
            seconds, memory: Deadline and most memory of a worker.
            limit: Most resident bytes of the mirror.

        Raises:
            OSError: It does not start.
        """
        self.over = ""
        self.occupies = 0
        self.changes = 0
        self._memory = memory
        self._sealed = False
        self._ready = False
        self._waiting: list[str] = []
        self._size = self._waste = 0
        self._told = threading.Condition()
        self._talking = threading.Lock()
        self._link, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "catalogue.sparql.mirror", str(seconds), str(memory), str(limit)],
                stdin=theirs.fileno(),
                env=environment(),
            )

    def fill(self, image: Path) -> None:
        """Fill it from an image of the store.

        Raises:
            MemoryError: It would need more than its limit.
            OSError, EOFError: The image cannot be read, or the process has ended.
        """
        with self._talking:
            self._ask(frames.OPEN, json.dumps({"path": str(image)}).encode())
        self._ready = True

    @property
    def state(self) -> int | None:
        """A number that stands for what a worker forked now would see; None when there is nothing to fork."""
        return self.changes if self._ready and not self.over else None

    @property
    def waiting(self) -> int:
        """Characters of changes that it has not applied."""
        return self._size

    def tell(self, change: str | None) -> None:
        """Tell a change as a SPARQL update, to be applied before the next fork; None: the store is another."""
        with self._told:
            if self.over:
                return
            if change is None:
                self.over = "the store was replaced"
            else:
                self._waiting.append(change)
                self._size += len(change)
                self.changes += 1
            if self._size > _MOST_WAITING:
                self.over = "it fell behind"
                self._waiting.clear()
            self._told.notify()

    def attend(self) -> bool:
        """Wait until there are changes to apply; False when it is of no use any more."""
        with self._told:
            while not self._waiting and not self.over:
                self._told.wait(_LOOK)
                if self._process.poll() is not None:
                    self.over = self.over or "it ended"
            return not self.over

    def apply(self) -> None:
        """Apply what it was told; errors as of `fill`."""
        with self._talking:
            self._apply()

    def fork(self) -> ForkedWorker:
        """Apply what it was told, then fork a worker; errors as of `fill`."""
        with self._talking:
            state = self._apply()
            requests, send = os.pipe()
            receive, answers = os.pipe()
            try:
                content, descriptors = self._ask(frames.FORK, b"", [requests, answers])
            except BaseException:
                os.close(send)
                os.close(receive)
                raise
            finally:
                os.close(requests)
                os.close(answers)
        process = _Fork(content["pid"], descriptors[0], self._how_ended)
        worker = ForkedWorker(process, send, receive, memory=self._memory, shared=self.occupies)
        worker.mirror, worker.state, worker.sealed = self, state, self._sealed
        return worker

    def retire(self) -> None:
        """Fork no more; it ends when its workers have."""
        self.over = self.over or "it was let go"
        with self._talking:
            self._link.close()

    def kill(self) -> None:
        """Kill it and all its workers, and wait until it is gone."""
        self._process.kill()
        self._process.wait()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def wasteful(self) -> bool:
        """Whether filled anew it would be noticeably smaller."""
        return self._waste > self.occupies // 10

    def ended(self) -> bool:
        """Whether the process is gone."""
        return self._process.poll() is not None

    # -- inside, for whom talks ------------------------------------------------------------------------------------

    def _apply(self) -> int:
        with self._told:
            waiting, self._waiting, size, self._size = self._waiting, [], self._size, 0
            state = self.changes
        if waiting:
            self._ask(frames.APPLY, "\n;\n".join(waiting).encode())
            self._waste += size
            if self._waste > max(_WASTE, self.occupies // 2):
                self.over = self.over or "much of it is waste"
        return state

    def _ask(self, kind: bytes, content: bytes, descriptors: list[int] | None = None) -> tuple[Any, list[int]]:
        try:
            frames.send(self._link, kind, content, descriptors or [])
            answer, content, received = frames.receive(self._link)
        except (OSError, EOFError):
            self.over = self.over or "it ended"
            raise
        told = json.loads(content)
        if answer == frames.ERROR:
            self.over = self.over or "it failed"
            raise MemoryError if told["kind"] == "memory" else OSError(told["message"])
        if answer == frames.READY:
            self.occupies, self._sealed = told["occupies"], told["sealed"]
        return told, received

    def _how_ended(self, pid: int) -> int | None:
        """The status of a worker; None when the mirror cannot say."""
        with self._talking, suppress(OSError, EOFError, MemoryError):
            status: int | None = self._ask(frames.ENDED, json.dumps({"pid": pid}).encode())[0]["status"]
            return status
        return None


class _Fork:
    """A process that another has forked, held by a descriptor (pidfd_open(2)): no other can get its number."""

    def __init__(self, pid: int, descriptor: int, how_ended: Callable[[int], int | None]) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._descriptor = descriptor
        self._how_ended = how_ended
        weakref.finalize(self, os.close, descriptor)

    def poll(self) -> int | None:
        """None while it runs; else its status, -9 where that cannot be known."""
        return self.wait() if self._is_over(0) else None

    def kill(self) -> None:
        """Kill it, if it still runs."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)

    def wait(self) -> int:
        """Wait for its end; its status, -9 where that cannot be known: then the mirror has ended, and it with it."""
        self._is_over(None)
        status = self.returncode
        if status is None:
            status = self._how_ended(self.pid)
            self.returncode = status = -signal.SIGKILL if status is None else status
        return status

    def _is_over(self, milliseconds: int | None) -> bool:
        look = select.poll()
        look.register(self._descriptor, select.POLLIN)
        return bool(look.poll(milliseconds))


class ForkedWorker(Worker):
    """A worker that shares the memory of a mirror, as that was in `state`."""

    mirror: MirrorProcess
    state: int

    def __init__(self, process: _Fork, requests: int, answers: int, *, memory: int, shared: int) -> None:
        """Take over a process that was forked, and the descriptors that lead to it."""
        self._hold(process, os.fdopen(requests, "wb", 0), os.fdopen(answers, "rb", 0), memory, shared)

    def copied(self) -> int:
        """Bytes of the mirror's memory that it has copied, and of its own, at most; 0 when it is gone."""
        try:
            return confinement.faults(self.pid)
        except OSError:
            return 0

    @property
    def lost(self) -> bool:
        """Whether neither we nor the query has ended it: the mirror is gone, or the kernel wanted its memory."""
        return self.verdict is None and self._process.poll() == -signal.SIGKILL
