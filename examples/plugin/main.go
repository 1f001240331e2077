// Command backend is the logic of a game, built as a plugin of gameserver.
//
// As committed, gameserver refuses it: its go.mod selects other versions of the
// modules that both link. Nothing is wrong in the code, which compiles with the
// versions of either side.
package main

import (
	"context"
	"net/http"

	"github.com/gofrs/uuid"
	"github.com/gorilla/mux"
	"go.uber.org/zap"
	"google.golang.org/protobuf/types/known/structpb"
)

// InitModule is called by the server once it has opened the plugin. What it
// starts has to end with ctx.
func InitModule(ctx context.Context, logger *zap.Logger) error {
	match, err := uuid.NewV4()
	if err != nil {
		return err
	}
	router := newRouter(logger)
	link, err := router.Get("match").URL("id", match.String())
	if err != nil {
		return err
	}
	logger.Info("Backend is ready", zap.Stringer("lobby", link))
	return nil
}

// newRouter serves the matches. gorilla/mux is the one module here that the
// server does not have, so its version is free.
func newRouter(logger *zap.Logger) *mux.Router {
	router := mux.NewRouter()
	router.HandleFunc("/matches/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, err := uuid.FromString(mux.Vars(r)["id"])
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		writeMatch(w, logger, id)
	}).Name("match")
	return router
}

// writeMatch answers with a match that nobody has joined yet.
func writeMatch(w http.ResponseWriter, logger *zap.Logger, id uuid.UUID) {
	match := &structpb.Struct{Fields: map[string]*structpb.Value{
		"id":      structpb.NewStringValue(id.String()),
		"players": structpb.NewNumberValue(0),
	}}
	body, err := match.MarshalJSON()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if _, err := w.Write(body); err != nil {
		logger.Warn("Could not answer", zap.Stringer("match", id), zap.Error(err))
	}
}
