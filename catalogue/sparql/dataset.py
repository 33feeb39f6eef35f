"""Which graphs does a query name as its dataset?

The engine reads `FROM` itself, but answers over several as over a bag: a triple in two graphs counts twice. The
standard says that the default graph is their merge, so the worker makes it, and must know the graphs.

Spec: SPARQL 1.1 §13.2 (dataset clauses), §4.1.1 (relative IRIs and prefixed names).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from .tokens import Token, read, unescape

_LOCAL_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Dataset:
    """IRIs of the graphs that make the default graph, and of those that `GRAPH` reaches, each once."""

    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.default or self.named)


# The default graph of the store and all its named ones.
WHOLE = Dataset()


def stated(text: str, base_iri: str) -> Dataset:
    """Read the dataset clauses of a query that the guard has let pass; empty when there are none.

    Args:
        text: The query.
        base_iri: What relative IRIs are resolved against until the query states a BASE.
    """
    default: dict[str, None] = {}
    named: dict[str, None] = {}
    names = _Names(base_iri)
    tokens = read(text)
    depth = 0
    for token in tokens:
        depth += (token.text in {"{", "("}) - (token.text in {"}", ")"})
        if depth == 0 and token.word in {"BASE", "PREFIX"}:
            names.declare(token, tokens)
        elif depth == 0 and token.word == "FROM":
            following = next(tokens, None)
            place = default
            if following is not None and following.word == "NAMED":
                place, following = named, next(tokens, None)
            iri = names.iri(following)
            if iri is not None:
                place[iri] = None
    return Dataset(tuple(default), tuple(named))


class _Names:
    """What the prologue declares."""

    def __init__(self, base_iri: str) -> None:
        self._base = base_iri
        self._prefixes: dict[str, str] = {}

    def declare(self, keyword: Token, tokens: Iterator[Token]) -> None:
        if keyword.word == "BASE":
            self._base = self.iri(next(tokens, None)) or self._base
            return
        name = next(tokens, None)
        iri = self.iri(next(tokens, None))
        if name is not None and iri is not None:
            self._prefixes[name.text.removesuffix(":")] = iri

    def iri(self, token: Token | None) -> str | None:
        """The IRI that a token names; None when it names none."""
        if token is None:
            return None
        if token.kind == "iri":
            return urljoin(self._base, unescape(token.text[1:-1]))
        prefix, colon, local = token.text.partition(":")
        if token.kind != "name" or not colon or prefix not in self._prefixes:
            return None
        return self._prefixes[prefix] + _LOCAL_ESCAPE.sub(r"\1", local)
