"""What does a file, or the catalogue itself, fail? Nothing is kept.

A record of a file can be judged elsewhere: a `Portion` is small, and bytes, so it travels to other processes quickly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pyoxigraph import BlankNode, NamedNode, RdfFormat, Triple, parse, serialize

from catalogue.errors import NoRecord, UnknownRecord
from catalogue.ledger import unpack
from catalogue.model import Kind, Report
from catalogue.rdf.canonical import read
from catalogue.rdf.graph import Graph, Subject
from catalogue.rdf.namespaces import DCT, FOAF
from catalogue.rdf.skolem import mint, rename
from catalogue.rdf.split import Part, Submission, split

from .catalogue import Catalogue
from .listing import DEFAULT_PROFILES, catalog_profiles, stated_profiles

# A file's record without an IRI is judged under this name.
NAMELESS = NamedNode("urn:blank:record")
_RANKS = 500  # records that one transaction of the ledger reads: short ones do not keep a service from tidying up


@dataclass(frozen=True, slots=True)
class Portion:
    """One record of a file: its description in N-Triples, blank nodes included, and the profiles to judge it by.

    `subject` is an IRI, or `_:` and the label of a blank node.
    """

    kind: Kind
    subject: str
    profiles: tuple[str, ...]
    content: bytes


@dataclass(frozen=True, slots=True)
class Held:
    """A published record as the ledger holds it: `content` is packed canonical N-Triples."""

    kind: Kind
    slug: str
    catalog: str | None
    content: bytes


def judge(catalogue: Catalogue, triples: Sequence[Triple], profiles: Sequence[str] = ()) -> Iterator[Report]:
    """Judge every dataset, series and catalogue of a file, one after the other.

    Args:
        catalogue: The open catalogue.
        triples: What was parsed.
        profiles: Profile ids; when none is given, those that the file claims for a record (by `dct:conformsTo` of
            the record or of its catalogue record), else those of its catalogue, else `healthdcat-ap-8`.

    Returns:
        A report per record, in order of first mention, made when it is asked for.

    Raises:
        NoRecord: There is none; raised by the call, before the first report.
        CatalogueError: A profile id is unknown.
    """
    wanted, parts = _parts(catalogue, triples)
    return (_judged(catalogue, part.kind, part.subject, part.graph, profiles or wanted.of(part)) for part in parts)


def portions(catalogue: Catalogue, triples: Sequence[Triple], profiles: Sequence[str] = ()) -> Iterator[Portion]:
    """Cut a file into what `judge_portion` judges, wherever; arguments, order and errors as in `judge`."""
    wanted, parts = _parts(catalogue, triples)
    return (
        Portion(
            part.kind,
            part.subject.value if isinstance(part.subject, NamedNode) else str(part.subject),
            tuple(profiles) or wanted.of(part),
            serialize(part.graph, format=RdfFormat.N_TRIPLES) or b"",
        )
        for part in parts
    )


def judge_portion(catalogue: Catalogue, portion: Portion) -> Report:
    """Judge one record of a file.

    Raises:
        CatalogueError: A profile id is unknown.
    """
    graph = Graph(quad.triple for quad in parse(portion.content, RdfFormat.N_TRIPLES, lenient=True))
    blank = portion.subject.startswith("_:")
    subject = BlankNode(portion.subject[2:]) if blank else NamedNode(portion.subject)
    return _judged(catalogue, portion.kind, subject, graph, portion.profiles)


def held(catalogue: Catalogue) -> tuple[int, Iterator[Held]]:
    """Every published record, in order of first publication, from the ledger alone.

    Returns:
        How many there are, and they; a service may go on writing meanwhile, and what is published for the first time
        after this call is left out.

    Raises:
        UnknownRecord: The state folder has no ledger; none is made.
    """
    if not catalogue.settings.ledger_path.exists():
        raise UnknownRecord(
            f"There is no catalogue in {catalogue.settings.state}.", mend="Name its folder with --state."
        )
    _, last = catalogue.ledger.ranks()
    return sum(catalogue.ledger.published(kind, limit=0)[0] for kind in Kind), (
        Held(record.kind, record.slug, record.catalog, content)
        for first in range(1, last + 1, _RANKS)
        for record, _, content in catalogue.ledger.contents(first=first, last=min(first + _RANKS - 1, last))
    )


def judge_held(catalogue: Catalogue, record: Held, profiles: Sequence[str] = ()) -> Report:
    """Judge a published record by the given profiles, else by what its catalogue requires now.

    Raises:
        UnknownRecord: The ledger was written under another base URL.
        CatalogueError: A profile id is unknown.
    """
    subject = catalogue.identity.record(record.kind, record.slug)
    graph = read(unpack(record.content))
    if not graph.describes(subject):
        raise UnknownRecord(
            f"The ledger does not describe {subject}.",
            mend="Its IRIs begin with another address: name that with --base-url.",
        )
    if not profiles and record.kind is Kind.CATALOG:
        profiles = stated_profiles(catalogue, graph, subject) or DEFAULT_PROFILES
    return _judged(
        catalogue, record.kind, subject, graph, profiles or catalog_profiles(catalogue, record.catalog or "")
    )


def _parts(catalogue: Catalogue, triples: Sequence[Triple]) -> tuple[_Wanted, list[Part]]:
    submission = split(triples, record_limit=catalogue.settings.max_record_triples)
    # A bare wrapper only says which datasets are there; to publish, it would be left out.
    parts = [p for p in submission.parts if p.kind is not Kind.CATALOG or p.graph.values(p.subject, DCT["title"])]
    if not parts:
        raise NoRecord(
            "The text describes no dataset, series or catalogue.",
            mend="State `a dcat:Dataset` of each dataset (prefix dcat: <http://www.w3.org/ns/dcat#>).",
        )
    return _Wanted(catalogue, submission), parts


def _judged(catalogue: Catalogue, kind: Kind, subject: Subject, graph: Graph, profiles: Sequence[str]) -> Report:
    if not isinstance(subject, NamedNode):
        graph, subject = rename(graph, {subject: NAMELESS}), NAMELESS
    return catalogue.profiles.validate(mint(graph, subject), subject, kind, profiles)


class _Wanted:
    """By which profiles a file wants its records judged."""

    def __init__(self, catalogue: Catalogue, submission: Submission) -> None:
        self._catalogue = catalogue
        self._catalogs = submission.catalogs
        self._claims = Graph(submission.left_out)
        self._own = {part.subject: part.graph for part in submission.parts}

    def of(self, part: Part) -> tuple[str, ...]:
        """What the file claims for a record, else what the catalogue that lists it requires."""
        records = [node for node, name in self._claims.pointing_to(part.subject) if name == FOAF["primaryTopic"]]
        catalog = self._catalogs.get(part.subject)
        stated = [stated_profiles(self._catalogue, part.graph, part.subject)]
        stated += [stated_profiles(self._catalogue, self._claims, record) for record in records]
        if catalog in self._own:
            stated.append(stated_profiles(self._catalogue, self._own[catalog], catalog))
        elif catalog is not None and self._catalogue.settings.ledger_path.exists():
            known = self._catalogue.known(catalog)
            stated.append(catalog_profiles(self._catalogue, known.slug) if known else ())
        return next(filter(None, stated), DEFAULT_PROFILES)
