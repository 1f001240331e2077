// Command gameserver is a small game server whose logic comes in Go plugins.
//
// It stands in for Layerg and Nakama: it is built, opens plugins and reports
// failures as they do, but needs no database and builds in seconds.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/gofrs/uuid"
	"go.uber.org/zap"
	"google.golang.org/protobuf/types/known/structpb"
)

const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	os.Exit(run(os.Args[1:], os.Stderr))
}

// run is main without the process, so that every return runs its defers before
// os.Exit. It returns the exit code.
func run(args []string, stderr io.Writer) int {
	opts, err := parseOptions(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stderr, usage)
		return exitDone
	}
	if err != nil {
		fmt.Fprintf(stderr, "gameserver: %v\n\n%s", err, usage)
		return exitUsage
	}

	// Signals are caught before the modules are loaded, because what a module
	// starts in InitModule has to stop with the server.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	logger := newLogger(stderr)
	if err := start(ctx, logger, opts.runtimePath); err != nil {
		return exitFailed
	}
	if opts.checkOnly {
		return exitDone
	}

	<-ctx.Done()
	logger.Info("Shutting down")
	return exitDone
}

// start loads the modules and logs what runs. A returned error has been logged.
func start(ctx context.Context, logger *zap.Logger, runtimePath string) error {
	node, err := uuid.NewV4()
	if err != nil {
		logger.Error("Could not name this node", zap.Error(err))
		return err
	}

	modules, err := loadModules(ctx, logger, logger.With(zap.Stringer("node", node)), runtimePath)
	if err != nil {
		return err
	}

	status, err := newStatus(node, modules)
	if err != nil {
		logger.Error("Could not describe this node", zap.Error(err))
		return err
	}
	logger.Info("Startup done", zap.Reflect("status", status))
	return nil
}

// newStatus describes a running server. It is a protobuf Struct, so that its
// JSON in the log and its bytes on a wire would come from one value.
func newStatus(node uuid.UUID, modules []string) (*structpb.Struct, error) {
	names := make([]any, len(modules))
	for i, module := range modules {
		names[i] = module
	}
	return structpb.NewStruct(map[string]any{
		"node":    node.String(),
		"go":      runtime.Version(),
		"modules": names,
	})
}
