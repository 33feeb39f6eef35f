"""Do the sample descriptions show what the catalogue is for, and do the wrong ones go wrong as they say?

What stands in `data/README.md` and `data/invalid/README.md` is read and compared with what the service does.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from harness import BASE, DATA, DCAT, N_TRIPLES, TURTLE, Service, running, settings_for
from harness import values as values_of

from catalogue.model import Kind, Record, State
from catalogue.profiles import Profiles
from catalogue.rdf.namespaces import compact
from catalogue.services.samples import load_samples

PARTS = {"catalogs": Kind.CATALOG, "series": Kind.SERIES, "datasets": Kind.DATASET}
FILES = [file for part in PARTS for file in sorted((DATA / part).iterdir())]
AUTHORITY = "http://publications.europa.eu/resource/authority"
PREFIXES = """
PREFIX dcat: <http://www.w3.org/ns/dcat#>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX eucaim: <https://cancerimage.eu/ontology/EUCAIM#>
"""


@pytest.fixture(scope="module")
def samples(template: tuple[Path, Profiles], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that holds the sample data, as `catalogue demo` loads it; only to be read."""
    state = tmp_path_factory.mktemp("samples") / "state"
    load_samples(settings_for(state), fresh=False, progress=lambda *_: nullcontext(lambda: None))
    with running(state, template[1], feed_page_size=20) as service:
        yield service


def held(service: Service, file: Path) -> Record:
    """The record that a sample file became."""
    record = service.catalogue.ledger.record(PARTS[file.parent.name], file.stem)
    assert record is not None, f"{file.name} became no record of that name"
    return record


def values(service: Service, path: str) -> list[str]:
    """The values of a property of all sample datasets."""
    rows = service.rows(f"{PREFIXES} SELECT ?d ?v WHERE {{ ?d a dcat:Dataset ; {path} ?v }}")
    return [row["v"] for row in rows]


def table(readme: Path, heading: str = "") -> list[list[str]]:
    """The cells of the first table after a heading; without the head of the table."""
    text = readme.read_text().partition(heading)[2] if heading else readme.read_text()
    rows = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert rows, f"{readme} has no table after {heading!r}"
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows[0].splitlines()[2:]]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_sample_is_published_without_a_violation(samples: Service, file: Path) -> None:
    record = held(samples, file)
    assert (record.state, record.latest, record.published) == (State.PUBLISHED, 1, 1)
    profiles = samples.catalogue.ledger.revision(record.kind, record.slug, 1).outcome["profiles"]

    assert [p["counts"].get("violation", 0) for p in profiles] == [0] * len(profiles)
    assert all(p["conforms"] for p in profiles)
    assert profiles
    assert samples.get(f"/{record.kind}/{record.slug}", "text/html").status_code == 200


def test_the_readme_lists_every_sample_with_its_title_catalogue_and_profiles(samples: Service) -> None:
    titles = {"eucaim-2": "EUCAIM v2.0", "healthdcat-ap-8": "HealthDCAT-AP R8"}
    told, found = {}, {}
    for name, title, catalog, profile in table(DATA / "README.md"):
        told[name.split("`")[1]] = (title, catalog.replace("–", ""), profile)
    for file in FILES:
        record = held(samples, file)
        outcome = samples.catalogue.ledger.revision(record.kind, record.slug, 1).outcome["profiles"]
        profiles = " + ".join(titles[p["id"]] for p in outcome)
        found[f"{file.parent.name}/{file.name}"] = (record.title, record.catalog or "", profiles)

    assert found == told


