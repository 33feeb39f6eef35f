"""What does one profile ask, at one access level or at all?

A `Profile` is what was read from one folder of shapes. Each access level has its own compiled set; the files without
a level belong to all of them.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pyoxigraph import NamedNode, Triple

from catalogue.model import Field, Group, Kind
from catalogue.rdf.graph import Graph, Subject

from .closures import Closures, NotCovered
from .fields import across_levels, fields_of
from .loading import Description
from .pyshacl_engine import PyShacl
from .shape import IllFormed, local_name
from .shapes import ShapeSet

# The access right whose shapes are taken when a dataset does not state exactly one that we know.
STRICTEST = "NON_PUBLIC"


@dataclass(frozen=True)
class Compiled:
    """Shapes that apply together, read for people and for pySHACL."""

    shapes: ShapeSet
    triples: Sequence[Triple] = field(repr=False)

    @cached_property
    def reference(self) -> PyShacl:
        """The shapes as pySHACL holds them."""
        return PyShacl(self.triples)

    @cached_property
    def engine(self) -> Closures | PyShacl:
        """What judges by these shapes: closures, or pySHACL where a constraint needs it. Made once.

        Raises:
            IllFormed: A constraint cannot be used.
        """
        try:
            return Closures(self.shapes)
        except NotCovered:
            return self.reference
        except (ValueError, re.error) as error:
            raise IllFormed(f"a number or pattern cannot be read: {error}") from error


class Profile:
    """One profile: what it is, its fields, its shapes. Never changes; threads may share it."""

    def __init__(
        self,
        description: Description,
        always: Sequence[Triple],
        by_level: Mapping[str, Sequence[Triple]],
        groups: Mapping[str, Group],
    ) -> None:
        """Read the shapes of a profile.

        Args:
            description: What its profile.ttl says.
            always: Triples of the files that apply at every level.
            by_level: Triples of the files of each access right.
            groups: Known property groups.

        Raises:
            IllFormed: A shape cannot be used.
        """
        self.id = description.id
        self.iri = description.iri
        self.title = description.title
        self.version = description.version
        self.description = description.description
        self.levels = dict(description.levels)
        self.level_path = description.level_path
        self._groups = groups
        self._always, self._by_level = always, by_level
        self._compiled: dict[str | None, Compiled] = {}
        self._compiling = threading.Lock()
        self._fields: dict[tuple[str, str | None], tuple[Field, ...]] = {}

    def check(self) -> None:
        """Compile the shapes of every level and keep none: each takes some megabytes, and few are asked for.

        Raises:
            IllFormed, or what pySHACL raises: A shape cannot be used.
        """
        for level in (None, *self.levels):
            engine = self._compile(level).engine
            if isinstance(engine, PyShacl):
                engine.probe()

    def _compile(self, level: str | None) -> Compiled:
        triples = [*self._always, *self._by_level.get(level or "", ())]
        return Compiled(ShapeSet(triples, self.id), triples)

    def level_named(self, level: str | None) -> str | None:
        """The access right's IRI for an IRI or its last part (`PUBLIC`); None when the profile has no such level."""
        return next((iri for iri in self.levels if level in (iri, local_name(iri))), None)

    def strictest(self) -> str | None:
        """The level that is taken when a dataset's own is not clear; None for a profile without levels."""
        return self.level_named(STRICTEST) or (sorted(self.levels)[-1] if self.levels else None)

    def level_of(self, graph: Graph, subject: Subject, kind: Kind) -> tuple[str | None, bool]:
        """Choose the level for a record.

        Returns:
            The level's IRI (None when levels do not matter: other kinds, profiles without) and whether the record
            states it clearly: exactly one value, and one that the profile knows.
        """
        if kind is not Kind.DATASET or not self.levels:
            return None, True
        stated = graph.values(subject, self.level_path)
        if len(stated) == 1 and isinstance(stated[0], NamedNode) and stated[0].value in self.levels:
            return stated[0].value, True
        return self.strictest(), False

    def compiled(self, level: str | None) -> Compiled:
        """The shapes at a level (its IRI); those of every level for None. Compiled when first asked for."""
        with self._compiling:
            if level not in self._compiled:
                self._compiled[level] = self._compile(level)
            return self._compiled[level]

    def sets(self) -> Iterator[Compiled]:
        """The shapes of each level, or the one set of a profile without levels."""
        for level in self.levels or (None,):
            yield self.compiled(level)

    def fields(self, target: str, level: str | None = None) -> tuple[Field, ...]:
        """Fields of a class or node shape, by group and order.

        Args:
            target: IRI of a class (`…dcat#Dataset`) or of a node shape (`Field.node`).
            level: Access right, as IRI or last part; without one, what only some levels demand is conditional.
        """
        key = (target, self.level_named(level))
        if key not in self._fields:
            self._fields[key] = self._fields_of(*key)
        return self._fields[key]

    def _fields_of(self, target: str, level: str | None) -> tuple[Field, ...]:
        levels = [level] if level or not self.levels else list(self.levels)
        sets = [fields_of(self.compiled(each).shapes, target, self._groups) for each in levels]
        return sets[0] if len(sets) == 1 else across_levels(sets)
