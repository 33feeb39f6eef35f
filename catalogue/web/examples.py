"""Which worked examples does this catalogue offer?"""

from __future__ import annotations

from functools import cache

from catalogue.errors import UnknownRecord
from catalogue.resources import shipped
from catalogue.sparql.examples import Example, read_examples


@cache
def collection() -> dict[str, Example]:
    """The shipped examples by name; read once per process."""
    return {example.name: example for example in read_examples(shipped("queries"))}


def example(name: str) -> Example:
    """One of them.

    Raises:
        UnknownRecord: There is none of that name.
    """
    found = collection().get(name)
    if found is None:
        raise UnknownRecord(f"There is no query {name[:100]!r} here.", mend="See /query for those that there are.")
    return found
