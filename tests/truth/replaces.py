"""Variants in which host or plugin replaces a module."""

from __future__ import annotations

from tests.truth.proxy import package_source
from tests.truth.variant import Variant

_TEXT = {
    "../text/go.mod": "module example.com/text\n\ngo 1.21\n",
    "../text/text.go": package_source("text", "a copy", ()),
}

OF_THE_HOST = (
    Variant(
        "fork-as-the-host",
        "the host replaces the module by a fork, and so does the plugin",
        ("example.com/fork v1.0.0",),
        ("example.com/fork",),
        "replace example.com/fork v1.0.0 => example.com/forked v1.0.1",
    ),
    Variant(
        "fork-as-the-host-in-other-words",
        "the same for every version of the module, which comes to the same",
        ("example.com/fork v1.0.0",),
        ("example.com/fork",),
        "replace example.com/fork => example.com/forked v1.0.1",
    ),
    Variant(
        "fork-missing",
        "the host replaces the module by a fork, the plugin does not",
        ("example.com/fork v1.0.0",),
        ("example.com/fork",),
    ),
    Variant(
        "fork-of-another-version",
        "both replace the module by the fork, at unlike versions left of the arrow",
        ("example.com/fork v1.1.0",),
        ("example.com/fork",),
        "replace example.com/fork => example.com/forked v1.0.1",
    ),
    Variant(
        "fork-at-another-version",
        "both replace the module by the fork, at unlike versions right of the arrow",
        ("example.com/fork v1.0.0",),
        ("example.com/fork",),
        "replace example.com/fork => example.com/forked v1.0.2",
    ),
    Variant(
        "fork-missing-and-lower",
        "the host replaces the module by a fork, the plugin has another version of the original",
        ("example.com/fork v1.1.0",),
        ("example.com/fork",),
    ),
    Variant(
        "fork-with-the-same-code",
        "the host replaces the module by a fork with the same code, the plugin does not",
        ("example.com/twin v1.0.0",),
        ("example.com/twin",),
        content_unknown="the fork's code is the original's, which the text of a host does not show",
    ),
    Variant(
        "folder-as-the-host",
        "the host replaces the module by a folder, the plugin by the same",
        ("example.com/dir v1.0.0",),
        ("example.com/dir",),
        "replace example.com/dir => {host}/dir",
    ),
    Variant(
        "folder-missing",
        "the host replaces the module by a folder, the plugin does not",
        ("example.com/dir v1.0.0",),
        ("example.com/dir",),
    ),
    Variant(
        "folder-with-other-code",
        "both replace the module by a folder, with unlike code",
        ("example.com/dir v1.0.0",),
        ("example.com/dir",),
        "replace example.com/dir => ../dir",
        files={
            "../dir/go.mod": "module example.com/dir\n\ngo 1.21\n",
            "../dir/dir.go": package_source("dir", "the plugin's folder", ()),
        },
    ),
    Variant(
        "folder-with-the-same-code",
        "both replace the module by a folder, with the same code",
        ("example.com/dir v1.0.0",),
        ("example.com/dir",),
        "replace example.com/dir => ../dir",
        files={
            "../dir/go.mod": "module example.com/dir\n\ngo 1.21\n",
            "../dir/dir.go": package_source("dir", "the host's folder", ()),
        },
        content_unknown="the folders' code is the same, and the folder's name does not show that",
    ),
    Variant(
        "version-as-the-host",
        "the host replaces the module by another version of itself, and so does the plugin",
        ("example.com/ver v1.0.0",),
        ("example.com/ver",),
        "replace example.com/ver => example.com/ver v1.1.0",
    ),
    Variant(
        "version-without-the-replace",
        "the plugin has the version left of the host's arrow, without the arrow",
        ("example.com/ver v1.0.0",),
        ("example.com/ver",),
    ),
    Variant(
        "version-right-of-the-arrow",
        "the plugin requires the version right of the host's arrow",
        ("example.com/ver v1.1.0",),
        ("example.com/ver",),
    ),
)

OF_THE_PLUGIN = (
    Variant(
        "own-folder",
        "the plugin replaces a shared module by a folder",
        ("example.com/text v1.1.0",),
        ("example.com/text",),
        "replace example.com/text => ../text",
        files=_TEXT,
    ),
    Variant(
        "own-version",
        "the plugin replaces the host's version by another",
        ("example.com/text v1.1.0",),
        ("example.com/text",),
        "replace example.com/text v1.1.0 => example.com/text v1.0.0",
    ),
    Variant(
        "own-version-towards-the-host",
        "the plugin replaces its version by the host's: the name stays its own, and that is what counts",
        ("example.com/text v1.0.0",),
        ("example.com/text",),
        "replace example.com/text v1.0.0 => example.com/text v1.1.0",
    ),
    Variant(
        "own-version-that-changes-nothing",
        "the plugin replaces every version by the host's, and requires the host's",
        ("example.com/text v1.1.0",),
        ("example.com/text",),
        "replace example.com/text => example.com/text v1.1.0",
    ),
    Variant(
        "own-replace-and-lower",
        "the plugin replaces a shared module by a folder, and requires another version",
        ("example.com/text v1.0.0",),
        ("example.com/text",),
        "replace example.com/text => ../text",
        files=_TEXT,
    ),
    Variant(
        "own-replace-of-another-version",
        "the plugin replaces a version that its build does not select",
        ("example.com/text v1.1.0",),
        ("example.com/text",),
        "replace example.com/text v1.0.0 => ../text",
        files=_TEXT,
    ),
    Variant(
        "own-replace-of-what-the-host-lacks",
        "the plugin replaces a module that the host does not have",
        ("example.com/other v1.0.0",),
        ("example.com/other",),
        "replace example.com/other => ../other",
        files={
            "../other/go.mod": "module example.com/other\n\ngo 1.21\n",
            "../other/other.go": package_source("other", "a copy", ()),
        },
    ),
    Variant(
        "own-replace-of-what-is-not-shared",
        "the plugin replaces a module of which only other packages are linked into the host",
        ("example.com/parts v1.0.0",),
        ("example.com/parts/b",),
        "replace example.com/parts => ../parts",
        files={
            "../parts/go.mod": "module example.com/parts\n\ngo 1.21\n",
            "../parts/b/b.go": package_source("b", "a copy", ()),
        },
    ),
    Variant(
        "own-private-module-raises",
        "a module that is only there by a replace requires a higher version",
        ("example.com/private v0.0.0", "example.com/text v1.2.0 // indirect"),
        ("example.com/private",),
        "replace example.com/private => ../private",
        files={
            "../private/go.mod": "module example.com/private\n\ngo 1.21\n\nrequire example.com/text v1.2.0\n",
            "../private/private.go": package_source("private", "private", ("example.com/text",)),
        },
    ),
)
