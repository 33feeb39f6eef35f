"""How is a failed constraint said in plain words, with the way to mend it?

One small function per SHACL constraint component; `sh:message` and `sc:mend` of the shape go before.
Spec: SHACL §4 (core constraint components).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from pyoxigraph import BlankNode, Literal, NamedNode

from catalogue.rdf.graph import Graph, Subject, Term
from catalogue.rdf.namespaces import SH, compact

from .concepts import Vocabularies, concept_wording
from .datatypes import form_of, retyped
from .shape import PropertyShape
from .shapes import ShapeSet
from .trails import path_words, short_path
from .wording import Wording, spoken

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(\.[\w-]{1,63}){1,8}")
_WEB = re.compile(r"https?://[^\s<>\"{}|\\^`]{1,2000}")
_LONGEST_MATCHED = 500
_FEW = 8
# SHACL's component for the constraints that are ours.
_COMPONENTS = {"Vocabulary": "Node", "Undescribed": "Node", "ImpliedClass": "Class"}
# Said of a lack, and so of no value: always in the same words.
_STANDING = ("MinCount", "HasValue", "QualifiedMinCount")


@dataclass(frozen=True, slots=True)
class Problem:
    """One failed constraint, before it is put into words.

    `constraint` is SHACL's component without its suffix, or one of ours: `Vocabulary` (not in the vocabulary that is
    asked), `Undescribed` (a bare IRI where a description is asked; `missing` names what it lacks), `ImpliedClass`.
    `field` is the shape that names the path; it is `shape` itself when that one has a name.
    """

    shapes: ShapeSet
    shape: PropertyShape
    field: PropertyShape
    focus: Term
    value: Term | None
    constraint: str
    missing: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The field's name as people see it."""
        return label_of(self.shape, self.field)

    def parameters(self, name: str) -> list[Term]:
        """Values that the shape gives to a SHACL parameter."""
        return self.shapes.graph.values(self.shape.node, SH[name])

    def parameter(self, name: str) -> str:
        """The first of them in words, or nothing."""
        values = self.parameters(name)
        return _plain(values[0]) if values else ""

    def said(self) -> str:
        """The value in words."""
        return spoken(self.value) if self.value is not None else "what is given"


@dataclass(frozen=True, slots=True)
class Phrase:
    """What a finding about one constraint of a shape says whatever the record.

    `component` is the IRI of SHACL's; `words` is None when they depend on the record.
    """

    code: str
    label: str
    component: str
    rules: tuple[str, ...]
    why: str
    shape: str
    words: Wording | None


class Phrases:
    """The phrases of one set of shapes, each made once. Threads may share it."""

    def __init__(self, shapes: ShapeSet) -> None:
        self.shapes = shapes
        self._made: dict[tuple[Subject, str], Phrase] = {}
        self._vocabularies: dict[Subject, bool] = {}

    def of(self, problem: Problem) -> Phrase:
        """The phrase for a failed constraint."""
        key = (problem.shape.node, problem.constraint)
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = _phrase(problem)
        return found

    def is_vocabulary(self, node: Subject) -> bool:
        """Whether a shape asks nothing but membership of a vocabulary or branch."""
        found = self._vocabularies.get(node)
        if found is None:
            found = self._vocabularies[node] = self.shapes.is_vocabulary(node)
        return found


def _phrase(problem: Problem) -> Phrase:
    shape, constraint = problem.shape, problem.constraint
    component = _COMPONENTS.get(constraint, constraint)
    several = shape.constraints > 1 and constraint != "Closed"
    return Phrase(
        code=f"{shape.code}/{component[:1].lower()}{component[1:]}" if several else shape.code,
        label=problem.label if shape.path else "",
        component=f"{SH}{component}ConstraintComponent",
        rules=shape.rules or problem.field.rules,
        why=shape.description or problem.field.description,
        shape=shape.node.value if isinstance(shape.node, NamedNode) else "",
        words=_in_own_words(problem, _SENTENCES[constraint](problem)) if constraint in _STANDING else None,
    )


def label_of(shape: PropertyShape, field: PropertyShape) -> str:
    """What people call the property that a shape is about."""
    return field.name or (path_words(shape.path) if shape.path else "This description")


def wording(problem: Problem, graph: Graph, vocabularies: Vocabularies) -> Wording:
    """Put a failed constraint into words."""
    if problem.constraint == "Vocabulary" and problem.value is not None:
        shape = problem.shape
        found = concept_wording(problem.label, problem.value, shape.schemes, shape.branches, vocabularies)
    elif problem.constraint == "MaxCount":
        found = _max_count(problem, graph)
    else:
        found = _SENTENCES.get(problem.constraint, _other)(problem)
    return found if problem.constraint == "ImpliedClass" else _in_own_words(problem, found)


