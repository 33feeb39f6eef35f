"""What do official shapes expect to be known of the concepts that a record mentions?

Their validator loads whole vocabularies into the data; their shapes then ask that a scheme be typed and a concept
labelled. Here just those facts of just those concepts are laid beside the record, never as a target, and only for a
profile that asks for it (`sc:background`, docs/reference/shapes.md). Such a profile also believes what the record
itself claims about membership of vocabularies, as their validator does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyoxigraph import Literal, NamedNode, Triple

from catalogue.rdf.graph import Graph
from catalogue.rdf.namespaces import RDF, SKOS

from .concepts import Vocabularies


def background(record: Graph, facts: Iterable[Triple], vocabularies: Vocabularies) -> Iterator[Triple]:
    """The record's own claims, types of schemes and labels of concepts.

    Args:
        record: All that it says.
        facts: `skos:inScheme` and `skos:broaderTransitive` of the concepts that it mentions.
        vocabularies: Where they come from.
    """
    yield from record
    for fact in facts:
        if fact.predicate != SKOS["inScheme"]:
            continue
        concept, scheme = fact.subject, fact.object
        assert isinstance(concept, NamedNode)  # noqa: S101 - concepts and schemes of ours are IRIs
        assert isinstance(scheme, NamedNode)  # noqa: S101
        yield Triple(scheme, RDF["type"], SKOS["ConceptScheme"])
        known = vocabularies.concept(concept.value)
        labels = known.labels if known and known.labels else {"en": concept.value}
        for language, label in labels.items():
            yield Triple(concept, SKOS["prefLabel"], Literal(label, language=language))
