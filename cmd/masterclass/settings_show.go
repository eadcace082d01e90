package main

import (
	"net"
	"net/url"
	"reflect"
	"strings"
)

// The data folders of whoever sets none.
const (
	serveFolder = "./data"
	demoFolder  = "./demo-data"
)

// inForce is a setting as it may be shown to whoever runs the site: what is secret in it is masked.
type inForce struct {
	name, value string // MASTERCLASS_…, and what is in force, in its own form
	standard    bool   // as it is if nobody sets it
}

// inForce are all the settings, for the command config and for the page of owners: there is no other way to show them.
func (c *Config) inForce() (list []inForce) {
	smtp := ""
	if c.SMTP != nil {
		smtp = c.SMTP.String()
	}
	for _, row := range [][2]string{
		{"LISTEN", c.Listen}, {"BASE_URL", c.BaseURL}, {"DATA_DIR", c.DataDir}, {"DATABASE_URL", masked(c.DatabaseURL)}, {"REDIS_URL", masked(c.RedisURL)},
		{"SECRET", hide(c.Secret)}, {"METRICS_TOKEN", hide(c.MetricsToken)}, {"SMTP_URL", smtp}, {"MAIL_FROM", c.From.String()},
		{"DKIM_KEY", hide(c.DKIMKey)}, {"DKIM_SELECTOR", c.DKIMSelector}, {"DKIM_DOMAIN", c.DKIMDomain}, {"SITE_NAME", c.SiteName}, {"STRAPLINE", c.Strapline},
		{"CONTACT_EMAIL", c.ContactEmail}, {"TIME_ZONE", c.TimeZone}, {"TRUSTED_PROXIES", c.TrustedProxies}, {"HOLD", c.Hold.String()}, {"OFFER", c.Offer.String()},
		{"RATE_LIMIT", c.Settings.RateLimit}, {"LOG", c.Log},
	} {
		name := "MASTERCLASS_" + row[0]
		list = append(list, inForce{name, row[1], c.standard(name)})
	}
	return list
}

// standard says whether a setting is as it is if nobody sets it.
func (c *Config) standard(name string) bool {
	all := reflect.ValueOf(c.Settings)
	for i := range all.NumField() {
		field := all.Type().Field(i)
		if field.Tag.Get("env") == name {
			return all.Field(i).String() == c.unset(name, field.Tag.Get("default"))
		}
	}
	return false
}

// unset is what a setting is if nobody sets it: by its tag, or, where check fills it in, by the others.
func (c *Config) unset(name, byTag string) string {
	switch {
	case name == "MASTERCLASS_BASE_URL":
		return c.ownURL()
	case name == "MASTERCLASS_DATA_DIR" && c.Demo:
		return demoFolder
	case name == "MASTERCLASS_DATA_DIR":
		return serveFolder
	}
	return byTag
}

// ownURL is the site's address on the machine that it runs on.
func (c *Config) ownURL() string {
	_, port, _ := net.SplitHostPort(c.Listen) // readListen has checked it
	return "http://localhost:" + port
}

func hide(s string) string {
	if s == "" {
		return ""
	}
	return hidden
}

// hidden stands for a secret that is set.
const hidden = "(set)"

// masked shows a URL without its passwords, and nothing of one that cannot be read.
func masked(raw string) string {
	if raw == "" {
		return ""
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme == "" || u.Opaque != "" {
		return hide(raw)
	}
	q := u.Query()
	for name := range q {
		if strings.Contains(name, "password") {
			q.Set(name, "xxxxx")
		}
	}
	u.RawQuery = q.Encode()
	return u.Redacted()
}
