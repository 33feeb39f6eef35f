"""How do descriptions come in over HTTP, and what does the answer say?"""

from __future__ import annotations

import gzip
import json
from urllib.parse import quote

import pytest
from harness import (
    BASE,
    DATA,
    JSON_LD,
    N_QUADS,
    N_TRIPLES,
    RDF_XML,
    READ,
    SERVED,
    TOKEN,
    TRIG,
    TURTLE,
    Opener,
    Service,
    bearer,
    catalog,
    invalid,
    path_of,
    record,
    subjects,
    values,
    written,
)

from catalogue.model import Role

DATASET = "http://www.w3.org/ns/dcat#Dataset"


def listed(service: Service) -> int:
    """How many datasets the public list has."""
    return int(service.get("/datasets", "application/json").json["total"])


# -- formats and subjects --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("media_type", READ)
def test_a_dataset_in_any_format_is_published_where_the_answer_says(service: Service, media_type: str) -> None:
    answer = service.submit(written(record("one"), media_type), content_type=media_type)

    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{BASE}/dataset/one"
    assert answer.json["counts"] == {"published": 1}
    assert answer.json["results"][0]["report"]["conforms"] is True
    assert answer.headers["ETag"] == answer.json["results"][0]["etag"]
    assert subjects(service.graph("/dataset/one"), DATASET) == {f"{BASE}/dataset/one"}


@pytest.mark.parametrize("media_type", READ)
def test_a_catalogue_with_two_datasets_in_any_format_becomes_three_records(service: Service, media_type: str) -> None:
    file = record("one") + record("two") + catalog("both", datasets=["<dataset/one>", "<dataset/two>"])

    answer = service.submit(written(file, media_type), content_type=media_type)

    assert answer.status_code == 201
    kinds = sorted((result["kind"], result["iri"], result["status"]) for result in answer.json["results"])
    assert kinds == [
        ("catalog", f"{BASE}/catalog/both", "published"),
        ("dataset", f"{BASE}/dataset/one", "published"),
        ("dataset", f"{BASE}/dataset/two", "published"),
    ]
    members = values(service.graph("/catalog/both"), "http://www.w3.org/ns/dcat#dataset")
    assert members == {f"{BASE}/dataset/one", f"{BASE}/dataset/two"}


def test_a_bare_catalogue_around_a_dataset_is_left_out_and_the_answer_says_so(service: Service) -> None:
    file = record("one") + "\n[] a dcat:Catalog ; dcat:dataset <dataset/one> .\n"

    answer = service.submit(file)

    assert [result["kind"] for result in answer.json["results"]] == ["dataset"]
    assert "left out" in " ".join(answer.json["results"][0]["notes"])
    assert values(service.graph("/dataset/one"), "http://purl.org/dc/terms/isPartOf") == {f"{BASE}/catalog/default"}


def test_a_blank_subject_gets_an_address_made_from_its_title(service: Service) -> None:
    answer = service.submit(record("x", subject="[]", title="Besuche in Zürich, 2024"))

    assert answer.headers["Location"] == f"{BASE}/dataset/besuche-in-zurich-2024"
    assert subjects(service.graph("/dataset/besuche-in-zurich-2024"), DATASET) == {answer.headers["Location"]}


def test_two_blank_subjects_with_one_title_get_two_addresses(service: Service) -> None:
    two = "\n".join(record(name, subject=f"_:{name}", title="Visits") for name in ("a", "b"))

    answer = service.submit(two)

    assert answer.status_code == 201
    assert len({result["iri"] for result in answer.json["results"]}) == 2


def test_a_foreign_subject_is_kept_as_identifier_of_the_catalogue_record(service: Service) -> None:
    foreign = "https://elsewhere.example/ds/1"

    answer = service.submit(record("x", subject=f"<{foreign}>", title="From elsewhere"))

    assert answer.headers["Location"] == f"{BASE}/dataset/from-elsewhere"
    about = service.graph("/record/dataset/from-elsewhere")
    (identifier,) = values(about, "http://www.w3.org/ns/adms#identifier")
    assert values(about, "http://www.w3.org/2004/02/skos/core#notation", identifier) == {foreign}
    assert foreign not in service.get("/dataset/from-elsewhere", N_TRIPLES).text


