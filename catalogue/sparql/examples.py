"""Which worked examples do we ship, and how is one asked with other values?

Each is a file `queries/NAME.rq`: a SELECT that any tool can run as it stands. Comment lines that begin with `#+ ` hold
its description in Turtle about `<>`, in the terms of SHACL and of the SIB example collections. A parameter is a line
`VALUES ?name { default }`: what stands in the braces is replaced by one RDF term, never by text.

Spec: SHACL Advanced Features §3 (`sh:parameter`, `sh:optional`), https://www.w3.org/TR/shacl-af/;
https://github.com/sib-swiss/sparql-examples.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from catalogue.rdf.graph import Graph, Term
from catalogue.rdf.namespaces import DCT, RDF, RDFS, SH, XSD, Namespace

SCHEMA = Namespace("https://schema.org/")
VOCABULARY = "urn:health-catalogue:vocabulary:"

_BASE = "urn:health-catalogue:query:"
_HEADER = "#+ "
_HEADER_PREFIXES = {"dct": DCT, "rdfs": RDFS, "schema": SCHEMA, "sh": SH, "xsd": XSD}
_PREFIX = re.compile(r"^PREFIX ([\w-]*): <([^>]*)>$", re.MULTILINE)
_PLACE = re.compile(r"^( *VALUES \?(\w+) \{ )(.+)( \})$", re.MULTILINE)
_OPEN = "UNDEF"


class Type(StrEnum):
    """What a parameter takes."""

    CONCEPT = "concept"
    IRI = "IRI"
    INTEGER = "integer"
    DATE = "date"
    TEXT = "text"
    LANGUAGE = "language"


_TYPES = {
    XSD["integer"]: Type.INTEGER,
    XSD["date"]: Type.DATE,
    XSD["string"]: Type.TEXT,
    XSD["language"]: Type.LANGUAGE,
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """What may be set in a query. `vocabulary` is the short name of the one that a concept is from.

    `default` is None where the query is open for every value unless one is given; only an `optional` one may be open.
    """

    name: str
    label: str
    description: str
    type: Type
    vocabulary: str
    optional: bool
    default: NamedNode | Literal | None


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example: a query that has a name and can be asked with other values.

    `title` asks the question in plain words, `text` is the SPARQL without the header, `about` the header's Turtle.
    """

    name: str
    title: str
    description: str
    keywords: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    text: str
    about: str

    def bound(self, values: Mapping[str, NamedNode | Literal | None]) -> str:
        """The query with these values in the places of the defaults; None leaves a place open.

        A value gets into the text as the one term that it is: IRIs have no brackets or spaces, quotes are escaped.
        """
        terms = {name: _OPEN if value is None else str(value) for name, value in values.items()}
        return _PLACE.sub(lambda place: place[1] + terms.get(place[2], place[3]) + place[4], self.text)

    def described(self, iri: str, target: str) -> list[Triple]:
        """The example as the SIB collections describe theirs.

        Args:
            iri: Its address here; parameters are fragments of it.
            target: Address of the SPARQL endpoint.
        """
        node, prefixes = NamedNode(iri), BlankNode()
        triples = [
            *_header(self.about, iri),
            Triple(node, RDF["type"], SH["SPARQLExecutable"]),
            Triple(node, SH["select"], Literal(self.text)),
            Triple(node, SCHEMA["target"], NamedNode(target)),
            Triple(node, SH["prefixes"], prefixes),
        ]
        for prefix, namespace in _PREFIX.findall(self.text):
            declared = BlankNode()
            triples += [
                Triple(prefixes, SH["declare"], declared),
                Triple(declared, SH["prefix"], Literal(prefix)),
                Triple(declared, SH["namespace"], Literal(namespace, datatype=XSD["anyURI"])),
            ]
        return triples


def read_examples(folder: Path) -> tuple[Example, ...]:
    """Read the collection, in the order of the names.

    Raises:
        ValueError: A file is not as the module says; names it.
    """
    return tuple(_read(path) for path in sorted(folder.glob("*.rq")))


def _read(path: Path) -> Example:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    about = "".join(line.removeprefix(_HEADER) for line in lines if line.startswith(_HEADER))
    text = "".join(line for line in lines if not line.startswith(_HEADER)).lstrip("\n")
    try:
        return _example(path.stem, about, text)
    except (ValueError, SyntaxError, KeyError) as error:
        raise ValueError(f"{path.name}: {error}") from error


def _example(name: str, about: str, text: str) -> Example:
    graph, node = Graph(_header(about, _BASE + name)), NamedNode(_BASE + name)
    if SH["SPARQLSelectExecutable"] not in graph.values(node, RDF["type"]):
        raise ValueError("the header does not say that this is a SELECT")
    defaults = dict(_defaults(text))
    parameters = sorted(graph.values(node, SH["parameter"]), key=lambda each: int(_one(graph, each, SH["order"])))
    found = tuple(_parameter(graph, each, defaults) for each in parameters)
    if [parameter.name for parameter in found] != list(defaults):
        raise ValueError("the parameters of the header are not the VALUES lines of the query, in their order")
    return Example(
        name=name,
        title=_one(graph, node, RDFS["comment"]),
        description=_one(graph, node, DCT["description"]),
        keywords=tuple(word.value for word in graph.values(node, SCHEMA["keywords"]) if isinstance(word, Literal)),
        parameters=found,
        text=text,
        about=about,
    )


def _header(about: str, iri: str) -> list[Triple]:
    prefixes = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in _HEADER_PREFIXES.items())
    return [quad.triple for quad in parse(prefixes + about, format=RdfFormat.TURTLE, base_iri=iri)]


def _parameter(graph: Graph, node: Term, defaults: Mapping[str, NamedNode | Literal | None]) -> Parameter:
    name = _one(graph, node, SH["path"]).rpartition("#")[2]
    vocabulary = type_ = None
    for value in _values(graph, node, SH["node"]):
        vocabulary, type_ = value.value.removeprefix(VOCABULARY), Type.CONCEPT
    for value in _values(graph, node, SH["datatype"]):
        type_ = _TYPES[NamedNode(value.value)]
    optional = any(value.value == "true" for value in _values(graph, node, SH["optional"]))
    if defaults[name] is None and not optional:
        raise ValueError(f"?{name} is open, but not optional")
    return Parameter(
        name=name,
        label=_one(graph, node, SH["name"]),
        description=_one(graph, node, SH["description"]),
        type=type_ or Type.IRI,
        vocabulary=vocabulary or "",
        optional=optional,
        default=defaults[name],
    )


def _defaults(text: str) -> Iterator[tuple[str, NamedNode | Literal | None]]:
    """The parameters of a query and what stands in their places."""
    prefixes = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in _PREFIX.findall(text))
    for place in _PLACE.finditer(text):
        if place[3] == _OPEN:
            yield place[2], None
            continue
        (quad,) = parse(f"{prefixes}<urn:s> <urn:p> {place[3]} .", format=RdfFormat.TURTLE)
        if not isinstance(quad.object, NamedNode | Literal):
            raise ValueError(f"the default of ?{place[2]} is no term")
        yield place[2], quad.object


def _values(graph: Graph, node: Term, name: NamedNode) -> Iterable[NamedNode | Literal]:
    if isinstance(node, Literal):
        raise ValueError(f"{node} cannot be a parameter")
    return [value for value in graph.values(node, name) if not isinstance(value, BlankNode)]


def _one(graph: Graph, node: Term, name: NamedNode) -> str:
    values = list(_values(graph, node, name))
    if len(values) != 1:
        raise ValueError(f"{len(values)} values of {name} where there is to be one")
    return values[0].value
