"""Does the mirror answer as the checkpoint does, and does nothing that befalls it cost an answer?"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest
from harness import DATA, JSON_LD, TURTLE, Opener, Service, wait_for
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store

from catalogue.errors import QueryFailed, QueryTimeout, QueryTooLarge
from catalogue.resources import shipped
from catalogue.sparql import guard
from catalogue.sparql.bounds import Bounds
from catalogue.sparql.mirroring import Mirror, suits
from catalogue.sparql.pool import QueryPool

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the mirror is of Linux")

JSON = "application/sparql-results+json"
TITLE = "http://purl.org/dc/terms/title"
ANY = "SELECT * { ?s ?p ?o } LIMIT 1"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
GROW = " ".join(f"BIND(CONCAT({', '.join([f'?x{n}'] * 1000)}) AS ?x{n + 1})" for n in range(3))
# Each row keeps 12 MB until all are sorted.
GREEDY = f"SELECT ?x2 {{ ?s ?p ?x0 {GROW} }} ORDER BY ?x2"


def processes(parent: int, program: str) -> list[int]:
    """Processes that run a program and descend from another."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            command = (stat.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            pid = int(stat.parent.name)
            found += ([pid] if program.encode() in command else []) + processes(pid, program)
    return found


MIRROR = {"query_mirror_after": 0, "query_mirror_memory": 1_000_000_000}


def mirrors() -> list[int]:
    """The mirror of this process, then the workers forked from it."""
    return processes(os.getpid(), "catalogue.sparql.mirror")


def mirrored(service: Service) -> None:
    """Ask until the mirror answers."""
    service.rows(ANY)
    wait_for(lambda: service.catalogue.queries.mirrored)
    service.rows(ANY)


@pytest.fixture
def service(opened: Opener) -> Iterator[Service]:
    """A catalogue that asks for the mirror with its first query."""
    with opened(**MIRROR) as service:
        yield service
    assert mirrors() == []


@pytest.fixture
def twins(opened: Opener, tmp_path: Path) -> Iterator[Service]:
    """Some sample records in a catalogue with the mirror."""
    with opened(**MIRROR) as service:
        for file in [*sorted((DATA / "catalogs").iterdir()), *sorted((DATA / "datasets").iterdir())[::7]]:
            media_type = JSON_LD if file.suffix == ".jsonld" else TURTLE
            assert service.submit(file.read_bytes(), content_type=media_type).status_code in (201, 422)
        yield service


def asked(service: Service, query: str, accept: str) -> list[bytes]:
    """The lines of an answer, sorted, and the bytes of each: `GROUP_CONCAT` joins in any order."""
    answer = service.get(f"/sparql?query={quote(query)}", accept)
    assert answer.status_code == 200, answer.text
    return sorted(bytes(sorted(line)) for line in answer.data.splitlines())


MORE = [
    "DESCRIBE ?d { ?d a <http://www.w3.org/ns/dcat#Dataset> }",
    "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p",
    "SELECT ?o { ?s ?p ?o FILTER(isNumeric(?o) || DATATYPE(?o) = <http://www.w3.org/2001/XMLSchema#date>) }",
    "SELECT ?n { ?s <http://www.w3.org/2004/02/skos/core#broader>+ ?n }",
]


def test_the_mirror_answers_as_the_checkpoint_does(twins: Service) -> None:
    examples = [path.read_text() for path in sorted(shipped("queries").glob("*.rq"))]
    texts = [*examples, *MORE]
    forms = [guard.check(text, limit=100_000).form for text in texts]
    accepts = ["application/n-triples" if form in ("DESCRIBE", "CONSTRUCT") else "text/csv" for form in forms]
    mirrored(twins)

    ours = [asked(twins, text, accept) for text, accept in zip(texts, accepts, strict=True)]
    # A prefix of this name lets the query pass for one that may name graphs.
    theirs = [
        asked(twins, f"PREFIX graph: <urn:unused>\n{text}", accept) for text, accept in zip(texts, accepts, strict=True)
    ]

    assert ours == theirs
    assert len(examples) >= 25
    assert all(len(lines) > 1 for lines in ours[-len(MORE) :])


def test_the_next_query_sees_a_publication_and_a_withdrawal(service: Service) -> None:
    mirrored(service)
    (mirror, *_) = mirrors()
    for number in range(5):
        path = service.publish(f"visits-{number}")
        found = service.rows(f"SELECT ?t {{ <https://catalogue.test{path}> <{TITLE}> ?t }}")
        assert [row["t"] for row in found] == [f"Visits visits-{number}"]
    assert service.withdraw(path).status_code in (200, 204)
    assert not service.ask(f"<https://catalogue.test{path}> <{TITLE}> ?t")
    assert mirrors()[0] == mirror


