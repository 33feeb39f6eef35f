"""What does a profile say about itself, and what are its shapes as one graph?

The description is that of its `profile.ttl` (PROF, W3C Note 2019). Served shapes are the files as they are judged by,
blank nodes renamed, so that any SHACL engine can load them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pyoxigraph import BlankNode, NamedNode, Triple

from catalogue.rdf.graph import Graph, Subject, Term
from catalogue.rdf.namespaces import DCAT, DCT, OWL, PROF, RDF, SH, SHAPES

from .loading import read
from .profile import Profile
from .shape import words

_ROLE = "http://www.w3.org/ns/dx/prof/role/"
_KEPT = (DCT["title"], DCT["description"], DCT["identifier"], DCT["source"], DCT["rights"], DCAT["version"])


@dataclass(frozen=True, slots=True)
class About:
    """Where a profile comes from: addresses of its source, what its shapes are, and IRIs of what it builds on."""

    sources: tuple[str, ...]
    rights: str
    bases: tuple[str, ...]


def about(profile: Profile) -> About:
    """What the profile's description says beside its title."""
    said = _said(profile)
    return About(
        tuple(value.value for value in said.get(DCT["source"], ())),
        words(said.get(DCT["rights"], ())),
        tuple(value.value for value in said.get(PROF["isProfileOf"], ())),
    )


def shapes_graph(profile: Profile, level: str | None, home: Callable[[str], NamedNode]) -> Graph:
    """The profile and its shapes.

    Args:
        profile: Which.
        level: IRI of an access right: what is judged by there. Without one, the shapes of all levels, each that does
            not belong to all of them with `sc:level`; an engine that does not know that judges by all of them.
        home: Gives the public address of a profile (its IRI, as our own is only a name) by its id or IRI.

    Returns:
        Named and blank nodes; the same names for the same files.
    """
    sets = [profile.compiled(each).triples for each in ((level,) if level else profile.levels or (None,))]
    graph = Graph(_description(profile, level, home))
    everywhere = set(sets[0]).intersection(*sets[1:])
    names: dict[BlankNode, BlankNode] = {}
    for triple in (triple for triples in sets for triple in triples):
        graph.update((_renamed(triple, names),))
    if not level:
        for each, triples in zip(profile.levels, sets, strict=False):
            own = (triple for triple in triples if triple not in everywhere and triple.predicate == SH["path"])
            graph.update(Triple(triple.subject, SHAPES["level"], NamedNode(each)) for triple in own)
    return graph


def _description(profile: Profile, level: str | None, home: Callable[[str], NamedNode]) -> list[Triple]:
    subject, own, said = home(profile.id), NamedNode(profile.iri), _said(profile)
    resource = NamedNode(f"{subject.value}#shapes")
    facts: list[tuple[Subject, NamedNode, Term]] = [
        (subject, RDF["type"], PROF["Profile"]),
        (subject, OWL["sameAs"], own),
        *((subject, predicate, value) for predicate in _KEPT for value in said.get(predicate, ())),
        *((subject, PROF["isProfileOf"], home(value.value)) for value in said.get(PROF["isProfileOf"], ())),
        (subject, PROF["hasResource"], resource),
        (resource, RDF["type"], PROF["ResourceDescriptor"]),
        (resource, PROF["hasRole"], NamedNode(f"{_ROLE}validation")),
    ]
    facts += [(resource, SHAPES["level"], NamedNode(level))] if level else []
    if profile.levels:
        facts.append((subject, SHAPES["levelPath"], profile.level_path))
    return [Triple(*fact) for fact in facts]


def _renamed(triple: Triple, names: dict[BlankNode, BlankNode]) -> Triple:
    """The triple with blank nodes numbered as they come; the parser's names differ from one process to the next."""

    def name(term: Term) -> Term:
        if not isinstance(term, BlankNode):
            return term
        return names.setdefault(term, BlankNode(f"b{len(names) + 1:05}"))

    return Triple(name(triple.subject), triple.predicate, name(triple.object))  # type: ignore[arg-type]


def _said(profile: Profile) -> dict[NamedNode, list[Term]]:
    return _graph(profile.folder).about(NamedNode(profile.iri))


@lru_cache(maxsize=100)
def _graph(folder: Path) -> Graph:
    return Graph(read(folder / "profile.ttl", folder.parent))


def levels_of(profile: Profile, level: str | None) -> Sequence[str | None]:
    """The levels to show: the one that is asked for, else all; `(None,)` for a profile without."""
    return (level,) if level else tuple(profile.levels) or (None,)
