"""Which queries does the query page begin with?"""

from __future__ import annotations

from catalogue.web.views import Example

_PREFIXES = """\
PREFIX dcat: <http://www.w3.org/ns/dcat#>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX eucaim: <https://cancerimage.eu/ontology/EUCAIM#>
PREFIX foaf: <http://xmlns.com/foaf/0.1/>
PREFIX healthdcatap: <http://healthdataportal.eu/ns/health#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""

EXAMPLES = (
    Example(
        "All datasets by title",
        _PREFIXES
        + """
SELECT ?dataset ?title WHERE {
  ?dataset a dcat:Dataset ; dct:title ?title .
  FILTER(LANGMATCHES(LANG(?title), "en"))
} ORDER BY ?title LIMIT 100
""",
    ),
    Example(
        "Imaging datasets with more than 500 individuals, by modality",
        _PREFIXES
        + """
SELECT ?modality ?title ?individuals WHERE {
  ?dataset eucaim:hasImageModality/skos:prefLabel ?modality ;
    dct:title ?title ;
    healthdcatap:numberOfUniqueIndividuals ?individuals .
  FILTER(?individuals > 500 && LANG(?title) = "en" && LANG(?modality) = "en")
} ORDER BY ?modality DESC(?individuals)
""",
    ),
    Example(
        "How many datasets each publisher describes",
        _PREFIXES
        + """
SELECT ?publisher (COUNT(DISTINCT ?dataset) AS ?datasets) WHERE {
  ?dataset a dcat:Dataset ; dct:publisher/foaf:name ?publisher .
} GROUP BY ?publisher ORDER BY DESC(?datasets)
""",
    ),
)
