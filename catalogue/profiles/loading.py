"""Which profiles are there, and which shape files does each one use?

Reads `shapes/*/profile.ttl` (PROF, W3C Note 2019) and the files it names, all inside the folder of shapes: links that
lead out of it are refused, nothing is fetched, `owl:imports` is not followed. A file that cannot be used is named in
the problems with the reason; the profiles that do not need it load all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox
from pyoxigraph import NamedNode

from catalogue.model import Group
from catalogue.rdf.graph import Graph, Term
from catalogue.rdf.namespaces import DCAT, DCT, PROF, RDFS, SH, SHAPES

from .shape import words

_BASE = "https://shapes.invalid/"
_COMMON = "common"
# The largest official file has 180,000 bytes.
LARGEST_FILE = 5_000_000
MOST_FILES = 100


@dataclass(frozen=True, slots=True)
class Description:
    """What profile.ttl says. `files` always apply; `levels` gives those of an access right.

    `background` asks that schemes and labels of concepts be laid beside a record, as official shapes expect.
    `origins` gives, for a file of a ready-made descriptor, where it lies in what its publisher releases.
    """

    id: str
    iri: str
    title: str
    version: str
    description: str
    level_path: NamedNode
    files: tuple[Path, ...]
    levels: Mapping[str, tuple[Path, ...]]
    folder: Path
    background: bool = False
    origins: Mapping[Path, tuple[str, ...]] = field(default_factory=dict)

    @property
    def every_file(self) -> tuple[Path, ...]:
        """Files that apply always, then those of each level; each once."""
        return tuple(dict.fromkeys([*self.files, *(path for paths in self.levels.values() for path in paths)]))


class Unusable(Exception):
    """A file that we cannot use; the message says where and why."""


def read(path: Path, shapes: Path) -> list[ox.Triple]:
    """Parse one Turtle file; blank nodes get names that no other file shares.

    Raises:
        Unusable: Absent, too large, a link that leads out of `shapes`, or not Turtle.
    """
    base = _BASE + path.relative_to(shapes).as_posix()
    said = path.relative_to(shapes).as_posix()
    if not _is_inside(path, shapes):
        raise Unusable(f"{said}: a link that leads out of the folder of shapes")
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise Unusable(f"{said}: larger than {LARGEST_FILE:,} bytes")
        if not path.is_file():
            raise Unusable(f"{said}: not a file")
        quads = ox.parse(path.read_bytes(), format=ox.RdfFormat.TURTLE, base_iri=base, rename_blank_nodes=True)
        return [quad.triple for quad in quads]
    except FileNotFoundError as error:
        raise Unusable(f"{path.name}: no such file in {path.parent.name}/") from error
    except (SyntaxError, ValueError, OSError) as error:
        raise Unusable(f"{said}: {error}") from error


def common_triples(shapes: Path, problems: list[str]) -> list[ox.Triple]:
    """Content of the files that belong to every profile."""
    found: list[ox.Triple] = []
    for path in sorted((shapes / _COMMON).glob("*.ttl")):
        try:
            found += read(path, shapes)
        except Unusable as problem:
            problems.append(str(problem))
    return found


def groups_of(graph: Graph) -> dict[str, Group]:
    """Property groups (SHACL §2.3.2.3) by IRI.

    Raises:
        Unusable: The order of one is no number.
    """
    found = {}
    for subject in graph.typed(SH["PropertyGroup"]):
        if isinstance(subject, NamedNode):
            about = graph.about(subject)
            label = words(about.get(RDFS["label"], ()))
            try:
                order = float(words(about.get(SH["order"], ())) or 0)
            except ValueError as error:
                raise Unusable(f"sh:order of {subject.value} must be a number") from error
            found[subject.value] = Group(subject.value, label, order)
    return found


def describe(folder: Path, shapes: Path) -> Description:
    """Read a folder's profile.ttl.

    Raises:
        Unusable: It does not parse, describes no profile, lacks an identifier, or names a file outside `shapes`.
    """
    return described(folder / "profile.ttl", shapes)


def described(path: Path, shapes: Path) -> Description:
    """Read a descriptor of any name.

    Raises:
        Unusable: As for `describe`.
    """
    folder, said = path.parent, f"{path.parent.name}/{path.name}"
    graph = Graph(read(path, shapes))
    profiles = [s for s in graph.typed(PROF["Profile"]) if graph.value(s, PROF["hasResource"])]
    if len(profiles) != 1 or not isinstance(profiles[0], NamedNode):
        raise Unusable(f"{said}: must describe exactly one prof:Profile with prof:hasResource")
    about = graph.about(profiles[0])
    identifier = words(about.get(DCT["identifier"], ()))
    if not identifier:
        raise Unusable(f"{said}: the profile has no dct:identifier")
    files: dict[str | None, list[Path]] = {None: []}
    origins: dict[Path, tuple[str, ...]] = {}
    for resource in about[PROF["hasResource"]]:
        level = graph.value(resource, SHAPES["level"])
        for artifact in graph.values(resource, PROF["hasArtifact"]):
            place = files.setdefault(level.value if level else None, [])
            place.append(_artifact(artifact, said, shapes))
            origins[place[-1]] = tuple(origin.value for origin in graph.values(artifact, SHAPES["origin"]))
    if len(origins) > MOST_FILES:
        raise Unusable(f"{said}: names more than {MOST_FILES} files")
    always = tuple(files.pop(None))
    level_path = graph.value(profiles[0], SHAPES["levelPath"])
    return Description(
        id=identifier,
        iri=profiles[0].value,
        title=words(about.get(DCT["title"], ())) or identifier,
        version=words(about.get(DCAT["version"], ())),
        description=words(about.get(DCT["description"], ())),
        level_path=level_path if isinstance(level_path, NamedNode) else DCT["accessRights"],
        files=always,
        levels={level: tuple(paths) for level, paths in files.items() if level},
        folder=folder,
        background=words(about.get(SHAPES["background"], ())) == "true",
        origins=origins,
    )


def _artifact(artifact: Term, said: str, shapes: Path) -> Path:
    relative = artifact.value.removeprefix(_BASE) if isinstance(artifact, NamedNode) else ""
    if not artifact.value.startswith(_BASE) or not _is_inside(shapes / relative, shapes):
        raise Unusable(f"{said}: {artifact} is not a file of the folder of shapes")
    return shapes / relative


def _is_inside(path: Path, shapes: Path) -> bool:
    """Whether a file, links followed, lies in the folder of shapes."""
    try:
        return path.resolve().is_relative_to(shapes.resolve())
    except (OSError, RuntimeError):  # links in a circle
        return False


def triples_of(files: Iterable[Path], shapes: Path) -> list[ox.Triple]:
    """Content of several files.

    Raises:
        Unusable: One of them is absent or does not parse.
    """
    return [triple for path in files for triple in read(path, shapes)]


def shape_folders(shapes: Path) -> list[Path]:
    """Folders that hold a profile, by name."""
    return sorted(path.parent for path in shapes.glob("*/profile.ttl"))
