"""Messages of plugin.Open, of the Go runtime and of hosts about a plugin.

Sources: Go's plugin/plugin_dlopen.go and runtime/plugin.go; the plugin loaders of Layerg and Nakama
(server/runtime_go.go), KrakenD (lura's plugin loaders), gotify (plugin/compat/wrap.go) and Tyk (goplugin/goplugin.go);
protobuf's reflect/protoregistry. The texts about signatures come from the table of known hosts, see explanation.py.
"""

from __future__ import annotations

import re

from layerg_pin.core.explain.message_kind import PACKAGE, Kind, kind

_SAME_GO = (
    "build the plugin with exactly the host's Go release: `go version HOST` prints it, even for a server copied "
    "out of a container image"
)
_LINKED_TWICE = (
    "the plugin's dependencies: a fork, a vendored copy or generated code under another import path repeats what the "
    "host links"
)

DIFFERENT_PACKAGE = kind(
    "different-package",
    rf"plugin was built with a different version of package(?: (?P<package>{PACKAGE}))?",
    "host and plugin both link this package, but from different builds; plugin.Open stops at the first such package",
    "the plugin's build, which must match the host's",
    is_open_error=True,
)
CUT_DIFFERENT_PACKAGE = DIFFERENT_PACKAGE._replace(
    pattern=re.compile(rf"different version of package(?: (?P<package>{PACKAGE}))?", re.ASCII),
    cut_words="plugin was built with a ",
)
PREVIOUS_FAILURE = kind(
    "previous-failure",
    r"\(previous failure\)",
    "the same process failed to open this file before: it repeats that failure without reading the file again",
    "the cause of the first failure, earlier in the log",
    "fix the first failure, then restart the host",
    is_open_error=True,
    loader=True,
)
HOST_KINDS: tuple[Kind, ...] = (
    kind(
        "no-plugin-module-data",
        r"runtime: no plugin module data",
        "the host crashed while it opened the file: its Go runtime found no plugin of its own Go release in it",
        "the plugin's build: another minor release of Go built it, or it is a shared library that Go did not build",
        _SAME_GO,
        "if the file was not built with `go build -buildmode=plugin`, remove it from the host's plugin folder",
        is_open_error=True,
        crashes_host=True,
    ),
    kind(
        "runtime-crash",
        r"invalid function symbol table",
        "the host crashed while it opened the file: its Go runtime cannot read the tables of another Go release",
        "the plugin's build: another Go release than the host's built it",
        _SAME_GO,
        is_open_error=True,
        crashes_host=True,
        part_of=("no-plugin-module-data",),
    ),
    kind(
        "runtime-crash",
        r"plugin\.lastmoduleinit(?=\()",
        "the host crashed in plugin.lastmoduleinit: its Go runtime cannot read the data of the plugin's Go runtime",
        "the plugin's build: another Go release than the host's built it",
        _SAME_GO,
        is_open_error=True,
        crashes_host=True,
        part_of=("no-plugin-module-data", "bus-error"),
    ),
    kind(
        "already-loaded",
        r"plugin already loaded",
        "a plugin with the same module path is already loaded: two builds of one plugin, or two plugins that share "
        "a module path",
        "the host's plugin folder, or the plugin's module path",
        "remove the older .so, or give one of the two plugins another module path in go.mod",
    ),
    kind(
        "already-loaded",
        rf"plugin: plugin (?P<plugin>{PACKAGE}) already loaded",
        "a plugin with the same module path is already loaded: two builds of one plugin, or two plugins that share "
        "a module path",
        "the host's plugin folder, or the plugin's module path",
        "remove the older .so, or give one of the two plugins another module path in go.mod",
        crashes_host=True,
    ),
    kind(
        "symbol-not-found",
        r"plugin: symbol (?P<symbol>\S+) not found in plugin(?: (?P<plugin>[^\s\"'}\x00-\x1f]+))?",
        "the plugin was loaded, but its package main does not export {symbol}",
        "the plugin's source, or the build named another main package",
    ),
    kind(
        "symbol-not-found",
        r"missing (?P<symbol>GetGotifyPluginInfo|NewGotifyPluginInstance) symbol",
        "the plugin was loaded, but its package main does not export {symbol}",
        "the plugin's source, or the build named another main package",
    ),
    kind(
        "init-module-missing",
        r"Error looking up (?P<symbol>InitModule) function in Go module",
        "the plugin was loaded, but its package main does not export {symbol}",
        "the plugin's source, or the build named another main package",
        part_of=("symbol-not-found",),
    ),
    kind(
        "init-module-signature",
        r"[Ee]rror reading (?P<symbol>InitModule) function in Go module",
        "the plugin was loaded, but the signature of its {symbol} is not the one that the host calls",
        "the plugin's source, or the plugin API: Layerg's and Nakama's are different packages",
    ),
    kind(
        "entry-signature",
        r"(?P<symbol>NewGotifyPluginInstance) signature mismatch",
        "the plugin was loaded, but the signature of its {symbol} is not the one that the host calls",
        "the plugin's source",
    ),
    kind(
        "entry-signature",
        r"unknown plugin version \(unrecogninzed (?P<symbol>GetGotifyPluginInfo) signature",
        "the plugin was loaded, but the signature of its {symbol} is not the one that the host calls",
        "the plugin's source",
    ),
    kind(
        "entry-signature",
        r"could not cast function symbol to (?P<type>[A-Za-z.]+)",
        "the plugin was loaded, but the function that the API definition names does not have the type {type}",
        "the plugin's source, or the API definition, which names a function of another kind of middleware",
        "give the function the signature that Tyk's documentation shows for this kind of middleware",
    ),
    kind(
        "init-module-failed",
        r"Error returned by InitModule function in Go module",
        "the plugin was loaded and its InitModule ran, but returned an error, which this line quotes",
        "the plugin's own code or configuration, not its build",
        "fix what the quoted error names",
    ),
    kind(
        "not-implemented",
        r"plugin: not implemented",
        "this host cannot open any plugin",
        "the host's build: CGO_ENABLED=0, or a system without Go plugins (Windows)",
        "use a host that was built with CGO_ENABLED=1 for Linux, FreeBSD or macOS",
        is_open_error=True,
    ),
    kind(
        "realpath-failed",
        r"plugin\.Open\(\"?(?P<path>[^\"(\n]{0,1024})\"?\): realpath failed",
        "there is no file at the path that the host tries to open",
        "the host's settings, or the deployment: the path is looked up where the host runs, which may be a container",
        "check that the file exists there, for example with `docker exec CONTAINER ls -l PATH`, and correct the path "
        "or the volume",
        is_open_error=True,
    ),
    kind(
        "bus-error",
        r"\bSIGBUS\b",
        "the host crashed while it read a file that ends too early; if it was opening a plugin, that file is truncated",
        "the deployment: the copy is incomplete, or the file was overwritten while the host had it open",
        "copy the file again under a temporary name, rename it, compare its size with the build's, restart the host",
        is_open_error=True,
        crashes_host=True,
    ),
    kind(
        "proto-registered",
        r"proto: (?P<what_>file|message|enum|extension|service) [\"']?(?P<proto>[^\"'\s]{1,300})[\"']? is already "
        r"registered",
        "two packages in the process register the protobuf {what_} {proto}; protobuf allows it once in a process",
        "the plugin's generated code: the host, or another plugin, links a second copy of the same .proto file under "
        "another Go import path",
        "compare the `previously from` and `currently from` lines that follow: import the package that the host links "
        "instead of a copy of it",
        "for a .proto file of your own, choose another file name and `package`, and generate the code again",
        "until then GOLANG_PROTOBUF_REGISTRATION_CONFLICT=warn in the host's environment makes it a warning",
        crashes_host=True,
    ),
    kind(
        "proto-registered",
        r"has a name conflict over (?P<proto>[^\s\"']{1,300})",
        "two .proto files in the process declare {proto}; protobuf allows each full name once in a process",
        "the plugin's generated code: the host, or another plugin, declares the same name in another .proto file",
        "choose another protobuf `package` for the plugin's .proto file, and generate the code again",
        "until then GOLANG_PROTOBUF_REGISTRATION_CONFLICT=warn in the host's environment makes it a warning",
        crashes_host=True,
    ),
    kind(
        "registered-twice",
        r"sql: Register called twice for driver (?P<name>[\w.-]+)",
        "the host and the plugin both register the database driver {name}, from two different packages",
        _LINKED_TWICE,
        "import the driver package that the host links, at the host's version, or register yours under another name",
        crashes_host=True,
    ),
    kind(
        "registered-twice",
        r"duplicate metrics collector registration attempted",
        "the host and the plugin, or two plugins, register the same Prometheus metric",
        "the plugin's source: it uses the default registry, which it shares with the host",
        "register the metrics in a registry of your own (`prometheus.NewRegistry`), or under another name",
        crashes_host=True,
    ),
    kind(
        "registered-twice",
        r"panic: (?:Reuse of exported var name:|flag redefined:|[\w./-]{1,200} flag redefined:|http: multiple "
        r"registrations for) (?P<name>[^\s\"']{1,200})",
        "the host and the plugin, or two plugins, register {name} in the same process-wide table",
        "the plugin's source: what a package registers when it is initialised is shared with the host",
        "register it under another name, or in a table of your own instead of the package's default one",
        crashes_host=True,
    ),
    kind(
        "registered-twice",
        r"panic: pattern \"(?P<name>[^\"\n]{1,200})\" \(registered at [^\n]{1,300}?\) conflicts with pattern",
        "the host and the plugin, or two plugins, register the route {name} in the same table of routes",
        "the plugin's source: http.DefaultServeMux is shared with the host",
        "register it under another name, or in a table of your own instead of the package's default one",
        crashes_host=True,
    ),
    kind(
        "registered-twice",
        r"(?:gob: registering duplicate (?:types|names) for|Server\.RegisterService found duplicate service "
        r"registration for|"
        r"proto: duplicate (?:proto|enum) (?:type )?registered:) \"?(?P<name>[^\s\"']{1,200})",
        "the host and the plugin, or two plugins, register {name} in the same process-wide table",
        _LINKED_TWICE,
        "import the package that the host links, at the host's version, or register yours under another name",
        crashes_host=True,
    ),
    kind(
        "krakend-check",
        r"(?P<count>\d{1,6}) incompatibility\(ies\) found",
        "KrakenD's check-plugin found {count} differences; the lines that follow list them, `have` of the plugin and "
        "`want` of KrakenD",
        "go.mod of the plugin, its Go release (go) or its C library (libc); check-plugin reads go.sum, so it also "
        "lists "
        "modules that the plugin does not compile",
        "`layerg-pin check --host REF` lists those that matter, and `layerg-pin fix --tidy` aligns them",
        file="go.sum",
    ),
)
