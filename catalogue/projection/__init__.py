"""What follows the ledger: the store, embedded or on another server."""

from __future__ import annotations

from .embedded import Projection
from .remote import RemoteProjection

__all__ = ["Projection", "RemoteProjection"]
