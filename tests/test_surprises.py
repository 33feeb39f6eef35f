"""Is what surprises people in other validators not so here?

Each test is one such surprise: several findings about one mistake, a record judged as what it is not, one rule for
records that have different ones, a right value refused. Through `POST /validate`, as a program asks.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from harness import TURTLE, Service, catalog, invalid, record, running, wait_for
from structlog.testing import capture_logs

from catalogue.profiles import Profiles
from catalogue.resources import shipped

PREFIXES = """@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix healthdcatap: <http://healthdataportal.eu/ns/health#> .
"""
BOTH = ("eucaim-2", "healthdcat-ap-8")


def reports(service: Service, turtle: str, profiles: Iterable[str] = ("healthdcat-ap-8",)) -> list[dict[str, Any]]:
    """What is found, record by record."""
    query = "&".join(f"profile={name}" for name in profiles)
    answer = service.client.post(
        f"/validate?{query}", data=PREFIXES + turtle, content_type=TURTLE, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json["reports"]
    return found


def about(service: Service, turtle: str, path: str, profiles: Iterable[str] = ("healthdcat-ap-8",)) -> Any:
    """Findings about one property of the one record, by its path."""
    (report,) = reports(service, turtle, profiles)
    return [finding for finding in report["findings"] if finding["path"] == path]


@pytest.mark.parametrize("profiles", [("healthdcat-ap-8",), BOTH])
@pytest.mark.parametrize(
    "path", ["dcat:distribution", "dcat:contactPoint", "dct:creator", "dct:temporal", "dct:provenance", "dct:spatial"]
)
def test_text_where_a_description_is_wanted_is_one_finding(
    library: Service, path: str, profiles: tuple[str, ...]
) -> None:
    """Engines tell the kind, the class and each field that a piece of text lacks."""
    (finding,) = about(library, f'{record("x")} <dataset/x> {path} "Somewhere" .', path, profiles)

    assert finding["severity"] == "violation"
    assert finding["value"] == '"Somewhere"'
    assert "is text" in finding["message"]


def test_text_that_looks_like_an_address_is_not_rewritten_where_a_description_is_wanted(library: Service) -> None:
    (finding,) = about(library, f'{record("x")} <dataset/x> dcat:contactPoint "a@b.example" .', "dcat:contactPoint")

    assert finding["fix"] is None
    assert "Describe it" in finding["mend"]


@pytest.mark.parametrize(
    ("path", "mend"), [("healthdcatap:healthTheme", "CANCER_DISEASE"), ("dcat:theme", "data-theme/HEAL")]
)
def test_what_is_missing_is_not_also_told_to_lack_a_value(library: Service, path: str, mend: str) -> None:
    """ "Health theme is missing" and "none of the health themes is cancer" are one thing to mend."""
    without = "\n".join(line for line in record("x").splitlines() if path not in line)
    (finding,) = about(library, without, path, ("eucaim-2",))

    assert "is missing" in finding["message"]
    assert mend in finding["mend"]


def test_what_is_given_is_still_told_to_lack_a_value(library: Service) -> None:
    theme = "https://hdeu-dcat.data.health.europa.eu/resource/authority/health-theme/HEALTH_SYSTEMS"
    turtle = f"{record('x')} <dataset/x> healthdcatap:healthTheme <{theme}> ."

    assert "None of the health themes is cancer." in [
        finding["message"] for finding in about(library, turtle, "healthdcatap:healthTheme", ("eucaim-2",))
    ]


def test_a_nested_agent_without_a_type_is_judged_by_its_use(library: Service) -> None:
    """Engines that look for a target pass over it, though the creator has no name."""
    turtle = f"{record('x')} <dataset/x> dct:creator [ foaf:homepage <https://a.example/> ] ."
    (report,) = reports(library, turtle)
    found = {f["path"]: f["message"] for f in report["findings"] if f["path"].startswith("dct:creator")}

    assert found["dct:creator / foaf:name"] == "Name is missing."
    assert "does not say that it is of type foaf:Agent" in found["dct:creator"]


def test_a_catalogue_is_not_judged_as_a_dataset(library: Service) -> None:
    """DCAT makes a catalogue a kind of dataset; reasoning engines then ask it for a dataset's fields."""
    (report,) = reports(library, catalog("c"))

    assert (report["kind"], report["conforms"]) == ("catalog", True)
    assert [f for f in report["findings"] if "/Dataset-" in f["code"]] == []
    assert report["profiles"][0]["level"] is None


