package registrations

import (
	"context"
	"errors"
	"io"

	"github.com/gofiber/fiber/v2"

	"masterclass/events"
	"masterclass/internal/web"
)

// exportCSV and exportXLSX send what the list shows, on all its pages.
func (h *Handler) exportCSV(c *fiber.Ctx) error {
	return h.export(c, "csv", "text/csv; charset=utf-8", func(ctx context.Context, e *events.Event, l Look, w io.Writer) error {
		f := newCSV(e, w)
		if err := f.header(); err != nil {
			return err
		}
		if err := h.Registrar.export(ctx, e, l, f.row); err != nil {
			return err
		}
		return f.Flush()
	})
}

func (h *Handler) exportXLSX(c *fiber.Ctx) error {
	const kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	return h.export(c, "xlsx", kind, func(ctx context.Context, e *events.Event, l Look, w io.Writer) (err error) {
		f, err := newXLSX(e)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.close()) }() // which deletes its temporary file
		if err := h.Registrar.export(ctx, e, l, f.row); err != nil {
			return err
		}
		return f.writeTo(w)
	})
}

// export answers with a file that is made while it is sent, at the speed of its reader. The request's own time does not bound it. When it fails
// half-way the connection breaks, so that no part is taken for the whole.
func (h *Handler) export(c *fiber.Ctx, ending, kind string, write func(context.Context, *events.Event, Look, io.Writer) error) error {
	e, err := h.deskEvent(c.UserContext(), c.Params("slug"))
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, kind)
	c.Set(fiber.HeaderContentDisposition, web.Attachment(e.Slug+"-attendees."+ending))
	if c.Method() == fiber.MethodHead {
		return nil
	}
	l, request := look(c, e), web.RequestID(c)
	if err := h.NoteExport(c.UserContext(), e, ending, l, web.By(c)); err != nil {
		return err
	}
	read, send := io.Pipe()
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), exportTime)
		defer cancel()
		err := write(ctx, e, l, send)
		if err != nil && !errors.Is(err, io.ErrClosedPipe) { // else its reader has gone
			h.log.Error("an export broke off", "request", request, "event", e.ID, "error", err)
		}
		_ = send.CloseWithError(err) // never fails
	}()
	c.Context().SetBodyStream(read, -1)
	return nil
}
