package events

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"masterclass/internal/fault"
	"masterclass/internal/web"
	"masterclass/templates"
)

const (
	questionsPath = eventPath + "/questions"
	questionPath  = questionsPath + "/:question"
)

func (h *Desk) questionRoutes(d *web.Desk) {
	d.Get(questionsPath, h.with(h.questions))
	d.Get(questionsPath+"/new", h.with(h.newQuestion))
	d.Post(questionsPath+"/new", h.with(h.addQuestion))
	d.Get(questionPath+"/edit", h.with(h.questionForm))
	d.Post(questionPath+"/edit", h.with(h.changeQuestion))
	d.Post(questionPath+"/move", h.with(h.moveQuestion))
	d.Post(questionPath+"/retire", h.with(h.retireQuestion))
	d.Post(questionPath+"/again", h.with(h.askAgain))
	d.Get(questionPath+"/delete", h.with(h.askQuestion))
	d.Post(questionPath+"/delete", h.with(h.deleteQuestion))
}

func (h *Desk) questions(c *fiber.Ctx, e *Event) error {
	answered, err := h.events.Answered(c.UserContext(), e.ID)
	if err != nil {
		return err
	}
	page := newQuestionsPage(e, answered)
	page.Tabs, page.Notice = web.EventTabs(c, e.Slug, "/questions"), noticeOf(c)
	return web.Render(c, "events/organise-questions", web.View{Title: e.Title + ": questions", NoIndex: true, Back: allEvents, Page: page})
}

func (e *Event) newQuestionPart() part {
	return part{heading: "Add a question", tab: "/questions", path: "/questions/new", shape: questionShape, groups: questionGroups(&Question{}, e.Questions)}
}

func (e *Event) questionPart(q Question) part {
	return part{heading: "Change a question", tab: "/questions", path: "/questions/" + q.ID + "/edit", shape: questionShape, groups: questionGroups(&q, e.Questions),
		danger: templates.Link{Href: e.deskPath("/questions/" + q.ID + "/delete"), Text: "Delete this question"}}
}

func (h *Desk) newQuestion(c *fiber.Ctx, e *Event) error {
	return h.showPart(c, e, e.newQuestionPart(), values{"kind": string(ShortText)}, fiber.StatusOK)
}

func (h *Desk) addQuestion(c *fiber.Ctx, e *Event) error {
	v, p := questionShape.read(fieldOf(c)), e.newQuestionPart()
	err := h.editor.AddQuestion(c.UserContext(), e.ID, web.By(c), func(all []Question) (*Question, error) {
		p.groups = questionGroups(&Question{}, all)
		q, wrong := v.question(&Question{}, all, false)
		p.wrong = wrong
		return q, mend(wrong)
	})
	return h.questionDone(c, e, p, v, "added", err)
}

// mend is the error of a form with something wrong in it.
func mend(wrong []fault.Field) error {
	if len(wrong) == 0 {
		return nil
	}
	return fault.InvalidFields(wrong)
}

// questionDone shows the list, or the form again with what is wrong with it.
func (h *Desk) questionDone(c *fiber.Ctx, e *Event, p part, v values, done string, err error) error {
	switch {
	case errors.Is(err, errClash):
		return h.showPart(c, e, p, v, fiber.StatusConflict)
	case fault.Is(err, fault.Invalid):
		return h.showPart(c, e, p, v, fiber.StatusUnprocessableEntity)
	case err != nil:
		return err
	}
	return h.to(c, e, "/questions", done)
}

// questionOf finds the one of the address.
func (e *Event) questionOf(c *fiber.Ctx) (Question, error) {
	q, ok := e.Question(c.Params("question"))
	if !ok {
		return q, ErrNoQuestion
	}
	return q, nil
}

func (h *Desk) questionForm(c *fiber.Ctx, e *Event) error {
	q, err := e.questionOf(c)
	if err != nil {
		return err
	}
	p, v := e.questionPart(q), questionValues(&q)
	p.seen = questionShape.seen(v)
	return h.showPart(c, e, p, v, fiber.StatusOK)
}

func (h *Desk) changeQuestion(c *fiber.Ctx, e *Event) error {
	q, err := e.questionOf(c)
	if err != nil {
		return err
	}
	v, p := questionShape.read(fieldOf(c)), e.questionPart(q)
	p.seen = c.FormValue(seenField)
	err = h.editor.ChangeQuestion(c.UserContext(), e.ID, q.ID, web.By(c), func(stored *Question, all []Question, answered bool) error {
		p.groups = questionGroups(stored, all)
		now := questionValues(stored)
		if merged, clashes := questionShape.clashes(p.seen, v, now); len(clashes) > 0 {
			v, p.seen, p.clashes = merged, questionShape.seen(now), clashes
			return errClash
		}
		changed, wrong := v.question(stored, all, answered)
		if p.wrong = wrong; len(wrong) == 0 {
			*stored = *changed
		}
		return mend(wrong)
	})
	return h.questionDone(c, e, p, v, "saved", err)
}

func (h *Desk) moveQuestion(c *fiber.Ctx, e *Event) error {
	q, err := e.questionOf(c)
	if err != nil {
		return err
	}
	if err := h.editor.MoveQuestion(c.UserContext(), e.ID, q.ID, c.FormValue("to") == "up", web.By(c)); err != nil {
		return err
	}
	return c.Redirect(e.deskPath("/questions")+"#question-"+q.ID, fiber.StatusSeeOther)
}

func (h *Desk) retireQuestion(c *fiber.Ctx, e *Event) error {
	q, err := e.questionOf(c)
	if err != nil {
		return err
	}
	if err := h.editor.RetireQuestion(c.UserContext(), e.ID, q.ID, web.By(c)); err != nil {
		return err
	}
	return h.to(c, e, "/questions", "retired")
}

func (h *Desk) askAgain(c *fiber.Ctx, e *Event) error {
	q, err := e.questionOf(c)
	if err != nil {
		return err
	}
	if err := h.editor.AskAgain(c.UserContext(), e.ID, q.ID, web.By(c)); err != nil {
		return err
	}
	return h.to(c, e, "/questions", "asked")
}

func (h *Desk) askQuestion(c *fiber.Ctx, e *Event) error {
	q, err := e.questionOf(c)
	if err != nil {
		return err
	}
	return h.ask(c, e, "/questions", "Delete this question?", "/questions/"+q.ID+"/delete", q.Label, "A question that anybody has answered cannot be deleted. This cannot be undone.")
}

func (h *Desk) deleteQuestion(c *fiber.Ctx, e *Event) error {
	q, err := e.questionOf(c)
	if err != nil {
		return err
	}
	if err := h.editor.RemoveQuestion(c.UserContext(), e.ID, q.ID, web.By(c)); err != nil {
		return err
	}
	return h.to(c, e, "/questions", "deleted")
}
