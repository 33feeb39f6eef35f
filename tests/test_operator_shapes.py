# ruff: noqa: E501 - a case of bad input stands in a line
"""Can an operator put shape files beside ours, and does no bad one of them harm the others?"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import structlog
from agreement.official import REFERENCE, SOURCES
from click.testing import CliRunner, Result
from harness import LiveServer, Opener, record

from catalogue.cli import main
from catalogue.profiles.loading import LARGEST_FILE
from catalogue.profiles.profiles import Profiles
from catalogue.rdf.namespaces import PREFIXES
from catalogue.resources import shipped
from catalogue.vocabularies import Vocabularies

Command = Callable[..., Result]

OWN = {
    "prof": "http://www.w3.org/ns/dx/prof/",
    "sc": "urn:health-catalogue:shapes#",
    "ex": "https://shapes.example/",
    "right": "http://publications.europa.eu/resource/authority/access-right/",
}
HEAD = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in {**PREFIXES, **OWN}.items())
PROFILE = """<urn:health-catalogue:profile:house> a prof:Profile ; dct:identifier "house" ; dct:title "House rules"@en ;
    dcat:version "1" ; prof:hasResource [ prof:hasArtifact <shapes.ttl> ] .
"""
SHAPES = """ex:Dataset a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property ex:Dataset-note .
ex:Dataset-note sh:path skos:editorialNote ; sh:name "House note"@en ; sh:minCount 1 .
"""
QUERY = """ex:Dataset a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:sparql [
    sh:prefixes ex: ; sh:message "The title must not shout."@en ;
    sh:select "SELECT $this WHERE { $this dct:title ?title FILTER(ucase(str(?title)) = str(?title)) MORE }" ] .
