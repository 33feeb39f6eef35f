"""Which RDF term does somebody mean who sets a parameter of a worked example?

What cannot be meant is refused with words that name the parameter. A term is made here, so that nothing else gets into
a query.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from pyoxigraph import Literal, NamedNode

from catalogue.errors import MalformedQuery
from catalogue.rdf.namespaces import PREFIXES, XSD
from catalogue.vocabularies.search import Shelves

from .examples import Example, Parameter, Type

_MAX_TEXT = 200
_MAX_IRI = 2_000
_INTEGER = re.compile(r"-?[0-9]{1,15}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# BCP 47 in outline; what is well-formed but unknown finds nothing.
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,5}")
# RFC 3987 in outline, and nothing that SPARQL does not let stand between < and > (§19.8, IRIREF).
_IRI = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):([^\x00-\x20<>\"{}|^`\\\x7f-\x9f]*)")
# Engines replace \uXXXX at different times (SPARQL 1.1 §19.2), so that no text with a backslash means the same to all.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\\\ud800-\udfff\ufffe\uffff]")

_SAMPLES = {
    Type.INTEGER: "a whole number such as 200",
    Type.DATE: "a day such as 2024-01-31",
    Type.TEXT: f"a text of at most {_MAX_TEXT} characters, without control characters and backslashes",
    Type.LANGUAGE: "a language tag such as en or pt-BR",
    Type.IRI: "a whole address such as http://purl.org/dc/terms/title, or dct:title",
}


def read_values(example: Example, given: Mapping[str, str], shelves: Shelves) -> dict[str, NamedNode | Literal | None]:
    """The values to ask an example with.

    Args:
        example: The example.
        given: Parameters by name, as text. One that is absent takes its default; an empty one does too, or is left
            open when it is optional.
        shelves: The vocabularies; a concept is given by its IRI or by its key (notation, last part of the IRI).

    Raises:
        MalformedQuery: An unknown parameter, or a value that does not fit; details `parameter`.
    """
    known = {parameter.name: parameter for parameter in example.parameters}
    for name in given:
        if name not in known:
            names = ", ".join(known) or "none"
            raise MalformedQuery(
                f"The query {example.name!r} has no parameter {name[:60]!r}.",
                mend=f"Its parameters: {names}.",
                parameter=name[:60],
            )
    return {name: _value(parameter, given.get(name), shelves) for name, parameter in known.items()}


def _value(parameter: Parameter, text: str | None, shelves: Shelves) -> NamedNode | Literal | None:
    text = None if text is None else text.strip()
    if text is None or (not text and not parameter.optional):
        return parameter.default
    if not text:
        return None
    term = _term(parameter, text, shelves)
    if term is None:
        meant = _SAMPLES.get(parameter.type, f"a concept of the vocabulary {parameter.vocabulary!r}")
        raise MalformedQuery(
            f"The parameter {parameter.name!r} ({parameter.label}) is not {meant}: {text[:80]!r}.",
            mend=(
                f"Look for it with /vocabularies/{parameter.vocabulary}/search?q=…."
                if parameter.type is Type.CONCEPT
                else f"Give {meant}."
            ),
            parameter=parameter.name,
        )
    return term


def _term(parameter: Parameter, text: str, shelves: Shelves) -> NamedNode | Literal | None:
    """The term, or None where the text means none of that type."""
    match parameter.type:
        case Type.CONCEPT:
            return _concept(parameter.vocabulary, text, shelves)
        case Type.IRI:
            return _iri(text)
        case Type.INTEGER:
            return Literal(text, datatype=XSD["integer"]) if _INTEGER.fullmatch(text) else None
        case Type.DATE:
            return Literal(text, datatype=XSD["date"]) if _DATE.fullmatch(text) and _is_day(text) else None
        case Type.LANGUAGE:
            return Literal(text) if _LANGUAGE.fullmatch(text) else None
        case Type.TEXT:
            return Literal(text) if len(text) <= _MAX_TEXT and not _UNFIT.search(text) else None


def _concept(vocabulary: str, text: str, shelves: Shelves) -> NamedNode | None:
    shelf = shelves.shelf(vocabulary)
    if shelf.key(text) is not None:
        return NamedNode(text)
    found = shelf.concept(text)
    return NamedNode(found.iri) if found else None


def _iri(text: str) -> NamedNode | None:
    parts = _IRI.fullmatch(text) if len(text) <= _MAX_IRI and not _UNFIT.search(text) else None
    if parts is None:
        return None
    known = PREFIXES.get(parts[1]) if not parts[2].startswith("//") else None
    try:
        return NamedNode(known + parts[2] if known else text)
    except ValueError:
        return None  # pyoxigraph looks closer


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
