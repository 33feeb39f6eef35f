"""Are other endpoints asked only where the operator allows it, and can none of them do harm by its answer?"""

from __future__ import annotations

import json
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

import pytest
from harness import BASE, DCT, LiveServer, Opener, Service, record, values
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from pyoxigraph import Literal, NamedNode, QuerySolutions, Store

from catalogue.errors import (
    CatalogueError,
    ClientGone,
    LimitExceeded,
    MalformedQuery,
    QueryRefused,
    QueryTooLarge,
    Unavailable,
)
from catalogue.feeds.discovery import service_description
from catalogue.services.federating import Federation
from catalogue.settings import Settings
from catalogue.sparql import federation
from catalogue.sparql.clients import NOBODY, Client
from catalogue.sparql.guard import Query, check

JSON = "application/sparql-results+json"
LISTED = "http://127.0.0.1:1/sparql"
Reply = Callable[[BaseHTTPRequestHandler], None]


class Endpoint:
    """A SPARQL endpoint that answers as a test says, and remembers what it was asked."""

    def __init__(self, reply: Reply) -> None:
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                endpoint.asked.append(parse_qs(body)["query"][0])
                endpoint.headers.append(dict(self.headers))
                reply(self)

            def do_GET(self) -> None:
                endpoint.asked.append(self.path)
                reply(self)

            def log_message(self, *_: object) -> None:
                """Be silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/sparql"

    def close(self) -> None:
        self._server.shutdown()
        self._server.socket.close()
        self._thread.join()


def sends(body: bytes | str, status: int = 200, media_type: str = JSON, **headers: str) -> Reply:
    """An endpoint that always gives this answer."""
    data = body.encode() if isinstance(body, str) else body

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content_Type": media_type, "Content_Length": str(len(data)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        with suppress(OSError):  # the asker has had enough
            handler.wfile.write(data)

    return reply


def results(*bindings: dict[str, Any], names: tuple[str, ...] = ("s", "p", "o")) -> str:
    """SPARQL results in JSON."""
    return json.dumps({"head": {"vars": names}, "results": {"bindings": bindings}})


def uri(value: str) -> dict[str, str]:
    return {"type": "uri", "value": value}


def text(value: str, **more: str) -> dict[str, str]:
    return {"type": "literal", "value": value, **more}


Opening = Callable[[Reply], Endpoint]


@pytest.fixture
def endpoint() -> Iterator[Opening]:
    """Opens endpoints."""
    opened: list[Endpoint] = []

    def open_(reply: Reply) -> Endpoint:
        opened.append(Endpoint(reply))
        return opened[-1]

    yield open_
    for each in opened:
        each.close()


@pytest.fixture
def canary(endpoint: Opening) -> Endpoint:
    """An endpoint that must not be asked."""
    return endpoint(sends(results({"o": text("from the canary")})))


def filled(query: str, *listed: str, seconds: float = 20, client: Client = NOBODY) -> Query:
    """What runs here in the place of a query with calls."""
    ours = Settings(query_services=list(listed), query_seconds=seconds, base_url=BASE)
    return Federation(ours).filled(check(query, limit=10_000, services=listed), client)


def solutions(query: str) -> list[dict[str, str]]:
    """What the engine makes of a query, over nothing."""
    found = Store().query(query, base_iri=f"{BASE}/")
    assert isinstance(found, QuerySolutions)
    names = [variable.value for variable in found.variables]
    return [{name: str(row[name]) for name in names if row[name] is not None} for row in found]


def call(address: str, pattern: str = "?s ?p ?o", *, silent: bool = False) -> str:
    return f"SELECT * {{ SERVICE {'SILENT ' if silent else ''}<{address}> {{ {pattern} }} }}"


# -- which calls are made --------------------------------------------------------------------------------------------


REFUSED = {
    "not listed": "SELECT * {{ SERVICE <{other}> {{ ?s ?p ?o }} }}",
    "nearly listed": "SELECT * {{ SERVICE <{listed}/> {{ ?s ?p ?o }} }}",
    "in capitals": "SELECT * {{ SERVICE <HTTP{tail}> {{ ?s ?p ?o }} }}",
    "not listed, silent": "SELECT * {{ SERVICE SILENT <{other}> {{ ?s ?p ?o }} }}",
    "one of two": "SELECT * {{ SERVICE <{listed}> {{ ?s ?p ?o }} SERVICE <{other}> {{ ?s ?p ?o }} }}",
    "variable": "SELECT * {{ VALUES ?e {{ <{other}> }} SERVICE ?e {{ ?s ?p ?o }} }}",
    "silent variable": "SELECT * {{ VALUES ?e {{ <{other}> }} SERVICE SILENT ?e {{ ?s ?p ?o }} }}",
    "bound to a listed one": "SELECT * {{ VALUES ?e {{ <{listed}> }} SERVICE ?e {{ ?s ?p ?o }} }}",
    "prefixed name": "PREFIX e: <{other}> SELECT * {{ SERVICE e: {{ ?s ?p ?o }} }}",
    "prefixed name of a listed one": "PREFIX e: <{listed}> SELECT * {{ SERVICE e: {{ ?s ?p ?o }} }}",
    "glued prefixed name": "PREFIX e: <{other}> SELECT * {{ SERVICEe: {{ ?s ?p ?o }} }}",
    "prefix service": "PREFIX service: <{other}> SELECT * {{ service: {{ ?s ?p ?o }} }}",
    "glued keywords": "SELECT * {{ SERVICESILENT<{listed}> {{ ?s ?p ?o }} }}",
    "glued to a truth": "SELECT * {{ ?s ?p trueSERVICE<{listed}> {{ ?s ?p ?o }} }}",
    "relative": "BASE <{other}> SELECT * {{ SERVICE <> {{ ?s ?p ?o }} }}",
    "nested": "SELECT * {{ SERVICE <{listed}> {{ SERVICE <{other}> {{ ?s ?p ?o }} }} }}",
    "nested listed": "SELECT * {{ SERVICE <{listed}> {{ ?s ?p ?o . SERVICE <{listed}> {{ ?s ?p ?o }} }} }}",
    "nested in a sub-query": "SELECT * {{ SERVICE <{listed}> {{ SELECT * {{ SERVICE ?x {{ ?s ?p ?o }} }} }} }}",
    "sub-query": "SELECT * {{ {{ SELECT * {{ OPTIONAL {{ SERVICE <{other}> {{ ?s ?p ?o }} }} }} }} }}",
    "exists": "SELECT * {{ ?s ?p ?o FILTER EXISTS {{ SERVICE <{listed}> {{ ?s ?p ?o }} }} }}",
    "not exists": "SELECT * {{ ?s ?p ?o FILTER NOT EXISTS {{ ?s ?p ?o {{ SERVICE <{listed}> {{ ?s ?p ?o }} }} }} }}",
    "glued exists": "SELECT * {{ ?s ?p ?o FILTERNOTEXISTS{{ SERVICE <{listed}> {{ ?s ?p ?o }} }} }}",
    "lateral": "SELECT * {{ ?s ?p ?o LATERAL {{ SERVICE <{listed}> {{ ?s ?p ?o }} }} }}",
    "escaped keyword": "SELECT * {{ SERV\\u0049CE <{other}> {{ ?s ?p ?o }} }}",
    "escape beside": 'SELECT * {{ SERVICE <{listed}> {{ ?s ?p "\\u0041" }} }}',
    "escape hides a call": 'SELECT * {{ SERVICE <{listed}> {{ ?s ?p "\\u0022 SERVICE <{other}> {{}} #" }} }}',
    "comment": "SELECT * {{ SERVICE#comment\n SILENT#{{\n<{other}>{{}} }}",
    "comment for one reading": 'SELECT * {{ # \\u000A """\n SERVICE <{other}> {{ ?s ?p ?o }} #"""\n }}',
    "comparison for one reading": 'SELECT * {{ SERVICE <{listed}> {{ ?s ?p ?o }} FILTER(1<2||3<?b#>"""\n) '
    'SERVICE <{other}> {{ ?s ?p ?o }} #"""\n }}',
    "comparison within a pattern": 'SELECT * {{ SERVICE <{listed}> {{ ?s ?p ?o FILTER(1<2||3<?b#>"""\n) '
    'SERVICE <{other}> {{ ?s ?p ?o }} #"""\n }} }}',
}


