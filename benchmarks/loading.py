"""How fast is a large file loaded, and how soon can it be queried?"""

from __future__ import annotations

from collections.abc import Iterator

from .bench import Bench
from .report import Row, Target

_COUNT = "SELECT (COUNT(?d) AS ?n) { ?d a <http://www.w3.org/ns/dcat#Dataset> }"


def measure(bench: Bench, *, repeat: int = 2) -> Iterator[Row]:
    """Load the file into an empty folder; the first start builds the store. Leaves the service running."""
    loads, builds = [], []
    for _ in range(repeat):
        bench.service.stop()
        loads.append(bench.service.submit(bench.file))
        builds.append(bench.service.start())
        with bench.service.connection() as connection:
            found = int(bench.query(connection, _COUNT)[0][0]["n"]["value"])
        if found != bench.datasets:
            raise RuntimeError(f"SPARQL counts {found} datasets, not {bench.datasets}")
    rates = [bench.datasets / seconds for seconds in loads]
    yield Row("Bulk load into the ledger", "datasets/s", rates, Target("≥", 2000), "whole process, unvalidated")
    yield Row("The same, whole process", "s", loads)
    yield Row("First start after it, store built anew", "s", builds, note="until ready; SPARQL then counts all")
