"""How do we write a term, and what makes up the words of a finding?"""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from catalogue.model import Severity
from catalogue.rdf.graph import Term
from catalogue.rdf.namespaces import XSD, compact

_LONGEST = 120
_STRING = XSD["string"]


@dataclass(frozen=True, slots=True)
class Wording:
    """What is wrong, how to mend it, and a milder severity if one is due.

    `rewrite` is the N-Triples term that is certainly meant, if there is one.
    """

    message: str
    mend: str = ""
    rewrite: str = ""
    severity: Severity | None = None


def read(term: str) -> Term:
    """Read back one N-Triples term.

    Raises:
        SyntaxError: It is none.
    """
    quad = next(iter(parse(f"<urn:a> <urn:b> {term} .", format=RdfFormat.N_TRIPLES)))
    value: Term = quad.object
    return value


def written(term: Term) -> str:
    """A term for the report's `value`: an IRI as it is, a literal as in Turtle."""
    if isinstance(term, NamedNode):
        return term.value
    return _literal(term, term.value) if isinstance(term, Literal) else str(term)


def spoken(term: Term) -> str:
    """A term within a sentence: short, IRIs with known prefixes."""
    if isinstance(term, NamedNode):
        return compact(term.value)
    if not isinstance(term, Literal):
        return "a description in place"
    value = term.value if len(term.value) <= _LONGEST else term.value[:_LONGEST] + "…"
    return _literal(term, value)


def _literal(term: Literal, value: str) -> str:
    quoted = str(Literal(value))
    if term.language:
        return f"{quoted}@{term.language}"
    return quoted if term.datatype == _STRING else f"{quoted}^^{compact(term.datatype.value)}"
