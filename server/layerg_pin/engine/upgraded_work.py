"""The go.work of a plugin that moves to another release: its `go` line must not be below that of go.mod."""

from __future__ import annotations

import os
from collections.abc import Mapping

from layerg_pin.core.gomod.parser import parse_gomod, parse_gowork
from layerg_pin.core.gomod.versions import parse_go_release
from layerg_pin.core.text import TextEdit, apply_edits
from layerg_pin.go.module_files import file_above, work_file
from layerg_pin.system.file_transaction import FileChange
from layerg_pin.system.text_files import read_text


def with_work_line(texts: Mapping[str, str]) -> dict[str, str]:
    """The texts of go.mod and go.work with the `go` line of go.work not below that of go.mod."""
    gomod = next(text for path, text in texts.items() if path.endswith("go.mod"))
    return {path: _raised_work(text, gomod) if path.endswith("go.work") else text for path, text in texts.items()}


def _raised_work(text: str, gomod: str) -> str:
    """A go.work whose `go` line is not below that of a module in it, which Go would refuse."""
    work, module = parse_gowork(text), parse_gomod(gomod)
    mine, own = (parse_go_release(each.text) if each else None for each in (work.go, module.go))
    if work.go and module.go and mine and own and mine < own:
        return apply_edits(text, (TextEdit(work.go.span, module.go.text),))
    return text


def work_change(pending: Mapping[str, str], folder: str, gomod: str, unsaved: Mapping[str, str]) -> list[FileChange]:
    """The change of the go.work that uses a plugin's folder, even if the plugin's own build leaves the workspace.

    `pending` are texts by absolute path that are going to be written, and `unsaved` those of open files.
    """
    path = work_file(folder) or file_above(folder, "go.work")
    if not path or not os.path.isfile(path):
        return []
    before = unsaved[path] if path in unsaved else read_text(path)
    text = pending.get(path, before)
    uses = (os.path.normpath(os.path.join(os.path.dirname(path), use.text)) for use in parse_gowork(text).uses)
    return [FileChange(path, before, _raised_work(text, gomod))] if folder in uses else []
