"""The language server in Neovim, as a user works with it."""

from __future__ import annotations

import random
import shutil
import sys
from pathlib import Path

import pytest

from tests.conftest import Examples, go
from tests.editors.deb_tool import DebError
from tests.editors.expected import (
    ALIGN,
    MISMATCHES,
    MULTIERR,
    POSSIBLE,
    PROTOBUF,
    UUID,
    ZAP,
    Mismatch,
    Place,
    pinned,
    place,
)
from tests.editors.neovim import (
    Editor,
    Step,
    buffer,
    command,
    debian_neovim,
    mismatches,
    nothing_wrong,
    open_file,
    quick_fix,
    replace,
    running,
    source_action,
    undo,
    write,
)
from tests.editors.processes import marked

UUID_OF_NAKAMA = Mismatch("github.com/gofrs/uuid/v5", "v5.0.0", "v5.2.0")
NAKAMA_PLUGIN = """module example.com/backend

go 1.21

require (
	github.com/gofrs/uuid/v5 v5.0.0
	github.com/heroiclabs/nakama-common v1.32.0
)

require google.golang.org/protobuf v1.34.1 // indirect
"""
NAKAMA_MAIN = """package main

import (
	"context"
	"database/sql"

	"github.com/gofrs/uuid/v5"
	"github.com/heroiclabs/nakama-common/runtime"
)

var id = uuid.Must(uuid.NewV4())

func InitModule(
	_ context.Context, logger runtime.Logger, _ *sql.DB, _ runtime.NakamaModule, _ runtime.Initializer,
) error {
	logger.Info("loaded %s", id)
	return nil
}

func main() {}
"""
DOCKERFILE = """FROM heroiclabs/nakama-pluginbuilder:3.22.0 AS builder
WORKDIR /backend
COPY . .
RUN go build --trimpath --buildmode=plugin -o ./backend.so

FROM heroiclabs/nakama:3.22.0
COPY --from=builder /backend/backend.so /nakama/data/modules
"""


def with_template(gomod: Path) -> Path:
    """Replace the example plugin by one of the public template, without a host beside it. Returns its folder."""
    folder = gomod.parent
    for path in (*folder.iterdir(), *folder.parent.glob("host")):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name, text in {"go.mod": NAKAMA_PLUGIN, "main.go": NAKAMA_MAIN, "Dockerfile": DOCKERFILE}.items():
        (folder / name).write_text(text)
    go(folder, "mod", "tidy")
    return folder


FIX_ALL = "source.fixAll.layergPin"
AT_ONCE = 2_000
"""In milliseconds: far more than it takes, far less than a Go that hangs."""


@pytest.mark.parametrize("named_by", ["layerg-pin.toml", "initializationOptions"])
def test_all_mismatches_appear_together(editor: Editor, gomod: Path, named_by: str) -> None:
    text = gomod.read_text()
    options = {}
    if named_by == "initializationOptions":
        gomod.with_name("layerg-pin.toml").unlink()
        options["init_options"] = {"host": str(gomod.parent.with_name("host"))}
    outcome = editor.run(open_file(gomod), mismatches(text, MISMATCHES), buffer(text), **options)
    assert outcome.published
    for params in outcome.published:
        assert params["uri"] == gomod.as_uri()
        assert "version" in params
        lines = {diagnostic["range"]["start"]["line"] for diagnostic in params["diagnostics"]}
        assert lines >= {place(text, mismatch.module).line for mismatch in MISMATCHES}