def test_a_foreign_subject_that_comes_again_is_a_conflict_that_names_the_place(service: Service) -> None:
    file = record("x", subject="<https://elsewhere.example/ds/1>", title="From elsewhere")
    service.submit(file)

    again = service.submit(file)

    assert again.status_code == 409
    assert again.json["results"][0]["problem"]["record"] == f"{BASE}/dataset/from-elsewhere"
    assert "PUT" in again.json["mend"]
    assert listed(service) == 1


def test_a_dataset_that_mentions_another_of_the_file_refers_to_its_new_address(service: Service) -> None:
    two = (
        record("a", subject="_:a", title="First")
        + record("b", subject="<https://elsewhere.example/b>", title="Second")
        + "\n_:a dct:relation <https://elsewhere.example/b> .\n"
    )

    assert service.submit(two).status_code == 201
    assert values(service.graph("/dataset/first"), "http://purl.org/dc/terms/relation") == {f"{BASE}/dataset/second"}


@pytest.mark.parametrize("name", ["glioma-followup-wien.ttl", "breast-dce-mri-lyon.jsonld"])
def test_a_sample_needs_the_catalogue_that_it_names(service: Service, name: str) -> None:
    media_type = JSON_LD if name.endswith("jsonld") else TURTLE
    assert service.submit((DATA / "catalogs" / "cancer-imaging.ttl").read_bytes()).status_code == 201

    answer = service.submit((DATA / "datasets" / name).read_bytes(), content_type=media_type)

    assert answer.status_code == 201, answer.text
    profiles = {p["id"]: p["conforms"] for p in answer.json["results"][0]["report"]["profiles"]}
    assert profiles == {"eucaim-2": True, "healthdcat-ap-8": True}


# -- what a catalogue requires ---------------------------------------------------------------------------------------


def test_a_catalogue_chosen_in_the_address_lists_and_judges_the_dataset(service: Service) -> None:
    assert service.submit(catalog("imaging", profile="eucaim-2")).status_code == 201

    refused = service.submit(record("one"), "?catalog=imaging")
    taken = service.submit(record("one"))

    assert refused.status_code == 422
    assert [p["id"] for p in refused.json["results"][0]["report"]["profiles"]] == ["eucaim-2"]
    assert taken.status_code == 201
    assert [p["id"] for p in taken.json["results"][0]["report"]["profiles"]] == ["healthdcat-ap-8"]


def test_a_catalogue_in_the_same_file_judges_its_datasets(service: Service) -> None:
    file = record("one") + catalog("imaging", profile="eucaim-2", datasets=["<dataset/one>"])

    answer = service.submit(file)

    assert answer.status_code == 422
    assert listed(service) == 0
    assert service.get("/catalog/imaging").status_code == 404


def test_a_refused_catalogue_takes_its_datasets_with_it(service: Service) -> None:
    broken = catalog("broken", datasets=["<dataset/one>"]).replace("dcatap:applicableLegislation", "dct:relation")

    answer = service.submit(record("one") + record("two") + broken, "?atomic=false")

    assert {result["iri"] for result in answer.json["results"] if "iri" in result} == {f"{BASE}/dataset/two"}
    assert sorted(r["problem"]["status"] for r in answer.json["results"] if "problem" in r) == [409, 422]


def test_an_unknown_catalogue_is_not_found(service: Service) -> None:
    assert service.submit(record("one"), "?catalog=nowhere").status_code == 404
    assert listed(service) == 0


# -- refusals --------------------------------------------------------------------------------------------------------


def test_a_violation_answers_422_with_the_report_and_publishes_nothing(service: Service) -> None:
    answer = service.submit(invalid("one"))

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    findings = answer.json["results"][0]["report"]["findings"]
    assert any("accessRights" in f["path"] and f["severity"] == "violation" and f["mend"] for f in findings)
    assert service.get("/dataset/one").status_code == 404
    assert not service.ask(f"<{BASE}/dataset/one> ?p ?o")


def test_a_file_is_all_or_nothing(service: Service) -> None:
    answer = service.submit(record("good") + invalid("bad"))

    assert answer.status_code == 422
    problems = {result["title"]: result["problem"]["status"] for result in answer.json["results"]}
    assert problems == {"Visits good": 409, "Visits bad": 422}
    assert {result["status"] for result in answer.json["results"]} == {"refused"}
    assert service.get("/dataset/good").status_code == 404
    assert listed(service) == 0


