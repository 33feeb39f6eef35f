"""Which fields does a profile give a class, in which order, and how much does it want each?

A field is the named property shape of a path; further constraints on the path (recommended, per access level) only
change how much it is wanted and how often it may occur.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pyoxigraph import NamedNode

from catalogue.model import Field, Group, Obligation, Severity
from catalogue.rdf.namespaces import SH

from .shape import PropertyShape
from .shapes import ShapeSet

_STRENGTH = {
    Obligation.OPTIONAL: 0,
    Obligation.RECOMMENDED: 1,
    Obligation.CONDITIONAL: 2,
    Obligation.MANDATORY: 3,
}
_LAST = float("inf")


def fields_of(shapes: ShapeSet, target: str, groups: Mapping[str, Group]) -> tuple[Field, ...]:
    """Fields of a class or node shape in one set of shapes.

    Args:
        shapes: Those that apply together.
        target: IRI of a target class, or of a node shape.
        groups: Known property groups.

    Returns:
        Ordered by group, then by `sh:order`; empty when nothing describes the target.
    """
    by_path: dict[str, dict[PropertyShape, None]] = {}
    for node in shapes.describing(target):
        for part in shapes.parts(node):
            by_path.setdefault(part.path, {})[part] = None
    found = []
    for parts in by_path.values():
        named = [part for part in parts if part.name]
        if named:
            found.append(_field(shapes, min(named, key=lambda part: part.order), list(parts), groups))
    return ordered(found)


def _field(shapes: ShapeSet, main: PropertyShape, parts: Sequence[PropertyShape], groups: Mapping[str, Group]) -> Field:
    demanded = [part for part in parts if part.severity is Severity.VIOLATION]
    most = [part.max_count for part in demanded if part.max_count is not None]
    every = (main, *(part for part in parts if part is not main))
    described = (node for part in every for node in part.nodes if not shapes.is_vocabulary(node))
    return Field(
        path=main.path,
        name=main.name,
        description=main.description,
        order=main.order,
        group=groups.get(main.group) if main.group else None,
        obligation=_obligation(parts),
        min_count=max((part.min_count for part in demanded), default=0),
        max_count=min(most) if most else None,
        datatype=_first(part.datatype for part in every),
        class_=_first(part.class_ for part in every),
        node=next((node.value for node in described if isinstance(node, NamedNode)), None),
        node_kind=_first(part.node_kind for part in every),
        vocabulary=_schemes(every),
        branch=_first(root for part in every for root in part.branches),
        example=_first(part.example for part in every) or "",
        editor=_first(part.editor for part in every),
        viewer=_first(part.viewer for part in every),
        code=main.code,
        rules=main.rules,
        datatypes=_datatypes(shapes, demanded),
    )


def _datatypes(shapes: ShapeSet, parts: Iterable[PropertyShape]) -> tuple[str, ...]:
    """Datatypes of the first choice (`sh:or`) between nothing but datatypes."""
    graph = shapes.graph
    for head in (head for part in parts for head in graph.values(part.node, SH["or"])):
        choices = [graph.value(choice, SH["datatype"]) for choice in shapes.members(head)]
        if all(choices):
            return tuple(choice.value for choice in choices if choice)
    return ()


def _obligation(parts: Iterable[PropertyShape]) -> Obligation:
    found = Obligation.OPTIONAL
    for part in parts:
        if part.min_count > 0 and part.severity is Severity.VIOLATION:
            found = stronger(found, Obligation.MANDATORY)
        elif part.obligation == Obligation.CONDITIONAL:
            found = stronger(found, Obligation.CONDITIONAL)
        elif part.min_count > 0 and part.severity is Severity.WARNING:
            found = stronger(found, Obligation.RECOMMENDED)
    return found


def _schemes(parts: Iterable[PropertyShape]) -> tuple[str, ...]:
    """Vocabularies of the first constraint that blocks, else of the first that asks for one."""
    asking = [part for part in parts if part.schemes]
    blocking = [part for part in asking if part.severity is Severity.VIOLATION]
    return (blocking or asking)[0].schemes if asking else ()


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value), None)


def stronger(one: Obligation, other: Obligation) -> Obligation:
    """The stronger of two obligations."""
    return one if _STRENGTH[one] >= _STRENGTH[other] else other


def ordered(fields: Iterable[Field]) -> tuple[Field, ...]:
    """By group, then by order; fields without a group last."""
    return tuple(sorted(fields, key=lambda f: (f.group.order if f.group else _LAST, f.order)))


def across_levels(sets: Sequence[tuple[Field, ...]]) -> tuple[Field, ...]:
    """Fields when the access level is not known: mandatory at some levels only is conditional."""
    by_path: dict[str, list[Field]] = {}
    for fields in sets:
        for field in fields:
            by_path.setdefault(field.path, []).append(field)
    found = []
    for same in by_path.values():
        field = same[0]
        for other in same[1:]:
            field = _joined(field, other)
        everywhere = len(same) == len(sets) and all(f.obligation is Obligation.MANDATORY for f in same)
        if field.obligation is Obligation.MANDATORY and not everywhere:
            field = replace(field, obligation=Obligation.CONDITIONAL, min_count=0)
        found.append(field)
    return ordered(found)


def merged(sets: Iterable[tuple[Field, ...]]) -> tuple[Field, ...]:
    """Fields of several profiles: the first one's words and place, the strongest obligation."""
    by_path: dict[str, Field] = {}
    for fields in sets:
        for field in fields:
            known = by_path.get(field.path)
            by_path[field.path] = _joined(known, field) if known else field
    return ordered(by_path.values())


def _joined(first: Field, other: Field) -> Field:
    limits = [count for count in (first.max_count, other.max_count) if count is not None]
    return replace(
        first,
        group=first.group or other.group,
        obligation=stronger(first.obligation, other.obligation),
        min_count=max(first.min_count, other.min_count),
        max_count=min(limits) if limits else None,
        datatype=first.datatype or other.datatype,
        class_=first.class_ or other.class_,
        node=first.node or other.node,
        node_kind=first.node_kind or other.node_kind,
        vocabulary=first.vocabulary or other.vocabulary,
        branch=first.branch or other.branch,
        description=first.description or other.description,
        example=first.example or other.example,
        editor=first.editor or other.editor,
        viewer=first.viewer or other.viewer,
        code=first.code or other.code,
        rules=first.rules or other.rules,
        datatypes=first.datatypes or other.datatypes,
    )