ex: a owl:Ontology ; sh:declare [ sh:prefix "dct" ; sh:namespace "http://purl.org/dc/terms/"^^xsd:anyURI ] .
"""


def write(folder: Path, files: dict[str, str]) -> Path:
    """Put Turtle files into a folder, with the prefixes before each."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(HEAD + text, "utf-8")
    return folder


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    """A folder of further profiles with one good profile, `house`."""
    return write(tmp_path / "shapes", {"house/profile.ttl": PROFILE, "house/shapes.ttl": SHAPES})


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Runs a command with that folder."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str | Path) -> Result:
        place = ["--state", str(tmp_path / "state"), "--shapes", str(tmp_path / "shapes")]
        return CliRunner().invoke(main, [*place, *map(str, arguments)])

    yield command
    structlog.reset_defaults()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A dataset that conforms to Release 8."""
    path = tmp_path / "dataset.ttl"
    path.write_text("@base <https://data.example/> .\n" + record("one"))
    return path


def listed(result: Result) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """The profiles of `profile list --json` by id, and the problems."""
    found = json.loads(result.stdout)
    return {profile["id"]: profile for profile in found["profiles"]}, found["problems"]


# A profile of the operator's


def test_a_further_profile_is_listed_and_judges_beside_ours(run: Command, shapes: Path, file: Path) -> None:
    profiles, problems = listed(run("profile", "list", "--json"))
    result = run("validate", "--profile", "healthdcat-ap-8", "--profile", "house", "--json", file)

    assert problems == []
    assert profiles["house"]["from"] == str(shapes / "house")
    assert profiles["healthdcat-ap-8"]["from"] == "shipped"
    report = json.loads(result.stdout)[0]["reports"][0]
    assert [profile["conforms"] for profile in report["profiles"]] == [True, False]
    missing = [finding for finding in report["findings"] if finding["field"] == "House note"]
    assert [(finding["code"], finding["message"]) for finding in missing] == [
        ("house/Dataset-note", "House note is missing.")
    ]


def test_by_default_the_folder_is_shapes_in_the_state_folder(tmp_path: Path) -> None:
    write(tmp_path / "state" / "shapes", {"house/profile.ttl": PROFILE, "house/shapes.ttl": SHAPES})
    result = CliRunner().invoke(main, ["--state", str(tmp_path / "state"), "profile", "list"])
    assert result.exit_code == 0
    assert "House rules" in result.stdout


def test_a_named_folder_that_is_not_there_is_told_and_ours_are_listed(run: Command) -> None:
    result = run("profile", "list", "--json")
    profiles, problems = listed(result)
    assert result.exit_code == 1
    assert "healthdcat-ap-8" in profiles
    assert "there is no such folder" in problems[0]


def test_ready_made_descriptors_are_no_profiles() -> None:
    vocabularies = Vocabularies.load(shipped("ontologies"))
    found = Profiles.load(shipped("shapes"), vocabularies, shipped("shapes") / "official")
    assert not [id for id in found.ids if id.endswith("official")]
    assert found.problems == ()


# Bad input


def bad(shapes: str, profile: str = PROFILE) -> dict[str, str]:
    profile = profile.replace("house", "bad").replace("House", "Bad")
    return {"bad/profile.ttl": profile, "bad/shapes.ttl": shapes}


NODE = "ex:D a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property ex:p . ex:p sh:path dct:title ; "

BAD = {
    "a file that does not parse": (bad("ex:D a sh:NodeShape ;\n sh:property ["), ["bad/shapes.ttl", f"line {HEAD.count(chr(10)) + 2}"]),
    "a descriptor that does not parse": ({"bad/profile.ttl": "<a> <b>"}, ["bad/profile.ttl", "line"]),
    "an absent file": (bad("", PROFILE.replace("shapes.ttl", "gone.ttl")), ["gone.ttl", "no such file"]),
    "a file elsewhere": (bad("", PROFILE.replace("<shapes.ttl>", "<../../../etc/passwd>")), ["passwd", "no such file in etc/"]),
    "a file in the network": (bad("", PROFILE.replace("<shapes.ttl>", "<http://127.0.0.1/x>")), ["127.0.0.1", "not a file of"]),
    "no identifier": (bad("", PROFILE.replace("dct:identifier", "dct:title")), ["bad/profile.ttl", "dct:identifier"]),
    "an id that is none": (bad(SHAPES, PROFILE.replace('"house"', '"Bad one"')), ["Bad one", "small letters"]),
    "no path": (bad("ex:D sh:property [ sh:minCount 1 ] ."), ["bad/shapes.ttl", "below sh:property of", "no sh:path"]),
    "two paths": (bad(NODE + "sh:path dct:type ; sh:minCount 1 ."), ["https://shapes.example/p", "2 sh:path"]),
    "a path that is none": (bad("ex:D sh:property ex:p . ex:p sh:path [ ex:a ex:b ] ; sh:minCount 1 ."), ["sh:path is none"]),
    "a path that doubles at each step": (
        bad("ex:D sh:property ex:p . ex:p sh:minCount 1 ; sh:path ex:n0 . ex:p2 sh:minCount 1 ; sh:path [ sh:alternativePath ( _:n0 _:n0 ) ] . "
            + " ".join(f"_:n{n} sh:alternativePath ( _:n{n + 1} _:n{n + 1} ) ." for n in range(60)) + " _:n60 sh:inversePath dct:title ."),
        ["more than 100 steps"],
    ),
    "a broken list": (bad(NODE + "sh:in ex:nowhere ."), ["https://shapes.example/p", "sh:in has a broken list"]),
    "a list in a circle": (bad(NODE + "sh:in ex:l . ex:l rdf:first 1 ; rdf:rest ex:l ."), ["sh:in has a broken list"]),
    "a circle": (bad(NODE + "sh:node ex:D ."), ["refers to itself in a circle"]),
    "a chain without end": (
        bad(NODE + "sh:node ex:n0 . " + " ".join(f"ex:n{n} sh:node ex:n{n + 1} ." for n in range(3000)) + " ex:n3000 sh:nodeKind sh:IRI ."),
        ["one within the other"],
    ),
    "an absent shape": (bad(NODE + "sh:node ex:gone ."), ["sh:node refers to https://shapes.example/gone"]),
    "an absent option": (bad(NODE + "sh:or ( ex:gone ) ."), ["sh:or refers to https://shapes.example/gone"]),
    "a bad number": (bad(NODE + 'sh:minCount "many" .'), ["sh:minCount is 'many'", "whole number"]),
    "a huge number": (bad(NODE + f"sh:minCount {'9' * 5000} ."), ["sh:minCount", "whole number"]),
    "an unknown datatype": (bad(NODE + "sh:datatype xsd:strng ."), ["xsd:strng", "XML Schema does not have"]),
    "an unknown node kind": (bad(NODE + "sh:nodeKind sh:Iri ."), ["sh:Iri", "none of SHACL's six"]),
    "a bad pattern": (bad(NODE + 'sh:pattern "(" .'), ["https://shapes.example/p", "no regular expression"]),
    "an unknown flag": (bad(NODE + 'sh:pattern "a" ; sh:flags "x" .'), ["sh:flags", "only i and m"]),
    "no query": (bad(NODE + "sh:sparql [ sh:message 'x' ] ."), ["sh:sparql", "exactly one sh:select"]),
    "a query that does not parse": (bad(NODE + "sh:sparql [ sh:select 'SELECT {' ] ."), ["no SPARQL query"]),
    "a query of a named graph": (bad(NODE + "sh:sparql [ sh:select 'SELECT $this { GRAPH ?g { $this ?p 1 } }' ] ."), ["GRAPH"]),
    "a query of the shapes": (bad(NODE + "sh:sparql [ sh:select 'SELECT $this { $shapesGraph ?p 1 }' ] ."), ["$shapesGraph"]),
    "a query along a path": (bad(NODE + "sh:sparql [ sh:select 'SELECT $this { FILTER EXISTS { $this a/rdfs:label ?x } }' ] ."), ["property path"]),
    "a query without the path that it names": (bad("ex:D a sh:NodeShape ; sh:sparql [ sh:select 'SELECT $this { $this $PATH ?x }' ] ."), ["$PATH"]),
    "an unknown prefix": (bad(NODE + "sh:sparql [ sh:select 'SELECT $this { $this x:y 1 }' ] ."), ["Unknown namespace prefix : x"]),
}  # fmt: skip


@pytest.mark.parametrize(("files", "said"), BAD.values(), ids=BAD)
def test_bad_files_are_named_with_the_node_and_the_reason(
    run: Command, shapes: Path, files: dict[str, str], said: list[str]
) -> None:
    result = run("profile", "check", "--json", write(shapes, files))

    assert result.exit_code == 1
    checked = {each["profile"]: each["problems"] for each in json.loads(result.stdout)}
    assert checked["house"] == []
    told = "\n".join(": ".join(problem.values()) for problem in checked["bad"])
    assert [piece for piece in said if piece not in told] == [], told


def test_bad_profiles_are_listed_with_the_reason_and_the_others_stay(run: Command, shapes: Path) -> None:
    write(shapes, bad(NODE + 'sh:pattern "(" .'))
    for name, id in (("taken", "eucaim-2"), ("twice", "house")):
        write(shapes, {f"{name}/profile.ttl": PROFILE.replace("house", id), f"{name}/shapes.ttl": SHAPES})
    result = run("profile", "list", "--json")
    profiles, problems = listed(result)

    assert result.exit_code == 1
    assert {"house", "healthdcat-ap-8", "eucaim-2"} <= set(profiles)
    assert profiles["eucaim-2"]["from"] == "shipped"
    assert "bad" not in profiles
    assert [
        piece for piece in ("eucaim-2", "'house'", "no regular expression") if piece not in "\n".join(problems)
    ] == []


def test_links_that_lead_out_of_the_folder_are_refused(run: Command, shapes: Path, tmp_path: Path) -> None:
    secret = write(tmp_path / "elsewhere", {"secret.ttl": SHAPES, "profile.ttl": PROFILE.replace("house", "linked")})
    write(shapes, bad(""))
    (shapes / "bad" / "shapes.ttl").unlink()
    (shapes / "bad" / "shapes.ttl").symlink_to(secret / "secret.ttl")
    (shapes / "linked").symlink_to(secret)

    checked = json.loads(run("profile", "check", "--json", shapes).stdout)

    problems = {each["profile"]: [problem["file"] for problem in each["problems"]] for each in checked}
    assert problems["house"] == []
    assert "not a file of the folder of shapes" in problems["bad"][0]
    assert "a link that leads out of the folder" in problems["linked"][0]


def test_a_huge_file_and_a_pipe_are_refused_unread(run: Command, shapes: Path) -> None:
    write(shapes, {**bad(""), "pipe/profile.ttl": PROFILE.replace("house", "pipe")})
    with (shapes / "bad" / "shapes.ttl").open("ab") as file:
        file.truncate(LARGEST_FILE + 1)
    os.mkfifo(shapes / "pipe" / "shapes.ttl")

    checked = json.loads(run("profile", "check", "--json", shapes).stdout)

    problems = {each["profile"]: [problem["file"] for problem in each["problems"]] for each in checked}
    assert "larger than" in problems["bad"][0]
    assert "not a file" in problems["pipe"][0]


def test_every_file_and_node_that_is_wrong_is_named_at_once(run: Command, shapes: Path) -> None:
    profile = PROFILE.replace("<shapes.ttl>", "<shapes.ttl> , <more.ttl>")
    text = "ex:D sh:property [ sh:minCount 1 ] , [ sh:path dct:title ; sh:minCount -1 ] ."
    write(shapes, {**bad(text, profile), "bad/more.ttl": NODE + "sh:nodeKind 5 ."})

    result = run("profile", "check", "--json", shapes / "bad")

    assert result.exit_code == 1
    (checked,) = json.loads(result.stdout)
    assert sorted((problem["file"], problem["reason"]) for problem in checked["problems"]) == [
        ("bad/more.ttl", "sh:nodeKind is '5', which is none of SHACL's six"),
        ("bad/shapes.ttl", "has no sh:path, which sh:minCount needs"),
        ("bad/shapes.ttl", "sh:minCount is '-1'; a whole number is wanted"),
    ]


def test_a_started_service_leaves_a_bad_profile_out_and_says_so(server: LiveServer, shapes: Path, file: Path) -> None:
    write(shapes, bad(NODE + 'sh:pattern "(" .'))
    server.settings["shapes"] = str(shapes)
    server.start()

    answer = server.request("POST", "/validate?profile=house", file.read_bytes(), Content_Type="text/turtle", Accept="application/json")  # fmt: skip
    refused = server.request("POST", "/validate?profile=bad", file.read_bytes(), Content_Type="text/turtle", Accept="application/json")  # fmt: skip

    assert answer.status == 200
    assert "House note is missing." in answer.body.decode()
    assert 400 <= refused.status < 500
    assert "house" in refused.body.decode()
    line = next(line for line in server.log.read_text().splitlines() if "profile left out" in line)
    assert "bad/shapes.ttl" in line
    assert "no regular expression" in line


def test_a_service_in_this_process_judges_by_further_profiles(opened: Opener, shapes: Path, state: Path) -> None:
    """The harness lends profiles that were read before; this one reads its own."""
    with opened(shapes=shapes) as service:
        del service.catalogue.profiles
        answer = service.client.post("/validate?profile=house", data=record("x"), content_type="text/turtle", headers={"Accept": "application/json"})  # fmt: skip
        assert "House note is missing." in answer.text


# Repairs


def test_what_no_engine_takes_is_repaired_and_told(run: Command, shapes: Path, file: Path) -> None:
    text = """ex:D a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property ex:gone ,
        [ sh:or ( [ sh:path dct:title ; sh:maxCount 0 ] [ sh:path skos:note ; sh:minCount 1 ] ) ;
          sh:message "Either no title or a note."@en ] , [ sh:path dct:type ; sh:severity sh:Warning ] .
    ex:D sh:shape ex:E ; sh:targetNode ex:me . ex: owl:imports <http://127.0.0.1:1/> ."""
    write(shapes, bad(text))

    said = run("profile", "check", shapes / "bad").stdout
    report = json.loads(run("validate", "--profile", "bad", "--json", file).stdout)[0]["reports"][0]

    for piece in (
        "a property shape without sh:path is taken as a node shape: of https://shapes.example/D for dcat:Dataset",
        "1 sh:property without a shape behind it left out: https://shapes.example/D → <https://shapes.example/gone>",
        "1 owl:imports not followed",
        "sh:shape is not judged (1×): SHACL Core does not have it",
        "sh:targetNode is not judged (1×): records are judged by class",
        "1 of its shapes have a path but ask nothing of it, and never report: dct:type",
    ):
        assert piece in said
    assert [finding["message"] for finding in report["findings"]] == ["Either no title or a note."]


