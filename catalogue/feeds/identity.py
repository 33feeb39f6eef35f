"""Which IRI does each thing have?

The page's URL is the subject IRI (design: Identity); every link is absolute and made from the configured base, never
from the `Host` header (harvest contract §0 rule 4).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pyoxigraph import NamedNode

from catalogue.model import Kind

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,118}[a-z0-9])?")
_RECORD = re.compile(r"/(dataset|series|catalog)/(" + SLUG.pattern + r")(#.*)?")


@dataclass(frozen=True, slots=True)
class Identity:
    """The IRIs below one base (without a slash at its end)."""

    base: str

    def record(self, kind: Kind, slug: str) -> NamedNode:
        """Subject of a record."""
        return NamedNode(f"{self.base}/{kind}/{slug}")

    def catalog_record(self, kind: Kind, slug: str) -> NamedNode:
        """The `dcat:CatalogRecord` of a record; also the graph that holds it."""
        return NamedNode(f"{self.base}/record/{kind}/{slug}")

    def profile(self, name: str) -> NamedNode:
        """A profile's page."""
        return NamedNode(f"{self.base}/profiles/{name}")

    def root(self) -> NamedNode:
        """The FAIR Data Point."""
        return NamedNode(f"{self.base}/")

    def of(self, iri: str) -> tuple[Kind, str] | None:
        """Kind and slug when the IRI names a record of ours (a fragment of it does not count)."""
        if not iri.startswith(self.base):
            return None
        match = _RECORD.fullmatch(iri[len(self.base) :])
        if match is None or match[3]:
            return None
        return Kind(match[1]), match[2]
