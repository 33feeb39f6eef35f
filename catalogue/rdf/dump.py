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
_BLANK = re.compile(rb"(?:^|> )_:")
_ESCAPE = re.compile(r"\\(.)")
_LARGE = 20_000_000


# The statements of each graph by its name: canonical N-Triples lines without their end.
Graphs = dict[bytes, list[bytes]]


@dataclass(frozen=True, slots=True)
class DumpRecord:
    """One record of a dump: its statements (canonical, sorted, without their end), and those of its subject that say
    title, identifier and catalogue."""

    kind: Kind
    subject: str
    statements: list[bytes]
    told: list[bytes]


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
            yield DumpRecord(kind, name[1:-1].decode(), sorted(set(lines)), own)


def written(statements: Iterable[bytes]) -> bytes:
    """Statements as N-Triples."""
    return b"".join([statement + b" .\n" for statement in statements])


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


def _graphs(data: bytes) -> Graphs:
    """Read the file; a large one is cut between two lines and read by two processes."""
    if len(data) < _LARGE:
        return _checked(_told(_attempt(data), 0))
    cut = data.rfind(b"\n", 0, len(data) * 3 // 5) + 1  # the other process has to send what it read, too
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    other = context.Process(target=lambda: theirs.send(_joined(_attempt(data[cut:]))))  # forked: nothing is copied
    other.start()
    graphs = _told(_attempt(data[:cut]), 0)
    for name, statements in _told(ours.recv(), data.count(b"\n", 0, cut)).items():
        graphs.setdefault(name, []).extend(statements[0].split(b"\n"))
    other.join()
    return _checked(graphs)


def _joined(read: Graphs | SyntaxError) -> Graphs | SyntaxError:
    """One text per graph, which goes through a pipe in a tenth of the time."""
    if isinstance(read, SyntaxError):
        return read
    return {name: [b"\n".join(statements)] for name, statements in read.items()}


def _attempt(data: bytes) -> Graphs | SyntaxError:
    try:
        text = serialize(parse(data, format=RdfFormat.N_QUADS), format=RdfFormat.N_QUADS) or b""
    except SyntaxError as error:
        return error
    graphs: Graphs = {}
    name, end = b"", b"\0"  # of the line before: a dump is written graph by graph
    graph: list[bytes] = []
    for line in text.splitlines():
        if not line.endswith(end):
            name = line[line.rindex(b" ", 0, -2) + 1 : -2]
            end = b" " + name + b" ."
            graph = graphs.setdefault(name, [])
        graph.append(line[: -len(end)])
    return graphs


def _told(read: Graphs | SyntaxError, lines_before: int) -> Graphs:
    if not isinstance(read, SyntaxError):
        return read
    line, column = (read.lineno or 0) + lines_before, read.offset
    raise UnreadableRdf(f"Not N-Quads: line {line}, column {column}.", line=line, column=column) from read


def _checked(graphs: Graphs) -> Graphs:
    for name, statements in graphs.items():
        if any(b"_:" in statement and _BLANK.search(statement) for statement in statements):
            raise InvalidSubmission("The file has blank nodes.", mend="Submit it with validation, which names them.")
        if name[:1] != b"<" or b'"' in name or any(statement.count(b" ") < 2 for statement in statements):
            raise InvalidSubmission(
                f"A statement that ends in {name.decode()[:200]} is in no named graph.",
                mend="A dump has one graph per record; submit other files with validation.",
            )
    return graphs


def _text(literal: str) -> str:
    text = literal[1 : literal.rindex('"')]
    return _ESCAPE.sub(_unescape, text) if "\\" in text else text


def _unescape(match: re.Match[str]) -> str:
    # For searching only: an escaped control character is a blank.
    return match[1] if match[1] in '"\\' else " "
