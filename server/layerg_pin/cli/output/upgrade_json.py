"""Format the report of `upgrade` as JSON for programs. The keys are a contract (docs/command-line.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from layerg_pin.cli.output.json_report import finding_json, reported_path
from layerg_pin.core.analysis.release_changes import ModuleChange, release_changes
from layerg_pin.engine.changed_files import ChangedFile, changed_files
from layerg_pin.engine.upgrade import ImagesLeftError, PluginUpgrade, Upgrade
from layerg_pin.engine.upgrade_words import compiled_modules, left_by_hand
from layerg_pin.system.text_files import FileError, LineIndexes


def upgrade_json(root: str, upgrade: Upgrade, *, is_written: bool) -> dict[str, Any]:
    """The document of `upgrade --format json`, version 1. Paths are relative to `root`, absolute outside of it."""
    return {
        "version": 1,
        "host": upgrade.target.host.name,
        "release": upgrade.target.number,
        "written": is_written,
        "plugins": [_plugin(root, upgrade, each) for each in upgrade.plugins],
        "files": [_file(root, each) for each in changed_files(upgrade)],
        "left": [_problem(root, each.path, each.line, each.message) for each in left_by_hand(upgrade)],
        "elsewhere": [_problem(root, each.path, each.line, each.message) for each in upgrade.elsewhere],
        "problems": [],
    }


def problem_json(root: str, error: Exception) -> dict[str, Any]:
    """The document if the upgrade is not possible."""
    if isinstance(error, ImagesLeftError):
        problems = [_problem(root, each.path, each.line, each.reason) for each in error.images]
    else:
        problems = [_problem(root, error.path if isinstance(error, FileError) else None, None, str(error))]
    empty: dict[str, Any] = {"plugins": [], "files": [], "left": [], "elsewhere": [], "problems": problems}
    return {"version": 1, "host": None, "release": None, "written": False, **empty}


def _problem(root: str, path: str | None, line: int | None, message: str) -> dict[str, Any]:
    return {"file": reported_path(root, path) if path else None, "line": line, "message": message}


def ordered_modules(modules: Sequence[ModuleChange], compiled: frozenset[str]) -> list[ModuleChange]:
    """The changes of modules, first those that the plugin compiles."""
    return sorted(modules, key=lambda each: each.path not in compiled)


def _plugin(root: str, upgrade: Upgrade, plugin: PluginUpgrade) -> dict[str, Any]:
    snapshot = plugin.after.snapshot
    changes = release_changes(upgrade.target.host, plugin.number, upgrade.target.number)
    compiled = compiled_modules(plugin)
    indexes = LineIndexes(snapshot.indexes())
    return {
        "dir": reported_path(root, plugin.after.folder),
        "module": snapshot.gomod.module.text if snapshot.gomod.module else None,
        "from": plugin.number or None,
        "facts": [{"name": each.name, "from": each.before, "to": each.after} for each in changes.facts]
        if changes
        else [],
        "modules": [
            {"path": each.path, "from": each.before, "to": each.after, "compiled": each.path in compiled}
            for each in ordered_modules(changes.modules, compiled)
        ]
        if changes
        else [],
        "compiles": None
        if snapshot.compiled is None or snapshot.compiled.uncertainty
        else not snapshot.compiled.errors,
        "findings": [finding_json(root, each, indexes) for each in plugin.after.findings],
    }


def _file(root: str, file: ChangedFile) -> dict[str, Any]:
    changes = [{"line": each.line, "message": each.message} for each in file.changes]
    return {"file": reported_path(root, file.path), "changes": changes}
