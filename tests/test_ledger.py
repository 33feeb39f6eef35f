"""Is the ledger append-only, free of gaps, and safe when several write at once?"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy.exc import SQLAlchemyError

from catalogue.errors import CatalogueError, Conflict, RevisionConflict, UnknownRecord
from catalogue.ledger import Ledger, People, Save, Withdraw, hash_token, pack, unpack
from catalogue.model import EventKind, Kind, Role, State

CONTENT = b'<urn:a> <urn:b> "c" .\n'


def save(slug: str, after: int = 0, **options: object) -> Save:
    """A change that stores one revision."""
    values: dict[str, object] = {
        "packed": pack(CONTENT), "digest": f"{slug}-{after}", "triples": 1, "title": slug, "words": slug,
        "identifier": None, "outcome": {}, "catalog": "default", **options,
    }  # fmt: skip
    return Save(kind=Kind.DATASET, slug=slug, after=after, **values)  # type: ignore[arg-type]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger with the person 1."""
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        People(ledger.engine).ensure("writer", Role.ADMIN)
        yield ledger


@pytest.fixture
def raw(ledger: Ledger, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """The same file, past our code, with two records in it."""
    ledger.append([save("one"), save("two")], person=1)
    connection = sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)
    yield connection
    connection.close()


# -- the schema ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE revision SET content = x'00'",
        "UPDATE revision SET number = 9 WHERE number = 1",
        "DELETE FROM revision",
        "UPDATE event SET kind = 'withdrawn'",
        "UPDATE event SET seq = seq + 100",
        "DELETE FROM event WHERE seq = (SELECT MAX(seq) FROM event)",
        "DELETE FROM record",
        "UPDATE record SET slug = 'other' WHERE slug = 'one'",
        "UPDATE record SET kind = 'catalog'",
        "UPDATE record SET rank = 77 WHERE slug = 'one'",
        "UPDATE record SET created = '2001-01-01'",
        "INSERT OR REPLACE INTO event SELECT * FROM event WHERE seq = 1",
        "INSERT OR REPLACE INTO revision SELECT * FROM revision LIMIT 1",
        "REPLACE INTO record SELECT * FROM record LIMIT 1",
    ],
)
def test_the_schema_itself_refuses_to_change_what_was_written(raw: sqlite3.Connection, statement: str) -> None:
    def everything() -> list[list[tuple[object, ...]]]:
        return [raw.execute(f"SELECT * FROM {t}").fetchall() for t in ("record", "revision", "event")]  # noqa: S608

    before = everything()

    with pytest.raises(sqlite3.IntegrityError):
        raw.execute(statement)

    assert everything() == before


@pytest.mark.parametrize("seq", [0, 1, 4, 6, 100, -1])
def test_an_event_that_leaves_a_gap_is_refused(raw: sqlite3.Connection, seq: int) -> None:
    assert raw.execute("SELECT MAX(seq) FROM event").fetchone() == (4,)
    values = (seq, "2026-01-01", "saved", 1, 1, 1, "{}")

    with pytest.raises(sqlite3.IntegrityError):
        raw.execute("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)", values)

    raw.execute("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)", (5, *values[1:]))


def test_a_revision_that_leaves_a_gap_is_refused(raw: sqlite3.Connection) -> None:
    columns = "record, number, at, author, note, digest, triples, outcome, content"
    copy = f"INSERT INTO revision ({columns}) SELECT record, ?, at, author, note, digest, triples, outcome, content FROM revision WHERE record = 1"  # noqa: E501, S608

    with pytest.raises(sqlite3.IntegrityError):
        raw.execute(copy, (3,))

    raw.execute(copy, (2,))


def test_committed_means_on_disk(ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]

    assert found == ["wal", 2]


# -- appending -------------------------------------------------------------------------------------------------------


def test_events_say_what_happened_in_order(ledger: Ledger) -> None:
    ledger.append([save("one", publish=False)], person=1)
    ledger.append([save("one", after=1)], person=1)
    ledger.append([Withdraw(Kind.DATASET, "one", 2, reason="Old", successor="https://a.example/")], person=1)

    events = ledger.events(0)

    assert [(e.seq, e.kind, e.slug, e.revision) for e in events] == [
        (1, EventKind.SAVED, "one", 1),
        (2, EventKind.SAVED, "one", 2),
        (3, EventKind.PUBLISHED, "one", 2),
        (4, EventKind.WITHDRAWN, "one", 2),
    ]
    assert events[3].detail == {"reason": "Old", "successor": "https://a.example/"}
    assert all(datetime.now(UTC) - e.at < timedelta(minutes=1) for e in events)
    assert ledger.events(3) == events[3:]
    assert ledger.events(0, limit=2) == events[:2]


