"""Where are the vocabularies that the operator has renewed?

In the state folder, in the form of `ontologies/`: an index with a row for each renewed vocabulary, and their files,
each named by its content. The index is replaced last and at once, so that a crash leaves the old version or the new
one; what a running service has read stays until `tidy`.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from .sources import Entry, Listed, read_concepts, read_index
from .writing import index_csv, rows_csv, turtle

# The folder below the state folder.
FOLDER = "vocabularies"
_HEADING = "# Written by `catalogue vocabulary update` from the rows in sources/.\n"


def entries(folder: Path) -> tuple[Entry, ...]:
    """The vocabularies that the operator has renewed; none when there is no folder."""
    return read_index(folder) if (folder / "index.csv").exists() else ()


def keep(folder: Path, changes: Iterable[tuple[Entry, Sequence[Listed]]]) -> None:
    """Keep new versions of some vocabularies: all of them, or none.

    Raises:
        ValueError: Something that must be an IRI is none, or a text is too long to be read again.
        OSError: It cannot be written.
    """
    with _locked(folder):
        held = {entry.scheme.iri: entry for entry in entries(folder)}
        for entry, rows in changes:
            texts = rows_csv(rows), turtle(entry, rows, _HEADING)
            stem = f"{entry.scheme.name}-{hashlib.sha256(''.join(texts).encode()).hexdigest()[:12]}"
            kept = replace(entry, file=f"{stem}.ttl", folder=folder)
            _write(kept.rows, texts[0])
            _write(kept.turtle, texts[1])
            # Read before it counts: what cannot be read would keep the service from starting.
            if tuple(read_concepts(kept)) != tuple(rows):
                raise ValueError(f"“{entry.scheme.title}” cannot be written as rows")
            held[entry.scheme.iri] = kept
        _write(folder / "index.csv", index_csv(held.values()))


def forget(folder: Path, name: str) -> bool:
    """Let the operator's version of a vocabulary go, so that the shipped one counts; whether there was one."""
    with _locked(folder):
        held = entries(folder)
        left = [entry for entry in held if entry.scheme.name != name]
        _write(folder / "index.csv", index_csv(left))
    return len(left) < len(held)


def tidy(folder: Path) -> None:
    """Remove the files of versions that are no longer in use. Only when no service runs: it reads the ones it has."""
    with _locked(folder):
        used = {path for entry in entries(folder) for path in (entry.rows, entry.turtle)}
        for path in (*folder.glob("*.ttl"), *folder.glob("sources/*.csv"), *folder.glob("**/*.part")):
            if path not in used:
                path.unlink()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process at a time change the index."""
    (folder / "sources").mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _write(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
