"""Does one value satisfy one constraint? And how do two literals compare?

The lexical spaces and the order of literals are rdflib's, as in pySHACL, so that both engines judge alike. Only XSD
datatypes are interpreted: rdflib hands `rdf:XMLLiteral` and `rdf:HTML` to parsers that a hostile value could keep busy.
Spec: SHACL §4.1 to §4.5.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode
from pyshacl.rdfutil.compare import compare_literal

from catalogue.rdf.graph import Term
from catalogue.rdf.namespaces import RDF, RDFS, SH, XSD

_STRING = XSD["string"]
_KINDS: dict[str, tuple[type, ...]] = {
    "IRI": (NamedNode,),
    "Literal": (Literal,),
    "BlankNode": (BlankNode,),
    "BlankNodeOrIRI": (BlankNode, NamedNode),
    "BlankNodeOrLiteral": (BlankNode, Literal),
    "IRIOrLiteral": (NamedNode, Literal),
}

Test = Callable[[Term], bool]


def to_rdflib(term: Any) -> Any:
    """The same term in rdflib. Its lexical form is kept as it is written."""
    if isinstance(term, NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, BlankNode):
        return rdflib.BNode(term.value)
    if term.language:
        return rdflib.Literal(term.value, lang=term.language)
    if term.datatype == _STRING:
        # pySHACL takes a plain literal as xsd:string; rdflib would keep the two apart.
        return rdflib.Literal(term.value)
    datatype = rdflib.URIRef(term.datatype.value)
    if not datatype.startswith(XSD):
        literal = rdflib.Literal(term.value)
        literal._datatype = datatype
        return literal
    return rdflib.Literal(term.value, datatype=datatype, normalize=False)


def node_kind(wanted: Term) -> Test:
    """sh:nodeKind."""
    kinds = _KINDS.get(wanted.value.removeprefix(SH), ())
    return lambda value: isinstance(value, kinds)


def datatype(wanted: Term) -> Test:
    """sh:datatype: that datatype and, for those of XSD, a lexical form of it."""
    if wanted == RDFS["Literal"]:
        return lambda value: isinstance(value, Literal)
    if wanted in (_STRING, RDF["langString"]):
        return lambda value: isinstance(value, Literal) and value.datatype == wanted
    return lambda value: isinstance(value, Literal) and value.datatype == wanted and not to_rdflib(value).ill_typed


def one_of(members: list[Term]) -> Test:
    """sh:in."""
    allowed = frozenset(members)
    return lambda value: value in allowed


def pattern(expression: str, flags: str) -> Test:
    """sh:pattern, with the flags `i` and `m`; no blank node fits."""
    compiled = re.compile(expression, (re.I if "i" in flags else 0) | (re.M if "m" in flags else 0))
    return lambda value: not isinstance(value, BlankNode) and compiled.search(value.value) is not None


def length(fits: Callable[[int], bool]) -> Test:
    """sh:minLength, sh:maxLength; no blank node fits."""
    return lambda value: not isinstance(value, BlankNode) and fits(len(value.value))


def language_in(ranges: list[Term]) -> Test:
    """sh:languageIn: the tag or its first part is listed; `*` takes any."""
    wanted = {member.value.lower() for member in ranges}

    def fits(value: Term) -> bool:
        tag = (value.language or "").lower() if isinstance(value, Literal) else ""
        return bool(tag) and ("*" in wanted or tag in wanted or tag.split("-")[0] in wanted)

    return fits


def limit(bound: Term, fits: Callable[[int], bool]) -> Test:
    """sh:minInclusive and its kin: literals that compare with the bound, and rightly."""
    other = to_rdflib(bound)

    def test(value: Term) -> bool:
        if not isinstance(value, Literal):
            return False
        own = to_rdflib(value)
        if isinstance(own.value, str) != isinstance(other.value, str):
            return False
        try:
            return fits(compare_literal(own, other))  # type: ignore[no-untyped-call]
        except (TypeError, NotImplementedError, ValueError, ArithmeticError):
            return False

    return test


def not_after(value: Term, other: Term) -> bool:
    """sh:lessThanOrEquals for one pair; what cannot be compared fails."""
    if isinstance(value, BlankNode) or isinstance(other, BlankNode):
        return False
    own, against = (_comparable(term) for term in (value, other))
    if isinstance(own, rdflib.Literal) != isinstance(against, rdflib.Literal):
        return False
    try:
        return bool(own <= against)
    except (TypeError, NotImplementedError, ValueError, ArithmeticError):
        return False


def _comparable(term: Term) -> Any:
    """A literal of rdflib, or a string for IRIs and text."""
    if isinstance(term, Literal):
        literal = to_rdflib(term)
        return literal.value if isinstance(literal.value, str) else literal
    return term.value
