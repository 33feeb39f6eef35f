"""A metadata catalogue for health data: descriptions in, reports back, found by everybody."""

__version__ = "0.1.0"
