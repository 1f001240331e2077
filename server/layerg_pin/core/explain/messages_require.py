"""Messages of Go about the module line, requires, replaces and the modules of go.work.

Sources: Go's cmd/go/internal/modload and x/mod/modfile. The texts were produced with Go 1.18 to 1.27.
"""

from __future__ import annotations

from layerg_pin.core.explain.message_kind import PACKAGE, Kind, kind

REQUIRE_KINDS: tuple[Kind, ...] = (
    kind(
        "declares-other-path",
        rf"module declares its path as: (?P<declared>{PACKAGE})\s{{1,40}}but was required as: (?P<required>{PACKAGE})",
        "the module {required} calls itself {declared} in its own go.mod",
        "go.mod: the module was renamed or is a fork; `require` and imports need the path that it declares",
        "require and import {declared}; for a fork, keep the path and write `replace {declared} => {required} VERSION`",
        file="go.mod",
    ),
    kind(
        "declares-other-path",
        rf"module declares its path as: (?P<declared>{PACKAGE})",
        "a required module calls itself {declared} in its own go.mod, which is another path than the required one",
        "go.mod: the module was renamed or is a fork; `require` and imports need the path that it declares",
        "require and import {declared}; for a fork, keep the path and write `replace {declared} => FORK VERSION`",
        file="go.mod",
    ),
    kind(
        "required-path",
        rf"but was required as: (?P<required>{PACKAGE})",
        "the required module {required} calls itself by another path in its own go.mod",
        "go.mod: the module was renamed or is a fork",
        "require and import the path that it declares; for a fork, keep that path and `replace` it by {required}",
        file="go.mod",
        part_of=("declares-other-path",),
    ),
    kind(
        "versions-conflict",
        r" requires (?P<module>[^\s@\"']{1,400})@(?P<needs>[^\s,\"']{1,200}), not (?P<same>[^\s@\"']{1,400})@"
        r"(?P<asked>[^\s,;\"']{1,200})",
        "{what} requires {module} {needs}, and the command asks for {asked}",
        "the versions that `go get` was called with",
        "call `go get` without {what}, so that Go may lower it; or hold {module} at the host's version with exclude "
        "lines, "
        "as `layerg-pin fix` does",
        file="go.mod",
    ),
    kind(
        "versions-conflict",
        r"version constraints conflict",
        "the versions that the command asks for contradict each other; the lines that follow list them",
        "the versions that `go get` was called with",
        "ask for fewer modules at once, or run `layerg-pin fix`, which holds the host's versions",
        file="go.mod",
    ),
    kind(
        "wrong-major",
        r"version \"(?P<version>[^\"\n]{1,200})\" invalid: should be (?P<should>v\d+(?: or v\d+)?), not (?P<major>v\d+)"
        r"",
        "the module path and the version {version} disagree about the major version: the path allows {should}",
        "the line of go.mod: from v2 on, the module path, and every import of it, has /v2",
        "write the path that belongs to the version (such as example.com/m/v2 v2.0.0), or a version that belongs to "
        "the "
        "path",
        file="go.mod",
    ),
    kind(
        "wrong-major",
        r"module contains a go\.mod file, so (?:module path must match major version|major version must be compatible)",
        "from v2 on, the path of a module with a go.mod ends in its major version, such as /v2",
        "the require in go.mod: its path lacks the major version, or the version is +incompatible",
        "require and import the path with /vN at its end, or use a v0 or v1 version",
        file="go.mod",
    ),
    kind(
        "replace-folder-missing",
        r"replacement directory (?P<folder>[^\n\"']{1,400}) does not (?P<lacks>exist|contain go\.mod)",
        "go.mod or go.work replaces a module by the folder {folder}, which does not {lacks}",
        "the replace line, or a Dockerfile that does not copy that folder, which must be inside the build context",
        "correct the path, copy the folder into the build, or remove the replace: "
        "a plugin needs the version that the host has",
        file="go.mod",
    ),
    kind(
        "replace-folder-missing",
        r"(?P<what_>replaced by|module) (?P<folder>\.{0,2}[/\\][^\s()\"':]{0,400})\)?: reading "
        r"(?P<gomod>[^\s:\"']{1,400}go\.mod): "
        r"open ",
        "go.mod or go.work replaces a module by the folder {folder}, which has no go.mod",
        "the replace line, or the folder: it must be the root of a module",
        "correct the path, or run `go mod init MODULE` in that folder; in a Dockerfile, copy the folder and its go.mod",
        file="go.mod",
    ),
    kind(
        "bad-replace",
        r"replacement module (?:without version must be directory path|directory path \"[^\"\n]{1,400}\" cannot have "
        r"version)",
        "the right side of a replace is either a folder that starts with ./, ../ or /, or a module with a version",
        "the replace line",
        "write `replace MODULE => ../folder`, or `replace MODULE => MODULE VERSION`",
        file="go.mod",
    ),
    kind(
        "bad-replace",
        r"conflicting replacements for (?P<module>[^\s:\"']{1,400})",
        "two lines replace {module} in different ways; the lines that follow list both",
        "go.mod; or the go.mod files of a workspace, of which each replaces it",
        "keep one of the replace lines; in a workspace, decide with `go work edit -replace`, or build with GOWORK=off",
    ),
    kind(
        "bad-replace",
        r"used for two different module paths",
        "one folder or module replaces two different modules",
        "go.mod: replace lines",
        "give each module its own replacement: correct the require or replace lines that use both paths",
        file="go.mod",
    ),
    kind(
        "no-module-line",
        r"(?:no module declaration in go\.mod|missing module declaration)",
        "go.mod has no `module` line: it is empty or incomplete",
        "go.mod, or a step of the build that creates or copies it",
        "add `module MODULE_PATH` as the first line: `go mod edit -module=MODULE_PATH`",
        file="go.mod",
    ),
    kind(
        "module-in-work-missing",
        r"cannot load module (?P<folder>[^\n\"']{1,400}) listed in go\.work file",
        "go.work uses the folder {folder}, which has no go.mod",
        "go.work, or a Dockerfile that does not copy that folder",
        "build the plugin with GOWORK=off, remove the `use` line, or copy the folder into the build",
        file="go.work",
    ),
    kind(
        "module-in-work-missing",
        r"module (?P<module>[^\s\"']{1,400}) appears multiple times in workspace",
        "two folders that go.work uses have the module path {module}",
        "go.work, or the `module` line of one of them",
        "remove one `use` line, or build the plugin with GOWORK=off",
        file="go.work",
    ),
    kind(
        "module-in-work-missing",
        r"reading go\.work: open (?P<path>[^\n:\"']{1,400}): ",
        "GOWORK names {path}, which cannot be read",
        "GOWORK in the environment of the build, or a Dockerfile that does not copy go.work",
        "build the plugin with GOWORK=off",
    ),
    kind(
        "bad-line",
        r"malformed module path \"(?P<path>[^\"\n]{1,300})\": (?P<reason>[^\n\"]{1,120})",
        "{path} is not a module path: {reason}",
        "go.mod, or an import in the source: it lacks the server (github.com/…), or has a scheme such as https://",
        "write the module path without a scheme, such as github.com/OWNER/NAME; a module that is only a folder needs a "
        "`replace`",
    ),
    kind(
        "bad-line",
        r"usage: (?P<usage>(?:module|require|exclude|replace|retract|godebug|tool|ignore) [^\n\"]{1,200})",
        "the line does not have the form `{usage}`",
        "go.mod or go.work",
        "correct the line",
        part_of=("merge-conflict",),
    ),
    kind(
        "bad-line",
        r"(?:invalid module version \"(?P<version>[^\"\n]{1,200})\"|version \"(?P<other>[^\"\n]{1,200})\" invalid)(?::"
        r" (?P<reason>[^\n\"]{1,200}))?",
        "the version on this line is invalid: versions have the form v1.2.3",
        "go.mod: a missing v, a branch or `latest` in place of a version",
        "write a whole version, or run `go get MODULE@BRANCH`, which resolves a branch",
        file="go.mod",
    ),
    kind(
        "bad-line",
        r"(?P<directive>go|toolchain|use|tool|ignore) directive expects exactly one argument",
        "the `{directive}` line needs exactly one word after it",
        "go.mod or go.work",
        "correct the line",
    ),
    kind(
        "bad-line",
        r"repeated (?P<directive>module|go|toolchain) statement",
        "the file has two `{directive}` lines",
        "go.mod or go.work, often after a merge",
        "remove one of them",
    ),
    kind(
        "excluded",
        r"(?:excluded by (?:go\.mod|main module|go\.work)|no matching versions for query \"(?P<query>[^\"\n]{1,200})\")"
        r"",
        "no version is left: none matches the command, or exclude lines of go.mod exclude those that do",
        "the version that was asked for, or the exclude lines of go.mod",
        "`go list -m -versions MODULE` lists the versions that exist; compare them with the exclude lines",
        file="go.mod",
    ),
    kind(
        "excluded",
        r"ignoring requirement on excluded version (?P<module>[^\s\"']{1,400}) (?P<version>v[^\s\"']{1,200})",
        "go.mod requires {module} {version}, and an exclude line of the same file forbids that version",
        "go.mod: one of the two lines",
        "remove the exclude line, or require the version that the host has",
        file="go.mod",
    ),
    kind(
        "no-such-modfile",
        r"-modfile=(?P<path>[^\s:\"']{1,300}): file does not have \.mod extension",
        "the name of the file for -modfile must end in .mod",
        "the build command, or GOFLAGS",
        "rename the file, or build without -modfile",
    ),
    kind(
        "no-such-modfile",
        r"go: open (?P<path>[^\n:\"']{0,300}\.mod): no such file or directory",
        "the build needs {path}, which does not exist: -modfile names it, or a `use` of go.work",
        "the build command, GOFLAGS or go.work; in a Dockerfile, COPY",
        "correct the path, or copy the file into the build; build with GOWORK=off if a go.work names it",
    ),
)
