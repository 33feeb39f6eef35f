"""How does the operator see, renew and reset the vocabularies?"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catalogue.errors import Conflict
from catalogue.settings import Settings

from .common import FINDINGS
from .inputs import input_format_option, inputs

if TYPE_CHECKING:
    from catalogue.model import Concept
    from catalogue.rdf.media import Format
    from catalogue.services.affected import Affected
    from catalogue.services.vocabularies import Renewal
    from catalogue.vocabularies.changes import Changes

_FEW = 5
_SHOWN = 50
_TAKEN = "The service that runs on this state folder takes it up within some seconds."


@click.group()
def vocabulary() -> None:
    """See the vocabularies, renew one from a newer release, go back to the shipped version."""


@vocabulary.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(settings: Settings, as_json: bool) -> None:
    """List the vocabularies: name, version, number of concepts, held whole or in part, and where from."""
    from catalogue.services import Catalogue
    from catalogue.vocabularies import own

    with Catalogue.open(settings) as catalogue:
        held = catalogue.vocabularies
        operators = {entry.scheme.iri for entry in own.entries(settings.state / own.FOLDER)}
        rows = [
            {
                "name": scheme.name,
                "iri": scheme.iri,
                "title": scheme.title,
                "version": scheme.version,
                "concepts": len(held.concepts(scheme.iri)),
                "complete": scheme.complete,
                "from": "operator" if scheme.iri in operators else "shipped",
            }
            for scheme in held.schemes
        ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        whole = "complete" if row["complete"] else "part"
        click.echo(f"{row['name']:<28}{row['concepts']:>6,}  {whole:<8}  {row['from']:<8}  {row['version']}")


@vocabulary.command()
@click.argument("file")
@input_format_option
@click.option("--name", help="The vocabulary that the file renews; else those whose IRI it describes.")
@click.option("--version", help="The version; else what the file states.")
@click.option("--complete/--part", default=None, help="Whether it holds every code. [default: as it is held now]")
@click.option("--dry-run", is_flag=True, help="Show everything and keep nothing.")
@click.option("--force", is_flag=True, help="Keep it although it is not newer, or more than half of the concepts go.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def update(
    settings: Settings,
    file: str,
    input_format: str | None,
    name: str | None,
    version: str | None,
    complete: bool | None,
    dry_run: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Renew a vocabulary from FILE: SKOS or OWL in an RDF format, or a .csv as in ontologies/sources.

    Shows what changes, and every published record and draft that mentions a concept which is gone, newly deprecated or
    moved, with the violations that come with it. Nothing is fetched, no record is changed. What is kept stands in the
    state folder; commands go by it at once, a running service within some seconds.

    Ends with 0, with 1 when records violate anew, with 3 when the file is refused.

    \b
    Examples:
        catalogue vocabulary update languages-skos.rdf --complete --dry-run
        catalogue vocabulary update modality.csv --name eucaim-modality --version 2.1
    """
    from catalogue.services import Catalogue
    from catalogue.services.affected import affected
    from catalogue.services.vocabularies import Wanted, doubts, keep, prepare

    with Catalogue.open(settings) as catalogue:
        renewal = prepare(catalogue, *_read(file, input_format), Wanted(name, version, complete))
        against = doubts(catalogue, renewal)
        if not as_json:
            _tell_changes(renewal)
        if against and not (dry_run or force):
            raise Conflict(" ".join(against), mend="Nothing was changed. If it is meant so, insist with --force.")
        touched = list(affected(catalogue, renewal))
        served = False if dry_run else keep(catalogue, renewal)
    if as_json:
        found = _as_json(renewal, touched) | {"doubts": against, "kept": not dry_run, "served": served}
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        _tell_records(touched)
        click.echo(_dry(against) if dry_run else f"\nKept. {_TAKEN if served else 'It counts from now on.'}")
    sys.exit(FINDINGS if any(each.worse for each in touched) else 0)


@vocabulary.command()
@click.argument("name")
@click.pass_obj
def forget(settings: Settings, name: str) -> None:
    """Go back to the shipped version of the vocabulary NAME.

    \b
    Example:
        catalogue vocabulary forget language
    """
    from catalogue.services import Catalogue
    from catalogue.services.vocabularies import forget as let_go

    with Catalogue.open(settings) as catalogue:
        served = let_go(catalogue, name)
    click.echo(f"The shipped version of {name} counts again. {_TAKEN if served else ''}".rstrip())