def test_a_file_is_taken_in_parts_when_asked_and_the_answer_says_what_became_of_each(
    service: Service,
) -> None:
    answer = service.submit(record("good") + invalid("bad"), "?atomic=false")

    assert answer.status_code == 207
    assert {result["title"]: result["status"] for result in answer.json["results"]} == {
        "Visits good": "published",
        "Visits bad": "refused",
    }
    assert answer.json["counts"] == {"published": 1, "refused": 1}
    assert service.get("/dataset/good").status_code == 200
    assert service.get("/dataset/bad").status_code == 404


def test_two_datasets_of_one_file_with_one_identifier_are_a_conflict(service: Service) -> None:
    answer = service.submit(record("a", identifier="urn:test:same") + record("b", identifier="urn:test:same"))

    assert answer.status_code == 409
    assert listed(service) == 0


def test_an_identifier_belongs_to_one_dataset(service: Service) -> None:
    service.publish("one", identifier="urn:test:same")

    answer = service.submit(record("two", identifier="urn:test:same"))

    assert answer.status_code == 409
    assert answer.json["results"][0]["problem"]["record"] == f"{BASE}/dataset/one"
    assert service.get("/dataset/two").status_code == 404


@pytest.mark.parametrize("query", ["?state=secret", "?atomic=perhaps", "?state="])
def test_an_unknown_option_is_refused(service: Service, query: str) -> None:
    assert service.submit(record("one"), query).status_code == 400
    assert listed(service) == 0


BROKEN = {
    TURTLE: (record("one") + "\n<dataset/one> dct:title .\n").encode(),
    TRIG: (record("one") + "\n<urn:g> { <a> <b> }\n<c> }\n").encode(),
    N_TRIPLES: b"<urn:a> <urn:b> <urn:c> .\n<urn:a> <urn:b> oops .\n",
    N_QUADS: b"<urn:a> <urn:b> <urn:c> <urn:g> .\n<urn:a> <urn:b> oops .\n",
    JSON_LD: b'{\n "@id": "urn:a",\n "http://purl.org/dc/terms/title": [1, 2,, 3]\n}',
    RDF_XML: b'<?xml version="1.0"?>\n<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n<a>',
}


@pytest.mark.parametrize("media_type", READ)
def test_broken_syntax_is_told_with_line_and_column(service: Service, media_type: str) -> None:
    data = BROKEN[media_type]

    answer = service.submit(data, content_type=media_type)

    assert answer.status_code == 400
    line, column = answer.json["line"], answer.json["column"]
    assert 1 < line <= data.count(b"\n") + 1
    assert column >= 1
    assert f"line {line}" in answer.json["detail"]
    assert answer.json["mend"]


def test_a_file_that_breaks_behind_a_good_record_leaves_nothing(service: Service) -> None:
    before = service.catalogue.ledger.position()

    assert service.submit(record("one") + record("two") + "\n<broken> ").status_code == 400

    assert service.catalogue.ledger.position() == before
    assert service.get("/dataset/one").status_code == 404
    assert not service.ask(f"<{BASE}/dataset/one> ?p ?o")


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "application/octet-stream", ""])
def test_another_media_type_is_answered_with_those_that_are_taken(service: Service, content_type: str) -> None:
    answer = service.submit(record("one"), content_type=content_type)

    assert answer.status_code == 415
    assert set(answer.json["accepted"]) == set(READ)
    assert set(answer.headers["Accept-Post"].split(", ")) == set(READ)


def test_a_compressed_body_is_refused(service: Service) -> None:
    headers = bearer(TOKEN) | {"Content-Encoding": "gzip"}
    packed = gzip.compress(record("one").encode())

    assert service.client.post("/datasets", data=packed, content_type=TURTLE, headers=headers).status_code == 415


def test_nothing_is_sniffed(service: Service) -> None:
    assert service.submit(record("one"), content_type=JSON_LD).status_code == 400
    assert service.submit(written(record("one"), JSON_LD), content_type=TURTLE).status_code == 400


def test_a_charset_parameter_of_the_media_type_changes_nothing(service: Service) -> None:
    assert service.submit(record("one"), content_type="Text/Turtle; charset=utf-8").status_code == 201


def test_a_file_without_a_dataset_is_told_what_to_state(service: Service) -> None:
    answer = service.submit("<urn:a> <urn:b> <urn:c> .")

    assert answer.status_code == 400
    assert "dcat:Dataset" in answer.json["mend"]


