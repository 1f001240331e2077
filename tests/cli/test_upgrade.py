"""`layerg-pin upgrade`: a plugin and everything that names its host move together, or nothing does."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from layerg_pin.cli.main import main
from layerg_pin.core.known.releases import releases
from tests.conftest import contents, go
from tests.platform_marks import cross_compiles, uses_git, uses_shell

NEWEST_LAYERG = list(releases("layerg"))[-1]

MAIN = """\
package main

import (
	"context"
	"database/sql"

	"github.com/heroiclabs/nakama-common/runtime"
)

func InitModule(context.Context, runtime.Logger, *sql.DB, runtime.NakamaModule, runtime.Initializer) error {
	return nil
}
"""
GOMOD = """\
module example.com/{name}

go 1.21

// The plugin API.
require github.com/heroiclabs/nakama-common v1.32.0

require google.golang.org/protobuf v1.34.1 // indirect
"""
DOCKERFILE = """\
ARG NAKAMA=3.22.0
FROM heroiclabs/nakama-pluginbuilder:${NAKAMA} AS builder
WORKDIR /backend
COPY . .
RUN go build -buildmode=plugin -trimpath -o ./backend.so

FROM heroiclabs/nakama:3.22.0
COPY --from=builder /backend/backend.so /nakama/data/modules/
"""


@pytest.fixture(autouse=True)
def _no_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOSUMDB", "off")


def plugin(folder: Path, name: str = "backend", files: dict[str, str] | None = None) -> Path:
    """A tidy plugin of Nakama 3.22.0."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"go.mod": GOMOD.format(name=name), "main.go": MAIN, "Dockerfile": DOCKERFILE, **(files or {})}
    for path, text in texts.items():
        (folder / path).write_text(text)
    go(folder, "mod", "tidy")
    return folder


def changed(folder: Path, before: dict[str, bytes]) -> list[str]:
    """The files that have another content than in `before`, are new or are gone."""
    now = contents(folder)
    differ = (Path(path) for path in {*before, *now} if before.get(path) != now.get(path))
    return sorted(path.relative_to(folder).as_posix() for path in differ)


def test_up_and_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = plugin(tmp_path)
    before = contents(folder)
    assert main(["check", str(folder)]) == 0
    assert main(["upgrade", "nakama@3.40.0", str(folder)]) == 0
    out = capsys.readouterr().out
    for line in (
        "example.com/backend: fits nakama v3.40.0 (",
        "Nakama 3.22.0 -> 3.40.0\n",
        "  Go 1.22.4 -> 1.26.5\n",
        "    google.golang.org/protobuf v1.34.1 -> v1.36.11\n",
        "Dockerfile:1: NAKAMA 3.22.0 -> 3.40.0\n",
        "go.mod: github.com/heroiclabs/nakama-common v1.32.0 -> v1.47.0\n",
    ):
        assert line in out
    assert out.endswith("layerg-pin predict --host nakama@3.40.0 PLUGIN.so\n")
    assert (folder / "Dockerfile").read_text() == DOCKERFILE.replace("3.22.0", "3.40.0")
    assert (
        "\n// The plugin API.\nrequire github.com/heroiclabs/nakama-common v1.47.0\n" in (folder / "go.mod").read_text()
    )
    assert main(["check", "--strict", str(folder)]) == 0
    go(folder, "mod", "verify")
    go(folder, "mod", "tidy", "-diff")
    assert changed(folder, before) == ["Dockerfile", "go.mod", "go.sum"], "nothing stays behind"
    assert main(["upgrade", "3.22.0", str(folder)]) == 0, "a downgrade works the same way"
    assert "Nakama 3.40.0 -> 3.22.0\n" in capsys.readouterr().out
    assert changed(folder, before) == ["go.mod"]
    assert "\ngo 1.22.4\n" in (folder / "go.mod").read_text()
    assert main(["check", "--strict", str(folder)]) == 0


