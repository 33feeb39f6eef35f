"""RDF: terms, bounded parsing, serialising, media types, identity of nodes. Pure."""
