"""How are the published graphs kept in a SPARQL server of another make?

By SPARQL 1.1 Update and Query alone, which every server speaks. The layout is that of the embedded store: a named graph
per record and per vocabulary, the default graph their merge, the position reached in the same request as the graphs
(servers run a request as one transaction: SPARQL 1.1 Update §2.2). The dataset must be ours alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import requests
from pyoxigraph import Literal, NamedNode

from catalogue.errors import Conflict, Unavailable

from .embedded import META, POSITION, VOCABULARIES, Mentions, NamedGraph

_JSON = "application/sparql-results+json"
_PORTION = 4_000_000
_CONNECT_SECONDS = 5
_AGAIN_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a SPARQL server takes queries and updates, and who we are there (no user: nobody asks)."""

    query: str
    update: str
    user: str = ""
    password: str = field(default="", repr=False)


class RemoteStore:
    """The store on another server. One thread writes."""

    def __init__(self, endpoint: Endpoint, *, seconds: float) -> None:
        """Remember where it is; nothing is asked yet.

        Args:
            endpoint: The server.
            seconds: Longest wait for an answer.
        """
        self.endpoint = endpoint
        self._timeout = (_CONNECT_SECONDS, seconds)
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy and no .netrc that nobody has configured here
        if endpoint.user:
            self._session.auth = (endpoint.user, endpoint.password)

    def close(self) -> None:
        """Let the connections go."""
        self._session.close()

    @property
    def position(self) -> int:
        """The ledger position that the store has reached; 0 when it is new or was not filled to the end.

        Raises:
            Unavailable: The server does not answer.
            Conflict: It holds something that is not ours.
        """
        found = self._meta(POSITION)
        if not found and self._ask("{ ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } }"):
            raise Conflict(
                f"The dataset at {self.endpoint.query} holds data that this catalogue has not written.",
                mend="Give the catalogue an empty dataset of its own (setting `store`).",
            )
        return int(found or 0)

    @property
    def vocabularies(self) -> str:
        """Fingerprint of the vocabularies that the store holds; empty when it has none."""
        return self._meta(VOCABULARIES)

    def mentions(self, term: NamedNode, below: str, *, most: int, first: int) -> Mentions:
        """The named graphs that have a term as object; parameters as `EmbeddedStore.mentions`.

        Raises:
            Unavailable: The server does not answer.
        """
        position = self.position
        pattern = f"GRAPH ?g {{ ?s ?p {term} }} FILTER(STRSTARTS(STR(?g), {Literal(below)}))"
        counted = self._select(f"SELECT (COUNT(*) AS ?n) {{ SELECT DISTINCT ?g {{ {pattern} }} LIMIT {most} }}")
        named = self._select(f"SELECT DISTINCT ?g {{ {pattern} }} LIMIT {first}")
        return Mentions(int(counted[0]["n"]["value"]), tuple(row["g"]["value"] for row in named), position)

    def apply(self, graphs: Iterable[NamedGraph], *, position: int, vocabularies: str | None = None) -> None:
        """Replace named graphs, bring the default graph into line and move the position, in one request.

        Args:
            graphs: New contents, at most one per IRI.
            position: The ledger position that is reached thereby.
            vocabularies: New fingerprint, when the graphs are the vocabularies'.

        Raises:
            Unavailable: The server does not answer, or refuses; nothing was written.
        """
        meta = {POSITION: str(position)} | ({VOCABULARIES: vocabularies} if vocabularies is not None else {})
        self._update([_replaced(graph) for graph in graphs] + [_noted(meta)])

    def load(self, graphs: Iterable[NamedGraph], *, position: int, vocabularies: str) -> None:
        """Fill the dataset anew, in requests of some megabytes; what was there goes first.

        Queries meanwhile see a part; the position is written last, so that an interrupted load is begun again.

        Raises:
            Unavailable: The server does not answer.
        """
        self._update([f"CLEAR ALL ;\n{_noted({POSITION: '0', VOCABULARIES: ''})}"])
        portion: list[str] = []
        size = 0
        for graph in graphs:
            portion.append(_inserted(graph))
            size += len(portion[-1])
            if size > _PORTION:
                self._update(portion)
                portion, size = [], 0
        self._update([*portion, _noted({POSITION: str(position), VOCABULARIES: vocabularies})])

    def _meta(self, key: NamedNode) -> str:
        rows = self._select(f"SELECT ?v {{ GRAPH {META} {{ {META} {key} ?v }} }}")
        return rows[0]["v"]["value"] if rows else ""

    def _ask(self, pattern: str) -> bool:
        return bool(self._post(self.endpoint.query, f"ASK {{ {pattern} }}", "query").json()["boolean"])

    def _select(self, query: str) -> list[dict[str, dict[str, str]]]:
        rows: list[dict[str, dict[str, str]]]
        rows = self._post(self.endpoint.query, query, "query").json()["results"]["bindings"]
        return rows

    def _update(self, operations: Iterable[str]) -> None:
        self._post(self.endpoint.update, " ;\n".join(operations), "update")

    def _post(self, url: str, text: str, kind: str) -> requests.Response:
        headers = {"Content-Type": f"application/sparql-{kind}; charset=utf-8", "Accept": f"{_JSON}, */*;q=0.1"}
        try:
            # A redirect could lead anywhere, with our password.
            answer = self._session.post(
                url, data=text.encode(), headers=headers, timeout=self._timeout, allow_redirects=False
            )
        except requests.RequestException as error:
            raise Unavailable(f"The store at {url} does not answer: {error}", retry_after=_AGAIN_SECONDS) from error
        if answer.status_code >= 300:
            said = " ".join(answer.text[:300].split())
            raise Unavailable(f"The store at {url} answers {answer.status_code}: {said}", retry_after=_AGAIN_SECONDS)
        return answer


def _replaced(graph: NamedGraph) -> str:
    """An update after which the graph has its new content, and the default graph follows.

    A triple leaves the default graph when no other named graph states it.
    """
    mine = f"GRAPH <{graph.iri}> {{ ?s ?p ?o }}"
    others = f"GRAPH ?other {{ ?s ?p ?o }} FILTER(?other != <{graph.iri}>)"
    operations = [
        f"DELETE {{ ?s ?p ?o }} WHERE {{ {mine} FILTER NOT EXISTS {{ {others} }} }}",
        f"DROP SILENT GRAPH <{graph.iri}>",
    ]
    return " ;\n".join([*operations, _inserted(graph)] if graph.content else operations)


def _inserted(graph: NamedGraph) -> str:
    # N-Triples are SPARQL: the terms are written alike.
    lines = graph.content.decode()
    return f"INSERT DATA {{ {lines} GRAPH <{graph.iri}> {{ {lines} }} }}"


def _noted(meta: dict[NamedNode, str]) -> str:
    gone = (f"DELETE WHERE {{ GRAPH {META} {{ {META} {key} ?value }} }}" for key in meta)
    values = " ".join(f"{META} {key} {Literal(value)} ." for key, value in meta.items())
    return " ;\n".join((*gone, f"INSERT DATA {{ GRAPH {META} {{ {values} }} }}"))
