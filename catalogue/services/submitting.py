"""How does a description become a record?

Bytes → triples → one closed graph per record → IRIs of ours → report → one ledger transaction. The same for HTTP, the
command line, and whatever comes later. A file is all or nothing unless asked otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pyoxigraph import NamedNode, Triple

from catalogue.errors import CatalogueError, Conflict, Forbidden, NoRecord, ShapeViolation
from catalogue.ledger import Save
from catalogue.model import Kind, Person, Record, Report
from catalogue.profiles.implied import CLASS_OF
from catalogue.rdf.canonical import canonical, digest
from catalogue.rdf.graph import Graph, Subject
from catalogue.rdf.namespaces import DCAT, DCT
from catalogue.rdf.skolem import mint, rename
from catalogue.rdf.split import Part, collector_paused, split

from .access import may_add, require_change
from .catalogue import Catalogue
from .listing import default_catalog, required_profiles
from .naming import free_slugs, own_slug, slugify, title_of, words_of

_BATCH = 500  # records per ledger transaction when a file need not be all or nothing
# A bare reference to another record stays one: a served document types its own subject alone (harvest contract §0.1).
_RECORDS = frozenset((*CLASS_OF.values(), DCAT["CatalogRecord"], DCAT["DataService"]))


@dataclass(frozen=True, slots=True)
class Options:
    """How a submission is to be taken.

    `publish` False saves drafts. `catalog` is the slug of the catalogue that shall list new datasets. `atomic`: all or
    nothing. `validate` False is for trusted bulk loads from the command line only.
    """

    publish: bool = True
    catalog: str | None = None
    atomic: bool = True
    validate: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record of a submission.

    `status`: `published`, `draft`, `unchanged` or `refused` (then `problem` says why). `digest` identifies the stored
    content. `notes` tell what was left out or taken differently.
    """

    kind: Kind
    title: str
    status: str
    iri: str | None
    slug: str | None = None
    digest: str | None = None
    created: bool = False
    report: Report | None = None
    problem: CatalogueError | None = None
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Draft:
    """One record on its way in."""

    part: Part
    slug: str
    iri: NamedNode
    catalog: str | None
    before: Record | None = None
    notes: tuple[str, ...] = ()
    graph: Graph | None = None


def submit(catalogue: Catalogue, triples: Sequence[Triple], person: Person, options: Options) -> list[Outcome]:
    """Take new records.

    Args:
        catalogue: The open catalogue.
        triples: What was parsed (`catalogue.rdf.parse`).
        person: Who submits.
        options: How.

    Returns:
        One outcome per record, in order of the file. When `options.atomic` and one is refused, none is kept.

    Raises:
        NoRecord: The file describes no dataset, series or catalogue.
        UnknownRecord: `options.catalog` names no catalogue.
    """
    with collector_paused():
        return _submit(catalogue, triples, person, options)


def _submit(catalogue: Catalogue, triples: Sequence[Triple], person: Person, options: Options) -> list[Outcome]:
    submission = split(triples, record_limit=catalogue.settings.max_record_triples)
    parts, notes = _wanted(catalogue, submission.parts, person)
    if not parts:
        raise NoRecord(
            "The file describes no dataset.",
            mend="State `a dcat:Dataset` of each dataset (prefix dcat: <http://www.w3.org/ns/dcat#>).",
        )
    if submission.left_out:
        notes += (f"{len(submission.left_out)} statements belong to no record and were left out.",)
    drafts = _named(catalogue, parts, submission.catalogs, options, notes)
    _finish(catalogue, drafts)
    return _keep(catalogue, drafts, person, options)


def replace_record(
    catalogue: Catalogue,
    record: Record | None,
    target: NamedNode,
    triples: Sequence[Triple],
    person: Person,
    options: Options,
) -> Outcome:
    """Store a new revision of one record (PUT), or the first one under a chosen address.

    Args:
        catalogue: The open catalogue.
        record: What is there now; None for a new record.
        target: The record's IRI.
        triples: The whole new description. Its subject may be the record's IRI, a blank node or a foreign IRI.
        person: Who.
        options: How.

    Raises:
        NoRecord: The file describes none, or more than one, record of the kind.
        Forbidden: Not this person's record.
    """
    named = catalogue.identity.of(target.value)
    if named is None:
        raise NoRecord(f"<{target.value}> is no address of a record here.")
    kind, slug = named
    submission = split(triples, record_limit=catalogue.settings.max_record_triples)
    parts = [part for part in submission.parts if part.kind is kind]
    exact = [part for part in parts if part.subject == target]
    if len(exact or parts) != 1:
        raise NoRecord(
            f"The file describes {len(parts)} records of the kind {kind}; a PUT replaces exactly one.",
            mend=f"Send the description of <{target.value}> alone; send new records with POST /datasets.",
        )
    part = (exact or parts)[0]
    if record is None:
        if not may_add(person, kind):
            raise Forbidden("Only a reviewer or an admin may add a catalogue.", mend="Ask one to add it.")
    else:
        require_change(person, record)
    catalog = _catalog_of(catalogue, part, submission.catalogs, options, {}) if kind is not Kind.CATALOG else None
    others = len(submission.parts) - 1
    notes = (f"{others} other records in the file were left out.",) if others else ()
    draft = Draft(part, slug, target, record.catalog if record and not options.catalog else catalog, record, notes)
    _finish(catalogue, [draft])
    return _keep(catalogue, [draft], person, options)[0]


