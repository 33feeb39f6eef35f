"""How is a vocabulary written, for the SPARQL store and as rows?

Pure: from concepts to the text of `<name>.ttl`, `sources/<name>.csv` and `index.csv`. The same concepts give the same
bytes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from pyoxigraph import Literal, NamedNode

from .sources import ALSO, FIXED, Entry, Listed

_PREFIXES = """\
@prefix dct: <http://purl.org/dc/terms/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""
_INDEX = ("name", "iri", "title", "version", "complete", "why", "owner", "attribution", "licence", "licence_iri")


def turtle(entry: Entry, rows: Iterable[Listed], heading: str) -> str:
    """The Turtle file of a vocabulary.

    Args:
        entry: The vocabulary.
        rows: Its concepts.
        heading: Comment lines that stand first.

    Raises:
        ValueError: Something that must be an IRI is none.
    """
    blocks = [_scheme(entry), *map(_concept, rows)]
    return f"{heading}\n{_PREFIXES}\n" + "\n".join(blocks)


def rows_csv(rows: Sequence[Listed]) -> str:
    """The concept file of a vocabulary."""
    labels = dict.fromkeys(language for row in rows for language in row.concept.labels)
    also = dict.fromkeys(ALSO + language for row in rows for language in row.synonyms)
    return _csv((*FIXED, *labels, *also), map(_cells, rows))


def index_csv(entries: Iterable[Entry]) -> str:
    """The list of vocabularies."""
    return _csv((*_INDEX, "source", "prefixes", "file"), map(_index_cells, entries))


def _csv(heading: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, heading, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _cells(row: Listed) -> dict[str, str]:
    concept = row.concept
    return {
        "iri": concept.iri,
        "notation": concept.notation or "",
        "broader": " ".join(concept.broader),
        "deprecated": "1" if concept.deprecated else "",
        "replaced_by": concept.replacement or "",
        "exact_match": " ".join(row.matches),
        **concept.labels,
        **{ALSO + language: "\n".join(names) for language, names in row.synonyms.items()},
    }


def _index_cells(entry: Entry) -> dict[str, str]:
    scheme = entry.scheme
    return {
        "name": scheme.name,
        "iri": scheme.iri,
        "title": scheme.title,
        "version": scheme.version,
        "complete": "yes" if scheme.complete else "no",
        "why": entry.why,
        "owner": entry.owner,
        "attribution": entry.attribution,
        "licence": scheme.licence,
        "licence_iri": entry.licence_iri,
        "source": scheme.source,
        "prefixes": " ".join(scheme.prefixes),
        "file": entry.file,
    }


def _scheme(entry: Entry) -> str:
    scheme = entry.scheme
    statements = [
        "a skos:ConceptScheme",
        f"dct:title {Literal(scheme.title, language='en')}",
        f"owl:versionInfo {Literal(scheme.version)}",
        f"dct:source {NamedNode(scheme.source)}",
        f"dct:rightsHolder {Literal(entry.owner)}",
        f"dct:rights {Literal(entry.attribution, language='en')}",
    ]
    if entry.licence_iri:
        statements.append(f"dct:license {NamedNode(entry.licence_iri)}")
    if entry.why:
        statements.append(f"skos:scopeNote {Literal(f'Held in part: {entry.why}.', language='en')}")
    return f"{NamedNode(scheme.iri)} " + " ;\n    ".join(statements) + " .\n"


def _concept(row: Listed) -> str:
    concept = row.concept
    labels = [str(Literal(label, language=language)) for language, label in concept.labels.items()]
    also = [str(Literal(name, language=language)) for language, names in row.synonyms.items() for name in names]
    statements = ["a skos:Concept", f"skos:inScheme {NamedNode(concept.scheme)}"]
    if concept.notation:
        statements.append(f"skos:notation {Literal(concept.notation)}")
    statements.append(f"skos:prefLabel {', '.join(labels)}")
    if also:
        statements.append(f"skos:altLabel {', '.join(also)}")
    statements += [f"skos:broader {NamedNode(iri)}" for iri in concept.broader]
    statements += [f"skos:exactMatch {NamedNode(iri)}" for iri in row.matches]
    if concept.deprecated:
        statements.append("owl:deprecated true")
    if concept.replacement:
        statements.append(f"dct:isReplacedBy {NamedNode(concept.replacement)}")
    return f"{NamedNode(concept.iri)} " + " ; ".join(statements) + " ."
