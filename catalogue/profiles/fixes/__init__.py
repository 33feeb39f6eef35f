"""Which old or wrong forms in a record can be rewritten, how surely, and what does the record look like then?

Pure: graphs in, steps and graphs out. What is rewritten is data (`*.ttl` here); nothing in Python names a property.
"""

from __future__ import annotations

from .matching import Matching, corrections, key
from .proposing import Fixes
from .rules import BadRule
from .steps import StaleStep, Step, StepKind, apply, chosen, lines, safe

__all__ = [
    "BadRule",
    "Fixes",
    "Matching",
    "StaleStep",
    "Step",
    "StepKind",
    "apply",
    "chosen",
    "corrections",
    "key",
    "lines",
    "safe",
]
