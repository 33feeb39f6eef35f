"""Which profiles do we have, and how does a record stand against some of them?

`Profiles.load` reads `shapes/` once; `Profiles.validate` judges one record. Pure: graphs in, reports out.
Spec: SHACL §3 (validation); order of work: docs/reference/shapes.md.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Triple

from catalogue.errors import CatalogueError
from catalogue.model import Field, Finding, Group, Kind, ProfileOutcome, Report, Severity
from catalogue.rdf.graph import Graph, text
from catalogue.rdf.namespaces import DCT, compact

from .background import background
from .checks import Check, Judging
from .concepts import Vocabularies
from .fields import merged
from .findings import Reader, joined
from .implied import CLASS_OF, Focus, Implied, Typed, focus_among, implied, judged_triples, typed, typed_focus
from .loading import Unusable, common_triples, describe, groups_of, shape_folders, triples_of
from .profile import Compiled, Profile, UnusableProfile
from .shape import local_name
from .sheet import Sheet
from .trails import Trails

# Kept ready: choices of profiles and levels, and concepts. What is beyond is made anew each time.
_MOST_SHEETS = 200
_MOST_CONCEPTS = 20_000


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
        self._facts: dict[NamedNode, list[Triple]] = {}
        self._sheets: dict[Hashable, Sheet] = {}
        self.groups: tuple[Group, ...] = tuple(sorted(groups.values(), key=lambda group: group.order))
        self.problems: tuple[str, ...] = ()

    @classmethod
    def load(cls, shapes: Path, vocabularies: Vocabularies, further: Path | None = None) -> Profiles:
        """Read every profile of a folder of shapes.

        Args:
            shapes: Holds `common/` and a folder with a `profile.ttl` for each profile.
            vocabularies: Decides which values are concepts.
            further: A folder of the operator's in the same layout.

        Returns:
            The profiles that are described well; `problems` names each description that is not, with the reason. Their
            shapes are read when they are first asked for: see `check_all`.
        """
        problems: list[str] = []
        common = common_triples(shapes, problems)
        each = cache(lambda path: triples_of([path], shapes))
        shared: dict[Hashable, Check] = {}
        loaded: list[Profile] = []
        for folder in shape_folders(shapes):
            try:
                loaded.append(Profile(describe(folder, shapes), each, common, shared))
            except Unusable as problem:
                problems.append(str(problem))
        if further is not None:
            from .further import further_profiles  # with it comes the SPARQL of rdflib, which ours do not need

            loaded += further_profiles(further, common, [profile.id for profile in loaded], problems)
        profiles = cls(loaded, groups_of(Graph(common)), vocabularies)
        profiles.problems = tuple(problems)
        return profiles

    def check_all(self) -> tuple[str, ...]:
        """Read and compile every profile at every level, as a service does when it starts.

        Returns:
            What cannot be used, with file or shape and reason; `problems` among them. Who asks for such a profile gets
            `UnusableProfile`.
        """
        return (*self.problems, *_unusable(self._by_id.values()).values())

    def leave_out_unusable(self) -> tuple[str, ...]:
        """Forget the profiles of the operator's that cannot be used: before the first request, and not later.

        Returns:
            What cannot be used, with file and reason; `problems` among them.
        """
        unusable = _unusable(profile for profile in self._by_id.values() if not profile.shipped)
        self._by_id = {id: profile for id, profile in self._by_id.items() if id not in unusable}
        self._by_iri = {profile.iri: profile for profile in self._by_id.values()}
        return (*self.problems, *unusable.values())

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
        nodes = typed(graph)
        for shapes in (one.shapes for id in ids for one in self.get(id).sets()):
            found.update((item.triple, None) for item in implied(graph, shapes, typed_focus(nodes, shapes)))
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
        nodes = typed(graph)
        turns = [_turn(self.get(id), graph, nodes, subject, kind) for id in dict.fromkeys(profile_ids)]
        found = self._judge(graph, subject, kind, turns)
        outcomes = [_outcome(turn.profile, turn.level, own) for turn, own in zip(turns, found, strict=True)]
        sheet = self._sheet(kind, turns)
        findings = sheet.in_page_order(joined(finding for own in found for finding in own))
        return Report(
            subject=subject.value,
            kind=kind,
            title=_title(graph, subject),
            conforms=all(outcome.conforms for outcome in outcomes),
            profiles=tuple(outcomes),
            findings=tuple(findings),
            completeness=sheet.completeness(graph, subject, findings),
            next=sheet.next(graph, subject),
            vocabularies=sheet.vocabularies,
            engine=_engines(turns),
        )

    def _judge(self, graph: Graph, subject: NamedNode, kind: Kind, turns: Sequence[_Turn]) -> list[list[Finding]]:
        """What each profile finds."""
        facts = self._lookup(graph)
        roles = [item for turn in turns for item in turn.implied]
        judging = Judging(judged_triples(graph, roles, facts))
        informed = judging
        if any(turn.profile.background for turn in turns):
            informed = Judging(judged_triples(graph, roles, [*facts, *background(graph, facts, self._vocabularies)]))
        known = frozenset(triple.subject for triple in facts)
        trails = Trails(graph, subject, kind, [turn.rules.shapes for turn in turns])
        every: list[list[Finding]] = []
        for turn in turns:
            rules = turn.rules
            reader = Reader(turn.profile.id, rules.phrases, rules.names, graph, trails, self._vocabularies, known)
            results = rules.judge(informed if turn.profile.background else judging, turn.focus)
            found = reader.findings(results, turn.implied)
            if not turn.clear and turn.level:
                found = _with_level(found, turn.profile, turn.level, subject, trails)
            every.append(found)
        return every

    def _lookup(self, graph: Graph) -> list[Triple]:
        """What the vocabularies say about the concepts that a record mentions."""
        found: list[Triple] = []
        for node in graph.mentioned():
            if not isinstance(node, NamedNode):
                continue
            facts = self._facts.get(node)
            if facts is None:
                facts = self._vocabularies.lookup([node.value])
                if facts and len(self._facts) < _MOST_CONCEPTS:
                    self._facts[node] = facts
            found += facts
        return found

    def _sheet(self, kind: Kind, turns: Sequence[_Turn]) -> Sheet:
        """The fields of the profiles together."""
        key = (kind, *((turn.profile.id, turn.level) for turn in turns))
        sheet = self._sheets.get(key)
        if sheet is None:
            fields = merged(turn.profile.fields(CLASS_OF[kind].value, turn.level) for turn in turns)
            sheet = Sheet(fields, self._versions(iri for turn in turns for iri in turn.rules.shapes.schemes()))
            if len(self._sheets) < _MOST_SHEETS:
                self._sheets[key] = sheet
        return sheet

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


def _unusable(profiles: Iterable[Profile]) -> dict[str, str]:
    """Why profiles cannot be used, by id."""
    found = {}
    for profile in profiles:
        try:
            profile.check()
        except UnusableProfile as problem:
            found[profile.id] = problem.what
    return found


def _engines(turns: Sequence[_Turn]) -> str:
    """What judged; where it is not one engine for all, which profiles each judged."""
    judged: dict[str, list[str]] = {}
    for turn in turns:
        judged.setdefault(turn.rules.engine.name, []).append(turn.profile.id)
    if len(judged) < 2:
        return "".join(judged)
    return "; ".join(f"{name} ({', '.join(ids)})" for name, ids in judged.items())


def _turn(profile: Profile, graph: Graph, nodes: Typed, subject: NamedNode, kind: Kind) -> _Turn:
    level, clear = profile.level_of(graph, subject, kind)
    rules = profile.compiled(level)
    focus = focus_among(nodes, rules.shapes, subject, kind)
    return _Turn(profile, level, clear, rules, focus, implied(graph, rules.shapes, focus))


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
    called = profile.compiled(level).names
    note = Finding(
        severity=Severity.INFO,
        code=f"{profile.id}/level",
        field=label,
        path=trails.path(subject, path),
        path_words=trails.words(subject, label, called),
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
