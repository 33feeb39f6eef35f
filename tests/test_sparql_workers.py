"""Do public queries answer, and can none of them hold, fill or break the service?"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, parse

from catalogue.errors import (
    ClientGone,
    MalformedQuery,
    NotAcceptable,
    QueryFailed,
    QueryRefused,
    QueryTimeout,
    QueryTooLarge,
    TooManyQueries,
    Unavailable,
)
from catalogue.sparql import formats, frames, guard
from catalogue.sparql.bounds import Bounds
from catalogue.sparql.clients import Client
from catalogue.sparql.dataset import Dataset, stated
from catalogue.sparql.guard import Form
from catalogue.sparql.pool import QueryPool
from catalogue.sparql.process import Worker
from catalogue.sparql.result import Result

BASE = "http://127.0.0.1:8000/"
EX = "http://example.org/"
JSON = "application/sparql-results+json"
TITLE = NamedNode("http://purl.org/dc/terms/title")
# Three thousand subjects: their product of three has no end that a test would live to see.
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
GROW = " ".join(f"BIND(CONCAT({', '.join([f'?x{n}'] * 1000)}) AS ?x{n + 1})" for n in range(3))
# Each row keeps 12 MB until all are sorted.
GREEDY = f"SELECT ?x2 {{ ?s ?p ?x0 {GROW} }} ORDER BY ?x2"
LONG = f"SELECT * {{ ?a ?b ?c . ?d ?e ?f BIND('{'long' * 500}' AS ?x) }}"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(str(tmp_path_factory.mktemp("store") / "store"))
    title = [
        Quad(NamedNode(f"{EX}{n}"), TITLE, Literal(f"Dataset {n}", language="en"), DefaultGraph()) for n in range(3000)
    ]
    store.extend([*title, Quad(NamedNode(f"{EX}0"), TITLE, Literal("In a graph"), NamedNode(f"{EX}graph"))])
    return store


@pytest.fixture
def snapshot(store: Store, tmp_path: Path) -> Path:
    store.backup(str(tmp_path / "snapshot"))
    return tmp_path / "snapshot"


PoolMaker = Callable[..., QueryPool]
Children = Callable[[], list[int]]


@pytest.fixture
def started() -> Children:
    """Asks for the processes that this test has started and that still run."""
    others = set(children(os.getpid()))
    return lambda: [pid for pid in children(os.getpid()) if pid not in others]


@pytest.fixture
def make_pool(started: Children, snapshot: Path) -> Iterator[PoolMaker]:
    pools: list[QueryPool] = []

    def make(
        *, workers: int = 1, seconds: float = 20, memory: int = 500_000_000, queue: int = 20, **more: float
    ) -> QueryPool:
        pool = QueryPool(Bounds(workers=workers, seconds=seconds, memory=memory, queue=queue, **more))
        pools.append(pool)
        pool.use(snapshot)
        pool.start()
        return pool

    yield make
    for pool in pools:
        pool.close()


@pytest.fixture
def pool(make_pool: PoolMaker) -> QueryPool:
    return make_pool()


def run(pool: QueryPool, text: str, media_type: str = JSON, **graphs: list[str]) -> Result:
    query = guard.check(text, limit=100_000)
    dataset = Dataset(**{kind: tuple(iris) for kind, iris in graphs.items()})
    return pool.run(query, media_type=media_type, base_iri=BASE, dataset=dataset or stated(text, BASE))


def answer(pool: QueryPool, text: str, media_type: str = JSON, **graphs: list[str]) -> bytes:
    return b"".join(run(pool, text, media_type, **graphs).chunks)


def values(pool: QueryPool, text: str, **graphs: list[str]) -> list[str]:
    """The values of ?x."""
    bindings = json.loads(answer(pool, text, **graphs))["results"]["bindings"]
    return [binding["x"]["value"] for binding in bindings]


def wait_until(condition: Callable[[], bool], seconds: float = 5) -> float:
    """Wait; return the seconds that it took."""
    start = time.perf_counter()
    while not condition():
        assert time.perf_counter() - start < seconds, "still not so"
        time.sleep(0.005)
    return time.perf_counter() - start


def children(pid: int) -> list[int]:
    """Processes that a process has started and that still run."""
    found = [int(name) for task in Path(f"/proc/{pid}/task").glob("*/children") for name in task.read_text().split()]
    return [child for child in found if runs(child)]


def runs(pid: int) -> bool:
    """Whether any thread of a process still runs; one that only waits for its parent to notice does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state != "Z" or len(list(Path(f"/proc/{pid}/task").iterdir())) > 1
    except OSError:
        return False


