"""Fixes: the files that Go uses to try one, which are go.mod and go.work but never a Go file; the fix of a tag."""

from __future__ import annotations

import pytest

from layerg_pin.core.analysis.plugin_builders import tag_fixes
from layerg_pin.core.analysis.trial_results import trial_input
from layerg_pin.core.buildfiles.build_file import BuildSource
from layerg_pin.core.buildfiles.dockerfile import parse_dockerfile
from layerg_pin.core.finding import FileEdits, Fix
from layerg_pin.core.gomod.parser import parse_gomod, parse_gowork
from layerg_pin.core.model.host_manifest import HostNotFound
from layerg_pin.core.model.plugin_build import Workspace
from layerg_pin.core.model.snapshot import Snapshot
from layerg_pin.core.text import LineIndex, Span, TextEdit, apply_edits
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


@pytest.mark.parametrize(
    ("image", "fixed"),
    [
        ("golang:1.21", "golang:1.22.4"),
        ("golang", "golang:1.22.4"),
        ("registry.example.com:5000/golang", "registry.example.com:5000/golang:1.22.4"),
        ("golang@sha256:0123456789abcdef", None),  # the digest decides, not the tag
        ("golang:1.21@sha256:0123456789abcdef", None),
        ("${IMAGE}", None),  # it is written elsewhere
        ("golang:${V}", None),
    ],
)
def test_a_tag_is_set_where_it_is_written(image: str, fixed: str | None) -> None:
    text = f"ARG IMAGE=golang\nARG V=1.21\nFROM {image} AS builder\nRUN go build -buildmode=plugin\n"
    source = BuildSource("/w/Dockerfile", LineIndex(text), parse_dockerfile(text))
    (found,) = source.file.builders
    texts = [apply_edits(text, fix.others[0].edits) for fix in tag_fixes(source, found, "1.22.4")]
    assert texts == ([text.replace(f"FROM {image} ", f"FROM {fixed} ")] if fixed else [])
