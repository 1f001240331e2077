"""Start a VS Code with the built extension in it, and drive it with Chromium from outside."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket
from time import monotonic, sleep
from typing import Any

from tests.conftest import ROOT
from tests.editors.processes import MARK, left_behind
from tests.editors.vscode_install import NEWEST, VSCode

CLIENT = ROOT / "client-vscode"
VSIX = ROOT / "dist" / "layerg-pin.vsix"
_START_SECONDS = 60
_RUN_SECONDS = 170
_QUIET: Mapping[str, object] = {
    "telemetry.telemetryLevel": "off",
    "workbench.startupEditor": "none",
    "extensions.autoUpdate": False,
    "extensions.autoCheckUpdates": False,
    "extensions.ignoreRecommendations": True,
    "update.mode": "none",
    "git.enabled": False,
    "chat.disableAIFeatures": True,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "security.workspace.trust.startupPrompt": "never",
    "security.workspace.trust.banner": "never",
    "files.autoSave": "off",
    "editor.minimap.enabled": False,
}


@dataclass(frozen=True, slots=True)
class Run:
    """The output of a driver, and that of VS Code's server."""

    returncode: int
    output: str
    log: str
    processes: Mapping[int, str]
    """The processes that still ran when all should have ended."""

    def __str__(self) -> str:
        return f"exit code {self.returncode}\n{self.output}\n--- VS Code:\n{self.log[-3000:]}"


@dataclass(frozen=True, slots=True)
class Workbench:
    """A VS Code with a home folder of its own, and the extension installed."""

    vscode: VSCode
    home: Path
    env: Mapping[str, str]
    settings: Mapping[str, object] = field(default_factory=dict)
    trusted: bool = True

    def install(self, vsix: Path) -> None:
        """Install an extension as a user does, from its file."""
        done = subprocess.run(
            [*self._command(), "--install-extension", str(vsix)],
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=_START_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def test(self, suite: str, opened: Path, *, beside: str = "bystander", **env: str) -> Run:
        """Run a suite of client-vscode/test/host in the extension host, in a folder or a .code-workspace.

        `beside` is an extension there that the suite is to have as its neighbour.
        """
        folder = CLIENT / "test" / "host"
        arguments = {
            "OPENED": str(opened),
            "TESTS": str(CLIENT / "out" / "host" / f"{suite}.test"),
            "EXTENSION": str(folder / beside),
            "SCREENSHOT": str(self.home / "failed.png"),
        }
        # Newer releases run tests in the extension host only with this option.
        options = ("--vscode-option", "enable-smoke-test-driver") if self.vscode.release is NEWEST else ()
        return self.drive(folder / "run.mjs", arguments, env, options)

    def drive(
        self,
        driver: Path,
        arguments: Mapping[str, str],
        env: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> Run:
        """Start VS Code, with `env` for its extensions, and run a driver in it."""
        mark = uuid.uuid4().hex
        log = self.home / "code-server.log"
        try:
            with self._served(log, {**(env or {}), MARK: mark}, options) as url:
                done = subprocess.run(
                    ["node", str(driver)],
                    env={**os.environ, "URL": url, MARK: mark, **arguments},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    timeout=_RUN_SECONDS,
                    check=False,
                )
        finally:
            processes = left_behind(mark, within=10)
        return Run(done.returncode, done.stdout, log.read_text("utf-8", "replace"), processes)

    @contextmanager
    def _served(self, log: Path, env: Mapping[str, str], options: Sequence[str]) -> Iterator[str]:
        user = self.home / "user" / "User"
        user.mkdir(parents=True, exist_ok=True)
        (user / "settings.json").write_text(json.dumps({**_QUIET, **self.settings}))
        with socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        trust = ("--disable-workspace-trust",) if self.trusted else ()
        command = [*self._command(), *options, "--auth", "none", "--bind-addr", address, *trust]
        command += ["--disable-telemetry", "--disable-update-check", "--disable-getting-started-override"]
        with (
            log.open("w") as output,
            subprocess.Popen(command, env={**self._environment(), **env}, stdout=output, stderr=output) as process,
        ):
            try:
                _wait(f"http://{address}/healthz", process)
                yield f"http://{address}"
            finally:
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(10)
                process.kill()

    def _command(self) -> list[str]:
        folders = ("--user-data-dir", str(self.home / "user"), "--extensions-dir", str(self.home / "extensions"))
        return [self.vscode.node, self.vscode.entry, "--config", str(self.home / "config.yaml"), *folders]

    def _environment(self) -> dict[str, str]:
        self.home.mkdir(parents=True, exist_ok=True)
        dropped = ("VSCODE_", "XDG_", "PYENV", "PYTHON", "UV_")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
        folders = {f"XDG_{name}_HOME": str(self.home / name.lower()) for name in ("CONFIG", "DATA", "CACHE")}
        fixed = {"GOFLAGS": "", "GOSUMDB": "off", "GOWORK": "off", "HOME": str(self.home)}
        # As if it were started from a terminal: it then takes this environment and not that of a login shell.
        return {**kept, **folders, **self.env, **fixed, "VSCODE_CLI": "1"}


def _wait(url: str, process: subprocess.Popen[Any]) -> None:
    deadline = monotonic() + _START_SECONDS
    while monotonic() < deadline:
        assert process.poll() is None, "VS Code did not start"
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            sleep(0.05)
    raise AssertionError(f"VS Code did not answer within {_START_SECONDS} seconds")
