"""How is a record shown in each format?

Everything is kept by what it depends on: the revision's digest, the format, and, where other records stand in the
document too, the ledger position.
"""

from __future__ import annotations

from functools import partial

from pyoxigraph import NamedNode

from catalogue.errors import NotAcceptable
from catalogue.feeds.discovery import data_services
from catalogue.feeds.fdp import catalog_members
from catalogue.feeds.records import catalog_record
from catalogue.ledger import Ledger
from catalogue.model import Field, Kind, Record, Revision
from catalogue.profiles.implied import CLASS_OF
from catalogue.rdf import media
from catalogue.rdf.canonical import read
from catalogue.rdf.graph import Graph
from catalogue.rdf.serialise import serialise
from catalogue.services.listing import catalog_profiles
from catalogue.services.naming import mention
from catalogue.services.reading import Representation
from catalogue.web.rendering import render
from catalogue.web.views import RecordSummary, catalog_page, dataset_page, summary
from catalogue.web.views.build import make_pager

from .context import HTML, catalogue, identity, look, site

FORMATS = {format.name: format for format in media.WRITTEN}


def etag(digest: str, form: str, *state: str) -> str:
    """A strong entity tag: content, then format, then what else the document depends on."""
    return f'"{"-".join((digest[:20], form, *state))}"'


def represent(record: Record, form: str, *, number: int | None = None, about: bool = False) -> Representation:
    """A record's document.

    Args:
        record: Whose; a published one, unless `number` is given.
        form: Name of a format, or `html`.
        number: A certain revision instead of the published one.
        about: The catalogue record instead of the record.
    """
    digest = record.digest if number else record.published_digest or record.digest
    state: list[str] = []
    if form == "html":
        above = _above(record)
        state += [look(), catalogue().vocabularies.fingerprint[:8]]  # labels stand on the page
        state += [*_profiles(record), (above.digest if above else "")[:8]]
    if about or record.kind is not Kind.DATASET:
        state.append(str(catalogue().reader.position()))
    tag = etag(digest, form, *state)

    def make() -> Representation:
        # What lists other records changes with them, and one that was withdrawn leaves no newer date there.
        modified = record.changed if record.kind is Kind.DATASET else catalogue().reader.changed()
        revision = catalogue().ledger.revision(record.kind, record.slug, number or record.published or record.latest)
        if form == "html":
            return Representation.of(_page(record, revision).encode(), HTML, tag, modified)
        format = FORMATS[form]
        subject = identity().record(record.kind, record.slug)
        if about:
            graph = Graph(catalog_record(record, identity(), revision.outcome))
            subject = identity().catalog_record(record.kind, record.slug)
        elif record.kind is Kind.DATASET and format is media.N_TRIPLES:
            return Representation.of(revision.content, format.content_type, tag, record.changed)
        else:
            graph = read(revision.content)
        if record.kind is Kind.CATALOG and not about:
            changed = max(record.changed, catalogue().ledger.changed(record.slug) or record.changed)
            graph.update(catalog_members(record, identity(), _members(record), changed))
            graph.update(data_services(catalogue().settings, identity(), subject))
        return Representation.of(_written(graph, format, subject), format.content_type, tag, modified)

    key = (record.kind, record.slug, tag, record.changed, about)
    return catalogue().reader.rendered(key, make)


def _written(graph: Graph, format: media.Format, subject: NamedNode) -> bytes:
    try:
        return serialise(graph, format, first=subject)
    except ValueError as error:
        others = [other.media_type for other in media.WRITTEN if other is not format]
        raise NotAcceptable(
            f"{error}, so the whole description cannot be had in this format.",
            mend=f"Take one of {', '.join(others)}.",
            available=others,
        ) from error


def summaries(records: list[Record]) -> list[RecordSummary]:
    """Rows of a list, each kept as long as its revision stays."""
    return [catalogue().reader.kept(("row", r.kind, r.slug, r.digest, r.changed), partial(_row, r)) for r in records]


def fields_of(record: Record) -> tuple[Field, ...]:
    """The fields of a record's class, merged over the profiles that its catalogue requires."""
    return catalogue().profiles.fields(_profiles(record), CLASS_OF[record.kind].value)


def nested(record: Record) -> dict[str, tuple[Field, ...]]:
    """Fields of the node shapes and classes that the record's fields point to, made as they are asked for."""
    return _Nested(_profiles(record))


class _Nested(dict[str, tuple[Field, ...]]):
    def __init__(self, profiles: tuple[str, ...]) -> None:
        super().__init__()
        self._profiles = profiles

    def __missing__(self, target: str) -> tuple[Field, ...]:
        found = self[target] = catalogue().profiles.fields(self._profiles, target)
        return found


def _profiles(record: Record) -> tuple[str, ...]:
    if record.catalog:
        return catalog_profiles(catalogue(), record.catalog)
    return catalog_profiles(catalogue(), record.slug) if record.kind is Kind.CATALOG else ("healthdcat-ap-8",)


def _above(record: Record) -> Record | None:
    """The published catalogue that lists a record."""
    return next((found for found in catalogue().reader.catalogs() if found.slug == record.catalog), None)


def _members(record: Record) -> list[Record]:
    ledger: Ledger = catalogue().ledger
    found = [
        r for kind in (Kind.DATASET, Kind.SERIES) for r in ledger.published(kind, catalog=record.slug, limit=-1)[1]
    ]
    return sorted(found, key=lambda member: member.rank or 0)


def _row(record: Record) -> RecordSummary:
    return summary(
        read(catalogue().reader.revision(record).content),
        identity().record(record.kind, record.slug),
        fields_of(record),
        catalogue().vocabularies,
        path=f"/{record.kind}/{record.slug}",
        published=record.first_published,
    )


def _page(record: Record, revision: Revision) -> str:
    graph = read(revision.content)
    subject = identity().record(record.kind, record.slug)
    labels, base = catalogue().vocabularies, identity().base
    look_up = nested(record).__getitem__
    above = _above(record)
    trail = (above.title, f"/catalog/{above.slug}") if above else None
    if record.kind is Kind.DATASET:
        page = dataset_page(
            record, revision, graph, subject, fields_of(record), labels, look_up, base_url=base, catalog=trail
        )
        return render("dataset", page, site())
    total, listed = _listed(record)
    pages = -(-total // catalogue().settings.page_size) if record.kind is Kind.CATALOG else 1
    shown = catalog_page(
        record,
        revision,
        graph,
        subject,
        fields_of(record),
        labels,
        look_up,
        base_url=base,
        records=summaries(listed),
        total=total,
        pager=make_pager("/datasets", {"catalog": record.slug}, 1, pages),
        catalog=trail,
    )
    return render(str(record.kind), shown, site())


def _listed(record: Record) -> tuple[int, list[Record]]:
    size = catalogue().settings.page_size
    if record.kind is Kind.CATALOG:
        return catalogue().ledger.published(Kind.DATASET, catalog=record.slug, limit=size)
    return catalogue().ledger.published(Kind.DATASET, words=(mention(record.kind, record.slug),), limit=size)
