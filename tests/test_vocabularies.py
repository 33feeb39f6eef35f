"""Do the shipped vocabularies answer as the profiles need?"""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from catalogue.resources import shipped
from catalogue.vocabularies import Vocabularies, own
from catalogue.vocabularies.changes import newer

ROOT = Path(__file__).parent.parent
NAL = "http://publications.europa.eu/resource/authority/"
HDEU = "https://hdeu-dcat.data.health.europa.eu/resource/authority/"
ACCEPTANCE = "https://hdeu-dcat.acceptance.data.health.europa.eu/resource/authority/"
EUCAIM = "https://cancerimage.eu/ontology/EUCAIM#"
EUCAIM_LISTS = "https://eucaim.github.io/eucaim_dcat_ap/releases/controlled-vocabularies/"
DPV = "https://w3id.org/dpv#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
ROLE = "https://schemas.isotc211.org/resources/codelists/ISO19115-1.1.cit.CI-RoleCode"
IANA = "http://www.iana.org/assignments/media-types"


@pytest.fixture(scope="module")
def vocabularies() -> Vocabularies:
    """The vocabularies that ship."""
    return Vocabularies.load(shipped("ontologies"))


def triple(subject: str, predicate: str, value: str) -> Triple:
    """A triple about a concept in SKOS words."""
    return Triple(NamedNode(subject), NamedNode(SKOS + predicate), NamedNode(value))


