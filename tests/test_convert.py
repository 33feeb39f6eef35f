"""Is a description written in another format and mended, by command and by button, and nothing else changed?"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest
import structlog
from click.testing import CliRunner, Result
from harness import BASE, DATA, Service, record
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Triple
from werkzeug.test import TestResponse

from catalogue.cli import main
from catalogue.rdf import media
from catalogue.rdf.parse import parse
from catalogue.rdf.serialise import serialise
from catalogue.services import Catalogue
from catalogue.services.mending import mend, picked, propose
from catalogue.settings import load_settings

Command = Callable[..., Result]
HEAD = """@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix health: <http://healthdataportal.eu/ns/health#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> . @prefix ex: <https://example.org/> .
"""
OLD = 'ex:d a dcat:Dataset ; dct:title "Lung"@en ; owl:versionInfo "1.0" ; health:numberOfUniqueIndividuals 640 .\n'
SHARED = "".join(f"ex:d{n} a dcat:Dataset ; dct:publisher ex:o .\n" for n in (1, 2)) + (
    "ex:o a foaf:Agent ; foaf:mbox <mailto:a@b.example> ; health:publisherType ex:t ."
)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Runs a command in a folder of its own, where `old.ttl` has two old forms."""
    monkeypatch.chdir(tmp_path)
    Path("old.ttl").write_text(HEAD + OLD)

    def command(*arguments: str | Path) -> Result:
        return CliRunner().invoke(main, ["--base-url", BASE, *map(str, arguments)])

    yield command
    structlog.reset_defaults()


@cache
def catalogue() -> Catalogue:
    """Never started: only its vocabularies, profiles and limits are used."""
    return Catalogue(load_settings(base_url=BASE))


def read(data: str | bytes, format: media.Format = media.TURTLE) -> list[Triple]:
    data = data if isinstance(data, bytes) else data.encode()
    return parse(data, format, base_iri=f"{BASE}/", limits=catalogue().limits)


def canonical(triples: Iterable[Triple]) -> ox.Dataset:
    """Equal when nothing differs but the names of blank nodes."""
    dataset = ox.Dataset([ox.Quad(*triple) for triple in triples])
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


def everything(triples: list[Triple], target: str = "eucaim-2") -> list[Triple]:
    """With every certain fix."""
    steps = propose(catalogue(), triples, target=target)
    return list(mend(triples, picked(steps, {step.id for step in steps})).triples)


# -- the command ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["datasets/prostate-mri-lisboa.ttl", "invalid/prostate.ttl"])
@pytest.mark.parametrize(
    ("to", "format"),
    [("ttl", media.TURTLE), ("jsonld", media.JSON_LD), ("rdf", media.RDF_XML), ("nt", media.N_TRIPLES)],
)
def test_another_format_says_the_same(run: Command, name: str, to: str, format: media.Format) -> None:
    result = run("convert", DATA / name, "--to", to)

    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    assert canonical(read(result.stdout, format)) == canonical(read((DATA / name).read_bytes()))


def test_fix_rewrites_what_is_certain_and_shows_it_on_standard_error(run: Command) -> None:
    result = run("convert", "old.ttl", "--to", "nt", "--fix", "--target", "eucaim-2", "-o", "new.nt")

    assert (result.exit_code, result.stdout) == (0, "")
    expected = OLD.replace("owl:versionInfo", "dcat:version").replace("640", '"640"^^xsd:nonNegativeInteger')
    prefix = "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
    assert set(read(Path("new.nt").read_bytes(), media.N_TRIPLES)) == set(read(HEAD + prefix + expected))
    assert '− <https://example.org/d> owl:versionInfo "1.0"\n' in result.stderr
    assert '+ <https://example.org/d> dcat:version "1.0"\n' in result.stderr
    assert '"640"^^xsd:nonNegativeInteger\n' in result.stderr


def test_only_the_chosen_rewrites_are_applied(run: Command) -> None:
    result = run("convert", "old.ttl", "--to", "ttl", "--fix", "--target", "eucaim-2", "--only", "version-info-1")

    assert set(read(result.stdout)) == set(read(HEAD + OLD.replace("owl:versionInfo", "dcat:version")))


