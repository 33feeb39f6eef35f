"""Is a description checked, and the report understood by people, programs and SHACL tools, without keeping anything?"""

from __future__ import annotations

import io

import pytest
from harness import (
    DATA,
    JSON_LD,
    N_TRIPLES,
    RDF_XML,
    READ,
    SERVED,
    TURTLE,
    Opener,
    Service,
    invalid,
    parsed,
    record,
    subjects,
    values,
    written,
)
from werkzeug.test import TestResponse

SH = "http://www.w3.org/ns/shacl#"


def check(
    service: Service, data: str | bytes, accept: str, query: str = "", content_type: str = TURTLE
) -> TestResponse:
    """POST /validate as a program does."""
    return service.client.post(f"/validate{query}", data=data, content_type=content_type, headers={"Accept": accept})


@pytest.mark.parametrize("media_type", READ)
def test_any_format_is_judged(library: Service, media_type: str) -> None:
    answer = check(library, written(record("one"), media_type), "application/json", content_type=media_type)

    assert (answer.status_code, answer.json["conforms"]) == (200, True)
    assert answer.json["reports"][0]["profiles"][0]["level"] == "PUBLIC"


def test_a_finding_says_where_what_and_how_to_mend_it(library: Service) -> None:
    answer = check(library, invalid("one"), "application/json")

    assert (answer.status_code, answer.json["conforms"]) == (200, False)
    (finding,) = [f for f in answer.json["reports"][0]["findings"] if f["field"] == "Access rights"]
    assert finding["severity"] == "violation"
    assert "accessRights" in finding["path"]
    assert finding["message"]
    assert "accessRights" in finding["mend"]
    assert finding["code"].startswith("healthdcat-ap-8/")


def test_json_is_what_a_program_gets_that_names_nothing(library: Service) -> None:
    answer = library.client.post("/validate", data=record("one"), content_type=TURTLE)

    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("media_type", SERVED)
def test_the_shacl_report_says_the_same_as_the_json(library: Service, media_type: str) -> None:
    findings = check(library, invalid("one"), "application/json").json["reports"][0]["findings"]

    answer = check(library, invalid("one"), media_type)

    graph = parsed(answer.data, answer.headers["Content-Type"])
    assert answer.headers["Content-Type"].startswith(media_type)
    assert len(subjects(graph, f"{SH}ValidationReport")) == 1
    assert values(graph, f"{SH}conforms") == {"false"}
    assert len(subjects(graph, f"{SH}ValidationResult")) == len(findings)
    severities = [t.object.value for t in graph if t.predicate.value == f"{SH}resultSeverity"]
    assert severities.count(f"{SH}Violation") == sum(f["severity"] == "violation" for f in findings) > 0


def test_the_text_and_the_page_tell_it_to_people(library: Service) -> None:
    text, page = check(library, invalid("one"), "text/plain"), check(library, invalid("one"), "text/html")

    assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "does not conform" in text.text
    for answer in (text, page):
        assert answer.status_code == 200
        assert "Access rights" in answer.text


def test_profiles_are_chosen_in_the_address(library: Service) -> None:
    query = "?profile=eucaim-2&profile=healthdcat-ap-8&profile=eucaim-2"

    answer = check(library, record("one"), "application/json", query)

    outcomes = {p["id"]: p["conforms"] for p in answer.json["reports"][0]["profiles"]}
    assert outcomes == {"eucaim-2": False, "healthdcat-ap-8": True}
    assert answer.json["conforms"] is False


def test_a_claimed_profile_is_judged(library: Service) -> None:
    claim = record("one") + "\n<dataset/one> dct:conformsTo <urn:health-catalogue:profile:eucaim-2> .\n"

    answer = check(library, claim, "application/json")

    assert [p["id"] for p in answer.json["reports"][0]["profiles"]] == ["eucaim-2"]


def test_each_dataset_gets_a_report_of_its_own(library: Service) -> None:
    answer = check(library, record("good") + invalid("bad"), "application/json")

    assert {r["title"]: r["conforms"] for r in answer.json["reports"]} == {
        "Visits good": True,
        "Visits bad": False,
    }
    assert answer.json["conforms"] is False


@pytest.mark.parametrize("name", ["missing-most.ttl", "prostate.ttl", "wrong-vocabulary.ttl"])
def test_the_invalid_samples_do_not_conform(library: Service, name: str) -> None:
    answer = check(library, (DATA / "invalid" / name).read_bytes(), "application/json", "?profile=eucaim-2")

    assert (answer.status_code, answer.json["conforms"]) == (200, False)


