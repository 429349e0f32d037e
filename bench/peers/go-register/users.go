package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	connectionsMax = 16
	schema         = `CREATE TABLE IF NOT EXISTS go_users (
		identity text PRIMARY KEY, id uuid NOT NULL, email text NOT NULL, phone text NOT NULL, name text NOT NULL,
		registered_at timestamptz NOT NULL)`
	insertUser = `INSERT INTO go_users (identity, id, email, phone, name, registered_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (identity) DO NOTHING RETURNING id`
	selectUser = `SELECT id, email, phone, name, registered_at FROM go_users WHERE identity = $1`
)

var errConflict = errors.New("the e-mail address is registered with another phone number")

// One statement a request, each its own transaction; pgx prepares it once on each connection.
type users struct {
	pool *pgxpool.Pool
}

func openUsers(ctx context.Context, url string) (*users, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("-database: %w", err)
	}
	config.MinConns, config.MaxConns = connectionsMax, connectionsMax
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("-database: %w", err)
	}
	if _, err := pool.Exec(ctx, schema); err != nil {
		pool.Close()
		return nil, fmt.Errorf("making the table in -database: %w", err)
	}
	return &users{pool}, nil
}

func (s *users) close() { s.pool.Close() }

// The user as stored: the one given, or the one who registered with this identity before.
func (s *users) register(ctx context.Context, u user) (user, error) {
	identity := strings.ToLower(u.email)
	if identity == "" {
		identity = u.phone
	}
	id := pgtype.UUID{Bytes: u.id, Valid: true}
	err := s.pool.QueryRow(ctx, insertUser, identity, id, u.email, u.phone, u.name, u.registeredAt).Scan(&id)
	if !errors.Is(err, pgx.ErrNoRows) {
		return u, err
	}
	known := user{}
	err = s.pool.QueryRow(ctx, selectUser, identity).Scan(&id, &known.email, &known.phone, &known.name, &known.registeredAt)
	if err == nil && known.phone != u.phone {
		err = errConflict
	}
	known.id, known.registeredAt = id.Bytes, known.registeredAt.UTC()
	return known, err
}
