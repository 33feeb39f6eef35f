"""Reading RDF: what is taken, what is refused and in which words, and that nothing is fetched."""

from __future__ import annotations

import csv
import json
import socket
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from catalogue.errors import CatalogueError, LimitExceeded, UnknownContext, UnreadableRdf
from catalogue.rdf import contexts
from catalogue.rdf.media import JSON_LD, N_QUADS, N_TRIPLES, RDF_XML, READ, TRIG, TURTLE, Format, by_file_name
from catalogue.rdf.namespaces import DCAT, DCT, RDF, XSD
from catalogue.rdf.parse import Limits, parse

BASE = "https://example.org/file"
LIMITS = Limits(bytes=20_000_000, triples=500_000, depth=100, seconds=20)
QUICK = settings(max_examples=150, deadline=None, database=None)
CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"
S, P = NamedNode("http://example.org/s"), NamedNode("http://example.org/p")
XML_HEAD = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:x="http://example.org/">\n'
    '<rdf:Description rdf:about="http://example.org/s">\n'
)
XML_TAIL = "</rdf:Description>\n</rdf:RDF>\n"


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def read(text: str | bytes, format: Format, limits: Limits = LIMITS) -> list[Triple]:
    return parse(text.encode() if isinstance(text, str) else text, format, base_iri=BASE, limits=limits)


def refusal(text: str | bytes, format: Format) -> CatalogueError | None:
    try:
        read(text, format)
    except CatalogueError as error:
        return error
    return None


SAME = {
    TURTLE: "<http://example.org/s> <http://example.org/p> 'a'@en, <#b> .",
    N_TRIPLES: '<http://example.org/s> <http://example.org/p> "a"@en .\n'
    "<http://example.org/s> <http://example.org/p> <https://example.org/file#b> .\n",
    N_QUADS: '<http://example.org/s> <http://example.org/p> "a"@en <http://g> .\n'
    "<http://example.org/s> <http://example.org/p> <https://example.org/file#b> _:g .\n",
    TRIG: "GRAPH <g> { <http://example.org/s> <http://example.org/p> 'a'@en } "
    "{ <http://example.org/s> <http://example.org/p> <#b> }",
    RDF_XML: XML_HEAD + '<x:p xml:lang="en">a</x:p><x:p rdf:resource="#b"/>' + XML_TAIL,
    JSON_LD: '{"@id": "http://example.org/s", "http://example.org/p": [{"@value": "a", "@language": "en"},'
    ' {"@id": "#b"}]}',
}


@pytest.mark.parametrize("format", READ, ids=lambda format: format.name)
def test_every_format_says_the_same_and_relative_iris_stand_on_the_base(format: Format) -> None:
    assert set(read(SAME[format], format)) == {
        Triple(S, P, Literal("a", language="en")),
        Triple(S, P, NamedNode("https://example.org/file#b")),
    }


def test_duplicates_of_merged_graphs_come_once_and_blank_labels_stay_apart() -> None:
    found = read("_:a <http://x/p> _:b <http://g> .\n_:a <http://x/p> _:b <http://h> .\n", N_QUADS)
    assert found == [Triple(BlankNode("a"), NamedNode("http://x/p"), BlankNode("b"))]


@pytest.mark.parametrize("format", READ, ids=lambda format: format.name)
def test_a_byte_order_mark_is_passed_over(format: Format) -> None:
    assert read(b"\xef\xbb\xbf" + SAME[format].encode(), format)


BROKEN = [
    (TURTLE, "<http://a> <http://b> 1 .\n  <http://a> <http://b c> 2 .", 2, "Invalid IRI"),
    (TURTLE, "<http://a> <http://b> 1 .\n<http://a> x:b 2 .", 2, "prefix x:"),
    (TURTLE, "<http://a> <http://b> 'a", 1, ""),
    (N_TRIPLES, "<http://a> <http://b> <http://c> .\n<a> <http://b> <http://c> .", 2, ""),
    (N_QUADS, "\n\n<http://a> <http://b> .", 3, ""),
    (TRIG, "{ <http://a> <http://b> 1 }\n}", 2, ""),
    (RDF_XML, XML_HEAD + "<x:p>a</x:q>" + XML_TAIL, 3, "mismatched tag"),
    (RDF_XML, XML_HEAD + "<x:p>a</x:p>", 3, "no element found"),
    (RDF_XML, XML_HEAD + '\n <x:p rdf:resource="http://a b"/>' + XML_TAIL, 4, "Invalid IRI"),
    (RDF_XML, "", 1, "no element found"),
    (JSON_LD, '{"@id": "http://a",\n "http://b" 1}', 2, "Expecting ':'"),
    (JSON_LD, '{"@id": "http://a b",\n "http://b": 1}', 1, "http://a b"),
    (JSON_LD, '{"@id": "http://a",\n "http://b": {"@value": "x", "@language": "en_GB"}}', 2, "en_gb"),
    *((format, b" \n \xe9 ", 2, "UTF-8") for format in READ),
]


