"""How does the pool hold one worker process?

One owner at a time talks to it; only the kill may come from elsewhere.
"""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, NoReturn, Protocol, cast

from catalogue.errors import CatalogueError, MalformedQuery, QueryFailed, QueryTimeout, QueryTooLarge, Unavailable

from . import confinement, frames
from .clients import Client


class Process(Protocol):
    """What `subprocess.Popen` offers, and the pool needs."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None:
        """None while it runs."""

    def kill(self) -> None:
        """Kill it, if it still runs."""

    def wait(self) -> int | None:
        """Wait for its end; the status where it is known."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A SPARQL server of another make that is asked instead of an image; without a user nobody is named."""

    address: str
    user: str = ""
    password: str = field(default="", repr=False)


# What a worker answers from: a checkpoint's folder, or another server.
Image = Path | Elsewhere
READER, RELAY = "catalogue.sparql.worker", "catalogue.sparql.relay"


class Worker:
    """A running worker, the image that it reads, and, while it answers, the deadline and who asks.

    `verdict` is the error that its end means to the asker, set before it is killed on purpose.
    """

    def __init__(self, *, seconds: float, memory: int, program: str = READER) -> None:
        """Start the process (`READER` or `RELAY`) and wait until it is ready (50 or 200 ms).

        Raises:
            OSError, CatalogueError: It does not start.
        """
        process = subprocess.Popen(
            [sys.executable, "-m", program, str(seconds), str(memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=environment(),
        )
        self._hold(process, cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout), memory)
        try:
            self.sealed = bool(json.loads(self.receive((frames.READY,))[1])["sealed"])
        except CatalogueError:
            self.end()
            self.close_pipes()
            raise

    def _hold(self, process: Process, requests: IO[bytes], answers: IO[bytes], memory: int, shared: int = 0) -> None:
        """Take a process over; `shared` is what it has of another's memory, which is not counted."""
        self.memory = memory
        self.snapshot: Image | None = None
        self.deadline = 0.0
        self.client = Client()
        self.verdict: CatalogueError | None = None
        self._process = process
        self._requests, self._answers = requests, answers
        self._shared = shared

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def open(self, snapshot: Image) -> None:
        """Move to another image (about 8 ms).

        Raises:
            Unavailable: The image cannot be opened; the worker has ended.
            CatalogueError: It was ended; what `verdict` says.
        """
        self.send(frames.OPEN, **({"path": str(snapshot)} if isinstance(snapshot, Path) else asdict(snapshot)))
        try:
            self.receive((frames.READY,))
        except QueryFailed as error:
            self.end()
            raise Unavailable("The image for queries cannot be opened.", retry_after=1) from error

    def send(self, kind: bytes, **content: Any) -> None:
        """Send a request; a process that is gone shows when its answer is read."""
        with suppress(OSError):
            frames.write_json(self._requests, kind, **content)

    def receive(self, kinds: Iterable[bytes]) -> tuple[bytes, bytes]:
        """Wait for a frame of one of these kinds.

        Raises:
            CatalogueError: The worker says that the query failed, or it ended.
        """
        try:
            kind, content = frames.read(self._answers)
        except EOFError:
            self.end()
            raise self.verdict or self._cause_of_end() from None
        if kind == frames.ERROR:
            self._raise(**json.loads(content))
        if kind not in kinds:
            self.end()
            raise QueryFailed("The query process answered out of turn.")
        return kind, content

    def ready(self, seconds: float) -> bool:
        """Whether something can be read within so long."""
        return bool(select.select([self._answers], [], [], max(0.0, seconds))[0])

    def resident(self) -> int:
        """Bytes of resident memory of its own; 0 where the system does not say or the process is gone.

        A page of shared memory that it has written to, and now has a copy of, does not count: it had it before.
        """
        try:
            return confinement.pages(1, self.pid) - self._shared
        except OSError:
            return 0

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """Kill the process; from any thread, any number of times."""
        self._process.kill()

    def end(self) -> None:
        """Kill the process and wait until it is gone."""
        self._process.kill()
        self._process.wait()

    def close_pipes(self) -> None:
        """Only for the thread that talks to it: another may be reading."""
        for pipe in (self._requests, self._answers):
            with suppress(OSError):
                pipe.close()

    def too_large(self) -> QueryTooLarge:
        """What is said when the memory limit is reached."""
        return QueryTooLarge(
            f"The query needed more than {self.memory} bytes of memory and was ended.",
            mend="Ask for less at once: a narrower pattern, LIMIT, or several queries.",
            limit=self.memory,
            setting="query_memory",
        )

    def too_slow(self, seconds: float) -> QueryTimeout:
        """What is said at the deadline."""
        return QueryTimeout(
            f"The query took longer than {seconds:g} seconds and was ended.",
            mend="Ask for less at once: a narrower pattern, LIMIT, or several queries.",
            limit=seconds,
            setting="query_seconds",
        )

    def _cause_of_end(self) -> CatalogueError:
        # Allocation beyond RLIMIT_AS, between two looks at the resident memory, aborts the engine.
        if self._process.returncode == -signal.SIGABRT:
            return self.too_large()
        return QueryFailed(
            "The engine broke down while it ran this query.",
            mend="Simplify the query: long chains of operators overflow it.",
        )

    def _raise(self, *, kind: str, message: str) -> NoReturn:
        if kind == "malformed":
            raise _malformed(message)
        if kind == "memory":
            raise self.too_large()
        if kind == "away":
            raise Unavailable(f"The store does not answer: {message[:300]}", mend="Try again soon.", retry_after=10)
        raise QueryFailed(f"The engine gave up on this query: {message[:500]}")


def environment() -> dict[str, str]:
    """What a worker gets to know: where our modules are; no setting of the service, in which tokens may stand."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CATALOGUE_")}
    modules = os.pathsep.join(filter(None, sys.path))
    # A query that is too large aborts the engine, which would log a page on each.
    return environment | {"PYTHONPATH": modules, "RUST_BACKTRACE": "0"}


def _malformed(message: str) -> MalformedQuery:
    """Word the engine's parse error: `error at 1:24: expected one of "(", FILTER, ['0'..='9'], Prefix not found`."""
    place = re.match(r"error at (\d+):(\d+): expected (?:one of )?(.*)", message, re.DOTALL)
    if place is None:
        return MalformedQuery(f"The query cannot be read: {message[:300]}")
    line, column = int(place[1]), int(place[2])
    # Beside what could stand there, the engine lists character classes and, as sentences, rules that are broken.
    listed = [item for item in re.split(r", (?=[\"\[A-Za-z<])", place[3]) if item[:1] not in {"[", "<"}]
    sentences = [item for item in listed if " " in item and not item.startswith('"')]
    reason = ""
    if sentences:
        reason = f": {'; '.join(sentences)[:300]}"
    elif 0 < len(listed) <= 8:
        reason = f": one of {', '.join(listed)[:300]} could stand there"
    return MalformedQuery(
        f"The query is not SPARQL at line {line}, column {column}{reason}.",
        mend="Correct the query there or just before.",
        line=line,
        column=column,
    )
