"""How does the command line begin, and how does it end?

Exit codes: 0 fine, 1 findings, 2 wrong use, 3 failed.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import structlog
from pydantic import ValidationError

from catalogue import __version__
from catalogue.errors import CatalogueError
from catalogue.settings import Settings, load_settings

Function = TypeVar("Function", bound=Callable[..., Any])

FINDINGS, FAILED = 1, 3


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


def read_settings(**flags: Any) -> Settings:
    """The settings; a malformed one ends the command with its name.

    Raises:
        click.UsageError: A setting is malformed.
    """
    try:
        return load_settings(**flags)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise click.UsageError("These settings are not usable:\n  " + "\n  ".join(problems)) from error


def configure_logging(form: str) -> None:
    """Log to standard error, so that output can be piped."""
    renderer: Any = structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks if form == "json" else structlog.processors.StackInfoRenderer(),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _register() -> None:
    from . import records, service, tokens

    for command in (service.serve, service.demo, service.rebuild, records.submit, records.validate, records.withdraw):
        main.add_command(command)
    main.add_command(tokens.token)


_register()