def test_a_table_comes_in_four_formats(pool: QueryPool) -> None:
    text = f"SELECT ?x {{ <{EX}1> ?p ?x }}"
    assert values(pool, text) == ["Dataset 1"]
    xml = ElementTree.fromstring(answer(pool, text, "application/sparql-results+xml"))  # noqa: S314
    assert [element.text for element in xml.iter() if element.tag.endswith("literal")] == ["Dataset 1"]
    assert answer(pool, text, "text/csv") == b"x\r\nDataset 1\r\n"
    assert answer(pool, text, "text/tab-separated-values") == b'?x\n"Dataset 1"@en\n'


@pytest.mark.parametrize(("text", "truth"), [("ASK { ?s ?p ?o }", True), ("ASK { ?s <http://a/b> ?o }", False)])
def test_a_truth_value_comes_in_four_formats(pool: QueryPool, text: str, truth: bool) -> None:
    word = str(truth).lower().encode()
    assert json.loads(answer(pool, text))["boolean"] is truth
    assert b"<boolean>" + word in answer(pool, text, "application/sparql-results+xml")
    assert answer(pool, text, "text/csv").strip() == word
    assert answer(pool, text, "text/tab-separated-values").strip() == word


@pytest.mark.parametrize("media_type", formats.offered(Form.CONSTRUCT))
@pytest.mark.parametrize("text", [f"DESCRIBE <{EX}7>", f"CONSTRUCT {{ <{EX}7> ?p ?o }} {{ <{EX}7> ?p ?o }}"])
def test_a_graph_comes_in_four_formats(pool: QueryPool, text: str, media_type: str) -> None:
    format_ = RdfFormat.from_media_type(media_type)
    assert format_ is not None
    triples = [quad.triple for quad in parse(answer(pool, text, media_type), format_)]
    assert [(str(t.subject.value), t.predicate, t.object.value) for t in triples] == [(f"{EX}7", TITLE, "Dataset 7")]


def test_turtle_is_written_with_our_prefixes(pool: QueryPool) -> None:
    assert b"dct:title" in answer(pool, f"DESCRIBE <{EX}7>", "text/turtle")


def test_relative_iris_are_resolved_against_the_base(pool: QueryPool) -> None:
    assert values(pool, "SELECT ?x { BIND(<dataset/a> AS ?x) }") == [f"{BASE}dataset/a"]


def test_the_dataset_of_the_request_wins_over_that_of_the_query(pool: QueryPool) -> None:
    text = f"SELECT ?x {{ <{EX}0> ?p ?x }}"
    assert values(pool, text) == ["Dataset 0"]
    assert values(pool, text.replace("{", f"FROM <{EX}graph> {{", 1)) == ["In a graph"]
    assert values(pool, text, default=[f"{EX}graph"]) == ["In a graph"]
    assert values(pool, text, named=[f"{EX}graph"]) == []
    assert values(pool, text, default=[f"{EX}unknown"]) == []
    with pytest.raises(MalformedQuery, match="IRI"):
        run(pool, text, default=["not an IRI"])


