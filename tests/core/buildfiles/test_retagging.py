"""Tags of a host's images are moved wherever a release can be written, and nowhere else."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from layerg_pin.core.buildfiles.build_file import BuildSource
from layerg_pin.core.buildfiles.dockerfile import parse_dockerfile
from layerg_pin.core.buildfiles.retagging import MoveTarget, TagChange, Unmoved, moved_tags, unmoved_images
from layerg_pin.core.known.images import HOSTS, HostImages
from layerg_pin.core.text import LineIndex
from layerg_pin.source_tree.build_files import build_file_paths, read_build_files

NAKAMA = next(each for each in HOSTS if each.name == "nakama")
LAYERG = next(each for each in HOSTS if each.name == "layerg")
BUILD = "WORKDIR /b\nCOPY . .\nRUN go build -buildmode=plugin -trimpath -o b.so\n"


class Moved:
    """The build files of a folder, moved to Nakama 3.40.0, whose Go is 1.26.5."""

    def __init__(
        self, folder: Path, files: dict[str, str], before: str = "3.22.0", host: HostImages = NAKAMA, go: str = "1.26.5"
    ) -> None:
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        target = MoveTarget(host, "3.40.0", go)
        paths = [path for path in build_file_paths(str(folder)) if Path(path).is_file()]
        texts = {path: Path(path).read_text() for path in paths}
        changed, self.changes = moved_tags(read_build_files(str(folder)), texts, target, before)
        self.texts = {Path(path).relative_to(folder).as_posix(): text for path, text in changed.items()}
        moved = read_build_files(str(folder), changed)
        self.unmoved: tuple[Unmoved, ...] = tuple(unmoved_images(moved, target, before))


def dockerfile(builder: str, server: str = "heroiclabs/nakama:3.22.0", head: str = "") -> str:
    return f"{head}FROM {builder} AS builder\n{BUILD}\nFROM {server}\nCOPY --from=builder /b/b.so /nakama/\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("heroiclabs/nakama-pluginbuilder:3.22.0", "heroiclabs/nakama-pluginbuilder:3.40.0"),
        ("heroiclabs/nakama-pluginbuilder:v3.22.0", "heroiclabs/nakama-pluginbuilder:v3.40.0"),
        ("heroiclabs/nakama-pluginbuilder:3.22.0-arm64", "heroiclabs/nakama-pluginbuilder:3.40.0-arm64"),
        ("heroiclabs/nakama-pluginbuilder:3.22", "heroiclabs/nakama-pluginbuilder:3.40.0"),
        ("heroiclabs/nakama-dsym:3.22.0", "heroiclabs/nakama-dsym:3.40.0"),
        ("registry.heroiclabs.com/heroiclabs/nakama:3.22.0", "registry.heroiclabs.com/heroiclabs/nakama:3.40.0"),
        (f"heroiclabs/nakama:3.22.0@sha256:{'a' * 64}", "heroiclabs/nakama:3.40.0"),
        ("golang:1.22.4-bookworm", "golang:1.26.5-bookworm"),
        ("golang:1.22.4", "golang:1.26.5"),
        ("golang:1.22", "golang:1.26.5"),
    ],
)
def test_a_tag_that_is_written_out(tmp_path: Path, old: str, new: str) -> None:
    moved = Moved(tmp_path, {"Dockerfile": dockerfile(old)})
    assert moved.texts == {"Dockerfile": dockerfile(new, "heroiclabs/nakama:3.40.0")}
    assert moved.unmoved == ()


@pytest.mark.parametrize(
    "image",
    [
        "heroiclabs/nakama-pluginbuilder:latest",
        "heroiclabs/nakama-pluginbuilder:3",
        "heroiclabs/nakama-pluginbuilder:3.40.0",
        "golang:1.26",
        "golang:latest",
        "postgres:3.22.0",
    ],
)
def test_what_can_mean_the_new_release_stays(tmp_path: Path, image: str) -> None:
    moved = Moved(tmp_path, {"Dockerfile": dockerfile(image)})
    assert moved.texts == {"Dockerfile": dockerfile(image, "heroiclabs/nakama:3.40.0")}
    assert moved.unmoved == ()


def test_a_golang_image_that_builds_no_plugin_stays(tmp_path: Path) -> None:
    text = "FROM golang:1.22.4 AS tool\nRUN go build -o tool ./cmd/tool\n\nFROM heroiclabs/nakama:{}\n"
    moved = Moved(tmp_path, {"Dockerfile": text.format("3.22.0")})
    assert moved.texts == {"Dockerfile": text.format("3.40.0")}


def test_a_go_with_only_a_minor_release(tmp_path: Path) -> None:
    moved = Moved(tmp_path, {"Dockerfile": dockerfile("golang:1.23.4-bookworm")}, go="1.23")
    assert "golang:1.23.4-bookworm" in moved.texts["Dockerfile"]
    moved = Moved(tmp_path, {"Dockerfile": dockerfile("golang:1.22.4-bookworm")}, go="1.23")
    assert "golang:1.23-bookworm" in moved.texts["Dockerfile"]


@pytest.mark.parametrize(
    "head",
    [
        "ARG V=3.22.0\n",
        'ARG V="3.22.0"\n',
        "ARG OTHER=1 V=3.22.0\n",
        "ARG BASE=3.22.0\nARG V=$BASE\n",
        "ARG BASE=3.22.0\nARG V=${BASE}\n",
        "# comment V\nARG V=3.22.0 # comment 3.22.0\n",
    ],
)
@pytest.mark.parametrize("reference", ["$V", "${V}", "${V:-3.22.0}"])
def test_a_tag_from_an_argument(tmp_path: Path, head: str, reference: str) -> None:
    text = dockerfile(f"heroiclabs/nakama-pluginbuilder:{reference}", f"heroiclabs/nakama:{reference}", head)
    moved = Moved(tmp_path, {"Dockerfile": text})
    assert moved.texts == {
        "Dockerfile": text.replace("=3.22.0", "=3.40.0").replace('"3.22', '"3.40').replace(":-3.22", ":-3.40")
    }
    assert moved.unmoved == ()


def test_a_whole_image_from_an_argument(tmp_path: Path) -> None:
    head = "ARG BUILDER=heroiclabs/nakama-pluginbuilder:v3.22.0\nARG GO=1.22.4\n"
    moved = Moved(tmp_path, {"Dockerfile": dockerfile("$BUILDER", head=head)})
    assert moved.texts["Dockerfile"].startswith(head.replace("v3.22.0", "v3.40.0"))
    moved = Moved(tmp_path, {"Dockerfile": dockerfile("golang:${GO}-bookworm", head=head)})
    assert moved.texts["Dockerfile"].startswith(head.replace("1.22.4", "1.26.5"))


COMPOSE = """\
services:
  nakama:
    image: heroiclabs/nakama:{image}
  own:
    build:
      context: .
      args:
        {argument}
