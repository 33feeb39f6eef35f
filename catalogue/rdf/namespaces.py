"""Which namespaces do we speak, and under which prefixes do we write them?"""

from __future__ import annotations

import re

from pyoxigraph import NamedNode


class Namespace(str):
    """An IRI beginning; `DCAT["Dataset"]` is the term.

    Terms are cached: they are asked for on every record.
    """

    __slots__ = ()
    _terms: dict[tuple[str, str], NamedNode] = {}  # noqa: RUF012 - shared on purpose

    def __getitem__(self, name: object) -> NamedNode:  # type: ignore[override]
        key = (str(self), str(name))
        term = self._terms.get(key)
        if term is None:
            term = self._terms.setdefault(key, NamedNode(key[0] + key[1]))
        return term


ADMS = Namespace("http://www.w3.org/ns/adms#")
CSVW = Namespace("http://www.w3.org/ns/csvw#")
CV = Namespace("http://data.europa.eu/m8g/")
DASH = Namespace("http://datashapes.org/dash#")
DATACITE = Namespace("http://purl.org/spar/datacite/")
DCAT = Namespace("http://www.w3.org/ns/dcat#")
DCATAP = Namespace("http://data.europa.eu/r5r/")
DCT = Namespace("http://purl.org/dc/terms/")
DPV = Namespace("https://w3id.org/dpv#")
DPVPD = Namespace("https://w3id.org/dpv/dpv-pd#")
DQV = Namespace("http://www.w3.org/ns/dqv#")
ELI = Namespace("http://data.europa.eu/eli/ontology#")
EUCAIM = Namespace("https://cancerimage.eu/ontology/EUCAIM#")
FDP = Namespace("https://w3id.org/fdp/fdp-o#")
FOAF = Namespace("http://xmlns.com/foaf/0.1/")
GEODCATAP = Namespace("http://data.europa.eu/930/")
HEALTHDCATAP = Namespace("http://healthdataportal.eu/ns/health#")
HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
LDP = Namespace("http://www.w3.org/ns/ldp#")
LOCN = Namespace("http://www.w3.org/ns/locn#")
OA = Namespace("http://www.w3.org/ns/oa#")
ODRL = Namespace("http://www.w3.org/ns/odrl/2/")
OWL = Namespace("http://www.w3.org/2002/07/owl#")
PROF = Namespace("http://www.w3.org/ns/dx/prof/")
PROV = Namespace("http://www.w3.org/ns/prov#")
RDF = Namespace("http://www.w3.org/1999/02/22-rdf-syntax-ns#")
RDFS = Namespace("http://www.w3.org/2000/01/rdf-schema#")
SH = Namespace("http://www.w3.org/ns/shacl#")
SKOS = Namespace("http://www.w3.org/2004/02/skos/core#")
SPDX = Namespace("http://spdx.org/rdf/terms#")
TIME = Namespace("http://www.w3.org/2006/time#")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
XSD = Namespace("http://www.w3.org/2001/XMLSchema#")

# The annotations that our shapes carry beyond SHACL and DASH; described in docs/reference/shapes.md.
SHAPES = Namespace("urn:health-catalogue:shapes#")

PREFIXES: dict[str, str] = {
    "adms": ADMS,
    "csvw": CSVW,
    "cv": CV,
    "dcat": DCAT,
    "dcatap": DCATAP,
    "dct": DCT,
    "dpv": DPV,
    "dpv-pd": DPVPD,
    "dqv": DQV,
    "eli": ELI,
    "eucaim": EUCAIM,
    "fdp-o": FDP,
    "foaf": FOAF,
    "geodcatap": GEODCATAP,
    "healthdcatap": HEALTHDCATAP,
    "hydra": HYDRA,
    "ldp": LDP,
    "locn": LOCN,
    "oa": OA,
    "odrl": ODRL,
    "owl": OWL,
    "prov": PROV,
    "rdf": RDF,
    "rdfs": RDFS,
    "sh": SH,
    "skos": SKOS,
    "spdx": SPDX,
    "time": TIME,
    "vcard": VCARD,
    "xsd": XSD,
}


# The longest first, so that the first that matches is the right one. The results are not kept: anybody can send IRIs
# of any length, and a match takes half a microsecond.
_PREFIX_OF = {str(namespace): prefix for prefix, namespace in PREFIXES.items()}
_BEGINNING = re.compile("|".join(map(re.escape, sorted(_PREFIX_OF, key=len, reverse=True))))


def compact(iri: str) -> str:
    """Write an IRI with a known prefix (`dct:title`), or as it is."""
    found = _BEGINNING.match(iri)
    return f"{_PREFIX_OF[found[0]]}:{iri[found.end() :]}" if found else iri
