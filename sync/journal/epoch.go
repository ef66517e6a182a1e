package journal

import (
	"context"
	"fmt"
)

// RaiseEpoch begins new chains: at enrolment with the epoch that the center
// gave as atLeast, and with 0 when the center's cursor shows that this journal
// was put back or cloned. It returns the new epoch, always greater than the one
// before. Unsent records of earlier epochs keep their chains and are still sent.
func (j *Journal) RaiseEpoch(ctx context.Context, atLeast int64, why string) (int64, error) {
	var epoch int64
	err := j.write(ctx, &job{
		run: func(t *transaction) error {
			epoch = max(t.book.epoch+1, j.origin.Epoch+1, atLeast)
			return beginEpoch(context.WithoutCancel(ctx), t.Tx, &t.book, epoch, why, j.opts.Clock().UnixMilli())
		},
		commit: func() {
			j.noteHeads()
			for l := range j.woken {
				j.wake(l)
			}
		},
	})
	if err != nil {
		return 0, fmt.Errorf("raise the epoch: %w", err)
	}
	j.opts.Log.Info("a new epoch begins", "op", "epoch", "epoch", epoch, "cause", why)
	return epoch, nil
}
