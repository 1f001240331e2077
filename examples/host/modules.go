package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"plugin"

	"go.uber.org/zap"
)

// initModuleName is the function that every module exports.
const initModuleName = "InitModule"

// initModuleFunc is the type of a module's InitModule:
//
//	func InitModule(ctx context.Context, logger *zap.Logger) error
//
// ctx ends when the server stops. The type is made of the standard library's
// and zap's types only, because a plugin cannot import this package main.
//
// It is an alias, because a plugin's function has the plain function type, of
// which an assertion to a defined type would fail.
type initModuleFunc = func(ctx context.Context, logger *zap.Logger) error

// loadModules opens and initialises every module in the folder dir, in the
// order of their names, and returns the names of their files. The modules get
// moduleLogger. It stops at the first that fails, as Layerg does: hence one
// mismatch at a time. A returned error has been logged to logger.
func loadModules(ctx context.Context, logger, moduleLogger *zap.Logger, dir string) ([]string, error) {
	paths, err := findModules(dir)
	if err != nil {
		logger.Error("Could not list Go modules", zap.String("path", dir), zap.Error(err))
		return nil, err
	}

	names := make([]string, 0, len(paths))
	for _, path := range paths {
		initModule, err := openModule(path)
		if err != nil {
			logger.Error("Could not open Go module", zap.String("path", path), zap.Error(err))
			return nil, err
		}
		if err := initModule(ctx, moduleLogger); err != nil {
			logger.Error("Could not initialise Go module", zap.String("path", path), zap.Error(err))
			return nil, err
		}
		logger.Info("Loaded Go module", zap.String("path", path))
		names = append(names, filepath.Base(path))
	}
	return names, nil
}

// findModules returns the absolute paths of the *.so files in dir, by name. They
// are absolute because the log is often read where the working directory is not
// known.
func findModules(dir string) ([]string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, entry := range entries {
		if !entry.IsDir() && filepath.Ext(entry.Name()) == ".so" {
			paths = append(paths, filepath.Join(dir, entry.Name()))
		}
	}
	return paths, nil
}

// openModule loads one module into this process and returns its InitModule. The
// errors of plugin.Open are returned as they are, since people search for them.
func openModule(path string) (initModuleFunc, error) {
	module, err := plugin.Open(path)
	if err != nil {
		return nil, err
	}
	symbol, err := module.Lookup(initModuleName)
	if err != nil {
		return nil, err
	}
	initModule, ok := symbol.(initModuleFunc)
	if !ok {
		return nil, fmt.Errorf("%s is a %T, want %T", initModuleName, symbol, initModule)
	}
	return initModule, nil
}