def test_several_graphs_are_merged_and_a_triple_in_two_counts_once(
    pool: QueryPool, tmp_path: Path, store: Store
) -> None:
    more = Store(str(tmp_path / "more"))
    shared, own = Literal("shared"), Literal("own")
    for graph in ("a", "b", "c"):
        more.add(Quad(NamedNode(EX), TITLE, shared, NamedNode(EX + graph)))
    more.add(Quad(NamedNode(EX), TITLE, own, NamedNode(f"{EX}b")))
    more.backup(str(tmp_path / "image"))
    pool.use(tmp_path / "image")
    a, b, c = (f"{EX}{graph}" for graph in "abc")
    both = f"SELECT ?x FROM <{a}> FROM <{b}> {{ ?s ?p ?x }}"  # noqa: S608
    assert sorted(values(pool, both)) == ["own", "shared"]
    assert sorted(values(pool, "SELECT ?x { ?s ?p ?x }", default=[a, b])) == ["own", "shared"]
    text = f"PREFIX e: <{EX}> BASE <{EX}> SELECT (COUNT(*) AS ?x) FROM <a> FROM e:b FROM NAMED e:c"  # noqa: S608
    assert values(pool, f"{text} {{ ?s ?p ?o }}") == ["2"]
    assert values(pool, f"{text} {{ GRAPH ?g {{ ?s ?p ?o }} }}") == ["1"]
    assert values(pool, both, default=[c]) == ["shared"]


def test_a_result_beyond_the_limit_is_raised_by_the_iterator(make_pool: PoolMaker) -> None:
    pool = make_pool(result=3_000_000)
    result = run(pool, LONG)
    with pytest.raises(QueryTooLarge) as caught:
        sum(len(part) for part in result.chunks)
    assert caught.value.details == {"limit": 3_000_000, "setting": "query_result_bytes"}
    assert values(pool, f"SELECT ?x {{ <{EX}1> ?p ?x }}") == ["Dataset 1"]


def test_a_client_that_goes_frees_the_process_at_once(make_pool: PoolMaker) -> None:
    pool = make_pool()
    left = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        query = guard.check(ENDLESS, limit=1000)
        asked = threads.submit(pool.run, query, media_type=JSON, base_iri=BASE, client=Client("a", left.is_set))
        wait_until(lambda: pool.status()["busy"] == 1)
        left.set()
        with pytest.raises(ClientGone):
            asked.result(timeout=1)
    assert wait_until(lambda: pool.status()["idle"] == 1) < 1


def test_a_client_has_its_share_and_no_more(make_pool: PoolMaker) -> None:
    pool = make_pool(per_client=2, seconds=3)
    query = guard.check(ENDLESS, limit=1000)

    def ask(address: str) -> Result:
        return pool.run(query, media_type=JSON, base_iri=BASE, client=Client(address))

    with ThreadPoolExecutor(3) as threads:
        asked = [threads.submit(ask, "2001:db8::1"), threads.submit(ask, "2001:db8::2")]
        wait_until(lambda: pool.status()["busy"] + pool.status()["waiting"] == 2)
        with pytest.raises(TooManyQueries) as caught:  # the same network
            ask("2001:db8::3")
        assert caught.value.details["setting"] == "query_per_client"
        asked.append(threads.submit(ask, "192.0.2.1"))
        wait_until(lambda: pool.status()["waiting"] == 2)
        pool.close()
        assert all(isinstance(one.exception(), Unavailable) for one in asked)


def test_who_holds_least_goes_first(make_pool: PoolMaker) -> None:
    pool = make_pool(seconds=1)
    slow, quick = guard.check(ENDLESS, limit=1000), guard.check("ASK {}", limit=1000)
    order: list[str] = []

    def ask(query: guard.Query, name: str, address: str) -> None:
        with suppress(QueryTimeout):
            pool.run(query, media_type=JSON, base_iri=BASE, client=Client(address))
        order.append(name)

    with ThreadPoolExecutor(4) as threads:
        threads.submit(ask, slow, "first", "a")
        wait_until(lambda: pool.status()["busy"] == 1)
        for waiting, (name, address) in enumerate([("second", "a"), ("third", "a"), ("other", "b")], 1):
            threads.submit(ask, quick, name, address)
            wait_until(lambda waiting=waiting: pool.status()["waiting"] == waiting)  # type: ignore[misc]
    assert order == ["first", "other", "second", "third"]


