"""A misspelt entry symbol: the function that is probably meant is named if there is exactly one."""

from __future__ import annotations

import pytest

from layerg_pin.core.analysis.entry_symbols import missing_entry

NAKAMA = "github.com/heroiclabs/nakama/v3"
MISSING = "InitModule, which package main does not declare"
TYPES = "ctx context.Context, l runtime.Logger, db *sql.DB, nk runtime.NakamaModule, i runtime.Initializer"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"func InitModule({TYPES}) error {{}}\n", ""),
        ("var (\n\tOther = 1\n\tInitModule = p.Start\n)\n", ""),
        ("var A, InitModule = p.A, p.B; func main() {}\n", ""),
        ("var A = 1; var InitModule = p.B\n", ""),
        ("// InitModule is called by the server.\nfunc InitModul() {}\n", f"{MISSING} (it declares InitModul)"),
        ("func InitModul() {}\n", f"{MISSING} (it declares InitModul)"),
        ("func Initmodule() {}\nfunc other() {}\n", f"{MISSING} (it declares Initmodule)"),
        ("func initModule() {}\nfunc InitModul() {}\n", MISSING),
        (f"func Start({TYPES}) error {{}}\nfunc help() {{}}\n", f"{MISSING} (it declares Start)"),
        (f"func Start({TYPES}) error {{}}\nfunc Begin({TYPES}) error {{}}\n", MISSING),
        (f"func Start({TYPES}) {{}}\nfunc main() {{}}\nfunc (t T) InitModul() {{}}\n", MISSING),
    ],
)
def test_the_function_that_is_meant(text: str, expected: str) -> None:
    found = missing_entry(["package main\n", text], NAKAMA)
    assert str(found or "") == expected


def test_two_symbols_of_one_host() -> None:
    text = "func GetGotifyPluginInf() plugin.Info {}\nfunc NewInstance(c plugin.UserContext) plugin.Plugin {}\n"
    assert str(missing_entry([text], "github.com/gotify/server/v2")) == (
        "GetGotifyPluginInfo and NewGotifyPluginInstance, which package main does not declare "
        "(it declares GetGotifyPluginInf and NewInstance)"
    )


def test_other_hosts_are_not_compared() -> None:
    assert missing_entry(["package main\n"], "example.com/host") is None
