"""The files that Go uses to try a fix: go.mod, and go.work if the fix changes it, but never a Go file."""

from __future__ import annotations

from layerg_pin.core.analysis.trial_results import trial_input
from layerg_pin.core.finding import FileEdits, Fix
from layerg_pin.core.gomod.parser import parse_gomod, parse_gowork
from layerg_pin.core.model.host_manifest import HostNotFound
from layerg_pin.core.model.plugin_build import Workspace
from layerg_pin.core.model.snapshot import Snapshot
from layerg_pin.core.text import Span, TextEdit
from layerg_pin.engine.plugin_snapshot import PluginFiles, take_snapshot

GOMOD = "module example.com/p\n\nrequire a.org/a v1.0.0\n"
WORK = "go 1.23\n\nuse .\nuse ../a\n"
PIN = TextEdit(Span(GOMOD.index("v1.0.0"), GOMOD.index("v1.0.0") + 6), "v1.1.0")
PINNED = GOMOD.replace("v1.0.0", "v1.1.0")
LEAVE = FileEdits("/w/go.work", WORK, (TextEdit(Span(WORK.index("use ../a"), len(WORK)), ""),))
IMPORT = FileEdits("/w/p/main.go", "package main\n", (TextEdit(Span(13, 13), '\nimport _ "a.org/a"\n'),))


def snapshot() -> Snapshot:
    """A plugin in a workspace."""
    workspace = Workspace("/w/go.work", parse_gowork(WORK), ())
    return take_snapshot(
        "/w/p/go.mod", parse_gomod(GOMOD), HostNotFound("none"), None, None, files=PluginFiles(workspace)
    )


def test_a_blank_import_does_not_change_go_work() -> None:
    attempt = trial_input(snapshot(), Fix("pin and import", (PIN,), ("a.org/a",), (IMPORT,)))
    assert attempt.texts() == (PINNED, None)


def test_a_go_work_that_changes_is_tried_with_the_go_mod() -> None:
    attempt = trial_input(snapshot(), Fix("leave", (PIN,), ("a.org/a",), (IMPORT, LEAVE)))
    assert attempt.texts() == (PINNED, "go 1.23\n\nuse .\n")


def test_fixes_that_change_the_same_are_tried_once() -> None:
    plain, blank = (Fix(title, (PIN,), ("a.org/a",), others) for title, others in (("a", ()), ("b", (IMPORT,))))
    assert trial_input(snapshot(), plain) == trial_input(snapshot(), blank)
