"""An image tag is used only if this image certainly builds or loads the plugin; otherwise the reason is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerg_pin.core.analysis.unknown_images import refusing_debug_server, unknown_images
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.known.release_names import near_release
from layerg_pin.engine.plugin_discovery import HostReference, find_host
from layerg_pin.engine.settings import Settings
from layerg_pin.source_tree.build_files import read_build_files
from tests.hosts.conftest import COMPOSE, GOMOD

COPY = "WORKDIR /b\nCOPY {} .\nRUN go build -buildmode=plugin -trimpath -o x.so\n"
MODULES = "COPY --from=builder /b/x.so /nakama/data/modules/\n"
BUILDER = "FROM heroiclabs/nakama-pluginbuilder:3.22.0 AS builder\n" + COPY.format(".")
DOCKERFILE = BUILDER + "FROM heroiclabs/nakama:3.22.0\n" + MODULES
ARG = "ARG V=3.22.0\n" + DOCKERFILE.replace("3.22.0", "$V")
BUILT = "services:\n  n:\n    build:\n      context: .\n      args:\n        V: {}\n"
RUN = "docker run heroiclabs/nakama:{}\n"
BAKE = (
    'variable "NV" {{ default = "{}" }}\n'
    'target "base" {{ args = {{ V = NV }} }}\n'
    'target "default" {{\n  inherits = ["base"]\n}}\n'
)


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def verdict(plugin: Path) -> str:
    """The release that is found, and what is uncertain about it, or the reason why none is found."""
    builders = read_build_files(str(plugin))
    reference = find_host(str(plugin), parse_gomod(GOMOD), None, Settings(), builders=builders)
    if not isinstance(reference, HostReference):
        return reference.message
    uncertainties = [*unknown_images(builders, str(plugin)), refusing_debug_server(builders, str(plugin))]
    return "; ".join((reference.text, *filter(None, uncertainties)))


KNOWN: dict[str, dict[str, str]] = {
    "a default of FROM": {"Dockerfile": "ARG V\n" + DOCKERFILE.replace("3.22.0", "${V:-3.22.0}")},
    "an argument without a value": {"Dockerfile": ARG, "compose.yaml": BUILT.format("")},
    "an argument from .env": {
        "Dockerfile": ARG.replace("3.22.0", "3.20.0"),
        "compose.yaml": BUILT.format("").replace("V: ", "- V"),
        ".env": "W=3.22.0\nV=$W\n",
    },
    "a default in a default": {"compose.yaml": COMPOSE.format("${A:-${B:-3.22.0}}")},
    "a default in a default of .env": {"compose.yaml": COMPOSE.format("$A"), ".env": "A=${B:-${C:-3.22.0}}\n"},
    "an included file": {"compose.yaml": "include: [{path: deploy/n.yml}]\n", "deploy/n.yml": COMPOSE.format("3.22.0")},
    "an extended service of another file": {
        "compose.yaml": "services:\n  n: {extends: {file: base.yml, service: n}}\n",
        "base.yml": COMPOSE.format("3.22.0"),
    },
    "an extended service of another folder, which extends one there": {
        "compose.yaml": "services:\n  n: {extends: {file: sub/b.yml, service: n}}\n",
        "sub/b.yml": "services:\n  n: {extends: {file: c.yml, service: n}}\n",
        "sub/c.yml": COMPOSE.format("3.22.0"),
        "c.yml": COMPOSE.format("3.20.0"),
    },
    "an extended service that is built in another folder": {
        "compose.yaml": "services:\n  n: {extends: {file: common/base.yml, service: n}}\n",
        "common/base.yml": "services:\n  n:\n    build: {context: .., dockerfile: common/D, args: {V: 3.22.0}}\n",
        "common/D": ARG.replace("3.22.0", "3.20.0"),
    },
    "an extended service whose image is replaced": {
        "compose.yaml": "services:\n  n: {extends: {file: base.yml, service: n}, image: 'heroiclabs/nakama:3.22.0'}\n",
        "base.yml": COMPOSE.format("3.20.0"),
    },
    "an extended service of the same file": {
        "compose.yaml": "services:\n  base: {build: {args: {V: 3.22.0}}}\n  n: {extends: base}\n",
        "Dockerfile": ARG.replace("3.22.0", "3.20.0"),
    },
    "services that extend each other": {
        "compose.yaml": COMPOSE.format("3.22.0") + "  a: {extends: b}\n  b: {extends: a}\n"
    },
    "a Dockerfile in the compose file": {
        "compose.yaml": "services:\n  n:\n    build:\n      dockerfile_inline: |\n"
        + "".join(f"        {line}\n" for line in DOCKERFILE.splitlines())
    },
    "a profile that is not active": {
        "compose.yaml": COMPOSE.format("3.22.0") + "  o:\n    profiles: [old]\n    image: heroiclabs/nakama:3.20.0\n",
    },
    "the only server has a profile": {"compose.yaml": COMPOSE.format("3.22.0") + "    profiles: [server]\n"},
    "variables that a Makefile sets": {
        "compose.yaml": COMPOSE.format("${V}"),
        "Makefile": "export V := 3.22.0\nup:\n\tdocker compose up\n",
    },
    "variables that a script sets": {
        "compose.yaml": COMPOSE.format("${V:-3.22.0}"),
        "up.sh": "V=3.22.0 docker-compose up -d\n",
    },
    "a run of another project": {
        "compose.yaml": COMPOSE.format("${V:-3.22.0}"),
        "other/compose.yaml": "services: {}\n",
        "up.sh": "V=3.20.0 docker compose -f other/compose.yaml up -d\n",
    },
    "a bake file": {"Dockerfile": ARG.replace("3.22.0", "3.20.0"), "docker-bake.hcl": BAKE.format("3.22.0")},
    "a bake file in JSON": {
        "Dockerfile": ARG.replace("3.22.0", "3.20.0"),
        "docker-bake.json": '{"variable": {"NV": {"default": "3.22.0"}}, "target": {"d": {"args": {"V": "${NV}"}}}}',
    },
    "a build argument that a script exports": {
        "Dockerfile": ARG.replace("3.22.0", "3.20.0"),
        "compose.yaml": BUILT.format("3.22.0"),
        "up.sh": "export V=3.22.0\ndocker compose build --build-arg V\n",
    },
    "many runs of one file": {
        "compose.yaml": COMPOSE.format("${V}"),
        "a.sh": "W=1 docker compose up\n" * 200,
        "b.sh": "V=3.22.0 docker compose up\n",
    },
    "a here-document": {"Dockerfile": DOCKERFILE, "help.sh": f"cat <<EOF\n{RUN.format('3.20.0')}EOF\n"},
    "a here-document of a workflow": {
        "Dockerfile": DOCKERFILE,
        "../.github/workflows/a.yml": "jobs:\n  a:\n    steps:\n      - run: |\n          cat > x <<'EOF'\n"
        "          docker run heroiclabs/nakama:3.20.0\n          EOF\n",
    },
    "a here-document of a Dockerfile": {
        "Dockerfile": f"{BUILDER}COPY <<EOF /x\nFROM heroiclabs/nakama:3.20.0\nEOF\nFROM heroiclabs/nakama:3.22.0\n"
    },
    "branches that agree": {"up.sh": f"case $1 in\na) V=3.22.0;;\n*) exit 1;;\nesac\n{RUN.format('$V')}"},
    "a default": {"up.sh": f'[ -z "$V" ] && V=3.22.0\n{RUN.format("$V")}'},
    "each branch runs its own": {
        "up.sh": f"V=3.22.0\nif false; then\n  V=$1\n  echo $V\n  exit\nfi\n{RUN.format('$V')}"
    },
    "another module's Dockerfile": {
        "../Dockerfile.other": DOCKERFILE.replace("COPY . .", "COPY other .").replace("3.22.0", "3.20.0"),
        "../other/go.mod": "module other\n",
        "../Dockerfile": DOCKERFILE.replace("COPY . .", "COPY plugin/go.* plugin/ ./"),
    },
    "another module's Dockerfile in this folder": {
        "Dockerfile.other": DOCKERFILE.replace("COPY . .", "COPY other .").replace("3.22.0", "3.20.0"),
        "other/go.mod": "module other\n",
        "Dockerfile": DOCKERFILE,
    },
    "the server of another module": {
        "../compose.yaml": COMPOSE.format("3.22.0").replace("n:", "n:\n    volumes: ['./plugin:/nakama/data/modules']")
        + "  o:\n    volumes: [{type: bind, source: ./other, target: /nakama/data/modules}]\n"
        "    image: heroiclabs/nakama:3.20.0\n",
        "../other/go.mod": "module other\n",
    },
    "an image that the repository builds": {
        "Dockerfile": DOCKERFILE,
        "compose.prod.yaml": "services:\n  n:\n    image: ghcr.io/acme/nakama:7\n",
    },
    "an image that only carries the plugin": {
        "Dockerfile": BUILDER + "FROM busybox\n" + MODULES,
        "compose.yaml": COMPOSE.format("3.22.0"),
    },
    "a debug server with its own build": {
        "Dockerfile": DOCKERFILE,
        "Dockerfile.debug": DOCKERFILE.replace("-trimpath", "-trimpath -gcflags='all=-N -l'"),
        "compose.debug.yaml": COMPOSE.format("3.22.0").replace("nakama:", "nakama-dsym:"),
    },
}


@pytest.mark.parametrize("files", KNOWN.values(), ids=KNOWN)
def test_certain(plugin: Path, files: dict[str, str]) -> None:
    write(plugin, files)
    assert verdict(plugin) == "nakama@3.22.0"
    images = [image for source in read_build_files(str(plugin)) for image in source.file.images]
    releases = {str(image.release) for image in images if image.known and image.known.official}
    assert releases == {"3.22.0"}, "no other release counts"


UNKNOWN: dict[str, tuple[dict[str, str], str]] = {
    "no value": (
        {"compose.yaml": COMPOSE.format("${V}")},
        "compose.yaml:3 names heroiclabs/nakama, and V has no known",
    ),
    "too many defaults inside each other": (
        {"Dockerfile": DOCKERFILE, "compose.yaml": COMPOSE.format("${A:-" * 20 + "3.20.0" + "}" * 20)},
        "compose.yaml:3 names heroiclabs/nakama, and A has no known",
    ),
    "an argument without a default": (
        {"Dockerfile": "ARG V\n" + DOCKERFILE.replace("3.22.0", "$V")},
        "Dockerfile:2 names heroiclabs/nakama-pluginbuilder, and V has no known value there",
    ),
    "a Makefile and a default that differ": (
        {"compose.yaml": COMPOSE.format("${V:-3.22.0}"), "Makefile": "up:\n\tV=3.20.0 docker compose up\n"},
        "compose.yaml:3 names heroiclabs/nakama, and V has no known",
    ),
    "a script that is run from another folder": (
        {
            "compose.yaml": COMPOSE.format("${V:-3.22.0}"),
            "scripts/up.sh": "V=3.20.0 docker compose -f compose.yaml up\n",
        },
        "compose.yaml:3 names heroiclabs/nakama, and V has",
    ),
    "a file with variables": (
        {
            "compose.yaml": COMPOSE.format("${V:-3.22.0}"),
            "up.sh": "set -a; . ./prod.env\ndocker stack deploy -c compose.yaml n\n",
            "prod.env": "V=3.20.0\n",
        },
        "compose.yaml:3 names heroiclabs/nakama, and V has",
    ),
    "build arguments of a command": (
        {
            "Dockerfile": ARG,
            "compose.yaml": BUILT.format("3.22.0"),
            "up.sh": "docker compose build --build-arg V=3.20.0\n",
        },
        "Dockerfile:2 names heroiclabs/nakama-pluginbuilder, and V has",
    ),
    "a build with the default and one without": (
        {"Dockerfile": ARG, "compose.yaml": BUILT.format("3.20.0"), "up.sh": "docker build .\n"},
        "Dockerfile:2 names heroiclabs/nakama-pluginbuilder, and V has",
    ),
    "a build argument that is not known": (
        {
            "Dockerfile": ARG,
            "compose.yaml": BUILT.format("3.22.0"),
            "up.sh": "export V=$1\ndocker compose build --build-arg V\n",
        },
        "Dockerfile:2 names heroiclabs/nakama-pluginbuilder, and V has",
    ),
    "an own value that is unknown, and one of a run": (
        {
            "compose.yaml": COMPOSE.format("$V"),
            ".env": "V=$UNSET\n",
            "up.sh": "V=3.22.0 docker compose up\n",
        },
        "compose.yaml:3 names heroiclabs/nakama, and V has",
    ),
    "the variables of a service that is extended": (
        {
            "compose.yaml": "services:\n  n: {extends: {file: base.yml, service: n}}\n",
            "base.yml": COMPOSE.format("${V:-3.22.0}"),
            "up.sh": "V=3.20.0 docker compose -f compose.yaml up\n",
        },
        "compose.yaml:2 names heroiclabs/nakama, and its tag is not known",
    ),
    "a function that is called": (
        {"up.sh": f"old() {{\n  V=3.20.0\n}}\nV=3.22.0\nold\n{RUN.format('$V')}"},
        "up.sh:6 names heroiclabs/nakama, and V has",
    ),
    "another environment file": (
        {
            "Dockerfile": DOCKERFILE,
            "compose.yaml": COMPOSE.format("${V:-3.22.0}"),
            "up.sh": "docker compose --env-file prod.env up\n",
            "prod.env": "V=3.20.0\n",
        },
        "nakama@3.22.0; compose.yaml:3 names heroiclabs/nakama, and V has",
    ),
    "an environment file that is missing": (
        {"compose.yaml": COMPOSE.format("${V:-3.22.0}"), "up.sh": "docker compose --env-file prod.env up\n"},
        "compose.yaml:3 names heroiclabs/nakama, and V has",
    ),
    "a bake file that computes": (
        {"Dockerfile": ARG, "docker-bake.hcl": 'target "a" {\n  args = { V = lower("3.22.0") }\n}\n'},
        "Dockerfile:2 names heroiclabs/nakama-pluginbuilder, and V has",
    ),
    "a bake file and its environment": (
        {"Dockerfile": ARG, "docker-bake.hcl": BAKE.format("3.22.0"), "up.sh": "NV=3.20.0 docker buildx bake\n"},
        "Dockerfile:2 names heroiclabs/nakama-pluginbuilder, and V has",
    ),
    "a branch": (
        {"up.sh": f'V=3.22.0\nif [ "$1" = old ]; then V=3.20.0; fi\n{RUN.format("$V")}'},
        "up.sh:3 names heroiclabs/nakama, and V has",
    ),
    "a function": (
        {"up.sh": f"V=3.22.0\nold() {{\n  V=3.20.0\n}}\n{RUN.format('$V')}"},
        "up.sh:5 names heroiclabs/nakama, and V has",
    ),
    "cases": (
        {"up.sh": f"case $1 in\n  a) V=3.22.0 ;;\n  b) V=3.20.0 ;;\nesac\n{RUN.format('$V')}"},
        "up.sh:5 names heroiclabs/nakama, and V has",
    ),
    "a loop": ({"up.sh": f"for V in 3.20.0 3.22.0; do\n{RUN.format('$V')}done\n"}, "up.sh:2 names"),
    "a builder with an unknown tag": (
        {"Dockerfile": DOCKERFILE, "up.sh": RUN.format("$1").replace("nakama:", "nakama-pluginbuilder:")},
        "nakama@3.22.0; up.sh:1 names heroiclabs/nakama-pluginbuilder, and 1 has no known value",
    ),
    "another owner's server": (
        {"Dockerfile": BUILDER + "FROM ghcr.io/acme/nakama:3.22.0\n" + MODULES},
        "nakama@3.22.0; Dockerfile:5 runs the plugin in ghcr.io/acme/nakama:3.22.0, which can be built from any",
    ),
    "a server by another name": (
        {"Dockerfile": BUILDER + "FROM acme/game-server\n" + MODULES},
        "nakama@3.22.0; Dockerfile:5 runs the plugin in acme/game-server, which can",
    ),
    "a server that a variable names": (
        {"Dockerfile": "ARG S\n" + BUILDER + "FROM $S\n" + MODULES},
        "nakama@3.22.0; Dockerfile:6 runs the plugin in an image that a variable names, which can",
    ),
    "a server by its volume": (
        {
            "Dockerfile": BUILDER,
            "compose.yaml": "services:\n  n:\n    image: acme/game:1\n    volumes: ['./m:/nakama/data/modules:ro']\n",
        },
        "nakama@3.22.0; compose.yaml:3 runs the plugin in acme/game:1, which can",
    ),
    "the debug server of a variant": (
        {"Dockerfile": DOCKERFILE, "compose.debug.yaml": COMPOSE.format("3.22.0").replace("nakama:", "nakama-dsym:")},
        "nakama@3.22.0; compose.debug.yaml:3 runs nakama-dsym, the debug server, which refuses a plugin",
    ),
    "an extended file that is missing": (
        {"Dockerfile": DOCKERFILE, "compose.yaml": "services:\n  n: {extends: {file: ../../x.yml, service: n}}\n"},
        "nakama@3.22.0; compose.yaml:2: ../../x.yml, whose service is extended, is not read",
    ),
    "an environment file outside the repository": (
        {
            "compose.yaml": COMPOSE.format("$V"),
            "up.sh": "docker compose --env-file ../../a.env up\n",
            "../../a.env": "V=1",
        },
        "compose.yaml:3 names heroiclabs/nakama, and V has",
    ),
    "an extended file outside the repository": (
        {
            "compose.yaml": "services:\n  n: {extends: {file: ../../base.yml, service: n}}\n",
            "../../base.yml": COMPOSE.format("3.22.0"),
        },
        "compose.yaml:2: ../../base.yml, whose service is extended, is not read",
    ),
    "an included file that is elsewhere": (
        {"Dockerfile": DOCKERFILE, "compose.yaml": "include: ['https://example.com/a.git']\n"},
        "nakama@3.22.0; compose.yaml:1: the included file is not read",
    ),
}


@pytest.mark.parametrize(("files", "reason"), UNKNOWN.values(), ids=UNKNOWN)
def test_unknown(plugin: Path, files: dict[str, str], reason: str) -> None:
    write(plugin, files)
    assert reason in verdict(plugin)


@pytest.mark.parametrize(
    "files",
    [
        {".env": "COMPOSE_PROFILES=new,old\n"},
        {".env": "COMPOSE_PROFILES=*\n"},
        {".env": "COMPOSE_PROFILES=$UNSET\n"},
        {"up.sh": "docker compose --profile old up\n"},
        {"up.sh": "docker compose --profile '*' up\n"},
        {"up.sh": 'docker compose --profile "$1" up\n'},
        {"up.sh": "COMPOSE_PROFILES=old docker compose up\n"},
        {"up.sh": "export COMPOSE_PROFILES=$1\ndocker compose up\n"},
    ],
)
def test_the_profiles_that_may_be_active(plugin: Path, files: dict[str, str]) -> None:
    other = "  o:\n    profiles: [old]\n    image: heroiclabs/nakama:3.20.0\n"
    write(plugin, {"compose.yaml": COMPOSE.format("3.22.0") + other, **files})
    images = [image for source in read_build_files(str(plugin)) for image in source.file.images]
    assert [image.tag for image in images] == ["3.22.0", "3.20.0"]


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (" nakama  3.22.0", "nakama@3.22.0"),
        ("3.22.0", "nakama@3.22.0"),
        ("v0.1.1", "layerg@0.1.1"),
        ("https://github.com/heroiclabs/nakama/releases/tag/v3.22.0", "nakama@3.22.0"),
        ("https://hub.docker.com/r/heroiclabs/nakama/tags?name=3.22.0", "nakama@3.22.0"),
        ("https://example.com/3.22.0", ""),
        ("../3.22.0", ""),
    ],
)
def test_the_nearest_name(reference: str, expected: str) -> None:
    near = near_release(reference)
    assert near.endswith(expected)
    assert bool(near) == bool(expected)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("heroiclab/nakama-pluginbuilder:3.24.0", "heroiclabs/nakama-pluginbuilder:3.24.0"),
        ("heroic-labs/nakama-pluginbuilder", "heroiclabs/nakama-pluginbuilder"),
        ("registry.heroiclabs.com/Heroiclab/nakama:3.24.0", "registry.heroiclabs.com/heroiclabs/nakama:3.24.0"),
        ("acme/nakama-pluginbuilder:3.24.0", ""),
        ("nakama-pluginbuilder:3.24.0", ""),
    ],
)
def test_a_misspelt_owner_is_named(tmp_path: Path, wrong: str, right: str) -> None:
    """The release of the plugin API is not proposed then: it may be another one than that of the tag."""
    plugin = tmp_path / "plugin"  # hosts of other tests are beside tmp_path
    write(plugin, {"Dockerfile": f"FROM {wrong} AS builder\n{COPY.format('.')}"})
    found = verdict(plugin)
    remedy = f"Dockerfile:1 names {wrong}, which is not an image of Nakama's publisher: write {right}, or set the host"
    assert (remedy in found) is bool(right)
    assert ("its plugin API is that of" in found) is not bool(right)