@pytest.mark.parametrize(
    ("setting", "limit", "data"),
    [
        ("max_submission_bytes", 3000, (record("one") + "#" * 3000).encode()),
        ("max_submission_triples", 30, record("one").encode()),
        ("max_record_triples", 20, record("one").encode()),
        (
            "max_depth",
            5,
            (record("one") + "<dataset/one> dct:relation " + "[ dct:relation " * 9 + "1" + "]" * 9 + ".").encode(),
        ),
    ],
)
def test_what_is_too_much_is_refused_with_limit_and_setting(
    opened: Opener, setting: str, limit: int, data: bytes
) -> None:
    with opened(**{setting: limit}) as service:
        answer = service.submit(data)

        assert answer.status_code == 413
        problem = answer.json.get("results", [{}])[0].get("problem", answer.json)
        assert (problem["limit"], problem["setting"]) == (limit, setting)
        assert listed(service) == 0


@pytest.mark.parametrize("media_type", [JSON_LD, RDF_XML])
def test_nesting_is_bounded_in_every_format_that_nests(service: Service, media_type: str) -> None:
    if media_type == JSON_LD:
        data = '{"urn:p":' * 5000 + "1" + "}" * 5000
    else:
        data = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="urn:e">'
        data += "<e:a><e:b>" * 3000 + "</e:b></e:a>" * 3000 + "</rdf:RDF>"

    answer = service.submit(data, content_type=media_type)

    assert answer.status_code == 413
    assert answer.json["setting"] == "max_depth"


def test_a_remote_context_is_never_fetched_and_the_known_ones_are_named(service: Service) -> None:
    data = json.dumps({"@context": "http://127.0.0.1:9/context.jsonld", "@type": "Dataset"})

    answer = service.submit(data, content_type=JSON_LD)

    assert answer.status_code == 400
    assert answer.json["context"] == "http://127.0.0.1:9/context.jsonld"
    assert "https://semiceu.github.io/DCAT-AP/releases/3.0.1/context/dcat-ap.jsonld" in answer.json["known"]


def test_an_xml_entity_is_refused_and_never_expanded(service: Service) -> None:
    data = b"""<?xml version="1.0"?>
<!DOCTYPE rdf:RDF [ <!ENTITY passwords SYSTEM "file:///etc/passwd"> ]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dct="http://purl.org/dc/terms/">
<rdf:Description><dct:title>&passwords;</dct:title></rdf:Description></rdf:RDF>"""

    answer = service.submit(data, content_type=RDF_XML)

    assert answer.status_code == 400
    assert answer.json["line"] == 2
    assert "entit" in answer.json["detail"]
    assert "root:" not in answer.text


# -- drafts ----------------------------------------------------------------------------------------------------------

WORD = "Quetzalcoatl"


def test_a_draft_saves_even_when_it_violates(service: Service) -> None:
    answer = service.submit(invalid("one"), "?state=draft")

    assert answer.status_code == 201
    assert answer.json["counts"] == {"draft": 1}
    assert answer.json["results"][0]["report"]["conforms"] is False


def test_a_draft_is_seen_nowhere_in_public(service: Service) -> None:
    service.publish("public")
    places = [
        "/", "/datasets", f"/datasets?q={WORD}", "/catalog/default", "/dataset/secret", "/record/dataset/secret",
        "/dataset/secret.ttl", "/dataset/secret.html", "/catalog.ttl", "/catalog.nt", "/dump.nt.gz", "/validate",
        "/robots.txt", "/dataset/secret?state=published",
    ]  # fmt: skip
    accepts = ["text/html", "application/json", *SERVED]

    def seen() -> dict[tuple[str, str], tuple[int, str, bytes]]:
        found = {}
        for place in places:
            for accept in accepts:
                answer = service.get(place, accept)
                body = gzip.decompress(answer.data) if place.endswith(".gz") else answer.data
                found[place, accept] = (answer.status_code, answer.headers.get("ETag", ""), body)
        return found

    before = seen()
    assert b"1 dataset" not in before[f"/datasets?q={WORD}", "text/html"][2]
    secret = record("secret", title=f"{WORD} study", identifier=f"urn:test:{WORD}")
    assert service.submit(secret, "?state=draft").status_code == 201
    after = seen()

    changed = [place for place, answer in before.items() if answer[2] != after[place][2]]
    assert changed == []
    assert [place for place, answer in before.items() if answer[1] != after[place][1]] == []
    assert WORD not in service.get("/health/ready").text
    assert service.rows(f'SELECT ?s {{ ?s ?p ?o FILTER(CONTAINS(STR(?o), "{WORD}")) }}') == []
    assert service.rows(f"SELECT ?g {{ GRAPH ?g {{ <{BASE}/dataset/secret> ?p ?o }} }}") == []


