package center

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/wire"
)

// Manifest lies beside a backup, signed with the center's key: what the copy was
// when it was made, so that a restore knows a copy that has rotted, was cut short
// or was tampered with.
type Manifest struct {
	MadeAt      time.Time `json:"made_at"`
	By          string    `json:"by"`
	Incarnation string    `json:"incarnation"` // of the center that made it
	Records     int64     `json:"records"`
	Chains      int       `json:"chains"`
	Bytes       int64     `json:"bytes"`
	SHA256      string    `json:"sha256"` // of the copy, hex
}

// signedManifest is the file: the manifest's own bytes, and the signature over them.
type signedManifest struct {
	Manifest  json.RawMessage `json:"manifest"`
	Signature string          `json:"signature"`
}

const purposeBackup = "ting.backup.v1"

// ManifestPath is where the manifest of a backup lies.
func ManifestPath(backup string) string { return backup + ".manifest" }

// Errors of a backup that is not to be believed.
var (
	ErrNoManifest = errors.New("the backup has no manifest: it was not made by ting-center backup, or copied without it")
	ErrManifest   = errors.New("the backup is not what its manifest says: it is damaged, cut short or another center's")
)

// writeManifest signs what a backup is. It is on the disk when this returns.
func (c *Center) writeManifest(backup, who string, records int64, chains int) error {
	sum, size, err := digestFile(backup)
	if err != nil {
		return err
	}
	m, err := json.Marshal(Manifest{MadeAt: c.now().UTC(), By: who, Incarnation: c.Incarnation(), Records: records, Chains: chains, Bytes: size, SHA256: sum})
	if err != nil {
		return err
	}
	b, err := json.Marshal(signedManifest{m, wire.Sign(c.key, purposeBackup, nil, m)})
	if err != nil {
		return err
	}
	f, err := os.OpenFile(ManifestPath(backup), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(backup))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func digestFile(path string) (sum string, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	size, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), size, err
}

// ReadManifest reads a backup's manifest and compares it with the file. With the
// center's public key it also checks the signature.
func ReadManifest(backup string, key ed25519.PublicKey) (m Manifest, err error) {
	b, err := os.ReadFile(ManifestPath(backup))
	if errors.Is(err, fs.ErrNotExist) {
		return m, ErrNoManifest
	}
	if err != nil {
		return m, err
	}
	var s signedManifest
	if err := json.Unmarshal(b, &s); err != nil {
		return m, fmt.Errorf("%w (%w)", ErrManifest, err)
	}
	if key != nil {
		if err := wire.Verify(key, purposeBackup, nil, s.Manifest, s.Signature); err != nil {
			return m, fmt.Errorf("%w (%w)", ErrManifest, err)
		}
	}
	if err := json.Unmarshal(s.Manifest, &m); err != nil {
		return m, fmt.Errorf("%w (%w)", ErrManifest, err)
	}
	sum, size, err := digestFile(backup)
	if err != nil {
		return m, err
	}
	if size != m.Bytes || sum != m.SHA256 {
		return m, fmt.Errorf("%w (%d bytes, SHA-256 %.12s…; it was %d bytes, %.12s…)", ErrManifest, size, sum, m.Bytes, m.SHA256)
	}
	return m, nil
}

// SigningKey is the public key of the center whose state is in a directory; nil
// when its key is not there.
func SigningKey(dir string) (ed25519.PublicKey, error) {
	path := filepath.Join(dir, centerKeyFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	key, err := openSigningKey(path)
	if err != nil {
		return nil, err
	}
	return key.Public().(ed25519.PublicKey), nil
}

// Restore makes the database of a center from a backup, where there is none. The
// backup must be whole: every chain is walked before the database gets its name.
// The center that opens it is another incarnation: terminals compare their
// cursors and send again what is missing.
func Restore(ctx context.Context, backup, database string) (store.Verified, error) {
	v, err := store.Restore(ctx, backup, database, metaIncarnation)
	if err != nil {
		return v, fmt.Errorf("restore %s: %w", backup, err)
	}
	return v, nil
}
