"""What has to change in a record so that it fits a profile, as far as the rules know?

Safe steps are found first, each on the record as the ones before it leave it, until nothing new is found; then what
somebody must confirm, and the questions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pyoxigraph import BlankNode, NamedNode, Triple

from catalogue.model import Kind
from catalogue.profiles.concepts import Vocabularies
from catalogue.rdf.graph import Graph, Term
from catalogue.rdf.namespaces import compact

from .places import Binding, Ground, places
from .rules import Pattern, Rule, read_rules, variable
from .steps import Step, StepKind

# A step may make the place for another one: a namespace, then a term, then a value. More passes find nothing.
_MOST_PASSES = 4
_LONGEST_WORDS = 200
_FRESH = "fresh-"


class Fixes:
    """The rules, ready to be asked. Never changes after loading; threads may share it."""

    def __init__(self, rules: Sequence[Rule], vocabularies: Vocabularies) -> None:
        """Hold rules that are ready; use `load`."""
        self._rules = tuple(rules)
        self._vocabularies = vocabularies

    @classmethod
    def load(cls, vocabularies: Vocabularies, folder: Path = Path(__file__).parent) -> Fixes:
        """Read the rules.

        Raises:
            BadRule: A rule is not well-formed.
        """
        return cls(read_rules(folder), vocabularies)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule, in order."""
        return self._rules

    def propose(self, graph: Graph, subject: NamedNode, kind: Kind, target: str) -> list[Step]:
        """Find what can be rewritten and what must be asked.

        Args:
            graph: The record's own triples; it does not change.
            subject: The dataset, series or catalogue that it describes.
            kind: What the subject is.
            target: Id of the profile that the record shall fit.

        Returns:
            Steps in the order in which `apply` takes them. Applying the safe ones leaves no safe step to propose.
        """
        rules = [rule for rule in self._rules if rule.concerns(target, kind.value)]
        work = _Work(graph, subject, self._vocabularies)
        sure = [rule for rule in rules if rule.kind is StepKind.SAFE]
        for _ in range(_MOST_PASSES):
            known = len(work.steps)
            for rule in sure:
                work.take(rule)
            if len(work.steps) == known:
                break
        for rule in rules:
            if rule.kind is not StepKind.SAFE:
                work.offer(rule)
        return work.steps


