"""What does a record say, in which groups and under which labels?

Groups, labels and order come from the profile's fields. What no field covers is shown as well, at the end:
nothing that a record says is hidden. A node is described once on a page; later mentions lead back to it, so a
page grows with the record and not with the ways through it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from pyoxigraph import Literal, NamedNode

from catalogue.model import Field, Obligation
from catalogue.rdf.graph import Graph, Subject, Term, text
from catalogue.rdf.namespaces import DCAT, RDF, SKOS, compact
from catalogue.web.views.roles import ACCESS, ROLES
from catalogue.web.views.statements import Fact, FactGroup, side_by_side
from catalogue.web.views.values import Labels, Value, address_value, literal_value, safe_link

Nested = Callable[[str], Sequence[Field]]

# Bounds of one page: values of one fact, nodes within nodes, values on the whole page.
MAX_VALUES = 400
MAX_DEPTH = 8
MAX_ON_PAGE = 6_000

_EXPECTED = frozenset({Obligation.MANDATORY, Obligation.RECOMMENDED})
# The page says by its address what kind of record it shows.
_KINDS = frozenset({DCAT["Dataset"], DCAT["DatasetSeries"], DCAT["Catalog"]})
_LOCAL = re.compile(r"[/#:]")
_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])(?=([a-z])?)")
_NAMING = (*ROLES["name"], *ROLES["description"])
_NO_FIELDS: tuple[Field, ...] = ()


def facts(graph: Graph, subject: Subject, fields: Sequence[Field], labels: Labels, nested: Nested) -> list[FactGroup]:
    """Say everything that the graph says about a subject.

    Args:
        fields: Those of the subject's class, in their order.
        nested: Fields of a node shape or class, by IRI; empty for an unknown one.

    Returns:
        One group per field group that has something to show, then `further`: statements that no field covers,
        then `also`: nodes that the subject does not lead to.
    """
    return Reader(graph, subject, labels, nested).groups(fields)


@lru_cache(maxsize=4096)
def predicates(path: str) -> tuple[NamedNode, ...]:
    """The properties that a field's path stands for: one, or alternatives; none for other SPARQL paths."""
    names = tuple(part.strip().removeprefix("<").removesuffix(">") for part in path.split("|"))
    if any(not name or any(c in name for c in " <>()^*+?") for name in names) or ">/<" in path:
        return ()
    return tuple(NamedNode(name) for name in names)


