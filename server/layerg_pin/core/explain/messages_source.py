"""Messages of Go about the plugin's source: its packages, imports and code.

Sources: Go's cmd/go/internal/load and modload, go/build and types2. The texts were produced with Go 1.18 to 1.27.
"""

from __future__ import annotations

from layerg_pin.core.explain.message_kind import PACKAGE, VERSION, Kind, kind

_CODE = r"(?:.*[/\\])?[^/\\:]+\.go:\d+(?::\d+)?"
"""A place in a Go file, which precedes each compiler error."""
_NO_RELEASE = r"(?![^\n]{0,300}requires (?:version )?go\d)"
"""Not before a text that names the Go release that the code needs."""
_COMPILER = "|".join(
    (
        *("undefined: ", "undeclared name: ", "cannot use ", "cannot range over ", "assignment mismatch: "),
        *("not enough arguments in call to ", "too many arguments in call to ", "not enough return values"),
        *("too many return values", "unknown field ", "invalid operation: ", "syntax error: ", "missing return"),
        *("missing function body", r"could not determine what C\.", "impossible type ", "declared and not used: "),
        r"\"[^\"\n]{1,200}\" imported and not used",
    )
)
"""The first words of compiler errors (Go: types2 and cmd/compile/internal/syntax)."""
_OF_A_NAME = r"redeclared in this block|declared and not used|declared but not used|undefined \(type"
_GIT = ("git-credentials", "git-ssh-key", "git-host-key", "git-failed", "git-missing", "repository-not-found")

