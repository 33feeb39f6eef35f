"""How are descriptions submitted and withdrawn from the command line?"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from catalogue import errors
from catalogue.settings import Settings

from .common import FINDINGS, echo_report
from .inputs import input_format_option, inputs, parsed

if TYPE_CHECKING:
    from catalogue.rdf.media import Format
    from catalogue.services import Catalogue
    from catalogue.services.drafts import Options
    from catalogue.services.submitting import Outcome

_MOST_LISTED = 50


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
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
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
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

    if no_validate and (target == "draft" or catalog or partial):
        raise click.UsageError("--no-validate publishes a dump as it is; it takes no --state, --catalog or --partial.")
    options = Options(publish=target == "published", catalog=catalog, atomic=not partial, note=note)
    refused = False
    with Catalogue.open(settings) as catalogue:
        for name, data, format in inputs(files, input_format):
            if no_validate:
                _load(catalogue, name, data, format, note, as_json)
            else:
                refused |= _submit(catalogue, name, data, format, options, as_json)
    sys.exit(FINDINGS if refused else 0)


def _load(catalogue: Catalogue, name: str, data: bytes, format: Format, note: str, as_json: bool) -> None:
    """Publish a dump, and tell how many records it had."""
    from catalogue.services.loading import load

    count = load(catalogue, data, format, catalogue.system(), note=note)
    told = json.dumps({"file": name, "published": count})
    click.echo(told if as_json else f"{name}: {count:,} records published")


def _submit(catalogue: Catalogue, name: str, data: bytes, format: Format, options: Options, as_json: bool) -> bool:
    """Submit a file, and tell what became of it; whether a record was refused."""
    from catalogue.services.submitting import submit as take

    outcomes = take(catalogue, parsed(catalogue, data, format), catalogue.system(), options)
    for outcome in outcomes:
        if as_json:
            from catalogue.web.records import result

            click.echo(json.dumps({"file": name, **result(outcome)}, ensure_ascii=False))
        elif len(outcomes) <= _MOST_LISTED or outcome.status == "refused":
            _tell(name, outcome)
    if len(outcomes) > _MOST_LISTED and not as_json:
        click.echo(f"{name}: {len(outcomes):,} records taken")
    return any(outcome.status == "refused" for outcome in outcomes)


def _tell(name: str, outcome: Outcome) -> None:
    from catalogue.profiles.report_formats import Judged, written

    click.echo(f"{outcome.status:>10}  {outcome.iri or '–'}  {outcome.title}")
    if outcome.problem is not None:
        click.echo(f"            {outcome.problem.what} {outcome.problem.mend}")
    if outcome.status == "refused" and outcome.report is not None and not outcome.report.conforms:
        for text in written("text", [Judged(name, [outcome.report])]):
            echo_report(text)


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
