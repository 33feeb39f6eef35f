"""Can an operator renew a vocabulary, see what that does to the records, and go back?"""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from click.testing import CliRunner, Result
from harness import (
    BASE,
    JSON_LD,
    N_TRIPLES,
    RDF_XML,
    SUFFIXES,
    TURTLE,
    LiveServer,
    Service,
    record,
    running,
    wait_for,
    written,
)

from catalogue.cli import main
from catalogue.model import Concept
from catalogue.resources import shipped
from catalogue.vocabularies import Vocabularies

AUTHORITY = "http://publications.europa.eu/resource/authority/"
THEME, LANGUAGE, STATUS = f"{AUTHORITY}data-theme", f"{AUTHORITY}language", "http://purl.org/adms/status"
EUCAIM = "https://cancerimage.eu/ontology/EUCAIM"
SKOS = "http://www.w3.org/2004/02/skos/core#"
HEAD = f"""@prefix skos: <{SKOS}> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix dc: <http://purl.org/dc/elements/1.1/> .
@prefix at: <http://publications.europa.eu/ontology/authority/> .
@prefix euvoc: <http://publications.europa.eu/ontology/euvoc#> .
"""

Command = Callable[..., Result]


@pytest.fixture
def run(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Runs `catalogue vocabulary …` on the test's own state folder."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str | Path) -> Result:
        return CliRunner().invoke(main, ["--state", str(state), "--base-url", BASE, "vocabulary", *map(str, arguments)])

    yield command
    structlog.reset_defaults()


def shipped_rows(name: str) -> list[dict[str, str]]:
    """The concepts of a vocabulary that ships, as rows."""
    with (shipped("ontologies") / "sources" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def skos(scheme: str, version: str, rows: list[dict[str, str]], extra: str = "") -> str:
    """A SKOS file in Turtle: code, label and IRI of each row, as the EU writes them."""
    said = f'<{scheme}> a skos:ConceptScheme ; owl:versionInfo "{version}" .\n'
    for row in rows:
        said += (
            f"<{row['iri']}> a skos:Concept ; skos:inScheme <{scheme}> ; dc:identifier {json.dumps(row['notation'])} ;"
        )
        said += f" skos:prefLabel {json.dumps(row['en'])}@en .\n"
    return HEAD + said + extra


def themes(extra: str = "", version: str = "20260101-0") -> str:
    """A newer table of the data themes."""
    return skos(THEME, version, shipped_rows("data-theme"), extra)


def held(state: Path) -> Vocabularies:
    """What counts for a catalogue that starts now."""
    return Vocabularies.load(shipped("ontologies"), state / "vocabularies")


def concept(state: Path, iri: str) -> Concept:
    """A concept as it counts now."""
    found = held(state).concept(iri)
    assert found is not None
    return found


def listed(run: Command) -> dict[str, dict[str, Any]]:
    """What `list` tells, by name."""
    return {row["name"]: row for row in json.loads(run("list", "--json").output)}


# -- list ------------------------------------------------------------------------------------------------------------


def test_the_list_tells_version_size_completeness_and_origin(run: Command, tmp_path: Path) -> None:
    before = listed(run)["data-theme"]
    (tmp_path / "themes.ttl").write_text(themes())
    assert run("update", "themes.ttl").exit_code == 0
    after = listed(run)

    assert (before["concepts"], before["complete"], before["from"]) == (14, True, "shipped")
    assert (after["data-theme"]["version"], after["data-theme"]["from"]) == ("20260101-0", "operator")
    assert after["language"]["complete"] is False
    assert len(after) == len(Vocabularies.load(shipped("ontologies")).schemes)
    line = next(line for line in run("list").output.splitlines() if line.startswith("data-theme "))
    assert line.split() == ["data-theme", "14", "complete", "operator", "20260101-0"]


# -- what a file says ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("media_type", [TURTLE, JSON_LD, RDF_XML, N_TRIPLES])
def test_every_format_renews_the_vocabulary_whose_iri_it_describes(
    run: Command, tmp_path: Path, state: Path, media_type: str
) -> None:
    new = f'<{THEME}/SPACE> a skos:Concept ; skos:inScheme <{THEME}> ; skos:prefLabel "Space"@en , "Espace"@fr .\n'
    file = tmp_path / f"themes{SUFFIXES[media_type]}"
    file.write_bytes(written(themes(extra=new), media_type))

    result = run("update", file)

    assert result.exit_code == 0, result.output
    assert "1 added" in result.output
    assert concept(state, f"{THEME}/SPACE").labels == {"en": "Space", "fr": "Espace"}
    assert len(held(state).concepts("data-theme")) == 15


def test_labels_codes_hierarchy_matches_and_further_names_are_taken(run: Command, tmp_path: Path, state: Path) -> None:
    extra = f"""
<{THEME}/A> a skos:Concept ; skos:inScheme <{THEME}> ; skos:notation "A1" ; skos:prefLabel " Upper\\n one"@en ;
    skos:narrower <{THEME}/B> .
<{THEME}/B> a skos:Concept ; skos:topConceptOf <{THEME}> ; skos:prefLabel "Lower"@en , "Tief"@de ;
    skos:altLabel "Under"@en , "Unten"@de ; skos:broader <{THEME}/HEAL> ; skos:exactMatch <https://other.example/B> .
"""
    (tmp_path / "themes.ttl").write_text(themes(extra=extra))
    assert run("update", "themes.ttl").exit_code == 0
    vocabularies = held(state)
    scheme = vocabularies.scheme("data-theme")
    assert scheme is not None
    rows = {row.concept.iri: row for row in vocabularies.rows(scheme)}

    assert (rows[f"{THEME}/A"].concept.notation, rows[f"{THEME}/A"].concept.labels["en"]) == ("A1", "Upper one")
    lower = rows[f"{THEME}/B"]
    assert set(lower.concept.broader) == {f"{THEME}/A", f"{THEME}/HEAL"}
    assert lower.synonyms == {"en": ("Under",), "de": ("Unten",)}
    assert lower.matches == ("https://other.example/B",)
    assert rows[f"{THEME}/HEAL"].concept.notation == "HEAL"
    turtle = dict(vocabularies.graphs())[THEME].read_text()
    assert f"<{THEME}/B> a skos:Concept" in turtle
    assert 'skos:altLabel "Under"@en, "Unten"@de' in turtle


@pytest.mark.parametrize(
    "said",
    [
        "owl:deprecated true",
        'at:deprecated "true"',
        f"euvoc:status <{AUTHORITY}concept-status/DEPRECATED>",
        f"euvoc:status <{AUTHORITY}concept-status/RETIRED>",
        f"dct:isReplacedBy <{THEME}/TECH>",
    ],
)
def test_every_way_to_say_deprecated_is_understood(run: Command, tmp_path: Path, state: Path, said: str) -> None:
    (tmp_path / "themes.ttl").write_text(themes(extra=f"<{THEME}/HEAL> {said} .\n"))
    result = run("update", "themes.ttl")

    assert "1 deprecated: HEAL" in result.output
    assert concept(state, f"{THEME}/HEAL").deprecated
    assert held(state).replacement(f"{THEME}/HEAL") == (f"{THEME}/TECH" if "Replaced" in said else None)


@pytest.mark.parametrize(
    "said", ["owl:deprecated false", f"euvoc:status <{AUTHORITY}concept-status/CURRENT>", 'at:deprecated "false"']
)
def test_what_is_in_force_is_not_deprecated(run: Command, tmp_path: Path, state: Path, said: str) -> None:
    (tmp_path / "themes.ttl").write_text(themes(extra=f"<{THEME}/HEAL> {said} .\n"))
    assert run("update", "themes.ttl").exit_code == 0
    assert not concept(state, f"{THEME}/HEAL").deprecated


def test_an_ontology_renews_the_branches_whose_roots_it_holds(run: Command, tmp_path: Path, state: Path) -> None:
    """Classes of an OWL file: a branch holds what stands below its root, not the root and not what is beside it."""
    root = f"{EUCAIM}#SPEC1000008"
    said = f'<{EUCAIM}> a owl:Ontology ; owl:versionInfo "3.0" .\n<{root}> a owl:Class ; rdfs:label "Tier" .\n'
    for row in shipped_rows("eucaim-tier"):
        above = row["broader"] or root
        said += f"<{row['iri']}> a owl:Class ; rdfs:label {json.dumps(row['en'])} ; rdfs:subClassOf <{above}> .\n"
    said += f'<{EUCAIM}#SPEC1> a owl:Class ; rdfs:label "Tier 4" ; rdfs:subClassOf <{root}> .\n'
    said += f'<{EUCAIM}#COM9> a owl:Class ; rdfs:label "Beside" ; rdfs:subClassOf owl:Thing .\n'
    (tmp_path / "eucaim.owl").write_bytes(written(HEAD + said, RDF_XML))

    assert run("update", "eucaim.owl", "--name", "eucaim-tier").exit_code == 0
    vocabularies = held(state)
    codes = {c.iri.partition("#")[2] for c in vocabularies.concepts("eucaim-tier")}
    assert codes == {row["notation"] for row in shipped_rows("eucaim-tier")} | {"SPEC1"}
    assert vocabularies.ancestors(f"{EUCAIM}#SPEC1")[0] == root

    both = json.loads(run("update", "eucaim.owl", "--dry-run", "--json").output)["vocabularies"]
    assert {each["name"]: each["concepts"] for each in both} == {"eucaim-ontology": 12, "eucaim-tier": 10}


def test_rows_renew_the_vocabulary_of_their_file_name(run: Command, tmp_path: Path, state: Path) -> None:
    rows = "\n".join(f"{STATUS}/{code},{code},{code},{also}" for code, also in CODES)
    (tmp_path / "adms-status.csv").write_text(f"iri,notation,en,also:nl\n{rows}\n")

    assert run("update", "adms-status.csv").exit_code == 3  # no version
    assert run("update", "adms-status.csv", "--version", "2.0").exit_code == 0
    assert concept(state, f"{STATUS}/Paused").notation == "Paused"
    scheme = held(state).scheme("adms-status")
    assert scheme is not None
    assert held(state).rows(scheme)[4].synonyms == {"nl": ("gestopt", "stil")}


CODES = [
    ("Completed", ""),
    ("Deprecated", ""),
    ("UnderDevelopment", ""),
    ("Withdrawn", ""),
    ("Paused", '"gestopt\nstil"'),
]


# -- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "options", "said"),
    [
        ("a.ttl", "<a> <b>", (), "Turtle, line 1"),
        ("a.ttl", "<urn:a> <urn:b> <urn:c> .", (), "holds none of our vocabularies"),
        ("a.ttl", f'{HEAD}<{THEME}> a skos:ConceptScheme ; owl:versionInfo "3" .', (), "holds no concept"),
        ("a.ttl", themes(), ("--name", "no-such"), "There is no vocabulary 'no-such'"),
        ("a.ttl", themes().replace('owl:versionInfo "20260101-0"', "owl:sameAs owl:Thing"), (), "--version"),
        ("data-theme.csv", "iri,en\nnot an IRI,x\n", ("--version", "2"), "row 2: 'not an IRI' is no IRI"),
        ("data-theme.csv", "iri,en\nurn:a,x\nurn:a,y\n", ("--version", "2"), "stands there twice"),
        ("data-theme.csv", "iri,en\nurn:a\n", ("--version", "2"), "line 2: 1 cells, not 2"),
        ("data-theme.csv", "iri,brodaer_x\nurn:a,x\n", ("--version", "2"), "'brodaer_x' is neither"),
        ("data-theme.csv", "code,en\nurn:a,x\n", ("--version", "2"), "there is no column `iri`"),
        ("data-theme.csv", "", ("--version", "2"), "holds no concept"),
        ("data-theme.csv", f"iri,en\nurn:a,{'x' * 200_000}\n", ("--version", "2"), "field larger than"),
        ("other.csv", "iri,en\nurn:a,x\n", ("--version", "2"), "There is no vocabulary 'other'"),
    ],
)
def test_a_file_that_is_no_vocabulary_is_refused_with_words(
    run: Command, tmp_path: Path, state: Path, name: str, text: str, options: tuple[str, ...], said: str
) -> None:
    (tmp_path / name).write_text(text)
    result = run("update", name, *options, "--force")

    assert result.exit_code == 3
    assert said in result.output
    assert not (state / "vocabularies").exists()


def test_a_file_that_is_not_there_or_not_text_is_refused(run: Command, tmp_path: Path) -> None:
    (tmp_path / "data-theme.csv").write_bytes(b"iri,en\n\xff\xfe,x\n")
    assert "is not UTF-8" in run("update", "data-theme.csv", "--version", "2").output
    assert run("update", "none.csv").exit_code == 2
    assert run("update", "none.ttl").exit_code == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (themes(version="20260201-0"), "is held in version 20260201-0 already"),
        (themes(version="20251231-0"), "is not newer than 20260201-0"),
        (skos(THEME, "20270101-0", shipped_rows("data-theme")[:6]), "8 of 14 concepts"),
    ],
)
def test_what_is_not_newer_or_loses_most_needs_insisting(
    run: Command, tmp_path: Path, state: Path, text: str, said: str
) -> None:
    (tmp_path / "first.ttl").write_text(themes(version="20260201-0"))
    (tmp_path / "then.ttl").write_text(text)
    assert run("update", "first.ttl").exit_code == 0
    before = (state / "vocabularies" / "index.csv").read_bytes()

    refused = run("update", "then.ttl")
    assert refused.exit_code == 3
    assert said in refused.output
    assert "--force" in refused.output
    tried = run("update", "then.ttl", "--dry-run")
    assert tried.exit_code == 0
    assert f"Refused without --force: {refused.output.partition('Error: ')[2].partition(said)[0]}{said}" in tried.output
    assert (state / "vocabularies" / "index.csv").read_bytes() == before
    assert run("update", "then.ttl", "--force").exit_code == 0