@pytest.mark.parametrize(("format", "text", "line", "words"), BROKEN)
def test_an_unreadable_file_is_told_where_it_breaks(format: Format, text: str | bytes, line: int, words: str) -> None:
    with pytest.raises(UnreadableRdf) as caught:
        read(text, format)
    error = caught.value
    assert error.details["line"] == line
    assert f"line {line}, column {error.details['column']}" in error.what
    assert words in error.what
    assert error.mend


def test_the_column_is_that_of_the_tag_in_xml() -> None:
    with pytest.raises(UnreadableRdf) as caught:
        read(XML_HEAD + '  <x:p>a</x:p> <x:q rdf:resource="rel:a b"/>' + XML_TAIL, RDF_XML)
    assert (caught.value.details["line"], caught.value.details["column"]) == (3, 16)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('"http://x/document"', "neither an object nor an array"),
        ('{"@id": 4}', "invalid @id value"),
        ('{"@context": {"a": {"@id": 1}}, "a": 1}', "invalid IRI mapping"),
        ('{"http://x/a": {"@value": "a", "@list": []}}', "invalid"),
        ('{"@context": {"p": "q:x", "q": "p:x"}, "p:a": 1}', "cyclic IRI mapping"),
        ('{"http://x/a": NaN}', "NaN"),
        ('{"http://x/a": ' + "9" * 5000 + "}", "digit"),
        ('{"http://x/a": "\\ud800"}', "half a character"),
    ],
)
def test_invalid_json_ld_is_named_by_its_error_code(text: str, words: str) -> None:
    with pytest.raises(UnreadableRdf, match=words):
        read(text, JSON_LD)


def test_json_ld_values_become_the_literals_of_the_specification() -> None:
    text = """{"@context": {"@vocab": "http://x/", "j": {"@type": "@json"}, "l": {"@container": "@list"}},
      "@id": "http://x/s", "i": 5, "f": 5.5, "whole": 5.0, "b": true, "j": {"b": [1, null], "a": "é"},
      "d": {"@value": "4", "@type": "http://www.w3.org/2001/XMLSchema#double"},
      "n": {"@value": 4, "@type": "http://www.w3.org/2001/XMLSchema#double"}, "huge": 1e30}"""
    values = {triple.predicate.value[9:]: triple.object for triple in read(text, JSON_LD)}
    assert values == {
        "i": Literal("5", datatype=XSD["integer"]),
        "f": Literal("5.5E0", datatype=XSD["double"]),
        "whole": Literal("5", datatype=XSD["integer"]),
        "b": Literal("true", datatype=XSD["boolean"]),
        "j": Literal('{"a":"é","b":[1,null]}', datatype=RDF["JSON"]),
        "d": Literal("4", datatype=XSD["double"]),
        "n": Literal("4.0E0", datatype=XSD["double"]),
        "huge": Literal("1.0E30", datatype=XSD["double"]),
    }


def test_json_ld_graphs_lists_and_reverse_properties_are_written_out() -> None:
    text = """{"@context": {"@vocab": "http://x/", "of": {"@reverse": "part"}, "l": {"@container": "@list"}},
      "@id": "http://g", "@graph": [{"@id": "http://x/s", "of": {"@id": "http://x/whole"}, "l": ["a", "b"]}]}"""
    found = read(text, JSON_LD)
    rest = {t.subject: t.object for t in found if t.predicate == RDF["rest"]}
    first = {t.subject: t.object for t in found if t.predicate == RDF["first"]}
    [head] = [t.object for t in found if t.predicate == NamedNode("http://x/l")]
    assert [first[head], first[rest[head]], rest[rest[head]]] == [Literal("a"), Literal("b"), RDF["nil"]]  # type: ignore[index]
    assert Triple(NamedNode("http://x/whole"), NamedNode("http://x/part"), NamedNode("http://x/s")) in found
    assert len(found) == 6


