// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// OIDC is one identity provider with a tenant for each kind of identity; an issuer's URL is the provider's and the
// tenant's name.
//
// GET /TENANT/token?claim=value is a test's way to a token without a person: any claim, and exp, iat and nbf in seconds
// from now.
type oidc struct {
	url    string
	key    *rsa.PrivateKey
	logins logins
	faults *faults
}

// A tenant says what its tokens claim, and how a certificate authority has to read them.
type tenant struct {
	claims map[string]any
	fulcio map[string]string
}

// Confidential is the client of the tenant that gives tokens to clients with a secret only.
var confidential = map[string]string{"tenant": "private", "id": "private-client", "secret": "a secret of the tests"}

func (o *oidc) tenants() map[string]tenant {
	mail := map[string]any{"sub": "user-1", "email": "alice@example.com", "email_verified": true}
	upstream := map[string]any{"connector_id": "https://github.com/login/oauth", "user_id": "1"}
	return map[string]tenant{
		"email":   {mail, map[string]string{"Type": "email"}},
		"private": {mail, map[string]string{"Type": "email", "ClientID": confidential["id"]}},
		// People who came through GitHub: the certificate names the provider behind this one.
		"dex": {
			map[string]any{"sub": "user-1", "email": "alice@example.com", "email_verified": true, "federated_claims": upstream},
			map[string]string{"Type": "email", "IssuerClaim": "$.federated_claims.connector_id"},
		},
		"github": {githubClaims(), map[string]string{"Type": "ci-provider", "CIProvider": githubProvider}},
		"uri": {
			map[string]any{"sub": o.url + "/uri/users/1"}, map[string]string{"Type": "uri", "SubjectDomain": o.url},
		},
		"spiffe": {
			map[string]any{"sub": "spiffe://localhost/builder"},
			map[string]string{"Type": "spiffe", "SPIFFETrustDomain": "localhost"},
		},
		"username": {
			map[string]any{"sub": "alice"}, map[string]string{"Type": "username", "SubjectDomain": "localhost"},
		},
	}
}

func startOIDC(d *doors) *oidc {
	o := &oidc{key: must(rsa.GenerateKey(rand.Reader, 2048)), faults: d.faults}
	o.url = d.open("oidc", o.handler())
	return o
}

func (o *oidc) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{tenant}/.well-known/openid-configuration", o.discover)
	mux.HandleFunc("GET /{tenant}/keys", o.keys)
	mux.HandleFunc("GET /{tenant}/token", o.issueFreely)
	mux.HandleFunc("GET /{tenant}/actions-token", o.issueToWorkflow)
	mux.HandleFunc("GET /{tenant}/auth", o.authorize)
	mux.HandleFunc("POST /{tenant}/token", o.exchange)
	mux.HandleFunc("POST /{tenant}/device/code", o.startDevice)
	mux.HandleFunc("GET /{tenant}/device", o.approveDevice)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		if _, found := o.tenants()[name]; !found {
			http.NotFound(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func (o *oidc) issuerOf(r *http.Request) string { return o.url + "/" + r.PathValue("tenant") }

func (o *oidc) discover(w http.ResponseWriter, r *http.Request) {
	issuer := o.issuerOf(r)
	answer := map[string]any{
		"issuer": issuer, "authorization_endpoint": issuer + "/auth", "token_endpoint": issuer + "/token",
		"jwks_uri": issuer + "/keys", "response_types_supported": []string{"code"},
		"subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"RS256"},
		"code_challenge_methods_supported": []string{"S256"}, "scopes_supported": []string{"openid", "email"},
	}
	if r.PathValue("tenant") != "uri" { // One issuer that knows no devices.
		answer["device_authorization_endpoint"] = issuer + "/device/code"
	}
	reply(w, http.StatusOK, answer)
}

func (o *oidc) keys(w http.ResponseWriter, _ *http.Request) {
	modulus := base64.RawURLEncoding.EncodeToString(o.key.N.Bytes())
	key := map[string]string{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "n": modulus, "e": "AQAB"}
	reply(w, http.StatusOK, map[string]any{"keys": []any{key}})
}

func (o *oidc) issueFreely(w http.ResponseWriter, r *http.Request) {
	_, _ = w.Write([]byte(o.token(r, r.URL.Query())))
}

// What GitHub Actions gives to a workflow that may ask for an identity.
func (o *oidc) issueToWorkflow(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(strings.ToLower(r.Header.Get("Authorization")), "bearer ") {
		reply(w, http.StatusUnauthorized, map[string]string{"message": "the request token is missing"})
		return
	}
	claims := url.Values{}
	if audience := r.URL.Query().Get("audience"); audience != "" {
		claims.Set("aud", audience)
	}
	token := o.token(r, claims)
	reply(w, http.StatusOK, map[string]any{"count": len(token), "value": token})
}

// Token signs what a tenant claims, changed by what is wanted. Forge "signature" signs something else.
func (o *oidc) token(r *http.Request, wanted url.Values) string {
	name, wrong := r.PathValue("tenant"), faultOf(r.Context())
	now := wrong.now().Unix()
	claims := map[string]any{"iss": o.issuerOf(r), "aud": "sigstore", "iat": now, "nbf": now, "exp": now + 600}
	for claim, value := range o.tenants()[name].claims {
		claims[claim] = value
	}
	for claim := range wanted {
		claims[claim] = claimOf(claim, wanted.Get(claim), now)
	}
	head := must(json.Marshal(map[string]string{"alg": "RS256", "kid": "1", "typ": "JWT"}))
	text := base64.RawURLEncoding.EncodeToString(head) + "." + base64.RawURLEncoding.EncodeToString(must(json.Marshal(claims)))
	hash := digest([]byte(text))
	if wrong.Forge == "signature" {
		hash = digest(hash)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(must(o.key.Sign(rand.Reader, hash, crypto.SHA256)))
}

func claimOf(claim, value string, now int64) any {
	switch claim {
	case "exp", "iat", "nbf":
		return now + int64(must(time.ParseDuration(value+"s")).Seconds())
	case "email_verified":
		return value == "true"
	default:
		return value
	}
}
