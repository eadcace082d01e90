package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/access"
	"masterclass/internal/search"
	"masterclass/internal/secret"
	"masterclass/internal/site"
	"masterclass/internal/store"
	"masterclass/internal/web"
	"masterclass/news"
	"masterclass/news/intake"
	"masterclass/news/learning"
	"masterclass/notify"
	"masterclass/organisers"
	"masterclass/registrations"
	"masterclass/registrations/door"
	"masterclass/registrations/seats"
	"masterclass/templates"
)

// redisPatience is how long the answer to a registration waits for Redis.
const redisPatience = 50 * time.Millisecond

// keptBytes is the room for answers that are kept ready.
const keptBytes = 16 << 20

// maxStreams is how many pages at once an instance keeps up to date with the places left: 5,000, and some that have just been left.
const maxStreams = 6000

// streamLimit leaves half of the files that this process may open to everything else.
func streamLimit() int {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return maxStreams
	}
	return int(min(maxStreams, files.Cur/2))
}

// App is the whole program, put together. Open starts nothing but what Close ends.
type App struct {
	cfg     *Config
	now     func() time.Time
	closers []func() error

	data       *store.DataDir
	db         *store.DB
	redis      *store.Redis
	keys       *secret.Keys
	trail      *access.Trail
	outbox     *notify.Outbox
	mailer     *registrations.Mailer
	worker     *notify.Worker
	mail       notify.Deliverer
	events     *events.Store
	news       *news.Store
	newsroom   *news.Newsroom
	intake     *intake.Intake
	learning   *learning.Learning
	seats      *seats.Seats
	registrar  *registrations.Registrar
	organisers *organisers.Organisers
	metrics    *metrics
	breath     breath
	live       *events.Live
	door       *door.Door
	index      *search.Index
	web        *web.Application
	desk       *web.Desk
	asker      news.Asker
	signedIn   func(ctx context.Context, cookie func(name string) string) (bool, error)
}

// Open opens the stores, brings the schema up to date and puts the rooms together.
func Open(ctx context.Context, cfg *Config, now func() time.Time) (*App, error) {
	a := &App{cfg: cfg, now: now}
	for _, open := range []func(context.Context) error{a.openData, a.openDatabase, a.openRooms, a.openWeb} {
		if err := open(ctx); err != nil {
			return nil, errors.Join(err, a.Close())
		}
	}
	return a, nil
}

// Close ends what Open began, the last first.
func (a *App) Close() error {
	var errs []error
	for i := len(a.closers) - 1; i >= 0; i-- {
		errs = append(errs, a.closers[i]())
	}
	a.closers = nil
	return errors.Join(errs...)
}

func (a *App) onClose(f func() error) { a.closers = append(a.closers, f) }

// openData takes the data folder for this process alone and reads the secret, made once.
func (a *App) openData(context.Context) (err error) {
	if a.data, err = openDataDir(a.cfg); err != nil {
		return err
	}
	if err := a.data.Lock(); err != nil {
		return err
	}
	a.onClose(a.data.Unlock)
	a.keys, err = openSecret(a.cfg, a.data)
	return err
}

func openDataDir(cfg *Config) (*store.DataDir, error) {
	data, err := store.OpenDataDir(cfg.DataDir)
	if err != nil {
		return nil, fmt.Errorf("the setting MASTERCLASS_DATA_DIR cannot be used: %w; it is a folder that this user can write to, such as ./data", err)
	}
	return data, nil
}

func openSecret(cfg *Config, data *store.DataDir) (*secret.Keys, error) {
	if cfg.Secret != "" {
		return secret.New([]byte(cfg.Secret))
	}
	file := data.Join("secret")
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		text = []byte(secret.Random(48))
		err = store.WriteFile(file, text)
	}
	if err != nil {
		return nil, fmt.Errorf("keep the secret in %s: %w", file, err)
	}
	keys, err := secret.New([]byte(strings.TrimSpace(string(text))))
	if err != nil {
		return nil, fmt.Errorf("read the secret in %s: %w; put back the file that the site was made with, or set MASTERCLASS_SECRET", file, err)
	}
	return keys, nil
}

func (a *App) openDatabase(ctx context.Context) (err error) {
	if a.db, err = openDB(ctx, a.cfg, a.data); err != nil {
		return err
	}
	a.onClose(a.db.Close)
	if _, err := a.db.Migrate(ctx); err != nil {
		return err
	}
	if err := a.db.Adopt(ctx, a.keys.Fingerprint()); err != nil {
		return err
	}
	if a.redis, err = store.OpenRedis(a.cfg.RedisURL); err != nil {
		return fmt.Errorf("the setting MASTERCLASS_REDIS_URL cannot be used: %w", err)
	}
	a.onClose(a.redis.Close)
	return nil
}

func openDB(ctx context.Context, cfg *Config, data *store.DataDir) (*store.DB, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	db, err := store.Open(ctx, store.Options{URL: cfg.DatabaseURL, File: data.Join("masterclass.db")})
	if err != nil && cfg.DatabaseURL != "" {
		return nil, fmt.Errorf("the setting MASTERCLASS_DATABASE_URL cannot be used: %w", err)
	}
	return db, err
}