def test_many_publications_make_no_worker_before_somebody_asks(service: Service) -> None:
    mirrored(service)
    before = mirrors()
    for number in range(5):
        service.publish(f"quiet-{number}")
    assert set(mirrors()) <= set(before)
    assert service.ask(f'?d <{TITLE}> "Visits quiet-4"@en')


def test_graphs_are_asked_of_the_checkpoint(service: Service) -> None:
    mirrored(service)
    path = service.publish("graphs")
    graph = f"https://catalogue.test{path}"
    assert service.ask(f"GRAPH <{graph}> {{ <{graph}> <{TITLE}> ?t }}")
    pattern = f"{{ <{graph}> <{TITLE}> ?t }}"
    assert len(service.rows(f"SELECT * FROM <{graph}> {pattern}")) == 1  # noqa: S608
    query = quote(f"SELECT * {pattern}")
    answer = service.get(f"/sparql?query={query}&default-graph-uri={quote(graph)}", JSON)
    assert len(json.loads(answer.data)["results"]["bindings"]) == 1


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("SELECT * { ?s ?p ?o }", True),
        ('PREFIX d: <http://a/b#> SELECT * { ?s d:p ?graph FILTER(CONTAINS(?graph, "tomography from")) }', True),
        ("SELECT * { graph ?g { ?s ?p ?o } }", False),
        ("SELECT * FROM NAMED <urn:x> { ?s ?p ?o }", False),
        ("PREFIX graphx: <urn:x> PREFIX x: <urn:x> SELECT * { graphx:a { ?s ?p ?o } }", False),
        ("SELECT * { \\u0047RAPH ?g { ?s ?p ?o } }", False),
        ("SELECT * { ?s ?p ?o FILTER(?s<?o#>\n) GRAPH ?g { ?a ?b ?c } #>\n }", False),
    ],
)
def test_what_may_name_a_graph_however_it_is_read_is_not_for_the_mirror(text: str, alone: bool) -> None:
    words = {token.upper() for token in text.replace("{", " ").split()}
    assert suits(guard.Query(text, guard.Form.SELECT, graphs=bool(words & {"GRAPH", "FROM"}), steady=True)) is alone


def test_a_mirror_that_is_killed_costs_no_answer_and_comes_back(service: Service) -> None:
    service.publish("kept")
    mirrored(service)
    for _ in range(2):
        (mirror, *_) = mirrors()
        os.kill(mirror, signal.SIGKILL)
        for _ in range(20):
            assert service.ask(f'?d <{TITLE}> "Visits kept"@en')
        path = service.publish(f"during-{mirror}")
        assert service.ask(f"<https://catalogue.test{path}> <{TITLE}> ?t")
        mirrored(service)
        assert mirrors()[0] != mirror
        assert service.ask(f"<https://catalogue.test{path}> <{TITLE}> ?t")


def test_a_store_that_is_built_anew_is_mirrored_anew(service: Service) -> None:
    mirrored(service)
    (mirror, *_) = mirrors()
    service.publish("before")
    service.catalogue.projection.rebuild()
    wait_for(lambda: mirror not in mirrors())
    mirrored(service)
    assert service.ask(f'?d <{TITLE}> "Visits before"@en')


def test_a_mirror_that_grows_too_large_is_given_up_and_queries_go_on(opened: Opener) -> None:
    with opened(query_mirror_after=0, query_mirror_memory=40_000_000) as service:
        service.publish("anyway")
        for _ in range(3):
            assert service.ask(f'?d <{TITLE}> "Visits anyway"@en')
        wait_for(lambda: mirrors() == [])
        assert service.ask(f'?d <{TITLE}> "Visits anyway"@en')


def test_without_the_setting_no_mirror_is_made(opened: Opener) -> None:
    with opened(query_mirror_after=0, query_mirror_memory=0) as service:
        assert service.rows(ANY)
        assert mirrors() == []


# -- the limits of a forked worker -----------------------------------------------------------------------------------

PoolMaker = Callable[..., QueryPool]


@pytest.fixture
def make_pool(tmp_path: Path) -> Iterator[PoolMaker]:
    """Makes a pool with a mirror of three thousand titles."""
    store = Store(str(tmp_path / "store"))
    store.extend(
        Quad(NamedNode(f"urn:{n}"), NamedNode(TITLE), Literal(f"Dataset {n}"), DefaultGraph()) for n in range(3000)
    )
    pools: list[QueryPool] = []

    def make(*, workers: int = 1, seconds: float = 20, memory: int = 500_000_000, limit: int = 10**9) -> QueryPool:
        mirror = Mirror(
            lambda image, tell: store.backup(str(image)), tmp_path, seconds=seconds, memory=memory, limit=limit
        )
        pool = QueryPool(Bounds(workers=workers, seconds=seconds, memory=memory, queue=20), mirror)
        pools.append(pool)
        store.backup(str(tmp_path / "snapshot"))
        pool.use(tmp_path / "snapshot")
        pool.start()
        mirror.want()
        wait_for(lambda: mirror.there)
        return pool

    yield make
    for pool in pools:
        pool.close()
    assert mirrors() == []


