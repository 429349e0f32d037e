package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"sync"
	"time"
)

type service struct {
	events *events
	users  *users // nil: users are not kept
}

type user struct {
	id           uuid
	email        string // empty: none
	phone        string // E.164, empty: none
	name         string // empty: none
	registeredAt time.Time
}

// application/problem+json (RFC 9457).
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Field  string `json:"field,omitempty"`
}

var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func (s *service) register(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		refuse(w, problem{"method-not-allowed", "Method not allowed", http.StatusMethodNotAllowed, "Send a POST.", ""})
		return
	}
	u, fault := readRegistration(w, r)
	if fault != nil {
		refuse(w, *fault)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), answerDeadline)
	defer cancel()

	u.registeredAt = time.Now().UTC()
	u.id = newUUIDv7(u.registeredAt)
	if s.users != nil {
		switch known, err := s.users.register(ctx, u); {
		case errors.Is(err, errConflict):
			refuse(w, problem{"conflict", "Conflict", http.StatusConflict,
				"The e-mail address is registered with another phone number.", "email"})
			return
		case err != nil:
			unavailable(w, r, "The store can't take the registration now; repeat it.", err)
			return
		default:
			u = known
		}
	}
	if err := s.events.append(ctx, u, r.Header.Get("Traceparent")); err != nil {
		unavailable(w, r, "The log can't take the event now; repeat the request.", err)
		return
	}
	body := make([]byte, 0, 96)
	body = append(body, `{"status":"success","user_id":"user_`...)
	body = u.id.appendText(body)
	body = append(body, `"}`...)
	w.Header()["Content-Type"] = jsonType
	w.Write(body)
}

var jsonType = []string{"application/json"}

func readRegistration(w http.ResponseWriter, r *http.Request) (user, *problem) {
	buffer := bodies.Get().(*bytes.Buffer)
	defer bodies.Put(buffer)
	buffer.Reset()
	if _, err := io.Copy(buffer, http.MaxBytesReader(w, r.Body, bodyBytesMax)); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return user{}, &problem{"too-large", "Body too large", http.StatusRequestEntityTooLarge,
				"The body is larger than 64 KiB.", ""}
		}
		return user{}, &problem{"not-json", "Not a JSON object", http.StatusBadRequest, "The body ended early.", ""}
	}
	return parseRegistration(buffer.Bytes())
}

func unavailable(w http.ResponseWriter, r *http.Request, detail string, err error) {
	if r.Context().Err() == nil { // else the client left, which nobody needs to know
		log.Printf("503: %v", err)
	}
	w.Header().Set("Retry-After", "1")
	refuse(w, problem{"unavailable", "Service unavailable", http.StatusServiceUnavailable, detail, ""})
}

func refuse(w http.ResponseWriter, p problem) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p)
}
