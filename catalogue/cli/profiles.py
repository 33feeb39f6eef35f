"""How does the operator see the profiles, put others beside ours, check shapes, take a template?"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from catalogue.settings import Settings

from .common import FINDINGS

if TYPE_CHECKING:
    from catalogue.profiles import Profile
    from catalogue.profiles.checking import Problem
    from catalogue.profiles.further import FurtherProfile
    from catalogue.services import Catalogue

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_RESTART = "A running service takes it up when it is started anew."


@click.group()
def profile() -> None:
    """See the profiles, put official or own shapes beside them, check shapes, get a template to fill in."""


@profile.command(name="list")
@_json
@click.pass_obj
def list_(settings: Settings, as_json: bool) -> None:
    """List the profiles: id, version, access levels, what judges, where from; and what cannot be used.

    Ends with 1 when something cannot be used.
    """
    from catalogue.services import Catalogue

    with Catalogue.open(settings) as catalogue:
        rows, problems = _rows(catalogue)
    if as_json:
        click.echo(json.dumps({"profiles": rows, "problems": problems}, ensure_ascii=False, indent=1))
    else:
        for row in rows:
            levels = ", ".join(row["levels"]) or "no levels"
            click.echo(f"{row['id']:<28}{row['title']}, version {row['version'] or 'not stated'}")
            click.echo(f"{'':<28}{levels}; judged by {' and '.join(row['engines'])}; from {row['from']}")
            _each(row["repairs"], "passed over or changed")
        _each(problems, "cannot be used")
    sys.exit(FINDINGS if problems else 0)


@profile.command()
@click.argument("descriptor")
@click.option(
    "--from",
    "sources",
    multiple=True,
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder in which the files are looked for; may stand several times, that of the release itself first.",
)
@click.option("--id", "id_", help="Another id for the profile than the descriptor's.")
@click.pass_obj
def add(settings: Settings, descriptor: str, sources: Sequence[Path], id_: str | None) -> None:
    """Put a profile beside ours: copy the files that DESCRIPTOR names into the folder of further profiles.

    DESCRIPTOR is the id of a ready-made one (dcat-ap-3-official, healthdcat-ap-8-official, …) or a file in the form of
    profile.ttl. The official files do not ship with the catalogue: get the release first. They are repaired where no
    engine takes them, and each repair is told. All or nothing: when a file is missing, nothing is copied.

    \b
    Example:
        catalogue profile add healthdcat-ap-8-official --from healthdcat-ap/release-8 --from DCAT-AP/releases/3.0.0
    """
    from catalogue.services import Catalogue
    from catalogue.services.profiles import add as put

    with Catalogue.open(settings) as catalogue:
        added = put(settings.shapes_path, descriptor, sources, catalogue.profiles.ids, id=id_)
    for name, source in added.sources.items():
        click.echo(f"  {name}  from {source}")
    _each(added.profile.repairs, "passed over or changed")
    click.echo(
        f"{added.profile.id} is in {added.folder}, judged by {' and '.join(_engines(added.profile))}. {_RESTART}"
    )


@profile.command()
@click.argument("id_", metavar="ID")
@click.pass_obj
def remove(settings: Settings, id_: str) -> None:
    """Take away a profile that was added; the shipped ones stay."""
    from catalogue.services.profiles import remove as take

    click.echo(f"Removed {take(settings.shapes_path, id_)}. {_RESTART}")


@profile.command()
@click.argument(
    "folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="[FOLDER]"
)
@_json
@click.pass_obj
def check(settings: Settings, folder: Path | None, as_json: bool) -> None:
    """Are these shapes well-formed? Tells each problem with file, node and reason, and what is repaired.

    FOLDER holds a profile.ttl, or folders that do; without it, the folder of further profiles (`--shapes`). Asked are
    our own checks, the shapes for shapes of SHACL itself, and the engine that would judge. Ends with 1 when something
    is ill-formed.

    \b
    Example:
        catalogue profile check shapes/healthdcat-ap-8
    """
    from catalogue.services.profiles import checked

    root = folder or settings.shapes_path
    results = checked(root)
    if as_json:
        click.echo(json.dumps([_checked_row(*result) for result in results], ensure_ascii=False, indent=1))
    else:
        for name, found, repairs in results:
            click.echo(f"{name}: {f'{len(found)} ill-formed' if found else 'well-formed'}")
            _each(map(str, found), "ill-formed")
            _each(repairs, "passed over or changed")
    sys.exit(FINDINGS if any(found for _, found, _ in results) else 0)


@profile.command()
@click.argument("name")
@click.option("--level", help="Access level (PUBLIC, RESTRICTED, NON_PUBLIC); by default the strictest.")
@click.pass_obj
def template(settings: Settings, name: str, level: str | None) -> None:
    """Print a description to fill in, in Turtle: every field of the profile NAME, the demanded ones with an example.

    \b
    Example:
        catalogue profile template healthdcat-ap-8 --level PUBLIC > dataset.ttl
    """
    from catalogue.profiles.blank import blank_turtle
    from catalogue.services import Catalogue

    with Catalogue.open(settings) as catalogue:
        try:
            click.echo(blank_turtle(catalogue.profiles.get(name), level), nl=False)
        except ValueError as error:
            raise click.UsageError(str(error)) from error


def _rows(catalogue: Catalogue) -> tuple[list[dict[str, Any]], list[str]]:
    """What the list shows of each profile that can be used, and what cannot."""
    from catalogue.profiles.shape import local_name

    profiles = catalogue.profiles
    problems = list(profiles.leave_out_unusable())
    rows = [
        {
            "id": each.id,
            "title": each.title,
            "version": each.version,
            "levels": [local_name(level) for level in each.levels],
            "engines": _engines(each),
            "from": "shipped" if each.shipped else str(each.folder),
            "repairs": list(each.repairs),
        }
        for each in map(profiles.get, profiles.ids)
    ]
    return rows, problems


def _engines(profile: Profile | FurtherProfile) -> list[str]:
    return list(dict.fromkeys(shapes.engine.name for shapes in profile.sets()))


def _checked_row(name: str, found: Sequence[Problem], repairs: Sequence[str]) -> dict[str, Any]:
    problems = [{"file": each.file, "node": each.node, "reason": each.reason} for each in found]
    return {"profile": name, "problems": problems, "repairs": list(repairs)}


def _each(lines: Iterable[str], what: str) -> None:
    for line in lines:
        click.echo(f"  {what}: {line}")
