// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
)

// A fault is what a test wants to go wrong, and with which requests.
type fault struct {
	Service string `json:"service"`
	Lane    string `json:"lane"`  // only requests of this lane; empty: any
	Path    string `json:"path"`  // only requests whose path has this in it
	Above   int    `json:"above"` // only requests whose body is longer
	Times   int    `json:"times"` // how many requests; 0: one; below 0: all until the reset

	HangMs  int               `json:"hangMs"`  // wait before anything else
	Late    bool              `json:"late"`    // let the service do its work first, then lose its answer
	Drop    bool              `json:"drop"`    // close the connection without an answer
	Status  int               `json:"status"`  // answer this
	Body    string            `json:"body"`    // with this, or with a message as services give it
	Headers map[string]string `json:"headers"` // and with these
	Forge   string            `json:"forge"`   // let the service itself answer something wrong; each says what it can
	Shift   int               `json:"shift"`   // how many seconds its clock is off meanwhile
}

// A visit is a request that came in; tests count them.
type visit struct {
	Service string `json:"service"`
	Lane    string `json:"lane"`
	Method  string `json:"method"`
	Path    string `json:"path"`
	Size    int    `json:"size"`
}

type faults struct {
	lock    sync.Mutex
	waiting []*fault
	visits  []visit
	orders  http.ServeMux
}

func (f *faults) control() http.Handler {
	f.orders.HandleFunc("POST /faults", func(w http.ResponseWriter, r *http.Request) {
		var wanted fault
		decoder := json.NewDecoder(r.Body)
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&wanted); err != nil {
			refuse(w, http.StatusBadRequest, err)
			return
		}
		if wanted.Times == 0 {
			wanted.Times = 1
		}
		f.lock.Lock()
		defer f.lock.Unlock()
		f.waiting = append(f.waiting, &wanted)
		reply(w, http.StatusOK, wanted)
	})
	f.orders.HandleFunc("DELETE /faults", func(w http.ResponseWriter, r *http.Request) {
		f.lock.Lock()
		defer f.lock.Unlock()
		lane := r.URL.Query().Get("lane")
		f.waiting = slices.DeleteFunc(f.waiting, func(other *fault) bool { return lane == "" || other.Lane == lane })
		reply(w, http.StatusOK, nil)
	})
	f.orders.HandleFunc("GET /visits", func(w http.ResponseWriter, _ *http.Request) {
		f.lock.Lock()
		defer f.lock.Unlock()
		reply(w, http.StatusOK, append([]visit{}, f.visits...))
	})
	return &f.orders
}

// Apply lets a request meet its fault, or else its service.
func (f *faults) apply(service, lane string, handler http.Handler, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	found := f.take(visit{service, lane, r.Method, r.URL.Path, len(body)})
	if found == nil {
		handler.ServeHTTP(w, r)
		return
	}
	select {
	case <-time.After(time.Duration(found.HangMs) * time.Millisecond):
	case <-r.Context().Done():
		return
	}
	r = r.WithContext(context.WithValue(r.Context(), faultKey{}, found))
	if found.Late {
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	switch {
	case found.Drop:
		panic(http.ErrAbortHandler)
	case found.Status != 0:
		found.answer(w)
	default:
		handler.ServeHTTP(w, r)
	}
}

// Take notes a visit and takes the first fault that waits for it.
func (f *faults) take(v visit) *fault {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.visits = append(f.visits, v)
	at := slices.IndexFunc(f.waiting, func(one *fault) bool {
		mine := one.Service == v.Service && (one.Lane == "" || one.Lane == v.Lane)
		return mine && strings.Contains(v.Path, one.Path) && (one.Above == 0 || v.Size > one.Above)
	})
	if at < 0 {
		return nil
	}
	found := f.waiting[at]
	if found.Times--; found.Times == 0 {
		f.waiting = slices.Delete(f.waiting, at, at+1)
	}
	return found
}

func (one *fault) answer(w http.ResponseWriter) {
	for name, value := range one.Headers {
		w.Header().Set(name, value)
	}
	if one.Body == "" {
		refuse(w, one.Status, http.StatusText(one.Status))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(one.Status)
	_, _ = io.WriteString(w, one.Body)
}

type faultKey struct{}

// FaultOf is what a service has to do wrong with this request; nothing, in most cases.
func faultOf(ctx context.Context) fault {
	if found, ok := ctx.Value(faultKey{}).(*fault); ok {
		return *found
	}
	return fault{}
}

// Now is the time by the clock of a service.
func (one fault) now() time.Time { return time.Now().Add(time.Duration(one.Shift) * time.Second) }