# -- what it does to the records -------------------------------------------------------------------------------------


def test_records_that_name_what_goes_are_told_with_their_new_violations(
    service: Service, run: Command, tmp_path: Path, state: Path
) -> None:
    service.publish("touched", title="The touched one")
    assert service.submit(record("free").replace("file-type/CSV", "file-type/JSON")).status_code == 201
    assert service.submit(record("draft", title="Only a draft"), "?state=draft").status_code == 201
    rows = [row for row in shipped_rows("file-type") if row["notation"] != "CSV"]
    (tmp_path / "types.ttl").write_text(skos(f"{AUTHORITY}file-type", "20260101-0", rows))

    result = run("update", "types.ttl", "--dry-run")
    told = json.loads(run("update", "types.ttl", "--dry-run", "--json").output)

    assert result.exit_code == 1
    assert "1 gone: CSV" in result.output
    assert "2 records mention what changes, 2 of them violate anew" in result.output
    assert f"published  {BASE}/dataset/touched  The touched one" in result.output
    assert f"draft      {BASE}/dataset/draft  Only a draft" in result.output
    assert [(each["iri"], each["state"]) for each in told["records"]] == [
        (f"{BASE}/dataset/touched", "published"),
        (f"{BASE}/dataset/draft", "draft"),
    ]
    for each in told["records"]:
        gone = {"iri": f"{AUTHORITY}file-type/CSV", "label": "CSV", "what": "gone", "replacement": None}
        assert each["concepts"] == [gone]
        assert any("CSV is an unknown code" in violation["message"] for violation in each["violations"])
    assert not (state / "vocabularies").exists()