@pytest.mark.parametrize("query", REFUSED.values(), ids=REFUSED)
def test_no_other_address_is_asked_however_it_is_written(query: str, endpoint: Opening, canary: Endpoint) -> None:
    """Refused before anybody is asked, the listed endpoint neither."""
    listed = endpoint(sends(results()))
    written = query.format(listed=listed.url, other=canary.url, tail=listed.url.removeprefix("http"))
    with pytest.raises((QueryRefused, MalformedQuery)) as refused:
        filled(written, listed.url)
    assert {"line", "column"} <= refused.value.details.keys()
    assert refused.value.mend
    assert (listed.asked, canary.asked) == ([], [])


def test_the_place_and_the_way_out_are_told() -> None:
    with pytest.raises(QueryRefused, match=r"line 2, column 10, .* \(SERVICE\).* <http://a/>, which is not") as refused:
        check("SELECT * {\n SERVICE <http://a/> {} }", limit=1000, services=[LISTED])
    assert LISTED in refused.value.mend
    with pytest.raises(QueryRefused, match=r"line 1, column 43, .* NOT|EXISTS"):
        check(
            f"ASK {{ ?s ?p ?o FILTER NOT EXISTS {{ ?s ?p 1 SERVICE <{LISTED}> {{}} }} }}", limit=1000, services=[LISTED]
        )


