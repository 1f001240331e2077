"""What is known of a host, in lines for people."""

from __future__ import annotations

from collections.abc import Iterator

from layerg_pin.core.manifest import HostBuild, HostManifest


def describe(host: HostManifest, source: str) -> Iterator[str]:
    """What is known of a host, line by line; `source` names the file that says it."""
    yield f"{host.reference}: {host.module or 'a host'}"
    yield f"  read from     {host.kind} {source}"
    line = f"{host.go} in its go.mod" if host.go else "not known"
    yield f"  Go            {host.build.release if host.build else line}"
    yield f"  built         {_build(host.build) if host.build else 'not known: its binary would say'}"
    yield f"  modules       {host.required}"
    if host.packages is None:
        yield "  packages      not known"
    else:
        how = "linked" if host.linked else "listed, those of tests and other systems included"
        yield f"  packages      {len(host.packages)} {how}"
    replaced = [module for module in host.modules.values() if module.replacement]
    for module in replaced:
        yield f"  replaced      {module.path} {module.version} => {module.replacement}"
    if host.hint:
        yield f"  to know more  {host.hint}"
    if host.doubt:
        yield f"  but           {host.doubt}"


def _build(build: HostBuild) -> str:
    flags = [f"{build.goos}/{build.goarch}"]
    flags += [] if build.cgo is None else [f"CGO_ENABLED={int(build.cgo)}"]
    if build.trimpath is not None:
        flags += ["-trimpath"] if build.trimpath else ["without -trimpath"]
    flags += ["-race"] if build.race else []
    flags += [f"-tags {','.join(build.tags)}"] if build.tags else []
    flags += [f"-gcflags={build.gcflags}"] if build.gcflags else []
    flags += [f"GOEXPERIMENT={build.experiment}"] if build.experiment else []
    return " ".join(flags)
