"""Does the running service reach the numbers that it promises?

python -m benchmarks [--datasets N] [--only NAME] [--minutes N] [--keep]
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from . import loading, neighbours, pages, publishing, querying, revalidating, soak, starting, validating
from .bench import Bench
from .report import Row, document, table
from .service import Service

_PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
_MEASURES: Mapping[str, Callable[[Bench], Iterable[Row]]] = {
    "loading": loading.measure,
    "starting": starting.measure,
    "pages": pages.measure,
    "querying": querying.measure,
    "publishing": publishing.measure,
    "revalidating": revalidating.measure,
    "validating": validating.measure,
    "neighbours": neighbours.measure,
}


def main() -> None:
    """Measure, print the table; write `docs/performance.md` when everything was measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", type=int, metavar="N", help="how many to load (10000; for the soak 2000)")
    parser.add_argument("--only", choices=[*_MEASURES, "soak"], help="measure this alone; only the soak writes")
    parser.add_argument("--minutes", type=float, default=10, metavar="N", help="how long the soak besieges (10)")
    parser.add_argument("--keep", action="store_true", help="leave the temporary folder with state and log")
    options = parser.parse_args()
    start, load = time.monotonic(), os.getloadavg()[0]
    folder = Path(tempfile.mkdtemp(prefix="catalogue-bench-"))
    datasets = options.datasets or (2_000 if options.only == "soak" else 10_000)
    bench = Bench(Service(folder), datasets, folder / "datasets.nq")
    try:
        bench.generate()
        if options.only == "soak":
            sys.exit(0 if soak.run(bench, options.minutes, _PAGE) else 1)
        rows = _measure(bench, options.only)
    finally:
        bench.service.stop()
        if options.keep:
            print(f"Kept: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(table(rows))
    if options.only is None:
        seconds = time.monotonic() - start
        page = document(rows, datasets=bench.datasets, triples=bench.triples, seconds=seconds, load=load)
        _PAGE.write_text(page + soak.kept(_PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def _measure(bench: Bench, only: str | None) -> list[Row]:
    rows: list[Row] = []
    if only not in (None, "loading"):
        list(loading.measure(bench, repeat=1))  # the others need what it leaves
    for name, measure in _MEASURES.items():
        if only in (None, name):
            print(f"{name} …", file=sys.stderr, flush=True)
            for row in measure(bench):
                rows.append(row)
                print(f"  {row.what}: {row.measured}", file=sys.stderr, flush=True)
    return rows


if __name__ == "__main__":
    main()
