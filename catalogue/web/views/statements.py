"""In which form does a template get what a record says?

A `Fact` is one property with its values, a `FactGroup` those that stand together, a `Table` described nodes side
by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catalogue.model import Obligation
from catalogue.web.views.values import Value

# More columns do not fit beside a label.
MAX_COLUMNS = 6


@dataclass(frozen=True, slots=True)
class Table:
    """Described nodes side by side: one column per field, one row per node."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, tuple[tuple[Value, ...], ...]], ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """One property of a node: its label, term and values.

    `more` counts values that the page leaves to the data. A field that the profile knows without it being
    optional, and that is not stated, has no values.
    """

    label: str
    description: str
    term: str
    values: tuple[Value, ...]
    obligation: Obligation = Obligation.OPTIONAL
    table: Table | None = None
    more: int = 0

    @property
    def empty(self) -> bool:
        """Whether nothing is stated."""
        return not self.values

    @property
    def short(self) -> bool:
        """Whether the values may stand in one line."""
        return all(value.short for value in self.values)


@dataclass(frozen=True, slots=True)
class FactGroup:
    """Facts that stand together under one heading."""

    label: str
    id: str
    facts: tuple[Fact, ...]

    @property
    def stated(self) -> list[Fact]:
        """Facts with values, and mandatory ones without."""
        return [f for f in self.facts if f.values or f.obligation is Obligation.MANDATORY]

    @property
    def missing(self) -> list[Fact]:
        """Recommended facts that are not stated."""
        return [f for f in self.facts if not f.values and f.obligation is not Obligation.MANDATORY]


def side_by_side(values: Sequence[Value]) -> Table | None:
    """Two or more described nodes whose values are all plain, as a table of at most `MAX_COLUMNS`."""
    if len(values) < 2 or not all(value.facts for value in values):
        return None
    columns: dict[str, None] = {}
    for value in values:
        for fact in value.facts:
            if fact.more or any(inner.facts for inner in fact.values):
                return None
            columns[fact.label or fact.term] = None
    if len(columns) > MAX_COLUMNS:
        return None
    rows = []
    for value in values:
        cells = {fact.label or fact.term: fact.values for fact in value.facts}
        rows.append((value, tuple(cells.get(column, ()) for column in columns)))
    return Table(tuple(columns), tuple(rows))