def test_a_revision_keeps_its_content_and_outcome(ledger: Ledger) -> None:
    ledger.append([save("one", outcome={"conforms": True}, note="First")], person=1)

    revision = ledger.revision(Kind.DATASET, "one", 1)

    assert (revision.content, revision.note, revision.outcome) == (CONTENT, "First", {"conforms": True})
    assert [unpack(content) for _, _, content in ledger.contents()] == [CONTENT]
    with pytest.raises(UnknownRecord):
        ledger.revision(Kind.DATASET, "one", 2)


def test_a_stale_change_is_refused_and_takes_the_whole_transaction_with_it(ledger: Ledger) -> None:
    ledger.append([save("one")], person=1)
    ledger.append([save("one", after=1)], person=1)

    with pytest.raises(RevisionConflict):
        ledger.append([save("new"), save("one", after=1)], person=1)

    assert ledger.position() == 4
    assert ledger.record(Kind.DATASET, "new") is None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"slug": "one"}, {"slug": "one"}),
        ({"slug": "one", "source": "urn:x"}, {"slug": "two", "source": "urn:x"}),
        ({"slug": "one", "identifier": "x"}, {"slug": "two", "identifier": "x"}),
    ],
)
def test_slug_source_and_identifier_belong_to_one_record(
    ledger: Ledger, first: dict[str, str], second: dict[str, str]
) -> None:
    ledger.append([save(**first)], person=1)  # type: ignore[arg-type]

    with pytest.raises(Conflict):
        ledger.append([save("fresh"), save(**second)], person=1)  # type: ignore[arg-type]

    assert ledger.position() == 2
    assert ledger.record(Kind.DATASET, "fresh") is None


