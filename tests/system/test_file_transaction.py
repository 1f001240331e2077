"""Several files and folders are written together, or none of them."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from layerg_pin.system.file_transaction import FileChange, FolderChange, write_together
from layerg_pin.system.text_files import FileError
from tests.conftest import contents

IS_POSIX = os.name == "posix"  # elsewhere there are no mode bits, and links need a privilege


def changed(folder: Path, number: int) -> list[FileChange]:
    """Files with an old text, and their change."""
    changes = []
    for name in range(number):
        path = folder / str(name)
        path.write_text(f"old {name}")
        changes.append(FileChange(str(path), f"old {name}", f"new {name}"))
    return changes


def folder_change(folder: Path, scratch: Path) -> FolderChange:
    for each, text in ((folder / "vendor", "old"), (scratch / "vendor", "new")):
        each.mkdir(parents=True)
        (each / "modules.txt").write_text(text)
    return FolderChange(str(folder / "vendor"), str(scratch / "vendor"))


def test_all_is_written_and_nothing_stays_behind(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    files = changed(root, 3)
    if IS_POSIX:
        os.chmod(files[0].path, 0o640)
        os.rename(files[1].path, tmp_path / "elsewhere")
        os.symlink(tmp_path / "elsewhere", files[1].path)
    os.link(files[2].path, tmp_path / "linked")
    created = FileChange(str(root / "created"), None, "created")
    write_together([*files, created], [folder_change(root, tmp_path / "scratch")])
    assert {Path(path).name: text for path, text in contents(root).items()} == {
        "0": b"new 0",
        "1": b"new 1",
        "2": b"new 2",
        "created": b"created",
        "modules.txt": b"new",
    }
    if IS_POSIX:
        assert os.stat(files[0].path).st_mode & 0o777 == 0o640
        assert os.path.islink(files[1].path)
    assert (tmp_path / "linked").read_text() == "new 2"
    assert (tmp_path / "scratch" / "vendor.old" / "modules.txt").read_text() == "old", "its creator removes it"


def test_a_failure_in_the_middle_leaves_all_as_it_was(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    files = changed(root, 3)
    os.link(files[2].path, tmp_path / "linked")
    good = folder_change(root, tmp_path / "scratch")
    missing = FolderChange(str(root / "other"), str(tmp_path / "missing"))
    before = contents(root)
    with pytest.raises(FileError, match=r"other cannot be written: [^;]+; nothing was written"):
        write_together([*files, FileChange(str(root / "created"), None, "x")], [good, missing])
    assert contents(root) == before
    assert (tmp_path / "scratch" / "vendor" / "modules.txt").read_text() == "new"


@pytest.mark.parametrize("what", ["changed", "gone", "read-only", "there", "surrogate"])
def test_what_cannot_be_written_stops_everything(tmp_path: Path, what: str) -> None:
    files = changed(tmp_path, 3)
    last = Path(files[2].path)
    if what == "changed":
        last.write_text("changed")
    elif what == "gone":
        last.unlink()
    elif what == "read-only":
        last.chmod(0o444)
    elif what == "there":
        files[2] = files[2]._replace(before=None)
    else:
        files[2] = files[2]._replace(after="\ud800")
    before = contents(tmp_path)
    with pytest.raises(FileError, match=re.escape(str(last))):
        write_together(files)
    assert contents(tmp_path) == before


WRITER = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
from layerg_pin.system.file_transaction import FileChange, FolderChange, write_together
root = sys.argv[1]
files = [FileChange(f"{root}/{name}", f"old {name}", f"new {name}") for name in range(40)]
print("ready", flush=True)
write_together(files, [FolderChange(f"{root}/vendor", f"{root}.scratch/vendor")])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only a forked process goes on writing when its parent is killed")
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM"])
def test_a_process_that_is_ended_leaves_all_old_or_all_new(tmp_path: Path, name: str) -> None:
    """At a random moment of the writing."""
    delay = random.Random(22)
    for turn in range(10):
        root = tmp_path / str(turn)
        root.mkdir()
        changed(root, 40)
        folder_change(root, tmp_path / f"{turn}.scratch")
        with subprocess.Popen((sys.executable, "-c", WRITER, str(root)), stdout=subprocess.PIPE) as process:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"
            time.sleep(delay.uniform(0, 0.2))
            process.send_signal(getattr(signal, name))
            process.stdout.read()  # its end: the process that renames, if there is one, has ended too
        texts = {path: text for path, text in contents(root).items() if "/.layerg-pin-" not in path}
        states = {text.split()[0] for text in texts.values()}
        assert len(texts) == 41
        assert len(states) == 1, texts
        if name == "SIGTERM":
            assert len(contents(root)) == 41, "nothing is left behind"
