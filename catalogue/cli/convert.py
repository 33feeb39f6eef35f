"""How is a description written in another format, and its old or wrong forms mended, on the command line?"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from catalogue import errors
from catalogue.rdf import media
from catalogue.settings import Settings

from .common import FINDINGS, colour
from .inputs import input_format_option, inputs, parsed

if TYPE_CHECKING:
    from pyoxigraph import Triple

    from catalogue.profiles.fixes import Step
    from catalogue.services.mending import Mended

_TO = {format.suffix[1:]: format for format in media.WRITTEN}


@click.command()
@click.argument("file")
@click.option("--to", type=click.Choice(list(_TO)), required=True, help="Format to write.")
@input_format_option
@click.option("--fix", is_flag=True, help="Apply the rewrites that are certain, and tell what needs a person.")
@click.option("--target", metavar="PROFILE", default="", help="Profile to fit; else what the record claims.")
@click.option("--only", multiple=True, metavar="ID", help="Apply these rewrites only; may stand several times.")
@click.option("--diff", is_flag=True, help="Only show what --fix would change, and write nothing.")
@click.option("-o", "out", metavar="OUT", help="File to write; else standard output.")
@click.pass_obj
def convert(
    settings: Settings,
    file: str,
    to: str,
    input_format: str | None,
    fix: bool,
    target: str,
    only: Sequence[str],
    diff: bool,
    out: str | None,
) -> None:
    """Write a description in another format; with --fix, mended. `-` is standard input.

    What --fix changes is shown on standard error, as triples that go (−) and come (+), with the questions that only a
    person can answer. Everything else stays as it is; comments and the order of the file do not.

    With --diff it ends with 1 when something would change, else with 0.

    \b
    Examples:
        catalogue convert dataset.rdf --to ttl -o dataset.ttl
        catalogue convert dataset.ttl --to ttl --fix --target eucaim-2 -o mended.ttl
    """
    from catalogue.rdf.serialise import serialise
    from catalogue.services import Catalogue
    from catalogue.services.mending import mend, picked, propose

    if (target or only or diff) and not fix:
        raise click.UsageError("--target, --only and --diff belong to --fix.")
    ((_, data, format),) = inputs([file], input_format)
    with Catalogue.open(settings) as catalogue:
        triples: Sequence[Triple] = parsed(catalogue, data, format)
        changed = False
        if fix:
            steps = propose(catalogue, triples, target=target)
            mended = mend(triples, picked(steps, only or {step.id for step in steps}))
            _tell(steps, mended, only)
            changed, triples = bool(mended.applied), mended.triples
    if diff:
        sys.exit(FINDINGS if changed else 0)
    try:
        written = serialise(triples, _TO[to])
    except ValueError as error:
        raise errors.NotAcceptable(f"{error}.", mend="Write another format.", available=list(_TO)) from error
    if out:
        Path(out).write_bytes(written)
    else:
        sys.stdout.buffer.write(written)


def _tell(steps: Sequence[Step], mended: Mended, only: Iterable[str]) -> None:
    from catalogue.profiles.fixes import StepKind
    from catalogue.profiles.reporting import one_line

    certain = {step.id for step in steps if step.kind is StepKind.SAFE}
    unknown = [id for id in only if id not in certain]
    if unknown:
        known = ", ".join(sorted(certain)) or "none"
        raise click.UsageError(f"No certain rewrite is called {', '.join(unknown)}; there are: {known}.")
    for step in mended.applied:
        _say(one_line(f"{step.id}: {step.what}"), bold=True)
    for line in mended.diff():
        _say(one_line(line), fg="red" if line.startswith("−") else "green")
    questions = [step for step in steps if step.kind is not StepKind.SAFE]
    if questions:
        _say("These need a person:", bold=True)
    for step in questions:
        _say(one_line(f"  {step.id}: {step.question or step.what}"))
    if not mended.applied:
        _say("There is nothing to rewrite.")


def _say(line: str, *, fg: str | None = None, bold: bool | None = None) -> None:
    click.echo(click.style(line, fg=fg, bold=bold), err=True, color=colour())
