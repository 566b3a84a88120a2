// The work of the benchmark in Go, with the functions and sizes of tests/guests/reader: it is measured against the program in
// ../native, which does the same without a sandbox.
package main

import (
	"context"
	"fmt"

	sql "github.com/sqlservice/sqlservice/guest-sdk/go"
)

// User is a row of the shared benchmark's table.
//
//sqlservice:model users
type User struct {
	ID      int64   `db:"id,primarykey,generated"`
	Name    string  `db:"name,size=64"`
	Email   *string `db:"email,size=128"`
	Score   float64
	Active  bool
	Created int64
	Devices []*Device `rel:"devices"`
}

// Device is something of a user's.
//
//sqlservice:model devices
type Device struct {
	ID     int64  `db:"id,primarykey,generated"`
	UserID int64  `db:"user_id,references=users.id,index"`
	Name   string `db:"name,size=64"`
}

const atOnce = 10_000

func user(i int64) User {
	u := User{Name: fmt.Sprintf("user-%08d-abcdefgh", i), Score: float64(i) * 0.5, Active: i%2 == 0, Created: 1_700_000_000_000_000 + i}
	if i%7 != 0 {
		email := fmt.Sprintf("user-%08d@example.org-0123456789", i)
		u.Email = &email
	}
	return u
}

func users(start, count int64) []User {
	list := make([]User, count)
	for i := range list {
		list[i] = user(start + int64(i))
	}
	return list
}

// withSession does work in a session.
func withSession(ctx context.Context, open func(*sql.Database) (*sql.Session, error), work func(*sql.Session) error) error {
	db, err := sql.Open(ctx, "default")
	if err != nil {
		return err
	}
	defer db.Close()
	s, err := open(db)
	if err != nil {
		return err
	}
	defer s.Close()
	return work(s)
}

func reading(ctx context.Context, work func(*sql.Session) error) error {
	return withSession(ctx, func(db *sql.Database) (*sql.Session, error) { return db.Session(ctx) }, work)
}

func writing(ctx context.Context, work func(*sql.Session) error) error {
	return withSession(ctx, func(db *sql.Database) (*sql.Session, error) { return db.Begin(ctx) }, func(s *sql.Session) error {
		if err := work(s); err != nil {
			return err
		}
		return s.Commit(ctx)
	})
}

// Prepare makes the tables with so many users, the newest of whom have devices.
//
//sqlservice:export
func Prepare(ctx context.Context, rows uint32) error {
	db, err := sql.Open(ctx, "default")
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.DropAll(ctx); err != nil {
		return err
	}
	if _, err := db.CreateAll(ctx); err != nil {
		return err
	}
	return writing(ctx, func(s *sql.Session) error {
		for start := int64(0); start < int64(rows); start += atOnce {
			if err := sql.InsertMany(ctx, s, Users, users(start, min(atOnce, int64(rows)-start))); err != nil {
				return err
			}
		}
		owners, err := sql.Select[int64](Users.ID).From(Users).OrderBy(Users.ID.Desc()).Limit(2_000).All(ctx, s)
		if err != nil {
			return err
		}
		var devices []Device
		for _, owner := range owners {
			for k := range 2 {
				devices = append(devices, Device{UserID: owner, Name: fmt.Sprintf("dev-%d-%d", owner, k)})
			}
		}
		return sql.InsertMany(ctx, s, Devices, devices)
	})
}

// Sum is how many rows were read, and a number made of all their values.
type Sum struct {
	Count uint64
	Sum   int64
}

func (s *Sum) add(u *User) {
	texts := len(u.Name)
	if u.Email != nil {
		texts += len(*u.Email)
	}
	s.Count++
	s.Sum += u.ID + int64(texts) + int64(u.Score) + u.Created
	if u.Active {
		s.Sum++
	}
}

// Read reads all users.
//
//sqlservice:export
func Read(ctx context.Context) (int64, error) {
	var sum Sum
	err := reading(ctx, func(s *sql.Session) error {
		for u, err := range sql.From(Users).BatchRows(1_024).Rows(ctx, s) {
			if err != nil {
				return err
			}
			sum.add(u)
		}
		return nil
	})
	return sum.Sum, err
}

