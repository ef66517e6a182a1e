package identity

import (
	"context"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/pin"
)

// checkPIN checks a number with its PIN. left is -1 when they belong together,
// else how many more tries there are; the last one gone is CodeLocked. A number
// that does not exist takes as long as one that does.
func (i *Identity) checkPIN(ctx context.Context, number, typed string) (row kiosk.PersonRow, left int, err error) {
	if err := i.attempts.check(number); err != nil {
		return row, 0, err
	}
	row, err = i.people.typed(ctx, number)
	if err != nil && kiosk.CodeOf(err) != kiosk.CodeNotFound {
		return row, 0, err
	}
	ok, err := pin.Check(row.PIN, typed)
	if err != nil {
		i.log.Error("identity: a person's PIN hash cannot be used", "op", "check PIN", "cause", err)
	}
	if ok {
		i.attempts.right(number)
		return row, -1, nil
	}
	left = i.attempts.wrong(number)
	if err := i.attempts.check(number); err != nil {
		return kiosk.PersonRow{}, 0, err
	}
	return kiosk.PersonRow{}, left, nil
}

// vouched finds the person a staff member vouches for: in the people feed, or a
// visitor who enrolled here.
func (i *Identity) vouched(ctx context.Context, number string) (kiosk.Person, error) {
	row, err := i.people.typed(ctx, number)
	if err == nil {
		return personOf(row), nil
	}
	if kiosk.CodeOf(err) != kiosk.CodeNotFound || i.gallery == nil || digits(number) == "" {
		return kiosk.Person{}, err
	}
	for _, id := range i.gallery.Persons() {
		if e, ok := i.gallery.Entry(id); ok && e.Person.Role == RoleVisitor && digits(id) == digits(number) {
			return e.Person, nil
		}
	}
	return kiosk.Person{}, err
}
