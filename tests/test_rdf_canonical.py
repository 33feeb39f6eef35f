"""The canonical bytes of a description: one form, whatever the order."""

from __future__ import annotations

import hashlib
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from catalogue.rdf.canonical import canonical, digest, read

S, P = NamedNode("http://example.org/s"), NamedNode("http://example.org/p")
LITERALS = st.text(max_size=10).map(Literal) | st.text('\r\n\x00\x85\u2028"\\', max_size=6).map(Literal)


@settings(max_examples=200, deadline=None, database=None)
@given(
    st.lists(st.builds(Triple, st.sampled_from([S, P]), st.just(P), LITERALS | st.just(S)), max_size=8),
    st.randoms(),
)
def test_the_order_does_not_show_and_nothing_is_lost(triples: list[Triple], chance: Random) -> None:
    shuffled = triples * 2
    chance.shuffle(shuffled)
    content = canonical(shuffled)
    assert content == canonical(triples)
    assert set(read(content)) == set(triples)
    assert content == b"".join(sorted(content.splitlines(keepends=True)))


def test_each_line_is_one_canonical_n_triple() -> None:
    triples = [Triple(S, P, Literal("b\n", language="en")), Triple(S, P, Literal("a")), Triple(P, P, S)]
    assert canonical(triples) == (
        b"<http://example.org/p> <http://example.org/p> <http://example.org/s> .\n"
        b'<http://example.org/s> <http://example.org/p> "a" .\n'
        b'<http://example.org/s> <http://example.org/p> "b\\n"@en .\n'
    )


def test_nothing_is_no_bytes() -> None:
    assert canonical([]) == b""


@pytest.mark.parametrize("triple", [Triple(BlankNode("a"), P, S), Triple(S, P, BlankNode("a"))])
def test_a_blank_node_has_no_canonical_form(triple: Triple) -> None:
    with pytest.raises(ValueError, match="blank node"):
        canonical([triple])


def test_the_digest_is_sha_256_in_hex() -> None:
    assert digest(b"abc") == hashlib.sha256(b"abc").hexdigest()
