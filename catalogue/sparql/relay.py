"""The program of a worker process that passes queries on to a SPARQL server of another make.

Started by `catalogue.sparql.pool` like `catalogue.sparql.worker`, and speaks the same frames; so deadline, memory, size
and the client that hangs up are looked after in the same way: the process is killed, the connection with it, and the
server may stop. It alone of the workers may use the network, and connects to nothing but the address it is given.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from contextlib import suppress
from typing import IO, Any

import requests

from . import confinement, frames

_CONNECT_SECONDS, _GRACE_SECONDS = 5, 5


def main(seconds: float) -> None:
    """Answer frames until the pool goes away.

    Args:
        seconds: Deadline of one query. The pool keeps it; here it ends a process whose pool is gone.
    """
    pipe, answers = frames.take_pipes()
    confinement.die_with_parent()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    frames.write_json(answers, frames.READY, sealed=True)
    session = requests.Session()
    session.trust_env = False
    address = ""
    while True:
        try:
            kind, content = frames.read(pipe)
        except EOFError:
            return
        request = json.loads(content)
        if kind == frames.OPEN:
            address = request["address"]
            session.auth = (request["user"], request["password"]) if request["user"] else None
            frames.write_json(answers, frames.READY, sealed=True)
            continue
        signal.alarm(int(seconds) + _GRACE_SECONDS)
        _relay(session, address, seconds, request, answers)
        signal.alarm(0)


def _relay(
    session: requests.Session, address: str, seconds: float, request: dict[str, Any], answers: IO[bytes]
) -> None:
    wanted = request["media_type"]
    # On one line, so that lines in errors are the asker's.
    parameters = [("query", f"BASE <{request['base_iri']}> {request['query']}")]
    parameters += [("default-graph-uri", iri) for iri in request["default_graphs"]]
    parameters += [("named-graph-uri", iri) for iri in request["named_graphs"]]
    try:
        with session.post(
            address,
            data=parameters,
            headers={"Accept": wanted},
            timeout=(_CONNECT_SECONDS, seconds + _GRACE_SECONDS),  # the pool ends us at the deadline, and says so
            stream=True,
            allow_redirects=False,
        ) as answer:
            said = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if answer.status_code != 200 or said != wanted:
                kind = "malformed" if answer.status_code == 400 else "failed" if answer.status_code < 500 else "away"
                message = answer.raw.read(2_000, decode_content=True).decode(errors="replace")
                frames.write_json(answers, frames.ERROR, kind=kind, message=f"{answer.status_code} {said}: {message}")
                return
            frames.write_json(answers, frames.HEADER, media_type=wanted)
            for chunk in answer.iter_content(frames.CHUNK_BYTES):
                frames.write(answers, frames.CHUNK, chunk)
            frames.write(answers, frames.END)
    except requests.RequestException as error:
        frames.write_json(answers, frames.ERROR, kind="away", message=str(error))


if __name__ == "__main__":
    with suppress(BrokenPipeError):  # the pool is gone
        main(float(sys.argv[1]))
