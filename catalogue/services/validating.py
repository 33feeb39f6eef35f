"""What does a file fail, before anything is kept?"""

from __future__ import annotations

from collections.abc import Sequence

from pyoxigraph import NamedNode, Triple

from catalogue.errors import NoRecord
from catalogue.model import Kind, Report
from catalogue.rdf.graph import Graph
from catalogue.rdf.namespaces import DCT, FOAF
from catalogue.rdf.skolem import mint
from catalogue.rdf.split import Part, Submission, split

from .catalogue import Catalogue
from .listing import DEFAULT_PROFILES, catalog_profiles, stated_profiles


def validate(catalogue: Catalogue, triples: Sequence[Triple], profiles: Sequence[str] = ()) -> list[Report]:
    """Judge every dataset, series and catalogue of a file.

    Args:
        catalogue: The open catalogue.
        triples: What was parsed.
        profiles: Profile ids; when none is given, those that the file claims for a record (by `dct:conformsTo` of
            the record or of its catalogue record), else those of its catalogue, else `healthdcat-ap-8`.

    Raises:
        NoRecord: There is none.
        CatalogueError: A profile id is unknown.
    """
    submission = split(triples, record_limit=catalogue.settings.max_record_triples)
    # A bare wrapper only says which datasets are there; to publish, it would be left out.
    parts = [p for p in submission.parts if p.kind is not Kind.CATALOG or p.graph.values(p.subject, DCT["title"])]
    if not parts:
        raise NoRecord(
            "The text describes no dataset, series or catalogue.",
            mend="State `a dcat:Dataset` of each dataset (prefix dcat: <http://www.w3.org/ns/dcat#>).",
        )
    reports: list[Report] = []
    for part in parts:
        subject = part.subject if isinstance(part.subject, NamedNode) else NamedNode("urn:blank:dataset")
        graph = mint(part.graph, subject)
        wanted = tuple(profiles) or _wanted(catalogue, part, submission)
        reports.append(catalogue.profiles.validate(graph, subject, part.kind, wanted))
    return reports


def _wanted(catalogue: Catalogue, part: Part, submission: Submission) -> tuple[str, ...]:
    """What the file claims for a record, else what the catalogue that lists it requires."""
    claims = Graph(submission.left_out)
    records = [node for node, name in claims.pointing_to(part.subject) if name == FOAF["primaryTopic"]]
    catalog = submission.catalogs.get(part.subject)
    own = {p.subject: p.graph for p in submission.parts}
    stated = [stated_profiles(catalogue, part.graph, part.subject)]
    stated += [stated_profiles(catalogue, claims, record) for record in records]
    if catalog in own:
        stated.append(stated_profiles(catalogue, own[catalog], catalog))
    elif catalog is not None and catalogue.settings.ledger_path.exists():
        known = catalogue.known(catalog)
        stated.append(catalog_profiles(catalogue, known.slug) if known else ())
    return next(filter(None, stated), DEFAULT_PROFILES)
