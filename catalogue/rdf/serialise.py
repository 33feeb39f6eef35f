"""How is a description written down?

The same triples give the same bytes, whatever their order. Subjects stand together, the record's own first, then its
fragments; rdf:type comes first; only the prefixes in use are declared.
Spec: RDF 1.1 Turtle, N-Triples and XML Syntax; JSON-LD 1.1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from pyoxigraph import BlankNode, Literal, NamedNode, Triple, serialize

from .graph import Graph, Subject, Term
from .media import JSON_LD, RDF_XML, TURTLE, WRITTEN, Format
from .namespaces import PREFIXES, RDF, XSD

_TYPE = RDF["type"]
_STRING = XSD["string"].value
_NEXT = " ;\n  "
_PLAIN_LOCAL = re.compile(r"[A-Za-z0-9_](?:[\w-]*\w)?", re.ASCII)

# Letters of XML names that every edition of XML 1.0 takes.
_LETTER = "A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff"
_XML_LOCAL = re.compile(f"[{_LETTER}][-.0-9\u00b7{_LETTER}]*$")
_XML_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# Names with a meaning of their own in RDF/XML §5.1; those of the last two namespaces no prefix can be bound to.
_XML_RESERVED = {
    RDF[name].value
    for name in (
        *("RDF", "Description", "ID", "about", "parseType", "resource", "nodeID", "datatype", "li"),
        *("aboutEach", "aboutEachPrefix", "bagID"),
    )
}
_XML_UNBOUND = ("http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2000/xmlns/")

Block = tuple[Subject, list[tuple[NamedNode, list[Term]]]]


def serialise(
    triples: Iterable[Triple],
    format: Format,
    *,
    first: NamedNode | None = None,
    prefixes: Mapping[str, str] = PREFIXES,
) -> bytes:
    """Write triples down, UTF-8.

    Args:
        triples: A graph, or any triples.
        format: One of `media.WRITTEN`.
        first: The subject to begin with.
        prefixes: Those that may be used.

    Raises:
        ValueError: RDF/XML cannot write a predicate (its IRI does not end in an XML name); the message names it.
    """
    if format not in WRITTEN:
        raise ValueError(f"{format.label} is not written")
    blocks = _blocks(triples if isinstance(triples, Graph) else Graph(triples), first)
    if format is JSON_LD:
        return _json_ld(blocks, prefixes)
    if format is RDF_XML:
        return _rdf_xml(blocks, prefixes)
    if format is TURTLE:
        return _turtle(blocks, prefixes)
    ordered = (Triple(subject, name, value) for subject, about in blocks for name, values in about for value in values)
    written: bytes = serialize(ordered, format=format.rdf_format)  # type: ignore[assignment]
    return written


def _blocks(graph: Graph, first: NamedNode | None) -> list[Block]:
    """Put subjects, predicates and values in order."""
    start = f"{first.value}#" if first else None

    def rank(subject: Subject) -> tuple[int, str]:
        value = subject.value
        if isinstance(subject, BlankNode):
            return (3, value)
        if subject == first:
            return (0, value)
        return (1 if start and value.startswith(start) else 2, value)

    blocks: list[Block] = []
    for subject in sorted(graph.subjects(), key=rank):
        about = graph.about(subject)
        names = sorted(about, key=lambda name: (name != _TYPE, name.value))
        blocks.append((subject, [(name, sorted(about[name], key=str)) for name in names]))
    return blocks


class _Names:
    """Writes IRIs with a prefix where that needs no escape, and remembers the prefixes that it used."""

    def __init__(self, prefixes: Mapping[str, str], avoid: frozenset[str] = frozenset()) -> None:
        self._prefixes = {str(space): prefix for prefix, space in prefixes.items() if prefix not in avoid}
        self._cache: dict[str, str | None] = {}
        self._used: dict[str, str] = {}

    def short(self, iri: str) -> str | None:
        """Return the prefixed name, or None when there is none."""
        try:
            return self._cache[iri]
        except KeyError:
            return self._cache.setdefault(iri, self._make(iri))

    def used(self) -> dict[str, str]:
        """The prefixes in use and their namespaces, sorted."""
        return dict(sorted(self._used.items()))

    def _make(self, iri: str) -> str | None:
        cut = max(iri.rfind("#"), iri.rfind("/")) + 1
        prefix = self._prefixes.get(iri[:cut])
        if prefix is None or not _PLAIN_LOCAL.fullmatch(iri, cut):
            return None
        self._used[prefix] = iri[:cut]
        return f"{prefix}:{iri[cut:]}"


def _turtle(blocks: list[Block], prefixes: Mapping[str, str]) -> bytes:
    names = _Names(prefixes)
    short = names.short

    def write(term: Term) -> str:
        if isinstance(term, NamedNode):
            return short(term.value) or str(term)
        if isinstance(term, Literal):
            datatype = term.datatype.value
            if datatype != _STRING and not term.language and (name := short(datatype)):
                return f"{Literal(term.value)}^^{name}"
        return str(term)

    parts = []
    for subject, about in blocks:
        lines = []
        for name, values in about:
            verb = "a" if name == _TYPE else write(name)
            lines.append(f"{verb} {', '.join(map(write, values))}")
        parts.append(f"\n{write(subject)} {_NEXT.join(lines)} .\n")
    head = [f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in names.used().items()]
    return "".join(head + parts).encode()


def _json_ld(blocks: list[Block], prefixes: Mapping[str, str]) -> bytes:
    # An IRI such as <time:x> would be read with the prefix `time`, so a prefix that is somebody's scheme is not used.
    schemes = frozenset(
        term.value.partition(":")[0]
        for subject, about in blocks
        for name, values in about
        for term in (subject, name, *values)
        if isinstance(term, NamedNode)
    )
    names = _Names(prefixes, avoid=schemes)

    def write(value: Term) -> Any:
        if not isinstance(value, Literal):
            return {"@id": _label(value)}
        if value.language:
            return {"@language": value.language, "@value": value.value}
        datatype = value.datatype.value
        if datatype == _STRING:
            return value.value
        return {"@type": names.short(datatype) or datatype, "@value": value.value}

    nodes = []
    for subject, about in blocks:
        node: dict[str, Any] = {"@id": _label(subject)}
        for name, values in about:
            if name == _TYPE and not any(isinstance(value, Literal) for value in values):
                key = "@type"
                written = [names.short(value.value) or _label(value) for value in values]
            else:
                key = names.short(name.value) or name.value
                written = [write(value) for value in values]
            node[key] = written[0] if len(written) == 1 else written
        nodes.append(node)
    document = {"@context": names.used(), "@graph": nodes}
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def _label(node: Term) -> str:
    return f"_:{node.value}" if isinstance(node, BlankNode) else node.value


def has_xml_name(predicate: NamedNode) -> bool:
    """Whether RDF/XML can write statements with this predicate."""
    return _XmlNames({}).name(predicate.value) is not None


class _XmlNames:
    """Cuts IRIs into XML names and remembers the namespaces; unknown ones get ns1, ns2, …"""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self._prefixes = {str(namespace): prefix for prefix, namespace in prefixes.items() if prefix != "rdf"}
        self._prefixes[RDF] = "rdf"
        self._cache: dict[str, str | None] = {}
        self._unnamed = 0
        self.used: dict[str, str] = {"rdf": str(RDF)}

    def name(self, iri: str) -> str | None:
        """Return the name, or None when the IRI cannot be written as one."""
        if iri not in self._cache:
            self._cache[iri] = self._make(iri)
        return self._cache[iri]

    def _make(self, iri: str) -> str | None:
        local = _XML_LOCAL.search(iri)
        if local is None or iri in _XML_RESERVED:
            return None
        namespace = iri[: local.start()]
        if namespace in _XML_UNBOUND:
            return None
        prefix = self._prefixes.get(namespace)
        if prefix is None:
            self._unnamed += 1
            prefix = self._prefixes[namespace] = f"ns{self._unnamed}"
        self.used[prefix] = namespace
        return f"{prefix}:{local[0]}"


def _rdf_xml(blocks: list[Block], prefixes: Mapping[str, str]) -> bytes:
    names = _XmlNames(prefixes)
    labels: dict[str, str] = {}

    def reference(attribute: str, node: Term) -> str:
        if isinstance(node, BlankNode):
            # Labels are numbered anew: not every one is an XML name.
            return f'rdf:nodeID="{labels.setdefault(node.value, f"b{len(labels) + 1}")}"'
        return f"rdf:{attribute}={quoteattr(node.value)}"

    lines = []
    for subject, about in blocks:
        lines.append(f"  <rdf:Description {reference('about', subject)}>")
        for name, values in about:
            tag = names.name(name.value)
            if tag is None:
                raise ValueError(f"RDF/XML cannot write the predicate <{name.value}>")
            for value in values:
                if isinstance(value, Literal):
                    lines.append(f"    <{tag}{_xml_kind(value)}>{_xml_text(value.value)}</{tag}>")
                else:
                    lines.append(f"    <{tag} {reference('resource', value)}/>")
        lines.append("  </rdf:Description>")
    declared = "".join(f"\n  xmlns:{prefix}={quoteattr(namespace)}" for prefix, namespace in sorted(names.used.items()))
    body = "\n".join(lines)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF{declared}>\n{body}\n</rdf:RDF>\n'.encode()


def _xml_kind(value: Literal) -> str:
    if value.language:
        return f' xml:lang="{value.language}"'
    datatype = value.datatype.value
    return "" if datatype == _STRING else f" rdf:datatype={quoteattr(datatype)}"


def _xml_text(text: str) -> str:
    """Escape text; characters that XML 1.0 §2.2 forbids, even escaped, are left out."""
    return escape(_XML_FORBIDDEN.sub("", text), {"\r": "&#13;"})
