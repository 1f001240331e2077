"""Messages of `go build` about the build itself: build mode, flags, the C compiler and vendoring.

Sources: Go's cmd/go/internal/load, modload and work; gcc and binutils. The texts were produced with Go 1.18 to 1.27.
"""

from __future__ import annotations

from layerg_pin.core.explain.message_kind import Kind, kind

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
        "the C compiler does not support {option}, which Go passes to it for another processor or system",
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
        "Go records the commit in the plugin, but cannot run Git",
        "the plugin's build: the folder belongs to another user than the one in the container, or Git is missing",
        "build with -buildvcs=false, which does not affect plugin.Open, or run `git config --global --add "
        "safe.directory FOLDER` in the container",
    ),
    kind(
        "no-gomod",
        r"go: (?:go\.mod file not found in current directory or any parent directory|cannot find main module|cannot "
        r"match "
        r"\"[^\"\n]{1,200}\": go\.mod file not found)",
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
        "vendored-replace",
        r": is marked as replaced(?: by [^\s,]{1,400})? in vendor/modules\.txt, but (?:not replaced|replaced by "
        r"[^\s,]{1,400})"
        r" in (?:go\.(?:mod|work)|the workspace)",
        "vendor/ was written while go.mod replaced this module; now it does not, or replaces it by something else",
        "the plugin's vendor folder",
        _VENDOR,
        file="vendor/modules.txt",
        part_of=("inconsistent-vendoring",),
    ),
    kind(
        "replace-not-vendored",
        r": is replaced by [^\s,]{1,400} in go\.(?:mod|work), but marked as replaced by [^\s,]{1,400} in "
        r"vendor/modules\.txt",
        "go.mod replaced this module by something else when vendor/ was written",
        "the plugin's vendor folder",
        _VENDOR,
        file="vendor/modules.txt",
        part_of=("inconsistent-vendoring",),
    ),
    kind(
        "not-vendored",
        r"cannot find package \"\.\" in:",
        "the build uses vendor/, which does not have the folder of this package; the line that follows names it",
        "the plugin's vendor folder: it is incomplete, or an import was added after the last `go mod vendor`",
        _VENDOR,
        "if .gitignore or .dockerignore excludes parts of vendor/, correct it",
    ),
    kind(
        "wrong-flag",
        r"flag provided but not defined: (?P<flag>-[^\s\"']{1,100})",
        "Go does not know the flag {flag}",
        "the build command: the flag is misspelt, or belongs to a newer Go release",
        "correct the flag: plugins are built with `go build -buildmode=plugin -trimpath`",
    ),
    kind(
        "wrong-flag",
        r"parsing \$GOFLAGS: (?:unknown flag|non-flag) \"?(?P<flag>[^\s\"']{1,100})",
        "GOFLAGS contains {flag}, which is not a flag of Go",
        "the environment of the build, or `go env -w GOFLAGS`",
        "correct GOFLAGS: it lists flags with their dash, separated by spaces, such as GOFLAGS=-trimpath",
    ),
    kind(
        "wrong-flag",
        r"buildmode=(?P<mode>[\w-]{1,60}) not supported\b(?! on)",
        "Go does not know the build mode {mode}",
        "the build command",
        "build with -buildmode=plugin",
    ),
    kind(
        "wrong-flag",
        r"unknown GOEXPERIMENT (?P<name>[\w,]{1,200})",
        "the Go release that builds has no experiment {name}",
        "GOEXPERIMENT in the environment of the build, or a Go release that is not the host's",
        "build with the host's GOEXPERIMENT, which is usually empty: `go version -m HOST` prints it",
    ),
    kind(
        "race-needs-cgo",
        r"-race requires cgo",
        "the race detector needs cgo, as plugins do, and cgo is off in this build",
        "the plugin's build: CGO_ENABLED is 0, and -race is rarely wanted, because a host without it refuses the "
        "plugin",
        "build with CGO_ENABLED=1, and without -race unless the host has it",
    ),
    kind(
        "no-sanitizer",
        r"-(?P<flag>race|msan|asan) (?:is not supported on|is only supported on|requires|only supported on) "
        r"?[^\n\"]{1,100}",
        "Go cannot build with -{flag} here",
        "the plugin's build: its platform or C compiler",
        "build without -{flag}, unless the host has it: plugin.Open refuses a plugin that differs in this",
    ),
    kind(
        "asan-host",
        r"ASan runtime does not come first in initial library list",
        "the plugin is built with the address sanitizer (-asan), and the host is not, so the sanitizer ends the host",
        "the plugin's build: -asan",
        "build the plugin without -asan, unless the host is built with it",
        crashes_host=True,
    ),
    kind(
        "bad-cgo-flag",
        r"invalid flag in (?P<where>#cgo [A-Z]{1,20}|pkg-config --\w{1,20}): (?P<flag>[^\s\"']{1,300})",
        "cgo does not allow the flag {flag} in `{where}`",
        "the plugin's cgo code, or that of a dependency",
        "remove the flag, or allow it for this build with CGO_CFLAGS_ALLOW or CGO_LDFLAGS_ALLOW",
    ),
    kind(
        "undefined-reference",
        r"undefined reference to [`'\u2018](?P<symbol>[^`'\u2019\n]{1,300})['\u2019]",
        "the linker does not find the C function or variable {symbol}",
        "the plugin's cgo code: the library that defines it is not linked",
        "link the library: `#cgo LDFLAGS: -lNAME`, and install its development package where the plugin is built",
    ),
    kind(
        "linkname",
        r": invalid reference to (?P<symbol>[\w./-]{1,300})",
        "a package refers to {symbol}, which is private in Go's standard library and locked since Go 1.23",
        "a dependency of the plugin that is older than this Go release; the word before names its package",
        "use a version of that dependency that supports the host's Go release, and that agrees with the host's version "
        "if the host links it too",
        "-ldflags=-checklinkname=0 allows it for a test",
        what=r"[\w./-]{1,300}",
    ),
    kind(
        "undefined-go-symbol",
        r"relocation target (?P<symbol>[^\s\"']{1,300}) not defined",
        "the linker does not find {symbol}: a function without a body that nothing implements in this build",
        "a dependency that refers to a private function of another Go release, or lacks assembly for this platform",
        "use a version of that dependency that supports the host's Go release",
    ),
    kind(
        "wrong-flag",
        r"-mod=(?P<mode>\S{1,60}) not supported \(can be",
        "Go does not know -mod={mode}",
        "the build command, or GOFLAGS",
        "build with -mod=vendor if the plugin has a vendor folder, otherwise without -mod",
    ),
    kind(
        "wrong-link-mode",
        r"internal linking requested but external linking required: (?P<why>[^\s\"']{1,100})",
        "-linkmode=internal does not work for a plugin, which the C compiler links",
        "the plugin's build: -ldflags",
        "remove -linkmode=internal from -ldflags",
    ),
    kind(
        "wrong-link-mode",
        r"cannot implicitly include runtime/cgo in a shared library",
        "-linkshared does not work for a plugin",
        "the plugin's build: -linkshared",
        "build without -linkshared",
    ),
    kind(
        "no-sanitizer",
        r"unrecognized argument to '?-fsanitize=",
        "Go cannot build with -msan or -asan here: the C compiler does not know that sanitizer",
        "the plugin's build: its C compiler",
        "build without the sanitizer, unless the host has it: plugin.Open refuses a plugin that differs in this",
    ),
    kind(
        "undefined-go-symbol",
        r"relocation \w{1,60} against (?:undefined )?(?:hidden )?symbol [`'](?P<symbol>[^'\n]{1,300})' can not be used "
        r"when "
        r"making a (?:shared object|PIE object)",
        "the linker cannot use {symbol} in a plugin: it is undefined, or its C code was compiled without -fPIC",
        "a static C library of the plugin, or a dependency that refers to a private function of Go's runtime",
        "for a C library, link its shared form, or compile it with -fPIC; for a Go function, use a version of the "
        "dependency that supports the host's Go release",
    ),
    kind(
        "c-does-not-compile",
        r": error: (?P<error>[^\n\"]{1,300})",
        "the C code does not compile at this line",
        "the plugin's cgo code, or that of a dependency, with this C compiler and these libraries",
        "correct the code, or install the version of the C library that it was written for",
        what=r"(?:.*[/\\])?[^/\\:]+\.(?:go|c|h|cc|cpp|hpp):\d+(?::\d+)?",
    ),
)
