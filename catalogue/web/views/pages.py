"""What does each template get?

One dataclass per template; `rendering.render(name, page, site)` shows it. All addresses are paths of ours that
begin with "/". `section` says which entry of the main navigation is current.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from urllib.parse import urlencode

from catalogue.model import Kind
from catalogue.web.views.record import (
    Access,
    AccessBox,
    Badge,
    DistributionRow,
    Figure,
    RecordSummary,
    Tier,
    shortened,
)
from catalogue.web.views.statements import FactGroup
from catalogue.web.views.values import Value


@dataclass(frozen=True, slots=True)
class Alternate:
    """The same thing as data: label, media type, address."""

    label: str
    media_type: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPage:
    """What the pages of a dataset, a series and a catalogue share.

    `url` is absolute (canonical link, Open Graph); `source` is the foreign IRI that a harvested or renamed
    record came with. `citation` is who and when, the title, the rest. `catalog` is the title and path of the
    catalogue that lists it.
    """

    section: ClassVar[str] = "datasets"
    kind: Kind
    path: str
    url: str
    title: Value
    descriptions: tuple[Value, ...]
    publisher: str
    version: str
    modified: Value | None
    published: datetime | None
    revision: int
    badges: tuple[Badge, ...]
    groups: tuple[FactGroup, ...]
    alternates: tuple[Alternate, ...]
    source: str
    citation: tuple[str, str, str]
    catalog: tuple[str, str] | None = None

    @property
    def description_line(self) -> str:
        """The description for a preview, at most 300 characters in one line."""
        return shortened(self.descriptions[0], 300).text if self.descriptions else ""

    @property
    def profile_groups(self) -> list[FactGroup]:
        """Groups of the profile's fields."""
        return [group for group in self.groups if group.id.startswith("s-")]

    @property
    def other_groups(self) -> list[FactGroup]:
        """Statements that no field covers."""
        return [group for group in self.groups if not group.id.startswith("s-")]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetPage(RecordPage):
    """`dataset.html`."""

    access: Access | None
    tier: Tier | None
    figures: tuple[Figure, ...]
    box: AccessBox
    distributions: tuple[DistributionRow, ...]


@dataclass(frozen=True, slots=True)
class PageLink:
    """One entry of a pager; `href` is empty for a gap."""

    label: str
    href: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Pager:
    """Numbered links around the current page; `previous` and `next` are empty at the ends."""

    links: tuple[PageLink, ...]
    previous: str
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogPage(RecordPage):
    """`catalog.html` and `series.html`: the records that it lists, `total` of them in all."""

    records: tuple[RecordSummary, ...]
    total: int
    pager: Pager


@dataclass(frozen=True, slots=True)
class ListPage:
    """`datasets.html`; `catalog` is the slug of the only catalogue whose datasets are listed, empty for all."""

    section: ClassVar[str] = "datasets"
    query: str
    total: int
    records: tuple[RecordSummary, ...]
    pager: Pager
    catalog: str = ""
    catalog_title: str = ""

    @property
    def everywhere(self) -> str:
        """The same search in all catalogues."""
        return "/datasets?" + urlencode({"q": self.query}) if self.query else "/datasets"


@dataclass(frozen=True, slots=True)
class Interface:
    """A way in for machines."""

    name: str
    path: str
    what: str


@dataclass(frozen=True, slots=True)
class HomePage:
    """`home.html`.

    `profiles` are ids and titles, `updated` is when something was last published, `catalogs` are titles and paths.
    """

    section: ClassVar[str] = ""
    description: str
    total: int
    figures: tuple[Figure, ...]
    newest: tuple[RecordSummary, ...]
    profiles: tuple[tuple[str, str], ...]
    interfaces: tuple[Interface, ...]
    updated: datetime | None
    catalogs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a form."""

    value: str
    label: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that went wrong, for the top of a form: what, and how to mend it."""

    title: str
    what: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class ValidatePage:
    """`validate.html`; fields of the form: `text`, `file`, `format`, `profile`."""

    section: ClassVar[str] = "validate"
    text: str
    formats: tuple[Choice, ...]
    profiles: tuple[Choice, ...]
    limit: str
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """`error.html`; `details` are the members of the problem document that a person can use."""

    section: ClassVar[str] = ""
    status: int
    title: str
    what: str
    mend: str
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class WithdrawnPage:
    """`withdrawn.html`: the tombstone of a record."""

    section: ClassVar[str] = "datasets"
    kind: Kind
    path: str
    title: str
    at: datetime
    reason: str
    successor: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A query to begin with; `path` is its own page."""

    title: str
    query: str
    path: str = ""

    @property
    def href(self) -> str:
        """The query page with this query and its result."""
        return "/sparql?" + urlencode({"query": self.query})


@dataclass(frozen=True, slots=True)
class ResultTable:
    """Rows of a SELECT. `more` says that there are more rows than the page shows."""

    variables: tuple[str, ...]
    rows: tuple[tuple[Value | None, ...], ...]
    more: bool = False

    @property
    def columns(self) -> list[tuple[str, bool]]:
        """Each variable, and whether its column holds nothing but numbers."""
        cells = zip(*self.rows, strict=True) if self.rows else [()] * len(self.variables)
        return [
            (name, any(column) and all(value is None or value.number for value in column))
            for name, column in zip(self.variables, cells, strict=True)
        ]

    @property
    def bars(self) -> tuple[str, list[float]] | None:
        """The column that is drawn: its variable, and for each row the per cent of the greatest number.

        None where a drawing says nothing: fewer than two rows, no column of numbers, negative numbers, all equal to 0.
        """
        place = next((i for i, (_, number) in enumerate(self.columns) if number), None)
        if place is None or len(self.rows) < 2:
            return None
        numbers = [float(value.text.replace(",", "")) if (value := row[place]) else 0.0 for row in self.rows]
        greatest = max(numbers)
        if min(numbers) < 0 or greatest == 0:
            return None
        return self.variables[place], [round(100 * number / greatest, 1) for number in numbers]


@dataclass(frozen=True, slots=True)
class SparqlPage:
    """`sparql.html`: exactly one of `table`, `answer` (ASK), `text` (a graph, as Turtle) after a query.

    `editor` are the paths of the editor's script and style sheet, where it was built.
    """

    section: ClassVar[str] = "sparql"
    query: str
    examples: tuple[Example, ...]
    limits: tuple[str, ...]
    table: ResultTable | None = None
    answer: bool | None = None
    text: str | None = None
    milliseconds: int = 0
    alternates: tuple[Alternate, ...] = ()
    problem: Problem | None = None
    editor: tuple[str, str] | None = None
