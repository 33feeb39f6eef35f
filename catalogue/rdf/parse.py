"""What does a submitted file say, if it says anything?

Bytes in a stated format become triples, within limits, and every failure is worded with its place. Nothing is
fetched or expanded: no context, no entity, no import. Graph names are dropped.
Spec: RDF 1.1 formats; JSON-LD 1.1. What only RDF 1.2 has (triple terms, base directions) is refused.
"""

from __future__ import annotations

import re
from itertools import islice

from pyoxigraph import Literal, QuadParser, Triple
from pyoxigraph import parse as read

from catalogue.errors import UnreadableRdf

from . import xmlscan
from .limits import Budget, Limits
from .media import JSON_LD, N_QUADS, N_TRIPLES, RDF_XML, Format

__all__ = ["Limits", "parse"]

_CHUNK = 512
# When terms may grow, few are taken before they are weighed: 512 triples of a 1 MB prefix are a gigabyte.
_SMALL_CHUNK = 16
_BOM = b"\xef\xbb\xbf"

# One match per bracket that nests; strings, IRIs and comments are passed over inside the regex engine. A string or IRI
# that does not end runs on, so that no byte is looked at twice.
_TURTLE_BRACKET = re.compile(
    rb"""(?:[^][()"'<\#\\]++
      |"{3}(?:[^"\\]|\\.|"(?!""))*+(?:"{3}|\Z) |'{3}(?:[^'\\]|\\.|'(?!''))*+(?:'{3}|\Z)
      |"(?:[^"\\\n]|\\.)*+"? |'(?:[^'\\\n]|\\.)*+'?
      |<[^<>"{}|^`\\\s]*+>? |\#[^\n]*+ |\\.?)*+([][()]|\Z)""",
    re.VERBOSE | re.DOTALL,
)
# Without one of these a Turtle file cannot hold what only RDF 1.2 has.
_RDF12 = re.compile(rb"<<|\{\||~|--")
_LONG_IRI = re.compile(rb"<[^<>\s]{256}")
_PLACE = re.compile(r"^Parser error (?:at|between) .*?: | \(line \d+\)$")


def parse(data: bytes, format: Format, *, base_iri: str, limits: Limits) -> list[Triple]:
    """Read a whole document.

    Args:
        data: The document, UTF-8 (a byte order mark is passed over).
        format: What it is written in.
        base_iri: Absolute; relative IRIs are resolved against it.
        limits: What the document may cost.

    Returns:
        Its triples in order of first mention, each once. Named graphs are merged.

    Raises:
        UnreadableRdf: Not well-formed; details `line`, `column`, 1-based, where known.
        UnknownContext: It names a JSON-LD context that is not bundled.
        LimitExceeded: It passes a limit; details `limit`, `setting`.
    """
    budget = Budget(limits)
    budget.size(data)
    data = data.removeprefix(_BOM)
    _check_utf8(data, format)
    if format is JSON_LD:
        from . import jsonld  # the library behind it takes 0.1 s to import

        return jsonld.triples(data.decode(), base_iri, budget)
    if format is RDF_XML:
        xmlscan.scan(data, budget)
    elif format not in (N_TRIPLES, N_QUADS):
        _check_nesting(data, budget)
    try:
        return _drain(read(data, format.rdf_format, base_iri=base_iri), data, format, budget)
    except SyntaxError as error:
        raise _unreadable(error, data, format, base_iri) from error


def _check_utf8(data: bytes, format: Format) -> None:
    if data.isascii():
        return
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = len(data[data.rfind(b"\n", 0, error.start) + 1 : error.start].decode()) + 1
        raise UnreadableRdf(
            f"{format.label}, line {line}, column {column}: not UTF-8 (byte 0x{data[error.start]:02X}).",
            mend="Save the file in the encoding UTF-8.",
            line=line,
            column=column,
        ) from error


def _check_nesting(data: bytes, budget: Budget) -> None:
    """Bound how deep `[` and `(` of Turtle and TriG nest; each makes a statement, so they are counted too."""
    if data.count(b"[") + data.count(b"(") <= budget.limits.depth:
        return
    brackets = Budget(budget.limits)
    depth = 0
    for bracket in _TURTLE_BRACKET.finditer(data):
        if bracket[1] in (b"[", b"("):
            depth += 1
            budget.depth(depth)
            brackets.triples(1)
        elif depth:
            depth -= 1


def _drain(parser: QuadParser, data: bytes, format: Format, budget: Budget) -> list[Triple]:
    """Take all triples from the native parser, and look at clock and limits every few hundred."""
    wary = format is RDF_XML or _RDF12.search(data) is not None
    # N-Triples and N-Quads have no prefixes, so their terms cannot grow.
    growing = format is RDF_XML or (format not in (N_TRIPLES, N_QUADS) and _LONG_IRI.search(data) is not None)
    size = _SMALL_CHUNK if growing else _CHUNK
    found: dict[Triple, None] = {}
    while chunk := [quad.triple for quad in islice(parser, size)]:
        budget.triples(len(chunk))
        budget.time()
        if wary:
            _refuse_rdf12(chunk, format)
        if growing:
            budget.text(sum(map(_length, chunk)))
        found.update(dict.fromkeys(chunk))
    return list(found)


def _length(triple: Triple) -> int:
    """How many characters the terms of a triple hold."""
    value = triple.object
    length = len(triple.predicate.value)
    if not isinstance(triple.subject, Triple):
        length += len(triple.subject.value)
    if isinstance(value, Literal):
        length += len(value.datatype.value)
    return length + (0 if isinstance(value, Triple) else len(value.value))


def _refuse_rdf12(chunk: list[Triple], format: Format) -> None:
    for triple in chunk:
        value = triple.object
        if isinstance(value, Triple):
            what, mend = "a triple term", "Describe the statement as a node of its own."
        elif isinstance(value, Literal) and value.direction is not None:
            what, mend = (
                f"the base direction of {value}",
                "Leave out the direction and keep the language tag.",
            )
        else:
            continue
        raise UnreadableRdf(f"{format.label}: {what} belongs to RDF 1.2, which the catalogue does not take.", mend=mend)


def _unreadable(error: SyntaxError, data: bytes, format: Format, base_iri: str) -> UnreadableRdf:
    """Word what the native parser said."""
    line, column = error.lineno, error.offset
    if line is None:
        line, column = xmlscan.locate(data, base_iri)
    what = _PLACE.sub("", error.msg)
    return UnreadableRdf(
        f"{format.label}, line {line}, column {column}: {what}.",
        mend=_mend(what),
        line=line,
        column=column,
    )


def _mend(what: str) -> str:
    if "No scheme" in what:
        return "Write the IRI in full, beginning with https://, or declare the prefix."
    if "IRI" in what:
        return "Correct the IRI; write characters that IRIs may not hold in percent encoding, a space as %20."
    if "prefix" in what.lower():
        return "Declare the prefix before its first use."
    return "Correct the file at that place."
