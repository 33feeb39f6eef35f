"""Does one value satisfy one constraint? And how do two literals compare?

The lexical spaces and the order of literals are rdflib's, as in pySHACL, so that both engines judge alike. The plain
forms that nearly all records use are read here: rdflib needs 20 µs for each, and 0.1 s to be imported. Only XSD
datatypes are interpreted: rdflib hands `rdf:XMLLiteral` and `rdf:HTML` to parsers that a hostile value could keep busy.
Spec: SHACL §4.1 to §4.5.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode

from catalogue.rdf.graph import Term
from catalogue.rdf.namespaces import RDF, RDFS, SH, XSD

# It would log a traceback for each value that is not of its datatype; here that is a finding, and no fault of ours.
logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)

_STRING = XSD["string"]
_DATE = XSD["date"]
_KINDS: dict[str, tuple[type, ...]] = {
    "IRI": (NamedNode,),
    "Literal": (Literal,),
    "BlankNode": (BlankNode,),
    "BlankNodeOrIRI": (BlankNode, NamedNode),
    "BlankNodeOrLiteral": (BlankNode, Literal),
    "IRIOrLiteral": (NamedNode, Literal),
}

_LONGEST_PLAIN = 40
_DIGITS = re.compile(r"[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])?"
)
_SPAN = re.compile(r"P[0-9]{1,4}[YMD]")
_YEAR = re.compile(r"[12][0-9]{3}")
_HEX = re.compile(r"([0-9a-f]{2}){1,20}")
_TRUTH = re.compile("true|false")

Test = Callable[[Term], bool]


def to_rdflib(term: Any) -> Any:
    """The same term in rdflib. Its lexical form is kept as it is written."""
    import rdflib  # see above

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


def _readers() -> dict[NamedNode, Callable[[str], Any]]:
    def by(form: re.Pattern[str], read: Callable[[str], Any]) -> Callable[[str], Any]:
        return lambda said: read(said) if form.fullmatch(said) else None

    def same(said: str) -> str:
        return said

    return {
        XSD["nonNegativeInteger"]: by(_DIGITS, int),
        XSD["positiveInteger"]: by(_DIGITS, lambda said: int(said) or None),
        XSD["integer"]: by(_DIGITS, int),
        XSD["decimal"]: by(_NUMBER, Decimal),
        XSD["double"]: by(_NUMBER, float),
        XSD["date"]: by(_DAY, date.fromisoformat),
        XSD["dateTime"]: by(_TIME, datetime.fromisoformat),
        XSD["duration"]: by(_SPAN, same),
        XSD["gYear"]: by(_YEAR, int),
        XSD["hexBinary"]: by(_HEX, same),
        XSD["boolean"]: by(_TRUTH, same),
    }


_READERS = _readers()
_COUNTED = frozenset(XSD[name] for name in ("nonNegativeInteger", "positiveInteger", "integer", "decimal"))


def plain(literal: Literal) -> Any:
    """The value of a literal whose form is a plain one of its datatype; None when only rdflib can tell."""
    read = _READERS.get(literal.datatype)
    said = literal.value
    if read is None or len(said) > _LONGEST_PLAIN:
        return None
    try:
        return read(said)
    except ValueError:
        return None


def _well_formed(literal: Literal) -> bool:
    return plain(literal) is not None or not to_rdflib(literal).ill_typed


def node_kinds(wanted: Term) -> tuple[type, ...]:
    """Kinds of term that sh:nodeKind allows."""
    return _KINDS.get(wanted.value.removeprefix(SH), ())


def datatype(wanted: Term) -> Test:
    """sh:datatype: that datatype and, for those of XSD, a lexical form of it."""
    if wanted == RDFS["Literal"]:
        return lambda value: isinstance(value, Literal)
    if wanted in (_STRING, RDF["langString"]):
        return lambda value: isinstance(value, Literal) and value.datatype == wanted
    return lambda value: isinstance(value, Literal) and value.datatype == wanted and _well_formed(value)


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
    counted = plain(bound) if isinstance(bound, Literal) and bound.datatype in _COUNTED else None

    def test(value: Term) -> bool:
        if not isinstance(value, Literal):
            return False
        own = plain(value) if counted is not None and value.datatype in _COUNTED else None
        if own is None:
            return _compares(value, bound, fits)
        return fits((own > counted) - (own < counted))

    return test


def _compares(value: Literal, bound: Term, fits: Callable[[int], bool]) -> bool:
    from pyshacl.rdfutil.compare import compare_literal

    own, other = to_rdflib(value), to_rdflib(bound)
    if isinstance(own.value, str) != isinstance(other.value, str):
        return False
    try:
        return fits(compare_literal(own, other))  # type: ignore[no-untyped-call]
    except (TypeError, NotImplementedError, ValueError, ArithmeticError):
        return False


def not_after(value: Term, other: Term) -> bool:
    """sh:lessThanOrEquals for one pair; what cannot be compared fails."""
    if isinstance(value, BlankNode) or isinstance(other, BlankNode):
        return False
    if isinstance(value, Literal) and isinstance(other, Literal) and _alike(value.datatype, other.datatype):
        both = plain(value), plain(other)
        if None not in both:
            return bool(both[0] <= both[1])
    own, against = (_comparable(term) for term in (value, other))
    if hasattr(own, "datatype") != hasattr(against, "datatype"):
        return False
    try:
        return bool(own <= against)
    except (TypeError, NotImplementedError, ValueError, ArithmeticError):
        return False


def _alike(one: NamedNode, other: NamedNode) -> bool:
    """Whether plain values of two datatypes compare as rdflib compares them."""
    return one == other == _DATE or (one in _COUNTED and other in _COUNTED)


def _comparable(term: Term) -> Any:
    """A literal of rdflib, or a string for IRIs and text."""
    if isinstance(term, Literal):
        literal = to_rdflib(term)
        return literal.value if isinstance(literal.value, str) else literal
    return term.value