"""


@pytest.mark.parametrize("argument", ["V: 3.22.0", 'V: "3.22.0"', "- V=3.22.0", '- "V=3.22.0"', "V: ${V:-3.22.0}"])
def test_an_argument_that_a_compose_file_sets(tmp_path: Path, argument: str) -> None:
    compose = COMPOSE.format(image="3.22.0", argument=argument)
    builder = dockerfile("heroiclabs/nakama-pluginbuilder:$V", head="ARG V\n")
    moved = Moved(tmp_path, {"compose.yml": compose, "Dockerfile": builder})
    assert moved.texts["compose.yml"] == compose.replace("3.22.0", "3.40.0")
    assert moved.unmoved == ()


def test_a_variable_of_an_env_file(tmp_path: Path) -> None:
    compose = COMPOSE.format(image="${NAKAMA_VERSION:-3.22.0}", argument="V: ${NAKAMA_VERSION}")
    env = "# NAKAMA_VERSION\nPOSTGRES=3.22.0\nexport NAKAMA_VERSION=3.22.0\n"
    builder = dockerfile("heroiclabs/nakama-pluginbuilder:$V", head="ARG V\n")
    moved = Moved(tmp_path, {"compose.yml": compose, ".env": env, "Dockerfile": builder})
    assert moved.texts[".env"] == env.replace("NAKAMA_VERSION=3.22.0", "NAKAMA_VERSION=3.40.0")
    assert moved.texts["compose.yml"] == compose.replace("3.22.0", "3.40.0")
    assert moved.unmoved == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Makefile", "V := 3.22.0\nb:\n\tdocker run --rm -v .:/b heroiclabs/nakama-pluginbuilder:$(V) build .\n"),
        ("Makefile", "V ?= 3.22.0\nI = heroiclabs/nakama-pluginbuilder:$(V)\nb:\n\tdocker run --rm $(I) build .\n"),
        ("Makefile", "V = 3.22.0\nb:\n\tdocker build --build-arg V=$(V) .\n"),
        ("build.sh", 'V=3.22.0\ndocker run --rm "heroiclabs/nakama-pluginbuilder:${V}" build -buildmode=plugin .\n'),
        ("build.sh", "V=${V:-3.22.0}\ndocker run --rm heroiclabs/nakama-pluginbuilder:$V build -buildmode=plugin .\n"),
    ],
)
def test_variables_of_other_build_files(tmp_path: Path, name: str, text: str) -> None:
    builder = dockerfile("heroiclabs/nakama-pluginbuilder:$V", head="ARG V\n")
    moved = Moved(tmp_path, {name: text, "Dockerfile": builder})
    assert moved.texts[name] == text.replace("3.22.0", "3.40.0")


WORKFLOW = """\
on: push
env:
  NAKAMA: 3.22.0
