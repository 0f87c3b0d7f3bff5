// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// The repository that clients take their trust from: four roles with a key each, two targets.
//
// POST /publish makes the next version, as the query wants it: root, targets, snapshot, timestamp in seconds until they end,
// config=rekor_v2, rotate=1 (a new root key). POST /rollback serves the version before; POST /tamper a target that is not the
// one that was signed.
type tuf struct {
	url      string
	root     []byte // the first one
	trust    *trust
	lock     sync.Mutex
	keys     map[string]ed25519.PrivateKey
	rootMeta *metadata.Metadata[metadata.RootType]
	version  int64
	files    map[string][]byte
	previous map[string][]byte
}

var roles = []string{metadata.ROOT, metadata.TARGETS, metadata.SNAPSHOT, metadata.TIMESTAMP}

func startTUF(d *doors, trust *trust) *tuf {
	t := &tuf{trust: trust, keys: map[string]ed25519.PrivateKey{}, rootMeta: metadata.Root(), files: map[string][]byte{}}
	for _, role := range roles {
		t.keys[role] = newEd25519()
		check(t.rootMeta.Signed.AddKey(must(metadata.KeyFromPublicKey(t.keys[role].Public())), role))
	}
	t.publish(func(string) string { return "" })
	t.root = t.files["1.root.json"]
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{path...}", t.serve)
	t.url = d.open("tuf", mux)
	d.faults.orders.HandleFunc("POST /tuf/publish", t.order(func(r *http.Request) { t.publish(r.URL.Query().Get) }))
	d.faults.orders.HandleFunc("POST /tuf/rollback", t.order(func(*http.Request) { t.files = t.previous }))
	d.faults.orders.HandleFunc("POST /tuf/tamper", t.order(func(*http.Request) { t.tamper() }))
	return t
}

func (t *tuf) serve(w http.ResponseWriter, r *http.Request) {
	t.lock.Lock()
	file, found := t.files[r.PathValue("path")]
	t.lock.Unlock()
	if !found {
		http.NotFound(w, r)
		return
	}
	_, _ = w.Write(file)
}

func (t *tuf) order(do func(*http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		t.lock.Lock()
		defer t.lock.Unlock()
		do(r)
		reply(w, http.StatusOK, map[string]any{"version": t.version})
	}
}

func (t *tuf) publish(wanted func(string) string) {
	t.previous = t.files
	t.files = map[string][]byte{}
	for name, file := range t.previous {
		t.files[name] = file
	}
	t.version++
	t.publishRoot(wanted)
	config := wanted("config")
	if config == "" {
		config = "rekor_v1"
	}
	targets := metadata.Targets(endOf(wanted(metadata.TARGETS)))
	targets.Signed.Version = t.version
	for name, bytes := range map[string][]byte{
		"trusted_root.json": jsonOf(t.trust.root), "signing_config.v0.2.json": jsonOf(t.trust.signing[config]),
	} {
		targets.Signed.Targets[name] = must(metadata.TargetFile().FromBytes(name, bytes, "sha256"))
		t.files[fmt.Sprintf("targets/%x.%s", digest(bytes), name)] = bytes
	}
	t.files[fmt.Sprintf("%d.targets.json", t.version)] = signed(t, targets, metadata.TARGETS)

	snapshot := metadata.Snapshot(endOf(wanted(metadata.SNAPSHOT)))
	snapshot.Signed.Version = t.version
	snapshot.Signed.Meta["targets.json"] = metadata.MetaFile(t.version)
	t.files[fmt.Sprintf("%d.snapshot.json", t.version)] = signed(t, snapshot, metadata.SNAPSHOT)

	timestamp := metadata.Timestamp(endOf(wanted(metadata.TIMESTAMP)))
	timestamp.Signed.Version = t.version
	timestamp.Signed.Meta["snapshot.json"] = metadata.MetaFile(t.version)
	t.files["timestamp.json"] = signed(t, timestamp, metadata.TIMESTAMP)
}

// A root is made for the first version, and whenever something of it is asked for. One with another key is signed by both.
func (t *tuf) publishRoot(wanted func(string) string) {
	first, rotate := t.version == 1, wanted("rotate") != ""
	if !first && !rotate && wanted(metadata.ROOT) == "" {
		return
	}
	old := t.keys[metadata.ROOT]
	if !first {
		t.rootMeta.Signed.Version++
	}
	if rotate {
		id := must(must(metadata.KeyFromPublicKey(old.Public())).ID())
		check(t.rootMeta.Signed.RevokeKey(id, metadata.ROOT))
		t.keys[metadata.ROOT] = newEd25519()
		check(t.rootMeta.Signed.AddKey(must(metadata.KeyFromPublicKey(t.keys[metadata.ROOT].Public())), metadata.ROOT))
	}
	t.rootMeta.Signed.Expires = endOf(wanted(metadata.ROOT))
	t.rootMeta.ClearSignatures()
	if rotate {
		_ = must(t.rootMeta.Sign(must(signature.LoadSigner(old, crypto.Hash(0)))))
	}
	t.files[fmt.Sprintf("%d.root.json", t.rootMeta.Signed.Version)] = signed(t, t.rootMeta, metadata.ROOT)
}

func signed[T metadata.Roles](t *tuf, meta *metadata.Metadata[T], role string) []byte {
	_ = must(meta.Sign(must(signature.LoadSigner(t.keys[role], crypto.Hash(0)))))
	return must(json.Marshal(meta))
}

// EndOf is so many seconds from now, or far away.
func endOf(seconds string) time.Time {
	if seconds == "" {
		return time.Now().UTC().AddDate(1, 0, 0).Truncate(time.Second)
	}
	return time.Now().UTC().Add(must(time.ParseDuration(seconds + "s"))).Truncate(time.Second)
}

// Tamper changes every target by a byte; its length stays.
func (t *tuf) tamper() {
	for name, file := range t.files {
		if strings.HasPrefix(name, "targets/") {
			changed := append([]byte{}, file...)
			changed[len(changed)/2] ^= 1
			t.files[name] = changed
		}
	}
}
