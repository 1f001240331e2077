"""Variants in which a dependency requires more than the host has."""

from __future__ import annotations

from tests.truth.variant import Variant

_NEWEST = ("example.com/log v1.3.0 // indirect", "example.com/multi v1.2.0 // indirect")

RAISED = (
    Variant(
        "higher-indirect",
        "a dependency requires a higher version",
        ("example.com/otel v1.47.0", "example.com/rpc v1.82.0 // indirect"),
        ("example.com/otel",),
    ),
    Variant(
        "higher-indirect-two",
        "a dependency requires higher versions of two modules, of which one requires the other",
        ("example.com/web v1.2.0", *_NEWEST),
        ("example.com/web",),
    ),
    Variant(
        "raised-although-pinned",
        "go.mod requires the host's version, a dependency requires more, and Go may update go.mod as it builds",
        ("example.com/otel v1.47.0", "example.com/rpc v1.79.0 // indirect"),
        ("example.com/otel",),
        build=("-mod=mod",),
    ),
    Variant(
        "raised-although-pinned-read-only",
        "go.mod requires the host's version, a dependency requires more, and Go may not update go.mod",
        ("example.com/otel v1.47.0", "example.com/rpc v1.79.0 // indirect"),
        ("example.com/otel",),
    ),
    Variant(
        "raised-by-two",
        "two dependencies require different higher versions",
        ("example.com/gateway v1.0.0", "example.com/otel v1.47.0", "example.com/rpc v1.82.0 // indirect"),
        ("example.com/gateway", "example.com/otel"),
    ),
    Variant(
        "higher-direct-and-raised",
        "the plugin requires a higher version itself, and a dependency requires one too",
        ("example.com/otel v1.47.0", "example.com/rpc v1.82.0"),
        ("example.com/otel", "example.com/rpc/codes"),
    ),
    Variant(
        "raised-by-a-chain",
        "what requires more is below modules that do not prune",
        (
            "example.com/deep v1.0.0",
            "example.com/deeper v1.0.0 // indirect",
            "example.com/gateway v1.0.0 // indirect",
            "example.com/otel v1.47.0 // indirect",
            "example.com/rpc v1.82.0 // indirect",
        ),
        ("example.com/deep",),
    ),
    Variant(
        "raised-go-1.16",
        "the plugin's go.mod does not list what a dependency raises",
        ("example.com/gateway v1.0.0", "example.com/otel v1.47.0"),
        ("example.com/gateway", "example.com/otel"),
        go="1.16",
    ),
    Variant(
        "raised-go-1.17",
        "the same with the first go line that lists indirect requires",
        ("example.com/gateway v1.0.0", "example.com/otel v1.47.0", "example.com/rpc v1.82.0 // indirect"),
        ("example.com/gateway", "example.com/otel"),
        go="1.17",
    ),
    Variant(
        "raised-out-of-sight",
        "below the dependency that requires more is another, which only shows in a graph that is not pruned",
        ("example.com/veiled v1.0.0", "example.com/rpc v1.82.0 // indirect"),
        ("example.com/veiled",),
        go="1.23",
    ),
    Variant(
        "raised-out-of-sight-go-1.17",
        "below the dependency that requires more is another, which only `go mod tidy` looks at",
        ("example.com/veiled v1.0.0", "example.com/rpc v1.82.0 // indirect"),
        ("example.com/veiled",),
        go="1.17",
    ),
    Variant(
        "raised-and-lower",
        "one module is held, others are pinned, in one plugin",
        (
            "example.com/otel v1.47.0",
            "example.com/text v1.0.0",
            "example.com/uuid v3.3.0+incompatible",
            "example.com/rpc v1.82.0 // indirect",
        ),
        ("example.com/otel", "example.com/text", "example.com/uuid"),
    ),
    Variant(
        "held",
        "excludes hold the host's version already",
        ("example.com/otel v1.47.0", "example.com/rpc v1.79.0 // indirect"),
        ("example.com/otel",),
        "exclude example.com/rpc v1.82.0",
    ),
    Variant(
        "held-too-little",
        "one of two higher versions that are required is excluded",
        ("example.com/gateway v1.0.0", "example.com/otel v1.47.0", "example.com/rpc v1.81.0 // indirect"),
        ("example.com/gateway", "example.com/otel"),
        "exclude example.com/rpc v1.82.0",
    ),
    Variant(
        "excluded-without-a-require",
        "the higher version is excluded, but nothing requires the host's",
        ("example.com/otel v1.47.0", "example.com/rpc v1.78.0 // indirect"),
        ("example.com/otel",),
        "exclude example.com/rpc v1.82.0",
    ),
    Variant(
        "needs-a-new-package",
        "a dependency imports a package that only the higher version has",
        ("example.com/freshpackage v1.0.0", *_NEWEST),
        ("example.com/freshpackage",),
        end="the dependency imports a package that the host's version does not have",
    ),
    Variant(
        "needs-a-new-function",
        "a dependency calls a function that only the higher version has",
        ("example.com/freshsymbol v1.0.0", *_NEWEST),
        ("example.com/freshsymbol",),
        end="the dependency calls what the host's version does not have",
        end_unseen=True,
    ),
)
