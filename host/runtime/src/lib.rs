//! probe
mod bindings;
pub type SqlError = wasmtime_wasi::TrappableError<bindings::sqlservice::database::errors::Error>;
macro_rules! r { ($m:ident $t:ident) => { mod $m { pub struct $t; } } }
r!(connection Connection); r!(session Session); r!(cursor Cursor); r!(prepared Prepared); r!(savepoint Savepoint); r!(database Database);
