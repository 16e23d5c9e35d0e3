package main

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/courrier-go/courrier"
	"github.com/courrier-go/courrier/desk"
	"github.com/courrier-go/courrier/providers/mysendingbox"
	"github.com/courrier-go/courrier/providers/mysendingbox/mysendingboxtest"
)

// openAccounts returns the accounts at MySendingBox, whose keys lie sealed in the
// database. Without an address of the carrier a stand-in of it is asked, over HTTP too.
func (p *product) openAccounts(store mysendingbox.AccountStore, folder, carrier string) error {
	secrets, err := openSecrets(filepath.Join(folder, "sealing.key"))
	if err != nil {
		return err
	}
	if carrier == "" {
		if carrier, err = p.standIn(); err != nil {
			return err
		}
	}
	p.accounts, err = mysendingbox.NewAccounts(mysendingbox.AccountsConfig{Store: store, Secrets: secrets, BaseURL: carrier})
	return err
}

// standIn listens as MySendingBox does, and takes one key.
func (p *product) standIn() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	p.carrier = &http.Server{Handler: mysendingboxtest.New(mysendingboxtest.Config{}), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = p.carrier.Serve(listener) }()
	return "http://" + listener.Addr().String(), nil
}

// details tell what is to do until the carrier's account is connected.
var details = map[mysendingbox.State]map[courrier.Language]string{
	"": {
		courrier.French:  "collez la clé de votre espace MySendingBox ; celle de la démonstration est " + mysendingboxtest.LiveKey,
		courrier.English: "paste the key of your MySendingBox account; the demonstration's is " + mysendingboxtest.LiveKey,
	},
	mysendingbox.StateValidated: {
		courrier.French:  "la clé est bonne ; donnez un moyen de paiement à MySendingBox, puis dites-le sur la page d'accueil",
		courrier.English: "the key is good; give MySendingBox a means of payment, then tell so on the home page",
	},
	mysendingbox.StateKeysRefused: {
		courrier.French:  "MySendingBox ne prend plus la clé ; collez la nouvelle",
		courrier.English: "MySendingBox takes the key no more; paste the new one",
	},
}

// Carrier implements [desk.Connector].
func (p *product) Carrier(ctx context.Context, account courrier.AccountID) (desk.Connection, error) {
	c, err := p.accounts.Connection(ctx, account)
	if err != nil && !errors.Is(err, courrier.ErrNotFound) {
		return desk.Connection{}, err
	}
	return desk.Connection{Carrier: "MySendingBox", Connected: c.State == mysendingbox.StateConnected, Detail: details[c.State][language(ctx)]}, nil
}

// Connect implements [desk.Connector]: the carrier is asked whether it takes the key.
func (p *product) Connect(ctx context.Context, account courrier.AccountID, secret string) error {
	key := mysendingbox.NewKey(secret)
	keys := mysendingbox.Keys{Live: key}
	if !key.Live() {
		keys = mysendingbox.Keys{Test: key}
	}
	_, err := p.accounts.SetKeys(ctx, account, keys)
	if errors.Is(err, courrier.ErrDenied) {
		return &courrier.FieldError{Field: "Key", Rule: "is not taken by MySendingBox", Remedy: "copy it again from its dashboard"}
	}
	return err
}

// billed is the customer, who has given the carrier a means of payment: the carrier has
// no call that tells.
func (p *product) billed(w http.ResponseWriter, r *http.Request) {
	if _, err := p.accounts.Report(r.Context(), account, mysendingbox.StateConnected); err != nil {
		http.Error(w, "connect the account on the desk first", http.StatusConflict)
		return
	}
	http.Redirect(w, r, "/desk/policies", http.StatusSeeOther)
}

// secrets seals with a key in a file: a real product has a key management service.
type secrets struct{ cipher.AEAD }

func openSecrets(file string) (secrets, error) {
	key, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		key = make([]byte, 32)
		if _, err = rand.Read(key); err == nil {
			err = os.WriteFile(file, key, 0o600)
		}
	}
	if err != nil {
		return secrets{}, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return secrets{}, err
	}
	sealer, err := cipher.NewGCMWithRandomNonce(block)
	return secrets{sealer}, err
}

// Seal implements [mysendingbox.SecretStore]; what is sealed belongs to its account.
func (s secrets) Seal(_ context.Context, account courrier.AccountID, secret []byte) ([]byte, error) {
	return s.AEAD.Seal(nil, nil, secret, []byte(account)), nil
}

// Open implements [mysendingbox.SecretStore].
func (s secrets) Open(_ context.Context, account courrier.AccountID, sealed []byte) ([]byte, error) {
	return s.AEAD.Open(nil, nil, sealed, []byte(account))
}