def _read(file: str, input_format: str | None) -> tuple[str, bytes, Format | None]:
    """What the file is called, holds, and is written in; None: rows as in ontologies/sources."""
    if input_format is None and file.lower().endswith(".csv"):
        path = Path(file)
        if not path.is_file():
            raise click.UsageError(f"There is no file {file!r}.")
        return file, path.read_bytes(), None
    (found,) = inputs([file], input_format)
    return found


def _dry(against: Sequence[str]) -> str:
    doubts = "".join(f"\nRefused without --force: {doubt}\n" for doubt in against)
    return f"{doubts}\nNothing was kept."


def _tell_changes(renewal: Renewal) -> None:
    for changes in renewal.changes:
        scheme = changes.scheme
        total = changes.before + len(changes.added) - len(changes.gone)
        whole = "complete" if scheme.complete else "in part"
        click.echo(f"{scheme.name}, version {scheme.version}: {total:,} concepts, held {whole}")
        for what, lines in _lists(changes):
            if lines:
                click.echo(f"  {len(lines):>6,} {what}: {_first(lines)}")
        if not changes:
            click.echo("  nothing changes")


def _tell_records(touched: Sequence[Affected]) -> None:
    if not touched:
        click.echo("\nNo record mentions what changes.")
        return
    worse = sum(bool(each.worse) for each in touched)
    click.echo(f"\n{_counted(len(touched), 'record')} mention what changes, {worse:,} of them violate anew:")
    for each in sorted(touched, key=lambda each: not each.worse)[:_SHOWN]:
        _tell_record(each)
    if len(touched) > _SHOWN:
        click.echo(f"  and {len(touched) - _SHOWN:,} more; --json has them all")


def _tell_record(each: Affected) -> None:
    click.echo(f"  {each.state:<9}  {each.iri}  {_line(each.title)}")
    for mention in each.mentions:
        instead = f"; write {mention.replacement}" if mention.replacement else ""
        click.echo(f"    {mention.what}: {mention.iri} ({_line(mention.label)}){instead}")
    for finding in each.worse:
        click.echo(f"    VIOLATION  {_line(finding.message)} {_line(finding.mend)}")


def _lists(changes: Changes) -> list[tuple[str, list[str]]]:
    """What became of the concepts, in words."""
    return [
        ("added", [_name(c) for c in changes.added]),
        ("gone", [_name(c) for c in changes.gone]),
        ("deprecated", [_name(c) + (f", now {c.replacement}" if c.replacement else "") for c in changes.deprecated]),
        ("relabelled", [f"{_name(then)} → {_label(now)}" for then, now in changes.relabelled]),
        ("moved in the hierarchy", [_name(c) for c in changes.moved]),
    ]


def _first(lines: Sequence[str]) -> str:
    return "; ".join(lines[:_FEW]) + (" …" if len(lines) > _FEW else "")


def _name(concept: Concept) -> str:
    from catalogue.vocabularies.search import last_part

    return f"{_line(concept.notation or last_part(concept.iri))} “{_label(concept)}”"


def _label(concept: Concept) -> str:
    return _line(concept.labels.get("en") or next(iter(concept.labels.values())))


def _line(text: str) -> str:
    from catalogue.profiles.reporting import one_line

    return one_line(text)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _as_json(renewal: Renewal, touched: Iterable[Affected]) -> dict[str, Any]:
    return {
        "vocabularies": [
            {
                "name": changes.scheme.name,
                "iri": changes.scheme.iri,
                "version": changes.scheme.version,
                "complete": changes.scheme.complete,
                "concepts": changes.before + len(changes.added) - len(changes.gone),
                "added": [concept.iri for concept in changes.added],
                "gone": [concept.iri for concept in changes.gone],
                "deprecated": [{"iri": c.iri, "replacement": c.replacement} for c in changes.deprecated],
                "relabelled": [
                    {"iri": now.iri, "before": dict(then.labels), "after": dict(now.labels)}
                    for then, now in changes.relabelled
                ],
                "moved": [concept.iri for concept in changes.moved],
            }
            for changes in renewal.changes
        ],
        "records": [
            {
                "iri": each.iri,
                "title": each.title,
                "state": each.state,
                "concepts": [
                    {"iri": m.iri, "label": m.label, "what": m.what, "replacement": m.replacement}
                    for m in each.mentions
                ],
                "violations": [
                    {"code": f.code, "path": f.path, "value": f.value, "message": f.message, "mend": f.mend}
                    for f in each.worse
                ],
            }
            for each in touched
        ],
    }
