"""What do the official examples say to each profile, ours and the official ones beside them?

One example of each release that is held in `../shared`; of Release 5 and EUCAIM v2.0 there is none. Pinned is which
profiles find no violation, with the reason why the others do.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import structlog
from agreement.official import REFERENCE, SOURCES, operators_folder
from click.testing import CliRunner

from catalogue.cli import main

CORPUS = REFERENCE.parent / "corpus"
pytestmark = pytest.mark.skipif(
    not (REFERENCE.is_dir() and CORPUS.is_dir()), reason="the official files and examples are not here"
)
OURS = [*SOURCES, "eucaim-1", "eucaim-2", "eucaim-harvester", "ehds-minimum"]
OFFICIAL = [f"{profile}-official" for profile in SOURCES]
HEALTH = REFERENCE / "healthdcat-ap"
# File, profiles without a violation, and why the others have some.
EXAMPLES = {
    "Release 8, ARCA": (
        HEALTH / "release-8" / "examples" / "ARCA.ttl",
        "dcat-ap-3 healthdcat-ap-8 ehds-minimum dcat-ap-3-official healthdcat-ap-8-official",
        "Earlier releases ask the acceptance base or the IP address of the vocabularies; EUCAIM asks imaging.",
    ),
    "Release 8, sample": (
        HEALTH / "release-8" / "examples" / "example-healthdcat-dataset.ttl",
        "dcat-ap-3 healthdcat-ap-8 ehds-minimum dcat-ap-3-official",
        "Its byteSize is xsd:nonNegativeInteger, as in DCAT-AP 3.0.1; the official files ask xsd:decimal (D6, D25).",
    ),
    "Release 7, sample": (
        HEALTH / "release-7" / "examples" / "example-healthdcat-dataset.ttl",
        "dcat-ap-3 healthdcat-ap-7 healthdcat-ap-5-2026 ehds-minimum dcat-ap-3-official",
        "byteSize again (D6); Release 8 has renamed csvw:titles and moved the vocabularies.",
    ),
    "DCAT-AP 3.0.1": (
        CORPUS / "dcat-ap-3.0.1" / "example-bee-population-2022-2023.ttl",
        "dcat-ap-3 ehds-minimum dcat-ap-3-official",
        "It is about bees and says nothing of health.",
    ),
    "EUCAIM v1.0": (
        REFERENCE / "examples" / "v1.0" / "dataset-assembled.ttl",
        "ehds-minimum",
        "Put together from the snippets of the specification: without distribution, an agent without name.",
    ),
}


def violations(example: Path, tmp_path: Path) -> tuple[int, list[dict[str, int]]]:
    """Exit code, and violations by profile for each record."""
    asked = [word for profile in (*OURS, *OFFICIAL) for word in ("--profile", profile)]
    place = ["--state", str(tmp_path / "state"), "--shapes", str(operators_folder())]
    result = CliRunner().invoke(main, [*place, "validate", "--json", *asked, str(example)])
    structlog.reset_defaults()
    reports = json.loads(result.stdout)[0]["reports"]
    return result.exit_code, [{p["id"]: p["counts"]["violation"] for p in report["profiles"]} for report in reports]


@pytest.mark.parametrize(("example", "conforming"), [row[:2] for row in EXAMPLES.values()], ids=EXAMPLES)
def test_an_official_example_conforms_where_it_should(example: Path, conforming: str, tmp_path: Path) -> None:
    status, records = violations(example, tmp_path)

    assert status == 1
    for counts in records:
        assert set(counts) == {*OURS, *OFFICIAL}
        assert {profile for profile, count in counts.items() if count == 0} == set(conforming.split())


def test_the_official_samples_fail_their_own_release_by_the_byte_size_alone(tmp_path: Path) -> None:
    """D6 and D25: two distributions, one violation each."""
    for release in ("8", "7"):
        example = EXAMPLES[f"Release {release}, sample"][0]
        assert violations(example, tmp_path)[1][0][f"healthdcat-ap-{release}-official"] == 2
