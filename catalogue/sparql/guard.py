"""May this text run as a public SPARQL query, and which form has it?

Pure, but for the turns that long texts take. The engine performs `SERVICE` calls by itself and has no switch for that,
so they are found here; the workers are cut off from the network besides. Only those of listed endpoints pass, to be
replaced by what the endpoint answers before the query runs (see `federation`). Updates cannot run anyway (the workers'
store is read-only): they are refused for a clear message. `FROM` and `FROM NAMED` only ever name graphs of the store.

The engine's parser has no tokeniser: it reads characters by grammar rule, so it can read one text differently from
the specification's longest match. `?a<?b#>` is an IRI to the one and a comparison and a comment to the other;
`SERVICEex:a` is a name to the one and a keyword and a name to the other. Such places are read both ways.

Spec: SPARQL 1.1 §19 (https://www.w3.org/TR/sparql11-query/#sparqlGrammar), with the engine's SPARQL 1.2 additions.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from catalogue.errors import LimitExceeded, QueryRefused, Unavailable

from .federation import Call, find
from .tokens import Reader, Token, malformed, place, read, unescape

# The engine overflows an 8 MB stack between 1,000 and 5,000 nested brackets (measured, 0.5.13).
MAX_DEPTH = 200
# To read 100 kB takes 0.2 s of the interpreter from all pages, and 20 MB (measured). So texts of more bytes than this
# (10 ms) are read one at a time, and few may wait, each holding a thread of the server.
_LONG, _MOST_READERS = 5_000, 8
_readers, _reading = threading.BoundedSemaphore(_MOST_READERS), threading.Lock()


class Form(StrEnum):
    """The four query forms (SPARQL 1.1 §16)."""

    SELECT = "SELECT"
    ASK = "ASK"
    CONSTRUCT = "CONSTRUCT"
    DESCRIBE = "DESCRIBE"


@dataclass(frozen=True, slots=True)
class Query:
    """A text that passed the guard; the engine may still find it malformed.

    `graphs`: it names graphs (GRAPH, FROM), so that the default graph alone does not answer it. `steady`: it gives the
    same answer as long as the data stays the same (no NOW, RAND, UUID, STRUUID, BNODE, no call). `calls`: what other
    endpoints have to be asked before it can run.
    """

    text: str
    form: Form
    graphs: bool
    steady: bool
    calls: tuple[Call, ...] = ()


def check(text: str, *, limit: int, services: Collection[str] = ()) -> Query:
    """Let a query pass, or say why not.

    Args:
        text: The query as received.
        limit: Most bytes of it in UTF-8 (setting `query_bytes`).
        services: Addresses of endpoints that it may call (setting `query_services`).

    Raises:
        LimitExceeded: Too long, brackets nested deeper than `MAX_DEPTH`, or too many calls.
        QueryRefused: An update, or `SERVICE` in any reading of the text, but for calls that `federation.find` takes.
        MalformedQuery: No query form, an open string, an undeclared prefix; with `line` and `column`.
        Unavailable: Too many long texts are being read.

    Source: SPARQL 1.1 §19.2 (escapes first), §19.8 (tokens: longest match, keywords without case).
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        malformed(text, error.start, "is not a character")
    if size > limit:
        raise LimitExceeded(
            f"The query has {size} bytes; at most {limit} are taken.",
            mend="Shorten the query, or split it.",
            limit=limit,
            setting="query_bytes",
        )
    with _turn(size):
        return _checked(text, services)


@contextmanager
def _turn(size: int) -> Iterator[None]:
    if size <= _LONG:
        yield
        return
    if not _readers.acquire(blocking=False):
        raise Unavailable("Too many long queries are being read.", mend="Try again soon.", retry_after=1)
    try:
        with _reading:
            yield
    finally:
        _readers.release()


def _checked(text: str, services: Collection[str]) -> Query:
    tokens = list(read(text))
    begin = _begin(text, tokens)
    _check_depth(tokens)
    calls = find(text, tokens, begin.start, services) if services else ()
    _check_services(text, tokens, {call.start for call in calls})
    _check_other_readings(text, tokens)
    _check_prefixes(text, tokens)
    words = {token.word for token in tokens}
    steady = not words & _UNSTEADY and not calls
    return Query(text, Form[begin.word], graphs=bool(words & _GRAPHS), steady=steady, calls=calls)


# In capitals wherever they stand: a variable is no keyword, so at most too many queries count as such.
_GRAPHS = {"GRAPH", "FROM"}
_UNSTEADY = {"NOW", "RAND", "UUID", "STRUUID", "BNODE"}
_PROLOGUE = {"PREFIX", "BASE", "VERSION"}
_UPDATES = {"INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"}


