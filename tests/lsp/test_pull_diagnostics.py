"""A client that requests diagnostics: what it gets, when, and that nothing is published to it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from layerg_pin.lsp.protocol.file_uris import uri_of
from tests.conftest import Examples
from tests.faults.test_go_faults import script
from tests.platform_marks import uses_shell
from tests.raw_client import CAPABILITIES, PULLING, Message, RawClient

DOCUMENT, WORKSPACE, REFRESH = "textDocument/diagnostic", "workspace/diagnostic", "workspace/diagnostic/refresh"
MISMATCHES, POSSIBLE = 4, 5
"""The number of mismatches in the example plugin, and without Go."""


class PullingClient(RawClient):
    """A client that keeps what it pulled, as editors do."""

    token = "partial"

    def pull(self, uri: str, previous: str | None = None) -> Message:
        """The report about a document."""
        params = {"textDocument": {"uri": uri}} | ({"previousResultId": previous} if previous else {})
        report: Message = self.request(DOCUMENT, params)
        return report

    def begin_workspace(self, known: dict[str, str] | None = None, token: str | None = None) -> int:
        """Request the workspace's diagnostics."""
        previous = [{"uri": uri, "value": value} for uri, value in (known or {}).items()]
        return self.begin(WORKSPACE, {"previousResultIds": previous} | ({"partialResultToken": token} if token else {}))

    def streamed(self) -> dict[str, list[Message]]:
        """The diagnostics in the partial results so far, by URI."""
        found: dict[str, list[Message]] = {}
        for each in list(self.notifications):
            if each["method"] == "$/progress" and each["params"]["token"] == self.token:
                found |= {item["uri"]: item["items"] for item in each["params"]["value"]["items"] if "items" in item}
        return found

    def refreshes(self) -> int:
        """The number of refresh requests."""
        return sum(each["method"] == REFRESH for each in self.requests)


@contextmanager
def pulling(root: Path, options: Any = None, **arguments: Any) -> Iterator[PullingClient]:
    """A client that pulls; it ends properly, and nothing was published to it."""
    with PullingClient(root, capabilities=PULLING, options=options, **arguments) as client:
        yield client
        assert client.leave() == 0
        assert client.shown == {}
        assert client.complaints == []


def ids_of(items: list[Message]) -> dict[str, str]:
    """The result ids of the reports of a workspace, by URI."""
    return {each["uri"]: each["resultId"] for each in items}


def mismatches(items: list[Message]) -> int:
    return sum(each["code"] == "version-mismatch" for each in items)


@pytest.fixture
def three(examples: Examples) -> list[Path]:
    """The go.mod files of three plugins beside their host."""
    folders = [examples.plugin, *(examples.plugin.with_name(name) for name in ("second", "third"))]
    for folder in folders[1:]:
        shutil.copytree(examples.plugin, folder)
    return [folder / "go.mod" for folder in folders]


def test_only_clients_that_pull_and_refresh_are_offered_it(examples: Examples) -> None:
    with pulling(examples.plugin) as client:
        offered = client.initialized["capabilities"]["diagnosticProvider"]
        assert offered == {"identifier": "layerg-pin", "interFileDependencies": True, "workspaceDiagnostics": True}
    without_refresh = {**PULLING, "workspace": CAPABILITIES["workspace"]}
    for capabilities in (CAPABILITIES, without_refresh):
        with RawClient(examples.plugin, capabilities=capabilities) as pushed:
            assert "diagnosticProvider" not in pushed.initialized["capabilities"]
            uri = pushed.open(examples.plugin / "go.mod")
            pushed.until(lambda: pushed.is_refined(uri))  # noqa: B023  # called before the next round


def test_an_edit_is_pulled_from_its_text(examples: Examples) -> None:
    gomod = examples.plugin / "go.mod"
    with pulling(examples.plugin, {"goPath": "/nonexistent/go"}) as client:
        uri = client.open(gomod)
        client.until(lambda: client.logged("go list for"))  # its answer is a finding
        first = client.pull(uri)
        assert (first["kind"], mismatches(first["items"])) == ("full", POSSIBLE)
        again = client.pull(uri, first["resultId"])
        assert again == {"kind": "unchanged", "resultId": first["resultId"]}
        client.change(uri, f"{gomod.read_text()}nonsense\n", 2)
        edited = client.pull(uri, first["resultId"])
        assert "syntax" in {each["code"] for each in edited["items"]}
        client.change(uri, gomod.read_text(), 3)
        assert client.pull(uri, edited["resultId"])["resultId"] == first["resultId"]
        assert client.refreshes() == 0


