"""The SPARQL side: a projection of the ledger that can be deleted and rebuilt."""

from .embedded import EmbeddedStore, NamedGraph
from .generations import Generations

__all__ = ["EmbeddedStore", "Generations", "NamedGraph"]
