"""What may public queries take, each and all together?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """What queries may take.

    `workers`: processes, so also queries at the same time. `seconds`: deadline of a query, reading of its result by
    the client included; with one second more, also the longest wait in the queue. `memory`: most resident bytes of a
    worker. `queue`: queries that may wait. `result`: most bytes of a result. `per_client`: queries of one client that
    run or wait; `client_seconds`: of a process, for each client, in a minute.
    """

    workers: int
    seconds: float
    memory: int
    queue: int
    result: int = 2_000_000_000
    per_client: int = 1_000
    client_seconds: float = 1_000_000.0
