module github.com/sqlservice/sqlservice/guest-sdk/go

go 1.24
