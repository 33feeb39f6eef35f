"""How much may one document cost us to read?

Every reader takes a `Budget`: it is charged while reading, and ends the reading when a limit is passed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from catalogue.errors import LimitExceeded

# A prefix is written once and used often, so a small file can name gigabytes of IRIs. Real files grow by three to
# five times when every term is written out.
_GROWTH = 16


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost: its size, its triples, its nesting, and the seconds to read it."""

    bytes: int
    triples: int
    depth: int
    seconds: float


class Budget:
    """What is left of the limits while one document is being read.

    Raises (from every method):
        LimitExceeded: The limit is passed; details `limit`, `setting`.
    """

    __slots__ = ("_deadline", "_text", "_triples", "limits")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._deadline = time.monotonic() + limits.seconds
        self._triples = limits.triples
        self._text = limits.bytes * _GROWTH

    def size(self, data: bytes) -> None:
        """Check the size of the document."""
        limit = self.limits.bytes
        if len(data) > limit:
            raise LimitExceeded(
                f"The file has {len(data):,} bytes; at most {limit:,} are taken.",
                mend="Send it in parts, for instance one dataset each.",
                limit=limit,
                setting="max_submission_bytes",
            )

    def time(self) -> None:
        """Check the clock."""
        if time.monotonic() > self._deadline:
            limit = self.limits.seconds
            raise LimitExceeded(
                f"Reading the file takes longer than {limit:g} seconds.",
                mend="Send it in parts, or as N-Triples or Turtle, which are read fastest.",
                limit=limit,
                setting="max_parse_seconds",
            )

    def triples(self, count: int) -> None:
        """Charge that many triples."""
        self._triples -= count
        if self._triples < 0:
            limit = self.limits.triples
            raise LimitExceeded(
                f"The file holds more than {limit:,} statements.",
                mend="Send it in parts, for instance one dataset each.",
                limit=limit,
                setting="max_submission_triples",
            )

    def text(self, length: int) -> None:
        """Charge that many characters of IRIs and literals, written out."""
        self._text -= length
        if self._text < 0:
            limit = self.limits.bytes
            raise LimitExceeded(
                f"Written out, the terms of the file take more than {_GROWTH} times the {limit:,} bytes allowed.",
                mend="Use shorter prefixes, bases and IRIs, and one context for the whole file.",
                limit=limit,
                setting="max_submission_bytes",
            )

    def depth(self, depth: int) -> None:
        """Check how deep the document nests."""
        if depth > self.limits.depth:
            raise too_deep(self.limits.depth)


def too_deep(limit: int) -> LimitExceeded:
    """Return the error for a document that nests deeper than the limit."""
    return LimitExceeded(
        f"The file nests deeper than {limit} levels.",
        mend="Give the inner nodes IRIs of their own and describe them beside each other.",
        limit=limit,
        setting="max_depth",
    )
