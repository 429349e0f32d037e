package main

import (
	"bufio"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"sync"
	"time"
)

type uuid [16]byte

// crypto/rand asks the kernel at each read; from these buffers, one read in a few hundred ids does.
var randomness = sync.Pool{New: func() any { return bufio.NewReaderSize(rand.Reader, 4096) }}

func randomBytes(out []byte) {
	reader := randomness.Get().(*bufio.Reader)
	defer randomness.Put(reader)
	if _, err := io.ReadFull(reader, out); err != nil {
		panic(err) // the kernel has no randomness: no id can be given
	}
}

// RFC 9562 section 5.7.
func newUUIDv7(now time.Time) uuid {
	var id uuid
	randomBytes(id[6:])
	milliseconds := uint64(now.UnixMilli())
	binary.BigEndian.PutUint16(id[0:], uint16(milliseconds>>32))
	binary.BigEndian.PutUint32(id[2:], uint32(milliseconds))
	id.mark(7)
	return id
}

// RFC 9562 section 5.8, over SHA-256: the same name gives the same id.
func nameUUID(name string) uuid {
	sum := sha256.Sum256([]byte(name))
	var id uuid
	copy(id[:], sum[:])
	id.mark(8)
	return id
}

func (id *uuid) mark(version byte) {
	id[6] = id[6]&0x0f | version<<4
	id[8] = id[8]&0x3f | 0x80
}

func (id uuid) appendText(out []byte) []byte {
	var text [36]byte
	hex.Encode(text[0:8], id[0:4])
	text[8] = '-'
	hex.Encode(text[9:13], id[4:6])
	text[13] = '-'
	hex.Encode(text[14:18], id[6:8])
	text[18] = '-'
	hex.Encode(text[19:23], id[8:10])
	text[23] = '-'
	hex.Encode(text[24:], id[10:16])
	return append(out, text[:]...)
}

func (id uuid) text() string { return string(id.appendText(nil)) }

// W3C Trace Context, sampled, as user-service makes it for a request that brings none.
func newTraceparent() string {
	var ids [24]byte
	randomBytes(ids[:])
	text := make([]byte, 55)
	copy(text, "00-")
	hex.Encode(text[3:35], ids[:16])
	text[35] = '-'
	hex.Encode(text[36:52], ids[16:])
	copy(text[52:], "-01")
	return string(text)
}
