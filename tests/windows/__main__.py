"""Run the tests as on Windows, under wine: `python -m tests.windows [ARGUMENTS OF PYTEST]`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from tests.windows.rig import ROOT, Rig, RigError, built, environment, wine

TESTS = ("tests/core", "tests/cases", "tests/cli", "tests/lsp", "tests/faults", "tests/system", "tests/go")


def main(arguments: Sequence[str]) -> int:
    """Build the rig if it is not there, and run pytest in it. Returns the exit code."""
    try:
        rig = built(Rig(ROOT / ".cache" / "windows"))
    except RigError as error:
        sys.stderr.write(f"the Windows rig cannot be built: {error}\n")
        return 1
    env = environment(rig)
    server = wine().replace("wine64", "wineserver")
    subprocess.run((server, "-p"), env=env, check=True)  # else each program starts a server of its own
    command = (wine(), str(rig.python / "python.exe"), "-m", "pytest", "-p", "no:cacheprovider", *(arguments or TESTS))
    try:
        # wine cannot pass on a regular file as a standard stream
        with subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
            assert process.stdout
            for line in process.stdout:
                sys.stdout.buffer.write(line.replace(b"\r\n", b"\n"))
                sys.stdout.flush()
        return process.returncode
    finally:
        subprocess.run((server, "-k"), env=env, check=False)


sys.exit(main(sys.argv[1:]))
