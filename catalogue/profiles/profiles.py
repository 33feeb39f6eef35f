"""Which profiles do we have, and how does a record stand against some of them?

`Profiles.load` reads `shapes/` once; `Profiles.validate` judges one record. Pure: graphs in, reports out.
Spec: SHACL §3 (validation); order of work: docs/reference/shapes.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Triple
from pyshacl.errors import ConstraintLoadError, ReportableRuntimeError, ShapeLoadError

from catalogue.errors import CatalogueError
from catalogue.model import (
    Completeness,
    Field,
    Finding,
    Group,
    Kind,
    Obligation,
    ProfileOutcome,
    Report,
    Severity,
)
from catalogue.rdf.graph import Graph, text
from catalogue.rdf.namespaces import DCT, compact

from .concepts import Vocabularies
from .fields import merged
from .findings import RANK, Reader, joined
from .implied import CLASS_OF, Focus, Implied, implied, judged_triples, record_focus, typed_focus
from .loading import Unusable, common_triples, describe, groups_of, shape_folders, triples_of
from .profile import Compiled, Profile
from .shape import IllFormed, local_name
from .trails import Trails


class UnknownProfile(CatalogueError, KeyError):
    """No profile of that name; details: `known`."""

    def __str__(self) -> str:
        return self.what


class Profiles:
    """Every profile that could be read. Never changes after loading; threads may share it."""

    def __init__(self, profiles: Iterable[Profile], groups: Mapping[str, Group], vocabularies: Vocabularies) -> None:
        """Hold profiles that are ready; use `load`."""
        self._by_id = {profile.id: profile for profile in profiles}
        self._by_iri = {profile.iri: profile for profile in self._by_id.values()}
        self._vocabularies = vocabularies
        self.groups: tuple[Group, ...] = tuple(sorted(groups.values(), key=lambda group: group.order))
        self.problems: tuple[str, ...] = ()

    @classmethod
    def load(cls, shapes: Path, vocabularies: Vocabularies) -> Profiles:
        """Read every profile of a folder of shapes.

        Args:
            shapes: Holds `common/` and a folder with a `profile.ttl` for each profile.
            vocabularies: Decides which values are concepts.

        Returns:
            The profiles that can be used; `problems` names each file that cannot, with the reason.
        """
        problems: list[str] = []
        common = common_triples(shapes, problems)
        groups: dict[str, Group] = {}
        loaded: list[Profile] = []
        for folder in shape_folders(shapes):
            try:
                loaded.append(_load(folder, shapes, common, groups))
            except Unusable as problem:
                problems.append(str(problem))
            except (IllFormed, ShapeLoadError, ConstraintLoadError, ReportableRuntimeError) as problem:
                problems.append(f"{folder.name}: {problem}")
        profiles = cls(loaded, groups, vocabularies)
        profiles.problems = tuple(problems)
        return profiles

    @property
    def ids(self) -> tuple[str, ...]:
        """Names of the profiles, in order."""
        return tuple(self._by_id)

    def get(self, id: str) -> Profile:
        """The profile of that name.

        Raises:
            UnknownProfile: There is none; `known` lists those that there are.
        """
        if id not in self._by_id:
            known = ", ".join(self.ids) or "none"
            raise UnknownProfile(f"There is no profile {id[:80]!r}.", mend=f"Known: {known}.", known=list(self.ids))
        return self._by_id[id]

    def by_iri(self, iri: str) -> Profile | None:
        """The profile with that IRI (as in `dct:conformsTo`), or None."""
        return self._by_iri.get(iri)

    def fields(self, ids: Sequence[str], target: str, level: str | None = None) -> tuple[Field, ...]:
        """Fields of several profiles, one per path: the first profile's words, the strongest obligation.

        Raises:
            UnknownProfile: One of them does not exist.
        """
        return merged(self.get(id).fields(target, level) for id in ids)

    def imply_types(self, graph: Graph, ids: Sequence[str]) -> list[Triple]:
        """Types that the fields of these profiles imply for values of which the graph says nothing.

        Raises:
            UnknownProfile: One of them does not exist.

        Source: docs/reference/shapes.md (classes of values).
        """
        found: dict[Triple, None] = {}
        for shapes in (one.shapes for id in ids for one in self.get(id).sets()):
            found.update((item.triple, None) for item in implied(graph, shapes, typed_focus(graph, shapes)))
        return list(found)

    def validate(self, graph: Graph, subject: NamedNode, kind: Kind, profile_ids: Sequence[str]) -> Report:
        """Judge one record.

        Args:
            graph: The record's own triples and nothing else.
            subject: The dataset, series or catalogue that it describes.
            kind: What the subject is judged as.
            profile_ids: Profiles, the one whose words are preferred first.

        Returns:
            Findings of all profiles together, each property and value once. `conforms` means no violation.

        Raises:
            UnknownProfile: One of them does not exist.
        """
        turns = [_turn(self.get(id), graph, subject, kind) for id in dict.fromkeys(profile_ids)]
        mentioned = dict.fromkeys(t.object.value for t in graph if isinstance(t.object, NamedNode))
        facts = self._vocabularies.lookup(mentioned)
        data = judged_triples(graph, [item for turn in turns for item in turn.implied], facts)
        trails = Trails(graph, subject, kind, [turn.rules.shapes for turn in turns])
        outcomes: list[ProfileOutcome] = []
        every: list[Finding] = []
        for turn in turns:
            reader = Reader(turn.profile.id, turn.rules.shapes, graph, trails, self._vocabularies)
            found = reader.findings(turn.rules.engine.judge(data, turn.focus), turn.implied)
            if not turn.clear and turn.level:
                found = _with_level(found, turn.profile, turn.level, subject, trails)
            outcomes.append(_outcome(turn.profile, turn.level, found))
            every += found
        fields = merged(turn.profile.fields(CLASS_OF[kind].value, turn.level) for turn in turns)
        findings = _in_page_order(joined(every), fields)
        return Report(
            subject=subject.value,
            kind=kind,
            title=_title(graph, subject),
            conforms=all(outcome.conforms for outcome in outcomes),
            profiles=tuple(outcomes),
            findings=tuple(findings),
            completeness=_completeness(graph, subject, fields, findings),
            vocabularies=self._versions(iri for turn in turns for iri in turn.rules.shapes.schemes()),
            engine="; ".join(dict.fromkeys(turn.rules.engine.name for turn in turns)),
        )

    def _versions(self, schemes: Iterable[str]) -> dict[str, str]:
        known = (self._vocabularies.scheme(iri) for iri in schemes)
        return dict(sorted({scheme.name: scheme.version for scheme in known if scheme}.items()))


@dataclass(frozen=True, slots=True)
class _Turn:
    """One profile's turn at one record: its level (and whether the record states it clearly), rules and focus."""

    profile: Profile
    level: str | None
    clear: bool
    rules: Compiled
    focus: Focus
    implied: list[Implied]


