"""Messages of the dynamic loader of macOS about a plugin's file.

Source: public reports of dyld's messages; no host was run on macOS.
"""

from __future__ import annotations

from layerg_pin.core.explain.message_kind import Kind, kind

_PLATFORM = "the plugin's build: its platform is not the host's"

MACOS_KINDS: tuple[Kind, ...] = (
    kind(
        "wrong-architecture",
        r"\(mach-o file, but is an incompatible architecture \(have [`']?(?P<have>[^`'(),]{1,40})[`']?,"
        r" need [`']?(?P<need>[^`'(),]{1,40})[`']?",
        "the file is built for {have}, and the host runs as {need}",
        _PLATFORM,
        "build it with the host's GOARCH: `go version -m HOST` prints it",
        is_open_error=True,
    ),
    kind(
        "not-mach-o",
        r"\((?:not a mach-o file|slice is not valid mach-o file)\)",
        "the file is not a macOS library, and this host runs on macOS",
        _PLATFORM,
        "build it on macOS with the Go release of this host, or run the host in a container",
        is_open_error=True,
    ),
    kind(
        "mac-signature",
        r"(?:code signature in [^\n]{1,400}? not valid for use in process|code signature invalid|library load "
        r"(?:disallowed "
        r"by system policy|denied))",
        "macOS does not load the file because of its signature",
        "the deployment: a signature that a copy or strip made invalid, a quarantined download, or a host with a "
        "hardened "
        "runtime",
        "sign the file again (`codesign -f -s - FILE`), and remove the quarantine (`xattr -d com.apple.quarantine "
        "FILE`)",
        is_open_error=True,
    ),
    kind(
        "mac-library-missing",
        r"Library not loaded: (?P<library>[^\s\"']{1,400})",
        "the plugin needs the library {library}, which this Mac does not have at that path",
        "the plugin's cgo code, or a library that was moved or updated",
        "install the library on the host's machine, and build the plugin there",
        is_open_error=True,
    ),
    kind(
        "undefined-symbol",
        r"Symbol not found: (?P<symbol>[^\s\"',;()]{1,300})",
        "the plugin uses the C symbol {symbol}, which neither the libraries that it links nor the host define",
        "the plugin's cgo code or linking, or another version of macOS",
        "link the library that defines it, and build the plugin on the host's version of macOS",
        is_open_error=True,
        loader=True,
    ),
    kind(
        "executable",
        r"cannot dlopen\(\) an? executable|\(not a dylib\)|not a dylib or bundle",
        "the file is a program, not a plugin",
        "the plugin's build: -buildmode=plugin is missing",
        "build it with `go build -buildmode=plugin -trimpath`",
        is_open_error=True,
    ),
    kind(
        "wrong-architecture",
        r"mach-o,? but wrong architecture",
        "the file is built for another processor than the one the host runs as",
        _PLATFORM,
        "build it with the host's GOARCH: `go version -m HOST` prints it",
        is_open_error=True,
    ),
)
