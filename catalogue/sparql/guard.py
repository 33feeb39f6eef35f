"""May this text run as a public SPARQL query, and which form has it?

Pure. The engine performs `SERVICE` calls by itself and has no switch for that, so they are found here; the workers
are cut off from the network besides. Updates cannot run anyway (the workers' store is read-only): they are
refused for a clear message. `FROM` and `FROM NAMED` only ever name graphs of the store.

The engine's parser has no tokeniser: it reads characters by grammar rule, so it can read one text differently from
the specification's longest match. `?a<?b#>` is an IRI to the one and a comparison and a comment to the other;
`SERVICEex:a` is a name to the one and a keyword and a name to the other. Such places are read both ways.

Spec: SPARQL 1.1 §19 (https://www.w3.org/TR/sparql11-query/#sparqlGrammar), with the engine's SPARQL 1.2 additions.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from catalogue.errors import LimitExceeded, MalformedQuery, QueryRefused

# The engine overflows an 8 MB stack between 1,000 and 5,000 nested brackets (measured, 0.5.13).
MAX_DEPTH = 200


class Form(StrEnum):
    """The four query forms (SPARQL 1.1 §16)."""

    SELECT = "SELECT"
    ASK = "ASK"
    CONSTRUCT = "CONSTRUCT"
    DESCRIBE = "DESCRIBE"


@dataclass(frozen=True, slots=True)
class Query:
    """A text that passed the guard; the engine may still find it malformed."""

    text: str
    form: Form


def check(text: str, *, limit: int) -> Query:
    """Let a query pass, or say why not.

    Args:
        text: The query as received.
        limit: Most bytes of it in UTF-8 (setting `query_bytes`).

    Raises:
        LimitExceeded: Too long, or brackets nested deeper than `MAX_DEPTH`.
        QueryRefused: An update, or `SERVICE` in any reading of the text.
        MalformedQuery: No query form, an open string, an undeclared prefix; with `line` and `column`.

    Source: SPARQL 1.1 §19.2 (escapes first), §19.8 (tokens: longest match, keywords without case).
    """
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        _malformed(text, error.start, "is not a character")
    if size > limit:
        raise LimitExceeded(
            f"The query has {size} bytes; at most {limit} are taken.",
            mend="Shorten the query, or split it.",
            limit=limit,
            setting="query_bytes",
        )
    tokens = list(_main_reading(text))
    form = _form(text, tokens)
    _check_depth(tokens)
    _check_services(text, tokens)
    _check_other_readings(text, tokens)
    _check_prefixes(text, tokens)
    return Query(text, form)


@dataclass(frozen=True, slots=True)
class _Token:
    """A token: its kind (a group of `_TOKEN`), where it begins and ends, what it says."""

    kind: str
    start: int
    end: int
    text: str

    @property
    def word(self) -> str:
        """The keyword in capitals, or an empty string."""
        return self.text.upper() if self.kind == "name" and ":" not in self.text else ""


_ESCAPE = (
    r"""\\[tbnrf"'\\]|\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4}"""
    r"""|\\U(?!0000[dD][89a-fA-F])00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4}"""
)
_WIDE = "\x80-\U0010ffff"
_LOCAL_CHAR = rf"[A-Za-z0-9_:{_WIDE}]|%[0-9a-fA-F]{{2}}|\\[_~.\-!$&'()*+,;=/?\#@%]"
_LOCAL = rf"(?:(?:{_LOCAL_CHAR})(?:\.*+(?:-|{_LOCAL_CHAR}))*+)?+"
# Names that the specification splits at a dot are left whole: what matters is what they contain.
_TOKEN = re.compile(
    rf"""
      (?P<iri>      <[^<>"{{}}|^`\x00-\x20]*+> )
    | (?P<string>   \"\"\"(?:[^"\\]|{_ESCAPE}|"(?!""))*+\"\"\" | '''(?:[^'\\]|{_ESCAPE}|'(?!''))*+'''
                  | "(?!"")(?:[^"\\\r\n]|{_ESCAPE})*+" | '(?!'')(?:[^'\\\r\n]|{_ESCAPE})*+' )
    | (?P<name>     (?:[A-Za-z_{_WIDE}][A-Za-z0-9_.\-{_WIDE}]*+)(?::{_LOCAL})?+ | :{_LOCAL} )
    | (?P<variable> [?$][A-Za-z0-9_{_WIDE}]++ )
    | (?P<language> @[A-Za-z]++(?:-[A-Za-z0-9]++)*+ )
    | (?P<number>   [0-9]++ )
    | (?P<quote>    ["'] )
    | (?P<other>    . )
    """,
    re.VERBOSE | re.DOTALL,
)
_BLANK = re.compile(r"[ \t\r\n]*+")
_CODEPOINT = re.compile(r"\\u([0-9a-fA-F]{4})|\\U(00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4})")


