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
from catalogue.web.views import Value

STATIC = Path(__file__).parent / "static"

# A longer name stays text, with its address beside it: a paragraph is no link.
LONGEST_LINK = 120


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
    made.filters.update(day=day, instant=instant, term=term, compact=compact, thousands=thousands, inline=inline)
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


def inline(value: Value) -> Markup:
    """One value in a line: what the record says speaks in its own language and direction.

    In Python, since a page has hundreds and a Jinja macro takes four times as long; every part is escaped here.
    """
    text = escape(value.text)
    if value.sign:
        return _safe(f'<span class="sign {escape(value.sign)}">{escape(value.text.capitalize())}</span>')
    if value.moment:
        return _safe(f'<time datetime="{escape(value.moment)}">{text}</time>')
    shown = str(text)
    if value.voice == "holder":
        language = "" if value.language == "en" else f' lang="{escape(value.language)}"'
        direction = ' dir="rtl"' if value.direction == "rtl" else ""
        shown = f'<span class="holder"{language}{direction}>{text}</span>'
    elif value.voice == "machine":
        shown = f"<code>{text}</code>"
    if value.href:
        link = f'<a href="{escape(value.href)}">'
        short = len(value.text) <= LONGEST_LINK
        shown = f"{link}{shown}</a>" if short else f"{shown} <small>{link}address</a></small>"
    if value.language and value.language.partition("-")[0].lower() != "en":
        shown += f" <small>({escape(value.language)})</small>"
    if value.note:
        shown += f' <small class="mono">{escape(value.note)}</small>'
    return _safe(shown)


def thousands(number: int) -> str:
    """A number with commas: 48,213."""
    return f"{number:,}"


def _safe(html: str) -> Markup:
    return Markup(html)  # noqa: S704 - made above from escaped parts


def _breakable(path: str) -> list[str]:
    if path.startswith("http"):
        return [path]
    parts = path.split(":")
    return [f"{part}:" for part in parts[:-1]] + parts[-1:]


@lru_cache(maxsize=32)
def _fingerprint(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