def test_a_draft_is_named_by_no_error_to_those_who_may_not_see_it(service: Service) -> None:
    foreign = "<https://elsewhere.example/secret>"
    owner, stranger = service.token("owner"), service.token("stranger")
    draft = record("x", subject=foreign, title=f"{WORD} study", identifier="urn:test:secret")
    assert service.submit(draft, "?state=draft", token=owner).status_code == 201
    slug = path_of(service.submit(draft, token=owner).json["results"][0]["problem"]["record"])

    answers = [
        service.submit(record("x", subject=foreign, title="Mine"), token=stranger),
        service.get(f"{slug}?state=draft", **bearer(stranger)),
        service.get(f"{slug}?state=draft"),
        service.put(slug, record("x", subject=foreign), "*", token=stranger),
        service.client.delete(slug, headers=bearer(stranger)),
        service.client.delete(slug),
    ]

    assert [answer.status_code for answer in answers] == [409, 404, 401, 403, 403, 401]
    assert all(f"{WORD} study" not in answer.text for answer in answers)


def test_its_owner_sees_a_draft_and_publishes_it(service: Service) -> None:
    owner = service.token("owner")
    saved = service.submit(invalid("one"), "?state=draft", token=owner)

    seen = service.get("/dataset/one?state=draft", TURTLE, **bearer(owner))
    published = service.put("/dataset/one", record("one"), saved.headers["ETag"], token=owner)

    assert seen.status_code == 200
    assert "no-store" in seen.headers["Cache-Control"]
    assert "private" in seen.headers["Cache-Control"]
    assert "Visits one" in seen.text
    assert (published.status_code, published.json["counts"]) == (200, {"published": 1})
    assert service.get("/dataset/one").status_code == 200


def test_a_draft_is_published_by_putting_the_same_again(service: Service) -> None:
    saved = service.submit(record("one"), "?state=draft")

    published = service.put("/dataset/one", record("one"), saved.headers["ETag"])

    assert published.json["counts"] == {"published": 1}
    assert service.get("/dataset/one").status_code == 200


def test_a_draft_of_a_published_record_leaves_the_public_one_as_it_was(service: Service) -> None:
    path = service.publish("one")
    before = service.get(path, N_TRIPLES)

    draft = service.put(f"{path}?state=draft", record("one", title=f"{WORD} study"), before.headers["ETag"])

    after = service.get(path, N_TRIPLES)
    assert draft.json["counts"] == {"draft": 1}
    assert (after.data, after.headers["ETag"]) == (before.data, before.headers["ETag"])
    assert WORD not in service.get(path, "text/html").text
    assert WORD not in service.get("/datasets").text
    assert service.get(f"/datasets?q={WORD}", "application/json").json["total"] == 0
    assert not service.ask(f'<{BASE}{path}> <http://purl.org/dc/terms/title> "{WORD} study"@en')
    assert f"{WORD} study" in service.get(f"{path}?state=draft", TURTLE, **bearer(TOKEN)).text


# -- changes ---------------------------------------------------------------------------------------------------------


def test_put_makes_a_record_at_a_chosen_address(service: Service) -> None:
    answer = service.put("/dataset/chosen-place", record("x", subject="[]"))

    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{BASE}/dataset/chosen-place"
    assert service.get("/dataset/chosen-place").status_code == 200


def test_put_replaces_the_whole_description(service: Service) -> None:
    path = service.publish("one")
    etag = service.get(path, TURTLE).headers["ETag"]

    answer = service.put(path, record("one", title="Another title"), etag)

    assert (answer.status_code, answer.json["counts"]) == (200, {"published": 1})
    titles = values(service.graph(path), "http://purl.org/dc/terms/title", f"{BASE}{path}")
    assert titles == {"Another title"}
    assert service.rows(f"SELECT ?t {{ <{BASE}{path}> <http://purl.org/dc/terms/title> ?t }}") == [
        {"t": "Another title"}
    ]
    assert len(service.get("/datasets?q=another", "application/json").json["records"]) == 1


def test_the_same_put_again_is_unchanged(service: Service) -> None:
    path = service.publish("one")
    before = service.get(path, TURTLE)
    position = service.catalogue.ledger.position()

    answer = service.put(path, record("one"), before.headers["ETag"])

    assert (answer.status_code, answer.json["counts"]) == (200, {"unchanged": 1})
    assert service.catalogue.ledger.position() == position
    assert service.get(path, TURTLE).headers["ETag"] == before.headers["ETag"]