def test_background_is_known_only_to_a_profile_that_asks_for_it_and_is_no_target(
    run: Command, shapes: Path, file: Path
) -> None:
    text = """ex:D a sh:NodeShape ; sh:targetClass dcat:Dataset ; sh:property ex:theme .
    ex:theme sh:path dcat:theme ; sh:name "Theme"@en ; sh:node ex:Labelled .
    ex:Labelled sh:property [ sh:path skos:prefLabel ; sh:minCount 1 ] , [ sh:path skos:inScheme ; sh:class skos:ConceptScheme ] .
    ex:Scheme a sh:NodeShape ; sh:targetClass skos:ConceptScheme ; sh:property [ sh:path dct:title ; sh:minCount 1 ] .
    """
    asking = PROFILE.replace("prof:hasResource", "sc:background true ; prof:hasResource").replace("house", "informed")
    write(shapes, {**bad(text), "informed/profile.ttl": asking, "informed/shapes.ttl": text})

    judged = {
        id: json.loads(run("validate", "--profile", id, "--json", file).stdout)[0]["reports"][0]["profiles"][0]
        for id in ("bad", "informed")
    }

    assert [judged[id]["conforms"] for id in ("bad", "informed")] == [False, True]
    assert judged["informed"]["counts"]["violation"] == 0


