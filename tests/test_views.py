"""What do the pages say, and what do they never do?"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from catalogue.model import (
    Completeness,
    Field,
    Finding,
    Fix,
    Group,
    Kind,
    Obligation,
    ProfileOutcome,
    Record,
    Report,
    Revision,
    Severity,
    State,
)
from catalogue.rdf.graph import Graph
from catalogue.rdf.namespaces import ADMS, CSVW, DCAT, DCT, FOAF, HEALTHDCATAP, RDFS, VCARD
from catalogue.web import views
from catalogue.web.rendering import STATIC, Site, render

SITE = Site("Test Catalogue", "Test Office", "https://catalogue.example", "1.2.3")
NOW = datetime(2026, 11, 17, 8, 14, tzinfo=UTC)
PAGE = "https://catalogue.example/dataset/lung"
SUBJECT = NamedNode(PAGE)
ACCESS_RIGHT = "http://publications.europa.eu/resource/authority/access-right/"

RECORD = """
PREFIX adms: <http://www.w3.org/ns/adms#>
PREFIX csvw: <http://www.w3.org/ns/csvw#>
PREFIX dcat: <http://www.w3.org/ns/dcat#>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX ex: <https://example.org/ns#>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX healthdcatap: <http://healthdataportal.eu/ns/health#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX vcard: <http://www.w3.org/2006/vcard/ns#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
BASE <https://catalogue.example/dataset/lung>

<> a dcat:Dataset ;
  dct:title "Lung screening"@en , "Rastreio do pulmão"@pt ;
  dct:description "Low-dose CT of 4,182 smokers."@en ;
  dct:accessRights <http://publications.europa.eu/resource/authority/access-right/RESTRICTED> ;
  dct:publisher <#publisher> ; dct:creator <#publisher> ;
  dcat:contactPoint <#contact> ; dcat:landingPage <https://hospital.example/lung> ;
  dcat:keyword "lung"@en , "nodule"@en , "رئة"@ar ;
  healthdcatap:numberOfUniqueIndividuals 4182 ;
  healthdcatap:minTypicalAge 50 ; healthdcatap:maxTypicalAge 78 ;
  dct:temporal <#period> ; dct:issued "2024-02-01"^^xsd:date ; dct:modified "2026-11-17T08:14:00Z"^^xsd:dateTime ;
  dcat:temporalResolution "P1Y2M"^^xsd:duration ; healthdcatap:hasStructuredData true ;
  dcat:distribution <https://catalogue.example/dataset/lung/distribution/ct> ; adms:sample <#sample> ;
  healthdcatap:hasVariables <#table> ;
  ex:funder "Fundação <b>Atlântico</b>" ; ex:odd <javascript:alert(1)> .
<#publisher> a foaf:Agent ; foaf:name "Hospital do Douro"@pt ; foaf:homepage <https://hospital.example/> .
<#contact> a vcard:Kind ; vcard:hasEmail <mailto:data@hospital.example> .
<#period> a dct:PeriodOfTime ; dcat:startDate "2014-03-01"^^xsd:date ; dcat:endDate "2023-12-31"^^xsd:date .
<https://catalogue.example/dataset/lung/distribution/ct> a dcat:Distribution ; dct:title "De-identified CT"@en ;
  dct:description "DICOM with segmentations."@en ; dcat:byteSize 4800000000000 ;
  dcat:accessURL <https://negotiator.example/lung> ; dct:rights <#rights> .
<#rights> a dct:RightsStatement ; rdfs:label "Remote processing only"@en .
<#sample> a dcat:Distribution ; dct:title "Synthetic sample"@en ; dcat:downloadURL <ftp://files.example/x.zip> .
<#table> a csvw:TableGroup ; csvw:column <#age> , <#sex> .
<#age> a csvw:Column ; csvw:name "age" ; csvw:datatype "integer" .
<#sex> a csvw:Column ; csvw:name "sex" ; csvw:datatype "string" .
<http://publications.europa.eu/resource/authority/access-right/RESTRICTED> a dct:RightsStatement ;
  skos:prefLabel "Open to all"@en .
