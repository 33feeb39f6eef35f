"""What does a file fail, before anything is kept?"""

from __future__ import annotations

from collections.abc import Sequence

from pyoxigraph import NamedNode, Triple

from catalogue.errors import NoRecord
from catalogue.model import Kind, Report
from catalogue.rdf.namespaces import DCAT, DCT
from catalogue.rdf.skolem import mint
from catalogue.rdf.split import Part, split

from .catalogue import Catalogue
from .listing import DEFAULT_PROFILES, stated_profiles


def validate(catalogue: Catalogue, triples: Sequence[Triple], profiles: Sequence[str] = ()) -> list[Report]:
    """Judge every dataset, series and catalogue of a file.

    Args:
        catalogue: The open catalogue.
        triples: What was parsed.
        profiles: Profile ids; when none is given, those that the file claims for its records (by `dct:conformsTo` of
            the record or of its catalogue record), else `healthdcat-ap-8`.

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
        wanted = tuple(profiles) or _claimed(catalogue, part, subject, submission.left_out)
        reports.append(catalogue.profiles.validate(graph, subject, part.kind, wanted))
    return reports


def _claimed(catalogue: Catalogue, part: Part, subject: NamedNode, others: Sequence[Triple]) -> tuple[str, ...]:
    stated = stated_profiles(catalogue, part.graph, subject)
    if stated != DEFAULT_PROFILES:
        return stated
    records = {t.subject for t in others if t.object == DCAT["CatalogRecord"]}
    claims = [Triple(subject, t.predicate, t.object) for t in others if t.subject in records]
    part.graph.update(t for t in claims if t.predicate == DCT["conformsTo"])
    return stated_profiles(catalogue, part.graph, subject)
