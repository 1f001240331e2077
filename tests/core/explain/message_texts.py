"""Messages of real hosts and of Go, each with its kind and a part of its explanation.

The texts were printed by Go 1.18 to 1.26, gcc, glibc 2.36 and musl 1.2.3 for small faulty builds, or come from public
reports. Names of modules, hosts and folders are changed.
"""

from __future__ import annotations

from tests.core.explain.message_texts_build import BUILD_MESSAGES

UUID = 'plugin.Open("/m/p"): plugin was built with a different version of package github.com/gofrs/uuid/v5'
SO = 'plugin.Open("/m/p.so"): /m/p.so'

MESSAGES = {
    UUID: ("different-package", "github.com/gofrs/uuid/v5"),
    f"{UUID} (previous failure)": ("different-package", "github.com/gofrs/uuid/v5"),
    f"{SO}: invalid ELF header": ("invalid-elf-header", "macOS"),
    f"{SO}: file too short": ("file-too-short", "interrupted"),
    f"{SO}: wrong ELF class: ELFCLASS32": ("wrong-elf-class", "GOARCH"),
    f"{SO}: cannot dynamically load executable": ("executable", "-buildmode=plugin"),
    f"{SO}: cannot dynamically load position-independent executable": ("executable", "-buildmode=plugin"),
    f"{SO}: cannot open shared object file: No such file or directory": ("wrong-architecture", "another processor"),
    f"{SO}: cannot open shared object file: Permission denied": ("no-permission", "chmod a+r /m/p.so"),
    'plugin.Open("/m/p.so"): libc.musl-x86_64.so.1: cannot open shared object file: No such file or directory': (
        "library-missing",
        "needs the shared library libc.musl-x86_64.so.1",
    ),
    'plugin.Open("/m/p.so"): /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34\' not found (required by /m/p.so)': (
        "glibc-too-old",
        "GLIBC_2.34",
    ),
    f"{SO}: cannot read file data: Is a directory": ("is-a-directory", "the path is a folder"),
    'plugin.Open("/m/p.so"): realpath failed': ("realpath-failed", "no file at the path"),
    "plugin: not implemented": ("not-implemented", "CGO_ENABLED=0"),
    'plugin.Open("/m/q"): plugin already loaded': ("already-loaded", "same module path"),
    f"{SO}: something unheard of (previous failure)": ("previous-failure", "restart the host"),
    "plugin: symbol InitModule not found in plugin example.com/backend": (
        "symbol-not-found",
        "declare `func InitModule(ctx context.Context, logger runtime.Logger, db *sql.DB, nk runtime.NakamaModule, ",
    ),
    "Error looking up InitModule function in Go module": ("init-module-missing", "does not export InitModule"),
    "Error reading InitModule function in Go module": ("init-module-signature", "signature"),
    "fatal error: runtime: no plugin module data": ("no-plugin-module-data", "another minor release of Go"),
    "[signal SIGBUS: bus error code=0x2 addr=0x7f0000 pc=0x47]": ("bus-error", "truncated"),
    "go: -buildmode=plugin requires external (cgo) linking, but cgo is not enabled": (
        "cgo-not-enabled",
        "CGO_ENABLED=1",
    ),
    "-buildmode=plugin requires exactly one main package": ("not-one-main", "package main"),
    "-buildmode=plugin not supported on windows/amd64": ("mode-not-supported", "windows/amd64"),
    "go: inconsistent vendoring in /src/my plugin:": ("inconsistent-vendoring", "/src/my plugin"),
    "\tgo.uber.org/zap@v1.27.0: is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt": (
        "not-vendored",
        "go.uber.org/zap@v1.27.0",
    ),
    "\tgo.uber.org/zap@v1.26.0: is marked as explicit in vendor/modules.txt, but not explicitly required in go.mod": (
        "vendored-only",
        "which it no longer does",
    ),
    "\tgo.uber.org/zap: is replaced in go.mod, but not marked as replaced in vendor/modules.txt": (
        "replace-not-vendored",
        "go.mod replaces this module",
    ),
    "go: go.mod requires go >= 1.27 (running go 1.26.8; GOTOOLCHAIN=local)": ("go-too-old", "the `go` line of go.mod"),
    "go: google.golang.org/grpc@v1.85.0 requires go >= 1.26.0 (running go 1.23.4; GOTOOLCHAIN=go1.23.4)": (
        "go-too-old",
        "google.golang.org/grpc@v1.85.0 requires a newer Go",
    ),
    "go: google.golang.org/grpc@v1.85.0 requires go >= 1.26.0; switching to go1.26.8": (
        "go-switched",
        "go1.26.8 builds",
    ),
    "main.go:5:2: use of internal package google.golang.org/grpc/internal/grpclog not allowed": (
        "internal-package",
        "google.golang.org/grpc/internal/grpclog can only be",
    ),
    'main.go:5:2: import "google.golang.org/protobuf/cmd/protoc-gen-go" is a program, not an importable package': (
        "import-of-program",
        "protoc-gen-go is a package main",
    ),
    "main.go:9:2: module example.com/m@latest found (v1.1.0), but does not contain package example.com/m/x": (
        "package-not-in-module",
        "the module example.com/m has no package example.com/m/x",
    ),
    "main.go:9:2: module example.com/m@v1.0.0 found, but does not contain package example.com/m/x": (
        "package-not-in-module",
        "has no package",
    ),
    "main.go:9:2: missing go.sum entry for module providing package go.uber.org/zap; to add:": ("missing-sum", "tidy"),
    "go: updates to go.mod needed; to update it:": ("updates-needed", "a dependency requires a higher version"),
    "main.go:9:2: cannot find module providing package example.com/x: import lookup disabled by -mod=vendor": (
        "no-module-provides",
        "has the package example.com/x",
    ),
    "main.go:9:2: no required module provides package example.com/x; to add it:": (
        "no-module-provides",
        "example.com/x",
    ),
    # Go 1.18 to 1.20 on newer directives, then newer Go
    "go: errors parsing go.mod:\n/src/go.mod:5: unknown directive: toolchain": (
        "unknown-directive",
        "Go 1.21 or newer",
    ),
    "go.mod:5: unknown directive: toolchain": ("unknown-directive", "remove the toolchain line"),
    "go.mod:7: unknown directive: tool": ("unknown-directive", "Go 1.24 or newer"),
    "go.mod:7: unknown directive: godebug": ("unknown-directive", "Go 1.23 or newer"),
    "go.mod:7: unknown directive: ignore": ("unknown-directive", "Go 1.25 or newer"),
    "go.mod:7: unknown directive: retract": ("unknown-directive", "Go 1.16 or newer"),
    "go.mod:7: unknown directive: exclud": ("unknown-directive", "misspelt"),
    "go.mod:7: unknown directive: tools": ("unknown-directive", "does not know the directive tools"),
    "go.mod:3: invalid go version '1.21.0': must match format 1.23": ("invalid-go-version", "Go 1.20 and older"),
    "/src/go.mod:3: invalid go version '1.21rc1': must match format 1.23": ("invalid-go-version", "Go 1.20 and older"),
    "go.mod:3: invalid go version 'v1.22': must match format 1.23.0": ("invalid-go-version", "`go v1.22` is not"),
    "reading go.work: /src/go.work:1: invalid go version '1.21.0': must match format 1.23": (
        "invalid-go-version",
        "two numbers",
    ),
    "go.mod:4: invalid toolchain version '1.22': must match format go1.23.0 or default": (
        "invalid-toolchain",
        "toolchain go1.23.4",
    ),
    'go: invalid GOTOOLCHAIN "foo"': ("invalid-toolchain", "GOTOOLCHAIN=local"),
    "go: download go1.27 for linux/amd64: toolchain not available": ("toolchain-unavailable", "requires go1.27,"),
    "go: download go1.99.0: golang.org/toolchain@v0.0.1-go1.99.0.linux-amd64: reading https://proxy.example.com/golang."
    "org/toolchain/@v/v0.0.1-go1.99.0.linux-amd64.zip: 403 Forbidden": ("toolchain-unavailable", "requires go1.99.0,"),
    "go: download go1.22.1: golang.org/toolchain@v0.0.1-go1.22.1.linux-amd64: verifying module: checksum database "
    "disabled by GOSUMDB=off": ("toolchain-unverified", "GOSUMDB=off"),
    'go: cannot find "go1.22.1" in PATH': ("toolchain-unavailable", "requires go1.22.1,"),
    "go: module . listed in go.work file requires go >= 1.22, but go.work lists go 1.21; to update it:": (
        "go-work-too-old",
        "go work use",
    ),
    "go: ../go.work requires go >= 1.99 (running go 1.21.13; GOTOOLCHAIN=local)": ("go-too-old", "../go.work requires"),
    'go: -mod may only be set to readonly or vendor when in workspace mode, but it is set to "mod"': (
        "workspace-mod-flag",
        "GOWORK=off",
    ),
    'go: -mod may only be set to readonly when in workspace mode, but it is set to "vendor"': (
        "workspace-mod-flag",
        "before Go 1.22 -mod=vendor",
    ),
    "go: 'go mod vendor' cannot be run in workspace mode. Run 'go work vendor' to vendor the workspace or set "
    "'GOWORK=off' to exit workspace mode.": ("workspace-mod-flag", "GOWORK=off go mod vendor"),
    "go: no modules were found in the current workspace; see 'go help work'": ("not-in-workspace", "go work use ."),
    "current directory is contained in a module that is not one of the workspace modules listed in go.work. You can add"
    " the module to the workspace using:": ("not-in-workspace", "does not use the plugin's module"),
    "example.com/m: cannot compile Go 1.22 code": ("cannot-compile", "requires Go 1.22,"),
    "note: module requires Go 1.22": ("cannot-compile", "requires Go 1.22,"),
    "main.go:3:8: package slices is not in GOROOT (/usr/local/go/src/slices)": ("not-in-std", "no package slices"),
    "main.go:4:8: package utils/x is not in std (/usr/local/go/src/utils/x)": ("not-in-std", "full import path"),
    "go: go.mod file not found in current directory or any parent directory; see 'go help modules'": (
        "no-gomod",
        "WORKDIR",
    ),
    "#9 0.266 go: cannot find main module, but found .git/config in /backend": ("no-gomod", "WORKDIR"),
    "error obtaining VCS status: exit status 128\n\tUse -buildvcs=false to disable VCS stamping.": (
        "vcs-status",
        "-buildvcs=false",
    ),
    # the C compiler
    'cgo: C compiler "gcc" not found: exec: "gcc": executable file not found in $PATH': (
        "no-c-compiler",
        "apk add gcc",
    ),
    'cgo: C compiler "gcc" not found: exec: "gcc": executable file not found in %PATH%': (
        "no-c-compiler",
        "builder image",
    ),
    'cgo: C compiler "clang" not found: exec: "clang": executable file not found in $PATH': (
        "no-c-compiler",
        "clang is not installed",
    ),
    'cgo: C compiler "aarch64-linux-gnu-gcc" not found: exec: "aarch64-linux-gnu-gcc": executable file not found in '
    "$PATH": ("no-c-compiler", "aarch64-linux-gnu-gcc is not installed"),
    'link: running gcc failed: exec: "gcc": executable file not found in $PATH': ("no-c-compiler", "gcc is not"),
    "gcc_arm64.S: Assembler messages:": ("wrong-c-compiler", "GOARCH is arm64"),
    "gcc: error: unrecognized command-line option ‘-m64’": (  # noqa: RUF001  gcc prints these
        "wrong-c-compiler",
        "does not support -m64",
    ),
    "gcc: error: unrecognized command-line option '-marm'; did you mean '-mabm'?": (
        "wrong-c-compiler",
        "does not support -marm",
    ),
    "/usr/bin/ld: cannot find -lnosuch: No such file or directory": ("c-library-missing", "C library nosuch"),
    "Package nosuch was not found in the pkg-config search path.": ("c-library-missing", "pkg-config does not find"),
    "./main.go:3:11: fatal error: nosuch.h: No such file or directory": ("c-header-missing", "header nosuch.h"),
    # loaders
    f"{SO}: undefined symbol: no_such_foo": ("undefined-symbol", "C symbol no_such_foo"),
    f"{SO}: undefined symbol: foo, version V2": ("undefined-symbol", "C symbol foo,"),
    "./x.so: undefined symbol: foo": ("undefined-symbol", "C symbol foo,"),
    "Error relocating /x.so: foo: symbol not found": ("undefined-symbol", "musl (Alpine)"),
    'plugin.Open("/m/p.so"): Error relocating /m/p.so: __vfprintf_chk: symbol not found': (
        "undefined-symbol",
        "neither musl (Alpine) nor",
    ),
    "Error loading shared library libc.so.6: No such file or directory (needed by /m/p.so)": (
        "library-missing",
        "shared library libc.so.6",
    ),
    'plugin.Open("/m/p.so"): Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by '
    "/m/p.so)": ("library-missing", "glibc's (Debian, Ubuntu)"),
    "Error loading shared library ./t.so: Exec format error": ("exec-format-error", "cannot read ./t.so"),
    'plugin.Open("/m/p.so"): Error loading shared library /m/p.so: Is a directory': ("is-a-directory", "mounted"),
    "Error relocating ./rel.so: unsupported relocation type 37": ("unsupported-relocation", "(type 37)"),
    "Error relocating ./p.so: unsupported relocation type 1027": ("unsupported-relocation", "arm64's"),
    f"{SO}: unexpected reloc type 0x25": ("unsupported-relocation", "(type 0x25)"),
    "Error relocating ./tls.so: big: initial-exec TLS resolves to dynamic definition in ./tls.so": (
        "static-tls",
        "uses glibc",
    ),
    f"{SO}: cannot allocate memory in static TLS block": ("static-tls", "thread-local storage"),
    f"{SO}: failed to map segment from shared object": ("not-mappable", "noexec"),
    f"{SO}: failed to map segment from shared object: Operation not permitted": ("not-mappable", "noexec"),
    'plugin.Open("/m/p.so"): /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38\' not found (required by /m/p.so)': (
        "glibc-too-old",
        "GLIBC_2.38 is missing",
    ),
    'plugin.Open("/m/p.so"): /usr/lib/libstdc++.so.6: version `GLIBCXX_3.4.29\' not found (required by /m/p.so)': (
        "library-too-old",
        "GLIBCXX_3.4.29 is missing",
    ),
    "plugin.Open(\"/m/p.so\"): dlopen(/m/p.so, 0x000A): tried: '/m/p.so' (mach-o file, but is an incompatible "
    "architecture (have 'arm64', need 'x86_64'))": ("wrong-architecture", "built for arm64"),
    "plugin.Open(\"/m/p.so\"): dlopen(/m/p.so, 0x000A): tried: '/m/p.so' (not a mach-o file)": ("not-mach-o", "macOS"),
    # the Go runtime, and what packages register when they are initialised
    "plugin.lastmoduleinit()\n\truntime/plugin.go:51 +0x29c": ("runtime-crash", "another Go release"),
    "plugin: plugin plugin/unnamed-5639aa0a277d71c2 already loaded": ("already-loaded", "module path"),
    'panic: proto: file "x.proto" is already registered\n\t\tpreviously from: "example.com/M"\n\t\tcurrently from:  '
    '"example.com/N"\n\tSee https://protobuf.dev/reference/go/faq#namespace-conflict': (
        "proto-registered",
        "protobuf file x.proto",
    ),
    'WARNING: proto: file "x.proto" is already registered': ("proto-registered", "currently from"),
    "panic: proto: message a.M is already registered": ("proto-registered", "protobuf message a.M"),
    'panic: proto: file "y.proto" has a name conflict over a.M': ("proto-registered", "declare a.M"),
    "panic: sql: Register called twice for driver pgx": ("registered-twice", "driver pgx"),
    "panic: duplicate metrics collector registration attempted": ("registered-twice", "prometheus.NewRegistry"),
    "panic: Reuse of exported var name: requests": ("registered-twice", "register requests"),
    "panic: http: multiple registrations for /healthz": ("registered-twice", "register /healthz"),
    # other hosts
    "opening plugin 1 (plugins/serverPlugin.so): plugin: symbol ClientRegisterer not found in plugin plugin/x": (
        "symbol-not-found",
        "otherwise declare `var ClientRegisterer = registerer",
    ),
    "plugin: symbol GetGotifyPluginInfo not found in plugin example.com/p": (
        "symbol-not-found",
        "for gotify, declare `func GetGotifyPluginInfo() plugin.Info`",
    ),
    "missing NewGotifyPluginInstance symbol": (
        "symbol-not-found",
        "func NewGotifyPluginInstance(ctx plugin.UserContext) plugin.Plugin",
    ),
    "NewGotifyPluginInstance signature mismatch, func(ctx plugin.UserContext) plugin.Plugin expected, got func()": (
        "entry-signature",
        "for gotify, declare",
    ),
    "unknown plugin version (unrecogninzed GetGotifyPluginInfo signature func() int)": (
        "entry-signature",
        "for gotify, declare",
    ),
    "could not cast function symbol to http.HandlerFunc": ("entry-signature", "type http.HandlerFunc"),
    "plugin: symbol Frobnicate not found in plugin example.com/p": (
        "symbol-not-found",
        "declare an exported function or variable Frobnicate in package main",
    ),
    "Error returned by InitModule function in Go module": ("init-module-failed", "returned an error"),
    # downloads
    "main.go:3:8: missing go.sum entry for module providing package go.uber.org/multierr (imported by example.com/m); "
    "to add:": ("missing-sum", "go mod tidy"),
    "go: go.uber.org/multierr@v1.11.0: missing go.sum entry for go.mod file; to add it:\n\tgo mod download "
    "go.uber.org/multierr": ("missing-sum", "checksum"),
    "verifying go.uber.org/multierr@v1.11.0: checksum mismatch\n\tdownloaded: h1:blXXJkSxSSfBVBlC76pxqeO+LN3aDfLQo+309x"
    "JstO0=\n\tgo.sum:     h1:AAAAJkSxSSfBVBlC76pxqeO+LN3aDfLQo+309xJstO0=": (
        "checksum-mismatch",
        "contents of go.uber.org/multierr@v1.11.0",
    ),
    "SECURITY ERROR\nThis download does NOT match an earlier download recorded in go.sum.": (
        "security-error",
        "refuses a download",
    ),
    "malformed go.sum:\n/src/go.sum:1: wrong number of fields 2": ("malformed-sum", "merge conflict"),
    "go: github.com/acme/private@v1.0.0: verifying go.mod: github.com/acme/private@v1.0.0/go.mod: reading "
    "https://sum.golang.org/lookup/github.com/acme/private@v1.0.0: 404 Not Found": ("sum-database", "(404 Not Found)"),
    "go: github.com/acme/private@v1.0.0: reading https://proxy.example.com/github.com/acme/private/@v/v1.0.0.mod: 404 "
    "Not Found": ("proxy-refused", "GOPRIVATE"),
    "go: github.com/acme/private@v1.0.0: reading https://proxy.example.com/github.com/acme/private/@v/v1.0.0.mod: 410 "
    "Gone": ("proxy-refused", "(410 Gone)"),
    "go: module github.com/x/y: reading https://proxy.example.com/github.com/x/y/@v/list: 403 Forbidden": (
        "proxy-refused",
        "(403 Forbidden)",
    ),
    "go: github.com/acme/p@v1.0.0: reading https://proxy.example.com/github.com/a/p/@v/v1.0.0.mod: 502 Bad Gateway": (
        "no-network",
        "(502 Bad Gateway)",
    ),
    'go: github.com/acme/p@v1.0.0: Get "https://proxy.example.com/github.com/acme/p/@v/v1.0.0.mod": dial tcp: lookup '
    "proxy.example.com: no such host": ("no-network", "could not reach"),
    'go: x.example.com/p@v1.0.0: unrecognized import path "x.example.com/p": https fetch: Get '
    '"https://x.example.com/p?go-get=1": tls: failed to verify certificate: x509: certificate signed by '
    "unknown authority": (
        "no-network",
        "ca-certificates",
    ),
    "fatal: unable to access 'https://github.com/acme/private/': Could not resolve host: github.com": (
        "no-network",
        "could not reach",
    ),
    "ssh: Could not resolve hostname github.com: Name or service not known": ("no-network", "no DNS"),
    "go: github.com/acme/private@v1.0.0: module lookup disabled by GOPROXY=off": ("proxy-off", "go mod download"),
    "\tfatal: could not read Username for 'https://github.com': terminal prompts disabled": (
        "git-credentials",
        "GOPRIVATE",
    ),
    "fatal: could not read Username for 'https://github.com': No such device or address": (
        "git-credentials",
        "has no terminal",
    ),
    "fatal: Authentication failed for 'https://github.com/acme/private/'": ("git-credentials", "new token"),
    "git@github.com: Permission denied (publickey).": ("git-ssh-key", "docker build --ssh"),
    "Host key verification failed.": ("git-host-key", "ssh-keyscan"),
    "ERROR: Repository not found.": ("repository-not-found", "hides it"),
    "remote: Repository not found.": ("repository-not-found", "hides it"),
    "fatal: repository 'https://github.com/acme/private/' not found": ("repository-not-found", "hides it"),
    "go: github.com/acme/p@v1.0.9: invalid version: unknown revision v1.0.9": ("unknown-revision", "commit v1.0.9"),
    'git ls-remote -q origin in /go/pkg/mod/cache/vcs/bc82: exec: "git": executable file not found in $PATH': (
        "git-missing",
        "install Git",
    ),
    "go: github.com/acme/private@v1.0.0: invalid version: git ls-remote -q origin in /go/pkg/mod/cache/vcs/bc8292be39c9"
    "04d6ce2a60e1806e4affac3d7f1df660b4cda5cd9d2ff4799c3c: exit status 128:": ("git-failed", "Git's error"),
    "reading github.com/acme/p/go.mod at revision v1.0.0: git ls-remote -q --end-of-options origin in /go/vcs/bc: exit "
    "status 128:": ("git-failed", "could not read the repository"),
    **BUILD_MESSAGES,
}

