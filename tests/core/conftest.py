"""Module graphs of real modules, downloaded once into Go's module cache, with the versions that Go selects."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.core.go_reading import ask_go, selected_by_go

WIDE = """\
module example.com/wide

go 1.16

require (
	github.com/heroiclabs/nakama-common v1.20.0
	github.com/prometheus/client_golang v1.12.2
	go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc v1.7.0
	google.golang.org/grpc v1.46.0
)
"""
"""A main module without graph pruning: every go.mod below it counts."""

PRUNED = """\
module example.com/pruned

go 1.21

require (
	github.com/heroiclabs/nakama-common v1.31.0
	github.com/prometheus/client_golang v1.18.0
	go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc v1.24.0
	google.golang.org/grpc v1.61.0
)
"""

OVERRULED = """\
module example.com/overruled

go 1.23

require (
	github.com/heroiclabs/nakama-common v1.36.0
	github.com/prometheus/client_golang v1.20.5
	go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc v1.34.0
	google.golang.org/grpc v1.60.0
)

require google.golang.org/protobuf v1.30.0 // indirect
"""
"""Its requires of grpc and protobuf are lower than those of the dependencies."""


@dataclass(frozen=True)
class RealGraph:
    """A go.mod with real dependencies, and the versions that `go list -m all` selects."""

    text: str
    selected: dict[str, str]


@pytest.fixture(scope="session")
def modcache() -> Path:
    """The path of Go's module cache."""
    return Path(ask_go(Path("/"), "env", "GOMODCACHE").strip())


@pytest.fixture(scope="session")
def real_graphs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RealGraph]:
    """The graphs by name. The go.mod of every module in them is in the module cache."""
    found = {}
    for name, text in {"wide": WIDE, "pruned": PRUNED, "overruled": OVERRULED}.items():
        folder = tmp_path_factory.mktemp(name)
        (folder / "go.mod").write_text(text)
        ask_go(folder, "mod", "graph", GOFLAGS="-mod=mod")
        found[name] = RealGraph(text, selected_by_go(folder))
    return found
