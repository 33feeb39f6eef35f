"""How do we read a dump of our own form quickly?

N-Quads with one named graph per record, named by its IRI, and no blank nodes: how the SPARQL store holds the records.
The engine checks the syntax; everything else is done on lines of text, without an object per term.
"""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pyoxigraph import RdfFormat, parse, serialize

from catalogue.errors import InvalidSubmission, UnreadableRdf
from catalogue.model import Kind

from .media import N_QUADS, Format
from .namespaces import DCAT, DCT, RDF

# A subject with several of these types is a catalogue before a series before a dataset, as in `split`.
_KINDS = {
    kind: f" {RDF['type']} {class_}".encode()
    for kind, class_ in (
        (Kind.CATALOG, DCAT["Catalog"]),
        (Kind.SERIES, DCAT["DatasetSeries"]),
        (Kind.DATASET, DCAT["Dataset"]),
    )
}
_TOLD = tuple(f" {name} ".encode() for name in (DCT["title"], DCT["identifier"], DCT["isPartOf"]))
_BLANK = re.compile(rb"(?:^|> )_:", re.MULTILINE)
_ESCAPE = re.compile(r"\\(.)")
_LARGE = 20_000_000


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
    """Read the records of a dump; graphs that do not describe what they are named by are left out.

    Args:
        data: The whole file.
        format: Must be N-Quads.

    Raises:
        UnreadableRdf: Not well-formed.
        InvalidSubmission: Another format, a blank node, or a statement in no graph: then the file is no dump of ours.
    """
    if format is not N_QUADS:
        raise InvalidSubmission("A dump is N-Quads.", mend="Submit files in other formats with validation.")
    for name, lines in _graphs(data).items():
        kind = next((kind for kind, end in _KINDS.items() if name + end in lines), None)
        if kind is not None:
            own = [line for line in lines if line.startswith(_TOLD, len(name)) and line.startswith(name)]
            yield DumpRecord(kind, name[1:-1].decode(), _written(set(lines)), _written(own))


def _written(statements: Iterable[bytes]) -> bytes:
    return b"".join(statement + b" .\n" for statement in sorted(statements))


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


def _graphs(data: bytes) -> dict[bytes, list[bytes]]:
    """Canonical statements (N-Triples lines without their end) by the name of their graph."""
    text = _canonical_lines(data)
    # Plain searches first: the expression takes a second where they take milliseconds.
    if (text.startswith(b"_:") or b"\n_:" in text or b"> _:" in text) and _BLANK.search(text):
        raise InvalidSubmission("The file has blank nodes.", mend="Submit it with validation, which names them.")
    graphs: dict[bytes, list[bytes]] = {}
    name, end = b"", b"\0"  # of the line before: a dump is written graph by graph
    graph: list[bytes] = []
    for line in text.splitlines():
        if not line.endswith(end):
            name = line[line.rindex(b" ", 0, -2) + 1 : -2]
            end = b" " + name + b" ."
            graph = graphs.setdefault(name, [])
        graph.append(line[: -len(end)])
    for name, lines in graphs.items():
        if name[:1] != b"<" or b'"' in name or any(line.count(b" ") < 2 for line in lines):
            raise InvalidSubmission(
                f"A statement that ends in {name.decode()[:200]} is in no named graph.",
                mend="A dump has one graph per record; submit other files with validation.",
            )
    return graphs


def _canonical_lines(data: bytes) -> bytes:
    """N-Quads as the engine writes them. A large file is cut between two lines and read by two processes."""
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
        text = serialize(parse(data, format=RdfFormat.N_QUADS), format=RdfFormat.N_QUADS)
    except SyntaxError as error:
        return error
    return text or b""


def _told(read: bytes | SyntaxError, lines_before: int) -> bytes:
    if isinstance(read, bytes):
        return read
    line, column = (read.lineno or 0) + lines_before, read.offset
    raise UnreadableRdf(f"Not N-Quads: line {line}, column {column}.", line=line, column=column) from read


def _text(literal: str) -> str:
    text = literal[1 : literal.rindex('"')]
    return _ESCAPE.sub(_unescape, text) if "\\" in text else text


def _unescape(match: re.Match[str]) -> str:
    # For searching only: an escaped control character is a blank.
    return match[1] if match[1] in '"\\' else " "
