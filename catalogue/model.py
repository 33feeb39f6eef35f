"""Which words does the catalogue use?

Plain data, no behaviour beyond what can be derived from it. IRIs are strings here; RDF terms live in
`catalogue.rdf`. Times are UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a record describes; the value is the first segment of its page's path."""

    DATASET = "dataset"
    SERIES = "series"
    CATALOG = "catalog"


class State(StrEnum):
    """Where a record stands. What is public is always the published revision."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Role(StrEnum):
    """What a person may do; each role may do what the ones before it may."""

    HOLDER = "holder"
    REVIEWER = "reviewer"
    ADMIN = "admin"


class Severity(StrEnum):
    """SHACL §2.1.4, in our words."""

    VIOLATION = "violation"
    WARNING = "warning"
    INFO = "info"


class Obligation(StrEnum):
    """How much a profile wants a field (DCAT-AP: mandatory, recommended, optional; EUCAIM adds conditional)."""

    MANDATORY = "mandatory"
    CONDITIONAL = "conditional"
    RECOMMENDED = "recommended"
    OPTIONAL = "optional"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, or some machine, who may change something."""

    id: int
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Record:
    """What the catalogue holds under one slug.

    `latest` is the newest revision's number, `published` the public one's (None: nothing is public).
    `rank` numbers records by first publication, from 1, and never changes: feed pages are cut by it.
    `catalog` is the slug of the catalogue that lists it (None for a catalogue).
    `source` is the subject IRI it came with, when that was not ours.
    """

    kind: Kind
    slug: str
    state: State
    latest: int
    published: int | None
    rank: int | None
    owner: int
    catalog: str | None
    source: str | None
    identifier: str | None
    title: str
    created: datetime
    changed: datetime
    first_published: datetime | None
    digest: str
    published_digest: str | None


@dataclass(frozen=True, slots=True)
class Revision:
    """Immutable content of a record.

    `content` is canonical N-Triples (sorted, no blank nodes), UTF-8, uncompressed.
    `digest` is the SHA-256 of it, in hex. `outcome` is the report's summary at that time (`Report.summary`).
    """

    kind: Kind
    slug: str
    number: int
    at: datetime
    author: int
    note: str
    digest: str
    triples: int
    outcome: Mapping[str, Any]
    content: bytes


class EventKind(StrEnum):
    """What happened (event types of the ledger)."""

    SAVED = "saved"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the ledger at its gap-free position `seq`, from 1."""

    seq: int
    at: datetime
    kind: EventKind
    record_kind: Kind
    slug: str
    revision: int
    person: int
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Concept:
    """A term of a vocabulary, as people need it."""

    iri: str
    scheme: str
    labels: Mapping[str, str]
    notation: str | None = None
    broader: tuple[str, ...] = ()
    deprecated: bool = False
    replacement: str | None = None


@dataclass(frozen=True, slots=True)
class Scheme:
    """A vocabulary.

    `name` is the short one used in URLs; `complete` is False when we hold only a part, so that an unknown
    code is a warning and not a violation. `prefixes` are the IRI beginnings that its concepts share, newest first.
    """

    name: str
    iri: str
    title: str
    version: str
    complete: bool
    source: str
    licence: str
    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that stand together on page and form (sh:PropertyGroup)."""

    iri: str
    label: str
    order: float


@dataclass(frozen=True, slots=True)
class Field:
    """A property shape as people see it.

    `path` is the property IRI (or a SPARQL path when the shape's path is not a plain property).
    `node` is the IRI of the node shape that describes the value, when it is described in place.
    `vocabulary` names the scheme IRI, `branch` the root concept its values must stand below.
    `code` is that of its findings, without the kind of constraint; `rules` are numbers of the specification's rules.
    `datatypes` are those among which a value may choose, where it is not `datatype` alone.
    """

    path: str
    name: str
    description: str
    order: float
    group: Group | None
    obligation: Obligation
    min_count: int
    max_count: int | None
    datatype: str | None = None
    class_: str | None = None
    node: str | None = None
    node_kind: str | None = None
    vocabulary: tuple[str, ...] = ()
    branch: str | None = None
    example: str = ""
    editor: str | None = None
    viewer: str | None = None
    code: str = ""
    rules: tuple[str, ...] = ()
    datatypes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that certainly mends a finding.

    `id` is what `catalogue convert --fix --only` and the form of `/validate` take, with the profile `target` that the
    record shall fit. `what` is a sentence; `before` and `after` are triples that go and come, one a line as in
    N-Triples with known prefixes, a few of them when there are many.
    """

    id: str
    target: str
    what: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a record fails, and how it is mended. One per property and value.

    `value` is readable (an IRI, or a literal as in Turtle), `term` the same as an N-Triples term. `why` is what the
    rule itself says of its field. `rewrite` is the N-Triples term that is certainly meant where `term` stands; `fix`
    is there when somebody has looked for fixes. `constraint` is the kind of constraint, `component` the IRI of
    SHACL's; `property` the failing path (an IRI where it is one); `shape` the IRI of the shape.
    """

    severity: Severity
    code: str
    field: str
    path: str
    path_words: str
    focus: str
    value: str | None
    message: str
    mend: str
    profiles: tuple[str, ...]
    rules: tuple[str, ...]
    fix: Fix | None = None
    why: str = ""
    term: str = ""
    rewrite: str = ""
    constraint: str = ""
    component: str = ""
    property: str = ""
    shape: str = ""


@dataclass(frozen=True, slots=True)
class ProfileOutcome:
    """How a record stands against one profile; `level` is the access level it was judged at (`NON_PUBLIC`)."""

    id: str
    title: str
    version: str
    level: str | None
    conforms: bool
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Completeness:
    """How many fields of each obligation are given: (given, of)."""

    mandatory: tuple[int, int]
    recommended: tuple[int, int]
    optional: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Report:
    """What one record fails under all chosen profiles; `next` are fields to give when nothing violates any more."""

    subject: str
    kind: Kind
    title: str
    conforms: bool
    profiles: tuple[ProfileOutcome, ...]
    findings: tuple[Finding, ...]
    completeness: Completeness | None = None
    next: tuple[Field, ...] = ()
    vocabularies: Mapping[str, str] = field(default_factory=dict)
    engine: str = ""

    def count(self, severity: Severity) -> int:
        """Number of findings of that severity."""
        return sum(finding.severity is severity for finding in self.findings)

    def summary(self) -> dict[str, Any]:
        """What the ledger keeps of a report: outcome and counts, not the findings."""
        return {
            "conforms": self.conforms,
            "profiles": [
                {
                    "id": p.id,
                    "title": p.title,
                    "level": p.level,
                    "conforms": p.conforms,
                    "counts": dict(p.counts),
                }
                for p in self.profiles
            ],
        }