@pytest.mark.parametrize("media_type", SERVED)
def test_what_was_fetched_can_be_put_back_unchanged(service: Service, media_type: str) -> None:
    service.submit((DATA / "catalogs" / "cancer-imaging.ttl").read_bytes())
    sample = (DATA / "datasets" / "glioma-followup-wien.ttl").read_bytes()
    for path in (service.publish("one"), path_of(service.submit(sample).headers["Location"])):
        fetched = service.get(path, media_type)

        answer = service.put(path, fetched.data, fetched.headers["ETag"], content_type=media_type)

        assert (answer.status_code, answer.json["counts"]) == (200, {"unchanged": 1}), answer.text


@pytest.mark.parametrize("accept", ["text/html", *SERVED])
def test_the_etag_of_any_format_lets_a_change_through(service: Service, accept: str) -> None:
    path = service.publish("one")

    answer = service.put(path, record("one", title="Changed"), service.get(path, accept).headers["ETag"])

    assert answer.status_code == 200


def test_a_change_without_if_match_is_asked_for_it(service: Service) -> None:
    path = service.publish("one")

    put = service.put(path, record("one", title="Changed"))
    delete = service.client.delete(path, headers=bearer(TOKEN))

    assert [put.status_code, delete.status_code] == [428, 428]
    assert service.put(path, record("one", title="Changed"), put.headers["ETag"]).status_code == 200


def test_the_second_writer_is_told_and_nothing_is_lost(service: Service) -> None:
    path = service.publish("one")
    stale = service.get(path, TURTLE).headers["ETag"]

    first = service.put(path, record("one", title="First"), stale)
    second = service.put(path, record("one", title="Second"), stale)

    assert [first.status_code, second.status_code] == [200, 412]
    assert second.headers["ETag"] == first.headers["ETag"]
    assert "First" in service.get(path, TURTLE).text
    assert service.client.delete(path, headers=bearer(TOKEN) | {"If-Match": stale}).status_code == 412


def test_if_match_where_nothing_is_fails(service: Service) -> None:
    assert service.put("/dataset/one", record("one"), '"abc"').status_code == 412
    assert service.get("/dataset/one").status_code == 404


def test_a_put_that_violates_leaves_the_record_as_it_was(service: Service) -> None:
    path = service.publish("one")
    before = service.get(path, TURTLE)

    answer = service.put(path, invalid("one"), before.headers["ETag"])

    assert answer.status_code == 422
    assert service.get(path, TURTLE).headers["ETag"] == before.headers["ETag"]


def test_a_put_of_two_datasets_is_refused(service: Service) -> None:
    answer = service.put("/dataset/one", record("a", subject="_:a") + record("b", subject="_:b"))

    assert answer.status_code == 400
    assert "POST /datasets" in answer.json["mend"]


def test_a_put_may_not_take_another_datasets_identifier(service: Service) -> None:
    service.publish("one")
    service.publish("two")

    assert service.put("/dataset/two", record("two", identifier="urn:test:one"), "*").status_code == 409


# -- people ----------------------------------------------------------------------------------------------------------


def test_changes_need_a_token(service: Service) -> None:
    path = service.publish("one")

    answers = [
        service.submit(record("two"), token=None),
        service.submit(record("two"), token="nobody-has-this-token"),
        service.put(path, record("one"), "*", token=None),
        service.client.delete(path),
    ]

    assert [answer.status_code for answer in answers] == [401] * 4
    assert all(answer.headers["WWW-Authenticate"].startswith("Bearer") for answer in answers)
    assert service.get(path).status_code == 200


def test_a_revoked_token_ends(service: Service) -> None:
    token = service.token("somebody")
    assert service.submit(record("one"), token=token).status_code == 201

    service.catalogue.people.revoke(service.catalogue.people.tokens()[-1].id)

    assert service.submit(record("two"), token=token).status_code == 401


def test_a_holder_changes_own_records_only(service: Service) -> None:
    owner, other, reviewer = (
        service.token("owner"), service.token("other"), service.token("reviewer", Role.REVIEWER),
    )  # fmt: skip
    assert service.submit(record("one"), token=owner).status_code == 201

    assert service.put("/dataset/one", record("one", title="Taken"), "*", token=other).status_code == 403
    assert service.client.delete("/dataset/one", headers=bearer(other) | {"If-Match": "*"}).status_code == 403
    assert service.put("/dataset/one", record("one", title="Mine"), "*", token=owner).status_code == 200
    assert service.put("/dataset/one", record("one", title="Reviewed"), "*", token=reviewer).status_code == 200


