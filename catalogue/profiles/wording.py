"""How do we write a term, and what makes up the words of a finding?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from catalogue.model import Severity
from catalogue.rdf.graph import Term
from catalogue.rdf.namespaces import XSD, compact

_LONGEST = 120
_STRING = XSD["string"]


@dataclass(frozen=True, slots=True)
class Wording:
    """What is wrong, how to mend it, the certain rewrite if there is one, and a milder severity if one is due."""

    message: str
    mend: str = ""
    fix: Mapping[str, str] | None = None
    severity: Severity | None = None


def fix(old: Term, new: Term) -> dict[str, str]:
    """A rewrite of one value by another; both as N-Triples terms, so that a program can apply it."""
    return {"from": str(old), "to": str(new)}


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
