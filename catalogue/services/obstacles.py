"""What stands against keeping a record, beside the shapes?

Its slug, subject or identifier is taken, here or in the same file, or its catalogue is not public.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyoxigraph import NamedNode

from catalogue.errors import Conflict
from catalogue.model import Kind, Person, Record, State

from .access import may_change
from .catalogue import Catalogue
from .drafts import Draft, Options

Taken = Mapping[tuple[str, str], Record]


def obstacles(catalogue: Catalogue, drafts: Sequence[Draft], person: Person, options: Options) -> list[Conflict | None]:
    """What stands against each draft, in their order; one look-up for all of them.

    Args:
        catalogue: The open catalogue.
        drafts: Finished drafts of one file.
        person: Who submits: of somebody else's draft only its existence is told.
        options: Identifiers must be unique among what is published.
    """
    named = [options.publish and draft.part.kind is Kind.DATASET for draft in drafts]
    identifiers = [draft.identifier if counts else None for draft, counts in zip(drafts, named, strict=True)]
    taken = _taken(catalogue, drafts, [name for name in identifiers if name])
    seen: set[str] = set()
    found: list[Conflict | None] = []
    for draft, name in zip(drafts, identifiers, strict=True):
        again = name is not None and name in seen
        found.append(_place(catalogue, draft, person, taken) or _identifier(catalogue, draft, name, taken, again=again))
        seen |= {name} if name else set()
    return found


def _taken(catalogue: Catalogue, drafts: Sequence[Draft], identifiers: Sequence[str]) -> Taken:
    """Who holds which slug (by kind), which `source` and which `identifier` that the drafts want."""
    fresh = [draft for draft in drafts if draft.before is None]
    slugs: dict[Kind, list[str]] = {}
    for draft in fresh:
        slugs.setdefault(draft.part.kind, []).append(draft.slug)
    sources = [draft.part.subject.value for draft in fresh if isinstance(draft.part.subject, NamedNode)]
    taken: dict[tuple[str, str], Record] = {}
    for record in catalogue.ledger.holders(slugs=slugs, sources=sources, identifiers=identifiers):
        taken[record.kind, record.slug] = record
        if record.source is not None and record.state is not State.WITHDRAWN:
            taken["source", record.source] = record
        if record.identifier is not None and record.kind is Kind.DATASET and record.published is not None:
            taken["identifier", record.identifier] = record
    return taken


def _place(catalogue: Catalogue, draft: Draft, person: Person, taken: Taken) -> Conflict | None:
    if draft.before is not None:
        return None
    known = taken.get((draft.part.kind, draft.slug)) or taken.get(("source", draft.part.subject.value))
    if known is None:
        return None
    if known.first_published is None and not may_change(person, known):
        return Conflict(f"“{draft.title}” is here already, in preparation.", mend="Ask its holder to change it.")
    iri = catalogue.identity.record(known.kind, known.slug).value
    if known.state is State.WITHDRAWN:
        return Conflict(f"<{iri}> was withdrawn; its address is not used again.", mend="Choose another.", record=iri)
    return Conflict(
        f"“{draft.title}” is here already as <{iri}>.",
        mend="Send the new description with PUT to that address, with its ETag in If-Match.",
        record=iri,
    )


def _identifier(catalogue: Catalogue, draft: Draft, name: str | None, taken: Taken, *, again: bool) -> Conflict | None:
    other = taken.get(("identifier", name)) if name else None
    mend = "Give each dataset a dct:identifier of its own."
    if again:
        return Conflict(f"Another dataset of the file has the identifier “{name}” too.", mend=mend)
    if other is None or (draft.before is not None and other.slug == draft.before.slug):
        return None
    iri = catalogue.identity.record(other.kind, other.slug).value
    return Conflict(f"The identifier “{name}” belongs to <{iri}>.", mend=mend, record=iri)


def unlisted(catalogue: Catalogue, draft: Draft, own: Mapping[str, Draft]) -> Conflict | None:
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
