"""Write the rules that keep update bots from breaking a host's versions, for Renovate and for Dependabot.

Bots leave the modules that the host pins, its Go release and the `go` line alone; the host's images move together.
Sources: https://docs.renovatebot.com/configuration-options/ (packageRules) and
https://docs.github.com/en/code-security/dependabot/working-with-dependabot/dependabot-options-reference.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from layerg_pin.core.buildfiles.build_file import BuildSource
from layerg_pin.core.known.known_hosts import Publication, known_host
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.core.paths import relative_path
from layerg_pin.core.text import json_escaped
from layerg_pin.source_tree.build_files import repository_root

_REGISTRY = re.compile(r"[^/]*[.:][^/]*/|localhost/")
_IMAGE = re.compile(r"\w[\w.:/-]*")
"""A name without unknown variables."""
_HUB = ("docker.io/", "index.docker.io/", "library/")
_MANIFESTS = {"docker": ("dockerfile", "containerfile"), "docker-compose": ("compose",)}
"""The names of Dependabot's ecosystems for images, and the words in the names of their files."""


class UpdateScope(NamedTuple):
    """The modules, images and folders that the rules apply to."""

    host: HostManifest
    modules: tuple[str, ...]
    """The paths of the modules that stay at the host's versions."""
    images: tuple[str, ...]
    """The names of the host's images."""
    go_images: tuple[str, ...]
    """The images whose tags begin with a Go release."""
    folder: str
    """The plugin's folder, relative to the root of its repository, such as `/` or `/backend`."""
    image_folders: Mapping[str, tuple[str, ...]]
    """The folders of the files with the host's images, by the name of Dependabot's ecosystem."""


def update_scope(
    host: HostManifest, compiled: Iterable[str] | None, folder: str, builders: Sequence[BuildSource]
) -> UpdateScope:
    """The scope of the rules for the plugin in `folder` with these build files.

    `compiled` are the modules that the plugin requires or compiles; None for all modules of the host.
    """
    wanted = None if compiled is None else set(compiled)
    pinned = [each for each in host.modules.values() if each.version is not None]
    found = {each.path: each.replacement for each in pinned if wanted is None or each.path in wanted}
    replaced = {each.path for each in found.values() if each and each.version}
    own, kind = known_host(host.module), _group(host)
    names = own.published if own else None  # a fork has images of its own
    images = [*_official_images(names)] if names else []
    root = repository_root(folder)
    folders: dict[str, dict[str, None]] = {}
    for source in builders:
        ours = (each.name for each in source.file.images if each.known and each.known.host.name == kind)
        images += [_without_hub(each) for each in ours if _IMAGE.fullmatch(each)]
        name = os.path.basename(source.path).lower()
        for ecosystem, words in _MANIFESTS.items():
            if source.file.images and any(word in name for word in words):
                folders.setdefault(ecosystem, {})[_relative(os.path.dirname(source.path), root)] = None
    return UpdateScope(
        host=host,
        modules=tuple(sorted(found.keys() | replaced)),
        go_images=("golang", *(names.go_images if names else ())),
        images=tuple(dict.fromkeys(images)),
        folder=_relative(folder, root),
        image_folders={ecosystem: tuple(each) for ecosystem, each in folders.items()},
    )


def renovate_rules(scope: UpdateScope) -> str:
    """A preset for Renovate, or the part of a renovate.json."""
    release = scope.host.build.release if scope.host.build else ""
    go = f" ({release})" if release else ""
    rules: list[dict[str, Any]] = [
        {
            "description": f"These modules stay at the versions of the host {scope.host.reference}",
            "matchManagers": ["gomod"],
            "matchPackageNames": list(scope.modules),
            "enabled": False,
        },
        {
            "description": f"The go and toolchain lines must suit the host's Go{go}",
            "matchManagers": ["gomod"],
            "matchDepNames": ["go"],
            "enabled": False,
        },
        {
            "description": f"The plugin is built with the host's Go{go}",
            "matchDatasources": ["docker"],
            "matchPackageNames": list(scope.go_images),
            "enabled": False,
        },
    ]
    if scope.images:
        rules.append(
            {
                "description": "The images of the host move together",
                "matchDatasources": ["docker"],
                "matchPackageNames": [f"**/{each}" if "/" in each else each for each in scope.images],
                "groupName": _group(scope.host),
                "prBodyNotes": [
                    "This changes the host of a Go plugin. Run `layerg-pin fix --tidy` on this branch, which sets the "
                    "host's versions in go.mod, and write these rules again."
                ],
            }
        )
    document = {
        "$schema": "https://docs.renovatebot.com/renovate-schema.json",
        "description": [_header(scope, "renovate")],
        "packageRules": [each for each in rules if each.get("matchPackageNames") != []],
    }
    return json_escaped(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def dependabot_rules(scope: UpdateScope) -> str:
    """A dependabot.yml, or the entries to be merged into one."""
    import yaml  # imported here: only this format needs it

    weekly = {"interval": "weekly"}
    gomod: dict[str, Any] = {"package-ecosystem": "gomod", "directory": scope.folder, "schedule": dict(weekly)}
    if scope.modules:
        gomod["ignore"] = [{"dependency-name": each} for each in scope.modules]
    updates = [gomod]
    folders = scope.image_folders or ({"docker": (scope.folder,)} if scope.images else {})
    for ecosystem, each in folders.items():
        place: dict[str, Any] = {"directory": each[0]} if len(each) == 1 else {"directories": list(each)}
        entry = {"package-ecosystem": ecosystem, **place, "schedule": dict(weekly)}
        if patterns := list(dict.fromkeys(_REGISTRY.sub("", image, 1) for image in scope.images)):
            entry["groups"] = {_group(scope.host): {"patterns": patterns}}
        updates.append({**entry, "ignore": [{"dependency-name": name} for name in scope.go_images]})
    text = yaml.safe_dump({"version": 2, "updates": updates}, sort_keys=False, width=1000)
    return f"# {_header(scope, 'dependabot')}\n{text}"


def written_by(rule_format: str) -> str:
    """The words by which a file of rules is recognised as written by layerg-pin."""
    return f"Written by `layerg-pin host export --format {rule_format}`"


def _header(scope: UpdateScope, rule_format: str) -> str:
    reference = json.dumps(scope.host.reference)[1:-1]  # a comment stays one line
    return f"{written_by(rule_format)} for the host {reference}; write it again when the host changes"


def _group(host: HostManifest) -> str:
    known = known_host(host.module, host.modules)
    return known.published.name if known else "host"


def _official_images(names: Publication) -> Iterator[str]:
    """The images of a host by their full names; those of Docker Hub's own namespace have no owner."""
    owned = (name if "/" in name else f"{owner}/{name}" for owner in names.namespaces for name in names.images)
    yield from (name.removeprefix("library/") for name in dict.fromkeys(owned))


def _without_hub(image: str) -> str:
    for prefix in _HUB:
        image = image.removeprefix(prefix)
    return image


def _relative(folder: str, root: str) -> str:
    """A folder as Dependabot names it; one outside of the root is treated as the root."""
    relative = relative_path(folder, root)
    return "/" if relative == "." or relative.startswith("..") else f"/{relative}"
