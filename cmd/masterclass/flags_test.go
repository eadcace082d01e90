package main

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

func TestEveryFlagIsAnEnvironmentVariable(t *testing.T) {
	t.Parallel()
	parser, err := newParser(&cli{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	err = kong.Visit(parser.Model.Node, func(node kong.Visitable, next kong.Next) error {
		flag, ok := node.(*kong.Flag)
		if !ok || flag.Name == "help" {
			return next(nil)
		}
		if len(flag.Envs) != 1 || !strings.HasPrefix(flag.Envs[0], "MASTERCLASS_") {
			t.Errorf("--%s has the environment variables %q", flag.Name, flag.Envs)
		} else if other := seen[flag.Envs[0]]; other != "" {
			t.Errorf("--%s and --%s have the environment variable %s", flag.Name, other, flag.Envs[0])
		} else {
			seen[flag.Envs[0]] = flag.Name
		}
		return next(nil)
	})
	if err != nil || len(seen) < 30 {
		t.Errorf("%d flags are known (%v)", len(seen), err)
	}
}

func TestAFlagOfACommandIsTakenFromTheEnvironment(t *testing.T) {
	for name, value := range map[string]string{"URL": "http://localhost:1", "EVENT": "x", "PEOPLE": "7", "CONCURRENCY": "3", "JSON": "true"} {
		t.Setenv("MASTERCLASS_RUSH_"+name, value)
	}
	var c cli
	parser, err := newParser(&c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"rush", "--people=8"}); err != nil {
		t.Fatal(err)
	}
	if r := c.Rush; r.URL != "http://localhost:1" || r.Event != "x" || r.People != 8 || r.Concurrency != 3 || !r.JSON || r.Yes {
		t.Errorf("the rush is %+v", r)
	}
}
