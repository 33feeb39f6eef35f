"""In which formats do we answer which query form?

SPARQL 1.1 Protocol §2.1.6: a table for SELECT, a truth value for ASK, a graph for CONSTRUCT and DESCRIBE.
"""

from __future__ import annotations

from catalogue.errors import NotAcceptable
from catalogue.rdf import media

from .guard import Form

_JSON = "application/sparql-results+json"
_XML = "application/sparql-results+xml"
TABLES = (_JSON, _XML, "text/csv", "text/tab-separated-values")
# Of a graph, N-Quads and TriG say what N-Triples and Turtle do; some clients know nothing else.
GRAPHS = (*(format.media_type for format in media.WRITTEN), media.N_QUADS.media_type, media.TRIG.media_type)

# What clients ask for that do not know the registered names.
_TABLE_ALIASES = {"application/json": _JSON, "application/xml": _XML, "text/xml": _XML}
_GRAPH_ALIASES = {
    "application/json": media.JSON_LD.media_type,
    "application/xml": media.RDF_XML.media_type,
    **{alias: format.media_type for format in media.WRITTEN for alias in format.aliases},
}


def offered(form: Form) -> tuple[str, ...]:
    """Media types for a query form, best first. CSV and TSV have no truth values; ASK answers with one word there."""
    return TABLES if form in {Form.SELECT, Form.ASK} else GRAPHS


def choose(accept: str | None, form: Form) -> str:
    """Choose the media type of the answer; one of `offered(form)`.

    Raises:
        NotAcceptable: None fits; details `available`.

    Source: RFC 9110 §12.5.1.
    """
    available = offered(form)
    aliases = _TABLE_ALIASES if available is TABLES else _GRAPH_ALIASES
    chosen = media.negotiate(accept, (*available, *aliases))
    if chosen is None:
        raise NotAcceptable(
            f"A result of {form} cannot be had as {accept!r}.",
            mend=f"Accept one of {', '.join(available)}.",
            available=list(available),
        )
    return aliases.get(chosen, chosen)
