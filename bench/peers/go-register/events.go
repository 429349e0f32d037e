package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	topicPartitions = 8
	eventType       = "user_registered"
	rfc3339Micro    = "2006-01-02T15:04:05.000000Z"
)

// The value of a record: src/model/event.h.
type event struct {
	EventType string `json:"event_type"`
	UserID    string `json:"user_id"`
	Email     string `json:"email"`
	Phone     string `json:"phone"`
	Timestamp string `json:"timestamp"`
	Data      *data  `json:"data,omitempty"`
}

type data struct {
	Name string `json:"name"`
}

// One client for all requests: it batches what is in flight, and produces idempotently with acks=all.
type events struct {
	client *kgo.Client
}

func openEvents(ctx context.Context, brokers []string, topic string) (*events, error) {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(brokers...),
		kgo.DefaultProduceTopic(topic),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerLinger(0),
		// franz-go would compress with snappy: CPU time spent for bytes that user-service doesn't save either.
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.RecordDeliveryTimeout(answerDeadline),
	)
	if err != nil {
		return nil, fmt.Errorf("-brokers: %w", err)
	}
	if err := createTopic(ctx, client, topic); err != nil {
		client.Close()
		return nil, fmt.Errorf("making the topic %s: %w", topic, err)
	}
	return &events{client}, nil
}

func createTopic(ctx context.Context, client *kgo.Client, topic string) error {
	wanted := kmsg.NewCreateTopicsRequestTopic()
	wanted.Topic, wanted.NumPartitions, wanted.ReplicationFactor = topic, topicPartitions, -1
	request := kmsg.NewPtrCreateTopicsRequest()
	request.Topics = append(request.Topics, wanted)
	response, err := request.RequestWith(ctx, client)
	if err != nil {
		return err
	}
	for _, made := range response.Topics {
		if err := kerr.ErrorForCode(made.ErrorCode); err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			return err
		}
	}
	return nil
}

func (e *events) close() { e.client.Close() }

// Returns nil only after the broker has confirmed the record.
func (e *events) append(ctx context.Context, u user, traceparent string) error {
	record, err := recordOf(u, traceparent)
	if err != nil {
		return err
	}
	confirmed := make(chan error, 1)
	e.client.Produce(ctx, record, func(_ *kgo.Record, err error) { confirmed <- err })
	select {
	case err := <-confirmed:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func recordOf(u user, traceparent string) (*kgo.Record, error) {
	id := "user_" + u.id.text()
	time := u.registeredAt.Format(rfc3339Micro)
	value := event{EventType: eventType, UserID: id, Email: u.email, Phone: u.phone, Timestamp: time}
	if u.name != "" {
		value.Data = &data{u.name}
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	if traceparent == "" {
		traceparent = newTraceparent()
	}
	return &kgo.Record{
		Key:   []byte(id),
		Value: encoded,
		Headers: []kgo.RecordHeader{
			{Key: "ce_specversion", Value: []byte("1.0")},
			// Follows from the user, so that an event appended again is the same event.
			{Key: "ce_id", Value: []byte(nameUUID(eventType + "\x00" + id).text())},
			{Key: "ce_type", Value: []byte(eventType)},
			{Key: "ce_source", Value: []byte("/user-service")},
			{Key: "ce_time", Value: []byte(time)},
			{Key: "content-type", Value: []byte("application/json")},
			{Key: "traceparent", Value: []byte(traceparent)},
		},
	}, nil
}
