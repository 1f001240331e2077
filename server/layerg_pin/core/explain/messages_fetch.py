"""Messages of Go and Git about downloading modules: private repositories, module proxies, the network and go.sum.

Sources: Go's cmd/go/internal/modfetch and web; git and OpenSSH. The texts were produced with Go 1.18 to 1.27, those of
hosting services are from public reports.
"""

from __future__ import annotations

from layerg_pin.core.explain.message_kind import Kind, kind

_GOPRIVATE = "set GOPRIVATE to the module's path (such as GOPRIVATE=github.com/OWNER/*), so that Go fetches it itself"
_TOKEN = (
    "give the build credentials: a token in ~/.netrc, or `git config --global "
    'url."ssh://git@HOST/".insteadOf https://HOST/` with an SSH key; in a Dockerfile through `RUN --mount=type=secret` '
    "or `--mount=type=ssh`"
)
_OR_VENDOR = "or run `go mod vendor` where the module can be read, and build with -mod=vendor"
_CREDENTIALS = "the plugin's build: the container or CI job has no credentials for the private repository"
_GIT_KINDS = (
    "git-credentials",
    "git-ssh-key",
    "git-host-key",
    "repository-not-found",
    "no-network",
    "proxy-refused",
    "unknown-revision",
)

_MODULE_URL = r"https?://[^\s\"']{1,600}(?:/@v/[^\s\"']{1,300}|/@latest|[?&]go-get=1|/lookup/[^\s\"']{1,300})"
"""A URL that only Go requests when it downloads modules. A server's own requests fail with the same words."""


def _status(codes: str) -> str:
    return rf"(?P<status>(?:{codes}) [A-Z][\w ]*\w)"