def test_crlf_is_kept(tmp_path: Path) -> None:
    folder = plugin(tmp_path)
    names = ("go.mod", "go.sum", "Dockerfile")
    for name in names:
        (folder / name).write_bytes((folder / name).read_bytes().replace(b"\n", b"\r\n"))
    before = contents(folder)
    assert main(["upgrade", "nakama@3.40.0", str(folder)]) == 0
    for name in names:
        content = (folder / name).read_bytes()
        assert content != before[str(folder / name)]
        assert content.count(b"\r\n") == content.count(b"\n")


def test_the_same_release_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = plugin(tmp_path)
    before = contents(folder)
    assert main(["upgrade", "nakama@3.22.0", str(folder)]) == 0
    assert contents(folder) == before
    assert "built for this release already" in capsys.readouterr().out


def test_the_same_release_with_a_file_of_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = plugin(tmp_path, files={"Dockerfile.dev": "FROM heroiclabs/nakama:3.21.1\n"})
    before = contents(folder)
    assert main(["upgrade", "nakama@3.22.0", str(folder)]) == 0
    assert changed(folder, before) == ["Dockerfile.dev"]
    out = capsys.readouterr().out
    assert "Nakama 3.22.0: this is the plugin's host already; the files below are brought into line with it\n" in out
    assert "Dockerfile.dev:1: heroiclabs/nakama 3.21.1 -> 3.22.0\n" in out
    assert "built for this release" not in out
    assert "modules that change" not in out


def test_an_old_release_that_is_not_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = plugin(tmp_path, files={"Dockerfile": DOCKERFILE.replace("3.22.0", "2.7.0")})
    assert main(["upgrade", "nakama@3.40.0", str(folder)]) == 0
    assert (folder / "Dockerfile").read_text() == DOCKERFILE.replace("3.22.0", "3.40.0")
    assert "Nakama 2.7.0 -> 3.40.0: what else differs is not known\n" in capsys.readouterr().out


