module bench

go 1.24

require github.com/sqlservice/sqlservice/guest-sdk/go v0.0.0

replace github.com/sqlservice/sqlservice/guest-sdk/go => ../../../../../guest-sdk/go
