"""Build files of all formats, where authors keep them, and in the encodings of Windows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from layerg_pin.core.buildfiles.build_file import BuildFile
from layerg_pin.source_tree.build_files import build_file_paths, read_build_files

BUILD = "go build -trimpath -buildmode=plugin\n"
POWERSHELL = "$v = '3.22.0'\r\ndocker run heroiclabs/nakama-pluginbuilder:$v `\r\n  build -buildmode=plugin -o ü.so\r\n"


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def read(plugin: Path, root: Path) -> dict[str, BuildFile]:
    sources = read_build_files(str(plugin))
    return {os.path.relpath(source.path, root).replace(os.sep, "/"): source.file for source in sources}


def test_folders_of_a_repository(tmp_path: Path) -> None:
    files = {
        ".github/workflows/plugin.yml": "jobs:\n  a:\n    container: golang:1.22.4\n    steps:\n"
        "    - run: make plugin\n    - run: docker build --build-arg V=3.22.0 -f deploy/image .\n",
        ".github/workflows/lint.yml": "jobs:\n  a:\n    steps:\n    - run: go vet ./...\n",
        ".github/dependabot.yml": "version: 2\n",
        ".devcontainer/devcontainer.json": '{"dockerComposeFile": ["../deploy/compose.dev.yml", "../../compose.yml"]}',
        "deploy/compose.dev.yml": "services:\n  a:\n    image: heroiclabs/nakama:3.21.0\n",
        "deploy/image": f"ARG V=3.20.0\nFROM heroiclabs/nakama-pluginbuilder:$V\nRUN {BUILD}",
        "Makefile": f"plugin:\n\t{BUILD}",
        "plugin/build.bat": BUILD,
    }
    write(tmp_path / "repo", **files)
    write(tmp_path, **{"compose.yml": "services:\n  a:\n    image: heroiclabs/nakama:3.0.0\n"})
    (tmp_path / "repo" / ".git").mkdir()
    plugin = tmp_path / "repo" / "plugin"
    found = read(plugin, tmp_path / "repo")
    assert set(found) == {
        *("plugin/build.bat", "Makefile", ".github/workflows/plugin.yml"),
        *("deploy/compose.dev.yml", "deploy/image"),
    }
    assert [image.tag for image in found["deploy/image"].images] == ["3.22.0"], "paths start at the repository's root"
    (delegate,) = found[".github/workflows/plugin.yml"].delegates
    assert (delegate.image.tag, delegate.is_read) == ("1.22.4", True)
    watched = build_file_paths(str(plugin))
    for name in (".github/workflows/plugin.yml", ".devcontainer/devcontainer.json"):
        assert str(tmp_path / "repo" / name) in watched


@pytest.mark.parametrize(
    ("makefile", "is_builder"),
    [
        (f"plugin:\n\t{BUILD}", True),
        (f"plugin:\n\tgo test ./...\nother:\n\t{BUILD}", False),
        (f"plugin:\n\tdocker run golang:1.22.4 {BUILD}", False),
        ("plugin:\n\techo go\n", False),
        ("", False),
    ],
)
def test_a_job_that_runs_make(tmp_path: Path, makefile: str, is_builder: bool) -> None:
    """The Go of a job counts only if the plugin is built with it."""
    write(
        tmp_path,
        **{
            "Makefile": makefile,
            ".github/workflows/a.yml": "jobs:\n  a:\n    container: golang:1.24\n    steps:\n    - run: make plugin\n",
        },
    )
    found = read(tmp_path, tmp_path)
    builders = [image.tag for image in found[".github/workflows/a.yml"].builders]
    assert builders == (["1.24"] if is_builder else [])


def test_a_pipeline_that_tests_does_not_update_the_plugin(tmp_path: Path) -> None:
    text = "jobs:\n  a:\n    container: {image: 'golang:1.24'}\n    steps:\n    - run: go mod tidy; make test\n"
    write(tmp_path, **{".github/workflows/a.yml": text})
    assert [source.updates_gomod for source in read_build_files(str(tmp_path))] == [False]


def test_compose_files_are_merged(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": "services:\n  a: {image: 'heroiclabs/nakama:${V:-3.20.0}'}\n  b: {image: golang:1.22}\n",
        "docker-compose.override.yml": "services:\n  a:\n    image: heroiclabs/nakama:3.22.0\n",
        "docker-compose.prod.yml": f"services:\n  b:\n    command: {BUILD}",
        "docker-compose.broken.yml": "services: [\n",
        ".env": "V=3.21.0\n",
    }
    write(tmp_path, **files)
    found = read(tmp_path, tmp_path)
    assert [image.tag for image in found["docker-compose.yml"].images] == ["1.22"]
    assert [image.tag for image in found["docker-compose.override.yml"].images] == ["3.22.0"]
    (command,) = found["docker-compose.prod.yml"].commands
    assert command.image
    assert command.image.go == "1.22"
    assert found["docker-compose.broken.yml"].unread
    (tmp_path / "docker-compose.override.yml").unlink()
    assert [image.tag for image in read(tmp_path, tmp_path)["docker-compose.yml"].images] == ["3.21.0", "1.22"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_encodings_of_windows(tmp_path: Path, encoding: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    (tmp_path / "build.ps1").write_bytes((mark + POWERSHELL).encode(encoding))
    (source,) = read_build_files(str(tmp_path))
    (command,) = source.file.commands
    assert command.output == "ü.so"
    assert source.index.text[command.span.start : command.span.end] == "build -buildmode=plugin -o ü.so"
    assert source.index.line_of(command.span.start) == 2


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_the_byte_order_mark_of_utf_16_is_no_column(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "build.ps1").write_bytes(f"\ufeff{BUILD}".encode(encoding))
    (source,) = read_build_files(str(tmp_path))
    (command,) = source.file.commands
    assert source.index.text == BUILD
    assert source.index.position(command.span.start, "utf-16") == (0, 0)


def test_a_dockerfile_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(f"ARG V=1\r\nFROM golang:$V\r\nRUN {BUILD}".encode("utf-8-sig"))
    (source,) = read_build_files(str(tmp_path))
    assert [image.tag for image in source.file.builders] == ["1"]
    (tmp_path / "build.bat").write_text("docker build --build-arg V=1.22.4 .\n")
    (source,) = read_build_files(str(tmp_path))
    assert [image.tag for image in source.file.builders] == ["1.22.4"]


def test_no_yaml_parser_without_yaml(tmp_path: Path) -> None:
    (tmp_path / ".devcontainer").mkdir()
    (tmp_path / ".devcontainer" / "devcontainer.json").write_text('{"image": "heroiclabs/nakama:3.22.0"}')
    (tmp_path / "build.ps1").write_text(BUILD)
    (tmp_path / "build.bat").write_text(BUILD)
    write(tmp_path, **{".github/workflows/test.yml": "jobs:\n  a:\n    steps:\n    - run: go test ./...\n"})
    code = (
        "import sys\nfrom layerg_pin.source_tree.build_files import read_build_files\n"
        "print(len(read_build_files(sys.argv[1])), 'yaml' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True, env={**os.environ}
    )
    assert result.stdout.split() == ["3", "False"], result.stderr