def test_without_a_list_every_call_is_refused() -> None:
    with pytest.raises(QueryRefused, match="SERVICE"):
        check(call(LISTED), limit=1000)
    assert Settings().query_services == []


def test_a_list_of_the_guard_does_not_widen_that_of_the_operator(canary: Endpoint) -> None:
    query = check(call(canary.url), limit=1000, services=[canary.url])
    with pytest.raises(QueryRefused, match="not listed"):
        Federation(Settings(query_services=[LISTED])).filled(query)
    assert canary.asked == []


def test_five_calls_and_no_more(endpoint: Opening) -> None:
    listed = endpoint(sends(results({"o": text("a")})))
    one = f" SERVICE <{listed.url}> {{ ?s ?p ?o }}"
    assert solutions(filled(f"SELECT * {{{one * 5} }}", listed.url).text) == [{"o": '"a"'}]
    with pytest.raises(LimitExceeded) as refused:
        filled(f"SELECT * {{{one * 6} }}", listed.url)
    assert refused.value.details["limit"] == 5
    assert len(listed.asked) == 5


@pytest.mark.parametrize(
    "pattern",
    ["?s ?p 'SERVICE <http://a/> {}'", "# SERVICE <http://a/> {}\n?s ?p ?o", "?s <http://a/SERVICE> ?o, ?service"],
)
def test_the_word_in_a_text_or_comment_is_no_call(pattern: str, endpoint: Opening) -> None:
    listed = endpoint(sends(results(names=())))
    assert check(f"SELECT * {{ {pattern}\n }}", limit=1000, services=[listed.url]).calls == ()
    filled(call(listed.url, f"{pattern}\n"), listed.url)
    assert listed.asked == [f"BASE <{BASE}/>\n\nSELECT * WHERE {{ {pattern}\n }}"]


FRAGMENTS = [
    *("SERVICE", f"SERVICE <{LISTED}>", f" SERVICE <{LISTED}> {{ ?s ?p ?o }} ", "SILENT", "{", "}", "?a", "?s ?p ?o"),
    *("#", "\n", "\r", "'", '"', "'''", '"""', "<?b#>", "<'>", "\\u000A", "FILTER(", ")", "1<2", "e:", "OPTIONAL"),
    *("SERVICE <http://127.0.0.1:1/>", "SERVICE e: {}", "SERVICE ?a {}", "NOT EXISTS {", "UNION", "BASE <a:>"),
]


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=10).map(" ".join), st.booleans())
@settings(max_examples=1000, deadline=None)
def test_what_runs_here_holds_no_call_whatever_was_asked(middle: str, silent: bool) -> None:
    """The text after the answers are in passes the guard that lets no call pass, or the query is refused."""
    query = (
        f"PREFIX e: <http://a/> SELECT * {{ {middle} SERVICE {'SILENT' if silent else ''} <{LISTED}> {{ ?s ?p ?o }} }}"
    )
    try:
        found = check(query, limit=10_000, services=[LISTED])
    except CatalogueError:
        return
    assert found.steady != bool(found.calls)
    answer = "\rVALUES (?o) {\r(<http://a/'#b>\r)\r}\r"
    with suppress(QueryRefused, MalformedQuery):  # the query can be read in several ways then
        assert check(federation.fill(query, [(each, answer) for each in found.calls]), limit=10_000).calls == ()


