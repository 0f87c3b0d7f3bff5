// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"time"
)

const organization = "sigstack.test"

// An issuer is a key and the certificate that speaks for it.
type issuer struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

// Everything was valid since long before any test began, so that tests can move clocks.
var since = time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)

func newKey(curve elliptic.Curve) *ecdsa.PrivateKey {
	return must(ecdsa.GenerateKey(curve, rand.Reader))
}

func spki(public crypto.PublicKey) []byte { return must(x509.MarshalPKIXPublicKey(public)) }

func digest(parts ...[]byte) []byte {
	hash := sha256.New()
	for _, part := range parts {
		_, _ = hash.Write(part)
	}
	return hash.Sum(nil)
}

func newRoot(name string, template x509.Certificate) issuer {
	key := newKey(elliptic.P384())
	template.IsCA = true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	return issuer{key, certify(issuer{key, nil}, name, template, key)}
}

func (by issuer) intermediate(name string, usage x509.ExtKeyUsage) issuer {
	return by.issue(name, x509.Certificate{
		IsCA: true, MaxPathLenZero: true, ExtKeyUsage: []x509.ExtKeyUsage{usage},
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	})
}

func (by issuer) issue(name string, template x509.Certificate) issuer {
	key := newKey(elliptic.P384())
	return issuer{key, certify(by, name, template, key)}
}

func certify(by issuer, name string, template x509.Certificate, subject *ecdsa.PrivateKey) *x509.Certificate {
	template.SerialNumber = must(rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 150)))
	template.Subject = pkix.Name{Organization: []string{organization}, CommonName: name}
	template.BasicConstraintsValid = true
	if template.NotAfter.IsZero() {
		template.NotBefore, template.NotAfter = since, time.Now().AddDate(10, 0, 0)
	}
	parent := by.cert
	if parent == nil {
		parent = &template
	}
	return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, &template, parent, &subject.PublicKey, by.key))))
}
