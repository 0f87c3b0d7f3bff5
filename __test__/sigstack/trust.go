// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"

	common "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	"github.com/sigstore/protobuf-specs/gen/pb-go/trustroot/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// What a client has to know: whom to trust, and whom to ask.
type trust struct {
	root    *v1.TrustedRoot
	signing map[string]*v1.SigningConfig // for the log that is used: rekor_v1, rekor_v2
}

func trustOf(f *fulcio, c *ctLog, t *tsa, one *rekor1, two *rekor2, o *oidc) *trust {
	root := &v1.TrustedRoot{
		MediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
		Tlogs: []*v1.TransparencyLogInstance{
			logOf(one.url, spki(&one.key.PublicKey), must(hex.DecodeString(one.id)), common.PublicKeyDetails_PKIX_ECDSA_P256_SHA_256),
			logOf(two.url, spki(two.key.Public().(ed25519.PublicKey)), two.id(), common.PublicKeyDetails_PKIX_ED25519),
		},
		Ctlogs: []*v1.TransparencyLogInstance{
			logOf(c.url, spki(&c.key.PublicKey), digest(spki(&c.key.PublicKey)), common.PublicKeyDetails_PKIX_ECDSA_P256_SHA_256),
		},
		CertificateAuthorities: []*v1.CertificateAuthority{authorityOf(f.url, f.middle.cert, f.root.cert)},
		TimestampAuthorities:   []*v1.CertificateAuthority{authorityOf(stampURL(t), t.leaf.cert, t.root.cert)},
	}
	return &trust{root, map[string]*v1.SigningConfig{
		"rekor_v1": signingWith(service(one.url, 1), f, t, o), "rekor_v2": signingWith(service(two.url, 2), f, t, o),
	}}
}

func stampURL(t *tsa) string { return t.url + "/api/v1/timestamp" }

func logOf(url string, key, id []byte, details common.PublicKeyDetails) *v1.TransparencyLogInstance {
	return &v1.TransparencyLogInstance{
		BaseUrl: url, HashAlgorithm: common.HashAlgorithm_SHA2_256, LogId: &common.LogId{KeyId: id},
		PublicKey: &common.PublicKey{RawBytes: key, KeyDetails: details, ValidFor: always()},
	}
}

func authorityOf(url string, chain ...*x509.Certificate) *v1.CertificateAuthority {
	subject := chain[len(chain)-1].Subject
	certificates := &common.X509CertificateChain{}
	for _, cert := range chain {
		certificates.Certificates = append(certificates.Certificates, &common.X509Certificate{RawBytes: cert.Raw})
	}
	return &v1.CertificateAuthority{
		Subject: &common.DistinguishedName{Organization: organization, CommonName: subject.CommonName},
		Uri:     url, CertChain: certificates, ValidFor: always(),
	}
}

func signingWith(log *v1.Service, f *fulcio, t *tsa, o *oidc) *v1.SigningConfig {
	anyOne := &v1.ServiceConfiguration{Selector: v1.ServiceSelector_ANY}
	return &v1.SigningConfig{
		MediaType: "application/vnd.dev.sigstore.signingconfig.v0.2+json",
		CaUrls:    []*v1.Service{service(f.url, 1)}, OidcUrls: []*v1.Service{service(o.url+"/email", 1)},
		RekorTlogUrls: []*v1.Service{log}, RekorTlogConfig: anyOne,
		TsaUrls: []*v1.Service{service(stampURL(t), 1)}, TsaConfig: anyOne,
	}
}

func service(url string, version uint32) *v1.Service {
	return &v1.Service{Url: url, MajorApiVersion: version, ValidFor: always(), Operator: organization}
}

func always() *common.TimeRange { return &common.TimeRange{Start: timestamppb.New(since)} }

// WriteAll writes a file for everything a client may be given, and stack.json last: where all of it is.
func writeAll(dir string, t *trust, stack map[string]any, tufRoot []byte) {
	write := func(name string, bytes []byte) string {
		file := filepath.Join(must(filepath.Abs(dir)), name)
		check(os.WriteFile(file, bytes, 0o644))
		return file
	}
	write("trusted_root.json", jsonOf(t.root))
	for log, signing := range t.signing {
		write("signing_config_"+log+".json", jsonOf(signing))
		write("client_trust_config_"+log+".json", jsonOf(&v1.ClientTrustConfig{
			MediaType:   "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
			TrustedRoot: t.root, SigningConfig: signing,
		}))
	}
	stack["tufRoot"] = write("tuf_root.json", tufRoot)
	write("stack.json", must(json.MarshalIndent(stack, "", "  ")))
}

func jsonOf(message proto.Message) []byte {
	return must(protojson.MarshalOptions{Multiline: true}.Marshal(message))
}
