"""How are descriptions checked, submitted and withdrawn from the command line?"""

from __future__ import annotations

import glob
import json
import os
import re
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

    from catalogue.profiles.report_formats import Judged
    from catalogue.services import Catalogue

_FORMATS = {format.name: format for format in media.READ}
# Other suffixes that we read (.json, .xml, .owl) are in a folder more often something else.
_IN_FOLDERS = {format.suffix for format in media.READ}
_COLOURS = {
    Severity.VIOLATION.upper(): "red",
    Severity.WARNING.upper(): "yellow",
    Severity.INFO.upper(): "blue",
}
_SEVERITY = re.compile(rf"^(?:{'|'.join(_COLOURS)})(?=  )", re.MULTILINE)
input_format_option = click.option(
    "--format",
    "input_format",
    type=click.Choice(list(_FORMATS)),
    help="Format of the input, when the file name does not say it; needed for standard input.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_files = click.argument("files", nargs=-1, required=True, metavar="FILE...")


@click.command()
@_files
@input_format_option
@click.option("--profile", "profiles", multiple=True, help="Profile to check against; may stand several times.")
@click.option(
    "--format-report",
    "form",
    type=click.Choice(["text", "json", "sarif", "junit", "shacl"]),
    default="text",
    show_default=True,
    help="How to write the report; shacl is a SHACL validation report in Turtle.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format-report json.")
@click.pass_obj
def validate(
    settings: Settings,
    files: Sequence[str],
    input_format: str | None,
    profiles: Sequence[str],
    form: str,
    as_json: bool,
) -> None:
    """Check descriptions without publishing anything. `-` is standard input.

    FILE may be a folder (every .ttl, .jsonld, .rdf, .nt, .nq and .trig in it and below) or a pattern in quotes
    ("data/**/*.ttl"). Colours are for a terminal only; NO_COLOR turns them off.

    Ends with 0 when everything conforms, 1 when something does not, 3 when a file cannot be read.

    \b
    Examples:
        catalogue validate --profile eucaim-2 --profile healthdcat-ap-8 dataset.ttl
        catalogue validate --format-report sarif data/datasets > report.sarif
    """
    from catalogue.profiles.report_formats import Judged
    from catalogue.services import Catalogue
    from catalogue.services.validating import validate as judge

    form = "json" if as_json else form
    judged: list[Judged] = []
    with Catalogue.open(settings) as catalogue:
        for name, data, format in inputs(_expanded(files), input_format):
            try:
                each = Judged(name, judge(catalogue, parsed(catalogue, data, format), list(profiles)))
            except CatalogueError as error:
                each = Judged(name, problem=error)
            judged.append(each)
            if form == "text":
                _print_judged(each)
    if form != "text":
        click.echo(_written(judged, form), nl=False)
    if any(each.problem for each in judged):
        sys.exit(FAILED)
    sys.exit(0 if all(report.conforms for each in judged for report in each.reports) else FINDINGS)


@click.command()
@_files
@input_format_option
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
        for name, data, format in inputs(files, input_format):
            if no_validate:
                count = load(catalogue, data, format, catalogue.system(), note=note)
                told = json.dumps({"file": name, "published": count})
                click.echo(told if as_json else f"{name}: {count:,} records published")
                continue
            from catalogue.services.submitting import submit as take

            outcomes = take(catalogue, parsed(catalogue, data, format), catalogue.system(), options)
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


def inputs(files: Sequence[str], input_format: str | None) -> Iterator[tuple[str, bytes, Format]]:
    """Name, bytes and format of each file; `-` is standard input.

    Raises:
        click.UsageError: There is no such file, or standard input has no format.
        UnsupportedMediaType: The name does not say the format.
    """
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


def _expanded(names: Sequence[str]) -> list[str]:
    """The files that names, folders and patterns stand for, each once.

    Raises:
        click.UsageError: A folder or a pattern stands for none.
    """
    found: dict[str, None] = {}
    for name in names:
        if Path(name).is_dir():
            several = [str(path) for path in sorted(Path(name).rglob("*")) if path.suffix.lower() in _IN_FOLDERS]
        elif name != "-" and glob.has_magic(name) and not Path(name).exists():
            several = sorted(glob.iglob(name, recursive=True))
        else:
            found[name] = None
            continue
        files = [path for path in several if Path(path).is_file()]
        if not files:
            raise click.UsageError(f"There is no description in {name!r}.")
        found.update(dict.fromkeys(files))
    return list(found)


def parsed(catalogue: Catalogue, data: bytes, format: Format) -> list[Triple]:
    """The triples of a file, within the catalogue's limits.

    Raises:
        InvalidSubmission: It cannot be read.
    """
    from catalogue.rdf.parse import parse

    return parse(data, format, base_iri=f"{catalogue.identity.base}/", limits=catalogue.limits)


def _written(judged: Sequence[Judged], form: str) -> str:
    """All reports in a form for machines."""
    from catalogue.profiles.report_formats import junit, sarif
    from catalogue.profiles.reporting import report_graph, report_json
    from catalogue.rdf.serialise import serialise

    if form == "junit":
        return junit(judged).decode()
    if form == "shacl":
        for each in judged:
            if each.problem is not None:  # a SHACL report has no place for it
                click.echo(f"{each.name}: cannot be checked. {each.problem.what} {each.problem.mend}", err=True)
        return serialise(report_graph([r for each in judged for r in each.reports]), media.TURTLE).decode()
    if form == "sarif":
        return json.dumps(sarif(judged), ensure_ascii=False, indent=1) + "\n"
    found = [
        {"file": each.name, "problem": {"detail": each.problem.what, "mend": each.problem.mend, **each.problem.details}}
        if each.problem is not None
        else {"file": each.name, "reports": [report_json(report) for report in each.reports]}
        for each in judged
    ]
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _print_judged(judged: Judged) -> None:
    if judged.problem is None:
        _print(judged.name, judged.reports)
        return
    said = click.style(f"{judged.name}: cannot be checked. ", fg="red", bold=True) + judged.problem.what
    click.echo(f"{said}\n  {judged.problem.mend}\n", color=colour())


def _print(name: str, reports: Sequence[Report]) -> None:
    from catalogue.profiles.reporting import report_text

    for report in reports:
        text = _SEVERITY.sub(lambda m: click.style(m[0], fg=_COLOURS[m[0]], bold=True), report_text(report))
        click.echo(f"{click.style(name, bold=True)}\n{text}", color=colour())


def colour() -> bool | None:
    """Whether to colour: never with NO_COLOR (https://no-color.org), else when the output is a terminal."""
    return False if os.environ.get("NO_COLOR") else None