def diff_and_upgrade(folder: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> tuple[bytes, bytes]:
    """The patch and the messages of `upgrade --diff`, which writes nothing; then the working folder is upgraded."""
    before = contents(folder)
    assert main(["upgrade", "nakama@3.40.0", "--diff"]) == 0
    patch, errors = capsysbinary.readouterr()
    assert contents(folder) == before
    assert main(["upgrade", "nakama@3.40.0"]) == 0
    return patch, errors


def test_diff_is_the_whole_upgrade_and_writes_nothing(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = plugin(tmp_path, files={"layerg-pin.toml": '# The host.\nhost = "nakama@3.22.0"\n'})
    monkeypatch.chdir(folder)
    before = contents(folder)
    patch, errors = diff_and_upgrade(folder, capsysbinary)
    assert b"4 files would change; nothing was written:" in errors
    assert b'+host = "nakama@3.40.0"\n' in patch
    names = changed(folder, before)
    assert sorted(line[6:].decode() for line in patch.splitlines() if line.startswith(b"+++ b/")) == names
    assert names == ["Dockerfile", "go.mod", "go.sum", "layerg-pin.toml"]


@uses_git
def test_the_diff_of_an_upgrade_applies(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = plugin(tmp_path, files={"layerg-pin.toml": '# The host.\nhost = "nakama@3.22.0"\n'})
    monkeypatch.chdir(folder)
    before = contents(folder)
    patch, _ = diff_and_upgrade(folder, capsysbinary)
    upgraded = contents(folder)
    for path, content in before.items():
        Path(path).write_bytes(content)
    subprocess.run(["git", "apply"], cwd=folder, input=patch, check=True)
    assert contents(folder) == upgraded


def test_a_tree_moves_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compose = "services:\n  nakama:\n    image: heroiclabs/nakama:${NAKAMA_VERSION}\n"
    for name in ("one", "two"):
        plugin(tmp_path / name, name)
    (tmp_path / "compose.yml").write_text(compose)
    (tmp_path / ".env").write_text("NAKAMA_VERSION=3.22.0\n")
    (tmp_path / "go.work").write_text("go 1.22\n\nuse (\n\t./one\n\t./two\n)\n")
    before = contents(tmp_path)
    assert main(["upgrade", "nakama@3.40.0", str(tmp_path)]) == 0
    assert changed(tmp_path, before) == [
        ".env",
        "go.work",
        *(f"{folder}/{name}" for folder in ("one", "two") for name in ("Dockerfile", "go.mod", "go.sum")),
    ]
    assert (tmp_path / ".env").read_text() == "NAKAMA_VERSION=3.40.0\n"
    assert (tmp_path / "go.work").read_text().startswith("go 1.26.5\n")
    assert main(["check", "--strict", str(tmp_path)]) == 0


@pytest.mark.parametrize("shared", ["Dockerfile", "layerg-pin.toml"])
def test_plugins_that_share_the_file_that_names_the_host_move_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, shared: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("chat", "match", "shop"):
        (plugin(tmp_path / name, name) / "Dockerfile").unlink()
    (tmp_path / shared).write_text(DOCKERFILE if shared == "Dockerfile" else 'host = "nakama@3.22.0"\n')
    (tmp_path / ".git").mkdir()
    before = contents(tmp_path)
    assert main(["upgrade", "3.40.0", "shop"]) == 2
    assert f"{shared} names the host of chat and match too, so nothing was written" in (
        errors := capsys.readouterr().err
    )
    assert "`layerg-pin upgrade nakama@3.40.0 .`" in errors
    assert contents(tmp_path) == before
    main(["upgrade", "nakama@3.40.0", "."])
    moved = {name: (tmp_path / name / "go.mod").read_text() for name in ("chat", "match", "shop")}
    assert all("nakama-common v1.47.0" in text for text in moved.values())
    assert "3.40.0" in (tmp_path / shared).read_text()


def test_a_plugin_inside_another_one_that_shares_its_dockerfile_moves_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin(tmp_path)
    (plugin(tmp_path / "chat", "chat") / "Dockerfile").unlink()
    (tmp_path / ".git").mkdir()
    assert main(["upgrade", "nakama@3.40.0", str(tmp_path / "chat")]) == 2
    assert "so nothing was written" in capsys.readouterr().err
    assert main(["upgrade", "nakama@3.40.0", str(tmp_path)]) == 0
    for folder in (tmp_path, tmp_path / "chat"):
        assert "nakama-common v1.47.0" in (folder / "go.mod").read_text()


def test_a_deployment_below_the_plugin_moves_too(tmp_path: Path) -> None:
    """No build of the plugin reads it, but it runs the server."""
    folder = plugin(tmp_path)
    (folder / "deploy" / "prod").mkdir(parents=True)
    compose = "services:\n  nakama:\n    image: heroiclabs/nakama:${V}\n"
    (folder / "deploy" / "prod" / "compose.yml").write_text(compose)
    (folder / "deploy" / "prod" / ".env").write_text("V=3.22.0\n")
    assert main(["upgrade", "nakama@3.40.0", str(folder)]) == 0
    assert (folder / "deploy" / "prod" / ".env").read_text() == "V=3.40.0\n"


def test_the_old_release_elsewhere_in_the_repository_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = plugin(tmp_path / "plugin")
    other = tmp_path / "infra" / "compose.yml"
    other.parent.mkdir()
    other.write_text("services:\n  nakama:\n    image: heroiclabs/nakama:3.22.0\n")
    (tmp_path / ".git").mkdir()
    assert main(["upgrade", "nakama@3.40.0", str(folder)]) == 0
    shown = f"{Path('infra/compose.yml')}:3: heroiclabs/nakama:3.22.0 was not changed"
    row = f"elsewhere in the repository:\n  {shown}\n"
    assert row in capsys.readouterr().out
    assert "3.22.0" in other.read_text()


def test_plugins_of_another_host_stay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plugin(tmp_path / "one", "one")
    gomod = "module example.com/two\n\ngo 1.21\n\nrequire github.com/u2u-labs/go-layerg-common v1.0.0\n"
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "go.mod").write_text(gomod)
    (tmp_path / "two" / "main.go").write_text("package main\n")
    assert main(["upgrade", "nakama@3.40.0", str(tmp_path)]) == 0
    assert "two is not upgraded: it is a plugin of another host than Nakama" in capsys.readouterr().err
    assert (tmp_path / "two" / "go.mod").read_text() == gomod
    assert main(["check", str(tmp_path / "one")]) == 0


def test_one_plugin_that_cannot_move_stops_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plugin(tmp_path / "one", "one")
    broken = plugin(tmp_path / "two", "two")
    (broken / "extra.go").write_text('package main\n\nimport _ "example.invalid/nowhere"\n')
    before = contents(tmp_path)
    assert main(["upgrade", "nakama@3.40.0", str(tmp_path), "--offline"]) == 2
    assert "example.invalid/nowhere" in capsys.readouterr().err
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("host", "moved"),
    [
        ("nakama@3.22.0", "nakama@3.40.0"),
        ("heroiclabs/nakama:3.22.0", "heroiclabs/nakama:3.40.0"),
        (f"heroiclabs/nakama:3.22.0@sha256:{'0' * 64}", "heroiclabs/nakama:3.40.0"),
        ("nakama@3.22", "nakama@3.40.0"),
        ("github.com/heroiclabs/nakama/v3@v3.22.0", "github.com/heroiclabs/nakama/v3@v3.40.0"),
    ],
)
def test_the_host_in_the_project_file(tmp_path: Path, host: str, moved: str) -> None:
    project = '# Hosts.\n\nhost = "{}" # ours\npackages = ["."]\n'
    folder = plugin(tmp_path, files={"layerg-pin.toml": project.format(host)})
    assert main(["upgrade", "nakama@3.40.0", str(folder)]) == 0
    assert (folder / "layerg-pin.toml").read_text() == project.format(moved)


def test_a_profile_that_was_exported_from_a_release(tmp_path: Path) -> None:
    folder = plugin(tmp_path)
    assert main(["host", "export", str(folder)]) == 0
    (folder / "expected").mkdir()
    assert main(["host", "export", "--host", "nakama@3.40.0", "-o", str(folder / "expected" / "host.json")]) == 0
    assert main(["upgrade", "nakama@3.40.0", str(folder)]) == 0
    assert (folder / "layerg-host.json").read_text() == (folder / "expected" / "host.json").read_text()
    assert main(["check", "--strict", str(folder)]) == 0


def test_a_host_that_is_not_a_release_is_not_moved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = plugin(tmp_path / "plugin")
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "go.mod").write_text("module github.com/heroiclabs/nakama/v3\n\ngo 1.22\n")
    (folder / "layerg-pin.toml").write_text('host = "../server"\n')
    before = contents(tmp_path)
    assert main(["upgrade", "nakama@3.40.0", str(folder)]) == 2
    assert "layerg-pin.toml: the host ../server is not a release, so nothing was written" in capsys.readouterr().err
    assert contents(tmp_path) == before