@pytest.mark.parametrize("address", contexts.BUNDLED)
def test_the_dcat_ap_contexts_are_bundled(address: str) -> None:
    title = "title" if "3.0.1" in address else "Dataset.title"
    document = {"@context": address, "@id": "http://x/d", "@type": "Dataset", title: "T"}
    assert set(read(json.dumps(document), JSON_LD)) == {
        Triple(NamedNode("http://x/d"), RDF["type"], DCAT["Dataset"]),
        Triple(NamedNode("http://x/d"), DCT["title"], Literal("T")),
    }


@pytest.mark.parametrize(
    "context",
    [
        '"http://127.0.0.1/c"',
        '["file:///etc/passwd"]',
        '{"@import": "http://x/c"}',
        '{"a": {"@id": "http://x/a", "@context": "c"}}',
    ],
)
def test_an_unknown_context_is_refused_by_name_and_never_fetched(context: str) -> None:
    with pytest.raises(UnknownContext) as caught:
        read(f'{{"@context": {context}, "a": {{"b": 1}}}}', JSON_LD)
    assert caught.value.details["context"] in caught.value.what
    assert caught.value.details["known"] == list(contexts.BUNDLED)


@pytest.mark.parametrize(
    "declaration",
    ['[<!ENTITY a "b">]', '[<!ENTITY % a "b">]', '[<!ENTITY a SYSTEM "file:///etc/passwd">]'],
)
def test_xml_entities_are_never_expanded(declaration: str) -> None:
    with pytest.raises(UnreadableRdf, match="entities are never expanded"):
        read(f"<!DOCTYPE rdf:RDF {declaration}>\n" + XML_HEAD + "<x:p>&a;</x:p>" + XML_TAIL, RDF_XML)


@pytest.mark.parametrize(
    "text",
    [
        "<http://a> <http://b> <<( <http://a> <http://b> 1 )>> .",
        "<http://a> <http://b> <http://c> {| <http://d> 1 |} .",
        "<http://a> <http://b> <http://c> ~ <http://r> .",
        '<http://a> <http://b> "x"@en--ltr .',
    ],
)
def test_what_only_rdf_12_has_is_refused(text: str) -> None:
    with pytest.raises(UnreadableRdf, match=r"RDF 1\.2"):
        read(text, TURTLE)


def nested(format: Format, levels: int) -> str:
    if format in (TURTLE, TRIG):
        return "<http://a> <http://b> " + "[<http://b> " * levels + "1" + "]" * levels + " ."
    if format is RDF_XML:
        start, end = '<x:p rdf:parseType="Resource">', "</x:p>"
        return XML_HEAD + start * levels + end * levels + XML_TAIL
    return '{"@graph":' * levels + "{}" + "}" * levels


@pytest.mark.parametrize("format", [TURTLE, TRIG, RDF_XML, JSON_LD], ids=lambda format: format.name)
@pytest.mark.parametrize("levels", [101, 100_000])
def test_deep_nesting_is_refused(format: Format, levels: int) -> None:
    with pytest.raises(LimitExceeded) as caught:
        read(nested(format, levels), format)
    assert caught.value.details == {"limit": 100, "setting": "max_depth"}


@pytest.mark.parametrize("format", [TURTLE, TRIG, RDF_XML, JSON_LD], ids=lambda format: format.name)
def test_nesting_below_the_limit_is_taken(format: Format) -> None:
    read(nested(format, 97), format)


def test_brackets_in_strings_iris_and_comments_do_not_nest() -> None:
    brackets = "[(" * 200
    text = (
        f"# {brackets}\n<http://a> <http://b> '{brackets}\\'[', \"\"\"\" {brackets} \"\" [\"\"\", '''{brackets}''',"
        f" <http://a/{'(' * 200}>, ex:\\(\\(\\( . # {brackets}"
    )
    assert len(read("@prefix ex: <http://e/> .\n" + text, TURTLE)) == 5


def test_a_deep_file_is_refused_when_an_operator_allows_more_than_python_can() -> None:
    with pytest.raises(LimitExceeded) as caught:
        read(nested(JSON_LD, 5000), JSON_LD, Limits(20_000_000, 500_000, 1_000_000, 20))
    assert caught.value.details["setting"] == "max_depth"


