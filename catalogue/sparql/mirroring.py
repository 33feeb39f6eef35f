"""How does the service keep the mirror, and get workers from it?

The mirror (`catalogue.sparql.mirror`) is a process that holds the merged default graph in memory, where most queries
are answered several times quicker than from a checkpoint. It is filled from a checkpoint, which answers meanwhile, and
then told of every change. When it ends, falls behind, has gathered waste or the store is replaced, it is filled anew;
when it grows beyond its limit it is given up, and the checkpoint goes on answering.

Linux only. One thread keeps the mirror: it starts the process, which dies with it.
"""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from catalogue.errors import CatalogueError

from .guard import Query
from .mirror_process import ForkedWorker, MirrorProcess
from .tokens import read, unescape

# With more characters of changes to apply, the next query does not wait for it (0.2 s, measured).
_BEHIND = 2_000_000
_FIRST_PAUSE, _LONGEST_PAUSE, _LASTED = 0.2, 300.0, 60.0

log = structlog.get_logger(__name__)

# Makes a checkpoint at a path, and from then on says every change of the default graph as a SPARQL update, in order;
# None when the store is another and no more changes come. Raises CatalogueError or OSError.
Follow = Callable[[Path, Callable[[str | None], None]], None]


def suits(query: Query) -> bool:
    """Whether the merged default graph alone answers a query: it names no graph, however its text is read."""
    if query.graphs:
        return False
    text = unescape(query.text)
    if not _GRAPHS.search(text):
        return True
    # The word stands in a name, a string, an IRI or a comment, unless the text can be read otherwise (see `guard`).
    if text != query.text:
        return False
    before = ""
    for token in read(text):
        if token.kind == "iri" and before != "PREFIX" and re.search("[#']", token.text):
            return False
        if token.kind == "name" and _GRAPHS.search(token.text.partition(":")[0]):
            return False
        before = before if before == "PREFIX" and token.text.endswith(":") else token.word
    return True


_GRAPHS = re.compile("GRAPH|FROM", re.IGNORECASE)


class MirrorGone(CatalogueError):
    """The mirror cannot answer now; the checkpoint can."""

    def __init__(self) -> None:
        super().__init__("The mirror for queries is gone.")


