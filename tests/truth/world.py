"""The modules of these tests, and the host that is built from some of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.truth.proxy import Module

_Packages = Mapping[str, tuple[str, ...]]
_ONE: _Packages = {"": ()}
_GOTIFY_API = """\
// Package plugin is the API that plugins of gotify import.
package plugin

// Info describes a plugin.
type Info struct{ ModulePath, Content string }

// UserContext is the user that a plugin runs for.
type UserContext struct{ ID uint }

// Plugin is an instance of a plugin.
type Plugin interface{ Enable() error }

// Content identifies this code.
func Content() string { return "VERSION" }
"""


def _each(
    path: str, versions: str, packages: _Packages = _ONE, requires: Mapping[str, tuple[str, ...]] | None = None
) -> Iterator[Module]:
    """A module at several versions, which differ in their code and requirements."""
    for version in versions.split():
        yield Module(path, version, packages, (requires or {}).get(version, ()))


def _modules() -> Iterator[Module]:
    yield from _each("example.com/api", "v1.0.0 v1.1.0 v1.2.0")
    yield from _each("example.com/text", "v1.0.0 v1.1.0 v1.2.0")
    yield from _each("example.com/multi", "v1.0.0 v1.1.0 v1.2.0 v1.3.0")
    log = {"": ("example.com/log/buffer", "example.com/multi"), "buffer": ()}
    asks = {"v1.1.0": "v1.0.0", "v1.2.0": "v1.1.0", "v1.3.0": "v1.2.0"}
    for version, multi in asks.items():
        fresh = {"fresh": (), "": log[""]} if version == "v1.3.0" else {}
        more = {"fresh.go": "package log\n\n// Fresh is new.\nfunc Fresh() {}\n"} if fresh else None
        yield Module("example.com/log", version, {**log, **fresh}, (f"example.com/multi {multi}",), more=more)
    yield from _each("example.com/log/v2", "v2.0.0")
    yield from _each("example.com/parts", "v1.0.0 v1.1.0", {"a": (), "b": ()})
    core = ("example.com/inner/internal/core",)
    yield from _each("example.com/inner", "v1.0.0 v1.1.0", {"left": core, "right": core, "internal/core": ()})
    for version in ("v1.0.0", "v1.0.1"):
        yield Module("example.com/same", version, _ONE, content="the same")
    yield from _each("example.com/uuid", "v3.3.0+incompatible v4.0.0+incompatible")
    yield from _each("example.com/assert", "v1.4.0 v1.5.0")
    yield from _each("example.com/winapi", "v0.1.0 v0.2.0")
    for version in ("v1.0.0", "v1.1.0"):
        yield Module("example.com/tool", version, _ONE, programs=frozenset(("",)))
    yield from _each("example.com/Upper", "v1.0.0 v1.1.0")
    yield from _each("example.com/untagged", "v0.0.0-20240102030405-0123456789ab v0.1.0")
    yield Module("example.com/newgo", "v1.0.0", _ONE)
    yield Module("example.com/newgo", "v1.1.0", _ONE, go="1.99")
    yield from _requirers()
    yield from _splits()
    yield from _replaced()
    for version in ("v1.0.0", "v1.1.0"):
        yield Module(
            "github.com/gotify/plugin-api", version, {}, more={"api.go": _GOTIFY_API.replace("VERSION", version)}
        )


def _requirers() -> Iterator[Module]:
    """Modules that the host does not have, and that require some that it has."""
    yield from _each("example.com/other", "v1.0.0")
    web = {"": ("example.com/log",)}
    for version, asked in {"v1.0.0": "v1.1.0", "v1.1.0": "v1.2.0", "v1.2.0": "v1.3.0"}.items():
        multi = {"v1.1.0": "v1.0.0", "v1.2.0": "v1.1.0", "v1.3.0": "v1.2.0"}[asked]
        requires = (f"example.com/log {asked}", f"example.com/multi {multi} // indirect")
        yield Module("example.com/web", version, web, requires)
    newest = ("example.com/log v1.3.0", "example.com/multi v1.2.0 // indirect")
    yield Module("example.com/freshpackage", "v1.0.0", {"": ("example.com/log/fresh", "example.com/log")}, newest)
    symbol = '// Uses what is new.\n\npackage freshsymbol\n\nimport "example.com/log"\n\nfunc init() { log.Fresh() }\n'
    yield Module("example.com/freshsymbol", "v1.0.0", {"": ("example.com/log",)}, newest, more={"new.go": symbol})
    quiet = {"": (), "loud": ("example.com/log",)}
    yield Module("example.com/quiet", "v1.0.0", quiet, newest)
    rpc = {"": ("example.com/rpc/codes",), "codes": ()}
    yield from _each("example.com/rpc", "v1.78.0 v1.79.0 v1.80.0 v1.81.0 v1.82.0", rpc)
    for version, asked in {"v1.40.0": "v1.79.0", "v1.47.0": "v1.82.0"}.items():
        yield Module("example.com/otel", version, {"": ("example.com/rpc",)}, (f"example.com/rpc {asked}",))
    gateway = {"": ("example.com/rpc/codes",)}
    yield Module("example.com/gateway", "v1.0.0", gateway, ("example.com/rpc v1.81.0",))
    yield Module("example.com/hidden", "v1.0.0", {"": ("example.com/rpc",)}, ("example.com/rpc v1.81.0",))
    veiled = {"": ("example.com/rpc",), "sub": ("example.com/hidden",)}
    yield Module("example.com/veiled", "v1.0.0", veiled, ("example.com/hidden v1.0.0", "example.com/rpc v1.82.0"))
    old = ("example.com/deeper v1.0.0",)
    yield Module("example.com/deep", "v1.0.0", {"": ("example.com/deeper",)}, old, go="1.16")
    deeper = ("example.com/otel v1.47.0", "example.com/gateway v1.0.0")
    imports = ("example.com/otel", "example.com/gateway")
    yield Module("example.com/deeper", "v1.0.0", {"": imports}, deeper, go="1.16")


def _splits() -> Iterator[Module]:
    """Modules of which a part became a module of its own."""
    status = ("example.com/genproto/rpc/status",)
    yield Module("example.com/genproto", "v0.1.0", {"rpc/status": (), "api": status})
    yield Module("example.com/genproto", "v0.2.0", {"api": status}, ("example.com/genproto/rpc v0.2.0",))
    yield from _each("example.com/genproto/rpc", "v0.2.0 v0.3.0", {"status": ()})
    yield Module("example.com/cloud", "v1.0.0", {"": status}, ("example.com/genproto v0.1.0",))
    yield Module("example.com/whole", "v0.1.0", {"part/x": (), "y": ()})
    yield Module("example.com/whole", "v0.2.0", {"y": ()})
    yield from _each("example.com/whole/part", "v0.2.0", {"x": ()})


def _replaced() -> Iterator[Module]:
    """Modules that the host replaces, and their replacements."""
    yield from _each("example.com/fork", "v1.0.0 v1.1.0")
    yield Module("example.com/forked", "v1.0.1", _ONE, content="forked", name="example.com/fork")
    yield Module("example.com/forked", "v1.0.2", _ONE, content="forked again", name="example.com/fork")
    yield from _each("example.com/dir", "v1.0.0 v1.1.0")
    yield from _each("example.com/ver", "v1.0.0 v1.1.0")
    yield Module("example.com/twin", "v1.0.0", _ONE, content="twin")
    yield Module("example.com/twinned", "v1.0.0", {"": ()}, content="twin", name="example.com/twin")


MODULES = tuple(_modules())

HOST_GOMOD = """\
module example.com/gameserver