def test_nothing_is_kept(library: Service) -> None:
    before = library.catalogue.ledger.position()

    check(library, record("one"), "application/json")

    assert library.catalogue.ledger.position() == before
    assert library.get("/dataset/one").status_code == 404


# -- errors ----------------------------------------------------------------------------------------------------------


def test_an_unknown_profile_is_told_with_those_that_are_known(library: Service) -> None:
    answer = check(library, record("one"), "application/json", "?profile=nothing")

    assert answer.status_code in (400, 404)
    assert "healthdcat-ap-8" in answer.json["known"]


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        ((DATA / "invalid" / "broken-syntax.ttl").read_bytes(), TURTLE, 400),
        (b"", TURTLE, 400),
        (b"<urn:a> <urn:b> <urn:c> .", N_TRIPLES, 400),
        (record("one").encode(), "text/plain", 415),
        (b"[1, 2", JSON_LD, 400),
        (b"<a>", RDF_XML, 400),
    ],
)
def test_what_cannot_be_judged_is_told_to_programs_and_people(
    library: Service, data: bytes, content_type: str, status: int
) -> None:
    problem = check(library, data, "application/json", content_type=content_type)
    page = check(library, data, "text/html", content_type=content_type)

    assert [problem.status_code, page.status_code] == [status, status]
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert problem.json["mend"]
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"


def test_an_unknown_format_of_the_report_is_answered_with_those_there_are(library: Service) -> None:
    answer = check(library, record("one"), "image/png")

    assert answer.status_code == 406
    assert "text/turtle" in answer.json["available"]


def test_what_is_too_large_is_refused(opened: Opener) -> None:
    with opened(max_submission_bytes=2000) as service:
        api = check(service, record("one"), "application/json")
        form = service.client.post("/validate", data={"text": record("one")}, headers={"Accept": "text/html"})

    assert [api.status_code, form.status_code] == [413, 413]


# -- the form --------------------------------------------------------------------------------------------------------


def submit_form(service: Service, accept: str = "text/html", **fields: object) -> TestResponse:
    """Send the form as a browser does."""
    return service.client.post("/validate", data=fields, content_type="multipart/form-data", headers={"Accept": accept})


def test_the_form_offers_profiles_text_and_file(library: Service) -> None:
    page = library.get("/validate", "text/html").text

    assert "<textarea" in page
    assert 'type="file"' in page
    assert "EUCAIM" in page
    assert "HealthDCAT-AP Release 8" in page


def test_a_pasted_description_is_judged_and_stays_in_the_form(library: Service) -> None:
    page = submit_form(library, text=invalid("one"), format=TURTLE, profile="healthdcat-ap-8")

    assert page.status_code == 200
    assert "Access rights" in page.text
    assert "Visits one" in page.text


@pytest.mark.parametrize("suffix", [".ttl", ".jsonld", ".rdf", ".nt", ".nq", ".trig"])
def test_an_uploaded_file_is_read_as_its_name_says(library: Service, suffix: str) -> None:
    kinds = {".ttl": TURTLE, ".jsonld": JSON_LD, ".rdf": RDF_XML, ".nt": N_TRIPLES}
    media_type = kinds.get(suffix) or ("application/n-quads" if suffix == ".nq" else "application/trig")
    data = io.BytesIO(written(record("one"), media_type))

    answer = submit_form(library, "application/json", text="", format="", file=(data, f"record{suffix}"))

    assert (answer.status_code, answer.json["conforms"]) == (200, True)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"text": ""}, 400),
        ({"text": "<a> <b>", "format": TURTLE}, 400),
        ({"text": record("one"), "format": "text/plain"}, 415),
        ({"text": "<urn:a> <urn:b> <urn:c> ."}, 400),
        ({"text": record("one"), "profile": "nothing"}, 400),
    ],
)
def test_the_form_comes_back_with_what_is_wrong(library: Service, fields: dict[str, str], status: int) -> None:
    page = submit_form(library, **fields)
    problem = submit_form(library, "application/json", **fields)

    assert page.status_code == problem.status_code
    assert page.status_code in (status, 404)
    assert "<textarea" in page.text
    assert 'role="alert"' in page.text
    assert problem.headers["Content-Type"] == "application/problem+json"


def test_a_file_with_an_unknown_name_is_refused(library: Service) -> None:
    page = submit_form(library, file=(io.BytesIO(b"x"), "record.docx"))

    assert page.status_code == 415
    assert "record.docx" in page.text


def test_pasted_text_is_shown_as_text(library: Service) -> None:
    page = submit_form(library, text="</textarea><script>alert(1)</script>")

    assert "<script>alert" not in page.text
