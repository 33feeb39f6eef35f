"""How is a dump loaded in bulk?

Without validation, so only from the command line, and only what has the form that the ledger holds: another
catalogue's dump below the same base, or a file made for it. Two processes: one prepares, one writes.
"""

from __future__ import annotations

import multiprocessing
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection
from typing import Self

from pyoxigraph import NamedNode

from catalogue.errors import CatalogueError, InvalidSubmission
from catalogue.ledger import Save, pack, unpack
from catalogue.model import Kind, Person
from catalogue.rdf import dump
from catalogue.rdf.canonical import digest, read
from catalogue.rdf.graph import Graph
from catalogue.rdf.media import Format
from catalogue.rdf.namespaces import DCT
from catalogue.rdf.split import Part, collector_paused

from .catalogue import Catalogue
from .drafts import Draft, Options
from .listing import default_catalog
from .naming import words
from .obstacles import obstacles

_BATCH = 500


@dataclass(frozen=True, slots=True)
class _Entry:
    """A record of the dump that nothing stands against, packed for its way to the writing process."""

    kind: Kind
    slug: str
    catalog: str | None
    title: str
    identifier: str | None
    packed: bytes
    digest: str
    triples: int


def load(catalogue: Catalogue, data: bytes, format: Format, person: Person, *, note: str = "") -> int:
    """Publish every record of a dump as it is.

    Args:
        catalogue: The open catalogue.
        data: N-Quads, one named graph per record, named by its IRI inside our base; no blank nodes.
        format: Must be N-Quads.
        person: Who loads.
        note: For the history of each record.

    Returns:
        How many records were published. After an error, batches written before it stay.

    Raises:
        UnreadableRdf, InvalidSubmission: Not of that form.
        Conflict: A record is here already, or its identifier is.
    """
    count = 0
    with collector_paused(), _Writer(catalogue, person, note) as writer:
        found = dump.records(data, format)
        while batch := list(islice(found, _BATCH)):
            entries = _checked(catalogue, batch, person)
            writer.send(entries)
            count += len(entries)
    return count


class _Writer:
    """The writing process. It is sent batches through a pipe by the preparing thread itself: the queues and helper
    threads of an executor get their turn only when that thread lets go of the interpreter."""

    def __init__(self, catalogue: Catalogue, person: Person, note: str) -> None:
        context = multiprocessing.get_context("fork")
        self._pipe, end = context.Pipe()
        self._process = context.Process(target=_write, args=(end, catalogue, person.id, note))
        self._sent = 0

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def send(self, entries: Sequence[_Entry]) -> None:
        """Hand over a batch; raises what the batch before it met."""
        if self._sent:
            self._answer()
        self._pipe.send(entries)
        self._sent += 1

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None and self._sent:
                self._answer()
            self._pipe.send(None)
        finally:
            self._process.join()

    def _answer(self) -> None:
        error = self._pipe.recv()
        if error is not None:
            raise error


def _checked(catalogue: Catalogue, batch: Sequence[dump.DumpRecord], person: Person) -> list[_Entry]:
    told = read(dump.written(statement for record in batch for statement in record.told))
    drafts = [_draft(catalogue, record, told) for record in batch]
    for obstacle in filter(None, obstacles(catalogue, drafts, person, Options())):
        raise obstacle
    return [_entry(catalogue, record, draft) for record, draft in zip(batch, drafts, strict=True)]


def _draft(catalogue: Catalogue, record: dump.DumpRecord, told: Graph) -> Draft:
    iri = NamedNode(record.subject)
    named = catalogue.identity.of(record.subject)
    if named is None or named[0] is not record.kind:
        raise InvalidSubmission(
            f"<{record.subject}> is no {record.kind} below {catalogue.identity.base}.",
            mend="Load dumps under the base that they were made for (CATALOGUE_BASE_URL).",
        )
    catalog = None
    if record.kind is not Kind.CATALOG:
        above = (catalogue.identity.of(value.value) for value in told.values(iri, DCT["isPartOf"]))
        catalog = next((place[1] for place in above if place), None) or default_catalog(catalogue)
    return Draft(Part(record.kind, iri, told), named[1], iri, catalog, graph=told)


def _entry(catalogue: Catalogue, record: dump.DumpRecord, draft: Draft) -> _Entry:
    if draft.catalog is not None:
        listed = f"{draft.iri} {DCT['isPartOf']} {catalogue.identity.record(Kind.CATALOG, draft.catalog)}".encode()
        if listed not in record.told:
            insort(record.statements, listed)
    content = dump.written(record.statements)
    place = (record.kind, draft.slug, draft.catalog, draft.title, draft.identifier)
    return _Entry(*place, pack(content), digest(content), len(record.statements))


def _write(pipe: Connection, parent: Catalogue, person: int, note: str) -> None:
    """The program of the writing process: what the parent has loaded is here too, but for its open connections."""
    catalogue = Catalogue(parent.settings)
    catalogue.__dict__["vocabularies"] = parent.vocabularies
    while (entries := pipe.recv()) is not None:
        try:
            catalogue.ledger.append([_save(catalogue, entry, note) for entry in entries], person=person)
            pipe.send(None)
        except CatalogueError as error:
            pipe.send(error)


def _save(catalogue: Catalogue, entry: _Entry, note: str) -> Save:
    values = dump.values(unpack(entry.packed))
    return Save(
        kind=entry.kind,
        slug=entry.slug,
        after=0,
        packed=entry.packed,
        digest=entry.digest,
        triples=entry.triples,
        title=entry.title,
        words=words(*values, catalogue.vocabularies.concept, catalogue.identity),
        identifier=entry.identifier,
        outcome={},
        catalog=entry.catalog,
        note=note,
    )
