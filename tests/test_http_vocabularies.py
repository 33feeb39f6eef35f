"""Can people and forms find the right concept?"""

from __future__ import annotations

import re
import time
from html import escape, unescape
from pathlib import Path
from typing import Any

import pytest
from harness import (
    JSON_LD,
    MINIMAL,
    N_TRIPLES,
    RDF_XML,
    SUFFIXES,
    TURTLE,
    Service,
    parsed,
    path_of,
    record,
    settings_for,
    subjects,
    values,
)

from catalogue.model import Concept
from catalogue.services import Catalogue
from catalogue.services.uses import uses
from catalogue.vocabularies.search import Shelf
from catalogue.vocabularies.sources import Listed
from catalogue.web.app import create_app

EUCAIM = "https://cancerimage.eu/ontology/EUCAIM#"
COUNTRY = "http://publications.europa.eu/resource/authority/country/"
SKOS = "http://www.w3.org/2004/02/skos/core#"
HTML, JSON = "text/html", "application/json"


def found(service: Service, name: str, query: str, **parameters: str) -> list[str]:
    """Labels that the look-up answers."""
    answer = service.client.get(f"/vocabularies/{name}/search", query_string={"q": query, **parameters})
    assert answer.status_code == 200, answer.text
    return [result["label"] for result in answer.get_json()["results"]]


def made(*rows: tuple[str, str, str]) -> Shelf:
    """A shelf of concepts: code, label, codes above."""
    return Shelf(
        [
            Listed(Concept(f"urn:c:{code}", "urn:s", {"en": label}, notation=code, broader=above))
            for code, label, above in ((c, n, tuple(f"urn:c:{a}" for a in up.split())) for c, n, up in rows)
        ]
    )


# The list


def test_the_list_names_every_vocabulary_with_what_is_held(library: Service) -> None:
    page = library.get("/vocabularies", HTML)
    rows = library.get("/vocabularies", JSON).get_json()["vocabularies"]

    assert page.status_code == 200
    assert [row["name"] for row in rows] == [s.name for s in library.catalogue.vocabularies.schemes]
    for row in rows:
        assert f'href="/vocabularies/{row["name"]}"' in page.text
        assert row["title"] in unescape(page.text)
        assert row["licence"] in unescape(page.text)
    held = next(row for row in rows if row["name"] == "eucaim-ontology")
    assert held["concepts"] == 3991
    assert held["complete"] is False
    assert "parents only of those that the profile needs" in page.text


def test_every_page_leads_to_the_vocabularies(library: Service) -> None:
    assert '<a href="/vocabularies">' in library.get("/", HTML).text


# A vocabulary


def test_every_vocabulary_and_its_first_concept_have_a_page(library: Service) -> None:
    for scheme in library.catalogue.vocabularies.schemes:
        page = library.get(f"/vocabularies/{scheme.name}", HTML)
        assert page.status_code == 200
        assert scheme.title in unescape(page.text)
        links = re.findall(rf'href="(/vocabularies/{scheme.name}/(?!search)[^"]+)"', page.text)
        assert library.get(links[0], HTML).status_code == 200


def test_the_pages_of_a_tree_show_every_concept_and_repeat_only_what_is_above(library: Service) -> None:
    shown: list[str] = []
    for number in range(1, 5):
        page = library.get(f"/vocabularies/eucaim-body-part?page={number}", HTML).text
        codes = re.findall(r'<small class="mono">(\w+)</small>(?! <small>\(continued\))', page)
        shown += codes
    codes = [c.notation for c in library.catalogue.vocabularies.concepts("eucaim-body-part")]
    assert sorted(shown) == sorted(codes)
    assert library.get("/vocabularies/eucaim-body-part?page=5").status_code == 404


def test_the_tree_hangs_narrower_below_broader(library: Service) -> None:
    page = library.get("/vocabularies/publisher-type", HTML).text
    assert re.search(r"<li>(?:(?!</li>).)*<ul>\s*<li>", page, re.DOTALL)
    assert page.count("<ul") == page.count("</ul>")
    assert len(re.findall("<li[ >]", page)) == page.count("</li>")


