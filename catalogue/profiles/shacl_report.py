"""How is a report written for other SHACL tools?

One validation report for all records, streamed: its verdict comes last, when it is known.
Spec: SHACL §3 (validation report).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from catalogue.model import Finding, Report, Severity
from catalogue.rdf import media
from catalogue.rdf.graph import Term
from catalogue.rdf.media import Format
from catalogue.rdf.namespaces import PREFIXES, RDF, SH, XSD
from catalogue.rdf.serialise import serialise

from .wording import read

if TYPE_CHECKING:
    from .report_formats import Judged

_SEVERITY = {Severity.VIOLATION: SH["Violation"], Severity.WARNING: SH["Warning"], Severity.INFO: SH["Info"]}
# Results that are written together; a record may have many thousands.
_BATCH = 200
# The one node that is blank, so that reports of different files stay apart when somebody merges them.
_REPORT = BlankNode("report")
_PREFIX = re.compile(r"@prefix .*\n")

Batches = Iterator[list[Triple]]


def shacl(judged: Iterable[Judged], format: Format = media.TURTLE) -> Iterator[str]:
    """Write reports as one SHACL validation report, piece by piece.

    `sh:conforms` is true when no result is a violation, as in our JSON. SHACL 1.0 §3.1 makes it false for any result,
    a recommendation that is not followed included; SHACL 1.2 lets the caller choose by `sh:conformanceDisallows`, and
    what we do is its value `sh:Violation`. Two answers to "does it conform?" from one service would be worse.

    The same reports give the same graph: results are named by what they say. A file that could not be read has no
    place in it.

    Args:
        judged: What came of each file.
        format: One of `media.WRITTEN`.
    """
    return _WRITERS[format.name](_batches(report for each in judged for report in each.reports))


def _batches(reports: Iterable[Report]) -> Batches:
    conforms = True
    batch: list[Triple] = [Triple(_REPORT, RDF["type"], SH["ValidationReport"])]
    for report in reports:
        conforms = conforms and report.conforms
        for number, finding in enumerate(report.findings, 1):
            batch += _result(report, finding)
            if number % _BATCH == 0:
                yield batch
                batch = []
        if batch:
            yield batch
            batch = []
    verdict = Literal("true" if conforms else "false", datatype=XSD["boolean"])
    yield [*batch, Triple(_REPORT, SH["conforms"], verdict)]


def _turtle(batches: Batches) -> Iterator[str]:
    declared: set[str] = set()
    for batch in batches:
        head, _, body = serialise(batch, media.TURTLE, prefixes=PREFIXES).decode().partition("\n\n")
        new = [line for line in head.splitlines() if line not in declared]
        declared.update(new)
        yield "".join(f"{line}\n" for line in new) + "\n" + body


def _n_triples(batches: Batches) -> Iterator[str]:
    for batch in batches:
        yield serialise(batch, media.N_TRIPLES).decode()


def _rdf_xml(batches: Batches) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF xmlns:rdf="{RDF}" xmlns:sh="{SH}">\n'
    for batch in batches:
        # Predicates are of these two namespaces only, and one node is blank: the parts fit each other.
        body = serialise(batch, media.RDF_XML, prefixes={"sh": SH}).decode()
        yield body[body.index("\n  <rdf:Description") + 1 : body.rindex("</rdf:RDF>")]
    yield "</rdf:RDF>\n"


def _json_ld(batches: Batches) -> Iterator[str]:
    between = '{"@graph": [\n'
    for batch in batches:
        for node in json.loads(serialise(batch, media.JSON_LD, prefixes={}))["@graph"]:
            yield between + json.dumps(node, ensure_ascii=False)
            between = ",\n"
    yield "\n]}\n"


_WRITERS: dict[str, Callable[[Batches], Iterator[str]]] = {
    media.TURTLE.name: _turtle,
    media.N_TRIPLES.name: _n_triples,
    media.RDF_XML.name: _rdf_xml,
    media.JSON_LD.name: _json_ld,
}


def _result(report: Report, finding: Finding) -> Iterator[Triple]:
    said = [report.subject, finding.focus, finding.code, finding.property, finding.term, finding.message]
    node = NamedNode(f"urn:health-catalogue:result:{_digest(said)}")
    yield Triple(_REPORT, SH["result"], node)
    yield Triple(node, RDF["type"], SH["ValidationResult"])
    yield Triple(node, SH["focusNode"], _named(finding.focus))
    yield Triple(node, SH["resultSeverity"], _SEVERITY[finding.severity])
    yield Triple(node, SH["resultMessage"], Literal(f"{finding.message} {finding.mend}".strip(), language="en"))
    # Other paths would need blank nodes; their text stands in the message's words.
    if finding.property and "<" not in finding.property:
        yield Triple(node, SH["resultPath"], NamedNode(finding.property))
    if finding.term:
        yield Triple(node, SH["value"], _term(finding.term))
    if finding.shape:
        yield Triple(node, SH["sourceShape"], NamedNode(finding.shape))
    if finding.component:
        yield Triple(node, SH["sourceConstraintComponent"], NamedNode(finding.component))


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:32]


def _named(node: str) -> NamedNode:
    """A node by its IRI; a blank one would mean nothing outside its own record."""
    return NamedNode(f"urn:blank:{node[2:]}" if node.startswith("_:") else node)


def _term(term: str) -> Term:
    return _named(term.strip("<>")) if term.startswith(("_:", "<")) else read(term)
