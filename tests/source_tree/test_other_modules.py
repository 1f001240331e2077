"""Builds of other modules in the repository of a plugin."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerg_pin.source_tree.build_files import read_build_files
from tests.platform_marks import uses_links

IMAGE = "heroiclabs/nakama-pluginbuilder:3.22.0"
FROM = f"FROM {IMAGE} AS builder\n"
ARGUMENTS = "-buildmode=plugin -o x.so"
BUILD = f"go build {ARGUMENTS}"
RUN = f"docker run --rm {{}} {IMAGE} build {ARGUMENTS}\n"


def service(keys: str) -> str:
    return f"services:\n  x:\n    image: {IMAGE}\n{keys}    command: build {ARGUMENTS}\n"


FORMS = [
    pytest.param("Makefile", f"x:\n\tcd MODULE && CGO_ENABLED=0 {BUILD}\n", id="cd"),
    pytest.param("Makefile", f"x:\n\t(cd MODULE && {BUILD})\n", id="subshell"),
    pytest.param("Makefile", f"D := MODULE\nx:\n\tcd $(D)/ && {BUILD} $(FLAGS)\n", id="make-variable"),
    pytest.param("Makefile", f"x:\n\tgo build -C MODULE {ARGUMENTS}\n", id="go-C"),
    pytest.param("Makefile", f"x:\n\tcd a && cd ../MODULE && {BUILD}\n", id="cd-cd"),
    pytest.param("Makefile", f"x:\n\t{BUILD} ./MODULE\n", id="package"),
    pytest.param("Makefile", f"x:\n\t{BUILD} MODULE/main.go\n", id="file"),
    pytest.param("scripts/b.sh", f"set -e\ncd MODULE\n{BUILD}\n", id="script"),
    pytest.param("scripts/b.sh", f"cd MODULE || exit 1\n{BUILD}\n", id="cd-or-exit"),
    pytest.param("scripts/b.sh", f"cd -P -- ../MODULE\n{BUILD}\n", id="cd-options"),
    pytest.param("scripts/b.sh", f"pushd MODULE\n{BUILD}\npopd\n", id="pushd"),
    pytest.param("scripts/b.sh", f"pushd a\npopd\ncd MODULE\n{BUILD}\n", id="popd"),
    pytest.param("scripts/b.sh", f"env -C MODULE {BUILD}\n", id="env-C"),
    pytest.param("scripts/b.sh", f"A=1 env -CMODULE {BUILD}\n", id="env-C-attached"),
    pytest.param("scripts/b.sh", f"env --chdir=MODULE {BUILD}\n", id="env-chdir"),
    pytest.param("scripts/b.sh", f"sudo --chdir MODULE {BUILD}\n", id="sudo-chdir"),
    pytest.param("scripts/b.sh", f"wsl --cd MODULE {BUILD}\n", id="wsl-cd"),
    pytest.param("scripts/b.sh", f"case $1 in\n x) (cd MODULE; {BUILD});;\nesac\n", id="case"),
    pytest.param(
        ".github/workflows/b.yml",
        f"jobs:\n  x:\n    steps:\n    - run: {BUILD}\n      working-directory: MODULE\n",
        id="workflow",
    ),
    pytest.param("Makefile", "x:\n\t" + RUN.format("-v $(PWD):/src -w /src/MODULE"), id="run-w"),
    pytest.param("Makefile", "x:\n\t" + RUN.format("-v $(CURDIR):/src -w/src/MODULE"), id="run-w-attached"),
    pytest.param("Makefile", "x:\n\t" + RUN.format('-v "$$(pwd)":/src --workdir /src/MODULE'), id="run-workdir"),
    pytest.param("Makefile", "x:\n\t" + RUN.format("--volume=$(PWD):/src --workdir=/src/MODULE"), id="run-workdir="),
    pytest.param("Makefile", "x:\n\tcd MODULE && " + RUN.format("-v $$PWD:/builder"), id="run-cd"),
    pytest.param("b.sh", RUN.format("-v ./MODULE:/builder"), id="run-relative"),
    pytest.param("b.sh", RUN.format('-v "$PWD/MODULE:/builder:ro"'), id="run-mounted"),
    pytest.param("b.sh", RUN.format("-v${PWD}/MODULE:/builder"), id="run-mounted-attached"),
    pytest.param("b.sh", RUN.format("--mount type=bind,source=`pwd`/MODULE,target=/builder"), id="run-mount"),
    pytest.param("b.sh", f'docker run -v $PWD:/s {IMAGE} sh -c "cd /s/MODULE && {BUILD}"\n', id="run-shell"),
    pytest.param("docker-compose.yml", service("    volumes: ['./MODULE:/builder']\n"), id="compose-volume"),
    pytest.param(
        "docker-compose.yml", service("    volumes: ['.:/s']\n    working_dir: /s/MODULE\n"), id="compose-folder"
    ),
    pytest.param(
        "docker-compose.yml",
        service("    volumes:\n    - {type: bind, source: ./MODULE, target: /builder}\n"),
        id="compose-long-volume",
    ),
    pytest.param("Dockerfile", f"{FROM}WORKDIR /s\nCOPY . .\nRUN cd MODULE && {BUILD}\n", id="docker-cd"),
    pytest.param("Dockerfile", f"{FROM}COPY . /s\nWORKDIR /s/MODULE\nRUN {BUILD}\n", id="docker-workdir"),
    pytest.param(
        "Dockerfile",
        f'{FROM}WORKDIR /s/\nCOPY ["a", "b", "./"]\nCOPY MODULE /x\nRUN go build -C /x {ARGUMENTS}\n',
        id="docker-json",
    ),
    pytest.param("Dockerfile", f"{FROM}COPY . /s\nRUN {BUILD} /s/MODULE\n", id="docker-package"),
    pytest.param(
        "Dockerfile", f"{FROM}WORKDIR /x\nCOPY MODULE/ .\nRUN {BUILD}\nFROM {IMAGE}\nCOPY a b /y/\n", id="docker-copy"
    ),
    pytest.param("Dockerfile", f"{FROM}COPY . /s\nFROM builder\nWORKDIR /s/MODULE\nRUN {BUILD}\n", id="docker-base"),
]


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def repository(root: Path, **files: str) -> Path:
    """A repository with the modules a and b. The plugin is a."""
    (root / ".git").mkdir()
    modules = {f"{name}/{file}": "" for name in ("a", "b") for file in ("go.mod", "main.go")}
    write(root, **modules, **{"a/Dockerfile": f"{FROM}COPY . .\nRUN {BUILD}\n"}, **files)
    return root / "a"


def builds(plugin: Path) -> list[str]:
    """The text of each build above the plugin's folder."""
    above = [each for each in read_build_files(str(plugin)) if Path(each.path).parent != plugin]
    return [
        source.index.text[command.span.start : command.span.end] for source in above for command in source.file.commands
    ]