def _in_own_words(problem: Problem, found: Wording) -> Wording:
    """With the message and the way to mend that the shape itself states."""
    own = problem.shape
    if not (own.message or own.mend):
        return found
    return replace(found, message=own.message or found.message, mend=own.mend or found.mend)


def _plain(term: Term) -> str:
    return term.value if isinstance(term, Literal) else spoken(term)


def _for_example(problem: Problem) -> str:
    if problem.field.example:
        return f", for example {problem.field.example}"
    datatype = problem.field.datatype or problem.shape.datatype
    example = form_of(datatype).example if datatype else ""
    return f", for example {example}" if example else ""


def _min_count(problem: Problem) -> Wording:
    least = problem.shape.min_count
    path = f" ({short_path(problem.shape.path)})"
    if least > 1:
        return Wording(
            f"{problem.label} must be given at least {least} times.",
            f"Add more values of {problem.label}{path}.",
        )
    return Wording(f"{problem.label} is missing.", f"Add {problem.label}{path}{_for_example(problem)}.")


def _max_count(problem: Problem, graph: Graph) -> Wording:
    predicate, most = problem.shape.predicate, problem.shape.max_count
    given = len(graph.values(problem.focus, predicate)) if predicate else 0
    times = f"{problem.label} is given {given} times" if given else f"{problem.label} is given too often"
    allowed = "only one value is" if most == 1 else f"at most {most} values are"
    return Wording(
        f"{times}; {allowed} allowed.",
        f"Keep {'one value' if most == 1 else f'{most} values'} and remove the rest.",
    )


def _node_kind(problem: Problem) -> Wording:
    wanted = problem.shape.node_kind or ""
    label, value = problem.label, problem.value
    if not wanted.endswith(("#Literal", "#IRIOrLiteral", "#BlankNodeOrLiteral")) and isinstance(value, Literal):
        what = f"{label} is text, {problem.said()}; an IRI is wanted."
        meant = _address(value.value.strip())
        if meant:
            return Wording(what, f"Write <{meant}>.", str(NamedNode(meant)))
        return Wording(what, f"Give an IRI{_for_example(problem)}.")
    if isinstance(value, NamedNode):
        return Wording(f"{label} is an IRI, {problem.said()}; {_literal_words(problem)} is wanted.", _give(problem))
    if isinstance(value, BlankNode):
        what = f"{label} is described in place; {'an IRI' if 'IRI' in wanted else _literal_words(problem)} is wanted."
        return Wording(what, _give(problem))
    return Wording(f"{label} is not of the kind that is asked ({compact(wanted)}).", _give(problem))


def _address(said: str) -> str | None:
    """The IRI that a text certainly means: an e-mail address or a web address."""
    if _EMAIL.fullmatch(said):
        return f"mailto:{said}"
    return said if _WEB.fullmatch(said) or (said.startswith("mailto:") and _EMAIL.fullmatch(said[7:])) else None


def _literal_words(problem: Problem) -> str:
    datatype = problem.shape.datatype or problem.field.datatype
    return form_of(datatype).words if datatype else "text"


def _give(problem: Problem) -> str:
    return f"Replace it{_for_example(problem)}."


def _datatype(problem: Problem) -> Wording:
    datatype = problem.shape.datatype or ""
    form = form_of(datatype)
    what = f"{problem.label} is {problem.said()}; it must be {form.words}."
    new = retyped(problem.value, datatype) if isinstance(problem.value, Literal) else None
    if new is not None and isinstance(problem.value, Literal):
        return Wording(what, f"Write {spoken(new)}.", str(new))
    return Wording(what, f"Write it like {problem.field.example or form.example or compact(datatype)}.")


def _class(problem: Problem) -> Wording:
    class_ = compact(problem.shape.class_ or "")
    if isinstance(problem.value, Literal):
        what = f"{problem.label} is text, {problem.said()}; a description of type {class_} is wanted."
        return Wording(what, f"Describe it as a node of type {class_}, or give its IRI.")
    said = "what is described" if isinstance(problem.value, BlankNode) else problem.said()
    what = f"{problem.label}: {said} does not say that it is of type {class_}."
    return Wording(what, f"Add the type {class_} (rdf:type) to it.")


def _implied_class(problem: Problem) -> Wording:
    class_ = compact(problem.shape.class_ or "")
    which = f"{problem.said()} is" if problem.value is not None else f"{', '.join(problem.missing)} are"
    what = f"{problem.label}: {which} not described here and taken as {class_}, because of the place where it stands."
    return Wording(
        what.replace("it stands", "they stand") if problem.value is None else what,
        f"Nothing needs to be done: what the catalogue serves states the type {class_}.",
    )