// openRooms puts the domains on top of the stores.
func (a *App) openRooms(ctx context.Context) (err error) {
	if a.trail, err = access.NewTrail(ctx, a.db); err != nil {
		return err
	}
	a.onClose(a.trail.Close)
	if a.outbox, err = notify.NewOutbox(ctx, a.db, host(a.cfg.From.Address), a.now); err != nil {
		return fmt.Errorf("open the outbox for the sender MASTERCLASS_MAIL_FROM: %w", err)
	}
	a.onClose(a.outbox.Close)
	a.events, a.news = events.NewStore(a.db), news.NewStore(a.db)
	a.newsroom = news.NewNewsroom(a.news, a.trail, a.now)
	a.intake = intake.New(a.db, a.newsroom, a.trail, intake.NewFetcher(), a.now, a.cfg.Logger)
	a.learning = learning.New(learning.Parts{DB: a.db, News: a.news, Room: a.newsroom, Trail: a.trail, Keys: a.keys, Mails: learningMails{a.outbox}, Mailbox: registrations.Mailbox, Now: a.now})
	a.organisers = organisers.New(organisers.Parts{DB: a.db, Trail: a.trail, Keys: a.keys, Mails: accountMails{a.outbox}, Site: a.cfg.SiteName, Now: a.now})
	a.onClose(a.organisers.Close)
	a.seats = seats.New(a.db, a.redis, seats.Options{Hold: a.cfg.Hold, Limited: a.cfg.RateLimit > 0, Patience: redisPatience, Now: a.now, Log: a.cfg.Logger})
	a.onClose(func() error { a.seats.Close(); return nil })
	return a.openRegistrations(ctx)
}

func (a *App) openRegistrations(ctx context.Context) error {
	registered, err := registrations.NewStore(ctx, a.db)
	if err != nil {
		return err
	}
	a.onClose(registered.Close)
	ledger, err := seats.NewLedger(ctx, a.db)
	if err != nil {
		return err
	}
	a.onClose(ledger.Close)
	a.registrar = registrations.NewRegistrar(registrations.Parts{
		DB: a.db, Store: registered, Events: a.events, Seats: a.seats, Ledger: ledger, Outbox: a.outbox,
		Trail: a.trail, Keys: a.keys, Offer: a.cfg.Offer, Now: a.now, Log: a.cfg.Logger,
		Elsewhere: learningAddresses{a.learning},
	})
	a.onClose(func() error { a.registrar.Close(); return nil })
	if a.door, err = door.New(ctx, a.db, a.trail, a.keys, a.now); err != nil {
		return err
	}
	a.onClose(a.door.Close)
	a.events.OnInsert(a.registrar.AddDefaultReminders)
	if a.cfg.DatabaseURL == "" { // the folder's lock says that nobody else works on this database
		if err := a.outbox.Reclaim(ctx); err != nil {
			return err
		}
	}
	return a.openMail()
}

// openMail puts the worker behind the outbox that writes and sends what is in it.
func (a *App) openMail() error {
	mails, err := templates.ParseMail(templates.Embedded())
	if err != nil {
		return err
	}
	a.mailer = registrations.NewMailer(a.site(), a.cfg.From, a.keys, mails)
	composers := a.mailer.Composers()
	maps.Copy(composers, accountComposers(organisers.NewMailer(a.site(), a.keys, mails, a.cfg.Zone)))
	maps.Copy(composers, learningComposers(learning.NewMailer(a.site(), a.keys, mails)))
	a.mail = a.deliverer()
	a.worker = notify.NewWorker(a.outbox, a.cfg.From, composers, a.mail, a.cfg.Logger)
	a.worker.Sign(a.cfg.DKIM)
	a.worker.YieldTo(a.registrar.Crowded)
	version, _ := built()
	a.metrics = newMetrics(version, a.seats, a.registrar, a.outbox, a.worker)
	return nil
}

