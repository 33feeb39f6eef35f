"""What is on one page of the DCAT feed?

Pages are cut by rank (the order of first publication, which never changes): page n holds the ranks above (n-1)·size up
to n·size. A record published meanwhile goes to the end, a withdrawn one leaves a gap; nobody shifts, so no harvester
meets a record twice or misses one. The paging node has the one layout that ckanext-dcat and piveau both read to the
end (harvest contract C.1.3): both types, old and new terms, `hydra:totalItems` on the node.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Triple

from catalogue.rdf.namespaces import HYDRA, RDF, XSD


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a feed: its number from 1, the number of the last, records in all, records a page."""

    number: int
    last: int
    total: int
    size: int

    @property
    def ranks(self) -> tuple[int, int]:
        """First and last rank on this page."""
        return (self.number - 1) * self.size + 1, self.number * self.size


def paging(page: Page, address: str) -> list[Triple]:
    """Describe the page and its neighbours.

    Args:
        page: Where we are.
        address: Absolute URL of the feed without its query, e.g. `https://example.org/catalog.ttl`.
    """
    node = NamedNode(f"{address}?page={page.number}")
    links = {"first": 1, "firstPage": 1, "last": page.last, "lastPage": page.last}
    if page.number < page.last:
        links |= {"next": page.number + 1, "nextPage": page.number + 1}
    if page.number > 1:
        links |= {"previous": page.number - 1, "previousPage": page.number - 1}
    return [
        Triple(node, RDF["type"], HYDRA["PagedCollection"]),
        Triple(node, RDF["type"], HYDRA["PartialCollectionView"]),
        Triple(node, HYDRA["totalItems"], Literal(str(page.total), datatype=XSD["integer"])),
        Triple(node, HYDRA["itemsPerPage"], Literal(str(page.size), datatype=XSD["integer"])),
        *(Triple(node, HYDRA[name], NamedNode(f"{address}?page={number}")) for name, number in links.items()),
    ]
