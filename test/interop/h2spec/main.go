// Runs h2spec, a conformance suite for HTTP/2 servers, against a port of this machine and prints its report.
// usage: h2spec PORT [SECTION...]
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/summerwind/h2spec"
	"github.com/summerwind/h2spec/config"
)

func main() {
	port, err := strconv.Atoi(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "usage: h2spec PORT [SECTION...]")
		os.Exit(2)
	}
	settings := &config.Config{
		Host: "127.0.0.1", Port: port, Path: "/", Timeout: 5 * time.Second,
		MaxHeaderLen: 4000, Strict: true, Sections: os.Args[2:],
	}
	if _, err := h2spec.Run(settings); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
