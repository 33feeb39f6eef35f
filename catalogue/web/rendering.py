"""How does a page become HTML?

Jinja2 over `templates/`, everything escaped, an unknown name is an error. Pages carry no script, no inline style
and no address of another host, so that a strict Content-Security-Policy holds.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from catalogue.rdf.namespaces import compact
from catalogue.resources import shipped

STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class Site:
    """What every page says about the catalogue; `base_url` has no slash at its end."""

    title: str
    operator: str
    base_url: str
    version: str

    def static(self, name: str) -> str:
        """The path of a static file, with the hash of its content, so that it may be cached for ever.

        Raises:
            FileNotFoundError: There is no such file.
        """
        return f"/static/{name}?v={_fingerprint(name)}"


@lru_cache(maxsize=8)
def environment(site: Site) -> Environment:
    """The templates of a site, compiled once."""
    made = Environment(
        loader=FileSystemLoader(shipped("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(day=day, instant=instant, term=term, compact=compact, thousands=thousands)
    made.globals["site"] = site
    return made


def render(name: str, page: object, site: Site) -> str:
    """Show a page.

    Args:
        name: The template's name without suffix (`dataset`).
        page: Its context, a dataclass of `catalogue.web.views`.

    Raises:
        jinja2.TemplateNotFound: No such template.
        jinja2.UndefinedError: The page lacks something that the template shows.
    """
    return environment(site).get_template(f"{name}.html").render(page=page)


def day(moment: datetime) -> str:
    """A date as people write it here: 2026-11-17."""
    return moment.strftime("%Y-%m-%d")


def instant(moment: datetime) -> str:
    """A moment for the `datetime` attribute, to the second."""
    return moment.isoformat(timespec="seconds")


def term(path: str) -> Markup:
    """A compact IRI or path that may break after each prefix: `dct:<wbr>title`."""
    return Markup("<wbr>").join(escape(part) for part in _breakable(path))


def thousands(number: int) -> str:
    """A number with commas: 48,213."""
    return f"{number:,}"


def _breakable(path: str) -> list[str]:
    parts = path.split(":")
    return [f"{part}:" for part in parts[:-1]] + parts[-1:]


@lru_cache(maxsize=32)
def _fingerprint(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
