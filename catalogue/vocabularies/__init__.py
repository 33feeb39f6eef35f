"""What do the controlled vocabularies say about a concept: its labels, its place, its successor?

Pure: reads `ontologies/`, never the network. Everything is in memory after `Vocabularies.load`.
"""

from __future__ import annotations

from .vocabularies import Vocabularies

__all__ = ["Vocabularies"]