def _undescribed(problem: Problem) -> Wording:
    needs = f"; it needs {', '.join(problem.missing)}" if problem.missing else ""
    if isinstance(problem.value, Literal):
        what = f"{problem.label} is text, {problem.said()}; a description is wanted."
        return Wording(what, f"Describe it as a node in the same submission{needs}.")
    what = f"{problem.label}: {problem.said()} is only named; its description is missing here."
    return Wording(what, f"Describe it in the same submission{needs}.")


def _has_value(problem: Problem) -> Wording:
    wanted = problem.parameter("hasValue")
    return Wording(f"{problem.label} must have the value {wanted}.", f"Add {wanted}.")


def _qualified_min_count(problem: Problem) -> Wording:
    what = f"{problem.label}: too few of the values are of the kind that is asked."
    return Wording(what, f"Add {problem.label} ({short_path(problem.shape.path)}){_for_example(problem)}.")


def _in(problem: Problem) -> Wording:
    heads = problem.parameters("in")
    allowed = problem.shapes.members(heads[0]) if heads else []
    listed = ", ".join(spoken(term) for term in allowed[:_FEW]) + (", …" if len(allowed) > _FEW else "")
    what = f"{problem.label} is {problem.said()}, which is not one of the allowed values."
    same = [t for t in allowed if problem.value is not None and t.value.lower() == problem.value.value.lower()]
    rewrite = str(same[0]) if problem.value is not None and len(same) == 1 else ""
    return Wording(what, f"Choose {'' if len(allowed) == 1 else 'one of '}{listed}.", rewrite)


def _pattern(problem: Problem) -> Wording:
    what = f"{problem.label} is {problem.said()}, which does not have the form that is asked."
    value, pattern = problem.value, problem.parameter("pattern")
    meant = _fitting(value, pattern) if isinstance(value, (NamedNode, Literal)) else None
    if meant is not None and value is not None:
        return Wording(what, f"Write {spoken(meant)}.", str(meant))
    example = f"like {problem.field.example}" if problem.field.example else f"so that it matches {pattern}"
    return Wording(what, f"Write it {example}.")


def _fitting(value: NamedNode | Literal, pattern: str) -> NamedNode | Literal | None:
    """The value with `mailto:` added or the other web scheme, when that has the form asked."""
    said = value.value
    if len(said) > _LONGEST_MATCHED:
        return None
    candidates = []
    if _EMAIL.fullmatch(said):
        candidates.append(f"mailto:{said}")
    if _WEB.fullmatch(said):
        candidates.append(said.replace("http:", "https:", 1) if said.startswith("http:") else "http" + said[5:])
    for candidate in candidates:
        if re.search(pattern, candidate):
            return NamedNode(candidate) if isinstance(value, NamedNode) else Literal(candidate)
    return None


def _limit(sentence: str, parameter: str) -> Callable[[Problem], Wording]:
    def say(problem: Problem) -> Wording:
        limit = problem.parameter(parameter)
        return Wording(f"{problem.label} is {problem.said()}; it must {sentence.format(limit)}.", _give(problem))

    return say


def _unique_lang(problem: Problem) -> Wording:
    return Wording(f"{problem.label} is given more than once in the same language.", "Keep one value per language.")


def _closed(problem: Problem) -> Wording:
    return Wording(f"{problem.said()} stands in a property that is not expected here.", "Remove it.")


def _failure(problem: Problem) -> Wording:
    what = f"This description cannot be judged by {problem.shape.code}: some values cannot be compared."
    return Wording(what, "Check the types of dates and numbers.")


def _other(problem: Problem) -> Wording:
    value = f" ({problem.said()})" if problem.value is not None else ""
    return Wording(f"{problem.label}{value} does not fulfil the rule {problem.shape.code}.", _give(problem))


_SENTENCES: dict[str, Callable[[Problem], Wording]] = {
    "MinCount": _min_count,
    "NodeKind": _node_kind,
    "Datatype": _datatype,
    "Class": _class,
    "ImpliedClass": _implied_class,
    "Undescribed": _undescribed,
    "HasValue": _has_value,
    "QualifiedMinCount": _qualified_min_count,
    "In": _in,
    "Pattern": _pattern,
    "UniqueLang": _unique_lang,
    "Closed": _closed,
    "Failure": _failure,
    "MinLength": _limit("have at least {} characters", "minLength"),
    "MaxLength": _limit("have at most {} characters", "maxLength"),
    "MinInclusive": _limit("be {} or more", "minInclusive"),
    "MaxInclusive": _limit("be {} or less", "maxInclusive"),
    "MinExclusive": _limit("be more than {}", "minExclusive"),
    "MaxExclusive": _limit("be less than {}", "maxExclusive"),
    "LessThan": _limit("come before {}", "lessThan"),
    "LessThanOrEquals": _limit("not come after {}", "lessThanOrEquals"),
    "Equals": _limit("be the same as {}", "equals"),
    "Disjoint": _limit("differ from {}", "disjoint"),
}
