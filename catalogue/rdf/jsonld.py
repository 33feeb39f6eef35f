"""What does a JSON-LD document say?

PyLD expands it (contexts from `contexts` only) and we write out the triples ourselves: PyLD's own conversion drops
what it cannot use without a word, and sorts what we sort later.
Spec: JSON-LD 1.1 API §5 (expansion), §8 (deserialise to RDF). Graph names and base directions are dropped.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from c14n.Canonicalize import canonicalize  # type: ignore[import-untyped]
from pyld.context_resolver import ContextResolver
from pyld.jsonld import JsonLdError, JsonLdProcessor
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from catalogue.errors import CatalogueError, UnknownContext, UnreadableRdf

from . import contexts
from .limits import Budget, too_deep
from .namespaces import RDF, XSD

_BRACKET = re.compile(rb"""(?:[^]["{}]++|"(?:[^"\\]|\\.)*+"?)*+([][{}]|\Z)""", re.DOTALL)
_TYPE, _FIRST, _REST, _NIL = RDF["type"], RDF["first"], RDF["rest"], RDF["nil"]
_BOOLEAN, _INTEGER, _DOUBLE, _JSON = XSD["boolean"], XSD["integer"], XSD["double"], RDF["JSON"]


# What a copied definition of a context weighs, in characters of the budget.
_DEFINITION = 64


class _Owned(list[Any]):
    """A document that is ours alone, so that PyLD need not copy it before it begins."""

    def __deepcopy__(self, _memo: object) -> _Owned:
        return self


class _Processor(JsonLdProcessor):
    """PyLD's processor, which knows no limits, with a clock and a meter at its busiest steps."""

    def __init__(self, budget: Budget) -> None:
        super().__init__()
        self._budget = budget

    def _expand(self, *args: Any, **options: Any) -> Any:
        self._budget.time()
        return super()._expand(*args, **options)  # type: ignore[no-untyped-call]

    def _expand_iri(self, *args: Any, **options: Any) -> Any:
        iri = super()._expand_iri(*args, **options)  # type: ignore[no-untyped-call]
        if isinstance(iri, str):
            self._budget.text(len(iri))
        return iri

    def _clone_active_context(self, active_ctx: Any) -> Any:
        self._budget.time()
        self._budget.text(len(active_ctx["mappings"]) * _DEFINITION)
        return super()._clone_active_context(active_ctx)  # type: ignore[no-untyped-call]


def triples(text: str, base_iri: str, budget: Budget) -> list[Triple]:
    """Read a JSON-LD document; the errors are those of `parse.parse`."""
    options = {
        "base": base_iri,
        "documentLoader": contexts.load,
        # A resolver of our own: PyLD shares one between threads without a lock.
        "contextResolver": ContextResolver({}, contexts.load),
    }
    writer = _Writer(text, budget)
    try:
        writer.nodes(_Processor(budget).expand(_load(text, budget), options))  # type: ignore[no-untyped-call]
    except RecursionError as error:
        raise too_deep(budget.limits.depth) from error
    except JsonLdError as error:
        # Not `from error`: PyLD's errors carry the document, which does not belong in a log.
        raise _refused(error, text) from None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        # PyLD trusts the shape of some things that JSON-LD forbids and does not check them first.
        raise UnreadableRdf(
            "JSON-LD: the document is not valid; a keyword has a value of the wrong kind.",
            mend="Compare the keywords (they begin with @) and their values with the JSON-LD specification.",
        ) from error
    return list(writer.found)


def _load(text: str, budget: Budget) -> _Owned:
    _check_nesting(text, budget)
    try:
        document = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise UnreadableRdf(
            f"JSON-LD, line {error.lineno}, column {error.colno}: {error.msg}.",
            mend="Correct the JSON at that place.",
            line=error.lineno,
            column=error.colno,
        ) from error
    except ValueError as error:
        raise UnreadableRdf(f"JSON-LD: {error}.", mend="Write the number as a string with its datatype.") from error
    if not isinstance(document, dict | list):
        raise UnreadableRdf(
            "JSON-LD, line 1, column 1: the document is neither an object nor an array.",
            mend="Write the description as an object, in braces.",
            line=1,
            column=1,
        )
    return _Owned(document if isinstance(document, list) else [document])


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _check_nesting(text: str, budget: Budget) -> None:
    if text.count("[") + text.count("{") <= budget.limits.depth:
        return
    depth = 0
    for bracket in _BRACKET.finditer(text.encode()):
        if bracket[1] in (b"[", b"{"):
            depth += 1
            budget.depth(depth)
        else:
            depth -= 1


def _refused(error: BaseException, text: str) -> CatalogueError:
    """Return our own error that PyLD wrapped, or word PyLD's by its JSON-LD error code."""
    chain = [error]
    while chain[-1].__cause__ is not None:
        chain.append(chain[-1].__cause__)
    cause = chain[-1]
    if isinstance(cause, UnknownContext):
        place = _place(text, cause.details["context"])
        return UnknownContext(cause.what, mend=cause.mend, **cause.details, **place) if place else cause
    if isinstance(cause, CatalogueError):
        return cause
    known = [link for link in chain if isinstance(link, JsonLdError)]
    code = next((link.code for link in reversed(known) if link.code), "invalid document")
    message = str(known[-1].args[0]).removeprefix("Invalid JSON-LD syntax; ").rstrip(".")
    return UnreadableRdf(f"JSON-LD: {code}: {message}.", mend="Correct the document or its context.")


def _place(text: str, value: str) -> dict[str, int]:
    """Line and column where a string stands in the document; empty when it is not written like that."""
    # PyLD lowers the case of language tags.
    found = re.search(re.escape(json.dumps(value, ensure_ascii=False)), text, re.IGNORECASE)
    if found is None:
        return {}
    at = found.start()
    return {"line": text.count("\n", 0, at) + 1, "column": at - text.rfind("\n", 0, at)}


class _Writer:
    """Writes the triples of expanded JSON-LD. The depth of its recursion is bounded by that of the document."""

    def __init__(self, text: str, budget: Budget) -> None:
        self.found: dict[Triple, None] = {}
        self._text = text
        self._budget = budget
        self._names: dict[str, NamedNode | BlankNode] = {}

    def nodes(self, items: Sequence[Mapping[str, Any]]) -> None:
        """Write node objects."""
        for item in items:
            if "@value" not in item:
                self._node(item)

    def _add(
        self, subject: NamedNode | BlankNode, predicate: NamedNode, value: NamedNode | BlankNode | Literal
    ) -> None:
        self._budget.triples(1)
        self.found[Triple(subject, predicate, value)] = None

    def _node(self, node: Mapping[str, Any]) -> NamedNode | BlankNode:
        self._budget.time()
        subject = self._name(node["@id"]) if "@id" in node else BlankNode()
        for key, values in node.items():
            if key == "@type":
                for value in values:
                    self._add(subject, _TYPE, self._name(value))
            elif key in ("@graph", "@included"):
                self.nodes(values)
            elif key == "@reverse":
                for name, nodes in values.items():
                    for other in nodes:
                        self._statement(self._node(other), name, subject)
            elif not key.startswith("@"):
                for value in values:
                    self._statement(subject, key, self._object(value))
        return subject

    def _statement(self, subject: NamedNode | BlankNode, name: str, value: NamedNode | BlankNode | Literal) -> None:
        predicate = self._name(name)
        # A blank node as property is generalised RDF, which the specification drops.
        if isinstance(predicate, NamedNode):
            self._add(subject, predicate, value)

    def _object(self, item: Mapping[str, Any]) -> NamedNode | BlankNode | Literal:
        if "@value" in item:
            return self._literal(item["@value"], item.get("@type"), item.get("@language"))
        if "@list" in item:
            return self._list(item["@list"])
        return self._node(item)

    def _list(self, items: Sequence[Mapping[str, Any]]) -> NamedNode | BlankNode:
        head: NamedNode | BlankNode = _NIL
        for item in reversed(items):
            cell = BlankNode()
            self._add(cell, _FIRST, self._object(item))
            self._add(cell, _REST, head)
            head = cell
        return head

    def _name(self, name: str) -> NamedNode | BlankNode:
        term = self._names.get(name)
        if term is None:
            try:
                term = BlankNode() if name.startswith("_:") else NamedNode(name)
            except ValueError as error:
                self._refuse(f"the IRI {name!r} is not valid: {error}", "Correct the IRI.", name)
            self._names[name] = term
        return term

    def _literal(self, value: Any, type: str | None, language: str | None) -> Literal:
        """Source: JSON-LD 1.1 API §8.2.2 (object to RDF conversion)."""
        if type == "@json":
            return Literal(canonicalize(value).decode(), datatype=_JSON)
        datatype = self._name(type) if type else None
        if isinstance(datatype, BlankNode):
            datatype = None
        if isinstance(value, bool):
            return Literal("true" if value else "false", datatype=datatype or _BOOLEAN)
        if isinstance(value, int | float):
            return _number(value, datatype)
        try:
            return Literal(value, language=language) if language else Literal(value, datatype=datatype)
        except ValueError as error:
            self._refuse(
                f"the literal {value!r} has the language tag {language!r}, which is not valid: {error}"
                if language
                else f"the string {value!r} holds half a character: {error}",
                'Use tags such as "en" or "en-GB", and well-formed strings.',
                language or value,
            )

    def _refuse(self, what: str, mend: str, value: str) -> NoReturn:
        place = _place(self._text, value)
        where = f", line {place['line']}, column {place['column']}" if place else ""
        raise UnreadableRdf(f"JSON-LD{where}: {what}.", mend=mend, **place)


def _number(value: int | float, datatype: NamedNode | None) -> Literal:
    """Write an integer in digits, anything else as the canonical xsd:double."""
    if value == value // 1 and abs(value) < 1e21 and datatype != _DOUBLE and math.isfinite(value):
        return Literal(str(int(value)), datatype=datatype or _INTEGER)
    if not math.isfinite(value):
        return Literal("INF" if value > 0 else "-INF", datatype=datatype or _DOUBLE)
    mantissa, exponent = f"{float(value):.15E}".split("E")
    mantissa = mantissa.rstrip("0")
    return Literal(f"{mantissa}{'0' if mantissa.endswith('.') else ''}E{int(exponent)}", datatype=datatype or _DOUBLE)
