"""The image tag in the editor: it selects the host, its edits apply at once, and it has a hover and completions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from layerg_pin.lsp.protocol.command_names import CHOOSE_HOST, HOSTS
from layerg_pin.lsp.protocol.file_uris import uri_of
from tests.lsp.conftest import Editor, Start
from tests.lsp.features.test_hover import hovered

DOCKERFILE = """FROM heroiclabs/nakama-pluginbuilder:3.22.0 AS builder
RUN go build -buildmode=plugin -trimpath -o ./backend.so

FROM heroiclabs/nakama:3.22.0
COPY --from=builder /backend/backend.so /nakama/data/modules
"""
API = "github.com/heroiclabs/nakama-common"


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    folder = tmp_path / "plugin"
    folder.mkdir()
    (folder / "go.mod").write_text(f"module example.com/plugin\n\ngo 1.21\n\nrequire {API} v1.32.0\n")
    (folder / "main.go").write_text("package main\n\nfunc main() {}\n")
    (folder / "Dockerfile").write_text(DOCKERFILE)
    return folder


def has(code: str) -> Callable[[types.PublishDiagnosticsParams], bool]:
    return lambda found: any(each.code == code for each in found.diagnostics)


async def lenses(editor: Editor, uri: str) -> list[str]:
    found = await editor.client.text_document_code_lens_async(types.CodeLensParams(types.TextDocumentIdentifier(uri)))
    return [each.command.title for each in found or () if each.command]


def modules(found: types.PublishDiagnosticsParams) -> list[str]:
    return [each.message.split(" ")[0] for each in found.diagnostics if each.code == "version-mismatch"]


async def test_an_edit_of_the_tag_changes_the_diagnostics_at_once(plugin: Path, start: Start) -> None:
    editor = await start(plugin, options={"goPath": "/nonexistent/go"})  # Go would answer that nothing is shared
    uri = editor.open(plugin / "go.mod")
    await editor.until(uri, lambda found: not modules(found))
    assert (await lenses(editor, uri))[0] == "Nakama 3.22.0 (Dockerfile), Go 1.22.4"
    dockerfile = editor.open(plugin / "Dockerfile")
    editor.change(dockerfile, DOCKERFILE.replace("3.22.0", "3.40.0"))
    await editor.until(uri, lambda found: API in modules(found))
    assert (await lenses(editor, uri))[0] == "Nakama 3.40.0 (Dockerfile), Go 1.26.5"
    editor.change(dockerfile, DOCKERFILE)
    await editor.until(uri, lambda found: not modules(found))
    editor.change(dockerfile, DOCKERFILE.replace("3.22.0", "3.40.0"))
    await editor.until(uri, lambda found: API in modules(found))
    editor.close(dockerfile)  # without saving
    await editor.until(uri, lambda found: not modules(found))
    (plugin / "Dockerfile").write_text(DOCKERFILE.replace("3.22.0", "3.40.0"))
    await editor.until(uri, lambda found: API in modules(found))


async def test_contradicting_tags_are_reported_in_the_build_file(plugin: Path, start: Start) -> None:
    editor = await start(plugin)
    editor.open(plugin / "go.mod")
    dockerfile = editor.open(
        plugin / "Dockerfile", DOCKERFILE.replace("nakama-pluginbuilder:3.22.0", "nakama-pluginbuilder:3.21.1")
    )
    found = await editor.until(dockerfile, has("host-mismatch"))
    mismatch = next(each for each in found.diagnostics if each.code == "host-mismatch")
    assert mismatch.range.start.line == 0
    assert mismatch.related_information
    assert mismatch.related_information[0].location.range.start.line == 3
    actions = await editor.actions(dockerfile, mismatch)
    assert "Build with heroiclabs/nakama-pluginbuilder:3.22.0 (host)" in actions


async def test_the_hover_over_a_tag(plugin: Path, start: Start) -> None:
    editor = await start(plugin)
    uri = editor.open(plugin / "go.mod")
    await editor.until(uri, lambda _: True)
    dockerfile = editor.open(plugin / "Dockerfile")
    text, range_text = await hovered(editor, dockerfile, DOCKERFILE, "3.22.0\nCOPY")
    assert range_text == "3.22.0"
    for words in (
        "**Nakama 3.22.0**",
        "Built with Go 1.22.4 on Debian bookworm (glibc 2.36) for linux/amd64 and linux/arm64.",
        "nakama-common v1.32.0; 66 modules, 269 linked packages.",
        "example.com/plugin: ",
    ):
        assert words in text.replace("\\", ""), text
    newer = DOCKERFILE.replace("3.22.0", "3.40.0")
    editor.change(dockerfile, newer.replace("nakama-pluginbuilder:3.40.0", "nakama-pluginbuilder:3.38.0"))
    text, _ = await hovered(editor, dockerfile, newer.replace("builder:3.40.0", "builder:3.38.0"), "3.38.0 AS")
    assert "The plugin builder of this release has another Go: Go 1.25.5." in text.replace("\\", "")
    assert "if this release loads it" in text
    assert await hovered(editor, dockerfile, newer, "go build") == ("", "")


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yaml", "build.sh"])
async def test_completion_offers_releases(plugin: Path, start: Start, name: str) -> None:
    lines = {
        "Dockerfile": "FROM heroiclabs/nakama-pluginbuilder:3.2",
        "compose.yaml": 'services:\n  n:\n    image: "heroiclabs/nakama:3.2"',
        "build.sh": "docker run --rm heroiclabs/nakama:3.2",
    }
    editor = await start(plugin)
    text = lines[name]
    uri = editor.open(plugin / name, text)
    before = text[: text.rindex("3.2") + 1]
    at = types.Position(before.count("\n"), len(before.split("\n")[-1]))
    params = types.CompletionParams(types.TextDocumentIdentifier(uri), at)
    found = await editor.client.text_document_completion_async(params)
    assert isinstance(found, types.CompletionList)
    assert found.items[0].label == "3.40.0"
    assert found.items[0].detail == "Go 1.26.5, nakama-common v1.47.0"
    edit = found.items[0].text_edit
    assert isinstance(edit, types.TextEdit)
    start_of_tag = len(before.split("\n")[-1]) - 1
    assert (edit.range.start.character, edit.range.end.character) == (start_of_tag, start_of_tag + 3)
    none = types.CompletionParams(types.TextDocumentIdentifier(uri), types.Position(0, 0))
    assert await editor.client.text_document_completion_async(none) is None


async def test_a_proposed_release_is_one_action_away(plugin: Path, start: Start) -> None:
    (plugin / "Dockerfile").unlink()
    editor = await start(plugin)
    uri = editor.open(plugin / "go.mod")
    found = await editor.until(uri, has("host-not-found"))
    assert "Set the host to nakama@3.22.0" in await editor.commands(uri, found.diagnostics[0])
    choices: Any = await editor.client.workspace_execute_command_async(types.ExecuteCommandParams(HOSTS, [uri]))
    assert choices[0]["reference"] == "nakama@3.22.0"
    assert choices[0]["likely"] is True
    await editor.run(CHOOSE_HOST, uri, "nakama@3.22.0")
    assert editor.applied
    (plugin / "layerg-pin.toml").write_text('host = "nakama@3.22.0"\n')
    editor.save(uri_of(str(plugin / "layerg-pin.toml")))
    await editor.until(uri, lambda found: not has("host-not-found")(found))


async def test_a_release_that_is_not_known_has_its_action(plugin: Path, start: Start) -> None:
    (plugin / "Dockerfile").write_text(DOCKERFILE.replace("3.22.0", "3.999.0"))
    editor = await start(plugin)
    uri = editor.open(plugin / "go.mod")
    found = await editor.until(uri, has("host-unreadable"))
    unreadable = next(each for each in found.diagnostics if each.code == "host-unreadable")
    assert "Nakama 3.999.0 is newer than all releases that this layerg-pin knows" in unreadable.message
    titles = await editor.commands(uri, unreadable)
    assert {"Get Nakama 3.999.0 through the Go module proxy", "Choose a host…"} <= titles


async def test_the_definition_of_a_host_version_is_the_line_of_the_tag(plugin: Path, start: Start) -> None:
    editor = await start(plugin)
    uri = editor.open(plugin / "go.mod")
    await editor.until(uri, lambda _: True)
    params = types.DefinitionParams(types.TextDocumentIdentifier(uri), types.Position(4, 12))
    found = await editor.client.text_document_definition_async(params)
    assert isinstance(found, types.Location)
    assert (found.uri, found.range.start.line) == (uri_of(str(plugin / "Dockerfile")), 3)