def test_a_deprecated_concept_is_told_with_its_successor_and_is_no_violation(
    service: Service, run: Command, tmp_path: Path
) -> None:
    service.publish("touched")
    extra = f"<{THEME}/HEAL> owl:deprecated true ; dct:isReplacedBy <{THEME}/TECH> .\n"
    (tmp_path / "themes.ttl").write_text(themes(extra=extra))

    result = run("update", "themes.ttl")

    assert result.exit_code == 0
    assert f"deprecated: {THEME}/HEAL (Health); write {THEME}/TECH" in result.output
    assert "0 of them violate anew" in result.output


def test_a_concept_that_moves_is_told(service: Service, run: Command, tmp_path: Path) -> None:
    service.publish("touched")
    (tmp_path / "themes.ttl").write_text(themes(extra=f"<{THEME}/HEAL> skos:broader <{THEME}/TECH> .\n"))

    result = run("update", "themes.ttl", "--dry-run")

    assert "1 moved in the hierarchy: HEAL" in result.output
    assert f"moved: {THEME}/HEAL" in result.output


def test_names_cannot_steer_the_terminal(run: Command, tmp_path: Path) -> None:
    bad = f'<{THEME}/BAD> a skos:Concept ; skos:inScheme <{THEME}> ; skos:prefLabel "\\u001B[2Jbad"@en .\n'
    (tmp_path / "themes.ttl").write_text(themes(extra=bad))
    assert "\x1b" not in run("update", "themes.ttl").output


