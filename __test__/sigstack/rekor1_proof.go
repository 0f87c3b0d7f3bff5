// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"

	"github.com/cyberphone/json-canonicalization/go/src/webpki.org/jsoncanonicalizer"
	"github.com/go-openapi/strfmt"
	"github.com/sigstore/rekor/pkg/generated/models"
	"github.com/sigstore/rekor/pkg/util"
	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/merkle/testonly"
)

// Entry is what the log says of a row: promised at a time, included in a tree, whose head it signed.
func (l *rekor1) entry(at int, wrong fault) models.LogEntry {
	if wrong.Forge == "entry" {
		at = (at + len(l.rows) - 1) % len(l.rows)
	}
	shown, place, size := l.rows[at], int64(at), int64(len(l.rows))
	entry := models.LogEntryAnon{LogID: &l.id, LogIndex: &place, Body: shown.body, IntegratedTime: &shown.time}
	if wrong.Forge == "log" {
		entry.LogID = &l.liarID
	}
	promise := must(l.as(wrong, "promise", "log").SignMessage(bytes.NewReader(promised(entry))))
	if wrong.Forge == "time" {
		shown.time++
	}
	tree := l.treeFor(wrong)
	root, hashes := tree.Hash(), []string{}
	for _, hash := range must(tree.InclusionProof(uint64(at), uint64(size))) {
		hashes = append(hashes, hex.EncodeToString(hash))
	}
	checkpoint := l.checkpoint(wrong)
	switch wrong.Forge {
	case "proof":
		hashes = append([]string{hex.EncodeToString(flip([]byte(shown.uuid)))}, hashes[min(1, len(hashes)):]...)
	case "root":
		root = flip(root)
	}
	hexRoot := hex.EncodeToString(root)
	entry.Verification = &models.LogEntryAnonVerification{
		SignedEntryTimestamp: strfmt.Base64(promise),
		InclusionProof: &models.InclusionProof{
			TreeSize: &size, RootHash: &hexRoot, LogIndex: &place, Hashes: hashes, Checkpoint: &checkpoint,
		},
	}
	return models.LogEntry{shown.uuid: entry}
}

// Promised are the bytes that a promise signs.
func promised(entry models.LogEntryAnon) []byte {
	return must(jsoncanonicalizer.Transform(must(entry.MarshalBinary())))
}

// As is who signs: the log, or another key when that is what is wrong.
func (l *rekor1) as(wrong fault, what ...string) signature.Signer {
	if slices.Contains(what, wrong.Forge) {
		return l.liar
	}
	return l.signer
}

// TreeFor is the tree, or the fork of it: the same but for its first entry.
func (l *rekor1) treeFor(wrong fault) *testonly.Tree {
	if wrong.Forge != "fork" {
		return l.tree
	}
	fork := testonly.New(rfc6962.DefaultHasher)
	for at, row := range l.rows {
		if at == 0 {
			row.body = append(slices.Clone(row.body), ' ')
		}
		fork.AppendData(row.body)
	}
	return fork
}

func (l *rekor1) checkpoint(wrong fault) string {
	tree := l.treeFor(wrong)
	size := tree.Size()
	if wrong.Forge == "shrunken" {
		size--
	}
	root := tree.HashAt(size)
	note := string(must(util.CreateAndSignCheckpoint(context.Background(), "localhost", treeID, size, root, l.signer)))
	sign := func(text []byte) []byte {
		return must(l.as(wrong, "checkpoint", "log").SignMessage(bytes.NewReader(text)))
	}
	if wrong.Forge == "checkpoint" || wrong.Forge == "log" {
		return resign(note, unchanged, sign)
	}
	return note
}

func (l *rekor1) head(w http.ResponseWriter, r *http.Request) {
	l.lock.Lock()
	defer l.lock.Unlock()
	wrong := faultOf(r.Context())
	checkpoint, root, size := l.checkpoint(wrong), l.treeFor(wrong).Hash(), int64(l.tree.Size())
	hexRoot, tree := hex.EncodeToString(root), strconv.Itoa(treeID)
	reply(w, http.StatusOK, models.LogInfo{
		RootHash: &hexRoot, SignedTreeHead: &checkpoint, TreeID: &tree, TreeSize: &size,
		InactiveShards: []*models.InactiveShardLogInfo{},
	})
}

func (l *rekor1) consistency(w http.ResponseWriter, r *http.Request) {
	l.lock.Lock()
	defer l.lock.Unlock()
	first, _ := strconv.ParseUint(r.URL.Query().Get("firstSize"), 10, 64)
	last, _ := strconv.ParseUint(r.URL.Query().Get("lastSize"), 10, 64)
	if first < 1 || first > last || last > l.tree.Size() {
		refuse(w, http.StatusBadRequest, "these sizes have no proof")
		return
	}
	hashes := []string{}
	wrong := faultOf(r.Context())
	tree := l.treeFor(wrong)
	for _, hash := range must(tree.ConsistencyProof(first, last)) {
		if wrong.Forge == "proof" {
			hash = flip(hash)
		}
		hashes = append(hashes, hex.EncodeToString(hash))
	}
	root := hex.EncodeToString(tree.HashAt(last))
	reply(w, http.StatusOK, models.ConsistencyProof{RootHash: &root, Hashes: hashes})
}
