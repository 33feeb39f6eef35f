"""Writing RDF: it reads back as it was, the same triples are the same bytes, and people can read it."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
)
from pyoxigraph import parse as native_parse

from catalogue.errors import CatalogueError
from catalogue.rdf.graph import Graph
from catalogue.rdf.media import JSON_LD, N_QUADS, N_TRIPLES, RDF_XML, TURTLE, WRITTEN, Format, by_file_name
from catalogue.rdf.namespaces import DCAT, DCT, RDF, XSD
from catalogue.rdf.parse import Limits, parse
from catalogue.rdf.serialise import serialise

LIMITS = Limits(bytes=20_000_000, triples=500_000, depth=100, seconds=20)
QUICK = settings(max_examples=200, deadline=None, database=None)
CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"
DATASET = NamedNode("https://example.org/dataset/a")


def isomorphic(triples: list[Triple]) -> set[Quad]:
    dataset = Dataset(Quad(t.subject, t.predicate, t.object) for t in triples)
    dataset.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return set(dataset)


def read(data: bytes, format: Format) -> list[Triple]:
    return parse(data, format, base_iri="http://base.example/", limits=LIMITS)


def valid(iri: str) -> bool:
    try:
        NamedNode(iri)
    except ValueError:
        return False
    return True


STARTS = (
    "http://example.org/",
    "urn:x:",
    "mailto:",
    "time:",
    "dct:",
    "http:",
    DCAT,
    DCT,
    XSD,
    RDF,
    "http://x/#",
    "x:/",
)
TAILS = st.text("aZ09-._~!$&'()*+,;=:@/?#%éßж中\U0001f600·²", max_size=8)
IRIS = st.builds("{}{}".format, st.sampled_from(STARTS), TAILS).filter(valid).map(NamedNode)
NAMES = st.builds(
    lambda start, tail: NamedNode(start + tail),
    st.sampled_from(["http://example.org/", "urn:x:", DCAT, DCT, "http://x/#é?q="]),
    st.from_regex(r"[a-zA-Zé_][a-z0-9é_.-]{0,6}", fullmatch=True).filter(lambda tail: valid("http://x/" + tail)),
)
LITERALS = (
    st.text(max_size=12).map(Literal)
    | st.text("\x00\x01\x0b\r\n\t\"'\\<>&]\x85\u2028\ufffe\uffff ", max_size=8).map(Literal)
    | st.builds(lambda v, tag: Literal(v, language=tag), st.text(max_size=5), st.sampled_from(["en", "de-at"]))
    | st.builds(
        lambda v, type: Literal(v, datatype=type),
        st.text(max_size=5) | st.sampled_from(["1", "1.0", "true", "01", "INF", "4.0E0", "{}"]),
        st.sampled_from([XSD["integer"], XSD["double"], XSD["boolean"], RDF["JSON"], RDF["XMLLiteral"]]) | IRIS,
    ).filter(lambda literal: literal.datatype not in (RDF["langString"], RDF["dirLangString"]))
)  # fmt: skip
BLANKS = st.sampled_from(["a", "0", "b1", "a.b", "é"]).map(BlankNode)


def graphs(predicates: st.SearchStrategy[NamedNode]) -> st.SearchStrategy[list[Triple]]:
    return st.lists(
        st.builds(Triple, IRIS | BLANKS, predicates | st.just(RDF["type"]), IRIS | BLANKS | LITERALS),
        max_size=8,
    )


@pytest.mark.parametrize("format", [TURTLE, JSON_LD, N_TRIPLES], ids=lambda format: format.name)
@QUICK
@given(triples=graphs(IRIS))
def test_what_is_written_reads_back_the_same(format: Format, triples: list[Triple]) -> None:
    assert isomorphic(read(serialise(triples, format), format)) == isomorphic(triples)


def without_forbidden(triple: Triple) -> Triple:
    value = triple.object
    if not isinstance(value, Literal):
        return triple
    kept = "".join(c for c in value.value if c in "\t\n\r" or " " <= c < "\ufffe" or c > "\uffff")
    if value.language:
        return Triple(triple.subject, triple.predicate, Literal(kept, language=value.language))
    return Triple(triple.subject, triple.predicate, Literal(kept, datatype=value.datatype))


@QUICK
@given(graphs(NAMES))
def test_rdf_xml_reads_back_the_same_but_for_characters_that_xml_forbids(triples: list[Triple]) -> None:
    written = serialise(triples, RDF_XML)
    assert isomorphic(read(written, RDF_XML)) == isomorphic([without_forbidden(triple) for triple in triples])


@pytest.mark.parametrize(
    "predicate",
    ["http://example.org/", "http://example.org/123", "urn:x:a%20", RDF["li"], RDF["about"], "http://www.w3.org/2000/xmlns/a"],
)  # fmt: skip
def test_a_predicate_that_xml_cannot_write_is_named(predicate: str | NamedNode) -> None:
    name = predicate if isinstance(predicate, NamedNode) else NamedNode(predicate)
    with pytest.raises(ValueError, match="cannot write the predicate") as caught:
        serialise([Triple(DATASET, name, Literal("a"))], RDF_XML)
    assert name.value in str(caught.value)


@pytest.mark.parametrize("format", WRITTEN, ids=lambda format: format.name)
@QUICK
@given(triples=graphs(NAMES), chance=st.randoms())
def test_the_order_of_the_triples_does_not_show(format: Format, triples: list[Triple], chance: Random) -> None:
    shuffled = triples * 2
    chance.shuffle(shuffled)
    assert serialise(shuffled, format, first=DATASET) == serialise(Graph(triples), format, first=DATASET)


EXAMPLE = [
    Triple(NamedNode("https://example.org/agent/z"), DCT["title"], Literal("Z")),
    Triple(DATASET, DCT["title"], Literal("Un titre", language="fr")),
    Triple(NamedNode("https://example.org/dataset/a#distribution"), RDF["type"], DCAT["Distribution"]),
    Triple(DATASET, DCT["title"], Literal("A title", language="en")),
    Triple(NamedNode("https://example.org/agent/b"), DCAT["byteSize"], Literal("5", datatype=XSD["decimal"])),
    Triple(DATASET, RDF["type"], DCAT["Dataset"]),
]


def test_turtle_is_grouped_with_the_record_first_and_only_the_prefixes_in_use() -> None:
    assert serialise(EXAMPLE, TURTLE, first=DATASET).decode() == (
        "@prefix dcat: <http://www.w3.org/ns/dcat#> .\n"
        "@prefix dct: <http://purl.org/dc/terms/> .\n"
        "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
        "\n<https://example.org/dataset/a> a dcat:Dataset ;\n"
        '  dct:title "A title"@en, "Un titre"@fr .\n'
        "\n<https://example.org/dataset/a#distribution> a dcat:Distribution .\n"
        '\n<https://example.org/agent/b> dcat:byteSize "5"^^xsd:decimal .\n'
        '\n<https://example.org/agent/z> dct:title "Z" .\n'
    )


def test_json_ld_is_compact_and_carries_its_context() -> None:
    document = json.loads(serialise(EXAMPLE, JSON_LD, first=DATASET))
    assert list(document["@context"]) == ["dcat", "dct", "xsd"]
    assert document["@graph"][0] == {
        "@id": DATASET.value,
        "@type": "dcat:Dataset",
        "dct:title": [{"@language": "en", "@value": "A title"}, {"@language": "fr", "@value": "Un titre"}],
    }


def test_rdf_xml_is_well_formed_for_other_parsers_too() -> None:
    nasty = Literal("a\x00b\x0b\ufffe<&]]>\r\n")
    written = serialise([Triple(DATASET, DCT["title"], nasty)], RDF_XML)
    root = ElementTree.fromstring(written)  # noqa: S314 - our own output
    assert [element.text for element in root.iter(f"{{{DCT}}}title")] == ["ab<&]]>\r\n"]


def test_an_unusual_prefix_map_is_taken() -> None:
    written = serialise(EXAMPLE, TURTLE, prefixes={"d": DCT})
    assert written.startswith(b"@prefix d: <http://purl.org/dc/terms/> .\n\n")


def test_a_format_that_is_only_read_is_refused() -> None:
    with pytest.raises(ValueError, match="N-Quads"):
        serialise(EXAMPLE, N_QUADS)


def test_the_native_json_ld_parser_reads_ours_too() -> None:
    written = serialise(EXAMPLE, JSON_LD)
    assert {quad.triple for quad in native_parse(written, RdfFormat.JSON_LD)} == set(EXAMPLE)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real records is not beside the checkout")
@pytest.mark.parametrize("format", WRITTEN, ids=lambda format: format.name)
def test_real_files_survive_every_format(format: Format) -> None:
    survived = 0
    for file in sorted(CORPUS.rglob("*.ttl"))[::4]:
        try:
            triples = read(file.read_bytes(), by_file_name(file.name))
        except CatalogueError:
            continue
        if len(triples) < 2000:
            assert isomorphic(read(serialise(triples, format), format)) == isomorphic(triples), file.name
            survived += 1
    assert survived > 20
