"""How does an operator put a profile beside ours, and take it away?

The official files are not ours to ship; a descriptor says which they are. `add` copies them from where the operator has
them, checks what comes out, and only then puts the folder in its place: there is never half a profile.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pyoxigraph import Literal, Triple

from catalogue.errors import CatalogueError
from catalogue.profiles import Profile
from catalogue.profiles.checking import Problem
from catalogue.profiles.further import further_profile, ill_formed
from catalogue.profiles.loading import LARGEST_FILE, Description, Unusable, common_triples, described, shape_folders
from catalogue.profiles.metashapes import meta_problems
from catalogue.resources import shipped

_MOST_FILES_SEARCHED = 50_000
_PREFIXES = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "prof": "http://www.w3.org/ns/dx/prof/",
    "role": "http://www.w3.org/ns/dx/prof/role/",
    "sc": "urn:health-catalogue:shapes#",
}


class ProfileRefused(CatalogueError):
    """A profile that cannot be added or removed; nothing was changed. Details: `problems`, one sentence each."""


@dataclass(frozen=True)
class Added:
    """A profile in its place: where, and where each of its files comes from."""

    profile: Profile
    folder: Path
    sources: Mapping[str, Path]


def descriptors() -> dict[str, Path]:
    """The ready-made descriptors, by the id of their profile."""
    root = shipped("shapes") / "official"
    return {described(path, root.parent).id: path for path in sorted(root.glob("*.ttl"))}


def add(
    root: Path, descriptor: str, sources: Sequence[Path], taken: Collection[str], *, id: str | None = None
) -> Added:
    """Copy the files of a profile into the folder of further profiles.

    Args:
        root: The folder of further profiles; made when it is not there.
        descriptor: Id of a ready-made descriptor, or a file in the form of `profile.ttl`.
        sources: Folders in which the files are looked for, those of the release itself first.
        taken: Ids of the profiles that there are.
        id: Another id than the descriptor's.

    Raises:
        ProfileRefused: A file is missing or ambiguous, the id is taken, or the shapes cannot be used.
    """
    path = descriptors().get(descriptor, Path(descriptor))
    try:
        said = described(path, path.parent)
    except Unusable as problem:
        known = ", ".join(descriptors())
        raise ProfileRefused(f"The descriptor cannot be used: {problem}.", mend=f"Ready-made: {known}.") from problem
    if id is not None and id != said.id:
        said = replace(said, id=id, iri=f"urn:health-catalogue:profile:{id}")
    folder = root / said.id
    if said.id in taken or folder.exists():
        raise ProfileRefused(
            f"There is a profile {said.id!r} already.",
            mend=f"Remove it first (`catalogue profile remove {said.id}`), or choose another id with --id.",
        )
    found = _found(said, path.parent, sources)
    root.mkdir(parents=True, exist_ok=True)
    # Two levels down, so that a profile that is not ready is never taken for one.
    with tempfile.TemporaryDirectory(prefix=".adding-", dir=root) as workshop:
        made = Path(workshop) / "profile"
        _copy(said, path.parent, found, made)
        problems = _problems(made, taken)
        if problems:
            listed = "\n  ".join(problems)
            raise ProfileRefused(f"The shapes of {said.id} cannot be used:\n  {listed}", problems=problems)
        os.rename(made, folder)
    return Added(further_profile(folder, root, _common()), folder, found)


def remove(root: Path, id: str) -> Path:
    """Take a further profile away.

    Raises:
        ProfileRefused: It is none of the further profiles.
    """
    folder = root / id
    if Path(id).name != id or folder.is_symlink() or not (folder / "profile.ttl").is_file():
        raise ProfileRefused(
            f"There is no profile {id[:80]!r} in {root}.",
            mend="Only profiles that you have added can be removed; `catalogue profile list` shows where each is.",
        )
    shutil.rmtree(folder)
    return folder


def _problems(folder: Path, taken: Collection[str]) -> list[str]:
    try:
        profile = further_profile(folder, folder.parent, _common(), taken)
    except Unusable as problem:
        return [str(problem)]
    return [str(problem) for problem in ill_formed(profile)]


def _common() -> list[Triple]:
    return common_triples(shipped("shapes"), [])


def _found(description: Description, home: Path, sources: Sequence[Path]) -> dict[str, Path]:
    """The file for each artifact: folder by folder, the longest origin first, and no file for two of them."""
    wanted = {path.relative_to(home).as_posix(): description.origins.get(path) or () for path in description.every_file}
    pairs = [(name, origin) for name, origins in wanted.items() for origin in origins or (name,)]
    pairs.sort(key=lambda pair: -pair[1].count("/"))
    found: dict[str, Path] = {}
    for source in sources:
        files = _listing(source)
        for name, origin in pairs:
            file = _fitting(name, origin, files, found) if name not in found else None
            if file is not None:
                found[name] = file
    missing = [f"{name} ({' or '.join(wanted[name] or (name,))})" for name in wanted if name not in found]
    if missing:
        raise ProfileRefused(
            f"Of {len(wanted)} files of {description.id}, {len(missing)} are missing:\n  " + "\n  ".join(missing),
            mend="Name with --from each folder in which they are; nothing was copied.",
            missing=missing,
        )
    return {name: found[name] for name in wanted}


def _fitting(name: str, origin: str, files: Sequence[Path], found: Mapping[str, Path]) -> Path | None:
    fitting = [file for file in files if f"/{file.as_posix()}".endswith(f"/{origin}") and file not in found.values()]
    if len({file.read_bytes() for file in fitting}) > 1:
        raise ProfileRefused(
            f"Several different files could be {name}: {', '.join(map(str, fitting))}.",
            mend="Name the folder of one release.",
        )
    return fitting[0] if fitting else None


def _listing(source: Path) -> list[Path]:
    files: list[Path] = []
    for path in source.rglob("*.ttl"):
        files.append(path)
        if len(files) > _MOST_FILES_SEARCHED:
            raise ProfileRefused(f"{source} holds too many files.", mend="Name the folder of the release.")
    return sorted(path for path in files if path.is_file() and path.stat().st_size <= LARGEST_FILE)


def _copy(description: Description, home: Path, found: Mapping[str, Path], made: Path) -> None:
    for name, source in found.items():
        target = made / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    (made / "profile.ttl").write_text(_written(description, home), "utf-8")


def _written(said: Description, home: Path) -> str:
    """profile.ttl for a description (docs/reference/shapes.md)."""

    def resource(files: Sequence[Path], level: str = "") -> str:
        artifacts = " , ".join(f"<{path.relative_to(home).as_posix()}>" for path in files)
        extent = f" ; sc:level <{level}>" if level else ""
        return f"[ a prof:ResourceDescriptor ; prof:hasRole role:validation ; prof:hasArtifact {artifacts}{extent} ]"

    resources = [resource(said.files)] if said.files else []
    resources += [resource(files, level) for level, files in said.levels.items()]
    lines = [
        *(f"@prefix {prefix}: <{iri}> ." for prefix, iri in _PREFIXES.items()),
        f"\n<{said.iri}> a prof:Profile ;",
        f"    dct:identifier {Literal(said.id)} ; dct:title {Literal(said.title, language='en')} ;",
        f"    dcat:version {Literal(said.version)} ; dct:description {Literal(said.description, language='en')} ;",
        f"    sc:levelPath <{said.level_path.value}> ; sc:background {str(said.background).lower()} ;",
        "    prof:hasResource\n        " + " ,\n        ".join(resources) + " .",
    ]
    return "\n".join(lines) + "\n"


Checked = tuple[str, tuple[Problem, ...], tuple[str, ...]]


def checked(folder: Path) -> list[Checked]:
    """Check one profile's folder, or every one in a folder of shapes.

    Returns:
        For each profile its folder's name, what is ill-formed, and what was repaired.

    Raises:
        ProfileRefused: There is no profile in it.
    """
    alone = (folder / "profile.ttl").is_file()
    root = folder.parent if alone else folder
    folders = [folder] if alone else shape_folders(folder)
    if not folders:
        raise ProfileRefused(
            f"There is no profile in {folder}.",
            mend="A profile is a folder with a profile.ttl (docs/reference/shapes.md).",
        )
    return [_checked(each, root) for each in folders]


def _checked(folder: Path, root: Path) -> Checked:
    said: list[str] = []
    common = [*_common(), *(common_triples(root, said) if root != shipped("shapes") else ())]
    try:
        profile = further_profile(folder, root, common)
        found = (*(Problem(each, "", "") for each in said), *ill_formed(profile))
        if found:
            return folder.name, found, ()
        shared = frozenset(common)  # checked where they belong; each time would take seconds
        triples = [t for shapes in profile.sets() for t in shapes.triples if t not in shared]
        return folder.name, tuple(meta_problems(triples)), profile.repairs
    except Unusable as problem:
        return folder.name, (Problem(str(problem), "", ""),), ()
