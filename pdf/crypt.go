package pdf

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"errors"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

var (
	errPassword   = errors.New("the file opens only with a password")
	errEncryption = errors.New("the file is encrypted in a way that is not known here")
)

// method is how a crypt filter encrypts (ISO 32000-1, 7.6.5).
type method byte

const (
	methodNone method = iota
	methodRC4
	methodAES
)

// decrypter opens what the standard security handler locked with an empty
// password (ISO 32000-1, 7.6.3; ISO 32000-2, 7.6.4).
type decrypter struct {
	key              []byte
	revision         int
	streams, strings method
	filters          map[string]method
	mayPrint         bool
}

const permissionPrint = 1 << 2 // ISO 32000-1, table 22, bit 3

// unlock prepares the decryption of an encrypted file.
func (o *objects) unlock() error {
	o.crypt = nil
	if o.trailer["Encrypt"] == nil {
		return nil
	}
	d := o.resolved(o.trailer["Encrypt"])
	if d["Filter"] != types.Name("Standard") {
		return errEncryption
	}
	c := &decrypter{revision: o.integer(d["R"]), filters: map[string]method{}, mayPrint: o.integer(d["P"])&permissionPrint != 0}
	if err := c.methods(o, d); err != nil {
		return err
	}
	if c.streams != methodNone || c.strings != methodNone {
		if err := c.authenticate(o, d); err != nil {
			return err
		}
	}
	o.crypt, o.cache = c, map[int]types.Object{} // what was read so far was not decrypted
	return nil
}

// methods reads what encrypts streams and strings. Where both are Identity
// nothing but attached files is locked, and they are not printed.
func (c *decrypter) methods(o *objects, d types.Dict) error {
	switch v := o.integer(d["V"]); v {
	case 1, 2, 3:
		c.streams, c.strings = methodRC4, methodRC4
		return nil
	case 4, 5:
	default:
		return errEncryption
	}
	filters, _ := d["CF"].(types.Dict)
	for name := range filters {
		switch o.resolved(filters[name])["CFM"] {
		case types.Name("V2"):
			c.filters[name] = methodRC4
		case types.Name("AESV2"), types.Name("AESV3"):
			c.filters[name] = methodAES
		case nil, types.Name("None"):
			c.filters[name] = methodNone
		}
	}
	var ok1, ok2 bool
	c.streams, ok1 = c.filter(d["StmF"])
	c.strings, ok2 = c.filter(d["StrF"])
	if !ok1 || !ok2 {
		return errEncryption
	}
	return nil
}

func (c *decrypter) filter(name types.Object) (method, bool) {
	n, _ := name.(types.Name)
	if n == "" || n == "Identity" {
		return methodNone, true
	}
	m, ok := c.filters[string(n)]
	return m, ok
}

// authenticate finds the file's key with the empty password, as the user's and
// then as the owner's.
func (c *decrypter) authenticate(o *objects, d types.Dict) error {
	owner, user := textOf(d["O"]), textOf(d["U"])
	switch {
	case c.revision >= 5:
		return c.authenticateAES256(user, owner, textOf(d["UE"]), textOf(d["OE"]))
	case c.revision < 2 || len(owner) < 32 || len(user) < 16:
		return errEncryption
	}
	a := classicKey{revision: c.revision, owner: owner[:32], user: user, bytes: keyBytes(o, d), permissions: uint32(int64(o.integer(d["P"])))}
	a.plainMetadata = d["EncryptMetadata"] == types.Boolean(false)
	if ids, ok := o.resolve(o.trailer["ID"]).(types.Array); ok && len(ids) > 0 {
		a.id = textOf(o.resolve(ids[0]))
	}
	if c.key = a.try(nil); c.key != nil {
		return nil
	}
	if c.key = a.try(a.userPassword()); c.key != nil {
		c.mayPrint = true // the owner may do everything
		return nil
	}
	return errPassword
}

func textOf(v types.Object) []byte {
	s, _ := v.(byteString)
	return []byte(s)
}

// keyBytes is the length of the key: 5 bytes for version 1, 16 for crypt
// filters, else as stated.
func keyBytes(o *objects, d types.Dict) int {
	switch o.integer(d["V"]) {
	case 1:
		return 5
	case 4:
		return 16
	}
	if n := o.integer(d["Length"]) / 8; n >= 5 && n <= 16 {
		return n
	}
	return 5
}

// cbc decrypts whole blocks.
func cbc(key, iv, in []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil
	}
	out := make([]byte, len(in)/aes.BlockSize*aes.BlockSize)
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, in[:len(out)])
	return out
}

// seal decrypts what belongs to one object. A nil one leaves everything as it is.
type seal struct {
	c       *decrypter
	nr, gen int
}

func (c *decrypter) seal(nr, gen int) *seal {
	if c == nil {
		return nil
	}
	return &seal{c, nr, gen}
}

// key of the object (ISO 32000-1, algorithm 1; of revision 5 on it is the file's).
func (s *seal) key(m method) []byte {
	if s.c.revision >= 5 {
		return s.c.key
	}
	b := append(bytes.Clone(s.c.key), byte(s.nr), byte(s.nr>>8), byte(s.nr>>16), byte(s.gen), byte(s.gen>>8))
	if m == methodAES {
		b = append(b, "sAlT"...)
	}
	sum := md5.Sum(b)
	return sum[:min(len(s.c.key)+5, 16)]
}

func (s *seal) open(m method, in []byte) []byte {
	switch m {
	case methodRC4:
		return rc4Bytes(s.key(m), in)
	case methodAES:
		if len(in) < aes.BlockSize {
			return nil
		}
		out := cbc(s.key(m), in[:aes.BlockSize], in[aes.BlockSize:])
		if n := len(out); n > 0 && out[n-1] >= 1 && out[n-1] <= aes.BlockSize {
			out = out[:n-int(out[n-1])]
		}
		return out
	}
	return in
}

func (s *seal) text(in []byte) []byte {
	if s == nil {
		return in
	}
	return s.open(s.c.strings, in)
}

// stream decrypts a stream, but for cross-reference streams and those whose
// Crypt filter says otherwise.
func (s *seal) stream(in []byte, sd types.StreamDict) []byte {
	if s == nil || sd.Dict["Type"] == types.Name("XRef") {
		return in
	}
	m := s.c.streams
	for _, f := range sd.FilterPipeline {
		if f.Name == "Crypt" {
			m, _ = s.c.filter(f.DecodeParms["Name"])
		}
	}
	return s.open(m, in)
}
