"""How does the operator renew a vocabulary, and go back to the shipped version?

A file is read within limits and compared with what we hold; nothing is fetched. What is kept stands in the state folder
and counts instead of what ships. A running service goes on with what it has read until it is started anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from catalogue.errors import Conflict, InvalidSubmission, LimitExceeded, Unavailable, UnknownRecord
from catalogue.model import Scheme
from catalogue.rdf.graph import Graph
from catalogue.rdf.limits import Limits
from catalogue.rdf.media import Format
from catalogue.rdf.parse import parse
from catalogue.vocabularies import Vocabularies, own
from catalogue.vocabularies.changes import Changes, compare, newer
from catalogue.vocabularies.incoming import rows_of, rows_of_csv, schemes_of, version_of
from catalogue.vocabularies.sources import Entry, Listed

from .catalogue import Catalogue
from .catalogue import own as lock

# The EU's table of languages, among the largest, has some 60 MB in RDF/XML.
_LIMITS = Limits(bytes=200_000_000, triples=4_000_000, depth=100, seconds=300.0)
_UNSAID = "the operator did not say that it is complete"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a file is to be taken: for which vocabulary, as which version, whole or in part; None: as the file says."""

    name: str | None = None
    version: str | None = None
    complete: bool | None = None


@dataclass(frozen=True, slots=True)
class Renewal:
    """New versions of some vocabularies, ready to be kept; `vocabularies` is everything as it would be then."""

    kept: tuple[tuple[Entry, Sequence[Listed]], ...]
    changes: tuple[Changes, ...]
    vocabularies: Vocabularies


def prepare(catalogue: Catalogue, name: str, data: bytes, format: Format | None, wanted: Wanted) -> Renewal:
    """Read a file.

    Args:
        catalogue: The open catalogue.
        name: Of the file, for messages; of a CSV file also the vocabulary's, with `.csv`, unless `wanted` names it.
        data: Its bytes.
        format: What it is written in; None: CSV, as in `ontologies/sources`.
        wanted: How to take it.

    Raises:
        InvalidSubmission: It cannot be read, is none of our vocabularies, or holds no concept.
        UnknownRecord: `wanted` names a vocabulary that is not here.
    """
    held = catalogue.vocabularies
    graph = None if format is None else Graph(parse(data, format, base_iri="urn:file:", limits=_LIMITS))
    found: list[tuple[Entry, Sequence[Listed]]] = []
    for scheme in _schemes(held, graph, name, wanted.name):
        rows = _csv_rows(data, scheme, name) if graph is None else _rows(graph, scheme, held)
        version = wanted.version or (version_of(graph, scheme) if graph is not None else "")
        if not rows:
            raise InvalidSubmission(
                f"{name} holds no concept of “{scheme.title}” (<{scheme.iri}>).",
                mend="It needs skos:Concept in that skos:ConceptScheme, or owl:Class; name another one with --name.",
            )
        if not version:
            raise InvalidSubmission(
                f"{name} does not state its version (owl:versionInfo of <{scheme.iri}>).", mend="Say it with --version."
            )
        found.append((_entry(held.entry(scheme), version, wanted.complete), rows))
    renewed = held.renewed(found)
    return Renewal(tuple(found), tuple(compare(held, renewed, entry.scheme) for entry, _ in found), renewed)


def doubts(catalogue: Catalogue, renewal: Renewal) -> list[str]:
    """What speaks against keeping it, unless the operator insists; a sentence each."""
    found: list[str] = []
    for changes in renewal.changes:
        scheme = changes.scheme
        was = catalogue.vocabularies.scheme(scheme.iri)
        before = was.version if was else ""
        if before == scheme.version:
            found.append(f"“{scheme.title}” is held in version {before} already.")
        elif not newer(scheme.version, before):
            found.append(f"Version {scheme.version} of “{scheme.title}” is not newer than {before}, which is held.")
        if 2 * len(changes.gone) > changes.before:
            found.append(f"{len(changes.gone):,} of {changes.before:,} concepts of “{scheme.title}” would go.")
    return found


def keep(catalogue: Catalogue, renewal: Renewal) -> bool:
    """Keep it: it counts from the next start on, and for every command at once.

    Returns:
        Whether a service runs, which has the old version still.

    Raises:
        InvalidSubmission: A text in it is too long.
        Unavailable: It cannot be written; the old version counts.
    """
    folder = catalogue.settings.state / own.FOLDER
    try:
        own.keep(folder, renewal.kept)
    except ValueError as error:
        raise InvalidSubmission(f"{error}.", mend="Shorten the longest names in it.") from error
    except OSError as error:
        raise Unavailable(f"{folder} cannot be written: {error.strerror}.", mend="The old version counts.") from error
    return _still_read(catalogue)


def forget(catalogue: Catalogue, name: str) -> bool:
    """Go back to the shipped version of a vocabulary; whether a service runs, which has the other version still.

    Raises:
        UnknownRecord: The operator has renewed none of that name.
    """
    folder = catalogue.settings.state / own.FOLDER
    if not any(entry.scheme.name == name for entry in own.entries(folder)):
        raise UnknownRecord(f"No vocabulary {name[:100]!r} was renewed here.", mend="See `catalogue vocabulary list`.")
    own.forget(folder, name)
    return _still_read(catalogue)


def _still_read(catalogue: Catalogue) -> bool:
    """Whether a service runs on the state folder; when none does, files that nobody needs are removed."""
    try:
        held = lock(catalogue.settings.state)
    except Conflict:
        return True
    with held:
        own.tidy(catalogue.settings.state / own.FOLDER)
    return False


def _schemes(held: Vocabularies, graph: Graph | None, file: str, name: str | None) -> list[Scheme]:
    """The vocabularies that a file renews."""
    if graph is None and name is None and file.endswith(".csv"):
        name = file.rpartition("/")[2].removesuffix(".csv")
    if name is not None:
        scheme = held.scheme(name)
        if scheme is None:
            raise UnknownRecord(f"There is no vocabulary {name[:100]!r} here.", mend="See `catalogue vocabulary list`.")
        return [scheme]
    found = schemes_of(graph, held.schemes) if graph is not None else []
    if not found:
        raise InvalidSubmission(
            f"{file} holds none of our vocabularies: no skos:ConceptScheme, ontology or class of their IRIs.",
            mend="Name the one that it renews with --name; `catalogue vocabulary list` has them.",
        )
    return found


def _rows(graph: Graph, scheme: Scheme, held: Vocabularies) -> list[Listed]:
    return rows_of(graph, scheme, {concept.iri: concept for concept in held.concepts(scheme.iri)})


def _csv_rows(data: bytes, scheme: Scheme, name: str) -> list[Listed]:
    if len(data) > _LIMITS.bytes:
        raise LimitExceeded(f"{name} has {len(data):,} bytes; at most {_LIMITS.bytes:,} are taken.")
    try:
        return rows_of_csv(data.decode("utf-8-sig"), scheme, name)
    except UnicodeDecodeError as error:
        raise InvalidSubmission(f"{name} is not UTF-8.", mend="Save it in the encoding UTF-8.") from error
    except ValueError as error:
        raise InvalidSubmission(f"{error}.", mend="The columns are those of ontologies/sources/*.csv.") from error


def _entry(before: Entry, version: str, complete: bool | None) -> Entry:
    whole = before.scheme.complete if complete is None else complete
    why = "" if whole else _UNSAID if complete is None else "the operator says so"
    return replace(before, scheme=replace(before.scheme, version=version, complete=whole), why=why)
