"""What do those ask who want to bring the query service down?

Queries by the way in which they are meant to do harm, each with the statuses that are a sound answer to it. A `200`
may be cut: an answer that is too slow or too large when rows are already on their way ends in the middle of its
transfer. Whoever asks among many may also get `503` (no process is free) or `429` (the address has used its share).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

QUERY_BYTES = 100_000  # the default of `query_bytes`


@dataclass(frozen=True, slots=True)
class Hostile:
    """A query: its kind, its name within it, the text, and the statuses that may come."""

    kind: str
    name: str
    text: str
    statuses: tuple[int, ...]


def queries(limit: int = QUERY_BYTES) -> list[Hostile]:
    """All of them; `limit` is the longest text that the service takes, in bytes."""
    makers = (_paths, _products, _values, _texts, _patterns, _nested, _chains, _growing, _sorted, _graphs)
    return [Hostile(make.__name__[1:], *found) for make in makers for found in make(limit)]


# Name, text, statuses.
_Found = tuple[str, str, tuple[int, ...]]
_ENDED = (503,)
_ANY = (200, 503)
_READ_OR_NOT = (200, 400, 500, 503)
_ALL = "?a ?b ?c . ?d ?e ?f"


def _paths(_limit: int) -> Iterator[_Found]:
    step = "(!<urn:x>|^(!<urn:x>))"
    yield "closure of everything", f"SELECT (COUNT(*) AS ?n) {{ ?a {step}* ?b . ?c {step}* ?d }}", _ENDED
    yield "closures in a row", f"SELECT * {{ ?a {step}+/{step}+/{step}+/{step}* ?b FILTER(?a = <urn:none>) }}", _ANY
    yield "closure of closures", f"ASK {{ ?a (({step}*)+/({step}?)*)* ?b . FILTER(STR(?b) = 'none') }}", _ANY
    yield "empty paths", "SELECT (COUNT(*) AS ?n) { ?a <urn:x>? ?b . ?c <urn:x>* ?d . ?e <urn:x>? ?f }", _ENDED


def _products(_limit: int) -> Iterator[_Found]:
    yield "counted", f"SELECT (COUNT(*) AS ?n) {{ {_ALL} . ?g ?h ?i }}", _ENDED
    yield "streamed", f"SELECT * {{ {_ALL} . ?g ?h ?i }}", _ANY
    yield "as a graph", f"CONSTRUCT {{ ?a ?e ?i }} {{ {_ALL} . ?g ?h ?i }}", _ANY
    yield "optional", "SELECT * { ?a ?b ?c OPTIONAL { ?d ?e ?f FILTER(?f = ?c + 1) } }", _ANY
    yield "subtracted", "SELECT * { ?a ?b ?c MINUS { ?d ?e ?f . ?a ?h ?i FILTER(?i < ?f) } }", _ANY
    yield "of 1,000 patterns", f"ASK {{ {' '.join(f'?a{n} ?b{n} ?c{n} .' for n in range(1000))} }}", _READ_OR_NOT


def _values(limit: int) -> Iterator[_Found]:
    rows = "".join(f"({number})" for number in range(limit // 10))
    just = f"SELECT (COUNT(*) AS ?n) {{ VALUES (?a) {{ {rows} }} VALUES (?b) {{ (1)(2)(3) }} }}"
    yield "just under the limit", f"{just}{' ' * (limit - len(just))}", (200,)
    yield "just above the limit", f"{just}{' ' * (limit - len(just) + 1)}", (413,)
    ten = "{ 0 1 2 3 4 5 6 7 8 9 }"
    tables = " ".join(f"VALUES ?v{number} {ten}" for number in range(20))
    yield "multiplied", f"SELECT (SUM(?v0 + ?v19) AS ?n) {{ {tables} }}", _ENDED
    yield "multiplied in subqueries", f"ASK {{ {{ SELECT DISTINCT * {{ {tables} }} }} FILTER(?v0 > ?v1 + 10) }}", _ANY


def _texts(limit: int) -> Iterator[_Found]:
    yield "of a megabyte", f"ASK {{ FILTER('{'x' * 1_000_000}' = '') }}", (413,)
    yield "one string", f"ASK {{ FILTER('{'x' * (limit - 100)}' = '') }}", (200,)
    yield "one comment", f"ASK {{ }} #{'x' * (limit - 100)}", (200,)
    yield "only brackets", "(" * (limit - 10), (400, 413)
    yield "only quotes", "'" * (limit - 10), (400,)
    yield "readings of <", f"SELECT * {{ FILTER({'?a<?b#>' * (limit // 10)}) }}", (400,)
    yield "an update", "DELETE WHERE { ?s ?p ?o }", (400,)
    yield "another server", "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", (400,)


def _patterns(_limit: int) -> Iterator[_Found]:
    several = f"{_ALL} FILTER(REGEX(CONCAT(STR(?c), STR(?f)), %s))"
    yield "backtracking", f"SELECT (COUNT(*) AS ?n) {{ {several % repr('(a+)+(b|a|ab)*z$')} }}", _ENDED
    yield "repeated", "SELECT * { ?a ?b ?c FILTER(REGEX(STR(?c), '((((.{1,99}){1,99}){1,99}){1,99}){1,99}')) }", _ANY
    yield "one each", f"SELECT * {{ {_ALL} FILTER(REGEX(STR(?c), CONCAT('(', STR(?f), ')*(.*)*$'))) }}", _ANY
    yield "replaced", "SELECT * { ?a ?b ?c BIND(REPLACE(STR(?c), '', '$0$0$0$0$0$0$0$0') AS ?d) . ?e ?f ?g }", _ANY
    wide = r"\\p{L}{500}" * 20
    yield "wide classes", f"ASK {{ ?a ?b ?c FILTER(REGEX(STR(?c), '{wide}', 'i')) }}", _ANY


def _nested(_limit: int) -> Iterator[_Found]:
    def deep(opening: str, inside: str, closing: str, times: int) -> str:
        return f"ASK {{ {opening * times}{inside}{closing * times} }}"

    yield "brackets beyond the guard", f"ASK {{ FILTER({'(' * 5000}1{')' * 5000}) }}", (413,)
    yield "groups beyond the guard", deep("{", "?a ?b ?c", "}", 5000), (413,)
    yield "brackets", f"ASK {{ FILTER({'(' * 190}1{')' * 190}) }}", (200,)
    yield "groups", deep("{", "?a ?b ?c", "}", 190), _READ_OR_NOT
    yield "subqueries", deep("{ SELECT * { ?a ?b ?c ", "", "} }", 95), _READ_OR_NOT
    yield "optionals", deep("?a ?b ?c OPTIONAL {", "?a ?b ?c", "}", 190), _READ_OR_NOT
    yield "negations", deep("?a ?b ?c FILTER NOT EXISTS {", "?c ?b ?a", "}", 190), _READ_OR_NOT


def _chains(limit: int) -> Iterator[_Found]:
    def many(part: str) -> str:
        return part * ((limit - 100) // len(part))

    yield "of negations", f"ASK {{ FILTER({many('!')}true) }}", _READ_OR_NOT
    yield "of signs", f"ASK {{ FILTER(1 = {many('- ')}1) }}", _READ_OR_NOT
    yield "of sums", f"ASK {{ FILTER(0 = 1{many('+1')}) }}", _READ_OR_NOT
    yield "of alternatives", f"ASK {{ FILTER(false{many('||false')}) }}", _READ_OR_NOT
    yield "of unions", f"ASK {{ {{ }}{many('UNION{?a ?b ?c}')} }}", _READ_OR_NOT
    yield "of optionals", f"SELECT * {{ {many('OPTIONAL{?a ?b ?c}')} }}", _READ_OR_NOT
    yield "of subtractions", f"SELECT * {{ ?a ?b ?c {many('MINUS{?a ?b ?c}')} }}", _READ_OR_NOT
    yield "of steps", f"ASK {{ ?a <a>{many('/<a>')} ?b }}", _READ_OR_NOT
    yield "of inverse steps", f"ASK {{ ?a {many('^')}<a> ?b }}", _READ_OR_NOT
    yield "of ways", f"ASK {{ ?a <a>{many('|<a>')} ?b }}", _READ_OR_NOT
    yield "of filters", f"ASK {{ ?a ?b ?c {many('FILTER(?a!=?b)')} }}", _READ_OR_NOT


_GROW = " ".join(f"BIND(CONCAT({', '.join([f'?x{n}'] * 1000)}) AS ?x{n + 1})" for n in range(3))


def _growing(_limit: int) -> Iterator[_Found]:
    yield "concatenated", f"SELECT (STRLEN(?x3) AS ?n) {{ BIND('abcdefgh' AS ?x0) {_GROW} }}", _ANY
    yield "kept", f"SELECT ?x2 {{ ?s ?p ?x0 {_GROW} }} ORDER BY ?x2", _ENDED
    yield "grouped", f"SELECT (GROUP_CONCAT(CONCAT(STR(?c), STR(?f))) AS ?x) {{ {_ALL} }}", _ENDED
    yield "grouped by all", f"SELECT ?a ?d (SAMPLE(?f) AS ?x) {{ {_ALL} }} GROUP BY ?a ?b ?c ?d ?e ?f", _ENDED
    yield "encoded", f"SELECT (ENCODE_FOR_URI(?x2) AS ?y) {{ ?s ?p ?o BIND('é' AS ?x0) {_GROW} }}", _ANY


def _sorted(_limit: int) -> Iterator[_Found]:
    yield "a product", f"SELECT * {{ {_ALL} }} ORDER BY ?c ?f", _ENDED
    yield "by text", f"SELECT ?a {{ {_ALL} }} ORDER BY DESC(CONCAT(STR(?c), STR(?f))) LIMIT 5", _ENDED
    yield "distinct", f"SELECT DISTINCT * {{ {_ALL} }}", _ANY
    yield "by chance", f"SELECT * {{ {_ALL} }} ORDER BY RAND() OFFSET 1000000000", _ENDED


def _graphs(limit: int) -> Iterator[_Found]:
    names = " ".join(f"FROM <urn:x:{number}>" for number in range((limit - 100) // 22))
    yield "named a thousand times", f"SELECT * {names} {{ ?a ?b ?c }}", _READ_OR_NOT
    yield (
        "multiplied",
        "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?a ?b ?c } GRAPH ?h { ?d ?e ?f } GRAPH ?i { ?g ?j ?k } }",
        _ANY,
    )
    yield "described", f"DESCRIBE * {{ {_ALL} }}", _ANY
