"""Do the worked examples answer, also with other values, and does nothing but a value get in?"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from urllib.parse import urlencode

import pyoxigraph as ox
import pytest
from harness import BASE, DCT, TURTLE, Service, parsed, running, settings_for, values
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from catalogue.profiles import Profiles
from catalogue.resources import shipped
from catalogue.services.samples import load_samples
from catalogue.sparql.examples import read_examples

EXAMPLES = {example.name: example for example in read_examples(shipped("queries"))}
PROSTATE = "imaging-by-country"
EUCAIM = "https://cancerimage.eu/ontology/EUCAIM#"
SH, SCHEMA = "http://www.w3.org/ns/shacl#", "https://schema.org/"
HTML, CSV, JSON = "text/html", "text/csv", "application/sparql-results+json"
HOSTILE = (
    '" } SERVICE <https://evil.example/> { ?s ?p ?o } #',
    "' } } # ",
    '""" } ',
    "}} UNION {{ ?s ?p ?o",
    "?dataset ; DROP ALL",
    "<https://evil.example/>",
    '"@en } VALUES ?title { "x',
    "% _ ' \" $ { } < > ? #",
    "é \U0001f9ec العربية",
)


@pytest.fixture(scope="module")
def samples(template: tuple[Path, Profiles], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that holds the sample data, as `catalogue demo` loads it; only to be read."""
    state = tmp_path_factory.mktemp("samples") / "state"
    load_samples(settings_for(state), fresh=False, progress=lambda *_: nullcontext(lambda: None))
    with running(state, template[1]) as service:
        yield service


def ask(service: Service, name: str, accept: str = JSON, **given: str) -> TestResponse:
    """An example with values."""
    return service.get(f"/query/{name}" + (f"?{urlencode(given)}" if given else ""), accept)


def rows(answer: TestResponse) -> list[dict[str, str]]:
    """The solutions of a result in JSON."""
    assert answer.status_code == 200, answer.text
    return [{k: v["value"] for k, v in row.items()} for row in json.loads(answer.data)["results"]["bindings"]]


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_finds_something_in_the_sample_data_as_it_stands_in_its_file(samples: Service, name: str) -> None:
    text = (shipped("queries") / f"{name}.rq").read_text()
    found = samples.rows(text)

    assert found
    assert rows(ask(samples, name)) == found
    assert all(row for row in found)


def test_there_are_enough_examples_and_each_has_words_of_its_own() -> None:
    assert len(EXAMPLES) >= 25
    for example in EXAMPLES.values():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", example.name)
        assert example.keywords
        assert not example.title.endswith(".")
        assert example.description.endswith(".")
    assert len({example.title for example in EXAMPLES.values()}) == len(EXAMPLES)
    assert sum(bool(example.parameters) for example in EXAMPLES.values()) >= 15


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SELECT * {}", "SELECT"),
        ("#+ <> a sh:SPARQLSelectExecutable .\nSELECT * {}", "0 values of"),
        (
            '#+ <> a sh:SPARQLSelectExecutable ; rdfs:comment "A" ; dct:description "B" ; schema:keywords "c" .\n'
            "SELECT * {\n  VALUES ?x { 1 }\n}",
            "not the VALUES lines",
        ),
        (
            '#+ <> a sh:SPARQLSelectExecutable ; rdfs:comment "A" ; dct:description "B" ; schema:keywords "c" ;\n'
            '#+ sh:parameter [ sh:path <#x> ; sh:order 1 ; sh:name "X" ; sh:description "X" ] .\n'
            "SELECT * {\n  VALUES ?x { UNDEF }\n}",
            "open, but not optional",
        ),
    ],
)
def test_a_file_that_is_not_as_it_must_be_is_named(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "wrong.rq").write_text(text)
    with pytest.raises(ValueError, match=rf"(?s)wrong\.rq.*{words}"):
        read_examples(tmp_path)


def test_a_value_changes_what_is_found(samples: Service) -> None:
    """A concept by its code or its IRI; a narrower one counts with the wider."""
    fewer = rows(ask(samples, PROSTATE))
    more = rows(ask(samples, PROSTATE, tier="SPEC1000009", subjects="10"))
    by_iri = rows(ask(samples, PROSTATE, tier=f"{EUCAIM}SPEC1000009", subjects="10"))

    assert len(fewer) < len(more)
    assert more == by_iri
    assert {row["name"] for row in more} == {"Portugal", "Spain"}
    assert {row["title"] for row in rows(ask(samples, "datasets-with-word", word="PROTEOME"))} == {
        "Plasma proteome of a Styrian biobank cohort"
    }


def test_an_optional_parameter_may_be_left_open_and_an_iri_written_short(samples: Service) -> None:
    everywhere, empty = ask(samples, "contact-points"), ask(samples, "contact-points", catalogue="")
    one = rows(ask(samples, "contact-points", catalogue=f"{BASE}/catalog/paediatric-oncology"))

    assert rows(everywhere) == rows(empty)
    assert 0 < len(one) < len(rows(everywhere))
    assert rows(ask(samples, "datasets-without-field", property="dct:modified")) == rows(
        ask(samples, "datasets-without-field", property=f"{DCT}modified")
    )


@pytest.mark.parametrize(
    ("name", "given"),
    [
        (PROSTATE, {"subjects": "many"}),
        (PROSTATE, {"subjects": "1e3"}),
        (PROSTATE, {"subjects": "9" * 40}),
        (PROSTATE, {"subjects": "٣"}),
        (PROSTATE, {"modality": f"{EUCAIM}BP1000021"}),
        (PROSTATE, {"modality": "eucaim:IMG1000038 } #"}),
        ("changed-since", {"since": "2024-13-01"}),
        ("changed-since", {"since": "2024-01-01T00:00:00Z"}),
        ("datasets-by-title", {"language": "en } #"}),
        ("datasets-with-word", {"word": "a\nb"}),
        ("datasets-with-word", {"word": "\\u0022 }"}),
        ("datasets-with-word", {"word": "x" * 201}),
        ("datasets-without-field", {"property": "no-scheme"}),
        ("datasets-without-field", {"property": "https://a.example/> } #"}),
        ("datasets-without-field", {"property": "https://a.example/\\u003e"}),
    ],
)
def test_a_value_that_does_not_fit_is_400_and_the_parameter_is_named(
    samples: Service, name: str, given: dict[str, str]
) -> None:
    (parameter,) = given
    answer, page = ask(samples, name, **given), ask(samples, name, HTML, **given)
    problem = json.loads(answer.data)

    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert problem["parameter"] == parameter
    assert f"'{parameter}'" in problem["detail"]
    assert problem["mend"]
    assert (page.status_code, 'aria-invalid="true"' in page.text) == (400, True)


def test_an_unknown_parameter_is_400_and_the_known_ones_are_named(samples: Service) -> None:
    problem = json.loads(ask(samples, PROSTATE, subject="200").data)

    assert (problem["status"], problem["parameter"]) == (400, "subject")
    assert "modality, bodyPart, tier, subjects" in problem["mend"]
    assert ask(samples, "never").status_code == 404
    assert samples.get(f"/query/{PROSTATE}.pdf").status_code == 404


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_text_is_nothing_but_a_text(samples: Service, value: str) -> None:
    """What comes back is compared with the same question asked about a value that the engine got as a term."""
    answer = ask(samples, "datasets-with-word", word=value)
    page = ask(samples, "datasets-with-word", HTML, word=value)

    assert rows(answer) == []
    assert page.status_code == 200
    assert "<script" not in page.text
    assert value not in page.text or not re.search(r"[<>\"'&]", value)


@given(
    text=st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\\\ufffe\uffff"), min_size=1),
    name=st.sampled_from(["word", "title", "dataset"]),
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_value_comes_out_of_the_engine_as_it_went_in(text: str, name: str) -> None:
    """The bound query asks for that one term, wherever the text would like to be."""
    example = EXAMPLES["datasets-with-word"]
    bound = example.bound({"word": ox.Literal(text), name: ox.Literal(text)})
    place = re.search(r"^  VALUES \?word (\{.*\})$", bound, re.MULTILINE)
    assert place
    (row,) = ox.Store().query(f"SELECT ?word {{ VALUES ?word {place[1]} }}")  # type: ignore[misc]

    assert row["word"] == ox.Literal(text)
    assert bound.replace(place[0], "") == example.text.replace('  VALUES ?word { "tumour" }', "")


def test_the_result_comes_in_each_format_by_accept_and_by_suffix(samples: Service) -> None:
    types = {
        ".json": JSON,
        ".xml": "application/sparql-results+xml",
        ".csv": CSV,
        ".tsv": "text/tab-separated-values",
        ".html": HTML,
    }
    for suffix, media_type in types.items():
        by_accept, by_suffix = (
            ask(samples, "datasets-per-tier", media_type),
            ask(samples, f"datasets-per-tier{suffix}", HTML),
        )
        assert by_suffix.content_type.partition(";")[0] == by_accept.content_type.partition(";")[0] == media_type
        assert "Tier 1" in by_suffix.text
        assert "Tier 1" in by_accept.text
    table = list(csv.DictReader(io.StringIO(ask(samples, "datasets-per-tier.csv").text)))
    assert [row["name"] for row in table] == ["Tier 1", "Tier 2", "Tier 3"]
    assert sum(int(row["datasets"]) for row in table) == 36
    assert ask(samples, "datasets-per-tier", "image/png").status_code == 406
    assert ask(samples, "datasets-per-tier", "application/json").content_type == JSON


def test_a_result_that_a_client_has_is_not_sent_again(samples: Service) -> None:
    first = ask(samples, "datasets-per-tier", CSV)
    again = samples.get("/query/datasets-per-tier", CSV, If_None_Match=first.headers["ETag"])

    assert (again.status_code, again.data) == (304, b"")
    assert first.headers["Access-Control-Allow-Origin"] == "*"
    assert samples.client.head("/query/datasets-per-tier.csv").status_code == 200


def test_the_query_itself_can_be_had_with_the_values_in_it(samples: Service) -> None:
    answer = ask(samples, "largest-populations.rq", individuals="1000000")

    assert answer.content_type.startswith("application/sparql-query")
    assert samples.rows(answer.text) == rows(ask(samples, "largest-populations", individuals="1000000"))
    assert len(samples.rows(answer.text)) == 2


def test_the_collection_is_listed_for_people_and_in_json(samples: Service) -> None:
    page = samples.get("/query", HTML)
    listed = json.loads(samples.get("/query", "application/json").data)

    assert listed["total"] == len(EXAMPLES) == len(listed["queries"])
    for query in listed["queries"]:
        assert f'href="/query/{query["name"]}"' in page.text
        assert query["iri"] == f"{BASE}/query/{query['name']}"
    (told,) = [query for query in listed["queries"] if query["name"] == PROSTATE]
    assert [(p["name"], p["type"], p["vocabulary"], p["default"]) for p in told["parameters"]] == [
        ("modality", "concept", "eucaim-modality", f"{EUCAIM}IMG1000038"),
        ("bodyPart", "concept", "eucaim-body-part", f"{EUCAIM}BP1000021"),
        ("tier", "concept", "eucaim-tier", f"{EUCAIM}SPEC1000011"),
        ("subjects", "integer", None, "200"),
    ]


def test_the_collection_in_rdf_is_described_as_the_sib_collections_are(samples: Service) -> None:
    """What their tools read: the query's text with its kind, words, prefixes and endpoint; SHACL's parameters."""
    graph = parsed(samples.get("/query.ttl").data, TURTLE)
    iri = f"{BASE}/query/{PROSTATE}"

    assert len(graph) == len(parsed(samples.get("/query", TURTLE).data, TURTLE))
    assert len([t for t in graph if t.predicate.value == f"{SH}select"]) == len(EXAMPLES)
    assert values(graph, "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", iri) == {
        f"{SH}SPARQLExecutable",
        f"{SH}SPARQLSelectExecutable",
    }
    assert values(graph, f"{SH}select", iri) == {EXAMPLES[PROSTATE].text}
    assert values(graph, f"{SCHEMA}target", iri) == {f"{BASE}/sparql"}
    assert values(graph, f"{SCHEMA}keywords", iri) == {"imaging", "population", "country"}
    parameters = values(graph, f"{SH}parameter", iri)
    paths = {t.object.value for t in graph if t.predicate.value == f"{SH}path" and t.subject.value in parameters}
    assert paths == {f"{iri}#{name}" for name in ("modality", "bodyPart", "tier", "subjects")}
    prefixes = values(graph, f"{SH}prefixes", iri)
    declared = {t.object.value for t in graph if t.predicate.value == f"{SH}declare" and t.subject.value in prefixes}
    names = {t.object.value for t in graph if t.predicate.value == f"{SH}prefix" and t.subject.value in declared}
    assert names == {"dcat", "dct", "eucaim", "healthdcatap", "skos"}


def test_the_page_has_a_form_a_table_with_names_and_links_bars_and_files(samples: Service) -> None:
    page = ask(samples, "datasets-about-cancer", HTML, condition="CLIN1000143").text
    counted = ask(samples, "datasets-per-tier", HTML).text

    assert '<option value="CLIN1000143" selected>Primary malignant neoplasm</option>' in page
    assert 'href="/dataset/prostate-mri-lisboa"' in page
    assert 'href="/vocabularies/eucaim-condition/CLIN1008742">Primary malignant neoplasm of prostate</a>' in page
    assert 'href="/query/datasets-about-cancer.csv?condition=CLIN1000143"' in page
    assert f"curl '{BASE}/query/datasets-about-cancer.csv?condition=CLIN1000143'" in page.replace("&#39;", "'")
    assert re.findall(r'class="bar"><svg aria-hidden="true"><rect width="([\d.]+)%"', counted) == [
        "93.8",
        "100.0",
        "31.2",
    ]


def test_any_query_can_be_had_as_a_file_by_a_link(samples: Service) -> None:
    """The links of the query page, which cannot carry an Accept header."""
    query = "SELECT ?t { ?d <http://purl.org/dc/terms/identifier> ?t } LIMIT 2"
    page = samples.get(f"/sparql?{urlencode({'query': query})}", HTML).text
    links = re.findall(r'<a href="(/sparql\.[^"]*)" type="([^"]*)">', page)

    assert [media_type for _, media_type in links] == [JSON, "application/sparql-results+xml", CSV, links[3][1]]
    for link, media_type in links:
        answer = samples.get(link.replace("&amp;", "&"), HTML)
        assert (answer.status_code, answer.content_type.partition(";")[0]) == (200, media_type)
    graph = urlencode({"query": "CONSTRUCT WHERE { ?s a <http://www.w3.org/ns/dcat#Catalog> }"})
    assert samples.get(f"/sparql.ttl?{graph}").content_type.startswith(TURTLE)
    assert samples.get(f"/sparql.csv?{graph}").status_code == 406
    assert samples.get("/sparql.csv").status_code == 400
    assert json.loads(samples.get("/sparql.csv?query=SELECT").data)["status"] == 400


def test_a_title_that_is_not_public_yet_is_not_shown(service: Service) -> None:
    """A draft's title may stand in the ledger beside what is public."""
    path = service.publish("secret", title="Open title")
    query = urlencode({"query": f"SELECT ?d {{ VALUES ?d {{ <{BASE}{path}> }} }}"})
    assert "Open title" in service.get(f"/sparql?{query}", HTML).text

    etag = service.get(path, TURTLE).headers["ETag"]
    draft = service.get(path, TURTLE).text.replace("Open title", "Hidden title")
    assert service.put(f"{path}?state=draft", draft, etag).status_code == 200

    page = service.get(f"/sparql?{query}", HTML).text
    assert "Hidden title" not in page
    assert f'href="{path}"' in page


def test_the_editor_is_told_prefixes_properties_classes_and_concepts(samples: Service) -> None:
    terms = json.loads(samples.get("/completion/terms").data)
    properties = {each["iri"]: each["label"] for each in terms["properties"]}
    classes = {each["iri"] for each in terms["classes"]}

    assert terms["prefixes"]["dct"] == DCT
    assert properties[f"{DCT}title"] == "Title"
    assert f"{EUCAIM}hasImageModality" in properties
    assert {"http://www.w3.org/ns/dcat#Dataset", "http://www.w3.org/ns/dcat#Distribution"} <= classes
    found = json.loads(samples.get("/completion/concepts?q=prostat").data)["results"]
    assert found[0] == {"iri": f"{EUCAIM}BP1000021", "label": "Prostate", "vocabulary": "EUCAIM body structures"}
    assert len(found) <= 20
    assert samples.get("/completion/concepts?q=p").status_code == 400
