"""Where are the files that ship with the code?

In a checkout they stand beside the package; in an installed wheel, inside it (`_shipped/`).
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """Return a shipped folder.

    Args:
        name: One of `shapes`, `ontologies`, `templates`, `data`, `queries`.

    Raises:
        FileNotFoundError: The installation is incomplete.
    """
    for root in (_PACKAGE / "_shipped", _PACKAGE.parent):
        if (root / name).is_dir():
            return root / name
    raise FileNotFoundError(f"the folder {name!r} is missing from this installation")
