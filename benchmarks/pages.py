"""How many pages and documents a second does one process answer, and how soon?"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from .bench import Bench
from .load import Answer, Get, Plan, run
from .report import Row, Target

HOT = 200
MANY = 3_000  # more than the cache in front of the application holds
_REPEAT = 3
_TURTLE = "Accept: text/turtle"
_TARGETS = {"Dataset page": Target("≥", 800), "Turtle": Target("≥", 1500), "304": Target("≥", 3000)}


def measure(bench: Bench) -> Iterator[Row]:
    """Pages, Turtle and 304: made for the first time, kept, and hot."""
    paths = bench.paths()
    port, hot = bench.service.port, paths[:HOT]
    for what, headers in (("Dataset page", []), ("Turtle", [_TURTLE])):
        gets = [Get(path, headers) for path in paths[:MANY]]
        yield from _rows(what, "made anew", [run(Plan(port, part, again=False, seconds=60)) for part in _parts(gets)])
        yield from _rows(
            what, "kept, each once", [run(Plan(port, gets, again=False, seconds=60)) for _ in range(_REPEAT)]
        )
        warm = run(Plan(port, gets[:HOT], again=False, tags=True))
        yield from _rows(what, "hot", _repeated(Plan(port, gets[:HOT])))
        if what == "Dataset page":
            tags = warm.tags
    fresh = [Get(path, [f"If-None-Match: {tags[path]}"]) for path in hot]
    yield from _rows("304", "hot", _repeated(Plan(port, fresh, status=304)))
    if shutil.which("wrk"):
        for what, gets in (("Dataset page", [Get(path) for path in hot]), ("304", fresh)):
            rate = _wrk(bench, gets)
            yield Row(f"{what}, hot, asked by wrk", "requests/s", [rate], note="against the row of our own generator")


def _parts(gets: Sequence[Get]) -> list[Sequence[Get]]:
    size = len(gets) // _REPEAT
    return [gets[number * size : (number + 1) * size] for number in range(_REPEAT)]


def _repeated(plan: Plan) -> list[Answer]:
    run(replace(plan, seconds=0.5))
    return [run(plan) for _ in range(_REPEAT)]


def _rows(what: str, which: str, answers: Sequence[Answer]) -> Iterator[Row]:
    asked = sum(len(answer.latencies) for answer in answers)
    busy = median(answer.cpu_seconds / answer.seconds for answer in answers)
    size = sum(answer.bytes for answer in answers) / asked / 1000
    distinct = {"made anew": asked, "kept, each once": asked // _REPEAT}.get(which, HOT)
    target = None if which == "made anew" else _TARGETS[what]  # once after each change of a record
    note = f"{asked:,} requests, {distinct:,} datasets, {size:.1f} kB each; generator took {busy:.0%} of a core"
    yield Row(f"{what}, {which}", "requests/s", [answer.rate for answer in answers], target, note)
    for percent in (50, 99):
        yield Row(f"{what}, {which}: p{percent}", "ms", [answer.percentile(percent) for answer in answers])


def _wrk(bench: Bench, gets: Sequence[Get]) -> float:
    """The same requests from Debian's `wrk`: requests per second."""
    script = Path(bench.service.folder / "wrk.lua")
    lines = ["local requests = {}"]
    for get in gets:
        headers = ", ".join("[{!r}] = {!r}".format(*line.split(": ", 1)) for line in get.headers)
        lines.append(f"table.insert(requests, wrk.format('GET', {get.path!r}, {{{headers}}}))")
    lines.append("local at = 0\nrequest = function() at = at % #requests + 1; return requests[at] end")
    script.write_text("\n".join(lines), encoding="utf-8")
    command = ["wrk", "-t1", "-c16", "-d3s", "-s", str(script), bench.service.base]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"Requests/sec:\s+([\d.]+)", output)
    if found is None or "Non-2xx" in output:
        raise RuntimeError(f"wrk says: {output}")
    return float(found.group(1))
