"""The release catalogue: its files, what a release is built from, and the program that writes an entry."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripts.add_release import entry_of
from scripts.catalogue_writer import Entry, catalogue, known_entries

from layerg_pin.core.known.images import HOSTS, Flavour
from layerg_pin.core.known.releases import catalogue_file, catalogue_text, release_contents, releases
from layerg_pin.hosts.profile import write_profile
from layerg_pin.hosts.references import Hosts, resolve
from tests.conftest import Examples, local_go

NAKAMA = next(host for host in HOSTS if host.name == "nakama")


@pytest.mark.parametrize("host", [each for each in HOSTS if releases(each.name)], ids=lambda host: host.name)
def test_the_files_are_what_the_writer_writes(host: object) -> None:
    assert isinstance(host, type(NAKAMA))
    assert catalogue(host.title, known_entries(host.name)) == catalogue_text(host.name)
    assert Path(catalogue_file(host.name)).read_text() == catalogue_text(host.name)


def test_the_files_stay_small() -> None:
    assert sum(len(catalogue_text(host.name)) for host in HOSTS) < 100_000


@pytest.mark.parametrize("host", [each for each in HOSTS if releases(each.name)], ids=lambda host: host.name)
def test_each_release_has_all_facts(host: object) -> None:
    assert isinstance(host, type(NAKAMA))
    for number, facts in releases(host.name).items():
        found = release_contents(host.name, number)
        assert found
        assert found.flags
        own = [path for path, module in found.modules.items() if module.version is None]
        assert len(own) == 1
        assert own[0] in host.modules
        assert found.modules[host.api].version == facts.api
        assert set(found.packages.values()) <= set(found.modules)
        for module in found.modules.values():
            assert catalogue_text(host.name).split("\n")[module.line].startswith(f" {module.version or '-'} ")


def test_one_release() -> None:
    found = release_contents("nakama", "3.22.0")
    assert found
    assert found.modules["google.golang.org/protobuf"].version == "v1.34.1"
    assert found.packages["google.golang.org/protobuf/proto"] == "google.golang.org/protobuf"
    assert "github.com/heroiclabs/nakama-common/api" in found.packages
    assert found.packages_of["amd64"] == {
        "github.com/klauspost/compress/internal/cpuinfo": "github.com/klauspost/compress"
    }
    debug = release_contents("nakama", "3.22.0", Flavour.DEBUG)
    assert debug
    assert "-gcflags=all=-N -l" in debug.flags
    assert release_contents("nakama", "3.22.7") is None
    assert release_contents("unheard", "1.0.0") is None


def test_a_module_that_left_and_came_back() -> None:
    """Ranges of a version may have gaps."""

    def version(release: str) -> str | None:
        found = release_contents("nakama", release)
        assert found
        return found.modules["github.com/RoaringBitmap/roaring"].version

    assert [version(each) for each in ("3.21.1", "3.22.0", "3.26.0", "3.27.0", "3.30.0", "3.31.0")] == [
        "v0.9.4",
        "v1.9.4",
        "v1.9.4",
        "v0.9.4",
        "v0.9.4",
        "v1.9.4",
    ]


def test_releases_that_are_built_alike_are_joined() -> None:
    joined = {facts.releases for facts in releases("nakama").values() if len(facts.releases) > 1}
    assert ("3.24.1", "3.24.2") in joined
    for names in joined:
        found = [release_contents("nakama", name) for name in names]
        assert all(each and each.modules == found[0].modules for each in found if found[0]), names


def test_a_new_release_changes_only_what_it_changes() -> None:
    """The newest release has open ranges, so that the next one leaves the rows of unchanged modules as they are."""
    entries = known_entries("layerg")
    (first,) = entries.values()
    newer = {**first.modules, "github.com/gorilla/mux": "v1.9.0"}
    text = catalogue("Layerg", {**entries, "0.2.0": Entry(first.facts, newer, first.packages, first.flags)})
    before = catalogue_text("layerg").splitlines()
    assert set(text.splitlines()) - set(before) == {
        " v1.9.0 0.2.0..",
        " v1.8.1 0.1.1",
        before[3].replace("release 0.1.1 ", "release 0.2.0 "),
    }


def test_an_entry_says_what_the_export_of_its_tree_says(examples: Examples) -> None:
    """Written from the example host as if it were a release; the export of the same folder has the same facts."""
    host = NAKAMA._replace(name="example", api="go.uber.org/zap")
    entry = entry_of(host, examples.host, ("linux/amd64", "linux/arm64"))
    assert entry.facts.go == local_go().removeprefix("go")
    assert entry.facts.api == "v1.27.0"
    found = Hosts().read("host", str(examples.host))
    assert {path: module.version for path, module in getattr(found, "modules", {}).items()} == entry.modules
    assert "go.uber.org/zap/buffer" in entry.packages[""]
    assert not any(package.endswith("/tool") for package in entry.packages[""])


def test_the_export_of_a_release_is_a_profile_with_the_same_facts(tmp_path: Path) -> None:
    host = Hosts().read("nakama@3.22.0", resolve("nakama@3.22.0", "/"))
    profile = tmp_path / "layerg-host.json"
    profile.write_text(write_profile(host))  # type: ignore[arg-type]  # a HostManifest, or this fails
    again = Hosts().read("layerg-host.json", str(profile))
    for name in ("module", "go", "version", "main", "linked", "packages", "build", "builder"):
        assert getattr(again, name) == getattr(host, name), name
    versions = [{path: module.version for path, module in each.modules.items()} for each in (host, again)]  # type: ignore[union-attr]
    assert versions[0] == versions[1]
