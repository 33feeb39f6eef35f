"""Which certain rewrites does a file need, and what is it afterwards?

Works on the whole file: what belongs to no record stays, and what records share is rewritten once.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from catalogue.rdf.graph import Subject
from catalogue.rdf.namespaces import XSD, compact
from catalogue.rdf.skolem import rename
from catalogue.rdf.split import Part, split

from .catalogue import Catalogue
from .listing import DEFAULT_PROFILES, stated_profiles

if TYPE_CHECKING:
    from catalogue.profiles.fixes import Fixes, Step
    from catalogue.vocabularies import Vocabularies


@dataclass(frozen=True, slots=True)
class Mended:
    """A file after some rewrites: what it says now, the steps that were applied, what went and what came."""

    triples: tuple[Triple, ...]
    applied: tuple[Step, ...]
    removed: tuple[Triple, ...]
    added: tuple[Triple, ...]

    def diff(self) -> list[str]:
        """Lines that begin with − or +, each kind sorted."""
        return [f"− {line}" for line in lines(self.removed)] + [f"+ {line}" for line in lines(self.added)]


def lines(triples: Iterable[Triple]) -> list[str]:
    """Triples as in N-Triples, but with known prefixes; sorted."""
    return sorted(" ".join(_short(part) for part in triple) for triple in triples)


def propose(
    catalogue: Catalogue, triples: Sequence[Triple], *, target: str = "", most: int | None = None
) -> list[Step]:
    """Find what can be rewritten in the records of a file.

    Args:
        catalogue: The open catalogue.
        triples: What was parsed.
        target: Id of the profile that the records shall fit; without one, the first that a record claims, else
            `healthdcat-ap-8`.
        most: Look at so many records only; each takes about 10 ms.

    Returns:
        Steps in the order in which `mend` takes them. In a file of several records the ids begin with the record's
        number (`2.tier-1`).

    Raises:
        UnknownProfile: There is no such profile.
        LimitExceeded: A record is too large.
    """
    if target:
        catalogue.profiles.get(target)
    fixes = _fixes(catalogue.vocabularies)
    parts = split(triples, record_limit=catalogue.settings.max_record_triples).parts
    found: list[Step] = []
    for number, part in enumerate(parts[:most], 1):
        label = f"{number}." if len(parts) > 1 else ""
        found += (_labelled(step, label) for step in _steps(catalogue, fixes, part, target))
    return found


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


@lru_cache(maxsize=1)
def _fixes(vocabularies: Vocabularies) -> Fixes:
    from catalogue.profiles.fixes import Fixes

    return Fixes.load(vocabularies)


def _steps(catalogue: Catalogue, fixes: Fixes, part: Part, target: str) -> Iterator[Step]:
    wanted = target or next(iter(stated_profiles(catalogue, part.graph, part.subject)), DEFAULT_PROFILES[0])
    if isinstance(part.subject, NamedNode):
        yield from fixes.propose(part.graph, part.subject, part.kind, wanted)
        return
    # The rules need a name to ask about; the steps must fit the file, where there is none.
    name = NamedNode(f"urn:blank:{part.kind.value}:{part.subject.value}")
    for step in fixes.propose(rename(part.graph, {part.subject: name}), name, part.kind, wanted):
        back = (_unnamed(step.before, name, part.subject), _unnamed(step.after, name, part.subject))
        yield replace(step, before=back[0], after=back[1])


def _unnamed(triples: Iterable[Triple], name: NamedNode, node: Subject) -> tuple[Triple, ...]:
    return tuple(Triple(*(node if part == name else part for part in triple)) for triple in triples)  # type: ignore[arg-type]


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


def _short(part: object) -> str:
    if isinstance(part, Literal) and not part.language and part.datatype != XSD["string"]:
        return f"{Literal(part.value)}^^{_short(part.datatype)}"
    short = compact(part.value) if isinstance(part, NamedNode) else ""
    return short if isinstance(part, NamedNode) and short != part.value else str(part)
