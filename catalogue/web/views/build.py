"""How are the contexts of the templates made?

Pure: from records, graphs, fields, reports and query results that a blueprint has at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from pyoxigraph import BlankNode, Literal, NamedNode

from catalogue.model import Field, Record, Revision
from catalogue.rdf.graph import Graph, Subject, Term, text
from catalogue.rdf.media import READ, WRITTEN
from catalogue.web.views.facts import Nested, Reader
from catalogue.web.views.pages import (
    Alternate,
    CatalogPage,
    Choice,
    DatasetPage,
    ErrorPage,
    PageLink,
    Pager,
    Problem,
    ResultTable,
    ValidatePage,
)
from catalogue.web.views.record import (
    RecordSummary,
    access,
    access_box,
    badges,
    distributions,
    figures,
    publisher,
    tier,
)
from catalogue.web.views.roles import ROLES
from catalogue.web.views.statements import FactGroup
from catalogue.web.views.values import Labels, Value, address_value, literal_value, size

# Characters of submitted text that a report gives back for mending; rows of a query result on a page.
MAX_TEXT_BACK = 200_000
MAX_ROWS = 500


def dataset_page(
    record: Record,
    revision: Revision,
    graph: Graph,
    subject: Subject,
    fields: Sequence[Field],
    labels: Labels,
    nested: Nested,
    *,
    base_url: str,
    catalog: tuple[str, str] | None = None,
) -> DatasetPage:
    """Say everything about one revision of a dataset.

    Args:
        graph: The revision's content.
        subject: The dataset in it.
        fields: Those of dcat:Dataset under the catalogue's profiles and the dataset's access level.
        nested: Fields of a node shape or class, by IRI; empty for an unknown one.
        catalog: Title and path of the catalogue that lists it.
    """
    reader = Reader(graph, subject, labels, nested)
    rows = distributions(reader, fields)
    head = _head(reader, record, revision, base_url)
    return DatasetPage(
        **head,
        catalog=catalog,
        groups=_groups(reader, fields, shown={row.node for row in rows}),
        access=access(reader),
        tier=tier(reader),
        figures=figures(reader, fields),
        box=access_box(graph, subject, fields, labels, nested),
        distributions=rows,
    )


def catalog_page(
    record: Record,
    revision: Revision,
    graph: Graph,
    subject: Subject,
    fields: Sequence[Field],
    labels: Labels,
    nested: Nested,
    *,
    base_url: str,
    records: Sequence[RecordSummary],
    total: int,
    pager: Pager,
    catalog: tuple[str, str] | None = None,
) -> CatalogPage:
    """Say everything about one revision of a catalogue or a series, with a page of what it lists.

    Args: as for `dataset_page`; `total` counts all that it lists.
    """
    reader = Reader(graph, subject, labels, nested)
    head = _head(reader, record, revision, base_url)
    return CatalogPage(
        **head,
        catalog=catalog,
        groups=_groups(reader, fields),
        records=tuple(records),
        total=total,
        pager=pager,
    )


def make_pager(path: str, parameters: Mapping[str, str], page: int, pages: int) -> Pager:
    """Link the pages around the current one, the first and the last.

    Args:
        path: The list's path; `parameters` are kept, `page` is added from the second page on.
        page: The current page, from 1.
        pages: How many there are.
    """

    def href(number: int) -> str:
        query = {key: value for key, value in parameters.items() if value and key != "page"}
        if number > 1:
            query["page"] = str(number)
        return f"{path}?{urlencode(query)}" if query else path

    links: list[PageLink] = []
    last = 0
    for number in sorted(n for n in {1, pages, *range(page - 2, page + 3)} if 1 <= n <= pages):
        if number > last + 1:
            links.append(PageLink("…", ""))
        links.append(PageLink(str(number), href(number), number == page))
        last = number
    return Pager(
        tuple(links) if pages > 1 else (),
        href(page - 1) if 1 < page <= pages else "",
        href(page + 1) if page < pages else "",
    )


def validate_page(
    profiles: Sequence[tuple[str, str]],
    *,
    chosen: Sequence[str] = (),
    text: str = "",
    media_type: str = "",
    limit: int,
    problem: Problem | None = None,
) -> ValidatePage:
    """The form of `/validate`.

    Args:
        profiles: Id and title of each that can be chosen.
        text: What was submitted; not given back when it is very long.
        media_type: The format chosen before, empty for "by the file name".
        limit: Largest submission in bytes.
    """
    formats = [Choice("", "By the file name, else Turtle", not media_type)]
    formats += [Choice(f.media_type, f.label, f.media_type == media_type) for f in READ]
    return ValidatePage(
        text=text if len(text) <= MAX_TEXT_BACK else "",
        formats=tuple(formats),
        profiles=tuple(Choice(id, title, id in chosen) for id, title in profiles),
        limit=size(str(limit)),
        problem=problem,
    )


def result_table(
    variables: Sequence[str],
    rows: Iterable[Sequence[NamedNode | BlankNode | Literal | None]],
    labels: Labels | None = None,
    path: Callable[[str], str] = lambda iri: "",
) -> ResultTable:
    """Word the rows of a SELECT, at most `MAX_ROWS` of them.

    Args:
        labels: Gives names to concepts and records; without it every IRI is shown as it is.
        path: The page of ours about an IRI, or nothing.
    """
    shown: list[tuple[Value | None, ...]] = []
    for row in rows:
        if len(shown) == MAX_ROWS:
            return ResultTable(tuple(variables), tuple(shown), more=True)
        said = {term.value for term in row if isinstance(term, Literal)}
        shown.append(tuple(None if term is None else _cell(term, labels, path, said) for term in row))
    return ResultTable(tuple(variables), tuple(shown))


def error_page(
    status: int, title: str, what: str, *, mend: str = "", details: Mapping[str, Any] | None = None
) -> ErrorPage:
    """Word an error; of `details`, those that are text, numbers or lists of them."""
    shown = []
    for name, value in (details or {}).items():
        if isinstance(value, str | int | float):
            shown.append((name.replace("_", " "), str(value)))
        elif isinstance(value, list | tuple) and value and all(isinstance(v, str | int | float) for v in value):
            shown.append((name.replace("_", " "), ", ".join(map(str, value))))
    return ErrorPage(status, title, what, mend, tuple(shown))


def alternates(path: str) -> tuple[Alternate, ...]:
    """A record's page in the formats that we write, by suffix."""
    return tuple(Alternate(f.label, f.media_type, path + f.suffix) for f in WRITTEN)


