"""Which records does a file bring, under which IRIs, and in which catalogue?

Triples in, drafts out: one closed graph per record, in the form that is kept. Nothing is judged or stored here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pyoxigraph import NamedNode

from catalogue.model import Kind, Person, Record
from catalogue.rdf.graph import Graph, Subject
from catalogue.rdf.namespaces import DCT
from catalogue.rdf.skolem import mint, rename
from catalogue.rdf.split import Part

from .access import may_add
from .catalogue import Catalogue
from .listing import default_catalog
from .naming import free_slugs, own_slug, slugify, title_of


@dataclass(frozen=True, slots=True)
class Options:
    """How a submission is to be taken.

    `publish` False saves drafts. `catalog` is the slug of the catalogue that shall list new datasets. `atomic`: all or
    nothing.
    """

    publish: bool = True
    catalog: str | None = None
    atomic: bool = True
    note: str = ""


@dataclass(slots=True)
class Draft:
    """One record on its way in. `graph` is empty until `finish` has made it; `before` is what stands under its IRI."""

    part: Part
    slug: str
    iri: NamedNode
    catalog: str | None
    before: Record | None = None
    notes: tuple[str, ...] = ()
    graph: Graph = field(default_factory=Graph)

    @property
    def title(self) -> str:
        """The title to show."""
        return title_of(self.graph, self.iri)

    @property
    def identifier(self) -> str | None:
        """Its `dct:identifier`; which of several, if there are, does not matter: then it is refused."""
        value = self.graph.value(self.iri, DCT["identifier"])
        return value.value if value is not None else None


def wanted(catalogue: Catalogue, parts: Sequence[Part], person: Person) -> tuple[list[Part], tuple[str, ...]]:
    """Leave out what only wraps the datasets: catalogues that are bare, known already, or not this person's to add."""
    wanted: list[Part] = []
    notes: list[str] = []
    for part in parts:
        if part.kind is not Kind.CATALOG:
            wanted.append(part)
        elif not part.graph.values(part.subject, DCT["title"]):
            notes.append("The dcat:Catalog around the datasets describes nothing itself and was left out.")
        elif len(parts) > 1 and catalogue.known(part.subject) is not None:
            notes.append("The dcat:Catalog is known here; its description was not changed (use PUT for that).")
        elif not may_add(person, Kind.CATALOG):
            notes.append("The dcat:Catalog was left out: only a reviewer or an admin may add one.")
        else:
            wanted.append(part)
    return wanted, tuple(notes)


def named(
    catalogue: Catalogue,
    parts: Sequence[Part],
    catalogs: Mapping[Subject, Subject],
    options: Options,
    notes: tuple[str, ...],
) -> list[Draft]:
    """Give every part its slug, IRI and catalogue."""
    slugs: dict[Subject, str] = {}
    for kind in Kind:
        members = [part for part in parts if part.kind is kind]
        own = {part.subject: own_slug(part.subject, kind, catalogue.identity) for part in members}
        fresh = [part for part in members if own[part.subject] is None]
        wanted = [slugify(title_of(part.graph, part.subject)) for part in fresh]
        given = free_slugs(wanted, lambda some, kind=kind: catalogue.ledger.taken(kind, some))  # type: ignore[misc]
        slugs |= {subject: slug for subject, slug in own.items() if slug is not None}
        slugs |= {part.subject: slug for part, slug in zip(fresh, given, strict=True)}
    drafts: list[Draft] = []
    for part in parts:
        iri = catalogue.identity.record(part.kind, slugs[part.subject])
        catalog = catalog_of(catalogue, part, catalogs, options, slugs) if part.kind is not Kind.CATALOG else None
        drafts.append(Draft(part, slugs[part.subject], iri, catalog, notes=notes))
    return drafts


def catalog_of(
    catalogue: Catalogue,
    part: Part,
    catalogs: Mapping[Subject, Subject],
    options: Options,
    slugs: Mapping[Subject, str],
    before: str | None = None,
) -> str:
    """The slug of the catalogue that lists a dataset: as asked, as the file says, as it was, else the default one."""
    wrapper = catalogs.get(part.subject)
    if options.catalog is not None:
        return catalogue.reader.record(Kind.CATALOG, options.catalog).slug
    if wrapper is not None:
        if wrapper in slugs:
            return slugs[wrapper]
        known = catalogue.known(wrapper)
        if known is not None and known.kind is Kind.CATALOG:
            return known.slug
    return before or default_catalog(catalogue)


def finish(catalogue: Catalogue, drafts: Sequence[Draft]) -> None:
    """Bring the graphs into the form that is kept: our IRIs, no blank nodes, the types that roles imply."""
    names = {draft.part.subject: draft.iri for draft in drafts if draft.part.subject != draft.iri}
    for draft in drafts:
        graph = rename(draft.part.graph, names) if names else draft.part.graph
        graph = mint(graph, draft.iri)
        if draft.catalog is not None:
            graph.add(draft.iri, DCT["isPartOf"], catalogue.identity.record(Kind.CATALOG, draft.catalog))
        draft.graph = graph
