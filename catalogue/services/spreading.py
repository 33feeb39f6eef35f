"""How is much work spread over processes, in order and in bounded memory?

Processes are forked when there is work for them, so they have what this one has loaded. Each holds one task at a time;
as many results as processes times `_AHEAD` wait for their turn at most. A process that is left alone ends: its pipe
has no other end any more.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, fields
from functools import partial
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from operator import attrgetter
from typing import Any, Generic, TypeVar

from catalogue.errors import Unavailable

Task = TypeVar("Task")
Result = TypeVar("Result")

_AHEAD = 4
_ENDING_SECONDS = 5


def cores() -> int:
    """How many CPU cores this process may use."""
    return len(os.sched_getaffinity(0))


def spread(work: Callable[[Task], Result], tasks: Iterable[Task], jobs: int) -> Generator[Result, None, None]:
    """Do every task; the results come in the order of the tasks.

    The first task is done here: what it loads and compiles the processes then inherit, and where there is no second
    one, none is started.

    Args:
        work: Called in some process; its result and its errors travel as pickles.
        tasks: Taken from as results are asked for.
        jobs: How many processes; 1 is this one alone.

    Raises:
        Unavailable: A process ended in the middle of its task.
        Exception: What `work` or `tasks` raises; then all processes have ended.
    """
    waiting = iter(tasks)
    for task in islice(waiting, 1):
        yield work(task)
    if jobs == 1:
        yield from map(work, waiting)
        return
    for task in islice(waiting, 1):
        with closing(_Workers(work, jobs)) as workers:
            yield from workers.results(_chained(task, waiting))


def travel_light(*classes: type[Any]) -> None:
    """Let instances of these dataclasses cross to this process as their values in order, in half the time (0.28 against
    0.15 ms for a report of 30 findings, there and back)."""
    for class_ in classes:
        ForkingPickler.register(class_, partial(_taken_apart, attrgetter(*(field.name for field in fields(class_)))))


def _taken_apart(values: Callable[[object], Any], instance: object) -> tuple[Any, Any]:
    return type(instance), values(instance)


def _chained(first: Task, others: Iterator[Task]) -> Iterator[Task]:
    yield first
    yield from others


@dataclass(slots=True)
class _Worker:
    """A process, our end of its pipe, and the number of the task that it has."""

    process: BaseProcess
    pipe: Connection
    task: int = -1


class _Workers(Generic[Task, Result]):
    """The processes. Pipes that one thread serves: the helper threads of an executor would get their turn only when
    that thread, which parses and writes, lets go of the interpreter."""

    def __init__(self, work: Callable[[Task], Result], jobs: int) -> None:
        self._workers: list[_Worker] = []
        gc.collect()
        gc.freeze()  # the collector of a child would touch, and so copy, every object of ours
        try:
            for _ in range(jobs):
                self._workers.append(self._started(work))
        except BaseException:
            self.close()
            raise

    def _started(self, work: Callable[[Task], Result]) -> _Worker:
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        others = [*(worker.pipe for worker in self._workers), ours]
        process = context.Process(target=_serve, args=(work, theirs, others), daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def results(self, tasks: Iterator[Task]) -> Iterator[Result]:
        """The results, in the order of the tasks."""
        done: dict[int, Result] = {}
        sent = told = 0
        more = True
        idle = list(self._workers)
        while True:
            while more and idle and sent - told < _AHEAD * len(self._workers):
                for task in islice(tasks, 1):
                    worker = idle.pop()
                    worker.task = sent
                    sent += 1
                    with suppress(BrokenPipeError):  # it has ended; `_received` says so
                        worker.pipe.send(task)
                    break
                else:
                    more = False
            while told in done:
                yield done.pop(told)
                told += 1
            if told == sent and not more:
                return
            busy = {worker.pipe: worker for worker in self._workers if worker not in idle}
            # While results were taken, every process may have come to the end of the window.
            for pipe in wait(busy) if busy else ():
                worker = busy[pipe]  # type: ignore[index]
                done[worker.task] = _received(worker)
                idle.append(worker)

    def close(self) -> None:
        """End all processes, whatever they do."""
        for worker in self._workers:
            worker.pipe.close()
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join(_ENDING_SECONDS)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
        gc.unfreeze()


def _received(worker: _Worker) -> Any:
    try:
        result, error = worker.pipe.recv()
    except (EOFError, ConnectionResetError):
        worker.process.join(_ENDING_SECONDS)
        raise Unavailable(
            f"A process ended in the middle of its work ({_end(worker.process.exitcode)}); nothing more was done.",
            mend="When memory is short, do it with fewer processes (--jobs 1).",
        ) from None
    if error is not None:
        raise error
    return result


def _end(code: int | None) -> str:
    if code is not None and code < 0:
        return signal.Signals(-code).name
    return f"exit code {code}"


def _serve(work: Callable[[Any], Any], pipe: Connection, others: Iterable[Connection]) -> None:
    """The program of a process: tasks in, results out, until the parent closes the pipe or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in others:  # inherited; with them open, nobody would notice that the parent is gone
        other.close()
    with suppress(EOFError, ConnectionError):
        while True:
            task = pipe.recv()
            answer: tuple[Any, Exception | None]
            try:
                answer = (work(task), None)
            except Exception as error:  # noqa: BLE001 - it is raised in the parent
                error.add_note(traceback.format_exc())
                answer = (None, error)
            pipe.send(answer)
