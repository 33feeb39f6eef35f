"""What is different between two versions of a vocabulary?

Pure: reads two `Vocabularies` that hold it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from catalogue.model import Concept, Scheme

from .vocabularies import Vocabularies


@dataclass(frozen=True, slots=True)
class Changes:
    """Concepts by what became of them, in file order. `moved`: what stands above them, all the way up, is different.

    `complete` is whether the vocabulary is held whole, before and after.
    """

    scheme: Scheme
    before: int
    added: tuple[Concept, ...]
    gone: tuple[Concept, ...]
    deprecated: tuple[Concept, ...]
    relabelled: tuple[tuple[Concept, Concept], ...]
    moved: tuple[Concept, ...]
    complete: tuple[bool, bool]

    def __bool__(self) -> bool:
        lists = (self.added, self.gone, self.deprecated, self.relabelled, self.moved)
        return any(lists) or self.complete[0] != self.complete[1]


def compare(old: Vocabularies, new: Vocabularies, scheme: Scheme) -> Changes:
    """What became of each concept of a vocabulary.

    Args:
        old, new: Everything that we hold, before and after; other vocabularies may change with it.
        scheme: The vocabulary, as `new` has it.
    """
    before = _concepts(old, scheme.iri)
    after = _concepts(new, scheme.iri)
    both = [(before[iri], concept) for iri, concept in after.items() if iri in before]
    was = old.scheme(scheme.iri)
    return Changes(
        scheme=scheme,
        before=len(before),
        added=tuple(concept for iri, concept in after.items() if iri not in before),
        gone=tuple(concept for iri, concept in before.items() if iri not in after),
        deprecated=tuple(now for then, now in both if now.deprecated and not then.deprecated),
        relabelled=tuple((then, now) for then, now in both if _relabelled(then.labels, now.labels)),
        moved=tuple(now for _, now in both if set(old.ancestors(now.iri)) != set(new.ancestors(now.iri))),
        complete=(was.complete if was else False, scheme.complete),
    )


def newer(version: str, than: str) -> bool:
    """Whether a version comes after another, by the numbers in them; what has none comes before all others."""
    return _numbers(version) > _numbers(than)


def _concepts(vocabularies: Vocabularies, iri: str) -> Mapping[str, Concept]:
    return {concept.iri: concept for concept in vocabularies.concepts(iri)}


def _relabelled(before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    """Whether a name has changed; that there are more or fewer languages is no new name."""
    common: Iterable[str] = before.keys() & after.keys()
    return any(before[language] != after[language] for language in common)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(digits[:18]) for digits in re.findall(r"[0-9]+", version))