# -- what is asked, and what becomes of it ---------------------------------------------------------------------------


def test_the_pattern_is_asked_with_the_prologue_and_nothing_about_us(endpoint: Opening) -> None:
    listed = endpoint(sends(results(names=()), Set_Cookie="a=b; Path=/"))
    pattern = "{ ?s e:p <c> # } \n }"
    query = (
        f"PREFIX e: <http://a/> # SELECT\nSELECT ?s {{ SERVICE <{listed.url}> {pattern} SERVICE <{listed.url}> {{}} }}"
    )
    filled(query, listed.url)
    assert listed.asked[0] == f"BASE <{BASE}/>\nPREFIX e: <http://a/> # SELECT\n\nSELECT * WHERE {pattern}"
    sent = {name.lower() for name in listed.headers[0] | listed.headers[1]}
    assert sent.isdisjoint({"cookie", "authorization", "proxy-authorization", "referer", "x-forwarded-for"})
    assert listed.headers[0]["Accept-Encoding"] == "identity"


def test_terms_come_through_as_they_are(endpoint: Opening) -> None:
    told = 'a "quote" \\ \n\r\t \\u0022 \\\\U0000004a é \x01\x7f } SERVICE <http://a/> {'
    answer = results(
        {"s": uri("http://a/O'Neil#é"), "p": text(told), "o": text("x", **{"xml:lang": "pt-br"})},
        {"s": {"type": "bnode", "value": "b0"}, "p": text("1", datatype="http://www.w3.org/2001/XMLSchema#integer")},
        {"s": {"type": "bnode", "value": "b0"}, "p": {"type": "bnode", "value": "b 1"}},
        {"o": {"type": "typed-literal", "value": "1", "datatype": "http://a/'t#"}},
        {},
    )
    listed = endpoint(sends(answer))
    first, second, third, fourth, fifth = solutions(filled(call(listed.url), listed.url).text)
    assert first["s"] == str(NamedNode("http://a/O'Neil#é"))
    assert first["p"] == str(Literal(told))
    assert first["o"] == str(Literal("x", language="pt-br"))
    assert second["s"].startswith("<urn:health-catalogue:service:")
    assert second["s"] == third["s"] != third["p"]
    assert (fourth, fifth) == ({"o": '"1"^^<http://a/\'t#>'}, {})
    other = solutions(filled(call(listed.url), listed.url).text)
    assert other[1]["s"] != second["s"]  # another answer, other nodes


@given(st.text(max_size=30), st.text("\\uU0027\"'nr", max_size=20))
@settings(deadline=None)
def test_any_text_comes_through_in_both_readings_of_escapes(first: str, second: str) -> None:
    query = check(call(LISTED), limit=1000, services=[LISTED])
    answer = federation.rows(results({"o": text(first + second)}).encode(), query.calls[0], room=10_000)
    whole = federation.fill(query.text, [(query.calls[0], answer)])
    assert check(whole, limit=10_000).calls == ()
    expected = [{"o": str(Literal(first + second))}]
    assert solutions(whole) == expected
    assert all(ord(c) < 128 or c in first for c in whole)


def test_a_call_may_stand_in_any_group_that_is_joined(endpoint: Opening) -> None:
    listed = endpoint(sends(results({"x": text("a")}, {"x": text("b")}, names=("x",))))
    call_ = f"SERVICE <{listed.url}> {{ ?s ?p ?x }}"

    def found(pattern: str) -> list[str]:
        rows = solutions(filled(f"SELECT * {{ VALUES ?x {{ 'a' 'c' }} {pattern} }}", listed.url).text)
        return sorted(row["x"] + row.get("y", "") for row in rows)

    assert found(call_) == ['"a"']
    assert found(f"OPTIONAL {{ {call_} BIND(1 AS ?y) }}")[1:] == ['"c"']
    assert found(f"MINUS {{ {call_} }}") == ['"c"']
    assert found(f"{{ {call_} }} UNION {{ }}") == ['"a"', '"a"', '"c"']
    assert found(f"{{ SELECT ?x {{ {call_} }} LIMIT 1 }}") == ['"a"']
    assert found(f"FILTER(?x != 'a') OPTIONAL {{ {call_} FILTER(?x = 'b') }}") == ['"c"']


