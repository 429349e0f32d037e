// go-register is the peer that user-service is measured against: the same POST /register, written as a Go programmer
// would write it for speed: net/http, franz-go, pgx, one process that uses every core.
//
//	request ─▶ validate ─▶ PostgreSQL: who is it? (with -database) ─▶ Kafka, acks=all ─▶ the id
//
// An answer of 200 means that the event is confirmed by the broker, and with -database also that the user is committed.
// Cheaper than user-service, in its favour: no international domains, no check of the phone number beyond its form, no
// metrics, and a user registered twice has the event appended again, since it doesn't note that the first was durable.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

const (
	bodyBytesMax = 64 << 10
	// From the request to the answer; then 503, whatever PostgreSQL and Kafka do. As user-service has it.
	answerDeadline = 1800 * time.Millisecond
	startDeadline  = 30 * time.Second
	stopDeadline   = 10 * time.Second
)

func main() {
	port := flag.Int("port", 0, "listen here on 127.0.0.1; 0: a free port")
	brokers := flag.String("brokers", "", "Kafka's bootstrap servers, comma-separated")
	topic := flag.String("topic", "user-events", "append to this topic; made with 8 partitions if it is missing")
	database := flag.String("database", "", "URL of the PostgreSQL that keeps users unique; empty: users are not kept")
	flag.Parse()
	if *brokers == "" {
		fmt.Fprintln(os.Stderr, "go-register: -brokers is needed, e.g. -brokers 127.0.0.1:9092")
		os.Exit(2)
	}
	if err := serve(*port, strings.Split(*brokers, ","), *topic, *database); err != nil {
		log.Fatalf("go-register: %v", err)
	}
}

// Returns once SIGTERM or SIGINT came and every request begun is answered; an error when that takes too long.
func serve(port int, brokers []string, topic, database string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	starting, cancel := context.WithTimeout(ctx, startDeadline)
	defer cancel()

	events, err := openEvents(starting, brokers, topic)
	if err != nil {
		return err
	}
	defer events.close()
	service := &service{events: events}
	if database != "" {
		if service.users, err = openUsers(starting, database); err != nil {
			return err
		}
		defer service.users.close()
	}

	mux := http.NewServeMux()
	mux.HandleFunc("/register", service.register)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	fmt.Printf("port %d\n", listener.Addr().(*net.TCPAddr).Port)

	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.Background(), stopDeadline)
	defer cancel()
	return server.Shutdown(stopping)
}
