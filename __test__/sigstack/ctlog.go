// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/json"
	"net/http"

	ct "github.com/google/certificate-transparency-go"
	"github.com/google/certificate-transparency-go/tls"
	"github.com/google/certificate-transparency-go/x509"
)

// A certificate log that promises and keeps nothing: no client reads it, all look at its promises.
//
// Below /liar it signs with a key that is not its own.
type ctLog struct {
	url  string
	key  *ecdsa.PrivateKey
	liar *ecdsa.PrivateKey
}

func startCT(d *doors) *ctLog {
	log := &ctLog{key: newKey(elliptic.P256()), liar: newKey(elliptic.P256())}
	mux := http.NewServeMux()
	for prefix, key := range map[string]*ecdsa.PrivateKey{"": log.key, "/liar": log.liar} {
		mux.HandleFunc("POST "+prefix+"/ct/v1/add-pre-chain", log.promise(ct.PrecertLogEntryType, key))
		mux.HandleFunc("POST "+prefix+"/ct/v1/add-chain", log.promise(ct.X509LogEntryType, key))
	}
	log.url = d.open("ct", mux)
	return log
}

func (c *ctLog) promise(kind ct.LogEntryType, key *ecdsa.PrivateKey) http.HandlerFunc {
	id := ct.LogID{KeyID: [32]byte(digest(spki(&c.key.PublicKey)))}
	return func(w http.ResponseWriter, r *http.Request) {
		var wanted ct.AddChainRequest
		if err := json.NewDecoder(r.Body).Decode(&wanted); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		var chain []*x509.Certificate
		for _, der := range wanted.Chain {
			certificate, err := x509.ParseCertificate(der)
			if x509.IsFatal(err) {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			chain = append(chain, certificate)
		}
		at := uint64(faultOf(r.Context()).now().UnixMilli())
		leaf, err := ct.MerkleTreeLeafFromChain(chain, kind, at)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		unsigned := ct.SignedCertificateTimestamp{SCTVersion: ct.V1, LogID: id, Timestamp: at}
		text := must(ct.SerializeSCTSignatureInput(unsigned, ct.LogEntry{Leaf: *leaf}))
		signature := must(tls.Marshal(must(tls.CreateSignature(*key, tls.SHA256, text))))
		reply(w, http.StatusOK, ct.AddChainResponse{SCTVersion: ct.V1, ID: id.KeyID[:], Timestamp: at, Signature: signature})
	}
}
