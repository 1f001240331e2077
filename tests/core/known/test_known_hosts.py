"""The declarations of entry symbols are those that each host uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerg_pin.core.analysis.analyse import analyse
from layerg_pin.core.explain.explanation import explain_line
from layerg_pin.core.gomod.parser import parse_gomod
from layerg_pin.core.known.known_hosts import KNOWN_HOST_TABLE, declaration, hosts_with_symbol, known_host
from layerg_pin.core.model.host_manifest import HostManifest
from layerg_pin.engine.plugin_snapshot import take_snapshot
from layerg_pin.hosts.references import Hosts


@pytest.mark.parametrize(
    ("module", "modules", "name"),
    [
        ("github.com/heroiclabs/nakama/v3", (), "Nakama"),
        ("github.com/heroiclabs/nakama/v2", (), "Nakama"),
        ("github.com/u2u-labs/layerg-core", (), "Layerg"),
        ("github.com/krakend/krakend-ce/v2", (), "KrakenD"),
        ("github.com/devopsfaith/krakend-ce", (), "KrakenD"),
        ("github.com/gotify/server/v2", (), "gotify"),
        ("github.com/TykTechnologies/tyk", (), "Tyk"),
        ("example.com/fork", ("github.com/heroiclabs/nakama-common",), "Nakama"),
        (None, ("github.com/u2u-labs/go-layerg-common",), "Layerg"),
    ],
)
def test_a_host_is_known_by_its_module_or_its_api(module: str | None, modules: tuple[str, ...], name: str) -> None:
    host = known_host(module, modules)
    assert host
    assert host.name == name


@pytest.mark.parametrize("module", ["example.com/server", "github.com/heroiclabs/nakama-common", None])
def test_other_modules_are_not_known(module: str | None) -> None:
    assert known_host(module) is None


def test_the_declarations_declare_their_symbols() -> None:
    for host in KNOWN_HOST_TABLE:
        for symbol in host.symbols:
            name = "AnyName" if symbol.name == "{symbol}" else symbol.name
            code = declaration(host, name)
            assert code
            assert code.startswith((f"func {name}(", f"var {name} = "))
            assert "{" not in code
    assert [host.name for host in hosts_with_symbol("InitModule")] == ["Layerg", "Nakama"]
    assert hosts_with_symbol("AnyName") == ()


def remedies(folder: Path, module: str, symbol: str, requires: str = "") -> str:
    """The remedies for a missing symbol with a host of this module path, which is known by its go.mod."""
    (folder / "go.mod").write_text(f"module {module}\n\ngo 1.23\n{requires}")
    host = Hosts().read("../host/go.mod", str(folder / "go.mod"))
    assert isinstance(host, HostManifest)
    snapshot = take_snapshot("/src/go.mod", parse_gomod("module example.com/m\n"), host, None, None)
    line = f"plugin: symbol {symbol} not found in plugin example.com/m"
    return "\n".join(explain_line(line, analyse(snapshot)).remedies)


NAKAMA = "github.com/heroiclabs/nakama/v3"
KRAKEND = "github.com/krakend/krakend-ce/v2"


def test_the_plugin_s_host_decides(tmp_path: Path) -> None:
    nakama = remedies(tmp_path, NAKAMA, "InitModule")
    assert "func InitModule(ctx context.Context, logger runtime.Logger, db *sql.DB, nk runtime.NakamaModule" in nakama
    assert "Layerg" not in nakama
    layerg = remedies(tmp_path, "github.com/u2u-labs/layerg-core", "InitModule")
    assert "nk runtime.LayerGModule" in layerg
    assert "Nakama" not in layerg
    fork = remedies(tmp_path, "example.com/fork", "InitModule", "require github.com/heroiclabs/nakama-common v1.33.0\n")
    assert fork == nakama
    krakend = remedies(tmp_path, KRAKEND, "ClientRegisterer")
    assert "var ClientRegisterer = " in krakend
    assert "func ClientRegisterer" not in krakend
    tyk = remedies(tmp_path, "github.com/TykTechnologies/tyk", "AddHeader")
    assert "func AddHeader(rw http.ResponseWriter, r *http.Request)" in tyk


def test_a_symbol_that_the_host_does_not_look_up_came_from_another(tmp_path: Path) -> None:
    assert remedies(tmp_path, KRAKEND, "InitModule") == (
        "KrakenD looks up ClientRegisterer, HandlerRegisterer, ModifierRegisterer, not InitModule: name the host that "
        "wrote this line, with --host or the setting layergPin.host"
    )


@pytest.mark.parametrize("symbol", ["InitModule", "ClientRegisterer", "Frobnicate"])
def test_the_advice_for_an_unknown_host_allows_functions_and_variables(tmp_path: Path, symbol: str) -> None:
    assert remedies(tmp_path, "example.com/server", symbol) == (
        f"declare an exported function or variable {symbol} in package main, with the type that the host expects"
    )
