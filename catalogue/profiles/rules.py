"""Which rules does a profile lay on the nodes of a class, beside how many values a field has and of what kind?

Each is a shape with its own code, so that a finding can lead to its rule. The words are those of findings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from catalogue.model import Severity
from catalogue.rdf.graph import Graph
from catalogue.rdf.namespaces import SH

from .concepts import Vocabularies
from .findings import milder
from .profile import Profile
from .sections import Section
from .shape import NodeShape, PropertyShape
from .shapes import ShapeSet
from .words import Problem, label_of, wording

_NO_GRAPH = Graph()
# The property that a path of several steps begins with.
_FIRST = re.compile(r"<([^<>]*)>/")
# What findings word without a value; the kind of a value that a vocabulary knows follows from the vocabulary.
_SAID = ("minCount", "maxCount", "nodeKind", "datatype", "class")


@dataclass(frozen=True, slots=True)
class Rule:
    """What one shape asks of one path; of the node itself when `path` is empty.

    What is asked further along a path stands with the property that the path begins with. `levels` are those that
    have the rule.
    """

    code: str
    path: str
    severity: Severity
    text: str
    numbers: tuple[str, ...]
    levels: tuple[str | None, ...]


def rules_of(
    profile: Profile, section: Section, others: Iterable[Section], levels: Iterable[str | None], known: Vocabularies
) -> list[Rule]:
    """Rules of a section.

    Args:
        profile: Whose.
        section: One of its sections.
        others: All of them: advice about a class that has a section of its own stands there.
        levels: Access rights (IRIs) to look at; `(None,)` for a profile without.
        known: Names the vocabularies.

    Returns:
        In the order of the shape files, each once.
    """
    apart = {other.target for other in others}
    found: dict[str, Rule] = {}
    for level in levels:
        shapes = profile.compiled(level).shapes
        for part, path, severity in _parts(shapes, section, apart):
            text = part.message or _text(shapes, part, section, known)
            if not text:
                continue
            # Shapes without a name of their own share a code.
            key = str(part.node)
            rule = found.get(key) or Rule(part.code, path, severity, text, _numbers(shapes, part), ())
            found[key] = replace(rule, levels=(*rule.levels, level))
    return list(found.values())


def _parts(shapes: ShapeSet, section: Section, apart: Iterable[str]) -> Iterator[tuple[PropertyShape, str, Severity]]:
    """Shapes with the path below which they stand, and their severity there."""
    nodes = shapes.describing(section.target)
    nodes = nodes + [n for type_ in section.types if type_ not in apart for n in shapes.targeting(type_)]
    for node in nodes:
        for each in _with_inner(shapes, node):
            if not _is_off(shapes, each.own):
                yield each.own, "", each.own.severity
        for part in shapes.parts(node):
            if not _is_off(shapes, part):
                yield from _with_advice(shapes, part)


def _with_advice(shapes: ShapeSet, part: PropertyShape) -> Iterator[tuple[PropertyShape, str, Severity]]:
    """A shape, and what it asks of its values by a shape without fields, which is no section."""
    path = _FIRST.match(part.path)
    place = path[1] if path else part.path
    yield part, place, part.severity
    for inner in (shapes.nodes[node] for node in part.nodes if node in shapes.nodes):
        if not shapes.is_vocabulary(inner.node) and not any(each.name for each in shapes.parts(inner)):
            yield inner.own, place, milder(part.severity, inner.own.severity)
            for each in shapes.parts(inner):
                yield each, place, milder(part.severity, each.severity)


def _with_inner(shapes: ShapeSet, node: NodeShape) -> Iterator[NodeShape]:
    yield node
    for inner in node.nodes:
        if inner in shapes.nodes:
            yield from _with_inner(shapes, shapes.nodes[inner])


def _is_off(shapes: ShapeSet, part: PropertyShape) -> bool:
    value = shapes.graph.value(part.node, SH["deactivated"])
    return value is not None and value.value in ("true", "1")


def _numbers(shapes: ShapeSet, part: PropertyShape) -> tuple[str, ...]:
    return part.rules or (shapes.field_of(part).rules if part.path else ())


def _text(shapes: ShapeSet, part: PropertyShape, section: Section, known: Vocabularies) -> str:
    """Words for a constraint without a message; a field's own are in its columns."""
    if part.name or not part.path:
        return ""
    field = replace(shapes.field_of(part), name=_label(shapes, part, section))
    about = shapes.graph.about(part.node)
    sentences = []
    for name in _SAID:
        if SH[name] in about:
            problem = Problem(shapes, part, field, part.node, None, name[:1].upper() + name[1:])
            sentences.append(wording(problem, _NO_GRAPH, known).message)
    if part.schemes or part.branches:
        sentences.append(f"{field.name} is not {_where(part, known)}.")
    elif part.nodes and not sentences:
        sentences.append(f"{field.name} is only named; its description is missing here.")
    return " ".join(sentences)


def _label(shapes: ShapeSet, part: PropertyShape, section: Section) -> str:
    first = _FIRST.match(part.path)
    named = (field.name for field in section.fields if first and field.path == first[1])
    return next(named, "") or label_of(part, shapes.field_of(part))


def _where(part: PropertyShape, known: Vocabularies) -> str:
    schemes = (known.scheme(iri) for iri in part.schemes)
    titles = [f"“{scheme.title}”" for scheme in schemes if scheme]
    roots = [_concept(iri, known) for iri in part.branches]
    places = [f"in {' or '.join(titles)}"] if titles else []
    return " or ".join([*places, *(f"below {root}" for root in roots)]) or "in the vocabulary that the profile names"


def _concept(iri: str, known: Vocabularies) -> str:
    concept = known.concept(iri)
    labels: Mapping[str, str] = concept.labels if concept else {}
    return f"“{labels.get('en') or next(iter(labels.values()), iri)}”"
