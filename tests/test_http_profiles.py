"""Does the page of a profile say everything that descriptions are judged by, and do its other forms work?"""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from html import unescape
from html.parser import HTMLParser

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib
from harness import (
    BASE,
    DATA,
    JSON_LD,
    N_TRIPLES,
    RDF_XML,
    SUFFIXES,
    TURTLE,
    Service,
    Triples,
    parsed,
    subjects,
    values,
)
from pyld import jsonld

from catalogue.model import Kind
from catalogue.profiles import Profiles
from catalogue.profiles.blank import blank_turtle
from catalogue.profiles.context import json_ld_context
from catalogue.profiles.implied import CLASS_OF
from catalogue.profiles.sections import goal_of, sections
from catalogue.profiles.trails import short_path
from catalogue.rdf import media
from catalogue.rdf.graph import Graph
from catalogue.rdf.serialise import serialise
from catalogue.resources import shipped
from catalogue.vocabularies import Vocabularies

HTML, JSON = "text/html", "application/json"
IDS = (
    "dcat-ap-3", "ehds-minimum", "eucaim-1", "eucaim-2", "eucaim-harvester",
    "healthdcat-ap-5", "healthdcat-ap-5-2026", "healthdcat-ap-7", "healthdcat-ap-8",
)  # fmt: skip
LEVELS = ("PUBLIC", "RESTRICTED", "NON_PUBLIC")
BLANKS = [(id, level) for id in IDS for level in (LEVELS if id.startswith("health") else (None,))]
SH = "http://www.w3.org/ns/shacl#"
PROF = "http://www.w3.org/ns/dx/prof/"
LEVEL = "urn:health-catalogue:shapes#level"
SHAPE = "urn:health-catalogue:shapes:"
SAMPLES = sorted((DATA / "datasets").glob("*.ttl"))[::6]


