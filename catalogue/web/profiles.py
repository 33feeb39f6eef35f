"""How are the profiles read: as a page, as SHACL, as a JSON-LD context, as a blank description?

All answers depend on nothing but the shipped shapes and vocabularies, so that caches may keep them.
"""

from __future__ import annotations

from flask import Blueprint, Response, request
from pyoxigraph import NamedNode

from catalogue import errors
from catalogue.profiles import Profile, UnknownProfile
from catalogue.profiles.about import shapes_graph
from catalogue.profiles.blank import blank_turtle
from catalogue.profiles.context import json_ld_context
from catalogue.profiles.shape import local_name
from catalogue.rdf import media
from catalogue.rdf.namespaces import DASH, PREFIXES, PROF, SHAPES
from catalogue.rdf.serialise import serialise
from catalogue.services.reading import Representation

from .context import catalogue, conditional, identity
from .records import negotiated
from .representing import FORMATS
from .shipped import JSON, form_asked, json_document, name_and_suffix, page_document, represented
from .views.profile import OBLIGATIONS, profile_page, profiles_page
from .vocabularies import desk

profiles = Blueprint("profiles", __name__, url_prefix="/profiles")

_PREFIXES = {**PREFIXES, "dash": DASH, "prof": PROF, "sc": SHAPES}


@profiles.get("")
def index() -> Response:
    """Every profile; HTML or JSON."""
    page = profiles_page(catalogue().profiles)
    if negotiated(("text/html", JSON)) == "text/html":
        return conditional(page_document("profiles", page))
    rows = [
        {
            "id": row.id,
            "iri": identity().profile(row.id).value,
            "title": row.title,
            "version": row.version,
            "description": row.description,
            "levels": [local_name(level) for level in catalogue().profiles.get(row.id).levels],
        }
        for row in page.rows
    ]
    return conditional(json_document({"total": len(rows), "profiles": rows}))


@profiles.get("/<name>")
def profile(name: str) -> Response:
    """A profile: its fields (`level` and `obligation` choose some), or its shapes (`level`) as RDF."""
    plain, suffix = name_and_suffix(name, catalogue().profiles.ids)
    found, form = _profile(plain), form_asked(suffix)
    level = _level(found)
    if form != "html":
        return conditional(_shapes(found, level, form), vary=not suffix)
    obligation = request.args.get("obligation", "")
    if obligation and obligation not in OBLIGATIONS:
        raise errors.InvalidSubmission(
            f"obligation={obligation[:40]!r} is none.", mend=f"Use one of {', '.join(OBLIGATIONS)}."
        )

    def make() -> Representation:
        page = profile_page(catalogue().profiles, found, desk(), level=level, obligation=obligation)
        return page_document("profile", page)

    return conditional(catalogue().reader.rendered(("profile", found.id, level, obligation), make), vary=not suffix)


@profiles.get("/<name>/context.jsonld")
def context(name: str) -> Response:
    """The JSON-LD context of a profile."""
    return conditional(json_document(json_ld_context(_profile(name)), media.JSON_LD.content_type), vary=False)


@profiles.get("/<name>/template.ttl")
def template(name: str) -> Response:
    """A blank description in Turtle, for an access `level` where the profile has some."""
    found = _profile(name)
    body = blank_turtle(found, _level(found)).encode()
    return conditional(represented(body, media.TURTLE.content_type, media.TURTLE.name), vary=False)


def _profile(name: str) -> Profile:
    """The profile of that name.

    Raises:
        UnknownRecord: There is none; `mend` names those that there are.
    """
    try:
        return catalogue().profiles.get(name)
    except UnknownProfile as error:
        raise errors.UnknownRecord(error.what, mend=error.mend) from error


def _level(found: Profile) -> str | None:
    """The access right that is asked for.

    Raises:
        InvalidSubmission: The profile has no such level.
    """
    asked = request.args.get("level", "")
    level = found.level_named(asked) if asked else None
    if asked and level is None:
        known = ", ".join(map(local_name, found.levels))
        raise errors.InvalidSubmission(
            f"{found.title} has no level {asked[:100]!r}.",
            mend=f"Use one of {known}." if known else "It has no levels: leave `level` out.",
        )
    return level


def _shapes(found: Profile, level: str | None, form: str) -> Representation:
    def make() -> Representation:
        graph = shapes_graph(found, level, _home)
        body = serialise(graph, FORMATS[form], first=identity().profile(found.id), prefixes=_PREFIXES)
        return represented(body, FORMATS[form].content_type, form)

    return catalogue().reader.rendered(("shapes", found.id, level, form), make)


def _home(name: str) -> NamedNode:
    """The public address of a profile, by id or IRI; one that we do not hold keeps its IRI."""
    known = catalogue().profiles.by_iri(name)
    return identity().profile(known.id if known else name) if known or ":" not in name else NamedNode(name)
