"""Add a release of a known host to the catalogue: `python -m scripts.add_release NAME RELEASE FOLDER`.

FOLDER is the source tree at the release's tag. Go lists the packages of its main package for linux/amd64 and
linux/arm64, and its build files state the rest, exactly as `layerg-pin host show` reads them. The catalogue's file is
written again; look at the difference before you commit it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from scripts.catalogue_writer import Entry, catalogue, known_entries

from layerg_pin.core.buildfiles.c_libraries import debian_of
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.known.images import HOSTS, HostImages, release_of
from layerg_pin.core.known.releases import ReleaseFacts
from layerg_pin.core.model.host_manifest import HostBuild, HostManifest
from layerg_pin.go.queries import find_go
from layerg_pin.go.query_types import Cancellation
from layerg_pin.hosts.linked_packages import ensure_linked
from layerg_pin.hosts.references import Hosts

ROOT = Path(__file__).parent.parent
CATALOGUE = ROOT / "server" / "layerg_pin" / "core" / "known" / "catalogue"
ARCHITECTURES = ("amd64", "arm64")
FLAGS = {
    "server": ("-trimpath", "-mod=vendor", "-gcflags=-trimpath $PWD", "-asmflags=-trimpath $PWD", "-ldflags=-s -w"),
    "debug": ("-trimpath", "-mod=vendor", "-gcflags=all=-N -l"),
}
"""The flags that all releases so far are built with. The manifest of the tree must agree with those of the server."""


class UnclearTree(Exception):
    """The tree does not state a fact that the catalogue needs."""


def entry_of(host: HostImages, folder: Path, platforms: tuple[str, ...]) -> Entry:
    """The entry of the release with its source in `folder`. Raises UnclearTree."""
    found = {each: _manifest(folder, each) for each in ARCHITECTURES}
    manifest = found["amd64"]
    build, builder = manifest.build, manifest.builder
    api = manifest.modules.get(host.api)
    if build is None or not (build.release or build.minor):
        raise UnclearTree(f"{folder} does not state the Go release of the server")
    if api is None or api.version is None:
        raise UnclearTree(f"{folder} does not build with {host.api}")
    distribution = debian_of(build.libc_version)
    if not distribution:
        raise UnclearTree(f"{folder} does not state the Debian release of the server")
    if not build.trimpath or build.race or build.tags or build.gcflags:
        raise UnclearTree(f"{folder} builds the server with other flags than {' '.join(FLAGS['server'])}")
    toolchain = parse_gomod((folder / "go.mod").read_text()).toolchain
    facts = ReleaseFacts(
        releases=(),
        go=_release(build),
        builder_go=_release(builder) if builder and (builder.release or builder.minor) else _release(build),
        floats=not build.release,
        api=api.version,
        distribution=distribution,
        go_line=manifest.go or "",
        toolchain=toolchain.text if toolchain else "",
        platforms=platforms,
    )
    linked = {each: dict(manifest.packages or {}) for each, manifest in found.items()}
    common = {package: module for package, module in linked["amd64"].items() if package in linked["arm64"]}
    packages = {"": common}
    for architecture, each in linked.items():
        if own := {package: module for package, module in each.items() if package not in common}:
            packages[architecture] = own
    modules = {path: module.version for path, module in manifest.modules.items()}
    return Entry(facts=facts, modules=modules, packages=packages, flags=FLAGS)


def _manifest(folder: Path, architecture: str) -> HostManifest:
    """The manifest of the tree for one architecture. Raises UnclearTree."""
    go, host = find_go(timeout=600.0), Hosts().read(str(folder), str(folder))
    if go is None:
        raise UnclearTree("there is no go command on PATH")
    if not isinstance(host, HostManifest):
        raise UnclearTree(host.message)
    build = (host.build or HostBuild())._replace(goos="linux", goarch=architecture)
    linked = ensure_linked(host._replace(build=build), go, Cancellation())
    if not linked.linked or linked.uncertainty:
        raise UnclearTree(f"{folder}: {linked.uncertainty or linked.advice}")
    return linked


def _release(build: HostBuild) -> str:
    return build.release.removeprefix("go") or build.minor


def main(arguments: list[str]) -> int:
    """Write the catalogue's file with one more release; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("name", choices=[each.name for each in HOSTS])
    parser.add_argument("release", metavar="RELEASE", help="the release without v, such as 3.41.0")
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="its source tree")
    parser.add_argument("--platforms", default="linux/amd64,linux/arm64", help="of its images (default: %(default)s)")
    options = parser.parse_args(arguments)
    host = next(each for each in HOSTS if each.name == options.name)
    try:
        entry = entry_of(host, options.folder.resolve(), tuple(options.platforms.split(",")))
    except UnclearTree as error:
        print(f"add_release: {error}", file=sys.stderr)
        return 1
    entries = {**known_entries(host.name), options.release: entry}
    ordered = sorted(entries, key=lambda each: getattr(release_of(each), "numbers", ()))
    path = CATALOGUE / f"{host.name}.txt"
    path.write_text(catalogue(host.title, {each: entries[each] for each in ordered}))
    print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
