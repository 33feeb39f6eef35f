"""How are descriptions checked, submitted and withdrawn from the command line?"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from catalogue import errors
from catalogue.errors import CatalogueError
from catalogue.model import Report, Severity
from catalogue.rdf import media
from catalogue.rdf.media import Format
from catalogue.settings import Settings

from .common import FAILED, FINDINGS

if TYPE_CHECKING:
    from pyoxigraph import Triple

    from catalogue.services import Catalogue

_FORMATS = {format.name: format for format in media.READ}
_COLOURS = {Severity.VIOLATION: "red", Severity.WARNING: "yellow", Severity.INFO: "blue"}
_format = click.option(
    "--format",
    "input_format",
    type=click.Choice(list(_FORMATS)),
    help="Format of the input, when the file name does not say it; needed for standard input.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_files = click.argument("files", nargs=-1, required=True, metavar="FILE...")


@click.command()
@_files
@_format
@click.option("--profile", "profiles", multiple=True, help="Profile to check against; may stand several times.")
@_json
@click.pass_obj
def validate(
    settings: Settings, files: Sequence[str], input_format: str | None, profiles: Sequence[str], as_json: bool
) -> None:
    """Check descriptions without publishing anything. `-` is standard input.

    Ends with 0 when everything conforms, 1 when something does not, 3 when a file cannot be read.

    \b
    Example:
        catalogue validate --profile eucaim-2 --profile healthdcat-ap-8 dataset.ttl
    """
    from catalogue.profiles.reporting import report_json
    from catalogue.services import Catalogue
    from catalogue.services.validating import validate as judge

    found: list[dict[str, object]] = []
    worst = 0
    with Catalogue.open(settings) as catalogue:
        for name, data, format in _inputs(files, input_format):
            try:
                reports = judge(catalogue, _parse(catalogue, data, format), list(profiles))
            except CatalogueError as error:
                worst = FAILED
                found.append({"file": name, "problem": {"detail": error.what, "mend": error.mend, **error.details}})
                if not as_json:
                    click.echo(click.style(f"{name}: cannot be checked. ", fg="red", bold=True) + error.what)
                    click.echo(f"  {error.mend}\n")
                continue
            if not all(report.conforms for report in reports):
                worst = max(worst, FINDINGS)
            found.append({"file": name, "reports": [report_json(report) for report in reports]})
            if not as_json:
                _print(name, reports)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    sys.exit(worst)


@click.command()
@_files
@_format
@click.option(
    "--state",
    "target",
    type=click.Choice(["draft", "published"]),
    default="published",
    show_default=True,
    help="A draft is kept even when it violates, and nobody sees it but those who may change it.",
)
@click.option("--catalog", help="Slug of the catalogue that shall list the datasets.")
@click.option("--partial", is_flag=True, help="Keep what can be kept of a file; else a file is all or nothing.")
@click.option(
    "--no-validate",
    is_flag=True,
    help="Bulk-load a dump (N-Quads, one graph per record, IRIs below the base, no blank nodes) without any check.",
)
@click.option("--note", default="", help="What this is, for the history.")
@_json
@click.pass_obj
def submit(
    settings: Settings,
    files: Sequence[str],
    input_format: str | None,
    target: str,
    catalog: str | None,
    partial: bool,
    no_validate: bool,
    note: str,
    as_json: bool,
) -> None:
    """Submit descriptions to the local catalogue, in the name of its operator. `-` is standard input.

    A service that runs on the same state folder shows them at once.

    \b
    Example:
        catalogue submit data/datasets/*.ttl
    """
    from catalogue.services import Catalogue
    from catalogue.services.drafts import Options
    from catalogue.services.loading import load

    if no_validate and (target == "draft" or catalog or partial):
        raise click.UsageError("--no-validate publishes a dump as it is; it takes no --state, --catalog or --partial.")
    options = Options(publish=target == "published", catalog=catalog, atomic=not partial, note=note)
    worst = 0
    with Catalogue.open(settings) as catalogue:
        for name, data, format in _inputs(files, input_format):
            if no_validate:
                count = load(catalogue, data, format, catalogue.system(), note=note)
                told = json.dumps({"file": name, "published": count})
                click.echo(told if as_json else f"{name}: {count:,} records published")
                continue
            from catalogue.services.submitting import submit as take

            outcomes = take(catalogue, _parse(catalogue, data, format), catalogue.system(), options)
            for outcome in outcomes:
                if outcome.status == "refused":
                    worst = FINDINGS
                if as_json:
                    from catalogue.web.records import result

                    click.echo(json.dumps({"file": name, **result(outcome)}, ensure_ascii=False))
                elif len(outcomes) <= 50 or outcome.status == "refused":
                    click.echo(f"{outcome.status:>10}  {outcome.iri or '–'}  {outcome.title}")
                    if outcome.problem is not None:
                        click.echo(f"            {outcome.problem.what} {outcome.problem.mend}")
                    if outcome.status == "refused" and outcome.report is not None and not outcome.report.conforms:
                        _print(name, [outcome.report])
            if len(outcomes) > 50 and not as_json:
                click.echo(f"{name}: {len(outcomes):,} records taken")
    sys.exit(worst)


@click.command()
@click.argument("iri")
@click.option("--reason", default="", help="Stands on the tombstone.")
@click.option("--successor", help="IRI of what replaces it.")
@click.pass_obj
def withdraw(settings: Settings, iri: str, reason: str, successor: str | None) -> None:
    """Take a record out of the public; its page becomes a tombstone that stays.

    \b
    Example:
        catalogue withdraw http://127.0.0.1:8000/dataset/prostate-mr --reason "Merged with the 2026 release"
    """
    from catalogue.services import Catalogue
    from catalogue.services.withdrawing import withdraw as take

    with Catalogue.open(settings) as catalogue:
        named = catalogue.identity.of(iri)
        record = catalogue.ledger.record(*named) if named else None
        if record is None:
            raise errors.UnknownRecord(
                f"<{iri}> is no record here.", mend=f"IRIs here begin with {settings.base_url}/."
            )
        take(catalogue, record, catalogue.system(), reason=reason, successor=successor)
    click.echo(f"Withdrawn: {record.title}")


def _inputs(files: Sequence[str], input_format: str | None) -> Iterator[tuple[str, bytes, Format]]:
    for name in files:
        if name == "-":
            if input_format is None:
                raise click.UsageError("Standard input needs --format.")
            yield "standard input", sys.stdin.buffer.read(), _FORMATS[input_format]
            continue
        path = Path(name)
        if not path.is_file():
            raise click.UsageError(f"There is no file {name!r}.")
        yield name, path.read_bytes(), _FORMATS[input_format] if input_format else media.by_file_name(path.name)


def _parse(catalogue: Catalogue, data: bytes, format: Format) -> list[Triple]:
    from catalogue.rdf.parse import parse

    return parse(data, format, base_iri=f"{catalogue.identity.base}/", limits=catalogue.limits)


def _print(name: str, reports: Sequence[Report]) -> None:
    from catalogue.profiles.reporting import report_text

    for report in reports:
        text = report_text(report)
        for severity, colour in _COLOURS.items():
            word = severity.value.capitalize()
            text = text.replace(f"{word}:", click.style(f"{word}:", fg=colour, bold=True))
        click.echo(f"{click.style(name, bold=True)}\n{text}")