def test_a_holder_adds_no_catalogue(service: Service) -> None:
    holder = service.token("holder")

    assert service.put("/catalog/mine", catalog("mine"), token=holder).status_code == 403
    alone = service.submit(catalog("mine"), token=holder)
    around = service.submit(record("one") + catalog("mine", datasets=["<dataset/one>"]), token=holder)

    assert alone.status_code in (400, 403)
    assert around.status_code == 201
    assert "left out" in " ".join(around.json["results"][0]["notes"])
    assert service.get("/catalog/mine").status_code == 404


def test_a_catalogue_without_any_token_is_read_only(opened: Opener) -> None:
    with opened(bootstrap_token=None) as service:
        service.catalogue.people.revoke(1)
        answer = service.submit(record("one"))

        assert answer.status_code == 401


# -- withdrawal ------------------------------------------------------------------------------------------------------


def test_a_withdrawn_record_leaves_a_tombstone_that_stays(service: Service) -> None:
    path = service.publish("one")

    gone = service.withdraw(path, "?reason=Merged+with+two&successor=https://elsewhere.example/two")

    assert (gone.status_code, gone.data) == (204, b"")
    page, data = service.get(path, "text/html"), service.get(path, TURTLE)
    assert [page.status_code, data.status_code, service.get(f"{path}.ttl").status_code] == [410, 410, 410]
    assert "Merged with two" in page.text
    assert "https://elsewhere.example/two" in page.text
    assert "Visits one" in page.text
    assert data.json["reason"] == "Merged with two"
    assert data.json["successor"] == "https://elsewhere.example/two"
    assert data.json["title"] == "Visits one"
    assert data.json["at"]
    assert not service.ask(f"<{BASE}{path}> ?p ?o")
    assert not service.ask(f"?s ?p <{BASE}{path}>")
    assert listed(service) == 0


def test_a_withdrawn_address_is_never_used_again(service: Service) -> None:
    path = service.publish("visits-one", title="Visits one")
    service.withdraw(path)

    put = service.put(path, record("visits-one"), "*")
    post = service.submit(record("visits-one"))
    fresh = service.submit(record("visits-one", subject="[]", title="Visits one"))
    again = service.withdraw(path)

    assert [put.status_code, post.status_code, again.status_code] == [410, 409, 410]
    assert fresh.status_code == 201
    assert fresh.headers["Location"] == f"{BASE}/dataset/visits-one-2"
    assert service.get(path).status_code == 410


def test_a_withdrawn_source_and_identifier_may_come_back_as_a_new_record(service: Service) -> None:
    file = record("x", subject="<https://elsewhere.example/1>", title="Once")
    path = path_of(service.submit(file).headers["Location"])
    service.withdraw(path)

    again = service.submit(file)

    assert again.status_code == 201
    assert again.headers["Location"] != f"{BASE}{path}"


def test_a_catalogue_that_lists_datasets_cannot_be_withdrawn(service: Service) -> None:
    service.submit(record("one") + catalog("full", datasets=["<dataset/one>"]))

    assert service.withdraw("/catalog/full").status_code == 409
    service.withdraw("/dataset/one")
    assert service.withdraw("/catalog/full").status_code == 204
    assert service.get("/catalog/full", "text/html").status_code == 410


def test_a_draft_can_be_thrown_away_and_leaves_no_tombstone(service: Service) -> None:
    service.submit(record("one"), "?state=draft")

    assert service.withdraw("/dataset/one").status_code == 204
    assert service.get("/dataset/one", "text/html").status_code == 404


def test_hostile_text_of_a_tombstone_is_shown_as_text(service: Service) -> None:
    path = service.publish("one", title="<b>Visits</b>")
    service.withdraw(path, "?reason=%3Cscript%3Ealert(1)%3C/script%3E")

    page = service.get(path, "text/html").text

    assert "<script>alert" not in page
    assert "<b>Visits" not in page


@pytest.mark.parametrize("successor", ["javascript:alert(1)", "nowhere", "https://a.example/%20<b>"])
def test_a_successor_is_a_web_address(service: Service, successor: str) -> None:
    path = service.publish("one")

    assert service.withdraw(path, f"?successor={quote(successor)}").status_code == 400
    assert service.get(path).status_code == 200


