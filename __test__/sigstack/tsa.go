// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"strings"
	"time"

	"github.com/digitorus/timestamp"
	"github.com/sigstore/timestamp-authority/v2/pkg/verification"
)

// The timestamp authority, of the two packages that the real one is made of; its server itself cannot have a clock of its
// own, and brings along every key service there is.
//
// Forge: "imprint" (of something else), "nonce", "signer" (not the one its certificate names), "expired" (a certificate that
// was over), "rejected". Shift moves the time that is stamped.
type tsa struct {
	url     string
	root    issuer
	leaf    issuer
	expired issuer
	other   issuer
}

func startTSA(d *doors, service string) *tsa {
	t := &tsa{root: newRoot("timestamps", x509.Certificate{MaxPathLenZero: true})}
	purpose := pkix.Extension{
		Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true,
		Value: must(asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})),
	}
	template := x509.Certificate{KeyUsage: x509.KeyUsageDigitalSignature, ExtraExtensions: []pkix.Extension{purpose}}
	t.leaf, t.other = t.root.issue("timestamps 1", template), t.root.issue("timestamps 1", template)
	template.NotBefore, template.NotAfter = since, time.Now().Add(-time.Hour)
	t.expired = t.root.issue("timestamps 0", template)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/timestamp", t.stamp)
	mux.HandleFunc("GET /api/v1/timestamp/certchain", t.chain)
	t.url = d.open(service, mux)
	return t
}

func (t *tsa) stamp(w http.ResponseWriter, r *http.Request) {
	wanted, err := readTimestampRequest(r)
	if err == nil {
		err = verification.VerifyRequest(wanted)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	wrong, signer, cert := faultOf(r.Context()), t.leaf, t.leaf.cert
	policy := asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 2}
	stamp := timestamp.Timestamp{
		HashAlgorithm: wanted.HashAlgorithm, HashedMessage: wanted.HashedMessage, Nonce: wanted.Nonce, Policy: policy,
		Time: wrong.now().UTC(), Accuracy: time.Second, AddTSACertificate: wanted.Certificates,
	}
	switch wrong.Forge {
	case "imprint":
		hash := wanted.HashAlgorithm.New()
		_, _ = hash.Write(wanted.HashedMessage)
		stamp.HashedMessage = hash.Sum(nil)
	case "nonce":
		stamp.Nonce = big.NewInt(42)
	case "signer":
		signer = t.other
	case "expired":
		signer, cert = t.expired, t.expired.cert
	}
	answer := must(stamp.CreateResponseWithOpts(cert, signer.key, crypto.SHA256))
	if wrong.Forge == "rejected" { // PKIStatusInfo with the status rejection, and no token.
		answer = []byte{0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02}
	}
	w.Header().Set("Content-Type", "application/timestamp-reply")
	_, _ = w.Write(answer)
}

func readTimestampRequest(r *http.Request) (*timestamp.Request, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil || !strings.HasSuffix(r.Header.Get("Content-Type"), "/json") {
		if err != nil {
			return nil, err
		}
		return timestamp.ParseRequest(body)
	}
	var wanted struct {
		ArtifactHash  []byte
		HashAlgorithm string
		Certificates  bool
		Nonce         *big.Int
	}
	if err := json.Unmarshal(body, &wanted); err != nil {
		return nil, err
	}
	names := map[string]crypto.Hash{"sha1": crypto.SHA1, "sha256": crypto.SHA256, "sha384": crypto.SHA384, "sha512": crypto.SHA512}
	return &timestamp.Request{
		HashAlgorithm: names[strings.ToLower(wanted.HashAlgorithm)], HashedMessage: wanted.ArtifactHash,
		Certificates: wanted.Certificates, Nonce: wanted.Nonce,
	}, nil
}

func (t *tsa) chain(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/pem-certificate-chain")
	for _, cert := range []*x509.Certificate{t.leaf.cert, t.root.cert} {
		_ = pem.Encode(w, &pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
	}
}
