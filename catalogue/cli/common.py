"""What do all commands share? Reading the settings, logging, exit codes, colours."""

from __future__ import annotations

import logging
import os
import re
import sys
from json import JSONEncoder
from typing import Any

import click
import structlog
from pydantic import ValidationError

from catalogue.model import Severity
from catalogue.settings import Settings, load_settings

from .log import Lines

# Beside 0 (fine) and click's 2 (wrong use).
FINDINGS, FAILED = 1, 3

_COLOURS = {
    Severity.VIOLATION.upper(): "red",
    Severity.WARNING.upper(): "yellow",
    Severity.INFO.upper(): "blue",
}
_SEVERITY = re.compile(rf"^(?:{'|'.join(_COLOURS)})(?=  )", re.MULTILINE)


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
    # Tracebacks without the values of variables: those may be a token, a draft or a query.
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    traces = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    json = form == "json" or (form == "auto" and not sys.stderr.isatty())
    encode = JSONEncoder(default=repr, ensure_ascii=False).encode  # made once: `json.dumps` makes one for each line
    renderer: Any = structlog.processors.JSONRenderer(lambda line, **_: encode(line)) if json else plain
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(traces) if json else structlog.processors.StackInfoRenderer(),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(Lines(sys.stderr)),  # type: ignore[arg-type]
        cache_logger_on_first_use=True,
    )


def echo_report(text: str) -> None:
    """Print a report in words; on a terminal in colours, the name of the file in bold."""
    name, end, rest = text.partition("\n")
    rest = _SEVERITY.sub(lambda m: click.style(m[0], fg=_COLOURS[m[0]], bold=True), rest)
    click.echo(click.style(name, bold=True) + end + rest, nl=False, color=colour())


def colour() -> bool | None:
    """Whether to colour: never with NO_COLOR (https://no-color.org), else when the output is a terminal."""
    return False if os.environ.get("NO_COLOR") else None
