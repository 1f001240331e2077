"""Hosts with a source folder in the plugin's workspace: some are built in it, some outside it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.truth.hosts import OPEN, Opened, World, build_plugin, open_in, run_go, write_files
from tests.truth.proxy import package_source

TEXT = {"text/go.mod": "module example.com/text\n\ngo 1.21\n", "text/text.go": package_source("text", "a copy", ())}
LIBRARY = {
    "library/go.mod": "module example.com/library\n\ngo 1.21\n\nrequire example.com/text v1.2.0\n",
    "library/library.go": package_source("library", "library", ("example.com/text",)),
}
OFF = {"GOWORK": "off"}


@dataclass(frozen=True, slots=True)
class Member:
    """A plugin and a server in one tree. Each run determines the result of plugin.Open."""

    name: str
    shows: str
    uses: tuple[str, ...] = ("./plugin", "./server")
    plugin: str = "v1.1.0"
    """The version of example.com/text that the plugin requires; empty for none."""
    server: str = "v1.1.0"
    """The version of example.com/text that the server requires."""
    imports: tuple[str, ...] = ("example.com/text",)
    """The plugin's imports."""
    work: str = ""
    """Further lines of go.work."""
    more: str = ""
    """Further lines of the server's go.mod."""
    files: Mapping[str, str] = field(default_factory=dict)
    build: tuple[str, ...] = ()
    """Further arguments of the server's build."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Environment of the server's build."""
    plugin_env: Mapping[str, str] = field(default_factory=dict)
    """Environment of the plugin's build."""
    vendored: bool = False
    """Whether the server's folder has the output of `GOWORK=off go mod vendor`."""
    plugin_vendored: bool = False
    """Whether the plugin's folder has it."""
    unclear: bool = False
    """Whether the files do not show where the server is built."""
    is_fixed: bool = True
    """Whether the server loads the plugin after `fix`."""

    def write(self, root: Path, world: World) -> tuple[Path, Path]:
        """Write the tree. Returns the folders of the plugin and the server."""
        use = "".join(f"\t{each}\n" for each in self.uses)
        require = "require example.com/text {}\n" if self.plugin else ""
        plugin = package_source("main", self.name, self.imports)
        files = {
            "go.work": f"go 1.23\n\nuse (\n{use})\n{self.work}",
            "plugin/go.mod": f"module example.com/plugin\n\ngo 1.23\n\n{require.format(self.plugin)}",
            "plugin/go.sum": world.sums,
            "plugin/main.go": f"{plugin}\n// InitModule is what the host calls.\n"
            "func InitModule() string { return Value() }\n\nfunc main() {}\n",
            "server/go.mod": "module example.com/server\n\ngo 1.23\n\n"
            f"require example.com/text {self.server}\n{self.more}",
            "server/go.sum": world.sums,
            "server/main.go": OPEN,
            "server/value.go": package_source("main", "server", ("example.com/server/shared", "example.com/text")),
            "server/shared/shared.go": package_source("shared", "server", ()),
        }
        write_files(root, {**files, **self.files})
        if self.vendored:
            run_go(world, root / "server", "mod", "vendor", env=OFF)
        if self.plugin_vendored:
            run_go(world, root / "plugin", "mod", "vendor", env=OFF)
        return root / "plugin", root / "server"

    def build_server(self, world: World, server: Path) -> Path:
        """Build the server of this variant. Returns the binary, which is outside the tree."""
        binary = server.parent.parent / "gameserver"
        run_go(world, server, "build", "-trimpath", *self.build, "-o", str(binary), ".", env=self.env)
        return binary

    def opened(self, world: World, plugin: Path, binary: Path) -> Opened:
        """Build the plugin, and let the server open it."""
        target = plugin.parent.parent / "plugin.so"
        problem = build_plugin(world, plugin, target, (), self.plugin_env)
        return problem or open_in(binary, target)


def link_to(root: Path, target: Path) -> Path:
    """A symbolic link to a tree."""
    subprocess.run(("ln", "-s", str(root), str(target)), check=True)
    return target


