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
from dataclasses import dataclass
from pathlib import Path

import structlog

from catalogue.errors import CatalogueError, ClientGone, Unavailable

from . import frames
from .bounds import Bounds
from .clients import NOBODY, Client, Clients
from .dataset import WHOLE, Dataset
from .guard import Query
from .mirror_process import ForkedWorker
from .mirroring import Forks, Mirror, MirrorGone
from .process import READER, Image, Worker
from .result import Chunks, Result

_LOOK = 0.02
_PAUSE = 0.5
# One who begins to wait just after another was taken must outlast that one's deadline and the renewal.
_GRACE = 1.0
# So much of a result is taken at once, if it comes within a second: most workers are free again before a slow client
# has read anything, and an error within it can still be said with a status.
_TAKEN, _TAKEN_SECONDS = 1_048_576, 1.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Turn:
    """A query that waits."""

    client: Client
    called: threading.Condition
    mirrored: bool


class QueryPool:
    """Worker processes for public queries. Thread-safe.

    Those over checkpoints are kept ready; those that share the mirror's memory are forked when they are asked for, and
    kept for as long as it does not change. The mirror is closed with the pool.
    """

    def __init__(self, bounds: Bounds, mirror: Mirror | None = None, program: str = READER) -> None:
        self._bounds, self._mirror, self._program = bounds, mirror, program
        self._forks, self._forking = Forks(mirror), 0
        self._clients = Clients(queries=bounds.per_client, seconds=bounds.client_seconds)
        self._lock = threading.Lock()
        self._renew = threading.Condition(self._lock)
        self._watched = threading.Event()
        self._idle: deque[Worker] = deque()
        self._busy: set[Worker] = set()
        self._killed: list[Worker] = []
        self._line: deque[_Turn] = deque()
        self._ended = 0
        self._snapshot: Image | None = None
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
            idle = [*self._idle, *self._forks.clear()]
            self._idle.clear()
            for worker in self._busy:
                worker.verdict = Unavailable("The service is stopping.", retry_after=5)
                worker.kill()
            for turn in self._line:
                turn.called.notify()
            self._renew.notify_all()
            self._watched.set()
        for worker in idle:
            worker.end()
            worker.close_pipes()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()
        if self._mirror is not None:
            self._mirror.close()
        atexit.unregister(self.close)

    def use(self, snapshot: Image) -> None:
        """Name the newest image, a checkpoint of the store: every query that begins from now on reads it.

        The pool owns the one before and deletes its folder when no worker reads it any more.
        """
        with self._lock:
            if isinstance(self._snapshot, Path):
                self._old.add(self._snapshot)
            self._old -= {snapshot}
            self._snapshot = snapshot
            self._renew.notify()

    def expect(self, client: Client) -> None:
        """Refuse a client at once whose query would be refused, before its text is read: reading has its price.

        Raises:
            Unavailable: Too many wait.
            TooManyQueries: This client's share is used up.
        """
        with self._lock:
            self._check(_Turn(client, self._renew, mirrored=False))

    def run(
        self,
        query: Query,
        *,
        media_type: str,
        base_iri: str,
        dataset: Dataset = WHOLE,
        client: Client = NOBODY,
        mirrored: bool = False,
    ) -> Result:
        """Run a query; waits for a worker, then for the first MiB or second of the result, its end, or an error.

        Args:
            query: What the guard let pass.
            media_type: One of `formats.offered(query.form)`.
            base_iri: Relative IRIs in the query are resolved against it.
            dataset: The graphs that it is answered from; empty: the default graph and all named ones.
            client: Who asks. When the connection is closed from there, the query is ended.
            mirrored: Whether the mirror is to answer, which knows no graph but the default one.

        Returns:
            The result. Its chunks must be read to the end or closed; a limit reached meanwhile is raised there.

        Raises:
            Unavailable: No image yet, or too many wait; details `retry_after`.
            TooManyQueries: This client's share is used up; details `retry_after`.
            MalformedQuery, QueryTimeout, QueryTooLarge, QueryFailed: What became of it.
            MirrorGone: There is no mirror now, or it ended meanwhile; the checkpoint can answer.
        """
        worker = self._take(client, mirrored)
        chunks = Chunks(worker, self._give_back, self._bounds.result)
        try:
            if not mirrored:
                self._move(worker)
            worker.send(
                frames.QUERY,
                query=query.text,
                base_iri=base_iri,
                media_type=media_type,
                default_graphs=dataset.default,
                named_graphs=dataset.named,
            )
            worker.receive((frames.HEADER,))
            chunks.take(_TAKEN, _TAKEN_SECONDS)
        except BaseException as error:
            chunks.abandon(error)
            if isinstance(worker, ForkedWorker) and worker.lost:
                raise MirrorGone from error
            raise
        return Result(media_type, chunks)

    def status(self) -> dict[str, int]:
        """Counts: `workers` alive, `busy`, `idle`, `waiting` queries, `ended` (killed or broken down since start)."""
        with self._lock:
            return {
                "workers": len(self._idle) + len(self._forks) + len(self._busy),
                "busy": len(self._busy),
                "idle": len(self._idle) + len(self._forks),
                "waiting": len(self._line),
                "ended": self._ended,
            }

    def _take(self, client: Client, mirrored: bool) -> Worker:
        turn = _Turn(client, threading.Condition(self._lock), mirrored)
        with self._lock:
            self._check(turn)
            self._clients.admit(client)
            self._line.append(turn)
            try:
                turn.called.wait_for(lambda: self._may_take(turn), timeout=self._bounds.seconds + _GRACE)
                if self._closed or self._snapshot is None:
                    raise Unavailable("Queries cannot be answered now.", mend="Try again soon.", retry_after=1)
                if client.gone():
                    raise ClientGone("The client has gone.")
                if not self._may_take(turn):
                    raise self._occupied("No query process became free.")
                worker = self._fork() if mirrored else self._idle.popleft()
            except CatalogueError:
                self._clients.leave(client, 0)
                raise
            finally:
                self._line.remove(turn)
                self._call_next()
            worker.client = client
            worker.deadline = time.monotonic() + self._bounds.seconds
            self._busy.add(worker)
            self._watched.set()
            return worker

    def _check(self, turn: _Turn) -> None:
        if not self._available(turn) and len(self._line) >= self._bounds.queue:
            raise self._occupied("Too many queries are waiting.")
        self._clients.check(turn.client)

    def _fork(self) -> ForkedWorker:
        """A worker that sees what the mirror does now; the lock is let go while one is forked."""
        fork = self._forks.take()
        if fork is None and self._mirror is not None:
            self._forking += 1
            self._lock.release()
            try:
                fork = self._mirror.fork()
            finally:
                self._lock.acquire()
                self._forking -= 1
        if fork is None:
            raise MirrorGone
        return fork

    def _may_take(self, turn: _Turn) -> bool:
        """Whether one who waits need not wait longer."""
        while self._idle and not self._idle[0].alive():  # something else has ended it
            self._idle.popleft().close_pipes()
            self._ended += 1
            self._renew.notify()
        over = self._closed or self._snapshot is None or turn.client.gone()
        return over or (self._available(turn) and self._next() is turn)

    def _available(self, turn: _Turn) -> bool:
        """Whether a worker can be had at once for one who waits."""
        room = len(self._busy) + self._forking < self._bounds.workers
        return room and (turn.mirrored or bool(self._idle))

    def _next(self) -> _Turn:
        """Whose turn it is: first come, first served, but whose client holds least goes first."""
        return min(self._line, key=lambda turn: self._clients.holding(turn.client))

    def _call_next(self) -> None:
        if self._line:
            self._next().called.notify()

    def _occupied(self, what: str) -> Unavailable:
        return Unavailable(what, mend="Try again soon.", retry_after=math.ceil(self._bounds.seconds / 2))

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
        sound = sound and worker.resident() <= self._bounds.memory // 2
        with self._lock:
            self._clients.leave(worker.client, time.monotonic() - worker.deadline + self._bounds.seconds)
            judged = worker not in self._busy
            self._busy.discard(worker)
            keep = sound and not judged and not self._closed
            if not keep:
                self._ended += not judged
            elif isinstance(worker, ForkedWorker):
                self._forks.put(worker)
            else:
                self._idle.append(worker)
            self._call_next()
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
                for turn in self._line:
                    if turn.client.gone():
                        turn.called.notify()
                if not self._busy and not self._closed:
                    self._watched.clear()
            time.sleep(_LOOK)

    def _judge(self, worker: Worker) -> None:
        if time.monotonic() > worker.deadline:
            worker.verdict = worker.too_slow(self._bounds.seconds)
        elif worker.resident() > self._bounds.memory:
            worker.verdict = worker.too_large()
        elif worker.client.gone():
            worker.verdict = ClientGone("The client has gone.")
        else:
            return
        # The one who reads its result learns of it there, perhaps late; the replacement need not wait for that.
        worker.kill()
        self._killed.append(worker)
        self._busy.discard(worker)
        self._ended += 1
        self._call_next()
        self._renew.notify()

    def _renewal(self) -> None:
        # The kernel kills workers when the thread that started them ends, so this one starts them all.
        while True:
            with self._lock:
                self._renew.wait_for(self._has_work, _PAUSE if self._mirror else None)
                if self._closed:
                    break
                missing = self._missing()
                stale = next(filter(self._stale, self._idle), None)
                if stale is not None and not missing:
                    self._idle.remove(stale)
            try:
                if missing:
                    self._make_ready(self._started())
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

    def _started(self) -> Worker:
        return Worker(seconds=self._bounds.seconds, memory=self._bounds.memory, program=self._program)

    def _missing(self) -> bool:
        return len(self._idle) + len(self._busy) < self._bounds.workers

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
            outdated = self._forks.outdated()
        for worker in killed:
            worker.end()
        for fork in outdated:
            fork.end()
            fork.close_pipes()
        for snapshot in unread:
            shutil.rmtree(snapshot, ignore_errors=True)
