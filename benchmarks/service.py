"""How is the service started, watched and ended while it is measured?

The real command in processes of its own, on a temporary state folder and a free port; nothing of it is imported here.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

TOKEN = "benchmark-token-0123456789"
_READY_SECONDS = 180
_PAUSE = 0.01


class Service:
    """One state folder and, at times, the service that runs on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    def submit(self, file: Path) -> float:
        """Bulk load a file into a fresh state folder; seconds of the whole process."""
        shutil.rmtree(self.folder / "state", ignore_errors=True)
        command = [*_command(), "submit", "--no-validate", str(file)]
        start = time.perf_counter()
        subprocess.run(command, env=self._environment(), check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start

    def start(self) -> float:
        """Start it; seconds until `/health/ready` says 200."""
        self._log = (self.folder / "service.log").open("ab")
        start = time.perf_counter()
        self._process = subprocess.Popen(
            [*_command(), "serve", "--port", str(self.port)],
            env=self._environment(),
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        self._await_ready(start + _READY_SECONDS)
        return time.perf_counter() - start

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it: drained by SIGTERM, or with all its processes at once by SIGKILL."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            if how is signal.SIGKILL:
                os.killpg(self._process.pid, how)
            else:
                self._process.send_signal(how)
        self._process.wait(60)
        self._process = None
        if self._log is not None:
            self._log.close()

    def memory(self) -> int:
        """Proportional set size of all its processes, in bytes (`smaps_rollup`; shared pages are counted once)."""
        return sum(map(_pss, self.processes()))

    def processes(self) -> list[int]:
        """The supervisor and all its descendants."""
        assert self._process is not None
        return _tree(self._process.pid)

    def ask(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: str | bytes | None, **headers: str
    ) -> tuple[int, bytes, float]:
        """One request over a kept connection: status, body, milliseconds."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        start = time.perf_counter()
        connection.request(method, path, body, named)
        response = connection.getresponse()
        data = response.read()
        return response.status, data, (time.perf_counter() - start) * 1000

    @contextlib.contextmanager
    def connection(self, seconds: float = 120) -> Iterator[http.client.HTTPConnection]:
        """A connection that is kept alive; silence of so many seconds is an error."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)) as connection:
            yield connection

    def _await_ready(self, deadline: float) -> None:
        while time.perf_counter() < deadline:
            assert self._process is not None
            if self._process.poll() is not None:
                raise RuntimeError(f"the service ended: {(self.folder / 'service.log').read_text()[-2000:]}")
            with contextlib.suppress(OSError, http.client.HTTPException), self.connection() as connection:
                if self.ask(connection, "GET", "/health/ready", None)[0] == 200:
                    return
            time.sleep(_PAUSE)
        raise TimeoutError("the service did not become ready")

    def _environment(self) -> Mapping[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CATALOGUE_")}
        return kept | {
            "CATALOGUE_STATE": str(self.folder / "state"),
            "CATALOGUE_BASE_URL": self.base,
            "CATALOGUE_BOOTSTRAP_TOKEN": TOKEN,
        }


def _command() -> list[str]:
    return [str(Path(sys.executable).with_name("catalogue"))]


def _free_port() -> int:
    """A port that nobody listens on, below those that the kernel gives to outgoing connections meanwhile."""
    for port in random.sample(range(20_000, 32_000), 100):
        with socket.socket() as free, contextlib.suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")


def _tree(root: int) -> list[int]:
    """A process and all its descendants."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            _, _, rest = stat.read_text().rpartition(")")
            children.setdefault(int(rest.split()[1]), []).append(int(stat.parent.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def command(pid: int) -> str:
    """The command line of a process; empty when it is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    return ""


def _pss(pid: int) -> int:
    """Of a process; 0 when it has ended meanwhile."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
