"""Write a file of the release catalogue (server/layerg_pin/core/known/releases.py) from the facts of all releases."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from layerg_pin.core.known.releases import FLAVOURS, ReleaseFacts, release_contents, releases

T = TypeVar("T")


class Entry(NamedTuple):
    """All that the catalogue says of one release."""

    facts: ReleaseFacts
    """Its field `releases` is not used: releases are joined by what they are built from."""
    modules: Mapping[str, str | None]
    """The version of each module; None for the host's own."""
    packages: Mapping[str, Mapping[str, str]]
    """The module of each linked package, by architecture; by an empty name for those of all architectures."""
    flags: Mapping[str, tuple[str, ...]]
    """The flags of `go build`, for `server` and `debug`."""


def known_entries(host: str) -> dict[str, Entry]:
    """The entries of the shipped catalogue for a host, by release."""
    found = {}
    for name, facts in releases(host).items():
        flavours = {each: release_contents(host, name, flavour) for each, flavour in FLAVOURS.items()}
        server = flavours["server"]
        assert server, name
        found[name] = Entry(
            facts=facts,
            modules={path: module.version for path, module in server.modules.items()},
            packages={"": server.packages, **server.packages_of},
            flags={each: contents.flags for each, contents in flavours.items() if contents},
        )
    return found


def catalogue(title: str, entries: Mapping[str, Entry]) -> str:
    """The text of a catalogue file. `entries` are by release, oldest first."""
    names = list(entries)
    rows = [
        f"# The releases of {title} that layerg-pin knows. `scripts/add_release.py` writes this file;",
        "# server/layerg_pin/core/known/releases.py describes the format.",
        "format 1",
        *_release_rows(entries),
    ]
    for flavour in FLAVOURS:
        flags = {name: [entry.flags[flavour]] for name, entry in entries.items() if flavour in entry.flags}
        rows += [f"flags {flavour} {ranges} {shlex.join(words)}" for words, ranges in _ranges(names, flags)]
    for module in sorted({path for entry in entries.values() for path in entry.modules}):
        rows.append(f"module {module}")
        versions = {name: [entry.modules[module]] for name, entry in entries.items() if module in entry.modules}
        rows += [f" {version or '-'} {ranges}" for version, ranges in _ranges(names, versions)]
        for architecture in sorted({each for entry in entries.values() for each in entry.packages}):
            rows += _package_rows(names, entries, module, architecture)
    return "\n".join(rows) + "\n"


def _release_rows(entries: Mapping[str, Entry]) -> Iterable[str]:
    groups: list[list[str]] = []
    for name in entries:
        if groups and _same(entries[groups[-1][0]], entries[name]):
            groups[-1].append(name)
        else:
            groups.append([name])
    for group in groups:
        facts = entries[group[0]].facts
        dots = ".x" if facts.floats else ""
        words = [f"release {'='.join(group)}", f"go={facts.go}{dots}"]
        words += [f"builder-go={facts.builder_go}"] if facts.builder_go != facts.go else []
        words += [f"api={facts.api}", f"line={facts.go_line}"]
        words += [f"toolchain={facts.toolchain}"] if facts.toolchain else []
        words += [f"debian={facts.distribution}", f"platforms={','.join(facts.platforms)}"]
        yield " ".join(words)


def _same(one: Entry, other: Entry) -> bool:
    """Whether two releases are built alike: plugins for one fit the other."""
    return one._replace(facts=one.facts._replace(releases=())) == other._replace(
        facts=other.facts._replace(releases=())
    )


def _package_rows(names: Sequence[str], entries: Mapping[str, Entry], module: str, architecture: str) -> Iterable[str]:
    """The rows of a module's packages; those that are linked in the same releases share a row."""

    packages = {
        name: [package for package, owner in entry.packages.get(architecture, {}).items() if owner == module]
        for name, entry in entries.items()
    }
    by_ranges: dict[str, list[str]] = {}
    for package, ranges in _ranges(names, packages):
        by_ranges.setdefault(ranges, []).append(package.removeprefix(f"{module}/") if package != module else ".")
    kind = f"packages/{architecture}" if architecture else "packages"
    return [f" {kind} {ranges} {' '.join(sorted(found))}" for ranges, found in by_ranges.items()]


def _ranges(names: Sequence[str], values: Mapping[str, Iterable[T]]) -> list[tuple[T, str]]:
    """Each value with the ranges of the releases that have it, in the order of their first release."""
    numbers: dict[T, list[int]] = {}
    for number, name in enumerate(names):
        for value in values.get(name, ()):
            numbers.setdefault(value, []).append(number)
    return [(value, _words(names, found)) for value, found in numbers.items()]


def _words(names: Sequence[str], numbers: Sequence[int]) -> str:
    """Ranges in the form of the catalogue, as `3.9.0..3.21.1,3.27.0..`."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    newest = len(names) - 1
    words = []
    for first, last in parts:
        end = "" if last == newest else names[last]
        words.append(names[first] if first == last != newest else f"{names[first]}..{end}")
    return ",".join(words)
