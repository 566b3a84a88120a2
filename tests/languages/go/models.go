package main

import (
	"time"

	"github.com/sqlservice/sqlservice/guest-sdk/go"
)

// User is a row of the table users.
//
//sqlservice:model users
type User struct {
	ID      int64            `db:"id,primarykey,generated"`
	Name    string           `db:"name,size=64,unique"`
	Email   *string          `db:"email"`
	Active  *bool            `db:"active,notnull,default=true"`
	Born    *sqlservice.Date `db:"born"`
	Devices []*Device        `rel:"devices,cascade=saveupdate|delete|deleteorphan"`
}

// Device is a row of the table devices.
//
//sqlservice:model devices
type Device struct {
	ID     int64      `db:"id,primarykey,generated"`
	UserID int64      `db:"user_id,references=users.id,ondelete=cascade,unique=uq_devices"`
	Name   string     `db:"name,size=64,unique=uq_devices"`
	Seen   *time.Time `db:"seen"`
	User   *User      `rel:"user"`
	Tags   []*Tag     `rel:"tags,through=device_tags"`
}

// Tag is a row of the table tags.
//
//sqlservice:model tags
type Tag struct {
	ID    int64  `db:"id,primarykey,generated"`
	Label string `db:"label,size=32,unique"`
}

// DeviceTag is a row of the table device_tags.
//
//sqlservice:model device_tags
type DeviceTag struct {
	DeviceID int64 `db:"device_id,primarykey,references=devices.id,ondelete=cascade"`
	TagID    int64 `db:"tag_id,primarykey,references=tags.id,ondelete=cascade"`
}

// Account is a row of the table accounts.
//
//sqlservice:model accounts
type Account struct {
	ID      int64              `db:"id,primarykey"`
	Owner   string             `db:"owner,size=64"`
	Balance sqlservice.Decimal `db:"balance,precision=20,scale=4"`
	Version int64              `db:"version,version"`
}

// Kind is a row of the table kinds: a column of each kind.
//
//sqlservice:model kinds
type Kind struct {
	ID  int64                 `db:"id,primarykey"`
	B   *bool                 `db:"b"`
	I16 *int16                `db:"i16"`
	I32 *int32                `db:"i32"`
	I64 *int64                `db:"i64"`
	F64 *float64              `db:"f64"`
	Dec *sqlservice.Decimal   `db:"dec,precision=20,scale=4"`
	T   *string               `db:"t"`
	V   *string               `db:"v,size=20"`
	By  *[]byte               `db:"by"`
	U   *sqlservice.UUID      `db:"u"`
	J   *sqlservice.JSON      `db:"j"`
	D   *sqlservice.Date      `db:"d"`
	Ti  *sqlservice.TimeOfDay `db:"ti"`
	Ts  *sqlservice.Timestamp `db:"ts"`
	Tz  *time.Time            `db:"tz"`
}
