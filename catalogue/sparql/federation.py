"""Which parts of a query are for other endpoints, and how do their answers come into it?

Pure: `catalogue.services.federating` asks. The pattern of `SERVICE [SILENT] <address> { pattern }` is evaluated there
on its own and joined (Federated Query §4), so rows in its place give the same result, and what runs here calls nobody.
Inside EXISTS and LATERAL the engine puts each solution into the pattern first: there rows are not the same.

Spec: https://www.w3.org/TR/sparql11-federated-query/ ; https://www.w3.org/TR/sparql11-results-json/
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from pyoxigraph import Literal, NamedNode

from catalogue.errors import LimitExceeded, QueryRefused, QueryTooLarge

from .tokens import Token, malformed, place, unescape

MAX_CALLS = 5
MAX_ROWS = 10_000
MAX_BYTES = 5_000_000
# What a silent call that fails stands for: one solution without bindings (Federated Query §4).
NOTHING = " { } "
# The engine reads keywords without white space between them too: `FILTEREXISTS`.
_SUBSTITUTING = ("EXISTS", "LATERAL")
_SKOLEM = "urn:health-catalogue:service:"
_TERM = {"type", "value", "xml:lang", "datatype"}
_ESCAPED = re.compile(r"\\\\([uU])|\\.")


@dataclass(frozen=True, slots=True)
class Call:
    """A call of another endpoint.

    `question`: what it is asked, a whole query but for our base IRI. `variables`: names in the pattern. `start`, `end`:
    where the call stands in the text.
    """

    endpoint: str
    silent: bool
    question: str
    variables: frozenset[str]
    start: int
    end: int
    line: int
    column: int


def find(text: str, tokens: Sequence[Token], prologue: int, listed: Collection[str]) -> tuple[Call, ...]:
    """Find the calls of a query, in their order, each of a listed endpoint and in a place where rows can stand.

    Args:
        text: The query.
        tokens: All of its tokens.
        prologue: Where the prologue ends: the position of SELECT, ASK, CONSTRUCT or DESCRIBE.
        listed: Addresses that may be called, as they must be written.

    Raises:
        QueryRefused: A call that cannot be made; details `line`, `column`.
        LimitExceeded: More than `MAX_CALLS`.
        MalformedQuery: A group of the query is not closed.
    """
    starts = [index for index, token in enumerate(tokens) if token.word == "SERVICE"]
    if not starts:
        return ()
    if len(starts) > MAX_CALLS:
        raise LimitExceeded(
            f"The query calls other endpoints {len(starts)} times.",
            mend=f"Call at most {MAX_CALLS} times, or split the query.",
            limit=MAX_CALLS,
        )
    _check_escapes(text)
    closing = _closing(text, tokens)
    calls: list[Call] = []
    for index in starts:
        _check_place(text, tokens, index, closing, calls)
        calls.append(_call(text, tokens, index, closing, prologue, listed))
    return tuple(calls)


def fill(text: str, answers: Iterable[tuple[Call, str]]) -> str:
    """Put what was answered in the place of each call. Lines keep their numbers, for the engine's messages."""
    parts, at = list[str](), 0
    for call, group in answers:
        parts += (text[at : call.start], group, "\n" * text.count("\n", call.start, call.end))
        at = call.end
    return "".join((*parts, text[at:]))


def rows(body: bytes, call: Call, *, room: int) -> str:
    """Read the results that an endpoint gives, which may be hostile, and write them as inline data.

    Blank nodes become IRIs of this one answer, so that they stay the same within it.

    Args:
        body: SPARQL results in JSON.
        call: What was asked; other variables than its own are not taken.
        room: Most bytes of the inline data in UTF-8.

    Raises:
        ValueError: Not such results, or a term in them that is none.
        QueryTooLarge: More than `MAX_ROWS`, or more than there is room for.
    """
    names, bindings = _results(body)
    if len(bindings) > MAX_ROWS:
        raise QueryTooLarge(
            f"{called(call)} answers with {len(bindings):,} rows; at most {MAX_ROWS:,} are taken.",
            mend="Narrow the pattern, or put a SELECT with a LIMIT inside the braces.",
            limit=MAX_ROWS,
        )
    if len(set(names)) < len(names) or not call.variables.issuperset(names):
        raise ValueError("variables that the pattern does not have")
    parts = list[str]()
    for part in _inline(names, bindings):
        parts.append(part)
        room -= len(part.encode())
        if room < 0:
            too_long(call)
    return "".join(parts)


def called(call: Call) -> str:
    """A call in words."""
    return f"The endpoint {call.endpoint} (SERVICE at line {call.line}, column {call.column})"


def too_long(call: Call) -> NoReturn:
    """Raise QueryTooLarge: the answers of the endpoints have more bytes than are taken."""
    raise QueryTooLarge(
        f"{called(call)} answers with too much: at most {MAX_BYTES / 1_000_000:g} MB are taken for one query.",
        mend="Narrow the pattern, or put a SELECT of fewer variables with a LIMIT inside the braces.",
        limit=MAX_BYTES,
    )


# -- calls -----------------------------------------------------------------------------------------------------------