def test_the_first_pull_waits_for_the_clients_settings(examples: Examples) -> None:
    capabilities = {**PULLING, "workspace": {**PULLING["workspace"], "configuration": True}}
    settings = {"severity": {"version-mismatch": "hint"}, "goPath": "/nonexistent/go"}
    answer = {"workspace/configuration": {"result": [settings]}}
    with PullingClient(
        examples.plugin, capabilities=capabilities, answer=lambda each: answer.get(each["method"], {"result": None})
    ) as client:
        found = client.pull(client.open(examples.plugin / "go.mod"))
        assert [each["severity"] for each in found["items"] if each["code"] == "version-mismatch"] == [4] * POSSIBLE
        assert client.leave() == 0


def test_an_answer_of_go_requests_a_new_pull(examples: Examples) -> None:
    with pulling(examples.plugin) as client:
        uri = client.open(examples.plugin / "go.mod")
        before = client.pull(uri)
        client.until(client.refreshes)
        after = client.pull(uri, before["resultId"])
        assert any("linked into both" in each["message"] for each in after["items"])


def test_a_host_that_changes_requests_a_new_pull(examples: Examples) -> None:
    with pulling(examples.plugin, {"goPath": "/nonexistent/go"}) as client:
        uri = client.open(examples.plugin / "go.mod")
        before = client.pull(uri)
        modules = examples.host / "vendor" / "modules.txt"
        modules.write_text(modules.read_text().replace("go.uber.org/zap v1.27.0", "go.uber.org/zap v1.26.0"))
        client.until(client.refreshes)
        after = client.pull(uri, before["resultId"])
        assert mismatches(after["items"]) == mismatches(before["items"]) - 1


def test_related_documents(tmp_path: Path) -> None:
    """A build file of the plugin comes with its go.mod."""
    gomod = tmp_path / "plugin" / "go.mod"
    gomod.parent.mkdir()
    gomod.write_text("module example.com/plugin\n\ngo 1.21\n\nrequire github.com/heroiclabs/nakama-common v1.47.0\n")
    builder = "FROM heroiclabs/nakama-pluginbuilder:3.39.0 AS builder\nRUN go build -buildmode=plugin -o backend.so\n"
    gomod.with_name("Dockerfile").write_text(f"{builder}FROM heroiclabs/nakama:3.40.0\n")
    with pulling(gomod.parent, {"goPath": "/nonexistent/go"}) as client:
        uri = client.open(gomod)
        client.until(lambda: client.logged("go list for"))
        report = client.pull(uri)
        (named, related), *others = report["relatedDocuments"].items()
        assert (named, others) == (uri_of(str(gomod.with_name("Dockerfile"))), [])
        assert "host-mismatch" in {each["code"] for each in related["items"]}
        again = client.pull(uri, report["resultId"])
        assert again["kind"] == "unchanged"
        assert again["relatedDocuments"][named] == {"kind": "unchanged", "resultId": related["resultId"]}


def test_related_documents_that_are_not_open_stay_current(tmp_path: Path) -> None:
    """Their reports follow the files on disk, even if that of go.mod stays the same, and are removed at the end."""
    gomod = tmp_path / "plugin" / "go.mod"
    gomod.parent.mkdir()
    gomod.write_text("module example.com/plugin\n\ngo 1.21\n\nrequire github.com/heroiclabs/nakama-common v1.47.0\n")
    dockerfile, flawless = gomod.with_name("Dockerfile"), "FROM heroiclabs/nakama:3.40.0\n"
    dockerfile.write_text(f"FROM heroiclabs/nakama-pluginbuilder:3.39.0\n{flawless}")
    named = uri_of(str(dockerfile))
    with pulling(gomod.parent, {"goPath": "/nonexistent/go"}) as client:
        uri = client.open(gomod)
        client.until(lambda: client.logged("go list for"))
        first = client.pull(uri)
        assert first["relatedDocuments"][named]["items"]
        dockerfile.write_text(f"# A comment.\n{dockerfile.read_text()}")
        client.until(client.refreshes)
        second = client.pull(uri, first["resultId"])
        lines = [
            [each["range"]["start"]["line"] for each in report["relatedDocuments"][named]["items"]]
            for report in (first, second)
        ]
        assert lines[1] == [line + 1 for line in lines[0]]
        before = client.refreshes()
        dockerfile.write_text(flawless)
        client.until(lambda: client.refreshes() > before)
        third = client.pull(uri, second["resultId"])
        assert third["relatedDocuments"][named]["items"] == []
        assert "relatedDocuments" not in client.pull(uri, third["resultId"])


