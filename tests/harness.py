"""What do the tests of the whole service share?

Descriptions to submit, a service inside this process (`Service`), and one in a process group of its own (`LiveServer`).
The base IRI is never the address that answers, so that a link made from the `Host` header is found out.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pyoxigraph as ox
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from catalogue.model import Role
from catalogue.profiles import Profiles
from catalogue.services import Catalogue
from catalogue.settings import Settings
from catalogue.web.app import create_app

BASE = "https://catalogue.test"
TOKEN = "admin-token-of-the-tests"
HERE = Path(__file__).parent
DATA = HERE.parent / "data"
COMMAND = str(Path(sys.executable).with_name("catalogue"))
MINIMAL = (HERE / "records" / "minimal.ttl").read_text()

TURTLE, JSON_LD, RDF_XML = "text/turtle", "application/ld+json", "application/rdf+xml"
N_TRIPLES, N_QUADS, TRIG = "application/n-triples", "application/n-quads", "application/trig"
READ = {
    TURTLE: ox.RdfFormat.TURTLE,
    JSON_LD: ox.RdfFormat.JSON_LD,
    RDF_XML: ox.RdfFormat.RDF_XML,
    N_TRIPLES: ox.RdfFormat.N_TRIPLES,
    N_QUADS: ox.RdfFormat.N_QUADS,
    TRIG: ox.RdfFormat.TRIG,
}
SERVED = (TURTLE, JSON_LD, RDF_XML, N_TRIPLES)
SUFFIXES = {TURTLE: ".ttl", JSON_LD: ".jsonld", RDF_XML: ".rdf", N_TRIPLES: ".nt"}

DCAT, DCT = "http://www.w3.org/ns/dcat#", "http://purl.org/dc/terms/"
HYDRA, LDP, FDP = (
    "http://www.w3.org/ns/hydra/core#",
    "http://www.w3.org/ns/ldp#",
    "https://w3id.org/fdp/fdp-o#",
)
RDF_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
SHARED_AGENT = "https://people.example/agent/shared-holder"

Triples = set[ox.Triple]


def record(name: str, *, subject: str = "", title: str = "", identifier: str = "") -> str:
    """A dataset that conforms to HealthDCAT-AP Release 8, in Turtle; by default at `/dataset/{name}`."""
    text = MINIMAL.replace("SUBJECT", subject or f"<dataset/{name}>").replace("TITLE", title or f"Visits {name}")
    return text.replace("IDENTIFIER", identifier or f"urn:test:{name}")


def invalid(name: str, **options: str) -> str:
    """The same without its access rights, which every level demands."""
    lines = record(name, **options).splitlines()
    return "\n".join(line for line in lines if "dct:accessRights" not in line)


def catalog(name: str, *, profile: str = "healthdcat-ap-8", datasets: Iterable[str] = ()) -> str:
    """A catalogue that requires a profile, in Turtle."""
    listed = "".join(f"<catalog/{name}> dcat:dataset {dataset} .\n" for dataset in datasets)
    return f"""@prefix cv: <http://data.europa.eu/m8g/> .