def test_generated_files_are_what_their_sources_make() -> None:
    check = subprocess.run(
        [sys.executable, ROOT / "scripts" / "build_ontologies.py", "--check"],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert (check.returncode, check.stdout, check.stderr) == (0, "", "")


def test_each_turtle_file_says_the_same_as_the_loaded_vocabulary(vocabularies: Vocabularies) -> None:
    for iri, path in vocabularies.graphs():
        members = set()
        titles = set()
        for quad in parse(path=str(path), format=RdfFormat.TURTLE):
            if quad.predicate.value == SKOS + "inScheme":
                assert quad.object.value == iri
                members.add(quad.subject.value)
            elif quad.predicate.value == "http://purl.org/dc/terms/title":
                titles.add((quad.subject.value, quad.object.value))
        assert members == {concept.iri for concept in vocabularies.concepts(iri)}, path.name
        scheme = vocabularies.scheme(iri)
        assert scheme is not None
        assert titles == {(iri, scheme.title)}


def test_every_scheme_is_found_by_name_and_iri_and_is_complete_in_itself(vocabularies: Vocabularies) -> None:
    assert len(vocabularies.schemes) == len({scheme.iri for scheme in vocabularies.schemes})
    for scheme in vocabularies.schemes:
        assert vocabularies.scheme(scheme.name) is vocabularies.scheme(scheme.iri) is scheme
        assert "" not in (scheme.title, scheme.version, scheme.source, scheme.licence)
        for concept in vocabularies.concepts(scheme.name):
            assert concept.scheme == scheme.iri
            assert concept.iri.startswith(scheme.prefixes), concept.iri
            assert all(label.strip() == label != "" for label in concept.labels.values()), concept.iri
    assert vocabularies.scheme("no-such") is None
    assert vocabularies.concepts("no-such") == []


def test_every_branch_is_reached_from_each_of_its_concepts(vocabularies: Vocabularies) -> None:
    branches = [scheme for scheme in vocabularies.schemes if scheme.iri.startswith((EUCAIM, DPV))]
    assert len(branches) == 13
    for scheme in branches:
        for concept in vocabularies.concepts(scheme.iri):
            assert scheme.iri in vocabularies.ancestors(concept.iri), concept.iri


@pytest.mark.parametrize(
    ("root", "members"),
    [
        (
            "SPEC1000008",
            {
                "SPEC1000009": "Tier 1",
                "SPEC1000011": "Tier 2",
                "SPEC1000010": "Tier 3",
                "SPEC1000012": "Tier 1A+",
                "SPEC10000011": "Tier 1C+",
                "SPEC1000014": "Tier 2A+",
                "SPEC1000013": "Tier 2C+",
                "SPEC1000016": "Tier 3A+",
                "SPEC1000015": "Tier 3C+",
            },
        ),
        (
            "SPEC1000017",
            {
                "SPEC1000018": "Processed Dataset",
                "SPEC1000019": "Annotated Dataset",
                "SPEC1000020": "Original Dataset",
            },
        ),
        (
            "SPEC1000002",
            {
                "SPEC1000003": "Only-Image",
                "SPEC1000004": "Patient-based",
                "SPEC1000005": "Case-control",
                "SPEC1000006": "Longitudinal",
                "SPEC1000007": "Disease-specific",
                "COM1002627": "Cohort",
            },
        ),
        ("COM1001396", {"COM1001366": "Male", "COM1001370": "Female"}),
        ("COM1001204", {"COM1000003": "Manual", "COM1000005": "Semiautomatic", "COM1000008": "Automatic"}),
    ],
)
def test_closed_eucaim_lists_hold_exactly_what_the_profile_names(
    vocabularies: Vocabularies, root: str, members: dict[str, str]
) -> None:
    """EUCAIM DCAT-AP v2.0; tier numbers do not follow the order of their IRIs, Tier 1C+ has eight digits."""
    held = {concept.iri: concept.labels["en"] for concept in vocabularies.concepts(EUCAIM + root)}
    assert held == {EUCAIM + code: label for code, label in members.items()}


def test_eucaim_access_conditions_are_held_as_concepts_and_as_classes(vocabularies: Vocabularies) -> None:
    concepts = {c.notation for c in vocabularies.concepts(EUCAIM_LISTS + "access-conditions/")}
    classes = {c.notation for c in vocabularies.concepts(EUCAIM + "SPEC1000021")}
    assert concepts == {"DOWNLOAD", "IN_SITU_PROCESSING", "REMOTE_PROCESSING"}
    assert classes == {"SPEC1000022", "SPEC1000023", "SPEC1000024"}


def test_long_eucaim_lists_have_the_published_sizes(vocabularies: Vocabularies) -> None:
    names = (
        "eucaim-data-use-condition",
        "eucaim-segmentation-label",
        "eucaim-manufacturer",
        "eucaim-modality",
    )
    assert [len(vocabularies.concepts(name)) for name in names] == [23, 494, 20, 52]


def test_tiers_with_a_letter_stand_below_their_tier(vocabularies: Vocabularies) -> None:
    assert vocabularies.ancestors(EUCAIM + "SPEC10000011")[:2] == (
        EUCAIM + "SPEC1000009",
        EUCAIM + "SPEC1000008",
    )


def test_an_imaging_procedure_is_known_but_is_no_modality(vocabularies: Vocabularies) -> None:
    """The v1.0 examples use the MRI procedure; its label looks right, its branch is another."""
    procedure, modality = EUCAIM + "IMG1000022", EUCAIM + "IMG1000038"
    assert vocabularies.concept(procedure) is not None
    assert EUCAIM + "IMG1000009" not in vocabularies.ancestors(procedure)
    assert not vocabularies.contains(EUCAIM + "IMG1000009", procedure)
    assert vocabularies.contains(EUCAIM + "IMG1000009", modality)
    assert vocabularies.replacement(procedure) is None


def test_a_concept_may_be_in_several_schemes(vocabularies: Vocabularies) -> None:
    brain = EUCAIM + "BP1000173"
    found = {t.object.value for t in vocabularies.lookup([brain]) if t.predicate.value == SKOS + "inScheme"}
    labels = EUCAIM_LISTS + "segmentation-labels/"
    assert found == {EUCAIM + "BP1000024", labels, "https://cancerimage.eu/ontology/EUCAIM"}


def test_lookup_says_scheme_and_all_ancestors_and_nothing_about_strangers(vocabularies: Vocabularies) -> None:
    age = "https://w3id.org/dpv/dpv-pd#Age"
    facts = vocabularies.lookup([age, age, "https://example.org/x", "not an IRI", DPV + "Nothing"])
    above = ("PhysicalCharacteristic", "External")
    assert facts == [
        triple(age, "inScheme", "https://w3id.org/dpv/dpv-pd"),
        *(triple(age, "broaderTransitive", f"https://w3id.org/dpv/dpv-pd#{name}") for name in above),
        triple(age, "broaderTransitive", DPV + "PersonalData"),
        triple(age, "broaderTransitive", DPV + "Data"),
    ]


def test_a_known_code_on_the_acceptance_base_is_in_the_scheme_on_that_base(
    vocabularies: Vocabularies,
) -> None:
    known, unknown = (ACCEPTANCE + f"healthcategories/{code}" for code in ("EHRS", "XYZ"))
    assert vocabularies.lookup([known, unknown]) == [triple(known, "inScheme", ACCEPTANCE + "healthcategories")]
    assert vocabularies.contains(ACCEPTANCE + "healthcategories", known)
    assert not vocabularies.contains(HDEU + "healthcategories", known)
    assert vocabularies.replacement(known) == HDEU + "healthcategories/EHRS"
    assert vocabularies.replacement(unknown) is None


@pytest.mark.parametrize("iri", ["https://sws.geonames.org/2950157/", "http://sws.geonames.org/2950157"])
def test_a_geonames_place_is_in_the_geonames_scheme(vocabularies: Vocabularies, iri: str) -> None:
    assert vocabularies.lookup([iri]) == [triple(iri, "inScheme", "https://sws.geonames.org/")]


@pytest.mark.parametrize(
    "iri",
    [
        "https://sws.geonames.org/",
        "https://sws.geonames.org/Berlin/",
        "https://sws.geonames.org/2950157/about.rdf",
        "https://sws.geonames.org.evil.org/2950157/",
        "https://evil.org/https://sws.geonames.org/2950157/",
    ],
)
def test_what_only_looks_like_geonames_is_in_no_scheme(vocabularies: Vocabularies, iri: str) -> None:
    assert vocabularies.lookup([iri]) == []


def test_media_types_are_the_same_with_http_and_https(vocabularies: Vocabularies) -> None:
    for scheme in ("http", "https"):
        iri = f"{scheme}://www.iana.org/assignments/media-types/application/dicom"
        assert vocabularies.contains(IANA, iri)
        assert vocabularies.label(iri) == "application/dicom"
        assert vocabularies.replacement(iri) is None
    assert vocabularies.lookup([f"{IANA}/application/no-such"]) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (NAL + "licence/CC_BY", NAL + "licence/CC_BY_4_0"),
        (NAL + "licence/CC_BY_NC_4_0", NAL + "licence/CC_BYNC_4_0"),
        (NAL + "language/GER", NAL + "language/DEU"),
        ("https" + NAL[4:] + "data-theme/HEAL", NAL + "data-theme/HEAL"),
        ("https" + NAL[4:] + "licence/CC_BY", NAL + "licence/CC_BY_4_0"),
        (
            "http://13.81.34.152:1101/resource/authority/health-theme/CANCER",
            HDEU + "health-theme/CANCER_DISEASE",
        ),
        ("http://13.81.34.152:1101/resource/authority/healthcategories/EHRS", HDEU + "healthcategories/EHRS"),
        (NAL + "healthcategories/EHRS", HDEU + "healthcategories/EHRS"),
        ("https" + NAL[4:] + "health-theme/CANCER_DISEASE", HDEU + "health-theme/CANCER_DISEASE"),
        ("https://w3id.org/dpv/pd#Age", "https://w3id.org/dpv/dpv-pd#Age"),
        ("https://w3id.org/dpv/pd#HairColour", "https://w3id.org/dpv/dpv-pd#HairColor"),
        ("http://w3id.org/dpv#ScientificResearch", DPV + "ScientificResearch"),
        (
            EUCAIM_LISTS + "data-use-conditions/NO_RESTRICTION",
            EUCAIM_LISTS + "data-use-conditions/#NO_RESTRICTION",
        ),
        (
            "http://purl.obolibrary.org/obo/DUO_0000042",
            EUCAIM_LISTS + "data-use-conditions/#GENERAL_RESEARCH_USE",
        ),
        ("https://hyperontology.eucaim.cancerimage.eu/#SPEC1000011", EUCAIM + "SPEC1000011"),
        (EUCAIM + "COM1000180", EUCAIM + "COM1001366"),
        (
            "https://standards.iso.org/iso/19115/resources/Codelists/gml/CI_RoleCode.xml#processor",
            ROLE + "/processor",
        ),
        ("https://eur-lex.europa.eu/eli/reg/2025/327/oj", "http://data.europa.eu/eli/reg/2025/327/oj"),
        ("http://www.w3.org/ns/odrl/2/copy", "http://www.w3.org/ns/odrl/2/reproduce"),
    ],
)
def test_a_certain_replacement_is_given(vocabularies: Vocabularies, old: str, new: str) -> None:
    assert vocabularies.replacement(old) == new
    assert vocabularies.label(old) is not None