def _wanted(catalogue: Catalogue, parts: Sequence[Part], person: Person) -> tuple[list[Part], tuple[str, ...]]:
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


def _named(
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
        catalog = _catalog_of(catalogue, part, catalogs, options, slugs) if part.kind is not Kind.CATALOG else None
        drafts.append(Draft(part, slugs[part.subject], iri, catalog, notes=notes))
    return drafts


def _catalog_of(
    catalogue: Catalogue,
    part: Part,
    catalogs: Mapping[Subject, Subject],
    options: Options,
    slugs: Mapping[Subject, str],
) -> str:
    """The slug of the catalogue that lists a dataset: as asked, as the file says, else the default one."""
    wrapper = catalogs.get(part.subject)
    if options.catalog is not None:
        return catalogue.reader.record(Kind.CATALOG, options.catalog).slug
    if wrapper is not None:
        if wrapper in slugs:
            return slugs[wrapper]
        known = catalogue.known(wrapper)
        if known is not None and known.kind is Kind.CATALOG:
            return known.slug
    return default_catalog(catalogue)


def _finish(catalogue: Catalogue, drafts: Sequence[Draft]) -> None:
    """Bring the graphs into the form that is kept: our IRIs, no blank nodes, the types that roles imply."""
    names = {draft.part.subject: draft.iri for draft in drafts if draft.part.subject != draft.iri}
    for draft in drafts:
        graph = rename(draft.part.graph, names) if names else draft.part.graph
        graph = mint(graph, draft.iri)
        if draft.catalog is not None:
            graph.add(draft.iri, DCT["isPartOf"], catalogue.identity.record(Kind.CATALOG, draft.catalog))
        draft.graph = graph


def _keep(catalogue: Catalogue, drafts: Sequence[Draft], person: Person, options: Options) -> list[Outcome]:
    own = {draft.slug: draft for draft in drafts if draft.part.kind is Kind.CATALOG}
    obstacles = _obstacles(catalogue, drafts, options)
    judged: dict[int, tuple[Outcome, Save | None]] = {}
    # Catalogues first: a dataset cannot be listed by one that is refused.
    for place in sorted(range(len(drafts)), key=lambda place: drafts[place].part.kind is not Kind.CATALOG):
        draft = drafts[place]
        judged[place] = _judge(catalogue, draft, options, own, obstacles[place])
        if draft.part.kind is Kind.CATALOG and judged[place][0].status == "refused":
            del own[draft.slug]
    outcomes = [judged[place][0] for place in range(len(drafts))]
    saves = [judged[place][1] for place in range(len(drafts))]
    refused = [outcome for outcome in outcomes if outcome.status == "refused"]
    if refused and options.atomic:
        return [outcome if outcome.status == "refused" else _not_kept(outcome, len(refused)) for outcome in outcomes]
    step = len(saves) if options.atomic else _BATCH
    for start in range(0, len(saves), max(step, 1)):
        batch = [save for save in saves[start : start + step] if save is not None]
        if batch:
            catalogue.ledger.append(batch, person=person.id)
    return outcomes


def _judge(
    catalogue: Catalogue, draft: Draft, options: Options, own: Mapping[str, Draft], obstacle: Conflict | None
) -> tuple[Outcome, Save | None]:
    """Decide on one record; a Save is returned when it can be kept."""
    graph, kind = draft.graph or draft.part.graph, draft.part.kind
    title = title_of(graph, draft.iri)
    outcome = Outcome(kind, title, "refused", draft.iri.value, draft.slug, notes=draft.notes)
    profiles = required_profiles(catalogue, draft, own)
    report = catalogue.profiles.validate(graph, draft.iri, kind, profiles) if options.validate else None
    if options.validate:
        graph.update(t for t in catalogue.profiles.imply_types(graph, profiles) if t.object not in _RECORDS)
    content = canonical(graph)
    outcome = replace(outcome, report=report, digest=digest(content), created=draft.before is None)
    problem = obstacle or (_unlisted(catalogue, draft, own) if options.publish else None) or (
        ShapeViolation(
            f"“{title}” violates what its catalogue requires.",
            mend="Mend the findings of the report, or save it as a draft with ?state=draft.",
        )
        if report is not None and not report.conforms and options.publish
        else None
    )
    if problem is not None:
        return replace(outcome, problem=problem, iri=outcome.iri if draft.before else None, digest=None), None
    before = draft.before
    if before and before.digest == outcome.digest and (not options.publish or before.published == before.latest):
        return replace(outcome, status="unchanged"), None
    source = draft.part.subject.value if isinstance(draft.part.subject, NamedNode) else None
    save = Save(
        kind=kind,
        slug=draft.slug,
        after=before.latest if before else 0,
        content=content,
        digest=outcome.digest or "",
        triples=len(graph),
        title=title,
        words=words_of(graph, catalogue.vocabularies.concept, catalogue.identity),
        identifier=_identifier(graph, draft.iri),
        outcome=report.summary() if report else {},
        catalog=draft.catalog,
        source=source if source != draft.iri.value else None,
        publish=options.publish,
        note=options.note,
    )
    return replace(outcome, status="published" if options.publish else "draft"), save


def _unlisted(catalogue: Catalogue, draft: Draft, own: Mapping[str, Draft]) -> Conflict | None:
    """A public record is listed by a public catalogue: crawlers would not find it otherwise."""
    slug = draft.catalog
    if slug is None or slug in own:
        return None
    record = catalogue.reader.fact(("catalog", slug), lambda: catalogue.ledger.record(Kind.CATALOG, slug))
    if record is not None and record.published is not None:
        return None
    return Conflict(
        f"Its catalogue <{catalogue.identity.record(Kind.CATALOG, slug).value}> is not published.",
        mend="Publish the catalogue first, or name another one with ?catalog=.",
    )


def _obstacles(catalogue: Catalogue, drafts: Sequence[Draft], options: Options) -> list[Conflict | None]:
    """What stands against each record beside shapes: its slug, subject or identifier is taken, here or in the file."""
    slugs: dict[Kind, list[str]] = {}
    for draft in drafts:
        if draft.before is None:
            slugs.setdefault(draft.part.kind, []).append(draft.slug)
    identifiers = {
        draft.iri: _identifier(draft.graph, draft.iri)
        for draft in drafts
        if draft.graph is not None and options.publish and draft.part.kind is Kind.DATASET
    }
    taken: dict[tuple[str, str], Record] = {}
    for record in catalogue.ledger.holders(
        slugs=slugs,
        sources=[d.part.subject.value for d in drafts if d.before is None and isinstance(d.part.subject, NamedNode)],
        identifiers=[name for name in identifiers.values() if name],
    ):
        taken[record.kind, record.slug] = record
        taken["source", record.source or ""] = record
        if record.kind is Kind.DATASET and record.published is not None:
            taken["identifier", record.identifier or ""] = record
    seen: set[str] = set()
    found: list[Conflict | None] = []
    for draft in drafts:
        name = identifiers.get(draft.iri)
        found.append(_conflict(catalogue, draft, name, taken, again=name is not None and name in seen))
        seen |= {name} if name else set()
    return found


def _conflict(
    catalogue: Catalogue, draft: Draft, name: str | None, taken: Mapping[tuple[str, str], Record], *, again: bool
) -> Conflict | None:
    if draft.before is None:
        known = taken.get((draft.part.kind, draft.slug)) or taken.get(("source", draft.part.subject.value))
        if known is not None:
            iri = catalogue.identity.record(known.kind, known.slug).value
            return Conflict(
                f"“{title_of(draft.graph or draft.part.graph, draft.iri)}” is here already as <{iri}>.",
                mend="Send the new description with PUT to that address, with its ETag in If-Match.",
                record=iri,
            )
    other = taken.get(("identifier", name)) if name else None
    if again or (other is not None and (draft.before is None or other.slug != draft.before.slug)):
        holder = catalogue.identity.record(other.kind, other.slug).value if other else "another record of the file"
        return Conflict(
            f"The identifier “{name}” belongs to {holder}.",
            mend="Give each dataset a dct:identifier of its own.",
            record=holder,
        )
    return None


def _identifier(graph: Graph, subject: NamedNode) -> str | None:
    value = graph.value(subject, DCT["identifier"])
    return value.value if value is not None else None


def _not_kept(outcome: Outcome, refused: int) -> Outcome:
    others = "another record" if refused == 1 else f"{refused} other records"
    problem = Conflict(
        f"Not kept: {others} of the same file cannot be taken.",
        mend="Mend those, or send the file with ?atomic=false to keep what can be kept.",
    )
    return replace(outcome, status="refused", iri=None, digest=None, problem=problem)


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """How many records met which fate."""
    counts: dict[str, int] = {}
    for outcome in outcomes:
        counts[outcome.status] = counts.get(outcome.status, 0) + 1
    return counts
