"""Is what is served negotiated, cacheable and exact? Rules 1 to 10 of the harvest contract included."""

from __future__ import annotations

import gzip
import shutil
import threading
import time

import pytest
from harness import (
    BASE,
    DCAT,
    DCT,
    JSON_LD,
    N_TRIPLES,
    RDF_XML,
    SERVED,
    SUFFIXES,
    TOKEN,
    TURTLE,
    Opener,
    Service,
    blank_nodes,
    parsed,
    path_of,
    record,
    subjects,
    values,
)

HTML = "text/html; charset=utf-8"
CONTENT_TYPES = {
    "text/html": HTML,
    TURTLE: "text/turtle; charset=utf-8",
    JSON_LD: JSON_LD,
    RDF_XML: RDF_XML,
    N_TRIPLES: N_TRIPLES,
}
GLIOMA = "/dataset/asthma-air-quality-lombardia"
RECORDS = (GLIOMA, "/series/neuro-oncology-mri", "/catalog/health", "/catalog/cancer-imaging")


def datasets(service: Service) -> list[str]:
    """The paths of every published dataset, by the list."""
    first = service.get("/datasets", "application/json").json
    pages = [service.get(f"/datasets?page={n}", "application/json").json for n in range(1, first["pages"] + 1)]
    found = [path_of(record["iri"]) for page in pages for record in page["records"]]
    assert len(found) == first["total"] == len(set(found))
    return found


# -- negotiation -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "text/html"),
        ("*/*", "text/html"),
        ("text/*", "text/html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("text/turtle", TURTLE),
        ("application/ld+json, text/turtle;q=0.9", JSON_LD),
        ("text/turtle;q=0.4, application/rdf+xml;q=0.5", RDF_XML),
        ("text/html;q=0.1, application/n-triples", N_TRIPLES),
        ("application/json, text/turtle;q=0.2", TURTLE),
        ("text/html;q=0, */*;q=0.1", TURTLE),
        ("application/*", JSON_LD),
        ("TEXT/TURTLE", TURTLE),
    ],
)
@pytest.mark.parametrize("path", RECORDS)
def test_the_format_is_what_the_client_likes_best(
    library: Service, path: str, accept: str | None, expected: str
) -> None:
    answer = library.get(path, accept)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, CONTENT_TYPES[expected])
    assert answer.headers["Vary"] == "Accept, Accept-Encoding"


@pytest.mark.parametrize("path", [*RECORDS, "/", "/datasets", f"/record{GLIOMA}"])
def test_what_cannot_be_had_is_answered_with_what_can(library: Service, path: str) -> None:
    answer = library.get(path, "image/png")

    assert answer.status_code == 406
    assert "text/html" in answer.json["available"]
    assert len(answer.json["available"]) > 1


@pytest.mark.parametrize("media_type", SERVED)
@pytest.mark.parametrize("path", RECORDS)
def test_a_suffix_fixes_the_format(library: Service, path: str, media_type: str) -> None:
    answer = library.get(path + SUFFIXES[media_type], "text/html")

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, CONTENT_TYPES[media_type])
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.data == library.get(path, media_type).data


def test_html_has_a_suffix_too(library: Service) -> None:
    assert library.get(f"{GLIOMA}.html", TURTLE).headers["Content-Type"] == HTML


@pytest.mark.parametrize("suffix", [".xml", ".txt", ".", ".ttl.gz", ".TTL"])
def test_an_unknown_suffix_is_not_found(library: Service, suffix: str) -> None:
    assert library.get(GLIOMA + suffix).status_code == 404


@pytest.mark.parametrize("accept", CONTENT_TYPES)
@pytest.mark.parametrize("path", [*RECORDS, "/", "/catalog.ttl", "/catalog.rdf?page=2", "/dump.nt.gz"])
def test_head_has_the_headers_of_get_and_no_body(library: Service, path: str, accept: str) -> None:
    get, head = library.get(path, accept), library.client.head(path, headers={"Accept": accept})

    assert (head.status_code, head.data) == (200, b"")
    assert {k: v for k, v in head.headers if k != "Content-Length"} == {
        k: v for k, v in get.headers if k != "Content-Length"
    }
    if "Content-Length" in get.headers:
        assert head.headers["Content-Length"] == get.headers["Content-Length"]


