"""How are the vocabularies written down?

`ontologies/index.csv` has one row per vocabulary, `ontologies/sources/<name>.csv` one row per concept, and
`ontologies/sources/rewrites.csv` says which IRIs were replaced by which. The Turtle files beside them are generated
from these by `scripts/build_ontologies.py` for the SPARQL store; here the rows are read straight into concepts.

Columns of a concept file: `iri` (the only one that must be there), `notation`, `broader` and `exact_match` (IRIs,
separated by spaces), `deprecated` (1 or empty), `replaced_by`; every other column is a language tag with the label
in that language. A concept without any label is called by its notation.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from catalogue.model import Concept, Scheme

_FIXED = frozenset({"iri", "notation", "broader", "deprecated", "replaced_by", "exact_match"})

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the index: the vocabulary, and what its Turtle file and the README say besides.

    `why` says in which way an incomplete vocabulary is so; `licence_iri` is empty when no licence document is known.
    """

    scheme: Scheme
    why: str
    owner: str
    attribution: str
    licence_iri: str
    file: str


@dataclass(frozen=True, slots=True)
class Prefix:
    """IRIs that begin with `old` are today written with `new`.

    `member_of` says what the old IRI still belongs to when the new one is known: `scheme`, the same schemes (both
    are right); `base`, the schemes on the old base; empty, nothing.
    """

    old: str
    new: str
    member_of: str

    def rewrite(self, iri: str) -> str | None:
        """The IRI of today, or None when the rule does not apply (where `new` extends `old`, not twice)."""
        if not iri.startswith(self.old) or iri.startswith(self.new):
            return None
        return self.new + iri[len(self.old) :]


@dataclass(frozen=True, slots=True)
class Rewrites:
    """Known replacements: IRI for IRI, and beginning for beginning (longest first)."""

    iris: Mapping[str, str]
    prefixes: tuple[Prefix, ...]


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a CSV file by column name.

    Raises:
        ValueError: A row has more or fewer cells than the heading; names file and line.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        heading = next(reader)
        for cells in reader:
            if len(cells) != len(heading):
                raise ValueError(f"{path.name}, line {reader.line_num}: {len(cells)} cells, not {len(heading)}")
            yield dict(zip(heading, cells, strict=True))


def read_index(folder: Path) -> tuple[Entry, ...]:
    """Read the list of vocabularies, in its order (a concept's own scheme is the first that holds it).

    Args:
        folder: The folder `ontologies`.
    """
    return tuple(_entry(row) for row in read_rows(folder / "index.csv"))


def read_concepts(folder: Path, scheme: Scheme) -> Iterator[tuple[Concept, tuple[str, ...]]]:
    """Yield the concepts of one vocabulary in the file's order, each with the IRIs that it exactly matches."""
    for row in read_rows(folder / "sources" / f"{scheme.name}.csv"):
        labels = {column: cell for column, cell in row.items() if cell and column not in _FIXED}
        notation = row.get("notation") or None
        concept = Concept(
            iri=row["iri"],
            scheme=scheme.iri,
            labels=labels or {"en": notation or row["iri"]},
            notation=notation,
            broader=tuple(row.get("broader", "").split()),
            deprecated=row.get("deprecated") == "1",
            replacement=row.get("replaced_by") or None,
        )
        yield concept, tuple(row.get("exact_match", "").split())


def read_rewrites(folder: Path) -> Rewrites:
    """Read the known replacements."""
    iris: dict[str, str] = {}
    prefixes: list[Prefix] = []
    for row in read_rows(folder / "sources" / "rewrites.csv"):
        if row["kind"] == "prefix":
            prefixes.append(Prefix(row["old"], row["new"], row["member_of"]))
        else:
            iris[row["old"]] = row["new"]
    prefixes.sort(key=lambda rule: -len(rule.old))
    return Rewrites(iris, tuple(prefixes))


def _entry(row: Row) -> Entry:
    scheme = Scheme(
        name=row["name"],
        iri=row["iri"],
        title=row["title"],
        version=row["version"],
        complete=row["complete"] == "yes",
        source=row["source"],
        licence=row["licence"],
        prefixes=tuple(row["prefixes"].split()),
    )
    return Entry(scheme, row["why"], row["owner"], row["attribution"], row["licence_iri"], row["file"])
