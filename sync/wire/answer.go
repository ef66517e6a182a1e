package wire

import "net/http"

// How a batch or a feed request is answered, so that both ends read it alike.
//
// A batch whose head could be read is answered with an Ack as its JSON body and
// HeaderSignature over it (PurposeAck, nil head), whatever its Code: StatusOf
// gives the HTTP status. A center that cannot even read it, or whose queue is
// full before it looked, answers with a bare status and Retry-After.
//
// A feed request is answered with 200 and a signed FeedPage (PurposeFeed, nil
// head), empty when nothing changed within wait; or with 410 and the signed
// first page of a snapshot when after lies before the compaction horizon. The
// pages of a snapshot that follow its first have Snapshot unset: only the first
// clears the cache. A feed the center does not have is 404.

// StatusOf is the HTTP status an Ack of this code travels with.
func StatusOf(c Code) int {
	switch c {
	case OK, Gap:
		return http.StatusOK
	case Fork, Chain:
		return http.StatusConflict
	case Sig, Revoked:
		return http.StatusForbidden
	case Upgrade:
		return http.StatusUpgradeRequired
	case Busy:
		return http.StatusServiceUnavailable
	case TooBig:
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusInternalServerError
}
