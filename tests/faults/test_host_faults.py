"""A host whose files vanish, are half written, are not regular, or are slow: in an editor, and on the command line."""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from layerg_pin.engine.project_settings import read_project_file
from layerg_pin.hosts.references import Hosts
from layerg_pin.source_tree.main_packages import main_packages
from layerg_pin.system.text_files import MAX_BYTES, FileError, content_hash, read_text
from tests.conftest import Examples, go
from tests.platform_marks import deletes_open_files, uses_pipe
from tests.raw_client import RawClient

MISMATCHES = 4
_FACT = re.compile(r"(\S+) is (\S+), host has (\S+)")


def mismatches(client: RawClient, uri: str) -> int:
    """The number of version differences shown."""
    return sum(each["code"] == "version-mismatch" for each in client.diagnostics(uri))


def facts(client: RawClient, uri: str) -> set[tuple[str, ...]]:
    """Module, version and the host's version of each difference shown."""
    messages = (each["message"] for each in client.diagnostics(uri) if each["code"] == "version-mismatch")
    return {found.groups() for message in messages if (found := _FACT.match(message))}


def vanish(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def half(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def endless(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def sparse(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(10 << 30)


def binary(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 64)


EVERYWHERE = (vanish, empty, half, folder, sparse, binary)
ON_POSIX = (pipe, loop, endless)
NO_FILES = (vanish, folder, sparse, *(pytest.param(each, marks=uses_pipe) for each in ON_POSIX))
DAMAGES = (*NO_FILES, empty, half, binary)


@pytest.mark.parametrize("damages", [EVERYWHERE, pytest.param(ON_POSIX, marks=uses_pipe)])
def test_a_server_survives_any_damage_to_modules_txt(
    examples: Examples, damages: Sequence[Callable[[Path], None]]
) -> None:
    """Each time the findings are right or absent, and complete again once the file is back."""
    modules_txt = examples.host / "vendor" / "modules.txt"
    whole = modules_txt.read_bytes()
    with RawClient(examples.host.parent) as client:
        uri = client.open(examples.plugin / "go.mod")
        client.until(lambda: client.is_refined(uri) and mismatches(client, uri) == MISMATCHES)
        said, true = client.diagnostics(uri), facts(client, uri)
        assert len(true) >= 3
        for damage in damages:
            damage(modules_txt)
            client.until(lambda: client.diagnostics(uri) != said, f"a change after {damage.__name__}")
            assert facts(client, uri) <= true, f"after {damage.__name__}"
            if modules_txt.is_dir() and not modules_txt.is_symlink():
                modules_txt.rmdir()
            else:
                modules_txt.unlink(missing_ok=True)
            modules_txt.write_bytes(whole)
            client.until(lambda: client.is_refined(uri) and mismatches(client, uri) == MISMATCHES, damage.__name__)
        assert client.leave() == 0
        assert client.complaints == []


@deletes_open_files
def test_vendoring_while_an_editor_is_open(examples: Examples) -> None:
    """`go mod vendor` deletes the folder and writes it again; afterwards the new content counts."""
    with RawClient(examples.host.parent) as client:
        uri = client.open(examples.plugin / "go.mod")
        client.until(lambda: client.is_refined(uri) and mismatches(client, uri) == MISMATCHES)
        modules_txt = examples.host / "vendor" / "modules.txt"
        modules_txt.write_text(modules_txt.read_text().replace("zap v1.27.0", "zap v1.26.0"))
        client.until(lambda: mismatches(client, uri) != MISMATCHES)
        go(examples.host, "mod", "vendor")
        client.until(lambda: client.is_refined(uri) and mismatches(client, uri) == MISMATCHES)
        shutil.rmtree(examples.host)
        client.until(lambda: client.codes(uri) == {"host-unreadable"})
        assert "the host ../host " in client.diagnostics(uri)[0]["message"]
        assert client.leave() == 0
        assert client.complaints == []


@deletes_open_files
def test_a_plugin_folder_that_is_deleted(examples: Examples) -> None:
    with RawClient(examples.host.parent) as client:
        uri = client.open(examples.plugin / "go.mod")
        client.until(lambda: client.is_refined(uri))
        text = (examples.plugin / "go.mod").read_text()
        shutil.rmtree(examples.plugin)
        client.change(uri, text.replace("zap v1.26.0", "zap v1.27.0"), 2)
        client.until(lambda: client.shown[uri].get("version") == 2)
        client.notify_file("didSave", uri)
        client.notify_file("didClose", uri)
        client.until(lambda: client.diagnostics(uri) == [])
        assert client.leave() == 0
        assert client.complaints == []


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_command_line_reports_what_is_wrong_with_the_host(
    examples: Examples, capsys: pytest.CaptureFixture[str], damage: Callable[[Path], None]
) -> None:
    """The host is its modules.txt: in a folder, go.mod would remain and give fewer facts, with a message."""
    modules_txt = examples.host / "vendor" / "modules.txt"
    damage(modules_txt)
    code = main(["check", "--host", str(modules_txt), str(examples.plugin)])
    out = capsys.readouterr().out
    if damage is half:
        assert code in (1, 2)
        assert "version-mismatch" in out
    else:
        assert code == 2
        assert "[host-unreadable]" in out
        assert "vendor/modules.txt" in out.replace(os.sep, "/")
        assert "version-mismatch" not in out
    assert main(["check", "--host", str(examples.host), str(examples.plugin)]) in (1, 2)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["go.mod", "go.sum", "layerg-pin.toml", "main.go", "../go.work", "vendor/modules.txt"])
def test_a_pipe_or_device_beside_the_plugin_never_hangs(
    examples: Examples,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    damage: Callable[[Path], None],
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")  # Go's own result does not matter here
    path = examples.plugin / name
    path.parent.mkdir(exist_ok=True)
    path.touch()
    damage(path)
    assert main(["check", "--host", str(examples.host), str(examples.plugin)]) in (0, 1, 2)
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    if name == "go.mod" and damage not in (empty, half, binary):
        assert "go.mod" in said.err


@pytest.mark.parametrize("damage", NO_FILES)
def test_every_reader_refuses_irregular_files(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = tmp_path / "damaged.go"
    path.touch()
    damage(path)
    with pytest.raises(FileError, match=re.escape(str(path))):
        read_text(path)
    assert (content_hash(path) is None) == (damage is not sparse)
    assert damage is not sparse or path.stat().st_size > MAX_BYTES
    (tmp_path / "main.go").write_text("package main\n")
    assert main_packages(str(tmp_path)) == (".",)


def test_every_reader_refuses_impossible_names(tmp_path: Path) -> None:
    for name in ("a\0b", "\ud800"):
        with pytest.raises(FileError, match="cannot be read"):
            read_text(tmp_path / name)
        assert content_hash(tmp_path / name) is None
        assert not hasattr(Hosts().read(name, str(tmp_path / name)), "modules")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('host = "a\\u0000b"', "a valid path"),
        ('packages = ["./a\\u0000b"]', "a valid path"),
        ("host = " + "[" * 10_000, ":1: not read: nested more than 16 deep"),
        ("host = " + "{a=" * 10_000, ":1: not read: nested more than 16 deep"),
        ("a." * 10_000 + "a=1", ":1: not read: a key of more than 8 parts"),
        ("#\n[" + "a . " * 5_000 + "a]\n", ":2: not read: a key of more than 8 parts"),
        ("#\n" * 20_000, ":16385: not read: longer than 32 KiB"),
        ("a=" + "1" * 10_000, "a number has too many digits"),
        ("".join(f"k{number}=1\n" for number in range(3000)), "2992 more unknown keys"),
        ("\xff".encode("latin-1").decode("utf-8", "surrogateescape"), "invalid TOML: it is not UTF-8"),
    ],
)
def test_a_hostile_project_file_is_reported(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "layerg-pin.toml").write_text(text, encoding="utf-8", errors="surrogateescape")
    found = read_project_file(str(tmp_path))
    assert found
    assert found.host == ""
    assert words in "\n".join(found.problems)
    assert "layerg-pin.toml" in found.problems[0]


def test_a_slow_disk_blocks_no_other_request(examples: Examples, monkeypatch: pytest.MonkeyPatch) -> None:
    """modules.txt is replaced while it is read: each result is one of the two, never a mixture."""
    modules_txt = examples.host / "vendor" / "modules.txt"
    first = modules_txt.read_text()
    second = first.replace("v1.27.0", "v1.25.0")
    done = threading.Event()

    def turn() -> None:
        number = 0
        while not done.is_set():
            scratch = modules_txt.with_suffix(".new")
            scratch.write_text((first, second)[number % 2])
            with suppress(PermissionError):  # Windows may refuse while the file is read
                os.replace(scratch, modules_txt)
            number += 1

    turning = threading.Thread(target=turn)
    turning.start()
    try:
        hosts = Hosts()
        for _ in range(300):
            host = hosts.read("host", str(examples.host))
            assert getattr(host, "modules")["go.uber.org/zap"].version in ("v1.27.0", "v1.25.0")  # noqa: B009
    finally:
        done.set()
        turning.join()