def test_the_samples_show_the_breadth_of_the_field(samples: Service) -> None:
    """What the issue asks of them: syntaxes, access levels, tiers, languages, countries, series, organs."""
    assert sum(file.parent.name == "datasets" for file in FILES) >= 40
    assert Counter(file.suffix for file in FILES).keys() == {".ttl", ".jsonld"}
    rights = Counter(values(samples, "dct:accessRights"))
    assert {iri.rsplit("/", 1)[1] for iri in rights} == {"PUBLIC", "RESTRICTED", "NON_PUBLIC"}
    assert min(rights.values()) >= 5
    tiers = Counter(values(samples, "eucaim:interoperabilityLevel/<http://www.w3.org/2004/02/skos/core#prefLabel>"))
    assert {tier[:6] for tier in tiers} >= {"Tier 1", "Tier 2", "Tier 3"}
    countries = {v for v in values(samples, "dct:spatial") if v.startswith(f"{AUTHORITY}/country/")}
    assert len(countries) >= 15
    assert len({v for v in values(samples, "dct:language") if v.startswith(AUTHORITY)}) >= 10
    assert len(set(values(samples, "eucaim:hasImageModality"))) >= 6
    assert len(set(values(samples, "eucaim:hasImageBodyPart"))) >= 12
    assert len(set(values(samples, "dcat:inSeries"))) == len(list((DATA / "series").iterdir()))
    languages = samples.rows(
        f"{PREFIXES} SELECT DISTINCT ?l WHERE {{ ?d a dcat:Dataset ; dct:title ?t BIND(LANG(?t) AS ?l) }}"
    )
    assert len({row["l"] for row in languages}) >= 10


def test_each_sample_dataset_and_series_stands_in_the_feed_once(samples: Service) -> None:
    found: Counter[str] = Counter()
    for page in samples.feed():
        found.update(values_of(page, f"{DCAT}dataset"))

    paths = [f"/{PARTS[file.parent.name]}/{file.stem}" for file in FILES if file.parent.name != "catalogs"]
    assert found == Counter(BASE + path for path in paths)


def findings(service: Service, name: str) -> list[dict[str, Any]]:
    """The violations for which the catalogue refuses one of the wrong samples."""
    answer = service.submit((DATA / "invalid" / name).read_text())
    assert answer.status_code == 422, answer.text
    (result,) = json.loads(answer.data)["results"]
    return [f for f in result["report"]["findings"] if f["severity"] == "violation"]


def test_the_prostate_sample_has_the_three_mistakes_that_it_names(samples: Service) -> None:
    by_path = {f["path"]: f for f in findings(samples, "prostate.ttl")}

    assert by_path.keys() == {
        "eucaim:hasCondition",
        "healthdcatap:numberOfUniqueIndividuals",
        "eucaim:hasImageModality",
    }
    assert by_path["eucaim:hasCondition"]["value"] is None
    assert "640" in by_path["healthdcatap:numberOfUniqueIndividuals"]["message"]
    assert compact(by_path["eucaim:hasImageModality"]["value"]) == "eucaim:IMG1000022"


def test_the_prostate_sample_conforms_once_it_is_mended_as_the_readme_says(samples: Service) -> None:
    text = (DATA / "invalid" / "prostate.ttl").read_text()
    (_, _, condition), (integer, _, number), (modality, _, right) = table(
        DATA / "invalid" / "README.md", "## `prostate.ttl`"
    )
    text = text.replace(code(integer), f"{code(integer).split()[0]} {code(number)}")
    text = text.replace(code(modality).split()[1], code(right))
    text = text.replace("a dcat:Dataset ;", f"a dcat:Dataset ; {code(condition)} ;", 1)

    assert validated(samples, text.encode(), TURTLE, "eucaim-2", "healthdcat-ap-8") is True


def test_the_sample_without_syntax_is_told_its_line(samples: Service) -> None:
    answer = samples.submit((DATA / "invalid" / "broken-syntax.ttl").read_text())

    assert answer.status_code == 400
    assert json.loads(answer.data)["line"] == 8
    assert "on line 8" in (DATA / "invalid" / "README.md").read_text()


