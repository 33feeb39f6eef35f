"""Which profiles has an operator put beside ours, and what is wrong with those that cannot be used?

A folder in the layout of `shapes/`. Its files may be anybody's, so they are repaired where they need it and checked
before an engine reads them. What is wrong is told, file by file; it never keeps the other profiles from loading.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from pyoxigraph import Triple

from catalogue.rdf.graph import Graph

from .checking import Problem, problems
from .loading import Description, Unusable, common_triples, describe, read, shape_folders
from .profile import Profile, UnusableProfile
from .repairs import Repaired, named, repaired

# The id stands in addresses, file names and the IRIs of shapes.
_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
_MOST_TRIPLES = 200_000


class IllFormedFiles(Unusable):
    """Files that do not parse or hold ill-formed shapes; `problems` names each."""

    def __init__(self, found: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, found)))
        self.problems = tuple(found)


class FurtherProfile(Profile):
    """A profile of the operator's; its files are read, repaired and checked when they are first asked for."""

    shipped = False

    def __init__(self, description: Description, root: Path, common: Sequence[Triple]) -> None:
        """Hold a profile of the folder `root`; `common` belongs to every profile."""
        super().__init__(description, self._read_repaired, common, {})
        self._root = root

    @property
    def repairs(self) -> tuple[str, ...]:
        """What was changed in its files, and what they say that is not judged, one sentence each.

        Raises:
            Unusable: A file cannot be used.
        """
        return self._mended.told

    @cached_property
    def _mended(self) -> Repaired:
        files: dict[Path, list[Triple]] = {}
        found: list[Problem] = []
        for path in self._files.every_file:  # all of them, so that every one that does not parse is named
            try:
                files[path] = read(path, self._root)
            except Unusable as problem:
                found.append(Problem(str(problem), "", ""))
        if sum(map(len, files.values())) > _MOST_TRIPLES:
            found.append(Problem(f"{self.folder.name}/", "", f"more than {_MOST_TRIPLES:,} triples"))
        if found:
            raise IllFormedFiles(found)
        mended = repaired(files, self.folder)
        found = self._ill_formed(mended)
        if found:
            raise IllFormedFiles(found)
        return replace(mended, files=named(mended.files, self.id))

    def _ill_formed(self, mended: Repaired) -> list[Problem]:
        """What is ill-formed at any level, each once."""
        found: dict[Problem, None] = {}
        for paths in self._files.levels.values() or [()]:
            own = {path: mended.files[path] for path in dict.fromkeys([*self._files.files, *paths])}
            graph = Graph([*self._common, *(triple for triples in own.values() for triple in triples)])
            found.update(dict.fromkeys(problems(own, graph, self._root)))
        return list(found)

    def _read_repaired(self, path: Path) -> list[Triple]:
        return self._mended.files[path]


def further_profiles(
    root: Path, common: Sequence[Triple], taken: Collection[str], told: list[str]
) -> list[FurtherProfile]:
    """Every profile of a further folder of shapes whose description can be used.

    Args:
        root: Holds a folder with a `profile.ttl` for each profile; `common/` belongs to all of them.
        common: Triples of our own common files.
        taken: Ids of the profiles that there are already.
        told: Takes what cannot be used, with the folder and the reason.
    """
    if not root.is_dir():
        told.append(f"{root}: there is no such folder of shapes")
        return []
    said: list[str] = []
    shared = [*common, *common_triples(root, said)]
    found: dict[str, FurtherProfile] = {}
    for folder in shape_folders(root):
        try:
            profile = further_profile(folder, root, shared, {*taken, *found})
        except Unusable as problem:
            said.append(str(problem))
        else:
            found[profile.id] = profile
    told += [f"{root}/{problem}" for problem in said]
    return list(found.values())


def further_profile(folder: Path, root: Path, common: Sequence[Triple], taken: Collection[str] = ()) -> FurtherProfile:
    """One profile of a further folder of shapes.

    Raises:
        Unusable: Its description is, or its id.
    """
    description, where = describe(folder, root), f"{folder.name}/profile.ttl"
    if not _ID.fullmatch(description.id):
        raise Unusable(f"{where}: dct:identifier {description.id[:80]!r}: small letters, digits, - and . are wanted")
    if description.id in taken:
        raise Unusable(f"{where}: there is another profile {description.id!r}; give this one an id of its own")
    return FurtherProfile(description, root, common)


def ill_formed(profile: Profile) -> tuple[Problem, ...]:
    """What keeps a profile from being used: everything that its files do wrong, else what the engine says."""
    try:
        if isinstance(profile, FurtherProfile):
            _ = profile.repairs
        profile.check()
    except IllFormedFiles as found:
        return found.problems
    except (Unusable, UnusableProfile) as problem:
        return (Problem("", "", str(problem)),)
    return ()
