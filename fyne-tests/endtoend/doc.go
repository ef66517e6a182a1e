// Package endtoend holds the tests with every real process: rendered people
// before the camera, dlib in ting-face, the gate in ting-module, the journal on
// disk, the uplink over TLS, the center's log. They are slow and few; what can
// be shown with less is shown beside the code it concerns.
package endtoend