def test_the_graph_name_of_quads_is_dropped(service: Service) -> None:
    assert service.submit(written(record("one"), TRIG), content_type=TRIG).status_code == 201
    assert service.rows("SELECT ?p { GRAPH <urn:test:graph> { ?s ?p ?o } }") == []
    assert service.ask(f"<{BASE}/dataset/one> a <{DATASET}>")


# -- moving and naming -----------------------------------------------------------------------------------------------


def test_put_moves_a_dataset_to_another_catalogue_when_asked(service: Service) -> None:
    service.submit(catalog("second"))
    path = service.publish("one")

    stays = service.put(path, record("one", title="Changed"), "*")
    moves = service.put(f"{path}?catalog=second", record("one", title="Moved"), "*")

    assert [stays.status_code, moves.status_code] == [200, 200]
    assert values(service.graph(path), "http://purl.org/dc/terms/isPartOf") == {f"{BASE}/catalog/second"}
    assert service.ask(f"<{BASE}/catalog/second> <http://www.w3.org/ns/dcat#dataset> <{BASE}{path}>")
    assert not service.ask(f"<{BASE}/catalog/default> <http://www.w3.org/ns/dcat#dataset> <{BASE}{path}>")


def test_put_of_a_foreign_subject_keeps_its_source(service: Service) -> None:
    file = record("x", subject="<https://elsewhere.example/1>", title="Once")
    path = path_of(service.submit(file).headers["Location"])

    same = service.put(path, file, "*")
    changed = service.put(path, file.replace("Once", "Twice"), "*")

    assert [same.json["counts"], changed.json["counts"]] == [{"unchanged": 1}, {"published": 1}]
    about = service.graph(f"/record{path}")
    assert "https://elsewhere.example/1" in values(about, "http://www.w3.org/2004/02/skos/core#notation")


def test_put_at_a_new_address_may_not_take_a_known_subject(service: Service) -> None:
    file = record("x", subject="<https://elsewhere.example/1>", title="Once")
    service.submit(file)

    assert service.put("/dataset/twice", file).status_code == 409
    assert service.get("/dataset/twice").status_code == 404


def test_of_two_drafts_with_one_identifier_the_second_cannot_be_published(service: Service) -> None:
    for name in ("one", "two"):
        assert service.submit(record(name, identifier="urn:test:same"), "?state=draft").status_code == 201

    first = service.put("/dataset/one", record("one", identifier="urn:test:same"), "*")
    second = service.put("/dataset/two", record("two", identifier="urn:test:same"), "*")

    assert [first.status_code, second.status_code] == [200, 409]


@pytest.mark.parametrize("title", ["数据集", "مجموعة بيانات", "!!!", "a" * 400, "a b " * 200, "../../etc", "%00"])
def test_any_title_gives_a_usable_address(service: Service, title: str) -> None:
    answers = [service.submit(record(name, subject="[]", title=title)) for name in ("a", "b")]

    assert [answer.status_code for answer in answers] == [201, 201]
    paths = {path_of(answer.headers["Location"]) for answer in answers}
    assert len(paths) == 2
    assert all(len(path) < 100 and service.get(path, "text/html").status_code == 200 for path in paths)


def test_the_public_etag_does_not_overwrite_a_newer_draft(service: Service) -> None:
    path = service.publish("one")
    public = service.get(path, TURTLE).headers["ETag"]
    draft = service.put(f"{path}?state=draft", record("one", title="Draft"), public)

    assert service.put(path, record("one", title="Other"), public).status_code == 412
    assert service.put(path, record("one", title="Draft"), draft.headers["ETag"]).json["counts"] == {"published": 1}
    assert "Draft" in service.get(path, TURTLE).text


def test_series_and_dataset_come_in_one_file_and_know_each_other(service: Service) -> None:
    series = (DATA / "series" / "neuro-oncology-mri.ttl").read_text()
    service.submit((DATA / "catalogs" / "cancer-imaging.ttl").read_bytes())
    sample = (DATA / "datasets" / "glioma-followup-wien.ttl").read_text()

    answer = service.submit(series + sample)

    assert answer.status_code == 201, answer.text
    assert {result["kind"] for result in answer.json["results"]} == {"series", "dataset"}
    page = service.get("/series/neuro-oncology-mri", "text/html").text
    assert "/dataset/glioma-followup-wien" in page
    assert subjects(service.graph("/series/neuro-oncology-mri"), DATASET) == set()
