"""Messages of `go build` about a plugin: the build mode, the C compiler, vendoring and imports.

Sources: Go's cmd/go/internal/load, modload and work; gcc and binutils. The texts were provoked with Go 1.18 to 1.26.
"""

from __future__ import annotations

from layerg_pin.core.message_kind import PACKAGE, VERSION, Kind, kind

_VENDOR = "run `go mod vendor` in that folder, after `go mod tidy` if imports changed"
_BUILDER = "build in the host's builder image"

BUILD_KINDS: tuple[Kind, ...] = (
    kind(
        "cgo-not-enabled",
        r"-buildmode=plugin requires external \(cgo\) linking, but cgo is not enabled",
        "a plugin is linked by the C compiler, and cgo is off in this build",
        "the plugin's build: CGO_ENABLED is 0, which is the default if GOOS or GOARCH is another system's or no C "
        "compiler is installed",
        f"set CGO_ENABLED=1 and {_BUILDER}, or on the host's system with a C compiler",
    ),
    kind(
        "no-c-compiler",
        r"cgo: C compiler \"(?P<compiler>[^\"\n]{1,300})\" not found"
        r"(?:: exec: \"[^\"\n]{1,300}\": executable file not found in (?:\$PATH|%PATH%))?",
        "a plugin is linked by the C compiler, and {compiler} is not installed where the plugin is built",
        "the plugin's build: its image has no C compiler (golang:alpine and slim images do not), or CC names another",
        f"{_BUILDER}, or install {{compiler}}: `apk add gcc musl-dev` on Alpine, `apt-get install gcc libc6-dev` on "
        "Debian; if CC is set, correct it",
    ),
    kind(
        "no-c-compiler",
        r"exec: \"(?P<compiler>[^\"\n]{0,60}(?:gcc|clang|cc|g\+\+|c\+\+))\": executable file not found in "
        r"(?:\$PATH|%PATH%)",
        "a plugin is linked by the C compiler, and {compiler} is not installed where the plugin is built",
        "the plugin's build: its image has no C compiler (golang:alpine and slim images do not), or CC names another",
        f"{_BUILDER}, or install {{compiler}}: `apk add gcc musl-dev` on Alpine, `apt-get install gcc libc6-dev` on "
        "Debian; if CC is set, correct it",
    ),
    kind(
        "wrong-c-compiler",
        r"gcc_(?P<arch>[a-z0-9]+)\.S: Assembler messages",
        "GOARCH is {arch}, but the C compiler compiles for another processor",
        "the plugin's build: it cross-compiles with the C compiler of its own machine",
        "build in a container with the host's platform (`docker build --platform linux/amd64`), or set CC to a cross "
        "compiler such as aarch64-linux-gnu-gcc",
    ),
    kind(
        "wrong-c-compiler",
        r"(?:gcc|clang|cc): error: unrecognized command[- ]line option [^\w\s]{0,3}(?P<option>-m\w+)",
        "Go asks the C compiler for another processor or system ({option}), which this C compiler does not know",
        "the plugin's build: GOOS or GOARCH is not its own machine's, and CC is that machine's C compiler",
        "build in a container with the host's platform (`docker build --platform linux/amd64`), or set CC to a cross "
        "compiler such as aarch64-linux-gnu-gcc",
    ),
    kind(
        "c-library-missing",
        r"cannot find -l(?P<library>[\w.+-]{1,200})",
        "the linker does not find the C library {library}, which the plugin's cgo code uses",
        "the plugin's build: its image does not have the library's development package",
        "install the development package where the plugin is built, and the library itself in the host's image",
    ),
    kind(
        "c-library-missing",
        r"Package '?(?P<library>[\w.+-]{1,200})'? was not found in the pkg-config search path",
        "pkg-config does not find the C library {library}, which the plugin's cgo code uses",
        "the plugin's build: its image does not have the library's development package",
        "install the development package where the plugin is built, and the library itself in the host's image",
    ),
    kind(
        "c-header-missing",
        r"fatal error: (?P<header>[\w./+-]{1,300}\.(?:h|hh|hpp)): No such file or directory",
        "the C compiler does not find the header {header}",
        "the plugin's build: its image lacks the C library's development package (musl-dev or libc6-dev for the "
        "standard headers)",
        f"{_BUILDER}, or install the development package that has the header",
    ),
    kind(
        "not-one-main",
        r"-buildmode=plugin requires exactly one main package",
        "the build command does not name exactly one package main",
        "the plugin's build: the folder contains another package, or the command lists several packages",
        "build the folder of the plugin's package main: `go build -buildmode=plugin ./cmd/plugin`",
    ),
    kind(
        "mode-not-supported",
        r"-buildmode=plugin not supported on (?P<platform>\w+/\w+)",
        "Go cannot build plugins for {platform}",
        "the plugin's build: GOOS and GOARCH, or the machine it runs on",
        "build for the host's platform in its builder image, with `docker run` or a Dockerfile",
    ),
    kind(
        "vcs-status",
        r"error obtaining VCS status: ",
        "Go wants to record the commit in the plugin, but cannot ask Git",
        "the plugin's build: the folder belongs to another user than the one in the container, or Git is missing",
        "build with -buildvcs=false, which plugin.Open does not mind, or run `git config --global --add "
        "safe.directory FOLDER` in the container",
    ),
    kind(
        "no-gomod",
        r"go: (?:go\.mod file not found in current directory or any parent directory|cannot find main module)",
        "the build runs in a folder that has no go.mod, nor has any folder above it",
        "the plugin's build: the working folder, or the Dockerfile does not copy go.mod into it",
        "change to the plugin's folder, or correct WORKDIR and COPY in the Dockerfile",
    ),
    kind(
        "inconsistent-vendoring",
        r"inconsistent vendoring in (?P<folder>[^\n]{1,500}?):(?=[\s\"'\x1b]|$)",
        "vendor/modules.txt in {folder} does not match go.mod; the lines that follow list the differences",
        "the plugin's vendor folder: go.mod changed after the last `go mod vendor`",
        _VENDOR,
        file="{folder}/vendor/modules.txt",
    ),
    kind(
        "not-vendored",
        r": is explicitly required in go\.mod, but not marked as explicit in vendor/modules\.txt",
        "go.mod requires this module at this version, but vendor/ was written before that",
        "the plugin's vendor folder",
        _VENDOR,
        file="vendor/modules.txt",
        part_of=("inconsistent-vendoring",),
    ),
    kind(
        "vendored-only",
        r": is marked as explicit in vendor/modules\.txt, but not explicitly required in go\.mod",
        "vendor/ was written while go.mod required this version, which it no longer does",
        "the plugin's vendor folder",
        _VENDOR,
        file="vendor/modules.txt",
        part_of=("inconsistent-vendoring",),
    ),
    kind(
        "replace-not-vendored",
        r": is replaced in go\.mod, but not marked as replaced in vendor/modules\.txt",
        "go.mod replaces this module, but vendor/ was written before that",
        "the plugin's vendor folder",
        _VENDOR,
        file="vendor/modules.txt",
        part_of=("inconsistent-vendoring",),
    ),
    kind(
        "internal-package",
        rf"use of internal package (?P<package>{PACKAGE}) not allowed",
        "{package} can only be imported from inside its own module",
        "the plugin's source: an internal package cannot be imported to pin a version, not even blank",
        "remove the import: `require` alone pins the module; if a blank import is needed, import a public package that "
        "the plugin compiles anyway",
    ),
    kind(
        "import-of-program",
        rf"import \"(?P<package>{PACKAGE})\" is a program, not an importable package",
        "{package} is a package main",
        "the plugin's source: a program cannot be imported to pin a version, not even blank",
        "remove the import: `require` alone pins the module",
    ),
    kind(
        "package-not-in-module",
        rf"module (?P<module>{PACKAGE})@(?P<query>\S+) found(?: \([^()\n]{{0,400}}\))?, but does not contain "
        rf"package (?P<package>{PACKAGE})",
        "the module {module} has no package {package}",
        "the plugin's source: it imports a module path without a package, or a package of another major version",
        "import a package of that module that the plugin compiles, or remove the import: `require` alone pins the "
        "module",
    ),
    kind(
        "not-in-std",
        rf"package (?P<package>{PACKAGE}) is not in (?:std|GOROOT)\b",
        "the standard library of the Go release that builds has no package {package}",
        "the plugin's source, or the builder: the package is newer than that Go release (slices, maps and log/slog "
        "need 1.21, iter and unique 1.23), or the import lacks the module path",
        "use what the host's Go release has: a newer Go than the host's makes a plugin that it refuses",
        "for a package of your own, write its full import path: the module path, then the folder",
    ),
    kind(
        "cannot-compile",
        rf"cannot compile Go (?P<go>{VERSION}) code",
        "the module's `go` line requires Go {go}, but an older Go release tried to compile it",
        "the `go` line and the language features of the module, or the builder's Go release",
        "build with the host's Go release; if that is the older one, lower the `go` line and use a version of the "
        "module that it compiles",
    ),
    kind(
        "cannot-compile",
        rf"note: (?:module requires|imported by a module that requires) [Gg]o (?P<go>{VERSION})",
        "the module's `go` line requires Go {go}, but an older Go release tried to compile it",
        "the `go` line and the language features of the module, or the builder's Go release",
        "build with the host's Go release; if that is the older one, lower the `go` line and use a version of the "
        "module that it compiles",
        part_of=("not-in-std",),
    ),
    kind(
        "no-module-provides",
        rf"(?:cannot find module providing|no required module provides) package (?P<package>{PACKAGE})",
        "no module that go.mod requires has the package {package}",
        "the plugin's source or go.mod; with -mod=vendor, an outdated vendor folder",
        "run `go mod tidy`, then `layerg-pin check`, because tidy may select a newer version than the host's; with "
        "vendor/, run `go mod vendor` after that",
    ),
)
