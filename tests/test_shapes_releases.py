"""Do DCAT-AP 3 and the earlier releases of HealthDCAT-AP ask what they asked, and no more?

The full record of Release 8 is written back to what each release was; it must fulfil that release. Each case changes it
in one way that one release minds and another does not.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib
from pyoxigraph import NamedNode
from shaping import SC, SH, examples_are_values
from test_shapes_healthdcat_ap_8 import CATALOG, DATASET, HDEU, SERIES
from test_shapes_healthdcat_ap_8 import HEAD as HEAD_8

from catalogue.model import Field, Kind, Obligation, Report, Severity
from catalogue.profiles import Profiles
from catalogue.rdf.graph import Graph
from catalogue.rdf.namespaces import PREFIXES
from catalogue.resources import shipped
from catalogue.vocabularies import Vocabularies

DCAT_AP, R8, R7 = "dcat-ap-3", "healthdcat-ap-8", "healthdcat-ap-7"
R5R, R5 = "healthdcat-ap-5-2026", "healthdcat-ap-5"
HEALTH = (R8, R7, R5R, R5)
OWN = (DCAT_AP, R7, R5R, R5)
V, W = Severity.VIOLATION, Severity.WARNING
ACCEPTANCE = HDEU.replace("hdeu-dcat.", "hdeu-dcat.acceptance.")
ADDRESS = "http://13.81.34.152:1101/resource/authority/"
HEAD = HEAD_8.replace(f"@prefix hdeu: <{HDEU}>", "@prefix hdeu: <{}>").replace(
    f"@prefix category: <{HDEU}", "@prefix category: <{}"
)
VOCABULARY_BASE = {DCAT_AP: HDEU, R8: HDEU, R7: ACCEPTANCE, R5R: ADDRESS, R5: ADDRESS}
VCARD = "dcat:contactPoint [ a vcard:Kind ; vcard:hasEmail <mailto:hdab@example.org> ] ."


def without(text: str, *beginnings: str) -> str:
    """A record without the lines that begin so; each must be there."""
    lines = text.splitlines(keepends=True)
    for beginning in beginnings:
        assert any(line.startswith(f"{beginning} ") for line in lines), beginning
    return "".join(line for line in lines if not line.startswith(tuple(f"{b} " for b in beginnings)))


AS_R7 = without(DATASET, "ex:variables dct:title").replace("csvw:title ", "csvw:titles ")
AS_R5R = without(AS_R7, "ex:d healthdcatap:hasStructuredData", "ex:d healthdcatap:hasVariables")
AS_R5 = (
    without(
        AS_R5R,
        "ex:d geodcatap:custodian",
        "ex:d healthdcatap:hasCodeValues",
        "ex:hdab cv:contactPoint",
        "ex:hdab-contact",
        "ex:hours",
        "ex:hospital cv:contactPoint",
    )
    + f"ex:hdab {VCARD}\nex:hospital {VCARD}\nex:hospital healthdcatap:trustedDataHolder true .\n"
    + "ex:d healthdcatap:hasCodeValues ex:code .\n"
    + 'ex:code dct:identifier "https://example.org/C34"^^xsd:anyURI ; rdfs:label "C34" .\n'
)
AS_DCAT_AP = without(DATASET, "ex:hospital dct:type") + (
    "ex:hospital dct:type <http://purl.org/adms/publishertype/NationalAuthority> .\n"
)
BASES = {DCAT_AP: AS_DCAT_AP, R8: DATASET, R7: AS_R7, R5R: AS_R5R, R5: AS_R5}


def graph_of(profile: str, text: str) -> Graph:
    """A record, with the health vocabularies where that release had them."""
    head = HEAD.replace("{}", VOCABULARY_BASE[profile])
    return Graph(quad.triple for quad in ox.parse(head + text, format=ox.RdfFormat.TURTLE))


@cache
def profiles() -> Profiles:
    """The shipped profiles with the shipped vocabularies."""
    return Profiles.load(shipped("shapes"), Vocabularies.load(shipped("ontologies")))


def judged(profile: str, text: str, kind: Kind = Kind.DATASET) -> Report:
    """What a record fails under one profile."""
    return profiles().validate(graph_of(profile, text), NamedNode("https://example.org/d"), kind, [profile])


def places(report: Report, severity: Severity | None = None) -> set[str]:
    """Paths that fail, with that severity or any above information."""
    return {f.path for f in report.findings if f.severity in ((severity,) if severity else (V, W))}


def field(profile: str, target: str, path: str, level: str | None = None) -> Field | None:
    """The field of a class or node shape, if the profile has it."""
    prefix, name = path.split(":")
    return next((f for f in profiles().fields([profile], target, level) if f.path == PREFIXES[prefix] + name), None)


@pytest.mark.parametrize("profile", BASES)
def test_a_full_record_of_a_release_fulfils_that_release(profile: str) -> None:
    report = judged(profile, BASES[profile])
    assert [(f.path, f.message) for f in report.findings if f.severity in (V, W)] == []


@pytest.mark.parametrize("kind", [Kind.SERIES, Kind.CATALOG])
@pytest.mark.parametrize("profile", OWN)
def test_series_and_catalogues_fulfil_every_release(profile: str, kind: Kind) -> None:
    assert judged(profile, {Kind.SERIES: SERIES, Kind.CATALOG: CATALOG}[kind], kind).conforms


@pytest.mark.parametrize("profile", OWN)
def test_every_profile_loads_and_states_what_it_is(profile: str) -> None:
    assert [problem for problem in profiles().problems if profile in problem or "common" in problem] == []
    found = profiles().get(profile)
    assert found.version
    assert found.description.endswith(".")
    levels = {iri.rsplit("/", 1)[-1] for iri in found.levels}
    assert levels == (set() if profile == DCAT_AP else {"PUBLIC", "RESTRICTED", "NON_PUBLIC"})


# What one release minds and another does not: the lines taken out, those added, and where which release complains.
NO_FLAG = ("ex:d healthdcatap:hasStructuredData", "ex:d healthdcatap:hasVariables")
HDAB = "healthdcatap:hdab / cv:contactPoint"
CASES = [
    ("a dataset without a flag for structured data", NO_FLAG, "", "healthdcatap:hasStructuredData", {R8, R7}),
    ("a data dictionary without a title", ["ex:variables dct:title"], "",
     "healthdcatap:hasVariables / dct:title", {R8}),
    ("a column with two names", [], 'ex:column csvw:name "years" .', "* / csvw:name", {R8}),
    ("a column with csvw:titles only", ["ex:column csvw:title"], 'ex:column csvw:titles "Age" .',
     "* / csvw:title", {R8}),
    ("a column with csvw:title only", ["ex:column csvw:titles"], 'ex:column csvw:title "Age" .',
     "* / csvw:titles", {R7, R5R, R5}),
    ("two coordinating bodies", [], "ex:d healthdcatap:hdabCoordinator ex:hdab , ex:hospital .",
     "healthdcatap:hdabCoordinator", {R8}),
    ("personal data of a list of one's own", ["ex:d dpv:hasPersonalData"],
     "ex:d dpv:hasPersonalData ex:shoe-size .", "dpv:hasPersonalData", {R8}),
    ("a standard of one's own", ["ex:d dct:conformsTo"], "ex:d dct:conformsTo ex:model .", "dct:conformsTo",
     {R8, R7}),
    ("a coding system of one's own", ["ex:d healthdcatap:hasCodingSystem"],
     "ex:d healthdcatap:hasCodingSystem ex:codes .", "healthdcatap:hasCodingSystem", {R8, R7}),
    ("codes as text", ["ex:d healthdcatap:hasCodeValues"], 'ex:d healthdcatap:hasCodeValues "C34" .',
     "healthdcatap:hasCodeValues", {R5}),
    ("a code as a node", ["ex:d healthdcatap:hasCodeValues"], "ex:d healthdcatap:hasCodeValues ex:code .",
     "healthdcatap:hasCodeValues", {R8, R7, R5R}),
    ("a code that is no xsd:anyURI", ["ex:d healthdcatap:hasCodeValues"],
     'ex:d healthdcatap:hasCodeValues [ dct:identifier "C34" ] .',
     "healthdcatap:hasCodeValues / dct:identifier", {R5}),
    ("two data holders", [], "ex:d geodcatap:custodian ex:hdab , ex:hospital .", "geodcatap:custodian",
     {R8, R7, R5R}),
    ("an access body with a vcard:Kind", ["ex:hdab cv:contactPoint"], f"ex:hdab {VCARD}", HDAB, {R8, R7, R5R}),
    ("an access body with a cv:ContactPoint", ["ex:hdab dcat:contactPoint"],
     'ex:hdab cv:contactPoint [ a cv:ContactPoint ; cv:email "h@example.org" ] .',
     "healthdcatap:hdab / dcat:contactPoint", {R5}),
    ("trusted in words", [], 'ex:hospital healthdcatap:trustedDataHolder "yes" .',
     "dct:publisher / healthdcatap:trustedDataHolder", {R5}),
    ("a dataset without HEAL", ["ex:d dcat:theme"], "ex:d dcat:theme theme:TECH .", "dcat:theme",
     {R8, R7, R5R, R5}),
    ("a dataset without identifier", ["ex:d dct:identifier"], "", "dct:identifier", {R8, R7, R5R, R5}),
    ("a dataset without title", ["ex:d dct:title"], "", "dct:title", {DCAT_AP, R8, R7, R5R, R5}),
    ("a distribution without legislation", ["ex:file dcatap:applicableLegislation"], "",
     "* / dcatap:applicableLegislation", {R8, R7, R5R, R5}),
    ("availability outside the table", ["ex:file dcatap:availability"], "ex:file dcatap:availability ex:long .",
     "dcat:distribution / dcatap:availability", {DCAT_AP, R8, R7, R5R, R5}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "drop", "add", "path", "minded"), CASES, ids=[case[0] for case in CASES])
def test_each_release_minds_what_it_asks_and_nothing_else(
    what: str, drop: Iterable[str], add: str, path: str, minded: set[str]
) -> None:
    for profile, text in BASES.items():
        present = [b for b in drop if any(line.startswith(f"{b} ") for line in text.splitlines())]
        found = places(judged(profile, without(text, *present) + add), V)
        hit = any(place.endswith(path[4:]) for place in found) if path.startswith("* / ") else path in found
        assert hit is (profile in minded), (profile, what, found)


@pytest.mark.parametrize(
    ("base", "taken"),
    [(HDEU, {R8, R7, R5R, R5}), (ACCEPTANCE, {R7, R5R, R5}), (ADDRESS, {R5R, R5})],
)
def test_a_release_takes_the_health_vocabularies_of_its_time_and_of_later_ones(base: str, taken: set[str]) -> None:
    """Otherwise no record could follow two releases."""
    for profile in HEALTH:
        category = f"ex:d healthdcatap:healthCategory <{base}healthcategories/EHRS> ."
        text = without(BASES[profile], "ex:d healthdcatap:healthCategory") + category
        assert judged(profile, text).conforms is (profile in taken), profile
        unknown = text.replace("/EHRS>", "/NONE>")
        assert "healthdcatap:healthCategory" in places(judged(profile, unknown), V), profile


@pytest.mark.parametrize("profile", [R7, R5R, R5])
def test_the_access_level_decides_in_every_release(profile: str) -> None:
    text = without(BASES[profile], "ex:d dct:provenance")
    assert "dct:provenance" in places(judged(profile, text), V)
    for level in ("PUBLIC", "RESTRICTED"):
        report = judged(profile, text.replace("right:NON_PUBLIC", f"right:{level}"))
        assert report.conforms
        assert report.profiles[0].level == level


def test_forms_show_the_fields_of_the_release_and_no_others() -> None:
    dataset, column = f"{PREFIXES['dcat']}Dataset", f"{PREFIXES['csvw']}Column"
    has = {
        "healthdcatap:hdabCoordinator": {R8},
        "healthdcatap:hasStructuredData": {R8, R7},
        "geodcatap:custodian": {R8, R7, R5R},
        "healthdcatap:healthCategory": {R8, R7, R5R, R5},
        "dcat:distribution": {DCAT_AP, R8, R7, R5R, R5},
    }
    for path, holders in has.items():
        assert {profile for profile in BASES if field(profile, dataset, path)} == holders, path
    assert {p for p in HEALTH if field(p, column, "csvw:title")} == {R8}
    assert {p for p in HEALTH if field(p, column, "csvw:titles")} == {R7, R5R, R5}
    one, several = field(R8, column, "csvw:name"), field(R7, column, "csvw:name")
    assert [f and f.max_count for f in (one, several)] == [1, None]


def test_dcat_ap_wants_less_of_a_dataset_than_its_health_profile() -> None:
    dataset = f"{PREFIXES['dcat']}Dataset"
    wanted = {
        "dct:title": Obligation.MANDATORY,
        "dct:description": Obligation.MANDATORY,
        "dcat:distribution": Obligation.RECOMMENDED,
        "dcat:theme": Obligation.RECOMMENDED,
        "dct:identifier": Obligation.OPTIONAL,
        "dct:accessRights": Obligation.OPTIONAL,
        "dcatap:applicableLegislation": Obligation.OPTIONAL,
    }
    assert {path: f.obligation for path in wanted if (f := field(DCAT_AP, dataset, path))} == wanted


@pytest.mark.parametrize(
    ("kind", "drop", "add", "path", "severity"),
    [
        (Kind.DATASET, "ex:d dcat:theme", "ex:d dcat:theme <http://eurovoc.europa.eu/192> .", "dcat:theme", W),
        (Kind.DATASET, "ex:d dcat:theme", 'ex:d dcat:theme "health" .', "dcat:theme", V),
        (Kind.DATASET, "ex:d dct:accessRights", "ex:d dct:accessRights ex:own .", "dct:accessRights", W),
        (Kind.DATASET, "", "ex:d dct:accessRights right:PUBLIC .", "dct:accessRights", V),
        (Kind.DATASET, "ex:d dct:language", "ex:d dct:language ex:own .", "dct:language", V),
        (Kind.DATASET, "ex:d dct:modified", 'ex:d dct:modified "yesterday" .', "dct:modified", V),
        (Kind.DATASET, "ex:d dcat:distribution", "", "dcat:distribution", W),
        (Kind.DATASET, "ex:file dcat:accessURL", "", "dcat:distribution / dcat:accessURL", V),
        (Kind.DATASET, "ex:file dcat:mediaType", "ex:file dcat:mediaType ex:own .",
         "dcat:distribution / dcat:mediaType", V),
        (Kind.DATASET, "ex:file dcat:byteSize", 'ex:file dcat:byteSize "12 MB" .',
         "dcat:distribution / dcat:byteSize", V),
        (Kind.DATASET, "", "ex:d dct:rights ex:a ; dcat:spatialResolutionInMeters 1.0 , 2.0 .",
         "dcat:spatialResolutionInMeters", None),
        (Kind.DATASET, "", "ex:d owl:versionInfo 1 .", "owl:versionInfo", W),
        (Kind.DATASET, "", 'ex:d dct:creator [ a foaf:Agent ] .', "dct:creator / foaf:name", V),
        (Kind.DATASET, "", 'ex:d dct:creator ex:institute .', "dct:creator", None),
        (Kind.SERIES, "ex:d dct:description", "", "dct:description", V),
        (Kind.SERIES, "", "ex:d dct:accrualPeriodicity ex:often .", "dct:accrualPeriodicity", V),
        (Kind.CATALOG, "ex:d dct:publisher", "", "dct:publisher", V),
        (Kind.CATALOG, "ex:d dcat:dataset", "", "", W),
        (Kind.CATALOG, "ex:d dcat:dataset", "ex:d dcat:service ex:service .", "", None),
        (Kind.CATALOG, "ex:entry dct:modified", "", "dcat:record / dct:modified", V),
    ],
)  # fmt: skip
def test_dcat_ap_asks_what_its_tables_say(
    kind: Kind, drop: str, add: str, path: str, severity: Severity | None
) -> None:
    text = {Kind.DATASET: AS_DCAT_AP, Kind.SERIES: SERIES, Kind.CATALOG: CATALOG}[kind]
    report = judged(DCAT_AP, (without(text, drop) if drop else text) + add, kind)
    found = {f.severity for f in report.findings if f.path == path and f.severity in (V, W)}
    assert found == ({severity} if severity else set())
    assert all(rule for f in report.findings for rule in f.rules)


# How the files are written


@cache
def shapes_of(profile: str) -> rdflib.Graph:
    """The shapes of a profile as it loads them, at its strictest level; only to be read."""
    loaded = profiles().get(profile)
    text = "\n".join(f"{triple} ." for triple in loaded.compiled(loaded.strictest()).triples)
    return rdflib.Graph().parse(data=text, format="nt")


def fields_in(shapes: rdflib.Graph) -> set[rdflib.term.Node]:
    """Named property shapes that hold."""
    return set(shapes.subjects(SH.name)) - set(shapes.subjects(SH.deactivated))


@pytest.mark.parametrize("profile", [DCAT_AP, R5])
def test_no_shape_fails_the_shapes_of_shacl_itself(profile: str) -> None:
    """Release 5 holds the differences of all releases before 8."""
    shapes = shapes_of(profile)
    conforms, _, words = pyshacl.validate(rdflib.Graph(), shacl_graph=shapes, meta_shacl=True)
    assert conforms, words


@pytest.mark.parametrize("profile", [R7, R5R, R5])
def test_what_does_not_hold_is_something_of_the_release_taken_over(profile: str) -> None:
    """A name spelled wrong would switch nothing off."""
    shapes = shapes_of(profile)
    kinds = {SH.PropertyShape, SH.NodeShape}
    off = set(shapes.subjects(SH.deactivated))
    assert len(off) > 5
    assert all(kinds.intersection(shapes.objects(shape, rdflib.RDF.type)) for shape in off)


@pytest.mark.parametrize("profile", OWN)
def test_every_shape_that_can_fail_stands_in_a_node_shape(profile: str) -> None:
    shapes = shapes_of(profile)
    shapes_own = {s for s in shapes.subjects(rdflib.RDF.type, SH.PropertyShape) if f":{profile}:" in str(s)}
    assert shapes_own
    assert shapes_own - set(shapes.objects(None, SH.property)) == set()


@pytest.mark.parametrize("profile", OWN)
def test_every_field_is_described_for_people(profile: str) -> None:
    shapes = shapes_of(profile)
    named = fields_in(shapes)
    assert len(named) > 100
    for shape in named:
        assert str(shapes.value(shape, SH.description) or "").endswith("."), shape
        assert shapes.value(shape, SH.order) is not None, shape
        assert (shapes.value(shape, SH.group), None, None) in shapes, shape
        assert shapes.value(shape, SC.example) is not None, shape
        assert profile != DCAT_AP or shapes.value(shape, SC.rule) is not None, shape


@pytest.mark.parametrize("profile", OWN)
def test_a_constraint_that_is_not_plain_says_what_is_wrong_and_how_it_is_mended(profile: str) -> None:
    shapes = shapes_of(profile)
    own = {s for s in shapes.subjects() if isinstance(s, rdflib.URIRef) and f":{profile}:" in str(s)}
    hard = (SH["or"], SH.hasValue, SH["in"], SH.lessThanOrEquals, SH.pattern, SH["not"])
    for shape in own.intersection(s for term in hard for s in shapes.subjects(term)):
        assert shapes.value(shape, SH.message) is not None, shape
        assert shapes.value(shape, SC.mend) is not None, shape


@pytest.mark.parametrize("profile", OWN)
def test_every_example_keeps_the_constraints_of_its_field(profile: str) -> None:
    shapes = rdflib.Graph() + shapes_of(profile)
    examples_are_values(shapes, sorted(fields_in(shapes), key=str), HEAD.replace("{}", VOCABULARY_BASE[profile]))
