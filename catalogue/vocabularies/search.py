"""Which concepts of a vocabulary are meant by some letters, and where does each concept stand?

A `Shelf` is one vocabulary made ready for people: the order of its tree, the address of each concept, and an index of
words. Made once, at first use, and never changed, so threads may share it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from catalogue.model import Concept
from catalogue.rdf.folding import fold

from .sources import Listed
from .vocabularies import Vocabularies

# More letters or words than these name nothing that we hold.
MAX_QUERY = 200
_MAX_WORDS = 8

_WORD = re.compile(r"[^\W_]+")
# Higher than every letter, so that it ends a range of words with the same beginning.
_AFTER = "\U0010ffff"


def last_part(iri: str) -> str:
    """What stands behind the last `/` or `#` of an IRI."""
    return re.split(r"[/#]", iri.rstrip("/#"))[-1]


class Shelf:
    """One vocabulary, to be browsed and searched.

    `tree` lists every concept once, with its depth, as near to a top as it can stand; concepts without a broader one
    in this vocabulary are the tops, at depth 0, in the file's order. `deep` says whether there is any hierarchy.
    """

    def __init__(self, rows: Sequence[Listed]) -> None:
        """Index the concepts of one vocabulary."""
        self.concepts = tuple(row.concept for row in rows)
        self._own = {concept.iri: concept for concept in self.concepts}
        self._narrower: dict[str, list[Concept]] = {}
        for concept in self.concepts:
            for above in dict.fromkeys(concept.broader):
                self._narrower.setdefault(above, []).append(concept)
        self.tree = tuple(self._walk())
        self.deep = any(depth for _, depth in self.tree)
        self._keys: dict[str, str] = {}
        self._by_key: dict[str, Concept] = {}
        self._name()
        self._names = [_names(row) for row in rows]
        pairs = {(word, i) for i, names in enumerate(self._names) for name in names for word in _WORD.findall(name)}
        ordered = sorted(pairs)
        self._words = [word for word, _ in ordered]
        self._bearers = [i for _, i in ordered]

    def concept(self, key: str) -> Concept | None:
        """The concept with that key, or with that last part of its IRI where only one has it."""
        return self._by_key.get(key)

    def key(self, iri: str) -> str | None:
        """What a concept is called in addresses: its notation; None when the vocabulary does not hold it.

        Where several bear one notation, the second is called `notation~2`, and so on.
        """
        return self._keys.get(iri)

    def narrower(self, iri: str) -> tuple[Concept, ...]:
        """The concepts of this vocabulary right below one, in the file's order."""
        return tuple(self._narrower.get(iri, ()))

    def path(self, iri: str) -> list[Concept]:
        """Where a concept stands in `tree`: the concepts above it there, from the top."""
        position = next(i for i, (concept, _) in enumerate(self.tree) if concept.iri == iri)
        found: list[Concept] = []
        wanted = self.tree[position][1]
        while wanted:
            concept, depth = self.tree[position]
            if depth < wanted:
                found.insert(0, concept)
                wanted = depth
            position -= 1
        return found

    def search(self, query: str) -> list[Concept]:
        """The concepts that a person may mean, best first.

        Every word of the query must begin a word of one of the concept's names: its labels and further names in
        all languages, its notation, the last part of its IRI. Case and accents do not count.

        Args:
            query: At most `MAX_QUERY` characters and eight words of it count.

        Returns:
            First those that are called exactly so, then names that begin so, then the rest; deprecated ones after
            others, short names before long ones. All concepts for an empty query, none for one without a letter.
        """
        folded = _folded(query[:MAX_QUERY])
        if not folded:
            return list(self.concepts)
        words = list(dict.fromkeys(_WORD.findall(folded)))[:_MAX_WORDS]
        if not words:
            return []
        # The longest word leaves the fewest candidates.
        words.sort(key=len, reverse=True)
        found = self._beginning(words[0])
        for word in words[1:]:
            found &= self._beginning(word)
        return [self.concepts[i] for i in sorted(found, key=lambda i: self._rank(i, folded))]

    def _beginning(self, word: str) -> set[int]:
        """Concepts that have a word with this beginning."""
        first = bisect_left(self._words, word)
        return set(self._bearers[first : bisect_left(self._words, word + _AFTER, first)])

    def _rank(self, position: int, folded: str) -> tuple[int, bool, int, int]:
        best, length = 2, len(self._names[position][0])
        for name in self._names[position]:
            if name.startswith(folded):
                kind = 0 if len(name) == len(folded) else 1
                best, length = min((best, length), (kind, len(name)))
        return best, self.concepts[position].deprecated, length, position

    def _walk(self) -> Iterator[tuple[Concept, int]]:
        """Depth first without recursion, each concept once, also where the hierarchy runs in a circle."""
        tops, below = self._branches()
        waiting = [(top, 0) for top in reversed(tops)]
        while waiting:
            concept, depth = waiting.pop()
            yield concept, depth
            waiting += [(each, depth + 1) for each in reversed(below.get(concept.iri, ()))]

    def _branches(self) -> tuple[list[Concept], dict[str, list[Concept]]]:
        """The tops, and what hangs below each concept when each hangs as near to a top as it can."""
        tops = [c for c in self.concepts if not any(above in self._own for above in c.broader)]
        seen = {top.iri for top in tops}
        below: dict[str, list[Concept]] = {}
        level: list[Concept] = list(tops)
        # What is only above itself has no top: each circle gets one, the first that the file names.
        for start in (*tops[:1], *self.concepts):
            if start.iri not in seen:
                seen.add(start.iri)
                tops.append(start)
                level = [start]
            while level:
                following: list[Concept] = []
                for concept in level:
                    fresh = [each for each in self._narrower.get(concept.iri, ()) if each.iri not in seen]
                    seen.update(each.iri for each in fresh)
                    below[concept.iri] = fresh
                    following += fresh
                level = following
        return tops, below

    def _name(self) -> None:
        """Give each concept its key; what is unambiguous besides leads to it too."""
        for concept in self.concepts:
            plain = key = concept.notation or last_part(concept.iri)
            number = 1
            while key in self._by_key:
                number += 1
                key = f"{plain}~{number}"
            self._keys[concept.iri] = key
            self._by_key[key] = concept
        parts: dict[str, list[Concept]] = {}
        for concept in self.concepts:
            parts.setdefault(last_part(concept.iri), []).append(concept)
        for part, bearers in parts.items():
            if len(bearers) == 1:
                self._by_key.setdefault(part, bearers[0])