# -- caching ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("accept", CONTENT_TYPES)
@pytest.mark.parametrize("path", [GLIOMA, "/catalog/health", "/catalog.ttl"])
def test_what_the_client_has_is_not_sent_again(library: Service, path: str, accept: str) -> None:
    first = library.get(path, accept)
    etag, modified = first.headers["ETag"], first.headers["Last-Modified"]

    by_tag = library.get(path, accept, If_None_Match=etag)
    by_weak_tag = library.get(path, accept, If_None_Match=f'"other", W/{etag}')
    by_date = library.get(path, accept, If_Modified_Since=modified)
    earlier = library.get(path, accept, If_Modified_Since="Mon, 01 Jan 2001 00:00:00 GMT")
    other = library.get(path, accept, If_None_Match='"other"', If_Modified_Since=modified)

    assert [a.status_code for a in (by_tag, by_weak_tag, by_date, earlier, other)] == [
        304,
        304,
        304,
        200,
        200,
    ]
    assert (by_tag.data, by_tag.headers["ETag"]) == (b"", etag)
    assert by_tag.headers.get("Vary") == first.headers.get("Vary")


def test_every_format_has_an_etag_of_its_own(library: Service) -> None:
    assert len({library.get(GLIOMA, accept).headers["ETag"] for accept in CONTENT_TYPES}) == len(CONTENT_TYPES)


def test_the_etag_of_another_format_is_not_taken_for_this_one(library: Service) -> None:
    etag = library.get(GLIOMA, TURTLE).headers["ETag"]

    assert library.get(GLIOMA, JSON_LD, If_None_Match=etag).status_code == 200


def test_a_change_changes_the_etag(service: Service) -> None:
    path = service.publish("one")
    before = {accept: service.get(path, accept).headers["ETag"] for accept in CONTENT_TYPES}

    service.put(path, record("one", title="Changed"), "*")

    after = {accept: service.get(path, accept) for accept in CONTENT_TYPES}
    assert all(after[accept].headers["ETag"] != before[accept] for accept in CONTENT_TYPES)
    assert all("Changed" in after[accept].text for accept in CONTENT_TYPES)


@pytest.mark.parametrize("path", [*RECORDS, f"/record{GLIOMA}", "/"])
@pytest.mark.parametrize("media_type", SERVED)
def test_the_same_revision_gives_the_same_bytes(library: Service, opened: Opener, path: str, media_type: str) -> None:
    first = library.get(path, media_type)
    library.catalogue.reader._rendered.clear()

    again = library.get(path, media_type)

    assert (again.data, again.headers["ETag"]) == (first.data, first.headers["ETag"])


def test_links_name_the_other_formats_and_the_catalogue(library: Service) -> None:
    link = library.get(GLIOMA).headers["Link"]

    for media_type in SERVED:
        expected = f'<{BASE}{GLIOMA}{SUFFIXES[media_type]}>; rel="alternate describedby"; type="{media_type}"'
        assert expected in link
    assert f'<{BASE}/catalog/health>; rel="collection"' in link


# -- the ten rules ---------------------------------------------------------------------------------------------------


def test_rule_1_a_document_describes_exactly_one_dataset(library: Service) -> None:
    for path in datasets(library):
        graph = library.graph(path)
        assert subjects(graph, f"{DCAT}Dataset") == {f"{BASE}{path}"}
        for distribution in values(graph, f"{DCAT}distribution"):
            assert values(graph, f"{DCAT}accessURL", distribution), distribution


def test_rule_2_the_service_never_answers_with_less(opened: Opener) -> None:
    with opened() as service:
        service.publish("one")
        service.catalogue.projection.close()  # the store cannot answer; it is not that nothing is there
        answer = service.get("/sparql?query=SELECT+*+%7B%3Fs+%3Fp+%3Fo%7D", "application/json")
        ready = service.get("/health/ready")

        assert [answer.status_code, ready.status_code] == [503, 503]
        assert int(answer.headers["Retry-After"]) > 0
        assert int(ready.headers["Retry-After"]) > 0
        assert service.get("/dataset/one").status_code == 200  # the ledger has it


@pytest.mark.parametrize("host", ["evil.example", "localhost:1", "catalogue.test.evil.example"])
def test_rule_4_links_are_made_from_the_base_whatever_the_host(library: Service, host: str) -> None:
    for path in ("/catalog.ttl", "/", GLIOMA, "/catalog/health", f"{GLIOMA}.html", "/datasets"):
        answer = library.get(path, TURTLE if path != "/datasets" else None, Host=host, X_Forwarded_Host=host)
        assert answer.status_code == 200
        assert host not in answer.text
        assert host not in str(answer.headers)
    posted = library.client.post("/datasets", headers={"Host": host})
    assert host not in posted.text


@pytest.mark.parametrize("media_type", SERVED)
def test_rule_5_feed_addresses_carry_the_format_and_need_no_accept(library: Service, media_type: str) -> None:
    for accept in (None, "image/png"):
        answer = library.get(f"/catalog{SUFFIXES[media_type]}", accept)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, CONTENT_TYPES[media_type])
        answer.data.decode("utf-8")


