"""The table of known hosts, the programs whose plugins layerg-pin knows by name, and look-ups in it.

A host is one row. The releases of a published host are rows of releases.py.

Sources: the plugin loader of each host: Layerg and Nakama server/runtime_go.go, KrakenD (lura)
transport/http/client/plugin, transport/http/server/plugin and proxy/plugin, gotify plugin/compat/wrap.go, Tyk
goplugin/goplugin.go. For the paths in images: build/Dockerfile of Layerg and Nakama, Dockerfile of KrakenD and Tyk,
docker/Dockerfile of gotify.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from enum import StrEnum
from typing import NamedTuple

from layerg_pin.core.late_pattern import LatePattern


class EntrySymbol(NamedTuple):
    """A symbol that a host looks up in a plugin."""

    name: str
    declaration: str
    """Its declaration in the plugin's package main; `{symbol}` is replaced by the name."""


class Flavour(StrEnum):
    """The purpose of an image of a host."""

    SERVER = "server"
    DEBUG = "debug server"
    """A server that is built for debuggers, with `-gcflags="all=-N -l"`."""
    BUILDER = "plugin builder"


class Publication(NamedTuple):
    """The names under which a host is published. layerg-pin searches for such a host, and knows its images."""

    name: str
    """In verdicts and in releases.py: `nakama`."""
    title: str
    """The name of the server in sentences: `Nakama`."""
    majors: tuple[str, ...]
    """The suffixes of its module path, such as `/v3`, the newest first."""
    namespaces: tuple[str, ...]
    """The owners of its official images; the first one publishes each release."""
    images: Mapping[str, Flavour]
    """Its images by their name without an owner."""


class KnownHost(NamedTuple):
    """A program that opens plugins."""

    name: str
    modules: tuple[str, ...]
    """Its module paths, without a major version suffix such as /v3; the newest first."""
    api: tuple[str, ...]
    """The modules that a plugin imports to use its API."""
    symbols: tuple[EntrySymbol, ...]
    """The symbols that it looks up. The name `{symbol}` means any name in the host's configuration."""
    note: str = ""
    """A remark on the declarations, without a final dot."""
    optional: bool = False
    """Whether it looks up all symbols in every plugin, and a plugin declares only those of its kind."""
    paths: tuple[str, ...] = ()
    """The paths of its server in its images."""
    published: Publication | None = None
    """None for a host that is a host only where the user names it."""


_INIT_MODULE = (
    "func InitModule(ctx context.Context, logger runtime.Logger, db *sql.DB, nk runtime.{}, initializer "
    "runtime.Initializer) error"
)
KNOWN_HOST_TABLE = (
    KnownHost(
        "Layerg",
        ("github.com/u2u-labs/layerg-core",),
        ("github.com/u2u-labs/go-layerg-common",),
        (EntrySymbol("InitModule", _INIT_MODULE.format("LayerGModule")),),
        note="`runtime` is github.com/u2u-labs/go-layerg-common/runtime",
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
        paths=("/app/gotify-app",),
    ),
    KnownHost(
        name="Tyk",
        modules=("github.com/TykTechnologies/tyk",),
        api=(),
        symbols=(EntrySymbol("{symbol}", "func {symbol}(rw http.ResponseWriter, r *http.Request)"),),
        note="the name must be the one in the API definition; middleware for responses has the parameters "
        "(rw http.ResponseWriter, res *http.Response, req *http.Request)",
        paths=("/opt/tyk-gateway/tyk",),
    ),
)
ENTRY_SYMBOLS = tuple(
    dict.fromkeys(each.name for host in KNOWN_HOST_TABLE for each in host.symbols if each.name != "{symbol}")
)
"""The names that known hosts look up in every plugin."""
PUBLISHED: Mapping[str, Publication] = {
    host.modules[0] + host.published.majors[0]: host.published for host in KNOWN_HOST_TABLE if host.published
}
"""The hosts that are searched for beside plugins, by the newest path of their module."""
PLUGIN_APIS = tuple(api for host in KNOWN_HOST_TABLE if host.published for api in host.api)
"""A module that requires one of these is a plugin."""
_MAJOR = LatePattern(r"/v[0-9]+\Z")


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
