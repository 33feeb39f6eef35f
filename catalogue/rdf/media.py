"""Which RDF formats do we read and write, and which one does a request ask for?

Nothing is sniffed: a `Content-Type` or a file name decides (RFC 9110 §8.3, §12.5.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from pyoxigraph import RdfFormat
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header, parse_options_header

from catalogue.errors import UnsupportedMediaType


@dataclass(frozen=True, slots=True)
class Format:
    """An RDF serialisation: its short name, registered media type, suffixes (first is ours) and label."""

    name: str
    media_type: str
    suffixes: tuple[str, ...]
    label: str
    rdf_format: RdfFormat
    aliases: tuple[str, ...] = ()

    @property
    def suffix(self) -> str:
        """The suffix under which we serve it, with the dot."""
        return self.suffixes[0]

    @property
    def content_type(self) -> str:
        """Media type for the Content-Type header; text types need the charset (harvest contract A.4)."""
        return f"{self.media_type}; charset=utf-8" if self.media_type.startswith("text/") else self.media_type


TURTLE = Format("turtle", "text/turtle", (".ttl",), "Turtle", RdfFormat.TURTLE, ("application/x-turtle",))
JSON_LD = Format("json-ld", "application/ld+json", (".jsonld", ".json"), "JSON-LD", RdfFormat.JSON_LD)
RDF_XML = Format("rdf-xml", "application/rdf+xml", (".rdf", ".owl", ".xml"), "RDF/XML", RdfFormat.RDF_XML)
N_TRIPLES = Format("n-triples", "application/n-triples", (".nt",), "N-Triples", RdfFormat.N_TRIPLES)
N_QUADS = Format("n-quads", "application/n-quads", (".nq",), "N-Quads", RdfFormat.N_QUADS)
TRIG = Format("trig", "application/trig", (".trig",), "TriG", RdfFormat.TRIG)

READ: tuple[Format, ...] = (TURTLE, JSON_LD, RDF_XML, N_TRIPLES, N_QUADS, TRIG)
WRITTEN: tuple[Format, ...] = (TURTLE, JSON_LD, RDF_XML, N_TRIPLES)


def by_media_type(content_type: str | None) -> Format:
    """Return the format that a Content-Type names.

    Raises:
        UnsupportedMediaType: Absent, or none that we read; lists those that we do.
    """
    name = parse_options_header(content_type)[0].lower() if content_type else ""
    for format in READ:
        if name == format.media_type or name in format.aliases:
            return format
    what = f"The media type {name!r} is not one that we read." if name else "No Content-Type is given."
    accepted = [format.media_type for format in READ]
    raise UnsupportedMediaType(what, mend=f"Send one of {', '.join(accepted)}.", accepted=accepted)


def by_file_name(name: str) -> Format:
    """Return the format that a file name's suffix names (a final `.gz` is not taken).

    Raises:
        UnsupportedMediaType: The suffix is none that we read.
    """
    suffix = PurePath(name).suffix.lower()
    for format in READ:
        if suffix in format.suffixes:
            return format
    accepted = [s for format in READ for s in format.suffixes]
    raise UnsupportedMediaType(
        f"The file name {PurePath(name).name!r} does not say which RDF format it holds.",
        mend=f"Name it with one of {', '.join(accepted)}, or state the media type.",
        accepted=accepted,
    )


def negotiate(accept: str | None, offered: Sequence[str]) -> str | None:
    """Choose the media type to answer with.

    Args:
        accept: The Accept header; absent or empty means anything.
        offered: Media types that we have, best first (decides ties and wildcards).

    Returns:
        One of `offered`, or None when none is acceptable (406).

    Source: RFC 9110 §12.5.1 (q-values, specificity of ranges).
    """
    if not accept or not accept.strip():
        return offered[0]
    return parse_accept_header(accept, MIMEAccept).best_match(offered)