def test_the_filter_box_finds_without_script(library: Service) -> None:
    page = library.get("/vocabularies/country?q=cote+ivoire", HTML).text
    assert 'name="q" value="cote ivoire"' in page
    assert "/vocabularies/country/CIV" in page
    assert "/vocabularies/country/FRA" not in page


def test_a_filter_that_finds_nothing_says_so_and_shows_markup_as_text(library: Service) -> None:
    page = library.client.get("/vocabularies/country", query_string={"q": "<script>x"}, headers={"Accept": HTML}).text
    assert "<script" not in page
    assert "&lt;script&gt;x" in page


@pytest.mark.parametrize("media_type", [TURTLE, JSON_LD, RDF_XML, N_TRIPLES])
def test_a_vocabulary_is_the_same_graph_in_every_format(library: Service, media_type: str) -> None:
    negotiated = library.get("/vocabularies/eucaim-tier", media_type)
    suffixed = library.get(f"/vocabularies/eucaim-tier{SUFFIXES[media_type]}")
    shipped = dict(library.catalogue.vocabularies.graphs())[f"{EUCAIM}SPEC1000008"].read_bytes()

    assert negotiated.data == suffixed.data
    assert parsed(negotiated.data, negotiated.content_type) == parsed(shipped, TURTLE)


# A concept


def test_a_concept_has_its_names_its_code_and_its_place(library: Service) -> None:
    page = library.get("/vocabularies/country/DEU", HTML).text
    for label in ("Germany", "Allemagne"):
        assert f">{label}</td>" in page
    assert f"<code>{COUNTRY}DEU</code>" in page


def test_a_concept_of_several_vocabularies_names_them_all(library: Service) -> None:
    page = library.get("/vocabularies/eucaim-body-part/BP1000021", HTML).text
    assert 'href="/vocabularies/eucaim-ontology/BP1000021"' in page
    assert "EUCAIM Hyper-Ontology: labels of all terms" in page


def test_broader_and_narrower_lead_to_each_other(library: Service) -> None:
    vocabularies = library.catalogue.vocabularies
    narrow = next(c for c in vocabularies.concepts("dpv-purpose") if vocabularies.contains(c.scheme, c.broader[0]))
    above = vocabularies.concept(narrow.broader[0])
    assert above is not None

    assert (
        f"/vocabularies/dpv-purpose/{above.notation}"
        in library.get(f"/vocabularies/dpv-purpose/{narrow.notation}", HTML).text
    )
    assert (
        f"/vocabularies/dpv-purpose/{narrow.notation}"
        in library.get(f"/vocabularies/dpv-purpose/{above.notation}", HTML).text
    )


def test_a_deprecated_concept_names_its_successor(library: Service) -> None:
    vocabularies = library.catalogue.vocabularies
    old = next(c for c in vocabularies.concepts("licence") if c.deprecated and vocabularies.replacement(c.iri))
    new = vocabularies.concept(vocabularies.replacement(old.iri) or "")
    assert new is not None

    page = library.get(f"/vocabularies/licence/{old.notation}", HTML).text
    assert re.search(rf'Deprecated\.</b> Write <a href="/vocabularies/licence/{new.notation}"', page)


def test_the_last_part_of_an_iri_leads_to_the_code(library: Service) -> None:
    answer = library.get("/vocabularies/eucaim-data-use-condition/CLINICAL_CARE_USE", HTML)
    assert answer.status_code == 301
    assert answer.headers["Location"] == "/vocabularies/eucaim-data-use-condition/DUO_0000043"


def test_codes_with_a_slash_and_codes_of_two_concepts_have_addresses(library: Service) -> None:
    assert "application/dicom" in library.get("/vocabularies/iana-media-type/application/dicom", HTML).text
    first = library.get("/vocabularies/dpv-legal-basis/A6-1-a", N_TRIPLES)
    second = library.get("/vocabularies/dpv-legal-basis/A6-1-a~2", N_TRIPLES)
    names = [subjects(parsed(each.data, N_TRIPLES), f"{SKOS}Concept") for each in (first, second)]
    assert [len(name) for name in names] == [1, 1]
    assert names[0] != names[1]