def test_the_vendor_folder_is_made_again(tmp_path: Path) -> None:
    folder = plugin(tmp_path)
    go(folder, "mod", "vendor")
    (folder / "vendor" / "stale").write_text("")
    before = contents(folder)
    assert main(["upgrade", "nakama@3.40.0", str(folder), "--diff"]) == 0
    assert contents(folder) == before
    assert main(["upgrade", "nakama@3.40.0", str(folder)]) == 0
    assert "# github.com/heroiclabs/nakama-common v1.47.0\n" in (folder / "vendor" / "modules.txt").read_text()
    assert not (folder / "vendor" / "stale").exists()
    assert main(["check", "--strict", str(folder)]) == 0
    assert list(folder.rglob("*layerg-pin*")) == []
    upgraded = contents(folder / "vendor")
    go(folder, "mod", "vendor")
    assert contents(folder / "vendor") == upgraded


def test_holds_of_the_old_host_end(tmp_path: Path) -> None:
    """An exclude of a version above the old host's must not exclude the new host's version."""
    gomod = GOMOD.format(name="backend") + "\nexclude google.golang.org/protobuf v1.36.11\n"
    folder = plugin(tmp_path, files={"go.mod": gomod})
    assert main(["upgrade", "nakama@3.40.0", str(folder)]) == 0
    assert "exclude" not in (folder / "go.mod").read_text()
    assert main(["check", "--strict", str(folder)]) == 0


