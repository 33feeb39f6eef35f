"""What is one shape, as far as people-facing code needs it?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pyoxigraph import NamedNode

from catalogue.model import Severity
from catalogue.rdf.graph import Subject, Term, text
from catalogue.rdf.namespaces import SKOS

# The two facts by which a shape asks for membership of a vocabulary or of a branch (docs/reference/shapes.md).
IN_SCHEME = SKOS["inScheme"]
BELOW = SKOS["broaderTransitive"]


class IllFormed(Exception):
    """A shape that cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class PropertyShape:
    """One constraint set on the values of one path (no path: on the node itself).

    `constraints` counts the kinds of constraint that it states.
    """

    node: Subject
    code: str
    path: str
    predicate: NamedNode | None
    severity: Severity
    constraints: int
    name: str = ""
    description: str = ""
    order: float = 0.0
    group: str | None = None
    min_count: int = 0
    max_count: int | None = None
    datatype: str | None = None
    class_: str | None = None
    node_kind: str | None = None
    nodes: tuple[Subject, ...] = ()
    schemes: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    example: str = ""
    rules: tuple[str, ...] = ()
    obligation: str | None = None
    message: str = ""
    mend: str = ""
    editor: str | None = None
    viewer: str | None = None


@dataclass(slots=True)
class NodeShape:
    """What is asked of the nodes of a class, or of a role; `own` is what it asks of the node itself."""

    node: Subject
    own: PropertyShape
    targets: tuple[NamedNode, ...]
    properties: list[PropertyShape] = field(default_factory=list)
    nodes: tuple[Subject, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """What a property makes of its values: a class, and the node shapes that describe them."""

    shape: PropertyShape
    predicate: NamedNode
    class_: NamedNode | None
    nested: tuple[NodeShape, ...]


def words(values: Iterable[Term]) -> str:
    """The English text among values, or nothing."""
    literal = text(values)
    return literal.value if literal else ""


def local_name(iri: str) -> str:
    """What stands after the last `#`, `/` or `:` of an IRI."""
    for separator in "#/:":
        head, found, tail = iri.rstrip("/#").rpartition(separator)
        if found and tail and (separator != ":" or head):
            return tail
    return iri
