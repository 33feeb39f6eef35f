"""How does the pool hold one worker process?

One owner at a time talks to it; only the kill may come from elsewhere.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NoReturn, cast

from catalogue.errors import CatalogueError, MalformedQuery, QueryFailed, QueryTooLarge, Unavailable

from . import frames

_PAGE = os.sysconf("SC_PAGE_SIZE")


class Worker:
    """A running worker, the image that it reads, and, while it answers, the deadline.

    `verdict` is the error that its end means to the asker, set before it is killed on purpose.
    """

    def __init__(self, *, seconds: float, memory: int) -> None:
        """Start the process and wait until it is ready (about 50 ms).

        Raises:
            OSError, CatalogueError: It does not start.
        """
        self.memory = memory
        self.snapshot: Path | None = None
        self.deadline = 0.0
        self.verdict: CatalogueError | None = None
        self._process = subprocess.Popen(
            [sys.executable, "-m", "catalogue.sparql.worker", str(seconds), str(memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
        )
        self._requests = cast(IO[bytes], self._process.stdin)
        self._answers = cast(IO[bytes], self._process.stdout)
        try:
            self.sealed = bool(json.loads(self.receive((frames.READY,))[1])["sealed"])
        except CatalogueError:
            self.end()
            self.close_pipes()
            raise

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def open(self, snapshot: Path) -> None:
        """Move to another image (about 8 ms).

        Raises:
            Unavailable: The image cannot be opened; the worker has ended.
            CatalogueError: It was ended; what `verdict` says.
        """
        self.send(frames.OPEN, path=str(snapshot))
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

    def resident(self) -> int:
        """Bytes of resident memory; 0 where the system does not say or the process is gone."""
        try:
            with open(f"/proc/{self.pid}/statm") as file:
                return int(file.read().split()[1]) * _PAGE
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
        raise QueryFailed(f"The engine gave up on this query: {message[:500]}")


def _environment() -> dict[str, str]:
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
