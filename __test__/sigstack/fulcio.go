// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"strings"

	"github.com/google/certificate-transparency-go/client"
	"github.com/google/certificate-transparency-go/jsonclient"
	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/sigstore/fulcio/pkg/ca"
	"github.com/sigstore/fulcio/pkg/ca/baseca"
	"github.com/sigstore/fulcio/pkg/config"
	"github.com/sigstore/fulcio/pkg/generated/protobuf"
	fulciolog "github.com/sigstore/fulcio/pkg/log"
	"github.com/sigstore/fulcio/pkg/server"
	common "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	"github.com/sigstore/sigstore/pkg/signature"
	"google.golang.org/grpc/metadata"
)

// The real certificate authority's server, and some that are set up wrongly.
//
// Forge: "sct" (signed by another key), "no-sct", "authority" (one that nobody trusts), "key" (a certificate of someone
// else, with a key of theirs).
type fulcio struct {
	protobuf.CAServer
	url    string
	root   issuer
	middle issuer
	config *config.FulcioConfig
	wrong  map[string]protobuf.CAServer
}

func startFulcio(d *doors, o *oidc, log *ctLog) *fulcio {
	fulciolog.ConfigureLogger("prod")
	root := newRoot("authority", x509.Certificate{MaxPathLen: 1})
	f := &fulcio{root: root, middle: root.intermediate("authority 1", x509.ExtKeyUsageCodeSigning), config: fulcioConfig(o)}
	algorithms := must(signature.NewAlgorithmRegistryConfig([]common.PublicKeyDetails{
		common.PublicKeyDetails_PKIX_ECDSA_P256_SHA_256, common.PublicKeyDetails_PKIX_ECDSA_P384_SHA_384,
		common.PublicKeyDetails_PKIX_ECDSA_P521_SHA_512, common.PublicKeyDetails_PKIX_ED25519,
	}))
	issuers := server.NewIssuerPool(f.config)
	serverOf := func(log *client.LogClient, middle, root issuer) protobuf.CAServer {
		signer := &ca.SignerCerts{Certs: []*x509.Certificate{middle.cert, root.cert}, Signer: middle.key}
		return server.NewGRPCCAServer(log, &baseca.BaseCA{SignerWithChain: signer}, algorithms, issuers)
	}
	logOf := func(url string, key []byte) *client.LogClient {
		return must(client.New(url, http.DefaultClient, jsonclient.Options{PublicKeyDER: key}))
	}
	honest := logOf(log.url, spki(&log.key.PublicKey))
	stranger := newRoot("stranger", x509.Certificate{MaxPathLen: 1})
	f.CAServer = serverOf(honest, f.middle, f.root)
	f.wrong = map[string]protobuf.CAServer{
		"sct":       serverOf(logOf(log.url+"/liar", nil), f.middle, f.root),
		"no-sct":    serverOf(nil, f.middle, f.root),
		"authority": serverOf(honest, stranger.intermediate("stranger 1", x509.ExtKeyUsageCodeSigning), stranger),
	}
	// Clients give the token in the header or in the body.
	mux := runtime.NewServeMux(runtime.WithMetadata(func(_ context.Context, r *http.Request) metadata.MD {
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		return metadata.Pairs(server.MetadataOIDCTokenKey, token)
	}))
	check(protobuf.RegisterCAHandlerServer(context.Background(), mux, f))
	f.url = d.open("fulcio", mux)
	return f
}

func (f *fulcio) CreateSigningCertificate(
	ctx context.Context, request *protobuf.CreateSigningCertificateRequest,
) (*protobuf.SigningCertificate, error) {
	ctx = config.With(ctx, f.config)
	answering := f.CAServer
	switch forge := faultOf(ctx).Forge; forge {
	case "":
	case "key":
		var err error
		if request, err = forAnotherKey(ctx, request); err != nil {
			return nil, err
		}
	default:
		answering = f.wrong[forge]
	}
	return answering.CreateSigningCertificate(ctx, request)
}

// The same token with a key of ours, whose possession we prove as the client would have.
func forAnotherKey(
	ctx context.Context, request *protobuf.CreateSigningCertificateRequest,
) (*protobuf.CreateSigningCertificateRequest, error) {
	key := newKey(elliptic.P256())
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, crypto.Signer(key))
	if err != nil {
		return nil, errors.Join(err, ctx.Err())
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: csr})
	return &protobuf.CreateSigningCertificateRequest{
		Credentials: request.GetCredentials(),
		Key:         &protobuf.CreateSigningCertificateRequest_CertificateSigningRequest{CertificateSigningRequest: block},
	}, nil
}

func fulcioConfig(o *oidc) *config.FulcioConfig {
	issuers := map[string]map[string]string{}
	for name, tenant := range o.tenants() {
		url := o.url + "/" + name
		issuers[url] = map[string]string{"IssuerURL": url, "ClientID": "sigstore"}
		for member, value := range tenant.fulcio {
			issuers[url][member] = value
		}
	}
	return must(config.Read(must(json.Marshal(map[string]any{
		"OIDCIssuers": issuers, "CIIssuerMetadata": map[string]any{githubProvider: githubMetadata()},
	}))))
}
