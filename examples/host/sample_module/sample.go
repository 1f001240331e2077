// Package main is a sample plugin in the server's own tree, as Nakama and Layerg
// have one: it is no part of the server, and links fewer packages.
package main

import (
	"context"

	"go.uber.org/zap"
)

// InitModule is called by the server once it has opened the plugin.
func InitModule(_ context.Context, logger *zap.Logger) error {
	logger.Info("Sample module loaded")
	return nil
}
