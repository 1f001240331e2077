"""The messages of hosts, of plugin.Open and of Go that concern a plugin: what each means, whose fault it can be,
and the cure.

Sources: Go's plugin/plugin_dlopen.go, runtime/plugin.go, cmd/go/internal/modload, load, work and gover; glibc's
elf/dl-load.c; the loading of Go modules in Layerg and Nakama (server/runtime_go.go). Each pattern begins with fixed
text and bounds the rest, so that a search takes linear time.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_PACKAGE = r"[A-Za-z0-9._~+/-]*[A-Za-z0-9_~+/-]"
_VERSION = r"[A-Za-z0-9.]*[A-Za-z0-9]"


class Kind(NamedTuple):
    """One sort of message. The sentences may name the pattern's groups in braces, and `what`, the word before it."""

    name: str
    pattern: re.Pattern[str]
    meaning: str
    fault: str
    """Whose fault it can be."""
    cures: tuple[str, ...]
    opening: bool = False
    """Whether opening a plugin ends with it, so that what else the host would refuse shows only once it is cured."""
    loader: bool = False
    """Whether it is said of other files than plugins too, mostly by the system's loader: the line must be about one."""
    of: re.Pattern[str] | None = None
    """What the word before it must be."""


def _kind(
    name: str,
    pattern: str,
    meaning: str,
    fault: str,
    *cures: str,
    opening: bool = False,
    loader: bool = False,
    of: str | None = None,
) -> Kind:
    compiled = re.compile(pattern, re.ASCII)
    return Kind(name, compiled, meaning, fault, cures, opening, loader, re.compile(of) if of else None)


_SAME_GO = (
    "build it with the very Go release of the host: `go version HOST` tells it, also of a server in a container image"
)
_PLATFORM = "the plugin's build: its platform is not the host's"
_VENDOR = "`go mod vendor` in that folder writes vendor/ anew; run `go mod tidy` before it where imports changed"

