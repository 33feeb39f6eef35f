"""How are the published graphs kept for SPARQL?

Embedded Oxigraph. One named graph per record and per vocabulary; the default graph is their merge, each triple once,
written in the same update (a triple leaves it when its last named graph lets it go): pyoxigraph's union default graph
returns a triple once per graph and would falsify counts. The ledger position that the store has reached is written in
the same transaction as the graphs, so a crash leaves both or neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyoxigraph import DefaultGraph, Literal, NamedNode, RdfFormat, Store, Triple, parse

# Kept outside the default graph: no catalogue query meets it unless it asks for this graph.
META = NamedNode("urn:health-catalogue:store")
POSITION = NamedNode("urn:health-catalogue:store:position")
VOCABULARIES = NamedNode("urn:health-catalogue:store:vocabularies")


@dataclass(frozen=True, slots=True)
class NamedGraph:
    """The whole new content of a named graph as N-Triples; empty: the graph goes."""

    iri: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mentions:
    """How many named graphs mention a term, the names of some of them, and the ledger position that is reached."""

    total: int
    graphs: tuple[str, ...]
    position: int


class EmbeddedStore:
    """One generation of the store on disk. Safe to read from several threads; one thread writes."""

    def __init__(self, path: Path) -> None:
        """Open or create it.

        Raises:
            OSError: The folder is damaged, or another process has it open.
        """
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._store = Store(str(path))

    def close(self) -> None:
        """Write everything to disk and let the folder go."""
        self._store.flush()
        del self._store

    @property
    def position(self) -> int:
        """The ledger position that the store has reached; 0 when it is new."""
        return int(self._meta(POSITION) or 0)

    @property
    def vocabularies(self) -> str:
        """Fingerprint of the vocabularies that the store holds; empty when it has none."""
        return self._meta(VOCABULARIES)

    def apply(self, graphs: Iterable[NamedGraph], *, position: int, vocabularies: str | None = None) -> str:
        """Replace named graphs, bring the default graph into line and move the position, all in one transaction.

        Args:
            graphs: New contents, at most one per IRI.
            position: The ledger position that is reached thereby.
            vocabularies: New fingerprint, when the graphs are the vocabularies'.

        Returns:
            What happened to the default graph, as a SPARQL update; empty when nothing did.

        Raises:
            OSError: The store is damaged; nothing was written.
        """
        old: dict[NamedNode, set[Triple]] = {}
        new: dict[NamedNode, set[Triple]] = {}
        for graph in graphs:
            name = NamedNode(graph.iri)
            old[name] = {quad.triple for quad in self._store.quads_for_pattern(None, None, None, name)}
            new[name] = {quad.triple for quad in parse(graph.content, format=RdfFormat.N_TRIPLES)}
        meta = {POSITION: str(position)} | ({VOCABULARIES: vocabularies} if vocabularies is not None else {})
        gone, come = self._merged(old, new)
        self._store.update("\n;\n".join(_update(old, new, meta, gone, come)))
        changes = [f"DELETE DATA {{ {gone} }}"] * bool(gone) + [f"INSERT DATA {{ {come} }}"] * bool(come)
        return "\n;\n".join(changes)

    def load(self, graphs: Iterable[NamedGraph], *, position: int, vocabularies: str) -> None:
        """Fill a new, empty store in bulk; not atomic, so only for a generation that nobody reads yet.

        Memory stays bounded: graphs are read in portions of some megabytes.
        """
        portion: list[bytes] = []
        size = 0
        for graph in graphs:
            portion.append(_both(graph))
            size += len(portion[-1])
            if size > 32_000_000:
                self._store.bulk_load(b"".join(portion), format=RdfFormat.N_QUADS)
                portion, size = [], 0
        self._store.bulk_load(b"".join(portion), format=RdfFormat.N_QUADS)
        self._store.flush()
        self.apply((), position=position, vocabularies=vocabularies)

    def mentions(self, term: NamedNode, below: str, *, most: int, first: int) -> Mentions:
        """The named graphs that have a term as object; a look-up in an index, some 5 µs a graph.

        Args:
            term: What is mentioned.
            below: How the names of the graphs begin.
            most: Where to stop counting.
            first: How many names to give, in no order.
        """
        position = self.position  # read before, so that what is found is not older
        pattern = f"GRAPH ?g {{ ?s ?p {term} }} FILTER(STRSTARTS(STR(?g), {Literal(below)}))"
        counted: Any = self._store.query(
            f"SELECT (COUNT(*) AS ?n) {{ SELECT DISTINCT ?g {{ {pattern} }} LIMIT {most} }}"
        )
        named: Any = self._store.query(f"SELECT DISTINCT ?g {{ {pattern} }} LIMIT {first}")
        return Mentions(int(next(counted)["n"].value), tuple(row["g"].value for row in named), position)

    def snapshot(self, path: Path) -> None:
        """Make an image of the present state that other processes can open read-only (hard links, cheap)."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._store.backup(str(path))

    def _meta(self, key: NamedNode) -> str:
        for quad in self._store.quads_for_pattern(META, key, None, META):
            if isinstance(quad.object, Literal):
                return quad.object.value
        return ""

    def _merged(self, old: Mapping[NamedNode, set[Triple]], new: Mapping[NamedNode, set[Triple]]) -> tuple[str, str]:
        """The triples that leave the default graph and those that come; of these some may be there."""
        kept = set().union(*new.values())
        gone = set().union(*(old[name] - new[name] for name in new)) - kept
        come = set().union(*(new[name] - old[name] for name in new))
        return _lines(triple for triple in gone if not self._elsewhere(triple, new)), _lines(come)

    def _elsewhere(self, triple: Triple, changing: Mapping[NamedNode, set[Triple]]) -> bool:
        """Whether a graph that is not changing now states the triple too."""
        found = self._store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)
        return any(quad.graph_name not in changing and not isinstance(quad.graph_name, DefaultGraph) for quad in found)


def _update(
    old: Mapping[NamedNode, set[Triple]],
    new: Mapping[NamedNode, set[Triple]],
    meta: Mapping[NamedNode, str],
    gone: str,
    come: str,
) -> list[str]:
    delete = [*(_block(name, old[name] - new[name]) for name in new), gone]
    insert = [*(_block(name, new[name] - old[name]) for name in new), come]
    operations = [f"DELETE WHERE {{ GRAPH {META} {{ {META} {key} ?value }} }}" for key in meta]
    values = (f"{META} {key} {Literal(value)} ." for key, value in meta.items())
    insert.append(f"GRAPH {META} {{ {' '.join(values)} }}")
    return [*operations, f"DELETE DATA {{ {' '.join(delete)} }}", f"INSERT DATA {{ {' '.join(insert)} }}"]


def _lines(triples: Iterable[Triple]) -> str:
    # N-Triples terms are SPARQL terms: what the engine writes it reads back, whatever the text (tested).
    return "\n".join(f"{triple} ." for triple in triples)


def _block(name: NamedNode, triples: Iterable[Triple]) -> str:
    lines = _lines(triples)
    return f"GRAPH {name} {{ {lines} }}" if lines else ""


def _both(graph: NamedGraph) -> bytes:
    """N-Quads of a graph under its name and in the default graph, made by text: each line ends in ` .`."""
    end = f" <{graph.iri}> .\n".encode()
    lines = graph.content.splitlines()
    return b"".join(line[:-2] + end for line in lines) + graph.content
