"""What may come next while somebody writes a query? Prefixes, classes, properties, and concepts by their names.

For the editor of the query page, and for anybody's; all answers depend only on what ships with the program.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from catalogue import errors
from catalogue.profiles.sections import sections
from catalogue.rdf.folding import fold
from catalogue.rdf.namespaces import DCAT, FOAF, PREFIXES, RDF, RDFS, SKOS, compact
from catalogue.services.reading import Representation
from catalogue.vocabularies.search import MAX_QUERY

from .context import catalogue, conditional
from .shipped import json_document
from .vocabularies import desk

completion = Blueprint("completion", __name__, url_prefix="/completion")

_MOST = 20
_SHORTEST = 2  # letters: fewer begin half of all words
# What is published beside the fields of the profiles: catalogue records and vocabularies.
_BESIDE = {
    RDF["type"]: "Type",
    RDFS["label"]: "Label",
    SKOS["prefLabel"]: "Name of a concept",
    SKOS["broader"]: "Broader concept",
    SKOS["inScheme"]: "Vocabulary of a concept",
    SKOS["notation"]: "Code of a concept",
    FOAF["primaryTopic"]: "What a catalogue record is about",
    DCAT["record"]: "Catalogue record",
}
_CLASSES_BESIDE = {
    DCAT["CatalogRecord"]: "Catalogue record",
    SKOS["Concept"]: "Concept",
    SKOS["ConceptScheme"]: "Vocabulary",
}


@completion.get("/terms")
def terms() -> Response:
    """Prefixes; properties and classes of all profiles, each with what people call it."""
    return conditional(catalogue().reader.rendered(("completion terms",), _terms), vary=False)


@completion.get("/concepts")
def concepts() -> Response:
    """Concepts of any vocabulary whose names have words that begin as those of `q`; at most 20, best first."""
    query = " ".join(request.args.get("q", "")[: 2 * MAX_QUERY].split())[:MAX_QUERY]
    folded = fold(query)
    if len(folded) < _SHORTEST:
        raise errors.InvalidSubmission(f"q={query!r} is too short.", mend=f"Send {_SHORTEST} letters or more.")
    found: dict[str, dict[str, str]] = {}
    for scheme in catalogue().vocabularies.schemes:
        for concept in desk().shelves.shelf(scheme.name).search(query)[:_MOST]:
            label = concept.labels.get("en") or next(iter(concept.labels.values()))
            found.setdefault(concept.iri, {"iri": concept.iri, "label": label, "vocabulary": scheme.title})
    best = sorted(found.values(), key=lambda each: (not fold(each["label"]).startswith(folded), len(each["label"])))
    return conditional(json_document({"results": best[:_MOST]}), vary=False)


def _terms() -> Representation:
    properties = {name.value: label for name, label in _BESIDE.items()}
    classes = {name.value: label for name, label in _CLASSES_BESIDE.items()}
    for id in catalogue().profiles.ids:
        for section in sections(catalogue().profiles.get(id)):
            for class_ in section.types:
                classes.setdefault(class_, section.label)
            for field in section.fields:
                if "<" not in field.path:  # a path that is not one property
                    properties.setdefault(field.path, field.name)
                if field.class_:
                    classes.setdefault(field.class_, compact(field.class_).partition(":")[2])
    return json_document(
        {
            "prefixes": {prefix: str(namespace) for prefix, namespace in PREFIXES.items()},
            "properties": [{"iri": iri, "label": label} for iri, label in sorted(properties.items())],
            "classes": [{"iri": iri, "label": label} for iri, label in sorted(classes.items())],
        }
    )