DIFFERENT_PACKAGE = _kind(
    "different-package",
    rf"plugin was built with a different version of package(?: (?P<package>{_PACKAGE}))?",
    "host and plugin both link this package, and their builds of it are not the same; plugin.Open stops at the "
    "first such package",
    "the plugin's build, which must follow the host's",
    opening=True,
)
PREVIOUS_FAILURE = _kind(
    "previous-failure",
    r"\(previous failure\)",
    "this process has tried the same file before and failed: it repeats that failure, and does not look at the "
    "file again",
    "whatever the first failure says, further up in the log",
    "mend what the first failure says, and start the host again",
    opening=True,
    loader=True,
)
KINDS: tuple[Kind, ...] = (
    DIFFERENT_PACKAGE,
    _kind(
        "no-plugin-module-data",
        r"runtime: no plugin module data",
        "the host died while it opened the file, before it compared packages: its Go runtime found no plugin of "
        "its own Go release in it",
        "the plugin's build: another minor release of Go than the host's built it, or it is a shared library "
        "that Go did not build",
        _SAME_GO,
        "where the file was not built with `go build -buildmode=plugin`, take it out of the folder that the host "
        "loads plugins from",
        opening=True,
    ),
    _kind(
        "already-loaded",
        r"plugin already loaded",
        "another file with the same module path is loaded already: the host's folder holds two builds of one "
        "plugin, or two plugins "
        "whose go.mod files name the same module",
        "the folder that the host loads plugins from, or the plugin's module path",
        "remove the older .so, or give one of the two another module path in go.mod",
    ),
    _kind(
        "symbol-not-found",
        r"plugin: symbol (?P<symbol>\S+) not found in plugin(?: (?P<plugin>[^\s\"'}\x00-\x1f]+))?",
        "the plugin was loaded, but its main package has no exported {symbol}",
        "the plugin's source",
        "declare `func {symbol}` in the main package that is built, with the signature that the host's "
        "documentation gives",
    ),
    _kind(
        "init-module-missing",
        r"Error looking up InitModule function in Go module",
        "the plugin was loaded, but its main package has no exported InitModule",
        "the plugin's source",
        "declare `func InitModule` in the main package that is built, with the signature that the host's "
        "documentation gives",
    ),
    _kind(
        "init-module-signature",
        r"Error reading InitModule function in Go module",
        "the plugin was loaded, but its InitModule has not the signature that the host calls",
        "the plugin's source",
        "give InitModule the parameters and results that the host's documentation shows, with the types of the "
        "host's plugin API",
    ),
    _kind(
        "not-implemented",
        r"plugin: not implemented",
        "the host cannot open any plugin",
        "the host's build: it was built with CGO_ENABLED=0, or for a system on which Go has no plugins (Windows)",
        "take a host that was built with CGO_ENABLED=1 for Linux, FreeBSD or macOS",
        opening=True,
    ),
    _kind(
        "realpath-failed",
        r"plugin\.Open\(\"?(?P<path>[^\"(\n]{0,1024})\"?\): realpath failed",
        "there is no file at the path that the host was told to open",
        "the host's settings, or the copying of the plugin: the path is wrong where the host runs, which may be "
        "in a container",
        "look whether the file is there for the host, for instance with `docker exec`, and correct the path or "
        "the volume",
        opening=True,
    ),
    _kind(
        "invalid-elf-header",
        r": invalid ELF header",
        "the file is no Linux library: it was built for macOS or Windows, or it is no build at all (a text, a "
        "Git LFS pointer)",
        _PLATFORM,
        "build it for Linux, best in the host's builder image, and copy that file to the host",
        opening=True,
        loader=True,
    ),
    _kind(
        "file-too-short",
        r": file too short",
        "the file is empty or holds only a few bytes",
        "the copying of the plugin, or a build that was interrupted",
        "build the plugin again, and compare the file's size on both sides after copying it",
        opening=True,
        loader=True,
    ),
    _kind(
        "wrong-elf-class",
        r": wrong ELF class(?:: (?P<elf>\w+))?",
        "the file was built for a machine with another word size, 32 instead of 64 bits or the other way round",
        _PLATFORM,
        "build it with the host's GOARCH: `go version -m HOST` tells it",
        opening=True,
        loader=True,
    ),
    _kind(
        "executable",
        r": cannot dynamically load (?:position-independent )?executable",
        "the file is a program and no plugin",
        "the plugin's build: it was built without -buildmode=plugin",
        "build it with `go build -buildmode=plugin -trimpath`",
        opening=True,
        loader=True,
    ),
    _kind(
        "is-a-directory",
        r": cannot read file data: Is a directory",
        "the path leads to a folder",
        "the host's settings, or a volume: Docker makes a folder where the file to be mounted is not there",
        "name the .so file itself; where it is mounted, build it first, remove the folder, and start the "
        "container again",
        opening=True,
        loader=True,
    ),
    _kind(
        "wrong-architecture",
        r": cannot open shared object file: No such file or directory",
        "the file is there, but built for another processor: that is how the loader says it",
        _PLATFORM,
        "build it with the host's GOARCH (`go version -m HOST` tells it); in a container with `--platform "
        "linux/amd64`, or as the host is",
        opening=True,
        loader=True,
        of=r".*/.*|(?!lib).*\.so",
    ),
    _kind(
        "no-permission",
        r": cannot open shared object file: Permission denied",
        "the host may not read the file",
        "the copying of the plugin: its owner or mode",
        "make the file readable for the user that the host runs as: `chmod a+r {what}`",
        opening=True,
        loader=True,
    ),
    _kind(
        "library-missing",
        r": cannot open shared object file: No such file or directory",
        "the plugin needs the shared library {what}, which is not there where the host runs",
        "the plugin's build: it was linked on another system than the host's (libc.musl means Alpine), or with a "
        "C library of its own",
        "build the plugin in the host's builder image, or bring the library into the host's image",
        opening=True,
        loader=True,
    ),
    _kind(
        "glibc-too-old",
        r": version [`'](?P<symbol>GLIBC_[0-9.]+)' not found",
        "the plugin was linked against a newer C library than the one where the host runs, which lacks {symbol}",
        "the plugin's build: it was made on a newer system than the host's",
        "build the plugin in the host's builder image",
        opening=True,
        loader=True,
    ),
    _kind(
        "bus-error",
        r"\bSIGBUS\b",
        "the host died while it read a file that ends too early: where it was opening a plugin, the file is cut short",
        "the copying of the plugin: it was cut off, or overwritten while the host had it open",
        "compare the file's size with that of the build, copy it again under another name and rename it, and "
        "start the host again",
        opening=True,
    ),
    _kind(
        "cgo-not-enabled",
        r"-buildmode=plugin requires external \(cgo\) linking, but cgo is not enabled",
        "a plugin is linked by the C compiler, and the build may not use it",
        "the plugin's build: CGO_ENABLED is 0, by itself when GOOS or GOARCH is another system's or no C "
        "compiler is found",
        "set CGO_ENABLED=1 and build on the host's system, best in its builder image",
    ),
    _kind(
        "not-one-main",
        r"-buildmode=plugin requires exactly one main package",
        "what is built is not a single package main",
        "the plugin's build: the folder holds another package, or several are named",
        "name the folder that has `package main` and InitModule: `go build -buildmode=plugin ./cmd/plugin`",
    ),
    _kind(
        "mode-not-supported",
        r"-buildmode=plugin not supported on (?P<platform>\w+/\w+)",
        "Go makes no plugins for {platform}",
        "the plugin's build: GOOS and GOARCH, or the machine it runs on",
        "build for the host's platform in its builder image: `docker run` it from here",
    ),
    _kind(
        "inconsistent-vendoring",
        r"inconsistent vendoring in (?P<folder>[^\n]{1,500}?):(?=[\s\"'\x1b]|$)",
        "vendor/modules.txt in {folder} was not written from the go.mod beside it; the lines that follow say "
        "what differs",
        "the plugin's vendor folder: go.mod was changed after the last `go mod vendor`",
        _VENDOR,
    ),
    _kind(
        "not-vendored",
        r": is explicitly required in go\.mod, but not marked as explicit in vendor/modules\.txt",
        "go.mod requires this module at this version, and vendor/ was written before it did",
        "the plugin's vendor folder",
        _VENDOR,
    ),
    _kind(
        "vendored-only",
        r": is marked as explicit in vendor/modules\.txt, but not explicitly required in go\.mod",
        "vendor/ was written while go.mod required this version, which it does no more",
        "the plugin's vendor folder",
        _VENDOR,
    ),
    _kind(
        "replace-not-vendored",
        r": is replaced in go\.mod, but not marked as replaced in vendor/modules\.txt",
        "go.mod replaces this module, and vendor/ was written before it did",
        "the plugin's vendor folder",
        _VENDOR,
    ),
    _kind(
        "go-switched",
        rf" requires go >= (?P<go>{_VERSION}); switching to (?P<toolchain>go{_VERSION})",
        "{what} asks for go {go}, so that {toolchain} builds the plugin and not the Go that was called",
        "the `go` line of {what}: if {toolchain} is not the host's release, the host refuses the plugin or dies",
        "choose a version of it that the host's Go can build, and set GOTOOLCHAIN=local so that Go never switches",
    ),
    _kind(
        "go-too-old",
        rf"(?<!go\.work file) requires go >= (?P<go>{_VERSION})(?: \(running go "
        rf"(?P<running>{_VERSION})[^()\n]{{0,99}}\))?",
        "{what} asks for a newer Go than the one that runs",
        "the `go` line of {what}; `go mod tidy` can raise the plugin's own through a dependency",
        "lower the `go` line, or take a version of the dependency that the host's Go can build; a newer Go than "
        "the host's makes a "
        "plugin that it refuses",
    ),
    _kind(
        "internal-package",
        rf"use of internal package (?P<package>{_PACKAGE}) not allowed",
        "{package} may only be imported from inside its own module",
        "the plugin's source: such a package cannot be imported to pin a version, not even blank",
        "remove the import; `require` alone pins the module, if need be by a blank import of a public package "
        "that the plugin compiles anyway",
    ),
    _kind(
        "import-of-program",
        rf"import \"(?P<package>{_PACKAGE})\" is a program, not an importable package",
        "{package} is a package main",
        "the plugin's source: a program cannot be imported to pin a version, not even blank",
        "remove the import; `require` alone pins the module",
    ),
    _kind(
        "package-not-in-module",
        rf"module (?P<module>{_PACKAGE})@(?P<query>\S+) found(?: \([^()\n]{{0,400}}\))?, but does not contain "
        rf"package (?P<package>{_PACKAGE})",
        "the module {module} has no package {package}",
        "the plugin's source: what it imports is a module's path without a package, or a package of another "
        "major version",
        "import a package that the module has and the plugin compiles, or remove the import: `require` alone "
        "pins the module",
    ),
    _kind(
        "missing-sum",
        r"missing go\.sum entry",
        "go.sum has no sum for a version that go.mod selects",
        "the plugin's go.sum: a version was set, or pinned, and not downloaded yet",
        "run `go mod tidy`, or `layerg-pin fix --tidy`, which keeps the host's versions",
    ),
    _kind(
        "updates-needed",
        r"updates to go\.mod needed",
        "the versions in go.mod are not those that the build selects: another dependency asks for more, or a "
        "require is missing",
        "the plugin's go.mod",
        "run `layerg-pin check`, which tells of pins that another dependency overrules, then `go mod tidy`",
    ),
    _kind(
        "no-module-provides",
        rf"(?:cannot find module providing|no required module provides) package (?P<package>{_PACKAGE})",
        "no module that go.mod requires has {package}",
        "the plugin's source or go.mod; with -mod=vendor, a vendor folder that is out of date",
        "run `go mod tidy`, then `layerg-pin check`, since tidy may take a newer version than the host's; with "
        "vendor/, "
        "`go mod vendor` after it",
    ),
    PREVIOUS_FAILURE,
)
"""Where two fit at one place, the first counts."""
