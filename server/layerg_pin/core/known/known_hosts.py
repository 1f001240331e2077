"""The table of known hosts, the programs that open plugins, with functions to search it.

Sources: the plugin loader of each host: Layerg and Nakama server/runtime_go.go, KrakenD (lura)
transport/http/client/plugin, transport/http/server/plugin and proxy/plugin, gotify plugin/compat/wrap.go, Tyk
goplugin/goplugin.go.
"""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

from layerg_pin.core.late_pattern import LatePattern


class EntrySymbol(NamedTuple):
    """A symbol that a host looks up in a plugin."""

    name: str
    declaration: str
    """Its declaration in the plugin's package main; `{symbol}` is replaced by the name."""


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
    """Whether a plugin declares only some of the symbols, depending on its kind."""


_INIT_MODULE = (
    "func InitModule(ctx context.Context, logger runtime.Logger, db *sql.DB, nk runtime.{}, initializer "
    "runtime.Initializer) error"
)
KNOWN_HOST_TABLE = (
    KnownHost(
        name="Layerg",
        modules=("github.com/u2u-labs/layerg-core",),
        api=("github.com/u2u-labs/go-layerg-common",),
        symbols=(EntrySymbol("InitModule", _INIT_MODULE.format("LayerGModule")),),
        note="`runtime` is github.com/u2u-labs/go-layerg-common/runtime",
    ),
    KnownHost(
        name="Nakama",
        modules=("github.com/heroiclabs/nakama",),
        api=("github.com/heroiclabs/nakama-common",),
        symbols=(EntrySymbol("InitModule", _INIT_MODULE.format("NakamaModule")),),
        note="`runtime` is github.com/heroiclabs/nakama-common/runtime",
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
    ),
    KnownHost(
        name="Tyk",
        modules=("github.com/TykTechnologies/tyk",),
        api=(),
        symbols=(EntrySymbol("{symbol}", "func {symbol}(rw http.ResponseWriter, r *http.Request)"),),
        note="the name must be the one in the API definition; middleware for responses has the parameters "
        "(rw http.ResponseWriter, res *http.Response, req *http.Request)",
    ),
)
ENTRY_SYMBOLS = tuple(
    dict.fromkeys(each.name for host in KNOWN_HOST_TABLE for each in host.symbols if each.name != "{symbol}")
)
"""The names that known hosts look up in every plugin."""
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
