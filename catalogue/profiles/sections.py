"""Which classes does a profile describe, in which order, and what are their fields at each access level?

A section is a class that shapes target, or a node shape that a field leads to. DCAT's own classes come first, as the
shape files have them; then what their fields lead to; then the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pyoxigraph import NamedNode, RdfFormat, parse

from catalogue.model import Field
from catalogue.rdf.graph import Graph, Term
from catalogue.rdf.namespaces import DCAT, PREFIXES, RDFS

from .implied import CLASS_OF
from .profile import Profile
from .shape import local_name, words
from .shapes import ShapeSet
from .trails import KIND_WORDS, path_words

_LABELS = {CLASS_OF[kind].value: words for kind, words in KIND_WORDS.items()}
_HEAD = "".join(f"@prefix {prefix}: <{space}> .\n" for prefix, space in PREFIXES.items())
_PLACE = NamedNode("urn:health-catalogue:example")
_UNFIT = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Section:
    """A class as a profile sees it.

    `id` is the local name of its main node shape, unlike that of any other section. `target` is what
    `Profile.fields` takes. `types` are IRIs of the classes that its nodes state, `users` the fields that lead here:
    the label of their section, and the field.
    """

    id: str
    label: str
    target: str
    types: tuple[str, ...]
    fields: tuple[Field, ...]
    users: tuple[tuple[str, Field], ...] = ()


def sections(profile: Profile, level: str | None = None) -> tuple[Section, ...]:
    """Everything that a profile describes.

    Args:
        profile: Any.
        level: Access right, as IRI or last part; without one, what only some levels demand is conditional.

    Returns:
        In the order of page and template; each has at least one field.
    """
    shapes = next(profile.sets()).shapes
    fields: dict[str, tuple[Field, ...]] = {}
    waiting = [target for target in _targets(shapes) if target.startswith(DCAT)]
    for rest in (waiting, _targets(shapes)):
        waiting = list(rest)
        while waiting:
            target = waiting.pop(0)
            found = () if target in fields else profile.fields(target, level)
            if found:
                fields[target] = found
                waiting += [goal for field in found if (goal := goal_of(shapes, field))]
    users: dict[str, list[tuple[str, Field]]] = {target: [] for target in fields}
    labels = {target: _label(shapes, target) for target in fields}
    for target, found in fields.items():
        for field in found:
            goal = goal_of(shapes, field)
            if goal in users:
                users[goal].append((labels[target], field))
    ids = _ids(shapes, fields)
    return tuple(
        Section(ids[target], labels[target], target, _types(shapes, target, users[target]), found, tuple(users[target]))
        for target, found in fields.items()
    )


def goal_of(shapes: ShapeSet, field: Field) -> str | None:
    """The target of the section that describes a field's values, if there is one."""
    named = shapes.nodes.get(NamedNode(field.node)) if field.node else None
    if named is not None:
        return next((target.value for target in named.targets), field.node)
    return field.class_ if field.class_ and shapes.targeting(field.class_) else None


def example_graph(field: Field) -> tuple[Term, Graph] | None:
    """A field's example as a term, in a graph that says what it says of it; None when it is not one value in Turtle."""
    text = f"{_HEAD}{_PLACE} {_PLACE} {field.example} ."
    try:
        graph = Graph(quad.triple for quad in parse(text.encode(), format=RdfFormat.TURTLE))
    except (SyntaxError, ValueError):
        return None
    values = graph.values(_PLACE, _PLACE)
    return (values[0], graph) if len(values) == 1 else None


def _targets(shapes: ShapeSet) -> list[str]:
    return list(dict.fromkeys(target.value for node in shapes.nodes.values() for target in node.targets))


def _ids(shapes: ShapeSet, targets: Iterable[str]) -> dict[str, str]:
    """Names that stand in addresses and in Turtle; a second one of a name gets a number."""
    found: dict[str, str] = {}
    for target in targets:
        name = _UNFIT.sub("-", local_name(_main(shapes, target)))
        same = sum(other.partition(".")[0] == name for other in found.values())
        found[target] = f"{name}.{same + 1}" if same else name
    return found


def _main(shapes: ShapeSet, target: str) -> str:
    """The node shape that names most of a target's fields, if it has a name, else the target."""
    named = [node for node in shapes.describing(target) if isinstance(node.node, NamedNode)]
    best = max(named, key=lambda node: sum(bool(part.name) for part in shapes.parts(node)), default=None)
    return best.node.value if best else target


def _label(shapes: ShapeSet, target: str) -> str:
    main = _main(shapes, target)
    said = words(shapes.graph.values(NamedNode(main), RDFS["label"]))
    return _LABELS.get(target) or said or path_words(main)


def _types(shapes: ShapeSet, target: str, users: Iterable[tuple[str, Field]]) -> tuple[str, ...]:
    """The class that is targeted, else the one that a field asks for, else what an example states."""
    if shapes.targeting(target):
        return (target,)
    for _, field in users:
        if field.class_:
            return (field.class_,)
    return next((types for _, field in users if (types := tuple(_stated(field)))), ())


def _stated(field: Field) -> Iterator[str]:
    found = example_graph(field)
    if found:
        yield from (type_.value for type_ in found[1].types(found[0]) if isinstance(type_, NamedNode))