SOURCE_KINDS: tuple[Kind, ...] = (
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
        "use what the host's Go release has: the host refuses plugins built with a newer Go",
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
        rf"cannot find module providing package (?P<package>{PACKAGE})(?=: (?:module |unrecognized |[^\s:]{{1,300}}@))",
        "no module that go.mod requires has the package {package}",
        "the plugin's source or go.mod; with -mod=vendor, an outdated vendor folder",
        "run `go mod tidy`, then `layerg-pin check`, because tidy may select a newer version than the host's; with "
        "vendor/, run `go mod vendor` after that",
        part_of=("not-in-proxy", "proxy-refused", "no-network", "proxy-off", "no-import-meta", *_GIT),
    ),
    kind(
        "no-module-provides",
        rf"(?:cannot find module providing|no required module provides) package (?P<package>{PACKAGE})",
        "no module that go.mod requires has the package {package}",
        "the plugin's source or go.mod; with -mod=vendor, an outdated vendor folder",
        "run `go mod tidy`, then `layerg-pin check`, because tidy may select a newer version than the host's; with "
        "vendor/, run `go mod vendor` after that",
    ),
    kind(
        "ambiguous-import",
        rf"ambiguous import: found package (?P<package>{PACKAGE}) in multiple (?P<what_>modules|directories)",
        "two {what_} have the package {package}; the lines that follow name them",
        "go.mod: the package moved to a module of its own, and an older version of the module that had it is selected "
        "(google.golang.org/genproto is the usual case)",
        "raise the older of the two modules to a version that no longer has the package: `go get MODULE@VERSION`; if "
        "the host has that module, take the host's version",
        "then run `layerg-pin check`",
        file="go.mod",
    ),
    kind(
        "import-cycle",
        r"import cycle not allowed",
        "packages import each other in a cycle, which the lines before list",
        "the plugin's source",
        "move what both packages need into a third one",
    ),
    kind(
        "no-go-files",
        r"no (?:non-test |buildable )?Go (?:source )?files in (?P<folder>[^\n\"']{0,499}[^\s\"'])",
        "the folder {folder} has no Go file that can be built",
        "the build command or the working folder; in a Dockerfile, WORKDIR or COPY, or a .dockerignore",
        "build the folder of the plugin's main package: `go build -buildmode=plugin ./cmd/plugin`",
    ),
    kind(
        "no-go-files",
        r"stat (?P<folder>[^\n\"':]{1,500}): directory not found",
        "the folder {folder} does not exist",
        "the build command or the working folder; in a Dockerfile, WORKDIR or COPY, or a .dockerignore",
        "build the folder of the plugin's main package: `go build -buildmode=plugin ./cmd/plugin`",
    ),
    kind(
        "outside-module",
        rf"main module \((?P<module>{PACKAGE})\) does not contain package (?P<package>{PACKAGE})",
        "the folder of {package} does not exist in the module {module}, or belongs to another module",
        "the build command or an import; a go.mod in the folder makes it a module of its own",
        "correct the path; if the folder has its own go.mod, change into it and build there",
    ),
    kind(
        "outside-module",
        r"directory (?P<folder>[^\n\"']{1,400}) (?:outside (?:main module|modules listed|available modules)|is not in "
        r"(?:std|GOROOT))",
        "the folder {folder} is not part of the module that is built",
        "the build command or the working folder; or a go.work that does not use the folder's module",
        "change into the plugin's folder and build there; if a go.work applies, build with GOWORK=off",
    ),
    kind(
        "all-files-excluded",
        r"build constraints exclude all Go files in (?P<folder>[^\n\"']{0,499}[^\s\"'])",
        'no Go file in {folder} is for this build: their names, `//go:build` lines or `import "C"` exclude it',
        'the plugin\'s build: CGO_ENABLED=0 excludes files with `import "C"`; otherwise GOOS, GOARCH, -tags or the Go '
        "release do not meet their constraints",
        "build with CGO_ENABLED=1, the host's platform and the host's -tags",
    ),
    kind(
        "c-files-without-cgo",
        r"(?P<language>C|C\+\+|Objective-C|Fortran|SWIG) source files not allowed when not using cgo(?: or SWIG)?: "
        r"(?P<names>[^\n\"]{1,200})",
        'the folder has {language} files ({names}), but no Go file with `import "C"` is part of the build',
        'the plugin\'s source; or CGO_ENABLED=0, which excludes the files with `import "C"`',
        "build with CGO_ENABLED=1; if cgo is not used, move those files out of the folder",
    ),
    kind(
        "no-main-function",
        r"function main is undeclared in the main package",
        "the build makes a program, which needs a `func main`; a plugin needs none",
        "the build command: -buildmode=plugin is missing, or it names another folder",
        "build with `go build -buildmode=plugin -trimpath`",
        "if a program is meant, add `func main` to its package main",
    ),
    kind(
        "two-packages",
        r"found packages (?P<one>\w{1,100}) \((?P<first>[^()\n]{1,200})\) and (?P<two>\w{1,100}) "
        r"\((?P<second>[^()\n]{1,200})\)",
        "{first} is in package {one} and {second} in package {two}, but one folder is one package",
        "the plugin's source",
        "write the same package clause in both files, `package main` for a plugin, or move one file to another folder",
    ),
    kind(
        "embed-not-found",
        r"pattern (?P<glob>[^\s\"']{1,300}): no matching files found",
        "the `//go:embed` line names {glob}, and there is no such file",
        "the plugin's source; in a container, a COPY that only copies Go files, or a .dockerignore",
        "copy that file into the build too, or correct the pattern",
    ),
    kind(
        "relative-import",
        r"\"(?P<path>\.{1,2}/[^\"\n]{1,300})\" is relative, but relative import paths are not supported in module mode",
        "{path} is relative, and Go modules have no relative imports",
        "the plugin's source",
        "write the full import path: the module path of go.mod, then the folder",
    ),
    kind(
        "relative-import",
        r"local import \"(?P<path>[^\"\n]{1,300})\" in non-local package",
        "{path} is relative, and Go modules have no relative imports",
        "the plugin's source",
        "write the full import path: the module path of go.mod, then the folder",
    ),
    kind(
        "malformed-import",
        r"(?:malformed|invalid) import path:? \"?(?P<path>[^\"\n:]{1,300})",
        "{path} is not an import path",
        "the plugin's source, or the build command",
        "correct the import path",
    ),
    kind(
        "conflict-markers",
        r": syntax error: non-declaration statement outside function body",
        "the compiler finds something that is not a declaration; a line of `<<<<<<<`, `=======` or `>>>>>>>` is the "
        "marker "
        "of a merge conflict",
        "the Go file at that line",
        "if the line is a conflict marker, resolve the conflict and remove the markers; otherwise move the statement "
        "into a function",
        what=_CODE,
    ),
    kind(
        "go-line-too-old",
        r"requires (?:version )?go(?P<go>\d+\.\d+) or later(?: \(-lang was set to go(?P<lang>[\d.]{1,20})[^()"
        r"\n]{0,60}\)|"
        r"(?=\)))",
        "the code uses a language feature of Go {go}, but the `go` line of its module is older",
        "the `go` line of the module, or the code",
        "if the host's Go is {go} or newer, raise the `go` line to it: `go mod edit -go={go}`",
        "otherwise write the code without this feature, or use an older version of the dependency",
    ),
    kind(
        "needs-newer-go",
        r": (?P<error>undefined: (?:min|max|clear)\b|cannot range over [^\n]{1,80}\(untyped int constant[^\n()]{0,40}\)"
        r"(?!: requires))",
        "the code uses a newer Go than the one that builds: min, max and clear need 1.21, a range over a number 1.22",
        "the builder's Go release; or the code, if it has its own function with that name",
        "build with the host's Go release; if that is the older one, write the code without this feature",
        "if the file belongs to a dependency, use an older version of it",
        what=_CODE,
    ),
    kind(
        "does-not-compile",
        rf": {_NO_RELEASE}(?P<error>(?:{_COMPILER})[^\n\"]{{0,300}}|[^\s:]{{1,200}} (?:{_OF_A_NAME})[^\n\"]{{0,300}})",
        "the code does not compile at this line",
        "the Go file that the line names; if it compiled before, a version changed that has another API "
        "(nakama-common, "
        "for example), or an older Go release builds it",
        "correct the code; if a version changed to match the host's, adapt the code to the API of that version",
        "if the file belongs to a dependency, use a version of it that supports the host's Go release",
        what=_CODE,
        part_of=("conflict-markers", "go-line-too-old", "cannot-compile"),
    ),
    kind(
        "case-collision",
        r"case-insensitive import collision: \"(?P<one>[^\"\n]{1,300})\" and \"(?P<two>[^\"\n]{1,300})\"",
        "two imports differ only in upper and lower case",
        "the plugin's source, or a dependency that uses the old spelling (Sirupsen/logrus, for example)",
        "write the path as the module's go.mod declares it, everywhere",
    ),
)
