"""The table of known hosts, the programs whose plugins layerg-pin knows by name, and look-ups in it.

A host is one row, and nothing else in this package knows its names. The releases of Layerg and Nakama are in
releases.py.

Sources: the plugin loader of each host: Layerg and Nakama server/runtime_go.go, KrakenD (lura)
transport/http/client/plugin, transport/http/server/plugin and proxy/plugin, gotify plugin/compat/wrap.go, Tyk
goplugin/goplugin.go. Their images: https://www.krakend.io/docs/extending/writing-plugins/, gotify's docker/Dockerfile
and https://github.com/gotify/build, Tyk's ci/goreleaser/goreleaser.yml and ci/images/plugin-compiler. For the paths in
images: build/Dockerfile of Layerg and Nakama, Dockerfile of KrakenD and Tyk, docker/Dockerfile of gotify.
"""

from collections.abc import Container, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from layerg_pin.core.lazy_pattern import LazyPattern


class EntrySymbol(NamedTuple):
    """A symbol that a host looks up in a plugin."""

    name: str
    declaration: str
    """Its declaration in the plugin's package main; `{symbol}` is replaced by the name."""
    signature: str = ""
    """A regular expression for the parameters, if any name is allowed. They alone then identify a plugin."""

    @property
    def is_function(self) -> bool:
        """Whether it must be a function; else a variable, whose address has the methods that the host calls."""
        return self.declaration.startswith("func ")


class Flavour(StrEnum):
    """The purpose of an image of a host."""

    SERVER = "server"
    DEBUG = "debug server"
    """A server that is built for debuggers, with `-gcflags="all=-N -l"`."""
    BUILDER = "plugin builder"


class GoStatement(NamedTuple):
    """A file in a host's source tree that states the Go release that builds the server."""

    file: str
    """Its path, relative to the module."""
    variable: str = ""
    """The variable of a Makefile; empty if the file contains nothing but the release."""


class Publication(NamedTuple):
    """The names under which a host is published, and how it is built."""

    name: str
    """In references, verdicts and the catalogue: `nakama`."""
    title: str
    """The name of the server in sentences: `Nakama`."""
    majors: tuple[str, ...]
    """The suffixes of its module path, such as `/v3`, the newest first."""
    namespaces: tuple[str, ...]
    """The owners of its official images; the first one publishes each release. `library`: Docker Hub's own images."""
    images: Mapping[str, Flavour]
    """Its images by their name without an owner; with an owner if others use the same name for something else."""
    c_library: str = "glibc"
    """The kind of the C library in its images."""
    variants: Mapping[str, str] = MappingProxyType({})
    """The ends of tags that name a variant of a release, and the kind of its C library."""
    go_images: tuple[str, ...] = ()
    """Its images that plugins are built in and whose tags begin with a Go release."""
    main: str = "."
    """The main package of the server, relative to the module."""
    trimpath: bool = True
    """Whether all official builds have the flag -trimpath."""
    states_go: GoStatement | None = None
    """Where its source tree states its Go release, if a Dockerfile does not."""


class KnownHost(NamedTuple):
    """A program that opens plugins."""

    name: str
    modules: tuple[str, ...]
    """Its module paths, without a major version suffix such as /v3; the newest first. Empty if its source is not
    public.
    """
    api: tuple[str, ...]
    """The modules that plugins, and only plugins, import to use its API."""
    symbols: tuple[EntrySymbol, ...]
    """The symbols that it looks up. The name `{symbol}` means any name in the host's configuration."""
    published: Publication
    note: str = ""
    """A remark on the declarations, without a final dot."""
    optional: bool = False
    """Whether it looks up all symbols in every plugin, and a plugin declares only those of its kind."""
    paths: tuple[str, ...] = ()
    """The paths of its server in its images."""
    packages: Mapping[str, str] = MappingProxyType({})
    """The import paths of the packages in the declarations, by name. Their types are no aliases."""

    @property
    def module_paths(self) -> tuple[str, ...]:
        """Its module paths in all major versions, the newest first."""
        return tuple(path + major for major in self.published.majors for path in self.modules)


