"""Messages of Go about go.mod and go.work: their directives, the `go` line, toolchains and workspaces.

Sources: Go's cmd/go/internal/modload, gover and toolchain, x/mod/modfile. The texts were produced with Go 1.18 to 1.27.
"""

from __future__ import annotations

from layerg_pin.core.explain.message_kind import VERSION, Kind, kind

_DIRECTIVES = {"retract": "1.16", "toolchain": "1.21", "godebug": "1.23", "tool": "1.24", "ignore": "1.25"}
"""The Go release that introduced a directive of go.mod (https://go.dev/ref/mod and the release notes)."""
_NEWER_GO = "the host refuses plugins built with a newer Go"


def _newer_directive(directive: str, release: str) -> Kind:
    remedy = (
        "remove the toolchain line (`layerg-pin fix` does it if the host's Go release is known), and write the `go` "
        "line with two numbers, such as `go 1.20`"
        if directive == "toolchain"
        else f"remove the {directive} lines from the file"
    )
    return kind(
        "unknown-directive",
        rf"unknown (?:directive|block type): {directive}(?![\w-])",
        f"the {directive} directive needs Go {release} or newer, and an older Go release reads the file",
        "go.mod or go.work, or the Go release that builds",
        f"if the host is built with that older Go, {remedy}",
        f"if the host's Go is {release} or newer, build with the host's Go release: `go version HOST` prints it",
    )


_MARKERS = (
    r"unknown (?:directive|block type|instruction): (?P<marker><{7}|={7}|>{7})",
    r"malformed module path \"(?P<marker><{7}|={7}|>{7})\"",
    r"invalid module version syntax \"(?P<marker><{7}|={7}|>{7})\"",
)
"""Messages in which Go or Docker quotes a line that Git wrote at a merge conflict."""


def _conflict(pattern: str) -> Kind:
    return kind(
        "merge-conflict",
        pattern,
        "the line is a marker that Git wrote at a merge conflict",
        "the file that the line names: a merge, rebase or stash left a conflict in it",
        "resolve the conflict: keep the right lines of both sides, remove the marker lines `<<<<<<<`, `=======` and "
        "`>>>>>>>`",
        "then run `go mod tidy` and `layerg-pin check`",
    )


