"""Where do our profile and the official files differ, and why?"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from pyoxigraph import NamedNode

from catalogue.model import Kind, Severity
from catalogue.profiles.findings import RANK
from catalogue.profiles.trails import short_path
from catalogue.profiles.wording import written
from catalogue.rdf.graph import Subject
from catalogue.rdf.namespaces import compact

from .official import Failure, Place, Record, normal, officially, profiles

REASONS = Path(__file__).parent / "reasons.csv"
NOTHING = Failure("", "", Severity.INFO, "", "")


def ours(record: Record, profile: str, level: str | None) -> list[Failure]:
    """What our profile finds; information is not compared, since the official files give none."""
    report = profiles().validate(record.graph, record.subject, record.kind, [profile])
    assert record.kind is not Kind.DATASET or report.profiles[0].level == level
    found = []
    for finding in report.findings:
        if finding.severity is Severity.INFO:
            continue
        focus, path = finding.focus, finding.property
        if path.startswith("<") and "/<" in path:
            first, path = re.findall(r"<([^<>]*)>", path)[0], re.findall(r"<([^<>]*)>", path)[-1]
            holder = record.graph.value(NamedNode(focus), NamedNode(first))
            focus = written(holder) if holder else focus
        found.append(Failure(focus, short_path(normal(path)), finding.severity, finding.constraint, finding.term))
    return found


@dataclass
class Agreement:
    """Counts over records: properties judged, those that at least one side finds wrong, those that differ."""

    records: int = 0
    judged: int = 0
    failing: int = 0
    differing: int = 0

    def __str__(self) -> str:
        agreeing, failing = self.judged - self.differing, self.failing - self.differing
        return (
            f"{self.records} records, {agreeing} of {self.judged} properties agree ({agreeing / self.judged:.2%}), "
            f"and {failing} of the {self.failing} that either finds wrong ({failing / self.failing:.2%})"
        )


@dataclass(frozen=True)
class Trial:
    """A record to be judged by a profile, with the official files of a level; `known` places are not compared."""

    record: Record
    profile: str
    level: str | None
    known: frozenset[Place] = frozenset()


@dataclass(frozen=True)
class Difference:
    """A property of a node that one side finds wrong, or worse than the other does."""

    trial: Trial
    class_: str
    place: Place
    theirs: Failure | None
    mine: Failure | None

    def cells(self) -> dict[str, str]:
        """What a row of reasons.csv is compared with."""
        return {
            "profile": self.trial.profile,
            "class": self.class_,
            "path": self.place[1],
            "official": _said(self.theirs),
            "ours": _said(self.mine),
            "value": (self.theirs or self.mine or NOTHING).value,
        }


def _said(failure: Failure | None) -> str:
    return f"{failure.severity.value} {failure.constraint}" if failure else "nothing"


def compare(trials: Iterable[Trial]) -> tuple[dict[str, Agreement], list[Difference]]:
    """Judge each record by both and collect the properties whose worst severity differs."""
    figures: dict[str, Agreement] = {}
    differences = []
    for trial in trials:
        record = trial.record
        found, judged = officially(record, trial.profile, trial.level)
        theirs, mine = _worst(found), _worst(ours(record, trial.profile, trial.level))
        either = {**theirs, **mine}.keys() - trial.known
        differing = [p for p in either if _severity(theirs, p) is not _severity(mine, p)]
        figure = figures.setdefault(trial.profile, Agreement())
        figure.records += 1
        figure.judged += len((judged - trial.known) | either)
        figure.failing += len(either)
        figure.differing += len(differing)
        classes = {written(s): _class_of(record, s) for s in record.graph.subjects()}
        differences += [
            Difference(trial, classes.get(place[0], "none"), place, theirs.get(place), mine.get(place))
            for place in differing
        ]
    return figures, differences


def _severity(failures: Mapping[Place, Failure], place: Place) -> Severity | None:
    return failures[place].severity if place in failures else None


def _worst(failures: Iterable[Failure]) -> dict[Place, Failure]:
    worst: dict[Place, Failure] = {}
    for failure in failures:
        known = worst.get(failure.place)
        if known is None or RANK[failure.severity] < RANK[known.severity]:
            worst[failure.place] = failure
    return worst


def _class_of(record: Record, node: Subject) -> str:
    types = [compact(type_.value) for type_ in record.graph.types(node)]
    return types[0] if types else "untyped"


@cache
def reasons() -> list[dict[str, str]]:
    with REASONS.open(newline="") as file:
        return list(csv.DictReader(file))


def reason_of(difference: Difference) -> dict[str, str] | None:
    """The first listed reason that fits."""
    cells = difference.cells()
    return next((row for row in reasons() if all(fnmatchcase(cells[c], row[c]) for c in cells)), None)


def report(title: str, figures: Mapping[str, Agreement], differences: Sequence[Difference]) -> None:
    """Print the figures, and how often each reason explains a difference."""
    print(f"\n{title}")
    for profile, figure in sorted(figures.items()):
        print(f"  {profile}: {figure}")
    explained = Counter(row["reason"] for d in differences if (row := reason_of(d)))
    for reason, times in explained.most_common():
        print(f"  {times:5} x {reason}")


def unexplained(differences: Iterable[Difference]) -> list[str]:
    """Differences without a reason, each kind once."""
    kinds: Counter[str] = Counter()
    example: dict[str, str] = {}
    for difference in differences:
        if reason_of(difference) is None:
            kind = ",".join(list(difference.cells().values())[:-1])
            kinds[kind] += 1
            example.setdefault(
                kind, f"{difference.trial.record.name} {difference.place[0]} {difference.cells()['value']}"
            )
    return [f"{times} x {kind}   {example[kind]}" for kind, times in kinds.most_common()]
