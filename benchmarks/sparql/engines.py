"""Who answers the queries that are compared? Each in processes of its own, asked over HTTP or a pipe."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import urlencode

from benchmarks.service import Service

_ACCEPT = "text/tab-separated-values, application/n-triples"
_READY_SECONDS = 900
HOW_TO_GET_FUSEKI = (
    "No Fuseki: name its jar in FUSEKI_JAR. Get it outside of this folder with\n"
    "  mvn dependency:copy -Dartifact=org.apache.jena:jena-fuseki-server:5.2.0 -DoutputDirectory=FOLDER"
)


_T = TypeVar("_T")


class Engine(Protocol):
    """Answers a query; `name` is its column."""

    name: str

    def ask(self, query: str) -> tuple[float, int]:
        """Milliseconds until the whole answer is there (TSV, or N-Triples), and its lines."""


class Catalogue(Service):
    """Our service on a state folder, with more settings."""

    def __init__(self, name: str, folder: Path, base: str, **settings: object) -> None:
        super().__init__(folder)
        self.name, self.base, self._settings = name, base, settings
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)

    def ask_query(self, query: str) -> tuple[float, bytes]:
        """Milliseconds, and the answer."""
        path = f"/sparql?{urlencode({'query': query})}"
        status, data, milliseconds = _kept(lambda: self.ask(self._connection, "GET", path, None, Accept=_ACCEPT))
        if status != 200:
            raise RuntimeError(f"{self.name} answered {status}: {data[:500]!r}")
        return milliseconds, data

    def await_mirror(self) -> float:
        """Ask until the mirror answers; seconds from the first query."""
        start = time.perf_counter()
        while b"the mirror answers" not in (self.folder / "service.log").read_bytes():
            self.ask_query("ASK {}")
            time.sleep(0.1)
            if time.perf_counter() - start > _READY_SECONDS:
                raise TimeoutError("the mirror did not become ready")
        return time.perf_counter() - start

    def _await_ready(self, deadline: float) -> None:
        super()._await_ready(deadline + _READY_SECONDS)  # at the first start the store is built

    def _environment(self) -> Mapping[str, str]:
        own = {f"CATALOGUE_{name.upper()}": str(value) for name, value in self._settings.items()}
        return {**super()._environment(), "CATALOGUE_BASE_URL": self.base, **own}


def _kept(ask: Callable[[], _T]) -> _T:
    """Ask, and again when the server has closed the connection that nobody used while others were asked."""
    try:
        return ask()
    except http.client.RemoteDisconnected:
        return ask()


class Endpoint:
    """The service as an engine."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.name, self._catalogue = catalogue.name, catalogue

    def ask(self, query: str) -> tuple[float, int]:
        """See `Engine`."""
        milliseconds, data = self._catalogue.ask_query(query)
        return milliseconds, data.count(b"\n")


class InProcess:
    """pyoxigraph without a service."""

    def __init__(self, kind: str, store: Path, base: str) -> None:
        self.name, self._base = f"in-process, {kind}", base
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.sparql.inprocess", str(store), kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout
        assert self._out.readline() == "ready\n"

    def ask(self, query: str) -> tuple[float, int]:
        """See `Engine`."""
        self._in.write(json.dumps({"query": query, "base": self._base}) + "\n")
        self._in.flush()
        answer = json.loads(self._out.readline())
        return answer["ms"], answer["lines"]

    def stop(self) -> None:
        """End it."""
        self._in.close()
        self._process.wait(30)
        self._out.close()


class Fuseki:
    """Apache Jena Fuseki over TDB2, all graphs as in our store."""

    name = "Fuseki"

    def __init__(self, jar: Path, folder: Path, nquads: Path, port: int) -> None:
        place = folder / "tdb2"
        command = ["java", "-cp", str(jar), "tdb2.tdbloader", f"--loc={place}", str(nquads)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._log = (folder / "fuseki.log").open("wb")
        self._process = subprocess.Popen(
            ["java", "-Xmx4g", "-jar", str(jar), "--tdb2", f"--loc={place}", f"--port={port}", "--localhost", "/ds"],
            stdout=self._log,
            stderr=self._log,
            cwd=folder,
        )
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        self._await()

    def ask(self, query: str) -> tuple[float, int]:
        """See `Engine`."""
        return _kept(lambda: self._ask(query))

    def _ask(self, query: str) -> tuple[float, int]:
        start = time.perf_counter()
        self._connection.request("GET", f"/ds/query?{urlencode({'query': query})}", headers={"Accept": _ACCEPT})
        response = self._connection.getresponse()
        data = response.read()
        milliseconds = (time.perf_counter() - start) * 1000
        if response.status != 200:
            raise RuntimeError(f"Fuseki answered {response.status}: {data[:500]!r}")
        return milliseconds, data.count(b"\n")

    def memory(self) -> int:
        """Resident bytes."""
        return int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(30)
        self._log.close()

    def _await(self) -> None:
        for _ in range(600):
            with contextlib.suppress(OSError, http.client.HTTPException):
                self.ask("ASK {}")
                return
            self._connection.close()
            time.sleep(0.1)
        self.stop()
        raise TimeoutError("Fuseki did not start")


@contextlib.contextmanager
def fuseki(folder: Path, nquads: Path, port: int) -> Iterator[Fuseki | None]:
    """Fuseki with these quads; None, and a message, where it cannot be had."""
    jar = os.environ.get("FUSEKI_JAR")
    if not jar:
        print(HOW_TO_GET_FUSEKI, file=sys.stderr)
        yield None
        return
    engine = Fuseki(Path(jar), folder, nquads, port)
    try:
        yield engine
    finally:
        engine.stop()
