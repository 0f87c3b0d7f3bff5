// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"
	"time"
)

// Doors are the ports of the services. A request comes through the faults before it reaches its service.
//
// A path that starts with /~name belongs to the lane of that name: the same service, but with faults of its own, so that
// tests of one stack can run beside each other.
type doors struct {
	port   int
	faults *faults
}

func newDoors(port int) *doors { return &doors{port, &faults{}} }

// Open starts a service and returns its URL.
func (d *doors) open(service string, handler http.Handler) string {
	listener := must(net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", d.next())))
	url := fmt.Sprintf("http://localhost:%d", listener.Addr().(*net.TCPAddr).Port)
	server := &http.Server{Handler: d.through(service, handler), ReadHeaderTimeout: 10 * time.Second}
	go func() { log.Fatal(server.Serve(listener)) }()
	return url
}

// OpenControl starts the service that takes orders from tests; faults do not stand in its way.
func (d *doors) openControl() string { return d.open("", d.faults.control()) }

// Reserve finds a port for a server that opens it by itself.
func (d *doors) reserve() int {
	listener := must(net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", d.next())))
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func (d *doors) next() int {
	if d.port == 0 {
		return 0
	}
	d.port++
	return d.port - 1
}

func (d *doors) through(service string, handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lane := ""
		if rest, found := strings.CutPrefix(r.URL.Path, "/~"); found {
			lane, r.URL.Path, _ = strings.Cut(rest, "/")
			r.URL.Path, r.URL.RawPath = "/"+r.URL.Path, ""
		}
		if service == "" {
			handler.ServeHTTP(w, r)
			return
		}
		d.faults.apply(service, lane, handler, w, r)
	})
}

func reply(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}

// Refuse answers as the services do: with a code and a message.
func refuse(w http.ResponseWriter, status int, message any) {
	reply(w, status, map[string]any{"code": status, "message": fmt.Sprint(message)})
}
