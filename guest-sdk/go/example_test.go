package sqlservice_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/sqlservice/sqlservice/guest-sdk/go"
)

// User is a row of the table users.
//
//sqlservice:model users
type User struct {
	ID      int64     `db:"id,primarykey,generated"`
	Name    string    `db:"name,size=64,unique"`
	Email   *string   // null where nil
	Active  *bool     `db:"active,notnull,default=true"` // the default where nil
	Devices []*Device `rel:"devices,cascade=saveupdate|delete|deleteorphan"`
}

// Device is a row of the table devices.
//
//sqlservice:model devices
type Device struct {
	ID     int64 `db:"id,primarykey,generated"`
	UserID int64 `db:"user_id,references=users.id,ondelete=cascade"`
	Name   string
	User   *User `rel:"user"`
}

// What sqlservice-gen writes into sqlservice_gen.go.
var (
	Users = struct {
		sqlservice.Table[User]
		ID, Age sqlservice.Column[int64]
		Name    sqlservice.Column[string]
		Email   sqlservice.Column[string]
		Active  sqlservice.Column[bool]
		Devices sqlservice.Relation[User, Device]
	}{Table: sqlservice.Define[User]("users", ""), Name: sqlservice.NewColumn[string]("users", "name")}
	Devices = struct {
		sqlservice.Table[Device]
		UserID sqlservice.Column[int64]
		Name   sqlservice.Column[string]
	}{Table: sqlservice.Define[Device]("devices", "")}
)

func Example_queries() {
	_ = func(ctx context.Context, session *sqlservice.Session) error {
		users, err := sqlservice.From(Users).Where(Users.Name.StartsWith("a"), Users.Email.IsNotNull()).OrderBy(Users.ID.Desc()).Limit(10).All(ctx, session)
		if err != nil {
			return err
		}
		fmt.Println(len(users))

		type Owned struct {
			Name    string
			Devices int64
		}
		counts, err := sqlservice.Select[Owned](Users.Name, sqlservice.Count().As("devices")).
			From(Users).
			Join(Devices, sqlservice.Eq(Devices.UserID, Users.ID)).
			GroupBy(Users.Name).
			Having(sqlservice.Count().Gt(1)).
			All(ctx, session)
		if err != nil {
			return err
		}
		fmt.Println(counts)

		for user, err := range sqlservice.From(Users).Rows(ctx, session) {
			if err != nil {
				return err
			}
			fmt.Println(user.Name)
		}

		byName, err := sqlservice.From(Users).Where(sqlservice.Eq(Users.Name, sqlservice.Param[string](0))).Prepare(ctx, session)
		if err != nil {
			return err
		}
		defer byName.Close()
		ann, err := byName.One(ctx, session, "ann")
		if err != nil {
			return err
		}
		fmt.Println(ann.Name)
		return nil
	}
}

func Example_changes() {
	_ = func(ctx context.Context, session *sqlservice.Session, many []User) error {
		did, err := session.Exec(ctx, sqlservice.Update(Users).Set(Users.Active.Set(false)).Where(Users.Email.IsNull()))
		if err != nil {
			return err
		}
		fmt.Println(did.Affected)

		upsert := sqlservice.Insert(Users).
			Values(Users.Name.Set("ann"), Users.Email.Set("ann@x.org")).
			OnConflictUpdate([]sqlservice.Named{Users.Name}, Users.Email.SetTo(Users.Email.Excluded()))
		id, err := sqlservice.Returning[int64](upsert, Users.ID).One(ctx, session)
		if err != nil {
			return err
		}
		fmt.Println(id)

		return sqlservice.InsertMany(ctx, session, Users, many) // By columns, in one crossing; the keys are in many.
	}
}

func Example_objects() {
	_ = func(ctx context.Context, session *sqlservice.Session) error {
		user := &User{Name: "ann", Devices: []*Device{{Name: "phone"}, {Name: "tv"}}}
		if err := session.Save(ctx, user); err != nil { // All three rows in one crossing, with their keys.
			return err
		}

		// The users and their devices in one crossing.
		users, err := sqlservice.From(Users).Preload(Users.Devices).All(ctx, session)
		if err != nil {
			return err
		}
		users[0].Name = "anna"
		users[0].Devices = users[0].Devices[1:] // With deleteorphan, the device's row goes.
		return session.Save(ctx, users[0])
	}
}

func Example_sessions() {
	_ = func(ctx context.Context, db *sqlservice.Database, user *User) error {
		return db.Transaction(ctx, func(session *sqlservice.Session) error {
			err := session.Nested(ctx, func() error { return session.Save(ctx, user) }) // A savepoint.
			var failed *sqlservice.Error
			switch {
			case errors.Is(err, sqlservice.ErrUniqueViolation) && errors.As(err, &failed):
				fmt.Println("taken:", failed.Table, failed.Columns, failed.Constraint, failed.SQLState)
				return nil
			default:
				return err
			}
		}, sqlservice.WithIsolation(sqlservice.Serializable))
	}
}
