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
    quiet = {"env": env, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run((server, "-p"), check=True, **quiet)  # else each program starts a server of its own
    subprocess.run((wine(), "wineboot"), check=True, **quiet)  # else wine's services would keep the pipe below open
    command = (wine(), str(rig.python / "python.exe"), "-m", "pytest", "-p", "no:cacheprovider", *(arguments or TESTS))
    try:
        # Pipes, because wine does not pass on a regular file as a standard stream.
        with subprocess.Popen(
            command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            assert process.stdin
            assert process.stdout
            process.stdin.close()
            for line in process.stdout:
                sys.stdout.buffer.write(line.replace(b"\r\n", b"\n"))
                sys.stdout.flush()
        return process.returncode
    finally:
        subprocess.run((server, "-k"), check=False, **quiet)


sys.exit(main(sys.argv[1:]))