def _turn(profile: Profile, graph: Graph, subject: NamedNode, kind: Kind) -> _Turn:
    level, clear = profile.level_of(graph, subject, kind)
    rules = profile.compiled(level)
    focus = record_focus(graph, rules.shapes, subject, kind)
    return _Turn(profile, level, clear, rules, focus, implied(graph, rules.shapes, focus))


def _load(folder: Path, shapes: Path, common: Sequence[Triple], groups: dict[str, Group]) -> Profile:
    description = describe(folder, shapes)
    always = [*common, *triples_of(description.files, shapes)]
    by_level = {level: triples_of(files, shapes) for level, files in description.levels.items()}
    own_groups = groups_of(Graph(always))
    profile = Profile(description, always, by_level, own_groups)
    profile.check()
    groups.update(own_groups)
    return profile


def _in_page_order(findings: list[Finding], fields: Sequence[Field]) -> list[Finding]:
    """The most severe first, then as the fields of the record stand on page and form."""
    place = {compact(field.path): number for number, field in enumerate(fields)}
    last = len(place)
    return sorted(findings, key=lambda f: (RANK[f.severity], place.get(f.path.split(" / ")[0], last)))


def _completeness(
    graph: Graph, subject: NamedNode, fields: Iterable[Field], findings: Iterable[Finding]
) -> Completeness:
    """Count the fields of the record's own class. A conditional one counts when it is given or found missing."""
    demanded = {f.property for f in findings if f.focus == subject.value and f.severity is Severity.VIOLATION}
    given: Counter[Obligation] = Counter()
    total: Counter[Obligation] = Counter()
    for field in fields:
        filled = "<" not in field.path and bool(graph.values(subject, NamedNode(field.path)))
        obligation = field.obligation
        if obligation is Obligation.CONDITIONAL:
            if not filled and field.path not in demanded:
                continue
            obligation = Obligation.MANDATORY
        total[obligation] += 1
        given[obligation] += filled
    wanted = (Obligation.MANDATORY, Obligation.RECOMMENDED, Obligation.OPTIONAL)
    return Completeness(*((given[obligation], total[obligation]) for obligation in wanted))


def _outcome(profile: Profile, level: str | None, findings: Sequence[Finding]) -> ProfileOutcome:
    counts = {severity.value: sum(f.severity is severity for f in findings) for severity in Severity}
    name = local_name(level) if level else None
    return ProfileOutcome(
        profile.id, profile.title, profile.version, name, counts[Severity.VIOLATION.value] == 0, counts
    )


def _with_level(
    findings: list[Finding], profile: Profile, level: str, subject: NamedNode, trails: Trails
) -> list[Finding]:
    """Say that the strictest rules were taken: in the finding about the access right, or as a note of its own."""
    path, name = profile.level_path.value, local_name(level)
    said = f"Until exactly one known access level is stated, the rules of {name} apply."
    found = [finding for finding in findings if finding.focus == subject.value and finding.property == path]
    if found:
        clear = replace(found[0], mend=f"{found[0].mend} {said}".strip())
        return [clear if finding is found[0] else finding for finding in findings]
    target = CLASS_OF[Kind.DATASET].value
    label = next((f.name for f in profile.fields(target, level) if f.path == path), compact(path))
    shapes = profile.compiled(level).shapes
    note = Finding(
        severity=Severity.INFO,
        code=f"{profile.id}/level",
        field=label,
        path=trails.path(subject, path),
        path_words=trails.words(subject, label, shapes),
        focus=subject.value,
        value=None,
        message=f"{label} does not name exactly one of the levels of {profile.title}.",
        mend=said,
        profiles=(profile.id,),
        rules=(),
        constraint="Level",
        property=path,
    )
    return joined([*findings, note])


def _title(graph: Graph, subject: NamedNode) -> str:
    titles = [value for value in graph.values(subject, DCT["title"]) if isinstance(value, Literal)]
    title = text(titles)
    return title.value if title else ""