// key is the key that is asked for in turn k.
func key(k, rows uint32) int64 { return int64(uint64(k)*7_919%uint64(rows)) + 1 }

// Point reads single users by a prepared statement.
//
//sqlservice:export
func Point(ctx context.Context, count, rows uint32) (sum int64, err error) {
	err = reading(ctx, func(s *sql.Session) error {
		byID, err := sql.From(Users).Where(sql.Eq(Users.ID, sql.Param[int64](0))).Prepare(ctx, s)
		if err != nil {
			return err
		}
		defer byID.Close()
		for k := range count {
			u, err := byID.One(ctx, s, key(k, rows))
			if err != nil {
				return err
			}
			sum += u.Created
		}
		return nil
	})
	return sum, err
}

// Built reads single users by statements that are built each time.
//
//sqlservice:export
func Built(ctx context.Context, count, rows uint32) (sum int64, err error) {
	err = reading(ctx, func(s *sql.Session) error {
		for k := range count {
			u, err := sql.From(Users).Where(Users.ID.Eq(key(k, rows))).One(ctx, s)
			if err != nil {
				return err
			}
			sum += u.Created
		}
		return nil
	})
	return sum, err
}

// Insert inserts users at once.
//
//sqlservice:export
func Insert(ctx context.Context, start, count uint32) (uint64, error) {
	err := writing(ctx, func(s *sql.Session) error {
		return sql.InsertMany(ctx, s, Users, users(int64(start), int64(count)))
	})
	return uint64(count), err
}

// Load reads users as objects that the session knows.
//
//sqlservice:export
func Load(ctx context.Context, count uint32) (sum int64, err error) {
	err = reading(ctx, func(s *sql.Session) error {
		list, err := sql.From(Users).Limit(int(count)).All(ctx, s)
		for _, u := range list {
			sum += u.ID
		}
		return err
	})
	return sum, err
}

// Flush adds users with two devices each.
//
//sqlservice:export
func Flush(ctx context.Context, start, count uint32) (int64, error) {
	err := writing(ctx, func(s *sql.Session) error {
		objects := make([]any, count)
		for i, u := range users(int64(start), int64(count)) {
			for k := range 2 {
				u.Devices = append(u.Devices, &Device{Name: fmt.Sprintf("dev-%d-%d", int(start)+i, k)})
			}
			objects[i] = &u
		}
		return s.Save(ctx, objects...)
	})
	return int64(count) * 3, err
}

// Dirty changes users.
//
//sqlservice:export
func Dirty(ctx context.Context, count uint32) (changed int64, err error) {
	err = writing(ctx, func(s *sql.Session) error {
		list, err := sql.From(Users).OrderBy(Users.ID.Desc()).Limit(int(count)).All(ctx, s)
		if err != nil {
			return err
		}
		objects := make([]any, len(list))
		for i, u := range list {
			u.Score++
			objects[i] = u
		}
		changed = int64(len(list))
		return s.Save(ctx, objects...)
	})
	return changed, err
}

// Eager reads users with their devices.
//
//sqlservice:export
func Eager(ctx context.Context, count uint32) (devices int64, err error) {
	err = reading(ctx, func(s *sql.Session) error {
		list, err := sql.From(Users).OrderBy(Users.ID.Desc()).Limit(int(count)).Preload(Users.Devices).All(ctx, s)
		for _, u := range list {
			devices += int64(len(u.Devices))
		}
		return err
	})
	return devices, err
}

// Cross commits nothing, so many times.
//
//sqlservice:export
func Cross(ctx context.Context, count uint32) (int64, error) {
	err := reading(ctx, func(s *sql.Session) error {
		for range count {
			if err := s.Commit(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	return int64(count), err
}

// One reads one user.
//
//sqlservice:export
func One(ctx context.Context, id int64) (created int64, err error) {
	err = reading(ctx, func(s *sql.Session) error {
		u, err := sql.From(Users).Where(Users.ID.Eq(id)).One(ctx, s)
		if err == nil {
			created = u.Created
		}
		return err
	})
	return created, err
}

// Nothing does nothing.
//
//sqlservice:export
func Nothing() {}
