"""Is a dump loaded as it was, and is what is no dump refused whole?"""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from harness import Service
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, serialize

from catalogue.cli import main
from catalogue.ledger import Ledger, unpack
from catalogue.model import Kind
from catalogue.rdf import dump, media
from catalogue.rdf.canonical import canonical

RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
DCAT_DATASET = "http://www.w3.org/ns/dcat#Dataset"
TYPE, DATASET = f"<{RDF_TYPE}>", f"<{DCAT_DATASET}>"
EX = "https://catalogue.test/"


def load(state: Path, file: Path, base: str = EX.rstrip("/")) -> tuple[int, str]:
    """Run the bulk load in a state folder of its own."""
    command = ["--state", str(state), "--base-url", base, "submit", "--no-validate", str(file)]
    result = CliRunner().invoke(main, command)
    return result.exit_code, result.output


def quads(service: Service) -> bytes:
    """Every published record as N-Quads, each in the graph of its name."""
    lines: list[bytes] = []
    for record, _, packed in service.catalogue.ledger.contents():
        end = f" {service.catalogue.identity.record(record.kind, record.slug)} .\n".encode()
        lines += [line[:-2] + end for line in unpack(packed).splitlines()]
    return b"".join(lines)


def published(ledger: Ledger) -> dict[tuple[Kind, str], tuple[str | None, str | None, str]]:
    """What is public: content, catalogue and title of each record."""
    return {(r.kind, r.slug): (r.published_digest, r.catalog, r.title) for r, _, _ in ledger.contents()}


def test_a_dump_loaded_elsewhere_gives_the_same_records_once(library: Service, tmp_path: Path) -> None:
    """Every record arrives byte for byte; a second load is refused and changes nothing."""
    file, state = tmp_path / "dump.nq", tmp_path / "copy"
    file.write_bytes(quads(library))
    assert load(state, file)[0] == 0
    code, output = load(state, file)
    assert code == 3
    assert "is here already" in output
    with Ledger(state / "ledger.sqlite") as copy:
        assert published(copy) == published(library.catalogue.ledger)
        assert copy.published(Kind.DATASET, words=["lung"], limit=1)[0] > 0


def test_a_large_dump_is_read_by_two_processes(
    library: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a file is cut does not show, nor in the line of an error."""
    monkeypatch.setattr(dump, "_LARGE", 1000)
    data = quads(library)
    (tmp_path / "dump.nq").write_bytes(data)
    assert load(tmp_path / "copy", tmp_path / "dump.nq")[0] == 0
    with Ledger(tmp_path / "copy" / "ledger.sqlite") as copy:
        assert published(copy) == published(library.catalogue.ledger)
    (tmp_path / "bad.nq").write_bytes(data + b"<x> <y> .\n")
    assert f"line {data.count(bytes([10])) + 1}" in load(tmp_path / "no", tmp_path / "bad.nq")[1]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (f'<{EX}dataset/a> <urn:p> "A" <urn:g> .\n<x', "line 2"),
        (f"<{EX}dataset/a> <urn:p> _:b <urn:g> .\n", "blank nodes"),
        ("_:a <urn:p> <urn:o> <urn:g> .\n", "blank nodes"),
        (f'<{EX}dataset/a> <urn:p> "see <urn:x>" .\n', "no named graph"),
        (f'<{EX}dataset/a> <urn:p> "a <b"^^<urn:type> .\n', "no named graph"),
        (f"<{EX}dataset/a> <urn:p> <urn:o> .\n", "no named graph"),
        (f"<urn:a> {TYPE} {DATASET} <urn:a> .\n", "below https://catalogue.test"),
    ],
)
def test_what_is_no_dump_of_ours_is_refused(tmp_path: Path, text: str, word: str) -> None:
    file = tmp_path / "file.nq"
    file.write_text(text)
    code, output = load(tmp_path / "state", file)
    assert code == 3
    assert word in output


def test_turtle_is_not_loaded_without_validation(tmp_path: Path) -> None:
    file = tmp_path / "file.ttl"
    file.write_text("<a> <b> <c> .")
    code, output = load(tmp_path / "state", file)
    assert code == 3
    assert "N-Quads" in output


TEXTS = st.text(max_size=12)


@given(st.lists(st.tuples(TEXTS, st.booleans()), max_size=12))
def test_text_of_any_kind_stays_as_it_is(texts: list[tuple[str, bool]]) -> None:
    """Lines are cut at the right places whatever the literals hold."""
    name = NamedNode(f"{EX}dataset/a")
    triples = [Triple(name, NamedNode(RDF_TYPE), NamedNode(DCAT_DATASET))]
    triples += [
        Triple(name, NamedNode("urn:p"), Literal(text, datatype=NamedNode("urn:type")) if typed else Literal(text))
        for text, typed in texts
    ]
    data = serialize((Quad(*triple, name) for triple in triples), format=RdfFormat.N_QUADS)
    assert data is not None
    (found,) = dump.records(data, media.N_QUADS)
    assert dump.written(found.statements) == canonical(triples)
    assert len(dump.values(canonical(triples))[0]) == len(found.statements) - 1
