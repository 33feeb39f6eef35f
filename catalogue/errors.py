"""What can go wrong, by name?

Every failure that we name is one of these classes. The message says what, where and how to mend it;
the HTTP status is chosen once, in `catalogue.web.errors`, the exit code once, in `catalogue.cli`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class CatalogueError(Exception):
    """Root of every failure we name.

    * InvalidSubmission
      - UnreadableRdf         line and column where the parser stopped
      - UnknownContext        a JSON-LD context that is not bundled; never fetched
      - UnsupportedMediaType  what is taken
      - LimitExceeded         which limit, its value, the setting's name
      - NoRecord              parsed, but describes no dataset, series or catalogue
      - ShapeViolation        carries the report(s)
    * NotAcceptable           what can be had
    * UnknownRecord, WithdrawnRecord
    * Conflict                the slug, subject or identifier is taken
    * RevisionConflict        someone saved first
    * PreconditionRequired    a change without If-Match
    * Unauthenticated, Forbidden
    * MalformedQuery, QueryRefused, QueryTimeout, QueryTooLarge, QueryFailed
    * Unavailable             cannot answer completely now; try again later

    Args:
        what: One sentence: what is wrong and where.
        mend: One sentence: how to mend it. Empty when nothing can be done.
        details: Machine-readable members for the problem document (RFC 9457 §3.2).
    """

    def __init__(self, what: str, *, mend: str = "", **details: Any) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend
        self.details: Mapping[str, Any] = details

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are made anew from their positional arguments alone when they come from another process.
        return _again, (type(self), self.what, self.mend, dict(self.details))


def _again(class_: type[CatalogueError], what: str, mend: str, details: dict[str, Any]) -> CatalogueError:
    return class_(what, mend=mend, **details)


class InvalidSubmission(CatalogueError):
    """The submitted bytes cannot be taken."""


class UnreadableRdf(InvalidSubmission):
    """Not well-formed in the stated format; details: `line`, `column` (1-based, where known)."""


class UnknownContext(UnreadableRdf):
    """A remote JSON-LD context that is not bundled; details: `context`, `known`."""


class UnsupportedMediaType(InvalidSubmission):
    """The stated media type or file name is none that we read; details: `accepted`."""


class LimitExceeded(InvalidSubmission):
    """Too large, too deep, too many; details: `limit` (number), `setting` (its name)."""


class NoRecord(InvalidSubmission):
    """Well-formed RDF that describes no dataset, series or catalogue."""


class ShapeViolation(InvalidSubmission):
    """A required profile is violated; details: `results`, one per record, each with its report."""


class NotAcceptable(CatalogueError):
    """No representation fits the Accept header; details: `available`."""


class UnknownRecord(CatalogueError):
    """No such record, or none that the asker may see."""


class WithdrawnRecord(CatalogueError):
    """The record was withdrawn; details: the tombstone (`title`, `at`, `reason`)."""


class Conflict(CatalogueError):
    """The slug, subject or identifier belongs to another record; details: `record` (its IRI)."""


class RevisionConflict(CatalogueError):
    """Someone saved first: `If-Match` names an older revision; details: `etag` (the current one)."""


class PreconditionRequired(CatalogueError):
    """A change of an existing record needs `If-Match` (RFC 6585 §3); details: `etag`."""


class Unauthenticated(CatalogueError):
    """No token, or one that we do not know."""


class Forbidden(CatalogueError):
    """The token's role does not allow this."""


class MalformedQuery(CatalogueError):
    """Not a SPARQL query; details: `line`, `column` where known."""


class QueryRefused(CatalogueError):
    """A query that we do not run: update, SERVICE, a graph to be fetched."""


class QueryTimeout(CatalogueError):
    """The worker was ended at the deadline; details: `limit` (seconds), `setting`."""


class QueryTooLarge(CatalogueError):
    """The worker was ended above its memory or result limit; details: `limit`, `setting`."""


class TooManyQueries(CatalogueError):
    """This client asks more than it may at once or in a minute; details: `limit`, `setting`, `retry_after`."""


class ClientGone(CatalogueError):
    """The asker has closed the connection: nobody reads the answer."""


class QueryFailed(CatalogueError):
    """The engine gave up or its process died while running this query."""


class Unavailable(CatalogueError):
    """We cannot answer completely now; details: `retry_after` (seconds)."""
