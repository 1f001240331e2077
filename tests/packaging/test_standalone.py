"""The standalone program, built as `make standalone` does: it needs no Python and has all files of the package."""

from __future__ import annotations

import shutil
import sys
import tarfile
from pathlib import Path

import pytest

from layerg_pin import __version__
from layerg_pin.core.checks import CHECKS
from tests.conftest import ROOT
from tests.packaging.conftest import Done, run


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, unpacked from its archive."""
    folder = tmp_path_factory.mktemp("standalone")
    done = run(sys.executable, ROOT / "scripts" / "build_standalone.py", folder / "dist", cwd=folder)
    assert done.code == 0, done.text
    (archive,) = (folder / "dist").glob(f"layerg-pin-{__version__}-*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder / "unpacked", filter="data")
    shutil.rmtree(folder / "dist")
    return folder / "unpacked" / "layerg-pin" / "layerg-pin"


def test_it_works_without_python(program: Path, tmp_path: Path) -> None:
    def ran(*arguments: str) -> Done:
        return run(program, *arguments, cwd=tmp_path, env={"PATH": "", "PYTHONPATH": ""})

    assert ran("--version") == Done(0, f"layerg-pin {__version__}\n")
    assert ran("explain", CHECKS[0].code).text.startswith(f"# {CHECKS[0].code}\n")
    assert "nakama@3.40.0 " in ran("host", "list").text
    assert "contains no plugin" in ran("check").text


def test_it_has_all_files_that_the_package_reads(program: Path) -> None:
    def data(folder: Path) -> set[str]:
        paths = (path for path in folder.rglob("*") if path.is_file() and path.suffix in (".md", ".txt"))
        return {path.relative_to(folder).as_posix() for path in paths}

    packed = data(program.parent / "_internal" / "layerg_pin")
    assert packed == data(ROOT / "server" / "layerg_pin")
    assert len(packed) > len(CHECKS)


def test_it_is_a_language_server(program: Path, tmp_path: Path) -> None:
    messages = (
        '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":null,"rootUri":null,"capabilities":{}}}',
        '{"jsonrpc":"2.0","method":"initialized","params":{}}',
        '{"jsonrpc":"2.0","id":2,"method":"shutdown"}',
        '{"jsonrpc":"2.0","method":"exit"}',
    )
    (tmp_path / "messages").write_text("".join(f"Content-Length: {len(each)}\r\n\r\n{each}" for each in messages))
    done = run("sh", "-c", '"$1" lsp < messages', "sh", program, cwd=tmp_path, env={"PYTHONPATH": ""})
    assert done.code == 0, done.text
    assert f'"version": "{__version__}"' in done.text
