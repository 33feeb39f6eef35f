"""Does a harvester get everything that is published, once, and nothing else?

The feed is walked as ckanext-dcat (contract A) and piveau (C.1.3) do, the FAIR Data Point as GDI (B.1) and EMX2 (B.3).
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator

import pyoxigraph as ox
import pytest
from harness import (
    BASE,
    DCAT,
    DCT,
    FDP,
    HYDRA,
    LDP,
    SERVED,
    SUFFIXES,
    TURTLE,
    Opener,
    Service,
    Triples,
    blank_nodes,
    catalog,
    parsed,
    path_of,
    record,
    subjects,
    values,
)

from catalogue.model import Kind


@pytest.fixture
def fed(opened: Opener) -> Iterator[Service]:
    """Eight datasets; three records on a page."""
    with opened(feed_page_size=3) as service:
        for number in range(8):
            service.publish(f"d{number}")
        yield service


def ledger(service: Service, *kinds: Kind) -> set[str]:
    """The IRIs of what is published, by the ledger."""
    found = service.catalogue.ledger.contents(kinds or (Kind.DATASET,))
    return {service.catalogue.identity.record(record.kind, record.slug).value for record, _, _ in found}


def ckan(service: Service, suffix: str, between: Callable[[int], None] = lambda page: None) -> list[str]:
    """Walk the feed as ckanext-dcat does (A.1 to A.7); every dataset met, in order."""
    url, first, met, kind = f"{BASE}/catalog{suffix}", b"", [], ""
    for number in range(1, 100):
        head = service.client.head(path_of(url))
        assert head.status_code == 200
        answer = service.get(path_of(url))
        kind = kind or answer.headers["Content-Type"]
        graph = parsed(answer.data, kind)  # the first page's type is used for all
        if answer.data == first:
            break
        first = first or answer.data
        met += sorted(subjects(graph, f"{DCAT}Dataset"))
        (view,) = subjects(graph, f"{HYDRA}PartialCollectionView") or subjects(graph, f"{HYDRA}PagedCollection")
        following = values(graph, f"{HYDRA}next", view) or values(graph, f"{HYDRA}nextPage", view)
        between(number)
        if not following:
            return met
        (url,) = following
    raise AssertionError("the walk does not end")


def piveau(service: Service, suffix: str) -> tuple[list[str], int]:
    """Walk it as piveau does: the first PagedCollection, only `hydra:nextPage`, `totalItems` from the same node."""
    url, met, total = f"{BASE}/catalog{suffix}", [], -1
    for _ in range(100):
        answer = service.get(path_of(url))
        graph = parsed(answer.data, answer.headers["Content-Type"])
        (node,) = subjects(graph, f"{HYDRA}PagedCollection")
        total = int(values(graph, f"{HYDRA}totalItems", node).pop())
        met += sorted(subjects(graph, f"{DCAT}Dataset"))
        following = values(graph, f"{HYDRA}nextPage", node)
        if not following:
            return met, total
        url = following.pop()
    raise AssertionError("the walk does not end")


# -- the feed --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES.values())
def test_both_kinds_of_harvester_meet_every_dataset_once(fed: Service, suffix: str) -> None:
    first = ckan(fed, suffix)
    second, total = piveau(fed, suffix)

    assert sorted(first) == sorted(second) == sorted(ledger(fed))
    assert total == len(first) == 8


def test_the_paging_node_has_both_types_and_every_predicate(fed: Service) -> None:
    graph = parsed(fed.get("/catalog.ttl?page=2").data, TURTLE)
    node = f"{BASE}/catalog.ttl?page=2"

    assert subjects(graph, f"{HYDRA}PagedCollection") == subjects(graph, f"{HYDRA}PartialCollectionView") == {node}
    names = ("next", "nextPage", "previous", "previousPage", "first", "last", "itemsPerPage", "totalItems")
    page = {name: values(graph, f"{HYDRA}{name}", node) for name in names}
    assert page == {
        "next": {f"{BASE}/catalog.ttl?page=3"},
        "nextPage": {f"{BASE}/catalog.ttl?page=3"},
        "previous": {f"{BASE}/catalog.ttl?page=1"},
        "previousPage": {f"{BASE}/catalog.ttl?page=1"},
        "first": {f"{BASE}/catalog.ttl?page=1"},
        "last": {f"{BASE}/catalog.ttl?page=3"},
        "itemsPerPage": {"3"},
        "totalItems": {"8"},
    }
    (total,) = {t.object for t in graph if t.predicate.value == f"{HYDRA}totalItems"}
    assert total.datatype.value == "http://www.w3.org/2001/XMLSchema#integer"


def test_the_last_page_has_no_next(fed: Service) -> None:
    last = parsed(fed.get("/catalog.ttl?page=3").data, TURTLE)

    assert values(last, f"{HYDRA}next") | values(last, f"{HYDRA}nextPage") == set()


def test_the_page_without_a_number_is_the_first(fed: Service) -> None:
    assert fed.get("/catalog.ttl").data == fed.get("/catalog.ttl?page=1").data


def test_what_is_published_or_withdrawn_meanwhile_hides_and_doubles_nothing_else(fed: Service) -> None:
    before = ledger(fed)

    def meanwhile(page: int) -> None:
        if page == 1:
            fed.publish("late")
            fed.withdraw("/dataset/d0")
            fed.withdraw("/dataset/d6")
            fed.put("/dataset/d4", record("d4", title="Changed"), "*")

    met = ckan(fed, ".ttl", meanwhile)

    assert len(met) == len(set(met))
    gone = {f"{BASE}/dataset/d6"}
    assert set(met) == (before | {f"{BASE}/dataset/late"}) - gone
    assert f"{BASE}/dataset/d0" not in ckan(fed, ".ttl")


def test_a_withdrawn_dataset_leaves_every_feed(fed: Service) -> None:
    fed.withdraw("/dataset/d3")

    met, total = piveau(fed, ".nt")

    assert total == len(met) == 7
    assert b"dataset/d3" not in gzip.decompress(fed.get("/dump.nt.gz").data)
    assert "dataset/d3" not in fed.get("/catalog/default", TURTLE).text


def test_an_empty_feed_is_a_whole_page_with_nothing_on_it(service: Service) -> None:
    graph = parsed(service.get("/catalog.ttl").data, TURTLE)

    assert values(graph, f"{HYDRA}totalItems") == {"0"}
    assert values(graph, f"{HYDRA}next") == set()
    assert subjects(graph, f"{DCAT}Dataset") == set()


def test_the_feed_holds_each_record_whole_with_its_catalogue_record(fed: Service) -> None:
    pages = set.union(*fed.feed())

    for iri in ledger(fed):
        assert fed.graph(path_of(iri)) <= pages
        about = fed.graph(f"/record{path_of(iri)}")
        assert about <= pages
        assert values(about, "http://xmlns.com/foaf/0.1/primaryTopic") == {iri}
    assert values(pages, f"{DCAT}dataset", f"{BASE}/catalog/default") == ledger(fed)


@pytest.mark.parametrize("media_type", SERVED)
def test_every_format_of_a_page_says_the_same(library: Service, media_type: str) -> None:
    def page(suffix: str) -> Triples:
        answer = library.get(f"/catalog{suffix}?page=3")
        graph = parsed(answer.data, answer.headers["Content-Type"])
        return {t for t in graph if not t.subject.value.startswith(f"{BASE}/catalog.")}

    assert page(SUFFIXES[media_type]) == page(".nt") != set()


def test_the_whole_library_arrives_without_blank_nodes(library: Service) -> None:
    pages = library.feed(".ttl")
    met = [iri for page in pages for iri in subjects(page, f"{DCAT}Dataset")]

    assert len(pages) > 3
    assert sorted(met) == sorted(ledger(library))
    assert blank_nodes(set.union(*pages)) == []


def test_the_feed_changes_its_etag_with_what_is_public_only(fed: Service) -> None:
    first = fed.get("/catalog.ttl").headers["ETag"]
    fed.submit(record("draft"), "?state=draft")
    drafted = fed.get("/catalog.ttl").headers["ETag"]
    fed.withdraw("/dataset/d1")

    assert drafted == first
    assert fed.get("/catalog.ttl", If_None_Match=first).status_code == 200


def test_a_dataset_is_published_only_in_a_catalogue_that_is_public(fed: Service) -> None:
    fed.submit(record("early") + catalog("hidden", datasets=["<dataset/early>"]), "?state=draft")

    answer = fed.put("/dataset/early", record("early"), "*")
    elsewhere = fed.submit(record("late"), "?catalog=hidden")
    pages = set.union(*fed.feed())

    assert [answer.status_code, elsewhere.status_code] == [409, 404]
    assert "Catalogue hidden" not in str(values(pages, f"{DCT}title"))
    assert set(ldp_crawl(fed)) == ledger(fed)


# -- the dump --------------------------------------------------------------------------------------------------------


def test_the_dump_holds_what_the_feed_holds(library: Service) -> None:
    answer = library.get("/dump.nt.gz")
    dump = {quad.triple for quad in ox.parse(gzip.decompress(answer.data), format=ox.RdfFormat.N_TRIPLES)}
    feed = {t for page in library.feed() for t in page if not t.subject.value.startswith(f"{BASE}/catalog.")}

    assert answer.headers["Content-Type"] == "application/gzip"
    assert subjects(dump, f"{DCAT}Dataset") == ledger(library)
    assert subjects(dump, f"{DCAT}Catalog") == ledger(library, Kind.CATALOG)
    assert feed <= dump
    assert blank_nodes(dump) == []


def test_the_dump_holds_what_sparql_holds(library: Service) -> None:
    dump = gzip.decompress(library.get("/dump.nt.gz").data)
    lines = {quad.triple for quad in ox.parse(dump, format=ox.RdfFormat.N_TRIPLES)}
    rows = library.rows(f"SELECT DISTINCT ?s ?p ?o {{ GRAPH ?g {{ ?s ?p ?o }} FILTER(STRSTARTS(STR(?g), '{BASE}/')) }}")

    # Not the values: the engine writes numbers in their canonical form.
    assert len(rows) == len(lines)
    assert {(row["s"], row["p"]) for row in rows} == {(t.subject.value, t.predicate.value) for t in lines}


def test_the_dump_is_not_sent_twice(library: Service) -> None:
    etag = library.get("/dump.nt.gz").headers["ETag"]

    again = library.get("/dump.nt.gz", If_None_Match=f"W/{etag}")

    assert (again.status_code, again.data) == (304, b"")


def test_an_empty_dump_is_a_gzip_file(opened: Opener) -> None:
    with opened() as service:
        service.withdraw("/catalog/default")
        assert gzip.decompress(service.get("/dump.nt.gz").data) == b""


# -- the FAIR Data Point ---------------------------------------------------------------------------------------------


def ldp_crawl(service: Service) -> list[str]:
    """Breadth first over every `ldp:contains` (B.1); URLs whose own document types them a dataset."""
    waiting, seen, found = [f"{BASE}/"], set(), []
    while waiting:
        url = waiting.pop(0)
        if url in seen or not url.startswith(BASE):
            continue
        seen.add(url)
        answer = service.get(path_of(url), TURTLE)
        assert answer.status_code == 200, url
        assert answer.headers["Content-Type"] == "text/turtle; charset=utf-8"
        graph = parsed(answer.data, TURTLE)
        if url in subjects(graph, f"{DCAT}Dataset"):
            found.append(url)
        waiting += sorted(values(graph, f"{LDP}contains"))
    return found


def test_a_crawler_of_containers_finds_every_dataset_once(library: Service) -> None:
    found = ldp_crawl(library)

    assert sorted(found) == sorted(ledger(library))


def test_a_crawler_of_links_finds_every_dataset(library: Service) -> None:
    root = library.graph("/", TURTLE)
    catalogs = values(root, f"{FDP}metadataCatalog", f"{BASE}/")
    members = {m for iri in catalogs for m in values(library.graph(path_of(iri)), f"{DCAT}dataset", iri)}
    found = {iri for iri in members if iri in subjects(library.graph(path_of(iri)), f"{DCAT}Dataset")}

    assert catalogs == ledger(library, Kind.CATALOG)
    assert found == ledger(library)


def test_the_root_is_what_a_fair_data_point_serves(library: Service) -> None:
    root = library.graph("/", TURTLE)

    for type_ in (f"{FDP}FAIRDataPoint", f"{FDP}MetadataService", f"{DCAT}DataService", f"{DCAT}Resource"):
        assert subjects(root, type_) == {f"{BASE}/"}
    for property_ in (
        f"{DCT}title", "http://www.w3.org/2000/01/rdf-schema#label", f"{DCT}description", f"{DCAT}version",
        f"{FDP}metadataIssued", f"{FDP}metadataModified", f"{DCT}license", f"{DCT}language", f"{DCT}publisher",
        f"{FDP}metadataIdentifier", f"{DCT}accessRights", f"{DCT}conformsTo", f"{FDP}fdpSoftwareVersion",
        f"{DCAT}endpointURL",
    ):  # fmt: skip
        assert len(values(root, property_, f"{BASE}/")) == 1, property_
    assert subjects(root, f"{LDP}DirectContainer") == {f"{BASE}/catalog/"}
    assert values(root, f"{LDP}membershipResource") == {f"{BASE}/"}
    assert values(root, f"{LDP}hasMemberRelation") == {f"{FDP}metadataCatalog"}


@pytest.mark.parametrize("name", ["health", "cancer-imaging"])
def test_a_catalogue_lists_all_its_datasets_in_one_response(library: Service, name: str) -> None:
    iri = f"{BASE}/catalog/{name}"
    graph = library.graph(f"/catalog/{name}", TURTLE)

    contained = values(graph, f"{LDP}contains", f"{BASE}/dataset/")
    assert contained == values(graph, f"{DCAT}dataset", iri) != set()
    assert values(graph, f"{LDP}membershipResource") == {iri}
    assert values(graph, f"{DCT}isPartOf", iri) == {f"{BASE}/"}
    assert len(values(graph, f"{FDP}metadataModified", iri)) == 1
    for child in contained:
        assert iri in values(library.graph(path_of(child)), f"{DCT}isPartOf", child)


def test_what_is_withdrawn_leaves_the_containers(fed: Service) -> None:
    fed.withdraw("/dataset/d3")

    assert sorted(ldp_crawl(fed)) == sorted(ledger(fed))
    assert len(ledger(fed)) == 7
