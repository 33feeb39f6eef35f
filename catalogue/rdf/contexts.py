"""Which JSON-LD contexts do we know without asking the network?

Only those in the folder `contexts/`; every other one is refused by name. Nothing is ever fetched: a context decides
what a document says, and a fetched one could differ tomorrow or point into the operator's own network.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from catalogue.errors import UnknownContext

_FOLDER = Path(__file__).with_name("contexts")
_RELEASES = "https://semiceu.github.io/DCAT-AP/releases"

# Public address of a context: its file. Attribution is in contexts/README.md.
BUNDLED: dict[str, str] = {
    f"{_RELEASES}/3.0.0/context/dcat-ap.jsonld": "dcat-ap-3.0.0.jsonld",
    f"{_RELEASES}/3.0.1/context/dcat-ap.jsonld": "dcat-ap-3.0.1.jsonld",
}


def load(address: str, _options: object = None) -> dict[str, Any]:
    """Return a bundled context in the form that PyLD asks of a document loader.

    Raises:
        UnknownContext: It is not bundled; details `context`, `known`.
    """
    name = BUNDLED.get(address)
    if name is None:
        raise UnknownContext(
            f"The JSON-LD context <{address}> is not one that we know, and contexts are never fetched.",
            mend="Write the context into the document itself, or use one of " + ", ".join(BUNDLED) + ".",
            context=address,
            known=list(BUNDLED),
        )
    # Read anew each time: PyLD writes into what it is given.
    document = json.loads((_FOLDER / name).read_bytes())
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": address,
        "document": document,
    }
