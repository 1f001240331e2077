"""The example host as a release in the catalogue, its real binary, and builds of the example plugin for it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from scripts.add_release import entry_of
from scripts.catalogue_writer import Entry, catalogue

from layerg_pin.core.known import releases
from layerg_pin.core.known.images import HOSTS
from layerg_pin.hosts import release_manifest
from tests.conftest import Examples, go

RELEASE = "layerg@7.0.0"
LAYERG = next(host for host in HOSTS if host.name == "layerg")
VERSIONS = (
    "github.com/gofrs/uuid@v4.0.0+incompatible",
    "go.uber.org/zap@v1.27.0",
    "go.uber.org/multierr@v1.11.0",
    "google.golang.org/protobuf@v1.36.1",
)
"""The host's versions, all but its test dependencies."""
PLUGINS: dict[str, tuple[str, ...]] = {
    "as-committed": ("-trimpath",),
    "fitting": ("-trimpath",),
    "untrimmed": (),
    "tagged": ("-trimpath", "-tags=netgo"),
    "debug": ("-trimpath", "-gcflags=all=-N -l"),
    "debug-as-committed": ("-trimpath", "-gcflags=all=-N -l"),
}
"""Each plugin's flags of `go build`. Those that are not `as-committed` have the host's versions."""


class Built:
    """A built host, its entry in the catalogue, and builds of the plugin; a plugin is built when it is first needed."""

    def __init__(self, examples: Examples, root: Path) -> None:
        self.root = root
        self.host = root / "gameserver"
        self.entry = entry_of(LAYERG._replace(api="go.uber.org/zap"), examples.host, ("linux/amd64", "linux/arm64"))
        self._plugin = examples.plugin
        go(examples.host, "build", "-trimpath", "-mod=vendor", "-ldflags=-s -w", "-o", str(self.host), ".")

    def folder(self, name: str) -> Path:
        """The folder of a plugin."""
        folder = self.root / ("as-committed" if name.endswith("as-committed") else "fitting")
        if not folder.exists():
            shutil.copytree(self._plugin, folder)
            if folder.name == "fitting":
                go(folder, "get", *VERSIONS)
        return folder

    def plugin(self, name: str) -> Path:
        """A plugin's .so."""
        path = self.root / f"{name}.so"
        if not path.exists():
            go(self.folder(name), "build", "-buildvcs=false", "-buildmode=plugin", *PLUGINS[name], "-o", str(path), ".")
        return path

    def opened(self, plugin: Path, folder: Path) -> tuple[int, str]:
        """The exit code and the log of the real host that loads a plugin."""
        shutil.copy(plugin, folder / "backend.so")
        command = (self.host, "check", "--runtime.path", folder)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr


@contextmanager
def catalogued(entry: Entry) -> Iterator[None]:
    """The entry as the only known release of Layerg."""
    text = catalogue("Layerg", {RELEASE.partition("@")[2]: entry})
    caches = (releases.releases, releases.release_contents)
    with pytest.MonkeyPatch.context() as patch:
        for module in (releases, release_manifest):
            patch.setattr(module, "catalogue_text", lambda _: text)
        for each in caches:
            each.cache_clear()
        yield
    for each in caches:
        each.cache_clear()


def scratch_folders(folder: Path) -> list[str]:
    """The entries of a temporary folder that layerg-pin or Go left behind."""
    return [name for name in os.listdir(folder) if name.startswith(("layerg-pin-", "go-"))]