def test_seconds_that_are_used_up_come_back(make_pool: PoolMaker) -> None:
    pool = make_pool(seconds=1, client_seconds=60.5)
    client = Client("a")
    used = Client("b")
    for _ in range(2):
        with pytest.raises(QueryTimeout):
            pool.run(guard.check(ENDLESS, limit=1000), media_type=JSON, base_iri=BASE, client=used)
    assert pool.run(guard.check("ASK {}", limit=99), media_type=JSON, base_iri=BASE, client=client)


def test_rows_that_come_slowly_are_handed_on_before_the_last_is_there(make_pool: PoolMaker) -> None:
    pool = make_pool()
    slow = "SELECT * { ?a ?b ?c FILTER NOT EXISTS { ?d ?e ?f FILTER(CONTAINS(STR(?f), STR(?a))) } }"
    result = run(pool, slow)
    assert b"bindings" in next(result.chunks)
    assert pool.status()["busy"] == 1  # still at it
    result.chunks.close()


def test_a_syntax_error_has_its_place_and_the_worker_stays(pool: QueryPool) -> None:
    answer(pool, "ASK {}")
    with pytest.raises(MalformedQuery) as error:
        run(pool, "SELECT * { ?s ?p ?o }\nLIMIT x")
    assert (error.value.details["line"], error.value.details["column"]) == (2, 7)
    with pytest.raises(MalformedQuery, match="unbound"):
        run(pool, "SELECT ?x (COUNT(?y) AS ?n) { ?x ?p ?y }")
    assert pool.status() == {"workers": 1, "busy": 0, "idle": 1, "waiting": 0, "ended": 0}


def test_an_accept_header_chooses_among_the_formats_of_the_form() -> None:
    assert formats.choose(None, Form.SELECT) == JSON
    assert formats.choose("text/csv, */*;q=0.1", Form.SELECT) == "text/csv"
    assert formats.choose("application/json", Form.ASK) == JSON
    assert formats.choose("application/json", Form.CONSTRUCT) == "application/ld+json"
    assert formats.choose("*/*", Form.DESCRIBE) == "text/turtle"
    with pytest.raises(NotAcceptable) as error:
        formats.choose("text/csv", Form.CONSTRUCT)
    assert error.value.details["available"] == list(formats.offered(Form.CONSTRUCT))


def test_a_query_without_end_is_killed_at_the_deadline_and_replaced(make_pool: PoolMaker) -> None:
    pool = make_pool(seconds=0.5)
    answer(pool, "ASK {}")
    renewals = []
    for _ in range(3):
        start = time.perf_counter()
        with pytest.raises(QueryTimeout) as error:
            run(pool, ENDLESS)
        assert time.perf_counter() - start > 0.45
        assert error.value.details == {"limit": 0.5, "setting": "query_seconds"}
        renewals.append(wait_until(lambda: pool.status()["idle"] == 1))
        assert values(pool, f"SELECT ?x {{ <{EX}1> ?p ?x }}") == ["Dataset 1"]
    # Measured 0.03 s; other tests may keep the processors busy.
    assert min(renewals) < 5, renewals
    assert pool.status()["ended"] == 3


def test_a_deadline_during_the_stream_is_raised_by_the_iterator(make_pool: PoolMaker) -> None:
    pool = make_pool(seconds=2)
    chunks = run(pool, LONG).chunks
    assert next(chunks)
    with pytest.raises(QueryTimeout):
        list(chunks)
    with pytest.raises(StopIteration):
        next(chunks)
    assert json.loads(answer(pool, "ASK {}"))["boolean"] is True


