"""Where do machines learn what can be asked here?

`/sparql` without a query and in RDF: the service description. `/.well-known/void`: what is there, counted.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from flask import Blueprint, Response
from pyoxigraph import NamedNode

from catalogue.feeds.discovery import service_description, void
from catalogue.model import Kind
from catalogue.rdf import media
from catalogue.rdf.graph import Graph
from catalogue.rdf.serialise import serialise
from catalogue.services.reading import Representation

from .context import catalogue, conditional, identity
from .records import negotiated
from .representing import FORMATS, etag

discovery = Blueprint("discovery", __name__)

RDF = tuple(format.media_type for format in media.WRITTEN)


@discovery.get("/.well-known/void")
def void_description() -> Response:
    """The VoID description of everything that is published."""
    held = catalogue()
    _, newest = held.reader.fact("newest", lambda: held.ledger.published(Kind.DATASET, limit=5))
    examples = [identity().record(record.kind, record.slug) for record in newest]
    counts = held.counting.counts()
    made = _described(Graph(void(held.settings, identity(), counts, examples)), ".well-known/void", counts.at)
    # Not for the cache in front: what is counted may follow a publication later than the ledger.
    return conditional(made, cache_control="no-cache")


def description() -> Response:
    """The service description of the SPARQL endpoint."""
    graphs = [iri for iri, _ in catalogue().vocabularies.graphs()]
    graph = Graph(service_description(catalogue().settings, identity(), graphs))
    return conditional(_described(graph, "sparql#service", catalogue().reader.changed()))


def _described(graph: Graph, first: str, modified: datetime) -> Representation:
    wanted = negotiated(RDF)
    name, format = next((name, format) for name, format in FORMATS.items() if format.media_type == wanted)
    body = serialise(graph, format, first=NamedNode(f"{identity().base}/{first}"))
    tag = etag(hashlib.sha256(body).hexdigest(), name)
    return Representation.of(body, format.content_type, tag, modified)