def test_a_neovim_that_requests_diagnostics_gets_none_published(
    examples: Examples, gomod: Path, go_env: dict[str, str], tmp_path: Path
) -> None:
    """Neovim keeps published and requested diagnostics separately, so it would show both."""
    try:
        newest = debian_neovim("sid")
    except DebError as error:
        pytest.fail(f"no Neovim to test with: {error}", pytrace=False)
    server = (str(Path(sys.executable).with_name("layerg-pin")), "lsp")
    text = gomod.read_text()
    fixed = pinned(text, [ZAP])
    outcome = Editor(newest, examples.plugin, tmp_path / "home", server, go_env).run(
        open_file(gomod),
        mismatches(text, MISMATCHES),  # after Go has answered, which Neovim is asked to request
        quick_fix(place(text, ZAP.module), ZAP.pin, "Pin "),
        mismatches(fixed, [UUID, PROTOBUF, MULTIERR]),
        undo(),
        mismatches(text, MISMATCHES),
        command(examples.host, "go", "mod", "edit", f"-require={UUID.module}@{UUID.plugin}"),
        command(examples.host, "go", "mod", "tidy"),
        command(examples.host, "go", "mod", "vendor"),
        mismatches(text, [ZAP, PROTOBUF, MULTIERR]),
        patience=30_000,
    )
    assert outcome.published == []


@pytest.mark.parametrize("column", [0, None], ids=["start of the line", "version"])
def test_quick_fix_pins_one_module(editor: Editor, gomod: Path, column: int | None) -> None:
    text = gomod.read_text()
    fixed = pinned(text, [ZAP])
    editor.run(
        open_file(gomod),
        mismatches(text, MISMATCHES),
        quick_fix(place(text, ZAP.module), ZAP.pin, "Pin ", column=column),
        buffer(fixed),
        mismatches(fixed, [UUID, PROTOBUF, MULTIERR]),
        write(),
    )
    assert gomod.read_bytes() == fixed.encode()


@pytest.mark.parametrize(("format", "newline"), [("unix", "\n"), ("dos", "\r\n")])
def test_quick_fix_aligns_all_modules(editor: Editor, gomod: Path, format: str, newline: str) -> None:
    text = gomod.read_text()
    gomod.write_text(text, newline=newline)
    fixed = pinned(text, MISMATCHES)
    editor.run(
        open_file(gomod),
        mismatches(text, MISMATCHES),
        quick_fix(place(text, UUID.module), ALIGN, "Align all 4 "),
        buffer(fixed, format),
        nothing_wrong(),
        write(),
    )
    assert gomod.read_bytes() == fixed.replace("\n", newline).encode()


def test_one_undo_reverts_align_all(editor: Editor, gomod: Path) -> None:
    text = gomod.read_text()
    editor.run(
        open_file(gomod),
        mismatches(text, MISMATCHES),
        quick_fix(place(text, MULTIERR.module), ALIGN, "Align all 4 "),
        nothing_wrong(),
        undo(),
        buffer(text),
        mismatches(text, MISMATCHES),
        write(),
    )
    assert gomod.read_bytes() == text.encode()


def test_fix_all(editor: Editor, gomod: Path) -> None:
    text = gomod.read_text()
    fixed = pinned(text, MISMATCHES)
    editor.run(
        open_file(gomod),
        mismatches(text, MISMATCHES),
        source_action(FIX_ALL, ALIGN),
        buffer(fixed),
        nothing_wrong(),
        write(),
    )
    assert gomod.read_bytes() == fixed.encode()


