"""Small servers that open plugins as KrakenD, gotify and Tyk do, each with a plugin and its own build files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.truth.hosts import World, run_go, write_files

_SHARED = ("example.com/log v1.2.0", "example.com/multi v1.1.0 // indirect")
_HIGHER = ("example.com/log v1.3.0", "example.com/multi v1.2.0 // indirect")
_REGISTER = "func(string, func(context.Context, map[string]any, http.Handler) (http.Handler, error))"


@dataclass(frozen=True, slots=True)
class OtherHost:
    """A server with the module path of a known host, and a plugin that it refuses until it is fixed."""

    name: str
    """The host's name, as its users write it."""
    module: str
    server: Mapping[str, str]
    """The server's files, apart from go.mod and go.sum."""
    requires: tuple[str, ...]
    main: str
    """The main package."""
    build: tuple[str, ...]
    """The flags of the server's official build."""
    plugin: str
    """The plugin's main.go."""
    plugin_requires: tuple[str, ...]
    plugin_build: tuple[str, ...]
    plugin_makefile: str
    """How its users build it, in the image of the host's publisher."""
    arguments: tuple[str, ...] = ()
    """Arguments of the server after the plugin's path."""
    go_at: str = ""
    """The place that states the server's Go release."""
    tags: tuple[str, ...] = ()
    """The build tags that its build files state."""

    def write(self, root: Path, world: World, release: str) -> tuple[Path, Path]:
        """Write both folders, side by side. Returns the plugin's and the server's. `release` is that of this Go."""
        plugin, server = root / "plugin", root / self.name
        files = {name: text.replace("RELEASE", release.removeprefix("go")) for name, text in self.server.items()}
        write_files(server, {"go.mod": _gomod(self.module, self.requires), "go.sum": world.sums, **files})
        gomod = _gomod("example.com/extension", self.plugin_requires)
        makefile = f"plugin:\n\tdocker run --rm -v $(PWD):/src -w /src {self.plugin_makefile}\n"
        makefile = makefile.replace("RELEASE", release.removeprefix("go"))
        write_files(plugin, {"go.mod": gomod, "go.sum": world.sums, "main.go": self.plugin, "Makefile": makefile})
        return plugin, server

    def build_server(self, world: World, server: Path) -> Path:
        """Build the server as its publisher does. Returns the binary."""
        binary = server.parent / f"{self.name}-server"
        run_go(world, server, "build", *self.build, "-o", str(binary), self.main)
        return binary


def _gomod(module: str, requires: tuple[str, ...]) -> str:
    lines = "".join(f"require {each}\n" for each in requires)
    return f"module {module}\n\ngo 1.21\n\n{lines}"


