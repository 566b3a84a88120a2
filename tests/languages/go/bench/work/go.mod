module bench/work

go 1.24