class _Reader:
    """Steps through the tokens of a text from any position."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._line_ends = [match.start() for match in re.finditer(r"[\r\n]", text)]

    def skip(self, position: int) -> int:
        """The next position that is neither white space nor in a comment."""
        while True:
            blank = _BLANK.match(self.text, position)
            position = blank.end() if blank else position
            if not self.text.startswith("#", position):
                return position
            line = bisect_left(self._line_ends, position)
            if line == len(self._line_ends):
                return len(self.text)
            position = self._line_ends[line]

    def token(self, position: int) -> _Token | None:
        """The token at or after a position; None at the end."""
        match = _TOKEN.match(self.text, self.skip(position))
        if match is None:
            return None
        return _Token(str(match.lastgroup), match.start(), match.end(), match.group())


def _main_reading(text: str) -> Iterator[_Token]:
    reader = _Reader(text)
    token = reader.token(0)
    while token:
        if token.kind == "quote":
            _malformed(text, token.start, "opens a string that is not closed, or that holds an unknown escape")
        yield token
        token = reader.token(token.end)


_PROLOGUE = {"PREFIX", "BASE", "VERSION"}
_UPDATES = {"INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"}


def _form(text: str, tokens: list[_Token]) -> Form:
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
            return Form[token.word]
        if token.kind not in {"iri", "string"} and token.word not in _PROLOGUE:
            _malformed(text, token.start, "is not where a query begins: SELECT, ASK, CONSTRUCT or DESCRIBE")
    _malformed(text, len(text), "ends the text before SELECT, ASK, CONSTRUCT or DESCRIBE")


def _check_depth(tokens: list[_Token]) -> None:
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


def _check_services(text: str, tokens: list[_Token]) -> None:
    """Refuse `SERVICE` as a keyword, also where the engine alone sees one: glued to what is before or after."""
    reader = _Reader(text)
    for previous, token in zip([None, *tokens], tokens, strict=False):
        if token.kind != "name" or "SERVICE" not in token.text.partition(":")[0].upper():
            continue
        # A prefixed name such as `service:a` can only be taken for a call before a group.
        in_graph = previous is not None and previous.word == "GRAPH"
        if token.word or (not in_graph and text.startswith("{", reader.skip(token.end))):
            _refuse_service(text, token.start)


def _check_other_readings(text: str, tokens: list[_Token]) -> None:
    """Refuse a call that shows when escapes are replaced first (§19.2), or `<` is taken for a comparison."""
    _explore(text, {token.start for token in tokens}, [token.start + 1 for token in tokens if _ambiguous(token)])
    unescaped = _CODEPOINT.sub(lambda match: chr(int(match[1] or match[2], 16)), text)
    if unescaped != text:
        _explore(unescaped, set(), [0])


def _ambiguous(token: _Token) -> bool:
    """Whether the two readings of an IRI may go apart after its end: a comment or a string begins in it."""
    return token.kind == "iri" and ("#" in token.text or "'" in token.text)


def _explore(text: str, known: set[int], starts: list[int]) -> None:
    """Read on from each start until a position that was read before, and refuse calls on the way."""
    reader = _Reader(text)
    budget = 4 * len(text)  # readings may overlap within long strings; honest texts need far less
    while starts:
        token = reader.token(starts.pop())
        while token and token.start not in known:
            known.add(token.start)
            if token.kind == "quote" and token.text * 3 != text[token.start : token.start + 3]:
                break  # no engine reads on here
            budget -= token.end - token.start
            if token.kind == "quote" or budget < 0:
                _malformed(text, token.start, "can be read in several ways; put white space around < and quotes")
            if token.kind == "name" and _calls(reader, token):
                _refuse_service(text, token.start)
            if _ambiguous(token):
                starts.append(token.start + 1)
            token = reader.token(token.end)


def _calls(reader: _Reader, token: _Token) -> bool:
    """Whether a name is `SERVICE`, perhaps glued to others, and stands before [SILENT] [endpoint] and a group."""
    if "SERVICE" not in token.text.partition(":")[0].upper():
        return False
    following = reader.token(token.end)
    if following and following.word == "SILENT":
        following = reader.token(following.end)
    if following and following.kind in {"iri", "variable", "name"}:
        following = reader.token(following.end)
    return following is not None and following.text == "{"


def _check_prefixes(text: str, tokens: list[_Token]) -> None:
    """Name an undeclared prefix; the engine only says that it expected something else there."""
    declared = {"_"}
    for previous, token in zip([None, *tokens], tokens, strict=False):
        if token.kind != "name" or token.word:
            continue
        prefix = token.text.partition(":")[0]
        if previous is not None and previous.word == "PREFIX":
            declared.add(prefix)
        elif prefix not in declared:
            _malformed(text, token.start, f"uses the prefix {prefix[:80]}: which is not declared")


def _refuse_service(text: str, position: int) -> NoReturn:
    line, column = _place(text, position)
    raise QueryRefused(
        f"The query calls another endpoint (SERVICE) at line {line}, column {column}; this is not done here.",
        mend="Ask this catalogue only, and join with other endpoints on your side.",
        line=line,
        column=column,
    )


def _malformed(text: str, position: int, what: str) -> NoReturn:
    line, column = _place(text, position)
    raise MalformedQuery(
        f"Line {line}, column {column} {what}.",
        mend="Correct the query there.",
        line=line,
        column=column,
    )


def _place(text: str, position: int) -> tuple[int, int]:
    return text.count("\n", 0, position) + 1, position - (text.rfind("\n", 0, position) + 1) + 1