@pytest.mark.parametrize(("name", "text"), FORMS)
def test_a_build_of_another_module_is_dropped(tmp_path: Path, name: str, text: str) -> None:
    assert builds(repository(tmp_path, **{name: text.replace("MODULE", "b")})) == []


@pytest.mark.parametrize(("name", "text"), FORMS)
def test_the_same_build_of_the_plugin_stays(tmp_path: Path, name: str, text: str) -> None:
    assert len(builds(repository(tmp_path, **{name: text.replace("MODULE", "a")}))) == 1


@pytest.mark.parametrize(("name", "text"), FORMS)
def test_a_build_in_a_folder_without_a_module_stays(tmp_path: Path, name: str, text: str) -> None:
    plugin = repository(tmp_path, **{name: text.replace("MODULE", "b")})
    (tmp_path / "b" / "go.mod").unlink()
    if name != "Dockerfile":  # one that copies no part of the plugin is dropped as a whole
        assert len(builds(plugin)) == 1


@pytest.mark.parametrize(
    "text",
    [
        f"cd b && make\ncd $ROOT\n{BUILD}\n",
        f'cd b\ncd "$(dirname "$0")/a"\n{BUILD}\n',
        f"cd b\ncd -\n{BUILD}\n",
        f"cd b\ncd\n{BUILD}\n",
        f"cd b\ncd ~/a\n{BUILD}\n",
        f"(cd b && make)\n{BUILD}\n",
        f"(cd b\nmake) && {BUILD}\n",
        f"pushd b\npopd\n{BUILD}\n",
        f"cd b\npopd\n{BUILD}\n",
        f"if [ -n $X ]; then\n  cd b\nfi\n{BUILD}\n",
        f"if [ -n $X ]; then\n  cd b\nelse\n  {BUILD}\nfi\n",
        f"case $X in\n  1) cd b;;\n  *) {BUILD};;\nesac\n",
        f"(cd b; case $X in\n  1) cd ../a; {BUILD};;\nesac)\n",
        f"for each in 1; do cd b; done\n{BUILD}\n",
        f"other() {{\n  cd b\n}}\n{BUILD}\n",
        f"test -n $X && cd b\n{BUILD}\n",
        f"env -C b make\n{BUILD}\n",
        f"env -C $DIR {BUILD}\n",
        f"cd b && go build -C $DIR {ARGUMENTS}\n",
        f"cd b && {BUILD} ../a\n",
        f"cd missing && {BUILD}\n",
        f"cd /b && {BUILD}\n",
        f"for each in b a; do (cd $each && {BUILD}); done\n",
        f"sh -c 'cd b && make'\n{BUILD}\n",
        RUN.format("-v $DIR:/builder"),
        RUN.format("-v b:/builder"),
        RUN.format("-v $PWD:/src -w $DIR"),
        RUN.format("-v $PWD/b:/src -v $DIR:/src/a -w /src/a"),
        RUN.format("-v $PWD/b:/other"),
        "cd b\ncd $DIR\n" + RUN.format("-v $PWD:/builder"),
        "cd b\n" + RUN.format("-v ${PWD}:/builder"),
        "PWD=$DIR\n" + RUN.format("-v $PWD/b:/builder"),
    ],
)
def test_a_build_in_a_folder_that_is_not_certain_stays(tmp_path: Path, text: str) -> None:
    assert len(builds(repository(tmp_path, **{"b.sh": text}))) == 1


