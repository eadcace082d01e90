package news

import (
	"cmp"
	"context"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/access"
	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/news/files"
	"masterclass/templates"
)

// FilesPage is what an article has of images and files.
type FilesPage struct {
	Notice          templates.Notice
	Errors          []templates.FieldError
	Heading, Action string
	Tabs            []web.Tab
	File, Alt       templates.Input
	Rows            []FileRow
}

// FileRow is one of them, with the Markdown that shows it or leads to it.
type FileRow struct {
	Hash, Name, Path, Words, Alt, Markdown string
	Image                                  bool
	Used                                   bool   // the text, or the article's link, leads to it
	Small                                  string // the address of a small picture of it
	Width, Height                          int
}

// Asker says who is signed in, of those who ask for a page outside of the organisers' area.
type Asker func(c *fiber.Ctx) (access.Principal, bool, error)

// Elsewhere is what has files beside articles, such as events.
type Elsewhere struct {
	// Shows says whether anything there leads to the file at a path, and whether the public sees what does.
	Shows func(ctx context.Context, path string) (public, any bool, err error)
	Desk  string // the pattern of the organisers' page of those files: who may open it sees them before the public does
}

// Files adds the public address of files; asker may be nil when nobody can sign in, and Shows when only articles have files.
func (h *Handler) Files(r fiber.Router, asker Asker, elsewhere Elsewhere) {
	r.Get("/files/:hash/:name", func(c *fiber.Ctx) error { return h.file(c, asker, elsewhere) })
}

const filesPolicy = "default-src 'none'; sandbox"

func (h *Handler) file(c *fiber.Ctx, asker Asker, elsewhere Elsewhere) error {
	hash, name := c.Params("hash"), c.Params("name")
	if len(hash) != 64 || !utf8.ValidString(hash+name) || strings.ContainsRune(hash+name, 0) {
		return ErrNoFile
	}
	cache := "public, max-age=31536000, immutable"
	mime, size, err := h.publicFile(c, hash, name, elsewhere)
	if fault.Is(err, fault.NotFound) && asker != nil {
		cache = "private, no-store"
		mime, size, err = h.draftFile(c, hash, name, asker, elsewhere)
	}
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentSecurityPolicy, filesPolicy)
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	s := web.Stored{ContentType: mime, CacheControl: cache, Tag: hash[:24], Size: size, Read: func(first, length int64) ([]byte, error) {
		return h.store.Part(c.UserContext(), hash, first, length)
	}}
	if !files.ByMIME(mime).Image() {
		s.Disposition = web.Attachment(name) // a page plays a film all the same
	}
	return web.Ranged(c, s)
}

// publicFile is a file that an article has, or something elsewhere, that everybody can see.
func (h *Handler) publicFile(c *fiber.Ctx, hash, name string, elsewhere Elsewhere) (mime string, size int64, err error) {
	mime, size, err = h.store.Stored(c.UserContext(), hash, name, true, h.now())
	if elsewhere.Shows == nil || !fault.Is(err, fault.NotFound) {
		return mime, size, err
	}
	public, _, askErr := elsewhere.Shows(c.UserContext(), filePath(hash, name))
	if askErr != nil || !public {
		return "", 0, cmp.Or(askErr, err)
	}
	return h.store.Held(c.UserContext(), hash, name)
}

// draftFile is a file that only those see who are signed in and may change what has it.
func (h *Handler) draftFile(c *fiber.Ctx, hash, name string, asker Asker, elsewhere Elsewhere) (mime string, size int64, err error) {
	p, ok, err := asker(c)
	if err != nil || !ok {
		return "", 0, cmp.Or(err, error(ErrNoFile))
	}
	if access.May(p.Role, fiber.MethodGet, deskPath) {
		mime, size, err = h.store.Stored(c.UserContext(), hash, name, false, h.now())
		if !fault.Is(err, fault.NotFound) {
			return mime, size, err
		}
	}
	if elsewhere.Shows == nil || !access.May(p.Role, fiber.MethodGet, elsewhere.Desk) {
		return "", 0, ErrNoFile
	}
	if _, any, err := elsewhere.Shows(c.UserContext(), filePath(hash, name)); err != nil || !any {
		return "", 0, cmp.Or(err, error(ErrNoFile))
	}
	return h.store.Held(c.UserContext(), hash, name)
}

func (h *Handler) files(c *fiber.Ctx) error { return h.showFiles(c, "", nil) }

