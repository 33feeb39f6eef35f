"""How are worked examples worded: their list, the form of each, the command that asks the same?

Pure.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from catalogue.sparql.examples import Example as Shipped
from catalogue.sparql.examples import Parameter, Type
from catalogue.vocabularies.search import Shelf, Shelves

from .pages import Alternate, Choice, Example, Problem, ResultTable

# A longer list is no help in a form; the vocabulary's own page finds better.
_LONGEST_LIST = 600

_KINDS = {Type.INTEGER: "number", Type.DATE: "date", Type.IRI: "text", Type.TEXT: "text", Type.LANGUAGE: "text"}


@dataclass(frozen=True, slots=True)
class QueriesPage:
    """`queries.html`: worked examples by keyword; `alternates` are the collection as data."""

    section: ClassVar[str] = "sparql"
    groups: tuple[tuple[str, tuple[Example, ...]], ...]
    total: int
    alternates: tuple[Alternate, ...]


@dataclass(frozen=True, slots=True)
class Input:
    """One field of a query's form; `choices` when it is one of a list, `kind` is the type of the input else.

    `link` is where values can be looked up, `wrong` says that the value was refused.
    """

    name: str
    label: str
    help: str
    kind: str
    value: str
    required: bool
    choices: tuple[Choice, ...]
    link: str
    wrong: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryPage:
    """`query.html`: a worked example with its form, the result for the values in it, and its addresses as data.

    `command` is the same for a terminal, `edit` the query page with the query in these values.
    """

    section: ClassVar[str] = "sparql"
    name: str
    title: str
    description: str
    inputs: tuple[Input, ...]
    query: str
    edit: str
    command: str
    alternates: tuple[Alternate, ...]
    milliseconds: int
    table: ResultTable | None = None
    answer: bool | None = None
    text: str | None = None
    problem: Problem | None = None


def groups(examples: Iterable[Shipped]) -> tuple[tuple[str, tuple[Example, ...]], ...]:
    """The examples below their first keywords, in the order of these words."""
    found: dict[str, list[Example]] = {}
    for each in examples:
        found.setdefault(each.keywords[0], []).append(linked(each))
    return tuple((word.capitalize(), tuple(found[word])) for word in sorted(found))


def linked(example: Shipped) -> Example:
    """One in a list."""
    return Example(example.title, example.text, f"/query/{example.name}")


def inputs(example: Shipped, given: Mapping[str, str], shelves: Shelves, wrong: str) -> tuple[Input, ...]:
    """The fields of an example's form.

    Args:
        example: Whose.
        given: What was sent, by parameter.
        shelves: The vocabularies, for lists of concepts.
        wrong: The parameter whose value was refused; empty when none was.
    """
    return tuple(_input(each, given.get(each.name), shelves, each.name == wrong) for each in example.parameters)


def parameter_of(parameter: Parameter) -> str | None:
    """The default as it would be given; None where the query is open."""
    return None if parameter.default is None else parameter.default.value


def command(address: str, given: Mapping[str, str]) -> str:
    """What asks the same from a terminal."""
    return "curl " + shlex.quote(f"{address}?{urlencode(given)}" if given else address)


def _input(parameter: Parameter, sent: str | None, shelves: Shelves, wrong: bool) -> Input:
    value = (parameter_of(parameter) or "") if sent is None else sent.strip()
    choices: tuple[Choice, ...] = ()
    if parameter.type is Type.CONCEPT:
        shelf = shelves.shelf(parameter.vocabulary)
        choices = _choices(shelf, parameter, value)
        value = shelf.key(value) or value
    return Input(
        name=parameter.name,
        label=parameter.label,
        help=parameter.description,
        kind="text" if wrong else _KINDS.get(parameter.type, "text"),  # number and date show nothing else
        value=value,
        required=not parameter.optional,
        choices=choices,
        link=f"/vocabularies/{parameter.vocabulary}" if parameter.vocabulary else "",
        wrong=wrong,
    )


def _choices(shelf: Shelf, parameter: Parameter, value: str) -> tuple[Choice, ...]:
    """The concepts by name, unless they are too many; an open one first where it may be left open."""
    if len(shelf.concepts) > _LONGEST_LIST:
        return ()
    chosen = shelf.key(value) or value
    named = [
        (each.labels.get("en") or next(iter(each.labels.values())), shelf.key(each.iri)) for each in shelf.concepts
    ]
    found = [Choice(key, name, key == chosen) for name, key in sorted(named) if key]
    if not any(choice.chosen for choice in found) and value:
        found.insert(0, Choice(value, value, True))  # what was sent and is none of them: it is said to be wrong
    return (Choice("", "Any", not value), *found) if parameter.optional else tuple(found)
