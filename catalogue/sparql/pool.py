"""How do public queries run so that none of them can hold or bring down the service?

Each runs alone in a worker process over a read-only image. Python cannot stop a thread inside a native call, and the
engine has no deadline, so the process is killed at the deadline or above the memory limit, and another is started.

Two threads: the *watch* looks at the busy workers every 20 ms and kills; the *renewal* starts workers for those
that are gone, moves idle ones to the newest image, deletes the images that nobody reads any more.
"""

from __future__ import annotations

import atexit
import math
import shutil
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import structlog

from catalogue.errors import CatalogueError, QueryTimeout, Unavailable

from . import frames
from .guard import Query
from .process import Worker
from .result import Chunks, Result

_LOOK = 0.02
_PAUSE = 0.5
# One who begins to wait just after another was taken must outlast that one's deadline and the renewal.
_GRACE = 1.0
# So much of a result is taken at once: most workers are free again before a slow client has read anything, and
# an error within it can still be said with a status.
_TAKEN = 1_048_576

log = structlog.get_logger(__name__)


class QueryPool:
    """Worker processes for public queries. Thread-safe.

    Args:
        workers: Processes, so also queries at the same time.
        seconds: Deadline of a query, reading of its result by the client included. With one second more, also the
            longest wait in the queue.
        memory: Most resident bytes of a worker.
        queue: Queries that may wait for a worker.
    """

    def __init__(self, *, workers: int, seconds: float, memory: int, queue: int) -> None:
        self._workers, self._seconds, self._memory, self._queue = workers, seconds, memory, queue
        self._lock = threading.Lock()
        self._renew = threading.Condition(self._lock)
        self._watched = threading.Event()
        self._idle: deque[Worker] = deque()
        self._busy: set[Worker] = set()
        self._killed: list[Worker] = []
        self._line: deque[threading.Condition] = deque()
        self._ended = 0
        self._snapshot: Path | None = None
        self._old: set[Path] = set()
        self._closed = False
        self._warned = False
        self._threads = [
            threading.Thread(target=self._watch, name="query-watch", daemon=True),
            threading.Thread(target=self._renewal, name="query-renewal", daemon=True),
        ]

    def start(self) -> None:
        """Start the processes in the background; the first is ready after about 50 ms."""
        atexit.register(self.close)
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Kill every worker and stop. Running queries end with Unavailable. The newest image stays.

        Also called when the interpreter ends; when that is killed, the workers die with it.
        """
        with self._lock:
            self._closed = True
            idle = list(self._idle)
            self._idle.clear()
            for worker in self._busy:
                worker.verdict = Unavailable("The service is stopping.", retry_after=5)
                worker.kill()
            for turn in self._line:
                turn.notify()
            self._renew.notify_all()
            self._watched.set()
        for worker in idle:
            worker.end()
            worker.close_pipes()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()
        atexit.unregister(self.close)

    def use(self, snapshot: Path) -> None:
        """Name the newest image, a checkpoint of the store: every query that begins from now on reads it.

        The pool owns the one before and deletes its folder when no worker reads it any more.
        """
        with self._lock:
            if self._snapshot is not None and self._snapshot != snapshot:
                self._old.add(self._snapshot)
            self._old.discard(snapshot)
            self._snapshot = snapshot
            self._renew.notify()

    def run(
        self,
        query: Query,
        *,
        media_type: str,
        base_iri: str,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
    ) -> Result:
        """Run a query; waits for a worker, then for the first MiB of the result, its end, or an error.

        Args:
            query: What the guard let pass.
            media_type: One of `formats.offered(query.form)`.
            base_iri: Relative IRIs in the query are resolved against it.
            default_graphs, named_graphs: The dataset, instead of the query's (SPARQL 1.1 Protocol §2.1.4).

        Returns:
            The result. Its chunks must be read to the end or closed; a limit reached meanwhile is raised there.

        Raises:
            Unavailable: No image yet, or too many wait; details `retry_after`.
            MalformedQuery, QueryTimeout, QueryTooLarge, QueryFailed: What became of it.
        """
        worker = self._take()
        chunks = Chunks(worker, self._give_back)
        try:
            self._move(worker)
            worker.send(
                frames.QUERY,
                query=query.text,
                base_iri=base_iri,
                media_type=media_type,
                default_graphs=list(dict.fromkeys(default_graphs)),
                named_graphs=list(dict.fromkeys(named_graphs)),
            )
            worker.receive((frames.HEADER,))
            chunks.take(_TAKEN)
        except BaseException as error:
            chunks.abandon(error)
            raise
        return Result(media_type, chunks)

    def status(self) -> dict[str, int]:
        """Counts: `workers` alive, `busy`, `idle`, `waiting` queries, `ended` (killed or broken down since start)."""
        with self._lock:
            return {
                "workers": len(self._idle) + len(self._busy),
                "busy": len(self._busy),
                "idle": len(self._idle),
                "waiting": len(self._line),
                "ended": self._ended,
            }

    def _take(self) -> Worker:
        turn = threading.Condition(self._lock)
        with self._lock:
            if not self._idle and len(self._line) >= self._queue:
                raise self._occupied("Too many queries are waiting.")
            self._line.append(turn)
            try:
                turn.wait_for(lambda: self._may_take(turn), timeout=self._seconds + _GRACE)
                if self._closed or self._snapshot is None:
                    raise Unavailable("Queries cannot be answered now.", mend="Try again soon.", retry_after=1)
                if not self._may_take(turn):
                    raise self._occupied("No query process became free.")
                worker = self._idle.popleft()
            finally:
                self._line.remove(turn)
                self._call_next()
            worker.deadline = time.monotonic() + self._seconds
            self._busy.add(worker)
            self._watched.set()
            return worker

    def _may_take(self, turn: threading.Condition) -> bool:
        """Whether one who waits need not wait longer: first come, first served."""
        while self._idle and not self._idle[0].alive():  # something else has ended it
            self._idle.popleft().close_pipes()
            self._ended += 1
            self._renew.notify()
        return self._closed or self._snapshot is None or (bool(self._idle) and self._line[0] is turn)

    def _call_next(self) -> None:
        if self._line and self._idle:
            self._line[0].notify()

    def _occupied(self, what: str) -> Unavailable:
        return Unavailable(what, mend="Try again soon.", retry_after=math.ceil(self._seconds / 2))

    def _move(self, worker: Worker) -> None:
        """Let a worker read the newest image."""
        with self._lock:
            newest = self._snapshot
            if newest is None or worker.snapshot == newest:
                return
            worker.snapshot = newest  # from here on its folder stays
        worker.open(newest)

    def _give_back(self, worker: Worker, *, sound: bool) -> None:
        # A worker that has grown would leave the next query less than it may have.
        sound = sound and worker.resident() <= self._memory // 2
        with self._lock:
            judged = worker not in self._busy
            self._busy.discard(worker)
            keep = sound and not judged and not self._closed
            if keep:
                self._idle.append(worker)
                self._call_next()
            elif not judged:
                self._ended += 1
            self._renew.notify()
        if not keep:
            worker.end()
            worker.close_pipes()

    def _watch(self) -> None:
        while not self._closed:
            self._watched.wait()
            with self._lock:
                for worker in list(self._busy):
                    self._judge(worker)
                if not self._busy and not self._closed:
                    self._watched.clear()
            time.sleep(_LOOK)

    def _judge(self, worker: Worker) -> None:
        if time.monotonic() > worker.deadline:
            worker.verdict = QueryTimeout(
                f"The query took longer than {self._seconds:g} seconds and was ended.",
                mend="Ask for less at once: a narrower pattern, LIMIT, or several queries.",
                limit=self._seconds,
                setting="query_seconds",
            )
        elif worker.resident() > self._memory:
            worker.verdict = worker.too_large()
        else:
            return
        # The one who reads its result learns of it there, perhaps late; the replacement need not wait for that.
        worker.kill()
        self._killed.append(worker)
        self._busy.discard(worker)
        self._ended += 1
        self._renew.notify()

    def _renewal(self) -> None:
        # The kernel kills workers when the thread that started them ends, so this one starts them all.
        while True:
            with self._lock:
                self._renew.wait_for(self._has_work)
                if self._closed:
                    break
                missing = self._missing()
                stale = next(filter(self._stale, self._idle), None)
                if stale is not None and not missing:
                    self._idle.remove(stale)
            try:
                if missing:
                    self._make_ready(Worker(seconds=self._seconds, memory=self._memory))
                elif stale is not None:
                    self._make_ready(stale)
            except (OSError, CatalogueError) as error:
                log.warning("query process does not start", error=repr(error))
                time.sleep(_PAUSE)
            self._clear_away()
        self._clear_away()

    def _make_ready(self, worker: Worker) -> None:
        """Open the newest image and hand the worker out."""
        if not worker.sealed and not self._warned:
            self._warned = True
            log.warning("query processes are not cut off from the network: no seccomp here")
        try:
            self._move(worker)
        except CatalogueError:
            worker.close_pipes()
            raise
        with self._lock:
            if not self._closed:
                self._idle.append(worker)
                self._call_next()
                return
        worker.end()
        worker.close_pipes()

    def _missing(self) -> bool:
        return len(self._idle) + len(self._busy) < self._workers

    def _stale(self, worker: Worker) -> bool:
        return worker.snapshot != self._snapshot

    def _has_work(self) -> bool:
        stale = any(map(self._stale, self._idle))
        return self._closed or self._missing() or stale or bool(self._killed) or bool(self._unread())

    def _unread(self) -> set[Path]:
        return self._old - {worker.snapshot for worker in (*self._idle, *self._busy) if worker.snapshot}

    def _clear_away(self) -> None:
        """Wait for the end of killed workers, delete images that nobody reads."""
        with self._lock:
            unread = self._unread()
            self._old -= unread
            killed, self._killed = self._killed, []
        for worker in killed:
            worker.end()
        for snapshot in unread:
            shutil.rmtree(snapshot, ignore_errors=True)