# SPARQL constraints, and what must never be fetched


def test_a_sparql_constraint_is_judged_by_pyshacl_and_the_report_says_so(
    run: Command, shapes: Path, file: Path
) -> None:
    write(shapes, bad(QUERY.replace("MORE", "")))
    file.write_text(file.read_text().replace('"Visits one"', '"VISITS ONE"'))

    result = run("validate", "--profile", "healthdcat-ap-8", "--profile", "bad", "--json", file)

    report = json.loads(result.stdout)[0]["reports"][0]
    assert [f["message"] for f in report["findings"] if f["profiles"] == ["bad"]] == ["The title must not shout."]
    assert report["engine"] == "closures, after pySHACL 0.40 (healthdcat-ap-8); pySHACL 0.40 (bad)"


@pytest.fixture
def canary() -> Iterator[tuple[str, list[str]]]:
    """An address in this machine, and the requests that came to it."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/x", seen
    server.shutdown()
    thread.join()
    server.server_close()


FETCHING = {
    "SERVICE": QUERY.replace("MORE", "SERVICE <ADDRESS> { ?a ?b ?c }"),
    "in small letters before a comment": QUERY.replace("MORE", "service silent#\\n<ADDRESS> { ?a ?b ?c }"),
    "by escapes": QUERY.replace("MORE", "\\\\u0053ERVICE <ADDRESS> { ?a ?b ?c }"),
    "in EXISTS": QUERY.replace("MORE", "FILTER EXISTS { SERVICE <ADDRESS> { ?a ?b ?c } }"),
    "by a variable": QUERY.replace("MORE", "BIND(<ADDRESS> AS ?s) SERVICE ?s { ?a ?b ?c }"),
    "FROM": QUERY.replace("WHERE", "FROM <ADDRESS> WHERE").replace("MORE", ""),
}


@pytest.mark.parametrize("text", FETCHING.values(), ids=FETCHING)
def test_a_query_that_would_fetch_is_refused_and_nothing_is_asked(
    run: Command, shapes: Path, file: Path, canary: tuple[str, list[str]], text: str
) -> None:
    address, seen = canary
    write(shapes, bad(text.replace("ADDRESS", address)))

    checked = run("profile", "check", shapes / "bad")
    judged = run("validate", "--profile", "bad", file)

    assert (checked.exit_code, judged.exit_code) == (1, 3)
    assert "nothing is fetched" in checked.stdout
    assert "nothing is fetched" in judged.stdout
    assert seen == []


def test_imports_scripts_and_remote_lists_are_told_and_never_fetched(
    run: Command, shapes: Path, file: Path, canary: tuple[str, list[str]]
) -> None:
    address, seen = canary
    text = f"""{SHAPES} <{address}> a owl:Ontology ; owl:imports <{address}> . ex: owl:imports <{address}/y> .
    ex:Dataset sh:js [ sh:jsLibrary [ sh:jsLibraryURL "{address}"^^xsd:anyURI ] ; sh:jsFunctionName "f" ] ;
        sh:shapesGraph <{address}> ; sh:sparql [ sh:select "SELECT $this {{ $this ?p <{address}> }}" ] ."""
    write(shapes, bad(text))

    said = run("profile", "check", shapes / "bad").stdout
    judged = run("validate", "--profile", "bad", file)

    assert "2 owl:imports not followed" in said
    assert "sh:js is not judged (1×): no program is run" in said
    assert judged.exit_code == 1
    assert seen == []


# Adding and removing


RELEASE = {"shapes/a.ttl": SHAPES, "ranges/a.ttl": "ex:Range a sh:NodeShape ; sh:nodeKind sh:IRI ."}
DESCRIPTOR = (
    PROFILE.replace("<shapes.ttl>", "<a.ttl> , <range.ttl>")
    + """
