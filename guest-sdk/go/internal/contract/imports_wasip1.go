package contract

// The functions of the host as core WebAssembly imports: lists and texts are an address and a length, an option is a
// discriminant and a value, and the last argument is the address for the result.

//go:wasmimport sqlservice:database/databases@0.2.0 [static]database.open
//go:noescape
func databaseOpen(name, nameLen, tables, tablesLen, relationships, relationshipsLen, result uint32)

//go:wasmimport sqlservice:database/databases@0.2.0 [resource-drop]database
//go:noescape
func databaseDrop(database uint32)

//go:wasmimport sqlservice:database/databases@0.2.0 [method]database.dialect
//go:noescape
func databaseDialect(database, result uint32)

//go:wasmimport sqlservice:database/databases@0.2.0 [method]database.capabilities
//go:noescape
func databaseCapabilities(database, result uint32)

//go:wasmimport sqlservice:database/databases@0.2.0 [method]database.limits
//go:noescape
func databaseLimits(database, result uint32)

//go:wasmimport sqlservice:database/databases@0.2.0 [method]database.tables
//go:noescape
func databaseTables(database, result uint32)

//go:wasmimport sqlservice:database/databases@0.2.0 [method]database.ping
//go:noescape
func databasePing(database, result uint32)

//go:wasmimport sqlservice:database/databases@0.2.0 [method]database.connect
//go:noescape
func databaseConnect(database, result uint32)

//go:wasmimport sqlservice:database/databases@0.2.0 [method]database.session
//go:noescape
func databaseSession(database, result uint32)

//go:wasmimport sqlservice:database/databases@0.2.0 [method]database.begin
//go:noescape
func databaseBegin(database, isolation, readOnly, hasTimeout, timeout, result uint32)

//go:wasmimport sqlservice:database/databases@0.2.0 [method]database.create-all
//go:noescape
func databaseCreateAll(database, only, onlyLen, checkFirst, result uint32)

//go:wasmimport sqlservice:database/databases@0.2.0 [method]database.drop-all
//go:noescape
func databaseDropAll(database, only, onlyLen, checkFirst, result uint32)

//go:wasmimport sqlservice:database/databases@0.2.0 [method]database.reflect
//go:noescape
func databaseReflect(database, only, onlyLen, hasSchema, schema, schemaLen, views, result uint32)

//go:wasmimport sqlservice:database/sessions@0.2.0 [resource-drop]session
//go:noescape
func sessionDrop(session uint32)

//go:wasmimport sqlservice:database/sessions@0.2.0 [resource-drop]cursor
//go:noescape
func cursorDrop(cursor uint32)

//go:wasmimport sqlservice:database/sessions@0.2.0 [resource-drop]prepared
//go:noescape
func preparedDrop(prepared uint32)

//go:wasmimport sqlservice:database/sessions@0.2.0 [resource-drop]savepoint
//go:noescape
func savepointDrop(savepoint uint32)

//go:wasmimport sqlservice:database/sessions@0.2.0 [method]cursor.next-batch
//go:noescape
func cursorNextBatch(cursor, maxRows, maxBytes, result uint32)

//go:wasmimport sqlservice:database/sessions@0.2.0 [method]prepared.columns
//go:noescape
func preparedColumns(prepared, result uint32)

//go:wasmimport sqlservice:database/sessions@0.2.0 [static]savepoint.release
//go:noescape
func savepointRelease(savepoint, result uint32)

//go:wasmimport sqlservice:database/sessions@0.2.0 [static]savepoint.rollback
//go:noescape
func savepointRollback(savepoint, result uint32)

//go:wasmimport sqlservice:database/sessions@0.2.0 [method]session.execute
//go:noescape
func sessionExecute(arguments, result uint32)

//go:wasmimport sqlservice:database/sessions@0.2.0 [method]session.prepare
//go:noescape
func sessionPrepare(arguments, result uint32)

//go:wasmimport sqlservice:database/sessions@0.2.0 [method]session.run
//go:noescape
func sessionRun(session, prepared, parameters, parametersLen, hasTimeout, timeout, hasMax uint32, max uint64, hasBatch, batch, result uint32)

//go:wasmimport sqlservice:database/sessions@0.2.0 [method]session.insert-many
//go:noescape
func sessionInsertMany(session, table, tableLen, columns, columnsLen, rows, data, dataLen, returning, returningLen, hasTimeout, timeout, hasMax uint32, max uint64, hasBatch, batch, result uint32)

//go:wasmimport sqlservice:database/sessions@0.2.0 [method]session.load
//go:noescape
func sessionLoad(arguments, result uint32)

//go:wasmimport sqlservice:database/sessions@0.2.0 [method]session.flush
//go:noescape
func sessionFlush(session, changes, changesLen, result uint32)

//go:wasmimport sqlservice:database/sessions@0.2.0 [method]session.begin
//go:noescape
func sessionBegin(session, isolation, readOnly, hasTimeout, timeout, result uint32)

//go:wasmimport sqlservice:database/sessions@0.2.0 [method]session.begin-nested
//go:noescape
func sessionBeginNested(session, result uint32)

//go:wasmimport sqlservice:database/sessions@0.2.0 [method]session.commit
//go:noescape
func sessionCommit(session, result uint32)

//go:wasmimport sqlservice:database/sessions@0.2.0 [method]session.rollback
//go:noescape
func sessionRollback(session, result uint32)

//go:wasmimport sqlservice:database/sessions@0.2.0 [method]session.set-isolation
//go:noescape
func sessionSetIsolation(session, isolation, result uint32)

//go:wasmimport sqlservice:database/sessions@0.2.0 [method]session.get-isolation
//go:noescape
func sessionGetIsolation(session, result uint32)

//go:wasmimport sqlservice:database/sessions@0.2.0 [method]session.reflect
//go:noescape
func sessionReflect(session, only, onlyLen, hasSchema, schema, schemaLen, views, result uint32)

//go:wasmimport sqlservice:database/sessions@0.2.0 [method]session.in-transaction
//go:noescape
func sessionInTransaction(session uint32) uint32

//go:wasmimport sqlservice:database/sessions@0.2.0 [static]session.close
//go:noescape
func sessionClose(session, result uint32)

//go:wasmimport sqlservice:database/raw-sql@0.2.0 execute
//go:noescape
func rawExecute(session, sql, sqlLen, parameters, parametersLen, hasTimeout, timeout, hasMax uint32, max uint64, hasBatch, batch, result uint32)
