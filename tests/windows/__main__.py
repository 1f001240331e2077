"""Run the tests as on Windows, under wine: `python -m tests.windows [--part | ARGUMENTS OF PYTEST]`."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence

from tests.windows import part
from tests.windows.rig import ROOT, Rig, RigError, built, environment, wine

TESTS = (
    "tests/core",
    "tests/cases",
    "tests/cli",
    "tests/lsp",
    "tests/faults",
    "tests/system",
    "tests/go",
    "tests/binary",
    "tests/engine",
    "tests/hosts",
    "tests/source_tree",
    "tests/windows/test_vscode_client.py",
)


def main(arguments: Sequence[str]) -> int:
    """Build the rig if it is not there, and run pytest in it. Returns the exit code."""
    try:
        rig = built(Rig(ROOT / ".cache" / "windows"))
        env = environment(rig)
    except RigError as error:
        sys.stderr.write(f"the Windows rig cannot be built: {error}\n")
        return 1
    server = wine().replace("wine64", "wineserver")
    _run_quietly(env, server, "-p")  # otherwise each program starts a server of its own
    _run_quietly(env, wine(), "wineboot")  # otherwise wine's services would keep the pipe below open
    plugins = ("-p", "no:cacheprovider", "-p", "tests.windows.repeated_tests")
    in_part = list(arguments) == ["--part"]
    chosen = part.arguments() if in_part else arguments or TESTS
    command = (wine(), str(rig.python / "python.exe"), "-m", "pytest", *plugins, *chosen)
    limit = threading.Timer(part.SECONDS, _end_late, (env, server))
    if in_part:
        limit.start()
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
        limit.cancel()
        _run_quietly(env, server, "-k")


def _end_late(env: Mapping[str, str], server: str) -> None:
    sys.stderr.write(f"the tests did not end within {part.SECONDS} s, and are ended\n")
    _run_quietly(env, server, "-k")


def _run_quietly(env: Mapping[str, str], *command: str) -> None:
    null = subprocess.DEVNULL
    subprocess.run(command, env=env, stdin=null, stdout=null, stderr=null, check=False)


sys.exit(main(sys.argv[1:]))