<a.ttl> sc:origin "shapes/a.ttl" . <range.ttl> sc:origin "ranges/a.ttl" , "range.ttl" .
"""
)


def test_a_profile_is_added_from_a_release_and_removed(run: Command, tmp_path: Path, file: Path) -> None:
    release = write(tmp_path / "release", RELEASE)
    write(tmp_path, {"descriptor.ttl": DESCRIPTOR})

    added = run("profile", "add", "descriptor.ttl", "--from", release, "--id", "mine")
    again = run("profile", "add", "descriptor.ttl", "--from", release, "--id", "mine")
    judged = run("validate", "--profile", "mine", file)
    removed = run("profile", "remove", "mine")

    assert added.exit_code == 0, added.output
    assert f"range.ttl  from {release / 'ranges' / 'a.ttl'}" in added.output
    assert (again.exit_code, judged.exit_code, removed.exit_code) == (3, 1, 0)
    assert "already" in again.output
    assert list((tmp_path / "shapes").iterdir()) == []


def test_when_a_file_is_missing_or_bad_nothing_is_left(run: Command, tmp_path: Path) -> None:
    release = write(tmp_path / "release", RELEASE)
    write(tmp_path, {"descriptor.ttl": DESCRIPTOR})
    (release / "ranges" / "a.ttl").unlink()
    missing = run("profile", "add", "descriptor.ttl", "--from", release)
    write(release, {"ranges/a.ttl": NODE + 'sh:pattern "(" .'})
    broken = run("profile", "add", "descriptor.ttl", "--from", release)
    write(release, {**RELEASE, "old/ranges/a.ttl": "ex:Other a sh:NodeShape ."})
    ambiguous = run("profile", "add", "descriptor.ttl", "--from", release)

    assert [result.exit_code for result in (missing, broken, ambiguous)] == [3, 3, 3]
    assert "Of 2 files of house, 1 are missing:\n  range.ttl (ranges/a.ttl or range.ttl)" in missing.output
    assert "no regular expression" in broken.output
    assert "Several different files could be range.ttl" in ambiguous.output
    assert not list((tmp_path / "shapes").iterdir() if (tmp_path / "shapes").exists() else [])


def test_shipped_ids_unknown_descriptors_and_foreign_folders_are_refused(
    run: Command, shapes: Path, tmp_path: Path
) -> None:
    release = write(tmp_path / "release", RELEASE)
    write(tmp_path, {"descriptor.ttl": DESCRIPTOR})
    for arguments, said in (
        (("add", "descriptor.ttl", "--from", release, "--id", "eucaim-2"), "already"),
        (("add", "descriptor.ttl", "--from", release, "--id", "../evil"), "small letters"),
        (("add", "nothing-official", "--from", release), "healthdcat-ap-8-official"),
        (("remove", "eucaim-2"), "There is no profile 'eucaim-2'"),
        (("remove", "../shapes/house"), "There is no profile"),
    ):
        result = run("profile", *arguments)
        assert result.exit_code == 3, arguments
        assert said in result.output
    assert (shapes / "house" / "profile.ttl").is_file()
    assert not (tmp_path / "evil").exists()


def test_shipped_shapes_are_well_formed() -> None:
    result = CliRunner().invoke(main, ["profile", "check", str(shipped("shapes") / "eucaim-harvester")])
    assert (result.exit_code, result.stdout) == (0, "eucaim-harvester: well-formed\n")


def test_a_template_conforms_as_it_stands(run: Command, shapes: Path, tmp_path: Path) -> None:
    result = run("profile", "template", "healthdcat-ap-8", "--level", "PUBLIC")
    (tmp_path / "blank.ttl").write_text(result.stdout)

    assert run("validate", "--profile", "healthdcat-ap-8", tmp_path / "blank.ttl").exit_code == 0
    assert run("profile", "template", "healthdcat-ap-8", "--level", "SECRET").exit_code == 2


# Official releases


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="the official files are not here")
def test_the_official_release_beside_ours_says_the_same_once(run: Command, file: Path) -> None:
    sources = [word for source in SOURCES["healthdcat-ap-8"] for word in ("--from", source)]
    added = run("profile", "add", "healthdcat-ap-8-official", *sources)
    file.write_text(file.read_text().replace("dct:title", "dct:alternative"))

    result = run("validate", "--profile", "healthdcat-ap-8", "--profile", "healthdcat-ap-8-official", "--json", file)

    assert added.exit_code == 0, added.output
    assert "a property shape without sh:path is taken as a node shape" in added.output
    report = json.loads(result.stdout)[0]["reports"][0]
    titles = [finding for finding in report["findings"] if finding["path"] == "dct:title"]
    assert [(finding["field"], finding["message"], finding["profiles"]) for finding in titles] == [
        ("Title", "Title is missing.", ["healthdcat-ap-8", "healthdcat-ap-8-official"])
    ]


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="the official files are not here")
def test_dangling_references_of_dcat_ap_3_0_1_are_left_out_and_told(run: Command, tmp_path: Path, file: Path) -> None:
    profile = PROFILE.replace("<shapes.ttl>", "<dcat-ap-SHACL.ttl> , <ranges.ttl>")
    write(tmp_path, {"full.ttl": profile.replace("house", "full")})

    added = run("profile", "add", "full.ttl", "--from", REFERENCE / "dcat-ap" / "3.0.1" / "shacl")

    assert added.exit_code == 0, added.output
    assert "sh:property without a shape behind it left out" in added.output
    assert run("validate", "--profile", "full", file).exit_code in (0, 1)