def test_a_mistake_behind_a_call_is_told_where_it_stands(opened: Opener, endpoint: Opening) -> None:
    listed = endpoint(sends(results({"o": text("a")}, {"o": text("b")})))
    query = f"SELECT * {{\n SERVICE <{listed.url}> {{\n ?s ?p ?o\n }}\n}}\nLIMIT x"
    with opened(query_services=[listed.url]) as service, pytest.raises(MalformedQuery) as error:
        run(service, query)
    assert (error.value.details["line"], error.value.details["column"]) == (6, 7)


def run(service: Service, query: str) -> list[dict[str, str]]:
    """The solutions of a query, asked of the service's own query processes."""
    listed = service.catalogue.settings.query_services
    checked = check(query, limit=10_000, services=listed)
    assert service.catalogue.queries.etag(checked, JSON) is None
    body = b"".join(service.catalogue.queries.run(checked, media_type=JSON).chunks)
    return [{k: v["value"] for k, v in row.items()} for row in json.loads(body)["results"]["bindings"]]


@contextmanager
def second(template: Path, state: Path) -> Iterator[LiveServer]:
    """Another catalogue of ours, as an operator starts it, with two datasets."""
    shutil.copytree(template, state)
    server = LiveServer(state)
    try:
        server.start()
        for name in ("one", "two"):
            sent = record(name, title=f"There {name}").encode()
            answer = server.request(
                "POST", "/datasets", sent, token="admin-token-of-the-tests", Content_Type="text/turtle"
            )
            assert answer.status == 201, answer.body
        yield server
    finally:
        server.stop()


def test_two_catalogues_are_joined(template: tuple[Path, Any], opened: Opener, tmp_path: Path) -> None:
    """Datasets that both know, by their IRI, with the title from here and from there."""
    with second(template[0], tmp_path / "second") as there:
        address = f"http://127.0.0.1:{there.port}/sparql"
        with opened(query_services=[address]) as service:
            for name in ("two", "three"):
                service.publish(name, title=f"Here {name}")
            query = f"""PREFIX dct: <{DCT}>
                SELECT ?dataset ?here ?there {{
                  ?dataset dct:title ?here ; a <http://www.w3.org/ns/dcat#Dataset>
                  OPTIONAL {{ SERVICE <{address}> {{ ?dataset dct:title ?there }} }}
                }} ORDER BY ?here"""
            expected = [
                {"dataset": f"{BASE}/dataset/three", "here": "Here three"},
                {"dataset": f"{BASE}/dataset/two", "here": "Here two", "there": "There two"},
            ]
            assert run(service, query) == expected
            joined = query.replace("OPTIONAL {", "{")
            assert run(service, joined) == expected[1:]
            there_in_graph = f"SERVICE <{address}> {{ GRAPH ?g {{ ?g <{DCT}title> ?there }} }}"
            graph = f"SELECT ?here ?there {{ GRAPH ?g {{ ?g <{DCT}title> ?here }} {there_in_graph} }}"
            assert {"here": "Here two", "there": "There two"} in run(service, graph)
            there.stop()
            with pytest.raises(Unavailable, match="cannot be reached"):
                run(service, joined)
            silent = joined.replace("SERVICE", "SERVICE SILENT")
            assert run(service, silent) == [{k: v for k, v in row.items() if k != "there"} for row in expected]


# -- endpoints that fail ---------------------------------------------------------------------------------------------


