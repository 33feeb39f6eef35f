"""What does every measurement need?"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

from .generate import dataset, nquads
from .service import TOKEN, Service

_FRESH = 1_000_000  # numbers of datasets that are published while we measure begin behind it


@dataclass(slots=True)
class Bench:
    """The service that is measured, and what it holds."""

    service: Service
    datasets: int
    file: Path
    triples: float = 0.0
    published: int = 0

    def generate(self) -> None:
        """Write the file that is loaded; counts its triples."""
        lines = 0
        with self.file.open("w", encoding="utf-8") as file:
            for record in nquads(self.datasets, self.service.base):
                lines += record.count("\n")
                file.write(record)
        self.triples = lines / self.datasets

    def paths(self) -> list[str]:
        """The pages of all datasets, in a random order that is the same in every run."""
        found = [f"/dataset/bench-{number}" for number in range(1, self.datasets + 1)]
        random.Random(3).shuffle(found)
        return found

    def publish(self, connection: HTTPConnection) -> tuple[str, str, float]:
        """Publish one more, fresh and valid dataset: its IRI, the engine that judged it, milliseconds."""
        self.published += 1
        number = _FRESH + self.published
        body = "".join(f"{s} {p} {o} .\n" for s, p, o in dataset(number, self.service.base))
        status, data, milliseconds = self.service.ask(
            connection,
            "POST",
            "/datasets",
            body,
            Authorization=f"Bearer {TOKEN}",
            Content_Type="application/n-triples",
        )
        if status != 201:
            raise RuntimeError(f"a publication was answered with {status}: {data[:500]!r}")
        engine = json.loads(data)["results"][0]["report"]["engine"]
        return f"{self.service.base}/dataset/bench-{number}", engine, milliseconds

    def query(self, connection: HTTPConnection, text: str) -> tuple[Sequence[dict[str, dict[str, str]]], float]:
        """Answer a SELECT query: bindings, milliseconds."""
        status, data, milliseconds = self.service.ask(
            connection, "GET", f"/sparql?query={quote(text)}", None, Accept="application/sparql-results+json"
        )
        if status != 200:
            raise RuntimeError(f"a query was answered with {status}: {data[:500]!r}")
        return json.loads(data)["results"]["bindings"], milliseconds

    def title_of(self, connection: HTTPConnection, iri: str) -> float:
        """Ask by SPARQL for the titles of a dataset, of which there are two; milliseconds."""
        found, milliseconds = self.query(connection, f"SELECT ?t {{ <{iri}> <http://purl.org/dc/terms/title> ?t }}")
        if len(found) != 2:
            raise RuntimeError(f"SPARQL knows {len(found)} titles of <{iri}>, not 2")
        return milliseconds
