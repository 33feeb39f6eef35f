"""What comes out of judging a node: which constraint of which shape failed, at which value?

Spec: SHACL §3.6.2 (validation results).
"""

from __future__ import annotations

from dataclasses import dataclass

from catalogue.rdf.graph import Subject, Term


@dataclass(frozen=True, slots=True)
class Result:
    """One validation result (SHACL §3.6.2); `details` are the results below an `sh:node`."""

    focus: Term
    value: Term | None
    shape: Subject
    component: str
    details: tuple[Result, ...] = ()