class Page(HTMLParser):
    """Ids, links, and the text of each row that has an id."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.rows: dict[str, str] = {}
        self._row = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if tag == "a":
            self.links.append(str(found.get("href")))
        if tag == "tr":
            self._row = str(found.get("id") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "tr":
            self._row = ""

    def handle_data(self, data: str) -> None:
        if self._row:
            self.rows[self._row] = self.rows.get(self._row, "") + data


@cache
def profiles() -> Profiles:
    """The profiles that ship."""
    return Profiles.load(shipped("shapes"), Vocabularies.load(shipped("ontologies")))


def page_of(library: Service, path: str) -> Page:
    """A page, parsed."""
    answer = library.get(path, HTML)
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def graph_of(turtle: str) -> Graph:
    """Turtle, read."""
    return Graph(quad.triple for quad in ox.parse(turtle.encode(), format=ox.RdfFormat.TURTLE))


def same(one: Triples, other: Triples) -> bool:
    """Whether two graphs differ in nothing but names of blank nodes."""
    found = []
    for triples in (one, other):
        dataset = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
        dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
        found.append(set(dataset))
    return found[0] == found[1]


# The list


def test_the_list_names_every_profile_with_what_it_builds_on(library: Service) -> None:
    page = library.get("/profiles", HTML).text
    rows = library.get("/profiles", JSON).get_json()["profiles"]

    assert tuple(row["id"] for row in rows) == IDS
    assert [row["levels"] for row in rows if row["id"] == "healthdcat-ap-7"] == [list(LEVELS)]
    for row in rows:
        assert row["iri"] == f"{BASE}/profiles/{row['id']}"
        assert f'href="/profiles/{row["id"]}"' in page
        assert row["description"] in unescape(page)
    assert 'a profile of <a href="/profiles/healthdcat-ap-7">HealthDCAT-AP Release 7</a>' in page
    assert '<a href="/profiles">' in library.get("/", HTML).text


# The page


@pytest.mark.parametrize("id", IDS)
def test_a_page_shows_every_field_of_every_class_once_and_every_link_within_it_leads_somewhere(
    library: Service, id: str
) -> None:
    answer = library.get(f"/profiles/{id}", HTML)
    page = Page(answer.text)

    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert "<script" not in answer.text
    assert len(gzip.compress(answer.data)) < 100_000
    for section in sections(profiles().get(id)):
        assert section.id in page.ids
        for field in section.fields:
            row = page.rows[field.code.partition("/")[2]]
            for told in (field.name, short_path(field.path), field.description, field.example, *field.rules):
                assert told in row


@pytest.mark.parametrize("file", ["missing-most", "prostate", "wrong-vocabulary"])
@pytest.mark.parametrize("id", IDS)
def test_the_code_of_every_finding_leads_to_its_rule(library: Service, id: str, file: str) -> None:
    text = (DATA / "invalid" / f"{file}.ttl").read_text()
    page = page_of(library, f"/profiles/{id}")
    answer = library.client.post(f"/validate?profile={id}", data=text, content_type=TURTLE)
    found = [finding for report in answer.get_json()["reports"] for finding in report["findings"]]

    assert found
    for finding in found:
        assert finding["code"].split("/")[1] in page.ids


def test_every_field_of_every_class_has_an_example_so_that_a_blank_description_has_no_gaps() -> None:
    for id in IDS:
        for section in sections(profiles().get(id)):
            assert [field.path for field in section.fields if not field.example] == []


def test_obligations_stand_in_a_column_for_each_level(library: Service) -> None:
    row = page_of(library, "/profiles/healthdcat-ap-8").rows["Dataset-keyword"]
    assert re.findall("Mandatory|Recommended|Optional", row)[:3] == ["Recommended", "Recommended", "Mandatory"]
    assert "1 or more (Non-public)" in row
    assert "(Public, Restricted only)" in row

    alone = page_of(library, "/profiles/healthdcat-ap-8?level=NON_PUBLIC").rows["Dataset-keyword"]
    assert re.findall("Mandatory|Recommended|Optional", alone) == ["Mandatory"]
    assert "only)" not in alone


def test_what_picks_the_level_is_told(library: Service) -> None:
    answer = library.get("/profiles/healthdcat-ap-8", HTML).text
    assert 'picked by the dataset’s <a href="#Dataset-accessRights">Access rights (dct:accessRights)</a>' in answer
    assert "picked by" not in library.get("/profiles/eucaim-2", HTML).text


def test_values_lead_to_vocabularies_concepts_and_classes(library: Service) -> None:
    page = page_of(library, "/profiles/eucaim-2")
    assert {"/vocabularies/data-theme", "/vocabularies/eucaim-ontology/IMG1000009", "#HealthPublisher"} <= set(
        page.links
    )
    for link in {link for link in page.links if link.startswith("/vocabularies/")}:
        assert library.get(link, HTML).status_code == 200, link


def test_rules_have_words_severity_and_number(library: Service) -> None:
    page = library.get("/profiles/eucaim-2", HTML).text
    rule = page[page.index('id="Dataset-theme-heal"') :]
    rule = rule[: rule.index("</li>")]
    assert "Violation" in rule
    assert "The theme is not Health." in rule
    assert ">E07<" in rule
    made = page[page.index('id="Dataset-language-recommended"') :]
    assert "Language is missing." in made[: made.index("</li>")]


def test_a_profile_that_demands_nothing_says_so(library: Service) -> None:
    assert "It demands nothing" in library.get("/profiles/ehds-minimum", HTML).text
    assert "It demands nothing" not in library.get("/profiles/eucaim-harvester", HTML).text


@pytest.mark.parametrize("obligation", ["mandatory", "conditional", "recommended", "optional"])
def test_fields_can_be_filtered_by_obligation(library: Service, obligation: str) -> None:
    page = page_of(library, f"/profiles/eucaim-2?obligation={obligation}&level=")
    wanted = {
        field.code.partition("/")[2]
        for section in sections(profiles().get("eucaim-2"))
        for field in section.fields
        if field.obligation == obligation
    }
    assert wanted
    assert set(page.rows) == wanted
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


# SHACL


@pytest.mark.parametrize("media_type", [TURTLE, JSON_LD, RDF_XML, N_TRIPLES])
def test_the_shapes_are_the_same_graph_in_every_format(library: Service, media_type: str) -> None:
    negotiated = library.get("/profiles/eucaim-harvester", media_type)
    suffixed = library.get(f"/profiles/eucaim-harvester{SUFFIXES[media_type]}")
    turtle = library.get("/profiles/eucaim-harvester.ttl")

    assert negotiated.data == suffixed.data
    assert same(parsed(negotiated.data, negotiated.content_type), parsed(turtle.data, TURTLE))


def test_the_shapes_say_which_profile_they_are(library: Service) -> None:
    graph = parsed(library.get("/profiles/eucaim-2.ttl").data, TURTLE)
    profile = f"{BASE}/profiles/eucaim-2"
    assert subjects(graph, f"{PROF}Profile") == {profile}
    assert values(graph, f"{PROF}isProfileOf", profile) == {f"{BASE}/profiles/healthdcat-ap-7"}
    assert f"{SHAPE}eucaim-2:Dataset-title" in subjects(graph, f"{SH}PropertyShape")


def test_shapes_of_one_level_are_what_is_judged_by_there_and_all_together_name_their_levels(library: Service) -> None:
    whole = parsed(library.get("/profiles/healthdcat-ap-8.ttl").data, TURTLE)
    only = parsed(library.get("/profiles/healthdcat-ap-8.ttl?level=NON_PUBLIC").data, TURTLE)
    right = "http://publications.europa.eu/resource/authority/access-right/"
    public, everywhere = f"{SHAPE}healthdcat-ap-8:Dataset-keyword-recommended", f"{SHAPE}healthdcat-ap-8:Dataset-title"

    assert values(whole, LEVEL, public) == {f"{right}PUBLIC", f"{right}RESTRICTED"}
    assert values(whole, LEVEL, everywhere) == set()
    assert values(only, f"{SH}path", everywhere)
    assert not values(only, f"{SH}path", public)


@pytest.mark.parametrize(
    ("address", "file", "missing"),
    [
        ("eucaim-2.ttl", "prostate", "eucaim-2:Dataset-hasCondition"),
        ("healthdcat-ap-8.ttl?level=NON_PUBLIC", "missing-most", "healthdcat-ap-8:Dataset-hdab"),
    ],
)
def test_pyshacl_judges_by_the_served_shapes(library: Service, address: str, file: str, missing: str) -> None:
    shapes = rdflib.Graph().parse(data=library.get(f"/profiles/{address}").text, format="turtle")
    data = rdflib.Graph().parse(DATA / "invalid" / f"{file}.ttl", publicID=f"{BASE}/")
    conforms, report, _ = pyshacl.validate(data, shacl_graph=shapes)

    assert not conforms
    assert rdflib.URIRef(SHAPE + missing) in set(report.objects(None, rdflib.URIRef(f"{SH}sourceShape")))


# The context


def test_a_description_written_with_the_context_says_what_the_fields_want_and_conforms(library: Service) -> None:
    context = library.get("/profiles/healthdcat-ap-8/context.jsonld").get_json(force=True)["@context"]
    authority = "http://publications.europa.eu/resource/authority/"
    document = {
        "@context": context,
        "@id": "https://visits.example/dataset",
        "@type": "Dataset",
        "identifier": "urn:visits",
        "title": {"en": "Visits", "pt": "Visitas"},
        "description": {"en": ["Counts of visits.", "By week."]},
        "accessRights": f"{authority}access-right/PUBLIC",
        "applicableLegislation": ["http://data.europa.eu/eli/reg/2025/327/oj"],
        "theme": f"{authority}data-theme/HEAL",
        "healthCategory": "https://hdeu-dcat.data.health.europa.eu/resource/authority/healthcategories/PHDR",
        "hasStructuredData": False,
        "numberOfRecords": 12,
        "hdab": {
            "@type": "Agent",
            "name": {"en": "Health Data Access Body"},
            "cv_contactPoint": {"@type": "ContactPoint", "email": "hdab@visits.example"},
        },
        "distribution": {
            "@type": "Distribution",
            "accessURL": "https://visits.example/table",
            "applicableLegislation": "http://data.europa.eu/eli/reg/2025/327/oj",
        },
    }
    answer = library.client.post("/validate?profile=healthdcat-ap-8", data=json.dumps(document), content_type=JSON_LD)
    assert answer.get_json()["conforms"], answer.text

    expanded = jsonld.expand(document)[0]
    dct = "http://purl.org/dc/terms/"
    assert {(t["@value"], t["@language"]) for t in expanded[f"{dct}title"]} == {("Visits", "en"), ("Visitas", "pt")}
    assert expanded[f"{dct}accessRights"] == [{"@id": f"{authority}access-right/PUBLIC"}]
    records = expanded["http://healthdataportal.eu/ns/health#numberOfRecords"][0]
    assert records == {"@type": "http://www.w3.org/2001/XMLSchema#nonNegativeInteger", "@value": 12}


@pytest.mark.parametrize("id", IDS)
def test_samples_survive_being_written_with_the_context(id: str) -> None:
    """Both ways: our own JSON-LD under this context, and compacted to its keys."""
    context = json_ld_context(profiles().get(id))
    for file in SAMPLES:
        triples = {quad.triple for quad in ox.parse(path=file, base_iri=f"{BASE}/")}
        document = json.loads(serialise(triples, media.JSON_LD))
        compacted = jsonld.compact(jsonld.expand(document), context)
        for written in ({**document, **context}, compacted):
            assert same(parsed(json.dumps(written).encode(), JSON_LD), triples), file.name
        assert "title" in next(node for node in compacted["@graph"] if node.get("@type") == "Dataset")


def test_a_key_that_two_properties_share_goes_to_the_first_and_the_other_gets_its_prefix() -> None:
    terms = json_ld_context(profiles().get("healthdcat-ap-8"))["@context"]
    assert terms["title"] == {"@id": "dct:title", "@container": "@language"}
    assert terms["csvw_title"]["@id"] == "csvw:title"
    assert terms["contactPoint"]["@id"] == "dcat:contactPoint"
    assert terms["cv_contactPoint"]["@id"] == "cv:contactPoint"
    assert terms["minTypicalAge"]["@type"] == "xsd:nonNegativeInteger"
    assert terms["issued"] == "dct:issued"  # a date, a moment, a month or a year


# The blank description


def violations(id: str, turtle: str) -> list[str]:
    """Violations of every record in a text."""
    graph = graph_of(turtle)
    found = [
        f"{finding.path_words}: {finding.message}"
        for kind, class_ in CLASS_OF.items()
        for subject in graph.typed(class_)
        if isinstance(subject, ox.NamedNode) and "/blank/" in subject.value
        for finding in profiles().validate(graph, subject, kind, [id]).findings
        if finding.severity == "violation"
    ]
    assert graph.typed(CLASS_OF[Kind.DATASET])
    return found


@pytest.mark.parametrize(("id", "level"), BLANKS)
def test_a_blank_description_conforms_as_it_is_and_with_everything_that_is_commented_out(
    id: str, level: str | None
) -> None:
    text = blank_turtle(profiles().get(id), level)
    full = re.sub(r"^( *)# (?=\S)", r"\1", text, flags=re.MULTILINE)

    assert full.count("\n") == text.count("\n")
    assert len(graph_of(full)) > len(graph_of(text)) or id == "eucaim-harvester"
    assert violations(id, text) == []
    assert violations(id, full) == []


@pytest.mark.parametrize(("id", "level"), BLANKS)
def test_the_blocks_of_a_blank_description_are_good_values_of_the_fields_that_they_describe(
    id: str, level: str | None
) -> None:
    """Each field that leads to a class is given the block of that class instead of its example."""
    profile = profiles().get(id)
    shapes = next(profile.sets()).shapes
    found = {section.target: section for section in sections(profile, level)}
    blocks = blank_turtle(profile, level).split("\n\n## ")
    for number, section in enumerate(found.values(), len(blocks) - len(found)):
        for field in section.fields:
            goal = found.get(goal_of(shapes, field) or "")
            if goal is not None and field.node and goal is not section:
                line = rf"^  {re.escape(short_path(field.path))} .* ;$"
                blocks[number] = re.sub(line, f"  {short_path(field.path)} :{goal.id} ;", blocks[number], flags=re.M)
    assert violations(id, "\n\n## ".join(blocks)) == []


@pytest.mark.parametrize(("id", "level"), BLANKS)
def test_a_blank_description_explains_every_field_and_demands_only_what_is_mandatory(
    id: str, level: str | None
) -> None:
    lines = blank_turtle(profiles().get(id), level).splitlines()
    for section in sections(profiles().get(id), level):
        block = lines[next(i for i, line in enumerate(lines) if line.startswith(f":{section.id} a ")) + 1 :]
        block = block[: block.index("  .")]
        for field in section.fields:
            place = next(
                i for i, line in enumerate(block) if line.startswith(f"  ## {field.name}: {field.obligation}, ")
            )
            if "<" not in field.path:
                live = "" if field.obligation in ("mandatory", "conditional") else "# "
                assert block[place + 1].startswith(f"  {live}{short_path(field.path)} ")


def test_the_template_follows_the_level_that_is_asked_for(library: Service) -> None:
    strictest = library.get("/profiles/healthdcat-ap-8/template.ttl").text
    public = library.get("/profiles/healthdcat-ap-8/template.ttl?level=PUBLIC").text
    assert "access-right/NON_PUBLIC> ;" in strictest
    assert "\n  dcat:keyword " in strictest
    assert "access-right/PUBLIC> ;" in public
    assert "\n  # dcat:keyword " in public


# Caches, bad input


@pytest.mark.parametrize(
    ("path", "content_type", "vary"),
    [
        ("/profiles", HTML, "Accept, Accept-Encoding"),
        ("/profiles/eucaim-harvester", HTML, "Accept, Accept-Encoding"),
        ("/profiles/eucaim-harvester.html", HTML, "Accept-Encoding"),
        ("/profiles/eucaim-harvester.ttl", TURTLE, "Accept-Encoding"),
        ("/profiles/eucaim-harvester/context.jsonld", JSON_LD, "Accept-Encoding"),
        ("/profiles/eucaim-harvester/template.ttl", TURTLE, "Accept-Encoding"),
    ],
)
def test_caches_and_other_sites_may_keep_the_answers(library: Service, path: str, content_type: str, vary: str) -> None:
    answer, head = library.get(path), library.client.head(path)
    assert answer.content_type.partition(";")[0] == content_type
    assert answer.headers["Vary"] == vary
    assert answer.headers["Cache-Control"].startswith("public")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", answer.headers["ETag"])
    again = library.get(path, If_None_Match=answer.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/profiles/nothing", 404, "eucaim-harvester"),
        ("/profiles/nothing.ttl", 404, "eucaim-harvester"),
        ("/profiles/nothing/context.jsonld", 404, "eucaim-harvester"),
        ("/profiles/nothing/template.ttl", 404, "eucaim-harvester"),
        ("/profiles/eucaim-2.csv", 404, ".jsonld"),
        ("/profiles/healthdcat-ap-8?level=SECRET", 400, "NON_PUBLIC"),
        ("/profiles/healthdcat-ap-8.ttl?level=SECRET", 400, "NON_PUBLIC"),
        ("/profiles/healthdcat-ap-8/template.ttl?level=" + "x" * 5000, 400, "NON_PUBLIC"),
        ("/profiles/eucaim-2?level=PUBLIC", 400, "no levels"),
        ("/profiles/eucaim-2?obligation=%3Cscript%3E", 400, "conditional"),
    ],
)
def test_what_is_unknown_or_malformed_is_refused_with_what_there_is(
    library: Service, path: str, status: int, told: str
) -> None:
    answer = library.get(path)
    assert answer.status_code == status
    assert told in answer.get_json()["mend"]
    assert "<script" not in library.get(path, HTML).text


def test_what_cannot_be_had_is_406(library: Service) -> None:
    assert library.get("/profiles/eucaim-2", "image/png").status_code == 406
