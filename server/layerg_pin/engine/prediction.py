"""Predict plugin.Open from the paths of a host and a plugin. A plugin's folder is compiled by Go, but not linked."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from layerg_pin.binary.bounded_reader import BinaryError
from layerg_pin.binary.go_binary import read_binary
from layerg_pin.binary.predict import Prediction, Verdict, predict, predict_build, predict_unreadable
from layerg_pin.binary.sides import HashDifference
from layerg_pin.binary.symbols import find_unresolved_symbols, read_linkage
from layerg_pin.core.analysis.builder_go import builder_releases
from layerg_pin.core.buildfiles.platforms import plugin_architecture
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.known.release_names import near_release, release_name
from layerg_pin.core.model.host_manifest import HostNotFound
from layerg_pin.core.paths import relative_path
from layerg_pin.core.text import enumerated
from layerg_pin.engine.plugin_snapshot import read_plugin_files, take_snapshot
from layerg_pin.engine.release_prediction import SILENT, Progress, predict_for_release
from layerg_pin.engine.unlinked_build import compile_unlinked
from layerg_pin.go.query_types import Cancellation, Go, GoCancelled, GoError
from layerg_pin.hosts.image_hosts import host_binary
from layerg_pin.source_tree.build_files import read_build_files
from layerg_pin.system.text_files import FileError, read_text_or_empty

_LISTED = 6
"""Limit on the packages of a module that are listed; the JSON has all."""


def predict_paths(
    host: str, plugin: str, go: Go | None, cancellation: Cancellation, progress: Progress = SILENT
) -> Prediction:
    """Predict whether a host accepts a plugin: its .so, or the folder of its main package or go.mod.

    The host is a binary, or a release such as `nakama@3.40.0`, for which Go may have to compile packages. Raises only
    GoCancelled: a file that cannot be read is part of the answer.
    """
    found = _predict_paths(host, plugin, go, cancellation, progress)
    if not found.compiled_with:
        return found
    found = found._replace(built_with=_built_with(os.path.abspath(plugin)))
    others = _other_releases(found)
    if not others or not _depends_on_go(found):
        return found
    why = f"{others[0][1]} builds the plugin with another Go than this machine, which compiled it for the prediction"
    return found._replace(verdict=Verdict.UNKNOWN, error="", why=why, differing=(), remedies=(_remedy(others[0][0]),))


def _predict_paths(host: str, plugin: str, go: Go | None, cancellation: Cancellation, progress: Progress) -> Prediction:
    if not os.path.lexists(host):
        if name := release_name(host):
            return predict_for_release(host, name, plugin, go, cancellation, progress)
        if near := near_release(host):
            return Prediction(Verdict.UNKNOWN, "", near)
    try:
        binary = read_binary(host)
    except BinaryError as error:
        return Prediction(Verdict.UNKNOWN, "", str(error))
    if os.path.isdir(plugin):
        try:
            return predict_build(binary, compile_unlinked(binary, plugin, go, cancellation))
        except GoCancelled:
            raise
        except (BinaryError, GoError) as error:
            return Prediction(Verdict.UNKNOWN, "", str(error))
    try:
        read = read_binary(plugin)
        linkage = read_linkage(plugin)
    except BinaryError as error:
        return predict_unreadable(error)
    try:
        symbols = find_unresolved_symbols(read_linkage(host, {each.name for each in linkage.imports}), linkage)
    except BinaryError as error:
        return Prediction(Verdict.UNKNOWN, "", str(error))
    return predict(binary, read, symbols)


def predict_in_host(
    reference: str,
    path: str,
    plugin: str,
    go: Go | None,
    cancellation: Cancellation,
    progress: Progress = SILENT,
) -> Prediction:
    """Predict as `predict_paths` does, for a host that is a binary or an image at a path, or a release."""
    try:
        binary = host_binary(reference, path, architecture_of(plugin))
    except FileError as error:
        return Prediction(Verdict.UNKNOWN, "", str(error))
    return predict_paths(binary, plugin, go, cancellation, progress)


def architecture_of(plugin: str) -> str:
    """The architecture that a plugin, its .so or its folder, is built for; empty if unknown."""
    if os.path.isdir(plugin):
        return plugin_architecture(read_build_files(os.path.abspath(plugin)))
    try:
        return read_binary(plugin).arch
    except BinaryError:
        return ""


def _built_with(folder: str) -> tuple[tuple[str, str], ...]:
    """The Go of each image in which build files build the plugin in `folder`, with the file and line."""
    path = os.path.join(folder, "go.mod")
    gomod = parse_gomod(read_text_or_empty(path))
    snapshot = take_snapshot(path, gomod, HostNotFound(""), None, None, files=read_plugin_files(folder, {}))
    builds = dict[tuple[str, str], None]()
    for each in builder_releases(snapshot):
        if each.release and each.builder:
            source, image = each.builder.source, each.builder.image
            place = f"{relative_path(source.path, folder)}:{source.index.line_of(image.span.start) + 1}"
            builds[f"go{each.release}", place] = None
    return tuple(builds)


def _depends_on_go(found: Prediction) -> bool:
    """Whether the verdict could be another one if another Go had compiled the plugin."""
    if found.verdict is Verdict.REJECTED:
        return found.compared and not any(each.own_cause for each in found.differing)
    return found.verdict is not Verdict.UNKNOWN


def _other_releases(found: Prediction) -> list[tuple[str, str]]:
    """The Go of builds, with their places, that is not the one that compiled the plugin's folder."""
    return [(go, place) for go, place in found.built_with if not f"{found.compiled_with}.".startswith(f"{go}.")]