def test_a_concept_is_data_too(library: Service) -> None:
    answer = library.get("/vocabularies/country/DEU", TURTLE)
    assert "Germany" in values(parsed(answer.data, answer.content_type), f"{SKOS}prefLabel", f"{COUNTRY}DEU")


# Where it is used


def used(service: Service, path: str) -> Any:
    """What a concept's JSON tells about datasets."""
    answer = service.get(path, JSON)
    assert answer.status_code == 200, answer.text
    return answer.get_json()["datasets"]


def test_a_concept_tells_how_many_datasets_mention_it_and_links_some(library: Service) -> None:
    iri = "http://publications.europa.eu/resource/authority/data-theme/HEAL"
    query = f"SELECT DISTINCT ?d {{ GRAPH ?d {{ ?s ?p <{iri}> . ?d a <http://www.w3.org/ns/dcat#Dataset> }} }}"
    expected = {row["d"] for row in library.rows(query)}
    told = used(library, "/vocabularies/data-theme/HEAL")
    page = library.get("/vocabularies/data-theme/HEAL", HTML).text

    assert len(expected) > 1
    assert (told["total"], told["more"]) == (len(expected), False)
    assert {each["iri"] for each in told["some"]} <= expected
    assert len(told["some"]) == min(len(expected), 20)
    assert [each["title"] for each in told["some"]] == sorted((e["title"] for e in told["some"]), key=str.casefold)
    assert f"{len(expected)} published datasets mention it." in page
    for each in told["some"]:
        assert f'<a href="{path_of(each["iri"])}">' in page
        assert each["title"] in unescape(page)


def test_the_link_to_all_lists_them_all(library: Service) -> None:
    told = used(library, "/vocabularies/data-theme/HEAL")
    answer = library.get(path_of(told["every"]), "application/sparql-results+json")
    assert len(answer.get_json()["results"]["bindings"]) == told["total"]
    assert f'href="{escape(path_of(told["every"]))}"' in library.get("/vocabularies/data-theme/HEAL", HTML).text


def test_what_nobody_mentions_says_so(library: Service) -> None:
    assert used(library, "/vocabularies/country/TUV")["total"] == 0
    assert "No published dataset mentions it." in library.get("/vocabularies/country/TUV", HTML).text


def test_the_count_follows_publication_and_withdrawal_and_never_shows_drafts(service: Service) -> None:
    """Also through caches: each change makes another tag, and the date goes on."""
    path = "/vocabularies/data-theme/HEAL"
    empty = service.get(path, HTML)
    assert service.submit(record("draft"), "?state=draft").status_code == 201
    assert used(service, path)["total"] == 0
    assert service.get(path, HTML, If_None_Match=empty.headers["ETag"]).status_code == 304

    place = service.publish("one", title="First of all")
    one = service.get(path, HTML, If_None_Match=empty.headers["ETag"])
    assert one.status_code == 200
    assert "One published dataset mentions it." in one.text
    assert one.last_modified is not None
    assert empty.last_modified is not None
    assert one.last_modified >= empty.last_modified
    assert service.get(path, HTML, If_None_Match=one.headers["ETag"]).status_code == 304

    assert service.withdraw(place).status_code < 300
    assert used(service, path)["total"] == 0
    assert "First of all" not in service.get(path, HTML).text


def test_while_the_store_is_not_open_the_page_says_so_and_is_not_kept(state: Path) -> None:
    with Catalogue.open(settings_for(state)) as catalogue:
        client = create_app(catalogue).test_client()
        page = client.get("/vocabularies/data-theme/HEAL", headers={"Accept": HTML})
        data = client.get("/vocabularies/data-theme/HEAL", headers={"Accept": JSON})
    assert page.status_code == 200
    assert "Not yet known" in page.text
    assert page.headers["Cache-Control"] == data.headers["Cache-Control"] == "no-store"
    assert data.get_json()["datasets"] is None


