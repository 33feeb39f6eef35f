"""Does the command line do what it says, and end with the code that it says?

Exit codes: 0 fine, 1 findings, 2 wrong use, 3 failed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
import structlog
from click.testing import CliRunner, Result
from harness import BASE, COMMAND, LiveServer, Service, free_port, invalid, record

from catalogue.cli import main
from catalogue.ledger import Ledger, People
from catalogue.model import EventKind, Kind

Command = Callable[..., Result]


@pytest.fixture
def run(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Runs a command on the test's own state folder."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str | Path, standard_input: str | bytes | None = None, where: bool = True) -> Result:
        place = ["--state", str(state), "--base-url", BASE] if where else []
        return CliRunner().invoke(main, [*place, *map(str, arguments)], input=standard_input)

    yield command
    structlog.reset_defaults()


def held(state: Path) -> dict[str, str]:
    """The titles that the ledger publishes, by slug."""
    with Ledger(state / "ledger.sqlite") as ledger:
        return {record.slug: record.title for record in ledger.published(Kind.DATASET, limit=-1)[1]}


# -- help ------------------------------------------------------------------------------------------------------------


def commands(group: click.Group = main, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command, by its words."""
    found = []
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found += commands(command, (*path, name))
        else:
            found.append((*path, name))
    return found


