"""Names for nodes without one: readable, stable, never taken twice."""

from __future__ import annotations

import time
from random import Random

import pytest
from harness import N_TRIPLES, Service, path_of, record
from harness import TURTLE as MEDIA_TYPE
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from catalogue.rdf.canonical import canonical
from catalogue.rdf.graph import Graph
from catalogue.rdf.media import TURTLE
from catalogue.rdf.parse import Limits, parse
from catalogue.rdf.skolem import mint, rename

LIMITS = Limits(bytes=20_000_000, triples=500_000, depth=100, seconds=20)
SUBJECT = NamedNode("http://example.org/d")
PREFIXES = "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> . @prefix : <#> .\n"


def graph(text: str) -> Graph:
    return Graph(parse((PREFIXES + text).encode(), TURTLE, base_iri=SUBJECT.value, limits=LIMITS))


def fragments(text: str) -> list[str]:
    """The fragments that blank nodes of the text got, sorted."""
    before = graph(text)
    start = SUBJECT.value + "#"
    known = {term for t in before for term in (t.subject, t.predicate, t.object)}
    named = {
        term.value.removeprefix(start)
        for t in mint(before, SUBJECT)
        for term in (t.subject, t.object)
        if isinstance(term, NamedNode) and term.value.startswith(start) and term not in known
    }
    return sorted(named)


def test_a_node_is_named_after_the_property_that_points_to_it() -> None:
    assert fragments("<> dcat:contactPoint [ dct:title 'x' ] ; dct:publisher [ dcat:accessURL [ ] ] .") == [
        "access-url",
        "contact-point",
        "publisher",
    ]


def test_several_of_one_name_carry_a_hash_of_what_they_say() -> None:
    both = fragments("<> dcat:distribution [ dct:title 'a' ], [ dct:title 'b' ] .")
    more = fragments("<> dcat:distribution [ dct:title 'c' ], [ dct:title 'b' ], [ dct:title 'a' ] .")
    assert len(both) == 2
    assert set(both) < set(more)
    assert all(len(name) == len("distribution-123456") for name in more)


def test_twins_are_numbered() -> None:
    names = fragments("<> dcat:distribution [ dct:title 'a' ], [ dct:title 'a' ], [ dct:title 'a' ] .")
    assert names == [names[0], names[0] + "-2", names[0] + "-3"]


def test_names_that_the_graph_has_already_are_not_taken() -> None:
    [name] = fragments("<> dcat:contactPoint [ dct:title 'x' ] ; dct:relation <#contact-point> .")
    assert name.startswith("contact-point-")
    [again] = fragments(f"<> dcat:contactPoint [ dct:title 'x' ] ; dct:relation <#contact-point>, <#{name}> .")
    assert again == name + "-2"


def test_lists_are_named_too() -> None:
    minted = mint(graph("<> :steps ( 'a' 'b' 'a' ) ."), SUBJECT)
    assert canonical(minted)
    assert len(minted) == 7


def test_a_node_that_nothing_points_to_is_named_after_its_type() -> None:
    assert fragments("<> dct:title 'x' . [ a dcat:Relationship ] dct:relation <> . [ ] dct:subject <> .") == [
        "node",
        "relationship",
    ]


def test_a_graph_without_blank_nodes_is_given_back() -> None:
    named = graph("<> dct:title 'x' .")
    assert mint(named, SUBJECT) is named


def test_renaming_changes_subjects_and_objects_and_leaves_the_given_graph_alone() -> None:
    before = graph("_:b dct:title 'x' . <> dct:source _:b .")
    after = rename(before, {BlankNode("b"): NamedNode("http://example.org/new")})
    assert set(after) == set(graph("<http://example.org/new> dct:title 'x' . <> dct:source <http://example.org/new> ."))
    assert BlankNode("b") in before.subjects()


@pytest.mark.parametrize("subject", ["https://x.example/a#d", "http://localhost/dataset/x#d"])
def test_a_subject_with_a_fragment_names_its_nodes_too(service: Service, subject: str) -> None:
    """An IRI has one `#`: what the author gave no name continues the fragment of the subject."""
    text = record("x", subject=f"<{subject}>") + f"\n<{subject}> dct:creator [ foaf:homepage <https://a.example/> ] ."
    judged = service.client.post("/validate?profile=healthdcat-ap-8", data=text, content_type=MEDIA_TYPE)
    published = service.submit(text.replace("foaf:homepage", 'foaf:name "Ada"@en ; a foaf:Agent ; foaf:homepage'))

    assert judged.status_code == 200
    [report] = judged.json["reports"]
    assert f"{subject}-creator" in {finding["focus"] for finding in report["findings"]}
    assert published.status_code == 201, published.text
    path = path_of(published.headers["Location"])
    assert f"{published.headers['Location']}#creator" in service.get(path, N_TRIPLES).text


def relabelled(triples: list[Triple], chance: Random) -> Graph:
    """The same statements in another order with other labels."""
    labels: dict[BlankNode, BlankNode] = {}

    def other(term: object) -> object:
        return labels.setdefault(term, BlankNode()) if isinstance(term, BlankNode) else term

    fresh = [Triple(other(t.subject), t.predicate, other(t.object)) for t in triples]  # type: ignore[arg-type]
    chance.shuffle(fresh)
    return Graph(fresh)


BLANKS = st.sampled_from("abcdefg").map(BlankNode)
PREDICATES = st.sampled_from(["http://p/contactPoint", "http://p/q", "http://p/contact-point"]).map(NamedNode)
STATEMENTS = st.builds(
    Triple,
    BLANKS | st.just(SUBJECT),
    PREDICATES,
    BLANKS | st.sampled_from([Literal("a"), Literal("b"), SUBJECT]),
)


@settings(max_examples=500, deadline=None, database=None)
@given(st.lists(STATEMENTS, max_size=14), st.randoms())
def test_labels_and_order_of_the_input_do_not_show(triples: list[Triple], chance: Random) -> None:
    assert canonical(mint(relabelled(triples, chance), SUBJECT)) == canonical(mint(Graph(triples), SUBJECT))


@settings(max_examples=200, deadline=None, database=None)
@given(st.lists(STATEMENTS, max_size=14))
def test_no_two_nodes_get_one_name(triples: list[Triple]) -> None:
    before = Graph(triples)
    assert len(mint(before, SUBJECT)) == len(before)


@pytest.mark.parametrize(
    "text",
    [
        "<> :steps ( " + "'same' " * 6000 + ") .",
        "<> dcat:distribution " + ", ".join("[ dct:title 'same' ]" for _ in range(6000)) + " .",
        "<> :next _:n0 . " + " ".join(f"_:n{i} :next _:n{(i + 1) % 6000} ." for i in range(6000)),
    ],
    ids=["list", "twins", "circle"],
)
def test_large_and_regular_structures_take_a_moment_only(text: str) -> None:
    large = graph(text)
    started = time.monotonic()
    minted = mint(large, SUBJECT)
    assert time.monotonic() - started < 5
    assert len(minted) == len(large)
