"""Who may do what?

*holder*: adds datasets and series, changes own ones. *reviewer*: changes any, adds catalogues. *admin*: the same, and
people.
"""

from __future__ import annotations

from catalogue.errors import Forbidden
from catalogue.model import Kind, Person, Record, Role


def may_add(person: Person, kind: Kind) -> bool:
    """Whether the person may add a record of this kind."""
    return kind is not Kind.CATALOG or person.role is not Role.HOLDER


def may_change(person: Person, record: Record) -> bool:
    """Whether the person may change the record: holders only their own."""
    return person.role is not Role.HOLDER or (record.owner == person.id and record.kind is not Kind.CATALOG)


def require_change(person: Person, record: Record) -> None:
    """Check that the person may change the record.

    Raises:
        Forbidden: Holders change their own records only.
    """
    if not may_change(person, record):
        raise Forbidden(
            f"The record {record.slug!r} belongs to somebody else.",
            mend="Ask its holder or a reviewer to make the change.",
        )
