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


def require_change(person: Person, record: Record) -> None:
    """Check that the person may change the record.

    Raises:
        Forbidden: Holders change their own records only.
    """
    if person.role is Role.HOLDER and (record.owner != person.id or record.kind is Kind.CATALOG):
        raise Forbidden(
            f"The record {record.slug!r} belongs to somebody else.",
            mend="Ask its holder or a reviewer to make the change.",
        )
