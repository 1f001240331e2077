"""Variants with a go.work."""

from __future__ import annotations

from tests.truth.proxy import package_source
from tests.truth.variant import Variant

_TEXT = {
    "../text/go.mod": "module example.com/text\n\ngo 1.21\n",
    "../text/text.go": package_source("text", "a copy", ()),
}


def _library(*requires: str, imports: tuple[str, ...] = ()) -> dict[str, str]:
    lines = "".join(f"\nrequire {each}\n" for each in requires)
    return {
        "../library/go.mod": f"module example.com/library\n\ngo 1.21\n{lines}",
        "../library/library.go": package_source("library", "library", imports),
    }


def _work(*lines: str) -> dict[str, str]:
    return {"../go.work": "".join(f"{line}\n" for line in ("go 1.23", "", *lines))}


_SHARED = {**_work("use ./plugin", "use ./text"), **_TEXT}
_RAISED = _library("example.com/text v1.2.0", imports=("example.com/text",))

WORKSPACES = (
    Variant(
        "work-plugin-alone",
        "go.work uses the plugin and nothing else",
        ("example.com/text v1.1.0",),
        ("example.com/text",),
        files=_work("use ./plugin"),
    ),
    Variant(
        "work-plugin-alone-and-lower",
        "go.work uses the plugin and nothing else; a version is lower",
        ("example.com/text v1.0.0",),
        ("example.com/text",),
        files=_work("use ./plugin"),
    ),
    Variant(
        "work-with-a-library",
        "go.work uses a module that the host does not have",
        ("example.com/text v1.1.0",),
        ("example.com/library", "example.com/text"),
        files={**_work("use (", "\t./plugin", "\t./library", ")"), **_library()},
    ),
    Variant(
        "work-with-a-shared-module",
        "go.work uses a module that the host has",
        ("example.com/text v1.1.0",),
        ("example.com/text",),
        files=_SHARED,
    ),
    Variant(
        "work-with-a-shared-module-off",
        "the same, built with GOWORK=off",
        ("example.com/text v1.1.0",),
        ("example.com/text",),
        files=_SHARED,
        env={"GOWORK": "off"},
    ),
    Variant(
        "work-raises",
        "another module of go.work, which the plugin does not import, requires a higher version",
        ("example.com/text v1.1.0",),
        ("example.com/text",),
        files={**_work("use ./plugin", "use ./library"), **_RAISED},
    ),
    Variant(
        "work-raises-off",
        "the same, built with GOWORK=off",
        ("example.com/text v1.1.0",),
        ("example.com/text",),
        files={**_work("use ./plugin", "use ./library"), **_RAISED},
        env={"GOWORK": "off"},
    ),
    Variant(
        "work-raises-and-is-imported",
        "another module of go.work, which the plugin imports, requires a higher version",
        ("example.com/library v0.0.0", "example.com/text v1.1.0"),
        ("example.com/library", "example.com/text"),
        "replace example.com/library => ../library",
        files={**_work("use ./plugin", "use ./library"), **_RAISED},
    ),
    Variant(
        "work-replaces",
        "go.work replaces a module that the host has",
        ("example.com/text v1.1.0",),
        ("example.com/text",),
        files={**_work("use ./plugin", "", "replace example.com/text => ./text"), **_TEXT},
    ),
    Variant(
        "work-replaces-another-version",
        "go.work replaces another version of the module than the build selects, go.mod replaces all",
        ("example.com/text v1.1.0",),
        ("example.com/text",),
        "replace example.com/text => ../text",
        files={**_work("use ./plugin", "", "replace example.com/text v1.0.0 => ./other"), **_TEXT},
    ),
    Variant(
        "work-in-the-plugins-folder",
        "go.work is in the plugin's folder, and uses a module below it that the host has",
        ("example.com/text v1.1.0",),
        ("example.com/text",),
        files={
            "go.work": "go 1.23\n\nuse (\n\t.\n\t./text\n)\n",
            **{name.removeprefix("../"): text for name, text in _TEXT.items()},
        },
    ),
    Variant(
        "work-replaced-by-a-member",
        "another module of go.work replaces a module that the host has, for all of the workspace",
        ("example.com/text v1.1.0",),
        ("example.com/text",),
        files={
            **_work("use ./plugin", "use ./library"),
            **_library("example.com/text v1.1.0", imports=("example.com/text",)),
            "../library/go.mod": "module example.com/library\n\ngo 1.21\n\nrequire example.com/text v1.1.0\n\n"
            "replace example.com/text => ../text\n",
            **_TEXT,
        },
    ),
    Variant(
        "work-with-several",
        "go.work uses two modules that the host has and one that raises a third",
        ("example.com/api v1.1.0", "example.com/same v1.0.0", "example.com/text v1.1.0"),
        ("example.com/api", "example.com/same", "example.com/text"),
        files={
            **_work("use (", "\t./plugin", "\t./text", "\t./same", "\t./library", ")"),
            **_TEXT,
            **_library("example.com/api v1.2.0", imports=("example.com/api",)),
            "../same/go.mod": "module example.com/same\n\ngo 1.21\n",
            "../same/same.go": package_source("same", "a copy", ()),
        },
    ),
    Variant(
        "work-with-the-host",
        "go.work uses the host too, whose requires raise the plugin's lower version",
        ("example.com/text v1.0.0",),
        ("example.com/text",),
        files=_work("use ./plugin", "use {host}"),
    ),
    Variant(
        "work-with-the-host-imported",
        "go.work uses the host too, and the plugin imports a package of it",
        ("example.com/text v1.1.0",),
        ("example.com/gameserver/shared", "example.com/text"),
        files=_work("use ./plugin", "use {host}"),
    ),
    Variant(
        "work-without-the-plugin",
        "the plugin is below a go.work that does not use it",
        ("example.com/text v1.1.0",),
        ("example.com/text",),
        files={**_work("use ./library"), **_library()},
        end="nothing is wrong with go.mod: GOWORK=off, or a use of the plugin, is the remedy",
    ),
)