def _begin(text: str, tokens: list[Token]) -> Token:
    """The first keyword after the prologue."""
    for previous, token in zip([None, *tokens], tokens, strict=False):
        if previous is not None and previous.word == "PREFIX":
            continue
        if token.word in _UPDATES:
            raise QueryRefused(
                f"This is an update ({token.word}); only queries are answered here.",
                mend="Ask with SELECT, ASK, CONSTRUCT or DESCRIBE. Records are changed by submitting them.",
            )
        if token.word in Form.__members__:
            return token
        if token.kind not in {"iri", "string"} and token.word not in _PROLOGUE:
            malformed(text, token.start, "is not where a query begins: SELECT, ASK, CONSTRUCT or DESCRIBE")
    malformed(text, len(text), "ends the text before SELECT, ASK, CONSTRUCT or DESCRIBE")


def _check_depth(tokens: list[Token]) -> None:
    depth = 0
    for token in tokens:
        if token.text in {"(", "{", "["}:
            depth += 1
        elif token.text in {")", "}", "]"}:
            depth -= 1
        if depth > MAX_DEPTH:
            raise LimitExceeded(
                f"Brackets are nested more than {MAX_DEPTH} deep.", mend="Flatten the query.", limit=MAX_DEPTH
            )


def _check_services(text: str, tokens: list[Token], taken: Collection[int]) -> None:
    """Refuse `SERVICE` as a keyword, also where the engine alone sees one: glued to what is before or after.

    `taken`: positions of the calls that may be made.
    """
    reader = Reader(text)
    for previous, token in zip([None, *tokens], tokens, strict=False):
        if token.start in taken or token.kind != "name" or "SERVICE" not in token.text.partition(":")[0].upper():
            continue
        # A prefixed name such as `service:a` can only be taken for a call before a group.
        in_graph = previous is not None and previous.word == "GRAPH"
        if token.word or (not in_graph and text.startswith("{", reader.skip(token.end))):
            _refuse_service(text, token.start)


def _check_other_readings(text: str, tokens: list[Token]) -> None:
    """Refuse a call that shows when escapes are replaced first (§19.2), or `<` is taken for a comparison."""
    _explore(text, {token.start for token in tokens}, [token.start + 1 for token in tokens if _ambiguous(token)])
    unescaped = unescape(text)
    if unescaped != text:
        _explore(unescaped, set(), [0])


def _ambiguous(token: Token) -> bool:
    """Whether the two readings of an IRI may go apart after its end: a comment or a string begins in it."""
    return token.kind == "iri" and ("#" in token.text or "'" in token.text)


def _explore(text: str, known: set[int], starts: list[int]) -> None:
    """Read on from each start until a position that was read before, and refuse calls on the way."""
    reader = Reader(text)
    budget = 4 * len(text)  # readings may overlap within long strings; honest texts need far less
    while starts:
        token = reader.token(starts.pop())
        while token and token.start not in known:
            known.add(token.start)
            if token.kind == "quote" and token.text * 3 != text[token.start : token.start + 3]:
                break  # no engine reads on here
            budget -= token.end - token.start
            if token.kind == "quote" or budget < 0:
                malformed(text, token.start, "can be read in several ways; put white space around < and quotes")
            if token.kind == "name" and _calls(reader, token):
                _refuse_service(text, token.start)
            if _ambiguous(token):
                starts.append(token.start + 1)
            token = reader.token(token.end)


def _calls(reader: Reader, token: Token) -> bool:
    """Whether a name is `SERVICE`, perhaps glued to others, and stands before [SILENT] [endpoint] and a group."""
    if "SERVICE" not in token.text.partition(":")[0].upper():
        return False
    following = reader.token(token.end)
    if following and following.word == "SILENT":
        following = reader.token(following.end)
    if following and following.kind in {"iri", "variable", "name"}:
        following = reader.token(following.end)
    return following is not None and following.text == "{"


def _check_prefixes(text: str, tokens: list[Token]) -> None:
    """Name an undeclared prefix; the engine only says that it expected something else there."""
    declared = {"_"}
    for previous, token in zip([None, *tokens], tokens, strict=False):
        if token.kind != "name" or token.word:
            continue
        prefix = token.text.partition(":")[0]
        if previous is not None and previous.word == "PREFIX":
            declared.add(prefix)
        elif prefix not in declared:
            malformed(text, token.start, f"uses the prefix {prefix[:80]}: which is not declared")


def _refuse_service(text: str, position: int) -> NoReturn:
    line, column = place(text, position)
    raise QueryRefused(
        f"The query calls another endpoint (SERVICE) at line {line}, column {column}; this is not done here.",
        mend="Ask this catalogue only, and join with other endpoints on your side.",
        line=line,
        column=column,
    )
