package pdf

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
)

// padding fills short passwords (ISO 32000-1, 7.6.3.3).
var padding = []byte("\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08" +
	"\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A")

// classicKey derives the keys of revisions 2 to 4.
type classicKey struct {
	revision, bytes int
	owner, user, id []byte
	permissions     uint32
	plainMetadata   bool
}

// try returns the file's key when the password opens it (algorithms 2, 4, 5).
func (a classicKey) try(password []byte) []byte {
	h := md5.New()
	h.Write(padded(password))
	h.Write(a.owner)
	_ = binary.Write(h, binary.LittleEndian, a.permissions)
	h.Write(a.id)
	if a.revision >= 4 && a.plainMetadata {
		h.Write([]byte{0xff, 0xff, 0xff, 0xff})
	}
	key := h.Sum(nil)[:a.bytes]
	if a.revision == 2 {
		if bytes.Equal(rc4Bytes(key, padding), a.user[:min(32, len(a.user))]) {
			return key
		}
		return nil
	}
	for range 50 {
		sum := md5.Sum(key)
		key = sum[:a.bytes]
	}
	sum := md5.Sum(append(bytes.Clone(padding), a.id...))
	check := sum[:]
	for i := range 20 {
		check = rc4Bytes(xored(key, byte(i)), check)
	}
	if bytes.Equal(check, a.user[:16]) {
		return key
	}
	return nil
}

// userPassword is what the empty owner password opens (algorithm 7).
func (a classicKey) userPassword() []byte {
	sum := md5.Sum(padding)
	if a.revision == 2 {
		return rc4Bytes(sum[:a.bytes], a.owner)
	}
	for range 50 {
		sum = md5.Sum(sum[:])
	}
	out := a.owner
	for i := 19; i >= 0; i-- {
		out = rc4Bytes(xored(sum[:a.bytes], byte(i)), out)
	}
	return out
}

func padded(password []byte) []byte {
	return append(bytes.Clone(password[:min(32, len(password))]), padding...)[:32]
}

func xored(key []byte, with byte) []byte {
	out := make([]byte, len(key))
	for i, c := range key {
		out[i] = c ^ with
	}
	return out
}

func rc4Bytes(key, in []byte) []byte {
	c, err := rc4.NewCipher(key)
	if err != nil {
		return in
	}
	out := make([]byte, len(in))
	c.XORKeyStream(out, in)
	return out
}

// authenticateAES256 is for revisions 5 and 6 (ISO 32000-2, 7.6.4.4.10 and the
// extension level 3 that Adobe published for PDF 1.7).
func (c *decrypter) authenticateAES256(user, owner, userKey, ownerKey []byte) error {
	if len(user) < 48 || len(owner) < 48 || len(userKey) < 32 || len(ownerKey) < 32 {
		return errEncryption
	}
	hash := c.hash5
	if c.revision >= 6 {
		hash = hash6
	}
	switch {
	case bytes.Equal(hash(user[32:40], nil), user[:32]):
		c.key = cbc(hash(user[40:48], nil), make([]byte, 16), userKey[:32])
	case bytes.Equal(hash(owner[32:40], user[:48]), owner[:32]):
		c.key = cbc(hash(owner[40:48], user[:48]), make([]byte, 16), ownerKey[:32])
		c.mayPrint = true
	default:
		return errPassword
	}
	return nil
}

func (c *decrypter) hash5(salt, user []byte) []byte {
	sum := sha256.Sum256(append(bytes.Clone(salt), user...))
	return sum[:]
}

// hash6 is algorithm 2.B of ISO 32000-2 with an empty password.
func hash6(salt, user []byte) []byte {
	sum := sha256.Sum256(append(bytes.Clone(salt), user...))
	k := sum[:]
	for round := 1; ; round++ {
		e := bytes.Repeat(append(bytes.Clone(k), user...), 64)
		block, err := aes.NewCipher(k[:16])
		if err != nil {
			return nil
		}
		cipher.NewCBCEncrypter(block, k[16:32]).CryptBlocks(e, e)
		mod := 0
		for _, b := range e[:16] {
			mod += int(b) // 256 leaves 1 when it is divided by 3
		}
		k = sumOf(mod%3, e)
		if round >= 64 && int(e[len(e)-1]) <= round-32 {
			return k[:32]
		}
	}
}

func sumOf(which int, e []byte) []byte {
	switch which {
	case 0:
		sum := sha256.Sum256(e)
		return sum[:]
	case 1:
		sum := sha512.Sum384(e)
		return sum[:]
	}
	sum := sha512.Sum512(e)
	return sum[:]
}
