"""Which vocabulary is this file, and what does it say?

Pure: triples of a SKOS file (EU authority tables, DPV, …) or of an OWL ontology, or rows in our own CSV form, become
the rows of a vocabulary that we hold.
Spec: SKOS §3–§10; OWL 2 `owl:deprecated`; the EU Vocabularies' `authority` and `euvoc` terms, as published.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pyoxigraph import Literal, NamedNode

from catalogue.model import Concept, Scheme
from catalogue.rdf.graph import Graph, Term
from catalogue.rdf.namespaces import ADMS, DCAT, DCT, OWL, RDFS, SKOS, XSD, Namespace

from .sources import ALSO, FIXED, Listed, listed, read_rows

_AT = Namespace("http://publications.europa.eu/ontology/authority/")
_EUVOC = Namespace("http://publications.europa.eu/ontology/euvoc#")
_DC = Namespace("http://purl.org/dc/elements/1.1/")
_OBO = Namespace("http://purl.obolibrary.org/obo/")

_CLASSES = (OWL["Class"], RDFS["Class"])
_VERSIONS = (OWL["versionInfo"], DCAT["version"], Namespace("http://purl.org/pav/")["version"], DCT["hasVersion"])
_CODES = (_DC["identifier"], DCT["identifier"], _AT["authority-code"], _AT["op-code"])
_FLAGS = (OWL["deprecated"], _AT["deprecated"])
_STATUS = (_EUVOC["status"], ADMS["status"])
_SUCCESSORS = (DCT["isReplacedBy"], _OBO["IAO_0100001"])
_ALTERNATIVES = (
    SKOS["altLabel"],
    SKOS["hiddenLabel"],
    *(Namespace("http://www.geneontology.org/formats/oboInOwl#")[name] for name in ("hasExactSynonym", "hasSynonym")),
)
_ABOVE = (SKOS["broader"], RDFS["subClassOf"])
_PLAIN = frozenset((XSD["string"], NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#langString")))
_OUT_OF_FORCE = re.compile(r".*[/#](?:DEPRECATED|RETIRED|Deprecated|Withdrawn)")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")


def schemes_of(graph: Graph, known: Iterable[Scheme]) -> list[Scheme]:
    """Which of the known vocabularies a file holds: as scheme, as ontology, or as a class with others below it."""
    said = {node.value for class_ in (SKOS["ConceptScheme"], OWL["Ontology"]) for node in graph.typed(class_)}
    roots = {t.object.value for t in graph if t.predicate in _ABOVE and isinstance(t.object, NamedNode)}
    return [scheme for scheme in known if scheme.iri in said or scheme.iri in roots]


def version_of(graph: Graph, scheme: Scheme) -> str:
    """The version that a file states of a vocabulary, or of the only one or ontology that it holds; maybe nothing."""
    nodes = [node for class_ in (OWL["Ontology"], SKOS["ConceptScheme"]) for node in graph.typed(class_)]
    for node in (NamedNode(scheme.iri), *(nodes if len(nodes) == 1 else ())):
        for predicate in _VERSIONS:
            for value in graph.values(node, predicate):
                if isinstance(value, Literal) and value.value.strip():
                    return _line(value.value)[:100]
    return ""


def rows_of(graph: Graph, scheme: Scheme, before: Mapping[str, Concept]) -> list[Listed]:
    """The concepts of one vocabulary.

    Args:
        graph: The file.
        scheme: Which vocabulary is wanted.
        before: What we hold, by IRI: a concept keeps its notation when the file still gives it, for it is its address.

    Returns:
        In the file's order. A class that is a vocabulary of ours holds what stands below it, without itself; a scheme,
        the concepts that say so; an ontology, its classes. Empty when there are none.
    """
    above = _hierarchy(graph)
    return [_row(graph, node, above.get(node.value, {}), scheme, before) for node in _members(graph, scheme, above)]


def rows_of_csv(text: str, scheme: Scheme, name: str) -> list[Listed]:
    """The concepts of a file in the form of `ontologies/sources`.

    Raises:
        ValueError: It is malformed: a column that is none, a cell that is no IRI, an IRI twice; says where.
    """
    found: dict[str, Listed] = {}
    for number, row in enumerate(read_rows(io.StringIO(text, newline=""), name), 2):
        if number == 2:
            _check_heading(row, name)
        clean = {column: _lines(cell) if column.startswith(ALSO) else _line(cell) for column, cell in row.items()}
        one = listed(clean, scheme)
        for iri in (one.concept.iri, *one.concept.broader, one.concept.replacement, *one.matches):
            if iri is not None:
                _check_iri(iri, f"{name}, row {number}")
        if one.concept.iri in found:
            raise ValueError(f"{name}, row {number}: {one.concept.iri} stands there twice")
        found[one.concept.iri] = one
    return list(found.values())


def _check_heading(row: Mapping[str, str], name: str) -> None:
    if "iri" not in row:
        raise ValueError(f"{name}: there is no column `iri`")
    for column in row:
        if column not in FIXED and not _LANGUAGE.fullmatch(column.removeprefix(ALSO)):
            raise ValueError(f"{name}: the column {column[:40]!r} is neither one of ours nor a language tag")


def _check_iri(iri: str, where: str) -> None:
    try:
        NamedNode(iri)
    except ValueError as error:
        raise ValueError(f"{where}: {iri[:80]!r} is no IRI") from error


def _hierarchy(graph: Graph) -> dict[str, dict[str, None]]:
    """What stands right above each node, by IRI: `skos:broader`, its inverse, and `rdfs:subClassOf`."""
    above: dict[str, dict[str, None]] = {}
    for triple in graph:
        one, other = triple.subject, triple.object
        if not isinstance(one, NamedNode) or not isinstance(other, NamedNode) or one == other:
            continue
        if triple.predicate in _ABOVE and other != OWL["Thing"]:
            above.setdefault(one.value, {})[other.value] = None
        elif triple.predicate == SKOS["narrower"]:
            above.setdefault(other.value, {})[one.value] = None
    return above


def _members(graph: Graph, scheme: Scheme, above: Mapping[str, Mapping[str, None]]) -> list[NamedNode]:
    concepts = [node for node in graph.typed(SKOS["Concept"]) if isinstance(node, NamedNode)]
    classes = [n for class_ in _CLASSES for n in graph.typed(class_) if isinstance(n, NamedNode)]
    every = list(dict.fromkeys((*concepts, *classes)))
    root = NamedNode(scheme.iri)
    if not {SKOS["ConceptScheme"], OWL["Ontology"]}.intersection(graph.types(root)):
        below = _below(scheme.iri, above)
        if below:
            return [node for node in every if node.value in below]
    named = {node for node, name in graph.pointing_to(root) if name in (SKOS["inScheme"], SKOS["topConceptOf"])}
    named.update(value for value in graph.values(root, SKOS["hasTopConcept"]) if isinstance(value, NamedNode))
    inside = [node for node in concepts if node in named]
    if inside or any(graph.values(node, SKOS["inScheme"]) for node in concepts):
        return inside
    return [node for node in concepts or every if not node.value.startswith((OWL, RDFS, SKOS))]


def _below(root: str, above: Mapping[str, Mapping[str, None]]) -> set[str]:
    below: dict[str, list[str]] = {}
    for iri, parents in above.items():
        for parent in parents:
            below.setdefault(parent, []).append(iri)
    found: set[str] = set()
    waiting = [root]
    while waiting:
        fresh = [iri for iri in below.get(waiting.pop(), ()) if iri not in found and iri != root]
        found.update(fresh)
        waiting += fresh
    return found


def _row(graph: Graph, node: NamedNode, above: Iterable[str], scheme: Scheme, before: Mapping[str, Concept]) -> Listed:
    about = graph.about(node)
    known = before.get(node.value)
    labels = dict(_by_language(about.get(SKOS["prefLabel"], ()))) or dict(_by_language(about.get(RDFS["label"], ())))
    synonyms: dict[str, dict[str, None]] = {}
    for predicate in (*_ALTERNATIVES, RDFS["label"]):
        for language, name in _by_language(about.get(predicate, ()), every=True):
            if name != labels.get(language):
                synonyms.setdefault(language, {})[name] = None
    notation = _notation(about, known)
    successor = next((iri for name in _SUCCESSORS for iri in _iris(about.get(name, ())) if iri != node.value), None)
    concept = Concept(
        iri=node.value,
        scheme=scheme.iri,
        labels=labels or {"en": notation or node.value},
        notation=notation,
        broader=tuple(above),
        deprecated=successor is not None or _out_of_force(about),
        replacement=successor,
    )
    matches = tuple(_iris(about.get(SKOS["exactMatch"], ())))
    return Listed(concept, matches, {language: tuple(names) for language, names in synonyms.items()})


def _notation(about: Mapping[NamedNode, Sequence[Term]], known: Concept | None) -> str | None:
    """The code to show: the one we had when the file has it too, or none; else a plain one, else an identifier."""
    stated = [v for v in about.get(SKOS["notation"], ()) if isinstance(v, Literal)]
    codes = [v.value for v in stated if v.datatype in _PLAIN]
    codes += [v.value for name in _CODES for v in about.get(name, ()) if isinstance(v, Literal)]
    codes += [v.value for v in stated if v.datatype not in _PLAIN]
    codes = [code for each in codes if (code := _line(each))]
    if known is not None and known.notation and (not codes or known.notation in codes):
        return known.notation
    return codes[0] if codes else None


def _out_of_force(about: Mapping[NamedNode, Sequence[Term]]) -> bool:
    flagged = any(v.value in ("true", "1") for name in _FLAGS for v in about.get(name, ()) if isinstance(v, Literal))
    return flagged or any(_OUT_OF_FORCE.fullmatch(iri) for name in _STATUS for iri in _iris(about.get(name, ())))


def _by_language(values: Iterable[Term], *, every: bool = False) -> Iterator[tuple[str, str]]:
    """Language and text of each literal, without a tag English; the first of each language unless `every`."""
    seen: set[str] = set()
    for value in values:
        if isinstance(value, Literal) and (name := _line(value.value)):
            language = value.language or "en"
            # A tag that is called like a column of ours could not be kept.
            if language not in FIXED and (every or language not in seen):
                seen.add(language)
                yield language, name


def _iris(values: Iterable[Term]) -> list[str]:
    return [value.value for value in values if isinstance(value, NamedNode)]


def _line(text: str) -> str:
    return " ".join(text.split())


def _lines(text: str) -> str:
    return "\n".join(line for each in text.splitlines() if (line := _line(each)))
