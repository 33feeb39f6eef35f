"""Does `catalogue validate` judge files, dumps and a whole catalogue, the same with any number of processes?

Exit codes: 0 all conforms, 1 findings that violate, 2 wrong use, 3 cannot be read.
"""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result
from harness import BASE, COMMAND, DATA, Service, catalog, invalid, record, wait_for

from catalogue.cli import main
from catalogue.errors import NoRecord, Unavailable
from catalogue.services.spreading import spread

Command = Callable[..., Result]

FORMS = ("text", "json", "sarif", "junit", "shacl")
# More than one process gets at once, so that there is work for others.
MANY = 70


@pytest.fixture
def run(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Runs a command on the test's own state folder."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str | Path, standard_input: str | bytes | None = None, folder: Path = state) -> Result:
        place = ["--state", str(folder), "--base-url", BASE]
        return CliRunner().invoke(main, [*place, *map(str, arguments)], input=standard_input)

    yield command
    structlog.reset_defaults()


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A folder of many files: most conform, some violate, one cannot be read, one is a dump."""
    folder = tmp_path / "mixed"
    folder.mkdir()
    for number in range(MANY):
        made = invalid if number % 10 == 3 else record
        (folder / f"{number:03}.ttl").write_text(made(f"r{number}"))
    (folder / "040.ttl").write_text("<a> <b>")
    (folder / "050-dump.ttl").write_text(dump(MANY))
    return folder


def dump(count: int) -> str:
    """Records in one file that is too large to be one process's work; the second violates."""
    padding = "# " + "x" * 300_000 + "\n"
    return padding + "".join((invalid if number == 1 else record)(f"d{number}") for number in range(count))


def installed(*arguments: str | Path, state: Path, **how: int) -> subprocess.Popen[bytes]:
    """The installed command as a process group of its own, still running."""
    command = [COMMAND, "--state", str(state), "--base-url", BASE, "validate", *map(str, arguments)]
    return subprocess.Popen(command, start_new_session=True, **how)


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def gone(pid: int) -> bool:
    """Whether a process has ended, even if nobody has asked for its exit code yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


# -- files -----------------------------------------------------------------------------------------------------------


def test_validate_ends_with_0_when_all_conforms_and_1_when_not(run: Command, files: dict[str, Path]) -> None:
    good, bad, both = (
        run("validate", files["good"]),
        run("validate", files["bad"]),
        run("validate", *files.values()),
    )

    assert [good.exit_code, bad.exit_code, both.exit_code] == [0, 1, 3]
    assert "conforms: HealthDCAT-AP Release 8" in good.output
    assert "Access rights" in bad.output
    assert "→" in bad.output
    assert "line 1" in both.output
    assert all(name in both.output for name in ("good.ttl", "bad.ttl", "broken.ttl"))


def test_validate_reads_standard_input(run: Command) -> None:
    result = run("validate", "-", "--format", "turtle", standard_input=record("good"))

    assert result.exit_code == 0, result.output
    assert "standard input" in result.output


def test_a_dump_on_standard_input_is_one_entry(run: Command) -> None:
    result = run("validate", "-", "--format", "turtle", "--json", standard_input=dump(MANY))

    (entry,) = json.loads(result.output)
    assert entry["file"] == "standard input"
    assert len(entry["reports"]) == MANY


def test_validate_takes_profiles_and_prints_json(run: Command, files: dict[str, Path]) -> None:
    result = run("validate", files["good"], "--profile", "eucaim-2", "--json")

    (found,) = json.loads(result.output)
    assert result.exit_code == 1
    assert found["file"] == str(files["good"])
    assert [p["id"] for p in found["reports"][0]["profiles"]] == ["eucaim-2"]


def test_an_unknown_profile_and_a_name_without_a_format_are_told(
    run: Command, files: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "record.docx").write_text("x")

    profile = run("validate", files["good"], "--profile", "nothing")
    format_ = run("validate", "record.docx", files["good"])

    assert [profile.exit_code, format_.exit_code] == [3, 3]
    assert "healthdcat-ap-8" in profile.output
    assert ".ttl" in format_.output
    assert "conforms: HealthDCAT-AP Release 8" in format_.output


def test_a_file_that_the_system_does_not_let_us_read_is_told_and_the_others_are_judged(
    run: Command, files: dict[str, Path]
) -> None:
    result = run("validate", "/proc/self/mem", files["good"], "--format", "turtle")

    assert result.exit_code == 3
    assert "/proc/self/mem: cannot be checked. The file cannot be read: Input/output error." in result.output
    assert "conforms: HealthDCAT-AP Release 8" in result.output


def test_validate_keeps_nothing(run: Command, files: dict[str, Path], tmp_path: Path) -> None:
    run("validate", files["good"], folder=tmp_path / "fresh")

    assert not (tmp_path / "fresh").exists()


def test_every_shipped_invalid_sample_is_refused_by_the_terminal(run: Command) -> None:
    codes = {path.name: run("validate", path).exit_code for path in sorted((DATA / "invalid").glob("*.ttl"))}

    assert codes.pop("broken-syntax.ttl") == 3
    assert set(codes.values()) == {1}


def test_wrong_use_ends_with_2_and_prints_no_report(run: Command, files: dict[str, Path]) -> None:
    uses = [
        (), ("--published", files["good"]), (files["good"], "--jobs", "0"), (files["good"], "nowhere.ttl"),
        (files["good"], "-"), (files["good"], "--format-report", "pdf"),
    ]  # fmt: skip

    results = [run("validate", *use) for use in uses]

    assert [result.exit_code for result in results] == [2] * len(uses)
    assert not any("conforms:" in result.output for result in results)


# -- many files, many processes --------------------------------------------------------------------------------------


def test_one_bad_file_among_many_does_not_keep_the_others_from_being_judged(run: Command, mixed: Path) -> None:
    result = run("validate", "mixed", "--json", "--jobs", "2")

    entries = json.loads(result.output)
    problems = [entry["file"] for entry in entries if "problem" in entry]
    assert result.exit_code == 3
    assert problems == ["mixed/040.ttl"]
    assert [entry["file"] for entry in entries] == [f"mixed/{path.name}" for path in sorted(mixed.iterdir())]


def test_a_dump_is_one_entry_with_its_records_in_order(run: Command, mixed: Path) -> None:
    result = run("validate", "mixed/050-dump.ttl", "--json", "--jobs", "2")

    (entry,) = json.loads(result.output)
    subjects = [report["subject"] for report in entry["reports"]]
    assert result.exit_code == 1
    assert subjects == [f"{BASE}/dataset/d{number}" for number in range(MANY)]
    assert [report["subject"] for report in entry["reports"] if not report["conforms"]] == [f"{BASE}/dataset/d1"]


def test_a_broken_dump_and_one_beyond_the_limit_are_told(run: Command, tmp_path: Path) -> None:
    (tmp_path / "broken.ttl").write_text(dump(2) + "<a> <b>")
    (tmp_path / "long.ttl").write_text(dump(2))
    (tmp_path / "empty.ttl").write_text("#" * 300_000)

    result = run("--max-submission-bytes", "302000", "validate", "broken.ttl", "long.ttl", "empty.ttl", "--json")

    told = [entry["problem"]["detail"] for entry in json.loads(result.output)]
    assert result.exit_code == 3
    assert "302,000" in told[0] + told[1]
    assert "no dataset" in told[2]


def test_a_dump_is_judged_as_its_records_are_one_by_one(run: Command, tmp_path: Path) -> None:
    samples = sorted((DATA / "datasets").glob("*.ttl"))[:12] + sorted((DATA / "catalogs").glob("*.ttl"))
    # Each text with prefixes of its own, so the text of a file may follow that of another.
    texts = [path.read_text() for path in samples]
    (tmp_path / "small.ttl").write_text("\n".join(texts))
    (tmp_path / "large.ttl").write_text("\n".join([*texts, "#" * 300_000]))

    small, large = (json.loads(run("validate", name, "--json").output)[0] for name in ("small.ttl", "large.ttl"))

    assert len(small["reports"]) >= len(samples)
    assert small["reports"] == large["reports"]


@pytest.mark.parametrize("form", FORMS)
def test_two_processes_print_what_one_prints(run: Command, mixed: Path, form: str) -> None:
    one, two = (run("validate", "mixed", "--format-report", form, "--jobs", jobs) for jobs in ("1", "2"))

    assert one.stdout_bytes == two.stdout_bytes
    assert one.stderr_bytes == two.stderr_bytes
    assert [one.exit_code, two.exit_code] == [3, 3]
    assert len(one.stdout_bytes) > 1_000


# -- the whole catalogue ---------------------------------------------------------------------------------------------


def test_published_records_conform_to_what_their_catalogues_require(run: Command, files: dict[str, Path]) -> None:
    run("submit", files["good"])

    result = run("validate", "--published")

    assert result.exit_code == 0
    assert result.output == "2 records: 2 conform, 0 do not\n"  # with the catalogue that lists it


def test_a_stricter_profile_finds_the_published_records_that_it_refuses(run: Command, files: dict[str, Path]) -> None:
    run("submit", files["good"])

    text = run("validate", "--published", "--profile", "eucaim-2")
    found = json.loads(run("validate", "--published", "--profile", "eucaim-2", "--json").output)

    assert text.exit_code == 1
    assert "dataset/good\nVisits good\n" in text.output
    assert text.output.splitlines()[-1] == "2 records: 1 conform, 1 do not"
    assert [entry["file"] for entry in found] == ["dataset/good"]
    assert [p["id"] for p in found[0]["reports"][0]["profiles"]] == ["eucaim-2"]


def test_a_record_that_was_loaded_without_a_check_is_found(run: Command, tmp_path: Path) -> None:
    class_ = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/ns/dcat#Dataset>"
    names = [f"<{BASE}/dataset/d{number:03}>" for number in range(MANY)]
    (tmp_path / "many.nq").write_text("".join(f"{name} {class_} {name} .\n" for name in names))
    run("submit", "many.nq", "--no-validate")

    one, two = (run("validate", "--published", "--jobs", jobs) for jobs in ("1", "2"))

    assert [one.exit_code, two.exit_code] == [1, 1]
    assert one.output == two.output
    assert one.output.splitlines()[-1] == f"{MANY + 1} records: 1 conform, {MANY} do not"
    places = [line for line in one.output.splitlines() if line.startswith("dataset/")]
    assert places == [f"dataset/d{number:03}" for number in range(MANY)]


def test_drafts_and_withdrawn_records_are_not_judged(run: Command, files: dict[str, Path]) -> None:
    run("submit", files["bad"], "--state", "draft")
    run("submit", files["good"])
    run("withdraw", f"{BASE}/dataset/good")

    assert run("validate", "--published").output == "1 records: 1 conform, 0 do not\n"


def test_each_record_is_judged_by_its_own_catalogue_beside_a_running_service(service: Service, state: Path) -> None:
    listed = [f"<dataset/{name}>" for name in ("one", "two")]
    answer = service.submit(record("one") + record("two") + catalog("strict", datasets=listed))
    assert answer.status_code == 201, answer.text
    service.publish("three")
    # The catalogue becomes stricter than its datasets are.
    stricter = service.put("/catalog/strict", catalog("strict", profile="eucaim-2"), "*")
    assert stricter.status_code == 200, stricter.text

    process = installed("--published", "--json", state=state, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output, errors = process.communicate(timeout=60)

    found = {entry["file"]: entry["reports"][0]["profiles"][0]["id"] for entry in json.loads(output)}
    assert {"dataset/one": "eucaim-2", "dataset/two": "eucaim-2"}.items() <= found.items()
    assert "dataset/three" not in found
    assert (process.returncode, errors) == (1, b"")


def test_a_folder_without_a_catalogue_is_told_and_stays_as_it_is(run: Command, tmp_path: Path) -> None:
    result = run("validate", "--published", folder=tmp_path / "nothing")

    assert result.exit_code == 3
    assert "There is no catalogue in" in result.output
    assert not (tmp_path / "nothing").exists()


def test_a_ledger_of_another_address_is_told(run: Command, files: dict[str, Path]) -> None:
    run("submit", files["good"])

    result = run("--base-url", "https://elsewhere.test", "validate", "--published")

    assert result.exit_code == 3
    assert "--base-url" in result.output


# -- how it ends -----------------------------------------------------------------------------------------------------


def test_a_closed_pipe_ends_everything_quietly(mixed: Path, state: Path) -> None:
    with installed(mixed, "--jobs", "2", state=state, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        process.stdout.close()

        assert first.decode().strip() == str(mixed / "000.ttl")
        assert process.stderr.read() == b""
        assert process.wait(timeout=30) == 1


def long_work(folder: Path) -> Path:
    """Files that take some seconds."""
    (folder / "long").mkdir()
    for number in range(1_500):
        (folder / "long" / f"{number}.ttl").write_text(record(f"r{number}"))
    return folder / "long"


def test_long_work_tells_a_terminal_how_far_it_is_and_an_interrupt_ends_all_of_it(tmp_path: Path, state: Path) -> None:
    ours, terminal = pty.openpty()
    process = installed(
        long_work(tmp_path), "--jobs", "2", state=state, stdout=subprocess.DEVNULL, stderr=terminal
    )  # fmt: skip
    os.close(terminal)

    told = os.read(ours, 200).decode()
    workers = children(process.pid)
    os.killpg(process.pid, signal.SIGINT)

    assert "of 1,500 files" in told
    assert process.wait(timeout=30) == 130
    assert len(workers) == 2
    assert all(map(gone, workers))
    os.close(ours)


@pytest.mark.parametrize(("victim", "code", "told"), [("worker", 3, "SIGKILL"), ("parent", -9, "")])
def test_a_process_that_dies_is_told_and_those_that_are_orphaned_end(
    tmp_path: Path, state: Path, victim: str, code: int, told: str
) -> None:
    folder = long_work(tmp_path)
    with installed(
        folder, "--jobs", "2", state=state, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:  # fmt: skip
        assert process.stderr is not None
        wait_for(lambda: len(children(process.pid)) == 2)
        workers = children(process.pid)
        os.kill(workers[0] if victim == "worker" else process.pid, signal.SIGKILL)

        errors = process.stderr.read().decode()
        assert process.wait(timeout=30) == code

    assert told in errors
    assert bool(told) == bool(errors)
    wait_for(lambda: all(map(gone, workers)))


def test_results_come_in_order_and_tasks_are_taken_when_they_are_needed() -> None:
    taken: list[int] = []

    def tasks() -> Iterator[int]:
        for number in range(1_000):
            taken.append(number)
            yield number

    def work(number: int) -> tuple[int, int]:
        time.sleep(0.02 if number % 4 == 1 else 0)
        return number, os.getpid()

    results = spread(work, tasks(), 3)
    found = [next(results) for _ in range(40)]
    results.close()

    assert [number for number, _ in found] == list(range(40))
    assert found[0][1] == os.getpid()
    assert len({process for _, process in found[1:]} - {os.getpid()}) == 3
    assert len(taken) <= 40 + 3 * 4 + 1


def test_a_window_that_is_done_while_results_are_taken_goes_on() -> None:
    results = spread(lambda number: number, iter(range(200)), 2)
    found = []
    for number in results:
        found.append(number)
        time.sleep(0.002)  # all processes are done with what they may do ahead
    assert found == list(range(200))


def test_the_error_of_a_task_is_raised_and_a_death_is_named() -> None:
    def work(number: int) -> int:
        if number == 5:
            raise NoRecord("Nothing.", mend="Something.")
        if number == 6:
            os._exit(9)
        return number

    with pytest.raises(NoRecord, match=r"^Nothing\.$"):
        list(spread(work, range(6), 2))
    with pytest.raises(Unavailable, match="exit code 9"):
        list(spread(work, [0, 1, 6], 2))
    assert list(spread(work, [], 2)) == []