FILES = {
    UUID: "/m/p.so",
    f'{{"path":"/my mods/b.so","error":"{UUID}"}}'.replace('("/m/p")', r"(\"/my mods/b\")"): "/my mods/b.so",
    f"{SO}: file too short": "/m/p.so",
    'plugin.Open("/m/p.so"): libfoo.so: cannot open shared object file: No such file or directory': "/m/p.so",
    "opening plugin 1 (plugins/server.so): plugin: symbol X not found in plugin plugin/unnamed-00": "plugins/server.so",
    "Error relocating /x.so: foo: symbol not found": "/x.so",
    "Error loading shared library libc.so.6: No such file or directory (needed by /m/p.so)": "/m/p.so",
    "go.mod:5: unknown directive: toolchain": "go.mod:5",
    "nakama-1  | /src/go.mod:5: unknown directive: toolchain": "/src/go.mod:5",
    r"C:\src\go.mod:5: unknown directive: toolchain": r"C:\src\go.mod:5",
    "reading go.work: /src/go.work:1: invalid go version '1.21.0': must match format 1.23": "/src/go.work:1",
    "main.go:5:2: use of internal package example.com/a/internal/b not allowed": "main.go:5:2",
    "main.go:3:8: missing go.sum entry for module providing package go.uber.org/multierr": "main.go:3:8",
    "go: go.uber.org/multierr@v1.11.0: missing go.sum entry for go.mod file; to add it:": "go.sum",
    "verifying go.uber.org/multierr@v1.11.0: checksum mismatch": "go.sum",
    "go: inconsistent vendoring in /src/my plugin:": "/src/my plugin/vendor/modules.txt",
    "go: go.mod requires go >= 1.27 (running go 1.26.8; GOTOOLCHAIN=local)": "go.mod",
    "go: google.golang.org/grpc@v1.85.0 requires go >= 1.26.0 (running go 1.23.4; GOTOOLCHAIN=go1.23.4)": "",
    "go: module ./a listed in go.work file requires go >= 1.22, but go.work lists go 1.21": "go.work",
    'time="Oct 29 16:23:07" level=error msg="Could not load Go-plugin" error="plugin.Open(\\"/plugins/post\\"): plugin '
    'was built with a different version of package a.b/c" mwPath="/plugins/post.so"': "/plugins/post.so",
    "fatal error: runtime: no plugin module data": "",
    "go.mod:10: unknown block type: godebug": "go.mod:10",
    "go.mod:9: unknown directive: <<<<<<<": "go.mod:9",
    'go.mod:5: require ex.com/f: version "v2.0.0" invalid: should be v0 or v1, not v2': "go.mod:5",
    '/src/sub/go.mod:7: replacement module directory path "../r" cannot have version': "/src/sub/go.mod:7",
    "x.go:3:8: ambiguous import: found package google.golang.org/genproto/googleapis/rpc/status in multiple modules:": (
        "x.go:3:8"
    ),
    "main.go:4:2: ex.com/a@v1.0.0: replacement directory ../nosuch does not exist": "go.mod",
    "./main.go:3:8: type parameter requires go1.18 or later (-lang was set to go1.17; check go.mod)": "./main.go:3:8",
    "#9 1.2 ./main.go:3:15: undefined: foo": "./main.go:3:15",
    "main.go:5:12: pattern nosuch.txt: no matching files found": "main.go:5:12",
}
"""The file of a message, by the line that contains it."""