// host is the domain of a mail address.
func host(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

func (a *App) deliverer() notify.Deliverer {
	if a.cfg.SMTP != nil {
		a.onClose(a.cfg.SMTP.Close)
		return a.cfg.SMTP
	}
	return notify.Files{Dir: a.mailDir()}
}

func (a *App) mailDir() string { return a.data.Join("mail") }

func (a *App) site() web.Site {
	return web.Site{Name: a.cfg.SiteName, Strapline: a.cfg.Strapline, ContactEmail: a.cfg.ContactEmail, BaseURL: a.cfg.BaseURL}
}

// workerScopes are the static files that answer for pages in a browser, and for which pages at most.
var workerScopes = map[string]string{"check-in-worker.js": "/organise/events/"}

// openWeb puts the pages in front.
func (a *App) openWeb(context.Context) error {
	pages, err := templates.Parse(templates.Embedded(), nil)
	if err != nil {
		return err
	}
	assets, err := templates.Static()
	if err != nil {
		return err
	}
	kept := web.NewAnswers(keptBytes)
	a.web = web.New(web.Config{Site: a.site(), Views: pages, Log: a.cfg.Logger, RateLimit: a.cfg.RateLimit, Proxies: a.cfg.Proxies, Now: a.now,
		Away: func(err error) bool { return store.Unreachable(err) || store.Sacrificed(err) }, Answers: kept, Observe: a.observe,
		SignedIn: func(ctx context.Context, cookie func(string) string) (bool, error) { return a.signedIn(ctx, cookie) }})
	web.Static(a.web, func(path string) (web.StaticFile, bool) {
		f, ok := assets.Find(path)
		return web.StaticFile{ContentType: f.ContentType, Body: f.Body, Scope: workerScopes[f.Name], Packed: f.Packed}, ok
	})
	a.web.Get("/healthz", func(c *fiber.Ctx) error { return c.SendString("alive\n") })
	a.web.Get("/readyz", a.ready)
	a.web.Get("/metrics", web.Bearer(a.cfg.MetricsToken, a.showMetrics))
	shown := events.NewHandler(a.events, a.seats, kept, a.cfg.Zone, a.now)
	a.live = events.NewLive(a.events, a.seats, streamLimit(), a.now, a.cfg.Logger)
	a.onClose(func() error { a.live.Close(); return nil })
	a.seats.OnChange(shown.Changed)
	a.seats.OnChange(a.live.Changed)
	a.seats.OnChange(func(string) { a.registrar.Changed() })
	a.openDesk()
	registered := registrations.NewHandler(a.registrar, kept, a.web.Proxies, a.cfg.Zone)
	registered.Routes(a.web)
	registered.Desk(a.desk)
	shown.Routes(a.web)
	door.NewHandler(a.door, a.events, a.registrar).Desk(a.desk)
	a.live.Routes(a.web)
	learning.NewHandler(a.learning).Routes(a.web) // before those of articles in general, as are videos
	news.NewVideoHandler(a.news, kept, a.now, a.cfg.Zone).Routes(a.web)
	articles := news.NewHandler(a.news, kept, a.now, a.cfg.Zone)
	articles.Desk(a.desk, a.newsroom)
	intake.NewHandler(a.intake, a.cfg.Zone).Desk(a.desk)
	articles.Routes(a.web)
	articles.Files(a.web, a.asker, news.Elsewhere{Shows: a.events.ShowsFile, Desk: "/organise/events/:slug/resources"})
	site.NewHandler(shown, a.news, kept, a.now).Routes(a.web)
	return a.openSearch()
}

// openSearch adds the search, which keepIndex keeps up.
func (a *App) openSearch() (err error) {
	if a.index, err = search.New(); err != nil {
		return err
	}
	a.onClose(a.index.Close)
	site.NewSearchHandler(a.index).Routes(a.web)
	return nil
}

// openDesk adds the organisers' pages.
func (a *App) openDesk() {
	h := organisers.NewHandler(a.organisers, organisers.Options{
		Site: a.site(), Proxies: a.web.Proxies, Overview: overview{a.events, a.now}, Moved: a.events.AnyMovedTo, Dashboard: registrations.NewDashboard(a.registrar, a.cfg.Zone).Show,
		Trail: access.NewReader(a.db), Installation: installation{a}, Zone: a.cfg.Zone, Now: a.now,
		OwnersWithoutCode: func(c *fiber.Ctx) bool { return a.cfg.demoAtHome() && web.FromThisMachine(c) },
	})
	a.desk, a.asker, a.signedIn = h.Routes(a.web), h.Asker, h.SignedIn
	editor := events.NewEditor(a.events, a.trail, a.now).KeepFilesIn(eventFiles{a.news, a.now})
	events.NewDesk(editor, a.registrar, a.mailer.SampleOfChange, a.cfg.Zone, a.now).Routes(a.desk)
	registrations.NewEventDesk(a.registrar, a.mailer).Routes(a.desk)
	registrations.NewMessageDesk(a.registrar, a.mailer, a.cfg.Zone).Routes(a.desk)
	learning.NewDesk(a.learning).Routes(a.desk)
}

// ready says whether requests can be answered: the database must be reachable; Redis need not be.
func (a *App) ready(c *fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), 2*time.Second)
	defer cancel()
	c.Set(fiber.HeaderCacheControl, "no-store")
	if err := a.db.Read.PingContext(ctx); err != nil {
		a.cfg.Logger.Error("not ready", "error", err)
		return c.Status(fiber.StatusServiceUnavailable).SendString("the database cannot be reached\n")
	}
	return c.SendString("ready\n")
}

// observe counts a request that was answered.
func (a *App) observe(method, route string, status int, took time.Duration) {
	a.breath.requests.Add(1)
	a.metrics.observe(method, route, status, took)
}

func (a *App) showMetrics(c *fiber.Ctx) error {
	text, kind, err := a.metrics.text()
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, kind)
	return c.Send(text)
}
