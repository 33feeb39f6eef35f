"""What do files, or the catalogue itself, fail, on the command line?

Many files, files of many records and a whole catalogue are judged by several processes. What is printed has the order
of the input, is printed as soon as it is known, and is the same whatever the number of processes.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

import click

from catalogue.errors import CatalogueError
from catalogue.model import Completeness, Finding, ProfileOutcome, Report
from catalogue.rdf.split import collector_paused
from catalogue.settings import Settings

from .common import FAILED, FINDINGS, echo_report
from .inputs import STANDARD_INPUT, check, content, expanded, format_of, input_format_option, parsed, shown

if TYPE_CHECKING:
    from catalogue.profiles.report_formats import Judged
    from catalogue.services import Catalogue
    from catalogue.services.validating import Held, Portion

# What one process gets at once. Files up to this size are read and judged by it; larger ones are cut into records here.
_BATCH, _BATCH_BYTES = 32, 256_000
_PACKED = 8  # how many times larger the content of the ledger is than its packed form, about
# Looking for certain fixes takes longer than judging: where there are many files, nobody reads them one by one.
_FIXED = 20
_SILENT_SECONDS, _EVERY_SECONDS = 1.0, 0.2
_INTERRUPTED = 130  # as shells say it: 128 and the number of SIGINT


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE...]")
@input_format_option
@click.option("--profile", "profiles", multiple=True, help="Profile to check against; may stand several times.")
@click.option(
    "--published",
    is_flag=True,
    help="Instead of files: every published record of the catalogue; prints those that violate something.",
)
@click.option(
    "--format-report",
    "form",
    type=click.Choice(["text", "json", "sarif", "junit", "shacl"]),
    default="text",
    show_default=True,
    help="How to write the report; shacl is a SHACL validation report in Turtle.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format-report json.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    metavar="NUMBER",
    help="How many processes work on it; else as many as there are CPU cores. A few records need one only.",
)
@click.pass_obj
def validate(
    settings: Settings, /, files: Sequence[str], input_format: str | None, published: bool, **how: Any
) -> None:
    """Check descriptions without publishing anything. `-` is standard input.

    FILE may be a folder (every .ttl, .jsonld, .rdf, .nt, .nq and .trig in it and below) or a pattern in quotes
    ("data/**/*.ttl"). Colours are for a terminal only; NO_COLOR turns them off.

    With --published, the records that the state folder publishes are checked against what their catalogues require,
    or the given profiles. The ledger is only read; a service may be running on it.

    Ends with 0 when everything conforms, 1 when something does not, 3 when a file cannot be read.

    \b
    Examples:
        catalogue validate --profile eucaim-2 --profile healthdcat-ap-8 dataset.ttl
        catalogue validate --format-report sarif data/datasets > report.sarif
        catalogue validate --published --profile healthdcat-ap-8
    """
    if published == bool(files):
        raise click.UsageError("Name files, or give --published, and not both.")
    names = expanded(files)
    check(names, input_format)
    try:
        code = _validate(settings, names, input_format, **how)
    except KeyboardInterrupt:
        code = _INTERRUPTED
    sys.exit(code)


def _validate(
    settings: Settings,
    names: Sequence[str],
    input_format: str | None,
    profiles: tuple[str, ...],
    form: str,
    as_json: bool,
    jobs: int | None,
) -> int:
    """Judge files, or without any the published records, print the reports; the exit code."""
    from catalogue.profiles.report_formats import Judged, written
    from catalogue.services import Catalogue
    from catalogue.services.spreading import cores, spread, travel_light
    from catalogue.services.validating import held

    travel_light(Judged, Report, ProfileOutcome, Completeness, Finding)
    form = "json" if as_json else form
    write = echo_report if form == "text" else partial(click.echo, nl=False)
    with Catalogue.open(settings) as catalogue:
        for id in profiles:
            catalogue.profiles.get(id)
        if names:
            total, items = len(names), _items(catalogue, names, input_format, profiles)
        else:
            total, records = held(catalogue)
            items = (_Published(number, record) for number, record in enumerate(records))
        tally = _Tally(total, "files" if names else "records")
        with tally, closing(spread(_Judge(catalogue, profiles), _batches(items), jobs or cores())) as found:
            for text in written(form, _merged(tally.noted(chain.from_iterable(found)), form)):
                if sys.stdout.isatty():
                    tally.clear()
                write(text)
    if form == "text" and not names:
        click.echo(tally.summary)
    return tally.code


class _Item(Protocol):
    """What one process judges: a file, a record of a file, or a published record. It travels as a pickle."""

    @property
    def number(self) -> int:
        """Which entry of the output it belongs to."""

    @property
    def size(self) -> int:
        """Bytes, about, as it is parsed."""

    def judged(self, catalogue: Catalogue, profiles: Sequence[str]) -> Judged:
        """The reports on it."""


@dataclass(frozen=True, slots=True)
class _File:
    """A small file; `data` holds what was read already."""

    number: int
    name: str
    size: int
    input_format: str | None
    data: bytes | None = None

    def judged(self, catalogue: Catalogue, profiles: Sequence[str]) -> Judged:
        """All its reports, or why there are none."""
        from catalogue.profiles.report_formats import Judged
        from catalogue.services.mending import fixed
        from catalogue.services.validating import judge

        try:
            data = _read(catalogue, self.name) if self.data is None else self.data
            triples = parsed(catalogue, data, format_of(self.name, self.input_format))
            reports = judge(catalogue, triples, profiles)
            if self.number < _FIXED:
                reports = fixed(catalogue, triples, reports, profiles)
            return Judged(shown(self.name), tuple(reports))
        except CatalogueError as problem:
            return Judged(shown(self.name), problem=problem)


@dataclass(frozen=True, slots=True)
class _Unreadable:
    """A large file that could not be parsed or cut."""

    number: int
    name: str
    problem: CatalogueError
    size: int = 0

    def judged(self, catalogue: Catalogue, profiles: Sequence[str]) -> Judged:
        """Why there are no reports."""
        from catalogue.profiles.report_formats import Judged

        return Judged(shown(self.name), problem=self.problem)


@dataclass(frozen=True, slots=True)
class _Record:
    """A record of a large file; those of one file follow each other."""

    number: int
    name: str
    portion: Portion

    @property
    def size(self) -> int:
        """Bytes, as it is parsed."""
        return len(self.portion.content)

    def judged(self, catalogue: Catalogue, profiles: Sequence[str]) -> Judged:
        """Its report."""
        from catalogue.profiles.report_formats import Judged
        from catalogue.services.validating import judge_portion

        return Judged(shown(self.name), (judge_portion(catalogue, self.portion),))


@dataclass(frozen=True, slots=True)
class _Published:
    """A record of the catalogue."""

    number: int
    record: Held

    @property
    def size(self) -> int:
        """Bytes, about, as it is parsed."""
        return _PACKED * len(self.record.content)

    def judged(self, catalogue: Catalogue, profiles: Sequence[str]) -> Judged:
        """Its report, left out when the record conforms: then nobody needs it."""
        from catalogue.profiles.report_formats import Judged
        from catalogue.services.validating import judge_held

        report = judge_held(catalogue, self.record, profiles)
        return Judged(f"{self.record.kind}/{self.record.slug}", () if report.conforms else (report,))


def _items(
    catalogue: Catalogue, names: Sequence[str], input_format: str | None, profiles: Sequence[str]
) -> Iterator[_Item]:
    from catalogue.services.validating import portions

    for number, name in enumerate(names):
        data = None
        try:
            if name == STANDARD_INPUT:
                data = _read(catalogue, name)
            size = Path(name).stat().st_size if data is None else len(data)
            if size <= _BATCH_BYTES:
                yield _File(number, name, size, input_format, data)
                continue
            data = _read(catalogue, name) if data is None else data
            triples = parsed(catalogue, data, format_of(name, input_format))
            for portion in portions(catalogue, triples, profiles):
                yield _Record(number, name, portion)
        except CatalogueError as problem:
            yield _Unreadable(number, name, problem)


def _read(catalogue: Catalogue, name: str) -> bytes:
    return content(name, catalogue.limits.bytes + 1)  # the parser refuses what is longer than the limit


def _batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    batch: list[_Item] = []
    size = 0
    for item in items:
        batch.append(item)
        size += item.size
        if len(batch) == _BATCH or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class _Judge:
    """Judges batches, in this process or in one that was forked from it."""

    def __init__(self, catalogue: Catalogue, profiles: Sequence[str]) -> None:
        self._catalogue = catalogue
        self._profiles = profiles
        self._process = os.getpid()

    def __call__(self, batch: Sequence[_Item]) -> list[tuple[int, Judged]]:
        """What came of each item, with its number."""
        if self._process != os.getpid():
            self._catalogue, self._process = _forked(self._catalogue), os.getpid()
        with collector_paused():
            return [(item.number, item.judged(self._catalogue, self._profiles)) for item in batch]


def _forked(parent: Catalogue) -> Catalogue:
    """The parent's catalogue with a ledger of its own: SQLite's connections must not cross a fork."""
    catalogue = type(parent)(parent.settings)
    catalogue.__dict__ |= {"vocabularies": parent.vocabularies, "profiles": parent.profiles}
    return catalogue


def _merged(found: Iterable[tuple[int, Judged]], form: str) -> Iterator[Judged]:
    """One entry per number; its reports are taken from the stream when they are written."""
    from catalogue.profiles.reporting import one_line

    for _, group in groupby(found, key=itemgetter(0)):
        each = _entry(judged for _, judged in group)
        if each.problem is not None and form == "shacl":  # which has no place for it
            said = f"{each.name}: cannot be checked. {each.problem.what} {each.problem.mend}"
            click.echo(one_line(said), err=True)
        yield each


def _entry(group: Iterator[Judged]) -> Judged:
    from catalogue.profiles.report_formats import Judged

    first = next(group)
    return Judged(
        first.name, chain(first.reports, (report for each in group for report in each.reports)), first.problem
    )


class _Tally:
    """Counts what comes, and tells on a terminal how far the work is, until it ends."""

    def __init__(self, total: int, unit: str) -> None:
        self.code = 0
        self._total, self._unit = total, unit
        self._done = self._failing = 0
        self._start = time.monotonic()
        self._told = self._start + _SILENT_SECONDS
        self._shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def noted(self, found: Iterable[tuple[int, Judged]]) -> Iterator[tuple[int, Judged]]:
        """Pass on what is to be printed."""
        for number, judged in found:
            self._done = number + 1
            if judged.problem is not None:
                self.code = FAILED
            elif any(not report.conforms for report in judged.reports):
                self._failing += 1
                self.code = self.code or FINDINGS
            self._tell()
            if judged.reports or judged.problem:
                yield number, judged

    @property
    def summary(self) -> str:
        """How many records conform."""
        return f"{self._done:,} records: {self._done - self._failing:,} conform, {self._failing:,} do not"

    def clear(self) -> None:
        """Take the progress line away, so that something else can be printed."""
        if self._shown:
            click.echo("\r\x1b[K", nl=False, err=True)
            self._shown = False

    def _tell(self) -> None:
        now = time.monotonic()
        if now - self._told < _EVERY_SECONDS or not sys.stderr.isatty():
            return
        self._told, self._shown = now, True
        line = f"{self._done:,} of {self._total:,} {self._unit}, {now - self._start:.0f} s"
        click.echo(f"\r\x1b[K{line}", nl=False, err=True)
