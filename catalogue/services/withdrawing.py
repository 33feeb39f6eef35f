"""How does a record leave the public?

Its page becomes a tombstone that stays; its slug is never used again.
"""

from __future__ import annotations

import re

from catalogue.errors import Conflict, InvalidSubmission, WithdrawnRecord
from catalogue.ledger import Withdraw
from catalogue.model import Kind, Person, Record, State

from .access import require_change
from .catalogue import Catalogue

_WEB = re.compile(r"https?://[^\s<>\"{}|\\^`]{1,2000}")


def withdraw(
    catalogue: Catalogue, record: Record, person: Person, *, reason: str = "", successor: str | None = None
) -> None:
    """Withdraw a record.

    Args:
        catalogue: The open catalogue.
        record: As it is now.
        person: Who.
        reason: Shown on the tombstone.
        successor: IRI of what replaces it.

    Raises:
        Forbidden: Not this person's record.
        RevisionConflict: It changed meanwhile.
        WithdrawnRecord: It was withdrawn before.
        Conflict: A catalogue that still lists datasets.
        InvalidSubmission: The successor is no web address; the tombstone makes a link of it.
    """
    require_change(person, record)
    if record.state is State.WITHDRAWN:
        raise WithdrawnRecord(f"“{record.title}” was withdrawn already.")
    if successor is not None and not _WEB.fullmatch(successor):
        raise InvalidSubmission(
            f"The successor {successor[:200]!r} is not a web address.", mend="Give an IRI that begins with https://."
        )
    if record.kind is Kind.CATALOG:
        kinds = (Kind.DATASET, Kind.SERIES)
        members = sum(catalogue.ledger.published(kind, catalog=record.slug, limit=1)[0] for kind in kinds)
        if members:
            raise Conflict(
                f"The catalogue still lists {members} datasets or series.",
                mend="Withdraw them, or move them to another catalogue, first.",
            )
    change = Withdraw(record.kind, record.slug, record.latest, reason=reason[:1000], successor=successor)
    catalogue.ledger.append([change], person=person.id)
