"""How are the measurements shown, and what were they made on?"""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

_PACKAGES = ("pyoxigraph", "rdflib", "pyshacl", "gunicorn", "flask", "sqlalchemy")


@dataclass(frozen=True, slots=True)
class Target:
    """What a number should reach: at least (`≥`) or at most (`≤`) so much."""

    sign: str
    value: float

    def met(self, measured: float) -> bool:
        """Whether the measured number reaches it."""
        return measured >= self.value if self.sign == "≥" else measured <= self.value


@dataclass(frozen=True, slots=True)
class Row:
    """One number: what it is, its unit, one value per repetition, its target (None: for information)."""

    what: str
    unit: str
    values: Sequence[float]
    target: Target | None = None
    note: str = ""

    @property
    def measured(self) -> str:
        """Median, and the range of the repetitions."""
        middle = _figure(median(self.values))
        spread = f" ({_figure(min(self.values))}–{_figure(max(self.values))})" if len(self.values) > 1 else ""
        return f"{middle} {self.unit}{spread}"

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        """What, target, measured, met, note."""
        if self.target is None:
            return self.what, "–", self.measured, "–", self.note
        wanted = f"{self.target.sign} {_figure(self.target.value)} {self.unit}"
        return self.what, wanted, self.measured, "yes" if self.target.met(median(self.values)) else "**no**", self.note


def table(rows: Sequence[Row]) -> str:
    """Rows as a Markdown table."""
    lines = [("What", "Target", "Measured (min–max)", "Met", "Note"), ("---",) * 5, *(row.cells for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def document(rows: Sequence[Row], *, datasets: int, triples: float, seconds: float, load: float) -> str:
    """The page `docs/performance.md`.

    Args:
        rows: What was measured.
        datasets, triples: How many were loaded, and the mean size of one.
        seconds: How long it all took.
        load: Load average of the machine before the run.
    """
    facts = {
        "Command": f"`make bench` (`python -m benchmarks --datasets {datasets}`), {seconds:.0f} s in all",
        "Date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "Machine": f"{_cores()} cores, {_processor()}, {_memory()}, {platform.system()} {platform.release()}",
        "Load before": f"{load:.1f} (1 min average; 0 is a quiet machine)",
        "Versions": ", ".join(
            [f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}"]
            + [f"{name} {version(name)}" for name in _PACKAGES]
        ),
        "Data": f"{datasets:,} generated datasets of {triples:.0f} triples on average (`benchmarks/generate.py`)",
    }
    return _PAGE.format(table=table(rows), facts="".join(f"* {name}: {value}\n" for name, value in facts.items()))


_PAGE = """# Performance

Written by `make bench`; the targets are for one process on 2 cores. A number
with a range is the median of several repetitions; one without is from a single one.

{table}
{facts}
## How it is measured

The real commands run in processes of their own, on a temporary state folder, over HTTP on the loopback interface.

* *Bulk load* is `catalogue submit --no-validate FILE.nq` into an empty folder: the whole process, start included. The
  store is a projection: the first `catalogue serve` builds it.
* *Memory* is the sum of the proportional set sizes (PSS, `/proc/*/smaps_rollup`) of supervisor, server and query
  workers, ten seconds after the start.
* *Pages, Turtle, 304* are asked by 16 connections, kept alive, each with one request under way (`benchmarks/load.py`).
  *Each once*: no dataset is asked twice, so nothing comes from a cache. *Hot*: few datasets in turn,
  asked before.
* *Report, Judging alone, Bytes to findings* count processor time within the measuring process, which other work on the
  machine does not stretch. Only the whole process of `catalogue validate` is timed by the clock.
* *Publish* is one `POST /datasets` after the other over one connection: validated against HealthDCAT-AP Release 8, in
  ledger and store when the answer comes.
* *While worst-case queries run*: four clients send such queries without a break: products of all triples, a sort of
  them, closures of any path. Each query process runs one until the deadline.
"""


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _first(path: str, name: str, otherwise: Callable[[], str]) -> str:
    for line in Path(path).read_text().splitlines():
        if line.startswith(name):
            return line.partition(":")[2].strip()
    return otherwise()


def _processor() -> str:
    return _first("/proc/cpuinfo", "model name", platform.machine)


def _memory() -> str:
    return f"{int(_first('/proc/meminfo', 'MemTotal', lambda: '0').split()[0]) / 1024 / 1024:.0f} GiB memory"
