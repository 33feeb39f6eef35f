"""The real application in a temporary folder, opened and closed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from harness import DATA, JSON_LD, TURTLE, LiveServer, Opener, Service, invalid, record, running, settings_for

from catalogue.profiles import Profiles
from catalogue.services import Catalogue
from catalogue.services.listing import default_catalog

if TYPE_CHECKING:
    from browser import Browser


@pytest.fixture(autouse=True, scope="session")
def _plain_environment() -> Iterator[None]:
    """Settings of the machine that runs the tests have no part in them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("CATALOGUE_")]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Profiles]:
    """A fresh state folder with its default catalogue and its store built, and the shipped profiles."""
    state = tmp_path_factory.mktemp("template") / "state"
    with Catalogue.open(settings_for(state)) as catalogue:
        default_catalog(catalogue)
        catalogue.projection.open()
        catalogue.projection.close()
        return state, catalogue.profiles


@pytest.fixture
def state(template: tuple[Path, Profiles], tmp_path: Path) -> Path:
    """A fresh state folder of the test's own."""
    shutil.copytree(template[0], tmp_path / "state")
    return tmp_path / "state"


@pytest.fixture
def opened(template: tuple[Path, Profiles], state: Path) -> Opener:
    """Opens the test's catalogue, with settings."""

    def open_(**settings: Any) -> AbstractContextManager[Service]:
        return running(state, template[1], **settings)

    return open_


@pytest.fixture
def service(opened: Opener) -> Iterator[Service]:
    """An empty catalogue that the test may change."""
    with opened() as service:
        yield service


@pytest.fixture(scope="session")
def library(template: tuple[Path, Profiles], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Some of the shipped sample records, published; only to be read."""
    state = tmp_path_factory.mktemp("library") / "state"
    shutil.copytree(template[0], state)
    files = [
        *sorted((DATA / "catalogs").iterdir()),
        *sorted((DATA / "series").iterdir()),
        *sorted((DATA / "datasets").iterdir())[::5],
    ]
    with running(state, template[1], feed_page_size=3, page_size=4) as service:
        for file in files:
            media_type = JSON_LD if file.suffix == ".jsonld" else TURTLE
            answer = service.submit(file.read_bytes(), content_type=media_type)
            assert answer.status_code == 201, f"{file.name}: {answer.text[:2000]}"
        yield service


@pytest.fixture
def server(state: Path) -> Iterator[LiveServer]:
    """`catalogue serve` on the test's state folder; not started yet."""
    server = LiveServer(state)
    yield server
    server.stop()


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A record that conforms, one that does not, one that cannot be read."""
    texts = {"good": record("good"), "bad": invalid("bad"), "broken": "<a> <b>"}
    for name, text in texts.items():
        (tmp_path / f"{name}.ttl").write_text(text)
    return {name: tmp_path / f"{name}.ttl" for name in texts}


@pytest.fixture(scope="module")
def window(site: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser window on the server `site` of the module."""
    from browser import Browser

    window = Browser(tmp_path_factory.mktemp("browser"), f"http://127.0.0.1:{site.port}")
    yield window
    window.close()


@pytest.fixture
def browser(window: Browser) -> Browser:
    """The window as it is at first: wide, light, with scripts, nothing in its logs."""
    window.look(1280)
    window.scripts(True)
    window.driver.get("about:blank")
    window.complaints()
    window.hosts()
    return window