def test_a_reader_that_stops_reading_holds_its_worker_to_the_deadline_only(make_pool: PoolMaker) -> None:
    pool = make_pool(seconds=2)
    chunks = run(pool, LONG).chunks
    assert json.loads(answer(pool, "ASK {}"))["boolean"] is True
    with pytest.raises(QueryTimeout):
        list(chunks)


def test_a_greedy_query_is_killed_at_the_memory_limit(make_pool: PoolMaker) -> None:
    pool = make_pool(memory=150_000_000)
    with pytest.raises(QueryTooLarge) as error:
        run(pool, GREEDY)
    assert error.value.details == {"limit": 150_000_000, "setting": "query_memory"}
    assert json.loads(answer(pool, "ASK {}"))["boolean"] is True


def test_one_huge_allocation_is_stopped_before_anybody_could_look(make_pool: PoolMaker) -> None:
    pool = make_pool(memory=150_000_000)
    with pytest.raises(QueryTooLarge):
        run(pool, f"SELECT (STRLEN(?x3) AS ?x) {{ BIND('12345678' AS ?x0) {GROW} }}")


def test_a_query_that_breaks_the_engine_fails_alone(make_pool: PoolMaker) -> None:
    pool = make_pool(workers=2)
    overflow = "ASK { FILTER(" + "!" * 50_000 + "true) }"
    with ThreadPoolExecutor(6) as threads:
        broken = [threads.submit(run, pool, overflow) for _ in range(3)]
        sound = [threads.submit(values, pool, f"SELECT ?x {{ <{EX}{n}> ?p ?x }}") for n in range(30)]
        assert [future.result() for future in sound] == [[f"Dataset {n}"] for n in range(30)]
        assert all(isinstance(future.exception(), QueryFailed) for future in broken)


def test_a_worker_that_something_else_killed_costs_no_query(pool: QueryPool, started: Children) -> None:
    answer(pool, "ASK {}")
    (pid,) = started()
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not runs(pid))
    assert json.loads(answer(pool, "ASK {}"))["boolean"] is True


def test_more_queries_than_the_queue_takes_are_sent_away(make_pool: PoolMaker) -> None:
    pool = make_pool(seconds=2, queue=1)
    answer(pool, "ASK {}")
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(run, pool, ENDLESS)
        wait_until(lambda: pool.status()["busy"] == 1)
        second = threads.submit(answer, pool, "ASK {}")
        wait_until(lambda: pool.status()["waiting"] == 1)
        with pytest.raises(Unavailable) as error:
            run(pool, "ASK {}")
        assert error.value.details["retry_after"] >= 1
        assert isinstance(first.exception(), QueryTimeout)
        assert json.loads(second.result())["boolean"] is True


def test_who_came_first_is_served_first(make_pool: PoolMaker) -> None:
    pool = make_pool(seconds=0.5, queue=10)
    served: list[int] = []
    with ThreadPoolExecutor(6) as threads:
        threads.submit(run, pool, ENDLESS)
        wait_until(lambda: pool.status()["busy"] == 1)
        for number in range(5):
            threads.submit(lambda n: (answer(pool, "ASK {}"), served.append(n)), number)
            wait_until(lambda due=number + 1: pool.status()["waiting"] == due)
    assert sorted(served) == [0, 1, 2, 3, 4]
    assert served[0] == 0


def test_the_next_query_sees_a_new_image_and_the_old_one_goes(
    make_pool: PoolMaker, snapshot: Path, tmp_path: Path
) -> None:
    pool = make_pool(workers=2)
    text = f"SELECT ?x {{ <{EX}new> ?p ?x }}"
    assert values(pool, text) == []
    store = Store(str(tmp_path / "store"))
    for number in range(5):
        store.add(Quad(NamedNode(f"{EX}new"), TITLE, Literal(str(number))))
        store.backup(str(tmp_path / f"image-{number}"))
        pool.use(tmp_path / f"image-{number}")
        assert len(values(pool, text)) == number + 1
    wait_until(lambda: not snapshot.exists())
    wait_until(lambda: [path.name for path in tmp_path.glob("image-*")] == ["image-4"])


