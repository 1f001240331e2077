"""The build files that are read for a plugin."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from layerg_pin.source_tree.build_file_parsing import known_path
from layerg_pin.source_tree.build_files import is_build_file, read_build_files
from layerg_pin.source_tree.go_work import leaves_workspace
from tests.platform_marks import uses_links, uses_pipe

BUILD = "go build -trimpath -buildmode=plugin\n"
PLAIN = "COPY . .\nRUN go build -buildmode=plugin -o /p.so .\n"
DOCKERFILE = f"FROM golang:1.23.4\nRUN {BUILD}"


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def found(folder: Path, root: Path) -> list[str]:
    return [os.path.relpath(source.path, root).replace(os.sep, "/") for source in read_build_files(str(folder))]


def test_the_plugin_and_its_repository_are_read(tmp_path: Path) -> None:
    files = {
        "Makefile": f"all:\n\t{BUILD}",
        "repo/docker-compose.yml": "services:\n  a:\n    image: heroiclabs/nakama:3.22.0\n  b:\n    build:\n"
        "      dockerfile: deploy/image\n",
        "repo/deploy/image": DOCKERFILE,
        "repo/plugins/a/Dockerfile": DOCKERFILE,
        "repo/plugins/a/scripts/build.sh": BUILD,
        "repo/plugins/a/README.md": BUILD,
        "repo/plugins/a/Makefile": "all:\n\techo nothing of it\n",
        "repo/plugins/b/Dockerfile": DOCKERFILE,
    }
    write(tmp_path, **files)
    (tmp_path / "repo" / ".git").mkdir()
    plugin = tmp_path / "repo" / "plugins" / "a"
    assert found(plugin, tmp_path / "repo") == [
        "plugins/a/Dockerfile",
        "plugins/a/scripts/build.sh",
        "docker-compose.yml",
        "deploy/image",
    ]
    source = read_build_files(str(plugin))[0]
    assert source.file.commands[0].image == source.file.images[0]
    assert source.index.line_of(source.file.commands[0].span.start) == 1


def test_a_dockerfile_is_read_as_what_builds_it_does(tmp_path: Path) -> None:
    files = {
        "plugin/Dockerfile": "ARG NAKAMA=3.20.0\nARG GO\nFROM heroiclabs/nakama-pluginbuilder:$NAKAMA\n"
        f"RUN {BUILD}FROM golang:$GO\nRUN {BUILD}FROM heroiclabs/nakama:3.22.0\n",
        "docker-compose.yml": "services:\n  b:\n    platform: linux/arm64\n    build:\n      context: plugin\n"
        "      args:\n        - NAKAMA=${VERSION}\n        - GO=1.22.4\n",
        ".env": "VERSION=3.22.0\n",
        "Makefile": "all:\n\tdocker build --platform linux/arm64 --build-arg GO=1.22.5 --build-arg NAKAMA=3.22.0 "
        "plugin\n",
        "other/Dockerfile": DOCKERFILE,
        "docker-compose.other.yml": "services:\n  o:\n    build: other\n",
    }
    write(tmp_path, **files)
    (tmp_path / ".git").mkdir()
    (source,) = read_build_files(str(tmp_path / "plugin"))
    assert [image.tag for image in source.file.images] == ["3.22.0", None, "3.22.0"], "two values of GO"
    assert {image.platform for image in source.file.images} == {"linux/arm64"}
    assert found(tmp_path / "plugin", tmp_path) == ["plugin/Dockerfile"], "the other folder is another program's"


def test_outside_of_a_repository_only_the_plugin_is_read(tmp_path: Path) -> None:
    write(tmp_path, **{"Dockerfile": DOCKERFILE, "plugin/GNUmakefile": f"all:\n\t{BUILD}"})
    assert found(tmp_path / "plugin", tmp_path) == ["plugin/GNUmakefile"]


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    write(tmp_path, **{"Dockerfile": DOCKERFILE, "big.sh": BUILD + "#" * (1 << 20)})
    (tmp_path / "Dockerfile.folder").mkdir()
    (tmp_path / "odd.sh").write_bytes(b"\xff\xfe\x00" + BUILD.encode())
    write(tmp_path, **{"compose.yaml": "services:\n  b:\n    build:\n      dockerfile: gone\n"})
    assert found(tmp_path, tmp_path) == ["Dockerfile", "big.sh"]
    assert [bool(each.file.unread) for each in read_build_files(str(tmp_path))] == [False, True]


@uses_pipe
@uses_links
def test_a_pipe_is_named_and_a_link_to_itself_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile.loop").symlink_to("Dockerfile.loop")
    os.mkfifo(tmp_path / "Dockerfile.pipe")
    (pipe,) = read_build_files(str(tmp_path))
    assert os.path.basename(pipe.path) == "Dockerfile.pipe"
    assert pipe.file.unread


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("Dockerfile", True),
        ("Dockerfile.plugin", True),
        ("plugin.dockerfile", True),
        ("docker-compose.yml", True),
        ("compose.prod.yaml", True),
        ("GNUmakefile", True),
        ("rules.mk", True),
        ("build.sh", True),
        (".env", True),
        ("build.bat", True),
        ("Build.CMD", True),
        ("build.ps1", True),
        ("Taskfile.yml", True),
        ("taskfile.dist.yaml", True),
        (".gitlab-ci.yml", True),
        (os.path.join("x", ".github", "workflows", "ci.yaml"), True),
        (os.path.join("x", "workflows", "ci.yaml"), False),
        (os.path.join(".devcontainer", "devcontainer.json"), True),
        (".devcontainer.json", True),
        ("package.json", False),
        ("config.yml", False),
        ("main.go", False),
        ("Dockerfile.d/x", False),
    ],
)
def test_names(name: str, is_one: bool) -> None:
    assert is_build_file(name) == is_one


@pytest.mark.parametrize(
    ("dockerfile", "compose", "is_apart"),
    [
        (PLAIN, "", True),
        ("COPY . .\nRUN cd plugin && go build -buildmode=plugin -o /p.so .\n", "", False),
        ("COPY go.work ./\nCOPY . .\nRUN go build -buildmode=plugin -o /p.so .\n", "", False),
        (
            "COPY . .\nRUN go build -buildmode=plugin -o /p.so .\n",
            "context: .\n      dockerfile: plugin/Dockerfile",
            False,
        ),
        (PLAIN, "context: plugin", True),
    ],
)
def test_a_go_work_outside_the_context_of_an_image(
    tmp_path: Path, dockerfile: str, compose: str, is_apart: bool
) -> None:
    """With the larger context, the build would find no go.mod in /src; the docker command line is unknown here."""
    folder = tmp_path / "plugin"
    folder.mkdir()
    (tmp_path / "go.work").write_text("go 1.22\n\nuse ./plugin\n")
    (folder / "go.mod").write_text("module example.com/plugin\n\ngo 1.22\n")
    (folder / "Dockerfile").write_text(f"FROM golang:1.22.4 AS builder\nWORKDIR /src\n{dockerfile}")
    if compose:
        (tmp_path / ".git").mkdir()
        (tmp_path / "compose.yaml").write_text(f"services:\n  plugin:\n    build:\n      {compose}\n")
    found = leaves_workspace(str(folder), str(tmp_path / "go.work"), read_build_files(str(folder)))
    assert found == is_apart


def test_only_the_compose_file_that_compose_reads_is_used(tmp_path: Path) -> None:
    image = "services:\n  n:\n    image: heroiclabs/nakama:{}\n"
    write(tmp_path, **{"compose.yaml": image.format("3.22.0"), "docker-compose.yml": image.format("3.21.0")})
    assert [os.path.basename(source.path) for source in read_build_files(str(tmp_path))] == ["compose.yaml"]


@pytest.mark.parametrize("name", ["Dockerfile.bak", "Dockerfile.old", "Dockerfile.orig", "compose.yaml~"])
def test_backups_are_not_build_files(tmp_path: Path, name: str) -> None:
    write(tmp_path, **{name: "FROM heroiclabs/nakama:3.22.0\n"})
    assert read_build_files(str(tmp_path)) == ()
    assert not is_build_file(str(tmp_path / name))


def test_a_file_is_known_under_a_path_in_other_case_if_it_is_the_same_file(tmp_path: Path) -> None:
    """On Windows and macOS `makefile` opens Makefile; two links to a file are the same elsewhere."""
    known, run = tmp_path / "Makefile", tmp_path / "makefile"
    known.write_text("all:\n")
    if not run.exists():
        os.link(known, run)
    names = {str(known).lower(): str(known)}
    assert known_path(str(run), {str(known)}, names) == str(known)
    assert known_path(str(run), {str(known), str(run)}, names) == str(run)
    assert known_path(str(tmp_path / "other"), {str(known)}, names) == str(tmp_path / "other")
    gone = tmp_path / "MAKEFILE.mk"
    for path in (str(gone), f"{gone}\0"):
        assert known_path(path, {str(known)}, {path.lower(): str(known)}) == path


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names that differ in case are one file")
def test_two_files_whose_names_differ_in_case_are_two(tmp_path: Path) -> None:
    known, run = tmp_path / "Makefile", tmp_path / "makefile"
    known.write_text("all:\n")
    run.write_text("all:\n")
    assert known_path(str(run), {str(known)}, {str(known).lower(): str(known)}) == str(run)


def test_a_dockerfile_named_in_other_case_is_read_once(tmp_path: Path) -> None:
    """A hard link makes it one file on Linux too, as a file system does that ignores case."""
    compose = "services:\n  a:\n    build:\n      context: .\n      dockerfile: DockerFile\n"
    write(tmp_path, **{"go.mod": "module example.com/p\n", "Dockerfile": DOCKERFILE, "compose.yml": compose})
    if not (tmp_path / "DockerFile").exists():
        os.link(tmp_path / "Dockerfile", tmp_path / "DockerFile")
    assert [name.lower() for name in found(tmp_path, tmp_path)].count("dockerfile") == 1
