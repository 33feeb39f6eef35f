"""What do the pages of the profiles show?

Pure: from profiles and vocabularies to the contexts of `profiles.html` and `profile.html`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from catalogue.model import Field, Obligation, Severity
from catalogue.profiles import Profile, Profiles
from catalogue.profiles.about import about, levels_of
from catalogue.profiles.blank import how_many, value_words
from catalogue.profiles.rules import Rule, rules_of
from catalogue.profiles.sections import Section, goal_of, sections
from catalogue.profiles.shape import local_name
from catalogue.profiles.trails import short_path
from catalogue.rdf.media import WRITTEN
from catalogue.rdf.namespaces import compact

from .pages import Alternate, Choice
from .vocabulary import Desk, Link

OBLIGATIONS = tuple(obligation.value for obligation in Obligation)


@dataclass(frozen=True, slots=True)
class Count:
    """How many fields of each obligation, in the order of `OBLIGATIONS`; `level` is empty where there are none."""

    level: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """A profile in the list, and at the head of its page; `base` and `derived` are what it builds on and what on it."""

    id: str
    title: str
    version: str
    description: str
    bases: tuple[Link, ...]
    derived: tuple[Link, ...]
    levels: tuple[str, ...]
    shipped: bool

    @property
    def href(self) -> str:
        """The path of its page."""
        return f"/profiles/{self.id}"


@dataclass(frozen=True, slots=True)
class ProfilesPage:
    """`profiles.html`."""

    section: ClassVar[str] = ""
    rows: tuple[ProfileRow, ...]


@dataclass(frozen=True, slots=True)
class Values:
    """What a field's values are: words, the class with its section, and concepts or vocabularies to choose from."""

    words: str
    class_: str
    goal: Link | None
    choices: tuple[Link, ...]
    below: bool


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule; `id` is empty where another on the page has it, `levels` where it holds at all that are shown."""

    id: str
    severity: Severity
    text: str
    numbers: tuple[str, ...]
    levels: tuple[str, ...]
    path: str


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field; `needs` are its obligations, one for each level that is shown, empty where it is no field."""

    id: str
    name: str
    path: str
    needs: tuple[str, ...]
    many: tuple[str, ...]
    values: Values
    description: str
    example: str
    numbers: tuple[str, ...]
    rules: tuple[RuleRow, ...]