def test_an_image_stays_while_a_query_reads_it(make_pool: PoolMaker, snapshot: Path, tmp_path: Path) -> None:
    pool = make_pool(workers=2)
    chunks = run(pool, LONG).chunks
    Store(str(tmp_path / "store")).backup(str(tmp_path / "image"))
    pool.use(tmp_path / "image")
    assert values(pool, "SELECT ?x { ?x ?p ?o }") == []
    assert next(chunks)
    assert snapshot.exists()
    chunks.close()
    wait_until(lambda: not snapshot.exists())


def test_a_missing_image_is_said_and_a_good_one_mends_it(pool: QueryPool, tmp_path: Path, store: Store) -> None:
    answer(pool, "ASK {}")
    pool.use(tmp_path / "nowhere")
    wait_until(lambda: pool.status()["idle"] == 0)
    store.backup(str(tmp_path / "good"))
    pool.use(tmp_path / "good")
    assert json.loads(answer(pool, "ASK { ?s ?p ?o }"))["boolean"] is True


def test_without_an_image_queries_are_unavailable() -> None:
    pool = QueryPool(Bounds(workers=1, seconds=1, memory=10**9, queue=1))
    pool.start()
    try:
        with pytest.raises(Unavailable):
            run(pool, "ASK {}")
    finally:
        pool.close()


def test_closing_a_result_early_ends_its_worker(pool: QueryPool) -> None:
    chunks = run(pool, LONG).chunks
    next(chunks)
    chunks.close()
    chunks.close()
    assert list(chunks) == []
    assert json.loads(answer(pool, "ASK {}"))["boolean"] is True
    assert pool.status()["ended"] == 1


def test_a_small_result_frees_its_worker_before_it_is_read(pool: QueryPool) -> None:
    results = [run(pool, f"SELECT ?x {{ <{EX}{n}> ?p ?x }}") for n in range(5)]
    assert pool.status()["busy"] == 0
    assert [b"".join(result.chunks).count(b"Dataset") for result in results] == [1] * 5


def test_workers_yield_to_pages_and_leave_no_core_dump(pool: QueryPool, started: Children) -> None:
    answer(pool, "ASK {}")
    (pid,) = started()
    assert os.getpriority(os.PRIO_PROCESS, pid) > os.getpriority(os.PRIO_PROCESS, 0)
    assert resource.prlimit(pid, resource.RLIMIT_CORE) == (0, 0)


def test_no_setting_of_the_service_reaches_a_worker(
    make_pool: PoolMaker, monkeypatch: pytest.MonkeyPatch, started: Children
) -> None:
    monkeypatch.setenv("CATALOGUE_BOOTSTRAP_TOKEN", "a secret of the service")
    answer(make_pool(), "ASK {}")
    (pid,) = started()
    assert b"PYTHONPATH" in Path(f"/proc/{pid}/environ").read_bytes()
    assert b"secret" not in Path(f"/proc/{pid}/environ").read_bytes()


def test_many_threads_get_their_own_answers(make_pool: PoolMaker) -> None:
    pool = make_pool(workers=2, queue=100)
    with ThreadPoolExecutor(16) as threads:
        answers = threads.map(lambda n: values(pool, f"SELECT ?x {{ <{EX}{n}> ?p ?x }}"), range(400))
        assert list(answers) == [[f"Dataset {n}"] for n in range(400)]
    wait_until(lambda: pool.status() == {"workers": 2, "busy": 0, "idle": 2, "waiting": 0, "ended": 0})


