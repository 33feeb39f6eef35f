"""How does the command line begin, and how does it end?

Exit codes: 0 fine, 1 findings, 2 wrong use, 3 failed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from catalogue import __version__
from catalogue.errors import CatalogueError
from catalogue.settings import Settings

from . import convert, profiles, records, service, tokens, validate, vocabulary
from .common import FAILED, configure_logging, read_settings

Function = TypeVar("Function", bound=Callable[..., Any])


class Group(click.Group):
    """Words our failures for a terminal, and gives them their exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except CatalogueError as error:
            click.echo(f"Error: {error.what}", err=True)
            if error.mend:
                click.echo(error.mend, err=True)
            ctx.exit(FAILED)


def _setting_flags(function: Function) -> Function:
    """Make a flag of every setting, but for the token: command lines are seen by everybody on the machine."""
    for name, field in reversed(Settings.model_fields.items()):
        if name != "bootstrap_token":
            flag = f"--{name.replace('_', '-')}"
            text = f"{field.description} [{field.default}]"
            function = click.option(flag, name, metavar=_METAVARS.get(field.annotation, "TEXT"), help=text)(function)
    return function


_METAVARS: dict[Any, str] = {int: "NUMBER", float: "NUMBER", Path: "FOLDER"}


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="catalogue")
@_setting_flags
@click.pass_context
def main(context: click.Context, /, **flags: str | None) -> None:
    """Describe health datasets, check the descriptions, publish them.

    The options below are the settings. Each can also stand in the environment (CATALOGUE_STATE, CATALOGUE_BASE_URL, …)
    or in catalogue.toml; an admin token for automation only there (CATALOGUE_BOOTSTRAP_TOKEN).

    \b
    First steps:
        catalogue demo                              a catalogue with sample data
        catalogue validate data/invalid/prostate.ttl
        catalogue token create "Data office" --role holder
        catalogue serve
    """
    context.obj = read_settings(**flags)
    configure_logging(context.obj.log_format)


for command in (
    *(service.serve, service.demo, service.rebuild),
    *(records.submit, validate.validate, convert.convert, records.withdraw),
):
    main.add_command(command)
main.add_command(tokens.token)
main.add_command(profiles.profile)
main.add_command(vocabulary.vocabulary)
