"""Which certain rewrites does a file need, which findings do they mend, and what is the file afterwards?

A record is looked at as it is judged; what is rewritten is rewritten in the whole file: what belongs to no record
stays, and what records share is rewritten once.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, NamedNode, RdfFormat, Triple, parse

from catalogue.errors import NoRecord
from catalogue.rdf.graph import Graph, Subject
from catalogue.rdf.skolem import mint, rename

from .catalogue import Catalogue
from .validating import NAMELESS, Portion, portions

if TYPE_CHECKING:
    from catalogue.model import Report
    from catalogue.profiles.fixes import Step

# Looking for fixes takes some 10 ms a record, so reports have them for the first records of a file only.
_MOST_LOOKED = 20
# Whoever has more mistakes in one record mends the file with the command, which has no such bound.
_MOST_FINDINGS = 2_000


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found for one record: its report with fixes, and every step, questions included."""

    report: Report
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Mended:
    """A file after some rewrites: what it says now, the steps that were applied, what went and what came."""

    triples: tuple[Triple, ...]
    applied: tuple[Step, ...]
    removed: tuple[Triple, ...]
    added: tuple[Triple, ...]

    def diff(self) -> list[str]:
        """Lines that begin with − or +, each kind sorted."""
        from catalogue.profiles.fixes import lines

        return [f"− {line}" for line in lines(self.removed)] + [f"+ {line}" for line in lines(self.added)]


def propose(catalogue: Catalogue, triples: Sequence[Triple], *, target: str = "") -> list[Step]:
    """Find what can be rewritten in the records of a file.

    Args:
        catalogue: The open catalogue.
        triples: What was parsed.
        target: Id of the profile that the records shall fit; without one, the first by which each would be judged.

    Returns:
        Steps in the order in which `mend` takes them. In a file of several records the ids begin with the record's
        number (`2.tier-1`).

    Raises:
        UnknownProfile: There is no such profile.
        LimitExceeded: A record is too large.
    """
    if target:
        catalogue.profiles.get(target)
    try:
        found = portions(catalogue, triples, (target,) if target else ())
    except NoRecord:
        return []
    return [
        step
        for label, portion in _numbered(found)
        for step in _back(_steps(catalogue, portion, _named(portion), label)[0], portion)
    ]


def fixed(
    catalogue: Catalogue, triples: Sequence[Triple], reports: Iterable[Report], profiles: Sequence[str] = ()
) -> Iterator[Report]:
    """Say in the reports on a file which findings have a certain fix.

    That is looked for in its first 20 records, where they have no more than 2,000 findings.

    Args:
        catalogue: The open catalogue.
        triples: What was parsed.
        reports: What `judge` says of it.
        profiles: Those that `judge` was given.
    """
    waiting = iter(reports)
    records = _numbered(portions(catalogue, triples, profiles))
    for report, (label, portion) in zip(islice(waiting, _MOST_LOOKED), records, strict=False):
        yield _look(catalogue, portion, label, report).report
    del records  # and the parts of the file with them
    yield from waiting


def looked(
    catalogue: Catalogue,
    triples: Sequence[Triple],
    reports: Sequence[Report],
    profiles: Sequence[str] = (),
    *,
    start: int = 0,
) -> list[Looked]:
    """Look for what mends some records of a file.

    Args: as for `fixed`, but only some reports in a row; `start` is the number of those before them.
    """
    records = islice(_numbered(portions(catalogue, triples, profiles)), start, None)
    pairs = zip(reports, records, strict=False)
    return [_look(catalogue, portion, label, report) for report, (label, portion) in pairs]


def mend(triples: Sequence[Triple], steps: Iterable[Step]) -> Mended:
    """Apply steps of `propose` to the whole file.

    A step is passed over when another record's step has already done the same to what both share. Questions change
    nothing.
    """
    from catalogue.profiles.fixes import StepKind

    now = dict.fromkeys(triples)
    done: dict[tuple[object, ...], None] = {}
    applied = []
    for step in steps:
        key = _same(step)
        if step.kind is StepKind.PERSON or key in done or any(triple not in now for triple in step.before):
            continue
        done[key] = None
        applied.append(step)
        for triple in step.before:
            del now[triple]
        now.update(dict.fromkeys(step.after))
    before = frozenset(triples)
    removed = tuple(triple for triple in triples if triple not in now)
    return Mended(tuple(now), tuple(applied), removed, tuple(triple for triple in now if triple not in before))


def picked(steps: Sequence[Step], ids: Container[str]) -> list[Step]:
    """The safe steps of these ids, and those that they need."""
    from catalogue.profiles.fixes import chosen, safe

    certain = safe(steps)
    return chosen(certain, [step.id for step in certain if step.id in ids])


