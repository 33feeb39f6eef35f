"""How fast are many files, one large file, and a whole catalogue judged?

The real command, whole process, by the profiles EUCAIM v2 and HealthDCAT-AP Release 8 at once; on as many processes as
there are cores, and the small end: one file. The processor time per record says something on a busy machine too.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .bench import Bench
from .generate import dataset, nquads
from .report import Row, Target

_RECORDS = 5_000
_PROFILES = ("--profile", "eucaim-2", "--profile", "healthdcat-ap-8")
_RATE = Target("≥", 600)
_COST = Target("≤", 2 * 1000 / 600)  # of two cores, for that rate
_ENDINGS = (0, 1)  # everything conforms, something does not


@dataclass(frozen=True, slots=True)
class _Run:
    """What a whole process took, with the processes that it started."""

    seconds: float
    cpu: float


def measure(bench: Bench, *, repeat: int = 2) -> Iterator[Row]:
    """Judge files, a file, and a catalogue of its own that holds the same."""
    folder = bench.file.parent / "files"
    dump = bench.file.parent / "records.nq"
    triples = _write(folder, dump, bench.service.base)
    state = bench.file.parent / "published"
    _run(bench, state, "submit", "--no-validate", str(dump))
    shapes = {
        f"Validate {_RECORDS:,} files": [str(folder)],
        f"Validate one dump of {_RECORDS:,} records": [str(dump)],
        f"Validate {_RECORDS:,} published records": ["--published"],
    }
    for what, arguments in shapes.items():
        runs = [_run(bench, state, "validate", "--json", *_PROFILES, *arguments) for _ in range(repeat)]
        note = f"{triples:.0f} triples each, bytes to findings, two profiles, JSON"
        yield Row(what, "records/s", [_RECORDS / run.seconds for run in runs], _RATE, note)
        yield Row(f"{what}, processor time per record", "ms", [1000 * run.cpu / _RECORDS for run in runs], _COST)
    alone = [_run(bench, state, "validate", "--json", *_PROFILES, str(folder / "1.nt")) for _ in range(5)]
    yield Row("Validate one file, whole process", "s", [run.seconds for run in alone], Target("≤", 1.5))
    yield Row("The same, processor time", "s", [run.cpu for run in alone], Target("≤", 1))


def _write(folder: Path, dump: Path, base: str) -> float:
    """Write each record into a file of its own, and all into one; how many triples one has on average."""
    folder.mkdir(exist_ok=True)
    lines = 0
    for number in range(1, _RECORDS + 1):
        text = "".join(f"{s} {p} {o} .\n" for s, p, o in dataset(number, base))
        (folder / f"{number}.nt").write_text(text, encoding="utf-8")
        lines += text.count("\n")
    with dump.open("w", encoding="utf-8") as file:
        file.writelines(nquads(_RECORDS, base))
    return lines / _RECORDS


def _run(bench: Bench, state: Path, *arguments: str) -> _Run:
    """A whole command; what it prints goes nowhere."""
    command = [str(Path(sys.executable).with_name("catalogue")), "--base-url", bench.service.base]
    # A file of so many records is longer than what a service takes at once.
    command += ["--state", str(state), "--max-submission-bytes", "1000000000", "--max-submission-triples", "10000000"]
    before, start = _children(), time.perf_counter()
    done = subprocess.run([*command, *arguments], stdout=subprocess.DEVNULL, check=False)
    if done.returncode not in _ENDINGS:
        raise RuntimeError(f"{arguments[0]} ended with {done.returncode}")
    return _Run(time.perf_counter() - start, _children() - before)


def _children() -> float:
    """Processor seconds of all processes that we started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