<https://elsewhere.example/apart> rdfs:comment "Nobody points here" .
"""

GENERAL = Group("urn:g:general", "General", 1)
RIGHTS = Group("urn:g:rights", "Access and rights", 2)


def field(
    path: str,
    name: str,
    group: Group | None = GENERAL,
    obligation: Obligation = Obligation.OPTIONAL,
    class_: str | None = None,
    node: str | None = None,
) -> Field:
    return Field(path, name, "", 1, group, obligation, 0, None, class_=class_, node=node)


FIELDS = (
    field(DCT["title"].value, "Title", obligation=Obligation.MANDATORY),
    field(DCT["description"].value, "Description", obligation=Obligation.MANDATORY),
    field(DCT["identifier"].value, "Identifier", obligation=Obligation.MANDATORY),
    field(DCAT["version"].value, "Version", obligation=Obligation.RECOMMENDED),
    field(DCT["alternative"].value, "Alternative title"),
    field(DCAT["keyword"].value, "Keyword"),
    field(DCT["accessRights"].value, "Access rights", RIGHTS, class_=DCT["RightsStatement"].value),
    field(DCT["publisher"].value, "Publisher", RIGHTS, class_=FOAF["Agent"].value, node="urn:shape:agent"),
    field(DCT["creator"].value, "Creator", RIGHTS, class_=FOAF["Agent"].value),
    field(DCAT["contactPoint"].value, "Contact point", RIGHTS, class_=VCARD["Kind"].value),
    field(DCAT["landingPage"].value, "Landing page", RIGHTS),
    field(HEALTHDCATAP["numberOfUniqueIndividuals"].value, "Number of unique individuals"),
    field(DCT["temporal"].value, "Temporal coverage"),
    field(DCT["issued"].value, "Release date"),
    field(DCT["modified"].value, "Modification date"),
    field(DCAT["temporalResolution"].value, "Temporal resolution"),
    field(HEALTHDCATAP["hasStructuredData"].value, "Structured data"),
    field(HEALTHDCATAP["hasVariables"].value, "Variables", class_=CSVW["TableGroup"].value),
    field(DCAT["distribution"].value, "Distribution", class_=DCAT["Distribution"].value),
    field(ADMS["sample"].value, "Sample", class_=DCAT["Distribution"].value),
)
NESTED = {
    "urn:shape:agent": (field(FOAF["name"].value, "Name"), field(FOAF["homepage"].value, "Home page")),
    VCARD["Kind"].value: (field(VCARD["hasEmail"].value, "E-mail"),),
    CSVW["TableGroup"].value: (field(CSVW["column"].value, "Column", class_=CSVW["Column"].value),),
    DCAT["Distribution"].value: (field(DCT["description"].value, "About"),),
}


def nested(shape: str) -> Sequence[Field]:
    return NESTED.get(shape, ())


class Names:
    """The few concepts that these tests need."""

    def label(self, iri: str, language: str = "en") -> str | None:
        return {f"{ACCESS_RIGHT}RESTRICTED": "restricted", f"{ACCESS_RIGHT}PUBLIC": "public"}.get(iri)


def graph(turtle: str = RECORD) -> Graph:
    return Graph(quad.triple for quad in parse(turtle, RdfFormat.TURTLE, base_iri=PAGE))


def with_value(turtle: str) -> views.Value:
    """The one value of a dataset's only property."""
    prefixes = "PREFIX x: <http://www.w3.org/2001/XMLSchema#>\n"
    made = graph(f"{prefixes}<{PAGE}> <https://example.org/p> {turtle} .")
    groups = views.facts(made, SUBJECT, (field("https://example.org/p", "P"),), Names(), nested)
    return groups[0].facts[0].values[0]


REVISION = Revision(
    Kind.DATASET,
    "lung",
    3,
    NOW,
    1,
    "",
    "d",
    10,
    {"profiles": [{"id": "p-1", "title": "Profile One", "conforms": True, "counts": {}}]},
    b"",
)