def test_plugins_that_are_not_open_are_in_the_workspaces_report(three: list[Path]) -> None:
    uris = [uri_of(str(each)) for each in three]
    with pulling(three[0].parents[1], {"goPath": "/nonexistent/go"}) as client:
        client.pull(client.open(three[0]))
        answer = client.end_of(client.begin_workspace())["result"]
        found = {each["uri"]: mismatches(each["items"]) for each in answer["items"]}
        assert found == dict.fromkeys(uris, POSSIBLE)
        known = ids_of(answer["items"])
        # A file that changes while nothing else does; before that, each plugin learns that there is no Go.
        client.until(lambda: client.logged("go list for") >= len(uris))
        known = ids_of(client.end_of(client.begin_workspace(known))["result"]["items"])
        held = client.begin_workspace(known)  # nothing changes: it stays open
        third = three[2].read_text()
        three[2].write_text(third.replace("go.uber.org/zap v1.26.0", "go.uber.org/zap v1.27.0"))
        items = {each["uri"]: each for each in client.end_of(held)["result"]["items"]}
        kinds = {uri: each["kind"] for uri, each in items.items()}
        assert kinds == dict(zip(uris, ("unchanged", "unchanged", "full"), strict=True))
        assert mismatches(items[uris[2]]["items"]) == POSSIBLE - 1


def test_partial_results_go_on(three: list[Path]) -> None:
    root, uris = three[0].parents[1], [uri_of(str(each)) for each in three]
    with pulling(root) as client:
        request = client.begin_workspace(token=client.token)
        client.until(lambda: set(client.streamed()) == set(uris), "all three plugins")
        client.until(  # Go is asked about them too
            lambda: all(any("linked" in each["message"] for each in found) for found in client.streamed().values())
        )
        # Opening one shows it once, closing it leaves it as it is on disk.
        uri = client.open(three[1])
        assert mismatches(client.pull(uri)["items"]) == MISMATCHES
        client.change(uri, f"{three[1].read_text()}nonsense\n", 2)
        assert "syntax" in {each["code"] for each in client.pull(uri)["items"]}
        client.notify_file("didClose", uri)
        client.until(lambda: "syntax" not in {each["code"] for each in client.streamed()[uri]})
        assert mismatches(client.streamed()[uri]) == MISMATCHES
        # A removed plugin leaves the list, and a new one is added.
        while not _is_deleted(three[2].parent):
            client.wait(lambda: False, 0.1)
        client.until(lambda: client.streamed()[uris[2]] == [])
        fourth = three[0].parent.with_name("fourth")
        shutil.copytree(three[0].parent, fourth)
        client.notify(
            "workspace/didChangeWatchedFiles", {"changes": [{"uri": uri_of(str(fourth / "go.mod")), "type": 1}]}
        )
        client.until(lambda: mismatches(client.streamed().get(uri_of(str(fourth / "go.mod")), [])) == MISMATCHES)
        client.notify("$/cancelRequest", {"id": request})
        assert client.end_of(request)["error"]["code"] == -32800


def _is_deleted(folder: Path) -> bool:
    """Delete a folder; on Windows this fails while Go runs in it."""
    try:
        shutil.rmtree(folder)
    except PermissionError:
        if sys.platform != "win32":
            raise
        return False
    return True


def test_a_deleted_folder_is_noticed_without_an_event(three: list[Path]) -> None:
    """VS Code reports no deleted go.mod if its folder was deleted."""
    watching = {
        **PULLING,
        "workspace": {**PULLING["workspace"], "didChangeWatchedFiles": {"dynamicRegistration": True}},
    }
    uris = [uri_of(str(each)) for each in three]
    with PullingClient(three[0].parents[1], capabilities=watching, options={"goPath": "/nonexistent/go"}) as client:
        client.begin_workspace(token=client.token)
        client.until(lambda: set(client.streamed()) == set(uris))
        shutil.rmtree(three[2].parent)
        client.until(lambda: client.streamed()[uris[2]] == [])
        assert client.leave() == 0


