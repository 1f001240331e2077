"""The client notices changes on disk if it watches files, otherwise the server does; content decides, not events."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lsprotocol import types

from layerg_pin.cli.main import main
from layerg_pin.lsp.protocol.file_uris import uri_of
from layerg_pin.system.shared_files import replace_shared
from tests.conftest import Examples, go
from tests.lsp.conftest import Editor, Start
from tests.lsp.test_session import MISMATCHED, codes, modules, refined
from tests.platform_marks import builds_plugins, deletes_open_files

WATCHES = "visual-studio-code"
DOES_NOT = "neovim@v0.10.0"


def upgrade(host: Path, module: str, version: str) -> None:
    """Change a host's version of a module and vendor again, which deletes and recreates vendor/."""
    go(host, "mod", "edit", f"-require={module}@{version}")
    go(host, "mod", "tidy")
    go(host, "mod", "vendor")


async def host_has(editor: Editor, uri: str, module: str, version: str) -> None:
    """Wait until the host is known to have this version of a module."""
    start, host = f"{module} is ", f"host has {version} "
    await editor.until(
        uri, lambda params: any(each.message.startswith(start) and host in each.message for each in params.diagnostics)
    )


def notify_change(editor: Editor, path: Path, kind: types.FileChangeType) -> None:
    """Notify the server of a change, as a client that watches files does."""
    change = types.FileEvent(uri_of(str(path)), kind)
    editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([change]))


@deletes_open_files
@pytest.mark.parametrize("like", [WATCHES, DOES_NOT])
async def test_a_host_outside_the_workspace_is_vendored_three_times(
    examples: Examples, start: Start, like: str
) -> None:
    editor = await start(examples.plugin, like=like)
    uri = editor.open(examples.plugin / "go.mod")
    await host_has(editor, uri, "go.uber.org/zap", "v1.27.0")
    for version in ("v1.25.0", "v1.24.0", "v1.27.0"):
        upgrade(examples.host, "go.uber.org/zap", version)
        await host_has(editor, uri, "go.uber.org/zap", version)
        editor.forget()


async def test_a_client_that_watches_is_believed(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin.parent, like=WATCHES)
    uri = editor.open(examples.plugin / "go.mod")
    await host_has(editor, uri, "go.uber.org/zap", "v1.27.0")
    modules_txt = examples.host / "vendor" / "modules.txt"
    modules_txt.write_text(modules_txt.read_text().replace("zap v1.27.0", "zap v1.27.9"))
    notify_change(editor, modules_txt, types.FileChangeType.Changed)
    await host_has(editor, uri, "go.uber.org/zap", "v1.27.9")


async def test_events_without_a_change_do_nothing(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin.parent, like=WATCHES)
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    await editor.until_logged("go list for")
    runs = len(editor.client.log_messages)
    editor.forget()
    for _ in range(20):
        for path in (examples.host / "vendor" / "modules.txt", examples.plugin / "go.sum", examples.plugin / "main.go"):
            notify_change(editor, path, types.FileChangeType.Changed)
    version = editor.change(uri, (examples.plugin / "go.mod").read_text() + "\n")
    await editor.until(uri, lambda params: params.version == version)
    assert all(params.version == version for params in editor.published), "nothing was published for the events"
    assert len(editor.client.log_messages) == runs


async def test_a_source_that_changes_on_disk_is_used(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin, like=DOES_NOT)
    uri = editor.open(examples.plugin / "go.mod")
    assert modules(await editor.until(uri, refined)) == MISMATCHED
    await editor.until_logged("go list for")
    editor.forget()
    main = examples.plugin / "main.go"
    changed = examples.plugin / "main.go.tmp"
    changed.write_text(main.read_text().replace('\t"google.golang.org/protobuf/types/known/structpb"\n', ""))
    replace_shared(str(changed), str(main))
    shown = await editor.until(uri, lambda params: refined(params) and len(params.diagnostics) == 3)
    assert modules(shown) == MISMATCHED - {"google.golang.org/protobuf"}


async def test_a_host_that_goes_and_comes_back(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin, like=DOES_NOT)
    uri = editor.open(examples.plugin / "go.mod")
    assert modules(await editor.until(uri, refined)) == MISMATCHED
    away = examples.host.with_name("away")
    examples.host.rename(away)
    assert codes(await editor.until(uri, lambda params: "host-unreadable" in codes(params))) == {"host-unreadable"}
    editor.forget()
    away.rename(examples.host)
    assert modules(await editor.until(uri, refined)) == MISMATCHED


async def test_a_broken_modules_txt_is_reported_and_the_server_continues(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin, like=DOES_NOT)
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    modules_txt = examples.host / "vendor" / "modules.txt"
    whole = modules_txt.read_text()
    modules_txt.write_text(whole.replace("# go.uber.org/zap v1.27.0", "# go.uber.org/zap v1.2"))
    host_uri = uri_of(str(modules_txt))
    shown = await editor.until(host_uri, lambda params: bool(params.diagnostics))
    assert "a module's line must read" in shown.diagnostics[0].message
    editor.forget()
    modules_txt.write_text(whole)
    await editor.until(host_uri, lambda params: not params.diagnostics)
    await editor.until(uri, lambda params: refined(params) and modules(params) == MISMATCHED)


