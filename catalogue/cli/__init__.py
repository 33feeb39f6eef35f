"""The command line: the same services as over HTTP, on the local state folder."""

from .main import main

__all__ = ["main"]
