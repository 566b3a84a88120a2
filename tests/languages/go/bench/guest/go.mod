module bench/guest

go 1.24

require (
	bench/work v0.0.0
	github.com/sqlservice/sqlservice/guest-sdk/go v0.0.0
)

replace (
	bench/work => ../work
	github.com/sqlservice/sqlservice/guest-sdk/go => ../../../../../guest-sdk/go
)
