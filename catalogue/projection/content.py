"""Which graphs does the ledger make, and which of them change with an event?

Every published revision becomes a named graph, its catalogue record another; a withdrawal takes both away. Drafts are
never read here: no query can leak one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pyoxigraph import RdfFormat, parse

from catalogue.feeds.identity import Identity
from catalogue.feeds.records import catalog_record
from catalogue.ledger import Ledger, unpack
from catalogue.model import EventKind, Kind
from catalogue.rdf.canonical import canonical
from catalogue.store import NamedGraph
from catalogue.vocabularies import Vocabularies

_BATCH = 200

Progress = Callable[[int, int], None]


class Content:
    """What a store has to hold."""

    def __init__(self, ledger: Ledger, vocabularies: Vocabularies, identity: Identity) -> None:
        self._ledger = ledger
        self._vocabularies = vocabularies
        self._identity = identity

    @property
    def fingerprint(self) -> str:
        """Changes with the vocabularies."""
        return self._vocabularies.fingerprint

    def since(self, position: int) -> tuple[list[NamedGraph], int]:
        """The graphs that the next events after a position change, as they are to be now, and the position reached."""
        events = self._ledger.events(position, _BATCH)
        touched = {(event.record_kind, event.slug): None for event in events if event.kind is not EventKind.SAVED}
        graphs = [graph for kind, slug in touched for graph in self._graphs(kind, slug)]
        return graphs, events[-1].seq if events else position

    def everything(self, progress: Progress) -> Iterator[NamedGraph]:
        """Every graph; `progress` gets the rank of the record that is done, and the last."""
        yield from self.vocabularies()
        total = self._ledger.ranks()[1]
        for record, outcome, content in self._ledger.contents():
            yield NamedGraph(self._identity.record(record.kind, record.slug).value, unpack(content))
            about = canonical(catalog_record(record, self._identity, outcome))
            yield NamedGraph(self._identity.catalog_record(record.kind, record.slug).value, about)
            progress(record.rank or 0, total)

    def vocabularies(self) -> list[NamedGraph]:
        """The graphs of the vocabularies."""
        return [
            NamedGraph(iri, canonical(quad.triple for quad in parse(path=str(path), format=RdfFormat.TURTLE)))
            for iri, path in self._vocabularies.graphs()
        ]

    def _graphs(self, kind: Kind, slug: str) -> list[NamedGraph]:
        """A record's two graphs as they are to be now: empty when it is not public."""
        names = self._identity.record(kind, slug).value, self._identity.catalog_record(kind, slug).value
        record = self._ledger.record(kind, slug)
        if record is None or record.published is None:
            return [NamedGraph(name, b"") for name in names]
        revision = self._ledger.revision(kind, slug, record.published)
        about = canonical(catalog_record(record, self._identity, revision.outcome))
        return [NamedGraph(names[0], revision.content), NamedGraph(names[1], about)]
