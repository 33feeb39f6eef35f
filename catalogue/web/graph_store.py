"""How does a SPARQL 1.1 Graph Store client read and change graphs? `/rdf-graph-store?graph=IRI` or `?default`.

Reading: any published graph. Writing: a graph is a record, so `PUT` and `POST` are a submission and `DELETE` is a
withdrawal, under the same validation and roles as at the record's own address. These clients know no `If-Match`: it is
heeded where it is sent, not demanded. Spec: https://www.w3.org/TR/sparql11-http-rdf-update/
"""

from __future__ import annotations

import json

from flask import Blueprint, Response, request
from pyoxigraph import NamedNode, Triple

from catalogue import errors
from catalogue.model import Kind, Person, Record, State
from catalogue.rdf import media
from catalogue.rdf.canonical import read
from catalogue.rdf.parse import parse
from catalogue.services.access import require_change
from catalogue.services.submitting import replace_record
from catalogue.services.withdrawing import withdraw
from catalogue.sparql.formats import choose
from catalogue.sparql.guard import Form, check

from .answering import answered, client
from .context import body, catalogue, identity, person, settle
from .records import answer, check_current, options, post

graph_store = Blueprint("graph_store", __name__)

_PATH = "/rdf-graph-store"
_LONGEST = 10_000


@graph_store.get(_PATH)
def fetch() -> Response:
    """The triples of a published graph, or of the default graph (§5.2)."""
    name = _graph()
    if name is None:
        return _constructed("?s ?p ?o")
    record = identity().of(name.value)
    if record is not None:
        catalogue().reader.record(*record)  # unknown or withdrawn is said as at its own address
    elif not _exists(name):
        raise errors.UnknownRecord(f"There is no graph {name} here.", mend="`SELECT ?g { GRAPH ?g {} }` lists them.")
    return _constructed(f"GRAPH {name} {{ ?s ?p ?o }}")


@graph_store.put(_PATH)
def put() -> Response:
    """Replace a record, or make it under that address (§5.3)."""
    who = person()
    kind, slug, record = _record()
    return _replaced(kind, slug, record, _sent(), who)


@graph_store.post(_PATH)
def merge() -> Response:
    """Add statements to a record (§5.5); without a graph, submit (§5.5, on the graph store itself)."""
    if "graph" not in request.args and "default" not in request.args:
        return post()
    who = person()
    kind, slug, record = _record()
    triples = _sent()
    if record is not None:
        triples = [*read(catalogue().ledger.revision(kind, slug, record.latest).content), *triples]
    return _replaced(kind, slug, record, triples, who)


@graph_store.delete(_PATH)
def delete() -> Response:
    """Withdraw a record (§5.4)."""
    who = person()
    kind, slug, record = _record()
    if record is None:
        raise errors.UnknownRecord(f"There is no {kind} {slug!r} here.")
    withdraw(catalogue(), record, who, reason=request.args.get("reason", ""), successor=None)
    settle()
    return Response(status=204)


def _graph() -> NamedNode | None:
    """The graph that the request names; None for the default graph (§4.2).

    Raises:
        InvalidSubmission: It names none, both, or something that is no IRI.
    """
    named, default = request.args.getlist("graph"), "default" in request.args
    if len(named) + default != 1:
        raise errors.InvalidSubmission(
            "The request must name one graph.", mend=f"Use {_PATH}?graph=IRI or {_PATH}?default."
        )
    if default:
        return None
    try:
        return NamedNode(named[0])
    except ValueError as error:
        raise errors.InvalidSubmission(
            f"{named[0][:200]!r} is not an absolute IRI.", mend="Encode it whole."
        ) from error


def _record() -> tuple[Kind, str, Record | None]:
    """The record that the graph to change is, with what is known of it; the asker may change it.

    Raises:
        Forbidden: No record can have that IRI, or another's record.
    """
    who, name = person(), _graph()
    place = identity().of(name.value) if name is not None else None
    if place is None:
        raise errors.Forbidden(
            "Only the graphs of records can be changed; the others follow from them.",
            mend=f"Graphs of records begin with {identity().base}/dataset/, /series/ or /catalog/.",
        )
    record = catalogue().ledger.record(*place)
    if record is not None:
        require_change(who, record)
        if record.state is State.WITHDRAWN or request.if_match:
            check_current(record)
    return *place, record


def _sent() -> list[Triple]:
    format = media.by_media_type(request.content_type)
    return parse(body(), format, base_iri=f"{identity().base}/", limits=catalogue().limits)


def _replaced(kind: Kind, slug: str, record: Record | None, triples: list[Triple], who: Person) -> Response:
    target = identity().record(kind, slug)
    outcome = replace_record(catalogue(), record, target, triples, who, options())
    settle()
    return answer([outcome])


def _constructed(pattern: str) -> Response:
    query = check(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {pattern} }}", limit=_LONGEST)
    return answered(query, choose(request.headers.get("Accept"), Form.CONSTRUCT))


def _exists(name: NamedNode) -> bool:
    query = check(f"ASK {{ GRAPH {name} {{ ?s ?p ?o }} }}", limit=_LONGEST)
    result = catalogue().queries.run(query, media_type="application/sparql-results+json", client=client())
    return bool(json.loads(b"".join(result.chunks))["boolean"])
