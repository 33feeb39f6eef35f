"""The SPARQL side: a projection of the ledger that can be deleted and rebuilt."""

from .embedded import EmbeddedStore, Mentions, NamedGraph
from .generations import Generations
from .remote import Endpoint, RemoteStore

__all__ = ["EmbeddedStore", "Endpoint", "Generations", "Mentions", "NamedGraph", "RemoteStore"]
