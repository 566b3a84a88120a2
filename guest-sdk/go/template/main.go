// A plugin that keeps notes. It knows its database by a name; who runs it decides which one that is.
package main

import (
	"context"

	"github.com/sqlservice/sqlservice/guest-sdk/go"
)

// Note is a row of the table notes.
//
//sqlservice:model notes
type Note struct {
	ID   int64 `db:"id,primarykey,generated"`
	Text string
	Done bool
}

// AddNote keeps a note and returns its key.
//
//sqlservice:export
func AddNote(ctx context.Context, text string) (int64, error) {
	db, err := open(ctx)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	note := Note{Text: text}
	// Committed at its end; an error rolls it back.
	err = db.Transaction(ctx, func(s *sqlservice.Session) error { return s.Save(ctx, &note) })
	return note.ID, err
}

// ListNotes is the texts of all notes that are not done.
//
//sqlservice:export notes
func ListNotes(ctx context.Context) ([]string, error) {
	db, err := open(ctx)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	session, err := db.Session(ctx)
	if err != nil {
		return nil, err
	}
	defer session.Close()
	texts := sqlservice.Select[string](Notes.Text).From(Notes).Where(Notes.Done.Eq(false)).OrderBy(Notes.ID.Asc())
	return texts.All(ctx, session)
}

func open(ctx context.Context) (*sqlservice.Database, error) {
	db, err := sqlservice.Open(ctx, "default")
	if err == nil {
		_, err = db.CreateAll(ctx)
	}
	return db, err
}
