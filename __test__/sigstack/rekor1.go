// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-openapi/runtime"
	"github.com/sigstore/rekor/pkg/generated/models"
	"github.com/sigstore/rekor/pkg/types"
	_ "github.com/sigstore/rekor/pkg/types/dsse/v0.0.1"
	_ "github.com/sigstore/rekor/pkg/types/hashedrekord/v0.0.1"
	_ "github.com/sigstore/rekor/pkg/types/intoto/v0.0.2"
	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/merkle/testonly"
)

// The older log: the real one's entry types judge what comes in, a tree in memory stands for its database.
//
// Forge, for what it answers about entries: "promise" and "checkpoint" (signed by another key), "proof", "root", "entry" (one
// of somebody else), "time" (not the promised one), "log" (another one, which signs as itself), "exists" (says so of an entry
// that it has just taken). For the head of the log: "shrunken" (the one before). For the head, the entries and the proofs:
// "fork" (a log that is another one from its first entry on, and sound in itself). For the index: "foreign" (names an entry of
// somebody else, too), "absent" (one that is in no log), "missing" (leaves out the newest). Shift moves the time that is
// promised.
type rekor1 struct {
	url    string
	key    *ecdsa.PrivateKey
	signer signature.Signer
	liar   signature.Signer
	id     string
	liarID string
	lock   sync.Mutex
	tree   *testonly.Tree
	rows   []row
	places map[string]int      // where the entry of a UUID is
	index  map[string][]string // the UUIDs of a search key
}

type row struct {
	uuid string
	body []byte
	time int64
}

// The one tree of this log; a UUID begins with it.
const treeID = 1