@pytest.mark.parametrize(
    "size", ['"12"^^xsd:nonNegativeInteger', '"12"^^xsd:decimal', '"12.0"^^xsd:decimal', '"0"^^xsd:decimal']
)
def test_a_byte_size_may_be_a_decimal_or_a_whole_number(library: Service, size: str) -> None:
    """DCAT says the one, DCAT-AP 3 the other."""
    turtle = record("x").replace("a dcat:Distribution ;", f"a dcat:Distribution ; dcat:byteSize {size} ;")

    assert about(library, turtle, "dcat:distribution / dcat:byteSize") == []


@pytest.mark.parametrize("size", ['"12 MB"', "-1", '"-1"^^xsd:decimal', '"many"^^xsd:decimal'])
def test_what_is_no_number_of_bytes_is_one_finding(library: Service, size: str) -> None:
    turtle = record("x").replace("a dcat:Distribution ;", f"a dcat:Distribution ; dcat:byteSize {size} ;")
    (finding,) = about(library, turtle, "dcat:distribution / dcat:byteSize", BOTH)

    assert finding["severity"] == "violation"
    assert finding["profiles"] == list(BOTH)


def test_each_dataset_of_a_file_is_judged_at_its_own_level(library: Service) -> None:
    """The official validator takes one set of shapes for a whole file."""
    closed = record("b").replace("access-right/PUBLIC", "access-right/NON_PUBLIC")
    unclear = invalid("c")
    bodies = [part for text in (record("a"), closed, unclear) for part in text.splitlines()]
    prefixes = dict.fromkeys(line for line in bodies if line.startswith("@prefix"))
    turtle = "\n".join([*prefixes, *(line for line in bodies if not line.startswith("@prefix"))])
    found = {report["subject"].rsplit("/", 1)[-1]: report for report in reports(library, turtle)}

    assert {name: report["profiles"][0]["level"] for name, report in found.items()} == {
        "a": "PUBLIC",
        "b": "NON_PUBLIC",
        "c": "NON_PUBLIC",
    }
    assert found["a"]["conforms"]
    assert [f["message"] for f in found["a"]["findings"] if f["severity"] == "violation"] == []
    assert not found["b"]["conforms"]
    (level,) = [f for f in found["c"]["findings"] if f["path"] == "dct:accessRights"]
    assert "the rules of NON_PUBLIC apply" in level["mend"]


def test_a_value_that_is_no_date_is_a_finding_and_no_traceback_in_the_log(
    library: Service, caplog: pytest.LogCaptureFixture
) -> None:
    """rdflib logs one for each such value that it reads."""
    turtle = f'{record("x")} <dataset/x> dct:issued "2024-02-30"^^xsd:date ; dct:modified "soon"^^xsd:dateTime .'
    (report,) = reports(library, turtle)

    assert {"dct:issued", "dct:modified"} <= {f["path"] for f in report["findings"] if f["severity"] == "violation"}
    assert [entry.name for entry in caplog.records if entry.name.startswith("rdflib")] == []


def test_a_damaged_profile_is_told_when_the_service_starts(library: Service, state: Path, tmp_path: Path) -> None:
    """Elsewhere the first record that needs it is told."""
    shutil.copytree(shipped("shapes"), tmp_path / "shapes")
    (tmp_path / "shapes" / "ehds-minimum" / "shapes.ttl").write_text("no Turtle")

    with capture_logs() as logged, running(state, Profiles.load(tmp_path / "shapes", library.catalogue.vocabularies)):
        wait_for(lambda: any("ehds-minimum" in entry.get("reason", "") for entry in logged))
    assert [entry["event"] for entry in logged if "ehds-minimum" in entry.get("reason", "")] == [
        "profile cannot be used"
    ]


def test_a_nested_fault_is_told_once_at_the_place_where_it_is(library: Service) -> None:
    """Engines tell the inner result and, for each shape on the way, that its value does not conform."""
    turtle = record("x").replace('foaf:name "Health Data Access Body"@en ;', "")
    (report,) = reports(library, turtle, BOTH)
    found = [
        f for f in report["findings"] if f["path"].startswith("healthdcatap:hdab") and f["severity"] == "violation"
    ]

    assert [(f["path"], f["path_words"].rsplit(" › ", 1)[-1]) for f in found] == [
        ("healthdcatap:hdab / foaf:name", "Name")
    ]
    assert found[0]["profiles"] == list(BOTH)


def test_a_node_that_is_used_in_two_places_is_told_once(library: Service) -> None:
    turtle = f"""{record("x")} <dataset/x> dct:creator <https://a.example/nameless> .
        <dataset/x> dct:contributor <https://a.example/nameless> .
        <https://a.example/nameless> a foaf:Agent ; foaf:homepage <https://a.example/> ."""
    (report,) = reports(library, turtle, BOTH)

    nameless = [f for f in report["findings"] if f["focus"] == "https://a.example/nameless"]
    assert [f["message"] for f in nameless if f["severity"] == "violation"] == ["Name is missing."]
