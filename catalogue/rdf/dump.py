"""How do we read a dump of our own form quickly?

N-Triples or N-Quads in which every record has an IRI already and no node is blank: what the ledger holds, what
`/dump.nt.gz` gives. The engine checks the syntax; everything else is done on lines of text, without an object per term.
The records and their closures are those that `split` finds in the same file.
"""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter

from pyoxigraph import RdfFormat, parse, serialize

from catalogue.errors import InvalidSubmission, UnreadableRdf
from catalogue.model import Kind

from .media import N_QUADS, N_TRIPLES, Format
from .namespaces import DCAT, DCT, RDF

_KINDS = {
    kind: f" {RDF['type']} {class_} .\n".encode()
    for kind, class_ in (
        (Kind.DATASET, DCAT["Dataset"]),
        (Kind.SERIES, DCAT["DatasetSeries"]),
        (Kind.CATALOG, DCAT["Catalog"]),
    )
}
_TOLD = tuple(f" {name} ".encode() for name in (DCT["title"], DCT["identifier"], DCT["isPartOf"]))
_LISTS = tuple(f" {DCAT[name]} ".encode() for name in ("dataset", "record", "catalog"))
_BLANK_VALUE = re.compile(rb"> _:\S+ \.\n")
_LARGE = 20_000_000
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class DumpRecord:
    """One record of a dump.

    `content` is its canonical N-Triples, `told` those lines of it that say title, identifier and catalogue.
    """

    kind: Kind
    subject: str
    content: bytes
    told: bytes


def records(data: bytes, format: Format) -> Iterator[DumpRecord]:
    """Cut a dump into its records.

    Args:
        data: The whole file.
        format: N-Triples or N-Quads; the names of graphs do not count.

    Raises:
        UnreadableRdf: Not well-formed.
        InvalidSubmission: Another format, or a blank node: then the file is no dump of ours.
    """
    if format not in (N_TRIPLES, N_QUADS):
        raise InvalidSubmission("A dump is N-Triples or N-Quads.", mend="Submit other files with validation.")
    about = _index(data)
    kinds: dict[bytes, Kind] = {}
    for subject, lines in about.items():
        for kind, end in _KINDS.items():
            # A subject with several of these types is a catalogue before a series before a dataset.
            if subject + end in lines:
                kinds[subject] = kind
    for subject, kind in kinds.items():
        lines = _closure(subject, about, kinds)
        told = b"".join(line for line in about[subject] if line.startswith(_TOLD, len(subject)))
        yield DumpRecord(kind, subject[1:-1].decode(), b"".join(sorted(lines)), told)


def values(content: bytes) -> tuple[list[str], list[str]]:
    """Of canonical N-Triples: the text of the literals (for searching), and the IRIs that they point to."""
    literals: list[str] = []
    objects: list[str] = []
    for line in content.decode().split(" .\n"):
        value = line[line.find(" ", line.find(" ") + 1) + 1 :]
        if value[:1] == "<":
            objects.append(value[1:-1])
        elif value:
            literals.append(_text(value))
    return literals, objects


def _index(data: bytes) -> dict[bytes, list[bytes]]:
    """Canonical lines by subject, each once: what records share, such as agents, stands in a dump once per record."""
    text = _canonical_lines(data)
    if text.startswith(b"_:") or b"\n_:" in text or _BLANK_VALUE.search(text):
        raise InvalidSubmission("The file has blank nodes.", mend="Submit it with validation, which names them.")
    about: dict[bytes, list[bytes]] = {}
    for line in text.splitlines(keepends=True):
        subject = line[: line.index(b" ")]
        lines = about.get(subject)
        if lines is None:
            lines = about[subject] = []
        lines.append(line)
    return {subject: list(dict.fromkeys(lines)) for subject, lines in about.items()}


def _canonical_lines(data: bytes) -> bytes:
    """N-Triples as the engine writes them. A large file is cut between two lines and read by two processes."""
    half = data.rfind(b"\n", 0, len(data) // 2) + 1
    if len(data) < _LARGE:
        return _told(_attempt(data), 0)
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    other = context.Process(target=lambda: theirs.send(_attempt(data[half:])))  # forked: nothing is copied to it
    other.start()
    first = _attempt(data[:half])
    second = ours.recv()
    other.join()
    return _told(first, 0) + _told(second, data.count(b"\n", 0, half))


def _attempt(data: bytes) -> bytes | SyntaxError:
    try:
        return _rewritten(data)
    except SyntaxError as error:
        return error


def _rewritten(data: bytes) -> bytes:
    text = serialize(map(attrgetter("triple"), parse(data, format=RdfFormat.N_QUADS)), format=RdfFormat.N_TRIPLES)
    assert text is not None  # noqa: S101 - bytes are returned when no output is given
    return text


def _told(read: bytes | SyntaxError, lines_before: int) -> bytes:
    if isinstance(read, bytes):
        return read
    line, column = (read.lineno or 0) + lines_before, read.offset
    raise UnreadableRdf(f"Not N-Quads: line {line}, column {column}.", line=line, column=column) from read


def _closure(subject: bytes, about: dict[bytes, list[bytes]], kinds: dict[bytes, Kind]) -> list[bytes]:
    """The statements that belong to a record; a catalogue's without whom it lists."""
    seen = {subject}
    closure: list[bytes] = []
    waiting = [subject]
    while waiting:
        node = waiting.pop()
        start = len(node) + 1
        lists = kinds.get(node) is Kind.CATALOG
        for line in about[node]:
            value = line[line.index(b" ", start) + 1 : -3]
            if lists and line.startswith(_LISTS, start - 1):
                continue
            closure.append(line)
            if value in about and value not in seen and value not in kinds:
                seen.add(value)
                waiting.append(value)
    return closure


def _text(literal: str) -> str:
    text = literal[1 : literal.rindex('"')]
    return _ESCAPE.sub(_unescape, text) if "\\" in text else text


def _unescape(match: re.Match[str]) -> str:
    # For searching only: an escaped control character is a blank.
    return match[1] if match[1] in '"\\' else " "
