"""What does one profile ask, at one access level or at all?

A `Profile` is what was read from one folder of shapes. Each access level has its own compiled set; the files without
a level belong to all of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import NamedNode, Triple

from catalogue.errors import Unavailable
from catalogue.model import Field, Group, Kind
from catalogue.rdf.graph import Graph, Subject

from .checks import Check, Judging
from .closures import Closures, NotCovered
from .fields import across_levels, fields_of
from .loading import Description, Unusable, groups_of
from .results import Result
from .shape import IllFormed, local_name
from .shapes import ShapeSet
from .trails import Names
from .words import Phrases

if TYPE_CHECKING:
    from .pyshacl_engine import PyShacl

# The access right whose shapes are taken when a dataset does not state exactly one that we know.
STRICTEST = "NON_PUBLIC"


# Gives the triples of a shape file.
Read = Callable[[Path], list[Triple]]


class UnusableProfile(Unavailable):
    """A file of the profile does not parse, or a shape in it cannot be used; says which and why."""


@dataclass(frozen=True)
class Compiled:
    """Shapes that apply together, read for people and for pySHACL. `shared` holds what other sets have compiled."""

    shapes: ShapeSet
    triples: Sequence[Triple] = field(repr=False)
    shared: dict[Hashable, Check] = field(repr=False)

    @cached_property
    def reference(self) -> PyShacl:
        """The shapes as pySHACL holds them; it takes 0.1 s to import, which few need."""
        from .pyshacl_engine import PyShacl

        return PyShacl(self.triples)

    @cached_property
    def engine(self) -> Closures | PyShacl:
        """What judges by these shapes: closures, or pySHACL where a constraint needs it. Made once.

        Raises:
            IllFormed: A constraint cannot be used.
        """
        try:
            return Closures(self.shapes, self.shared)
        except NotCovered:
            self.reference.probe()
            return self.reference

    @cached_property
    def phrases(self) -> Phrases:
        """What findings say of the shapes."""
        return Phrases(self.shapes)

    @cached_property
    def names(self) -> Names:
        """What the shapes call the properties."""
        return Names(self.shapes)

    @cached_property
    def groups(self) -> Mapping[str, Group]:
        """The groups of fields, by IRI.

        Raises:
            Unusable: The order of one is no number.
        """
        return groups_of(self.shapes.graph)

    def check(self) -> None:
        """Make both now, so that what cannot be used is told."""
        _ = self.engine, self.groups

    def judge(self, judging: Judging, focus: Mapping[Subject, Sequence[Subject]]) -> list[Result]:
        """Failed constraints of nodes, by node shape."""
        engine = self.engine
        return engine.judge(judging if isinstance(engine, Closures) else judging.graph, focus)  # type: ignore[arg-type]


class Profile:
    """One profile: what it is, its fields, its shapes. Never changes; threads may share it.

    Its shapes are read when they are first asked for; when they cannot be used, what needs them raises
    `UnusableProfile`.
    """

    shipped = True

    def __init__(
        self,
        description: Description,
        read: Read,
        common: Sequence[Triple],
        shared: dict[Hashable, Check],
    ) -> None:
        """Hold a profile.

        Args:
            description: What its profile.ttl says.
            read: Gives the triples of a shape file.
            common: Triples that belong to every profile.
            shared: Compiled shapes of all profiles.
        """
        self.id = description.id
        self.iri = description.iri
        self.title = description.title
        self.version = description.version
        self.description = description.description
        self.levels = dict(description.levels)
        self.level_path = description.level_path
        self.folder = description.folder
        self.background = description.background
        self._files = description
        self._read, self._common, self._shared = read, common, shared
        self._compiled: dict[str | None, Compiled] = {}
        self._compiling = threading.Lock()
        self._fields: dict[tuple[str, str | None], tuple[Field, ...]] = {}

    @property
    def repairs(self) -> tuple[str, ...]:
        """What was changed in its files so that they can be used; nothing in ours."""
        return ()

    def check(self) -> None:
        """Compile the shapes of every level and keep none: each takes some megabytes, and few are asked for.

        Raises:
            UnusableProfile: A file or shape cannot be used.
        """
        shared: dict[Hashable, Check] = {}
        for level in (None, *self.levels):
            self._compile(level, shared)

    def _compile(self, level: str | None, shared: dict[Hashable, Check]) -> Compiled:
        try:
            files = (*self._files.files, *self.levels.get(level or "", ()))
            triples = [*self._common, *(triple for path in files for triple in self._read(path))]
            compiled = Compiled(ShapeSet(triples, self.id), triples, shared)
            compiled.check()
        except Unusable as problem:
            raise self._unusable(str(problem)) from problem
        except IllFormed as problem:
            raise self._unusable(f"{self._files.folder.name}: {problem}") from problem
        return compiled

    def _unusable(self, reason: str) -> UnusableProfile:
        return UnusableProfile(
            f"The profile {self.id} cannot be used: {reason}",
            mend="Mend the file in the folder of shapes and start the catalogue anew.",
            profile=self.id,
        )

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
                self._compiled[level] = self._compile(level, self._shared)
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
        compiled = [self.compiled(each) for each in levels]
        sets = [fields_of(each.shapes, target, each.groups) for each in compiled]
        return sets[0] if len(sets) == 1 else across_levels(sets)
