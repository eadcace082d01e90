package main

import (
	"crypto"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/mail"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the program brings its own time zones

	"masterclass/internal/secret"
	"masterclass/notify"
)

// Settings are what can be set, as text; check reads them into a Config.
type Settings struct {
	Listen         string `env:"MASTERCLASS_LISTEN" default:":8080" help:"Address to serve on."`
	BaseURL        string `env:"MASTERCLASS_BASE_URL" name:"base-url" help:"Public address of the site, used in every link and mail. Default: http://localhost and the port served on."`
	DataDir        string `env:"MASTERCLASS_DATA_DIR" help:"Folder of the SQLite file, the secret and the mail written to disk. Default: ./data, for demo ./demo-data."`
	DatabaseURL    string `env:"MASTERCLASS_DATABASE_URL" name:"database-url" help:"postgres://… for PostgreSQL. Default: SQLite in the data folder."`
	RedisURL       string `env:"MASTERCLASS_REDIS_URL" name:"redis-url" help:"redis://, rediss:// or unix:// for a Redis server, Cluster (?cluster=true) or Sentinel (?master=NAME). Default: embedded."`
	Secret         string `env:"MASTERCLASS_SECRET" help:"32 bytes or more, the same on every instance. Default: made once in the data folder."`
	SMTPURL        string `env:"MASTERCLASS_SMTP_URL" name:"smtp-url" help:"smtp://user:pass@host:587 or smtps://host:465. Default: one .eml file a message in the data folder."`
	MailFrom       string `env:"MASTERCLASS_MAIL_FROM" default:"UK Chemotherapy Partnership <events@localhost>" help:"Sender of mail and organiser of calendar invitations."`
	DKIMKey        string `env:"MASTERCLASS_DKIM_KEY" name:"dkim-key" help:"File with the private key (PEM; RSA of 2048 bits or more, or Ed25519) that signs outgoing mail. Default: mail is not signed."`
	DKIMSelector   string `env:"MASTERCLASS_DKIM_SELECTOR" name:"dkim-selector" help:"Selector of the key's record in the DNS."`
	DKIMDomain     string `env:"MASTERCLASS_DKIM_DOMAIN" name:"dkim-domain" help:"Domain that signs outgoing mail: that of the sender's address, or one above it."`
	SiteName       string `env:"MASTERCLASS_SITE_NAME" default:"UK Chemotherapy Partnership" help:"Name of the site."`
	Strapline      string `env:"MASTERCLASS_STRAPLINE" default:"Sharing information, expertise and opinion to make chemotherapy better and safer." help:"One sentence on what the site is for."`
	ContactEmail   string `env:"MASTERCLASS_CONTACT_EMAIL" default:"events@localhost" help:"Address for questions, shown on every page."`
	TimeZone       string `env:"MASTERCLASS_TIME_ZONE" default:"Europe/London" help:"Time zone of pages and new events."`
	MetricsToken   string `env:"MASTERCLASS_METRICS_TOKEN" help:"Bearer token that opens /metrics to Prometheus; without one there is no such page."`
	TrustedProxies string `env:"MASTERCLASS_TRUSTED_PROXIES" help:"Networks (CIDR, separated by commas) whose X-Forwarded-For is believed."`
	Hold           string `env:"MASTERCLASS_HOLD" default:"15m" help:"How long a seat is held while a form is checked."`
	Offer          string `env:"MASTERCLASS_OFFER" default:"48h" help:"How long a waiting person has to accept a seat that came free; never past an hour before the event."`
	RateLimit      string `env:"MASTERCLASS_RATE_LIMIT" default:"600" help:"Unsafe requests a minute and client address; 0 for no limit."`
	Log            string `env:"MASTERCLASS_LOG" default:"text" help:"Form of the log: text or json."`

	Demo bool `kong:"-"` // the command demo runs
}