@pytest.mark.parametrize(
    ("path", "profile", "anchor"),
    [
        ("/vocabularies/data-theme/HEAL", "healthdcat-ap-8", "Dataset-theme"),
        ("/vocabularies/data-theme", "healthdcat-ap-8", "Dataset-theme"),
        ("/vocabularies/eucaim-ontology/IMG1000038", "eucaim-2", "Dataset-hasImageModality"),
    ],
)
def test_the_fields_that_take_a_concept_are_linked(library: Service, path: str, profile: str, anchor: str) -> None:
    page = library.get(path, HTML).text
    links = dict(re.findall(r'href="(/profiles/[^"]+)">([^<]+)</a>', page))
    assert f"/profiles/{profile}#{anchor}" in links
    linked = library.get(f"/profiles/{profile}", HTML).text
    assert [
        link for link in links if link.startswith(f"/profiles/{profile}#") and link.split("#")[1] not in linked
    ] == []


def test_where_it_is_used_is_told_in_ten_milliseconds(service: Service) -> None:
    """Counted in a store with hundreds of datasets; nothing of it comes from a cache."""
    shared = MINIMAL.index("<https://people.example/agent/shared-holder> a")
    head, own = MINIMAL[: MINIMAL.index("SUBJECT")], MINIMAL[MINIMAL.index("SUBJECT") : shared]
    many = (
        own.replace("SUBJECT", f"<dataset/d{n}>").replace("TITLE", f"Visits {n}").replace("IDENTIFIER", f"urn:test:{n}")
        for n in range(300)
    )
    assert service.submit(head + "".join(many) + MINIMAL[shared:]).status_code == 201
    taken = []
    for _ in range(21):
        began = time.perf_counter()
        found = uses(service.catalogue, "http://publications.europa.eu/resource/authority/data-theme/HEAL")
        taken.append(time.perf_counter() - began)
        assert found is not None
        assert (found.total, len(found.records), found.settled) == (300, 20, True)
    assert sorted(taken)[10] < 0.01


# The look-up


def test_the_look_up_answers_name_code_and_what_is_above(library: Service) -> None:
    answer = library.get("/vocabularies/eucaim-ontology/search?q=bp1000001").get_json()
    assert answer == {
        "total": 1,
        "results": [
            {
                "iri": f"{EUCAIM}BP1000001",
                "label": "Brain and spinal cord structure",
                "notation": "BP1000001",
                "broader": [library.catalogue.vocabularies.label(f"{EUCAIM}BP1000116")],
            }
        ],
    }


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("prostate", "Prostate"),
        ("PROSTATE gl", "Prostate gland"),
        ("gland prostate", "Prostate gland"),
        ("peri zon prost", "Peripheral zone of prostate"),
    ],
)
def test_beginnings_of_words_find_the_best_first(library: Service, query: str, first: str) -> None:
    assert found(library, "eucaim-ontology", query)[0] == first


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("Côte d'Ivoire", "CIV"),
        ("cote d’ivoire", "CIV"),
        ("COTE IVOI", "CIV"),
        ("civ", "CIV"),
        ("allem", "DEU"),
        ("Co\u0302te", "CIV"),
    ],
)
def test_languages_codes_and_accents_do_not_matter(library: Service, query: str, code: str) -> None:
    answer = library.client.get("/vocabularies/country/search", query_string={"q": query}).get_json()
    assert f"{COUNTRY}{code}" in [result["iri"] for result in answer["results"]]


@pytest.mark.parametrize("query", ["aeroskobing", "ÆRØSKØBING", "a\u0308rzte", "arzte"])
def test_the_search_of_datasets_goes_by_the_same_letters(service: Service, query: str) -> None:
    service.publish("letters", title="Ærøskøbing und die Ärzte")
    assert service.client.get("/datasets", query_string={"q": query}, headers={"Accept": JSON}).get_json()["total"] == 1


def test_deprecated_concepts_come_after_others() -> None:
    kept = Concept("urn:c:2", "urn:s", {"en": "Open data licence"}, "2")
    old = Concept("urn:c:1", "urn:s", {"en": "Open data"}, "1", deprecated=True)
    assert Shelf([Listed(old), Listed(kept)]).search("open da") == [kept, old]


def test_further_names_in_every_language_find_a_concept() -> None:
    gland = Listed(Concept("urn:c:1", "urn:s", {"en": "Suprarenal gland"}), synonyms={"sv": ("Binjure", "Ångkörtel")})
    shelf = Shelf([gland, Listed(Concept("urn:c:2", "urn:s", {"en": "Kidney"}))])
    for query in ("binj", "angkortel", "ÅNGKÖRTEL"):
        assert shelf.search(query) == [gland.concept]


