// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Logins remembers people on their way from the browser to a token. The person of a test follows the URL with more in its
// query: claims (email=…, exp=…) to be someone else, or deny=1 to say no.
type logins struct {
	lock    sync.Mutex
	codes   map[string]*login
	devices map[string]*login
}

type login struct {
	tenant  string
	query   url.Values
	user    string
	polled  time.Time
	answer  string // What the person said to a device: "", "yes", "no".
	expires time.Time
}

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

// What a query says to the protocol; the rest of it are claims.
var protocol = []string{
	"client_id", "client_secret", "code_challenge", "code_challenge_method", "deny", "nonce", "redirect_uri",
	"response_type", "response_mode", "scope", "state", "user_code", "access_type", "prompt", "audience",
}

func (o *oidc) authorize(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	target, err := url.Parse(query.Get("redirect_uri"))
	loopback := err == nil && target.Scheme == "http" && slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, target.Hostname())
	outOfBand := query.Get("redirect_uri") == "urn:ietf:wg:oauth:2.0:oob"
	asks := query.Get("response_type") == "code" && query.Get("client_id") != "" && query.Get("code_challenge") != "" &&
		query.Get("code_challenge_method") == "S256" && slices.Contains(strings.Fields(query.Get("scope")), "openid")
	if !asks || (!loopback && !outOfBand) {
		reply(w, http.StatusBadRequest, map[string]string{"error": "invalid_request"})
		return
	}
	answer := url.Values{"error": {"access_denied"}}
	if query.Get("deny") == "" {
		answer = url.Values{"code": {o.remember(&login{tenant: r.PathValue("tenant"), query: query})}}
	}
	if outOfBand {
		_, _ = w.Write([]byte(answer.Get("code")))
		return
	}
	answer.Set("state", query.Get("state"))
	if faultOf(r.Context()).Forge == "state" {
		answer.Set("state", "of someone else")
	}
	target.RawQuery = answer.Encode()
	http.Redirect(w, r, target.String(), http.StatusFound)
}

func (o *oidc) remember(one *login) string {
	o.logins.lock.Lock()
	defer o.logins.lock.Unlock()
	if o.logins.codes == nil {
		o.logins.codes, o.logins.devices = map[string]*login{}, map[string]*login{}
	}
	code := random()
	one.expires = time.Now().Add(time.Minute)
	if one.user == "" {
		o.logins.codes[code] = one
	} else {
		o.logins.devices[code] = one
	}
	return code
}

func (o *oidc) startDevice(w http.ResponseWriter, r *http.Request) {
	if r.ParseForm() != nil || r.Form.Get("client_id") == "" {
		reply(w, http.StatusBadRequest, map[string]string{"error": "invalid_request"})
		return
	}
	user := strings.ToUpper(random()[:8])
	code := o.remember(&login{tenant: r.PathValue("tenant"), query: r.Form, user: user})
	page := o.issuerOf(r) + "/device"
	reply(w, http.StatusOK, map[string]any{
		"device_code": code, "user_code": user, "verification_uri": page,
		"verification_uri_complete": page + "?user_code=" + url.QueryEscape(user), "expires_in": 60, "interval": 1,
	})
}

func (o *oidc) approveDevice(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	o.logins.lock.Lock()
	defer o.logins.lock.Unlock()
	for _, one := range o.logins.devices {
		if one.user != query.Get("user_code") || one.tenant != r.PathValue("tenant") {
			continue
		}
		one.answer = "yes"
		if query.Get("deny") != "" {
			one.answer = "no"
		}
		for claim := range query {
			one.query.Set(claim, query.Get(claim))
		}
		_, _ = w.Write([]byte("thank you"))
		return
	}
	http.NotFound(w, r)
}

// Exchange turns a code into a token: once, for the client and the address that it was made for, and only for whoever
// knows what the challenge was made of.
func (o *oidc) exchange(w http.ResponseWriter, r *http.Request) {
	check(r.ParseForm())
	one, problem := o.redeem(r)
	if problem == "" && !o.mayHave(r, one) {
		problem = "invalid_client"
	}
	if problem != "" {
		reply(w, http.StatusBadRequest, map[string]string{"error": problem})
		return
	}
	claims := url.Values{"aud": {one.query.Get("client_id")}}
	for name, values := range one.query {
		if name == "nonce" || !slices.Contains(protocol, name) {
			claims[name] = values
		}
	}
	if faultOf(r.Context()).Forge == "nonce" {
		claims.Set("nonce", "of someone else")
	}
	token := o.token(r, claims)
	reply(w, http.StatusOK, map[string]any{
		"access_token": random(), "id_token": token, "token_type": "Bearer", "expires_in": 600,
	})
}

func (o *oidc) redeem(r *http.Request) (*login, string) {
	o.logins.lock.Lock()
	defer o.logins.lock.Unlock()
	switch r.Form.Get("grant_type") {
	case "authorization_code":
		one := o.logins.codes[r.Form.Get("code")]
		delete(o.logins.codes, r.Form.Get("code"))
		if one == nil || one.tenant != r.PathValue("tenant") || !one.knows(r.Form.Get("code_verifier")) ||
			one.query.Get("redirect_uri") != r.Form.Get("redirect_uri") || time.Now().After(one.expires) {
			return nil, "invalid_grant"
		}
		return one, ""
	case deviceGrant:
		one := o.logins.devices[r.Form.Get("device_code")]
		if one == nil || one.tenant != r.PathValue("tenant") || !one.knows(r.Form.Get("code_verifier")) {
			return nil, "invalid_grant"
		}
		early := time.Since(one.polled) < 900*time.Millisecond
		one.polled = time.Now()
		switch {
		case time.Now().After(one.expires):
			return nil, "expired_token"
		case early:
			return nil, "slow_down"
		case one.answer == "":
			return nil, "authorization_pending"
		}
		delete(o.logins.devices, r.Form.Get("device_code"))
		if one.answer == "no" {
			return nil, "access_denied"
		}
		return one, ""
	default:
		return nil, "unsupported_grant_type"
	}
}

// Knows compares with the challenge, which a device may leave out.
func (one *login) knows(verifier string) bool {
	challenge := one.query.Get("code_challenge")
	return (challenge == "" && one.user != "") || challenge == base64.RawURLEncoding.EncodeToString(digest([]byte(verifier)))
}

// MayHave looks at who asks: the client that began, with its secret where it has one.
func (o *oidc) mayHave(r *http.Request, one *login) bool {
	id, secret, basic := r.BasicAuth()
	if basic { // RFC 6749, section 2.3.1: both are encoded as form values first.
		id, secret = must(url.QueryUnescape(id)), must(url.QueryUnescape(secret))
	} else {
		id, secret = r.Form.Get("client_id"), r.Form.Get("client_secret")
	}
	if id != one.query.Get("client_id") {
		return false
	}
	if one.tenant != confidential["tenant"] {
		return secret == ""
	}
	return id == confidential["id"] && subtle.ConstantTimeCompare([]byte(secret), []byte(confidential["secret"])) == 1
}

func random() string {
	bytes := make([]byte, 24)
	_, _ = rand.Read(bytes)
	return base64.RawURLEncoding.EncodeToString(bytes)
}
