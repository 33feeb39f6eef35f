"""Which folder holds the store that is in use?

A rebuild fills a new folder beside the live one; the file `CURRENT` names the one in use and is replaced atomically.
So a rebuild by another process (`catalogue rebuild store`) is taken up by a running service without a gap, and a crash
in the middle leaves the old store as it was.
"""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path


class Generations:
    """The folders of the store below one path."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pointer = path / "CURRENT"

    def current(self) -> Path | None:
        """The folder in use; None when there is none, or it is gone."""
        try:
            name = self._pointer.read_text().strip()
        except OSError:
            return None
        folder = self.path / Path(name).name
        return folder if name and folder.is_dir() else None

    def fresh(self) -> Path:
        """A new, empty folder's path; not in use yet."""
        self.path.mkdir(parents=True, exist_ok=True)
        return self.path / f"generation-{uuid.uuid4().hex[:12]}"

    def use(self, folder: Path) -> None:
        """Make a folder the one in use."""
        temporary = self._pointer.with_suffix(f".{uuid.uuid4().hex[:8]}")
        with temporary.open("w") as file:
            file.write(folder.name)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._pointer)

    def tidy(self) -> None:
        """Remove every folder but the one in use. Only for the process that owns the state folder, at start."""
        current = self.current()
        for folder in self.path.glob("generation-*"):
            if folder != current:
                shutil.rmtree(folder, ignore_errors=True)
