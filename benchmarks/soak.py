"""Does the service stand while everybody tries to bring its queries down?

Two hundred clients send hostile requests without a break (`benchmarks/siege.py`) beside publications and the probes of
a visitor. Draws `docs/images/soak.svg` and writes a section of `docs/performance.md`.
"""

from __future__ import annotations

import http.client
import json
import math
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from urllib.parse import quote

from . import loading
from .bench import Bench
from .chart import Line, Panel, drawing
from .service import TOKEN, command
from .siege import Siege

_ROOT = Path(__file__).parent.parent
_DRAWING, _SECTION = _ROOT / "docs" / "images" / "soak.svg", "\n## Under siege\n"
_PROBE_EVERY, _PUBLISH_EVERY, _SAMPLE_EVERY = 0.25, 2.0, 5.0
_BEFORE = _AFTER = 60.0
# The first siege brings threads, buffers and what the allocator keeps to their most; whether a second adds to that is
# the question.
_REHEARSAL = 60.0
# A query waits for a process for at most 31 s and runs for at most 30 (the settings that ship).
_PATIENCE, _PROBE_SECONDS = 75.0, 75.0
_PAGE_SECONDS, _GROWTH = 2.0, 0.15
_KINDS = ("page", "Turtle", "query")
_ENDING = {"503 too slow", "503 too large", "500", "cut"}
_MB = 1e6


@dataclass(frozen=True, slots=True)
class Probe:
    """One request of the visitor: when (s), of what kind, status (0: no answer), seconds."""

    at: float
    kind: str
    status: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Sample:
    """The whole process tree at a time: bytes, how many processes answer queries or are the mirror."""

    at: float
    memory: int
    processes: int


@dataclass(slots=True)
class Course:
    """What was seen; times are seconds from the start of the recording."""

    start: float = field(default_factory=time.monotonic)
    began: float = 0.0
    over: float = 0.0
    fresh: int = 0
    probes: list[Probe] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    published: int = 0
    unpublished: Counter[str] = field(default_factory=Counter)
    toll: dict[str, object] = field(default_factory=dict)
    stray: list[str] = field(default_factory=list)

    def now(self) -> float:
        """Seconds from the start."""
        return time.monotonic() - self.start

    def during(self, kind: str, start: float, end: float) -> list[Probe]:
        """Probes of a kind that were sent in a time."""
        return [probe for probe in self.probes if probe.kind == kind and start <= probe.at < end]

    def memory(self, start: float, end: float) -> list[int]:
        """Bytes in a time."""
        return [sample.memory for sample in self.samples if start <= sample.at <= end]

    @property
    def fates(self) -> Mapping[str, Mapping[str, int]]:
        """What became of the hostile requests, by kind."""
        return self.toll["fates"]  # type: ignore[return-value]


def run(bench: Bench, minutes: float, page: Path) -> bool:
    """Besiege the service for so many minutes; True when it stood."""
    list(loading.measure(bench, repeat=1))  # leaves the service running
    with bench.service.connection() as connection:
        _load_samples(bench, connection)
        _warm_up(bench, connection)
    fresh = bench.service.memory()
    for _ in _tolls(Siege(bench.service.port, seconds=_REHEARSAL, patience=_PATIENCE, seed=4)):
        pass
    course = _recorded(bench, minutes)
    course.fresh = fresh
    processes = bench.service.processes()
    bench.service.stop()
    course.stray = list(filter(None, map(command, processes)))
    checks = list(_checks(course))
    section = _section(course, checks, bench, minutes)
    print(section)
    _DRAWING.write_text(_drawn(course), encoding="utf-8")
    page.write_text(page.read_text(encoding="utf-8").partition(_SECTION)[0] + section, encoding="utf-8")
    return all(met for _, met, _ in checks)


def kept(page: str) -> str:
    """The section of this measurement in the page, which the others leave as it is."""
    _, mark, section = page.partition(_SECTION)
    return mark + section