@pytest.mark.parametrize(
    "iri",
    [
        NAL + "licence/CC_BY_4_0",
        NAL + "licence/CC_BY_1_0",
        NAL + "healthcategories/XYZ",
        EUCAIM_LISTS + "data-use-conditions/#NO_RESTRICTION",
        EUCAIM_LISTS + "data-use-conditions/NO_SUCH",
        EUCAIM + "SPEC1000024",
        "https://w3id.org/dpv/dpv-pd#Age",
        "https://w3id.org/dpv/pd#Citizenship",
        "https://example.org/x",
        "",
    ],
)
def test_nothing_is_replaced_without_certainty(vocabularies: Vocabularies, iri: str) -> None:
    assert vocabularies.replacement(iri) is None


def test_every_listed_replacement_leads_to_a_concept_in_force(vocabularies: Vocabularies) -> None:
    """Neither a concept's own successor nor a row of the rules names a target that does not exist."""
    concepts = [concept for scheme in vocabularies.schemes for concept in vocabularies.concepts(scheme.iri)]
    successors = {concept.iri: concept.replacement for concept in concepts if concept.replacement}
    with (shipped("ontologies") / "sources" / "rewrites.csv").open(encoding="utf-8", newline="") as file:
        listed = {row["old"]: row["new"] for row in csv.DictReader(file) if row["kind"] == "iri"}
    assert len(successors) == 14
    assert len(listed) == 71
    for old, new in (successors | listed).items():
        assert vocabularies.replacement(old) == new


