"""Can every page be read and used by everybody: on a phone, in the dark, by keyboard, without scripts?

A real Chromium against a real server with the sample data. Skipped, with a word, where there is no browser.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import nullcontext
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlencode

import pytest

pytest.importorskip("selenium", reason="selenium is not installed")

from browser import DARK, LIGHT, Browser, missing
from harness import BASE, DATA, TOKEN, TURTLE, LiveServer, record, settings_for
from selenium.webdriver.common.keys import Keys

from catalogue.services.samples import load_samples

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"no browser here: {missing()} missing")

PHONE, DESK = 360, 1280
EDITOR = Path(str(files("catalogue.web") / "static" / "editor" / "editor.js"))
SAMPLE = (DATA / "invalid" / "prostate.ttl").read_text()
MENDED = {
    "eucaim:hasImageModality eucaim:IMG1000022": "eucaim:hasImageModality eucaim:IMG1000038",
    "dct:accrualPeriodicity": "eucaim:hasCondition eucaim:CLIN1008742 ; dct:accrualPeriodicity",
    "numberOfUniqueIndividuals 640": 'numberOfUniqueIndividuals "640"^^xsd:nonNegativeInteger',
}
HEADINGS = "return [...document.querySelectorAll('h1, h2, h3, h4')].map(e => e.tagName)"
AXE_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
SELECT = "SELECT ?d ?t WHERE { ?d a <http://www.w3.org/ns/dcat#Dataset> ; <http://purl.org/dc/terms/title> ?t }"
GRAPH = "CONSTRUCT { ?s ?p ?o } WHERE { ?s a <http://www.w3.org/ns/dcat#Catalog> ; ?p ?o }"
WORD, ARABIC = (
    "Donaudampfschifffahrtsgesellschaft" * 30,
    "بيانات التصوير الطبي لسرطان البروستاتا في المستشفيات",
)
HARD = f"""{record("hard", title=WORD)}
<dataset/hard> dct:title "{ARABIC}"@ar ; dct:description "{ARABIC * 9}"@ar, "{WORD}"@de ;
  dcat:keyword "{WORD}"@en ; dcat:landingPage <https://{"sub." * 20}example/{"path/" * 90}> .
""" + "".join(
    f"""<dataset/hard> dcat:distribution <dataset/hard#file-{n}> .
<dataset/hard#file-{n}> a dcat:Distribution ; dct:title "File {n} {WORD if n % 10 == 1 else ""}"@en ;
  dcat:accessURL <https://{"data" * 15}.example/{n}> ;
  dct:rights [ a dct:RightsStatement ; dct:description "{WORD}"@en ] ;
  dcatap:applicableLegislation <http://data.europa.eu/eli/reg/2025/327/oj> .
"""
    for n in range(30)
)

PAGES = {
    "home": "/",
    "list": "/datasets",
    "results": "/datasets?q=prostate",
    "one catalogue": "/datasets?q=ct&catalog=paediatric-oncology",
    "nothing found": "/datasets?q=unheard-of",
    "dataset": "/dataset/prostate-mri-valencia",
    "hard dataset": "/dataset/hard",
    "series": "/series/prostate-mri-iberia",
    "catalogue": "/catalog/cancer-imaging",
    "validate": "/validate",
    "report": "",
    "profile": "/profiles/healthdcat-ap-8",
    "profiles": "/profiles",
    "query": "/sparql",
    "table": "/sparql?" + urlencode({"query": SELECT}),
    "graph": "/sparql?" + urlencode({"query": GRAPH}),
    "query error": "/sparql?" + urlencode({"query": "SELECT nothing"}),
    "queries": "/query",
    "named query": "/query/imaging-by-country",
    "vocabulary": "/vocabularies/data-theme",
    "concept": "/vocabularies/data-theme/HEAL",
    "withdrawn": "/dataset/gone",
    "not found": "/dataset/never",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server with the sample data, a dataset that is hard to lay out, and one that was withdrawn."""
    state = tmp_path_factory.mktemp("site") / "state"
    load_samples(settings_for(state), fresh=False, progress=lambda *_: nullcontext(lambda: None))
    server = LiveServer(state)
    server.start()
    try:
        for text in (HARD, record("gone", title="Gone")):
            answer = server.request("POST", "/datasets", text.encode(), token=TOKEN, Content_Type=TURTLE)
            assert answer.status == 201, answer.body[:3000]
        gone = server.request("DELETE", "/dataset/gone?reason=Merged", token=TOKEN, If_Match="*")
        assert gone.status == 204, gone.body
        yield server
    finally:
        server.stop()


def show(browser: Browser, name: str) -> None:
    """Open one of `PAGES`; the report is what the form gives for the worst sample."""
    if name != "report":
        browser.open(PAGES[name])
        return
    browser.open("/validate")
    submit(browser, (DATA / "invalid" / "missing-most.ttl").read_text())


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_whole_and_asks_no_other_host(browser: Browser, name: str) -> None:
    show(browser, name)

    assert browser.complaints() == []
    assert browser.hosts() == {browser.base.removeprefix("http://")}
    editor = EDITOR.is_file() and PAGES[name].startswith("/sparql")
    assert browser.script("return [document.styleSheets.length, document.scripts.length]") == [1 + editor, int(editor)]


