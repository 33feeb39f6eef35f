"""Does the wheel hold all that the service needs, so that it serves the same from an empty environment?

Built from a copy of the tree, installed with pip; skipped, with a word, where no package index is reached.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from harness import COMMAND, HERE, TURTLE, Answer, free_port

ROOT = HERE.parent
TREE = ("catalogue", "shapes", "ontologies", "templates", "queries", "data")
SHIPPED = ("shapes", "ontologies", "templates", "queries", "data")
FILES = ("pyproject.toml", "README.md", "LICENSE")
ADDRESS = "https://same.test"
HTML = "text/html"
# What both must answer with the same bytes.
PAGES = {
    "/": HTML,
    "/datasets?q=prostate": HTML,
    "/dataset/prostate-mri-lisboa": HTML,
    "/series/prostate-mri-iberia": HTML,
    "/catalog/cancer-imaging": HTML,
    "/profiles/eucaim-2": HTML,
    "/profiles/healthdcat-ap-8": HTML,
    "/validate": HTML,
    "/sparql": HTML,
    "/static/style.css": "text/css",
    "/static/favicon.svg": "image/svg+xml",
    "/dataset/prostate-mri-lisboa.ttl": TURTLE,
    "/dataset/pancreas-ct-verona.jsonld": "application/ld+json",
    "/catalog.ttl": TURTLE,
}
_TIMES = re.compile(rb'(<time datetime="[^"]*">[^<]*)|(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(Z|\+00:00))')
_UNREACHABLE = re.compile(r"connection broken by|Failed to establish a new connection|Temporary failure in name", re.I)


def run(*command: str | Path, cwd: Path) -> None:
    """Run a command that may need the package index."""
    done = subprocess.run(list(map(str, command)), cwd=cwd, env=environment(), capture_output=True, text=True)
    said = done.stdout + done.stderr
    if done.returncode and _UNREACHABLE.search(said):
        pytest.skip("the package index cannot be reached")
    assert done.returncode == 0, said[-4000:]


def environment() -> dict[str, str]:
    """The environment without what would let the checkout in, or change a setting."""
    return {n: v for n, v in os.environ.items() if not n.startswith(("CATALOGUE_", "PYTHON", "VIRTUAL_ENV"))}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the tree."""
    copy = tmp_path_factory.mktemp("tree")
    for folder in TREE:
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in FILES:
        shutil.copy(ROOT / file, copy)
    run(sys.executable, "-m", "build", "--wheel", "--outdir", copy / "dist", cwd=copy)
    (built,) = (copy / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command `catalogue` of an environment that holds nothing but the wheel and what it depends on."""
    place = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", place / "venv", cwd=place)
    run(
        place / "venv/bin/pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-compile",
        wheel,
        cwd=place,
    )
    return place / "venv" / "bin" / "catalogue"


def test_the_wheel_holds_every_file_that_the_service_reads(wheel: Path) -> None:
    expected = {
        (f"catalogue/_shipped/{name}" if name.split("/")[0] in SHIPPED else name): file
        for folder in TREE
        for file in (ROOT / folder).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
        for name in [file.relative_to(ROOT).as_posix()]
    }
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        assert names == set(expected)
        assert [name for name, file in expected.items() if archive.read(name) != file.read_bytes()] == []
    kinds = {name.rsplit(".", 1)[-1] for name in names}
    assert {"py", "typed", "html", "css", "svg", "ttl", "jsonld"} <= kinds
    assert "catalogue/ledger/migrations/versions/0001_first.py" in names


def test_no_path_of_the_machine_that_built_it_is_in_the_wheel(wheel: Path) -> None:
    paths = re.compile(rb"(?<![\w./-])/(?:home|root|work|Users|tmp|var/folders)/[\w.]")
    with zipfile.ZipFile(wheel) as archive:
        found = {name: paths.search(archive.read(name)) for name in archive.namelist()}
        told = {name: match[0] for name, match in found.items() if match}
        assert told == {}
        assert not any(str(ROOT).encode() in archive.read(name) for name in archive.namelist())


def test_the_wheel_names_its_command_its_licence_and_its_python(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        texts = {n.split(".dist-info/")[1]: archive.read(n).decode() for n in archive.namelist() if "dist-info/" in n}

    assert "catalogue = catalogue.cli:main" in texts["entry_points.txt"]
    assert "Requires-Python: >=3.11" in texts["METADATA"]
    assert "License-Expression: Apache-2.0" in texts["METADATA"]
    assert "licenses/LICENSE" in texts


def test_an_empty_environment_serves_the_same_as_the_checkout(installed: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor() as both:
        ours = both.submit(answers, Path(COMMAND), tmp_path / "checkout")
        theirs = both.submit(answers, installed, tmp_path / "installed")
        checkout, wheel = ours.result(), theirs.result()

    assert {path: answer.status for path, answer in checkout.items()} == dict.fromkeys(checkout, 200)
    assert [path for path in checkout if wheel[path] != checkout[path]] == []
    report = json.loads(checkout["/validate?profile=eucaim-2"].body)
    assert not report["conforms"]


def answers(command: Path, folder: Path) -> dict[str, Answer]:
    """What `catalogue demo` answers from an empty folder, without the times at which it was filled."""
    folder.mkdir()
    invalid = (ROOT / "data" / "invalid" / "prostate.ttl").read_bytes()
    with demo(command, folder) as port:
        found = {path: ask(port, "GET", path, Accept=accept) for path, accept in PAGES.items()}
        found["/validate?profile=eucaim-2"] = ask(
            port,
            "POST",
            "/validate?profile=eucaim-2",
            invalid,
            Content_Type=TURTLE,
            Accept="application/json",
        )
    return found


@contextmanager
def demo(command: Path, folder: Path) -> Iterator[int]:
    """`catalogue demo` in an empty folder; its port."""
    port = free_port()
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [command, "--base-url", ADDRESS, "demo", "--port", str(port)],
            cwd=folder,
            env=environment(),
            stdout=out,
            stderr=out,
        )
    try:
        end = time.monotonic() + 60
        while not ready(port):
            assert process.poll() is None, log.read_text()[-4000:]
            assert time.monotonic() < end, log.read_text()[-4000:]
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        assert process.wait(timeout=30) == 0, log.read_text()[-4000:]


def ready(port: int) -> bool:
    """Whether the server can answer everything."""
    try:
        return ask(port, "GET", "/health/ready").status == 200
    except OSError:
        return False


def ask(port: int, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
    """One request; of the headers the type is kept, of the body all but the times."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body=body, headers=sent)
        response = connection.getresponse()
        kept = {"Content-Type": response.headers["Content-Type"]}
        return Answer(response.status, kept, _TIMES.sub(b"TIME", response.read()))
    finally:
        connection.close()