def test_an_unknown_rewrite_is_named_with_those_that_there_are(run: Command) -> None:
    result = run("convert", "old.ttl", "--to", "ttl", "--fix", "--only", "nothing-1", "-o", "new.ttl")

    assert result.exit_code == 2
    assert "nothing-1" in result.stderr
    assert "version-info-1" in result.stderr
    assert not Path("new.ttl").exists()


def test_diff_writes_nothing_and_ends_with_1_when_something_would_change(run: Command) -> None:
    Path("good.ttl").write_text(record("good"))
    old, good = (run("convert", name, "--to", "ttl", "--fix", "--diff") for name in ("old.ttl", "good.ttl"))

    assert (old.exit_code, old.stdout, "versionInfo" in old.stderr) == (1, "", True)
    assert (good.exit_code, good.stdout, good.stderr) == (0, "", "There is nothing to rewrite.\n")


def test_what_needs_a_person_is_asked_and_not_changed(run: Command) -> None:
    name = DATA / "invalid" / "prostate.ttl"
    result = run("convert", name, "--to", "ttl", "--fix", "--target", "eucaim-2")

    assert "These need a person:\n  modality-1: " in result.stderr
    kept = {t for t in read(name.read_bytes()) if "hasImageModality" in t.predicate.value}
    assert kept <= set(read(result.stdout))


def test_wrong_use_is_said_and_ends_with_2_or_3(run: Command) -> None:
    Path("odd.ttl").write_text("<urn:a> <urn:b:1> <urn:c> .")
    assert run("convert", "old.ttl", "--to", "ttl", "--diff").exit_code == 2
    assert run("convert", "nowhere.ttl", "--to", "ttl").exit_code == 2
    assert run("convert", "old.ttl", "--to", "ttl", "--fix", "--target", "nothing").exit_code == 3
    odd = run("convert", "odd.ttl", "--to", "rdf", "-o", "odd.rdf")
    assert (odd.exit_code, "urn:b:1" in odd.stderr, Path("odd.rdf").exists()) == (3, True, False)


# -- whole files ------------------------------------------------------------------------------------------------------


def test_what_records_share_is_rewritten_once() -> None:
    """Both need a contact point for the same publisher: it gets one."""
    mended = everything(read(HEAD + SHARED))

    assert sum(t.predicate.value == "http://data.europa.eu/m8g/contactPoint" for t in mended) == 1
    assert not any(t.predicate.value.endswith("publisherType") for t in mended)


def test_a_dataset_without_an_iri_is_mended_and_stays_without() -> None:
    blank = OLD.replace("ex:d", "_:d")

    mended = everything(read(HEAD + blank))

    assert canonical(mended) == canonical(
        Triple(BlankNode("d"), t.predicate, t.object) for t in everything(read(HEAD + OLD))
    )


_NODES = st.sampled_from([NamedNode("https://example.org/d"), *map(BlankNode, "abc"), NamedNode("urn:x:y")])
_VALUES = _NODES | st.sampled_from([Literal("1"), Literal('a\r\n"\\', language="en-gb"), Literal(7), Literal("05")])
_VERBS = st.sampled_from([NamedNode(f"https://other.example/{name}") for name in ("p", "q")])
_OTHER = st.lists(st.builds(Triple, _NODES, _VERBS, _VALUES), max_size=12)
_FORMS = [
    'ex:d owl:versionInfo "1.0" .',
    "ex:d health:numberOfUniqueIndividuals 640 .",
    'ex:d dct:publisher [ foaf:name "A" ; health:publisherType ex:t ] .',
    "ex:d dct:language <https://publications.europa.eu/resource/authority/language/ENG> .",
]


