package console

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/luohu/ting/kiosk/view"
)

// The cost of a password: 19 MiB and two passes, by OWASP's recommendation.
const (
	argonMemory = 19 << 10 // KiB
	argonTime   = 2
	argonSalt   = 16
	argonKey    = 32
	maxPassword = 256 // bytes
	minPassword = 10  // characters
)

// NewPassword makes a password of about 79 bits that can be read aloud.
func NewPassword() (string, error) {
	const alphabet = "23456789abcdefghjkmnpqrstuvwxyz-" // 32: no bias; no 0 o 1 l i
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	for i := range b {
		b[i] = alphabet[int(b[i])%31]
	}
	return string(b[:4]) + "-" + string(b[4:8]) + "-" + string(b[8:12]) + "-" + string(b[12:]), nil
}

// hashPassword is the argon2id hash of a password in PHC form.
func hashPassword(password string, memory uint32) (string, error) {
	salt := make([]byte, argonSalt)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	key := argon2.IDKey([]byte(password), salt, argonTime, memory, 1, argonKey)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, memory, argonTime,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

// matches compares a password with a hash of hashPassword.
func matches(hash, password string) bool {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || len(password) > maxPassword {
		return false
	}
	var version, memory, passes, threads int
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &passes, &threads); err != nil ||
		version != argon2.Version || threads != 1 || memory > 1<<20 || passes < 1 || passes > 16 {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(want) != argonKey {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, uint32(passes), uint32(memory), 1, argonKey)
	return subtle.ConstantTimeCompare(got, want) == 1
}

// noPassword is compared with when there is no such account, so that the answer
// takes as long and says nothing.
var noPassword = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// goodPassword says what is wrong with a password that somebody chose. Length is
// what counts; rules about signs only make people write it down.
func goodPassword(name, password string) view.Text {
	switch {
	case !utf8.ValidString(password) || utf8.RuneCountInString(password) < minPassword:
		return view.Tf("密码至少 %d 个字符。", "A password has at least %d characters.", minPassword)
	case len(password) > maxPassword:
		return view.Tf("密码最多 %d 字节。", "A password has at most %d bytes.", maxPassword)
	case strings.Contains(strings.ToLower(password), strings.ToLower(name)):
		return view.T("密码不能包含用户名。", "A password must not contain the user name.")
	case strings.Count(password, password[:1]) == len(password):
		return view.T("密码不能只是同一个字符。", "A password must not be one character over and over.")
	}
	return view.Text{}
}
