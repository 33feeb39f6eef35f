"""How long does a report take, beside other SHACL engines, and how fast are files of bytes turned into findings?

Everything but the cold start of the command runs in this process, on the shipped samples, and is counted in its
processor time, which other work on the machine does not stretch. Other engines get the same shapes and the same triples
(the record with what our vocabularies know beside it), parsed before the clock starts; pyrudof is compared when it is
installed (`pip install pyrudof`).
"""

from __future__ import annotations

import gc
import importlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import pyoxigraph as ox
import pyshacl
import rdflib

from catalogue.model import Kind
from catalogue.profiles import Profiles
from catalogue.profiles.checks import Judging
from catalogue.profiles.implied import implied, judged_triples, record_focus
from catalogue.profiles.profile import Compiled
from catalogue.rdf.graph import Graph, Subject
from catalogue.rdf.limits import Limits
from catalogue.rdf.media import JSON_LD, TURTLE
from catalogue.rdf.parse import parse
from catalogue.rdf.skolem import mint
from catalogue.rdf.split import split
from catalogue.resources import shipped
from catalogue.vocabularies import Vocabularies

from .bench import Bench
from .report import Row, Target

PAIR = ("eucaim-2", "healthdcat-ap-8")
SMALL = "colon-ct-zagreb.ttl"
_FORMATS = {".ttl": TURTLE, ".jsonld": JSON_LD}
_LIMITS = Limits(bytes=5_000_000, triples=100_000, depth=64, seconds=30)
_BASE = "https://bench.example/"
_REPEAT = 15
_STARTS = 5
_ROUNDS = 3
_EACH_NTH = 6  # other engines need up to half a second for a record


@dataclass(frozen=True, slots=True)
class Sample:
    """A shipped record."""

    name: str
    subject: ox.NamedNode
    graph: Graph


@dataclass(frozen=True, slots=True)
class Trial:
    """What an engine gets: a record with what is laid beside it, and shapes with the nodes that they judge."""

    data: Graph
    shapes: Sequence[tuple[Compiled, dict[Subject, list[Subject]]]]


def measure(_: Bench) -> Iterator[Row]:
    """Reports, other engines, bytes to findings, cold start."""
    vocabularies = Vocabularies.load(shipped("ontologies"))
    profiles = Profiles.load(shipped("shapes"), vocabularies)
    files = sorted(path for path in (shipped("data") / "datasets").iterdir() if path.suffix in _FORMATS)
    bodies = [(path.name, path.read_bytes(), path.suffix) for path in files]
    samples = [sample for body in bodies for sample in _read(*body)]
    gc.collect()
    gc.freeze()  # as a server does that has loaded its shapes and vocabularies
    yield from _reports(profiles, samples)
    yield from _engines(profiles, vocabularies, samples)
    yield from _bytes(profiles, bodies)
    yield _cold(files[0].with_name(SMALL))


def _read(name: str, body: bytes, suffix: str) -> list[Sample]:
    parts = split(parse(body, _FORMATS[suffix], base_iri=_BASE, limits=_LIMITS)).parts
    return [
        Sample(name, part.subject, mint(part.graph, part.subject))
        for part in parts
        if isinstance(part.subject, ox.NamedNode)
    ]


def _milliseconds(run: Callable[[], object]) -> float:
    run()
    times = []
    for _ in range(_REPEAT):
        start = time.process_time()
        run()
        times.append((time.process_time() - start) * 1000)
    return median(times)


def _reports(profiles: Profiles, samples: Sequence[Sample]) -> Iterator[Row]:
    def report(sample: Sample, ids: Sequence[str]) -> float:
        return _milliseconds(lambda: profiles.validate(sample.graph, sample.subject, Kind.DATASET, ids))

    small = next(sample for sample in samples if sample.name == SMALL)
    size = median(len(sample.graph) for sample in samples)
    pair, every = " + ".join(PAIR), f"all {len(profiles.ids)} profiles"
    for label, ids, most in ((pair, PAIR, 5), (every, profiles.ids, 20)):
        yield Row(
            f"Report, {label}: {SMALL}", "ms", [report(small, ids)], Target("≤", most), f"{len(small.graph)} triples"
        )
        note = f"range over {len(samples)} samples, {size:.0f} triples in the median"
        yield Row(f"Report, {label}: samples", "ms", [report(each, ids) for each in samples], Target("≤", most), note)