def _head(reader: Reader, record: Record, revision: Revision, base_url: str) -> dict[str, Any]:
    """The arguments that all record pages share."""
    subject = reader.subject
    path = f"/{record.kind}/{record.slug}"
    title = reader.first(subject, "title") or Value(record.title)
    holder, version = publisher(reader), reader.first(subject, "version")
    modified, issued = reader.first(subject, "modified"), reader.first(subject, "issued")
    description = text(reader.graph.values(subject, ROLES["description"][0]))
    year = next((value.moment[:4] for value in (issued, modified) if value and value.moment), "")
    cited = [holder, f"({year})" if year else ""]
    source = " ".join(part for part in cited if part)
    numbered = f" ({version.text})" if version else ""
    return {
        "kind": record.kind,
        "path": path,
        "url": base_url + path,
        "title": title,
        "descriptions": (literal_value(description),) if description else (),
        "publisher": holder,
        "version": version.text if version else "",
        "modified": modified,
        "published": record.first_published,
        "revision": revision.number,
        "badges": badges(revision.outcome),
        "alternates": alternates(path),
        "source": record.source or "",
        "citation": (source, title.text, f"{numbered}. {base_url}{path}"),
    }


def _groups(reader: Reader, fields: Sequence[Field], shown: Collection[Term] = ()) -> tuple[FactGroup, ...]:
    """All facts, without what the page shows whole elsewhere: title, description, distributions."""
    about = reader.graph.about(reader.subject)
    skip = [name for role in ("title", "description") for name in ROLES[role] if len(about.get(name, ())) == 1]
    skip += [n for n in ROLES["distributions"] if n in about and all(node in shown for node in about[n])]
    return tuple(reader.groups(fields, skip))


def _cell(
    term: NamedNode | BlankNode | Literal, labels: Labels | None, path: Callable[[str], str], said: Collection[str]
) -> Value:
    """One cell; a name that another cell of the row says already is not repeated."""
    if isinstance(term, Literal):
        return literal_value(term)
    value = address_value(term)
    if labels is None or isinstance(term, BlankNode):
        return value
    name, page = labels.label(term.value), path(term.value)
    if name and name not in said:
        return replace(value, text=name, voice="", href=page or value.href)
    if page:
        return replace(value, text=page.rpartition("/")[2], href=page)
    return value
