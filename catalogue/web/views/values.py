"""How is one RDF term worded for a person?

Pure. A `Value` is what a template shows: text with its language, a link where the address is safe to follow,
a moment that machines can read. Nothing here knows a property.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pyoxigraph import BlankNode, Literal, NamedNode

from catalogue.rdf.namespaces import XSD, compact

if TYPE_CHECKING:
    from catalogue.web.views.statements import Fact

# Addresses that a page may link to; anything else (javascript:, data:, urn:) is text.
LINKED = frozenset({"http", "https", "mailto"})
# Longer literals are cut on the page, with a word about it; the data has them whole.
MAX_TEXT = 20_000

# Languages that are written from right to left (CLDR, the ones with a two-letter code).
_RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})
_SIGNS = ("nonNegative", "positive", "nonPositive", "negative")
_BOUNDED = [f"{sign}{name}" for sign in ("", "unsigned") for name in ("Long", "Int", "Short", "Byte")]
_WHOLE = frozenset(
    XSD[name[0].lower() + name[1:]] for name in ("integer", *(f"{sign}Integer" for sign in _SIGNS), *_BOUNDED)
)
_BROKEN = frozenset(XSD[name] for name in ("decimal", "double", "float"))
_MOMENTS = frozenset(XSD[name] for name in ("date", "dateTime", "dateTimeStamp", "gYear", "gYearMonth"))
_NUMBER = re.compile(r"([+-]?)(\d{1,30})(\.\d{1,30})?")
_MOMENT = re.compile(r"(\d{4}(?:-\d\d(?:-\d\d)?)?)(?:T(\d\d:\d\d)(?::\d\d(?:\.\d{1,12})?)?)?(Z|[+-]\d\d:\d\d)?")
_DURATION = re.compile(
    r"(-?)P(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})D)?"
    r"(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?"
)
_ADDRESS = re.compile(r"https?://[^\s<>\"]{1,2000}")
_SIZES = ("bytes", "kB", "MB", "GB", "TB", "PB")
_UNITS = ("year", "month", "day", "hour", "minute", "second")


class Labels(Protocol):
    """Whoever knows the names of concepts (`catalogue.vocabularies.Vocabularies`)."""

    def label(self, iri: str, language: str = "en") -> str | None:
        """The concept's name in that language or the nearest one; None for an unknown IRI."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value, ready to be shown.

    `voice` says who speaks: `holder` (free text), `machine` (codes, IRIs, addresses), else the catalogue.
    `moment` is a valid HTML datetime. `note` is shown small beside the text. `sign` is a class of the signs.
    `facts` describe a node in place, `anchor` is its id on the page; a value that was described further up
    has `above`, the id to go to. `lines` are the paragraphs of `text` when it has several.
    """

    text: str
    language: str = ""
    direction: str = ""
    voice: str = ""
    moment: str = ""
    href: str = ""
    iri: str = ""
    note: str = ""
    sign: str = ""
    number: bool = False
    anchor: str = ""
    above: str = ""
    facts: tuple[Fact, ...] = ()

    @property
    def short(self) -> bool:
        """Whether it may stand in a row with others."""
        return not self.facts and len(self.text) <= 70 and "\n" not in self.text

    @property
    def many_lines(self) -> bool:
        """Whether the text has several paragraphs."""
        return "\n" in self.text and len(self.lines) > 1

    @property
    def lines(self) -> list[str]:
        """The text's paragraphs."""
        return [line for line in (part.strip() for part in self.text.splitlines()) if line]


def safe_link(iri: str) -> str:
    """The address when a page may link to it, else nothing."""
    return iri if iri.partition(":")[0].lower() in LINKED else ""


def literal_value(literal: Literal) -> Value:
    """Word a literal by its datatype; one that does not fit its datatype is shown as it is written."""
    raw, datatype = literal.value, literal.datatype
    text = _cut(raw)
    if literal.language:
        language = literal.language
        rtl = language.split("-")[0].lower() in _RIGHT_TO_LEFT
        return Value(text, language=language, direction="rtl" if rtl else "", voice="holder")
    if datatype == XSD["string"]:
        if _ADDRESS.fullmatch(raw):
            return Value(text, href=raw, voice="machine")
        return Value(text)
    if datatype in _WHOLE or datatype in _BROKEN:
        if number := _NUMBER.fullmatch(raw):
            return Value(f"{number[1]}{int(number[2]):,}{number[3] or ''}", number=True)
    elif datatype in _MOMENTS:
        if moment := _MOMENT.fullmatch(raw):
            return _moment(moment)
    elif datatype == XSD["boolean"] and raw in ("true", "1", "false", "0"):
        return Value("Yes" if raw in ("true", "1") else "No")
    elif datatype == XSD["duration"] and (words := duration(raw)):
        return Value(words)
    elif datatype == XSD["anyURI"]:
        return Value(text, href=safe_link(raw), voice="machine")
    return Value(text, voice="machine", note=re.split("[/#]", compact(datatype.value))[-1])


def address_value(node: NamedNode | BlankNode) -> Value:
    """Word a node that has no name: its address, or its compact IRI."""
    if isinstance(node, BlankNode):
        return Value("unnamed", voice="machine", iri=f"_:{node.value}")
    iri = node.value
    scheme, _, rest = iri.partition(":")
    if scheme.lower() in ("mailto", "tel"):
        return Value(_cut(rest), href=safe_link(iri), iri=iri)
    return Value(_cut(compact(iri)), href=safe_link(iri), iri=iri, voice="machine")


def duration(text: str) -> str:
    """Write an xsd:duration in words (`P1Y2M` is "1 year 2 months"); empty when it is not one."""
    match = _DURATION.fullmatch(text)
    if not match or not any(match.groups()[1:]):
        return ""
    parts = [
        f"{amount} {unit}{'' if amount == '1' else 's'}"
        for amount, unit in zip(match.groups()[1:], _UNITS, strict=True)
        if amount
    ]
    return ("minus " if match[1] else "") + " ".join(parts)


def size(number_of_bytes: str) -> str:
    """Write a number of bytes as people do (`4800000000` is "4.8 GB"); as it is when it is no number."""
    number = _NUMBER.fullmatch(number_of_bytes)
    if not number or number[1] == "-":
        return _cut(number_of_bytes)
    amount, steps = float(number[2]), 0
    while amount >= 1000 and steps < len(_SIZES) - 1:
        amount, steps = amount / 1000, steps + 1
    if not steps and amount == 1:
        return "1 byte"
    digits = 1 if steps and amount < 10 else 0
    return f"{amount:,.{digits}f} {_SIZES[steps]}"


def _moment(match: re.Match[str]) -> Value:
    day, time, zone = match.groups()
    if not time:
        return Value(day, moment=day)
    words = {"Z": " UTC", None: ""}.get(zone, f" {zone}")
    return Value(f"{day} {time}{words}", moment=f"{day}T{time}{zone or ''}")


def _cut(text: str) -> str:
    if len(text) <= MAX_TEXT:
        return text
    return f"{text[:MAX_TEXT]} … ({len(text) - MAX_TEXT:,} more characters in the data)"