// Config is the settings once read and checked.
type Config struct {
	Settings
	From      mail.Address
	Zone      *time.Location
	Proxies   []*net.IPNet
	Hold      time.Duration
	Offer     time.Duration
	RateLimit int
	SMTP      *notify.SMTP   // nil: mail is written to files
	DKIM      *notify.Signer // nil: mail is not signed
	Logger    *slog.Logger
}

// wrong says in one sentence what is the matter with a setting and what a right value looks like.
func wrong(name, value, example string) error {
	return fmt.Errorf("the setting %s has the value %q, which cannot be used; a right value is %s", name, value, example)
}

// check reads every setting, or names the first that is wrong.
func (s Settings) check() (*Config, error) {
	c := &Config{Settings: s}
	for _, read := range []func(*Config) error{readListen, readBaseURL, readDatabase, readMail, readSMTP, readDKIM, readZone, readProxies, readHold, readOffer, readRateLimit, readSecret, readLog} {
		if err := read(c); err != nil {
			return nil, err
		}
	}
	if c.DataDir == "" {
		c.DataDir = serveFolder
	}
	return c, nil
}

func readListen(c *Config) error {
	host, port, err := net.SplitHostPort(c.Listen)
	n, perr := strconv.Atoi(port)
	if err != nil || perr != nil || n < 0 || n > 65535 || strings.ContainsAny(host, "/ ") {
		return wrong("MASTERCLASS_LISTEN", c.Listen, ":8080")
	}
	return nil
}