def _compiler_words(found: Prediction) -> str:
    """The Go that compiled the plugin's folder, and whether build files build the plugin with it."""
    used = f"compiled with {found.compiled_with} on this machine"
    if not found.built_with:
        return f"{used}; no build file states which Go builds the plugin"
    others = _other_releases(found)
    if not others:
        places = [*dict.fromkeys(place for _, place in found.built_with)]
        return f"{used}, as {enumerated(places)} {'build' if len(places) > 1 else 'builds'} the plugin"
    go, place = others[0]
    return f"{used}, but {place} builds the plugin with {go}: {_remedy(go)}"


def _remedy(go: str) -> str:
    """How to predict the build with another Go."""
    release = f"set GOTOOLCHAIN={go}, or " if go.count(".") > 1 else ""
    return f"to predict that build, {release}pass its .so"


def prediction_rows(found: Prediction) -> Iterator[str]:
    """The Go that compiled a folder, the differences, by module and in plugin.Open's order, and the remedies, as lines
    of text.
    """
    if found.compiled_with:
        yield f"  {_compiler_words(found)}"
    roots = [each for each in found.differing if each.root]
    yield from _groups(roots)
    follow = [each for each in found.differing if not each.root]
    if follow:
        yield "  differ only because they import these:"
        yield from _groups(follow)
    for remedy in found.remedies:
        yield f"  = {remedy}"
    if found.shared:
        shared = f"{found.shared} shared {'package' if found.shared == 1 else 'packages'}"
        if found.differing and found.compared:
            shared = f"{len(found.differing)} of {shared} {'differs' if len(found.differing) == 1 else 'differ'}"
        links = (
            f"the host links {found.host_packages}, the plugin"
            if found.host_packages is not None
            else "the plugin links"
        )
        yield f"{shared}; {links} {found.plugin_packages}"


def _groups(differing: Sequence[HashDifference]) -> Iterator[str]:
    """The packages by module; modules are in plugin.Open's order of their first packages."""
    groups: dict[str, list[HashDifference]] = {}
    for each in differing:
        groups.setdefault(_versions_text(each), []).append(each)
    for title, members in groups.items():
        yield f"  {title}"
        yield from (f"    {each.package}" for each in members[:_LISTED])
        if len(members) > _LISTED:
            yield f"    and {len(members) - _LISTED} more"


def _versions_text(difference: HashDifference) -> str:
    host, plugin = difference.host, difference.plugin
    if host is None or plugin is None:
        return "module not known"
    if host.path != plugin.path:
        return f"{host} in the host, {plugin} in the plugin"
    if str(host) == str(plugin):
        return f"{host} in both"
    path = f"{host.path} "
    return f"{host} in the host, {str(plugin).removeprefix(path)} in the plugin"
