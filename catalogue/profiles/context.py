"""How is a description of a profile written as plain JSON?

A JSON-LD 1.1 context with a readable key for each property and class of a profile: the local name, and with its prefix
(`csvw_title`) where another has taken that. Prefixed names (`csvw:title`) stay free of any coercion, so that values
which the context does not foresee can be written in full.

Text that has a language is a map from language to text, or texts: these fields may be given in several languages and
several times, and a map shows which language is missing. Text without a language may still be written as a string.
Spec: JSON-LD 1.1 §4.2.3 (type coercion), §4.6.2 (language maps).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyoxigraph import Literal

from catalogue.model import Field
from catalogue.rdf.namespaces import PREFIXES, RDF, compact

from .profile import Profile
from .sections import example_graph, sections
from .shape import local_name

Definition = dict[str, str]


def json_ld_context(profile: Profile) -> dict[str, Any]:
    """Make the context of a profile.

    Returns:
        A JSON-LD document with nothing but `@context`.
    """
    found = sections(profile)
    uses: dict[str, list[Definition]] = {}
    for field in (field for section in found for field in section.fields):
        # A path that is not one property cannot be a key.
        if "<" not in field.path:
            uses.setdefault(field.path, []).append(_coercion(field))
    terms: dict[str, str | Definition] = {}
    for path, coercions in uses.items():
        agreed = coercions[0] if all(other == coercions[0] for other in coercions) else {}
        name = compact(path)
        terms[_key(path, terms)] = {"@id": name, **agreed} if agreed else name
    for class_ in dict.fromkeys(_classes(found)):
        terms[_key(class_, terms)] = compact(class_)
    prefixes = {prefix: str(space) for prefix, space in PREFIXES.items()}
    return {"@context": {"@version": 1.1, **prefixes, **terms}}


def _key(iri: str, taken: dict[str, Any]) -> str:
    """The local name, else with its prefix; what has none gets a number."""
    name, short = local_name(iri), compact(iri)
    if name in taken or name in PREFIXES:
        name = short.replace(":", "_") if short != iri else f"{name}_{len(taken)}"
    return name


def _classes(found: Iterable[Any]) -> Iterable[str]:
    for section in found:
        yield from section.types
    for section in found:
        yield from (field.class_ for field in section.fields if field.class_)


def _coercion(field: Field) -> Definition:
    """How JSON values of a field are read when they do not say it themselves."""
    if field.datatype == RDF["langString"].value:
        return {"@container": "@language"}
    if field.datatype and not field.datatypes:
        return {"@type": compact(field.datatype)}
    found = example_graph(field)
    value = found[0] if found else None
    if isinstance(value, Literal):
        return {"@container": "@language"} if value.language else {}
    return {"@type": "@id"} if value is not None else {}