def trickles(head: bytes, part: bytes, pause: float = 0.05) -> Reply:
    """An endpoint that sends a little again and again, so that no read ever waits long."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        try:
            handler.wfile.write(head)
            while True:
                handler.wfile.write(part)
                time.sleep(pause)
        except OSError:
            pass

    return reply


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/sparql-results+json\r\n"
GOOD = results({"o": text("a")})
FAILURES: dict[str, tuple[Reply, type[CatalogueError], str]] = {
    "server error": (sends("no", 500), Unavailable, "answers 500"),
    "no content": (sends("", 204), Unavailable, "answers 204"),
    "not SPARQL there": (sends("Parse <b>error</b>\n at 1", 400), MalformedQuery, "Parse <b>error</b> at 1"),
    "page": (sends("<html>", media_type="text/html"), Unavailable, "other than SPARQL results"),
    "XML": (sends("<sparql/>", media_type="application/sparql-results+xml"), Unavailable, "other than"),
    "packed": (sends(b"\x1f\x8b" * 100, Content_Encoding="gzip"), Unavailable, "other than"),
    "no JSON": (sends("{"), Unavailable, "answers with"),
    "cut": (sends(GOOD, Content_Length="9999"), Unavailable, "broke off"),
    "no HTTP": (trickles(b"SSH-2.0-server\r\n\r\n", b"", 10), Unavailable, "broke off"),
    "truth": (sends('{"head": {}, "boolean": true}'), Unavailable, "no table"),
    "list": (sends("[]"), Unavailable, "no table"),
    "deep list": (sends("[" * 3_000_000), Unavailable, "no table"),
    "deep term": (
        sends('{"head":{"vars":["o"]},"results":{"bindings":[{"o":' + '{"value":' * 500_000),
        Unavailable,
        "",
    ),
    "long number": (sends('{"head": ' + "1" * 100_000 + "}"), Unavailable, "answers with"),
    "names no texts": (sends('{"head": {"vars": [1]}, "results": {"bindings": []}}'), Unavailable, "no table"),
    "rows no objects": (sends('{"head": {"vars": []}, "results": {"bindings": [[]]}}'), Unavailable, "no table"),
    "row of other names": (sends(results({"x": text("a")})), Unavailable, "no table"),
    "names of others": (sends(results(names=("s", "secret"))), Unavailable, "variables"),
    "name that breaks out": (sends(results(names=("s) { } } #",))), Unavailable, "variables"),
    "name twice": (sends(results(names=("s", "s"))), Unavailable, "variables"),
    "IRI that breaks out": (sends(results({"o": uri("http://a/> } DELETE")})), Unavailable, "Invalid IRI"),
    "IRI with an escape": (sends(results({"o": uri("http://a/\\u003E")})), Unavailable, "Invalid IRI"),
    "relative IRI": (sends(results({"o": uri("a")})), Unavailable, "IRI"),
    "half a character": (
        sends('{"head":{"vars":["o"]},"results":{"bindings":[{"o":{"type":"uri","value":"a:\\ud800"}}]}}'),
        Unavailable,
        "answers with",
    ),
    "half a character in a text": (
        sends('{"head":{"vars":["o"]},"results":{"bindings":[{"o":{"type":"literal","value":"\\ud800"}}]}}'),
        Unavailable,
        "answers with",
    ),
    "IRI that can be read twice": (
        sends(results({"o": uri("a:'''")}, {"o": uri("a:'''")})),
        Unavailable,
        "several ways",
    ),
    "language that breaks out": (sends(results({"o": text("a", **{"xml:lang": "en } #"})})), Unavailable, "language"),
    "no language": (sends(results({"o": text("a", **{"xml:lang": ""})})), Unavailable, "subtag"),
    "datatype that breaks out": (sends(results({"o": text("a", datatype="http://a/> }")})), Unavailable, "Invalid IRI"),
    "term of another type": (sends(results({"o": {"type": "triple", "value": {}}})), Unavailable, "no term"),
    "unknown type": (sends(results({"o": {"type": "x", "value": "a"}})), Unavailable, "no IRI"),
    "type no text": (sends(results({"o": {"type": ["uri"], "value": "a:a"}})), Unavailable, "no IRI"),
    "datatype no text": (
        sends(results({"o": {"type": "literal", "value": "a", "datatype": 1}})),
        Unavailable,
        "no IRI",
    ),
    "null": (sends(results({"o": None})), Unavailable, "no term"),
    "too many rows": (sends(results(*[{}] * 10_001)), QueryTooLarge, "10,001 rows"),
    "too many bytes": (sends(" " * 5_000_001), QueryTooLarge, "5 MB"),
    "too many bytes for ever": (trickles(HEAD + b"\r\n", b" " * 1_000_000, 0), QueryTooLarge, "5 MB"),
}


@pytest.mark.parametrize(("reply", "kind", "words"), FAILURES.values(), ids=FAILURES)
def test_an_endpoint_that_fails_is_named_and_a_silent_call_does_without(
    reply: Reply, kind: type[CatalogueError], words: str, endpoint: Opening
) -> None:
    listed = endpoint(reply)
    start = time.monotonic()
    with pytest.raises(kind) as failed:
        filled(call(listed.url), listed.url)
    assert words in failed.value.what
    assert failed.value.mend
    assert solutions(filled(call(listed.url, silent=True), listed.url).text) == [{}]
    assert time.monotonic() - start < 10


def test_nobody_at_the_address() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/sparql"
        with pytest.raises(Unavailable, match="cannot be reached") as failed:
            filled(f"ASK {{\n  SERVICE <{address}> {{}} }}", address)
        assert "line 2, column 3" in failed.value.what
        assert failed.value.details["endpoint"] == address
        assert failed.value.details["retry_after"]
        assert solutions(filled(call(address, silent=True), address).text) == [{}]


SLOW = {
    "never answers": trickles(b"", b"", 0.05),
    "head": trickles(b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "more and more heads": trickles(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": trickles(HEAD + b"Content-Length: 99999\r\n\r\n", b" "),
    "body without length": trickles(HEAD + b"Connection: close\r\n\r\n" + GOOD.encode(), b" "),
    "size of a chunk": trickles(HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
    "redirect": trickles(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 999999\r\n\r\n", b" "),
    "error": trickles(b"HTTP/1.1 400 Bad\r\nContent-Length: 999999\r\n\r\n", b" "),
}


@pytest.mark.parametrize("name", SLOW)
def test_all_calls_of_a_query_together_end_at_the_deadline(name: str, endpoint: Opening) -> None:
    listed = endpoint(SLOW[name])
    words = {"redirect": "redirects", "error": "take the pattern"}.get(name, "in time")
    start = time.monotonic()
    with pytest.raises((Unavailable, MalformedQuery), match=words):
        filled(call(listed.url), listed.url, seconds=0.5)
    silent = f" SERVICE SILENT <{listed.url}> {{ ?s ?p ?o }}"
    assert solutions(filled(f"SELECT * {{{silent * 3} }}", listed.url, seconds=0.5).text) == [{}]
    assert time.monotonic() - start < 4


def test_who_hangs_up_leaves_the_endpoint(endpoint: Opening) -> None:
    listed = endpoint(SLOW["head"])
    left = threading.Event()
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(filled, call(listed.url, silent=True), listed.url, client=Client("a", left.is_set))
        while not listed.asked:
            time.sleep(0.01)
        left.set()
        with pytest.raises(ClientGone):
            asked.result(timeout=2)


def test_only_so_many_wait_for_endpoints(endpoint: Opening) -> None:
    """Each holds a thread that answers requests."""
    going = threading.Event()

    def reply(handler: BaseHTTPRequestHandler) -> None:
        going.wait(10)
        sends(GOOD)(handler)

    listed = endpoint(reply)
    shared = Federation(Settings(query_services=[listed.url]))
    query = check(call(listed.url), limit=1000, services=[listed.url])
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(shared.filled, query, Client(address)) for address in "aaaabbbb"]
        while len(listed.asked) < 4:
            time.sleep(0.01)
        with pytest.raises(Unavailable, match="Too many"):
            shared.filled(query, Client("a"))
        while len(listed.asked) < 8:
            time.sleep(0.01)
        with pytest.raises(Unavailable, match="Too many"):
            shared.filled(query, Client("c"))
        going.set()
        assert all(solutions(one.result().text) == [{"o": '"a"'}] for one in asked)
    assert shared.filled(query, Client("c"))


def test_a_redirect_is_not_followed(endpoint: Opening, canary: Endpoint) -> None:
    for status in (301, 302, 303, 307, 308):
        listed = endpoint(sends(GOOD, status, Location=canary.url))
        with pytest.raises(Unavailable, match=f"redirects \\({status}\\)"):
            filled(call(listed.url), listed.url)
        assert solutions(filled(call(listed.url, silent=True), listed.url).text) == [{}]
    elsewhere = endpoint(sends(GOOD, Location=canary.url, Refresh=f"0; url={canary.url}", Link=f"<{canary.url}>"))
    filled(call(elsewhere.url), elsewhere.url)
    assert canary.asked == []


def test_no_proxy_and_no_password_of_the_machine_is_used(
    endpoint: Opening, canary: Endpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, canary.url)
    listed = endpoint(sends(GOOD))
    filled(call(listed.url), listed.url)
    assert canary.asked == []
    assert "Authorization" not in listed.headers[0]


def test_answers_together_may_have_so_many_bytes(endpoint: Opening) -> None:
    listed = endpoint(sends(results({"o": text("a" * 3_000_000)})))
    one = f"SERVICE <{listed.url}> {{ ?s ?p ?o }}"
    assert filled(f"SELECT * {{ {one} }}", listed.url)
    with pytest.raises(QueryTooLarge) as failed:
        filled(f"SELECT * {{ {one} {one} }}", listed.url)
    assert failed.value.details["limit"] == 5_000_000


def test_variables_without_values_take_no_room_without_end(endpoint: Opening) -> None:
    names = tuple(f"x{n}" for n in range(1000))
    listed = endpoint(sends(results(*[{}] * 10_000, names=names)))
    with pytest.raises(QueryTooLarge):
        filled(call(listed.url, f"VALUES ({' '.join(f'?{name}' for name in names)}) {{}}"), listed.url)


# -- what the operator sets, what machines learn ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        *(
            "",
            "a",
            "ftp://a/",
            "file:///etc/passwd",
            "http://",
            "http:///a",
            "http://a/ b",
            "http://a/>",
            "http://a/#b",
        ),
        *("http://me:secret@a/", "https://é.example/", "http://a/'", "http://a/\\u0041", "http://a/\x00"),
    ],
)
def test_an_address_that_cannot_stand_in_a_query_ends_the_start(address: str) -> None:
    with pytest.raises(ValidationError, match="is no address"):
        Settings(query_services=[address])


def test_the_list_is_read_from_flag_environment_and_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    two = ["https://a.example/sparql", "http://[::1]:8890/sparql?default=x&y"]
    assert Settings(query_services=json.dumps(two)).query_services == two  # type: ignore[arg-type]
    (tmp_path / "catalogue.toml").write_text(f"query_services = {json.dumps(two[:1])}\n")
    monkeypatch.setenv("CATALOGUE_CONFIG", str(tmp_path / "catalogue.toml"))
    assert Settings().query_services == two[:1]
    monkeypatch.setenv("CATALOGUE_QUERY_SERVICES", json.dumps(two))
    assert Settings().query_services == two


def test_the_service_description_tells_of_listed_endpoints_only(service: Service) -> None:
    feature = "http://www.w3.org/ns/sparql-service-description#BasicFederatedQuery"
    plain = service.get("/sparql", "text/turtle").text
    assert "BasicFederatedQuery" not in plain
    assert "SERVICE" not in plain
    with_one = set(service_description(Settings(query_services=[LISTED]), service.catalogue.identity, ()))
    assert feature in values(with_one, "http://www.w3.org/ns/sparql-service-description#feature")
    comments = values(with_one, "http://www.w3.org/2000/01/rdf-schema#comment")
    assert any(f"SERVICE may call: <{LISTED}>." in comment for comment in comments)


def test_over_http_it_is_the_same(opened: Opener, endpoint: Opening, canary: Endpoint) -> None:
    listed, failing = endpoint(sends(GOOD)), endpoint(sends("", 500))
    with opened(query_services=[listed.url, failing.url]) as service:
        table = service.get(f"/sparql.csv?query={quote(call(listed.url))}")
        assert (table.status_code, table.text) == (200, "o,p,s\r\na,,\r\n")
        assert "ETag" not in table.headers
        assert ">a<" in service.get(f"/sparql?query={quote(call(listed.url))}", "text/html").text
        refused = service.get(f"/sparql?query={quote(call(canary.url))}", JSON)
        assert (refused.status_code, refused.json["column"]) == (400, 20)
        failed = service.get(f"/sparql?query={quote(call(failing.url))}", JSON)
        assert (failed.status_code, failed.json["endpoint"]) == (503, failing.url)
        assert service.rows(call(failing.url, silent=True)) == [{}]
        assert "BasicFederatedQuery" in service.get("/sparql", "text/turtle").text
    assert canary.asked == []
