"""Does each finding with one right form carry its fix, does the fix mend it, and does it leave all the rest alone?"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest
import structlog
from click.testing import CliRunner, Result
from harness import BASE, DATA, TURTLE, Service, record
from pyoxigraph import Triple

from catalogue.cli import main
from catalogue.model import Finding, Report
from catalogue.profiles.fixes import key, lines
from catalogue.rdf import media
from catalogue.rdf.parse import parse
from catalogue.services import Catalogue
from catalogue.services.mending import Mended, fixed, mend, picked, propose
from catalogue.services.validating import judge
from catalogue.settings import load_settings

Command = Callable[..., Result]
BOTH = ("eucaim-2", "healthdcat-ap-8")
PREFIXES = """@prefix adms: <http://www.w3.org/ns/adms#> . @prefix cv: <http://data.europa.eu/m8g/> .
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> . @prefix health: <http://healthdataportal.eu/ns/health#> .
@prefix old: <https://w3id.org/healthdcat-ap#> . @prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix nal: <http://publications.europa.eu/resource/authority/> .
@prefix ex: <https://example.org/> . @prefix dpv: <https://w3id.org/dpv#> .
ex:d a dcat:Dataset ; dct:title "Lung"@en ."""
# A mistake in a dataset, the property that a finding with a fix is about, and whether a value or its absence is wrong.
MISTAKES = {
    "datatype": ("ex:d health:numberOfRecords 5 .", "numberOfRecords"),
    "old namespace": ('ex:d old:populationCoverage "Men"@en .', "populationCoverage"),
    "old table": (
        r"ex:d health:healthCategory <http://13.81.34.152:1101/resource/authority/healthcategories/EHRS> .",
        "healthCategory",
    ),
    "https for http": (
        "ex:d dct:language <https://publications.europa.eu/resource/authority/language/ENG> .",
        "language",
    ),
    "label for concept": ('ex:d dcat:distribution ex:x . ex:x a dcat:Distribution ; dct:format "CSV" .', "format"),
    "code for concept": ('ex:d dct:language "ENG" .', "language"),
    "link as text": ('ex:d dcat:landingPage "https://example.org/page" .', "landingPage"),
    "mail as text": (
        'ex:d dcat:contactPoint [ a vcard:Kind ; vcard:fn "A"@en ; vcard:hasEmail "a@b.example" ] .',
        "hasEmail",
    ),
    "renamed property": ("ex:d dct:publisher [ a foaf:Agent ; health:publisherType ex:t ] .", "type"),
    "mistake of a blank node": (
        "ex:d dcat:distribution [ a dcat:Distribution ; dct:format nal:file-type\\/CSV ; "
        "dct:language <https://publications.europa.eu/resource/authority/language/ENG> ] .",
        "language",
    ),
    "property and value": ("ex:d old:numberOfRecords 5 .", "numberOfRecords"),
}


@cache
def catalogue() -> Catalogue:
    """Never started: only its vocabularies, profiles, rules and limits are used."""
    return Catalogue(load_settings(base_url=BASE))


def read(data: str | bytes) -> list[Triple]:
    data = data if isinstance(data, bytes) else data.encode()
    return parse(data, media.TURTLE, base_iri=f"{BASE}/", limits=catalogue().limits)


def canonical(triples: Iterable[Triple]) -> ox.Dataset:
    """Equal when nothing differs but the names of blank nodes."""
    dataset = ox.Dataset([ox.Quad(*triple) for triple in triples])
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


def reports(triples: Sequence[Triple], profiles: Sequence[str] = BOTH) -> list[Report]:
    return list(fixed(catalogue(), triples, judge(catalogue(), triples, profiles), profiles))


def applied(triples: Sequence[Triple], finding: Finding) -> Mended:
    """The file after the fix of one finding, as `convert --fix --target --only` makes it."""
    assert finding.fix
    steps = propose(catalogue(), triples, target=finding.fix.target)
    assert finding.fix.id in {step.id for step in steps}
    return mend(triples, picked(steps, {finding.fix.id}))


def mends(triples: Sequence[Triple], report: Report, finding: Finding) -> None:
    """Assert that the finding goes and that everything else is still there."""
    mended = applied(triples, finding)
    (after,) = [each for each in judge(catalogue(), mended.triples, BOTH) if each.subject == report.subject]
    steps = mended.applied

    assert key(finding) not in {key(each) for each in after.findings}
    assert {*mended.removed} <= {triple for step in steps for triple in step.before}
    assert {*mended.added} <= {triple for step in steps for triple in step.after}
    assert canonical({*mended.triples} - {*mended.added}) == canonical({*triples} - {*mended.removed})
    assert finding.fix
    shown = {*finding.fix.before, *finding.fix.after}
    assert shown & {*lines(mended.removed), *lines(mended.added)}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_with_one_right_form_carries_the_fix_that_mends_it(name: str) -> None:
    mistake, about = MISTAKES[name]
    triples = read(f"{PREFIXES} {mistake}")

    (report,) = reports(triples)

    found = [finding for finding in report.findings if finding.fix]
    assert about in {re.split("[#/]", finding.property)[-1] for finding in found}
    for finding in found:
        mends(triples, report, finding)


@pytest.mark.parametrize("path", sorted((DATA / "invalid").glob("[!b]*.ttl")), ids=lambda path: path.stem)
def test_each_fix_of_the_invalid_samples_mends_its_finding(path: Path) -> None:
    triples = read(path.read_bytes())

    for report in reports(triples):
        for finding in report.findings:
            if finding.fix:
                mends(triples, report, finding)


def test_every_finding_that_the_certain_steps_mend_carries_a_fix() -> None:
    """Many mistakes in one record; nothing that goes with them is left without."""
    named = [mistake for mistake, _ in MISTAKES.values() if "[" not in mistake]
    triples = read(f"{PREFIXES} {' '.join(named)}")
    (report,) = reports(triples)
    steps = propose(catalogue(), triples, target=BOTH[0])

    (after,) = judge(catalogue(), mend(triples, picked(steps, {step.id for step in steps})).triples, BOTH)

    left = {key(finding) for finding in after.findings}
    gone = [finding for finding in report.findings if key(finding) not in left]
    assert len(gone) > 6
    assert [finding.message for finding in gone if not finding.fix] == []
    assert [finding.message for finding in report.findings if finding.fix and key(finding) in left] == []


@pytest.mark.parametrize(
    ("kind", "name", "code"),
    [
        ("Dataset", "language", "ENG"),
        ("DatasetSeries", "accrualPeriodicity", "IRREG"),
        ("Catalog", "language", "ENG"),
    ],
)
def test_a_record_without_an_iri_has_its_fixes_too(kind: str, name: str, code: str) -> None:
    head = PREFIXES.rpartition("ex:d a")[0]
    triples = read(f'{head}[] a dcat:{kind} ; dct:title "T"@en ; dct:{name} "{code}" .')
    (report,) = fixed(catalogue(), triples, judge(catalogue(), triples, ["dcat-ap-3"]), ["dcat-ap-3"])
    assert [finding.fix is not None for finding in report.findings if finding.property.endswith(f"/{name}")] == [True]


def test_a_value_that_is_certainly_another_one_is_mended_although_no_rule_names_it() -> None:
    language = "http://publications.europa.eu/resource/authority/language/ENG"
    triples = read(f"{PREFIXES} ex:d dct:language <{language}/> .")
    (report,) = reports(triples)
    (finding,) = [finding for finding in report.findings if finding.value == f"{language}/"]

    assert finding.fix
    assert finding.fix.id.startswith("value-")
    assert finding.fix.what == f"Write {language} for {language}/."
    mends(triples, report, finding)


def test_nobody_looks_for_fixes_when_nothing_is_wrong_or_a_record_is_published(service: Service) -> None:
    service.catalogue.fixes = None  # type: ignore[assignment] - whoever asks it for anything fails

    assert service.publish("good")
    assert service.submit(record("bad").replace("dct:accessRights", "dct:rights")).status_code == 422


# -- by command and by button -----------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Runs a command in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str | Path) -> Result:
        return CliRunner().invoke(main, ["--base-url", BASE, *map(str, arguments)])

    yield command
    structlog.reset_defaults()


def test_the_command_of_the_text_report_applies_the_fix(run: Command, library: Service) -> None:
    text = f"{PREFIXES} {MISTAKES['property and value'][0]}"
    Path("dataset.ttl").write_text(text)
    answer = library.client.post(
        "/validate?profile=eucaim-2", data=text, content_type=TURTLE, headers={"Accept": "text/plain"}
    )
    (command,) = set(re.findall(r"\$ catalogue (convert FILE .*)", answer.text))

    result = run(*command.replace("FILE", "dataset.ttl").split())

    assert result.exit_code == 0, result.output
    (before,), (after,) = (list(judge(catalogue(), read(data), ["eucaim-2"])) for data in (text, result.stdout))
    missing = "Number of imaging studies is missing."
    assert missing in {finding.message for finding in before.findings}
    assert not [finding.message for finding in after.findings if "imaging studies" in finding.message]


def send(service: Service, text: str, **form: str | list[str]) -> str:
    data = {"text": text, "profile": "eucaim-2", **form}
    answer = service.client.post("/validate", data=data, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    return answer.text


def given_back(page: str) -> str:
    """The text in the form."""
    (text,) = re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    return html.unescape(text)


def test_each_finding_on_the_page_has_its_own_box_and_button(library: Service) -> None:
    text = f"{PREFIXES} {MISTAKES['datatype'][0]} {MISTAKES['link as text'][0]}"

    page = send(library, text)

    for article in re.findall(r'<article class="finding">.*?</article>', page, re.DOTALL):
        box = re.search(r'<input type="checkbox" form="mend" name="fix" value="([\w.-]+)">', article)
        button = re.search(r'<button type="submit" form="mend" name="fix" value="([\w.-]+)">Apply this fix', article)
        assert (
            bool(box)
            == bool(button)
            == ("Number of imaging studies is" in article or "Landing page is text" in article)
        )
        if box and button:
            assert box[1] == button[1]
            mended = send(library, text, fix=box[1])
            assert "1 fix applied" in mended
            assert len({*read(given_back(mended))} - {*read(text)}) == 1


def test_chosen_fixes_are_applied_together(library: Service) -> None:
    text = f"{PREFIXES} {' '.join(MISTAKES[name][0] for name in ('datatype', 'link as text', 'https for http'))}"
    boxes = re.findall(r'type="checkbox" form="mend" name="fix" value="([\w.-]+)"', send(library, text))

    mended = send(library, text, fix=[boxes[0], boxes[-1]])

    assert "2 fixes applied" in mended
    assert len({*read(given_back(mended))} - {*read(text)}) == 2


def test_a_file_is_given_back_to_be_mended_like_pasted_text(library: Service) -> None:
    text = f"{PREFIXES} {MISTAKES['datatype'][0]}"
    data = {"profile": "eucaim-2", "file": (io.BytesIO(text.encode()), "d.ttl")}

    page = library.client.post("/validate", data=data, headers={"Accept": "text/html"}).text

    assert set(read(given_back(page))) == set(read(text))
    assert ">Apply this fix<" in page
