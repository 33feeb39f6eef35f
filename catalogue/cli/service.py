"""How is the service run? `serve`, `demo`, `rebuild`."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import secrets
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from catalogue.settings import Settings

from .common import read_settings

_PR_SET_PDEATHSIG = 1
_M_ARENA_MAX = -8  # mallopt(3)


def _address(function: Any) -> Any:
    function = click.option("--port", default=8000, show_default=True, help="Port to listen on.")(function)
    return click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")(function)


@click.command()
@_address
@click.pass_obj
def serve(settings: Settings, host: str, port: int) -> None:
    """Serve the catalogue until it is told to stop (SIGTERM, Ctrl-C); requests under way are finished.

    Without any token the service is read-only; make one with `catalogue token create`.

    \b
    Example:
        CATALOGUE_BASE_URL=https://catalogue.example.org catalogue serve --host 0.0.0.0
    """
    click.echo(f"Serving {settings.base_url}/ on http://{host}:{port}/ from {settings.state.resolve()}", err=True)
    _run(settings, host, port)


@click.command()
@_address
@click.option("--fresh", is_flag=True, help="Throw the demo's state away first.")
@click.pass_context
def demo(context: click.Context, host: str, port: int, fresh: bool) -> None:
    """Serve a catalogue with sample data from a folder of its own, and print an admin token.

    The folder is `demo` below the state folder; it is kept, so that you can stop and go on.

    \b
    Example:
        catalogue demo --port 8080
    """
    from catalogue.services.samples import load_samples

    settings = context.obj
    token = settings.bootstrap_token.get_secret_value() if settings.bootstrap_token else _demo_token(settings.state)
    base_url = settings.base_url if "base_url" in settings.model_fields_set else f"http://{host}:{port}"
    flags = {name: getattr(settings, name) for name in settings.model_fields_set}
    settings = read_settings(
        **flags | {"base_url": base_url, "bootstrap_token": token, "state": settings.state / "demo"}
    )
    load_samples(settings, fresh=fresh, progress=_progress)
    click.echo(f"\nCatalogue:   {base_url}/\nAdmin token: {token}\nStop it with Ctrl-C; your changes are kept.\n")
    _run(settings, host, port)


@click.command()
@click.argument("what", type=click.Choice(["store"]), default="store")
@click.pass_obj
def rebuild(settings: Settings, what: str) -> None:
    """Rebuild the store from the ledger.

    The ledger is only read. A running service keeps answering from the old store and takes up the new one by itself.

    \b
    Example:
        catalogue rebuild store
    """
    from catalogue.services import Catalogue

    with Catalogue.open(settings) as catalogue, _bar(f"Rebuilding the {what}") as bar:
        task = bar.add_task("", total=None)
        catalogue.projection.rebuild(lambda done, of: bar.update(task, completed=done, total=of))
    click.echo("Done. A running service takes it up within a second.")


def _run(settings: Settings, host: str, port: int) -> None:
    from catalogue.services.catalogue import own

    from .server import Server

    own(settings.state).close()  # asked here too: the worker that finds the folder taken could say so only in its log
    Server(lambda: _application(settings), host, port, settings.threads).run()  # type: ignore[no-untyped-call]


def _application(settings: Settings) -> tuple[Any, Callable[[], None]]:
    """Open the catalogue in the process that serves it."""
    from catalogue.services import Catalogue
    from catalogue.services.listing import default_catalog
    from catalogue.vocabularies import own as own_vocabularies
    from catalogue.web.app import create_app

    from .watching import watch

    if sys.platform == "linux":
        # Were the supervisor killed, we would go on with its port and its state folder.
        with contextlib.suppress(OSError, AttributeError):  # AttributeError: another C library
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            # Else each of our threads keeps what it has freed in an arena of its own.
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)
    watch([settings.state / own_vocabularies.FOLDER, settings.shapes_path])
    catalogue = Catalogue.open(settings)
    if not catalogue.reader.catalogs():
        default_catalog(catalogue)  # so that there is something to list the first dataset, and a crawler finds a root
    catalogue.start()
    if not catalogue.writable():
        click.echo("Read-only: nobody has a token. Make one with `catalogue token create NAME --role admin`.", err=True)
    application = create_app(catalogue).wsgi_app
    gc.collect()
    gc.freeze()  # shapes, vocabularies and modules stay for ever: the collector need not look at them again and again
    return application, catalogue.close


def _demo_token(state: Path) -> str:
    """The demo's token, the same at each start; only its owner may read the file."""
    path = state / "demo-token"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(24))
    return path.read_text().strip()


def _bar(title: str) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=Console(stderr=True), transient=False)


def _progress(title: str, total: int) -> Any:
    """A progress bar as a context: its value is a function that moves it on by one."""

    @contextlib.contextmanager
    def running() -> Any:
        with _bar(title) as bar:
            task = bar.add_task("", total=total)
            yield lambda: bar.advance(task)

    return running()
