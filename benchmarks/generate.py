"""Which descriptions do the benchmarks load?

Datasets of about 90 triples each that conform to HealthDCAT-AP Release 8, every one different where real ones differ
(titles, counts, periods, keywords, access), agents shared among some as in a federation.

    python -m benchmarks.generate 10000 > datasets.nq
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator

_AUTHORITY = "http://publications.europa.eu/resource/authority"
_HEALTH = "https://hdeu-dcat.data.health.europa.eu/resource/authority"
_EHDS = "http://data.europa.eu/eli/reg/2025/327/oj"
_PREFIXES = {
    "a": "http://www.w3.org/1999/02/22-rdf-syntax-ns#type",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "health": "http://healthdataportal.eu/ns/health#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "cv": "http://data.europa.eu/m8g/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcatap": "http://data.europa.eu/r5r/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "dpv": "https://w3id.org/dpv#",
}
_SUBJECTS = ["breast", "prostate", "lung", "colon", "liver", "brain", "kidney", "pancreas", "ovary", "thyroid"]
_METHODS = ["screening", "registry", "cohort", "follow-up", "trial", "biobank", "records", "survey"]
_PLACES = ["DEU", "ESP", "FRA", "ITA", "NLD", "PRT", "SWE", "POL", "GRC", "LTU", "AUT", "BEL", "CZE", "FIN"]
_ACCESS = ["PUBLIC", "RESTRICTED", "NON_PUBLIC"]
_ROLES = {"publisher": "dct:publisher", "hdab": "health:hdab"}
_AGENTS = {"publisher": 400, "hdab": 27}
_WORDS = ["patients", "diagnosis", "treatment", "imaging", "outcome", "centre", "hospital", "regional", "annual"]
_WORDS += ["baseline", "quality", "pseudonymised", "linked", "laboratory", "variables", "age", "sex", "stage"]
_WORDS += ["therapy", "surgery", "response", "survival", "incidence", "population", "sample", "consent", "protocol"]


def iri(name: str) -> str:
    """`dct:title` as an N-Quads term; anything with `://` is taken as it is."""
    if "://" in name:
        return f"<{name}>"
    prefix, _, local = name.partition(":")
    return f"<{_PREFIXES[prefix]}{local}>"


def text(value: str, language: str = "en") -> str:
    """A literal with a language tag."""
    return f'"{value}"@{language}'


def typed(value: object, datatype: str) -> str:
    """A literal with a datatype."""
    return f'"{value}"^^{iri(datatype)}'


def dataset(number: int, base: str) -> Iterator[tuple[str, str, str]]:
    """The triples of one dataset, as N-Quads terms."""
    draw = random.Random(number)
    node = f"{base}/dataset/bench-{number}"
    yield from _about(f"<{node}>", number, draw)
    yield from _coverage(f"<{node}>", draw)
    yield from _parts(node, base, draw)
    for role, property in _ROLES.items():
        agent = f"{base}/bench/{role}-{draw.randrange(_AGENTS[role])}"
        yield f"<{node}>", iri(property), f"<{agent}>"
        yield from _agent(agent, role)


def _about(node: str, number: int, draw: random.Random) -> Iterator[tuple[str, str, str]]:
    subject, method = draw.choice(_SUBJECTS), draw.choice(_METHODS)
    yield node, iri("a:"), iri("dcat:Dataset")
    yield node, iri("dct:title"), text(f"{subject.title()} {method} number {number}")
    yield node, iri("dct:title"), text(f"{subject.title()} Datensatz {number}", "de")
    yield node, iri("dct:description"), text(_sentence(draw, 60))
    yield node, iri("dct:identifier"), f'"{node[1:-1]}"'
    yield node, iri("dct:accessRights"), f"<{_AUTHORITY}/access-right/{draw.choice(_ACCESS)}>"
    yield node, iri("dcatap:applicableLegislation"), f"<{_EHDS}>"
    yield node, iri("dcat:theme"), f"<{_AUTHORITY}/data-theme/HEAL>"
    yield node, iri("health:healthCategory"), f"<{_HEALTH}/healthcategories/EHRS>"
    yield node, iri("health:healthTheme"), f"<{_HEALTH}/health-theme/CANCER_DISEASE>"
    yield node, iri("health:hasStructuredData"), typed("false", "xsd:boolean")
    yield node, iri("dct:type"), f"<{_AUTHORITY}/dataset-type/STATISTICAL>"
    yield node, iri("dct:language"), f"<{_AUTHORITY}/language/ENG>"
    yield node, iri("dct:accrualPeriodicity"), f"<{_AUTHORITY}/frequency/ANNUAL>"
    yield node, iri("dct:issued"), typed(f"20{draw.randrange(10, 26)}-0{draw.randrange(1, 9)}-15", "xsd:date")
    yield node, iri("dcat:version"), f'"{draw.randrange(1, 5)}.{draw.randrange(0, 9)}.0"'
    yield node, iri("dcat:landingPage"), f"<https://hospital.example/{subject}/{number}>"
    yield node, iri("foaf:page"), f"<https://hospital.example/{subject}/{number}/protocol.pdf>"
    yield node, iri("dpv:hasPersonalData"), "<https://w3id.org/dpv/dpv-pd#Age>"
    for keyword in sorted({subject, method, *draw.sample(_WORDS, 4)}):
        yield node, iri("dcat:keyword"), text(keyword)
    for code in draw.sample(range(100), 2):
        yield node, iri("health:hasCodeValues"), f'"ICD-10: C{code:02}"'


def _coverage(node: str, draw: random.Random) -> Iterator[tuple[str, str, str]]:
    individuals = draw.randrange(40, 90_000)
    yield node, iri("health:numberOfUniqueIndividuals"), typed(individuals, "xsd:nonNegativeInteger")
    yield node, iri("health:numberOfRecords"), typed(individuals * draw.randrange(1, 5), "xsd:nonNegativeInteger")
    yield node, iri("health:minTypicalAge"), typed(draw.randrange(0, 40), "xsd:nonNegativeInteger")
    yield node, iri("health:maxTypicalAge"), typed(draw.randrange(41, 99), "xsd:nonNegativeInteger")
    yield node, iri("health:populationCoverage"), text(_sentence(draw, 12))
    yield node, iri("dct:spatial"), f"<{_AUTHORITY}/country/{draw.choice(_PLACES)}>"


def _agent(agent: str, role: str) -> Iterator[tuple[str, str, str]]:
    """An agent that many datasets share: everything follows from its IRI."""
    node, contact, number = f"<{agent}>", f"<{agent}#contact>", agent.rpartition("-")[2]
    yield node, iri("a:"), iri("foaf:Agent")
    yield node, iri("foaf:name"), text(f"Health data {role} {number}")
    yield node, iri("cv:contactPoint"), contact
    yield contact, iri("a:"), iri("cv:ContactPoint")
    yield contact, iri("cv:email"), f'"office@{role}-{number}.example"'
    yield contact, iri("cv:contactPage"), f"<https://{role}-{number}.example/contact>"


def _sentence(draw: random.Random, words: int) -> str:
    return " ".join(draw.choices(_WORDS, k=words)).capitalize() + "."


def _parts(base: str, site: str, draw: random.Random) -> Iterator[tuple[str, str, str]]:
    node = f"<{base}>"
    contact, origin, purpose = f"<{base}#contact>", f"<{base}#provenance>", f"<{base}#purpose>"
    yield node, iri("dcat:contactPoint"), contact
    yield contact, iri("a:"), iri("vcard:Kind")
    yield contact, iri("vcard:fn"), text("Data office")
    yield contact, iri("vcard:hasEmail"), f"<mailto:data-{draw.randrange(400)}@hospital.example>"
    for property, name in (("dct:temporal", "period"), ("health:retentionPeriod", "retention")):
        period = f"<{base}#{name}>"
        yield node, iri(property), period
        yield period, iri("a:"), iri("dct:PeriodOfTime")
        yield period, iri("dcat:startDate"), typed(f"20{draw.randrange(10, 18)}-01-01", "xsd:date")
        yield period, iri("dcat:endDate"), typed(f"20{draw.randrange(19, 36)}-12-31", "xsd:date")
    yield node, iri("dct:provenance"), origin
    yield origin, iri("a:"), iri("dct:ProvenanceStatement")
    yield origin, iri("rdfs:label"), text(_sentence(draw, 20))
    yield node, iri("dpv:hasPurpose"), purpose
    yield purpose, iri("a:"), iri("dpv:Purpose")
    yield purpose, iri("dct:description"), text(_sentence(draw, 8))
    for number in range(1, draw.choice((3, 3, 4))):
        part = f"<{base}#distribution-{number}>"
        yield node, iri("dcat:distribution"), part
        yield part, iri("a:"), iri("dcat:Distribution")
        yield part, iri("dct:title"), text(f"Extract {number}")
        yield part, iri("dct:description"), text(_sentence(draw, 10))
        yield part, iri("dcat:accessURL"), f"<{site}/bench/access/{draw.randrange(10**6)}>"
        yield part, iri("dcatap:applicableLegislation"), f"<{_EHDS}>"
        yield part, iri("dct:format"), f"<{_AUTHORITY}/file-type/CSV>"
        yield part, iri("dct:license"), f"<{_AUTHORITY}/licence/CC_BY_4_0>"
        yield part, iri("dcatap:availability"), f"<{_AUTHORITY}/planned-availability/AVAILABLE>"
        yield part, iri("dcat:byteSize"), typed(draw.randrange(10**6, 10**12), "xsd:nonNegativeInteger")


def nquads(count: int, base: str, start: int = 1) -> Iterator[str]:
    """N-Quads of many datasets, each in a graph named by its IRI."""
    for number in range(start, start + count):
        graph = f"<{base}/dataset/bench-{number}>"
        yield "".join(f"{s} {p} {o} {graph} .\n" for s, p, o in dataset(number, base))


def main() -> None:
    """Print N-Quads: how many datasets, below which base."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    base = sys.argv[2] if len(sys.argv) > 2 else "http://127.0.0.1:8000"
    sys.stdout.writelines(nquads(count, base))


if __name__ == "__main__":
    main()