def test_without_a_ledger_none_is_made(run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "themes.ttl").write_text(themes())
    arguments = ["--state", "fresh", "vocabulary", "update", "themes.ttl"]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    assert not (tmp_path / "fresh" / "ledger.sqlite").exists()


# -- whole or in part ------------------------------------------------------------------------------------------------


def judged(service: Service, line: str) -> list[tuple[str, str]]:
    """Severity and message of each finding on a code that is unknown, for a record with one more line."""
    text = record("tried").replace("dct:title", f"{line} ;\n    dct:title", 1)
    answer = service.client.post("/validate", data=text, content_type=TURTLE, headers={"Accept": "application/json"})
    (report,) = answer.get_json()["reports"]
    return [(f["severity"], f["message"]) for f in report["findings"] if "unknown code" in f["message"]]


def test_an_unknown_code_violates_where_we_hold_all_and_warns_where_in_part(library: Service) -> None:
    assert judged(library, f"dct:accrualPeriodicity <{AUTHORITY}frequency/QQQ>") == [
        ("violation", "Frequency: QQQ is an unknown code of EU frequencies.")
    ]
    assert judged(library, f"dct:language <{LANGUAGE}/QQQ>") == [
        ("warning", "Language: QQQ is an unknown code of EU languages, of which we hold only a part; check it.")
    ]