@pytest.mark.parametrize("encodings", [["utf-8", "utf-16", "utf-32"], ["utf-16"]], ids=["any encoding", "utf-16"])
def test_diagnostics_follow_the_typing(editor: Editor, gomod: Path, encodings: list[str]) -> None:
    comment = " // höhe 🎉"
    original = gomod.read_text()
    zap = place(original, ZAP.module)
    commented = original.replace(f"{ZAP.module} {ZAP.plugin}", f"{ZAP.module} {ZAP.plugin}{comment}")
    text = f"//{comment}\n{commented}"
    at = place(text, ZAP.module)
    prerelease = text.replace(f"{ZAP.module} {ZAP.plugin}", f"{ZAP.module} v1.26.0-rc.1")
    host = pinned(text, [ZAP])
    fixed = pinned(text, MISMATCHES)
    editor.run(
        open_file(gomod),
        mismatches(original, MISMATCHES),
        replace(Place(zap.line, zap.stop, zap.stop, ""), comment),
        replace(Place(0, 0, 0, ""), f"//{comment}\n"),
        buffer(text),
        mismatches(text, MISMATCHES, within=AT_ONCE),
        replace(Place(at.line, at.stop - 3, at.stop, ""), "7.0"),
        buffer(host),
        mismatches(host, [UUID, PROTOBUF, MULTIERR], within=AT_ONCE),
        replace(Place(at.line, at.stop - 3, at.stop, ""), "6.0-rc.1"),
        buffer(prerelease),
        mismatches(prerelease, MISMATCHES, only="version-mismatch", within=AT_ONCE),
        replace(place(prerelease, ZAP.module), ZAP.plugin),
        mismatches(text, MISMATCHES),
        quick_fix(at, ALIGN, "Align all 4 "),
        buffer(fixed),
        nothing_wrong(),
        write(),
        encodings=encodings,
    )
    assert gomod.read_bytes() == fixed.encode()


@pytest.mark.parametrize("end", ["quit", "crash"])
def test_go_that_hangs(editor: Editor, gomod: Path, tmp_path: Path, end: str) -> None:
    go = tmp_path / "programs" / "go"
    go.parent.mkdir()
    # The unusual number identifies this sleep. It is a child of sh, and outlives a signal to sh alone.
    seconds = f"60.{random.randrange(10**9, 10**10)}"
    go.write_text(f"#!/bin/sh\nsleep {seconds}\nexit 1\n")
    go.chmod(0o755)
    text = gomod.read_text()
    at = place(text, ZAP.module)
    host = pinned(text, [ZAP])
    others = [mismatch for mismatch in POSSIBLE if mismatch is not ZAP]
    edits: list[Step] = []
    for _ in range(3):
        edits += [replace(at, ZAP.host), mismatches(host, others, "WARN", within=AT_ONCE)]
        edits += [replace(at, ZAP.plugin), mismatches(text, POSSIBLE, "WARN", within=AT_ONCE)]
    run = editor.run if end == "quit" else editor.crash
    run(
        open_file(gomod),
        mismatches(text, POSSIBLE, "WARN", within=AT_ONCE),
        running(seconds),
        *edits,
        running(seconds),
        path=str(go.parent),
    )
    assert not marked(seconds)


@pytest.mark.parametrize(
    "server",
    [["/nonexistent/layerg-pin", "lsp"], [sys.executable, "-c", "raise SystemExit(3)"], ["sleep", "60"]],
    ids=["missing", "ends", "says nothing"],
)
def test_without_a_server_the_script_fails(editor: Editor, gomod: Path, server: list[str]) -> None:
    outcome = editor.attempt(
        open_file(gomod),
        mismatches(gomod.read_text(), MISMATCHES),
        server=server,
        patience=1_000,
    )
    assert outcome.returncode == 1
    assert "no server is attached" in outcome.output


def test_with_another_range_the_script_fails(editor: Editor, gomod: Path) -> None:
    text = gomod.read_text()
    outcome = editor.attempt(
        open_file(gomod),
        mismatches(text, MISMATCHES),
        mismatches(text.replace(f" {ZAP.plugin}", f"  {ZAP.plugin}"), MISMATCHES, within=100),
    )
    assert outcome.returncode == 1
    assert "and should be" in outcome.output


def test_an_image_tag_is_enough(editor: Editor, gomod: Path) -> None:
    """No host beside the plugin, no layerg-pin.toml, no settings: the Dockerfile of the public template names it."""
    with_template(gomod)
    text = NAKAMA_PLUGIN
    fixed = pinned(text, [UUID_OF_NAKAMA])
    editor.run(
        open_file(gomod),
        mismatches(text, [UUID_OF_NAKAMA]),
        quick_fix(place(text, UUID_OF_NAKAMA.module), UUID_OF_NAKAMA.pin, "Pin "),
        buffer(fixed),
        write(),
    )
    assert gomod.read_bytes() == fixed.encode()
