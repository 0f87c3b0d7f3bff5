// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/base64"
	"strings"
)

// Resign puts another signature into a signed note, or another text under one. The hint of the key stays: only who checks
// the signature notices. Sign gets the text that has to be signed.
func resign(note string, change func(text string) string, sign func(text []byte) []byte) string {
	text, signature, _ := strings.Cut(note, "\n\n")
	text = change(text + "\n")
	at := strings.LastIndex(strings.TrimSpace(signature), " ")
	old := must(base64.StdEncoding.DecodeString(strings.TrimSpace(signature[at+1:])))
	signed := append(old[:4:4], sign([]byte(text))...)
	return text + "\n" + signature[:at+1] + base64.StdEncoding.EncodeToString(signed) + "\n"
}

func unchanged(text string) string { return text }

// OtherRoot is the head of a log with the same size that holds something else.
func otherRoot(text string) string {
	lines := strings.Split(text, "\n")
	lines[2] = base64.StdEncoding.EncodeToString(flip(must(base64.StdEncoding.DecodeString(lines[2]))))
	return strings.Join(lines, "\n")
}

// Flip makes another hash of one.
func flip(hash []byte) []byte { return digest(hash, []byte("flipped")) }
