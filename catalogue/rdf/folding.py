"""When are two words the same to somebody who searches?

Case and accents do not count, nor do letters that Unicode does not take apart (ø and o). The search of the catalogue
and the look-up of concepts both go by this.
"""

from __future__ import annotations

import re
import unicodedata

# The blocks of combining marks; asking `unicodedata` for each character takes ten times as long.
_ACCENTS = re.compile("[\u0300-\u036f\u0483-\u0487\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
_LETTERS = {"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"}
_LETTER = re.compile(f"[{''.join(_LETTERS)}]")


def fold(text: str) -> str:
    """Lower case without accents, for comparison; spaces stay as they are."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", folded))
    return _LETTER.sub(lambda letter: _LETTERS[letter[0]], plain)
