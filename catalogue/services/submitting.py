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
from catalogue.ledger import Save, pack
from catalogue.model import Kind, Person, Record, Report
from catalogue.profiles.implied import CLASS_OF
from catalogue.rdf.canonical import canonical, digest
from catalogue.rdf.namespaces import DCAT
from catalogue.rdf.split import collector_paused, split

from .access import may_add, require_change
from .catalogue import Catalogue
from .drafts import Draft, Options, catalog_of, finish, named, wanted
from .listing import DEFAULT_PROFILES, catalog_profiles, stated_profiles
from .naming import words_of
from .obstacles import obstacles, unlisted

_ATTEMPTS = 3
_BATCH = 500  # records per ledger transaction when a file need not be all or nothing
# A bare reference to another record stays one: a served document types its own subject alone (harvest contract §0.1).
_RECORDS = frozenset((*CLASS_OF.values(), DCAT["CatalogRecord"], DCAT["DataService"]))


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
        attempts = _ATTEMPTS if options.atomic else 1
        while True:
            try:
                return _submit(catalogue, triples, person, options)
            except Conflict:
                # Somebody took a slug between our look and our write: look again. What is really taken is found then.
                attempts -= 1
                if attempts == 0:
                    raise


def _submit(catalogue: Catalogue, triples: Sequence[Triple], person: Person, options: Options) -> list[Outcome]:
    submission = split(triples, record_limit=catalogue.settings.max_record_triples)
    parts, notes = wanted(catalogue, submission.parts, person)
    if not parts:
        raise NoRecord(
            "The file describes no dataset.",
            mend="State `a dcat:Dataset` of each dataset (prefix dcat: <http://www.w3.org/ns/dcat#>).",
        )
    if submission.left_out:
        notes += (f"{len(submission.left_out)} statements belong to no record and were left out.",)
    drafts = named(catalogue, parts, submission.catalogs, options, notes)
    finish(catalogue, drafts)
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
    address = catalogue.identity.of(target.value)
    if address is None:
        raise NoRecord(f"<{target.value}> is no address of a record here.")
    kind, slug = address
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
    before = record.catalog if record else None
    listed = kind is not Kind.CATALOG
    catalog = catalog_of(catalogue, part, submission.catalogs, options, {}, before) if listed else None
    others = len(submission.parts) - 1
    notes = (f"{others} other records in the file were left out.",) if others else ()
    draft = Draft(part, slug, target, catalog, record, notes)
    finish(catalogue, [draft])
    return _keep(catalogue, [draft], person, options)[0]


def _keep(catalogue: Catalogue, drafts: Sequence[Draft], person: Person, options: Options) -> list[Outcome]:
    own = {draft.slug: draft for draft in drafts if draft.part.kind is Kind.CATALOG}
    against = obstacles(catalogue, drafts, person, options)
    judged: dict[int, tuple[Outcome, Save | None]] = {}
    # Catalogues first: a dataset cannot be listed by one that is refused.
    for place in sorted(range(len(drafts)), key=lambda place: drafts[place].part.kind is not Kind.CATALOG):
        draft = drafts[place]
        judged[place] = _judge(catalogue, draft, options, own, against[place])
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


def _required(catalogue: Catalogue, draft: Draft, own: Mapping[str, Draft]) -> tuple[str, ...]:
    """The profiles to which a record must conform; `own` are the catalogues that come in the same file, by slug."""
    catalog = draft if draft.part.kind is Kind.CATALOG else own.get(draft.catalog or "")
    if catalog is not None:
        return stated_profiles(catalogue, catalog.graph, catalog.iri) or DEFAULT_PROFILES
    return catalog_profiles(catalogue, draft.catalog or "")


def _judge(
    catalogue: Catalogue, draft: Draft, options: Options, own: Mapping[str, Draft], obstacle: Conflict | None
) -> tuple[Outcome, Save | None]:
    """Decide on one record; a Save is returned when it can be kept."""
    graph, kind, title = draft.graph, draft.part.kind, draft.title
    outcome = Outcome(kind, title, "refused", draft.iri.value, draft.slug, notes=draft.notes)
    profiles = _required(catalogue, draft, own)
    report = catalogue.profiles.validate(graph, draft.iri, kind, profiles)
    graph.update(t for t in catalogue.profiles.imply_types(graph, profiles) if t.object not in _RECORDS)
    content = canonical(graph)
    outcome = replace(outcome, report=report, digest=digest(content), created=draft.before is None)
    problem = (
        obstacle
        or (unlisted(catalogue, draft, own) if options.publish else None)
        or (
            ShapeViolation(
                f"“{title}” violates what its catalogue requires.",
                mend="Mend the findings of the report, or save it as a draft with ?state=draft.",
            )
            if not report.conforms and options.publish
            else None
        )
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
        packed=pack(content),
        digest=outcome.digest or "",
        triples=len(graph),
        title=title,
        words=words_of(graph, catalogue.vocabularies.concept, catalogue.identity),
        identifier=draft.identifier,
        outcome=report.summary(),
        catalog=draft.catalog,
        source=source if source != draft.iri.value else None,
        publish=options.publish,
        note=options.note,
    )
    return replace(outcome, status="published" if options.publish else "draft"), save


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
