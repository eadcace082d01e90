package templates

import (
	"errors"
	"fmt"
	"html/template"
	"io"
	"text/template/parse"
)

// checkEscaping makes html/template do now the work it would leave to the first
// request: finding the partials and the context of each value. That no data is
// given makes the execution itself fail, which says nothing about the template.
func checkEscaping(t *template.Template, name string) error {
	var broken *template.Error
	if err := t.ExecuteTemplate(io.Discard, name, nil); errors.As(err, &broken) {
		return broken
	}
	return nil
}

// checkAssets finds every {{asset "name"}} of a page and its layout, also in
// branches that are seldom taken, and fails on a name that does not exist.
func checkAssets(page *template.Template, assets *Assets) error {
	for _, t := range page.Templates() {
		if t.Tree == nil {
			continue
		}
		if err := checkNode(t.Tree.Root, assets); err != nil {
			return fmt.Errorf("%s: %w", t.Name(), err)
		}
	}
	return nil
}

func checkNode(node parse.Node, assets *Assets) error {
	for _, child := range children(node) {
		if err := checkNode(child, assets); err != nil {
			return err
		}
	}
	call, ok := node.(*parse.CommandNode)
	if !ok || len(call.Args) != 2 {
		return nil
	}
	fn, isFunc := call.Args[0].(*parse.IdentifierNode)
	name, isText := call.Args[1].(*parse.StringNode)
	if !isFunc || !isText || fn.Ident != "asset" {
		return nil
	}
	_, err := assets.path(name.Text)
	return err
}

// children returns the nodes below node in which a function can be called.
func children(node parse.Node) (below []parse.Node) {
	list := func(lists ...*parse.ListNode) {
		for _, l := range lists {
			if l != nil {
				below = append(below, l.Nodes...)
			}
		}
	}
	pipe := func(p *parse.PipeNode) {
		if p != nil {
			for _, c := range p.Cmds {
				below = append(below, c)
			}
		}
	}
	switch n := node.(type) {
	case *parse.ListNode:
		list(n)
	case *parse.ActionNode:
		pipe(n.Pipe)
	case *parse.PipeNode:
		pipe(n)
	case *parse.CommandNode:
		below = append(below, n.Args...)
	case *parse.TemplateNode:
		pipe(n.Pipe)
	case *parse.IfNode:
		pipe(n.Pipe)
		list(n.List, n.ElseList)
	case *parse.RangeNode:
		pipe(n.Pipe)
		list(n.List, n.ElseList)
	case *parse.WithNode:
		pipe(n.Pipe)
		list(n.List, n.ElseList)
	}
	return below
}