def _load_samples(bench: Bench, connection: http.client.HTTPConnection) -> None:
    for kind in ("catalogs", "series", "datasets"):
        for file in sorted((_ROOT / "data" / kind).iterdir()):
            media_type = "application/ld+json" if file.suffix == ".jsonld" else "text/turtle"
            status, data, _ = bench.service.ask(
                connection,
                "POST",
                "/datasets",
                file.read_bytes(),
                Authorization=f"Bearer {TOKEN}",
                Content_Type=media_type,
            )
            if status != 201:
                raise RuntimeError(f"{file.name} was answered with {status}: {data[:500]!r}")


def _warm_up(bench: Bench, connection: http.client.HTTPConnection) -> None:
    """Let it have what it keeps: pages and documents that were asked for, and the mirror, which busy queries bring."""
    for path in _paths(bench):
        for accept in ("text/html", "text/turtle"):
            bench.service.ask(connection, "GET", path, None, Accept=accept)
    for _ in range(20):
        bench.query(connection, "SELECT (COUNT(DISTINCT ?o) AS ?n) { ?s ?p ?o }")


def _paths(bench: Bench) -> Sequence[str]:
    return bench.paths()[:200]


# -- recording -----------------------------------------------------------------------------------------------------


def _recorded(bench: Bench, minutes: float) -> Course:
    """A minute of quiet, the siege, a minute after it."""
    course, over = Course(), threading.Event()
    tasks: Sequence[tuple[Callable[[], None], float]] = (
        (lambda: _probe_pages(bench, course), _PROBE_EVERY),
        (lambda: _probe_query(bench, course), _PROBE_EVERY),
        (lambda: _publish(bench, course), _PUBLISH_EVERY),
        (lambda: _sample(bench, course), _SAMPLE_EVERY),
    )
    threads = [threading.Thread(target=_repeat, args=(task, every, over), daemon=True) for task, every in tasks]
    for thread in threads:
        thread.start()
    try:
        time.sleep(_BEFORE)
        course.began = course.now()
        _besiege(Siege(bench.service.port, seconds=minutes * 60, patience=_PATIENCE), course)
        course.over = course.now()
        time.sleep(_AFTER)
    finally:
        over.set()
    for thread in threads:
        thread.join(_PROBE_SECONDS)
    _sample(bench, course)
    return course


def _besiege(siege: Siege, course: Course) -> None:
    told = 0.0
    for course.toll in _tolls(siege):
        if course.now() - told > 30:
            told = course.now()
            print(f"  {told / 60:.1f} min: {course.samples[-1].memory / _MB:.0f} MB", file=sys.stderr, flush=True)