jobs:
  container:
    runs-on: ubuntu-latest
    container: heroiclabs/nakama-pluginbuilder:${{ env.NAKAMA }}
    steps:
      - run: go build -buildmode=plugin -trimpath .
  setup:
    runs-on: ubuntu-latest
    services:
      nakama:
        image: heroiclabs/nakama:3.22.0
    steps:
      - uses: actions/setup-go@v5
        with:
          go-version: "1.22.4"
      - run: go build -buildmode=plugin -trimpath .
"""
DEVCONTAINER = '{\n  // Builds the plugin.\n  "image": "heroiclabs/nakama-pluginbuilder:3.22.0"\n}\n'
BATCH = "set V=3.22.0\r\ndocker run --rm -v .:/b heroiclabs/nakama-pluginbuilder:%V% build -buildmode=plugin .\r\n"
POWERSHELL = "$V = '3.22.0'\ndocker run --rm heroiclabs/nakama-pluginbuilder:$V build -buildmode=plugin .\n"
TASKFILE = """\
version: "3"
vars:
  V: 3.22.0
tasks:
  build:
    - docker run --rm heroiclabs/nakama-pluginbuilder:{{.V}} build -buildmode=plugin .
"""
GITLAB = """\
variables:
  V: "3.22.0"
build:
  image: heroiclabs/nakama-pluginbuilder:$V
  script:
    - go build -buildmode=plugin -trimpath .
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".github/workflows/build.yml", WORKFLOW),
        (".devcontainer/devcontainer.json", DEVCONTAINER),
        ("build.bat", BATCH),
        ("build.ps1", POWERSHELL),
        ("Taskfile.yml", TASKFILE),
        (".gitlab-ci.yml", GITLAB),
    ],
)
def test_other_formats(tmp_path: Path, name: str, text: str) -> None:
    moved = Moved(tmp_path, {name: text})
    expected = text.replace("\r\n", "\n").replace("3.22.0", "3.40.0").replace("1.22.4", "1.26.5")
    assert moved.texts[name].replace("\r\n", "\n") == expected
    assert moved.unmoved == ()


def test_a_tag_that_nothing_near_sets_is_left(tmp_path: Path) -> None:
    moved = Moved(tmp_path, {"Dockerfile": dockerfile("heroiclabs/nakama-pluginbuilder:$V", head="ARG V\n")})
    assert [(each.line, each.contradicts) for each in moved.unmoved] == [(1, False)]
    assert "has a tag from a variable that is set elsewhere: set it to 3.40.0 there" in moved.unmoved[0].reason


def test_a_tag_that_is_put_together_contradicts(tmp_path: Path) -> None:
    head = "ARG MAJOR=3\nARG MINOR=22\n"
    moved = Moved(tmp_path, {"Dockerfile": dockerfile("heroiclabs/nakama-pluginbuilder:$MAJOR.$MINOR.0", head=head)})
    assert [(each.line, each.contradicts) for each in moved.unmoved] == [(2, True)]
    assert "change it by hand" in moved.unmoved[0].reason