_KRAKEND_LOADER = """\
// Package krakend loads plugins.
package krakend

import (
	"context"
	"errors"
	"net/http"
	"plugin"

	"example.com/log"
)

// Load opens a plugin and registers its handlers.
func Load(path string) error {
	_ = log.Value()
	p, err := plugin.Open(path)
	if err != nil {
		return err
	}
	if _, err := p.Lookup("ClientRegisterer"); err == nil {
		return nil
	}
	symbol, err := p.Lookup("HandlerRegisterer")
	if err != nil {
		return err
	}
	registerer, ok := symbol.(interface {
		RegisterHandlers(REGISTER)
	})
	if !ok {
		return errors.New("http-server-handler plugin: wrong type")
	}
	type factory = func(context.Context, map[string]any, http.Handler) (http.Handler, error)
	registerer.RegisterHandlers(func(string, factory) {})
	return nil
}
""".replace("REGISTER", _REGISTER)
_KRAKEND_MAIN = """\
// Command %s opens the plugins that it is given.
package main

import (
	"os"

	krakend "github.com/krakend/krakend-ce/v2"
)

func main() {
	if err := krakend.Load(os.Args[1]); err != nil {
		os.Stderr.WriteString(err.Error() + "\\n")
		os.Exit(1)
	}
}
"""
_KRAKEND_PLUGIN = """\
package main

import (
	"context"
	"net/http"

	"example.com/log"
)

// HandlerRegisterer is the symbol that KrakenD looks up.
var HandlerRegisterer = registerer(log.Value())

type registerer string

func (r registerer) RegisterHandlers(f REGISTER) {
	f(string(r), func(_ context.Context, _ map[string]any, next http.Handler) (http.Handler, error) {
		return next, nil
	})
}

func main() {}
""".replace("REGISTER", _REGISTER)
KRAKEND = OtherHost(
    name="krakend",
    module="github.com/krakend/krakend-ce/v2",
    server={
        "plugin.go": _KRAKEND_LOADER,
        "cmd/krakend-ce/main.go": _KRAKEND_MAIN % "krakend-ce",
        "cmd/krakend-integration/main.go": _KRAKEND_MAIN % "krakend-integration",
        "Makefile": "BIN_NAME :=krakend\nGOLANG_VERSION := RELEASE\n\nbuild:\n"
        '\t@go build -ldflags="-X main.version=1" -o ${BIN_NAME} ./cmd/krakend-ce\n\n'
        "docker:\n\tdocker build --build-arg GOLANG_VERSION=${GOLANG_VERSION} -t devopsfaith/krakend:1 .\n",
        "Dockerfile": "ARG GOLANG_VERSION\nFROM golang:${GOLANG_VERSION}-bookworm AS builder\nCOPY . /app\n"
        "WORKDIR /app\nRUN make build\n\nFROM debian:bookworm\nCOPY --from=builder /app/krakend /usr/bin/krakend\n"
        'ENTRYPOINT [ "/usr/bin/krakend" ]\n',
    },
    requires=_SHARED,
    main="./cmd/krakend-ce",
    build=(),
    plugin=_KRAKEND_PLUGIN,
    plugin_requires=_HIGHER,
    plugin_build=(),
    plugin_makefile="krakend/builder:2.7.0-linux-generic go build -buildmode=plugin -o plugin.so .",
    go_at="Makefile:2",
)
_GOTIFY_APP = """\
// The server of gotify.
package main

import (
	"os"

	"github.com/gotify/server/v2/plugin/compat"
)

func main() {
	if err := compat.Load(os.Args[1]); err != nil {
		os.Stderr.WriteString(err.Error() + "\\n")
		os.Exit(1)
	}
}
"""
_GOTIFY_LOADER = """\
// Package compat loads plugins.
package compat

import (
	"errors"
	"plugin"

	"example.com/log"
	papi "github.com/gotify/plugin-api"
)

// Load opens a plugin and creates an instance of it.
func Load(path string) error {
	_ = log.Value() + papi.Content()
	p, err := plugin.Open(path)
	if err != nil {
		return err
	}
	info, err := p.Lookup("GetGotifyPluginInfo")
	if err != nil {
		return errors.New("missing GetGotifyPluginInfo symbol")
	}
	if _, ok := info.(func() papi.Info); !ok {
		return errors.New("unknown plugin version")
	}
	create, err := p.Lookup("NewGotifyPluginInstance")
	if err != nil {
		return errors.New("missing NewGotifyPluginInstance symbol")
	}
	return create.(func(papi.UserContext) papi.Plugin)(papi.UserContext{ID: 1}).Enable()
}
"""
_GOTIFY_PLUGIN = """\
package main

import (
	"example.com/log"
	"github.com/gotify/plugin-api"
)

// GetGotifyPluginInfo describes this plugin.
func GetGotifyPluginInfo() plugin.Info { return plugin.Info{ModulePath: log.Value(), Content: plugin.Content()} }

// NewGotifyPluginInstance creates an instance.
func NewGotifyPluginInstance(plugin.UserContext) plugin.Plugin { return instance{} }

type instance struct{}

func (instance) Enable() error { return nil }

func main() { panic("this should be built as a Go plugin") }
"""
GOTIFY = OtherHost(
    name="gotify",
    module="github.com/gotify/server/v2",
    server={
        "app.go": _GOTIFY_APP,
        "plugin/compat/wrap.go": _GOTIFY_LOADER,
        "plugin/example/echo/echo.go": _GOTIFY_PLUGIN,
        "GO_VERSION": "RELEASE\n",
        "Makefile": "GO_VERSION=`cat GO_VERSION`\nDOCKER_GO_BUILD=go build -mod=readonly -a -installsuffix cgo\n\n"
        "_build_within_docker:\n\t${DOCKER_GO_BUILD} -o ${OUTPUT}\n",
        "docker/Dockerfile": "ARG GO_VERSION=PLEASE_PROVIDE_GO_VERSION\n\n"
        "FROM --platform=$BUILDPLATFORM gotify/build:${GO_VERSION}-linux-amd64 AS builder\nCOPY . /src/gotify\n"
        "RUN cd /src/gotify && make OUTPUT=/target/app/gotify-app _build_within_docker\n\n"
        'FROM debian:sid-slim\nWORKDIR /app\nCOPY --from=builder /target /\nENTRYPOINT ["./gotify-app"]\n',
    },
    requires=("github.com/gotify/plugin-api v1.0.0", *_SHARED),
    main=".",
    build=("-mod=readonly",),
    plugin=_GOTIFY_PLUGIN,
    plugin_requires=("github.com/gotify/plugin-api v1.1.0", *_HIGHER),
    plugin_build=("-mod=readonly",),
    plugin_makefile="gotify/build:RELEASE-linux-amd64 go build -mod=readonly -buildmode=plugin -o plugin.so .",
    go_at="GO_VERSION:1",
)
_TYK_MAIN = """\
// The gateway.
package main

import (
	"os"

	"github.com/TykTechnologies/tyk/goplugin"
)

func main() {
	if _, err := goplugin.GetHandler(os.Args[1], os.Args[2]); err != nil {
		os.Stderr.WriteString(err.Error() + "\\n")
		os.Exit(1)
	}
}
"""
_TYK_LOADER = """\
//go:build goplugin

// Package goplugin loads plugins.
package goplugin

import (
	"errors"
	"net/http"
	"plugin"

	"example.com/log"
)

// GetHandler opens a plugin and looks up a function.
func GetHandler(path string, symbol string) (http.HandlerFunc, error) {
	_ = log.Value()
	p, err := plugin.Open(path)
	if err != nil {
		return nil, err
	}
	function, err := p.Lookup(symbol)
	if err != nil {
		return nil, err
	}
	handler, ok := function.(func(http.ResponseWriter, *http.Request))
	if !ok {
		return nil, errors.New("could not cast function symbol to http.HandlerFunc")
	}
	return handler, nil
}
"""
_TYK_DUMMY = """\
//go:build !goplugin

package goplugin

import (
	"errors"
	"net/http"
)

// GetHandler is for builds without plugins.
func GetHandler(string, string) (http.HandlerFunc, error) { return nil, errors.New("goplugin.GetHandler is disabled") }
"""
_TYK_PLUGIN = """\
package main

import (
	"net/http"

	"example.com/log"
)

// AddHeader adds a header to the request.
func AddHeader(rw http.ResponseWriter, r *http.Request) { r.Header.Add("X-Log", log.Value()) }

func main() {}
"""
TYK = OtherHost(
    name="tyk",
    module="github.com/TykTechnologies/tyk",
    server={
        "main.go": _TYK_MAIN,
        "goplugin/goplugin.go": _TYK_LOADER,
        "goplugin/no_goplugin.go": _TYK_DUMMY,
        "test/goplugins/test_goplugin.go": _TYK_PLUGIN.replace("func main() {}\n", ""),
        "Makefile": "GOBUILD=go build\nTAGS=coprocess grpc goplugin\n\nbuild:\n"
        '\t$(GOBUILD) -tags "$(TAGS)" -o tyk -trimpath -v .\n',
        "Dockerfile": "ARG GO_VERSION=RELEASE\nFROM golang:${GO_VERSION}-bookworm\nWORKDIR /opt/tyk-gateway\n"
        'ADD . /opt/tyk-gateway\nRUN make build\nENTRYPOINT ["/opt/tyk-gateway/tyk"]\n',
    },
    requires=_SHARED,
    main=".",
    build=("-trimpath", "-tags=coprocess grpc goplugin"),
    plugin=_TYK_PLUGIN,
    plugin_requires=_HIGHER,
    plugin_build=("-trimpath",),
    plugin_makefile="tykio/tyk-plugin-compiler:v5.3.0 plugin.so",
    arguments=("AddHeader",),
    go_at="Dockerfile:2",
    tags=("coprocess", "grpc", "goplugin"),
)
OTHER_HOSTS = (KRAKEND, GOTIFY, TYK)