def test_labels_follow_the_language_then_english_then_any(vocabularies: Vocabularies) -> None:
    germany = NAL + "country/DEU"
    assert vocabularies.label(germany, "fr-BE") == "Allemagne"
    assert vocabularies.label(germany, "fi") == vocabularies.label(germany) == "Germany"
    assert vocabularies.label("http://data.europa.eu/eli/reg/2025/327/oj", "fr") == (
        "European Health Data Space Regulation (EU) 2025/327"
    )
    assert vocabularies.label(NAL + "country") == "EU countries and territories"
    assert vocabularies.label("country") is None
    assert vocabularies.label("https://example.org/x") is None


def test_an_unknown_code_falls_under_the_scheme_of_its_beginning(vocabularies: Vocabularies) -> None:
    def name(iri: str) -> str | None:
        scheme = vocabularies.scheme_of_prefix(iri)
        return scheme.name if scheme else None

    assert name(NAL + "file-type/XYZ") == "file-type"
    assert name(NAL + "healthcategories/XYZ") == name(HDEU + "healthcategories/XYZ") == "healthcategories"
    assert name(ACCEPTANCE + "standard/XYZ") == "standard"
    assert name("https://w3id.org/dpv/pd#Xyz") == "dpv-personal-data-2"
    assert name(EUCAIM_LISTS + "access-conditions/#XYZ") == "eucaim-access-condition"
    assert name(EUCAIM + "XYZ") is None
    assert name(DPV + "Xyz") is None
    assert name("https://example.org/file-type/CSV") is None


