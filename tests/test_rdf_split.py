"""Cutting a file into records: what belongs to which, who lists whom, what is left out."""

from __future__ import annotations

import time

import pytest
from pyoxigraph import BlankNode, NamedNode, Triple

from catalogue.errors import LimitExceeded
from catalogue.model import Kind
from catalogue.rdf.media import TURTLE
from catalogue.rdf.namespaces import DCAT, DCT
from catalogue.rdf.parse import Limits, parse
from catalogue.rdf.split import Submission, split

LIMITS = Limits(bytes=1_000_000, triples=500_000, depth=100, seconds=20)
PREFIXES = """@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> . @prefix : <http://example.org/> .
"""


def read(text: str) -> list[Triple]:
    return parse((PREFIXES + text).encode(), TURTLE, base_iri="http://example.org/", limits=LIMITS)


def cut(text: str) -> Submission:
    return split(read(text))


def node(name: str) -> NamedNode:
    return NamedNode("http://example.org/" + name)


def described(submission: Submission, name: str) -> set[object]:
    [part] = [part for part in submission.parts if part.subject == node(name)]
    return set(part.graph.subjects())


def test_each_record_is_a_part_of_its_kind_in_order_of_mention() -> None:
    found = cut(":b a dcat:DatasetSeries . :a a dcat:Dataset . :c a dcat:Catalog . :x a foaf:Agent .")
    assert [(part.kind, part.subject) for part in found.parts] == [
        (Kind.SERIES, node("b")),
        (Kind.DATASET, node("a")),
        (Kind.CATALOG, node("c")),
    ]


def test_the_more_special_type_decides() -> None:
    found = cut(""":s a dcat:Dataset, dcat:DatasetSeries . :c a dcat:Catalog, dcat:Dataset .
      :z a dcat:DatasetSeries, dcat:Catalog .""")
    assert [part.kind for part in found.parts] == [Kind.SERIES, Kind.CATALOG, Kind.CATALOG]


def test_a_record_holds_whatever_it_mentions_from_node_to_node() -> None:
    found = cut(""":a a dcat:Dataset ; dct:publisher :p ; dct:language :en ;
        dcat:distribution [ dcat:accessService :svc ] .
      :p foaf:name "P" ; dct:spatial [ dct:title "x" ] . :svc a dcat:DataService ; dct:publisher :p .
      :other foaf:name "O" .""")
    [part] = found.parts
    named = {subject for subject in part.graph.subjects() if isinstance(subject, NamedNode)}
    assert named == {node("a"), node("p"), node("svc")}
    assert len(part.graph) == 10
    assert [triple.subject for triple in found.left_out] == [node("other")]


def test_a_shared_agent_is_in_every_record_that_mentions_it() -> None:
    found = cut(':a a dcat:Dataset ; dct:publisher :p . :b a dcat:Dataset ; dct:creator :p . :p foaf:name "P" .')
    assert [described(found, name) for name in "ab"] == [{node("a"), node("p")}, {node("b"), node("p")}]


def test_records_that_mention_each_other_stay_apart() -> None:
    found = cut(""":a a dcat:Dataset ; dct:source :b ; dcat:inSeries :s . :b a dcat:Dataset ; dct:relation :a .
      :s a dcat:DatasetSeries ; dcat:seriesMember :a .""")
    assert [described(found, name) for name in "abs"] == [{node("a")}, {node("b")}, {node("s")}]
    assert Triple(node("a"), DCT["source"], node("b")) in found.parts[0].graph
    assert Triple(node("s"), DCAT["seriesMember"], node("a")) in found.parts[2].graph
    assert found.catalogs == {}


def test_a_blank_record_keeps_its_reference_in_the_others() -> None:
    found = cut(":a a dcat:Dataset ; dct:source [ a dcat:Dataset ; dct:title 'x' ] .")
    [a, b] = sorted(found.parts, key=lambda part: isinstance(part.subject, BlankNode))
    assert Triple(node("a"), DCT["source"], b.subject) in a.graph
    assert len(a.graph) == len(b.graph) == 2


def test_who_lists_whom_is_taken_out_of_the_catalogue() -> None:
    found = cut(""":c a dcat:Catalog ; dcat:dataset :a, :s, :elsewhere ; dcat:catalog :sub ; dct:title "C" .
      :sub a dcat:Catalog ; dct:hasPart :b, :brochure . :brochure dct:title "B" .
      :a a dcat:Dataset . :b a dcat:Dataset . :s a dcat:DatasetSeries .""")
    assert found.catalogs == {
        node("a"): node("c"),
        node("s"): node("c"),
        node("sub"): node("c"),
        node("b"): node("sub"),
    }
    [catalog] = [part.graph for part in found.parts if part.subject == node("c")]
    assert catalog.values(node("c"), DCAT["dataset"]) == [node("elsewhere")]
    assert described(found, "sub") == {node("sub"), node("brochure")}
    assert found.left_out == ()


def test_is_part_of_names_a_catalogue_of_the_file_or_one_by_its_address() -> None:
    found = cut(""":a a dcat:Dataset ; dct:isPartOf :c . :b a dcat:Dataset ; dct:isPartOf </catalog/x> .
      :d a dcat:Dataset ; dct:isPartOf :a, :book, <http://e/?q=/catalog/x> . :c a dcat:Catalog .""")
    assert found.catalogs == {node("a"): node("c"), node("b"): node("catalog/x")}
    [a, b, d, _] = [part.graph for part in found.parts]
    assert (len(a), len(b), len(d)) == (1, 1, 4)


def test_catalogue_records_are_left_out() -> None:
    found = cut(""":c a dcat:Catalog ; dcat:record :r, [ a dcat:CatalogRecord ; foaf:primaryTopic :a ] .
      :r a dcat:CatalogRecord ; foaf:primaryTopic :a ; dct:conformsTo :p . :p dct:title "P" . :a a dcat:Dataset .""")
    assert [len(part.graph) for part in found.parts] == [1, 1]
    assert len(found.left_out) == 8


def test_circles_and_long_chains_end() -> None:
    chain = " ".join(f":n{i} dct:relation :n{i + 1} ." for i in range(19_000))
    found = cut(f":a a dcat:Dataset ; dct:relation :n0, :a . {chain} :n19000 dct:relation :n0 .")
    assert len(found.parts[0].graph) == 19_004


def test_a_record_that_is_too_large_is_refused() -> None:
    triples = read(":a a dcat:Dataset ; dct:publisher :p . :p foaf:name 'P', 'Q', 'R' .")
    assert len(split(triples, record_limit=5).parts[0].graph) == 5
    with pytest.raises(LimitExceeded, match=r"example\.org/a") as caught:
        split(triples, record_limit=4)
    assert caught.value.details == {"limit": 4, "setting": "max_record_triples"}


def test_records_that_share_too_much_are_refused() -> None:
    shared = ":p foaf:name " + ", ".join(f"'{n}'" for n in range(10_000)) + " . "
    records = " ".join(f":d{n} a dcat:Dataset ; dct:publisher :p ." for n in range(150))
    started = time.monotonic()
    with pytest.raises(LimitExceeded) as caught:
        cut(shared + records)
    assert caught.value.details == {"limit": 1_000_000, "setting": "max_submission_triples"}
    assert time.monotonic() - started < 10


def test_a_file_without_records_has_no_parts() -> None:
    found = cut(":p foaf:name 'P' .")
    assert (found.parts, len(found.left_out)) == ((), 1)
