"""How do log lines leave the process without holding requests up?

Writing a line lets go of the interpreter and then waits in line for it; at thousands of requests a second that costs
more than the request. So lines are collected and written together every tenth of a second, and at the end.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections import deque
from typing import TextIO

_SECONDS = 0.1


class Lines:
    """What a logger writes to; stands for a file."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._waiting: deque[str] = deque()
        self._process = 0
        atexit.register(self.flush_all)

    def write(self, text: str) -> None:
        """Take a line, or a part of one."""
        self._waiting.append(text)
        if self._process != os.getpid():  # threads do not follow a fork
            self._process = os.getpid()
            threading.Thread(target=self._run, name="log", daemon=True).start()

    def flush(self) -> None:
        """Loggers flush after each line; the thread does that."""

    def flush_all(self) -> None:
        """Write what is waiting."""
        lines = []
        while self._waiting:
            lines.append(self._waiting.popleft())
        if lines:
            self._file.write("".join(lines))
            self._file.flush()

    def _run(self) -> None:
        while True:
            time.sleep(_SECONDS)
            self.flush_all()
