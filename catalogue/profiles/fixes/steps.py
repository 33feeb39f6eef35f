"""What is one step of a migration, and what does a record look like after some of them?

A step takes some triples away and puts some others there; every other triple of the record stays as it is, blank nodes
included. Steps stand in the order in which they were found; one may need what an earlier one put there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pyoxigraph import Literal, NamedNode, Triple

from catalogue.errors import CatalogueError
from catalogue.rdf.graph import Graph
from catalogue.rdf.namespaces import XSD, compact


class StepKind(StrEnum):
    """How sure is a step?"""

    SAFE = "safe"
    DERIVABLE = "derivable"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Step:
    """One change, or one question.

    `id` is the rule's name and a number, the same for the same record. `what` and `why` are sentences for people,
    `question` is what somebody has to say yes to (derivable) or to answer (person). `before` is taken away and `after`
    put in its place; a question has no `after`, and its `before` only shows the place. `needs` are ids of steps that
    must be applied first. `rules` are numbers in the lists that the rule follows. `corrects` says that no rule has made
    it, but a finding whose value is certainly another one.
    """

    id: str
    kind: StepKind
    what: str
    why: str
    before: tuple[Triple, ...]
    after: tuple[Triple, ...]
    question: str = ""
    rules: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    corrects: bool = False


class StaleStep(CatalogueError):
    """A step does not fit the record: something that it takes away is not there; details: `step`."""


def lines(triples: Iterable[Triple]) -> list[str]:
    """Triples as in N-Triples, but with known prefixes; sorted."""
    return sorted(" ".join(_short(part) for part in triple) for triple in triples)


def _short(part: object) -> str:
    if isinstance(part, Literal) and not part.language and part.datatype != XSD["string"]:
        return f"{Literal(part.value)}^^{_short(part.datatype)}"
    short = compact(part.value) if isinstance(part, NamedNode) else ""
    return short if isinstance(part, NamedNode) and short != part.value else str(part)


def safe(steps: Iterable[Step]) -> list[Step]:
    """The steps that need nobody."""
    return [step for step in steps if step.kind is StepKind.SAFE]


def chosen(steps: Sequence[Step], ids: Iterable[str]) -> list[Step]:
    """The steps of these ids and those that they need, in order; unknown ids and questions are left out."""
    by_id = {step.id: step for step in steps}
    wanted: set[str] = set()
    waiting = [id for id in ids if id in by_id]
    while waiting:
        id = waiting.pop()
        if id not in wanted:
            wanted.add(id)
            waiting += by_id[id].needs
    return [step for step in steps if step.id in wanted and step.kind is not StepKind.PERSON]


def apply(graph: Graph, steps: Iterable[Step]) -> Graph:
    """The record after some steps.

    Args:
        graph: The record for which the steps were proposed; it does not change.
        steps: Some of those steps, in their order. Questions change nothing.

    Returns:
        A new graph: what no step takes away is in it unchanged, with the same blank nodes.

    Raises:
        StaleStep: A step takes away what is not there, since another step is missing or the record is another one.
    """
    triples = dict.fromkeys(graph)
    for step in steps:
        if step.kind is StepKind.PERSON:
            continue
        if any(triple not in triples for triple in step.before):
            raise StaleStep(
                f"The step {step.id} does not fit the record any more.",
                mend="Propose the steps again, or apply the steps that it needs first.",
                step=step.id,
            )
        for triple in step.before:
            del triples[triple]
        triples.update(dict.fromkeys(step.after))
    return Graph(triples)
