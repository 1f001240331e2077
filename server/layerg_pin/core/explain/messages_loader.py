"""Messages of the dynamic loaders glibc and musl about a plugin's file.

Sources: glibc's elf/dl-load.c, dl-lookup.c and dl-version.c; musl's ldso/dynlink.c. The texts were produced with both
libraries.
"""

from __future__ import annotations

from layerg_pin.core.explain.message_kind import Kind, kind

_PLATFORM = "the plugin's build: its platform is not the host's"
_BUILDER = "build the plugin in the host's builder image"
_LIBC = "the plugin's build: it was linked on another system than the host's"

LOADER_KINDS: tuple[Kind, ...] = (
    kind(
        "invalid-elf-header",
        r": invalid ELF header",
        "the file is not a Linux library: it was built for macOS or Windows, or it is a text or a Git LFS pointer",
        _PLATFORM,
        "build it for Linux, preferably in the host's builder image, and copy that file to the host",
        is_open_error=True,
        loader=True,
    ),
    kind(
        "file-too-short",
        r": file too short",
        "the file is empty or has only a few bytes",
        "the deployment, or a build that was interrupted",
        "build the plugin again, and compare the file's size on both sides after copying it",
        is_open_error=True,
        loader=True,
    ),
    kind(
        "wrong-elf-class",
        r": wrong ELF class(?:: (?P<elf>\w+))?",
        "the file was built for a processor with another word size: 32 instead of 64 bits, or the reverse",
        _PLATFORM,
        "build it with the host's GOARCH: `go version -m HOST` prints it",
        is_open_error=True,
        loader=True,
    ),
    kind(
        "executable",
        r": cannot dynamically load (?:position-independent )?executable",
        "the file is a program, not a plugin",
        "the plugin's build: -buildmode=plugin is missing",
        "build it with `go build -buildmode=plugin -trimpath`",
        is_open_error=True,
        loader=True,
    ),
    kind(
        "is-a-directory",
        r": cannot read file data: Is a directory",
        "the path is a folder",
        "the host's settings, or a volume: Docker creates a folder if the file to be mounted does not exist",
        "set the path of the .so file; if it is mounted, build it first, remove the folder, and restart the container",
        is_open_error=True,
        loader=True,
    ),
    kind(
        "wrong-architecture",
        r": cannot open shared object file: No such file or directory",
        "the file exists but is built for another processor: the loader reports that as a missing file",
        _PLATFORM,
        "build it with the host's GOARCH (`go version -m HOST` prints it), in a container with the host's platform, "
        "for example `--platform linux/amd64`",
        is_open_error=True,
        loader=True,
        what=r".*/.*|(?!lib).*\.so",
    ),
    kind(
        "no-permission",
        r": cannot open shared object file: Permission denied",
        "the host has no permission to read the file",
        "the deployment: the file's owner or mode",
        "make the file readable for the user that runs the host: `chmod a+r {what}`",
        is_open_error=True,
        loader=True,
    ),
    kind(
        "not-mappable",
        r": failed to map segment from shared object(?:: (?P<reason>[A-Z][a-z ]+[a-z]))?",
        "the system does not allow code to be run from this file",
        "the deployment: the file is on a volume that is mounted with `noexec`, or a security policy forbids it",
        "put the plugin on a volume without `noexec` (`mount` lists the options), or adapt the policy",
        is_open_error=True,
        loader=True,
    ),
    kind(
        "library-missing",
        r": cannot open shared object file: No such file or directory",
        "the plugin needs the shared library {what}, which the host's system does not have",
        f"{_LIBC} (libc.musl means Alpine), or it uses a C library of its own",
        f"{_BUILDER}, or install the library in the host's image",
        is_open_error=True,
        loader=True,
    ),
    kind(
        "library-missing",
        r"Error loading shared library (?P<library>[^\s:\"']{1,1000}): No such file or directory"
        r"(?: \(needed by (?P<needer>[^\s()\"']{1,1000}\.so)\)|(?! \(needed))",
        "musl's loader does not find the shared library {library}",
        f"{_LIBC}: libc.so.6 and ld-linux are glibc's (Debian, Ubuntu), and this host runs on musl (Alpine)",
        "build the plugin on the system that the host runs on, as its Alpine builder image does, or install the "
        "library in the host's image",
        is_open_error=True,
        loader=True,
    ),
    kind(
        "exec-format-error",
        r"Error loading shared library (?P<library>[^\s:\"']{1,1000}): Exec format error",
        "musl's loader cannot read {library}: it is empty, truncated, or not a Linux library",
        _PLATFORM,
        "build it for Linux on the host's system, and copy that file to the host",
        is_open_error=True,
        loader=True,
    ),
    kind(
        "is-a-directory",
        r"Error loading shared library (?P<library>[^\s:\"']{1,1000}): Is a directory",
        "the path is a folder",
        "the host's settings, or a volume: Docker creates a folder if the file to be mounted does not exist",
        "set the path of the .so file; if it is mounted, build it first, remove the folder, and restart the container",
        is_open_error=True,
        loader=True,
    ),
    kind(
        "glibc-too-old",
        r": version [`'](?P<symbol>GLIBC_[0-9.]+)' not found",
        "the plugin was linked against a newer glibc than the host's system has: {symbol} is missing",
        "the plugin's build: its system is newer than the host's",
        f"{_BUILDER}, or on the same release of the same Linux distribution",
        is_open_error=True,
        loader=True,
    ),
    kind(
        "library-too-old",
        r": version [`'](?P<symbol>[^'\s\"]{1,100})' not found \(required by",
        "the plugin was linked against a newer version of this library than the host's system has: {symbol} is missing",
        "the plugin's build: its system is newer than the host's",
        f"{_BUILDER}, or on the same release of the same Linux distribution",
        is_open_error=True,
        loader=True,
    ),
    kind(
        "undefined-symbol",
        r": undefined symbol: (?P<symbol>[^\s\"',;]{1,400})",
        "the plugin uses the C symbol {symbol}, which neither the libraries that it links nor the host define",
        "the plugin's cgo code or linking: a library is missing from LDFLAGS, an older one is installed on the host's "
        "system, or unresolved symbols were allowed",
        "link the library that defines it (`#cgo LDFLAGS: -lNAME`), install it in the host's image, and build in the "
        "host's builder image",
        is_open_error=True,
        loader=True,
    ),
    kind(
        "undefined-symbol",
        r"Error relocating (?P<library>[^\s:\"']{1,1000}\.so[.0-9]*): (?P<symbol>[^\s:\"']{1,400}): symbol not found",
        "the plugin uses a C symbol that neither musl (Alpine) nor the libraries that the plugin links define",
        f"{_LIBC}: names such as __vfprintf_chk are glibc's (Debian, Ubuntu); otherwise a C library is not linked",
        "build the plugin on the system that the host runs on, as its Alpine builder image does, and link the "
        "libraries that its cgo code uses",
        is_open_error=True,
    ),
    kind(
        "unsupported-relocation",
        r"(?:unsupported|unexpected) (?:PLT )?reloc(?:ation)? type (?P<type>(?:0x)?[0-9a-fA-F]+)",
        "the loader does not support a relocation (type {type}) in the file",
        "the plugin's build: it was made for another processor, which musl does not check (types above 1000 are "
        "arm64's), or linked on another system (37 needs glibc)",
        "build the plugin with the host's GOARCH and on the system that the host runs on, as its builder image does",
        is_open_error=True,
    ),
    kind(
        "static-tls",
        r": cannot allocate memory in static TLS block",
        "a C library in the plugin needs more thread-local storage than a running process can add",
        "the plugin's C libraries: they were compiled for programs that link them at start",
        "link a build of the library without the initial-exec TLS model, or raise "
        "GLIBC_TUNABLES=glibc.rtld.optional_static_tls for the host",
        is_open_error=True,
        loader=True,
    ),
    kind(
        "static-tls",
        r": initial-exec TLS resolves to dynamic definition",
        "musl cannot load a library that expects its thread-local storage at the start of the program",
        "the host's system: musl (Alpine) refuses what glibc allows here",
        "run a host that uses glibc, for example an image on Debian, and build the plugin for it",
        is_open_error=True,
    ),
    kind(
        "text-relocations",
        r": cannot make segment writable for relocation(?:: (?P<reason>[A-Z][a-z ]+[a-z]))?",
        "the file has text relocations, which a security policy of the host's system forbids",
        "the plugin's build: C or assembly code that was compiled without -fPIC; or SELinux or a hardened kernel",
        "compile that code with -fPIC (`#cgo CFLAGS: -fPIC`), or link the library's shared form",
        is_open_error=True,
        loader=True,
    ),
    kind(
        "executable-stack",
        r": cannot enable executable stack as shared object requires(?:: (?P<reason>[A-Z][a-z ]+[a-z]))?",
        "the file asks for an executable stack, which the host's system forbids",
        "the plugin's C or assembly code: an object without a .note.GNU-stack section",
        "link with `-Wl,-z,noexecstack` (`#cgo LDFLAGS`, allowed by CGO_LDFLAGS_ALLOW=-Wl,-z,noexecstack)",
        is_open_error=True,
        loader=True,
    ),
    kind(
        "damaged-file",
        r": (?:ELF load command (?:alignment not page-aligned|address/offset not (?:properly|page-)?\s?aligned|past "
        r"end of file)|"
        r"object file has no (?:loadable segments|dynamic section)|cannot read file data(?!: Is)|invalid ELF|ELF "
        r"file's "
        r"phentsize not the expected size|only ET_DYN and ET_EXEC can be loaded|ELF file data encoding not "
        r"(?:little|big)-endian|ELF file OS ABI invalid|ELF file version [a-z ]{1,40}|cannot open shared object file: "
        r"Input/output error)",
        "the file is not a complete library of this system",
        "the deployment: the copy is damaged, or a tool such as upx changed the file; or the plugin's platform",
        "build the plugin again for the host's platform, and copy it unchanged",
        is_open_error=True,
        loader=True,
    ),
    kind(
        "too-many-files",
        r": cannot open shared object file: Too many open files",
        "the host has reached its limit of open files",
        "the host's limits, not the plugin",
        "raise the limit (`ulimit -n`, `ulimits: nofile` in the compose file)",
        is_open_error=True,
        loader=True,
    ),
    kind(
        "path-not-usable",
        r": cannot open shared object file: (?P<reason>Not a directory|File name too long|Too many levels of symbolic "
        r"links)",
        "the path does not lead to a file: {reason}",
        "the host's settings, or the deployment",
        "correct the path, or the symbolic link",
        is_open_error=True,
        loader=True,
    ),
    kind(
        "symbol-version",
        r": symbol (?P<symbol>[^\s,\"']{1,300}), version (?P<version>[^\s\"']{1,100}) not defined in file "
        r"(?P<library>[^\s\"']{1,300}) with link time reference",
        "the plugin needs {symbol} {version} of {library}, which the host's system has in another version",
        _LIBC,
        f"{_BUILDER}, or on the same release of the same Linux distribution",
        is_open_error=True,
        loader=True,
    ),
    kind(
        "no-dynamic-loading",
        r"Dynamic loading not supported",
        "the host is linked statically, and cannot open any plugin",
        'the host\'s build: -extldflags "-static", usually with musl',
        "use a host that is linked dynamically: `file HOST` prints it",
        is_open_error=True,
    ),
    kind(
        "no-permission",
        r"Error loading shared library (?P<library>[^\s:\"']{1,1000}): Permission denied",
        "the host has no permission to read the file",
        "the deployment: the file's owner or mode",
        "make the file readable for the user that runs the host: `chmod a+r {library}`",
        is_open_error=True,
        loader=True,
    ),
    kind(
        "not-mappable",
        r"Error loading shared library (?P<library>[^\s:\"']{1,1000}): Operation not permitted",
        "the system does not allow code to be run from this file",
        "the deployment: the file is on a volume that is mounted with `noexec`, or a security policy forbids it",
        "put the plugin on a volume without `noexec` (`mount` lists the options), or adapt the policy",
        is_open_error=True,
        loader=True,
    ),
)
