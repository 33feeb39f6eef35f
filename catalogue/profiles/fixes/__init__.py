"""Which old or wrong forms in a record can be rewritten, how surely, and what does the record look like then?

Pure: graphs in, steps and graphs out. What is rewritten is data (`*.ttl` here); nothing in Python names a property.
"""

from __future__ import annotations

from .proposing import Fixes
from .rules import BadRule
from .steps import StaleStep, Step, StepKind, apply, chosen, safe

__all__ = ["BadRule", "Fixes", "StaleStep", "Step", "StepKind", "apply", "chosen", "safe"]