GOMOD_KINDS: tuple[Kind, ...] = (
    *(_newer_directive(directive, release) for directive, release in _DIRECTIVES.items()),
    *(_conflict(marker) for marker in _MARKERS),
    kind(
        "unknown-directive",
        r"unknown (?:directive|block type): (?P<directive>[^\s\"']{1,100})",
        "the Go release that reads the file does not know the directive {directive}",
        "go.mod or go.work: the word is misspelt, or belongs to a newer Go release",
        "correct the line, or remove it",
    ),
    kind(
        "invalid-go-version",
        r"invalid go version '(?P<go>1\.\d+(?:\.\d+|(?:beta|rc)\d+))': must match format",
        "Go 1.20 and older only accept a `go` line with two numbers, and such a Go reads `go {go}`",
        "the `go` line, or the Go release that builds",
        "if the host is built with Go 1.20 or older, write the `go` line with two numbers, such as `go 1.20`",
        "if the host's Go is 1.21 or newer, build with the host's Go release: `go version HOST` prints it",
    ),
    kind(
        "invalid-go-version",
        r"invalid go version '(?P<go>[^'\n]{0,100})'",
        "`go {go}` is not a Go version",
        "the `go` line",
        "write the Go release as two or three numbers, such as `go 1.23` or, since Go 1.21, `go 1.23.4`",
    ),
    kind(
        "invalid-toolchain",
        r"invalid toolchain version '(?P<toolchain>[^'\n]{0,100})'",
        "`toolchain {toolchain}` does not name a Go toolchain",
        "the toolchain line",
        "write it with the prefix go and three numbers, such as `toolchain go1.23.4`, or remove the line",
    ),
    kind(
        "invalid-toolchain",
        r"invalid GOTOOLCHAIN \"(?P<toolchain>[^\"\n]{0,100})\"",
        "GOTOOLCHAIN={toolchain} does not name a Go toolchain",
        "the environment of the build, or `go env -w`",
        "set GOTOOLCHAIN=local, or name a release, such as GOTOOLCHAIN=go1.23.4",
    ),
    kind(
        "toolchain-unverified",
        r"verifying module: checksum database disabled by GOSUMDB=off",
        "Go does not download another toolchain while GOSUMDB=off, because it could not verify it",
        "the environment of the build: GOSUMDB, and a `go` or toolchain line that requires another Go release",
        "build with an image of the host's Go release, or leave GOSUMDB at its default for this download",
    ),
    kind(
        "toolchain-unavailable",
        rf"download (?P<toolchain>go{VERSION})(?: for (?P<platform>\w+/\w+))?: (?:toolchain not available|golang\.org/"
        r"toolchain@(?![^\n]{0,300}verifying module)[^\n\"]{0,400})",
        "go.mod, go.work or GOTOOLCHAIN requires {toolchain}, which Go could not download",
        "the `go` or toolchain line (no such release, or none for this platform), or the network of the build",
        f"lower the `go` and toolchain lines to the host's Go release and set GOTOOLCHAIN=local: {_NEWER_GO}",
    ),
    kind(
        "toolchain-unavailable",
        rf"cannot find \"(?P<toolchain>go{VERSION})\" in PATH",
        "go.mod, go.work or GOTOOLCHAIN requires {toolchain}, but GOTOOLCHAIN allows only toolchains in PATH",
        "the `go` or toolchain line, or GOTOOLCHAIN",
        f"lower the `go` and toolchain lines to the host's Go release and set GOTOOLCHAIN=local: {_NEWER_GO}",
    ),
    kind(
        "go-work-too-old",
        rf"module (?P<module>\S{{1,400}}) listed in (?P<file>\S{{1,400}}) file requires go >= (?P<go>{VERSION}), but "
        rf"go\.work lists go (?P<lists>{VERSION})",
        "the module in {module} has a newer `go` line ({go}) than go.work ({lists})",
        "go.work, or the `go` line of that module",
        "run `go work use`, which raises the `go` line of go.work, if the host's Go is at least {go}",
        "otherwise lower the module's `go` line, or build the plugin alone with GOWORK=off",
    ),
    kind(
        "workspace-mod-flag",
        r"-mod may only be set to readonly(?: or vendor)? when in workspace mode",
        "a go.work applies to this build, and -mod=mod, or before Go 1.22 -mod=vendor, does not work with it",
        "a go.work in the plugin's folder or above it, or GOFLAGS",
        "build with GOWORK=off: the host was not built in this workspace either",
        file="go.work",
    ),
    kind(
        "workspace-mod-flag",
        r"'go mod vendor' cannot be run in workspace mode",
        "a go.work applies here, and `go mod vendor` works for a single module only",
        "a go.work in the plugin's folder or above it",
        "run `GOWORK=off go mod vendor`, and build with GOWORK=off too",
        file="go.work",
    ),
    kind(
        "not-in-workspace",
        r"no modules were found in the current workspace",
        "a go.work applies to this build, and it uses no module",
        "a go.work in the plugin's folder or above it",
        "build with GOWORK=off, or add the plugin with `go work use .`",
        file="go.work",
    ),
    kind(
        "not-in-workspace",
        r"is contained in a module that is not one of the workspace modules listed in go\.work",
        "a go.work applies to this build, but does not use the plugin's module",
        "a go.work in a folder above the plugin",
        "build with GOWORK=off, or add the plugin with `go work use .`",
        file="go.work",
    ),
    kind(
        "go-switched",
        rf" requires go >= (?P<go>{VERSION}); switching to (?P<toolchain>go{VERSION})",
        "{what} requires Go {go}, so {toolchain} builds the plugin instead of the Go that was called",
        "the `go` line of {what}: if {toolchain} is not the host's release, the host refuses the plugin or crashes",
        "select a version of it that the host's Go can build, and set GOTOOLCHAIN=local so that Go never switches",
    ),
    kind(
        "go-too-old",
        rf" requires(?<!go\.work file requires) go >= (?P<go>{VERSION})(?: \(running go "
        rf"(?P<running>{VERSION})[^()\n]{{0,99}}\))?",
        "{what} requires a newer Go than the one that builds",
        "the `go` line of {what}; `go mod tidy` can raise the plugin's own because of a dependency",
        f"lower the `go` line, or select a version of the dependency that the host's Go can build: {_NEWER_GO}",
    ),
    kind(
        "updates-needed",
        r"updates to go\.mod needed",
        "the versions in go.mod are not those that the build selects: a dependency requires a higher version, or a "
        "require is missing, is excluded, or names no version (latest)",
        "the plugin's go.mod: another dependency, or its `go` line, requires a higher version",
        "run `layerg-pin check`, which reports pins that another dependency overrules, then `go mod tidy`",
        file="go.mod",
    ),
)