def test_rule_6_each_dataset_has_one_identifier_of_its_own(library: Service) -> None:
    found = [values(library.graph(path), f"{DCT}identifier", f"{BASE}{path}") for path in datasets(library)]

    assert all(len(identifiers) == 1 for identifiers in found)
    assert len(set.union(*found)) == len(found)


@pytest.mark.parametrize("media_type", SERVED)
def test_rule_7_no_blank_node_is_served(library: Service, media_type: str) -> None:
    addresses = [
        *datasets(library),
        *RECORDS,
        f"/record{GLIOMA}",
        "/",
        f"/catalog{SUFFIXES[media_type]}?page=2",
    ]

    assert [path for path in addresses if blank_nodes(library.graph(path, media_type))] == []


def test_rule_7_nested_nodes_keep_their_iris_when_the_same_comes_again(service: Service) -> None:
    path = service.publish("one")
    before = service.graph(path)
    service.withdraw(path)

    again = service.publish("two", identifier="urn:test:one", title="Visits one")

    renamed = {str(t).replace(f"{again}#", f"{path}#").replace(f"{again}>", f"{path}>") for t in service.graph(again)}
    assert renamed == {str(triple) for triple in before}


def test_rule_9_labels_of_concepts_are_not_inlined(library: Service) -> None:
    labels = "http://www.w3.org/2000/01/rdf-schema#label"
    for path in datasets(library):
        labelled = {t.subject.value for t in library.graph(path) if t.predicate.value == labels}
        assert [iri for iri in labelled if "resource/authority" in iri or "cancerimage.eu" in iri] == []


@pytest.mark.parametrize("path", [*RECORDS, "/", f"/record{GLIOMA}"])
def test_every_format_says_the_same(library: Service, path: str) -> None:
    graphs = [library.graph(path, media_type) for media_type in SERVED]

    assert len(graphs[0]) > 5
    assert all(graph == graphs[0] for graph in graphs)


# -- pages -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/datasets",
        "/validate",
        "/sparql",
        "/profiles/healthdcat-ap-8",
        *RECORDS,
        "/nowhere",
        "/dataset/nothing",
    ],
)
def test_every_page_is_guarded_by_headers(library: Service, path: str) -> None:
    headers = library.get(path, "text/html").headers

    assert headers["Content-Type"] == HTML
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere", "/dataset/nothing", "/dataset/nothing.ttl", "/series/nothing", "/catalog/nothing",
        "/record/dataset/nothing", "/catalog.xml", "/profiles/nothing", "/dataset/..%2f..%2fetc%2fpasswd",
        "/dataset/A", "/dataset/" + "a" * 500, "/static/..%2fapp.py", "/dataset/%00", "/agent/x",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(library: Service, path: str) -> None:
    page, problem = library.get(path, "text/html"), library.get(path, "application/json")

    assert [page.status_code, problem.status_code] == [404, 404]
    assert page.headers["Content-Type"] == HTML
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert problem.json["status"] == 404


def test_an_error_page_shows_the_address_as_text(library: Service) -> None:
    for path in (
        "/<script>alert(1)</script>",
        "/dataset/<script>alert(1)</script>",
        "/datasets?page=<script>",
    ):
        assert "<script>" not in library.get(path, "text/html").text


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", GLIOMA, {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}),
        ("PATCH", GLIOMA, {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}),
        ("DELETE", "/datasets", {"GET", "HEAD", "POST", "OPTIONS"}),
        ("PUT", "/sparql", {"GET", "HEAD", "POST", "OPTIONS"}),
        ("POST", "/catalog.ttl", {"GET", "HEAD", "OPTIONS"}),
        ("POST", "/", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_a_method_that_is_not_taken_is_answered_with_those_that_are(
    library: Service, method: str, path: str, allowed: set[str]
) -> None:
    answer = library.client.open(path, method=method)

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "1.5", "１", "9999999999", "1" * 400, "1e3", " 1"])
@pytest.mark.parametrize("path", ["/datasets", "/catalog.ttl"])
def test_an_odd_page_number_is_refused_with_words(library: Service, path: str, page: str) -> None:
    answer = library.client.get(path, query_string={"page": page}, headers={"Accept": "application/json"})

    assert answer.status_code in (400, 404)
    assert answer.json["detail"]


@pytest.mark.parametrize("path", ["/datasets", "/catalog.ttl"])
def test_a_page_behind_the_last_is_not_found(library: Service, path: str) -> None:
    assert library.get(f"{path}?page=99").status_code == 404


def test_the_list_pages_through_everything_once_and_finds_words_anywhere(library: Service) -> None:
    found = datasets(library)
    title = library.get("/datasets", "application/json").json["records"][0]["title"]
    word = max(title.split(), key=len)

    hits = library.get(f"/datasets?q={word.upper()}", "application/json").json

    assert 0 < hits["total"] <= len(found)
    assert title in [record["title"] for record in hits["records"]]
    assert library.get("/datasets?q=zzzzqqqq", "application/json").json["total"] == 0


