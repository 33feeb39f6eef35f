"""Which step mends which finding?

A step is matched by what it rewrites: the value that a finding is about, or the property whose absence it states. It
counts only when the finding is gone once every certain step is applied. Findings whose value is certainly another one
(`Finding.rewrite`) give steps of the same kind where no rule has done it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pyoxigraph import NamedNode, Triple

from catalogue.model import Finding, Fix
from catalogue.profiles.wording import read, spoken, written
from catalogue.rdf.graph import Graph, Subject
from catalogue.rdf.namespaces import RDF

from .steps import Step, StepKind, lines

# A step may change very many triples: a finding shows a few.
_MOST_LINES = 5

Names = Mapping[Any, NamedNode]
_IRI = re.compile(r"<([^<>]+)>")
# Subject, property and value as findings name them; no value stands for any.
Place = tuple[str, str, str]
Key = tuple[str, str, str, str]


def key(finding: Finding) -> Key:
    """What makes two findings on two states of a record the same one."""
    return finding.focus, finding.property, finding.term, finding.code


def corrections(graph: Graph, findings: Iterable[Finding], names: Names, made: Mapping[Triple, str]) -> list[Step]:
    """Steps for the values that certainly stand for another one.

    Args:
        graph: The record as the rules' certain steps leave it.
        findings: What it fails then.
        names: What the findings call its blank nodes, and its subject when it has no IRI.
        made: Which step put a triple there.

    Returns:
        One step per value, named by what it changes: the same for the same record whatever else is wrong with it.
    """
    nodes: dict[str, Subject] = {new.value: old for old, new in names.items()}
    found: dict[Triple, Step] = {}
    for finding in findings:
        if not finding.rewrite or not finding.property or "<" in finding.property:
            continue
        node = nodes.get(finding.focus) or NamedNode(finding.focus)
        old, new = read(finding.term), read(finding.rewrite)
        before = Triple(node, NamedNode(finding.property), old)
        if before not in graph or before in found:
            continue
        digest = hashlib.blake2b("\n".join((*key(finding)[:3], finding.rewrite)).encode(), digest_size=4).hexdigest()
        found[before] = Step(
            id=f"value-{digest}",
            kind=StepKind.SAFE,
            what=f"Write {spoken(new)} for {spoken(old)}.",
            why=finding.message,
            before=(before,),
            after=(Triple(node, before.predicate, new),),
            rules=finding.rules,
            needs=(made[before],) if before in made else (),
            corrects=True,
        )
    return list(found.values())


class Matching:
    """The certain steps of one record, looked up by what they change."""

    def __init__(self, steps: Sequence[Step], names: Names, target: str) -> None:
        """Index the steps.

        Args:
            steps: All certain ones, in the order in which they are applied.
            names: What the findings call the record's blank nodes.
            target: Profile for which the rules were asked.
        """
        self._names = names
        self._target = target
        self._takes: dict[Place, tuple[Step, int]] = {}
        self._adds: dict[Place, tuple[Step, int]] = {}
        for step in steps:
            for found, triples in ((self._takes, step.before), (self._adds, step.after)):
                for number, triple in enumerate(triples):
                    place = self._place(triple)
                    found.setdefault(place, (step, number))
                    found.setdefault((*place[:2], ""), (step, number))

    def fixed(self, findings: Iterable[Finding], left: Collection[Key]) -> tuple[Finding, ...]:
        """Findings with their fixes; those that are `left` when all steps are applied have none."""
        return tuple(finding if key(finding) in left else self._fixed(finding) for finding in findings)

    def _fixed(self, finding: Finding) -> Finding:
        found = next(filter(None, self._candidates(finding)), None)
        if found is None:
            return finding
        step, number = self._last(*found)
        # What only another profile's rules have found is found again when that one is the target.
        own = not step.corrects or self._target in finding.profiles
        return replace(
            finding,
            fix=Fix(
                id=step.id,
                target=self._target if own else finding.profiles[0],
                what=step.what,
                before=_shown(step.before, number),
                after=_shown(step.after, number),
            ),
        )

    def _candidates(self, finding: Finding) -> Iterator[tuple[Step, int] | None]:
        """What takes the value away, gives what is missing, or takes away what should not be there."""
        yield self._takes.get((finding.focus, finding.property, finding.term)) if finding.term else None
        paths = [finding.property] if "<" not in finding.property else _IRI.findall(finding.property)
        for path in paths:
            yield self._adds.get((finding.focus, path, ""))
        if finding.constraint == "Class":
            yield self._adds.get((finding.term.strip("<>"), RDF["type"].value, ""))
        if not finding.term:
            yield self._takes.get((finding.focus, finding.property, ""))

    def _last(self, step: Step, number: int) -> tuple[Step, int]:
        """The step that ends what this one begins: another one may rewrite what it puts there."""
        seen: set[str] = set()
        while step.id not in seen and number < len(step.after):
            seen.add(step.id)
            step, number = self._takes.get(self._place(step.after[number]), (step, number))
        return step, number

    def _place(self, triple: Triple) -> Place:
        subject: Any = triple.subject
        value = self._names.get(triple.object, triple.object)
        return written(self._names.get(subject, subject)), triple.predicate.value, str(value)


def _shown(triples: Sequence[Triple], number: int) -> tuple[str, ...]:
    """A few of the lines, the one in question first."""
    first = triples[number : number + 1]
    rest = [triple for triple in triples[:_MOST_LINES] if triple not in first][: _MOST_LINES - len(first)]
    shown = (*lines(first), *lines(rest))
    more = len(triples) - len(shown)
    return (*shown, f"… and {more:,} more") if more else shown