_INIT_MODULE = (
    "func InitModule(ctx context.Context, logger runtime.Logger, db *sql.DB, nk runtime.{}, initializer "
    "runtime.Initializer) error"
)
_STANDARD = {"context": "context", "sql": "database/sql"}
KNOWN_HOST_TABLE = (
    KnownHost(
        "Layerg",
        ("github.com/u2u-labs/layerg-core",),
        ("github.com/u2u-labs/go-layerg-common",),
        (EntrySymbol("InitModule", _INIT_MODULE.format("LayerGModule")),),
        note="`runtime` is github.com/u2u-labs/go-layerg-common/runtime",
        packages=_STANDARD | {"runtime": "github.com/u2u-labs/go-layerg-common/runtime"},
        paths=("/layerg/layerg",),
        published=Publication(
            name="layerg",
            title="Layerg core",
            majors=("",),
            namespaces=("layerglabs", "dangnp", "u2ulabs", "u2u-labs"),
            images={
                "layerg": Flavour.SERVER,
                "layerg-core": Flavour.SERVER,
                "layerg-server": Flavour.SERVER,
                "layerg-dsym": Flavour.DEBUG,
                "layerg-pluginbuilder": Flavour.BUILDER,
            },
        ),
    ),
    KnownHost(
        "Nakama",
        ("github.com/heroiclabs/nakama",),
        ("github.com/heroiclabs/nakama-common",),
        (EntrySymbol("InitModule", _INIT_MODULE.format("NakamaModule")),),
        note="`runtime` is github.com/heroiclabs/nakama-common/runtime",
        packages=_STANDARD | {"runtime": "github.com/heroiclabs/nakama-common/runtime"},
        paths=("/nakama/nakama",),
        published=Publication(
            name="nakama",
            title="Nakama",
            majors=("/v3", "/v2", ""),
            namespaces=("heroiclabs",),
            images={"nakama": Flavour.SERVER, "nakama-dsym": Flavour.DEBUG, "nakama-pluginbuilder": Flavour.BUILDER},
        ),
    ),
    KnownHost(
        name="KrakenD",
        modules=(
            "github.com/krakend/krakend-ce",
            "github.com/krakendio/krakend-ce",
            "github.com/devopsfaith/krakend-ce",
        ),
        api=(),
        symbols=(
            EntrySymbol("ClientRegisterer", 'var ClientRegisterer = registerer("NAME")'),
            EntrySymbol("HandlerRegisterer", 'var HandlerRegisterer = registerer("NAME")'),
            EntrySymbol("ModifierRegisterer", 'var ModifierRegisterer = registerer("NAME")'),
        ),
        note="`registerer` is a type of the plugin's own, with the method that KrakenD's documentation shows",
        optional=True,
        paths=("/usr/bin/krakend",),
        published=Publication(
            name="krakend",
            title="KrakenD",
            majors=("/v2", ""),
            namespaces=("krakend", "devopsfaith", "library"),
            images={"krakend": Flavour.SERVER, "krakend/builder": Flavour.BUILDER},
            c_library="musl",
            variants={"-linux-generic": "glibc", "-watch": "musl"},
            main="./cmd/krakend-ce",
            trimpath=False,
            states_go=GoStatement("Makefile", "GOLANG_VERSION"),
        ),
    ),
    KnownHost(
        name="KrakenD Enterprise",
        modules=(),
        api=(),
        symbols=(),  # those of KrakenD
        published=Publication(
            name="krakend-ee",
            title="KrakenD Enterprise",
            majors=(),
            namespaces=("krakend",),
            images={"krakend-ee": Flavour.SERVER, "krakend/builder-ee": Flavour.BUILDER},
            c_library="musl",
            variants={"-linux-generic": "glibc", "-watch": "musl"},
            trimpath=False,
        ),
    ),
    KnownHost(
        name="gotify",
        modules=("github.com/gotify/server",),
        api=("github.com/gotify/plugin-api",),
        symbols=(
            EntrySymbol("GetGotifyPluginInfo", "func GetGotifyPluginInfo() plugin.Info"),
            EntrySymbol(
                "NewGotifyPluginInstance", "func NewGotifyPluginInstance(ctx plugin.UserContext) plugin.Plugin"
            ),
        ),
        note="`plugin` is github.com/gotify/plugin-api",
        packages={"plugin": "github.com/gotify/plugin-api"},
        paths=("/app/gotify-app",),
        published=Publication(
            name="gotify",
            title="gotify",
            majors=("/v2", ""),
            namespaces=("gotify",),
            images={"gotify/server": Flavour.SERVER},
            go_images=("gotify/build",),
            trimpath=False,
            states_go=GoStatement("GO_VERSION"),
        ),
    ),
    KnownHost(
        name="Tyk",
        modules=("github.com/TykTechnologies/tyk",),
        api=(),
        symbols=(
            EntrySymbol(
                "{symbol}",
                "func {symbol}(rw http.ResponseWriter, r *http.Request)",
                signature=r"\(\w+ http\.ResponseWriter, (?:\w+ \*http\.Response, )?\w+ \*http\.Request\)",
            ),
        ),
        note="the name must be the one in the API definition; middleware for responses has the parameters "
        "(rw http.ResponseWriter, res *http.Response, req *http.Request)",
        paths=("/opt/tyk-gateway/tyk",),
        published=Publication(
            name="tyk",
            title="Tyk",
            majors=("",),
            namespaces=("tykio", "tyk-gateway"),
            images={"tyk-gateway": Flavour.SERVER, "tyk-plugin-compiler": Flavour.BUILDER},
        ),
    ),
)
ENTRY_SYMBOLS = tuple(
    dict.fromkeys(each.name for host in KNOWN_HOST_TABLE for each in host.symbols if each.name != "{symbol}")
)
"""The names that known hosts look up in every plugin."""
SIGNATURES = tuple(each.signature for host in KNOWN_HOST_TABLE for each in host.symbols if each.signature)
"""The parameters of functions that hosts look up under any name, as regular expressions."""
PUBLICATIONS: Mapping[str, Publication] = {
    path: host.published for host in KNOWN_HOST_TABLE for path in host.module_paths
}
"""The hosts that are searched for beside plugins, by each path of their module."""
HOST_NAMES = tuple(host.published.name for host in KNOWN_HOST_TABLE)
"""The short names. Each reference to an image of a host contains one of them."""
GO_IMAGES = frozenset(name for host in KNOWN_HOST_TABLE for name in host.published.go_images)
"""Images whose tags begin with a Go release, as those of golang do."""
GO_STATEMENTS: Mapping[str, GoStatement] = {
    path: stated for path, names in PUBLICATIONS.items() if (stated := names.states_go)
}
"""Where the source trees of hosts state their Go release, by the path of their module."""
PACKAGE_NAMES: Mapping[str, str] = {path: name for host in KNOWN_HOST_TABLE for name, path in host.packages.items()}
"""The names of the packages in the declarations, by import path."""
PLUGIN_APIS = tuple(api for host in KNOWN_HOST_TABLE for api in host.api)
"""A module that requires one of these is a plugin."""
_MAJOR = LazyPattern(r"/v[0-9]+\Z")


def known_host(module: str | None, modules: Container[str] = ()) -> KnownHost | None:
    """The known host with this module path, in any major version, or else with a plugin API among `modules`.

    The second rule finds forks, which keep the API of their origin.
    """
    path = _MAJOR.sub("", module) if module else None
    named = next((host for host in KNOWN_HOST_TABLE if path in host.modules), None)
    return named or next((host for host in KNOWN_HOST_TABLE if any(api in modules for api in host.api)), None)


def hosts_with_symbol(symbol: str) -> tuple[KnownHost, ...]:
    """The known hosts that look up a symbol of this name in every plugin."""
    return tuple(host for host in KNOWN_HOST_TABLE if any(each.name == symbol for each in host.symbols))


def declaration(host: KnownHost, symbol: str) -> str | None:
    """The declaration of a symbol in a plugin of `host`; None if the host does not look it up."""
    for each in host.symbols:
        if each.name in (symbol, "{symbol}"):
            return each.declaration.replace("{symbol}", symbol)
    return None
