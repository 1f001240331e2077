"""What a variant is: a plugin that differs from the others in one respect, and what should become of it."""

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
"""The end of a variant that fits, or that `fix` mends."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A plugin. What plugin.Open says of it stands nowhere: it is asked in each run."""

    name: str
    shows: str
    requires: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    more: str = ""
    """The rest of its go.mod; `{host}` is the host's folder."""
    go: str = "1.23"
    files: Mapping[str, str] = field(default_factory=dict)
    """Further files, relative to the plugin's folder."""
    package: str = ""
    """The folder of its main package, where that is another than the module's."""
    build: tuple[str, ...] = ()
    """Further arguments of `go build`."""
    env: Mapping[str, str] = field(default_factory=dict)
    """What is set while it is built and checked."""
    vendored: bool = False
    """Whether it has a vendor folder, made before `stale` is written and made anew after mending."""
    stale: Mapping[str, str] = field(default_factory=dict)
    """Replacements in go.mod that leave the vendor folder behind."""
    end: str = LOADS
    """Why `fix` cannot mend it; empty where the host loads it in the end."""
    end_unseen: bool = False
    """Whether only a compiler sees that end, and so `fix` does not."""
    only_modules_txt: str = ""
    """Why a modules.txt says `refused` of what the host loads."""
    content_unknown: str = ""
    """Why check has to warn of what the host loads."""

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
        """Its go.mod, in the form that `go mod tidy` gives it."""
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
