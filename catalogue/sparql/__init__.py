"""Public SPARQL queries: what may be asked, and processes that answer and can be killed.

Nothing is imported here: a worker process loads this package too, and is to start in milliseconds.
"""