def _engines(profiles: Profiles, vocabularies: Vocabularies, samples: Sequence[Sample]) -> Iterator[Row]:
    trials = [_trial(profiles, vocabularies, sample) for sample in samples[::_EACH_NTH]]
    note = f"{len(trials)} samples, {' + '.join(PAIR)}; results alone, without words"
    ours = [_milliseconds(lambda trial=trial: _ours(trial)) for trial in trials]  # type: ignore[misc]
    yield Row("Judging alone: closures", "ms", ours, note=note)
    for name, prepare in (("pyshacl", _pyshacl), ("pyrudof", _pyrudof)):
        try:
            label = f"{name} {version(name)}"
        except ImportError:
            yield Row(f"Judging alone: {name}", "ms", [float("nan")], note="not installed")
            continue
        times = [_milliseconds(prepare(trial)) for trial in trials]
        yield Row(f"Judging alone: {label}", "ms", times, note="the same shapes, triples and targets")
        yield Row(f"The same, ratio to closures: {label}", "×", [b / a for a, b in zip(ours, times, strict=True)])


def _trial(profiles: Profiles, vocabularies: Vocabularies, sample: Sample) -> Trial:
    shapes = []
    roles = []
    for profile in map(profiles.get, PAIR):
        rules = profile.compiled(profile.level_of(sample.graph, sample.subject, Kind.DATASET)[0])
        focus = record_focus(sample.graph, rules.shapes, sample.subject, Kind.DATASET)
        roles += implied(sample.graph, rules.shapes, focus)
        shapes.append((rules, focus))
    facts = vocabularies.lookup(t.object.value for t in sample.graph if isinstance(t.object, ox.NamedNode))
    return Trial(judged_triples(sample.graph, roles, facts), shapes)


def _ours(trial: Trial) -> None:
    judging = Judging(trial.data)
    for rules, focus in trial.shapes:
        rules.judge(judging, focus)


def _shapes_text(trial: Trial) -> str:
    triples = dict.fromkeys(triple for rules, _ in trial.shapes for triple in rules.triples)
    return _text(triples)


def _text(triples: Iterable[ox.Triple]) -> str:
    return (ox.serialize(triples, format=ox.RdfFormat.TURTLE) or b"").decode()


def _pyshacl(trial: Trial) -> Callable[[], object]:
    data = rdflib.Graph().parse(data=_text(trial.data), format="turtle")
    shapes = rdflib.Graph().parse(data=_shapes_text(trial), format="turtle")
    return lambda: pyshacl.validate(data, shacl_graph=shapes)


def _pyrudof(trial: Trial) -> Callable[[], object]:
    # Found only where it is installed; it has no types.
    pyrudof: Any = importlib.import_module("pyrudof")
    rudof = pyrudof.Rudof(pyrudof.RudofConfig())
    rudof.read_data(_text(trial.data))
    rudof.read_shacl(_shapes_text(trial))
    return lambda: rudof.validate_shacl()


def _bytes(profiles: Profiles, bodies: Sequence[tuple[str, bytes, str]]) -> Iterator[Row]:
    for label, suffixes in (("Turtle", (".ttl",)), ("JSON-LD", (".jsonld",))):
        chosen = [body for body in bodies if body[2] in suffixes]
        rates = []
        for _ in range(_ROUNDS):
            start = time.process_time()
            found = [
                profiles.validate(sample.graph, sample.subject, Kind.DATASET, PAIR)
                for body in chosen
                for sample in _read(*body)
            ]
            rates.append(len(found) / (time.process_time() - start))
        target = Target("≥", 300) if label == "Turtle" else None
        yield Row(
            f"Bytes to findings, one process, {label}",
            "records/s",
            rates,
            target,
            f"{' + '.join(PAIR)}; {len(chosen)} files",
        )


def _cold(file: Path) -> Row:
    command = [str(Path(sys.executable).with_name("catalogue")), "validate", str(file)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CATALOGUE_")}
    times = []
    for _ in range(_STARTS):
        start = time.perf_counter()
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
        times.append(time.perf_counter() - start)
        if done.returncode not in (0, 1):
            raise RuntimeError(f"catalogue validate ended with {done.returncode}: {done.stderr[-500:]!r}")
    return Row("`catalogue validate FILE`, whole process", "s", times, Target("≤", 1.5), file.name)
