"""Does the query page work as an editor, and as a form where scripts are off?

A real Chromium against a real server with the sample data. Skipped, with a word, where there is no browser, or where
the editor was not built.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from importlib.resources import files
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

pytest.importorskip("selenium", reason="selenium is not installed")

from browser import DARK, LIGHT, Browser, missing
from harness import LiveServer, settings_for, wait_for
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from catalogue.services.samples import load_samples

BUILT = (Path(str(files("catalogue.web"))) / "static" / "editor" / "editor.js").exists()

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"no browser here: {missing()} missing")
editor = pytest.mark.skipif(not BUILT, reason="the editor is not built: run `make assets`")

PHONE, DESK = 390, 1280
COUNTS = (
    "SELECT ?access (COUNT(?d) AS ?datasets) { ?d <http://purl.org/dc/terms/accessRights> ?access }"
    " GROUP BY ?access ORDER BY DESC(?datasets)"
)
ROWS = "#results tbody tr"
STATE = "return document.querySelector('.CodeMirror').CodeMirror.getValue()"
CURSOR = """
const field = document.querySelector('.CodeMirror').CodeMirror;
field.setValue(arguments[0].replace('|', ''));
const before = arguments[0].split('|')[0].split('\\n');
field.focus();
field.setCursor({line: before.length - 1, ch: before.at(-1).length});
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server with the sample data."""
    state = tmp_path_factory.mktemp("site") / "state"
    load_samples(settings_for(state), fresh=False, progress=lambda *_: nullcontext(lambda: None))
    server = LiveServer(state)
    server.start()
    yield server
    server.stop()


def page(query: str = "") -> str:
    """The query page with a query."""
    return "/sparql?" + urlencode({"query": query}) if query else "/sparql"


def editing(browser: Browser, query: str = "") -> None:
    """Open the page and wait for the editor."""
    browser.open(page(query))
    shown(browser, lambda: browser.text(".CodeMirror-line"))


def shown(browser: Browser, what: Callable[[], object]) -> None:
    """Wait until something is there."""
    wait_for(lambda: bool(what()), 20)


def key(browser: Browser, *keys: str) -> None:
    """Press keys together."""
    chain = ActionChains(browser.driver, duration=0)
    for each in keys[:-1]:
        chain.key_down(each)
    chain.send_keys(keys[-1])
    for each in reversed(keys[:-1]):
        chain.key_up(each)
    chain.perform()


def typed(browser: Browser, text: str, letters: str) -> None:
    """Put a text into the editor and type at the place of the bar."""
    browser.script(CURSOR, text)
    for letter in letters:
        browser.press(letter)


@editor
def test_the_editor_asks_without_leaving_the_page(browser: Browser) -> None:
    """Names instead of addresses, bars beside numbers, the query in the address, nothing from another host."""
    editing(browser, COUNTS.replace("COUNT(?d)", "COUNT(DISTINCT ?d)"))
    assert len(browser.text(ROWS)) == 3
    began = browser.script("return performance.timeOrigin")

    browser.script(CURSOR, COUNTS + "|")
    key(browser, Keys.CONTROL, Keys.ENTER)
    shown(browser, lambda: parse_qs(urlsplit(browser.path).query)["query"] == [COUNTS])

    assert browser.script("return performance.timeOrigin") == began
    assert browser.text(f"{ROWS} td:first-child") == ["restricted", "non-public", "public"]
    assert browser.script("return document.querySelectorAll('#results .bar rect').length") == 3
    assert browser.text("#results .line a") == ["JSON", "XML", "CSV", "TSV", "Link to this query"]
    assert browser.text("[role=status]") == ["3 rows"]
    assert browser.complaints() == []
    assert browser.hosts() == {browser.base.removeprefix("http://")}


@editor
def test_what_went_wrong_is_said_and_the_query_stays(browser: Browser) -> None:
    editing(browser)
    browser.script(CURSOR, "SELECT nothing|")
    key(browser, Keys.CONTROL, Keys.ENTER)
    shown(browser, lambda: browser.text("#results h2") == ["No result"])

    assert browser.script(STATE) == "SELECT nothing"
    assert "line 1" in browser.text("#results")[0].lower()


@editor
def test_a_property_is_offered_while_it_is_typed_and_its_prefix_declared(browser: Browser) -> None:
    editing(browser)
    typed(browser, "SELECT * WHERE {\n  ?dataset |\n}", "dct:ti")
    shown(browser, lambda: browser.text(".CodeMirror-hint"))

    assert browser.text(".CodeMirror-hint")[0].split() == ["Title", "dct:title"]
    browser.press(Keys.ENTER)
    assert browser.script(STATE) == (
        "PREFIX dct: <http://purl.org/dc/terms/>\nSELECT * WHERE {\n  ?dataset dct:title\n}"
    )
    assert browser.complaints() == []


@editor
def test_a_class_is_offered_by_what_people_call_it(browser: Browser) -> None:
    editing(browser)
    typed(browser, "SELECT * WHERE {\n  ?thing a |\n}", "Distri")
    shown(browser, lambda: browser.text(".CodeMirror-hint"))

    assert ["Distribution", "dcat:Distribution"] in [hint.split() for hint in browser.text(".CodeMirror-hint")]


@editor
def test_a_concept_is_offered_by_its_name(browser: Browser) -> None:
    editing(browser)
    typed(browser, "SELECT * WHERE {\n  ?dataset <https://a.example/> |\n}", "prostat")
    key(browser, Keys.CONTROL, " ")
    shown(browser, lambda: browser.text(".CodeMirror-hint"))

    assert browser.text(".CodeMirror-hint")[0].startswith("Prostate · EUCAIM body structures")
    browser.press(Keys.ENTER)
    assert "eucaim:BP1000021" in browser.script(STATE)
    assert browser.script(STATE).startswith("PREFIX eucaim: <https://cancerimage.eu/ontology/EUCAIM#>")


@editor
def test_tab_leaves_the_editor_and_it_has_a_name_and_shows_its_focus(browser: Browser) -> None:
    editing(browser)
    browser.tab_to("aria-label", "Your query")
    style = browser.script("return getComputedStyle(document.querySelector('.CodeMirror')).outlineWidth")
    browser.press(Keys.TAB)

    assert style == "3px"
    assert 'type="submit"' in browser.focused()
    assert browser.script("return document.querySelectorAll('textarea').length") == 0


@editor
@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_editor_fits_and_can_be_read(browser: Browser, width: int, theme: str) -> None:
    browser.look(width, theme)
    editing(browser, COUNTS)

    assert browser.too_wide() == []
    assert {element: ratio for element, ratio in browser.contrasts().items() if ratio < 4.5} == {}


@editor
def test_only_the_query_page_lets_scripts_of_ours_run(site: LiveServer) -> None:
    policies = {
        path: site.request("GET", path, Accept="text/html").headers["Content-Security-Policy"]
        for path in ("/sparql", "/query", "/query/datasets-per-tier", "/", "/datasets", "/dataset/prostate-mri-lisboa")
    }

    query = policies.pop("/sparql")
    assert "script-src 'self';" in query
    assert "unsafe" not in query
    assert "http" not in query
    assert not any("script-src" in policy for policy in policies.values())
    assert all("default-src 'none'" in policy for policy in (query, *policies.values()))


def test_without_scripts_the_form_gives_the_same_table(browser: Browser) -> None:
    browser.scripts(False)
    browser.open(page())
    browser.tab_to("<textarea", 'name="query"')
    browser.select_all()
    browser.press(COUNTS)
    browser.tab_to('type="submit"')
    browser.enter()

    assert browser.path == page(COUNTS)
    assert browser.text("#results h2") == ["3 rows"]
    assert len(browser.text(ROWS)) == 3
    assert browser.script("return document.querySelectorAll('.CodeMirror').length") == 0


def test_the_form_of_a_worked_example_gives_its_table_without_scripts(browser: Browser) -> None:
    browser.scripts(False)
    browser.look(PHONE)
    browser.open("/query/imaging-by-country")
    browser.tab_to("<input", 'name="subjects"')
    browser.select_all()
    browser.press("10")
    browser.tab_to('type="submit"')
    browser.enter()

    assert parse_qs(urlsplit(browser.path).query)["subjects"] == ["10"]
    assert "Portugal" in "".join(browser.text("tbody tr"))
    assert browser.complaints() == []
    assert browser.hosts() == {browser.base.removeprefix("http://")}


@pytest.mark.parametrize("path", ["/query", "/query/imaging-by-country", "/query/imaging-by-country?subjects=x"])
@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_pages_of_the_worked_examples_fit_and_can_be_read(
    browser: Browser, path: str, width: int, theme: str
) -> None:
    browser.look(width, theme)
    browser.open(path)

    assert browser.too_wide() == []
    assert {element: ratio for element, ratio in browser.contrasts().items() if ratio < 4.5} == {}
    assert browser.unseen_focus() == []
    assert len(browser.text("h1")) == 1