def test_the_sample_in_other_vocabularies_has_one_finding_for_each_row_of_its_table(samples: Service) -> None:
    rows = table(DATA / "invalid" / "README.md", "## `wrong-vocabulary.ttl`")
    found = findings(samples, "wrong-vocabulary.ttl")
    told = {code(row[0]): (code(row[1]).strip('"').partition("…"), code(row[3])) for row in rows}
    given = {f["path"].rpartition(" ")[2]: f for f in found}

    assert len(found) == len(told)
    assert given.keys() == told.keys()
    for path, ((start, _, end), right) in told.items():
        value = given[path]["value"].strip('"')
        assert value.startswith(start), path
        assert value.endswith(end), path
        assert given[path]["fix"] is None or given[path]["fix"]["to"] == f"<{right}>"


def test_the_sample_in_other_vocabularies_conforms_once_it_is_mended(samples: Service) -> None:
    rows = table(DATA / "invalid" / "README.md", "## `wrong-vocabulary.ttl`")
    mends = {code(row[0]): code(row[3]).replace("…", AUTHORITY.removesuffix("/authority")) for row in rows}
    wrong = {f["value"].strip('"') for f in findings(samples, "wrong-vocabulary.ttl")}
    text = (DATA / "invalid" / "wrong-vocabulary.ttl").read_bytes()
    triples = []
    for t in (quad.triple for quad in ox.parse(text, format=ox.RdfFormat.TURTLE, base_iri=f"{BASE}/")):
        right = mends.get(compact(t.predicate.value))
        mend = right is not None and getattr(t.object, "value", "") in wrong
        triples.append(ox.Triple(t.subject, t.predicate, ox.NamedNode(right)) if mend and right else t)
    body = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""

    assert validated(samples, body, N_TRIPLES, "healthdcat-ap-8") is True


def test_the_sample_that_misses_most_is_told_what(samples: Service) -> None:
    found = findings(samples, "missing-most.ttl")
    text = (DATA / "invalid" / "README.md").read_text().partition("## `missing-most.ttl`")[2]
    named = {
        "identifier": "dct:identifier",
        "theme": "dcat:theme",
        "health category": "healthdcatap:healthCategory",
        "counts": "healthdcatap:numberOfUniqueIndividuals",
        "condition": "eucaim:hasCondition",
        "modality": "eucaim:hasImageModality",
        "manufacturer": "eucaim:hasEquipmentManufacturer",
        "body part": "eucaim:hasImageBodyPart",
        "publisher": "dct:publisher",
        "contact point": "dcat:contactPoint",
        "health data access body": "healthdcatap:hdab",
        "distribution": "dcat:distribution",
    }

    assert all(word in text.replace("\n", " ") for word in named)
    assert set(named.values()) <= {f["path"] for f in found}
    assert [f["message"] for f in found if f["path"] == "dct:title"] == ["There is no title in English."]
    assert len(found) >= 20


@pytest.mark.parametrize("name", ["prostate.ttl", "wrong-vocabulary.ttl", "missing-most.ttl"])
def test_what_is_wrong_but_readable_can_be_kept_as_a_draft(service: Service, name: str) -> None:
    for catalog in sorted((DATA / "catalogs").iterdir()):
        assert service.submit(catalog.read_bytes()).status_code == 201
    answer = service.submit((DATA / "invalid" / name).read_text(), "?state=draft")

    assert answer.status_code == 201
    assert service.get(answer.headers["Location"].removeprefix(BASE), "text/html").status_code == 404


def code(cell: str) -> str:
    """What stands in a cell as code: the last of it."""
    return str(re.findall(r"`([^`]+)`", cell)[-1])


def validated(service: Service, body: bytes, content_type: str, *profiles: str) -> bool:
    """Whether a description conforms."""
    query = "&".join(f"profile={profile}" for profile in profiles)
    answer = service.client.post(
        f"/validate?{query}", data=body, content_type=content_type, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 200, answer.text
    return bool(json.loads(answer.data)["conforms"])