@dataclass(frozen=True, slots=True)
class ProfileSection:
    """The fields of one class; `users` are the fields that lead here, `rules` what is asked of no single field."""

    id: str
    label: str
    types: tuple[str, ...]
    users: tuple[Link, ...]
    also: Link | None
    rows: tuple[FieldRow, ...]
    rules: tuple[RuleRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class ProfilePage:
    """`profile.html`.

    `shown` are the names of the levels with a column, `level` and `obligation` what was chosen, or empty; `demanding`
    is whether a record can fail for what it lacks.
    """

    section: ClassVar[str] = ""
    profile: ProfileRow
    sources: tuple[str, ...]
    rights: str
    level_field: Link | None
    shown: tuple[str, ...]
    level: str
    obligation: str
    level_choices: tuple[Choice, ...]
    obligation_choices: tuple[Choice, ...]
    counts: tuple[Count, ...]
    demanding: bool
    sections: tuple[ProfileSection, ...]
    alternates: tuple[Alternate, ...]
    others: tuple[Alternate, ...]

    @property
    def matching(self) -> int:
        """Fields that are shown."""
        return sum(len(section.rows) for section in self.sections)

    @property
    def total(self) -> int:
        """Fields in all."""
        return sum(section.total for section in self.sections)


def profiles_page(profiles: Profiles) -> ProfilesPage:
    """Every profile."""
    return ProfilesPage(tuple(_row(profiles, profiles.get(id)) for id in profiles.ids))


def profile_page(
    profiles: Profiles, profile: Profile, desk: Desk, *, level: str | None = None, obligation: str = ""
) -> ProfilePage:
    """A profile's fields, class by class.

    Args:
        profiles: All of them, for what builds on what.
        profile: The one to show.
        desk: Names and links concepts.
        level: IRI of the only access right to show; all, when there is none.
        obligation: Only fields that some level shown wants so much; all, when empty.
    """
    shown = levels_of(profile, level)
    made = _Maker(profile, desk, shown, obligation)
    name = local_name(level) if level else ""
    said, counts = about(profile), tuple(made.counts())
    query = f"?level={name}" if level else ""
    home = f"/profiles/{profile.id}"
    return ProfilePage(
        profile=_row(profiles, profile),
        sources=said.sources,
        rights=said.rights,
        level_field=made.level_field(),
        shown=tuple(level_words(local_name(each)) for each in shown if each),
        level=name,
        obligation=obligation,
        level_choices=_choices(map(local_name, profile.levels), name),
        obligation_choices=_choices(OBLIGATIONS, obligation),
        counts=counts,
        demanding=any(number for count in counts for number in count.numbers[:2]),
        sections=tuple(made.sections()),
        alternates=tuple(Alternate(f.label, f.media_type, home + f.suffix + query) for f in WRITTEN),
        others=(
            Alternate("JSON-LD context", "application/ld+json", f"{home}/context.jsonld"),
            Alternate("Blank description in Turtle", "text/turtle", f"{home}/template.ttl{query}"),
        ),
    )


def level_words(name: str) -> str:
    """An access level as people say it: `NON_PUBLIC` gives "Non-public"."""
    return name.replace("_", "-").capitalize()


def _choices(values: Iterable[str], chosen: str) -> tuple[Choice, ...]:
    return tuple(Choice(value, level_words(value), value == chosen) for value in values)


def _row(profiles: Profiles, profile: Profile) -> ProfileRow:
    derived = [other for id in profiles.ids if profile.iri in about(other := profiles.get(id)).bases]
    bases = [(iri, profiles.by_iri(iri)) for iri in about(profile).bases]
    return ProfileRow(
        id=profile.id,
        title=profile.title,
        version=profile.version,
        description=profile.description,
        bases=tuple(_to(base) if base else Link(iri, "", "") for iri, base in bases),
        derived=tuple(map(_to, derived)),
        levels=tuple(level_words(local_name(level)) for level in profile.levels),
        shipped=profile.shipped,
    )


def _to(profile: Profile) -> Link:
    return Link(profile.title, "en", f"/profiles/{profile.id}")


class _Maker:
    """Makes the sections of a page; ids are given once."""

    def __init__(self, profile: Profile, desk: Desk, levels: Sequence[str | None], obligation: str) -> None:
        self._profile = profile
        self._desk = desk
        self._levels = levels
        self._obligation = obligation
        # What a filter hides is on the whole page.
        self._page = f"/profiles/{profile.id}" if obligation else ""
        self._all = sections(profile, levels[0] if len(levels) == 1 else None)
        self._by_target = {section.target: section for section in self._all}
        self._shapes = profile.compiled(levels[0]).shapes
        self._taken = {section.id for section in self._all}

    def level_field(self) -> Link | None:
        """The field whose value picks the level."""
        path = self._profile.level_path.value
        everywhere = (field for section in self._all for field in section.fields)
        found = (field for field in everywhere if field.path == path) if self._profile.levels else ()
        return next(
            (Link(f"{field.name} ({compact(path)})", "en", f"{self._page}#{_anchor(field.code)}") for field in found),
            None,
        )

    def counts(self) -> Iterator[Count]:
        """Fields of all classes, by level."""
        for level in self._levels:
            wanted = Counter(field.obligation for section in sections(self._profile, level) for field in section.fields)
            numbers = tuple(wanted[obligation] for obligation in Obligation)
            yield Count(level_words(local_name(level)) if level else "", numbers)

    def sections(self) -> Iterator[ProfileSection]:
        """Every section with its fields that were asked for."""
        for section in self._all:
            yield self._section(section)

    def _section(self, section: Section) -> ProfileSection:
        rules: dict[str, list[Rule]] = {}
        paths = {field.path for field in section.fields}
        for rule in rules_of(self._profile, section, self._all, self._levels, self._desk.vocabularies):
            rules.setdefault(rule.path if rule.path in paths else "", []).append(rule)
        by_level = [{f.path: f for f in self._profile.fields(section.target, level)} for level in self._levels]
        rows = [self._field(field, [at.get(field.path) for at in by_level], rules) for field in section.fields]
        asked = [row for row in rows if not self._obligation or self._obligation in row.needs]
        whole = () if self._obligation else tuple(self._rule(rule, told=True) for rule in rules.get("", ()))
        same = next((s for s in self._all if s is not section and s.target in section.types), None)
        users = {
            Link(f"{label} › {field.name}", "en", f"{self._page}#{_anchor(field.code)}")
            for label, field in section.users
        }
        return ProfileSection(
            id=section.id,
            label=section.label,
            types=tuple(map(compact, section.types)),
            users=tuple(sorted(users, key=lambda link: link.text)),
            also=Link(same.label, "en", f"{self._page}#{same.id}") if same else None,
            rows=tuple(asked),
            rules=whole,
            total=len(section.fields),
        )

    def _field(self, field: Field, at: Sequence[Field | None], rules: dict[str, list[Rule]]) -> FieldRow:
        return FieldRow(
            id=self._id(field.code),
            name=field.name,
            path=short_path(field.path),
            needs=tuple(each.obligation.value if each else "" for each in at),
            many=self._many(at),
            values=self._values(field),
            description=field.description,
            example=field.example,
            numbers=field.rules,
            rules=tuple(self._rule(rule, own=field.code) for rule in rules.get(field.path, ())),
        )

    def _many(self, at: Sequence[Field | None]) -> tuple[str, ...]:
        """How often a field may stand: once where that is the same at every level, else with the levels."""
        texts: dict[str, list[str]] = {}
        for level, field in zip(self._levels, at, strict=True):
            if field:
                texts.setdefault(how_many(field), []).append(level_words(local_name(level or "")))
        if len(texts) == 1:
            return tuple(texts)
        return tuple(f"{text} ({', '.join(levels)})" for text, levels in texts.items())

    def _values(self, field: Field) -> Values:
        goal = self._by_target.get(goal_of(self._shapes, field) or "")
        schemes = ((iri, self._desk.vocabularies.scheme(iri)) for iri in field.vocabulary)
        found = [Link(s.title, "en", f"/vocabularies/{s.name}") if s else Link(iri, "", "") for iri, s in schemes]
        concept = self._desk.vocabularies.concept(field.branch) if field.branch else None
        scheme = self._desk.vocabularies.scheme(concept.scheme) if concept else None
        if scheme and field.branch:
            found.append(self._desk.link(scheme, field.branch))
        return Values(
            words=value_words(field),
            class_=compact(field.class_) if field.class_ else "",
            goal=Link(goal.label, "en", f"{self._page}#{goal.id}") if goal else None,
            choices=tuple(dict.fromkeys(found)),
            below=bool(field.branch) and not field.vocabulary,
        )

    def _rule(self, rule: Rule, *, own: str = "", told: bool = False) -> RuleRow:
        everywhere = len(rule.levels) == len(self._levels)
        return RuleRow(
            id="" if rule.code == own else self._id(rule.code),
            severity=rule.severity,
            text=rule.text,
            numbers=rule.numbers,
            levels=() if everywhere else tuple(level_words(local_name(level)) for level in rule.levels if level),
            path=short_path(rule.path) if told and rule.path else "",
        )

    def _id(self, code: str) -> str:
        anchor = _anchor(code)
        if anchor in self._taken or anchor == "unnamed":
            return ""
        self._taken.add(anchor)
        return anchor


def _anchor(code: str) -> str:
    """What stands after the profile in the code of a finding."""
    return code.partition("/")[2]
