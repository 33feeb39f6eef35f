"""Of which tokens does a SPARQL text consist, read as the specification says: the longest match at each place?

Spec: SPARQL 1.1 §19 (https://www.w3.org/TR/sparql11-query/#sparqlGrammar), with the engine's SPARQL 1.2 additions.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from catalogue.errors import MalformedQuery


@dataclass(frozen=True, slots=True)
class Token:
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


def unescape(text: str) -> str:
    """The text with `\\uXXXX` and `\\UXXXXXXXX` replaced (§19.2)."""
    return _CODEPOINT.sub(lambda match: chr(int(match[1] or match[2], 16)), text)


class Reader:
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

    def token(self, position: int) -> Token | None:
        """The token at or after a position; None at the end."""
        match = _TOKEN.match(self.text, self.skip(position))
        if match is None:
            return None
        return Token(str(match.lastgroup), match.start(), match.end(), match.group())


def read(text: str) -> Iterator[Token]:
    """Yield the tokens of a text.

    Raises:
        MalformedQuery: A string is open or holds an unknown escape.
    """
    reader = Reader(text)
    token = reader.token(0)
    while token:
        if token.kind == "quote":
            malformed(text, token.start, "opens a string that is not closed, or that holds an unknown escape")
        yield token
        token = reader.token(token.end)


def malformed(text: str, position: int, what: str) -> NoReturn:
    """Raise MalformedQuery with line and column."""
    line, column = place(text, position)
    raise MalformedQuery(
        f"Line {line}, column {column} {what}.",
        mend="Correct the query there.",
        line=line,
        column=column,
    )


def place(text: str, position: int) -> tuple[int, int]:
    """Line and column of a position, both from 1."""
    return text.count("\n", 0, position) + 1, position - (text.rfind("\n", 0, position) + 1) + 1
