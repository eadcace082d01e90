package torture

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
)

// organiser is somebody who is signed in and changes places by the organisers' own pages.
type organiser struct {
	http *http.Client
	rig  *rig
}

var chooseLink = regexp.MustCompile(`http://[^/\s]+(/\S+)`)

// newOrganiser makes an account by the command, and chooses its password by the link that the command gives.
func newOrganiser(ctx context.Context, r *rig) (*organiser, error) {
	said, err := r.instances[0].command("organiser", "add", "--email", "kim@torture.example", "--name", "Kim Organiser", "--role", "organiser")
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, said)
	}
	link := chooseLink.FindStringSubmatch(said)
	if link == nil {
		return nil, fmt.Errorf("there is no link in %q", said)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	o := &organiser{rig: r, http: &http.Client{Jar: jar, Timeout: answerTime, Transport: &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	got, err := o.send(ctx, r.instances[0], form(link[1], url.Values{"password": {"correct horse battery"}}))
	if err == nil && got.status != http.StatusSeeOther {
		err = fmt.Errorf("choosing a password answers %d", got.status)
	}
	return o, err
}

func (o *organiser) close() { o.http.CloseIdleConnections() }

func (o *organiser) send(ctx context.Context, i *instance, r request) (reply, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, i.address()+r.path, strings.NewReader(string(r.body)))
	if err != nil {
		return reply{}, err
	}
	for name, values := range r.header {
		req.Header[name] = values
	}
	res, err := o.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	body, err := io.ReadAll(res.Body)
	return reply{status: res.StatusCode, location: res.Header.Get("Location"), body: string(body)}, errors.Join(err, res.Body.Close())
}

var (
	inputTag  = regexp.MustCompile(`<input[^>]*>`)
	attribute = regexp.MustCompile(`(name|value|type)="([^"]*)"`)
)

// fieldsOf are the fields of a page's form as a browser would send them; boxes are not ticked in any of ours.
func fieldsOf(page string) url.Values {
	fields := url.Values{}
	for _, tag := range inputTag.FindAllString(page, -1) {
		a := map[string]string{}
		for _, m := range attribute.FindAllStringSubmatch(tag, -1) {
			a[m[1]] = html.UnescapeString(m[2])
		}
		if a["name"] != "" && a["type"] != "checkbox" {
			fields.Set(a["name"], a["value"])
		}
	}
	return fields
}

// resize opens the form of a place at one of the servers and sends it with another capacity. refused says that more are taken.
func (o *organiser) resize(ctx context.Context, rng *rand.Rand, place string, capacity int64) (refused bool, err error) {
	i, path := o.rig.any(rng), "/organise/events/"+slug+"/places/"+place
	got, err := o.send(ctx, i, page(path))
	if err != nil || got.status != http.StatusOK {
		return false, fmt.Errorf("the form of a place answers %d: %w", got.status, err)
	}
	fields := fieldsOf(got.body)
	if fields.Get("name") == "" || fields.Get("seen") == "" {
		return false, fmt.Errorf("the form of a place has the fields %v", fields)
	}
	fields.Set("capacity", fmt.Sprint(capacity))
	switch got, err = o.send(ctx, i, form(path, fields)); {
	case err != nil:
		return false, fmt.Errorf("send the form of a place: %w", err)
	case got.status == http.StatusUnprocessableEntity && strings.Contains(got.body, "taken, so the capacity cannot be"):
		return true, nil
	case got.status != http.StatusSeeOther:
		return false, fmt.Errorf("the form of a place answers %d", got.status)
	}
	return false, nil
}
