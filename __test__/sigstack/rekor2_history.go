// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/merkle/testonly"
)

// A history is what the newer log holds, read from its tiles, or what it pretends to have held: told in tiles again.
type history struct{ entries [][]byte }

const tileWidth = 256

// ReadHistory reads as many entries as the checkpoint on disk covers.
func readHistory(tiles string) history {
	note := string(must(os.ReadFile(filepath.Join(tiles, "checkpoint"))))
	size := must(strconv.Atoi(strings.Split(note, "\n")[1]))
	var read history
	for index := 0; len(read.entries) < size; index++ {
		path := filepath.Join(tiles, "tile", "entries", tileName(index))
		bundle, err := os.ReadFile(path)
		if err != nil {
			bundle = must(os.ReadFile(fmt.Sprintf("%s.p/%d", path, size%tileWidth)))
		}
		for len(bundle) > 0 {
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			read.entries = append(read.entries, bundle[2:end])
			bundle = bundle[end:]
		}
	}
	return history{read.entries[:size]}
}

// Forked is another log that began with another entry.
func (h history) forked() history {
	first := append(append([]byte{}, h.entries[0]...), ' ')
	return history{append([][]byte{first}, h.entries[1:]...)}
}

// Shrunken is the same log before its last entry.
func (h history) shrunken() history { return history{h.entries[:len(h.entries)-1]} }

// Head puts the size and the root of this history into the text of a checkpoint.
func (h history) head(text string) string {
	tree := testonly.New(rfc6962.DefaultHasher)
	tree.AppendData(h.entries...)
	lines := strings.Split(text, "\n")
	lines[1], lines[2] = strconv.Itoa(len(h.entries)), base64.StdEncoding.EncodeToString(tree.Hash())
	return strings.Join(lines, "\n")
}

// Tile answers with a tile or a bundle of entries; of either, at most as wide as the path says.
func (h history) tile(w http.ResponseWriter, path string) {
	level, rest, _ := strings.Cut(path, "/")
	name, partial, _ := strings.Cut(rest, ".p/")
	index := must(strconv.Atoi(strings.NewReplacer("x", "", "/", "").Replace(name)))
	width := tileWidth
	if partial != "" {
		width = must(strconv.Atoi(partial))
	}
	var parts [][]byte
	if level == "entries" {
		for _, entry := range h.entries {
			parts = append(parts, append(binary.BigEndian.AppendUint16(nil, uint16(len(entry))), entry...))
		}
	} else {
		parts = h.nodes(8 * must(strconv.Atoi(level)))
	}
	for _, part := range parts[min(len(parts), index*tileWidth):min(len(parts), index*tileWidth+width)] {
		_, _ = w.Write(part)
	}
}

// Nodes are the hashes of all complete subtrees of a height.
func (h history) nodes(height int) [][]byte {
	var row [][]byte
	for _, entry := range h.entries {
		row = append(row, rfc6962.DefaultHasher.HashLeaf(entry))
	}
	for range height {
		var above [][]byte
		for at := 0; at+1 < len(row); at += 2 {
			above = append(above, rfc6962.DefaultHasher.HashChildren(row[at], row[at+1]))
		}
		row = above
	}
	return row
}

// TileName is the index of a tile in groups of three digits.
func tileName(index int) string {
	name := fmt.Sprintf("%03d", index%1000)
	for index /= 1000; index > 0; index /= 1000 {
		name = fmt.Sprintf("x%03d/%s", index%1000, name)
	}
	return name
}
