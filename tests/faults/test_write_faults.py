"""Writing to a full disk, two writers at once, a missing folder: everything is written, or nothing, with a message."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from layerg_pin.system.text_files import FileError, create_text, write_text
from tests.conftest import Examples, contents
from tests.platform_marks import keeps_no_working_folder, uses_limits, uses_pipe

COMMAND = (sys.executable, "-m", "layerg_pin")


@pytest.mark.parametrize("failing", ["write", "fsync", "chmod", "replace"])
def test_a_full_disk_leaves_go_mod_as_it_was(
    examples: Examples, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    before = contents(examples.plugin)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if failing == "write":
        real = os.fdopen

        monkeypatch.setattr(os, "fdopen", lambda handle, mode: _Full(real(handle, mode)))
    else:
        monkeypatch.setattr(os, failing, full)
    assert main(["fix", "--offline", str(examples.plugin)]) == 2
    err = capsys.readouterr().err
    assert "go.mod cannot be written: No space left on device" in err
    assert contents(examples.plugin) == before


@uses_limits
def test_a_limit_on_the_size_of_files(examples: Examples) -> None:
    """The kernel limits the process to writing less than go.mod, whatever its user."""
    before = contents(examples.plugin)
    program = (
        "import resource, signal, sys; from layerg_pin.system.text_files import *\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "path = sys.argv[1]; text = read_text(path)\n"
        "for write in (lambda: write_text(path, text, text + '// more'), lambda: create_text(path + '.new', text)):\n"
        "    try: write()\n"
        "    except FileError as error: print(error)\n"
    )
    gomod = str(examples.plugin / "go.mod")
    done = subprocess.run((sys.executable, "-c", program, gomod), capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        f"{gomod} cannot be written: File too large",
        f"{gomod}.new cannot be written: File too large",
    ]
    assert contents(examples.plugin) == before


@uses_pipe
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    "command", [["fix", "--diff"], ["host", "show"], ["host", "export", "-o", "-"], ["explain", "syntax"]]
)
def test_a_report_on_a_full_disk(examples: Examples, command: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            (*COMMAND, *command), cwd=examples.plugin, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 2
    assert "cannot write the report: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_two_fixes_at_once(examples: Examples, tmp_path: Path) -> None:
    """Each writer writes everything, or reports that the text changed; the result is that of one writer."""
    alone = tmp_path / "alone"
    shutil.copytree(examples.plugin.parent, alone)
    assert main(["fix", "--offline", str(alone / "plugin")]) == 1, "go.sum lacks the sums"
    command = (*COMMAND, "fix", "--offline", str(examples.plugin))
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    for each in running:
        _, err = each.communicate(timeout=120)
        assert each.returncode == 1 or "changed in the meantime" in err, err
    assert contents_of(examples.plugin) == contents_of(alone / "plugin")


def contents_of(folder: Path) -> dict[str, bytes]:
    return {os.path.relpath(path, folder): content for path, content in contents(folder).items()}


def test_a_change_while_it_is_being_written_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "go.mod"
    path.write_text("module a\n")
    real = os.fsync

    def slow(handle: int) -> None:
        real(handle)
        path.write_text("module edited\n")

    monkeypatch.setattr(os, "fsync", slow)
    with pytest.raises(FileError, match="changed in the meantime"):
        write_text(path, "module a\n", "module b\n")
    assert contents(tmp_path) == {str(path): b"module edited\n"}


def test_a_folder_that_is_gone(examples: Examples, capsys: pytest.CaptureFixture[str]) -> None:
    gomod = examples.plugin / "go.mod"
    text = gomod.read_text()
    shutil.rmtree(examples.plugin)
    with pytest.raises(FileError, match=r"go\.mod cannot be read: \w"):
        write_text(gomod, text, text + "\n")
    with pytest.raises(FileError, match=r"layerg-pin\.toml cannot be written: \w"):
        create_text(examples.plugin / "layerg-pin.toml", "")
    for command in ("check", "fix", "init"):
        assert main([command, str(examples.plugin)]) == 2
        assert str(examples.plugin) in capsys.readouterr().err
    assert not examples.plugin.exists()


@keeps_no_working_folder
def test_the_working_folder_is_gone(examples: Examples) -> None:
    program = (
        "import os, shutil, sys; shutil.rmtree(os.getcwd()); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    )
    command = (sys.executable, "-c", program, "-m", "layerg_pin", "check")
    done = subprocess.run(command, cwd=examples.plugin, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr, done.stderr
    assert done.stderr.startswith("layerg-pin: ")


class _Full:
    """A stream on a full disk."""

    def __init__(self, stream: object) -> None:
        self._stream = stream

    def __enter__(self) -> _Full:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()  # type: ignore[attr-defined]  # of a file

    def write(self, _: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