def record(kind: Kind = Kind.DATASET) -> Record:
    return Record(kind, "lung", State.PUBLISHED, 3, 3, 1, 1, "main", None, "x", "Lung", NOW, NOW, NOW, "d", "d")


def dataset_html(made: Graph) -> str:
    page = views.dataset_page(record(), REVISION, made, SUBJECT, FIELDS, Names(), nested, base_url=SITE.base_url)
    return render("dataset", page, SITE)


class Elements(HTMLParser):
    """All elements of a page with their attributes, in order, and the text that people read."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def finding(field: str, severity: Severity, value: str | None = None, fix: Fix | None = None) -> Finding:
    return Finding(
        severity, "p-1/x", field, "dct:x", f"Dataset › {field}", PAGE, value, f"{field} is wrong.",
        "Mend it.", ("p-1",), ("H01",), fix,
    )  # fmt: skip


REPORT = Report(
    PAGE,
    Kind.DATASET,
    "Lung screening",
    False,
    (ProfileOutcome("p-1", "Profile One", "1.0", f"{ACCESS_RIGHT}PUBLIC", False, {"violation": 1, "warning": 1}),),
    (
        finding("Keyword", Severity.WARNING),
        finding("Size", Severity.INFO),
        finding(
            "Size", Severity.VIOLATION, "5 <script>", Fix("x-1", "p-1", "Write 5.", ('"5"',), ('"5"^^xsd:integer',))
        ),
    ),
    Completeness((3, 4), (1, 2), (0, 0)),
)


def every_page() -> dict[str, str]:
    """Each template on a context that shows all of it."""
    made = graph()
    row = views.summary(made, SUBJECT, FIELDS, Names(), path="/dataset/lung", published=NOW)
    pager = views.make_pager("/datasets", {"q": "lung"}, 3, 9)
    catalog = views.catalog_page(
        record(Kind.CATALOG), REVISION, made, SUBJECT, FIELDS, Names(), nested,
        base_url=SITE.base_url, records=[row], total=1, pager=pager,
    )  # fmt: skip
    form = views.validate_page([("p-1", "Profile One")], chosen=["p-1"], text="<x>", limit=20_000_000)
    example = views.Example("All", "SELECT * { ?s ?p ?o }")
    table = views.result_table(["s", "n"], [(SUBJECT, Literal(1300)), (None, Literal(2))])
    interface = views.Interface("SPARQL", "/sparql", "Queries")
    return {
        "dataset": dataset_html(made),
        "catalog": render("catalog", catalog, SITE),
        "series": render("series", catalog, SITE),
        "datasets": render("datasets", views.ListPage("lung", 200, (row,), pager), SITE),
        "home": render(
            "home",
            views.HomePage(
                "About.",
                1,
                (views.Figure("datasets", "1"),),
                (row,),
                (("p-1", "P"),),
                (interface,),
                NOW,
            ),
            SITE,
        ),
        "validate": render("validate", form, SITE),
        "report": render(
            "report", views.report_page(views.survey([REPORT]), form, base_url=SITE.base_url, text="<x>"), SITE
        ),
        "sparql": render("sparql", views.SparqlPage(example.query, (example,), ("30 s",), table=table), SITE),
        "withdrawn": render("withdrawn", views.WithdrawnPage(Kind.CATALOG, "/catalog/x", "Old", NOW, "Merged"), SITE),
        "error": render("error", views.error_page(404, "Not found", "No.", details={"known": ["a"]}), SITE),
    }


PAGES = every_page()


def test_nothing_that_a_record_says_is_hidden() -> None:
    """Each literal and each address stands on the page, whether a field knows its property or not."""
    text = Elements(PAGES["dataset"]).text
    hrefs = {attributes.get("href") for _, attributes in Elements(PAGES["dataset"]).elements}

    worded = {"4182": "4,182", "4800000000000": "4.8 TB", "P1Y2M": "1 year 2 months", "true": "Yes"}
    worded |= {"2026-11-17T08:14:00Z": "2026-11-17 08:14 UTC", "Open to all": "Restricted"}
    for triple in graph():
        if isinstance(triple.object, Literal):
            assert worded.get(triple.object.value, triple.object.value) in text
    assert {
        "https://hospital.example/lung",
        "https://hospital.example/",
        "mailto:data@hospital.example",
    } <= hrefs
    assert "ftp://files.example/x.zip" in text
    assert "Nobody points here" in text


def test_fields_give_groups_labels_and_order() -> None:
    groups = views.facts(graph(), SUBJECT, FIELDS, Names(), nested)

    assert [group.label for group in groups] == [
        "General", "Access and rights", "Further statements", "Also described here",
    ]  # fmt: skip
    assert [fact.label for fact in groups[0].facts][:4] == ["Title", "Description", "Identifier", "Version"]
    assert "Alternative title" not in [fact.label for fact in groups[0].facts]
    assert [fact.term for fact in groups[2].facts if "funder" in fact.term] == ["https://example.org/ns#funder"]


def test_absent_mandatory_and_recommended_fields_are_named_as_not_stated() -> None:
    general = views.facts(graph(), SUBJECT, FIELDS, Names(), nested)[0]

    assert [fact.label for fact in general.stated if fact.empty] == ["Identifier"]
    assert [fact.label for fact in general.missing] == ["Version"]
    assert PAGES["dataset"].count("Not stated") == 2


def test_a_path_of_alternatives_collects_the_values_of_all() -> None:
    made = graph(f'<{PAGE}> <https://example.org/a> "one" ; <https://example.org/b> "two" .')
    both = field("<https://example.org/a>|<https://example.org/b>", "Both")

    groups = views.facts(made, SUBJECT, (both,), Names(), nested)

    assert [value.text for value in groups[0].facts[0].values] == ["one", "two"]
    assert len(groups) == 1


@pytest.mark.parametrize("path", ["^<https://example.org/a>", "(<https://example.org/a>/<https://example.org/b>)"])
def test_a_path_that_is_no_property_leaves_its_values_to_the_further_statements(path: str) -> None:
    made = graph(f'<{PAGE}> <https://example.org/a> "one" .')

    groups = views.facts(made, SUBJECT, (field(path, "Odd"),), Names(), nested)

    assert [(group.id, group.facts[0].values[0].text) for group in groups] == [("further", "one")]


@pytest.mark.parametrize(
    ("turtle", "text"),
    [
        ("1234567", "1,234,567"),
        ("-1234.50", "-1,234.50"),
        ('"12 apples"^^x:integer', "12 apples"),
        (f'"{"9" * 5000}"^^x:integer', "9" * 5000),
        ("true", "Yes"),
        ('"2026-11-17"^^x:date', "2026-11-17"),
        ('"2026-11-17T08:14:59.123+02:00"^^x:dateTime', "2026-11-17 08:14 +02:00"),
        ('"2014"^^x:gYear', "2014"),
        ('"soon"^^x:date', "soon"),
        ('"PT1H30M"^^x:duration', "1 hour 30 minutes"),
        ('"-P2D"^^x:duration', "minus 2 days"),
        ('"P"^^x:duration', "P"),
        ("<tel:+351123>", "+351123"),
        ("<http://purl.org/dc/terms/title>", "dct:title"),
    ],
)
def test_values_are_worded_by_their_datatype(turtle: str, text: str) -> None:
    assert with_value(turtle).text == text


def test_dates_are_machine_readable_and_texts_carry_language_and_direction() -> None:
    assert with_value('"2026-11-17T08:14:00Z"^^x:dateTime').moment == "2026-11-17T08:14Z"
    arabic = with_value('"رئة"@ar')
    assert (arabic.language, arabic.direction) == ("ar", "rtl")
    assert '<span class="holder" lang="ar" dir="rtl">رئة</span>' in PAGES["dataset"]


@pytest.mark.parametrize(
    "iri", ["javascript:alert(1)", "data:text/html,x", "urn:x:y", "JavaScript:alert(1)", "file:///x"]
)
def test_only_web_and_mail_addresses_become_links(iri: str) -> None:
    assert with_value(f"<{iri}>").href == ""
    assert with_value(f'"{iri}"^^x:anyURI').href == ""


def test_markup_in_a_record_is_text() -> None:
    hostile = '"><script>alert(1)</script><b onclick=x>'
    made = graph()
    made.add(SUBJECT, DCT["alternative"], Literal(hostile, language="en"))
    made.add(SUBJECT, DCT["description"], Literal(hostile))
    made.add(NamedNode(f"{PAGE}#publisher"), FOAF["name"], Literal(hostile))
    page = Elements(dataset_html(made))

    assert hostile in page.text
    assert not [tag for tag, attributes in page.elements if tag in ("script", "b") or "onclick" in attributes]


def test_a_record_cannot_rename_a_concept_of_a_vocabulary() -> None:
    rights = views.facts(graph(), SUBJECT, FIELDS, Names(), nested)[1].facts[0]

    assert [(value.text, value.sign) for value in rights.values] == [("restricted", "restricted")]
    assert "Open to all" not in PAGES["dataset"]


def test_a_described_node_stands_once_and_later_mentions_lead_to_it() -> None:
    rights = {fact.label: fact for fact in views.facts(graph(), SUBJECT, FIELDS, Names(), nested)[1].facts}
    publisher, creator = rights["Publisher"].values[0], rights["Creator"].values[0]

    assert [fact.label for fact in publisher.facts] == ["Home page"]
    assert (publisher.anchor, creator.above, creator.facts) == ("publisher", "publisher", ())
    assert 'href="#publisher"' in PAGES["dataset"]


def test_a_period_is_one_line_and_alike_nodes_make_a_table() -> None:
    general = {fact.label: fact for fact in views.facts(graph(), SUBJECT, FIELDS, Names(), nested)[0].facts}

    assert [value.text for value in general["Temporal coverage"].values] == ["2014-03-01 to 2023-12-31"]
    columns = general["Variables"].values[0].facts[0]
    assert columns.table is not None
    assert columns.table.columns == ("Name", "Datatype")
    assert [[value.text for value in cell] for cell in columns.table.rows[0][1]] == [["age"], ["integer"]]


def test_a_chain_that_is_too_deep_and_a_circle_are_both_shown_whole() -> None:
    steps = [
        f"<{PAGE}#{i}> <https://example.org/next> <#{i + 1}> ; <https://example.org/is> 'step {i}' ." for i in range(60)
    ]
    made = graph(
        f"BASE <{PAGE}>\n<{PAGE}> <https://example.org/next> <#0> .\n<#60> <https://example.org/next> <> .\n"
        + "\n".join(steps)
    )
    html = dataset_html(made)

    assert [i for i in range(60) if f"step {i}<" not in html] == []
    assert html.count("step 30<") == 1


def test_a_page_is_bounded_and_says_what_it_leaves_out() -> None:
    made = graph(f"<{PAGE}> <http://www.w3.org/ns/dcat#keyword> {', '.join(repr(f'k{i}') for i in range(9000))} .")
    made.add(SUBJECT, DCT["alternative"], Literal("x" * 1_000_000))
    html = dataset_html(made)

    assert "8,600 more in the data" in html
    assert "more characters in the data" in html
    assert len(html) < 100_000


def test_distributions_say_form_size_terms_and_place() -> None:
    reader = views.Reader(graph(), SUBJECT, Names(), nested)
    ct, sample = views.distributions(reader, FIELDS)

    assert (ct.title.text, ct.role, ct.size) == ("De-identified CT", "Distribution", "4.8 TB")
    assert [(link.text, link.host) for link in ct.links] == [("Access", "negotiator.example")]
    assert [value.text for value in ct.conditions] == ["Remote processing only"]
    assert [fact.label for fact in ct.facts] == ["About"]
    assert (sample.role, sample.links) == ("Sample", ())
    assert [value.text for fact in sample.facts for value in fact.values] == ["ftp://files.example/x.zip"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("1", "1 byte"),
        ("999", "999 bytes"),
        ("1000", "1.0 kB"),
        ("62000000", "62 MB"),
        ("9" * 20, "100,000 PB"),
    ],
)
def test_sizes_are_in_units_of_people(number: str, words: str) -> None:
    made = graph()
    node = NamedNode(f"{PAGE}#sample")
    made.add(node, DCAT["byteSize"], Literal(number))

    assert views.distributions(views.Reader(made, SUBJECT, Names(), nested), FIELDS)[1].size == words


def test_the_access_box_says_where_to_go_under_which_terms() -> None:
    box = views.access_box(graph(), SUBJECT, FIELDS, Names(), nested)

    assert box.access is not None
    assert (box.access.sign, box.access.label) == ("restricted", "Restricted")
    assert box.link is not None
    assert (box.link.text, box.link.href) == ("Access", "https://negotiator.example/lung")
    assert [value.text for value in box.conditions] == ["Remote processing only"]
    assert [fact.label for fact in box.facts] == ["Landing page", "Contact point"]


def test_a_row_of_a_list_has_what_helps_to_choose() -> None:
    made = graph()
    made.add(SUBJECT, DCT["description"], Literal("word " * 200, language="en"))
    row = views.summary(made, SUBJECT, FIELDS, Names(), path="/dataset/lung", published=NOW)

    assert (row.title.text, row.publisher) == ("Lung screening", "Hospital do Douro")
    assert [(figure.text, figure.label) for figure in row.figures] == [
        ("4,182", "unique individuals"), ("50–78", "years, typical age"),
    ]  # fmt: skip
    assert row.access is not None
    assert row.access.sign == "restricted"


def test_a_long_description_is_cut_between_words_and_a_title_never() -> None:
    title = "Lung " * 200
    made = graph(f"<{PAGE}> <{DCT['title'].value}> '{title}' ; <{DCT['description'].value}> '{'nodule ' * 200}' .")
    row = views.summary(made, SUBJECT, FIELDS, Names(), path="/dataset/lung")

    assert row.title.text == title
    assert row.description is not None
    assert row.description.text.endswith("nodule …")
    assert len(row.description.text) <= 282


@pytest.mark.parametrize(
    ("conforms", "counts", "words"),
    [
        (True, {"warning": 3}, "Conforms to P"),
        (False, {"violation": 1}, "1 violation of P"),
        (False, {"violation": 2}, "2 violations of P"),
    ],
)
def test_a_badge_says_whether_the_record_conforms(conforms: bool, counts: dict[str, int], words: str) -> None:
    assert views.badge({"id": "p", "title": "P", "conforms": conforms, "counts": counts}).text == words


def test_a_pager_links_the_ends_and_the_neighbours() -> None:
    pager = views.make_pager("/datasets", {"q": "a b", "page": "5"}, 5, 9)

    assert [link.label for link in pager.links] == ["1", "…", "3", "4", "5", "6", "7", "…", "9"]
    assert (pager.previous, pager.next) == ("/datasets?q=a+b&page=4", "/datasets?q=a+b&page=6")
    assert pager.links[0].href == "/datasets?q=a+b"
    assert views.make_pager("/datasets", {}, 1, 1).links == ()
    assert (
        views.make_pager("/datasets", {}, 1, 0).previous,
        views.make_pager("/datasets", {}, 9, 9).next,
    ) == ("", "")


def test_findings_stand_by_field_the_worst_first() -> None:
    groups = views.finding_groups(REPORT.findings)

    assert [(group.field, [f.severity.value for f in group.findings]) for group in groups] == [
        ("Size", ["violation", "info"]), ("Keyword", ["warning"]),
    ]  # fmt: skip


def test_a_report_page_shows_what_where_value_mend_rule_and_fix() -> None:
    text = Elements(PAGES["report"]).text

    for words in (
        "Size is wrong.",
        "Dataset › Size",
        "5 <script>",
        "Mend it.",
        "p-1/x",
        "H01",
        '"5"^^xsd:integer',
    ):
        assert words in text
    assert "3 of 4" in text
    assert "curl --data-binary @dataset.ttl" in text


def test_a_result_table_is_bounded_and_unlabelled_cells_keep_their_iri() -> None:
    rows = ((NamedNode(f"https://example.org/{i}"), Literal(i)) for i in range(10_000))
    table = views.result_table(["s", "n"], rows)

    assert (len(table.rows), table.more) == (500, True)
    assert table.columns == [("s", False), ("n", True)]
    assert views.result_table(["a"], [(NamedNode(f"{ACCESS_RIGHT}PUBLIC"),)], Names()).rows[0][0] is not None
    assert table.rows[0][0] is not None
    assert table.rows[0][0].text == "https://example.org/0"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_holds_under_a_strict_content_security_policy(name: str) -> None:
    """No script, no inline style or handler, nothing that another host would have to send."""
    for tag, attributes in Elements(PAGES[name]).elements:
        assert tag not in ("script", "style", "iframe", "object", "embed")
        assert not [key for key in attributes if key == "style" or key.startswith("on")]
        if tag in ("link", "img") and attributes.get("rel") not in ("canonical", "alternate"):
            assert (attributes.get("href") or attributes.get("src") or "").startswith("/static/")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_without_eyes(name: str) -> None:
    """One main heading, no level left out, unique ids, a label for each control, landmarks with names."""
    elements = Elements(PAGES[name]).elements
    levels = [int(tag[1]) for tag, _ in elements if tag in ("h1", "h2", "h3", "h4")]
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    labelled = {attributes.get("for") for tag, attributes in elements if tag == "label"}
    wrapped = {"checkbox", "hidden"}

    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert len(ids) == len(set(ids))
    for tag, attributes in elements:
        if tag in ("input", "select", "textarea") and attributes.get("type") not in wrapped:
            assert attributes.get("id") in labelled
        if tag in ("nav", "aside"):
            assert attributes.get("aria-label")
        if tag == "a" and (href := attributes.get("href") or "").startswith("#"):
            assert href[1:] in ids


def test_a_dataset_page_leads_machines_to_the_data() -> None:
    links = [attributes for tag, attributes in Elements(PAGES["dataset"]).elements if tag == "link"]
    alternates = {link["type"]: link["href"] for link in links if link.get("rel") == "alternate"}

    assert alternates == {
        "text/turtle": "/dataset/lung.ttl",
        "application/ld+json": "/dataset/lung.jsonld",
        "application/rdf+xml": "/dataset/lung.rdf",
        "application/n-triples": "/dataset/lung.nt",
    }
    assert [link["href"] for link in links if link.get("rel") == "canonical"] == [PAGE]
    assert '<meta property="og:title" content="Lung screening">' in PAGES["dataset"]


def test_static_files_are_addressed_by_their_content() -> None:
    style = (STATIC / "style.css").read_bytes()

    assert SITE.static("style.css") == f"/static/style.css?v={hashlib.sha256(style).hexdigest()[:12]}"
    assert len(style) < 25_000
    assert b"//" not in style.replace(b"*/", b"").replace(b"/*", b"")


NODES = st.sampled_from([NamedNode(f"{PAGE}{end}") for end in ("", "#a", "#b", "#main", "#s-1", "/distribution/c")])
TERMS = sorted({t.predicate for t in graph()} | {RDFS["label"]}, key=lambda term: term.value)
LITERALS = [triple.object for triple in graph() if isinstance(triple.object, Literal)]
VALUES = st.one_of(
    NODES,
    st.text(max_size=20).map(Literal),
    st.sampled_from([NamedNode(f"{ACCESS_RIGHT}PUBLIC"), NamedNode("urn:x"), *LITERALS]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.builds(Triple, NODES, st.sampled_from(TERMS), VALUES), max_size=30))
def test_any_graph_gives_a_page_with_unique_ids(triples: list[Triple]) -> None:
    page = Elements(dataset_html(Graph(triples)))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]

    assert len(ids) == len(set(ids))
