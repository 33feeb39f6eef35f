"""How does a page show the result of a query? As a table with names and links, as yes or no, or as Turtle."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO, Any, cast

from pyoxigraph import QueryBoolean, QueryResultsFormat, QuerySolutions, parse_query_results

from catalogue.model import Kind, State
from catalogue.sparql.guard import Form, Query
from catalogue.web.views.build import result_table

from .answering import client
from .context import catalogue, identity
from .vocabularies import desk

_TEXT = 200_000  # characters of a graph result that a page shows
_JSON, _TURTLE = "application/sparql-results+json", "text/turtle"


def shown(checked: Query) -> dict[str, Any]:
    """Run a query and word as much of its result as a page shows; the rest is not read.

    Returns:
        One of `table` (a `ResultTable`), `answer` (a truth value), `text` (a graph in Turtle).

    Raises:
        CatalogueError: As `services.querying.Queries.run`.
    """
    table = checked.form in (Form.SELECT, Form.ASK)
    result = catalogue().queries.run(checked, media_type=_JSON if table else _TURTLE, client=client())
    try:
        if not table:
            return {"text": _head(result.chunks)}
        solutions = parse_query_results(input=cast(IO[bytes], _Stream(result.chunks)), format=QueryResultsFormat.JSON)
        if isinstance(solutions, QueryBoolean):
            return {"answer": bool(solutions)}
        assert isinstance(solutions, QuerySolutions)  # noqa: S101 - a SELECT has solutions
        labels = Names()
        names = [variable.value for variable in solutions.variables]
        rows = (tuple(solution[name] for name in names) for solution in solutions)
        return {"table": result_table(names, rows, labels, labels.path)}
    finally:
        result.chunks.close()


class Names:
    """What concepts and records are called, and where their pages are; for one page, since records change."""

    def __init__(self) -> None:
        self._identity = identity()
        self._held = catalogue().vocabularies

    def label(self, iri: str, language: str = "en") -> str | None:
        """The name of a concept, or the title of a published record."""
        record = self._identity.of(iri)
        if record is None:
            return self._held.label(iri, language)
        return catalogue().reader.fact(("title", *record), lambda: _title(*record))

    def path(self, iri: str) -> str:
        """The page of ours about it; empty when there is none."""
        if self._identity.of(iri):
            return iri.removeprefix(self._identity.base)
        concept = self._held.concept(iri)
        scheme = self._held.scheme(concept.scheme) if concept else None
        return desk().path(scheme, iri) if scheme else ""


def _title(kind: Kind, slug: str) -> str | None:
    record = catalogue().ledger.record(kind, slug)
    # Where a draft is newer than what is public, the title may be the draft's.
    public = record is not None and record.state is State.PUBLISHED and record.latest == record.published
    return record.title if record is not None and public else None


def _head(chunks: Iterator[bytes]) -> str:
    found = b""
    for chunk in chunks:
        found += chunk
        if len(found) > _TEXT:
            break
    return found.decode(errors="replace")[:_TEXT]


class _Stream(io.RawIOBase):
    """The chunks of a result as a file, read no further than needed."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = chunk
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
