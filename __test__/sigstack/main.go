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
	port := flag.Int("port", 0, "the first of ten ports; 0 takes any that are free")
	tied := flag.Bool("tied", false, "end when standard input does, so that no killed parent leaves this behind")
	flag.Parse()
	if *dir == "" {
		log.Fatal("-dir is missing")
	}

	doors := newDoors(*port)
	control := doors.openControl()
	oidc := startOIDC(doors)
	ct := startCT(doors)
	fulcio := startFulcio(doors, oidc, ct)
	tsa := startTSA(doors)
	rekor1 := startRekor1(doors)
	rekor2 := startRekor2(doors, *dir)
	trust := trustOf(fulcio, ct, tsa, rekor1, rekor2, oidc)
	tuf := startTUF(doors, trust)
	writeAll(*dir, trust, map[string]any{
		"oidc": oidc.url, "fulcio": fulcio.url, "ct": ct.url, "tsa": tsa.url, "rekor1": rekor1.url, "rekor2": rekor2.url,
		"tuf": tuf.url, "control": control, "client": confidential, "pid": os.Getpid(),
	}, tuf.root)

	fmt.Println("ready")
	if *tied {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	select {}
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
