"""What stands on the page of one record, and on its row in a list?

Pure: reads the record's graph through `Reader`, takes labels and order from the fields, and the few parts that
every page has from `ROLES`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from pyoxigraph import Literal, NamedNode

from catalogue.model import Field
from catalogue.rdf.graph import Graph, Subject, Term
from catalogue.web.views.facts import Nested, Reader, predicates
from catalogue.web.views.roles import ACCESS, ROLES
from catalogue.web.views.statements import Fact
from catalogue.web.views.values import Labels, Value, safe_link, size

# Characters of a description in a list, rows of the table of distributions.
SHORT = 280
MAX_DISTRIBUTIONS = 200

_TIER = re.compile(r"\bTier ([123])")
_SHOWN_IN_ROW = ("title", "format", "size", "licence", "conditions", "access address", "download address")


@dataclass(frozen=True, slots=True)
class Access:
    """The access right: class of its sign, its name, what it means; `sign` is empty for an unknown one."""

    sign: str
    label: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Tier:
    """The interoperability tier: its number (1 to 3) and name."""

    number: int
    label: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A key figure: what is counted, how many."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Badge:
    """The outcome against one profile: class of the sign, and the words."""

    sign: str
    text: str
    profile: str


@dataclass(frozen=True, slots=True)
class Link:
    """Where something is reached: what the link does, its address, the host that answers."""

    text: str
    href: str
    host: str


@dataclass(frozen=True, slots=True)
class RecordSummary:
    """A record in a list."""

    path: str
    title: Value
    publisher: str
    published: datetime | None
    description: Value | None
    access: Access | None
    tier: Tier | None
    figures: tuple[Figure, ...]
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccessBox:
    """ "How do I get it?": access right in words, where to go, conditions, whom to ask, under which law."""

    access: Access | None
    link: Link | None
    conditions: tuple[Value, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class DistributionRow:
    """One distribution; `facts` say what the row does not."""

    node: Subject
    anchor: str
    title: Value
    role: str
    formats: tuple[Value, ...]
    size: str
    licences: tuple[Value, ...]
    conditions: tuple[Value, ...]
    links: tuple[Link, ...]
    facts: tuple[Fact, ...]


def summary(
    graph: Graph,
    subject: Subject,
    fields: Sequence[Field],
    labels: Labels,
    *,
    path: str,
    published: datetime | None = None,
) -> RecordSummary:
    """Word a record for a list.

    Args:
        fields: Those of the record's class; they name the figures.
        path: The record's page.
        published: When it was first published.
    """
    reader = Reader(graph, subject, labels, lambda _: ())
    description = reader.first(subject, "description")
    return RecordSummary(
        path=path,
        title=_title(reader, subject),
        publisher=publisher(reader),
        published=published,
        description=shortened(description, SHORT) if description else None,
        access=access(reader),
        tier=tier(reader),
        figures=figures(reader, fields),
        topics=tuple(value.text for value in reader.values(subject, "topics") if value.voice != "machine")[:4],
    )


def publisher(reader: Reader) -> str:
    """The publisher's name; empty when it has none."""
    value = reader.first(reader.subject, "publisher")
    return value.text if value and value.voice != "machine" else ""


def access(reader: Reader) -> Access | None:
    """The record's access right, by the code at the end of its IRI; None when none is stated."""
    value = reader.first(reader.subject, "access")
    if value is None:
        return None
    sign, sentence = ACCESS.get(value.iri.rsplit("/", 1)[-1], ("", ""))
    return Access(sign, value.text[:1].upper() + value.text[1:], sentence)


def tier(reader: Reader) -> Tier | None:
    """The record's interoperability tier; None when none is stated, or no tier that we know."""
    value = reader.first(reader.subject, "tier")
    match = _TIER.search(value.text) if value else None
    return Tier(int(match[1]), value.text) if value and match else None


def figures(reader: Reader, fields: Sequence[Field]) -> tuple[Figure, ...]:
    """The record's key figures, in the order of `ROLES`; a field names each."""
    names = {name: field.name for field in fields for name in predicates(field.path)}
    found = []
    for name in ROLES["numbers"]:
        for term in reader.graph.values(reader.subject, name)[:1]:
            label = names.get(name, "").removeprefix("Number of ")
            value = reader.mention(term)
            if value.number and label:
                found.append(Figure(label[:1].lower() + label[1:], value.text))
    ages = [reader.first(reader.subject, role) for role in ("youngest", "oldest")]
    youngest, oldest = (age.text if age and age.number else "" for age in ages)
    if youngest and oldest:
        found.append(Figure("years, typical age", f"{youngest}–{oldest}"))
    return tuple(found)


def badges(outcome: Mapping[str, Any]) -> tuple[Badge, ...]:
    """Word a revision's outcome (`Report.summary`): one badge per profile."""
    return tuple(badge(profile) for profile in outcome.get("profiles", ()))


