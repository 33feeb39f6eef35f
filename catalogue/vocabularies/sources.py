"""How are the vocabularies written down?

`ontologies/index.csv` has one row per vocabulary, `ontologies/sources/<name>.csv` one row per concept, and
`ontologies/sources/rewrites.csv` says which IRIs were replaced by which. The Turtle files beside them are generated
from these by `scripts/build_ontologies.py` for the SPARQL store; here the rows are read straight into concepts. What an
operator has renewed stands in the state folder in the same form (`own.py`).

Columns of a concept file: `iri` (the only one that must be there), `notation`, `broader` and `exact_match` (IRIs,
separated by spaces), `deprecated` (1 or empty), `replaced_by`; `also:` and a language tag: further names in that
language, one a line; every other column is a language tag with the label in that language. A concept without any label
is called by its notation.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from catalogue.model import Concept, Scheme

ALSO = "also:"
FIXED = ("iri", "notation", "broader", "deprecated", "replaced_by", "exact_match")

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the index: the vocabulary, and what its Turtle file and the README say besides.

    `why` says in which way an incomplete vocabulary is so; `licence_iri` is empty when no licence document is known.
    `folder` is where the index stands and, by `file`, the vocabulary's files.
    """

    scheme: Scheme
    why: str
    owner: str
    attribution: str
    licence_iri: str
    file: str
    folder: Path

    @property
    def turtle(self) -> Path:
        """The file for the SPARQL store."""
        return self.folder / self.file

    @property
    def rows(self) -> Path:
        """The file with the concepts."""
        return self.folder / "sources" / f"{Path(self.file).stem}.csv"


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of a concept file: the concept, IRIs that it exactly matches, and further names by language."""

    concept: Concept
    matches: tuple[str, ...] = ()
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


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


def read_rows(lines: Iterable[str], name: str) -> Iterator[Row]:
    """Yield the rows of a CSV file by column name.

    Raises:
        ValueError: A row has more or fewer cells than the heading, or it is no CSV; names file and line.
    """
    reader = csv.reader(lines)
    try:
        heading = next(reader, [])
        for cells in reader:
            if len(cells) != len(heading):
                raise ValueError(f"{name}, line {reader.line_num}: {len(cells)} cells, not {len(heading)}")
            yield dict(zip(heading, cells, strict=True))
    except csv.Error as error:
        raise ValueError(f"{name}, line {reader.line_num}: {error}") from error


def read_index(folder: Path) -> tuple[Entry, ...]:
    """Read the list of vocabularies, in its order (a concept's own scheme is the first that holds it).

    Args:
        folder: The folder `ontologies`, or the operator's.
    """
    return tuple(_entry(row, folder) for row in _rows(folder / "index.csv"))


def read_concepts(entry: Entry) -> Iterator[Listed]:
    """Yield the concepts of one vocabulary in the file's order."""
    return (listed(row, entry.scheme) for row in _rows(entry.rows))


def listed(row: Row, scheme: Scheme) -> Listed:
    """What a row of a concept file says."""
    labels: dict[str, str] = {}
    synonyms: dict[str, tuple[str, ...]] = {}
    for column, cell in row.items():
        if not cell or column in FIXED:
            continue
        if column.startswith(ALSO):
            synonyms[column.removeprefix(ALSO)] = tuple(cell.splitlines())
        else:
            labels[column] = cell
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
    return Listed(concept, tuple(row.get("exact_match", "").split()), synonyms)


def read_rewrites(folder: Path) -> Rewrites:
    """Read the known replacements."""
    iris: dict[str, str] = {}
    prefixes: list[Prefix] = []
    for row in _rows(folder / "sources" / "rewrites.csv"):
        if row["kind"] == "prefix":
            prefixes.append(Prefix(row["old"], row["new"], row["member_of"]))
        else:
            iris[row["old"]] = row["new"]
    prefixes.sort(key=lambda rule: -len(rule.old))
    return Rewrites(iris, tuple(prefixes))


def _rows(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from read_rows(file, path.name)


def _entry(row: Row, folder: Path) -> Entry:
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
    return Entry(scheme, row["why"], row["owner"], row["attribution"], row["licence_iri"], row["file"], folder)
