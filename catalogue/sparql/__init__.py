"""Public SPARQL queries: what may be asked, and processes that answer and can be killed."""