def test_closing_ends_running_queries_and_all_processes(make_pool: PoolMaker, started: Children) -> None:
    pool = make_pool(workers=2)
    answer(pool, "ASK {}")
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(run, pool, ENDLESS)
        wait_until(lambda: pool.status()["busy"] == 1)
        wait_until(lambda: len(started()) == 2)
        pool.close()
        assert isinstance(running.exception(), Unavailable)
    assert started() == []
    with pytest.raises(Unavailable):
        run(pool, "ASK {}")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills the children of a killed process")
def test_workers_die_with_a_service_that_is_killed(snapshot: Path) -> None:
    program = f"""if True:
        import threading
        from pathlib import Path
        from catalogue.sparql import guard
        from catalogue.sparql.bounds import Bounds
        from catalogue.sparql.pool import QueryPool
        pool = QueryPool(Bounds(workers=1, seconds=60, memory=10**9, queue=1))
        pool.use(Path({str(snapshot)!r}))
        pool.start()
        query = guard.check({ENDLESS!r}, limit=1000)
        threading.Thread(target=pool.run, args=[query], kwargs=dict(media_type={JSON!r}, base_iri="")).start()
        while not pool.status()["busy"]: pass
        print("busy", flush=True)
    """
    root = str(Path(guard.__file__).parents[2])
    service = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=root)
    with service:
        assert service.stdout is not None
        assert service.stdout.readline() == "busy\n"
        (pid,) = children(service.pid)
        service.kill()
    wait_until(lambda: not runs(pid))


class Canary:
    """A server that counts who comes."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/sparql"
        self.visits = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                visitor, _ = self.socket.accept()
            except OSError:
                return
            self.visits += 1
            visitor.close()

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self._thread.join()


@pytest.fixture
def canary() -> Iterator[Canary]:
    canary = Canary()
    yield canary
    canary.close()


CALLS = [
    "SELECT * {{ SERVICE <{url}> {{ ?s ?p ?o }} }}",
    "PREFIX e: <{url}> SELECT * {{ sErViCee: {{ ?s ?p ?o }} }}",
    "PREFIX : <{url}> SELECT * {{ service: {{ ?s ?p ?o }} }}",
    "SELECT * {{ SERVICE#comment\n SILENT#{{\n<{url}>{{}} }}",
    "SELECT * {{ {{ SELECT * {{ OPTIONAL {{ SERVICE <{url}> {{ ?s ?p ?o }} }} }} }} }}",
    'SELECT * {{ # \\u000A """\n SERVICE <{url}> {{ ?s ?p ?o }} #"""\n }}',
    'SELECT * {{ FILTER(1<2||3<?b#>"""\n) SERVICE <{url}> {{ ?s ?p ?o }} #"""\n }}',
]


@pytest.mark.parametrize("call", CALLS)
def test_the_engine_alone_would_call_and_the_guard_alone_refuses(call: str, canary: Canary) -> None:
    text = call.format(url=canary.url)
    try:
        results = Store().query(text)
        list(results)  # type: ignore[arg-type]
    except OSError:
        pass  # the canary closes the connection
    assert canary.visits > 0
    with pytest.raises(QueryRefused, match="SERVICE"):
        guard.check(text, limit=10_000)


def read_all(worker: Worker) -> None:
    while worker.receive((frames.HEADER, frames.CHUNK, frames.END))[0] != frames.END:
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="seccomp is of Linux")
@pytest.mark.parametrize("call", CALLS)
def test_the_worker_cannot_call_even_what_the_guard_has_not_seen(call: str, canary: Canary, snapshot: Path) -> None:
    worker = Worker(seconds=20, memory=10**9)
    try:
        assert worker.sealed
        worker.open(snapshot)
        text = call.format(url=canary.url)
        worker.send(frames.QUERY, query=text, base_iri=BASE, media_type=JSON, default_graphs=[], named_graphs=[])
        if "SILENT" in text:
            read_all(worker)
        else:
            with pytest.raises(QueryFailed, match="not permitted"):
                read_all(worker)
    finally:
        worker.end()
        worker.close_pipes()
    assert canary.visits == 0
