package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
)

const usage = `Usage:
  gameserver --runtime.path DIR         load the modules in DIR and serve
  gameserver check --runtime.path DIR   load the modules in DIR and exit
`

// options is what the command line asks for.
type options struct {
	checkOnly   bool   // exit once the modules are loaded
	runtimePath string // the folder of the modules
}

// parseOptions reads the arguments that follow the program's name. The error is
// flag.ErrHelp when help is asked for, else a message for the user.
func parseOptions(args []string) (options, error) {
	var opts options
	if len(args) > 0 && args[0] == "check" {
		opts.checkOnly = true
		args = args[1:]
	}

	flags := flag.NewFlagSet("gameserver", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the caller prints the error once
	flags.StringVar(&opts.runtimePath, "runtime.path", "", "folder of the modules")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if opts.runtimePath == "" {
		return options{}, errors.New("--runtime.path is missing")
	}
	return opts, nil
}
