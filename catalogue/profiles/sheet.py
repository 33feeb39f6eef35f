"""Which fields do some profiles give a record together, how many are filled, and which come next?

A `Sheet` is made once for each choice of profiles and levels, since joining some hundred fields takes longer than
judging a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from pyoxigraph import NamedNode

from catalogue.model import Completeness, Field, Finding, Obligation, Severity
from catalogue.rdf.graph import Graph
from catalogue.rdf.namespaces import compact

from .findings import RANK

_MOST_NEXT = 5
_COUNTED = (Obligation.MANDATORY, Obligation.RECOMMENDED, Obligation.OPTIONAL)


class Sheet:
    """The fields of one class of records under some profiles. Never changes; threads may share it."""

    def __init__(self, fields: Sequence[Field], vocabularies: Mapping[str, str]) -> None:
        """Hold fields.

        Args:
            fields: In the order of page and form.
            vocabularies: Name to version of those that the profiles ask for.
        """
        self.vocabularies = vocabularies
        self._by_obligation = {
            obligation: [
                (field, None if "<" in field.path else NamedNode(field.path))
                for field in fields
                if field.obligation is obligation
            ]
            for obligation in Obligation
        }
        self._place = {compact(field.path): number for number, field in enumerate(fields)}

    def in_page_order(self, findings: Iterable[Finding]) -> list[Finding]:
        """The most severe first, then as the fields of the record stand on page and form."""
        last = len(self._place)
        return sorted(findings, key=lambda f: (RANK[f.severity], self._place.get(f.path.split(" / ")[0], last)))

    def completeness(self, graph: Graph, subject: NamedNode, findings: Iterable[Finding]) -> Completeness:
        """Count the fields that are filled. A conditional one counts when it is given or found missing."""
        about = graph.about(subject)
        given, total = {}, {}
        for obligation, fields in self._by_obligation.items():
            total[obligation] = len(fields)
            given[obligation] = sum(predicate in about for _, predicate in fields)
        conditional = Obligation.CONDITIONAL
        missing = {field.path for field, predicate in self._by_obligation[conditional] if predicate not in about}
        demanded = {f.property for f in findings if f.focus == subject.value and f.severity is Severity.VIOLATION}
        given[Obligation.MANDATORY] += given[conditional]
        total[Obligation.MANDATORY] += given[conditional] + len(missing & demanded)
        return Completeness(*((given[obligation], total[obligation]) for obligation in _COUNTED))

    def next(self, graph: Graph, subject: NamedNode) -> tuple[Field, ...]:
        """What to give next: recommended fields that are missing, then optional ones, each in the order of the form."""
        about = graph.about(subject)
        wanted = (Obligation.RECOMMENDED, Obligation.OPTIONAL)
        fields = (each for obligation in wanted for each in self._by_obligation[obligation])
        missing = (field for field, predicate in fields if predicate is not None and predicate not in about)
        return tuple(islice(missing, _MOST_NEXT))