def test_once_held_whole_an_unknown_code_violates(service: Service, run: Command, tmp_path: Path, state: Path) -> None:
    unknown = record("odd").replace("dct:title", f"dct:language <{LANGUAGE}/QQQ> ;\n    dct:title", 1)
    assert service.submit(unknown).status_code == 201
    (tmp_path / "languages.ttl").write_text(skos(LANGUAGE, "20260101-0", shipped_rows("language")))

    result = run("update", "languages.ttl", "--complete")

    assert result.exit_code == 1
    assert f"unknown: {LANGUAGE}/QQQ" in result.output
    assert "QQQ is an unknown code of EU languages." in result.output
    with running(state_copy(state, tmp_path)) as renewed:
        assert [severity for severity, _ in judged(renewed, f"dct:language <{LANGUAGE}/QQQ>")] == ["violation"]
        page = renewed.get("/vocabularies/language", "text/html").text
        assert "version 20260101-0" in page
        assert "complete" in page
        assert "Held in part" not in page


def state_copy(state: Path, folder: Path) -> Path:
    """A state folder of its own with the same vocabularies: the first belongs to a service that runs."""
    copy = folder / "copy"
    copy.mkdir()
    (state / "vocabularies").rename(copy / "vocabularies")
    return copy


# -- taking effect, going back ---------------------------------------------------------------------------------------


def test_a_running_service_takes_it_up_and_so_does_its_store(server: LiveServer, run: Command, tmp_path: Path) -> None:
    def version() -> str:
        page = server.request("GET", "/vocabularies/data-theme", Accept="text/html")
        assert page.status == 200
        return "new" if "20260101-0" in page.body.decode() else "shipped"

    def in_store() -> list[str]:
        query = f"SELECT ?v {{ GRAPH <{THEME}> {{ <{THEME}> <http://www.w3.org/2002/07/owl#versionInfo> ?v }} }}"
        server.wait("/health/ready")
        return [row["v"] for row in server.rows(query)]

    (tmp_path / "themes.ttl").write_text(themes())
    server.start()
    assert version() == "shipped"
    told = run("update", "themes.ttl")
    assert told.exit_code == 0
    assert "takes it up within some seconds" in told.output
    wait_for(lambda: version() == "new")  # and no request fails meanwhile
    assert in_store() == ["20260101-0"]

    assert "The shipped version of data-theme counts again." in run("forget", "data-theme").output
    wait_for(lambda: version() == "shipped")
    assert in_store() == ["extract, version not recorded"]