@settings(max_examples=40, deadline=None)
@given(_OTHER, st.sets(st.sampled_from(_FORMS)), st.sampled_from(media.WRITTEN), st.randoms())
def test_nothing_changes_but_what_the_diff_says(
    other: list[Triple], forms: set[str], format: media.Format, random: object
) -> None:
    """Whatever is chosen and however it is written: read again, it is the file without − and with +."""
    triples = list(dict.fromkeys([*read(HEAD + "ex:d a dcat:Dataset ." + "".join(sorted(forms))), *other]))
    steps = propose(catalogue(), triples, target="eucaim-2")
    mended = mend(triples, picked(steps, {s.id for s in steps if random.random() < 0.7}))  # type: ignore[attr-defined]

    again = read(serialise(mended.triples, format), format)

    assert canonical(again) == canonical(set(triples) - set(mended.removed) | set(mended.added))
    assert set(other) <= set(mended.triples)
    assert set(mended.removed) <= {triple for step in mended.applied for triple in step.before}
    assert set(mended.added) <= {triple for step in mended.applied for triple in step.after}


@settings(max_examples=20, deadline=None)
@given(_OTHER, st.sets(st.sampled_from(_FORMS)))
def test_a_mended_file_needs_no_mending(other: list[Triple], forms: set[str]) -> None:
    once = everything(list(dict.fromkeys([*read(HEAD + OLD + "".join(sorted(forms))), *other])))

    assert everything(once) == once


# -- the page ---------------------------------------------------------------------------------------------------------


def send(service: Service, text: str, **form: str | list[str]) -> TestResponse:
    data = {"text": text, "profile": "eucaim-2", **form}
    return service.client.post("/validate", data=data, headers={"Accept": "text/html"})


def given_back(page: str) -> str:
    """The text in the form."""
    (text,) = re.findall(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    return html.unescape(text)


def test_the_page_offers_the_certain_fixes_with_before_and_after(library: Service) -> None:
    page = send(library, HEAD + OLD).text

    assert "Apply all 2 certain fixes" in page
    assert '<del class="mono">&lt;https://example.org/d&gt; owl:versionInfo &#34;1.0&#34;</del>' in page
    assert '<input type="checkbox" form="mend" name="fix" value="version-info-1">' in page


def test_the_button_gives_the_mended_text_back_with_its_diff_and_report(library: Service) -> None:
    before, after = send(library, HEAD + OLD), send(library, HEAD + OLD, fix="all")

    assert set(read(given_back(after.text))) == set(everything(read(HEAD + OLD)))
    assert "2 fixes applied" in after.text
    assert "<ins>+ &lt;https://example.org/d&gt; dcat:version &#34;1.0&#34;</ins>\n" in after.text
    assert "it must be a whole number" in before.text
    assert "it must be a whole number" not in after.text
    assert "Apply all" not in after.text


def test_the_chosen_fixes_alone_are_applied(library: Service) -> None:
    page = send(library, HEAD + OLD, fix=["version-info-1", "nothing-1"]).text

    assert set(read(given_back(page))) == set(read(HEAD + OLD.replace("owl:versionInfo", "dcat:version")))
    assert ">Apply the certain fix<" in page


def test_what_the_page_offers_is_what_the_form_can_send(library: Service) -> None:
    """Posting the hidden fields of the page and the button does what the button says."""
    page = send(library, HEAD + OLD).text
    (form,) = re.findall(r'<form id="mend"[^>]*>(.*?)</form>', page, re.DOTALL)
    hidden = {
        name: html.unescape(v) for name, v in re.findall(r'type="hidden" name="(\w+)" value="(.*?)">', form, re.S)
    }

    answer = library.client.post("/validate", data=hidden | {"fix": "all"}, headers={"Accept": "text/html"})

    assert (hidden["text"], hidden["profile"]) == (HEAD + OLD, "eucaim-2")
    assert set(read(given_back(answer.text))) == set(everything(read(HEAD + OLD)))


def test_a_text_that_the_page_could_not_give_back_is_not_mended(library: Service) -> None:
    text = HEAD + OLD + "# " + "x" * 200_000

    assert "Apply all" not in send(library, text).text
    assert send(library, text, fix="all").status_code == 413


def test_a_record_that_is_good_gets_no_fixes(library: Service) -> None:
    page = send(library, record("good"), profile="healthdcat-ap-8").text

    assert "Certain fixes" not in page
