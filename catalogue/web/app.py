"""What is the application? Blueprints, headers that every answer has, one log line per request."""

from __future__ import annotations

import time

import structlog
from flask import Flask, Response, g, redirect, request
from werkzeug.middleware.proxy_fix import ProxyFix

from catalogue.services import Catalogue

from . import errors
from .cache import Cache
from .completion import completion
from .discovery import discovery
from .feeds import feeds
from .graph_store import graph_store
from .health import health
from .pages import pages
from .profiles import profiles
from .queries import queries
from .records import records
from .sparql import sparql
from .validation import validation
from .vocabularies import vocabularies

log = structlog.get_logger()

# No script runs anywhere, nothing is loaded from elsewhere; pages may be framed by nobody.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def create_app(catalogue: Catalogue) -> Flask:
    """Make the WSGI application for an open catalogue."""
    app = Flask(__name__, static_folder="static", static_url_path="/static")
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 31_536_000  # addresses of static files carry their hash
    app.config["MAX_CONTENT_LENGTH"] = catalogue.settings.max_submission_bytes + 100_000
    app.config["MAX_FORM_MEMORY_SIZE"] = app.config["MAX_CONTENT_LENGTH"]
    app.extensions["catalogue"] = catalogue
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    for blueprint in (records, feeds, pages, validation, sparql, graph_store, discovery, queries, health):
        app.register_blueprint(blueprint)
    for blueprint in (vocabularies, profiles, completion):
        app.register_blueprint(blueprint)
    errors.register(app)
    app.add_url_rule("/favicon.ico", "favicon", lambda: redirect("/static/favicon.svg", 301))
    app.before_request(_begin)
    app.after_request(_finish)
    if catalogue.settings.proxies:
        # Of what a proxy says only the client's address counts; links are made from the configured base.
        trusted = catalogue.settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=trusted, x_proto=0, x_host=0)  # type: ignore[method-assign]
    app.wsgi_app = Cache(app.wsgi_app, catalogue.ledger, _log)  # type: ignore[method-assign]
    return app


def _begin() -> None:
    g.started = time.perf_counter()


def _finish(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    _log(request.method, request.path, response.status_code, time.perf_counter() - g.started)
    return response


def _log(method: str, path: str, status: int, seconds: float) -> None:
    # Neither query nor body: a draft, a token or a query text has no place in a log.
    log.info("request", method=method, path=path, status=status, ms=round(seconds * 1000, 1))