def _tolls(siege: Siege) -> Iterator[dict[str, object]]:
    """Carry out a siege in a process of its own; what came so far, every second."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.siege"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_ROOT
    )
    assert process.stdin is not None and process.stdout is not None  # noqa: PT018
    json.dump(asdict(siege), process.stdin)
    process.stdin.close()
    yield from map(json.loads, process.stdout)
    if process.wait() != 0:
        raise RuntimeError("the load generator broke down")


def _repeat(task: Callable[[], None], every: float, over: threading.Event) -> None:
    due = time.monotonic()
    while not over.wait(max(0.0, due - time.monotonic())):
        task()
        due = max(due + every, time.monotonic())


def _probe_pages(bench: Bench, course: Course) -> None:
    path = random.choice(_paths(bench))
    for kind, accept in (("page", "text/html"), ("Turtle", "text/turtle")):
        course.probes.append(_asked(bench, course, kind, path, accept))


def _probe_query(bench: Bench, course: Course) -> None:
    subject = f"{bench.service.base}{random.choice(_paths(bench))}"
    query = quote(f"SELECT ?p ?o {{ <{subject}> ?p ?o }}")
    course.probes.append(_asked(bench, course, "query", f"/sparql?query={query}", "text/csv"))


def _asked(bench: Bench, course: Course, kind: str, path: str, accept: str) -> Probe:
    """One request over a connection of its own, as of a visitor who comes for the first time."""
    at, status = course.now(), 0
    try:
        with bench.service.connection(_PROBE_SECONDS) as connection:
            status = bench.service.ask(connection, "GET", path, None, Accept=accept)[0]
    except (OSError, http.client.HTTPException) as error:
        print(f"  {at / 60:.1f} min: {kind} unanswered: {error!r}", file=sys.stderr, flush=True)
    return Probe(at, kind, status, course.now() - at)


def _publish(bench: Bench, course: Course) -> None:
    try:
        with bench.service.connection() as connection:
            bench.publish(connection)
        course.published += 1
    except (OSError, http.client.HTTPException, RuntimeError) as error:
        course.unpublished[repr(error)[:200]] += 1


def _sample(bench: Bench, course: Course) -> None:
    at, processes = course.now(), bench.service.processes()
    course.samples.append(
        Sample(at, bench.service.memory(), sum("catalogue.sparql" in command(pid) for pid in processes))
    )


# -- what it comes to ----------------------------------------------------------------------------------------------


def _checks(course: Course) -> Iterator[tuple[str, bool, str]]:
    """What must be so, whether it is, and what was found."""
    pages = course.during("page", course.began, course.over)
    failed, slowest = sum(page.status != 200 for page in pages), max(page.seconds for page in pages)
    yield (
        f"Every page is answered, within {_PAGE_SECONDS:.0f} s",
        not failed and slowest <= _PAGE_SECONDS,
        f"{len(pages):,} asked, {failed} failed, slowest {slowest * 1000:.0f} ms",
    )
    after = [probe for kind in _KINDS for probe in course.during(kind, course.over + 35, course.over + _AFTER)]
    sound = sum(probe.status == 200 for probe in after)
    yield "Pages, Turtle and queries are answered after it", sound == len(after) > 0, f"{sound} of {len(after)}"
    before, last = course.memory(0, course.began)[-1], course.samples[-1].memory
    yield (
        f"Memory a minute later within {_GROWTH:.0%} of before",
        abs(last - before) <= before * _GROWTH,
        f"{before / _MB:.0f} MB before, {last / _MB:.0f} MB after",
    )
    wrong = course.toll["wrong"]
    assert isinstance(wrong, dict)
    yield (
        "Every hostile request ends as it should",
        not wrong,
        "; ".join(f"{n} × {w}" for w, n in wrong.items()) or "all",
    )
    failures = "; ".join(f"{n} × {what}" for what, n in course.unpublished.items())
    yield "Every publication is taken", not failures, failures or f"{course.published}"
    yield "No process is left behind", not course.stray, ", ".join(course.stray) or "none"


def _percentile(probes: Sequence[Probe], percent: int) -> float:
    """Milliseconds, of those that were answered with 200; NaN when there are none."""
    times = [probe.seconds * 1000 for probe in probes if probe.status == 200]
    if len(times) < 2:
        return times[0] if times else float("nan")
    return quantiles(times, n=100, method="inclusive")[percent - 1]


def _section(course: Course, checks: Sequence[tuple[str, bool, str]], bench: Bench, minutes: float) -> str:
    during = course.memory(course.began, course.over)
    kinds: Counter[str] = Counter()
    for fates in course.fates.values():
        kinds.update(fates)
    busy = float(course.toll["cpu_seconds"]) / float(course.toll["seconds"])  # type: ignore[arg-type]
    facts = _FACTS.format(
        minutes=minutes,
        datasets=bench.datasets,
        date=datetime.now(UTC),
        load=os.getloadavg()[0],
        busy=busy,
        low=min(during) / _MB,
        high=max(during) / _MB,
        last=course.samples[-1].memory / _MB,
        fresh=course.fresh / _MB,
        ended=sum(kinds[fate] for fate in _ENDING),
        asked=kinds.total(),
        fewest=min(sample.processes for sample in course.samples),
        most=max(sample.processes for sample in course.samples),
    )
    return "\n".join(
        [
            f"{_SECTION}\n{facts}",
            _table(("What must be so", "Is it", "Found"), [(a, "yes" if met else "**no**", b) for a, met, b in checks]),
            _table(("Probe", "Before: p50, p99", "Meanwhile: p50, p99", "Answered meanwhile"), _latencies(course)),
            _table(
                ("Hostile requests", "Asked", "What became of them"),
                [(k, f"{sum(f.values()):,}", _counted(f)) for k, f in sorted(course.fates.items())],
            ),
            _table(("Minute", "p99 of the page", "p99 of the query", "Memory"), _by_minute(course)),
        ]
    )


def _latencies(course: Course) -> Iterator[tuple[str, ...]]:
    for kind in _KINDS:
        quiet, loud = course.during(kind, 0, course.began), course.during(kind, course.began, course.over)
        statuses = _counted(Counter(str(probe.status or "no answer") for probe in loud))
        cells = [f"{_percentile(p, 50):.1f} ms, {_percentile(p, 99):.0f} ms" for p in (quiet, loud)]
        yield kind, *cells, statuses


def _by_minute(course: Course) -> Iterator[tuple[str, ...]]:
    for minute in range(int(course.samples[-1].at // 60)):
        span = (minute * 60, (minute + 1) * 60)
        figures = [_figure(_percentile(course.during(kind, *span), 99)) for kind in ("page", "query")]
        yield str(minute + 1), *figures, f"{max(course.memory(*span)) / _MB:.0f} MB"


def _figure(milliseconds: float) -> str:
    return "none answered" if math.isnan(milliseconds) else f"{milliseconds:.0f} ms"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} × {what}" for what, count in sorted(counts.items(), key=lambda item: -item[1]))


def _table(head: Sequence[str], rows: Iterator[Sequence[str]] | Sequence[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ("---",) * len(head), *rows))


def _drawn(course: Course) -> str:
    memory = Line("all processes", [(sample.at / 60, sample.memory / _MB) for sample in course.samples])
    step = 15
    starts = range(0, int(course.samples[-1].at) - step, step)
    lines = [
        Line(kind, [((at + step / 2) / 60, _percentile(course.during(kind, at, at + step), 99)) for at in starts])
        for kind in _KINDS
    ]
    return drawing(
        [
            Panel("Memory, MB", [memory]),
            Panel("Latency of a visitor's answered requests, p99 of 15 s, ms", lines, logarithmic=True),
        ],
        span=(course.began / 60, course.over / 60),
        span_name="200 hostile clients",
        alternative="Memory and latency of the service before, while and after 200 clients send hostile queries",
    )


_FACTS = """Written by `python -m benchmarks --only soak`. Two hundred clients with an address each send
[hostile queries](../benchmarks/hostile.py) for {minutes:g} minutes, hang up, read slowly, send halves of requests and
noise (ten at a time hold a connection in silence or read slowly: a proxy in front keeps those away). Beside them there
are a publication every two seconds and a visitor who asks for a page, its Turtle and a query for one subject every
quarter of a second. A first siege of a minute is not counted: it brings threads, buffers and allocator to their
most. The settings are those that ship. A query of the visitor waits in the same queue as the hostile
ones.

![Memory and latency over time](images/soak.svg)

* Date: {date:%Y-%m-%d %H:%M} UTC
* Data: {datasets:,} generated datasets and the sample data
* Load: {load:.1f} at the end (1 min average); the load generator took {busy:.0%} of a core
* Memory (PSS of all processes): {fresh:.0f} MB fresh, {low:.0f} to {high:.0f} MB meanwhile,
  {last:.0f} MB a minute later
* Hostile requests: {asked:,}; {ended:,} of them ended with their query process (too slow, too large, broke down, cut)
* Processes for queries, the mirror among them: {fewest} to {most}
"""