def test_of_many_who_change_one_revision_exactly_one_wins(ledger: Ledger) -> None:
    ledger.append([save("one")], person=1)
    outcomes: list[str] = []
    barrier = threading.Barrier(8)

    def change(number: int) -> None:
        barrier.wait()
        try:
            ledger.append([save("one", after=1, title=f"writer {number}")], person=1)
            outcomes.append(f"writer {number}")
        except RevisionConflict:
            outcomes.append("refused")

    threads = [threading.Thread(target=change, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    (winner,) = [outcome for outcome in outcomes if outcome != "refused"]
    record = ledger.record(Kind.DATASET, "one")
    assert len(outcomes) == 8
    assert record is not None
    assert (record.title, record.latest) == (winner, 2)
    assert [e.seq for e in ledger.events(0)] == [1, 2, 3, 4]


def test_many_writers_from_two_connections_leave_no_gap(ledger: Ledger, tmp_path: Path) -> None:
    failures: list[Exception] = []

    def write(which: Ledger, writer: int) -> None:
        try:
            for number in range(10):
                which.append([save(f"w{writer}-{number}")], person=1)
        except (CatalogueError, SQLAlchemyError) as error:
            failures.append(error)

    with Ledger(tmp_path / "ledger.sqlite") as other:
        before = other.version()
        threads = [threading.Thread(target=write, args=((ledger, other)[n % 2], n)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        after = other.version()

    assert failures == []
    assert [e.seq for e in ledger.events(0)] == list(range(1, 81))
    assert sorted(r.rank or 0 for r, _, _ in ledger.contents()) == list(range(1, 41))
    assert after != before


def test_the_version_moves_with_every_write_of_our_own_and_of_others(ledger: Ledger, tmp_path: Path) -> None:
    versions = [ledger.version(), ledger.version()]
    ledger.append([save("one")], person=1)
    versions.append(ledger.version())
    with Ledger(tmp_path / "ledger.sqlite") as other:
        other.append([save("two")], person=1)
        versions.append(ledger.version())

    assert versions[0] == versions[1]
    assert len(set(versions)) == 3


def test_a_search_word_is_taken_literally(ledger: Ledger) -> None:
    ledger.append([save("one", words="100% of a_b"), save("two", words="100 of axb")], person=1)

    assert [r.slug for r in ledger.published(Kind.DATASET, words=["100%"], limit=9)[1]] == ["one"]
    assert [r.slug for r in ledger.published(Kind.DATASET, words=["a_b"], limit=9)[1]] == ["one"]


def test_a_ledger_opened_again_is_the_same(ledger: Ledger, tmp_path: Path) -> None:
    ledger.append([save("one")], person=1)

    with Ledger(tmp_path / "ledger.sqlite") as again:
        assert again.events(0) == ledger.events(0)
        assert again.record(Kind.DATASET, "one") == ledger.record(Kind.DATASET, "one")


# -- people ----------------------------------------------------------------------------------------------------------


def test_a_token_is_kept_as_a_hash_only(ledger: Ledger, tmp_path: Path) -> None:
    people = People(ledger.engine)
    secret = people.add_token(people.ensure("holder", Role.HOLDER), "laptop")
    ledger.engine.dispose()

    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert len(secret) >= 40
    assert secret.encode() not in files
    assert hash_token(secret).encode() in files
    assert people.by_token(secret) is not None


@pytest.mark.parametrize("guess", ["", "x", "' OR 1=1 --", "\x00", "é" * 500])
def test_a_wrong_token_is_nobody(ledger: Ledger, guess: str) -> None:
    assert People(ledger.engine).by_token(guess) is None


def test_a_token_ends_when_it_is_revoked_or_expires(ledger: Ledger, raw: sqlite3.Connection) -> None:
    people = People(ledger.engine)
    person = people.ensure("holder", Role.HOLDER)
    revoked, expired, valid = (people.add_token(person, label, days=1) for label in ("a", "b", "c"))
    people.revoke(1)
    raw.execute("UPDATE token SET expires = '2001-01-01 00:00:00.000000' WHERE label = 'b'")

    assert [people.by_token(t) is not None for t in (revoked, expired, valid)] == [False, False, True]
    with pytest.raises(UnknownRecord):
        people.revoke(99)


def test_a_person_keeps_the_role_that_it_was_made_with(ledger: Ledger) -> None:
    people = People(ledger.engine)
    first = people.ensure("holder", Role.HOLDER)

    assert people.ensure("holder", Role.ADMIN) == first
    with pytest.raises(Conflict):
        people.add_token(first, "b", secret=people.add_token(first, "a"))


# -- any order of changes --------------------------------------------------------------------------------------------

SLUGS = st.sampled_from(["a", "b", "c"])


class Histories(RuleBasedStateMachine):
    """Whatever is done in whatever order, the ledger agrees with a dictionary."""

    @initialize()
    def empty(self) -> None:
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.ledger = Ledger(Path(self.folder.name) / "ledger.sqlite")
        People(self.ledger.engine).ensure("writer", Role.ADMIN)
        self.latest: dict[str, int] = {}
        self.public: dict[str, int] = {}
        self.withdrawn: set[str] = set()
        self.ranks: dict[str, int] = {}
        self.position = 0

    def teardown(self) -> None:
        """Close and remove it."""
        if hasattr(self, "ledger"):
            self.ledger.close()
            self.folder.cleanup()

    @rule(slug=SLUGS, publish=st.booleans(), stale=st.booleans())
    def save(self, slug: str, publish: bool, stale: bool) -> None:
        after = self.latest.get(slug, 0)
        if stale and after:
            with pytest.raises((RevisionConflict, Conflict)):
                self.ledger.append([save(slug, after=after - 1, publish=publish)], person=1)
            return
        if slug in self.withdrawn:
            return  # the services refuse it before
        self.ledger.append([save(slug, after=after, publish=publish)], person=1)
        self.latest[slug] = after + 1
        self.position += 2 if publish else 1
        if publish:
            self.public[slug] = after + 1
            self.ranks.setdefault(slug, len(self.ranks) + 1)

    @rule(slug=SLUGS)
    def withdraw(self, slug: str) -> None:
        if slug not in self.latest:
            with pytest.raises(UnknownRecord):
                self.ledger.append([Withdraw(Kind.DATASET, slug, 0)], person=1)
        elif slug not in self.withdrawn:
            self.ledger.append([Withdraw(Kind.DATASET, slug, self.latest[slug])], person=1)
            self.public.pop(slug, None)
            self.withdrawn.add(slug)
            self.position += 1

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "ledger"):
            return
        assert [e.seq for e in self.ledger.events(0)] == list(range(1, self.position + 1))
        assert {r.slug: r.published for r, _, _ in self.ledger.contents()} == self.public
        assert self.ledger.ranks()[0] == len(self.public)
        for slug, latest in self.latest.items():
            record = self.ledger.record(Kind.DATASET, slug)
            assert record is not None
            assert (record.latest, record.published) == (latest, self.public.get(slug))
            assert record.rank == self.ranks.get(slug)
            assert (record.state is State.WITHDRAWN) == (slug in self.withdrawn)


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=12, stateful_step_count=12, deadline=None, database=None)
