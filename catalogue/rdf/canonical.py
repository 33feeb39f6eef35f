"""Which bytes stand for a description, and when are two the same?

Sorted N-Triples without blank nodes, so that equal descriptions are equal bytes. Spec: RDF 1.1 N-Triples, canonical
form; the order is that of the bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from pyoxigraph import BlankNode, RdfFormat, Triple, serialize
from pyoxigraph import parse as read_triples

from .graph import Graph


def canonical(triples: Iterable[Triple]) -> bytes:
    """Return the triples as sorted N-Triples lines, each once, each ending in " .\\n".

    Raises:
        ValueError: There is a blank node (see `skolem.mint`).
    """
    triples = list(triples)
    for triple in triples:
        if isinstance(triple.subject, BlankNode) or isinstance(triple.object, BlankNode):
            raise ValueError(f"a blank node has no canonical form: {triple}")
    written: bytes = serialize(triples, format=RdfFormat.N_TRIPLES)  # type: ignore[assignment]
    return b"".join(sorted(set(written.splitlines(keepends=True))))


def digest(content: bytes) -> str:
    """Return the SHA-256 of canonical content, in hex."""
    return hashlib.sha256(content).hexdigest()


def read(content: bytes) -> Graph:
    """Return the graph that canonical content of ours stands for."""
    return Graph(quad.triple for quad in read_triples(content, RdfFormat.N_TRIPLES, lenient=True))