@pytest.mark.parametrize(
    "text",
    [
        f"{FROM}COPY . /s\nWORKDIR $X\nRUN cd b && {BUILD}\n",
        f"{FROM}COPY . /s\nWORKDIR /s/b\nWORKDIR $X\nRUN {BUILD}\n",
        f"{FROM}COPY [b]*/*.go b/go.mod /s/\nWORKDIR /s\nRUN {BUILD}\n",  # too many wildcards to look for
        f"{FROM}COPY b /s\nCOPY a /s\nWORKDIR /s\nRUN {BUILD}\n",
        f"{FROM}COPY b /s\nCOPY a/go.mod a/main.go /s/\nWORKDIR /s\nRUN {BUILD}\n",
        f"{FROM}COPY b $X\nCOPY a /s\nWORKDIR /s\nRUN {BUILD}\n",
        f"{FROM}COPY b /s\nCOPY $X /s\nWORKDIR /s\nRUN {BUILD}\n",
        f"FROM busybox AS x\nCOPY a /a\n{FROM}COPY b /s\nCOPY --from=x /a /s\nWORKDIR /s\nRUN {BUILD}\n",
        f"{FROM}COPY . /s\nRUN mv /s/a /x && cd /x && {BUILD}\n",
        f"{FROM}COPY a /x\n" + "COPY b /s\n" * 60 + f"COPY a /s\nWORKDIR /s\nRUN {BUILD}\n",
    ],
)
def test_a_folder_of_an_image_that_may_be_the_plugins(tmp_path: Path, text: str) -> None:
    assert len(builds(repository(tmp_path, **{"Dockerfile": text}))) == 1


def test_only_the_builds_of_the_other_module_are_dropped(tmp_path: Path) -> None:
    text = f"a:\n\tcd a && go build -trimpath {ARGUMENTS}\nb:\n\tcd b && go get -u x && {BUILD}\n"
    plugin = repository(tmp_path, Makefile=text)
    assert builds(plugin) == [f"go build -trimpath {ARGUMENTS}"]
    (makefile,) = (each for each in read_build_files(str(plugin)) if each.path.endswith("Makefile"))
    assert makefile.file.drifts == ()


def test_a_step_before_both_builds_stays_with_that_of_the_plugin(tmp_path: Path) -> None:
    plugin = repository(tmp_path, **{"b.sh": f"go get -u x\n(cd b && {BUILD})\n(cd a && {BUILD})\n"})
    (script,) = (each for each in read_build_files(str(plugin)) if each.path.endswith("b.sh"))
    assert [drift.build for drift in script.file.drifts] == [command.span for command in script.file.commands]


def test_the_image_of_another_module_counts_if_there_is_no_other(tmp_path: Path) -> None:
    text = service("    volumes: ['./b:/builder']\n").replace("3.22.0", "3.20.0")
    plugin = repository(tmp_path, **{"docker-compose.yml": text})

    def tags() -> list[str | None]:
        return [image.tag for source in read_build_files(str(plugin)) for image in source.file.images]

    assert tags() == ["3.22.0"]
    (plugin / "Dockerfile").unlink()
    assert tags() == ["3.20.0"]


def test_in_a_workspace_a_package_can_be_of_any_module(tmp_path: Path) -> None:
    plugin = repository(tmp_path, Makefile=f"x:\n\tcd b && {BUILD} example.com/a\n")
    assert builds(plugin) == []
    write(tmp_path, **{"go.work": ""})
    assert len(builds(plugin)) == 1


@uses_links
def test_a_link_to_the_plugin_is_the_plugin(tmp_path: Path) -> None:
    plugin = repository(tmp_path, Makefile=f"x:\n\tcd link && {BUILD}\n")
    (tmp_path / "link").symlink_to(plugin)
    assert len(builds(plugin)) == 1
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to(tmp_path / "b")
    assert builds(plugin) == []


def test_a_module_in_a_folder_of_the_plugin_is_another(tmp_path: Path) -> None:
    files = {"a/tools/go.mod": "", "Makefile": f"x:\n\tcd a/tools && {BUILD}\ny:\n\tcd a/cmd && {BUILD}\n"}
    plugin = repository(tmp_path, **files, **{"a/cmd/main.go": ""})
    assert len(builds(plugin)) == 1