class Mirror:
    """The mirror as the pool sees it. Thread-safe."""

    def __init__(self, follow: Follow, folder: Path, *, seconds: float, memory: int, limit: int) -> None:
        """Prepare; nothing runs before `want`.

        Args:
            follow: See `Follow`.
            folder: Where a checkpoint is made for as long as the mirror is being filled.
            seconds, memory: Deadline and most memory of a query; memory counts beyond what is shared with the mirror.
            limit: Most resident bytes of the mirror.
        """
        self.limit = limit
        self._follow, self._folder = follow, folder
        self._seconds, self._memory = seconds, memory
        self._lock = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._process: MirrorProcess | None = None
        self._started: list[MirrorProcess] = []
        self._replaced = False

    def want(self) -> None:
        """Begin to fill the mirror, unless that was done before; returns at once."""
        with self._lock:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._keep, name="query-mirror", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """End the mirror and all workers forked from it."""
        with self._lock:
            self._closed = True
            self._lock.notify_all()
            thread, started = self._thread, list(self._started)
        for process in started:
            process.kill()
        if thread is not None:
            thread.join()

    def current(self, worker: ForkedWorker) -> bool:
        """Whether a worker sees every change told so far."""
        process = self._process
        return process is not None and worker.mirror is process and worker.state == process.state

    @property
    def there(self) -> bool:
        """Whether it can be forked, without a long wait."""
        process = self._process
        return process is not None and process.state is not None and process.waiting < _BEHIND

    def fork(self) -> ForkedWorker | None:
        """Fork a worker that sees every change told so far; None when the checkpoint has to answer."""
        process = self._process
        if process is None or not self.there:
            return None
        try:
            return process.fork()
        except (OSError, EOFError, MemoryError):
            return None  # the one who keeps it sees why

    # -- the thread that keeps it --------------------------------------------------------------------------------

    def _keep(self) -> None:
        pause = _FIRST_PAUSE
        while not self._closed:
            start = time.monotonic()
            try:
                why = self._serve()
            except MemoryError:
                why = self._give_up()
            except (OSError, EOFError, CatalogueError) as error:
                why = repr(error)
            if self._closed:
                break
            pause = _FIRST_PAUSE if time.monotonic() - start > _LASTED else min(2 * pause, _LONGEST_PAUSE)
            log.warning("the mirror for queries is filled anew; checkpoints answer", reason=why, seconds=pause)
            with self._lock:
                self._lock.wait_for(lambda: self._closed, pause)

    def _serve(self) -> str:
        """Fill a mirror and keep it up to date until it is of no use; returns why.

        Raises:
            MemoryError: It needs more than its limit.
            OSError, EOFError, CatalogueError: It cannot be filled, or ended.
        """
        start = time.monotonic()
        process = MirrorProcess(seconds=self._seconds, memory=self._memory, limit=self.limit)
        try:
            self._fill(process)
            process.apply()
            self._process = process
            log.info("the mirror answers queries", bytes=process.occupies, seconds=round(time.monotonic() - start, 1))
            while process.attend():
                process.apply()
        except MemoryError:
            if not process.wasteful:
                raise
        finally:
            self._process = None
            process.retire()
        return process.over

    def _fill(self, process: MirrorProcess) -> None:
        with self._lock:
            self._started = [process, *(earlier for earlier in self._started if not earlier.ended())]
            self._replaced = False
            if self._closed:
                process.kill()

        def tell(change: str | None) -> None:
            process.tell(change)
            if change is None:
                with self._lock:
                    self._replaced = True
                    self._lock.notify_all()

        image = self._folder / f"mirror-{process.pid}"
        try:
            self._follow(image, tell)
            process.fill(image)
        finally:
            shutil.rmtree(image, ignore_errors=True)

    def _give_up(self) -> str:
        """Leave everything to the checkpoint until the store is another."""
        log.warning(
            "the mirror would be larger than allowed: checkpoints answer",
            limit=self.limit,
            setting="query_mirror_memory",
        )
        with self._lock:
            self._lock.wait_for(lambda: self._closed or self._replaced)
        return "the store was replaced"


class Forks:
    """The workers forked from the mirror that wait for a query. Not thread-safe: the pool's lock guards it.

    Reading a triple writes to its page (the engine counts references there), so a fork that has seen everything has
    copied most of the mirror. It is the quicker for it, but together they may hold half of the mirror's limit.
    """

    def __init__(self, mirror: Mirror | None) -> None:
        self._mirror = mirror
        self._idle: list[ForkedWorker] = []
        self._gone: list[ForkedWorker] = []

    def __len__(self) -> int:
        return len(self._idle)

    def put(self, fork: ForkedWorker) -> None:
        """Keep one for the next query, and not many that have copied much."""
        self._idle.append(fork)
        limit = self._mirror.limit // 2 if self._mirror is not None else 0
        while len(self._idle) > 1 and sum(fork.copied() for fork in self._idle) > limit:
            self._gone.append(self._idle.pop(0))

    def take(self) -> ForkedWorker | None:
        """One that sees what the mirror does; the one used last, which has copied what it writes to already."""
        for fork in reversed(self._idle):
            if self._current(fork) and fork.alive():
                self._idle.remove(fork)
                return fork
        return None

    def outdated(self) -> list[ForkedWorker]:
        """Those that see less than the mirror, hold too much or have ended; they are let go."""
        outdated = [fork for fork in self._idle if not self._current(fork) or not fork.alive()]
        self._idle = [fork for fork in self._idle if fork not in outdated]
        gone, self._gone = self._gone + outdated, []
        return gone

    def clear(self) -> list[ForkedWorker]:
        """All; they are let go."""
        gone, self._idle, self._gone = self._gone + self._idle, [], []
        return gone

    def _current(self, fork: ForkedWorker) -> bool:
        return self._mirror is not None and self._mirror.current(fork)
