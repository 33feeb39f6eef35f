"""Which slug does a new record get, and which words find it?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

from pyoxigraph import Literal, NamedNode

from catalogue.feeds.identity import SLUG, Identity
from catalogue.model import Concept, Kind
from catalogue.rdf.graph import Graph, Subject, text
from catalogue.rdf.namespaces import DCT

_WORDS = 8_000  # characters of text that the simple search reads per record


def title_of(graph: Graph, subject: Subject) -> str:
    """The title to show for a record; its identifier or IRI when it has none."""
    for property_ in (DCT["title"], DCT["identifier"]):
        literal = text(graph.values(subject, property_))
        if literal is not None and literal.value.strip():
            return " ".join(literal.value.split())[:500]
    return subject.value if isinstance(subject, NamedNode) else "Untitled"


def slugify(title: str) -> str:
    """A readable slug of at most 60 characters, cut between words; `record` when nothing is left."""
    plain = unicodedata.normalize("NFKD", title.casefold()).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(slug) > 60:
        slug = slug[:61].rpartition("-")[0] or slug[:60]
    return slug.strip("-") or "record"


def own_slug(subject: Subject, kind: Kind, identity: Identity) -> str | None:
    """The slug that a submitted subject inside our base brings with it."""
    named = identity.of(subject.value) if isinstance(subject, NamedNode) else None
    return named[1] if named and named[0] is kind and SLUG.fullmatch(named[1]) else None


def free_slugs(wanted: list[str], taken: Callable[[Iterable[str]], set[str]]) -> list[str]:
    """Make slugs unique, among themselves and against those in use, by a number at the end."""
    used = taken(set(wanted))
    given: list[str] = []
    for slug in wanted:
        candidate, number = slug, 1
        while candidate in used:
            number += 1
            candidate = f"{slug}-{number}"
            if number > 2 and candidate not in used:
                used |= taken({candidate})
            elif number == 2:
                used |= taken({f"{slug}-{n}" for n in range(2, 12)})
        used.add(candidate)
        given.append(candidate)
    return given


def fold(value: str) -> str:
    """Lower case without accents, for comparison."""
    decomposed = unicodedata.normalize("NFKD", value.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)) if not value.isascii() else value.casefold()


def mention(kind: Kind, slug: str) -> str:
    """How the text of one record says that it names another; found by the same search as words."""
    return f"/{kind}/{slug} "


def words_of(graph: Graph, concept: Callable[[str], Concept | None], identity: Identity) -> str:
    """The folded text of a record: the other records and the concepts that it names, and its literals."""
    mentions: dict[str, None] = {}
    texts: dict[str, None] = {}
    for triple in graph:
        value = triple.object
        if isinstance(value, Literal):
            texts[value.value] = None
        elif isinstance(value, NamedNode):
            if (named := identity.of(value.value)) is not None:
                mentions[mention(*named)] = None
            elif (found := concept(value.value)) is not None:
                texts |= dict.fromkeys(found.labels.values())
    return "".join(mentions) + fold(" ".join(texts))[:_WORDS]
