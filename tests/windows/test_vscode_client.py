"""The unit tests of VS Code's client as on Windows, in Windows' Node.js; one of them starts the server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from tests.platform_marks import in_rig
from tests.windows.rig import ROOT

CLIENT = ROOT / "client-vscode"


@in_rig
@pytest.mark.parametrize("unit", sorted(each.name[:-3] for each in (CLIENT / "test" / "unit").glob("*.test.ts")))
def test_a_unit(unit: str) -> None:
    node = shutil.which("node")
    assert node, "the rig has no node.exe"
    assert os.path.exists(os.path.expandvars(r"%LOCALAPPDATA%\Microsoft\WindowsApps\python.exe"))
    env = {**os.environ, "LAYERG_PIN_TEST_PYTHON": sys.executable}
    command = (node, "--test", "--test-reporter=tap", str(CLIENT / "out" / "units" / f"{unit}.js"))
    # Pipes of Windows: Node.js cannot use those that wine takes over from Linux.
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    output = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == 0, output
    assert "\n# skipped 0\n" in output.replace("\r\n", "\n"), output
