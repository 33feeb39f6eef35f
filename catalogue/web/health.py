"""Is the service alive, and can it answer completely?"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from catalogue.errors import Unavailable

from .context import catalogue

health = Blueprint("health", __name__)


@health.get("/health/live")
def live() -> Response:
    """The process answers."""
    return jsonify({"status": "alive"})


@health.get("/health/ready")
def ready() -> Response:
    """Ledger, store and query workers can answer; 503 says what cannot yet."""
    state: dict[str, object] = {"ledger": catalogue().ledger.position(), "store": catalogue().projection.state}
    try:
        state["store_position"] = catalogue().projection.position
    except Unavailable as error:
        response = jsonify({"status": "not ready", "what": error.what, **state})
        response.status_code = 503
        response.headers["Retry-After"] = "5"
        return response
    return jsonify({"status": "ready", **state})
