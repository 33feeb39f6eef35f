"""Is this XML harmless and well-formed, and where did RDF/XML go wrong?

The native RDF/XML parser tells no line, takes a file that ends too early, and expands entities; expat goes first and
sees to all three. Spec: XML 1.0; RDF 1.1 XML Syntax.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.parsers import expat

from pyoxigraph import RdfFormat
from pyoxigraph import parse as read

from catalogue.errors import UnreadableRdf

from .limits import Budget

_PIECE = 65_536
# rdf:parseType values under which child elements are statements; under any other they are a literal.
_STATEMENTS = ("Resource", "Collection", "Triple")


class _Scan:
    """Counts what the elements cost."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._depth = 0
        self._literal = 0
        self._namespaces = 0
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.EntityDeclHandler = self._entity

    def run(self, data: bytes) -> None:
        for start in range(0, len(data) + 1, _PIECE):
            self._parser.Parse(data[start : start + _PIECE], start + _PIECE > len(data))
            self._budget.time()

    def _start(self, _name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        self._budget.depth(self._depth)
        if self._literal:
            # Each element of an XML literal is written with all the namespaces that are in scope.
            self._budget.text(self._namespaces)
        for name, value in attributes.items():
            if name.startswith("xmlns"):
                self._namespaces += len(name) + len(value)
            elif name.endswith("parseType") and not self._literal and value not in _STATEMENTS:
                self._literal = self._depth

    def _end(self, _name: str) -> None:
        if self._depth == self._literal:
            self._literal = 0
        self._depth -= 1

    def _entity(self, name: str, *_rest: object) -> None:
        line, column = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1
        raise UnreadableRdf(
            f"RDF/XML, line {line}, column {column}: the entity {name!r} is declared; entities are never expanded.",
            mend="Write the namespaces and IRIs in full and remove the DOCTYPE.",
            line=line,
            column=column,
        )


def scan(data: bytes, budget: Budget) -> None:
    """Check that a document is well-formed XML within its limits.

    Raises:
        UnreadableRdf: It is not, or it declares an entity.
        LimitExceeded: It nests too deep, or takes too long.
    """
    try:
        _Scan(budget).run(data)
    except expat.ExpatError as error:
        line, column = error.lineno, error.offset + 1
        raise UnreadableRdf(
            f"RDF/XML, line {line}, column {column}: {expat.ErrorString(error.code)}.",
            mend="Correct the XML at that place.",
            line=line,
            column=column,
        ) from error


class _TagByTag:
    """A reader that gives one tag at a time, so that the parser cannot run ahead of the place of an error."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.start = self.end = 0

    def read(self, size: int) -> bytes:
        after = self._data.find(b">", self.end, self.end + size) + 1
        self.start, self.end = self.end, after or min(self.end + size, len(self._data))
        return self._data[self.start : self.end]


def locate(data: bytes, base_iri: str) -> tuple[int, int]:
    """Return line and column (1-based) of the tag at which the RDF/XML parser gives up."""
    reader = _TagByTag(data)
    try:
        for _ in read(reader, RdfFormat.RDF_XML, base_iri=base_iri):  # type: ignore[arg-type]
            pass
    except SyntaxError:
        pass
    piece = data[reader.start : reader.end]
    place = reader.start + len(piece) - len(piece.lstrip())
    return data.count(b"\n", 0, place) + 1, place - data.rfind(b"\n", 0, place)