@prefix dcat: <{DCAT}> .
@prefix dcatap: <http://data.europa.eu/r5r/> .
@prefix dct: <{DCT}> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
<catalog/{name}> a dcat:Catalog ;
    dct:title "Catalogue {name}"@en ;
    dct:description "A catalogue of the tests."@en ;
    dct:conformsTo <urn:health-catalogue:profile:{profile}> ;
    dcatap:applicableLegislation <http://data.europa.eu/eli/reg/2025/327/oj> ;
    dct:publisher [
        a foaf:Agent ;
        foaf:name "The operator"@en ;
        dct:type <https://hdeu-dcat.data.health.europa.eu/resource/authority/publisher-type/other-public-institute> ;
        cv:contactPoint [ a cv:ContactPoint ; cv:email "a@b.example" ; cv:contactPage <https://b.example/> ]
    ] .
{listed}"""


def written(turtle: str, media_type: str) -> bytes:
    """The same description in another format; in N-Quads and TriG inside a named graph."""
    if media_type == TURTLE:
        return turtle.encode()
    triples = [q.triple for q in ox.parse(turtle.encode(), format=ox.RdfFormat.TURTLE, base_iri=f"{BASE}/")]
    if media_type in (N_QUADS, TRIG):
        graph = ox.NamedNode("urn:test:graph")
        quads = [ox.Quad(t.subject, t.predicate, t.object, graph) for t in triples]
        return ox.serialize(quads, format=READ[media_type])
    return ox.serialize(triples, format=READ[media_type])


def parsed(body: bytes, content_type: str) -> Triples:
    """The triples of an answer, read as its Content-Type says; no base, so relative links fail."""
    return {quad.triple for quad in ox.parse(body, format=READ[content_type.partition(";")[0]])}


def subjects(triples: Triples, type_: str) -> set[str]:
    """Every subject of that type."""
    return {t.subject.value for t in triples if t.predicate == RDF_TYPE and t.object == ox.NamedNode(type_)}


def values(triples: Triples, predicate: str, subject: str | None = None) -> set[str]:
    """Every value of a property, as text."""
    return {
        t.object.value
        for t in triples
        if t.predicate.value == predicate and (subject is None or t.subject.value == subject)
    }


def blank_nodes(triples: Triples) -> list[ox.Triple]:
    """The triples that mention a blank node."""
    return [t for t in triples if isinstance(t.subject, ox.BlankNode) or isinstance(t.object, ox.BlankNode)]


def path_of(iri: str) -> str:
    """The path below our base."""
    assert iri.startswith(BASE), iri
    return iri[len(BASE) :]


def bearer(token: str | None) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"} if token else {}


@dataclass
class Service:
    """A real catalogue in a temporary folder, and a client of its application."""

    catalogue: Catalogue
    client: FlaskClient

    def another(self) -> Service:
        """The same service for another thread: a client belongs to one."""
        return Service(self.catalogue, self.client.application.test_client())

    def token(self, name: str, role: Role = Role.HOLDER) -> str:
        """A fresh token for a person."""
        return self.catalogue.people.add_token(self.catalogue.people.ensure(name, role), "test")

    def get(self, path: str, accept: str | None = None, **headers: str) -> TestResponse:
        """GET, with header names written in snake case."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(path, headers=sent | ({"Accept": accept} if accept else {}))

    def submit(
        self, data: str | bytes, query: str = "", *, content_type: str = TURTLE, token: str | None = TOKEN
    ) -> TestResponse:
        """POST /datasets."""
        return self.client.post(f"/datasets{query}", data=data, content_type=content_type, headers=bearer(token))

    def put(
        self,
        path: str,
        data: str | bytes,
        etag: str | None = None,
        *,
        content_type: str = TURTLE,
        token: str | None = TOKEN,
    ) -> TestResponse:
        """PUT a description."""
        headers = bearer(token) | ({"If-Match": etag} if etag else {})
        return self.client.put(path, data=data, content_type=content_type, headers=headers)

    def publish(self, name: str, **options: str) -> str:
        """Publish `record(name)`; its path."""
        answer = self.submit(record(name, **options))
        assert answer.status_code == 201, answer.text
        return path_of(answer.headers["Location"])

    def withdraw(self, path: str, query: str = "") -> TestResponse:
        """DELETE the present revision."""
        return self.client.delete(path + query, headers=bearer(TOKEN) | {"If-Match": "*"})

    def graph(self, path: str, accept: str = N_TRIPLES) -> Triples:
        """The triples of a document."""
        answer = self.get(path, accept)
        assert answer.status_code == 200, answer.text
        return parsed(answer.data, answer.headers["Content-Type"])

    def rows(self, query: str) -> list[dict[str, str]]:
        """The solutions of a SELECT."""
        answer = self.get(f"/sparql?query={quote(query)}", "application/sparql-results+json")
        assert answer.status_code == 200, answer.text
        found = json.loads(answer.data)["results"]["bindings"]
        return [{name: value["value"] for name, value in row.items()} for row in found]

    def ask(self, pattern: str) -> bool:
        """Whether the pattern is in the default graph."""
        return len(self.rows(f"SELECT * WHERE {{ {pattern} }} LIMIT 1")) == 1

    def feed(self, suffix: str = ".nt") -> list[Triples]:
        """Every page of the feed, by `hydra:nextPage`."""
        pages: list[Triples] = []
        path: str | None = f"/catalog{suffix}"
        while path is not None:
            answer = self.get(path)
            assert answer.status_code == 200, answer.text
            pages.append(parsed(answer.data, answer.headers["Content-Type"]))
            following = values(pages[-1], f"{HYDRA}nextPage")
            path = path_of(following.pop()) if following else None
        return pages


Opener = Callable[..., AbstractContextManager[Service]]


def settings_for(state: Path, **settings: Any) -> Settings:
    """Settings of a test's own catalogue."""
    plain = {"base_url": BASE, "bootstrap_token": TOKEN, "query_workers": 1, "query_mirror_memory": 0}
    return Settings(**{"state": state, **plain, **settings})


@contextmanager
def running(state: Path, profiles: Profiles | None = None, **settings: Any) -> Iterator[Service]:
    """A started catalogue on a state folder; profiles that were read before need not be read again."""
    with Catalogue.open(settings_for(state, **settings)) as catalogue:
        if profiles is not None:
            catalogue.profiles = profiles
        catalogue.start()
        wait_for(lambda: catalogue.projection.state == "open")
        yield Service(catalogue, create_app(catalogue).test_client())


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it does not become so"
        time.sleep(0.005)


@dataclass(frozen=True)
class Answer:
    """What a live server answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class LiveServer:
    """`catalogue serve` as an operator starts it: a process group of its own on a free port."""

    def __init__(self, state: Path, **settings: str) -> None:
        self.state = state
        self.port = 0
        self.settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self.log = state.parent / f"{state.name}.log"

    def environment(self) -> dict[str, str]:
        """The settings, as the process gets them."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("CATALOGUE_")}
        return own | {
            "CATALOGUE_BASE_URL": BASE,
            "CATALOGUE_STATE": str(self.state),
            "CATALOGUE_BOOTSTRAP_TOKEN": TOKEN,
            "PYTHONUNBUFFERED": "1",
            **{f"CATALOGUE_{name.upper()}": value for name, value in self.settings.items()},
        }

    def start(self, *, ready: bool = True) -> None:
        """Start it, and wait until it can answer everything."""
        self.port = self.port or free_port()
        command = [COMMAND, "serve", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                env=self.environment(),
                start_new_session=True,
                cwd=self.state.parent,
            )
        if ready:
            self.wait("/health/ready")

    def wait(self, path: str, seconds: float = 30) -> None:
        """Wait until the path answers with 200."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self._process is not None
            assert self._process.poll() is None, self.log.read_text()
            try:
                if self.request("GET", path).status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.03)
        raise AssertionError(f"{path} is not ready:\n{self.log.read_text()[-4000:]}")

    def kill(self) -> None:
        """End the whole process group, as a power cut would."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(timeout=10)

    def stop(self) -> int:
        """Ask it to stop (SIGTERM to the process that was started); its exit code."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.terminate()
        return self._process.wait(timeout=30)

    def request(
        self, method: str, path: str, body: bytes | None = None, *, token: str | None = None, **headers: str
    ) -> Answer:
        """One request on a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            sent = bearer(token) | {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body=body, headers=sent)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def rows(self, query: str) -> list[dict[str, str]]:
        """The solutions of a SELECT."""
        answer = self.request("GET", f"/sparql?{urlencode({'query': query})}", Accept="application/sparql-results+json")
        assert answer.status == 200, answer.body
        return [{k: v["value"] for k, v in row.items()} for row in answer.json()["results"]["bindings"]]


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
