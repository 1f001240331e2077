package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
)

func TestMatch(t *testing.T) {
	const id = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
	response := get("/matches/" + id)
	require.Equal(t, http.StatusOK, response.Code)
	require.JSONEq(t, `{"id":"`+id+`","players":0}`, response.Body.String())
}

func TestMatchOfAnotherName(t *testing.T) {
	require.Equal(t, http.StatusBadRequest, get("/matches/lobby").Code)
}

func get(path string) *httptest.ResponseRecorder {
	response := httptest.NewRecorder()
	newRouter(zap.NewNop()).ServeHTTP(response, httptest.NewRequest(http.MethodGet, path, nil))
	return response
}
