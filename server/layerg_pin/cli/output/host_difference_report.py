"""Format the difference between two hosts as rows of text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from layerg_pin.core.analysis.host_difference import Change, HostDifference
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.text import printable
from layerg_pin.system.terminal import Row

_UNKNOWN = "unknown"


def difference_rows(before: HostManifest, after: HostManifest, found: HostDifference) -> Iterator[Row]:
    """The differences, one line each, then what agrees and what is not compared."""
    yield f"{before.reference} -> {after.reference}"
    known = [each for each in found.facts if each.is_certain]
    differing = [each for each in known if each.before != each.after]
    for each in differing:
        yield _row(each.name, _change_words(each))
    groups = (("changed", found.changed), ("added", found.added), ("removed", found.removed))
    numbers = ", ".join(f"{len(changes)} {word}" for word, changes in groups if changes)
    same = f"{found.same_modules} the same"
    yield _row("modules", f"{numbers}, {same}" if numbers else same)
    width = max((len(printable(each.name)) for each in found.modules), default=0)
    for word, changes in groups:
        for each in changes:
            versions = " -> ".join(filter(None, (each.before, each.after)))
            yield f"    {word:7}  {printable(each.name):{width}}  {versions}"
    if found.packages:
        added, removed, both = found.packages
        changed = ", ".join(f"{number} {word}" for number, word in ((added, "added"), (removed, "removed")) if number)
        same = f"{both} the same"
        yield _row("linked packages", f"{changed}, {same}" if changed else same)
    if not differing and not found.modules and not (found.packages and any(found.packages[:2])):
        yield "  no difference was found"
    if agreed := [each.name for each in known if each.before == each.after]:
        yield _row("the same", ", ".join(agreed))
    for each in found.facts:
        if not each.is_certain and (each.before or each.after):
            yield _row("not compared", f"{each.name}: {each.before or _UNKNOWN} -> {each.after or _UNKNOWN}")
    if unknown := [each.name for each in found.facts if each.before is None and each.after is None]:
        yield _row("not known", ", ".join(unknown))
    if found.why_no_packages:
        yield _row("not compared", f"linked packages: {found.why_no_packages}")
    if before.kind != after.kind and (found.added or found.removed):
        yield _row("note", f"a {before.kind} and a {after.kind} may list other modules of the same host")
    for host in (before, after):
        if why := host.uncertainty or host.no_plugins_reason or host.advice:
            yield _row("note", why if host.reference in why else f"{host.reference}: {why}")


def _change_words(change: Change) -> str:
    """Both values; a module is named once."""
    before, after = (change.before or "").split(" "), (change.after or "").split(" ")
    same = change.name == "plugin API" and before[0] == after[0]
    return f"{change.before} -> {' '.join(after[1:]) if same else change.after}"


def _row(name: str, value: str) -> str:
    return f"  {name:19}  {value}"


def difference_json(before: HostManifest, after: HostManifest, found: HostDifference) -> dict[str, Any]:
    """The document of `host diff --format json`, version 1. An unknown fact is null."""
    facts = _changes_json(found.facts)
    packages = dict(zip(("added", "removed", "same"), found.packages, strict=True)) if found.packages else None
    return {
        "version": 1,
        "hosts": [
            {
                "reference": host.reference,
                "kind": host.kind,
                "module": host.module,
                "host_version": host.version,
                "problems": [each for each in (host.uncertainty, host.no_plugins_reason, host.advice) if each],
            }
            for host in (before, after)
        ],
        "facts": [{**change, "certain": each.is_certain} for each, change in zip(found.facts, facts, strict=True)],
        "modules": {
            "changed": _changes_json(found.changed),
            "added": _changes_json(found.added),
            "removed": _changes_json(found.removed),
            "same": found.same_modules,
        },
        "packages": packages,
    }


def _changes_json(changes: Sequence[Change]) -> list[dict[str, str | None]]:
    return [{"name": each.name, "before": each.before, "after": each.after} for each in changes]