def _call(
    text: str, tokens: Sequence[Token], index: int, closing: dict[int, int], prologue: int, listed: Collection[str]
) -> Call:
    after = [*tokens[index + 1 : index + 4], *[Token("end", len(text), len(text), "")] * 3]
    silent = after[0].word == "SILENT"
    endpoint, opening = after[silent], index + 2 + silent
    if endpoint.kind != "iri":
        _refuse(text, endpoint.start, "names no address", "Write the address in full between < and >.")
    address = endpoint.text[1:-1]
    if address not in listed:
        known = ", ".join(f"<{each}>" for each in listed)
        _refuse(text, endpoint.start, f"calls <{address[:200]}>, which is not listed here", f"Listed: {known}.")
    if opening not in closing:
        malformed(text, after[1 + silent].start, "is not where the group of a SERVICE begins")
    start, end = tokens[index].start, tokens[closing[opening]].end
    inside = tokens[opening : closing[opening]]
    line, column = place(text, start)
    return Call(
        endpoint=address,
        silent=silent,
        # The pattern as it was sent: it ends with its own brace, so that no comment in it goes on behind it.
        question=f"{text[:prologue]}\nSELECT * WHERE {text[tokens[opening].start : end]}",
        variables=frozenset(token.text[1:] for token in inside if token.kind == "variable"),
        start=start,
        end=end,
        line=line,
        column=column,
    )


def _check_escapes(text: str) -> None:
    """What is read twice is not sent on: some engines replace escapes before they look for calls, some after."""
    plain = unescape(text)
    if plain != text:
        position = next((at for at, pair in enumerate(zip(text, plain, strict=False)) if len(set(pair)) > 1), 0)
        _refuse(text, position, "stands beside an escape such as \\u0041", "Write the characters themselves.")


def _check_place(
    text: str, tokens: Sequence[Token], index: int, closing: dict[int, int], before: Sequence[Call]
) -> None:
    start = tokens[index].start
    if before and start < before[-1].end:
        _refuse(text, start, "stands inside another SERVICE", "Ask that endpoint beside the other, not through it.")
    for opening, close in closing.items():
        word = tokens[opening - 1].word if opening else ""
        if opening < index < close and word.endswith(_SUBSTITUTING):
            _refuse(
                text,
                start,
                f"stands inside {word}, where the pattern would have to be asked once for each solution",
                "Join with it, or use MINUS or OPTIONAL.",
            )


def _closing(text: str, tokens: Sequence[Token]) -> dict[int, int]:
    """The index of the closing brace of each opening one."""
    found, opened = dict[int, int](), list[int]()
    for index, token in enumerate(tokens):
        if token.text == "{":
            opened.append(index)
        elif token.text == "}" and opened:
            found[opened.pop()] = index
    if opened:
        malformed(text, tokens[opened[-1]].start, "opens a group that is not closed")
    return found


def _refuse(text: str, position: int, why: str, mend: str) -> NoReturn:
    line, column = place(text, position)
    raise QueryRefused(
        f"At line {line}, column {column}, the query calls another endpoint (SERVICE); it {why}.",
        mend=mend,
        line=line,
        column=column,
    )


# -- answers ---------------------------------------------------------------------------------------------------------


def _results(body: bytes) -> tuple[list[str], list[dict[str, Any]]]:
    # Not by the engine's reader: terms nested very deep overflow its stack (measured, 0.5.13).
    try:
        answer = json.loads(body)
        names, bindings = answer["head"]["vars"], answer["results"]["bindings"]
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("something that is no table of results") from error
    well = isinstance(names, list) and isinstance(bindings, list) and all(isinstance(name, str) for name in names)
    if not well or not all(isinstance(row, dict) and row.keys() <= set(names) for row in bindings):
        raise ValueError("something that is no table of results")
    return names, bindings


def _inline(names: Sequence[str], bindings: Iterable[dict[str, Any]]) -> Iterator[str]:
    """`VALUES (?a ?b) { … }`, each term on a line of its own.

    So no other reading of an IRI with `#` or `'` (see `guard`) goes beyond it. A line ends with a carriage return,
    which the engine does not count.
    """
    answer, nodes = uuid.uuid4().hex, dict[str, str]()
    yield f"\rVALUES ({' '.join(f'?{name}' for name in names)}) {{\r"
    for row in bindings:
        yield "("
        for name in names:
            yield (_term(row[name], answer, nodes) if name in row else "UNDEF") + "\r"
        yield ")\r"
    yield "}\r"


def _term(found: Any, answer: str, nodes: dict[str, str]) -> str:
    """A term as SPARQL writes it; `nodes` are the blank nodes of the answer that were seen before."""
    if not isinstance(found, dict) or not found.keys() <= _TERM or not isinstance(found.get("value"), str):
        raise ValueError("something that is no term")
    value, language, datatype = found["value"], found.get("xml:lang"), found.get("datatype")
    match found.get("type"):
        case "uri":
            return _iri(value)
        case "bnode":
            return _iri(nodes.setdefault(value, f"{_SKOLEM}{answer}-{len(nodes)}"))
        case "literal" | "typed-literal" if language is not None and isinstance(language, str):
            return _stable(str(Literal(value, language=language)))
        case "literal" | "typed-literal" if datatype is not None and isinstance(datatype, str):
            return f"{_stable(str(Literal(value)))}^^{_iri(datatype)}"
        case "literal" | "typed-literal" if language is None and datatype is None:
            return _stable(str(Literal(value)))
    raise ValueError("something that is no IRI, blank node or literal")


def _iri(value: str) -> str:
    # Where `<` is read as a comparison, three quotes begin a text that goes on over the lines that follow.
    if "'''" in value:
        raise ValueError("an IRI with three quotes, which can be read in several ways")
    return str(NamedNode(value))


def _stable(term: str) -> str:
    r"""A literal that means the same whether `\uXXXX` is replaced before strings are read or after (§19.2)."""

    def again(match: re.Match[str]) -> str:
        return rf"\\\u{ord(match[1]):04X}" if match[1] else match[0]

    return _ESCAPED.sub(again, term)
