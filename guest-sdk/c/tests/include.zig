//! Zig imports the header by `zig translate-c`; entries of models are written as structs.
const sql = @import("sqlservice.zig");

const entries = [_]sql.sql_entry{
    .{ .entry = sql.SQL_ENTRY_TABLE, .name = "users" },
    .{ .entry = sql.SQL_ENTRY_COLUMN, .name = "id", .type = sql.SQL_INT64, .primary_key = true, .by_default = sql.SQL_GENERATED },
    .{ .entry = sql.SQL_ENTRY_COLUMN, .name = "name", .type = sql.SQL_TEXT, .unique = true },
};

export fn open_users() sql.sql_database {
    return sql.sql_open("default", .{ .entries = &entries, .count = entries.len });
}

export fn count_users(db: sql.sql_database) i64 {
    const query = sql.sql_select(sql.sql_session_of(db));
    _ = sql.sql_from(query, "users", null);
    _ = sql.sql_where(query, sql.sql_equals(query, "name", sql.sql_text("ann")));
    _ = sql.sql_column(query, sql.sql_count(query), null);
    var count: i64 = 0;
    return if (sql.sql_fetch_int(query, &count)) count else -1;
}