@pytest.mark.parametrize("query", ["%25", "_", "'", '"', "\\", "a' OR '1'='1", "(", "*", "\x00", "ß" * 3000])
def test_a_search_takes_any_text(library: Service, query: str) -> None:
    answer = library.client.get("/datasets", query_string={"q": query}, headers={"Accept": "application/json"})

    assert answer.status_code == 200
    assert answer.json["total"] <= len(datasets(library))


def test_a_search_takes_wildcards_of_sql_as_text(library: Service) -> None:
    found = [library.get(f"/datasets?q={q}", "application/json").json["total"] for q in ("zz%25zz", "a%25e", "a__e")]

    assert found == [0, 0, 0]


def test_a_catalogue_page_changes_for_those_who_ask_by_date_when_a_dataset_leaves(service: Service) -> None:
    path = service.publish("one")
    seen = service.get("/catalog/default", "text/html").headers["Last-Modified"]
    time.sleep(1.01)  # HTTP dates have whole seconds

    service.withdraw(path)

    for place, accept in (
        ("/catalog/default", "text/html"),
        ("/catalog/default", TURTLE),
        ("/catalog.ttl", None),
    ):
        assert service.get(place, accept, If_Modified_Since=seen).status_code == 200


def test_the_list_of_one_catalogue_holds_only_its_datasets(library: Service) -> None:
    answer = library.get("/datasets?catalog=health", "application/json").json

    assert 0 < answer["total"] < len(datasets(library))
    assert {record["catalog"] for record in answer["records"]} == {"health"}


def test_a_catalogue_record_leads_people_to_the_page(library: Service) -> None:
    answer = library.get(f"/record{GLIOMA}", "text/html")

    assert (answer.status_code, answer.headers["Location"]) == (303, GLIOMA)


def test_pages_answer_while_the_store_is_being_built(opened: Opener) -> None:
    with opened() as service:
        path = service.publish("one")
        store = service.catalogue.settings.store_path
        service.catalogue.projection.close()
        shutil.rmtree(store)
        statuses = [service.get(p).status_code for p in (path, "/datasets", "/catalog.ttl", "/dump.nt.gz", "/")]

    assert statuses == [200] * 5


def test_many_threads_read_the_same_record(library: Service) -> None:
    expected = library.get(GLIOMA, TURTLE).data
    bodies: list[bytes] = []

    def read() -> None:
        client = library.client.application.test_client()
        for _ in range(5):
            library.catalogue.reader._rendered.clear()
            bodies.append(client.get(GLIOMA, headers={"Accept": TURTLE}).data)

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(bodies) == 30
    assert set(bodies) == {expected}
    assert parsed(expected, TURTLE)


def test_a_client_that_takes_gzip_gets_it_under_a_tag_of_its_own(library: Service) -> None:
    """The same document, compressed; its tag answers 304 for it and is good for If-Match."""
    path = "/dataset/asthma-air-quality-lombardia.ttl"
    plain, packed = library.get(path), library.get(path, accept_encoding="gzip, deflate")
    refused = library.get(path, accept_encoding="gzip;q=0, identity")

    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert "Content-Encoding" not in refused.headers
    assert gzip.decompress(packed.data) == plain.data == refused.data
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert packed.headers["ETag"].split("-")[0] == plain.headers["ETag"].split("-")[0]
    for answer, coding in ((packed, "gzip"), (plain, "identity")):
        tag = answer.headers["ETag"]
        assert library.get(path, accept_encoding=coding, if_none_match=tag).status_code == 304


def test_the_cache_forgets_when_anybody_writes(service: Service) -> None:
    """A page that is given again and again is the new one at the first request after a change."""
    path = service.publish("one", title="Before")
    tags = {service.get(path, "text/html").headers["ETag"] for _ in range(3)}
    etag = service.get(f"{path}.ttl").headers["ETag"]
    assert service.put(path, record("one", title="After"), etag).status_code == 200
    after = service.get(path, "text/html")

    assert len(tags) == 1
    assert "After" in after.text
    assert after.headers["ETag"] not in tags
    service.withdraw(path)
    assert service.get(path, "text/html").status_code == 410


def test_the_cache_keeps_nothing_that_a_token_brought(service: Service) -> None:
    path = service.publish("one")
    draft = service.put(f"{path}?state=draft", record("one", title="Hidden draft"), service.get(path).headers["ETag"])
    assert draft.status_code == 200
    seen = service.client.get(
        f"{path}?state=draft", headers={"Authorization": f"Bearer {TOKEN}", "Accept": "text/html"}
    )
    assert "Hidden draft" in seen.text
    assert service.get(f"{path}?state=draft", "text/html").status_code == 401
