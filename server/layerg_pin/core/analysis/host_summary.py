"""Format the facts about a host as text."""

from __future__ import annotations

from collections.abc import Iterator

from layerg_pin.core.model.host_manifest import HostBuild, HostImage, HostManifest
from layerg_pin.core.model.modules import Origin


def describe(host: HostManifest, source: str) -> Iterator[str]:
    """The facts about a host, line by line; `source` is the file that states them."""
    build = host.build or HostBuild()
    yield f"{host.reference}: {host.module or 'a host'}{f' {host.version}' if host.version else ''}"
    if host.kind == "release":
        yield (
            f"  named by      {host.named_at.label}:{(host.named_at.line or 0) + 1}"
            if host.named_at
            else ("  read from     the releases that layerg-pin knows")
        )
    else:
        yield f"  read from     {host.kind} {source}"
    if host.image:
        yield from _image(host.image)
    if host.main:
        taken = f" (or {', '.join(host.mains)})" if host.mains else ""
        yield f"  main package  {host.main}{taken}"
    yield f"  Go            {_go(host, build)}"
    yield f"  built         {_built(build) if host.build else 'not known, only the binary records it'}"
    if build.libc:
        yield f"  C library     {_with_place(f'{build.libc} {build.libc_version}'.strip(), build, 'libc')}"
    if host.builder and (release := host.builder.release or host.builder.minor):
        field = "release" if host.builder.release else "minor"
        yield f"  builder's Go  {_with_place(release if field == 'release' else f'go{release}', host.builder, field)}"
    yield f"  modules       {host.required}"
    if host.packages is None:
        yield "  packages      not known"
    else:
        how = "linked" if host.linked else "listed, including those of tests and other platforms"
        yield f"  packages      {len(host.packages)} {how}"
    replaced = [module for module in host.modules.values() if module.replacement]
    for module in replaced:
        yield f"  replaced      {module.path} {module.version} => {module.replacement}"
    if host.advice:
        yield f"  hint          {host.advice}"
    if why := host.uncertainty or host.no_plugins_reason:
        yield f"  warning       {why}"


def _image(image: HostImage) -> Iterator[str]:
    if image.platform:
        others = f" (also there: {', '.join(image.others)})" if image.others else ""
        name = f"{image.name}, " if image.name else ""
        yield f"  image         {name}{image.platform}{others}, {image.digest}"
    others = f"; {', '.join(image.passed_over)} opens plugins too" if image.passed_over else ""
    yield f"  server        {image.server}, by {image.found_by}{others}"


def _go(host: HostManifest, build: HostBuild) -> str:
    """The Go release, with the place that states it."""
    if build.release:
        return _with_place(build.release, build, "release")
    line = f"go {host.go} in its go.mod" if host.go else "not known"
    return f"{_with_place(f'go{build.minor}', build, 'minor')}, a floating tag; {line}" if build.minor else line


def build_facts(host: HostManifest) -> Iterator[tuple[str, Origin]]:
    """The facts that the host's own build files state, in words, each with its place."""
    build = host.build or HostBuild()
    release = build.release or (build.minor and f"go{build.minor}")
    library = f"{build.libc} {build.libc_version}".strip()
    for field, words in (("release" if build.release else "minor", release), ("libc", library)):
        if words and (origin := build.origins.get(field)):
            yield f"{'Built with' if field != 'libc' else 'Runs on'} {words}", origin
    for origin_of_flags, flags in _groups(build):
        if origin_of_flags:
            for_platform = bool(build.goos) and flags[0].startswith(build.goos)
            yield f"Built {'for' if for_platform else 'with'} {' '.join(flags)}", origin_of_flags


def _built(build: HostBuild) -> str:
    """The platform and the flags, grouped by the place that states them."""
    groups = _groups(build)
    described = [f"{' '.join(words)} ({origin})" if origin else " ".join(words) for origin, words in groups]
    return (", " if build.origins else " ").join(described) or "not known"


def _groups(build: HostBuild) -> list[tuple[Origin | None, list[str]]]:
    """The platform and the flags, grouped by the place that states them."""
    found = [("goos", "/".join(filter(None, (build.goos, build.goarch))))]
    found += [] if build.cgo is None else [("cgo", f"CGO_ENABLED={int(build.cgo)}")]
    found += [] if build.trimpath is None else [("trimpath", "-trimpath" if build.trimpath else "without -trimpath")]
    found += [("race", "-race")] if build.race else []
    found += [("tags", f"-tags {','.join(build.tags)}")] if build.tags else []
    found += [("gcflags", f"-gcflags={build.gcflags}")] if build.gcflags else []
    found += [("experiment", f"GOEXPERIMENT={build.experiment}")] if build.experiment else []
    found += [("fips", f"GOFIPS140={build.fips}")] if build.fips else []
    found += [("sanitizer", f"-{build.sanitizer}")] if build.sanitizer else []
    groups: list[tuple[Origin | None, list[str]]] = []
    for field, words in found:
        origin = build.origins.get(field)
        if groups and groups[-1][0] == origin and words:
            groups[-1][1].append(words)
        elif words:
            groups.append((origin, [words]))
    return groups


def _with_place(words: str, build: HostBuild, field: str) -> str:
    origin = build.origins.get(field)
    return f"{words} ({origin})" if origin else words