def _numbered(records: Iterator[Portion]) -> Iterator[tuple[str, Portion]]:
    """Records with what the ids of their steps begin with: nothing when there is only one."""
    begun = list(islice(records, 2))
    for number, portion in enumerate(chain(begun, records), 1):
        yield f"{number}." if len(begun) > 1 else "", portion


def _look(catalogue: Catalogue, portion: Portion, label: str, report: Report) -> Looked:
    from catalogue.profiles.fixes import Matching, key, safe

    if not report.findings or len(report.findings) > _MOST_FINDINGS:
        return Looked(report, ())
    record = _named(portion)
    steps, left = _steps(catalogue, portion, record, label)
    certain = safe(steps)
    if any(step.corrects for step in certain):
        left = _judged(catalogue, portion, record, certain)
    matching = Matching(certain, record.names, portion.profiles[0])
    findings = matching.fixed(report.findings, {key(finding) for finding in left.findings})
    return Looked(replace(report, findings=findings), tuple(_back(steps, portion)))


@dataclass(frozen=True, slots=True)
class _Named:
    """A record that has a name, and what findings call its blank nodes."""

    graph: Graph
    subject: NamedNode
    names: Mapping[Subject, NamedNode]


def _named(portion: Portion) -> _Named:
    graph = Graph(quad.triple for quad in parse(portion.content, RdfFormat.N_TRIPLES, lenient=True))
    subject = NAMELESS
    if portion.subject.startswith("_:"):
        graph = rename(graph, {BlankNode(portion.subject[2:]): subject})
    else:
        subject = NamedNode(portion.subject)
    names: dict[Subject, NamedNode] = {
        old: new
        for before, after in zip(graph, mint(graph, subject), strict=True)
        for old, new in ((before.subject, after.subject), (before.object, after.object))
        if isinstance(old, BlankNode) and isinstance(new, NamedNode)
    }
    return _Named(graph, subject, names)


def _steps(catalogue: Catalogue, portion: Portion, record: _Named, label: str) -> tuple[list[Step], Report]:
    """What the rules find, then the values that are certainly other ones, then the questions.

    With them comes what the record fails after the rules' certain steps.
    """
    from catalogue.profiles.fixes import StepKind, apply, corrections, safe

    found = catalogue.fixes.propose(record.graph, record.subject, portion.kind, portion.profiles[0])
    certain = safe(found)
    report = _judged(catalogue, portion, record, certain)
    made = {triple: step.id for step in certain for triple in step.after}
    own = corrections(apply(record.graph, certain), report.findings, record.names, made)
    corrected = {triple for step in own for triple in step.before}
    asked = [s for s in found if s.kind is not StepKind.SAFE and corrected.isdisjoint(s.before)]
    return [_labelled(step, label) for step in (*certain, *own, *asked)], report


def _judged(catalogue: Catalogue, portion: Portion, record: _Named, steps: Iterable[Step]) -> Report:
    """What the record fails after some steps."""
    from catalogue.profiles.fixes import apply

    graph = rename(apply(record.graph, steps), record.names)
    return catalogue.profiles.validate(graph, record.subject, portion.kind, portion.profiles)


def _back(steps: Iterable[Step], portion: Portion) -> Iterator[Step]:
    """The steps on the file, where a record without an IRI has none."""
    if not portion.subject.startswith("_:"):
        yield from steps
        return
    node = BlankNode(portion.subject[2:])
    for step in steps:
        yield replace(step, before=_unnamed(step.before, node), after=_unnamed(step.after, node))


def _unnamed(triples: Iterable[Triple], node: BlankNode) -> tuple[Triple, ...]:
    return tuple(Triple(*(node if part == NAMELESS else part for part in triple)) for triple in triples)  # type: ignore[arg-type]


def _labelled(step: Step, label: str) -> Step:
    if not label:
        return step
    return replace(step, id=label + step.id, needs=tuple(label + id for id in step.needs))


def _same(step: Step) -> tuple[object, ...]:
    """What a step does, whatever the names of the nodes that it makes."""
    known = {part for triple in step.before for part in triple}
    fresh: dict[object, str] = {}

    def name(part: object) -> object:
        # A rule's new nodes are named `fix` and a hash that depends on the record.
        if isinstance(part, BlankNode) and part not in known and part.value.startswith("fix"):
            return fresh.setdefault(part, f"_:{len(fresh)}")
        return part

    after = tuple(tuple(name(part) for part in triple) for triple in step.after)
    return frozenset(step.before), after