MAKEFILE = {"server/Makefile": "build:\n\tGOWORK=off go build -trimpath -o gameserver .\n"}
DOCKERFILE = {
    "server/Dockerfile": "FROM golang:1.26\nWORKDIR /src\nCOPY . .\nRUN go build -trimpath -o /gameserver .\n",
}
ROOT_DOCKERFILE = {
    "server/Dockerfile": "FROM golang:1.26\nCOPY go.work ./\nCOPY . .\nRUN cd server && go build -o /g .\n",
}

MEMBERS = (
    Member(
        "with-a-shared-member",
        "go.work uses the plugin, a module that both link, and the server",
        ("./plugin", "./text", "./server"),
        files=TEXT,
    ),
    Member("plugin-requires-more", "the plugin requires a higher version than the server", plugin="v1.2.0"),
    Member("plugin-requires-less", "the plugin requires a lower version than the server", plugin="v1.0.0"),
    Member("member-raises", "a third member raises both", ("./plugin", "./library", "./server"), files=LIBRARY),
    Member(
        "host-package",
        "the plugin imports a package of the server's own module",
        imports=("example.com/server/shared", "example.com/text"),
    ),
    Member(
        "work-replaces", "go.work replaces a module for both", work="\nreplace example.com/text => ./text\n", files=TEXT
    ),
    Member(
        "host-replaces",
        "the server's go.mod replaces a module for both",
        more="\nreplace example.com/text => ../text\n",
        files=TEXT,
    ),
    Member(
        "host-excludes",
        "the server's go.mod excludes the version that the plugin requires, for both",
        plugin="v1.2.0",
        more="\nexclude example.com/text v1.2.0\n",
    ),
    Member(
        "dockerfile-with-go-work",
        "the server's Dockerfile copies go.work",
        ("./plugin", "./text", "./server"),
        files={**TEXT, **ROOT_DOCKERFILE},
    ),
    Member(
        "vendored-and-built-inside",
        "the server has a vendor folder, which its build in the workspace ignores",
        ("./plugin", "./text", "./server"),
        files=TEXT,
        vendored=True,
        unclear=True,
    ),
    Member(
        "vendored-and-built-outside",
        "the same tree, and the server is built from its vendor folder",
        ("./plugin", "./text", "./server"),
        files=TEXT,
        vendored=True,
        build=("-mod=vendor",),
        env=OFF,
        unclear=True,
        is_fixed=False,
    ),
    Member(
        "dockerfile-alone",
        "the server's Dockerfile copies its folder only; the plugin requires more",
        plugin="v1.2.0",
        files=DOCKERFILE,
        env=OFF,
        unclear=True,
    ),
    Member(
        "makefile-off",
        "the server's Makefile builds it with GOWORK=off",
        ("./plugin", "./text", "./server"),
        files={**TEXT, **MAKEFILE},
        env=OFF,
    ),
    Member(
        "makefile-off-and-raised",
        "the server's Makefile builds it with GOWORK=off, and the plugin requires more",
        plugin="v1.2.0",
        files=MAKEFILE,
        env=OFF,
    ),
    Member(
        "not-used",
        "the server is in the tree, but go.work does not use it",
        ("./plugin", "./text"),
        files=TEXT,
        env=OFF,
    ),
    Member(
        "plugin-vendored",
        "the plugin has a vendor folder, which its build in the workspace ignores",
        ("./plugin", "./text"),
        files=TEXT,
        env=OFF,
        plugin_vendored=True,
    ),
    Member(
        "nested-work",
        "the server has a go.work of its own, in which it takes the module from a folder",
        ("./plugin",),
        files={**TEXT, "server/go.work": "go 1.23\n\nuse (\n\t.\n\t../text\n)\n"},
        is_fixed=False,
    ),
    Member(
        "plugin-off",
        "the plugin's Makefile builds it with GOWORK=off, and the server is built in the workspace",
        ("./plugin", "./text", "./server"),
        files={**TEXT, "plugin/Makefile": "build:\n\tGOWORK=off go build -trimpath -buildmode=plugin -o p.so .\n"},
        plugin_env=OFF,
        is_fixed=False,
    ),
    Member(
        "both-off",
        "both are built with GOWORK=off",
        ("./plugin", "./text", "./server"),
        files={
            **TEXT,
            **MAKEFILE,
            "plugin/Makefile": "build:\n\tGOWORK=off go build -trimpath -buildmode=plugin -o p.so .\n",
        },
        env=OFF,
        plugin_env=OFF,
    ),
)