def test_a_concept_is_found_by_exact_label_or_code(vocabularies: Vocabularies) -> None:
    def iri(label: str, scheme: str) -> str | None:
        concept = vocabularies.find(label, scheme)
        return concept.iri if concept else None

    assert iri("tier  2", "eucaim-tier") == EUCAIM + "SPEC1000011"
    assert iri("Allemagne", "country") == iri("DEU", NAL + "country") == NAL + "country/DEU"
    assert iri("Creative Commons Attribution 4.0 International", "licence") == NAL + "licence/CC_BY_4_0"
    assert iri("CC_BY", "licence") == NAL + "licence/CC_BY"
    assert iri("Tier", "eucaim-tier") is None
    assert iri("", "eucaim-tier") is None
    assert iri("Tier 2", "no-such") is None


def test_a_label_that_two_concepts_bear_finds_neither(vocabularies: Vocabularies) -> None:
    bearers = [c for c in vocabularies.concepts("place") if c.labels["en"] == "Tripoli" and not c.deprecated]
    assert len(bearers) > 1
    assert vocabularies.find("Tripoli", "place") is None


def test_dpv_reaches_from_personal_data_and_gdpr_articles_to_its_roots(vocabularies: Vocabularies) -> None:
    assert DPV + "Purpose" in vocabularies.ancestors(DPV + "AcademicResearch")
    for namespace in ("https://w3id.org/dpv/dpv-gdpr#", "https://w3id.org/dpv/legal/eu/gdpr#"):
        assert DPV + "LegalBasis" in vocabularies.ancestors(namespace + "A9-2-j")
    for namespace in ("https://w3id.org/dpv/dpv-pd#", "https://w3id.org/dpv/pd#"):
        assert DPV + "Data" in vocabularies.ancestors(namespace + "HealthRecord")
    assert vocabularies.ancestors("https://example.org/x") == ()


def test_a_circle_in_the_hierarchy_ends_and_leaves_the_concept_out(tmp_path: Path) -> None:
    folder = _small_folder(tmp_path, "iri,broader\nurn:a,urn:b\nurn:b,urn:c\nurn:c,urn:a\n")
    assert Vocabularies.load(folder).ancestors("urn:a") == ("urn:b", "urn:c")


def test_a_row_with_a_missing_cell_is_refused_with_its_place(tmp_path: Path) -> None:
    folder = _small_folder(tmp_path, "iri,broader\nurn:a,\nurn:b\n")
    with pytest.raises(ValueError, match=r"continent\.csv, line 3"):
        Vocabularies.load(folder)


def _small_folder(tmp_path: Path, continents: str) -> Path:
    """A copy of the shipped index and rules with one vocabulary, whose concepts are given."""
    folder = tmp_path / "ontologies"
    (folder / "sources").mkdir(parents=True)
    lines = (shipped("ontologies") / "index.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if line.startswith(("name,", "continent,"))]
    (folder / "index.csv").write_text("".join(kept), encoding="utf-8")
    shutil.copy(shipped("ontologies") / "sources" / "rewrites.csv", folder / "sources")
    (folder / "sources" / "continent.csv").write_text(continents, encoding="utf-8")
    return folder


def test_versions_that_are_kept_at_the_same_time_are_all_kept(vocabularies: Vocabularies, tmp_path: Path) -> None:
    schemes = vocabularies.schemes[:8]
    changes = [(vocabularies.entry(scheme), vocabularies.rows(scheme)) for scheme in schemes]
    with ThreadPoolExecutor(len(changes)) as threads:
        list(threads.map(lambda change: own.keep(tmp_path, [change]), changes))
    assert {entry.scheme for entry in own.entries(tmp_path)} == set(schemes)
    overlaid = Vocabularies.load(shipped("ontologies"), tmp_path)
    assert overlaid.schemes == vocabularies.schemes
    for scheme in vocabularies.schemes:
        assert overlaid.rows(scheme) == vocabularies.rows(scheme)


@pytest.mark.parametrize(
    ("version", "than", "expected"),
    [
        ("20260101-0", "20190619-0", True),
        ("20190619-0", "20190619-0", False),
        ("2.0", "10.0", False),
        ("2.3.1", "2.3", True),
        ("1", "extract, version not recorded", True),
        ("latest", "2.0", False),
        ("9" * 10_000, "1", True),
    ],
)
def test_versions_are_compared_by_their_numbers(version: str, than: str, expected: bool) -> None:
    assert newer(version, than) is expected