class Reader:
    """Reads one record for one page; remembers which nodes the page has described."""

    def __init__(self, graph: Graph, subject: Subject, labels: Labels, nested: Nested) -> None:
        self.graph = graph
        self.subject = subject
        self._labels = labels
        self._nested = nested
        self._anchors: dict[Term, str] = {subject: "main"}
        self._open: list[Term] = [subject]
        self._deep: list[Term] = []
        self._left = MAX_ON_PAGE
        self._fields: dict[str, Sequence[Field]] = {}
        self._known: dict[str, str | None] = {}

    def groups(self, fields: Sequence[Field], skip: Collection[NamedNode] = ()) -> list[FactGroup]:
        """Every field that is stated or expected, by group; then what no field covers. See `facts`."""
        grouped: dict[str, tuple[str, list[Fact]]] = {}
        covered: set[NamedNode] = set(skip)
        for field in fields:
            names = predicates(field.path)
            if not names or covered.issuperset(names):
                continue
            fact = self.fact(self.subject, field)
            covered.update(names)
            if fact.values or field.obligation in _EXPECTED:
                key, label = (field.group.iri, field.group.label) if field.group else ("", "Other statements")
                grouped.setdefault(key, (label, []))[1].append(fact)
        groups = [
            FactGroup(label, f"s-{number}", tuple(found)) for number, (label, found) in enumerate(grouped.values(), 1)
        ]
        further = self._uncovered(self.subject, covered, _KINDS)
        if further:
            groups.append(FactGroup("Further statements", "further", further))
        if also := self._apart():
            groups.append(FactGroup("Also described here", "also", also))
        return groups

    def fact(self, subject: Term, field: Field) -> Fact:
        """One field of a subject, with all its values."""
        names = predicates(field.path)
        about = self.graph.about(subject)
        found = [value for name in names for value in about.get(name, ())]
        access = ROLES["access"][0] in names
        return self._fact(field.name, field.description, _term(field.path), found, field, access=access)

    def values(self, subject: Term, role: str) -> tuple[Value, ...]:
        """The values of all properties that play a role, each in one line, nodes by name."""
        about = self.graph.about(subject)
        found = (value for name in ROLES[role] for value in sorted(about.get(name, ()), key=_english_first))
        return tuple(self.mention(value) for value in found)

    def first(self, subject: Term, role: str) -> Value | None:
        """The value to show when only one is wanted, English first; None when none is stated."""
        about = self.graph.about(subject)
        for name in ROLES[role]:
            if values := about.get(name):
                return self.mention(text(values) or values[0])
        return None

    def mention(self, term: Term) -> Value:
        """A literal, or a node by its name without what else is said about it."""
        return literal_value(term) if isinstance(term, Literal) else self._named(term, self.name(term))

    def told(self, term: Term) -> bool:
        """Whether a mention says all that the graph says about a value: at most one name, and a class."""
        about = {name: found for name, found in self.graph.about(term).items() if name != RDF["type"]}
        if self._label(term):
            return set(ROLES["name"]).issuperset(about)
        return set(_NAMING).issuperset(about) and sum(map(len, about.values())) <= 1

    def name(self, node: Term) -> Value | None:
        """What a node is called: by its vocabulary, else by the record itself (which cannot rename a concept)."""
        if label := self._label(node):
            return Value(label)
        about = self.graph.about(node)
        for name in ROLES["name"]:
            if literal := text(about.get(name, ())):
                return literal_value(literal)
        if about.keys() - {RDF["type"]} == set(ROLES["description"]):
            literal = text(about[ROLES["description"][0]])
            return literal_value(literal) if literal else None
        return None

    def describe(
        self,
        node: Subject,
        fields: Sequence[Field],
        class_: str | None = None,
        skip: Collection[NamedNode] = (),
    ) -> tuple[Fact, ...]:
        """Everything that the graph says about a node that stands within another."""
        covered: set[NamedNode] = set(skip)
        found: list[Fact] = []
        for field in fields:
            names = predicates(field.path)
            if names and not covered.issuperset(names):
                fact = self.fact(node, field)
                covered.update(names)
                if fact.values:
                    found.append(fact)
        implied = {SKOS["Concept"], *([NamedNode(class_)] if class_ else ())}
        further = self._uncovered(node, covered, implied)
        if not found and all(fact.term == "rdf:type" for fact in further):
            return ()
        return (*found, *further)

    def anchor(self, node: Subject) -> str:
        """Give a node its id on the page: its IRI's fragment when the page is its document, else a number."""
        if node not in self._anchors:
            self._anchors[node] = self._own_fragment(node) or f"s-n{len(self._anchors)}"
        return self._anchors[node]

    def fields_of(self, node: Term, *shapes: str | None) -> Sequence[Field]:
        """The fields to read a node by: those of the first known shape or class, else of its own class."""
        stated = (type.value for type in self.graph.types(node) if isinstance(type, NamedNode))
        for shape in (*shapes, *stated):
            if shape is None:
                continue
            if shape not in self._fields:
                self._fields[shape] = self._nested(shape)
            if self._fields[shape]:
                return self._fields[shape]
        return _NO_FIELDS

    def _fact(
        self,
        label: str,
        description: str,
        term: str,
        found: Iterable[Term],
        field: Field | None = None,
        *,
        access: bool = False,
    ) -> Fact:
        terms = sorted(found, key=_english_first)
        shown = terms[: min(MAX_VALUES, max(self._left, 0))]
        self._left -= len(shown)
        values = tuple(self._value(value, field, access=access) for value in shown)
        return Fact(
            label,
            description,
            term,
            values,
            field.obligation if field else Obligation.OPTIONAL,
            side_by_side(values),
            len(terms) - len(shown),
        )

    def _value(self, term: Term, field: Field | None, *, access: bool = False) -> Value:
        if isinstance(term, Literal):
            return literal_value(term)
        name = self.name(term)
        plain = self._named(term, name)
        if access:
            plain = replace(plain, sign=ACCESS.get(term.value.rsplit("/", 1)[-1], ("", ""))[0])
        if term in self._anchors:
            return replace(plain, href="", above=self._anchors[term])
        if not (about := self.graph.about(term)):
            return plain
        if period := self._period(about):
            return period
        if len(self._open) > MAX_DEPTH:
            self._deep.append(term)
            return plain
        return self._described(term, about, name, plain, field)

    def _described(
        self,
        term: Subject,
        about: Mapping[NamedNode, list[Term]],
        name: Value | None,
        plain: Value,
        field: Field | None,
    ) -> Value:
        class_ = field.class_ if field else None
        anchor = self.anchor(term)
        self._open.append(term)
        fields = self.fields_of(term, field.node if field else None, class_)
        inner = self.describe(term, fields, class_, self._naming(term, about, name))
        self._open.pop()
        if not inner:
            # Nothing but a name and a class: a mention, which may be repeated.
            del self._anchors[term]
            return plain
        if name is None:
            plain = replace(plain, text=_local(plain.iri) if plain.href else "")
        return replace(plain, anchor=anchor, facts=inner)

    def _naming(
        self, term: Subject, about: Mapping[NamedNode, list[Term]], name: Value | None
    ) -> tuple[NamedNode, ...]:
        """The properties that say no more than the name that is shown."""
        if name is None:
            return ()
        if self._label(term):
            return ROLES["name"]
        said = [p for p in _NAMING if len(about.get(p, ())) == 1 and _same(about[p][0], name)]
        return tuple(said[:1])

    def _named(self, term: Subject, name: Value | None) -> Value:
        """A node by its name, linked to its address unless this page is the address."""
        if name is None:
            plain = address_value(term)
        else:
            iri = term.value if isinstance(term, NamedNode) else ""
            plain = replace(name, href=safe_link(iri), iri=iri)
        return replace(plain, href="") if plain.href and self._own_fragment(term) else plain

    def _label(self, node: Term) -> str | None:
        if not isinstance(node, NamedNode) or self._own_fragment(node):
            return None
        if node.value not in self._known:
            self._known[node.value] = self._labels.label(node.value)
        return self._known[node.value]

    def _period(self, about: Mapping[NamedNode, list[Term]]) -> Value | None:
        """A node that states a start, an end or both and nothing else, in one line."""
        start, end = (about.get(ROLES[role][0], []) for role in ("start", "end"))
        if len(about) - (RDF["type"] in about) != bool(start) + bool(end) or len(start) > 1 or len(end) > 1:
            return None
        ends = [literal_value(v[0]).text if v and isinstance(v[0], Literal) else "" for v in (start, end)]
        if ends[0]:
            return Value(f"{ends[0]} to {ends[1]}" if ends[1] else f"from {ends[0]}")
        return Value(f"until {ends[1]}") if ends[1] else None

    def _uncovered(self, node: Subject, covered: Collection[NamedNode], implied: Collection[Term]) -> tuple[Fact, ...]:
        further = []
        for name, found in self.graph.about(node).items():
            if name == RDF["type"]:
                found = [value for value in found if value not in implied]
            if name not in covered and found:
                further.append(self._fact(_words(name.value), "", _term(name.value), found))
        return tuple(further)

    def _apart(self) -> tuple[Fact, ...]:
        """Nodes that the subject does not lead to, or only through too many others."""
        reached: set[Term] = {self.subject}
        queue: list[Term] = [self.subject]
        while queue:
            for found in self.graph.about(queue.pop()).values():
                new = [value for value in found if value not in reached and self.graph.describes(value)]
                reached.update(new)
                queue.extend(new)
        apart = [node for node in self.graph.subjects() if node not in reached]
        shown = [self._fact("Nodes", "", "", apart)] if apart else []
        while self._deep:
            deep, self._deep = self._deep, []
            shown.append(self._fact("Nodes further down", "", "", deep))
        return tuple(shown)

    def _own_fragment(self, node: Subject) -> str:
        """The fragment of a node's IRI below the page's own; ids of the page's parts begin with `s-`."""
        base = f"{self.subject.value}#"
        fragment = node.value[len(base) :] if isinstance(node, NamedNode) and node.value.startswith(base) else ""
        return "" if fragment in ("main", "further", "also") or fragment.startswith("s-") else fragment


@lru_cache(maxsize=4096)
def _term(path: str) -> str:
    """A field's path with known prefixes."""
    return " | ".join(compact(name.value) for name in predicates(path))


def _local(iri: str) -> str:
    """The last part of an IRI."""
    return _LOCAL.split(iri.rstrip("/#"))[-1] or iri


@lru_cache(maxsize=4096)
def _words(iri: str) -> str:
    """A property's local name in words: `wasGeneratedBy` is "Was generated by"."""
    words = _HUMP.sub(lambda match: f" {match[1].lower() if match[2] else match[1]}", _local(iri))
    return words[:1].upper() + words[1:]


def _same(term: Term, name: Value | None) -> bool:
    return name is not None and isinstance(term, Literal) and literal_value(term).text == name.text


def _english_first(term: Term) -> int:
    language = term.language if isinstance(term, Literal) else None
    return 0 if not language or language.split("-")[0].lower() == "en" else 1