go 1.23

require (
	example.com/Upper v1.1.0
	example.com/api v1.1.0
	example.com/assert v1.5.0
	example.com/dir v1.0.0
	example.com/fork v1.0.0
	example.com/genproto/rpc v0.2.0
	example.com/inner v1.0.0
	example.com/log v1.2.0
	example.com/newgo v1.0.0
	example.com/parts v1.0.0
	example.com/rpc v1.79.0
	example.com/same v1.0.0
	example.com/text v1.1.0
	example.com/tool v1.0.0
	example.com/twin v1.0.0
	example.com/untagged v0.0.0-20240102030405-0123456789ab
	example.com/uuid v4.0.0+incompatible
	example.com/ver v1.0.0
	example.com/whole v0.1.0
	example.com/winapi v0.2.0
)

require example.com/multi v1.1.0 // indirect

replace (
	example.com/dir => ./dir
	example.com/fork v1.0.0 => example.com/forked v1.0.1
	example.com/twin => example.com/twinned v1.0.0
	example.com/ver => example.com/ver v1.1.0
)
"""

HOST_IMPORTS = (
    "example.com/Upper",
    "example.com/api",
    "example.com/dir",
    "example.com/fork",
    "example.com/gameserver/shared",
    "example.com/genproto/rpc/status",
    "example.com/inner/left",
    "example.com/log",
    "example.com/newgo",
    "example.com/parts/a",
    "example.com/rpc",
    "example.com/same",
    "example.com/text",
    "example.com/twin",
    "example.com/untagged",
    "example.com/uuid",
    "example.com/ver",
    "example.com/whole/part/x",
)
