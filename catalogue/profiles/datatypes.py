"""What does a datatype look like, in words, by example, and is a lexical form surely one?

Source: XML Schema 1.1 Part 2, lexical spaces (the ones that our profiles use).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode

from catalogue.rdf.namespaces import RDF, XSD, compact

_LONGEST = 100
_ZONE = r"(Z|[+-]\d\d:\d\d)?"
_DAY = r"(0[1-9]|[12]\d|3[01])"
_MONTH = r"(0[1-9]|1[0-2])"
_TIME = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?"
_DURATION = r"-?P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?"


@dataclass(frozen=True, slots=True)
class Form:
    """The form that a datatype asks: in words, an example as in Turtle, a pattern that surely fits (or none)."""

    words: str
    example: str
    pattern: re.Pattern[str] | None = None


def _form(words: str, example: str, name: str, pattern: str | None = None) -> Form:
    return Form(words, f'"{example}"^^xsd:{name}', re.compile(pattern, re.ASCII) if pattern else None)


_FORMS: dict[str, Form] = {
    RDF["langString"].value: Form("text with a language tag", '"Text"@en'),
    XSD["string"].value: Form("text without a language tag", '"Text"'),
    **{
        XSD[name].value: _form(words, example, name, pattern)
        for name, words, example, pattern in (
            ("boolean", "true or false", "true", "true|false|1|0"),
            ("integer", "a whole number", "5", r"[+-]?\d+"),
            ("nonNegativeInteger", "a whole number, zero or more", "5", r"\+?\d+"),
            ("positiveInteger", "a whole number above zero", "5", r"\+?0*[1-9]\d*"),
            ("decimal", "a number", "1.5", r"[+-]?(\d+(\.\d*)?|\.\d+)"),
            ("double", "a number", "1.5E0", r"[+-]?(\d+(\.\d*)?|\.\d+)([Ee][+-]?\d+)?"),
            ("float", "a number", "1.5E0", r"[+-]?(\d+(\.\d*)?|\.\d+)([Ee][+-]?\d+)?"),
            ("date", "a date, year-month-day", "2026-01-31", rf"\d{{4}}-{_MONTH}-{_DAY}{_ZONE}"),
            (
                "dateTime",
                "a date with time",
                "2026-01-31T12:00:00Z",
                rf"\d{{4}}-{_MONTH}-{_DAY}T{_TIME}{_ZONE}",
            ),
            ("time", "a time of day", "12:00:00", _TIME + _ZONE),
            ("gYear", "a year", "2026", r"\d{4}" + _ZONE),
            ("gYearMonth", "a year and month", "2026-01", rf"\d{{4}}-{_MONTH}{_ZONE}"),
            ("duration", "a duration (P5Y is five years, P1M a month, PT1H an hour)", "P5Y", _DURATION),
            ("hexBinary", "hexadecimal digits", "0fb7", r"([0-9a-fA-F]{2})+"),
            ("anyURI", "an address written as text", "https://example.org/", r"[a-z][a-z0-9+.-]*:\S+"),
        )
    },
}


def form_of(datatype: str) -> Form:
    """The form of a datatype; one that we do not know is named."""
    return _FORMS.get(datatype) or Form(f"a value of type {compact(datatype)}", "")


def retyped(value: Literal, datatype: str) -> Literal | None:
    """The same lexical form with the datatype wanted, when it is surely valid; else None."""
    pattern = form_of(datatype).pattern
    lexical = value.value.strip()
    if datatype == XSD["boolean"].value:
        lexical = lexical.lower()
    if pattern is None or len(lexical) > _LONGEST or not pattern.fullmatch(lexical):
        return None
    new = Literal(lexical, datatype=NamedNode(datatype))
    return None if new == value else new
