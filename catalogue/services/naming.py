"""Which slug does a new record get, and which words find it?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache

from pyoxigraph import Literal, NamedNode

from catalogue.feeds.identity import SLUG, Identity
from catalogue.model import Concept, Kind
from catalogue.rdf.folding import fold
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


# The same some hundred concepts stand in most records.
_fold_label = lru_cache(maxsize=20_000)(fold)


def mention(kind: Kind, slug: str) -> str:
    """How the text of one record says that it names another; found by the same search as words."""
    return f"/{kind}/{slug} "


def words(
    literals: Iterable[str], iris: Iterable[str], concept: Callable[[str], Concept | None], identity: Identity
) -> str:
    """What the simple search reads of a record: which other records and which concepts it names, and its texts.

    Args:
        literals: Text of its literals.
        iris: What it points to.
        concept: Looks up a vocabulary.
        identity: Knows our records.
    """
    mentions: dict[str, None] = {}
    texts = dict.fromkeys(map(fold, literals))
    for iri in iris:
        if (named := identity.of(iri)) is not None:
            mentions[mention(*named)] = None
        elif (found := concept(iri)) is not None:
            texts |= dict.fromkeys(map(_fold_label, found.labels.values()))
    return "".join(mentions) + " ".join(texts)[:_WORDS]


def words_of(graph: Graph, concept: Callable[[str], Concept | None], identity: Identity) -> str:
    """`words` of a graph."""
    literals = [t.object.value for t in graph if isinstance(t.object, Literal)]
    iris = [t.object.value for t in graph if isinstance(t.object, NamedNode)]
    return words(literals, iris, concept, identity)
