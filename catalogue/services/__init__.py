"""One function per use case; the web and the command line call these, and nothing else changes anything."""

from .catalogue import Catalogue

__all__ = ["Catalogue"]
