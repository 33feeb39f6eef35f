"""How is that answered which ships with the program, and so stays the same while it runs?

Vocabularies and profiles: pages, RDF and JSON, each with a tag made of its content.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container
from datetime import UTC, datetime

from flask import request

from catalogue import errors
from catalogue.rdf import media
from catalogue.services.reading import Representation
from catalogue.web.rendering import render

from .context import HTML, site
from .records import negotiated
from .representing import etag

JSON = "application/json"
# The files are read once per process: whoever asked later has what we have.
_STARTED = datetime.now(UTC)
_SUFFIXES = {format.suffix: format.name for format in media.WRITTEN} | {".html": "html"}
_NAMES = {"text/html": "html"} | {format.media_type: format.name for format in media.WRITTEN}


def name_and_suffix(text: str, known: Container[str]) -> tuple[str, str]:
    """The last part of an address, cut into name and suffix; a name that is `known` has none.

    Raises:
        UnknownRecord: The suffix is none of ours.
    """
    plain, dot, ending = (text, "", "") if text in known or "." not in text else text.rpartition(".")
    suffix = dot + ending
    if suffix and suffix not in _SUFFIXES:
        raise errors.UnknownRecord(
            f"There is nothing at {request.path}.", mend=f"Known suffixes: {', '.join(_SUFFIXES)}."
        )
    return plain, suffix


def form_asked(suffix: str = "") -> str:
    """`html` or the name of a format, as the suffix fixes it, else by `Accept`.

    Raises:
        NotAcceptable: Nothing that we write is accepted.
    """
    return _SUFFIXES[suffix] if suffix else _NAMES[negotiated(tuple(_NAMES))]


def represented(body: bytes, content_type: str, form: str) -> Representation:
    """A document whose tag is made of its content."""
    return Representation.of(body, content_type, etag(hashlib.sha256(body).hexdigest(), form), _STARTED)


def page_document(template: str, page: object) -> Representation:
    """A page for people."""
    return represented(render(template, page, site()).encode(), HTML, "html")


def json_document(body: object, content_type: str = JSON) -> Representation:
    """The same for programs."""
    return represented(json.dumps(body, ensure_ascii=False).encode(), content_type, "json")
