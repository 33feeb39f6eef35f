"""A value is not in the vocabulary that is asked: what does the person need to hear?

Four cases: a form with a certain rewrite; an unknown code at the right place; a label where an IRI is wanted; a value
of another vocabulary. A rewrite is offered only when it is the one possible.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Protocol

from pyoxigraph import Literal, NamedNode, Triple

from catalogue.model import Concept, Scheme, Severity
from catalogue.rdf.graph import Term
from catalogue.rdf.namespaces import compact

from .shape import local_name
from .wording import Wording, spoken

_FEW = 8
_LONGEST_LABEL = 500
_LONGEST_CODE = 64
_MOST_COMPARED = 200


class Vocabularies(Protocol):
    """What the profiles ask of the vocabularies; IRIs are strings."""

    def lookup(self, iris: Iterable[str]) -> list[Triple]:
        """What is laid beside a record that mentions these IRIs."""
        ...

    def contains(self, scheme: str, iri: str) -> bool:
        """Whether a vocabulary holds a concept."""
        ...

    def scheme(self, iri: str) -> Scheme | None:
        """The vocabulary of that IRI."""
        ...

    def concept(self, iri: str) -> Concept | None:
        """The concept of that IRI."""
        ...

    def replacement(self, iri: str) -> str | None:
        """The current IRI for an old one."""
        ...

    def find(self, label: str, scheme: str) -> Concept | None:
        """The one concept with that label, notation or code."""
        ...

    def concepts(self, scheme: str) -> Iterable[Concept]:
        """Every concept of a vocabulary."""
        ...


def concept_wording(
    label: str, value: Term, schemes: Sequence[str], branches: Sequence[str], vocabularies: Vocabularies
) -> Wording:
    """Word one value that is not in the vocabulary or branch that its field asks.

    Args:
        label: The field's label.
        value: The value as given.
        schemes: Vocabularies that would do.
        branches: Concepts of which the value may stand below one.
        vocabularies: What we know.
    """
    asked = [scheme for iri in schemes if (scheme := vocabularies.scheme(iri))]
    if branches and not asked:
        roots = [vocabularies.concept(root) for root in branches]
        asked = [s for root in roots if root and (s := vocabularies.scheme(root.scheme))]
    if isinstance(value, NamedNode):
        return _iri(label, value, asked, branches, vocabularies)
    if isinstance(value, Literal):
        return _literal(label, value, asked, branches, vocabularies)
    return Wording(
        f"{label} is described in place; an IRI of {_names(asked)} is wanted.",
        _where(asked, branches, vocabularies),
    )


def _iri(
    label: str, value: NamedNode, asked: list[Scheme], branches: Sequence[str], vocabularies: Vocabularies
) -> Wording:
    current = _rewrite(value.value, asked, vocabularies)
    if current:
        return Wording(
            f"{label} uses {compact(value.value)}, an outdated or variant form.",
            f"Use {_concept_words(current, vocabularies)} instead.",
            str(NamedNode(current)),
        )
    concept = vocabularies.concept(value.value)
    if concept and branches:
        roots = " or ".join(_concept_words(root, vocabularies) for root in branches)
        what = f"{label}: {_concept_words(value.value, vocabularies)} does not stand below {roots}."
        return Wording(what, _where(asked, branches, vocabularies))
    places = [scheme for scheme in asked if value.value.startswith(scheme.prefixes)]
    if not concept and places:
        return _unknown_code(label, value, places[0], branches, vocabularies)
    if concept:
        other = vocabularies.scheme(concept.scheme)
        origin = other.title if other else "another vocabulary"
        what = f"{label}: {_concept_words(value.value, vocabularies)} belongs to {origin}, not to {_names(asked)}."
    else:
        what = f"{label}: {compact(value.value)} is not in {_names(asked)}."
    return Wording(what, _where(asked, branches, vocabularies))


def _rewrite(iri: str, asked: list[Scheme], vocabularies: Vocabularies) -> str | None:
    """The one IRI that is certainly meant, when it is in a vocabulary that would do."""
    swapped = "http" + iri[5:] if iri.startswith("https:") else "https" + iri[4:] if iri.startswith("http:") else iri
    for candidate in (vocabularies.replacement(iri), swapped, iri.rstrip("/")):
        if candidate and candidate != iri and any(vocabularies.contains(s.iri, candidate) for s in asked):
            return candidate
    return None


def _unknown_code(
    label: str, value: NamedNode, scheme: Scheme, branches: Sequence[str], vocabularies: Vocabularies
) -> Wording:
    code = local_name(value.value)
    near = _near(code, scheme, vocabularies)
    mend = f"Perhaps {_list(near, vocabularies)}?" if near else _where([scheme], branches, vocabularies)
    if scheme.complete:
        return Wording(f"{label}: {code} is an unknown code of {scheme.title}.", mend)
    what = f"{label}: {code} is an unknown code of {scheme.title}, of which we hold only a part; check it."
    return Wording(what, mend, severity=Severity.WARNING)


def _literal(
    label: str, value: Literal, asked: list[Scheme], branches: Sequence[str], vocabularies: Vocabularies
) -> Wording:
    said = value.value.strip()
    if any(vocabularies.contains(scheme.iri, said) for scheme in asked):
        what = f"{label} is given as text; it must be an IRI."
        return Wording(what, f"Write <{said}>.", str(NamedNode(said)))
    found = _meant(said, asked, vocabularies) if len(said) <= _LONGEST_LABEL else set()
    if len(found) == 1:
        iri = found.pop()
        what = f"{label}: {spoken(value)} is text; use the IRI of that concept."
        return Wording(what, f"Use {_concept_words(iri, vocabularies)}.", str(NamedNode(iri)))
    what = f"{label}: {spoken(value)} is text; an IRI of {_names(asked)} is wanted."
    return Wording(what, _where(asked, branches, vocabularies))


def _meant(said: str, asked: Sequence[Scheme], vocabularies: Vocabularies) -> set[str]:
    """Concepts whose label, notation or code a text is."""
    found = {concept.iri for scheme in asked if (concept := vocabularies.find(said, scheme.iri))}
    codes = [prefix + code for scheme in asked for prefix in scheme.prefixes for code in (said, said.upper())]
    return found or {iri for iri in codes if any(vocabularies.contains(scheme.iri, iri) for scheme in asked)}


def _near(code: str, scheme: Scheme, vocabularies: Vocabularies) -> list[str]:
    """Concepts whose code looks alike; bounded, since comparing costs and anybody can send wrong codes."""
    wanted = code[:_LONGEST_CODE].lower()
    codes = _codes(vocabularies, scheme.iri)  # type: ignore[arg-type]
    names = list(codes)
    if len(names) > _MOST_COMPARED:
        names = [name for name in names if name[:1] == wanted[:1]][:_MOST_COMPARED]
    return [codes[name] for name in difflib.get_close_matches(wanted, names, 3, 0.6)]


@lru_cache(maxsize=64)
def _codes(vocabularies: Vocabularies, scheme: str) -> Mapping[str, str]:
    """Current concepts of a vocabulary by the last part of their IRIs, in lower case."""
    return {local_name(c.iri).lower(): c.iri for c in vocabularies.concepts(scheme) if not c.deprecated}


def _where(asked: Sequence[Scheme], branches: Sequence[str], vocabularies: Vocabularies) -> str:
    """Where to look: all values of a small vocabulary, else its name and address."""
    if branches:
        roots = " or ".join(_concept_words(root, vocabularies) for root in branches)
        return f"Choose a concept below {roots}."
    if len(asked) != 1:
        return f"Choose a value of {_names(asked)}."
    current = [concept for concept in vocabularies.concepts(asked[0].iri) if not concept.deprecated]
    if len(current) > _FEW:
        return f"Choose a value of {_names(asked)} ({asked[0].iri})."
    codes = ", ".join(f"{local_name(concept.iri)} “{_label(concept)}”" for concept in current)
    return f"Choose one of {codes} of {_names(asked)} ({asked[0].iri})."


def _names(schemes: Sequence[Scheme]) -> str:
    return " or ".join(f"“{scheme.title}”" for scheme in schemes) or "the vocabulary that the profile names"


def _list(iris: Sequence[str], vocabularies: Vocabularies) -> str:
    return ", ".join(_concept_words(iri, vocabularies) for iri in iris)


def _concept_words(iri: str, vocabularies: Vocabularies) -> str:
    concept = vocabularies.concept(iri)
    label = _label(concept) if concept else ""
    return f"“{label}” ({compact(iri)})" if label else compact(iri)


def _label(concept: Concept) -> str:
    return concept.labels.get("en") or next(iter(concept.labels.values()), "")