func (h *Handler) showFiles(c *fiber.Ctx, alt string, errs []templates.FieldError) error {
	a, err := h.room.Find(c.UserContext(), c.Params("id"))
	if err != nil {
		return err
	}
	list, err := h.room.Files(c.UserContext(), a.ID)
	if err != nil {
		return err
	}
	p := newFilesPage(a, list, alt, errs)
	switch c.Query("done") {
	case "added":
		p.Notice = templates.Notice{Text: "The file is here. Copy its line into the text.", Success: true}
	case "removed":
		p.Notice = templates.Notice{Text: "The file is removed.", Success: true}
	}
	return web.Render(c, "news/desk-files", web.View{Title: "Images and files: " + a.Title, NoIndex: true, Error: len(errs) > 0, Back: toArticles, Page: p})
}

func newFilesPage(a Article, list []Upload, alt string, errs []templates.FieldError) FilesPage {
	p := FilesPage{Errors: errs, Heading: a.Title, Action: deskPath + "/" + a.ID + "/files", Tabs: articleTabs(a.ID, "/files"),
		File: templates.Input{ID: "file", Label: "File", Type: "file", Accept: ".jpg,.jpeg,.png,.pdf,.docx,.xlsx,.pptx,.csv,.vtt,.mp4,.webm",
			Hint: "A JPEG or PNG image, an MP4 or WebM film, or a PDF, Word, Excel, PowerPoint, CSV or VTT file of up to 20 MB. " +
				"A film is kept as it is, with the place where it was made if the camera noted that."},
		Alt: templates.Input{ID: "alt", Label: "What the image shows", Value: alt, Hint: "For those who cannot see it. Needed for images; leave it empty for other files."}}
	for _, e := range errs {
		if e.Field == "alt" {
			p.Alt.Error = e.Message
		} else {
			p.File.Error = e.Message
		}
	}
	for _, u := range list {
		row := FileRow{Hash: u.Hash, Name: u.Name, Path: u.Path(), Words: u.Words(), Alt: u.Alt, Image: u.Width > 0, Used: strings.Contains(a.Body+a.Link, u.Hash), Width: u.Width, Height: u.Height, Small: u.Path()}
		if u.SmallHash != "" {
			row.Small = filePath(u.SmallHash, u.Name)
		}
		row.Markdown = "[" + u.Name + "](" + row.Path + ")"
		if row.Image {
			row.Markdown = "![" + strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`).Replace(u.Alt) + "](" + row.Path + ")"
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

// upload takes one file.
func (h *Handler) upload(c *fiber.Ctx) error {
	alt := strings.TrimSpace(plainText([]byte(c.FormValue("alt"))))
	f, err := sentFile(c)
	if err == nil && f.Type.Image() {
		switch {
		case alt == "":
			err = fault.InvalidFields([]fault.Field{{Name: "alt", Message: "Say what the image shows"}})
		case utf8.RuneCountInString(alt) > maxLine:
			err = fault.InvalidFields([]fault.Field{{Name: "alt", Message: "Shorten the description to 300 characters or fewer"}})
		}
	}
	if fault.Is(err, fault.Invalid) {
		c.Status(fiber.StatusUnprocessableEntity)
		errs := problems(err)
		if f, _ := fault.Of(err); len(errs) == 0 {
			errs = []templates.FieldError{{Field: "file", Message: f.Message}}
		}
		return h.showFiles(c, alt, errs)
	}
	if err != nil {
		return err
	}
	if _, err := h.room.AddFile(c.UserContext(), c.Params("id"), f, alt, editor(c)); err != nil {
		return err
	}
	return c.Redirect(c.Path()+"?done=added", fiber.StatusSeeOther)
}

func sentFile(c *fiber.Ctx) (files.File, error) {
	part, err := c.FormFile("file")
	if err != nil {
		return files.File{}, files.ErrEmpty.Because(err)
	}
	if part.Size > files.MaxSize {
		return files.File{}, files.ErrTooLarge
	}
	r, err := part.Open()
	if err != nil {
		return files.File{}, err
	}
	defer func() { _ = r.Close() }() // it was only read
	body, err := io.ReadAll(r)
	if err != nil {
		return files.File{}, err
	}
	return files.Read(part.Filename, body)
}

func (h *Handler) removeFile(c *fiber.Ctx) error {
	hash := c.FormValue("hash")
	if len(hash) != 64 || !utf8.ValidString(hash) {
		return ErrNoFile
	}
	if err := h.room.RemoveFile(c.UserContext(), c.Params("id"), hash, editor(c)); err != nil {
		return err
	}
	return c.Redirect(deskPath+"/"+c.Params("id")+"/files?done=removed", fiber.StatusSeeOther)
}
