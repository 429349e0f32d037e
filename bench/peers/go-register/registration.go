package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/mail"
	"regexp"
	"unicode"
	"unicode/utf8"
)

const (
	emailBytesMax     = 254 // RFC 5321 section 4.5.3.1.3, less the angle brackets
	nameCharactersMax = 200
)

// The form of E.164 only. user-service looks the number up in libphonenumber's tables, which costs more.
var e164 = regexp.MustCompile(`^\+[1-9][0-9]{7,14}$`)

// nil: absent or null.
type form struct {
	Email *string `json:"email"`
	Phone *string `json:"phone"`
	Name  *string `json:"name"`
}

// {"email","phone","name"}: email or phone must be there, other members are ignored.
func parseRegistration(body []byte) (user, *problem) {
	var f form
	if err := json.Unmarshal(body, &f); err != nil {
		var wrongType *json.UnmarshalTypeError
		if errors.As(err, &wrongType) && wrongType.Field != "" {
			return user{}, invalid(wrongType.Field, "must be a string")
		}
		return user{}, &problem{"not-json", "Not a JSON object", http.StatusBadRequest, err.Error(), ""}
	}
	var u user
	if f.Email != nil {
		if !isEmail(*f.Email) {
			return user{}, invalid("email", "is not an e-mail address")
		}
		u.email = *f.Email
	}
	if f.Phone != nil {
		if !e164.MatchString(*f.Phone) {
			return user{}, invalid("phone", "is not a phone number in international form (+491701234567)")
		}
		u.phone = *f.Phone
	}
	if f.Name != nil {
		if !isName(*f.Name) {
			return user{}, invalid("name", "is empty, longer than 200 characters or holds control characters")
		}
		u.name = *f.Name
	}
	if u.email == "" && u.phone == "" {
		return user{}, invalid("email", "or phone is needed")
	}
	return u, nil
}

func invalid(field, what string) *problem {
	return &problem{"invalid-value", "Invalid value", http.StatusUnprocessableEntity, field + " " + what + ".", field}
}

// net/mail also takes "Anna <anna@example.org>" and comments, which are no addresses.
func isEmail(text string) bool {
	if len(text) > emailBytesMax {
		return false
	}
	address, err := mail.ParseAddress(text)
	return err == nil && address.Address == text
}

func isName(text string) bool {
	if text == "" || utf8.RuneCountInString(text) > nameCharactersMax {
		return false
	}
	for _, r := range text {
		if unicode.IsControl(r) {
			return false
		}
	}
	return true
}
