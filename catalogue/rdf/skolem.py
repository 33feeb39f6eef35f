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
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_LOCAL = re.compile(r"[^/#:]*$")

Colours = dict[BlankNode, str]


def rename(graph: Graph, names: Mapping[Subject, NamedNode]) -> Graph:
    """Return the graph with these subjects renamed, as subject and as object. The given graph is left alone."""
    if not names:
        return graph

    def name(term: Any) -> Any:
        return names.get(term, term)

    return Graph(Triple(name(t.subject), t.predicate, name(t.object)) for t in graph)


def mint(graph: Graph, subject: NamedNode) -> Graph:
    """Give every blank node a fragment IRI of the subject.

    Args:
        graph: The closed description of the subject.
        subject: An IRI without fragment.

    Returns:
        A graph without blank nodes; the given one when it has none. The value of dcat:contactPoint is
        `{subject}#contact-point`; with several, a hash of what each says follows (`#distribution-3fa2b1`), and
        `-2`, `-3` tell apart those that say the same. No IRI of the graph is taken twice.
    """
    blanks: dict[BlankNode, None] = {}
    for triple in graph:
        for node in (triple.subject, triple.object):
            if isinstance(node, BlankNode):
                blanks[node] = None
    if not blanks:
        return graph
    content = _content(graph, blanks)
    places = _refine(graph, content)
    words = _words(graph, subject, places)
    return rename(graph, _names(subject, words, content, _taken(graph, subject)))


def _hash(parts: Iterable[str]) -> str:
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()


def _out(graph: Graph, node: BlankNode, colours: Colours) -> list[str]:
    """What the graph says about a node, blank values by colour, sorted."""
    return sorted(
        f"{predicate} {colours.get(value, '_') if isinstance(value, BlankNode) else value}"
        for predicate, values in graph.about(node).items()
        for value in values
    )


def _content(graph: Graph, blanks: Iterable[BlankNode]) -> Colours:
    """Hash each node by what it says, inner nodes first. Nodes from which a cycle is reached come out alike."""
    open_values: dict[BlankNode, int] = dict.fromkeys(blanks, 0)
    users: dict[BlankNode, list[BlankNode]] = {}
    for node in open_values:
        inner = {v for values in graph.about(node).values() for v in values if isinstance(v, BlankNode)}
        open_values[node] = len(inner)
        for value in inner:
            users.setdefault(value, []).append(node)
    colours: Colours = {}
    ready = [node for node, count in open_values.items() if count == 0]
    while ready:
        node = ready.pop()
        colours[node] = _hash(_out(graph, node, colours))
        for user in users.get(node, ()):
            open_values[user] -= 1
            if open_values[user] == 0:
                ready.append(user)
    cyclic = [node for node in open_values if node not in colours]
    return _refine(graph, colours | {node: _hash(_out(graph, node, colours)) for node in cyclic}, cyclic)


def _refine(graph: Graph, colours: Colours, nodes: Iterable[BlankNode] | None = None) -> Colours:
    """Tell apart nodes of one colour by their neighbours, both ways, until nothing more is told apart.

    With `nodes`, only these change, and only by what they say.
    """
    classes = len(set(colours.values()))
    for _ in range(_ROUNDS):
        counts = Counter(colours.values())
        changing = [node for node in (colours if nodes is None else nodes) if counts[colours[node]] > 1]
        fresh = {}
        for node in changing:
            into = () if nodes is not None else _into(graph, node, colours)
            fresh[node] = _hash((colours[node], *_out(graph, node, colours), "", *into))
        colours = colours | fresh
        before, classes = classes, len(set(colours.values()))
        if classes == before:
            break
    return colours


def _into(graph: Graph, node: BlankNode, colours: Colours) -> list[str]:
    return sorted(
        f"{colours[user] if isinstance(user, BlankNode) else user} {predicate}"
        for user, predicate in graph.pointing_to(node)
    )


def _words(graph: Graph, subject: NamedNode, places: Colours) -> dict[BlankNode, str]:
    """Walk from the subject in an order that does not depend on the input; note the word for each blank node."""
    words: dict[BlankNode, str] = {}
    seen: set[Subject] = set()

    def rank(node: Term) -> tuple[int, str]:
        if isinstance(node, BlankNode):
            return (2, places[node])
        return (0 if node == subject else 1, str(node))

    pointed = {triple.object for triple in graph if isinstance(triple.object, BlankNode)}
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


def _taken(graph: Graph, subject: NamedNode) -> set[str]:
    """The fragments of the subject that the graph mentions already."""
    start = subject.value + "#"
    return {
        term.value.removeprefix(start)
        for triple in graph
        for term in (triple.subject, triple.predicate, triple.object)
        if isinstance(term, NamedNode) and term.value.startswith(start)
    }


def _names(
    subject: NamedNode, words: Mapping[BlankNode, str], content: Colours, taken: set[str]
) -> dict[Subject, NamedNode]:
    """Turn words into IRIs: alone, with a hash, or with a hash and a number."""
    often = Counter(words.values())
    numbers: Counter[str] = Counter()
    names: dict[Subject, NamedNode] = {}
    for node, word in words.items():
        name = word
        if often[word] > 1 or word in taken:
            stem = name = f"{word}-{content[node][:6]}"
            while name in taken:
                numbers[stem] += 1
                name = f"{stem}-{numbers[stem] + 1}"
        taken.add(name)
        names[node] = NamedNode(f"{subject.value}#{name}")
    return names
