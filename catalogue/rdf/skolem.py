"""Which IRI does a node get that its author did not name?

A fragment of the record's own IRI, made from the property that points to it, and the same for the same content
whatever the labels and the order of the input.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from typing import Any

from pyoxigraph import BlankNode, NamedNode, Triple

from .graph import Graph, Subject, Term

# Enough for anything that people describe; nodes that differ only further away than this keep the input's order.
_ROUNDS = 16
_HASH = 6  # characters of a hash that a name shows
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_LOCAL = re.compile(r"[^/#:]*$")

Colours = dict[BlankNode, str]
Names = dict[BlankNode, str]
# Blank nodes with who points to them by which property.
Users = dict[BlankNode, list[tuple[Subject, NamedNode]]]


def rename(graph: Graph, names: Mapping[Subject, NamedNode]) -> Graph:
    """Return the graph with these subjects renamed, as subject and as object. The given graph is left alone."""
    if not names:
        return graph
    new = set(names.values())
    if len(new) == len(names) and not any(map(graph.describes, new)) and new.isdisjoint(graph.mentioned()):
        return graph.renamed(names)

    def name(term: Any) -> Any:
        return names.get(term, term)

    return Graph(Triple(name(t.subject), t.predicate, name(t.object)) for t in graph)


def mint(graph: Graph, subject: NamedNode) -> Graph:
    """Give every blank node a fragment IRI of the subject.

    Args:
        graph: The closed description of the subject.
        subject: An IRI; when it has a fragment, the new ones begin with that and a hyphen.

    Returns:
        A graph without blank nodes; the given one when it has none. The value of dcat:contactPoint is
        `{subject}#contact-point`; with several, a hash of what each says follows (`#distribution-3fa2b1`), and
        `-2`, `-3` tell apart those that say the same. No IRI of the graph is taken twice.
    """
    users = _users(graph)
    if not users:
        return graph
    start = subject.value + ("-" if "#" in subject.value else "#")
    taken = _taken(graph, start)
    names = _named_apart(graph, users, taken)
    if names is None:
        content = _content(graph, users)
        words = _words(graph, subject, _refine(graph, users, content), users)
        names = _named_in_order(words, content, taken)
    return rename(graph, {node: NamedNode(start + name) for node, name in names.items()})


def _users(graph: Graph) -> Users:
    """Every blank node, with who points to it by which property."""
    users: Users = {}
    for subject in graph.subjects():
        if isinstance(subject, BlankNode):
            users.setdefault(subject, [])
        for predicate, values in graph.about(subject).items():
            for value in values:
                if isinstance(value, BlankNode):
                    users.setdefault(value, []).append((subject, predicate))
    return users


def _taken(graph: Graph, start: str) -> set[str]:
    """What follows this beginning in the IRIs that the graph mentions already."""
    terms = set(graph.mentioned())
    for subject in graph.subjects():
        terms.add(subject)
        terms.update(graph.about(subject))
    length = len(start)
    return {t.value[length:] for t in terms if isinstance(t, NamedNode) and t.value.startswith(start)}


def _named_apart(graph: Graph, users: Users, taken: set[str]) -> Names | None:
    """Names where each node hangs in one place and no two would get the same, as in nearly all records.

    There the order in which nodes are named does not matter, and finding that order takes most of the time.
    """
    if any(len(places) > 1 for places in users.values()):
        return None
    reached = [node for node, places in users.items() if not places or not isinstance(places[0][0], BlankNode)]
    for node in reached:
        reached += _inner(graph, node)
    if len(reached) < len(users):  # a cycle, to which no way leads from outside
        return None
    words = {
        node: _kebab(places[0][1].value) if places else _word_of_type(graph, node) for node, places in users.items()
    }
    often = Counter(words.values())
    vague = [node for node, word in words.items() if often[word] > 1 or word in taken]
    content = _content(graph, _with_inner(graph, vague))
    names = words | {node: f"{words[node]}-{content[node][:_HASH]}" for node in vague}
    apart = set(names.values())
    return names if len(apart) == len(names) and apart.isdisjoint(taken) else None


def _with_inner(graph: Graph, nodes: Iterable[BlankNode]) -> set[BlankNode]:
    found = set(nodes)
    waiting = [*found]
    while waiting:
        for value in _inner(graph, waiting.pop()):
            if value not in found:
                found.add(value)
                waiting.append(value)
    return found


def _inner(graph: Graph, node: BlankNode) -> list[BlankNode]:
    """Blank values of a node."""
    return [v for values in graph.about(node).values() for v in values if isinstance(v, BlankNode)]


def _hash(parts: Iterable[str]) -> str:
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()


def _out(graph: Graph, node: BlankNode, colours: Colours) -> list[str]:
    """What the graph says about a node, blank values by colour, sorted."""
    return sorted(
        f"{predicate} {colours.get(value, '_') if isinstance(value, BlankNode) else value}"
        for predicate, values in graph.about(node).items()
        for value in values
    )


def _content(graph: Graph, nodes: Iterable[BlankNode]) -> Colours:
    """Hash each node by what it says, inner nodes first. Nodes from which a cycle is reached come out alike.

    With each node, its inner ones must be there too.
    """
    open_values: dict[BlankNode, int] = dict.fromkeys(nodes, 0)
    waiting: dict[BlankNode, list[BlankNode]] = {}
    for node in open_values:
        inner = set(_inner(graph, node))
        open_values[node] = len(inner)
        for value in inner:
            waiting.setdefault(value, []).append(node)
    colours: Colours = {}
    ready = [node for node, count in open_values.items() if count == 0]
    while ready:
        node = ready.pop()
        colours[node] = _hash(_out(graph, node, colours))
        for user in waiting.get(node, ()):
            open_values[user] -= 1
            if open_values[user] == 0:
                ready.append(user)
    cyclic = [node for node in open_values if node not in colours]
    return _refine(graph, None, colours | {node: _hash(_out(graph, node, colours)) for node in cyclic}, cyclic)


def _refine(graph: Graph, users: Users | None, colours: Colours, nodes: Iterable[BlankNode] | None = None) -> Colours:
    """Tell apart nodes of one colour by their neighbours, both ways, until nothing more is told apart.

    With `nodes`, only these change; without `users`, only by what they say.
    """
    classes = len(set(colours.values()))
    for _ in range(_ROUNDS):
        counts = Counter(colours.values())
        changing = [node for node in (colours if nodes is None else nodes) if counts[colours[node]] > 1]
        fresh = {}
        for node in changing:
            into = () if users is None else _into(users, node, colours)
            fresh[node] = _hash((colours[node], *_out(graph, node, colours), "", *into))
        colours = colours | fresh
        before, classes = classes, len(set(colours.values()))
        if classes == before:
            break
    return colours


def _into(users: Users, node: BlankNode, colours: Colours) -> list[str]:
    return sorted(
        f"{colours[user] if isinstance(user, BlankNode) else user} {predicate}" for user, predicate in users[node]
    )


def _words(graph: Graph, subject: NamedNode, places: Colours, users: Users) -> Names:
    """Walk from the subject in an order that does not depend on the input; note the word for each blank node."""
    words: Names = {}
    seen: set[Subject] = set()

    def rank(node: Term) -> tuple[int, str]:
        if isinstance(node, BlankNode):
            return (2, places[node])
        return (0 if node == subject else 1, str(node))

    pointed = {node for node, places in users.items() if places}
    # The subject, other named nodes, blank nodes that nothing points to, and last those that only a cycle reaches.
    roots = sorted(graph.subjects(), key=lambda node: (node in pointed, *rank(node)))
    for root in roots:
        if root in seen:
            continue
        if isinstance(root, BlankNode):
            words[root] = _word_of_type(graph, root)
        seen.add(root)
        waiting = deque([root])
        while waiting:
            about = graph.about(waiting.popleft())
            for predicate in sorted(about, key=lambda p: p.value):
                for value in sorted((v for v in about[predicate] if isinstance(v, BlankNode)), key=rank):
                    if value not in seen:
                        seen.add(value)
                        words[value] = _kebab(predicate.value)
                        waiting.append(value)
    return words


def _word_of_type(graph: Graph, node: BlankNode) -> str:
    types = sorted(value.value for value in graph.types(node) if isinstance(value, NamedNode))
    return _kebab(types[0]) if types else "node"


def _kebab(iri: str) -> str:
    """The last part of an IRI, in lower case with hyphens: contactPoint, contact-point."""
    local = _LOCAL.search(iri)
    return "-".join(_WORD.findall(local[0] if local else "")).lower() or "node"


def _named_in_order(words: Names, content: Colours, taken: set[str]) -> Names:
    """Turn words into names: alone, with a hash, or with a hash and a number."""
    often = Counter(words.values())
    numbers: Counter[str] = Counter()
    names: Names = {}
    taken = set(taken)
    for node, word in words.items():
        name = word
        if often[word] > 1 or word in taken:
            stem = name = f"{word}-{content[node][:_HASH]}"
            while name in taken:
                numbers[stem] += 1
                name = f"{stem}-{numbers[stem] + 1}"
        taken.add(name)
        names[node] = name
    return names