def test_forgetting_leaves_the_other_vocabularies_and_no_files(run: Command, tmp_path: Path, state: Path) -> None:
    rows = [{"iri": f"{STATUS}/{code}", "notation": code, "en": code} for code, _ in CODES]
    (tmp_path / "themes.ttl").write_text(themes())
    (tmp_path / "status.ttl").write_text(skos(f"{STATUS}/1.0", "2.0", rows))
    assert run("update", "themes.ttl").exit_code == run("update", "status.ttl").exit_code == 0

    assert run("forget", "data-theme").exit_code == 0
    assert run("forget", "data-theme").exit_code == 3
    assert {name for name, row in listed(run).items() if row["from"] == "operator"} == {"adms-status"}
    files = [path.name for path in (state / "vocabularies").rglob("*.*")]
    assert sorted(name.partition("-")[0] for name in files) == ["adms", "adms", "index.csv"]


def test_what_cannot_be_read_is_named_with_the_way_out(run: Command, tmp_path: Path, state: Path) -> None:
    (tmp_path / "themes.ttl").write_text(themes())
    assert run("update", "themes.ttl").exit_code == 0
    next((state / "vocabularies" / "sources").iterdir()).write_text("iri,en\nurn:a\n")

    result = run("list")
    assert result.exit_code == 3
    assert "cannot be read" in result.output
    assert run("forget", "data-theme").exit_code == 0
    assert run("list").exit_code == 0


def test_what_cannot_be_kept_changes_nothing(run: Command, tmp_path: Path, state: Path) -> None:
    """The index cannot be replaced; or a name is so long that the rows could not be read again."""
    (tmp_path / "first.ttl").write_text(themes())
    long = f'<{THEME}/LONG> a skos:Concept ; skos:inScheme <{THEME}> ; skos:prefLabel "{"x" * 200_000}"@en .\n'
    (tmp_path / "long.ttl").write_text(themes(long, "20270101-0"))
    (tmp_path / "second.ttl").write_text(themes(version="20270101-0"))
    assert run("update", "first.ttl").exit_code == 0

    assert run("update", "long.ttl").exit_code == 3
    (state / "vocabularies" / "index.csv.part").mkdir()
    result = run("update", "second.ttl")
    assert result.exit_code == 3
    assert "cannot be written" in result.output
    assert listed(run)["data-theme"]["version"] == "20260101-0"


def test_a_table_of_the_size_of_the_largest_is_read_in_time(run: Command, tmp_path: Path) -> None:
    """The EU's languages: about 8,000 with names in two dozen languages."""
    tongues = ["en", "fr", "de", "es", "it", "nl", "pl", "pt", "fi", "sv", "da", "el"]
    lines = [f'<{LANGUAGE}> a skos:ConceptScheme ; owl:versionInfo "20260101-0" .']
    known = [row["notation"] for row in shipped_rows("language")]
    for code in dict.fromkeys([*known, *(f"L{number:04}" for number in range(8_000 - len(known)))]):
        names = " , ".join(f'"{code} {tongue}"@{tongue}' for tongue in tongues)
        lines.append(f"<{LANGUAGE}/{code}> a skos:Concept ; skos:inScheme <{LANGUAGE}> ; skos:prefLabel {names} .")
    (tmp_path / "languages.ttl").write_text(HEAD + "\n".join(lines))
    began = time.perf_counter()
    result = run("update", "languages.ttl", "--complete")
    assert result.exit_code == 0, result.output
    assert "8,000 concepts, held complete" in result.output
    assert time.perf_counter() - began < 20
