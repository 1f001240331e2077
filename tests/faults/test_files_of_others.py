"""Files of other users and files that killed runs left: owners, links, the cache, scratch files."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from layerg_pin.core.model.modules import ModuleVersion
from layerg_pin.go import answer_cache
from layerg_pin.go.answer_cache import load_packages, store_packages
from layerg_pin.go.query_types import GoPackages
from layerg_pin.system.leftovers import remove_leftovers
from layerg_pin.system.text_files import FileError, write_text
from tests.conftest import CACHE_VARIABLE, Examples
from tests.platform_marks import uses_home, uses_limits, uses_links, uses_modes, uses_pipe

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
needs_root = pytest.mark.skipif(not IS_ROOT, reason="only root can give files to another user")
NOBODY = 65534
_ANSWER = GoPackages({"a.b/c": ModuleVersion("a.b", "v1.0.0")}, (), {"a.b/c": ()})


@pytest.fixture
def gomod(tmp_path: Path) -> Path:
    path = tmp_path / "go.mod"
    path.write_text("module a\n")
    return path


@uses_modes
def test_a_file_keeps_its_mode_and_nothing_is_left_beside_it(gomod: Path) -> None:
    gomod.chmod(0o640)
    write_text(gomod, "module a\n", "module b\n")
    assert stat.S_IMODE(gomod.stat().st_mode) == 0o640
    assert [each.name for each in gomod.parent.iterdir()] == ["go.mod"]


@pytest.mark.parametrize("after", ["module longer.example/b\n", "m\n", "module c\n"])
def test_hard_links_stay_one_file(gomod: Path, after: str) -> None:
    other = gomod.with_name("other")
    os.link(gomod, other)
    write_text(gomod, "module a\n", after)
    assert other.read_text() == after
    assert gomod.samefile(other)


@needs_root
def test_root_leaves_a_file_to_its_owner(gomod: Path) -> None:
    os.chown(gomod, NOBODY, NOBODY)
    gomod.chmod(0o664)
    write_text(gomod, "module a\n", "module b\n")
    found = gomod.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (NOBODY, NOBODY, 0o664)


@needs_root
def test_a_write_keeps_the_owner_of_the_file() -> None:
    """Root's world-writable file in a folder of nobody: nobody cannot give a new file to root."""
    program = (
        "import os, sys, tempfile; from layerg_pin.system.text_files import write_text\n"
        f"os.setgroups([]); os.setegid({NOBODY}); os.seteuid({NOBODY})\n"
        "write_text(sys.argv[1], 'module a\\n', 'module b\\n')\n"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "go.mod"
        path.write_text("module a\n")
        path.chmod(0o666)
        os.chown(folder, NOBODY, NOBODY)
        done = subprocess.run((sys.executable, "-c", program, str(path)), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert path.read_text() == "module b\n"
        assert path.stat().st_uid == 0
        assert [each.name for each in folder.iterdir()] == ["go.mod"]


@uses_limits
def test_writing_in_place_on_a_full_disk_puts_the_old_text_back(gomod: Path) -> None:
    os.link(gomod, gomod.with_name("other"))
    program = (
        "import resource, signal, sys; from layerg_pin.system.text_files import *\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))\n"
        "try: write_text(sys.argv[1], 'module a\\n', 'module b\\n' * 10)\n"
        "except FileError as error: print(error)\n"
    )
    done = subprocess.run((sys.executable, "-c", program, str(gomod)), capture_output=True, text=True, check=True)
    assert done.stdout == f"{gomod} cannot be written: File too large\n"
    assert gomod.read_text() == "module a\n"


def old(path: Path) -> Path:
    day_before = time.time() - 2 * 24 * 3600
    os.utime(path, (day_before, day_before))
    return path


@uses_links
def test_leftovers_of_a_killed_run_are_removed_after_a_day(gomod: Path, tmp_path: Path) -> None:
    left = [tmp_path / ".layerg-pin-old", tmp_path / ".layerg-pin-new", tmp_path / ".go.mod.swp", tmp_path / "x"]
    for path in left:
        path.write_text("half")
    link = tmp_path / ".layerg-pin-link"
    link.symlink_to(tmp_path / "x")
    for path in (left[0], left[2], left[3]):
        old(path)
    write_text(gomod, "module a\n", "module b\n")
    names = {each.name for each in tmp_path.iterdir()}
    assert names == {"go.mod", ".layerg-pin-new", ".go.mod.swp", "x", ".layerg-pin-link"}


def test_scratch_folders_of_killed_runs_are_removed(examples: Examples, tmp_path: Path) -> None:
    scratch = tmp_path / "tmp"
    for name in ("layerg-pin-old", "layerg-pin-new", "other"):
        (scratch / name / "inner").mkdir(parents=True)
    old(scratch / "layerg-pin-old")
    old(scratch / "other")
    env = {**os.environ, "TMPDIR": str(scratch), CACHE_VARIABLE: str(tmp_path / "cache")}
    command = (sys.executable, "-m", "layerg_pin", "check", "--offline", str(examples.plugin))
    done = subprocess.run(command, env=env, capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    assert {each.name for each in scratch.iterdir()} == {"layerg-pin-new", "other"}


@needs_root
def test_what_is_another_users_is_not_removed(tmp_path: Path) -> None:
    theirs = tmp_path / "layerg-pin-theirs"
    theirs.mkdir()
    os.chown(theirs, NOBODY, NOBODY)
    old(theirs)
    remove_leftovers(str(tmp_path), "layerg-pin-")
    assert theirs.exists()


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache file of the key `k`."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    store_packages("k", _ANSWER)
    assert load_packages("k") == _ANSWER
    return tmp_path / "cache" / "layerg-pin" / "go" / "k.json"


@uses_pipe
def test_a_pipe_in_the_cache_is_not_waited_for(kept: Path) -> None:
    kept.unlink()
    os.mkfifo(kept)
    assert load_packages("k") is None


@uses_links
def test_a_link_in_the_cache_is_not_followed(kept: Path) -> None:
    kept.rename(kept.with_name("elsewhere"))
    kept.symlink_to(kept.with_name("elsewhere"))
    assert load_packages("k") is None


@pytest.mark.parametrize("body", [b"[" * 100_000, b"{}", b"[]", b"null", b'{"modules": 1}', b"\xff"])
def test_an_invalid_answer_is_ignored(kept: Path, body: bytes) -> None:
    kept.write_bytes(answer_cache._digest(body) + b"\n" + body)
    assert load_packages("k") is None


@needs_root
def test_cache_files_of_another_user_are_not_trusted(kept: Path) -> None:
    os.chown(kept, NOBODY, NOBODY)
    assert load_packages("k") is None


@uses_modes
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o720])
def test_a_folder_that_others_can_write_is_not_used_as_cache(kept: Path, mode: int) -> None:
    kept.parent.chmod(mode)
    assert load_packages("k") is None
    store_packages("another", _ANSWER)
    assert [each.name for each in kept.parent.iterdir()] == ["k.json"]


@uses_home
@pytest.mark.parametrize("home", ["", "relative", "."])
def test_without_a_home_nothing_is_kept(home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(CACHE_VARIABLE, "")
    monkeypatch.setenv("HOME", home)
    store_packages("k", _ANSWER)
    assert load_packages("k") is None
    assert list(tmp_path.iterdir()) == []
    assert not Path("/.cache/layerg-pin").exists()


@uses_limits
def test_a_full_disk_leaves_nothing_in_the_cache(tmp_path: Path) -> None:
    program = (
        "import resource, signal\n"
        "from layerg_pin.go.answer_cache import store_packages\n"
        "from layerg_pin.go.query_types import GoPackages\n"
        "from layerg_pin.core.model.snapshot import ModuleVersion\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))\n"
        "store_packages('k', GoPackages({'a.b/c': ModuleVersion('a.b', 'v1.0.0')}, (), {'a.b/c': ()}))\n"
    )
    env = {**os.environ, CACHE_VARIABLE: str(tmp_path)}
    subprocess.run((sys.executable, "-c", program), env=env, check=True)
    assert list((tmp_path / "layerg-pin" / "go").iterdir()) == []


def test_an_answer_that_is_changed_by_hand_is_ignored(kept: Path) -> None:
    text = kept.read_text()
    kept.write_text(text.replace("v1.0.0", "v9.0.0"))
    assert load_packages("k") is None
    assert json.loads(text.partition("\n")[2])["modules"] == [["a.b", "v1.0.0"]]


def test_a_read_only_file_is_refused(gomod: Path) -> None:
    gomod.chmod(0o444)
    with pytest.raises(FileError, match="is read-only"):
        write_text(gomod, "module a\n", "module b\n")