class _Work:
    """The record while steps are found, as the safe ones leave it."""

    def __init__(self, graph: Graph, record: NamedNode, vocabularies: Vocabularies) -> None:
        self._ground = Ground(graph, record)
        self._vocabularies = vocabularies
        # Which step put a triple there, and which steps took away what pointed to a node.
        self._made: dict[Triple, str] = {}
        self._parted: dict[Term, list[str]] = {}
        self._numbers: dict[str, int] = {}
        self.steps: list[Step] = []

    def take(self, rule: Rule) -> None:
        """Find a rule's places and change them."""
        known = len(self.steps)
        for step in self._found(rule):
            self._change(step)
        if len(self.steps) > known:
            self._ground.settle()

    def offer(self, rule: Rule) -> None:
        """Find a rule's places and leave them as they are."""
        self.steps += self._found(rule)

    def _found(self, rule: Rule) -> Iterator[Step]:
        mentions = _mentions(self._ground.graph) if rule.replaces else {}
        for binding in list(places(rule, self._ground, self._vocabularies)):
            if rule.replaces:
                before, after = self._replaced(rule, binding, mentions)
            else:
                before = self._filled(rule, rule.removes, binding)
                after = self._filled(rule, rule.adds, binding)
            if rule.kind is StepKind.PERSON:
                yield self._step(rule, binding, before, [], [])
            elif self._changes(before, after):
                pruned = self._orphans(binding.get(rule.prune), before) if rule.prune else {}
                lost = [triple for triples in pruned.values() for triple in triples]
                yield self._step(rule, binding, [*before, *lost], after, list(pruned))

    def _step(
        self, rule: Rule, binding: Binding, before: list[Triple], after: list[Triple], pruned: Sequence[Term]
    ) -> Step:
        words = {name: _spoken(term) for name, term in binding.items()}
        number = self._numbers[rule.name] = self._numbers.get(rule.name, 0) + 1
        kept = {*before} & {*after}
        gone = [triple for triple in before if triple not in kept]
        needs = [self._made[triple] for triple in gone if triple in self._made]
        needs += [step for node in pruned for step in self._parted.get(node, ())]
        return Step(
            id=f"{rule.name}-{number}",
            kind=rule.kind,
            what=rule.what.format_map(words),
            why=rule.why.format_map(words),
            question=rule.question.format_map(words),
            before=tuple(gone),
            after=tuple(triple for triple in after if triple not in kept),
            rules=rule.rules,
            needs=tuple(dict.fromkeys(needs)),
        )

    def _changes(self, before: Sequence[Triple], after: Sequence[Triple]) -> bool:
        """Whether there is anything to do, and nothing to be taken away has gone since the place was found."""
        there = all(triple in self._ground.triples for triple in before)
        return there and (bool(set(before) - set(after)) or any(t not in self._ground.triples for t in after))

    def _replaced(
        self, rule: Rule, binding: Binding, mentions: Mapping[Term, Sequence[Triple]]
    ) -> tuple[list[Triple], list[Triple]]:
        old, new = binding["old"], binding["new"]
        before = [t for t in mentions.get(old, ()) if not rule.on or (t.predicate in rule.on and t.object == old)]
        if rule.on:
            return before, [Triple(t.subject, t.predicate, new) for t in before]
        return before, [Triple(*(new if part == old else part for part in triple)) for triple in before]  # type: ignore[arg-type]

    def _filled(self, rule: Rule, patterns: Sequence[Pattern], binding: Binding) -> list[Triple]:
        """Triples of patterns; one with a variable that has no value is left out."""
        found = []
        for pattern in patterns:
            subject, predicate, value = (self._term(rule, part, binding) for part in pattern)
            if isinstance(subject, NamedNode | BlankNode) and isinstance(predicate, NamedNode) and value is not None:
                found.append(Triple(subject, predicate, value))
        return list(dict.fromkeys(found))

    def _term(self, rule: Rule, part: Term, binding: Binding) -> Term | None:
        name = variable(part)
        if not name:
            return part
        if name in binding or not name.startswith(_FRESH):
            return binding.get(name)
        # The same place gives the same node, so a step looks the same each time that it is proposed.
        told = "\n".join([rule.name, name, *(f"{key} {binding[key]}" for key in sorted(binding))])
        return BlankNode("fix" + hashlib.sha256(told.encode()).hexdigest()[:24])

    def _orphans(self, node: Term | None, gone: Sequence[Triple]) -> dict[Term, list[Triple]]:
        """What is said about a blank node, and the ones below it, when nothing else points to it."""
        found: dict[Term, list[Triple]] = {}
        removed = set(gone)
        waiting = [node]
        while waiting:
            lost = waiting.pop()
            if not isinstance(lost, BlankNode) or lost in found:
                continue
            links = (Triple(subject, predicate, lost) for subject, predicate in self._ground.graph.pointing_to(lost))
            if any(link in self._ground.triples and link not in removed for link in links):
                continue
            about = self._ground.graph.about(lost)
            said = [Triple(lost, predicate, value) for predicate, values in about.items() for value in values]
            found[lost] = [triple for triple in said if triple in self._ground.triples and triple not in removed]
            removed.update(said)
            waiting += [value for values in about.values() for value in values]
        return found

    def _change(self, step: Step) -> None:
        self._ground.take(step.before)
        for triple in step.before:
            self._made.pop(triple, None)
            if isinstance(triple.object, BlankNode):
                self._parted.setdefault(triple.object, []).append(step.id)
        self._made.update((triple, step.id) for triple in step.after if triple not in self._ground.triples)
        self._ground.put(step.after)
        self.steps.append(step)


def _mentions(graph: Graph) -> dict[Term, list[Triple]]:
    """Every term with the triples in which it stands."""
    found: dict[Term, list[Triple]] = {}
    for triple in graph:
        for part in {triple.subject, triple.predicate, triple.object}:
            found.setdefault(part, []).append(triple)  # type: ignore[arg-type]
    return found


def _spoken(term: Term) -> str:
    words = compact(term.value) if isinstance(term, NamedNode) else term.value
    if isinstance(term, BlankNode):
        return "a node without an address"
    return words if len(words) <= _LONGEST_WORDS else words[: _LONGEST_WORDS - 1] + "…"
