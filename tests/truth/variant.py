"""The definition of a variant: a plugin that differs in one respect, with its expected outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.truth.hosts import World, write_files
from tests.truth.proxy import package_source

_INIT_MODULE = """
// InitModule is what the host calls.
func InitModule() string { return Value() }

func main() {}
"""

LOADS = ""
"""The outcome of a variant that fits, or that `fix` repairs."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A plugin. Each run determines the result of plugin.Open."""

    name: str
    shows: str
    requires: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    more: str = ""
    """Further lines of its go.mod; `{host}` is the host's folder."""
    go: str = "1.23"
    files: Mapping[str, str] = field(default_factory=dict)
    """Further files, relative to the plugin's folder."""
    package: str = ""
    """The folder of its main package, if it is not the module's."""
    build: tuple[str, ...] = ()
    """Further arguments of `go build`."""
    env: Mapping[str, str] = field(default_factory=dict)
    """The environment of its build and check."""
    vendored: bool = False
    """Whether it has a vendor folder, made before `stale` is written and again after fixing."""
    stale: Mapping[str, str] = field(default_factory=dict)
    """Replacements in go.mod that make the vendor folder stale."""
    end: str = LOADS
    """The reason why `fix` cannot repair it; empty if the host loads it in the end."""
    end_unseen: bool = False
    """Whether only a compiler detects that outcome, so that `fix` does not."""
    only_modules_txt: str = ""
    """The reason why check against a modules.txt says `refused` although the host loads it."""
    content_unknown: str = ""
    """The reason why check must warn although the host loads it."""

    def write(self, folder: Path, world: World) -> Path:
        """Write the plugin below `folder`. Returns its own folder."""
        plugin = folder / "plugin"
        main = package_source("main", self.name, self.imports)
        main += (
            "\n// InitModule is what the host calls.\nfunc InitModule() string { return Value() }\n\nfunc main() {}\n"
        )
        files = {"go.mod": self.gomod(), "go.sum": world.sums, f"{self.package}/main.go".lstrip("/"): main}
        files |= self.files
        write_files(plugin, {name: text.replace("{host}", str(world.host)) for name, text in files.items()})
        return plugin

    def gomod(self) -> str:
        """Its go.mod, in the form of `go mod tidy`."""
        direct = [each for each in self.requires if not each.endswith("// indirect")]
        indirect = [each for each in self.requires if each.endswith("// indirect")]
        parts = ["module example.com/plugin", f"go {self.go}"]
        for group in (direct, indirect):
            if len(group) == 1:
                parts.append(f"require {group[0]}")
            elif group:
                parts.append("\n".join(("require (", *(f"\t{each}" for each in group), ")")))
        parts += [self.more.strip()] if self.more else []
        return "\n\n".join(parts) + "\n"