def test_the_page_of_every_sample_dataset_weighs_at_most_60_kb_with_its_style_sheet(site: LiveServer) -> None:
    sheet = len((files("catalogue.web") / "static" / "style.css").read_bytes())
    for file in sorted((DATA / "datasets").iterdir()):
        page = site.request("GET", f"/dataset/{file.stem}.html")
        assert page.status == 200, file.name
        assert len(page.body) + sheet <= 60_000, file.name


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_landmarks_one_main_heading_and_a_name_for_everything_that_can_be_used(
    browser: Browser, name: str
) -> None:
    show(browser, name)
    nodes = browser.nodes()
    roles = [node.role for node in nodes]

    assert [roles.count(role) for role in ("banner", "main", "contentinfo")] == [1, 1, 1]
    assert len(browser.text("h1")) == 1
    assert browser.text("h1")[0].strip()
    used = (
        "textbox",
        "searchbox",
        "combobox",
        "checkbox",
        "button",
        "link",
        "navigation",
        "region",
        "table",
    )
    assert [node for node in nodes if node.role in used and not node.name] == []
    regions = [(node.role, node.name) for node in nodes if node.role in ("navigation", "complementary", "form")]
    assert len(regions) == len(set(regions))
    levels = [int(name[1]) for name in browser.script(HEADINGS)]
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone_and_a_desk(browser: Browser, name: str) -> None:
    show(browser, name)
    for width in (PHONE, DESK):
        browser.look(width)
        assert browser.too_wide() == [], width


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("name", PAGES)
def test_text_stands_out_from_what_is_behind_it(browser: Browser, name: str, theme: str) -> None:
    """WCAG 2.2, 1.4.3."""
    show(browser, name)
    browser.look(DESK, theme)
    found = browser.contrasts()

    assert {kind: ratio for kind, ratio in found.items() if ratio < 4.5} == {}
    assert len(found) > 5


def test_the_two_themes_differ(browser: Browser) -> None:
    browser.open("/")
    ground = "return getComputedStyle(document.body).backgroundColor"
    light = browser.script(ground)
    browser.look(DESK, DARK)

    assert browser.script(ground) != light


@pytest.mark.parametrize("name", PAGES)
def test_whatever_takes_the_focus_shows_it(browser: Browser, name: str) -> None:
    show(browser, name)

    assert browser.unseen_focus() == []


@pytest.mark.parametrize("name", PAGES)
def test_the_first_key_leads_past_the_head_of_the_page(browser: Browser, name: str) -> None:
    show(browser, name)
    browser.script("document.activeElement.blur()")
    browser.press(Keys.TAB)
    assert 'class="skip"' in browser.focused()
    assert browser.script("return document.activeElement.getBoundingClientRect().top") >= 0
    browser.press(Keys.ENTER, Keys.TAB)

    assert browser.path.endswith("#main")
    after = browser.script("return document.querySelector('.masthead').contains(document.activeElement)")
    assert browser.focused()
    assert not after


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_dataset_is_found_and_had_as_turtle_by_keyboard_alone(browser: Browser, scripts: bool) -> None:
    browser.scripts(scripts)
    browser.open("/")
    browser.tab_to('type="search"')
    browser.press("Lisbon prostate")
    browser.enter()
    assert browser.path == "/datasets?q=Lisbon+prostate"
    browser.tab_to('href="/dataset/prostate-mri-lisboa"')
    browser.enter()
    assert browser.text("h1") == ["Biparametric prostate MRI with biopsy-proven outcome, Lisbon 2014–2022"]
    browser.tab_to("prostate-mri-lisboa.ttl")
    assert browser.complaints() == []
    browser.enter()

    assert browser.path == "/dataset/prostate-mri-lisboa.ttl"
    assert f"<{BASE}/dataset/prostate-mri-lisboa> a dcat:Dataset" in browser.text("pre")[0]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_description_is_mended_until_it_conforms_by_keyboard_alone(browser: Browser, scripts: bool) -> None:
    browser.scripts(scripts)
    browser.open("/validate")
    for profile in ("eucaim-2", "healthdcat-ap-8"):
        browser.tab_to('type="checkbox"', f'value="{profile}"')
        browser.press(Keys.SPACE)
    submit(browser, SAMPLE)
    assert browser.text("h1") == ["3 violations to mend"]
    found = [text for text in browser.text(".finding h4") if text.startswith("Violation")]
    assert len(found) == 3
    fixes = [text.split("After") for text in browser.text(".fix")]
    assert any("640" in before and '"640"^^' in after for before, after in fixes), fixes

    mended = browser.script("return document.getElementById('text').value")
    assert mended.strip() == SAMPLE.strip()
    for wrong, right in MENDED.items():
        assert mended.count(wrong) == 1
        mended = mended.replace(wrong, right)
    submit(browser, mended)

    assert browser.text("h1") == ["Conforms"]
    assert browser.text(".violation") == []
    assert browser.complaints() == []


def test_broken_syntax_is_told_with_its_line_above_the_form(browser: Browser) -> None:
    browser.open("/validate")
    submit(browser, (DATA / "invalid" / "broken-syntax.ttl").read_text())

    assert "line 8" in browser.text("[role=alert]")[0]
    assert "@prefix" in browser.script("return document.getElementById('text').value")


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(browser: Browser, name: str) -> None:
    """axe-core, when the package that carries it is installed; nothing else of that package runs."""
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or not found.submodule_search_locations:
        pytest.skip("axe-playwright-python is not installed")
    script = Path(found.submodule_search_locations[0], "axe.min.js").read_text()
    show(browser, name)
    for width, theme in ((PHONE, DARK), (DESK, LIGHT)):
        browser.look(width, theme)
        assert list(browser.axe(script, AXE_RULES)) == [], width


def submit(browser: Browser, text: str) -> None:
    """Replace what the text area holds, and send the form."""
    browser.script("document.activeElement.blur()")
    browser.tab_to('id="text"')
    browser.select_all()
    browser.press(text)
    browser.tab_to('type="submit"', "button")
    browser.enter()
