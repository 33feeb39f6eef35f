"""The program of the mirror: the merged default graph in memory, from which workers are forked.

Started by `catalogue.sparql.mirroring` as `python -m catalogue.sparql.mirror SECONDS MEMORY LIMIT`, with one end of a
Unix socket as standard input; the frames are described in `catalogue.sparql.frames`. A fork shares the memory of the
mirror until it writes there, so it begins with everything, in milliseconds.

It has one thread: a fork takes no other with it, nor the locks that one holds. The engine's store on disk starts
threads, so the image is read in a fork of its own.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress

from pyoxigraph import DefaultGraph, RdfFormat, Store

from . import confinement, frames
from .worker import FIRST_TO_GO, NICENESS, RESERVED, serve

# Publications wait for it, but pages go first; workers forked from it yield to it.
_NICENESS = 10
# The kernel takes its workers before it, and it before the service.
_FIRST_TO_GO = 500
# The memory that parsing needs beside what is kept is a multiple of this.
_PORTION = 4_000_000
_REMEMBERED = 100


class Mirror:
    """The store in memory and the workers forked from it."""

    def __init__(self, link: socket.socket, *, seconds: float, memory: int, limit: int) -> None:
        """Take what `main` takes; `link` leads to the pool."""
        self._link = link
        self._seconds, self._memory, self._limit = seconds, memory, limit
        self._store = Store()
        self._ended: dict[int, int] = {}
        self._sealed = confinement.seal()

    def run(self) -> None:
        """Do what the pool asks until it closes its end; workers that still answer may end what they do.

        Raises:
            MemoryError: More memory would be needed than is allowed.
            OSError: The image cannot be read, or the pool has ended.
        """
        while True:
            try:
                kind, content, descriptors = frames.receive(self._link)
            except EOFError:
                break
            if kind == frames.OPEN:
                self._fill(json.loads(content)["path"])
                self._ready()
            elif kind == frames.APPLY:
                self._store.update(content.decode())
                self._ready()
            elif kind == frames.FORK:
                self._fork(descriptors)
            elif kind == frames.ENDED:
                self._reap()
                status = self._ended.pop(json.loads(content)["pid"], None)
                frames.send(self._link, frames.ENDED, json.dumps({"status": status}).encode())
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        with suppress(ChildProcessError):
            while True:
                os.wait()

    def _ready(self) -> None:
        occupies = confinement.pages(1)
        if occupies > self._limit:
            raise MemoryError
        frames.send(self._link, frames.READY, json.dumps({"sealed": self._sealed, "occupies": occupies}).encode())

    def _fill(self, path: str) -> None:
        for portion in _portions(path):
            self._store.load(portion, format=RdfFormat.N_TRIPLES, lenient=True)
            if confinement.pages(1) > self._limit:
                raise MemoryError
        signal.signal(signal.SIGCHLD, lambda *_: self._reap())  # from here on every child is a worker

    def _fork(self, descriptors: Sequence[int]) -> None:
        # Until the descriptor is there the process must not be waited for: another might get its number.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        pid = os.fork()
        if pid == 0:
            self._be_worker(*descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        process = os.pidfd_open(pid)
        frames.send(self._link, frames.FORKED, json.dumps({"pid": pid}).encode(), [process])
        os.close(process)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})

    def _be_worker(self, requests: int, answers: int) -> None:
        """Answer queries in a fork; never returns."""
        try:
            confinement.die_with_parent()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            self._link.close()
            confinement.limit_memory(self._memory + RESERVED)
            confinement.yield_to_others(NICENESS - _NICENESS, FIRST_TO_GO)
            with suppress(BrokenPipeError), os.fdopen(requests, "rb") as whence, os.fdopen(answers, "wb") as whither:
                serve(whence, whither, self._seconds, self._sealed, self._store)
        finally:
            os._exit(0)

    def _reap(self) -> None:
        """Wait for workers that have ended, and remember how the last of them did."""
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                self._ended[ended[0]] = os.waitstatus_to_exitcode(ended[1])
        while len(self._ended) > _REMEMBERED:
            del self._ended[next(iter(self._ended))]


def _portions(path: str) -> Iterator[bytes]:
    """The default graph of an image on disk as N-Triples, in portions of whole lines.

    Raises:
        OSError: The image cannot be read.
    """
    whence, whither = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            confinement.die_with_parent()
            confinement.yield_to_others(NICENESS - _NICENESS, FIRST_TO_GO)
            os.close(whence)
            with os.fdopen(whither, "wb") as out:
                Store.read_only(path).dump(out, RdfFormat.N_TRIPLES, from_graph=DefaultGraph())
            status = 0
        finally:
            os._exit(status)
    os.close(whither)
    rest = b""
    with os.fdopen(whence, "rb") as lines:
        while read := lines.read(_PORTION):
            whole, end, rest = (rest + read).rpartition(b"\n")
            yield whole + end
    _, status = os.waitpid(pid, 0)
    if status:
        raise OSError(f"the image {path} cannot be read")


def main(seconds: float, memory: int, limit: int) -> None:
    """Be the mirror until the pool goes away.

    Args:
        seconds, memory: Of a worker, as in `catalogue.sparql.worker`; memory counts beyond what is shared.
        limit: Most bytes of resident memory of the mirror itself; beyond, it says so and ends.
    """
    link = socket.socket(fileno=os.dup(0))
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal reaches the whole group
    confinement.die_with_parent()
    confinement.yield_to_others(_NICENESS, _FIRST_TO_GO)
    try:
        Mirror(link, seconds=seconds, memory=memory, limit=limit).run()
    except MemoryError:
        _fail(link, "memory", "")
    except OSError as error:
        _fail(link, "failed", str(error))


def _fail(link: socket.socket, kind: str, message: str) -> None:
    with suppress(OSError):  # the pool is gone
        frames.send(link, frames.ERROR, json.dumps({"kind": kind, "message": message}).encode())
    sys.exit(1)


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