def answer(pool: QueryPool, text: str) -> bytes:
    """The whole answer of the mirror."""
    query = guard.check(text, limit=100_000)
    return b"".join(pool.run(query, media_type="text/csv", base_iri="http://a/", mirrored=True).chunks)


def test_the_deadline_ends_a_fork_and_another_takes_its_place(make_pool: PoolMaker) -> None:
    pool = make_pool(seconds=0.5)
    for _ in range(2):
        with pytest.raises(QueryTimeout):
            answer(pool, ENDLESS)
        assert answer(pool, "SELECT ?t { <urn:7> ?p ?t }") == b"t\r\nDataset 7\r\n"


def test_a_fork_that_grows_beyond_the_limit_is_ended(make_pool: PoolMaker) -> None:
    pool = make_pool(memory=150_000_000)
    with pytest.raises(QueryTooLarge):
        answer(pool, GREEDY)
    with pytest.raises(QueryTooLarge):
        answer(pool, f"SELECT (STRLEN(?x3) AS ?x) {{ BIND('12345678' AS ?x0) {GROW} }}")
    assert answer(pool, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }") == b"n\r\n3000\r\n"


def test_a_query_that_breaks_a_fork_fails_alone(make_pool: PoolMaker) -> None:
    pool = make_pool(workers=2)
    with pytest.raises(QueryFailed):
        answer(pool, "ASK { FILTER(" + "!" * 50_000 + "true) }")
    assert answer(pool, "SELECT ?t { <urn:7> ?p ?t }") == b"t\r\nDataset 7\r\n"


def test_a_fork_is_used_again_while_nothing_changes(make_pool: PoolMaker) -> None:
    pool = make_pool(workers=2)
    answer(pool, "ASK {}")
    (_, worker) = mirrors()
    for n in range(20):
        assert answer(pool, f"SELECT ?t {{ <urn:{n}> ?p ?t }}") == f"t\r\nDataset {n}\r\n".encode()
    assert mirrors()[1:] == [worker]
    assert os.getpriority(os.PRIO_PROCESS, worker) > os.getpriority(os.PRIO_PROCESS, mirrors()[0])
    assert Path(f"/proc/{worker}/oom_score_adj").read_text() == "1000\n"


def test_forks_that_have_copied_much_are_not_all_kept(make_pool: PoolMaker) -> None:
    pool = make_pool(workers=2, limit=60_000_000)
    # Three thousand rows of 20 kB are kept until all are sorted; so long that the two run side by side.
    text = f"SELECT (STRLEN(?x) AS ?n) {{ ?s ?p ?o BIND(CONCAT(?o, '{'long' * 5000}', ?o) AS ?x) }} ORDER BY ?x"
    with ThreadPoolExecutor(2) as threads:
        assert [len(found) > 3000 for found in threads.map(answer, [pool] * 2, [text] * 2)] == [True] * 2
    wait_for(lambda: len(mirrors()) == 2)
    assert answer(pool, "SELECT ?t { <urn:7> ?p ?t }") == b"t\r\nDataset 7\r\n"


def test_a_fork_cannot_make_a_connection(make_pool: PoolMaker) -> None:
    pool = make_pool()
    with socket.create_server(("127.0.0.1", 0)) as canary:
        visits: list[object] = []
        threading.Thread(target=lambda: visits.append(canary.accept()), daemon=True).start()
        url = f"http://127.0.0.1:{canary.getsockname()[1]}/sparql"
        # The guard would refuse it; the fork itself is asked.
        text = f"SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }}"
        call = guard.Query(text, guard.Form.SELECT, graphs=False, steady=True)
        with pytest.raises(QueryFailed, match="not permitted"):
            pool.run(call, media_type="text/csv", base_iri="http://a/", mirrored=True)
        assert visits == []


def test_a_mirror_dies_with_a_service_that_is_killed(make_pool: PoolMaker, tmp_path: Path) -> None:
    program = f"""if True:
        import os
        from pathlib import Path
        from pyoxigraph import Store
        from catalogue.sparql.mirroring import Mirror
        store = Store.read_only({str(tmp_path / "snapshot")!r})
        follow = lambda image, tell: store.backup(str(image))
        mirror = Mirror(follow, Path({str(tmp_path)!r}), seconds=60, memory=10**9, limit=10**9)
        mirror.want()
        while not mirror.there: pass
        worker = mirror.fork()
        print("worker", worker.pid, flush=True)
        os.kill(os.getpid(), 9)
    """
    make_pool()
    service = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    worker = next(int(line.split()[1]) for line in service.stdout.splitlines() if line.startswith("worker"))
    wait_for(lambda: not Path(f"/proc/{worker}").exists() or "(zombie)" in status(worker))


ROOT = Path(guard.__file__).parents[2]


def status(pid: int) -> str:
    """What the kernel says of a process."""
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return "(zombie)"