def badge(profile: Mapping[str, Any]) -> Badge:
    """Word the outcome against one profile (a member of `Report.summary()["profiles"]`)."""
    title, counts = str(profile["title"]), profile["counts"]
    if profile["conforms"]:
        return Badge("done", f"Conforms to {title}", str(profile["id"]))
    number = counts.get("violation", 0)
    return Badge("violation", f"{number} violation{'' if number == 1 else 's'} of {title}", str(profile["id"]))


def access_box(graph: Graph, subject: Subject, fields: Sequence[Field], labels: Labels, nested: Nested) -> AccessBox:
    """Answer "How do I get it?" from the record and its distributions."""
    reader = Reader(graph, subject, labels, nested)
    by_name = {name: field for field in fields for name in predicates(field.path)}
    found = [reader.fact(subject, by_name[name]) for name in ROLES["get"] if name in by_name]
    links: dict[Link, None] = {}
    conditions: dict[Value, None] = {}
    for _, node in _distribution_nodes(graph, subject)[:MAX_DISTRIBUTIONS]:
        links.update(dict.fromkeys(_links(reader, node)))
        conditions.update(dict.fromkeys(reader.values(node, "conditions")))
    return AccessBox(
        access(reader),
        next(iter(links), None),
        tuple(conditions)[:5],
        tuple(_brief(fact, 2) for fact in found if fact.values),
    )


def distributions(reader: Reader, fields: Sequence[Field]) -> tuple[DistributionRow, ...]:
    """Word the record's distributions, samples and analytics, and mark them as described on this page.

    Args:
        reader: The page's own, so that facts lead to the row in place of saying all of it again.
        fields: Those of the record's class.
    """
    by_name = {name: field for field in fields for name in predicates(field.path)}
    rows = []
    for name, node in _distribution_nodes(reader.graph, reader.subject)[:MAX_DISTRIBUTIONS]:
        field = by_name.get(name)
        anchor = reader.anchor(node)
        about = reader.graph.about(node)
        told = [
            name for role in _SHOWN_IN_ROW for name in ROLES[role] if _shown_whole(reader, role, about.get(name, ()))
        ]
        shapes = (field.node, field.class_) if field else ()
        sizes = [term.value for term in reader.graph.values(node, ROLES["size"][0]) if isinstance(term, Literal)]
        rows.append(
            DistributionRow(
                node=node,
                anchor=anchor,
                title=_title(reader, node),
                role=field.name if field else "",
                formats=reader.values(node, "format"),
                size=", ".join(size(number) for number in sizes),
                licences=reader.values(node, "licence"),
                conditions=reader.values(node, "conditions"),
                links=_links(reader, node),
                facts=reader.describe(node, reader.fields_of(node, *shapes), field.class_ if field else None, told),
            )
        )
    return tuple(rows)


def _brief(fact: Fact, depth: int) -> Fact:
    """A fact without nodes that stand more than so many nodes deep; further down the page says all of it."""

    def kept(value: Value) -> tuple[Fact, ...]:
        shown = [f for f in value.facts if depth > 1 or not any(inner.facts for inner in f.values)]
        return tuple(_brief(inner, depth - 1) for inner in shown)

    return replace(fact, values=tuple(replace(v, facts=kept(v)) if v.facts else v for v in fact.values))


def _distribution_nodes(graph: Graph, subject: Subject) -> list[tuple[NamedNode, Subject]]:
    found: dict[Subject, NamedNode] = {}
    for name in ROLES["distributions"]:
        for node in graph.values(subject, name):
            if not isinstance(node, Literal) and node != subject and graph.describes(node):
                found.setdefault(node, name)
    return [(name, node) for node, name in found.items()]


def _links(reader: Reader, node: Term) -> tuple[Link, ...]:
    found = []
    for text, role in (("Access", "access address"), ("Download", "download address")):
        for name in ROLES[role]:
            for term in reader.graph.values(node, name):
                href = safe_link(term.value) if isinstance(term, NamedNode) else ""
                if href:
                    found.append(Link(text, href, host(href)))
    return tuple(found)


def host(address: str) -> str:
    """The host in an address, or the address itself when it names none."""
    try:
        return urlsplit(address).hostname or address
    except ValueError:
        return address


def _title(reader: Reader, node: Subject) -> Value:
    return reader.first(node, "title") or reader.mention(node)


def _shown_whole(reader: Reader, role: str, values: Sequence[Term]) -> bool:
    """Whether the row of a distribution says everything about these values of a property."""
    if role == "title" and len(values) > 1:
        return False
    if role == "size":
        return all(isinstance(value, Literal) for value in values)
    if role in ("access address", "download address"):
        return all(reader.told(v) and isinstance(v, NamedNode) and safe_link(v.value) for v in values)
    return all(reader.told(value) for value in values)


def shortened(value: Value, most: int) -> Value:
    """The beginning of a text in one line, cut between words."""
    words = " ".join(value.text[: most * 4].split())
    if len(words) > most:
        words = words[:most].rsplit(" ", 1)[0].rstrip(" ,;:.") + " …"
    return replace(value, text=words)
