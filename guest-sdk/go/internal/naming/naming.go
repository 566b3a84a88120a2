// Package naming converts between names in Go, databases and WIT.
package naming

import "strings"

// Snake converts UserID to user_id.
func Snake(name string) string { return words(name, '_') }

// Kebab converts UserID to user-id.
func Kebab(name string) string { return words(name, '-') }

func words(name string, between byte) string {
	var out strings.Builder
	runes := []rune(name)
	upper := func(i int) bool { return i >= 0 && i < len(runes) && runes[i] >= 'A' && runes[i] <= 'Z' }
	for i, r := range runes {
		if r == '_' {
			out.WriteByte(between)
			continue
		}
		if upper(i) {
			next := i+1 < len(runes) && !upper(i+1) && runes[i+1] != '_'
			if i > 0 && runes[i-1] != '_' && (!upper(i-1) || next) {
				out.WriteByte(between)
			}
			r += 'a' - 'A'
		}
		out.WriteRune(r)
	}
	return out.String()
}

// Camel converts user_devices to UserDevices.
func Camel(name string) string {
	var out strings.Builder
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '-' || r == '.' }) {
		if word == "id" {
			word = "ID"
		}
		out.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return out.String()
}
