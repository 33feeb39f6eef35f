"""How does the sample data get into a fresh catalogue?"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager

from catalogue.errors import CatalogueError
from catalogue.rdf import media
from catalogue.rdf.parse import parse
from catalogue.resources import shipped
from catalogue.settings import Settings

from .catalogue import Catalogue
from .drafts import Options
from .submitting import submit

Progress = Callable[[str, int], AbstractContextManager[Callable[[], None]]]


def load_samples(settings: Settings, *, fresh: bool, progress: Progress) -> None:
    """Publish the sample catalogues, series and datasets, unless the ledger holds something already.

    Args:
        settings: Whose state folder is filled.
        fresh: Throw away what is there first.
        progress: Shows a title and a total; its context gives a function that moves it on by one.

    Raises:
        CatalogueError: A sample is refused (then the installation is broken).
    """
    if fresh:
        shutil.rmtree(settings.state, ignore_errors=True)
    folder = shipped("data")
    files = [path for part in ("catalogs", "series", "datasets") for path in sorted((folder / part).iterdir())]
    with Catalogue.open(settings) as catalogue:
        if catalogue.ledger.position() > 0:
            return
        with progress("Loading sample data", len(files)) as step:
            for path in files:
                base = f"{catalogue.identity.base}/"
                triples = parse(
                    path.read_bytes(), media.by_file_name(path.name), base_iri=base, limits=catalogue.limits
                )
                for outcome in submit(catalogue, triples, catalogue.system(), Options(note="Sample data")):
                    if outcome.status == "refused":
                        raise outcome.problem or CatalogueError(f"{path.name} was refused.")
                step()
