"""Do shapes conform to the shapes for shapes?

SHACL-SHACL (SHACL, appendix C) as it comes with pySHACL. It finds parameters of the wrong kind that our own checks may
not know; it takes some seconds for a release of HealthDCAT-AP, so it is asked for by `catalogue profile check` alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from typing import Any

import pyshacl
import rdflib
from pyoxigraph import Triple
from rdflib.namespace import RDF, SH

from catalogue.rdf.graph import Graph

from .checking import Problem
from .pyshacl_engine import from_rdflib
from .repairs import shown
from .values import to_rdflib


def meta_problems(triples: Iterable[Triple]) -> list[Problem]:
    """What SHACL-SHACL finds in shapes; nothing is fetched."""
    shapes = Graph(triples)
    meta = rdflib.Graph().parse(data=(files("pyshacl") / "assets" / "shacl-shacl.ttl").read_text("utf-8"))
    judged = rdflib.Graph(bind_namespaces="none")
    for triple in shapes:
        judged.add((to_rdflib(triple.subject), to_rdflib(triple.predicate), to_rdflib(triple.object)))
    _, report, _ = pyshacl.validate(judged, shacl_graph=meta, inference="none", do_owl_imports=False)
    found = [_problem(report, result, shapes) for result in report.subjects(RDF.type, SH.ValidationResult)]
    return sorted(set(found), key=str)


def _problem(report: Any, result: Any, shapes: Graph) -> Problem:
    path, message = report.value(result, SH.resultPath), report.value(result, SH.resultMessage)
    about = f"{str(path).replace(str(SH), 'sh:')}: " if isinstance(path, rdflib.URIRef) else ""
    node = shown(from_rdflib(report.value(result, SH.focusNode)), shapes)
    return Problem("", node, f"{about}{message} (SHACL-SHACL)")