def test_the_limit_cuts_the_results_and_not_the_total(library: Service) -> None:
    answer = library.get("/vocabularies/country/search?q=a&limit=3").get_json()
    assert len(answer["results"]) == 3
    assert answer["total"] > 3


def test_an_empty_query_finds_all_and_one_without_letters_nothing(library: Service) -> None:
    assert len(found(library, "access-right", "", limit="100")) == 7
    assert found(library, "access-right", "?!") == []


def test_the_look_up_takes_less_than_20_ms_over_the_largest_vocabulary(library: Service) -> None:
    """At the 95th percentile, as it is typed letter by letter; every query is new to the cache."""
    labels = [c.labels["en"] for c in library.catalogue.vocabularies.concepts("eucaim-ontology")[7::400]]
    queries = dict.fromkeys(label[:length] for label in labels for length in (1, 2, 3, 4, 6, 9, 40))
    found(library, "eucaim-ontology", "warm")
    taken = []
    for query in queries:
        began = time.perf_counter()
        found(library, "eucaim-ontology", query)
        taken.append(time.perf_counter() - began)
    taken.sort()
    assert taken[int(len(taken) * 0.95)] < 0.02


# Bad input, caches


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/vocabularies/nothing", 404),
        ("/vocabularies/nothing/search?q=a", 404),
        ("/vocabularies/nothing/DEU", 404),
        ("/vocabularies/country/XXXX", 404),
        ("/vocabularies/country.csv", 404),
        ("/vocabularies/country?page=99", 404),
        ("/vocabularies/country?page=0", 400),
        ("/vocabularies/country?page=%D9%A3", 400),
        ("/vocabularies/country/search?limit=0", 400),
        ("/vocabularies/country/search?limit=101", 400),
        ("/vocabularies/country/search?limit=-1", 400),
        ("/vocabularies/country/search?limit=ten", 400),
        ("/vocabularies/country/search?limit=", 400),
        ("/vocabularies/country/search?limit=" + "9" * 5000, 400),
    ],
)
def test_what_is_unknown_or_malformed_is_refused(library: Service, path: str, status: int) -> None:
    answer = library.get(path)
    assert answer.status_code == status
    assert answer.get_json()["mend"]


def test_a_very_long_query_is_cut(library: Service) -> None:
    assert found(library, "country", "x" * 100_000) == []
    assert found(library, "country", "germany " * 5_000) == ["Germany"]


def test_what_cannot_be_had_is_406(library: Service) -> None:
    assert library.get("/vocabularies/country", "image/png").status_code == 406


@pytest.mark.parametrize(
    "path",
    [
        "/vocabularies",
        "/vocabularies/access-right",
        "/vocabularies/access-right.ttl",
        "/vocabularies/access-right/PUBLIC",
        "/vocabularies/access-right/search?q=pub",
    ],
)
def test_caches_and_other_sites_may_keep_the_answers(library: Service, path: str) -> None:
    answer = library.get(path)
    assert answer.headers["Cache-Control"].startswith("public")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    again = library.get(path, If_None_Match=answer.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")


# Hierarchies that nobody meant


def test_a_hierarchy_that_runs_in_a_circle_is_shown_once() -> None:
    shelf = made(("a", "A", ""), ("b", "B", "c"), ("c", "C", "b"), ("d", "D", "d"))
    assert [(c.notation, depth) for c, depth in shelf.tree] == [("a", 0), ("b", 0), ("c", 1), ("d", 0)]


def test_a_concept_with_several_parents_stands_once_and_as_high_as_it_can() -> None:
    shelf = made(("a", "A", ""), ("b", "B", "a"), ("c", "C", "b a b"))
    assert [(c.notation, depth) for c, depth in shelf.tree] == [("a", 0), ("b", 1), ("c", 1)]
    assert [c.notation for c in shelf.path("urn:c:c")] == ["a"]
    assert [c.notation for c in shelf.narrower("urn:c:b")] == ["c"]
