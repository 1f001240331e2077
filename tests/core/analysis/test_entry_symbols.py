"""Entry symbols that a host does not find, or not with the types that it asserts."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from layerg_pin.core.analysis.built_mains import MainBuild
from layerg_pin.core.analysis.entry_symbols import EntryFault, EntryInput, entry_fault
from layerg_pin.core.gofile.go_syntax import parse_go_file
from layerg_pin.core.model.snapshot import MainPackage, SourceFile

NAKAMA, GOTIFY = "github.com/heroiclabs/nakama/v3", "github.com/gotify/server/v2"
KRAKEND = "github.com/krakend/krakend-ce/v2"
MISSING = "InitModule, which package main does not declare"
OTHER_TYPES = "InitModule, which p/main.go:{} declares with other types"
TYPES = "ctx context.Context, l runtime.Logger, db *sql.DB, nk runtime.NakamaModule, i runtime.Initializer"
IMPORTS = 'import (\n\t"context"\n\t"database/sql"\n\n\t"github.com/heroiclabs/nakama-common/runtime"\n)\n\n'
RIGHT = f"func InitModule({TYPES}) error {{ return nil }}\n"
ENTRY = f"{IMPORTS}{RIGHT}"
LAYERG = 'import "github.com/u2u-labs/go-layerg-common/runtime"\n'


def package(name: str, files: Mapping[str, str]) -> MainPackage:
    sources = [(f"/w/{name}/{file}", f"package main\n\n{text}") for file, text in files.items()]
    return MainPackage(f"./{name}", tuple(SourceFile(path, parse_go_file(text)) for path, text in sources))


def fault(
    *mains: MainPackage,
    others: tuple[MainPackage, ...] = (),
    builds: tuple[MainBuild, ...] = (),
    module: str = NAKAMA,
    has_api: bool = True,
    may_generate: bool = False,
) -> EntryFault | None:
    builds = builds or (MainBuild(mains),)
    return entry_fault(
        EntryInput(
            module=module,
            has_api=has_api,
            goos="linux",
            goarch="amd64",
            folder="/w",
            mains=mains,
            others=others,
            builds=builds,
            may_generate=may_generate,
        )
    )


def fact(text: str, module: str = NAKAMA, *, has_api: bool = True) -> str:
    found = fault(package("p", {"other.go": "", "main.go": text}), module=module, has_api=has_api)
    return found.fact if found else ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ENTRY, ""),
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
    assert fact(text) == expected


def test_two_symbols_of_one_host() -> None:
    text = "func GetGotifyPluginInf() plugin.Info {}\nfunc NewInstance(c plugin.UserContext) plugin.Plugin {}\n"
    assert fact(text, GOTIFY) == (
        "GetGotifyPluginInfo and NewGotifyPluginInstance, which package main does not declare "
        "(it declares GetGotifyPluginInf and NewInstance)"
    )


def test_two_symbols_in_two_main_packages() -> None:
    first = package("a", {"a.go": "func GetGotifyPluginInfo() plugin.Info {}\n"})
    second = package("b", {"b.go": "func NewGotifyPluginInstance(c plugin.UserContext) plugin.Plugin {}\n"})
    found = fault(first, second, module=GOTIFY)
    assert found
    assert found.fact == "NewGotifyPluginInstance, which package main does not declare"


def test_other_hosts_are_not_compared() -> None:
    assert fact("", "example.com/host") == ""


@pytest.mark.parametrize(
    "text",
    [
        "var InitModule = start\n",
        "var A, InitModule = 1, start\n",
        "var (\n\tA = 1\n\tInitModule func(int) = start\n)\n",
    ],
)
def test_a_variable_is_found_as_a_pointer(text: str) -> None:
    found = fault(package("p", {"main.go": f"\n{text}"}))
    assert found
    line = 6 if "(\n" in text else 4
    assert found.fact == f"InitModule as a function, and p/main.go:{line} declares a variable"
    assert found.remedy.startswith("write `func InitModule(ctx context.Context, logger runtime.Logger, db *sql.DB, nk")
    assert found.is_certain


@pytest.mark.parametrize(
    ("text", "module", "expected"),
    [
        ('var ClientRegisterer = registerer("x")\n', KRAKEND, ""),
        (
            "func ModifierRegisterer() {}\n",
            KRAKEND,
            "ModifierRegisterer as a variable, and p/main.go:3 declares a function",
        ),
        (
            "var GetGotifyPluginInfo = 1\n",
            GOTIFY,
            "GetGotifyPluginInfo as a function, and p/main.go:3 declares a variable",
        ),
        ("var NewRegisterer = registerer(1)\n", KRAKEND, ""),
        (
            "var handlerRegisterer = registerer(1)\n",
            KRAKEND,
            "ClientRegisterer or HandlerRegisterer or ModifierRegisterer, which package main does not declare",
        ),
        (
            "var Registerers = registerer(1)\n",
            KRAKEND,
            "ClientRegisterer or HandlerRegisterer or ModifierRegisterer, which package main does not declare",
        ),
    ],
)
def test_what_other_hosts_look_up(text: str, module: str, expected: str) -> None:
    assert fact(text, module) == expected


@pytest.mark.parametrize(
    "text",
    [
        f"{IMPORTS}func InitModule(context.Context, runtime.Logger, *sql.DB, runtime.NakamaModule, runtime.Initializer)"
        " error { return nil }\n",
        f"{IMPORTS}func InitModule(\n\tctx context.Context, // c\n\tl runtime.Logger,\n\tdb *sql.DB,\n"
        "\tnk runtime.NakamaModule,\n\ti runtime.Initializer,\n) (err error) {\n\treturn\n}\n",
        f"{IMPORTS}func InitModule(_ context.Context, _ runtime.Logger, _*sql.DB, _ runtime.NakamaModule,"
        " _ (runtime.Initializer)) (_ error) { return nil }\n",
        ENTRY.replace('"github', 'rt "github').replace("runtime.", "rt."),
        ENTRY.replace('"github', '. "github').replace("runtime.", ""),
        ENTRY.replace('"database', 'd "database').replace("sql.DB", "d.DB"),
        f"{IMPORTS}type Logger = runtime.Logger\n{RIGHT.replace('runtime.Logger', 'Logger')}",
        'import "example.com/x/context"\n' + RIGHT,
        "func InitModule(_, _, _, _, _ T) R { return nil }\n",
    ],
)
def test_the_right_types_or_types_that_reading_one_file_does_not_show(text: str) -> None:
    assert fact(text) == ""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("func InitModule() {}\n", 3),
        (ENTRY.replace(" error", ""), 10),
        (ENTRY.replace(" error", " (error, bool)"), 10),
        (ENTRY.replace(" error", " string"), 10),
        (ENTRY.replace("*sql.DB", "sql.DB"), 10),
        (ENTRY.replace("*sql.DB", "...*sql.DB"), 10),
        (ENTRY.replace("l runtime.Logger", "l func(int, int) error"), 10),
        (ENTRY.replace("l runtime.Logger, ", ""), 10),
        (ENTRY.replace("l runtime.Logger", "l runtime.Initializer"), 10),
        (ENTRY.replace("l runtime.Logger", "l *Logger"), 10),
        (f"{LAYERG}func InitModule(_ C, l, _, _, _ runtime.Logger) error {{}}\n", 4),
    ],
)
def test_other_types(text: str, line: int) -> None:
    assert fact(text) == OTHER_TYPES.format(line)
    assert fact(text, has_api=False) == "", "a host with another plugin API"


@pytest.mark.parametrize(
    ("name", "line", "tags", "reason"),
    [
        ("start_windows.go", "", None, "`_windows` in its name"),
        ("start_linux_arm64.go", "", None, "`_linux_arm64` in its name"),
        ("start_linux_amd64.go", "", None, ""),
        ("windows.go", "", None, ""),
        ("start.go", "//go:build !linux", None, "`//go:build !linux`"),
        ("start.go", "// +build windows", None, "`// +build windows`"),
        ("start.go", "//go:build nakama", None, ""),
        ("start.go", "//go:build nakama", ("other",), "`//go:build nakama`"),
        ("start.go", "//go:build nakama", ("nakama",), ""),
    ],
)
def test_a_file_that_is_not_built(name: str, line: str, tags: tuple[str, ...] | None, reason: str) -> None:
    text = f"{line}\n\npackage main\n\n{ENTRY}"
    main = MainPackage(".", (SourceFile(f"/w/{name}", parse_go_file(text)),))
    found = fault(main, builds=(MainBuild((main,), "Dockerfile:3", tags, True),))
    if not reason:
        assert found is None
        return
    assert found
    expected = f"InitModule, which {name}:12 declares, but {reason} leaves that file out of the build"
    assert (found.fact, found.is_certain) == (expected, True)


def test_one_of_two_files_is_built() -> None:
    assert fault(package("p", {"z_windows.go": ENTRY, "z_linux.go": ENTRY})) is None


def test_the_package_that_is_built() -> None:
    right, other = package("right", {"main.go": ENTRY}), package("other", {"main.go": "func main() {}\n"})
    built = MainBuild((other,), "Dockerfile:3", (), True)
    found = fault(right, others=(other,), builds=(built,))
    assert found
    assert found.reason == (
        "Nakama looks up InitModule, but Dockerfile:3 builds ./other, which does not declare it: "
        "build ./right, which declares it"
    )
    assert found.is_certain
    assert fault(right, others=(other,), builds=(built, MainBuild((right,), "Makefile:2", (), True))) is None
    assert fault(right, others=(other,), builds=(built, MainBuild((right, other)))) is None


def test_the_files_that_are_built() -> None:
    """Go builds the files that a command names, whatever their build constraints."""
    main = package("p", {"main.go": "func main() {}\n", "start_windows.go": ENTRY, "start.go": ENTRY})
    for files, is_right in (((0,), False), ((0, 1), True), ((0, 2), True)):
        named = main._replace(files=tuple(main.files[number] for number in files))
        found = fault(main, builds=(MainBuild((named,), "Makefile:2", (), True, names_files=True),))
        assert (found is None) is is_right
        if found:
            assert found.reason == (
                "Nakama looks up InitModule, but Makefile:2 builds only main.go, which does not declare it: build ./p"
            )


def test_the_package_that_is_listed() -> None:
    right, other = package("right", {"main.go": ENTRY}), package("other", {"main.go": "func main() {}\n"})
    found = fault(other, others=(right,), builds=(MainBuild((right,), "Makefile:2", (), True),))
    assert found
    assert found.reason == (
        "Nakama looks up InitModule, which no package in `packages` declares: "
        "list ./right, which declares it, in `packages`"
    )
    assert fault(other, right) is None


def test_a_plugin_that_is_not_known_to_be_built() -> None:
    main = package("p", {"main.go": "func main() {}\n"})
    found = [fault(main, builds=(MainBuild((main,), "Makefile:2", (), is_own),)) for is_own in (False, True)]
    assert [each and (each.fact, each.is_certain) for each in found] == [(MISSING, False), (MISSING, True)]


def test_nothing_is_certain_if_a_build_may_make_go_files() -> None:
    for text in ("func main() {}\n", "func initModule() {}\n"):
        main = package("p", {"main.go": text})
        build = MainBuild((main,), "Makefile:2", (), True)
        found = [fault(main, builds=(build,), may_generate=each) for each in (False, True)]
        assert [each and each.is_certain for each in found] == [True, False]