@pytest.mark.parametrize("format", READ, ids=lambda format: format.name)
@pytest.mark.parametrize(
    ("limits", "setting"),
    [
        (Limits(10, 500_000, 100, 20), "max_submission_bytes"),
        (Limits(20_000_000, 1, 100, 20), "max_submission_triples"),
        (Limits(20_000_000, 500_000, 100, -1), "max_parse_seconds"),
    ],
)
def test_each_limit_is_kept_and_named(format: Format, limits: Limits, setting: str) -> None:
    with pytest.raises(LimitExceeded) as caught:
        read(SAME[format], format, limits)
    assert caught.value.details["setting"] == setting


CONTEXT = {f"t{n}": "http://x/" for n in range(9000)}
LONG = "http://example.org/" + "a" * 100_000


@pytest.mark.parametrize(
    ("format", "text"),
    [
        (TURTLE, f"@prefix p: <{LONG}> . p:s p:p " + ",".join(f"p:{n}" for n in range(2000)) + " ."),
        (TRIG, f"@base <{LONG}> . <> <> " + ",".join(f"<#{n}>" for n in range(2000)) + " ."),
        (RDF_XML, XML_HEAD + f'<x:p rdf:parseType="Literal" xmlns:y="{LONG}">' + "<a/>" * 2000 + "</x:p>" + XML_TAIL),
        (JSON_LD, json.dumps({"@context": CONTEXT, "@graph": [{"@context": {"u": f"x:{n}"}} for n in range(900)]})),
        (JSON_LD, json.dumps({"@context": {"p": LONG + "/"}, "@graph": [{"p:a": n} for n in range(2000)]})),
    ],
)  # fmt: skip
def test_a_small_file_cannot_take_gigabytes(format: Format, text: str) -> None:
    with pytest.raises(LimitExceeded) as caught:
        read(text, format, Limits(1_000_000, 500_000, 100, 20))
    assert caught.value.details["setting"] == "max_submission_bytes"


@pytest.mark.parametrize("format", READ, ids=lambda format: format.name)
@QUICK
@given(data=st.data())
def test_no_bytes_raise_anything_but_our_errors(format: Format, data: st.DataObject) -> None:
    """Random bytes, and a good document with a random splice."""
    good = SAME[format].encode()
    start = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(start, len(good)))
    splice = data.draw(st.binary(max_size=30) | st.text(max_size=10).map(lambda text: text.encode("utf-8", "replace")))
    for candidate in (splice, good[:start] + splice + good[end:]):
        error = refusal(candidate, format)
        assert error is None or (error.what and error.mend)


KEYWORDS = (
    *(
        "@id",
        "@type",
        "@value",
        "@language",
        "@list",
        "@set",
        "@reverse",
        "@graph",
        "@context",
        "@vocab",
        "@base",
    ),
    *(
        "@container",
        "@index",
        "@nest",
        "@included",
        "@json",
        "@prefix",
        "@propagate",
        "@protected",
        "@import",
    ),
    *("@version", "@direction", "@none", "@default", "a", "a:b", "http://x/p"),
)
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.sampled_from(KEYWORDS)


@pytest.mark.filterwarnings("ignore:.*reserved for future use:SyntaxWarning")
@QUICK
@given(
    st.recursive(
        VALUES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYWORDS), inner, max_size=4),
        max_leaves=12,
    )
)
def test_no_json_raises_anything_but_our_errors(document: object) -> None:
    error = refusal(json.dumps(document), JSON_LD)
    assert error is None or (error.what and error.mend)


def corpus() -> list[tuple[str, bool, str]]:
    if not CORPUS.is_dir():
        return []
    with (CORPUS / "index.csv").open(newline="") as index:
        return [(row["file"], row["parses"].startswith("yes"), row["triples"]) for row in csv.DictReader(index)]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real records is not beside the checkout")
def test_every_real_file_is_read_or_told_where_it_breaks() -> None:
    rows = corpus()
    assert rows
    for name, parses, triples in rows:
        data = (CORPUS / name).read_bytes()
        if parses:
            assert bool(read(data, by_file_name(name))) is (triples != "0"), name
        else:
            with pytest.raises(UnreadableRdf) as caught:
                read(data, by_file_name(name))
            assert caught.value.details["line"] > 0, name