async def test_a_project_file_that_appears_is_read(examples: Examples, start: Start) -> None:
    project = examples.plugin / "layerg-pin.toml"
    text = project.read_text()
    project.unlink()
    editor = await start(examples.plugin, like=DOES_NOT)
    uri = editor.open(examples.plugin / "go.mod")
    assert codes(await editor.until(uri, lambda params: True)) == {"host-not-found"}
    project.write_text(text)
    assert modules(await editor.until(uri, refined)) == MISMATCHED


@pytest.mark.parametrize("like", [WATCHES, DOES_NOT])
async def test_a_profile_in_the_workspace_is_watched(examples: Examples, start: Start, like: str) -> None:
    """A client watches only the file names that the server registered, and the host's file may have another."""
    profile = examples.plugin / "layerg-host.json"
    assert main(["host", "export", str(examples.plugin), "-o", str(profile)]) == 0
    (examples.plugin / "layerg-pin.toml").write_text('host = "layerg-host.json"\n')
    editor = await start(examples.plugin.parent, like=like)
    uri = editor.open(examples.plugin / "go.mod")
    await host_has(editor, uri, "go.uber.org/zap", "v1.27.0")
    profile.write_text(profile.read_text().replace('"v1.27.0"', '"v1.25.0"'))
    await host_has(editor, uri, "go.uber.org/zap", "v1.25.0")


@pytest.mark.parametrize("where", ["beside", "above"])
async def test_a_dockerfile_is_used_once_it_is_written(examples: Examples, start: Start, where: str) -> None:
    (examples.plugin.parent / ".git").mkdir()
    folder = examples.plugin if where == "beside" else examples.plugin.parent
    dockerfile = folder / "Dockerfile"
    if where == "above":
        dockerfile.write_text("FROM golang:1.26.8\nRUN CGO_ENABLED=1 go build -buildmode=plugin -trimpath .\n")
    editor = await start(examples.plugin.parent, like=WATCHES)
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    await editor.until_logged("go list for")
    if where == "above":
        dockerfile.write_text("")  # an editor may leave the file empty for a moment while it writes
        await editor.until_logged("go list for", times=2)
    dockerfile.write_text("FROM golang:1.26.8\nRUN CGO_ENABLED=0 go build -buildmode=plugin -trimpath .\n")
    await editor.until(uri_of(str(dockerfile)), lambda params: "platform-mismatch" in codes(params))


async def test_the_go_mod_beside_a_named_listing_is_used(examples: Examples, start: Start) -> None:
    (examples.plugin / "layerg-pin.toml").write_text('host = "../host/vendor/modules.txt"\n')
    gomod = examples.host / "go.mod"
    whole = gomod.read_text()
    gomod.write_text(whole.replace("go.uber.org/zap v1.27.0", "go.uber.org/zap v1.26.0"))
    editor = await start(examples.plugin, like=DOES_NOT)
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, lambda params: refined(params) and "host-unreadable" in codes(params))
    gomod.write_text(whole)
    await editor.until(uri, lambda params: refined(params) and "host-unreadable" not in codes(params))


async def test_a_new_source_is_used(examples: Examples, start: Start) -> None:
    editor = await start(examples.plugin, like=WATCHES)
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    await editor.until_logged("go list for")
    more = examples.plugin / "more.go"
    more.write_text('package main\n\nimport _ "example.invalid/nowhere"\n')
    notify_change(editor, more, types.FileChangeType.Created)
    await editor.until(uri, lambda params: "not-resolved" in codes(params))


async def test_a_host_in_a_folder_that_is_taken_away_is_still_watched(examples: Examples, start: Start) -> None:
    """The client no longer watches there."""
    editor = await start(examples.plugin.parent, like=WATCHES)
    uri = editor.open(examples.plugin / "go.mod")
    await host_has(editor, uri, "go.uber.org/zap", "v1.27.0")
    await editor.until_logged("go list for")
    root, inner = (types.WorkspaceFolder(uri_of(str(each)), "") for each in (examples.plugin.parent, examples.plugin))
    event = types.WorkspaceFoldersChangeEvent(added=[inner], removed=[root])
    editor.client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
    await editor.until_logged("go list for", times=2)
    modules_txt = examples.host / "vendor" / "modules.txt"
    modules_txt.write_text(modules_txt.read_text().replace("zap v1.27.0", "zap v1.27.9"))
    await host_has(editor, uri, "go.uber.org/zap", "v1.27.9")


@builds_plugins
@pytest.mark.parametrize("like", [WATCHES, DOES_NOT])
async def test_an_edit_of_the_hosts_dockerfile_applies_at_once(examples: Examples, start: Start, like: str) -> None:
    """The Dockerfile states the Go release that the host is built with."""
    editor = await start(examples.plugin, like=like)
    uri = editor.open(examples.plugin / "go.mod")
    await editor.until(uri, refined)
    assert "toolchain-mismatch" not in {each.code for each in editor.published[-1].diagnostics}
    dockerfile = examples.host / "build" / "Dockerfile"
    dockerfile.write_text(re.sub(r"golang:[\d.]+", "golang:1.20.14", dockerfile.read_text()))
    await editor.until(uri, lambda params: any(each.code == "toolchain-mismatch" for each in params.diagnostics))
    dockerfile.unlink()
    await editor.until(uri, lambda params: all(each.code != "toolchain-mismatch" for each in params.diagnostics))
