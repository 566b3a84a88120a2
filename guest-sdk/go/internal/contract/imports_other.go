//go:build !wasip1

package contract

// Outside of a component there is no host, and abi.Import never calls one.

func databaseOpen(_, _, _, _, _, _, _ uint32) {}

func databaseDrop(_ uint32) {}

func databaseDialect(_, _ uint32) {}

func databaseCapabilities(_, _ uint32) {}

func databaseLimits(_, _ uint32) {}

func databaseTables(_, _ uint32) {}

func databasePing(_, _ uint32) {}

func databaseConnect(_, _ uint32) {}

func databaseSession(_, _ uint32) {}

func databaseBegin(_, _, _, _, _, _ uint32) {}

func databaseCreateAll(_, _, _, _, _ uint32) {}

func databaseDropAll(_, _, _, _, _ uint32) {}

func databaseReflect(_, _, _, _, _, _, _, _ uint32) {}

func sessionDrop(_ uint32) {}

func cursorDrop(_ uint32) {}

func preparedDrop(_ uint32) {}

func savepointDrop(_ uint32) {}

func cursorNextBatch(_, _, _, _ uint32) {}

func preparedColumns(_, _ uint32) {}

func savepointRelease(_, _ uint32) {}

func savepointRollback(_, _ uint32) {}

func sessionExecute(_, _ uint32) {}

func sessionPrepare(_, _ uint32) {}

func sessionRun(_, _, _, _, _, _, _ uint32, _ uint64, _, _, _ uint32) {}

func sessionInsertMany(_, _, _, _, _, _, _, _, _, _, _, _, _ uint32, _ uint64, _, _, _ uint32) {}

func sessionLoad(_, _ uint32) {}

func sessionFlush(_, _, _, _ uint32) {}

func sessionBegin(_, _, _, _, _, _ uint32) {}

func sessionBeginNested(_, _ uint32) {}

func sessionCommit(_, _ uint32) {}

func sessionRollback(_, _ uint32) {}

func sessionSetIsolation(_, _, _ uint32) {}

func sessionGetIsolation(_, _ uint32) {}

func sessionReflect(_, _, _, _, _, _, _, _ uint32) {}

func sessionInTransaction(_ uint32) uint32 { return 0 }

func sessionClose(_, _ uint32) {}

func rawExecute(_, _, _, _, _, _, _, _ uint32, _ uint64, _, _, _ uint32) {}
