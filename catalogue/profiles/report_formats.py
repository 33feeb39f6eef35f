"""How are reports written, whatever their number?

Every form is made piece by piece, so that a report on many files takes no more memory than one record's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from catalogue.errors import CatalogueError
from catalogue.model import Report

from .junit import junit
from .reporting import one_line, report_json, report_text
from .sarif import sarif
from .shacl_report import shacl

# One line for each report: with `indent`, Python's own encoder would take six times as long.
_dumped = json.JSONEncoder(ensure_ascii=False, default=str).encode


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one file: its reports, or why there are none. `name` is empty for what came over HTTP.

    The reports may be an iterator: they are asked for once, one after the other.
    """

    name: str
    reports: Iterable[Report] = ()
    problem: CatalogueError | None = None


def written(form: str, judged: Iterable[Judged]) -> Iterator[str]:
    """Write reports piece by piece; at least one piece per record.

    Args:
        form: One of `FORMS`: `text`, `json` (a list of files, or one object for what came over HTTP), `sarif`,
            `junit`, `shacl` (Turtle).
        judged: What came of each file, asked for when it is written.

    Raises:
        KeyError: There is no such form.
    """
    return FORMS[form](judged)


def _text(judged: Iterable[Judged]) -> Iterator[str]:
    for each in judged:
        head = f"{one_line(each.name)}\n" if each.name else ""
        for report in each.reports:
            yield f"{head}{report_text(report)}\n"
        if each.problem is not None:
            name = f"{one_line(each.name)}: " if each.name else ""
            yield f"{name}cannot be checked. {one_line(each.problem.what)}\n  {one_line(each.problem.mend)}\n\n"


def _as_json(judged: Iterable[Judged]) -> Iterator[str]:
    files = iter(judged)
    first = next(files, None)
    if first is not None and not first.name:
        yield from _whole(first)
        return
    between = "[\n"
    for each in chain(() if first is None else (first,), files):
        yield f'{between} {{"file": {json.dumps(each.name, ensure_ascii=False)}, '
        if each.problem is None:
            yield '"reports": ['
            yield from _reports(each.reports)
            yield "]}"
        else:
            told = {"detail": each.problem.what, "mend": each.problem.mend, **each.problem.details}
            yield f'"problem": {_dumped(told)}}}'
        between = ",\n"
    yield "[]\n" if first is None else "\n]\n"


def _whole(judged: Judged) -> Iterator[str]:
    yield '{\n "reports": ['
    conforms = yield from _reports(judged.reports)
    yield f'],\n "conforms": {json.dumps(conforms)}\n}}\n'


def _reports(reports: Iterable[Report]) -> Generator[str, None, bool]:
    """The members of a JSON array; returns whether all conform."""
    conforms, between = True, "\n"
    for report in reports:
        conforms = conforms and report.conforms
        yield f"{between}  {_dumped(report_json(report))}"
        between = ",\n"
    return conforms


FORMS: Mapping[str, Callable[[Iterable[Judged]], Iterator[str]]] = {
    "text": _text,
    "json": _as_json,
    "sarif": sarif,
    "junit": junit,
    "shacl": shacl,
}
