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
	signing map[string]*v1.SigningConfig // rekor_v1, rekor_v2, all
}

// Operators have one log and one timestamp authority each.
const first, second = organization, "second." + organization

func (s *services) trust() *trust {
	authorities := []*v1.CertificateAuthority{}
	for _, t := range []*tsa{s.tsa, s.tsaSecond} {
		authorities = append(authorities, authorityOf(stampURL(t), t.leaf.cert, t.root.cert))
	}
	root := &v1.TrustedRoot{
		MediaType:              "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
		Tlogs:                  []*v1.TransparencyLogInstance{s.rekor1.instance(), s.rekor2.instance(), s.rekor1Second.instance()},
		Ctlogs:                 []*v1.TransparencyLogInstance{s.ct.instance()},
		CertificateAuthorities: []*v1.CertificateAuthority{authorityOf(s.fulcio.url, s.fulcio.middle.cert, s.fulcio.root.cert)},
		TimestampAuthorities:   authorities,
	}
	older, newer := service(s.rekor1.url, 1, first), service(s.rekor2.url, 2, first)
	all := s.signingWith(v1.ServiceSelector_ALL, older, newer, service(s.rekor1Second.url, 1, second))
	all.TsaUrls = append(all.TsaUrls, service(stampURL(s.tsaSecond), 1, second))
	return &trust{root, map[string]*v1.SigningConfig{
		"rekor_v1": s.signingWith(v1.ServiceSelector_ANY, older), "rekor_v2": s.signingWith(v1.ServiceSelector_ANY, newer), "all": all,
	}}
}

func (l *rekor1) instance() *v1.TransparencyLogInstance {
	return logOf(l.url, spki(&l.key.PublicKey), must(hex.DecodeString(l.id)), common.PublicKeyDetails_PKIX_ECDSA_P256_SHA_256)
}

func (l *rekor2) instance() *v1.TransparencyLogInstance {
	return logOf(l.url, spki(l.key.Public().(ed25519.PublicKey)), l.id(), common.PublicKeyDetails_PKIX_ED25519)
}

func (c *ctLog) instance() *v1.TransparencyLogInstance {
	key := spki(&c.key.PublicKey)
	return logOf(c.url, key, digest(key), common.PublicKeyDetails_PKIX_ECDSA_P256_SHA_256)
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

func (s *services) signingWith(selector v1.ServiceSelector, logs ...*v1.Service) *v1.SigningConfig {
	those := &v1.ServiceConfiguration{Selector: selector}
	return &v1.SigningConfig{
		MediaType: "application/vnd.dev.sigstore.signingconfig.v0.2+json",
		CaUrls:    []*v1.Service{service(s.fulcio.url, 1, first)}, OidcUrls: []*v1.Service{service(s.oidc.url+"/email", 1, first)},
		RekorTlogUrls: logs, RekorTlogConfig: those,
		TsaUrls: []*v1.Service{service(stampURL(s.tsa), 1, first)}, TsaConfig: those,
	}
}

func service(url string, version uint32, operator string) *v1.Service {
	return &v1.Service{Url: url, MajorApiVersion: version, ValidFor: always(), Operator: operator}
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
	for name, signing := range t.signing {
		write("signing_config_"+name+".json", jsonOf(signing))
		write("client_trust_config_"+name+".json", jsonOf(&v1.ClientTrustConfig{
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