def test_images_that_cannot_be_moved_stop_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = DOCKERFILE.replace("ARG NAKAMA=3.22.0", "ARG MINOR=22").replace("${NAKAMA}", "3.${MINOR}.0")
    folder = plugin(tmp_path, files={"Dockerfile": text})
    before = contents(folder)
    assert main(["upgrade", "nakama@3.40.0", str(folder)]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert errors[0].endswith("nothing was written, because these images would still be of another release:")
    assert "Dockerfile:2: heroiclabs/nakama-pluginbuilder:3.22.0 is not 3.40.0" in errors[1]
    assert main(["upgrade", "nakama@3.40.0", str(folder), "--format", "json"]) == 2
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert [(each["file"], each["line"]) for each in problems] == [("Dockerfile", 1)]
    assert contents(folder) == before


def test_a_floating_tag_that_names_another_release_stops_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = plugin(tmp_path, files={"Dockerfile": "FROM heroiclabs/nakama:latest\n"})
    before = contents(folder)
    assert main(["upgrade", "nakama@3.26.0", str(folder)]) == 2
    assert "Dockerfile:1: a floating tag names the host and means nakama@" in capsys.readouterr().err
    assert contents(folder) == before


def test_what_is_left_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = DOCKERFILE.replace("ARG NAKAMA=3.22.0", "ARG NAKAMA")
    folder = plugin(tmp_path, files={"Dockerfile": text})
    assert main(["upgrade", "nakama@3.40.0", str(folder)]) == 1
    out = capsys.readouterr().out
    assert "Dockerfile:2: heroiclabs/nakama-pluginbuilder has a tag from a variable that is set elsewhere" in out
    (folder / "Dockerfile").unlink()
    assert main(["upgrade", "nakama@3.22.0", str(folder)]) == 1
    assert "go.mod: no file names the host: run `layerg-pin init --host nakama@3.22.0`" in capsys.readouterr().out


@pytest.mark.parametrize("tag", [":latest", ""])
def test_a_floating_tag_is_left_by_hand(tag: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A floating tag is not changed, and only a person can decide on it; so it is named, once in each format."""
    text = DOCKERFILE.replace(":${NAKAMA}", tag)
    folder = plugin(tmp_path, files={"Dockerfile": text})
    assert main(["upgrade", "nakama@3.22.0", str(folder), "--format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    (left,) = document["left"]
    assert (left["file"], left["line"]) == ("Dockerfile", 1)
    assert left["message"].endswith(": use nakama-pluginbuilder:3.22.0")
    assert main(["upgrade", "nakama@3.22.0", str(folder), "--format", "markdown"]) == 1
    out = capsys.readouterr().out
    assert out.count("use nakama-pluginbuilder:3.22.0") == 1
    assert "### Left to do\n" in out
    assert "### Changed files" not in out
    assert "\nNo file changes.\n" in out
    assert main(["upgrade", "nakama@3.22.0", str(folder)]) == 1
    out = capsys.readouterr().out
    assert out.count("use nakama-pluginbuilder:3.22.0") == 1
    assert "Dockerfile:2" in out
    (folder / "Dockerfile").write_text(DOCKERFILE)
    assert main(["upgrade", "nakama@3.22.0", str(folder), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["left"] == []
    assert main(["upgrade", "nakama@3.21.1", str(folder), "--format", "markdown"]) == 0
    out = capsys.readouterr().out
    assert "### Changed files\n\n- `" in out
    assert "No file changes" not in out


@pytest.mark.parametrize(
    ("release", "message"),
    [
        (
            "nakama@3.99.0",
            "Nakama 3.99.0 is newer than all releases that this layerg-pin knows: update layerg-pin, or upgrade to",
        ),
        ("nakama@3.22.9", "Nakama 3.22.9 is not a known release: use nakama@3.22.0"),
        ("3.22.9", "Nakama 3.22.9 is not a known release"),
        ("nakma@3.22.0", "no host is known as nakma; did you mean nakama@3.22.0?"),
        ("../nakama", "../nakama names no release: write it as in nakama@"),
        (f"layerg@{NEWEST_LAYERG}", "requires github.com/heroiclabs/nakama-common, not the plugin API of Layerg"),
    ],
)
def test_a_release_that_is_not_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], release: str, message: str
) -> None:
    folder = plugin(tmp_path)
    before = contents(folder)
    assert main(["upgrade", release, str(folder)]) == 2
    assert message in capsys.readouterr().err
    assert contents(folder) == before


def test_json_and_markdown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = plugin(tmp_path)
    before = contents(folder)
    assert main(["upgrade", "nakama@3.40.0", str(folder), "--diff", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert list(document) == [
        "version",
        "host",
        "release",
        "written",
        "plugins",
        "files",
        "left",
        "elsewhere",
        "problems",
        "patch",
    ]
    assert (document["version"], document["release"], document["written"]) == (1, "3.40.0", False)
    found = document["plugins"][0]
    assert (found["dir"], found["from"], found["compiles"], found["findings"]) == (".", "3.22.0", None, [])
    assert found["facts"][0] == {"name": "Go", "from": "1.22.4", "to": "1.26.5"}
    compiled = [each["compiled"] for each in found["modules"]]
    assert compiled == sorted(compiled, reverse=True), "those that the plugin compiles come first"
    assert {"line": 6, "message": "heroiclabs/nakama 3.22.0 -> 3.40.0"} in document["files"][0]["changes"]
    assert "+FROM heroiclabs/nakama:3.40.0\n" in document["patch"]
    assert main(["upgrade", "nakama@3.40.0", str(folder), "--diff", "--format", "markdown"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("## Nakama 3.22.0 -\\> 3.40.0\n\nNothing is left to do for `example.com/backend`.\n")
    assert "| Go | 1.22.4 | 1.26.5 |\n" in out
    assert "```diff\n" in out
    assert contents(folder) == before
    assert main(["upgrade", "nakama@3.22.9", str(folder), "--format", "json"]) == 2
    assert json.loads(capsys.readouterr().out)["problems"][0]["message"].startswith("Nakama 3.22.9 is not a known")


@cross_compiles
def test_compile_errors_against_the_new_api_come_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    use = 'package main\n\nimport "github.com/heroiclabs/nakama-common/runtime"\n\nvar _ runtime.NoSuchType\n'
    folder = plugin(tmp_path)
    assert main(["upgrade", "nakama@3.40.0", str(folder), "--build", "--diff"]) == 0
    assert "example.com/backend compiles with the API of Nakama 3.40.0\n" in capsys.readouterr().err
    (folder / "use.go").write_text(use)
    assert main(["upgrade", "nakama@3.40.0", str(folder), "--build"]) == 1
    out = capsys.readouterr().out
    assert "undefined: runtime.NoSuchType" in out.split("Nakama 3.22.0 -> 3.40.0")[0]
    assert "use.go:5:15: error: " in out


@uses_shell
def test_a_file_that_changes_meanwhile_stops_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user saves go.sum while Go works."""
    folder = plugin(tmp_path)
    script = tmp_path / "bin" / "go"
    script.parent.mkdir()
    real = subprocess.run(("which", "go"), check=True, capture_output=True, text=True).stdout.strip()
    script.write_text(
        f'#!/bin/sh\nif [ "$1 $2" = "mod tidy" ]; then echo "// saved" >> {folder}/Dockerfile; fi\nexec {real} "$@"\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")
    gomod, gosum = (folder / "go.mod").read_bytes(), (folder / "go.sum").read_bytes()
    assert main(["upgrade", "nakama@3.40.0", str(folder)]) == 2
    assert "Dockerfile changed in the meantime; nothing was written" in capsys.readouterr().err
    assert ((folder / "go.mod").read_bytes(), (folder / "go.sum").read_bytes()) == (gomod, gosum)