def test_the_commands_are_those_that_the_design_names() -> None:
    names = {words[0] for words in commands()}

    assert {"serve", "demo", "validate", "submit", "withdraw", "rebuild", "token"} <= names


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_says_what_it_does_and_describes_every_option(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(main, [*words, "--help"])

    assert result.exit_code == 0
    assert f"Usage: main {' '.join(words)}" in result.output
    command: click.Command = main
    for word in words:
        assert isinstance(command, click.Group)
        command = command.commands[word]
    assert command.help
    assert [p.name for p in command.params if isinstance(p, click.Option) and not p.help] == []


def test_wrong_use_ends_with_2(run: Command, files: dict[str, Path]) -> None:
    uses = [
        ("nothing",), ("validate",), ("submit", "nowhere.ttl"), ("validate", "-"), ("serve", "--port", "x"),
        ("token", "create"), ("submit", files["good"], "--state", "secret"), ("rebuild", "everything"),
    ]  # fmt: skip

    assert [run(*use).exit_code for use in uses] == [2] * len(uses)


# -- submit and withdraw ---------------------------------------------------------------------------------------------


def test_submit_publishes_and_says_where(run: Command, files: dict[str, Path], state: Path) -> None:
    result = run("submit", files["good"], "--note", "First")

    assert result.exit_code == 0, result.output
    assert f"{BASE}/dataset/good" in result.output
    assert "published" in result.output
    assert held(state) == {"good": "Visits good"}
    with Ledger(state / "ledger.sqlite") as ledger:
        assert ledger.revision(Kind.DATASET, "good", 1).note == "First"


def test_submit_refuses_what_violates_and_ends_with_1(run: Command, files: dict[str, Path], state: Path) -> None:
    refused = run("submit", files["bad"])
    draft = run("submit", files["bad"], "--state", "draft")

    assert [refused.exit_code, draft.exit_code] == [1, 0]
    assert "Access rights" in refused.output
    assert held(state) == {}


def test_submit_takes_a_file_whole_or_in_parts(run: Command, tmp_path: Path, state: Path) -> None:
    (tmp_path / "both.ttl").write_text(record("good") + invalid("bad"))

    whole = run("submit", "both.ttl")
    between = held(state)
    parts = run("submit", "both.ttl", "--partial")

    assert [whole.exit_code, parts.exit_code] == [1, 1]
    assert (between, held(state)) == ({}, {"good": "Visits good"})


def test_submit_without_validation_takes_a_dump_in_bulk(run: Command, tmp_path: Path, state: Path) -> None:
    type_, class_ = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>", "<http://www.w3.org/ns/dcat#Dataset>"
    names = [f"<{BASE}/dataset/d{number}>" for number in range(60)]
    (tmp_path / "many.nq").write_text("".join(f"{name} {type_} {class_} {name} .\n" for name in names))

    result = run("submit", "many.nq", "--no-validate")

    assert result.exit_code == 0, result.output
    assert "60 records published" in result.output
    assert len(held(state)) == 60
    assert run("submit", "many.nq", "--no-validate", "--state", "draft").exit_code == 2


def test_submit_prints_json_lines(run: Command, files: dict[str, Path]) -> None:
    result = run("submit", files["good"], files["bad"], "--json")

    lines = [json.loads(line) for line in result.output.splitlines()]
    assert result.exit_code == 1
    assert [(line["status"], line["file"]) for line in lines] == [
        ("published", str(files["good"])),
        ("refused", str(files["bad"])),
    ]


def test_submit_of_a_broken_file_ends_with_3_and_the_place(run: Command, files: dict[str, Path]) -> None:
    result = run("submit", files["broken"])

    assert result.exit_code == 3
    assert "line 1" in result.output


def test_withdraw_takes_a_record_out(run: Command, files: dict[str, Path], state: Path) -> None:
    run("submit", files["good"])

    done = run("withdraw", f"{BASE}/dataset/good", "--reason", "Old")
    again = run("withdraw", f"{BASE}/dataset/nothing")
    foreign = run("withdraw", "https://elsewhere.example/x")

    assert [done.exit_code, again.exit_code, foreign.exit_code] == [0, 3, 3]
    assert held(state) == {}
    with Ledger(state / "ledger.sqlite") as ledger:
        assert ledger.events(0)[-1].kind is EventKind.WITHDRAWN
        assert ledger.events(0)[-1].detail["reason"] == "Old"


def test_a_withdrawn_record_cannot_be_withdrawn_again(run: Command, files: dict[str, Path], state: Path) -> None:
    run("submit", files["good"])
    run("withdraw", f"{BASE}/dataset/good")

    assert run("withdraw", f"{BASE}/dataset/good").exit_code == 3
    with Ledger(state / "ledger.sqlite") as ledger:
        assert [e.kind for e in ledger.events(0)].count(EventKind.WITHDRAWN) == 1


def test_a_service_shows_at_once_what_the_command_line_submits(
    service: Service, run: Command, files: dict[str, Path]
) -> None:
    assert run("submit", files["good"]).exit_code == 0

    assert service.get("/dataset/good").status_code == 200
    assert service.ask(f"<{BASE}/dataset/good> ?p ?o")


# -- tokens ----------------------------------------------------------------------------------------------------------


def test_a_token_is_made_shown_once_listed_and_revoked(run: Command, state: Path) -> None:
    created = run("token", "create", "Radiology", "--role", "holder", "--days", "3", "--label", "laptop")
    secret = created.output.strip()
    listed = run("token", "list")
    with Ledger(state / "ledger.sqlite") as ledger:
        person = People(ledger.engine).by_token(secret)
    number = re.search(r"^ *(\d+) .*Radiology", listed.output, re.MULTILINE)
    assert number is not None
    revoked = run("token", "revoke", number[1])

    assert [created.exit_code, listed.exit_code, revoked.exit_code] == [0, 0, 0]
    assert person is not None
    assert (person.name, person.role) == ("Radiology", "holder")
    assert "laptop" in listed.output
    assert secret not in listed.output
    with Ledger(state / "ledger.sqlite") as ledger:
        assert People(ledger.engine).by_token(secret) is None
    assert run("token", "revoke", "999").exit_code == 3


def test_a_token_does_not_change_a_persons_role(run: Command) -> None:
    run("token", "create", "Radiology", "--role", "holder")

    assert run("token", "create", "Radiology", "--role", "admin").exit_code == 2


# -- settings --------------------------------------------------------------------------------------------------------


def test_a_flag_goes_before_the_environment_and_that_before_the_file(
    run: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "relative.ttl").write_text(record("x"))
    (tmp_path / "other.toml").write_text(f'base_url = "https://file.test"\nstate = "{tmp_path}/s"\n')

    def address(*flags: str) -> str:
        result = run(*flags, "validate", "relative.ttl", where=False)
        found = re.search(r"https?://\S+(?=/dataset/x)", result.output)
        assert found is not None, result.output
        return found[0]

    assert address() == "http://127.0.0.1:8000"
    (tmp_path / "catalogue.toml").write_text('base_url = "https://toml.test"\n')
    assert address() == "https://toml.test"
    monkeypatch.setenv("CATALOGUE_CONFIG", str(tmp_path / "other.toml"))
    assert address() == "https://file.test"
    assert run("token", "list", where=False).exit_code == 0
    assert (tmp_path / "s" / "ledger.sqlite").exists()
    monkeypatch.setenv("CATALOGUE_BASE_URL", "https://environment.test/")
    assert address() == "https://environment.test"
    assert address("--base-url", "https://flag.test") == "https://flag.test"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CATALOGUE_BASE_URL", "catalogue.test"),
        ("CATALOGUE_MAX_DEPTH", "deep"),
        ("CATALOGUE_PAGE_SIZE", "0"),
        ("CATALOGUE_BOOTSTRAP_TOKEN", "short"),
        ("CATALOGUE_LOG_FORMAT", "xml"),
    ],
)
def test_a_malformed_setting_ends_with_2_and_its_name(
    run: Command, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    result = run("token", "list", where=False)

    assert result.exit_code == 2
    assert name.removeprefix("CATALOGUE_").lower() in result.output
    if "TOKEN" in name:
        assert value not in result.output


def test_an_unknown_setting_in_the_file_is_named(run: Command, tmp_path: Path) -> None:
    (tmp_path / "catalogue.toml").write_text("colour = 'red'\n")

    result = run("token", "list", where=False)

    assert result.exit_code == 2
    assert "colour" in result.output


# -- serve and rebuild, as processes ---------------------------------------------------------------------------------


def process(server: LiveServer, *arguments: str, standard_input: bytes = b"", **settings: str) -> tuple[int, str, str]:
    """Run the installed command; exit code, output, errors."""
    done = subprocess.run(
        [COMMAND, *arguments],
        env=server.environment() | {f"CATALOGUE_{name.upper()}": value for name, value in settings.items()},
        input=standard_input, capture_output=True, cwd=server.state.parent, timeout=60,
    )  # fmt: skip
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_standard_input_is_read_by_the_installed_command(server: LiveServer) -> None:
    code, output, errors = process(server, "submit", "-", "--format", "turtle", standard_input=record("one").encode())

    assert code == 0, errors
    assert f"{BASE}/dataset/one" in output


def test_serve_without_a_token_says_that_it_is_read_only(tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "fresh", log_format="json")
    environment = server.environment()
    del environment["CATALOGUE_BOOTSTRAP_TOKEN"]
    server.environment = lambda: environment  # type: ignore[method-assign]
    server.start()
    try:
        answer = server.request("POST", "/datasets", record("one").encode(), Content_Type="text/turtle")
        home = server.request("GET", "/", Accept="text/html")
    finally:
        assert server.stop() == 0

    assert answer.status == 401
    assert "read-only" in answer.json()["detail"]
    assert home.status == 200
    log = server.log.read_text()
    assert "token create" in log
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert {"method": "POST", "path": "/datasets", "status": 401}.items() <= lines[-2].items()


def test_a_second_serve_on_the_same_state_ends_with_words(server: LiveServer) -> None:
    server.start()

    code, _, errors = process(server, "serve", "--port", str(free_port()))

    assert code != 0
    assert "Another process serves the state folder" in errors
    assert server.request("GET", "/health/ready").status == 200


def test_serve_on_a_taken_port_ends_with_an_error(server: LiveServer, tmp_path: Path) -> None:
    server.start()

    code, _, errors = process(server, "serve", "--port", str(server.port), state=str(tmp_path / "other"))

    assert code != 0
    assert "in use" in errors


def test_the_log_holds_neither_token_nor_draft_nor_query(server: LiveServer) -> None:
    server.settings["log_format"] = "json"
    server.start()
    secret, token = record("x", title="Quetzalcoatl"), server.environment()["CATALOGUE_BOOTSTRAP_TOKEN"]
    server.request("POST", "/datasets?state=draft", secret.encode(), token=token, Content_Type="text/turtle")
    server.request("GET", "/sparql?query=ASK+%7B+%22Quetzalcoatl%22+%3Fp+1+%7D")
    server.request("POST", "/datasets", b"<Quetzalcoatl", token=token, Content_Type="text/turtle")
    server.stop()

    log = server.log.read_text()
    assert '"path": "/datasets"' in log
    assert "Quetzalcoatl" not in log
    assert token not in log


def test_a_failure_that_nobody_named_is_logged_without_the_values_of_variables(tmp_path: Path) -> None:
    program = (
        "import structlog, sys\n"
        "from catalogue.cli.main import configure_logging\n"
        "configure_logging(sys.argv[1])\n"
        "def fail(token):\n    raise ValueError('x')\n"
        "try:\n    fail('Quetz' + 'alcoatl')\n"
        "except ValueError:\n    structlog.get_logger().exception('failed')\n"
    )
    for form in ("console", "json"):
        done = subprocess.run(
            [str(Path(COMMAND).with_name("python")), "-c", program, form],
            capture_output=True,
            env=dict(os.environ),
        )
        assert b"ValueError" in done.stderr
        assert b"Quetzalcoatl" not in done.stderr


def test_rebuild_makes_a_new_store_from_the_ledger(server: LiveServer) -> None:
    process(server, "submit", "-", "--format", "turtle", standard_input=record("one").encode())

    code, output, errors = process(server, "rebuild", "store")

    assert code == 0, errors
    assert "Done" in output
    server.start()
    assert len(server.rows(f"SELECT ?p WHERE {{ <{BASE}/dataset/one> ?p ?o }}")) > 10
