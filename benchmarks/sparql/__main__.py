"""How quickly are catalogue queries answered, beside the same engine in-process and Apache Jena Fuseki?

python -m benchmarks.sparql [--datasets N] [--rounds N] [--keep]; Fuseki's jar is named by FUSEKI_JAR
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import geometric_mean, median

from pyoxigraph import RdfFormat, Store

from benchmarks.bench import Bench
from benchmarks.load import Get, Plan, run

from .engines import Catalogue, Endpoint, Engine, InProcess, fuseki

_QUERIES = sorted((Path(__file__).parent / "queries").glob("*.rq"))
_MIRROR, _CHECKPOINT = "mirror", "checkpoint"
_MEMORY, _DISK = "in-process, memory", "in-process, disk"
_MILLION = "SELECT * { ?s ?p ?o } LIMIT 1000000"
_TRIVIAL = 16
_PUBLICATIONS = 15
_QUICK = 1000  # ms

Times = Mapping[str, Mapping[str, float]]  # milliseconds by engine by query


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sparql", description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", type=int, default=10_000, metavar="N", help="how many to load (10000)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how often each query is asked (5)")
    parser.add_argument("--keep", action="store_true", help="leave the temporary folder with states and logs")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="catalogue-sparql-bench-"))
    try:
        _run(folder, options.datasets, options.rounds)
    finally:
        if options.keep:
            print(f"Kept: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _run(folder: Path, datasets: int, rounds: int) -> None:
    services = _services(folder, datasets)
    mirror, checkpoint = services
    with ExitStack() as stack:
        for service in services:
            service.start()
            stack.callback(service.stop)
        print(f"The mirror is there {mirror.await_mirror():.1f} s after the first query.", flush=True)
        store = folder / "image"
        Store.read_only(str(_generation(checkpoint))).backup(str(store))
        engines: list[Engine] = [Endpoint(service) for service in services]
        for kind in ("memory", "disk"):
            engine = InProcess(kind, store, f"{mirror.base}/")
            stack.callback(engine.stop)
            engines.append(engine)
        Store.read_only(str(store)).dump(str(folder / "all.nq"), RdfFormat.N_QUADS)
        jena = stack.enter_context(fuseki(folder, folder / "all.nq", 8107))
        if jena is not None:
            engines.append(jena)
        texts = {path.stem: f"BASE <{mirror.base}/>\n{path.read_text()}" for path in _QUERIES}
        times = _ask(engines, texts, rounds)
        print(_table(times))
        print(*_facts(times), *_streams(engines[0], engines[2]), sep="\n")
        for service in services:
            print(f"Memory of the service, {service.name}: {service.memory() / 1e6:.0f} MB (PSS of all processes)")
        if jena is not None:
            print(f"Memory of Fuseki: {jena.memory() / 1e6:.0f} MB")
        for service in services:
            print(*_small(service), sep="\n")


def _services(folder: Path, datasets: int) -> tuple[Catalogue, Catalogue]:
    """The same state twice: with the mirror, and without."""
    places = [folder / _MIRROR, folder / _CHECKPOINT]
    for place in places:
        place.mkdir()
    base = "http://127.0.0.1:8000"
    limits = {"query_seconds": 300, "query_per_client": 1000, "query_client_seconds": 1_000_000}
    mirror = Catalogue(_MIRROR, places[0], base, query_mirror_after=0, **limits)
    checkpoint = Catalogue(_CHECKPOINT, places[1], base, query_mirror_memory=0, **limits)
    bench = Bench(mirror, datasets, folder / "datasets.nq")
    bench.generate()
    mirror.submit(bench.file)
    mirror.start()
    mirror.stop()
    shutil.copytree(places[0] / "state", places[1] / "state")
    return mirror, checkpoint


def _generation(service: Catalogue) -> Path:
    return next((service.folder / "state" / "store").glob("generation-*"))


def _ask(engines: Sequence[Engine], texts: Mapping[str, str], rounds: int) -> Times:
    """Every query to every engine in turn, once to warm up and then so often; medians.

    A quick one is asked twice in a row and the second time counts: the first pays for caches that the others emptied.
    """
    times: dict[str, dict[str, list[float]]] = {query: {engine.name: [] for engine in engines} for query in texts}
    for number in range(rounds + 1):
        print(f"round {number} of {rounds}", file=sys.stderr, flush=True)
        for query, text in texts.items():
            lines = {}
            for engine in engines:
                milliseconds, lines[engine.name] = engine.ask(text)
                if milliseconds < _QUICK:
                    milliseconds, _ = engine.ask(text)
                if number:
                    times[query][engine.name].append(milliseconds)
            if len(set(lines.values())) > 1:
                raise RuntimeError(f"{query} was answered with different numbers of lines: {lines}")
    return {query: {name: median(values) for name, values in row.items()} for query, row in times.items()}


def _table(times: Times) -> str:
    """Milliseconds, and how the mirror stands to the engine alone and to Fuseki."""
    names = list(next(iter(times.values())))
    lines = [("Query (ms)", *names, "mirror / memory", "mirror / Fuseki")]
    lines.append(("---",) * (len(names) + 3))
    rows = {**times, "geometric mean": {name: geometric_mean(row[name] for row in times.values()) for name in names}}
    for query, row in rows.items():
        ratio = f"{row[_MIRROR] / row['Fuseki']:.2f}" if "Fuseki" in row else "–"
        lines.append((query, *(f"{row[name]:.1f}" for name in names), f"{row[_MIRROR] / row[_MEMORY]:.2f}", ratio))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _facts(times: Times) -> Iterable[str]:
    quick = [row[_MIRROR] - row[_MEMORY] for row in times.values() if row[_MEMORY] < 10]
    slow = [row[_MIRROR] / row[_MEMORY] for row in times.values() if row[_MEMORY] >= 10]
    yield f"Overhead of the endpoint: at most {max(quick):.1f} ms below 10 ms (target 4), {max(slow):.2f}× above (1.15)"
    if all("Fuseki" in row for row in times.values()):
        mean = geometric_mean(row[_MIRROR] / row["Fuseki"] for row in times.values())
        worst = max(row[_MIRROR] / row["Fuseki"] for row in times.values())
        yield f"Beside Fuseki: geometric mean {mean:.2f}× (target 0.4), worst {worst:.2f}× (3)"


def _streams(endpoint: Engine, alone: Engine) -> Iterable[str]:
    """A million rows as TSV."""
    pairs = [(alone.ask(_MILLION), endpoint.ask(_MILLION)) for _ in range(3)]
    speed = median(inside[0] / outside[0] for inside, outside in pairs)
    yield f"{pairs[0][1][1] - 1:,} rows as TSV: {speed:.0%} of the in-process speed (target 70 %)"


def _small(service: Catalogue) -> Iterable[str]:
    """Trivial queries from many connections; a query right after a publication."""
    text = "SELECT%20%2A%20%7B%20%3Cdataset%2Fbench-{}%3E%20%3Fp%20%3Fo%20%7D"
    gets = [Get(f"/sparql?query={text.format(number)}", ["Accept: text/csv"]) for number in range(1, 101)]
    answers = [run(Plan(service.port, gets, connections=_TRIVIAL)) for _ in range(3)]
    rate = median(answer.rate for answer in answers)
    yield f"Trivial queries, {service.name}: {rate:.0f}/s from {_TRIVIAL} connections (target 600)"
    bench = Bench(service, 0, Path())
    with service.connection() as connection:
        after = [bench.title_of(connection, bench.publish(connection)[0]) for _ in range(_PUBLICATIONS)]
    yield f"First query after a publication, {service.name}: {median(after):.0f} ms, at most {max(after):.0f} (300)"


if __name__ == "__main__":
    main()
