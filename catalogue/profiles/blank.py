"""What does an empty description look like that only needs to be filled in?

A Turtle file with a block for each class of a profile. What is demanded is a live line with the example as its value,
so that the file conforms as it stands; the rest is commented out. Explanations begin with `##`, lines that may be used
with `#` alone, and every line ends in ` ;`, so that any of them may be added or taken away by itself.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import replace

from pyoxigraph import Literal

from catalogue.model import Field, Obligation
from catalogue.rdf.namespaces import PREFIXES, XSD, compact

from .datatypes import form_of
from .profile import Profile
from .sections import Section, example_graph, sections
from .shape import local_name

_HOME = "https://example.org/blank/"
_WIDTH = 110
_LIVE = (Obligation.MANDATORY, Obligation.CONDITIONAL)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|<[^<>]*>')
_PLAIN = re.compile(r"[a-z][\w-]*:[A-Za-z]\w*", re.ASCII)
_PREFIX = re.compile(r"(?<![\w:-])([a-z][\w-]*):")


def blank_turtle(profile: Profile, level: str | None = None) -> str:
    """Write a blank description.

    Args:
        profile: Whose fields it has.
        level: Access right, as IRI or last part; where the profile has levels and none is named, the strictest.

    Returns:
        Turtle; it conforms to the profile at that level.

    Raises:
        ValueError: The profile has no such level.
    """
    chosen = profile.level_named(level) if level else profile.strictest()
    if level and chosen is None:
        raise ValueError(f"{profile.title} has no level {level!r}; it has {', '.join(map(local_name, profile.levels))}")
    blocks = [_block(section, profile, chosen) for section in sections(profile, chosen)]
    body = "\n".join(line for block in blocks for line in ("", *block))
    return "\n".join([*_header(profile, chosen), "", *_prefixes(body), body, ""])


def how_many(field: Field) -> str:
    """How often a field may stand, in words."""
    least, most = field.min_count, field.max_count
    if most is None:
        return f"{least} or more" if least else "any number"
    if most == 0:
        return "none"
    return str(most) if most == least else f"{least} to {most}"


def value_words(field: Field) -> str:
    """What a value is, in words, without the vocabulary or class."""
    if field.datatypes:
        return " or ".join(form_of(datatype).words for datatype in field.datatypes)
    if field.datatype:
        return form_of(field.datatype).words
    kind = compact(field.node_kind or "").removeprefix("sh:")
    found = example_graph(field)
    value = found[0] if found else None
    if isinstance(value, Literal) and kind in ("", "Literal"):
        return "text" if value.datatype == XSD["string"] else form_of(value.datatype.value).words
    if kind == "Literal":
        return "text"
    return {"IRI": "an IRI", "BlankNodeOrIRI": "a description in place, or an IRI"}.get(kind, "an IRI or a description")


def _range_words(field: Field) -> str:
    if field.vocabulary:
        return "a concept of " + " or ".join(f"<{iri}>" for iri in field.vocabulary)
    if field.branch:
        return f"a concept below {compact(field.branch)}"
    return value_words(field) + (f" ({compact(field.class_)})" if field.class_ else "")


def _header(profile: Profile, level: str | None) -> Iterator[str]:
    yield f"## {profile.title}, version {profile.version}: a blank description ({profile.id})"
    if level:
        others = ", ".join(local_name(other) for other in profile.levels if other != level)
        yield f"## Access level {local_name(level)}; there are blanks for {others} too."
    yield "##"
    yield from _commented(
        f"Replace the examples by what holds for your data, and addresses below {_HOME} by your own. Lines that begin "
        "with one # are not demanded: take the # away to use them. Of the conditional ones, keep what applies. Lines "
        "that begin with ## explain. Delete the classes that you do not need; those that a value describes in square "
        "brackets stand below by themselves to show all their fields."
    )


def _commented(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="## ", subsequent_indent="## ", break_long_words=False)


def _prefixes(body: str) -> Iterator[str]:
    used = set(_PREFIX.findall(_QUOTED.sub("", body)))
    yield f"@prefix : <{_HOME}> ."
    for prefix, space in PREFIXES.items():
        if prefix in used:
            yield f"@prefix {prefix}: <{space}> ."


def _block(section: Section, profile: Profile, level: str | None) -> Iterator[str]:
    types = " , ".join(map(_written, section.types)) or "rdfs:Resource"
    yield f"## {section.label} ({types})"
    users = list(dict.fromkeys(f"{label} › {field.name}" for label, field in section.users))
    if users:
        yield from _commented(f"A value of {', '.join(users)}")
    yield f":{section.id} a {types} ;"
    for field in section.fields:
        if level and field.path == profile.level_path.value:
            field = replace(field, example=f"<{level}>")
        yield from _line(field)
    yield "  ."


def _line(field: Field) -> Iterable[str]:
    said = f"{field.name}: {field.obligation}, {how_many(field)}; {_range_words(field)}"
    if "<" in field.path:
        return [f"  ## {said}; stated at the other end"]
    live = field.obligation in _LIVE and example_graph(field) is not None
    return [f"  ## {said}", f"  {'' if live else '# '}{_written(field.path)} {field.example or '…'} ;"]


def _written(iri: str) -> str:
    """An IRI in Turtle, with its prefix where that needs no escape."""
    short = compact(iri)
    return short if _PLAIN.fullmatch(short) else f"<{iri}>"
