"""Who may change something, and how do they prove it?

Bearer tokens (RFC 6750) with 256 random bits; only their SHA-256 is kept. A fast hash is right here: there is no
password to guess.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from catalogue.errors import Conflict, UnknownRecord
from catalogue.model import Person, Role

from .database import writing
from .schema import person as person_table
from .schema import token as token_table

SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token as an admin sees it; the secret itself is never kept."""

    id: int
    person: str
    role: Role
    label: str
    created: datetime
    expires: datetime | None
    revoked: datetime | None


def hash_token(secret: str) -> str:
    """SHA-256 of a token, in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


class People:
    """Persons and their tokens, in the ledger's database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def ensure(self, name: str, role: Role) -> Person:
        """Return the person of that name, made with that role when there is none."""
        with writing(self._engine) as connection:
            row = connection.execute(select(person_table).where(person_table.c.name == name)).one_or_none()
            if row is not None:
                return Person(row.id, row.name, Role(row.role))
            values = {"name": name, "role": role, "created": _now()}
            number = connection.execute(insert(person_table).values(**values).returning(person_table.c.id)).scalar_one()
            return Person(number, name, role)

    def add_token(self, person: Person, label: str, *, secret: str | None = None, days: int | None = None) -> str:
        """Give a person a token and return its secret, which cannot be had again.

        Args:
            person: Whose token it is.
            label: What it is for.
            secret: The token itself (bootstrap); random when absent.
            days: After how many days it expires.
        """
        secret = secret or secrets.token_urlsafe(32)
        expires = _now() + timedelta(days=days) if days else None
        values = {
            "person": person.id,
            "label": label,
            "hash": hash_token(secret),
            "created": _now(),
            "expires": expires,
        }
        try:
            with writing(self._engine) as connection:
                connection.execute(insert(token_table).values(**values))
        except IntegrityError as error:
            raise Conflict("This token exists already.") from error
        return secret

    def by_token(self, secret: str) -> Person | None:
        """The person whose valid token this is."""
        query = (
            select(person_table, token_table.c.expires)
            .join(token_table, token_table.c.person == person_table.c.id)
            .where(token_table.c.hash == hash_token(secret), token_table.c.revoked.is_(None))
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None or (row.expires is not None and row.expires < _now()):
            return None
        return Person(row.id, row.name, Role(row.role))

    def tokens(self) -> list[TokenRow]:
        """Every token, oldest first."""
        query = (
            select(token_table, person_table.c.name, person_table.c.role)
            .join(person_table, person_table.c.id == token_table.c.person)
            .order_by(token_table.c.id)
        )
        with self._engine.connect() as connection:
            return [
                TokenRow(row.id, row.name, Role(row.role), row.label, row.created, row.expires, row.revoked)
                for row in connection.execute(query)
            ]

    def revoke(self, token: int) -> None:
        """End a token.

        Raises:
            UnknownRecord: There is no such token.
        """
        with writing(self._engine) as connection:
            changed = connection.execute(update(token_table).where(token_table.c.id == token).values(revoked=_now()))
            if changed.rowcount == 0:
                raise UnknownRecord(f"There is no token {token}.", mend="See `catalogue token list`.")


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
