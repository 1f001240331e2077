package main

import (
	"flag"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseOptions(t *testing.T) {
	for _, test := range []struct {
		args []string
		want options
	}{
		{[]string{"--runtime.path", "modules"}, options{runtimePath: "modules"}},
		{[]string{"check", "--runtime.path=modules"}, options{checkOnly: true, runtimePath: "modules"}},
	} {
		got, err := parseOptions(test.args)
		require.NoError(t, err)
		require.Equal(t, test.want, got)
	}
}

func TestParseOptionsErrors(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "--runtime.path is missing"},
		{[]string{"check"}, "--runtime.path is missing"},
		{[]string{"serve", "--runtime.path", "modules"}, `unexpected argument "serve"`},
		{[]string{"--runtime.path", "modules", "check"}, `unexpected argument "check"`},
		{[]string{"--runtime.paths", "modules"}, "flag provided but not defined: -runtime.paths"},
	} {
		_, err := parseOptions(test.args)
		require.EqualError(t, err, test.want)
	}
}

func TestParseOptionsHelp(t *testing.T) {
	_, err := parseOptions([]string{"check", "--help"})
	require.ErrorIs(t, err, flag.ErrHelp)
}
