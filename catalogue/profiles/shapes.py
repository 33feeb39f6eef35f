"""What do the shape files say, in terms that people-facing code can use?

A `ShapeSet` is the parsed content of a few shape files: node shapes and their property shapes with name, order,
cardinality, range, vocabulary and annotations. It judges nothing: that is the engine's work. Paths other than a
plain property are kept as SPARQL text.
Spec: SHACL §2 (shapes), §2.3.1 (paths), https://www.w3.org/TR/shacl/ ; our annotations: docs/reference/shapes.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from pyoxigraph import Literal, NamedNode, Triple

from catalogue.model import Severity
from catalogue.rdf.graph import Graph, Subject, Term
from catalogue.rdf.namespaces import DASH, RDF, RDFS, SH, SHAPES

from .shape import BELOW, IN_SCHEME, IllFormed, NodeShape, PropertyShape, Role, local_name, words

_SHAPES_IRI = "urn:health-catalogue:shapes:"
_SEVERITIES = {SH["Warning"]: Severity.WARNING, SH["Info"]: Severity.INFO}
# Parameters whose value is a shape, and those whose value is a list of shapes (SHACL §4.6, §4.7).
_SHAPE_PARAMETERS = (SH["node"], SH["property"], SH["not"], SH["qualifiedValueShape"])
_LIST_PARAMETERS = (SH["or"], SH["and"], SH["xone"])
_CONSTRAINTS = frozenset(
    SH[name]
    for name in (
        *(
            "minCount",
            "maxCount",
            "nodeKind",
            "datatype",
            "class",
            "node",
            "property",
            "pattern",
            "hasValue",
            "in",
        ),
        *(
            "or",
            "and",
            "xone",
            "not",
            "minLength",
            "maxLength",
            "uniqueLang",
            "languageIn",
            "closed",
            "equals",
        ),
        *("minInclusive", "maxInclusive", "minExclusive", "maxExclusive", "lessThan", "lessThanOrEquals"),
        *("disjoint", "qualifiedValueShape"),
    )
)
_LONGEST_LIST = 100_000
_DEEPEST = 12


class ShapeSet:
    """Node shapes and property shapes of some files.

    Raises:
        IllFormed: A shape has no path, a bad number, refers to an absent shape, or to itself in a circle
            (SHACL leaves recursion undefined, §3.4.3).
    """

    def __init__(self, triples: Iterable[Triple], fallback: str) -> None:
        """Read shapes.

        Args:
            triples: Content of the files.
            fallback: Beginning of the code of shapes whose IRI is not one of ours.
        """
        self.graph = Graph(triples)
        self._fallback = fallback
        self.properties: dict[Subject, PropertyShape] = {}
        self.nodes: dict[Subject, NodeShape] = {}
        self._fields: dict[Subject, PropertyShape] = {}
        self._roles: dict[Subject, dict[NamedNode, list[Role]]] = {}
        self._dropped = {subject for subject in self.graph.subjects() if self._is_dropped(subject)}
        for subject in self.graph.subjects():
            if self.graph.value(subject, SH["path"]) and subject not in self._dropped:
                self.properties[subject] = self._property(subject)
        for subject in self.graph.subjects():
            if subject not in self.properties and self._is_node_shape(subject):
                self.nodes[subject] = self._node(subject)
        self._check_references()

    # What is there

    def targeting(self, class_: str) -> list[NodeShape]:
        """Node shapes whose target class is this one."""
        return self._by_target.get(class_, [])

    def parts(self, shape: NodeShape) -> Iterator[PropertyShape]:
        """Property shapes of a node shape, those taken over from its `sh:node` included."""
        yield from shape.properties
        for node in shape.nodes:
            if node in self.nodes:
                yield from self.parts(self.nodes[node])

    def roles(self, shape: NodeShape) -> dict[NamedNode, list[Role]]:
        """Properties of a node shape that say what their values are, or how these are described."""
        found = self._roles.get(shape.node)
        if found is None:
            found = {}
            for role in self._roles_of(shape):
                found.setdefault(role.predicate, []).append(role)
            self._roles[shape.node] = found
        return found

    def _roles_of(self, shape: NodeShape) -> Iterator[Role]:
        for part in self.parts(shape):
            nested = tuple(
                self.nodes[node] for node in part.nodes if node in self.nodes and self.roles(self.nodes[node])
            )
            if part.predicate and (part.class_ or nested):
                yield Role(part, part.predicate, NamedNode(part.class_) if part.class_ else None, nested)

    def describing(self, target: str) -> list[NodeShape]:
        """Node shapes for a class IRI, or the node shape of that IRI."""
        named = self.nodes.get(NamedNode(target))
        return self.targeting(target) or ([named] if named else [])

    def field_of(self, shape: PropertyShape) -> PropertyShape:
        """The named property shape that gives a further constraint its label, group and order."""
        if shape.name:
            return shape
        if shape.node not in self._fields:
            self._fields[shape.node] = self._named_sibling(shape)
        return self._fields[shape.node]

    def _named_sibling(self, shape: PropertyShape) -> PropertyShape:
        holders = [n for n in self.nodes.values() if any(p.node == shape.node for p in n.properties)]
        targets = {target for holder in holders for target in holder.targets}
        siblings = [n for n in self.nodes.values() if targets.intersection(n.targets)]
        for node in (*holders, *siblings):
            for candidate in self.parts(node):
                if candidate.name and candidate.path == shape.path:
                    return candidate
        return shape

    def source(self, node: Subject) -> PropertyShape | None:
        """The property shape of that name, or what the node shape of that name asks of the node itself."""
        shape = self.nodes.get(node)
        return shape.own if shape else self.properties.get(node)

    def is_vocabulary(self, node: Subject) -> bool:
        """Whether a shape asks nothing but membership of a vocabulary or branch."""
        schemes, branches = self._membership(node, 0)
        return bool(schemes or branches) and not self._foreign_paths(node)

    def schemes(self) -> list[str]:
        """IRIs of the vocabularies that some field asks for."""
        return list(dict.fromkeys(iri for shape in self.properties.values() if shape.name for iri in shape.schemes))

    @cached_property
    def names(self) -> dict[NamedNode, str]:
        """What a property is called, by the first field that has it."""
        named = [shape for shape in self.properties.values() if shape.name and shape.predicate]
        return {shape.predicate: shape.name for shape in reversed(named) if shape.predicate}

    @cached_property
    def _by_target(self) -> dict[str, list[NodeShape]]:
        found: dict[str, list[NodeShape]] = {}
        for shape in self.nodes.values():
            for target in shape.targets:
                found.setdefault(target.value, []).append(shape)
        return found

    # Reading

    def _is_dropped(self, subject: Subject) -> bool:
        """Whether a profile that takes over another one's file says that this field of it does not hold."""
        about = self.graph.about(subject)
        off = any(value.value in ("true", "1") for value in about.get(SH["deactivated"], ()))
        return off and SH["name"] in about

    def _is_node_shape(self, subject: Subject) -> bool:
        about = self.graph.about(subject)
        return SH["NodeShape"] in about.get(RDF["type"], ()) or SH["targetClass"] in about or SH["property"] in about

    def _node(self, subject: Subject) -> NodeShape:
        about = self.graph.about(subject)
        targets = [value for value in about.get(SH["targetClass"], ()) if isinstance(value, NamedNode)]
        if isinstance(subject, NamedNode) and RDFS["Class"] in about.get(RDF["type"], ()):
            targets.append(subject)
        shape = NodeShape(
            subject,
            self._constraint(subject, "", None),
            tuple(targets),
            nodes=_subjects(about.get(SH["node"], ())),
        )
        for value in _subjects(about.get(SH["property"], ())):
            if value in self._dropped:
                continue
            if value not in self.properties:
                raise IllFormed(f"{self._name(subject)} refers to {self._name(value)}, which has no sh:path")
            shape.properties.append(self.properties[value])
        return shape

    def _property(self, subject: Subject) -> PropertyShape:
        about = self.graph.about(subject)
        paths = about[SH["path"]]
        if len(paths) != 1 or isinstance(paths[0], Literal):
            raise IllFormed(f"{self._name(subject)} must have exactly one sh:path, and not a literal")
        predicate = paths[0] if isinstance(paths[0], NamedNode) else None
        return self._constraint(subject, self._path(paths[0], 0), predicate)

    def _constraint(self, subject: Subject, path: str, predicate: NamedNode | None) -> PropertyShape:
        about = self.graph.about(subject)
        schemes, branches = self._membership(subject, 0)
        severity = about.get(SH["severity"], [SH["Violation"]])[0]
        return PropertyShape(
            node=subject,
            code=self._code(subject),
            path=path,
            predicate=predicate,
            severity=_SEVERITIES.get(severity, Severity.VIOLATION),  # type: ignore[arg-type]
            constraints=sum(parameter in about for parameter in _CONSTRAINTS),
            name=words(about.get(SH["name"], ())),
            description=words(about.get(SH["description"], ())),
            order=self._number(subject, SH["order"]) or 0.0,
            group=_iri(about.get(SH["group"])),
            min_count=int(self._number(subject, SH["minCount"]) or 0),
            max_count=_whole(self._number(subject, SH["maxCount"])),
            datatype=_iri(about.get(SH["datatype"])),
            class_=_iri(about.get(SH["class"])),
            node_kind=_iri(about.get(SH["nodeKind"])),
            nodes=_subjects(about.get(SH["node"], ())),
            schemes=schemes,
            branches=branches,
            example=words(about.get(SHAPES["example"], ())),
            rules=tuple(v.value for v in about.get(SHAPES["rule"], ()) if isinstance(v, Literal)),
            obligation=words(about.get(SHAPES["obligation"], ())) or None,
            message=words(about.get(SH["message"], ())),
            mend=words(about.get(SHAPES["mend"], ())),
            editor=_iri(about.get(DASH["editor"])),
            viewer=_iri(about.get(DASH["viewer"])),
        )

    def _number(self, subject: Subject, predicate: NamedNode) -> float | None:
        values = self.graph.values(subject, predicate)
        if not values:
            return None
        try:
            return float(values[0].value)
        except ValueError as error:
            what = f"{predicate.value} of {self._name(subject)} must be a number"
            raise IllFormed(what) from error

    def _code(self, subject: Subject) -> str:
        if isinstance(subject, NamedNode):
            if subject.value.startswith(_SHAPES_IRI):
                return subject.value.removeprefix(_SHAPES_IRI).replace(":", "/", 1)
            return f"{self._fallback}/{local_name(subject.value)}"
        return f"{self._fallback}/unnamed"

    def _name(self, subject: Subject) -> str:
        return subject.value if isinstance(subject, NamedNode) else "a shape without a name"

    def _path(self, path: Term, depth: int) -> str:
        """Write a path as in SPARQL (SHACL §2.3.1 gives the correspondence)."""
        if isinstance(path, NamedNode):
            return path.value if depth == 0 else f"<{path.value}>"
        if depth > _DEEPEST:
            raise IllFormed("a sh:path is nested too deeply")
        if self.graph.value(path, RDF["first"]):
            return "/".join(self._path(part, depth + 1) for part in self.members(path))
        for predicate, before, after in (
            ("inversePath", "^", ""),
            ("zeroOrMorePath", "", "*"),
            ("oneOrMorePath", "", "+"),
            ("zeroOrOnePath", "", "?"),
        ):
            inner = self.graph.value(path, SH[predicate])
            if inner is not None:
                return f"{before}({self._path(inner, depth + 1)}){after}"
        either = self.graph.value(path, SH["alternativePath"])
        if either is None:
            raise IllFormed("a sh:path is none that SHACL knows")
        return f"({'|'.join(self._path(part, depth + 1) for part in self.members(either))})"

    def members(self, head: Term) -> list[Term]:
        """Members of an RDF list.

        Raises:
            IllFormed: It does not end.
        """
        found: list[Term] = []
        while head != RDF["nil"]:
            first, rest = self.graph.value(head, RDF["first"]), self.graph.value(head, RDF["rest"])
            if first is None or rest is None or len(found) > _LONGEST_LIST:
                raise IllFormed("an RDF list is broken")
            found.append(first)
            head = rest
        return found

    # Vocabularies and references

    def _membership(self, node: Term, depth: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Scheme IRIs and branch roots that a shape's values may belong to."""
        schemes: dict[str, None] = {}
        branches: dict[str, None] = {}
        for part in self._inner(node):
            path = self.graph.value(part, SH["path"])
            wanted = {IN_SCHEME: schemes, BELOW: branches}.get(path)  # type: ignore[arg-type]
            if wanted is not None:
                wanted.update((value.value, None) for value in self._wanted(part))
            elif path is None and depth < _DEEPEST:
                below = self._membership(part, depth + 1)
                schemes.update(dict.fromkeys(below[0]))
                branches.update(dict.fromkeys(below[1]))
        return tuple(schemes), tuple(branches)

    def _wanted(self, shape: Term) -> list[Term]:
        values = list(self.graph.values(shape, SH["hasValue"]))
        for head in self.graph.values(shape, SH["in"]):
            values += self.members(head)
        return values

    def _inner(self, node: Term, parameters: Iterable[NamedNode] = (SH["node"], SH["property"])) -> list[Term]:
        """Shapes that a shape refers to."""
        about = self.graph.about(node)
        found = [value for parameter in parameters for value in about.get(parameter, ())]
        for parameter in _LIST_PARAMETERS:
            for head in about.get(parameter, ()):
                found += self.members(head)
        return found

    def _foreign_paths(self, node: Term, depth: int = 0) -> bool:
        for part in self._inner(node):
            path = self.graph.value(part, SH["path"])
            if path is not None and path not in (IN_SCHEME, BELOW):
                return True
            if path is None and depth < _DEEPEST and self._foreign_paths(part, depth + 1):
                return True
        return False

    def _check_references(self) -> None:
        done: set[Term] = set()
        for start in (*self.nodes, *self.properties):
            self._visit(start, (), done)

    def _visit(self, node: Term, trail: tuple[Term, ...], done: set[Term]) -> None:
        if node in trail:
            raise IllFormed(f"{getattr(node, 'value', node)} refers to itself in a circle")
        if node in done:
            return
        for part in self._inner(node, _SHAPE_PARAMETERS):
            if not self.graph.describes(part):
                raise IllFormed(f"{getattr(node, 'value', node)} refers to {part}, which no file describes")
            self._visit(part, (*trail, node), done)
        for parameter in (SH["in"], SH["languageIn"], SH["ignoredProperties"]):
            for head in self.graph.values(node, parameter):
                self.members(head)
        done.add(node)


def _subjects(values: Iterable[Term]) -> tuple[Subject, ...]:
    return tuple(value for value in values if not isinstance(value, Literal))


def _iri(values: Iterable[Term] | None) -> str | None:
    return next((value.value for value in values or () if isinstance(value, NamedNode)), None)


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
