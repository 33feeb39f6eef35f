"""How does a running service take up vocabularies and profiles that the operator has renewed?

They are read once and never change, which is why threads may share them. So the process that serves ends when their
files change, and the supervisor starts another, while requests wait at the socket.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path

_LOOK_SECONDS = 1.0


def watch(folders: Sequence[Path]) -> None:
    """End this process by SIGTERM, which finishes requests under way, when a file in or below a folder changes."""
    threading.Thread(target=_watch, args=(folders, _state(folders)), name="watch", daemon=True).start()


def _watch(folders: Sequence[Path], known: frozenset[tuple[str, int]]) -> None:
    while _state(folders) == known:
        time.sleep(_LOOK_SECONDS)
    _settle(folders)
    os.kill(os.getpid(), signal.SIGTERM)


def _settle(folders: Sequence[Path]) -> None:
    """Wait until nothing has changed for a moment: a profile is several files."""
    before = None
    while (now := _state(folders)) != before:
        before = now
        time.sleep(_LOOK_SECONDS)


def _state(folders: Sequence[Path]) -> frozenset[tuple[str, int]]:
    found = set()
    for folder in folders:
        for path in folder.rglob("*") if folder.is_dir() else ():
            try:
                found.add((str(path), path.stat().st_mtime_ns))
            except OSError:  # gone meanwhile
                continue
    return frozenset(found)