func startRekor1(d *doors, service string) *rekor1 {
	key, liar := newKey(elliptic.P256()), newKey(elliptic.P256())
	log := &rekor1{
		key: key, signer: must(signature.LoadSigner(key, crypto.SHA256)), id: hex.EncodeToString(digest(spki(&key.PublicKey))),
		liar: must(signature.LoadSigner(liar, crypto.SHA256)), liarID: hex.EncodeToString(digest(spki(&liar.PublicKey))),
		tree: testonly.New(rfc6962.DefaultHasher), places: map[string]int{}, index: map[string][]string{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/log/entries", log.add)
	mux.HandleFunc("GET /api/v1/log/entries", log.byIndex)
	mux.HandleFunc("GET /api/v1/log/entries/{uuid}", log.byUUID)
	mux.HandleFunc("POST /api/v1/log/entries/retrieve", log.retrieve)
	mux.HandleFunc("POST /api/v1/index/retrieve", log.search)
	mux.HandleFunc("GET /api/v1/log", log.head)
	mux.HandleFunc("GET /api/v1/log/proof", log.consistency)
	mux.HandleFunc("GET /api/v1/log/publicKey", func(w http.ResponseWriter, _ *http.Request) {
		_ = pem.Encode(w, &pem.Block{Type: "PUBLIC KEY", Bytes: spki(&key.PublicKey)})
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { refuse(w, http.StatusNotFound, r.URL.Path) })
	log.url = d.open(service, mux)
	return log
}

func (l *rekor1) add(w http.ResponseWriter, r *http.Request) {
	body, keys, err := canonical(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, fmt.Sprintf("error processing entry: %v", err))
		return
	}
	l.lock.Lock()
	defer l.lock.Unlock()
	wrong := faultOf(r.Context())
	uuid := fmt.Sprintf("%016x%x", treeID, rfc6962.DefaultHasher.HashLeaf(body))
	w.Header().Set("Location", "/api/v1/log/entries/"+uuid)
	_, known := l.places[uuid]
	if !known {
		l.append(row{uuid, body, wrong.now().Unix()}, keys)
	}
	if known || wrong.Forge == "exists" {
		refuse(w, http.StatusConflict, "an equivalent entry already exists in the transparency log with UUID "+uuid)
		return
	}
	w.Header().Set("ETag", uuid)
	reply(w, http.StatusCreated, l.entry(len(l.rows)-1, wrong))
}

// Canonical lets the real entry types judge a proposal, and returns what goes into the log and under which keys.
func canonical(r *http.Request) ([]byte, []string, error) {
	proposal, err := models.UnmarshalProposedEntry(r.Body, runtime.JSONConsumer())
	if err != nil {
		return nil, nil, err
	}
	entry, err := types.CreateVersionedEntry(proposal)
	if err != nil {
		return nil, nil, err
	}
	body, err := types.CanonicalizeEntry(r.Context(), entry)
	if err != nil {
		return nil, nil, err
	}
	keys, err := entry.IndexKeys()
	return body, keys, err
}

func (l *rekor1) append(new row, keys []string) {
	l.places[new.uuid] = len(l.rows)
	l.rows = append(l.rows, new)
	l.tree.AppendData(new.body)
	for _, key := range keys {
		key = strings.ToLower(key)
		l.index[key] = append(l.index[key], new.uuid)
	}
}

func (l *rekor1) byIndex(w http.ResponseWriter, r *http.Request) {
	at, err := strconv.Atoi(r.URL.Query().Get("logIndex"))
	if err != nil {
		refuse(w, http.StatusUnprocessableEntity, err)
		return
	}
	l.show(w, r, at)
}

func (l *rekor1) byUUID(w http.ResponseWriter, r *http.Request) {
	l.lock.Lock()
	at, found := l.place(r.PathValue("uuid"))
	l.lock.Unlock()
	if !found {
		at = -1
	}
	l.show(w, r, at)
}

func (l *rekor1) place(uuid string) (int, bool) {
	if len(uuid) == 64 { // Without the tree.
		uuid = fmt.Sprintf("%016x", treeID) + uuid
	}
	at, found := l.places[uuid]
	return at, found
}

func (l *rekor1) show(w http.ResponseWriter, r *http.Request, at int) {
	l.lock.Lock()
	defer l.lock.Unlock()
	if at < 0 || at >= len(l.rows) {
		refuse(w, http.StatusNotFound, "not found")
		return
	}
	reply(w, http.StatusOK, l.entry(at, faultOf(r.Context())))
}

func (l *rekor1) retrieve(w http.ResponseWriter, r *http.Request) {
	var wanted models.SearchLogQuery
	if err := json.NewDecoder(r.Body).Decode(&wanted); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	l.lock.Lock()
	defer l.lock.Unlock()
	found := []models.LogEntry{}
	for _, uuid := range wanted.EntryUUIDs {
		if at, known := l.place(uuid); known {
			found = append(found, l.entry(at, faultOf(r.Context())))
		}
	}
	for _, index := range wanted.LogIndexes {
		if index != nil && *index >= 0 && *index < int64(len(l.rows)) {
			found = append(found, l.entry(int(*index), faultOf(r.Context())))
		}
	}
	reply(w, http.StatusOK, found)
}

func (l *rekor1) search(w http.ResponseWriter, r *http.Request) {
	var wanted models.SearchIndex
	if err := json.NewDecoder(r.Body).Decode(&wanted); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	l.lock.Lock()
	defer l.lock.Unlock()
	reply(w, http.StatusOK, l.lie(faultOf(r.Context()).Forge, l.named(wanted)))
}

func (l *rekor1) named(wanted models.SearchIndex) []string {
	found := []string{}
	for _, key := range []string{wanted.Hash, string(wanted.Email), wanted.Subject} {
		if key != "" {
			found = append(found, l.index[strings.ToLower(key)]...)
		}
	}
	return found
}

// Lie is what an index says that is not honest about what it found.
func (l *rekor1) lie(wrong string, found []string) []string {
	switch wrong {
	case "foreign":
		at := slices.IndexFunc(l.rows, func(other row) bool { return !slices.Contains(found, other.uuid) })
		return append(found, l.rows[at].uuid)
	case "absent":
		return append(found, fmt.Sprintf("%016x%x", treeID, digest([]byte("absent"))))
	case "missing":
		return found[:max(0, len(found)-1)]
	}
	return found
}
