// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix/app"
)

// The newer log: the real server, with tiles on disk, behind a door of ours. The public one serves its tiles from a store; we
// do from the folder.
//
// Forge, for what it answers about entries: "checkpoint" (signed by another key), "proof", "root", "body", "log" (another
// one), "entry" (the one of the request before). For what monitors read: "fork" (a log that is another one from its first entry
// on, and sound in itself), "otherRoot", "shrunken" and "checkpoint" (signed by another key) for the checkpoint alone.
type rekor2 struct {
	url    string
	key    ed25519.PrivateKey
	liar   ed25519.PrivateKey
	lock   sync.Mutex
	before []byte
}

// The name in the log's checkpoints; it has to be part of its URL.
const origin = "localhost"

func startRekor2(d *doors, dir string) *rekor2 {
	l := &rekor2{key: newEd25519(), liar: newEd25519()}
	tiles, keyFile := filepath.Join(dir, "tiles"), filepath.Join(dir, "rekor2.key")
	check(os.MkdirAll(tiles, 0o755))
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(l.key))})
	check(os.WriteFile(keyFile, key, 0o600))
	port := d.reserve()
	os.Args = []string{
		"rekor-server", "serve", "--log-level=error", "--hostname=" + origin, "--storage-dir=" + tiles, "--signer-filepath=" + keyFile,
		fmt.Sprintf("--http-port=%d", port), fmt.Sprintf("--grpc-port=%d", d.reserve()),
		fmt.Sprintf("--http-metrics-port=%d", d.reserve()), "--checkpoint-interval=100ms", "--batch-max-age=20ms",
	}
	go func() {
		app.Execute() // It handles signals by itself, and returns.
		os.Exit(0)
	}()
	server := must(url.Parse(fmt.Sprintf("http://127.0.0.1:%d", port)))
	awaitHealth(server.String())
	proxy := httputil.NewSingleHostReverseProxy(server)
	proxy.ModifyResponse = l.forge
	mux := http.NewServeMux()
	mux.Handle("/", proxy)
	mux.HandleFunc("GET /api/v2/checkpoint", func(w http.ResponseWriter, r *http.Request) { l.checkpoint(w, r, tiles) })
	files := http.StripPrefix("/api/v2/", http.FileServer(http.Dir(tiles)))
	mux.HandleFunc("GET /api/v2/tile/", func(w http.ResponseWriter, r *http.Request) {
		if faultOf(r.Context()).Forge == "fork" {
			readHistory(tiles).forked().tile(w, strings.TrimPrefix(r.URL.Path, "/api/v2/tile/"))
			return
		}
		files.ServeHTTP(w, r)
	})
	l.url = d.open("rekor2", mux)
	return l
}

func newEd25519() ed25519.PrivateKey {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return must(key, err)
}

// ID is that of the key in signed notes, not cut short.
func (l *rekor2) id() []byte {
	return digest([]byte(origin+"\n\x01"), l.key.Public().(ed25519.PublicKey))
}

func awaitHealth(url string) {
	for range 400 {
		if answer, err := http.Get(url + "/healthz"); err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	log.Fatal("the log with tiles did not start")
}

func (l *rekor2) checkpoint(w http.ResponseWriter, r *http.Request, tiles string) {
	note, err := os.ReadFile(filepath.Join(tiles, "checkpoint"))
	if err != nil {
		refuse(w, http.StatusNotFound, "no checkpoint yet")
		return
	}
	switch faultOf(r.Context()).Forge {
	case "fork":
		note = []byte(resign(string(note), readHistory(tiles).forked().head, l.signature(l.key)))
	case "shrunken":
		note = []byte(resign(string(note), readHistory(tiles).shrunken().head, l.signature(l.key)))
	case "otherRoot":
		note = []byte(resign(string(note), otherRoot, l.signature(l.key)))
	case "checkpoint":
		note = []byte(resign(string(note), unchanged, l.signature(l.liar)))
	}
	_, _ = w.Write(note)
}

func (l *rekor2) signature(key ed25519.PrivateKey) func([]byte) []byte {
	return func(text []byte) []byte { return ed25519.Sign(key, text) }
}

// Forge changes what the real server answered about an entry.
func (l *rekor2) forge(answer *http.Response) error {
	if answer.Request.Method != http.MethodPost || answer.StatusCode/100 != 2 {
		return nil
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	l.lock.Lock()
	before := l.before
	l.before = body
	l.lock.Unlock()
	if wrong := faultOf(answer.Request.Context()).Forge; wrong == "entry" && before != nil {
		body = before
	} else if wrong != "" {
		if body, err = l.forgeEntry(body, wrong); err != nil {
			return err
		}
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	answer.ContentLength = int64(len(body))
	answer.Header.Set("Content-Length", fmt.Sprint(len(body)))
	return nil
}

func (l *rekor2) forgeEntry(body []byte, wrong string) ([]byte, error) {
	var entry struct {
		LogIndex          string          `json:"logIndex,omitempty"`
		LogID             json.RawMessage `json:"logId,omitempty"`
		KindVersion       json.RawMessage `json:"kindVersion,omitempty"`
		IntegratedTime    string          `json:"integratedTime,omitempty"`
		CanonicalizedBody []byte          `json:"canonicalizedBody"`
		InclusionProof    struct {
			LogIndex   string   `json:"logIndex,omitempty"`
			RootHash   []byte   `json:"rootHash"`
			TreeSize   string   `json:"treeSize"`
			Hashes     [][]byte `json:"hashes"`
			Checkpoint struct {
				Envelope string `json:"envelope"`
			} `json:"checkpoint"`
		} `json:"inclusionProof"`
	}
	if err := json.Unmarshal(body, &entry); err != nil {
		return nil, err
	}
	proof := &entry.InclusionProof
	switch wrong {
	case "checkpoint":
		proof.Checkpoint.Envelope = resign(proof.Checkpoint.Envelope, unchanged, l.signature(l.liar))
	case "proof":
		proof.Hashes = append([][]byte{flip(proof.RootHash)}, proof.Hashes[min(1, len(proof.Hashes)):]...)
	case "root":
		proof.RootHash = flip(proof.RootHash)
	case "log":
		entry.LogID = must(json.Marshal(map[string][]byte{"keyId": flip(l.id())}))
	case "body":
		entry.CanonicalizedBody = bytes.Replace(entry.CanonicalizedBody, []byte(`"digest":"`), []byte(`"digest":"AAAA`), 1)
	}
	return json.Marshal(entry)
}
