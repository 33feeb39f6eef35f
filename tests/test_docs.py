"""Do the docs say what is true?

The `console` blocks of the README, the tutorial and the how-to pages are run, in order, by bash against a live demo:
a line that begins with `$ ` is a command, what follows is what it must print (`…` stands for anything). The pages made
from the code are compared with it; `python tests/test_docs.py` writes them anew.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
import pytest
from harness import COMMAND, free_port, settings_for

from catalogue.cli import main
from catalogue.services import Catalogue
from catalogue.settings import Settings
from catalogue.web.app import create_app
from catalogue.web.errors import STATUS

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.rglob("*.md")), *sorted(ROOT.glob("*.md"))]
SESSIONS = [ROOT / "README.md", *sorted((DOCS / "how-to").glob("*.md"))]
MEASURED = DOCS / "performance.md"  # `make bench` writes it; there is none before the first run
PORT = "8000"  # what the docs say; the tests take a free one
SEPARATOR = "\x1e"


@dataclass
class Step:
    """A command of a page, and the pieces of its output in their order."""

    command: str
    expected: list[str] = field(default_factory=list)


def steps(page: Path) -> list[Step]:
    """The commands of a page's `console` blocks. `> ` continues a command."""
    found: list[Step] = []
    for block in re.findall(r"^```console\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append(Step(line[2:]))
            elif line.startswith("> "):
                found[-1].command += f"\n{line[2:]}"
            else:
                found[-1].expected += [piece.strip() for piece in line.split("…") if piece.strip()]
    return found


def run(page: Path, folder: Path, port: int) -> None:
    """Run a page's commands in one bash and compare what they print."""
    wanted = steps(page)
    assert wanted, f"{page.name} has no commands"
    script = "".join(f"{step.command}\nprintf '\\x1e%s\\x1e' $?\n" for step in wanted).replace(PORT, str(port))
    if not (folder / "data").exists():
        (folder / "data").symlink_to(ROOT / "data")
    process = subprocess.Popen(
        ["bash", "-c", f"exec 2>&1\n{script}"],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=90)
    finally:
        stop(process)
    printed = output.replace(str(port), PORT).split(SEPARATOR)
    for step, answer, status in zip(wanted, printed[0::2], printed[1::2], strict=False):
        place = 0
        for piece in step.expected:
            at = answer.find(piece, place)
            assert at >= 0, f"{page.name}: $ {step.command}\nshould print {piece!r}, printed:\n{answer}"
            place = at + len(piece)
        assert step.expected or status == "0", f"{page.name}: $ {step.command}\nended with {status}:\n{answer}"
    assert len(printed) == 2 * len(wanted) + 1, f"{page.name} ended early:\n{output}"


def stop(process: subprocess.Popen[str]) -> None:
    """End everything that a page has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # it had started nothing that still runs
    process.wait(timeout=10)


def environment() -> dict[str, str]:
    """A reader's environment: the commands of `.venv/bin` first, no setting of the catalogue."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("CATALOGUE_")}
    return own | {"PATH": f"{Path(COMMAND).parent}{os.pathsep}{own['PATH']}", "PYTHONUNBUFFERED": "1"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """`make run` as the docs presuppose it: a demo with its state in `var`, and the port."""
    folder, port = tmp_path_factory.mktemp("demo"), free_port()
    with (folder / "demo.log").open("w") as log:
        process = subprocess.Popen(
            [COMMAND, "demo", "--port", str(port)],
            cwd=folder,
            env=environment(),
            stdout=log,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    wait = ["curl", "-sf", "--retry", "60", "--retry-delay", "1", "--retry-all-errors"]
    try:
        ready = subprocess.run([*wait, f"http://127.0.0.1:{port}/health/ready"], check=False, capture_output=True)
        assert ready.returncode == 0, (folder / "demo.log").read_text()
        yield folder, port
    finally:
        stop(process)


def test_the_tutorial_can_be_followed_to_its_end(tmp_path: Path) -> None:
    """It starts, kills and restarts its own demo."""
    run(DOCS / "tutorial" / "first-dataset.md", tmp_path, free_port())


@pytest.mark.parametrize("page", SESSIONS, ids=lambda page: page.stem)
def test_the_commands_of_a_page_print_what_it_shows(page: Path, demo: tuple[Path, int]) -> None:
    run(page, *demo)


def commands(command: click.Command, parent: click.Context | None = None) -> Iterator[tuple[str, str]]:
    """Every command and its help, as on a terminal of 100 columns."""
    name = (parent and command.name) or "catalogue"
    with click.Context(command, parent=parent, info_name=name, **command.context_settings) as context:
        context.terminal_width = 100
        yield context.command_path, command.get_help(context)
        for each in command.commands.values() if isinstance(command, click.Group) else ():
            yield from commands(each, context)


def cli_page() -> str:
    """The whole of docs/reference/cli.md."""
    text = (
        "# Command line\n\n"
        "Made from `--help` by `python tests/test_docs.py`. `catalogue` works on the local state folder\n"
        "(`--state`, `CATALOGUE_STATE`); it needs no token. Exit codes: 0 fine, 1 findings, 2 wrong use, 3 failed.\n"
    )
    return text + "".join(f"\n## {path}\n\n```text\n{shown}\n```\n" for path, shown in commands(main))


def settings_table() -> str:
    """The table of docs/reference/settings.md."""
    rows = ["| Setting | Environment | Default | Meaning |", "|---|---|---|---|"]
    for name, setting in Settings.model_fields.items():
        default = "none" if setting.default is None else f"`{setting.default}`"
        rows.append(f"| `{name}` | `CATALOGUE_{name.upper()}` | {default} | {setting.description} |")
    return "\n".join(rows) + "\n"


def settings_page() -> str:
    """docs/reference/settings.md with its table as it must be."""
    text = (DOCS / "reference" / "settings.md").read_text()
    return re.sub(r"^\| Setting \|.*?\n(?!\|)", settings_table(), text, count=1, flags=re.MULTILINE | re.DOTALL)


MADE = {DOCS / "reference" / "cli.md": cli_page, DOCS / "reference" / "settings.md": settings_page}


@pytest.mark.parametrize("page", MADE, ids=lambda page: page.stem)
def test_a_page_made_from_the_code_is_up_to_date(page: Path) -> None:
    assert page.read_text() == MADE[page](), "run: python tests/test_docs.py"


def test_every_setting_stands_in_its_table() -> None:
    """The page above is compared with itself where there is no table."""
    assert settings_table() in (DOCS / "reference" / "settings.md").read_text()


def test_every_address_and_status_stands_in_the_http_reference(tmp_path: Path) -> None:
    """Addresses are written with braces: `/{kind}/{slug}`."""
    text = (DOCS / "reference" / "http.md").read_text()
    with Catalogue.open(settings_for(tmp_path)) as catalogue:
        rules = {rule.rule for rule in create_app(catalogue).url_map.iter_rules()}
    paths = {re.sub(r"<(?:[^<>:]*:)?(\w+)>", r"{\1}", rule) for rule in rules}
    assert [path for path in sorted(paths) if f"`{path}`" not in text] == []
    assert [status for status in sorted(set(STATUS.values())) if f"| {status} |" not in text] == []


def test_every_dependency_has_its_reason() -> None:
    """Neither more nor fewer than pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(requirement for extra in extras for requirement in extra)]
    names = {re.split(r"[^\w.-]", requirement)[0] for requirement in wanted}
    listed = re.findall(r"^\| `([\w.-]+)` \|", (DOCS / "dependencies.md").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(names)


def test_every_room_stands_in_the_plan_of_the_house() -> None:
    """The tree in docs/architecture.md names the packages and modules of `catalogue/`."""
    text = (DOCS / "architecture.md").read_text()
    rooms = {path.parent.name + "/" for path in (ROOT / "catalogue").glob("*/__init__.py")}
    modules = {path.name for path in (ROOT / "catalogue").glob("[a-z]*.py")}
    assert [room for room in sorted(rooms | modules) if f" {room}" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_relative_link_resolves(page: Path) -> None:
    """Files, and headings within pages."""
    prose = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        path, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = (page.parent / path).resolve() if path else page
        if target == MEASURED:
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_page_can_be_reached_from_the_index() -> None:
    linked, waiting = set[Path](), [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        linked.add(page)
        links = re.findall(r"\]\(([^)\s#:]+\.md)(?:#[^)]*)?\)", page.read_text())
        found = {(page.parent / link).resolve() for link in links}
        waiting += {path for path in found if path.exists()} - linked - set(waiting)
    assert [page for page in PAGES if page.is_relative_to(DOCS) and page not in linked] == []


def anchors(page: Path) -> set[str]:
    """The headings of a page as GitHub names them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


if __name__ == "__main__":
    for path, make in MADE.items():
        path.write_text(make())
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")
