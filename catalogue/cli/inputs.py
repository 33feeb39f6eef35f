"""What does the command line read: which files do its arguments stand for, and what is in them?"""

from __future__ import annotations

import glob
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from catalogue.errors import InvalidSubmission
from catalogue.rdf import media
from catalogue.rdf.media import Format

if TYPE_CHECKING:
    from pyoxigraph import Triple

    from catalogue.services import Catalogue

STANDARD_INPUT = "-"
_FORMATS = {format.name: format for format in media.READ}
# Other suffixes that we read (.json, .xml, .owl) are in a folder more often something else.
_IN_FOLDERS = {format.suffix for format in media.READ}

input_format_option = click.option(
    "--format",
    "input_format",
    type=click.Choice(list(_FORMATS)),
    help="Format of the input, when the file name does not say it; needed for standard input.",
)


def inputs(names: Sequence[str], input_format: str | None) -> Iterator[tuple[str, bytes, Format]]:
    """Name to show, bytes and format of each file; `-` is standard input.

    Raises:
        click.UsageError: There is no such file, or standard input has no format.
        InvalidSubmission: A file cannot be read, or its name does not say the format.
    """
    check(names, input_format)
    for name in names:
        yield shown(name), content(name), format_of(name, input_format)


def check(names: Sequence[str], input_format: str | None) -> None:
    """See that every name can be read, before anything is.

    Raises:
        click.UsageError: There is no such file, or standard input has no format.
    """
    for name in names:
        if name == STANDARD_INPUT:
            if input_format is None:
                raise click.UsageError("Standard input needs --format.")
        elif not Path(name).is_file():
            raise click.UsageError(f"There is no file {name!r}.")


def expanded(names: Sequence[str]) -> list[str]:
    """The files that names, folders and patterns stand for, each once.

    Raises:
        click.UsageError: A folder or a pattern stands for none.
    """
    found: dict[str, None] = {}
    for name in names:
        if Path(name).is_dir():
            several = [str(path) for path in sorted(Path(name).rglob("*")) if path.suffix.lower() in _IN_FOLDERS]
        elif name != STANDARD_INPUT and glob.has_magic(name) and not Path(name).exists():
            several = sorted(glob.iglob(name, recursive=True))
        else:
            found[name] = None
            continue
        files = [path for path in several if Path(path).is_file()]
        if not files:
            raise click.UsageError(f"There is no description in {name!r}.")
        found.update(dict.fromkeys(files))
    return list(found)


def shown(name: str) -> str:
    """How an input is called in what is printed."""
    return "standard input" if name == STANDARD_INPUT else name


def content(name: str, most: int = -1) -> bytes:
    """The bytes of an input, at most so many.

    Raises:
        InvalidSubmission: The system does not let us read it.
    """
    try:
        if name == STANDARD_INPUT:
            return sys.stdin.buffer.read(most)
        with Path(name).open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise InvalidSubmission(
            f"The file cannot be read: {error.strerror}.", mend="Check its name and its permissions."
        ) from error


def format_of(name: str, input_format: str | None) -> Format:
    """The format that is stated, else the one that the file name says.

    Raises:
        UnsupportedMediaType: The name does not say it.
    """
    return _FORMATS[input_format] if input_format else media.by_file_name(Path(name).name)


def parsed(catalogue: Catalogue, data: bytes, format: Format) -> list[Triple]:
    """The triples of a file, within the catalogue's limits.

    Raises:
        InvalidSubmission: It cannot be read.
    """
    from catalogue.rdf.parse import parse

    return parse(data, format, base_iri=f"{catalogue.identity.base}/", limits=catalogue.limits)
