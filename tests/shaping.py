"""What do tests ask of the shapes of every profile?"""

from __future__ import annotations

from collections.abc import Iterable

import pyshacl
import rdflib

from catalogue.resources import shipped
from catalogue.vocabularies import Vocabularies

SH = rdflib.SH
SC = rdflib.Namespace("urn:health-catalogue:shapes#")
# What such a constraint asks is not plain from its field: it must say so itself.
HARD = (
    *(SH["or"], SH["not"], SH["in"]),
    *(SH.hasValue, SH.pattern, SH.lessThanOrEquals, SH.qualifiedValueShape),
)


def examples_are_values(shapes: rdflib.Graph, fields: Iterable[rdflib.term.Node], head: str) -> None:
    """Each example becomes the value of a node of its own, which its field is then given as target; none may fail.

    Args:
        shapes: Of one profile; changed.
        fields: Those with an example.
        head: The prefixes that examples use, in Turtle.
    """
    data = rdflib.Graph()
    for number, shape in enumerate(fields):
        path, example = shapes.value(shape, SH.path), shapes.value(shape, SC.example)
        if isinstance(path, rdflib.URIRef):
            node = rdflib.URIRef(f"https://example.org/node/{number}")
            shapes.add((shape, SH.targetNode, node))
            data.parse(data=f"{head}<{node}> <{path}> {example} .", format="turtle")
    bare = {value for value in data.objects() if isinstance(value, rdflib.URIRef)} - set(data.subjects())
    for shape, class_ in shapes.subject_objects(SH["class"]):
        path = shapes.value(shape, SH.path)
        for value in bare.intersection(data.objects(None, path)) if path else ():
            data.add((value, rdflib.RDF.type, class_))
    mentioned = [str(value) for value in data.objects() if isinstance(value, rdflib.URIRef)]
    facts = Vocabularies.load(shipped("ontologies")).lookup(mentioned)
    data.parse(data="\n".join(f"{fact} ." for fact in facts), format="nt")
    shapes.remove((None, SH.targetClass, None))

    _, results, words = pyshacl.validate(data, shacl_graph=shapes)
    assert list(results.subjects(rdflib.RDF.type, SH.ValidationResult)) == [], words


def fields_are_described(shapes: rdflib.Graph, least: int) -> None:
    """Every field has what people need: at least so many there are."""
    named = set(shapes.subjects(SH.name))
    assert len(named) > least
    for shape in named:
        assert str(shapes.value(shape, SH.description) or "").endswith("."), shape
        assert shapes.value(shape, SH.order) is not None, shape
        assert (shapes.value(shape, SH.group), rdflib.RDF.type, SH.PropertyGroup) in shapes, shape
        assert shapes.value(shape, SC.example) is not None, shape
        assert shapes.value(shape, SH.message) is None, shape