def test_a_module_that_is_no_longer_a_plugin_leaves_the_report(three: list[Path]) -> None:
    uris = [uri_of(str(each)) for each in three]
    for each in three:
        each.with_name("layerg-pin.toml").unlink()
    with pulling(three[0].parents[1], {"goPath": "/nonexistent/go"}) as client:
        client.begin_workspace(token=client.token)
        client.until(lambda: set(client.streamed()) == set(uris))
        uri = client.open(three[2])
        client.pull(uri)
        for gomod in three[1:]:
            gomod.with_name("main.go").write_text("package main\n")
            gomod.write_text(f"module example.com/{gomod.parent.name}\n\ngo 1.21\n")
        client.until(lambda: client.streamed()[uris[1]] == [])
        client.notify_file("didClose", uri)
        client.until(lambda: client.streamed()[uris[2]] == [])
        assert client.streamed()[uris[0]]


def test_a_host_that_requires_the_api_is_not_a_plugin(three: list[Path]) -> None:
    host = three[0].parents[1] / "host"
    (host / "layerg-pin.toml").write_text("")
    uris = {uri_of(str(each)) for each in three}
    with pulling(host.parent, {"goPath": "/nonexistent/go"}) as client:
        answer = client.end_of(client.begin_workspace())["result"]
        assert {each["uri"] for each in answer["items"] if each["items"]} == uris


@uses_shell
def test_a_workspace_that_is_not_trusted(three: list[Path], tmp_path: Path) -> None:
    left = tmp_path / "left"
    program = tmp_path / "go"
    program.write_text(f'#!/bin/sh\ntouch "{left}"\n')
    program.chmod(0o755)
    root = three[0].parents[1]
    with pulling(root, {"trusted": False, "goPath": str(program)}) as client:
        answer = client.end_of(client.begin_workspace())["result"]
        found = {each["uri"]: mismatches(each["items"]) for each in answer["items"]}
        assert found == {uri_of(str(each)): POSSIBLE for each in three}
    assert not left.exists()


def test_settings_apply_to_plugins_that_are_not_open(three: list[Path]) -> None:
    settings: Message = {"goPath": "/nonexistent/go", "severity": {"version-mismatch": "hint"}}
    with pulling(three[0].parents[1], settings) as client:
        client.begin_workspace(token=client.token)
        client.until(lambda: len(client.streamed()) == len(three))
        assert {each["severity"] for found in client.streamed().values() for each in found if mismatches([each])} == {4}
        changed = {**settings, "severity": {"version-mismatch": "off"}}
        client.notify("workspace/didChangeConfiguration", {"settings": {"layergPin": changed}})
        client.until(lambda: not any(map(mismatches, client.streamed().values())))


def test_push_clients_search_no_workspace(three: list[Path]) -> None:
    with RawClient(three[0].parents[1]) as client:
        uri = client.open(three[0])
        client.until(lambda: client.is_refined(uri))
        client.notify_file("didClose", uri)
        client.until(lambda: client.diagnostics(uri) == [])
        assert set(client.shown) == {uri}
        assert client.leave() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the thread's switches are read from /proc")
def test_an_open_request_does_not_wake_the_event_loop(three: list[Path]) -> None:
    with pulling(three[0].parents[1], {"goPath": "/nonexistent/go"}) as client:
        client.begin_workspace(token=client.token)
        client.until(lambda: len(client.streamed()) == len(three))
        assert any(_sleeps(client) for _ in range(10)), "the first times it may still be loading"


def _sleeps(client: RawClient) -> bool:
    """Whether the event loop does not run for three seconds. Processor times depend on the machine."""
    before = _switches(client.process.pid)
    client.wait(lambda: False, 3)
    return _switches(client.process.pid) == before


def _switches(pid: int) -> list[str]:
    """How often a process's first thread stopped to run."""
    return [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "ctxt_switches" in line]


@uses_shell
def test_a_pull_does_not_wait_for_go(examples: Examples, tmp_path: Path) -> None:
    gomod = examples.plugin / "go.mod"
    with pulling(examples.plugin, {"goPath": script(tmp_path / "go", "exec sleep 600")}) as client:
        uri = client.open(gomod)
        for version in range(2, 22):
            assert client.pull(uri)["items"]
            client.change(uri, f"{gomod.read_text()}// {version}\n", version)