class Shelves:
    """A shelf for each vocabulary, made when it is first asked for."""

    def __init__(self, vocabularies: Vocabularies) -> None:
        """Make none yet."""
        self._vocabularies = vocabularies
        self._made: dict[str, Shelf] = {}

    def shelf(self, name: str) -> Shelf:
        """The shelf of a vocabulary; an empty one when we do not hold it.

        Args:
            name: The vocabulary's short name or IRI.
        """
        scheme = self._vocabularies.scheme(name)
        if scheme is None:
            return Shelf(())
        # Two threads may make it at the same time: one of two equal shelves is kept.
        if scheme.name not in self._made:
            self._made[scheme.name] = Shelf(self._vocabularies.rows(scheme))
        return self._made[scheme.name]


def _folded(text: str) -> str:
    return " ".join(fold(text).split())


def _names(row: Listed) -> tuple[str, ...]:
    """Everything that a concept is called, folded, each once; the English label first."""
    labels = row.concept.labels
    first: Iterable[str] = [labels["en"]] if "en" in labels else []
    also = (name for names in row.synonyms.values() for name in names)
    called = (*first, *labels.values(), *also, row.concept.notation or "", last_part(row.concept.iri))
    return tuple(dict.fromkeys(folded for name in called if (folded := _folded(name))))