func readBaseURL(c *Config) error {
	if c.BaseURL == "" {
		c.BaseURL = c.ownURL()
	}
	u, err := url.Parse(c.BaseURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery+u.Fragment != "" || u.User != nil {
		return wrong("MASTERCLASS_BASE_URL", masked(c.BaseURL), "https://events.example.org")
	}
	c.BaseURL = u.Scheme + "://" + u.Host
	return nil
}

// readDatabase takes URLs alone: the driver would take key=value words too, whose password could not be masked.
func readDatabase(c *Config) error {
	if c.DatabaseURL == "" || strings.HasPrefix(c.DatabaseURL, "postgres://") || strings.HasPrefix(c.DatabaseURL, "postgresql://") {
		return nil
	}
	return errors.New("the setting MASTERCLASS_DATABASE_URL cannot be used: it looks like postgres://user:password@host:5432/masterclass, or is empty for SQLite")
}

func readMail(c *Config) error {
	from, err := mail.ParseAddress(c.MailFrom)
	if err != nil {
		return wrong("MASTERCLASS_MAIL_FROM", c.MailFrom, "UK Chemotherapy Partnership <events@example.org>")
	}
	c.From = *from
	contact, err := mail.ParseAddress(c.ContactEmail)
	if err != nil {
		return wrong("MASTERCLASS_CONTACT_EMAIL", c.ContactEmail, "events@example.org")
	}
	c.ContactEmail = contact.Address
	return nil
}

func readSMTP(c *Config) error {
	if c.SMTPURL == "" {
		return nil
	}
	s, err := notify.ParseSMTP(c.SMTPURL)
	if err != nil { // the value may hold a password, so it is not repeated
		return fmt.Errorf("the setting MASTERCLASS_SMTP_URL cannot be used: %w; a right value is smtp://user:password@mail.example.org:587", err)
	}
	c.SMTP = s
	return nil
}

// readDKIM wants all three settings or none: with some of them mail would go out unsigned and nobody would know.
func readDKIM(c *Config) error {
	if c.DKIMKey+c.DKIMSelector+c.DKIMDomain == "" {
		return nil
	}
	for _, s := range [][3]string{
		{"MASTERCLASS_DKIM_KEY", c.DKIMKey, "/etc/masterclass.dkim"}, {"MASTERCLASS_DKIM_SELECTOR", c.DKIMSelector, "events"}, {"MASTERCLASS_DKIM_DOMAIN", c.DKIMDomain, "example.org"},
	} {
		if s[1] == "" {
			return fmt.Errorf("the setting %s is missing: signing mail needs MASTERCLASS_DKIM_KEY, MASTERCLASS_DKIM_SELECTOR and MASTERCLASS_DKIM_DOMAIN; a right value is %s", s[0], s[2])
		}
	}
	for _, s := range [][3]string{{"MASTERCLASS_DKIM_SELECTOR", c.DKIMSelector, "events"}, {"MASTERCLASS_DKIM_DOMAIN", c.DKIMDomain, "example.org"}} {
		if !notify.DNSName(s[1]) {
			return wrong(s[0], s[1], s[2])
		}
	}
	key, err := readDKIMKey(c.DKIMKey)
	if err != nil { // the value is not repeated: it may be the key itself
		return fmt.Errorf("the setting MASTERCLASS_DKIM_KEY cannot be used: %w; it names a file with a private key in PEM, such as /etc/masterclass.dkim", err)
	}
	if c.DKIM, err = notify.NewSigner(c.DKIMDomain, c.DKIMSelector, key); err != nil {
		return err
	}
	if !c.DKIM.For(c.From.Address) {
		return fmt.Errorf("the setting MASTERCLASS_DKIM_DOMAIN has the value %q, which is neither the domain of the sender %s nor above it, so that nobody would believe the signature", c.DKIMDomain, c.From.Address)
	}
	return nil
}

func readDKIMKey(file string) (crypto.Signer, error) {
	text, err := os.ReadFile(file)
	var why *fs.PathError
	if errors.As(err, &why) {
		return nil, fmt.Errorf("its file cannot be read (%w)", why.Err)
	}
	if err != nil {
		return nil, err
	}
	return notify.ParseDKIMKey(text)
}

func readZone(c *Config) error {
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil || c.TimeZone == "" || c.TimeZone == "Local" {
		return wrong("MASTERCLASS_TIME_ZONE", c.TimeZone, "Europe/London")
	}
	c.Zone = zone
	return nil
}

func readProxies(c *Config) error {
	for cidr := range strings.SplitSeq(c.TrustedProxies, ",") {
		if cidr = strings.TrimSpace(cidr); cidr == "" {
			continue
		}
		_, network, err := net.ParseCIDR(cidr)
		if err != nil {
			return wrong("MASTERCLASS_TRUSTED_PROXIES", c.TrustedProxies, "10.0.0.0/8,192.168.1.2/32")
		}
		c.Proxies = append(c.Proxies, network)
	}
	return nil
}

func readHold(c *Config) error {
	d, err := time.ParseDuration(c.Settings.Hold)
	if err != nil || d < time.Second || d > 24*time.Hour {
		return wrong("MASTERCLASS_HOLD", c.Settings.Hold, "15m")
	}
	c.Hold = d
	return nil
}

func readOffer(c *Config) error {
	d, err := time.ParseDuration(c.Settings.Offer)
	if err != nil || d < time.Minute || d > 30*24*time.Hour {
		return wrong("MASTERCLASS_OFFER", c.Settings.Offer, "48h")
	}
	c.Offer = d
	return nil
}

func readRateLimit(c *Config) error {
	n, err := strconv.Atoi(c.Settings.RateLimit)
	if err != nil || n < 0 {
		return wrong("MASTERCLASS_RATE_LIMIT", c.Settings.RateLimit, "600")
	}
	c.RateLimit = n
	return nil
}

func readSecret(c *Config) error {
	if c.Secret != "" && len(c.Secret) < secret.MinLength {
		return fmt.Errorf("the setting MASTERCLASS_SECRET has %d bytes; it needs %d or more, such as the output of `openssl rand -hex 32`", len(c.Secret), secret.MinLength)
	}
	return nil
}

func readLog(c *Config) error {
	switch c.Log {
	case "text":
		c.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
	case "json":
		c.Logger = slog.New(slog.NewJSONHandler(os.Stderr, nil))
	default:
		return wrong("MASTERCLASS_LOG", c.Log, "text or json")
	}
	return nil
}
