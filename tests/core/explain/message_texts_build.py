"""Messages of Go, Git, C compilers, Docker and loaders about builds, each with its kind and a part of its explanation.

Go 1.18 to 1.27, gcc, glibc 2.36 and Linux printed them for small faulty builds; those of Docker, macOS and hosting
services come from public reports. Names of modules and folders are changed.
"""

from __future__ import annotations

SO = 'plugin.Open("./p.so"): /m/p.so'

BUILD_MESSAGES = {
    # go.mod and go.work
    "go.mod:10: unknown block type: godebug": ("unknown-directive", "Go 1.23 or newer"),
    "/src/go.mod:4: unknown block type: tool": ("unknown-directive", "Go 1.24 or newer"),
    "go.mod:4: unknown block type: ignore": ("unknown-directive", "Go 1.25 or newer"),
    "go.mod:4: unknown block type: retrac": ("unknown-directive", "misspelt"),
    "go.mod:9: unknown directive: <<<<<<<": ("merge-conflict", "resolve the conflict"),
    "go.work:5: unknown directive: =======": ("merge-conflict", "merge conflict"),
    "/src/go.mod:9: unknown directive: >>>>>>>": ("merge-conflict", "merge conflict"),
    "go.mod:6: malformed module path \"<<<<<<<\": invalid char '<'": ("merge-conflict", "remove the marker lines"),
    "dockerfile parse error on line 3: unknown instruction: <<<<<<<": ("merge-conflict", "merge conflict"),
    "go.mod:8: usage: require module/path v1.2.3": ("bad-line", "`require module/path v1.2.3`"),
    "go.mod:4: repeated module statement": ("bad-line", "two `module` lines"),
    "go.mod:3: go directive expects exactly one argument": ("bad-line", "one word"),
    'go.mod:5: require ex.com/a: version "1.0.0" invalid: must be of the form v1.2.3': ("bad-line", "form v1.2.3"),
    'mylib: malformed module path "mylib": missing dot in first path element': ("bad-line", "missing dot"),
    "go: malformed module path \"https:\": invalid char ':'": ("bad-line", "without a scheme"),
    'go.mod:5: require ex.com/f: version "v2.0.0" invalid: should be v0 or v1, not v2': ("wrong-major", "/v2"),
    'go.mod:5: require ex.com/f/v2: version "v1.0.0" invalid: should be v2, not v1': ("wrong-major", "path allows v2"),
    'invalid version: module contains a go.mod file, so module path must match major version ("ex.com/f/v2")': (
        "wrong-major",
        "ends in its major version",
    ),
    "go: no module declaration in go.mod. To specify the module path:": ("no-module-line", "no `module` line"),
    "go: error reading go.mod: missing module declaration. To specify the module path:": ("no-module-line", "first"),
    "go: ex.com/b@v1.0.0: parsing go.mod:\n\tmodule declares its path as: ex.com/other\n\t        but was required as: "
    "ex.com/b": ("declares-other-path", "ex.com/b calls itself ex.com/other"),
    "\t        but was required as: ex.com/d": ("required-path", "ex.com/d"),
    "\tmodule declares its path as: ex.com/other": ("declares-other-path", "calls itself ex.com/other"),
    "go: ex.com/c@v1.0.0 requires ex.com/a@v1.1.0, not ex.com/a@v1.0.0": (
        "versions-conflict",
        "ex.com/c@v1.0.0 requires ex.com/a v1.1.0",
    ),
    "go: version constraints conflict:": ("versions-conflict", "contradict"),
    'go: ex.com/a: no matching versions for query "upgrade"': ("excluded", "exclude lines"),
    "go: ignoring requirement on excluded version ex.com/a v1.0.0": ("excluded", "requires ex.com/a v1.0.0"),
    "main.go:4:2: ex.com/a@v1.0.0: replacement directory ../nosuch does not exist": (
        "replace-folder-missing",
        "../nosuch, which does not exist",
    ),
    "go: ex.com/a@v1.0.0 (replaced by ./r): reading r/go.mod: open /src/r/go.mod: no such file or directory": (
        "replace-folder-missing",
        "./r, which has no go.mod",
    ),
    "main.go:4:2: module ./r: reading r/go.mod: open /src/r/go.mod: no such file or directory": (
        "replace-folder-missing",
        "root of a module",
    ),
    "go.mod:7: replacement module without version must be directory path (rooted or starting with . or ..)": (
        "bad-replace",
        "../folder",
    ),
    'go.mod:7: replacement module directory path "../r" cannot have version': ("bad-replace", "the replace line"),
    "go: conflicting replacements for ex.com/a:": ("bad-replace", "replace ex.com/a in different ways"),
    "go: ex.com/a@v1.0.0 used for two different module paths (ex.com/a and ex.com/b)": ("bad-replace", "two different"),
    "go: cannot load module nosuch listed in go.work file: open nosuch/go.mod: no such file or directory": (
        "module-in-work-missing",
        "GOWORK=off",
    ),
    "go: module example.com/m appears multiple times in workspace": ("module-in-work-missing", "two folders"),
    "go: reading go.work: open /nosuch/go.work: no such file or directory": ("module-in-work-missing", "GOWORK names"),
    "go: open nosuch.mod: no such file or directory": ("no-such-modfile", "needs nosuch.mod"),
    "go: -modfile=nosuch: file does not have .mod extension": ("no-such-modfile", "end in .mod"),
    # vendoring
    "\tex.com/a@v1.0.0: is marked as replaced in vendor/modules.txt, but not replaced in go.mod": (
        "vendored-replace",
        "go mod vendor",
    ),
    "\tex.com/a: is marked as replaced by ../a in vendor/modules.txt, but replaced by ../b in go.mod": (
        "vendored-replace",
        "by something else",
    ),
    "\tex.com/a: is replaced by ../b in go.mod, but marked as replaced by ../a in vendor/modules.txt": (
        "replace-not-vendored",
        "by something else",
    ),
    'main.go:4:2: cannot find package "." in:\n\t/src/vendor/ex.com/a': ("not-vendored", "incomplete"),
    # packages and code
    "main.go:4:2: ambiguous import: found package ex.com/a/sub in multiple modules:": (
        "ambiguous-import",
        "two modules have the package ex.com/a/sub",
    ),
    "\timports example.com/m/x: import cycle not allowed": ("import-cycle", "cycle, which"),
    "\timports example.com/m/x from y.go: import cycle not allowed": ("import-cycle", "a third one"),
    "no Go files in /src": ("no-go-files", "the folder /src has no Go file"),
    "example.com/m: no non-test Go files in /src/my plugin": ("no-go-files", "/src/my plugin"),
    "stat /src/cmd/plugin: directory not found": ("no-go-files", "/src/cmd/plugin does not exist"),
    "main module (example.com/m) does not contain package example.com/m/x": ("outside-module", "its own go.mod"),
    "directory /tmp outside main module or its selected dependencies": ("outside-module", "/tmp is not part"),
    "package example.com/m: build constraints exclude all Go files in /src": ("all-files-excluded", "CGO_ENABLED=0"),
    "package example.com/m: C source files not allowed when not using cgo or SWIG: x.c": (
        "c-files-without-cgo",
        "C files (x.c)",
    ),
    "runtime.main_main·f: function main is undeclared in the main package": (
        "no-main-function",
        "-buildmode=plugin is missing",
    ),
    "found packages main (main.go) and other (x.go) in /src": ("two-packages", "x.go in package other"),
    "main.go:5:12: pattern nosuch.txt: no matching files found": ("embed-not-found", "names nosuch.txt"),
    'main.go:4:2: "./x" is relative, but relative import paths are not supported in module mode': (
        "relative-import",
        "full import path",
    ),
    'main.go:4:2: local import "./x" in non-local package': ("relative-import", "./x is relative"),
    'main.go:4:4: invalid import path: "Ex.com/$a"': ("malformed-import", "Ex.com/$a is not"),
    "main.go:4:2: invalid import path: Ex.com/$a": ("malformed-import", "Ex.com/$a is not"),
    "malformed import path \"github.com/x y\": invalid char ' '": ("malformed-import", "github.com/x y is not"),
    'main.go:4:2: case-insensitive import collision: "example.com/m/x" and "example.com/m/X"': (
        "case-collision",
        "upper and lower case",
    ),
    "./main.go:3:1: syntax error: non-declaration statement outside function body": ("conflict-markers", "<<<<<<<"),
    "./main.go:7:6: built-in min requires go1.21 or later (-lang was set to go1.18; check go.mod)": (
        "go-line-too-old",
        "go mod edit -go=1.21",
    ),
    "./main.go:3:10: undeclared name: any (requires version go1.18 or later)": ("go-line-too-old", "Go 1.18"),
    "./main.go:4:17: cannot range over 10 (untyped int constant): requires go1.22 or later (-lang was set to go1.18; "
    "check go.mod)": ("go-line-too-old", "Go 1.22"),
    "./main.go:4:17: cannot range over 10 (untyped int constant)": ("needs-newer-go", "1.22"),
    "./main.go:7:6: undefined: min": ("needs-newer-go", "1.21"),
    "./main.go:3:15: undefined: foo": ("does-not-compile", "at this line"),
    "./main.go:3:12: syntax error: unexpected newline, expected )": ("does-not-compile", "at this line"),
    './main.go:3:8: "os" imported and not used': ("does-not-compile", "correct the code"),
    "./main.go:5:15: declared and not used: x": ("does-not-compile", "correct the code"),
    "./main.go:5:15: could not determine what C.nosuch refers to": ("does-not-compile", "correct the code"),
    "./main.go:31:56: not enough arguments in call to nk.LeaderboardCreate": ("does-not-compile", "nakama-common"),
    "./main.go:3:19: error: 'nosuch' undeclared (first use in this function)": ("c-does-not-compile", "C code"),
    "main.go:4:2: cannot find module providing package ex.com/z: module ex.com/z: reading "
    "file:///p/ex.com/z/@v/list: no such file or directory": ("no-module-provides", "package ex.com/z"),
    # flags and linking
    "flag provided but not defined: -trimpaht": ("wrong-flag", "-trimpaht"),
    "go: parsing $GOFLAGS: unknown flag -trimpaht": ("wrong-flag", "GOFLAGS contains -trimpaht"),
    'go: parsing $GOFLAGS: non-flag "trimpath"': ("wrong-flag", "correct GOFLAGS"),
    "buildmode=plugins not supported": ("wrong-flag", "build mode plugins"),
    "-mod=vendr not supported (can be '', 'mod', 'readonly', or 'vendor')": ("wrong-flag", "-mod=vendr"),
    "go: unknown GOEXPERIMENT nosuch": ("wrong-flag", "experiment nosuch"),
    "go: -race requires cgo; enable cgo by setting CGO_ENABLED=1": ("race-needs-cgo", "CGO_ENABLED=1"),
    "-asan is not supported on linux/386": ("no-sanitizer", "without -asan"),
    "gcc: error: unrecognized argument to '-fsanitize=' option: 'memory'": ("no-sanitizer", "C compiler"),
    "==1474==ASan runtime does not come first in initial library list; you should either link runtime to your "
    "application or manually preload it with LD_PRELOAD.": ("asan-host", "build the plugin without -asan"),
    "example.com/m: invalid flag in #cgo LDFLAGS: -fplugin=x (see https://go.dev/s/invalidflag)": (
        "bad-cgo-flag",
        "the flag -fplugin=x in `#cgo LDFLAGS`",
    ),
    "/usr/local/go/pkg/tool/linux_amd64/link: internal linking requested but external linking required: "
    "buildmode=plugin": ("wrong-link-mode", "remove -linkmode=internal"),
    "link: cannot implicitly include runtime/cgo in a shared library": ("wrong-link-mode", "without -linkshared"),
    "/usr/bin/ld: /tmp/go-link-1/go.o: relocation R_X86_64_PC32 against undefined symbol `runtime.nosuch' can not be "
    "used when making a shared object; recompile with -fPIC": ("undefined-go-symbol", "cannot use runtime.nosuch"),
    "example.com/m.f: relocation target example.com/m.g not defined": ("undefined-go-symbol", "without a body"),
    "link: github.com/x/y: invalid reference to runtime.mapassign": ("linkname", "Go 1.23"),
    "/usr/bin/ld: main.cgo2.c:(.text+0x1e): undefined reference to `nosuch'": ("undefined-reference", "-lNAME"),
    # downloads
    "go: updates to go.sum needed, disabled by -mod=readonly": ("missing-sum", "go mod tidy"),
    "main.go:4:2: ex.com/a@v1.9.0: reading file:///p/ex.com/a/@v/v1.9.0.zip: no such file or directory": (
        "not-in-proxy",
        "the folder that GOPROXY names",
    ),
    "ex.com/zz: invalid proxy URL missing scheme: nonsense": ("bad-proxy", "GOPROXY is not"),
    "ex.com/zz: GOPROXY list is not the empty string, but contains no entries": ("bad-proxy", "unset it"),
    "ex.com/a@v1.0.0: verifying module: invalid GOSUMDB: malformed verifier id": ("bad-sumdb", "GOPRIVATE"),
    "github.com/x/zz: GOVCS disallows using git for public github.com/x/zz; see 'go help vcs'": (
        "vcs-forbidden",
        "forbids Go to use git for github.com/x/zz",
    ),
    'unrecognized import path "ex.com/x": parse https://ex.com/x?go-get=1: no go-import meta tags ()': (
        "no-import-meta",
        "misspelt",
    ),
    'unrecognized import path "mylib": import path does not begin with hostname': ("no-import-meta", "replace mylib"),
    "fatal: detected dubious ownership in repository at '/src'": ("dubious-ownership", "safe.directory /src"),
    "fatal: early EOF": ("transfer-broken", "interrupted"),
    "go: ex.com/a@v0.0.0-20240101000000-aaaaaaaaaaaa: invalid pseudo-version: does not match version-control timestamp "
    "(expected 20240102000000)": ("pseudo-version", "go get MODULE@COMMIT"),
    # the system and Docker
    "/usr/local/go/pkg/tool/linux_amd64/link: signal: killed": ("out-of-memory", "linux_amd64/link"),
    "collect2: fatal error: ld terminated with signal 9 [Killed]": ("out-of-memory", "memory ran out"),
    "fork/exec /usr/local/go/pkg/tool/linux_amd64/compile: cannot allocate memory": (
        "out-of-memory",
        "not have enough memory",
    ),
    'ERROR: process "/bin/sh -c go build ." did not complete successfully: exit code: 137': ("out-of-memory", "137"),
    "write /tmp/go-build1/b001/_pkg_.a: no space left on device": ("disk-full", "docker system prune"),
    "fork/exec /tmp/go-build1/b001/exe/m: exec format error": ("exec-format-program", "another processor"),
    "exec /bin/sh: exec format error": ("exec-format-program", "linux/amd64"),
    "standard_init_linux.go:228: exec user process caused: exec format error": ("exec-format-program", "linux/amd64"),
    "./server: cannot execute binary file: Exec format error": ("exec-format-program", "another processor"),
    "WARNING: The requested image's platform (linux/amd64) does not match the detected host platform (linux/arm64/v8) "
    "and no specific platform was requested": ("image-platform", "this machine is linux/arm64/v8"),
    "no matching manifest for linux/arm64/v8 in the manifest list entries": ("image-platform", "does not exist"),
    "pull access denied for acme/pluginbuilder, repository does not exist or may require 'docker login'": (
        "image-not-found",
        "docker login",
    ),
    "manifest for heroiclabs/nakama-pluginbuilder:9.9.9 not found: manifest unknown": ("image-not-found", "the tag"),
    "ERROR: failed to solve: heroiclabs/nakama:9: failed to resolve source metadata for "
    "docker.io/heroiclabs/nakama:9: docker.io/heroiclabs/nakama:9: not found": ("image-not-found", "FROM line"),
    "COPY failed: file not found in build context or excluded by .dockerignore: stat go.sum: file does not exist": (
        "copy-not-found",
        ".dockerignore",
    ),
    'failed to compute cache key: failed to calculate checksum of ref abc::def: "/go.sum": not found': (
        "copy-not-found",
        "copies /go.sum",
    ),
    "not a directory: unknown: Are you trying to mount a directory onto a file (or vice-versa)?": (
        "mount-not-a-file",
        "build the .so first",
    ),
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?": (
        "no-docker",
        "start Docker",
    ),
    "build cache is required, but could not be located: GOCACHE is not defined and neither $XDG_CACHE_HOME nor $HOME "
    "are defined": ("no-cache-folder", "set HOME"),
    "go: could not create module cache: mkdir /proc/x: no such file or directory": ("no-cache-folder", "/proc/x"),
    "example.com/m: go build example.com/m: mkdir /proc/nosuch/: no such file or directory": (
        "not-writable",
        "cannot write /proc/nosuch/",
    ),
    "go build example.com/m: copying /tmp/go-build1/b001/exe/a.out: open p.so: permission denied": (
        "not-writable",
        "cannot write p.so",
    ),
    # loaders
    f"{SO}: ELF file OS ABI invalid": ("damaged-file", "copy it unchanged"),
    f"{SO}: ELF file version ident does not match current one": ("damaged-file", "not a complete library"),
    f"{SO}: ELF file data encoding not little-endian": ("damaged-file", "not a complete library"),
    f"{SO}: ELF file's phentsize not the expected size": ("damaged-file", "not a complete library"),
    f"{SO}: only ET_DYN and ET_EXEC can be loaded": ("damaged-file", "not a complete library"),
    f"{SO}: object file has no loadable segments": ("damaged-file", "not a complete library"),
    f"{SO}: ELF load command past end of file": ("damaged-file", "not a complete library"),
    f"{SO}: cannot make segment writable for relocation: Permission denied": ("text-relocations", "-fPIC"),
    f"{SO}: cannot enable executable stack as shared object requires: Invalid argument": (
        "executable-stack",
        "noexecstack",
    ),
    f"{SO}: cannot open shared object file: Too many open files": ("too-many-files", "ulimit"),
    f"{SO}: cannot open shared object file: Not a directory": ("path-not-usable", "Not a directory"),
    f"{SO}: symbol foo, version V2 not defined in file libx.so.1 with link time reference": (
        "symbol-version",
        "foo V2 of libx.so.1",
    ),
    'plugin.Open("/m/p.so"): Dynamic loading not supported': ("no-dynamic-loading", "linked statically"),
    "Error loading shared library /m/p.so: Permission denied": ("no-permission", "chmod a+r /m/p.so"),
    "Error loading shared library /m/p.so: Operation not permitted": ("not-mappable", "noexec"),
    "code signature in </m/p.so> not valid for use in process using Library Validation": ("mac-signature", "codesign"),
    "dlopen(/m/p.so, 0x000A): Library not loaded: /opt/lib/libx.dylib": ("mac-library-missing", "libx.dylib"),
    'plugin.Open("/m/p.so"): dlopen(/m/p.so, 0x000A): Symbol not found: _foo': ("undefined-symbol", "C symbol _foo"),
    "dlopen(/m/p.so, 0x000A): no suitable image found. Did find: /m/p.so: mach-o, but wrong architecture": (
        "wrong-architecture",
        "another processor",
    ),
    "cannot dlopen() an executable": ("executable", "-buildmode=plugin"),
    # hosts
    "fatal error: invalid function symbol table": ("runtime-crash", "another Go release"),
    'panic: pattern "/healthz" (registered at /src/a.go:5) conflicts with pattern "/healthz" (registered at b.go:5)': (
        "registered-twice",
        "/healthz",
    ),
    'panic: gob: registering duplicate types for "a.T": a.T != b.T': ("registered-twice", "register a.T"),
    "12 incompatibility(ies) found...": ("krakend-check", "12 differences"),
}