def test_images_of_other_owners_stay_and_are_named(tmp_path: Path) -> None:
    moved = Moved(tmp_path, {"Dockerfile": dockerfile("example.com/me/nakama-pluginbuilder:3.22.0")})
    assert "example.com/me/nakama-pluginbuilder:3.22.0" in moved.texts["Dockerfile"]
    assert [each.reason for each in moved.unmoved] == [
        "example.com/me/nakama-pluginbuilder:3.22.0 belongs to another owner, so its tag was not changed"
    ]
    other = Moved(tmp_path, {"Dockerfile": dockerfile("layerglabs/layerg:3.22.0")}, host=LAYERG)
    assert other.texts == {"Dockerfile": dockerfile("layerglabs/layerg:3.40.0")}


def test_a_digest_without_tag_is_left(tmp_path: Path) -> None:
    image = f"heroiclabs/nakama@sha256:{'a' * 64}"
    moved = Moved(tmp_path, {"Dockerfile": dockerfile("heroiclabs/nakama-pluginbuilder:3.22.0", image)})
    assert image in moved.texts["Dockerfile"]
    assert [each.reason for each in moved.unmoved] == [f"{image} names no release: use heroiclabs/nakama:3.40.0"]


def test_each_change_is_named_with_its_line(tmp_path: Path) -> None:
    server = f"heroiclabs/nakama:3.22.0@sha256:{'a' * 64}"
    moved = Moved(tmp_path, {"Dockerfile": dockerfile("heroiclabs/nakama-pluginbuilder:$V", server, "ARG V=3.22.0\n")})
    path = str(tmp_path / "Dockerfile")
    assert moved.changes == (
        TagChange(path=path, line=0, image="V", before="3.22.0", after="3.40.0"),
        TagChange(path=path, line=6, image="heroiclabs/nakama", before="3.22.0", after="3.40.0", digest_removed=True),
    )


def test_a_chain_of_variables_ends(tmp_path: Path) -> None:
    """Each variable refers to the next one, and the last one to the first."""
    chain = "".join(f"ARG V{number}=$V{(number + 1) % 3000}\n" for number in range(3000))
    text = dockerfile("heroiclabs/nakama-pluginbuilder:$V0", head=chain)
    assert Moved(tmp_path, {"Dockerfile": text}).texts == {
        "Dockerfile": dockerfile("heroiclabs/nakama-pluginbuilder:$V0", "heroiclabs/nakama:3.40.0", chain)
    }


@pytest.mark.parametrize(
    "filling",
    ["V=3.22.0\n", "V=3.22.0 ", "V:V:", "V- ", "${V:-", "V" * 100, " \t", "${{ a.b.", "$(V)", "%V%"],
    ids=lambda filling: filling.strip()[:8] or "blanks",
)
def test_large_files_take_linear_time(tmp_path: Path, filling: str) -> None:
    """Four times the text takes less than eight times as long."""
    builder = dockerfile("heroiclabs/nakama-pluginbuilder:$V", head="ARG V=3.22.0\n")
    (tmp_path / "Dockerfile").write_text(builder)
    sources, target = read_build_files(str(tmp_path)), MoveTarget(NAKAMA, "3.40.0", "1.26.5")

    def seconds(size: int) -> float:
        texts = {str(tmp_path / "Dockerfile"): builder, str(tmp_path / "Makefile"): filling * (size // len(filling))}
        start = time.process_time()
        moved_tags(sources, texts, target, "3.22.0")
        return time.process_time() - start

    assert seconds(200_000) < 8 * seconds(50_000) + 0.5


@given(
    st.lists(
        st.sampled_from(["V", "=", ":", "-", "${V", "}", "3.22.0", "\n", " ", "$V", '"', "ARG ", "FROM ", "@sha256:a"])
    )
)
@example(["FROM ", "heroiclabs/nakama:3.22.0", "@sha256:a"])
@settings(max_examples=100, deadline=None)
def test_arbitrary_text_never_fails(parts: list[str]) -> None:
    text = "ARG V=3.22.0\n" + "".join(parts) + "\nFROM heroiclabs/nakama:$V\nFROM heroiclabs/nakama:3.22.0\n"
    source = BuildSource("/Dockerfile", LineIndex(text), parse_dockerfile(text))
    texts, changes = moved_tags([source], {"/Dockerfile": text}, MoveTarget(NAKAMA, "3.40.0", "1.26.5"), "3.22.0")
    assert texts["/Dockerfile"].endswith("FROM heroiclabs/nakama:3.40.0\n")
    assert all(each.line <= text.count("\n") for each in changes)
    assert len(texts["/Dockerfile"].splitlines()) == len(text.splitlines())
