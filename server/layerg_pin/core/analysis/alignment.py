"""What makes a plugin's build agree with its host: pins, holds, replaces, and leaving a workspace.

What each difference calls for is a wish. Whether it holds is a question of version selection: a pin that another
module overrules is held by excluding every higher version that is asked for. Go has the last word: a text that it was
asked about stands in `Snapshot.trials`, and its answer overrules what is worked out here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple
from weakref import WeakKeyDictionary

from layerg_pin.core.analysis.build_list import BuildList, Roots, build_list
from layerg_pin.core.gomod.edits import Changes, all_of
from layerg_pin.core.gomod.versions import is_higher
from layerg_pin.core.model.modules import Graph, ModuleVersion

_FEW = 50
"""Up to so many wishes are tried one by one: it takes a reading of the whole graph for each."""
_MAX_EXCLUDES = 500

Wishes = Mapping[ModuleVersion, Changes]
"""What each of the host's modules calls for in the plugin's go.mod."""

Ways = Mapping[ModuleVersion, tuple[Changes, ...]]
"""The wishes with all that could fulfil each, the best first; where Go refuses one, the next is wished for."""


class Alignment(NamedTuple):
    """What fulfils the wishes, and which of them nothing fulfils."""

    single: Wishes
    """What fulfils a wish alone."""
    together: Changes
    """What fulfils all that can be fulfilled."""
    fulfilled: tuple[ModuleVersion, ...]
    """The modules of the host that agree after that; some may need it only because of the rest."""
    blocked: Mapping[ModuleVersion, tuple[ModuleVersion, ...]]
    """Wishes that nothing fulfils: the way to what asks for more, as far as it is known."""
    untried: frozenset[ModuleVersion]
    """Modules whose go.mod is not in the module cache, so that what they bring with them is not known."""


_Asked = tuple[Wishes, tuple[ModuleVersion, ...], bool, frozenset[str]]
_KNOWN: WeakKeyDictionary[BuildList, list[tuple[_Asked, Alignment]]] = WeakKeyDictionary()
"""What was worked out for build lists, as long as these are held."""


def align(
    selection: BuildList,
    graph: Graph,
    wishes: Wishes,
    agreeing: Sequence[ModuleVersion],
    *,
    whole: bool,
    kept: frozenset[str] = frozenset(),
) -> Alignment:
    """Work out what fulfils the wishes, once for each build list, which was selected from `graph`.

    `agreeing` are the host's versions of shared modules that need no pin now. Where the other pins move such a module,
    as a lower version of what asked for it does, it is pinned together with them. `whole`: whether the whole graph
    counts as well, as for `go mod tidy` in a module of go 1.17. `kept` are the workspace's members that stay in it.
    """
    asked, known = (wishes, tuple(agreeing), whole, kept), _KNOWN.setdefault(selection, [])
    for each, alignment in known:
        if each == asked:
            return alignment
    known.append((asked, _align(selection, graph, *asked)))
    return known[-1][1]


def _align(
    selection: BuildList,
    graph: Graph,
    wishes: Wishes,
    agreeing: Sequence[ModuleVersion],
    whole: bool,
    kept: frozenset[str],
) -> Alignment:
    reader = _Reader(selection.roots, graph, whole=whole, kept=kept)
    possible = {pin: changes for pin, changes in wishes.items() if pin not in selection.roots.excluded}
    blocked: dict[ModuleVersion, tuple[ModuleVersion, ...]] = {pin: () for pin in wishes if pin not in possible}
    wanted = dict(possible)
    together = _together(reader, selection, wanted, agreeing, blocked)
    held = {each.path for each in together.excludes}
    single = {}
    for pin, changes in possible.items():
        if pin in blocked:
            continue
        exactly = len(possible) <= _FEW
        if reader.nobody_asks_for_more(changes) or (exactly and not reader.raised(changes)):
            single[pin] = changes
        elif exactly and (pin.path in held or together.members or changes.dropped):
            found = reader.held(changes)
            if found is not None:
                single[pin] = found
        elif not exactly and _asks_no_more(selection, pin):
            single[pin] = changes
    untried = frozenset(pin for pin in (*wishes, *together.pins) if pin not in graph)
    return Alignment(single, together, tuple(wanted), blocked, untried)


def _together(
    reader: _Reader,
    selection: BuildList,
    wanted: dict[ModuleVersion, Changes],
    agreeing: Sequence[ModuleVersion],
    blocked: dict[ModuleVersion, tuple[ModuleVersion, ...]],
) -> Changes:
    """What fulfils all wishes that are wanted. Those that nothing fulfils move from there to `blocked`."""
    more = Changes()
    while wanted:
        changes = all_of((more, *wanted.values()))
        tried = reader.read(changes)
        moved = [
            module
            for module in agreeing
            if tried.selected.get(module.path, module.version) != module.version
            and selection.selected.get(module.path) == module.version
            and module not in wanted
            and module not in blocked
        ]
        if moved:
            wanted |= {module: Changes((module,)) for module in moved}
            continue
        raised = reader.raised(changes)
        if not raised:
            return reader.tidied(changes)
        answer = reader.answer(changes, raised)
        if answer:
            more |= answer
            continue
        for each in raised:
            for pin in [pin for pin, wish in wanted.items() if each.path in (*wish.modules, *wish.dropped)]:
                blocked[pin] = tried.chain(each)
                del wanted[pin]
    return Changes()


class _Reader:
    """Readings of the graph as it would be after changes; the last one is kept, since it is asked for again."""

    def __init__(self, roots: Roots, graph: Graph, *, whole: bool, kept: frozenset[str]) -> None:
        self.roots = roots
        self.graph = graph
        self.whole = whole
        self.kept = kept
        self._last: tuple[Changes, BuildList] | None = None

    def read(self, changes: Changes) -> BuildList:
        if self._last is None or self._last[0] != changes:
            self._last = changes, build_list(self.roots.changed(changes), self.graph)
        return self._last[1]

    def readings(self, changes: Changes) -> tuple[BuildList, ...]:
        first = self.read(changes)
        if not self.whole:
            return (first,)
        return first, build_list(self.roots.changed(changes)._replace(pruned=False), self.graph)

    def nobody_asks_for_more(self, changes: Changes) -> bool:
        """Whether pins alone hold whatever is reached: no go.mod that is known, reached or not, asks for more."""
        if self.roots.members or changes != Changes(pins=changes.pins):
            return False
        asked = self._asked
        return not any(is_higher(asked.get(pin.path, ""), pin.version) for pin in changes.pins)

    @cached_property
    def _asked(self) -> Mapping[str, str]:
        """The highest version of each module that any known go.mod asks for."""
        highest: dict[str, str] = {}
        for require in {*self.roots.hidden, *(each for known in self.graph.values() for each in known.requires)}:
            if is_higher(require.version, highest.get(require.path, "")):
                highest[require.path] = require.version
        return highest

    def raised(self, changes: Changes) -> list[ModuleVersion]:
        """The versions that are selected against a pin, or though their module is dropped."""
        found: dict[ModuleVersion, None] = {}
        for reading in self.readings(changes):
            wanted = {pin.path: pin.version for pin in changes.pins} | dict.fromkeys(changes.dropped)
            for path, version in wanted.items():
                selected = reading.selected.get(path)
                if selected != version:
                    found[ModuleVersion(path, selected or "")] = None
        return list(found)

    def answer(self, changes: Changes, raised: Iterable[ModuleVersion]) -> Changes:
        """What keeps versions from being selected: to exclude them, or to leave the workspace that asks for them."""
        askers = self.read(changes)
        excludes, members = [], []
        for each in raised:
            asker = askers.asker(each.path)
            if asker and asker[0] in self.roots.members:
                if asker[0].path in self.kept:
                    return Changes()
                members.append(asker[0].path)
            elif each.version and each not in changes.excludes and len(changes.excludes) < _MAX_EXCLUDES:
                excludes.append(each)
        return Changes(members=tuple(members)) if members else Changes(excludes=tuple(excludes))

    def held(self, changes: Changes) -> Changes | None:
        """The changes and what it takes that they hold; None where nothing does."""
        while raised := self.raised(changes):
            answer = self.answer(changes, raised)
            if not answer:
                return None
            changes |= answer
        return self.tidied(changes)

    def tidied(self, changes: Changes) -> Changes:
        """The changes without excludes of what nobody asks for any more."""
        if not changes.excludes:
            return changes
        asked = {
            require
            for reading in self.readings(changes)
            for module in reading.edges
            if module in self.graph
            for require in self.graph[module].requires
        }
        asked |= {*self.roots.hidden, *self.roots.changed(changes).requires}
        return changes._replace(excludes=tuple(each for each in changes.excludes if each in asked))


def _asks_no_more(selection: BuildList, pin: ModuleVersion) -> bool:
    """Whether what is selected now asks for no higher version than a pin's."""
    asker = selection.asker(pin.path)
    return not asker or not is_higher(asker[-1].version, pin.version)