FETCH_KINDS: tuple[Kind, ...] = (
    kind(
        "missing-sum",
        r"missing go\.sum entry",
        "go.sum has no checksum for a version that go.mod selects",
        "the plugin's go.sum: a version was set or pinned, but not downloaded yet",
        "run `go mod tidy`, or `layerg-pin fix --tidy`, which keeps the host's versions",
        file="go.sum",
    ),
    kind(
        "checksum-mismatch",
        r"verifying (?P<module>[^\s@\"']{1,400}@[^\s:\"']{1,200}): checksum mismatch",
        "the contents of {module} are not those that go.sum, or the checksum database, records",
        "the module, whose tag was moved after go.sum was written; a proxy or module cache; or an edited go.sum",
        "compare go.sum with the copy in Git; if the tag was moved, use a newer version of the module",
        "`go clean -modcache` removes a wrong entry from the cache; never set GOSUMDB=off to hide this: a module "
        "with other contents is a package that the host refuses",
        file="go.sum",
    ),
    kind(
        "security-error",
        r"SECURITY ERROR\b",
        "Go refuses a download whose contents are not those that go.sum or the checksum database records",
        "the module, whose tag was moved after go.sum was written; a proxy or module cache; or an edited go.sum",
        "find the `checksum mismatch` line before it, which names the module",
        file="go.sum",
        part_of=("checksum-mismatch",),
    ),
    kind(
        "missing-sum",
        r"updates to go\.sum needed",
        "go.sum has no checksum for a version that go.mod selects",
        "the plugin's go.sum: a version was set or pinned, but not downloaded yet",
        "run `go mod tidy`, or `layerg-pin fix --tidy`, which keeps the host's versions",
        file="go.sum",
    ),
    kind(
        "malformed-sum",
        r"malformed go\.sum",
        "go.sum has a line that Go cannot read",
        "go.sum: often the markers of a merge conflict",
        "take both sides of the conflict without the marker lines, or delete go.sum and run `go mod tidy`",
        file="go.sum",
    ),
    kind(
        "sum-database",
        rf"reading https?://[^\s\"']{{0,300}}?(?:sum\.golang\.org|/sumdb)/[^\s\"']{{1,600}}: {_status('4..')}",
        "the checksum database has no entry for this module ({status}): it only knows public modules",
        "the plugin's build: the module is private, and GOPRIVATE does not include it",
        f"{_GOPRIVATE} and does not ask the checksum database",
    ),
    kind(
        "proxy-refused",
        rf"reading {_MODULE_URL}: {_status('400|401|403|404|410')}",
        "the module proxy does not provide this module version ({status})",
        "the module is private, which a public proxy cannot read; or the version does not exist; or the proxy "
        "requires a login",
        f"for a private module, {_GOPRIVATE}, and {_TOKEN}",
        "for a public module, correct the version in go.mod",
        _OR_VENDOR,
    ),
    kind(
        "no-network",
        rf"reading {_MODULE_URL}: {_status('407|408|429|5..')}",
        "the module proxy could not answer ({status})",
        "the proxy or the network of the build",
        f"try again later, or set another GOPROXY; {_OR_VENDOR}",
    ),
    kind(
        "no-network",
        rf"Get \"{_MODULE_URL}\": (?P<reason>[^\n\"]{{1,300}})",
        "Go could not reach the server that it downloads modules from",
        "the network of the build: no connection, HTTPS_PROXY, or a certificate that the image does not trust",
        "check the connection from where the build runs; for `x509` errors install ca-certificates and the company's "
        f"root certificate; {_OR_VENDOR}",
    ),
    kind(
        "no-network",
        r"(?:unable to access '(?P<url>[^\s'\"]{1,400})': (?!The requested URL returned error: 40)|"
        r"ssh: Could not resolve hostname )(?P<reason>[^\n\"]{1,200})",
        "Git could not reach the server of the repository",
        "the network of the build: no connection, no DNS, a proxy, or a certificate that the image does not trust",
        f"check the connection from where the build runs; {_OR_VENDOR}",
    ),
    kind(
        "proxy-off",
        r"module lookup disabled by GOPROXY=off",
        "a module is not in the module cache, and GOPROXY=off forbids downloading it",
        "the environment of the build",
        f"run `go mod download` with network first, {_OR_VENDOR}",
    ),
    kind(
        "git-credentials",
        r"could not read (?:Username|Password) for '?(?P<url>[^\s'\"]{1,400})'?",
        "Git asks for a login for {url} and cannot, because the build has no terminal",
        f"{_CREDENTIALS}; a misspelt module path gives the same message",
        f"{_TOKEN}",
        f"{_GOPRIVATE}; {_OR_VENDOR}",
        part_of=("proxy-refused",),
    ),
    kind(
        "git-credentials",
        r"(?:Authentication failed for '(?P<url>[^\s'\"]{1,400})'|The requested URL returned error: 40[13])",
        "the server refuses the credentials that Git sends",
        "the plugin's build: the token is wrong, expired, or has no right to read the repository",
        "create a new token that can read the repository, and pass it to the build",
        part_of=("proxy-refused",),
    ),
    kind(
        "git-ssh-key",
        r"Permission denied \((?P<methods>publickey[\w,-]{0,100})\)",
        "the server accepts none of the SSH keys that the build has",
        _CREDENTIALS,
        "pass the key to the build (`docker build --ssh default`, `RUN --mount=type=ssh`), or use a token over HTTPS",
        part_of=("proxy-refused",),
    ),
    kind(
        "git-host-key",
        r"Host key verification failed",
        "SSH does not know the key of the repository's server, and cannot ask because the build has no terminal",
        "the plugin's build: the container has no known_hosts file",
        "run `ssh-keyscan HOST >> ~/.ssh/known_hosts` before the download, and compare the key with the published one",
        part_of=("proxy-refused",),
    ),
    kind(
        "repository-not-found",
        r"(?:ERROR: R|remote: R|fatal: r)epository (?:'[^'\n]{1,400}' )?not found",
        "the server has no such repository, or hides it from these credentials",
        "the module's path in go.mod, or credentials without the right to read the private repository",
        f"correct the path; for a private repository, {_TOKEN}",
        part_of=("proxy-refused",),
    ),
    kind(
        "unknown-revision",
        r"unknown revision (?P<revision>[^\s\"']{1,200})",
        "the repository has no version, branch or commit {revision}",
        "the version in go.mod, or a tag that was not pushed",
        "correct the version in go.mod: `go list -m -versions MODULE` lists those that exist",
    ),
    kind(
        "git-missing",
        r"exec: \"git\": executable file not found in (?:\$PATH|%PATH%)",
        "Go needs Git to download this module, and Git is not installed where the plugin is built",
        "the plugin's build: golang:alpine and slim images have no Git",
        f"install Git in the build's image, {_OR_VENDOR}",
        part_of=("vcs-status",),
    ),
    kind(
        "git-failed",
        r"git (?:ls-remote|fetch|init|clone)\b[^\n]{0,600}?: exit status \d+",
        "Git could not read the repository of a module; the lines that follow quote its error",
        "the plugin's build: credentials, the module's path, or the network",
        f"read Git's error below; for a private module, {_TOKEN}",
        f"{_GOPRIVATE}; {_OR_VENDOR}",
        part_of=_GIT_KINDS,
    ),
    kind(
        "not-in-proxy",
        r"reading (?P<url>file:///[^\s\"']{1,600}): no such file or directory",
        "the folder that GOPROXY names does not have this module version",
        "GOPROXY=file://…, or the version in go.mod",
        "download the module into that folder on a machine with network, correct the version, or unset GOPROXY",
    ),
    kind(
        "bad-proxy",
        r"(?:invalid proxy URL(?: missing scheme)?: (?P<url>[^\s\"']{0,300})|GOPROXY list is not the empty string, but "
        r"contains no entries)",
        "GOPROXY is not a list of addresses",
        "GOPROXY in the environment of the build, or `go env -w GOPROXY`",
        "unset it, or write addresses with https:// between commas, such as GOPROXY=https://proxy.example.com,direct",
    ),
    kind(
        "bad-sumdb",
        r"(?:invalid GOSUMDB: (?P<reason>[^\n\"]{1,200})|missing GOSUMDB)",
        "GOSUMDB does not name a checksum database",
        "GOSUMDB in the environment of the build, or `go env -w GOSUMDB`",
        "unset it; for private modules set GOPRIVATE",
    ),
    kind(
        "vcs-forbidden",
        r"GOVCS disallows using (?P<vcs>\w{1,20}) for (?P<whose>public|private) (?P<module>[^\s;\"']{1,400})",
        "GOVCS forbids Go to use {vcs} for {module}",
        "GOVCS in the environment of the build, or `go env -w GOVCS`",
        f"allow it in GOVCS, or download through a proxy; {_OR_VENDOR}",
    ),
    kind(
        "no-import-meta",
        r"(?:parse|reading) https?://[^\s\"']{1,600}\?go-get=1: no go-import meta tags",
        "the server at the module's path does not name the module's repository",
        "the module's path in go.mod or an import: it is misspelt, or its server needs a login",
        f"correct the path; for a private module, {_GOPRIVATE}, and {_TOKEN}",
        part_of=("git-credentials",),
    ),
    kind(
        "no-import-meta",
        r"unrecognized import path \"(?P<path>[^\"\n]{1,300})\": import path does not begin with hostname",
        "{path} is not a module path that Go can download: it does not begin with a server name",
        "the module's path in go.mod or an import",
        "correct the path; for a module that is a folder, write `replace {path} => ../folder`",
    ),
    kind(
        "dubious-ownership",
        r"detected dubious ownership in repository at '(?P<folder>[^'\n]{1,400})'",
        "Git does not read {folder}, because it belongs to another user",
        "the plugin's build: a container runs as another user than the owner of the mounted folder",
        "run `git config --global --add safe.directory {folder}` in the container, or build with -buildvcs=false",
        part_of=("vcs-status",),
    ),
    kind(
        "transfer-broken",
        r"(?:fatal: early EOF|the remote end hung up unexpectedly|error: RPC failed; |zip: not a valid zip file)",
        "a download was interrupted",
        "the network or proxy of the build, or a repository that the server refuses to send",
        f"try again; if the proxy delivers a broken file, set another GOPROXY; {_OR_VENDOR}",
        part_of=_GIT_KINDS,
    ),
    kind(
        "pseudo-version",
        r"invalid pseudo-version: (?P<reason>[^\n\"]{1,200})",
        "the pseudo-version does not belong to its commit: {reason}",
        "the version in go.mod, which was edited by hand",
        "run `go get MODULE@COMMIT`, which writes the right one",
        file="go.mod",
    ),
)
