// SPDX-License-Identifier: Apache-2.0

// Sigstack is a whole Sigstore in one process on loopback, for tests: what can be the real servers' own packages is, and
// every trust root is made anew at each start. It writes what a client has to know into a folder and prints "ready".
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
)

func main() {
	dir := flag.String("dir", "", "where to write the trust configuration and the logs; has to exist")
	port := flag.Int("port", 0, "the first of twelve ports; 0 takes any that are free")
	tied := flag.Bool("tied", false, "end when standard input does, so that no killed parent leaves this behind")
	flag.Parse()
	if *dir == "" {
		log.Fatal("-dir is missing")
	}

	doors := newDoors(*port)
	control := doors.openControl()
	s := start(doors, *dir)
	trust := s.trust()
	tuf := startTUF(doors, trust)
	writeAll(*dir, trust, map[string]any{
		"oidc": s.oidc.url, "fulcio": s.fulcio.url, "ct": s.ct.url, "tsa": s.tsa.url, "rekor1": s.rekor1.url,
		"rekor2": s.rekor2.url, "tsaSecond": s.tsaSecond.url, "rekor1Second": s.rekor1Second.url,
		"tuf": tuf.url, "control": control, "client": confidential, "pid": os.Getpid(),
	}, tuf.root)

	fmt.Println("ready")
	if *tied {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	select {}
}

// Services are what an instance is made of: one of each, and a second operator's for clients that want several.
type services struct {
	oidc                 *oidc
	ct                   *ctLog
	fulcio               *fulcio
	tsa, tsaSecond       *tsa
	rekor1, rekor1Second *rekor1
	rekor2               *rekor2
}

func start(d *doors, dir string) *services {
	oidc, ct := startOIDC(d), startCT(d)
	return &services{
		oidc: oidc, ct: ct, fulcio: startFulcio(d, oidc, ct),
		tsa: startTSA(d, "tsa"), tsaSecond: startTSA(d, "tsaSecond"),
		rekor1: startRekor1(d, "rekor1"), rekor1Second: startRekor1(d, "rekor1Second"), rekor2: startRekor2(d, dir),
	}
}

// Must is for what cannot fail in a test stack. In a handler it costs the client its connection, not us the process.
func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
