//! scratch
#![allow(clippy::all, missing_docs, clippy::pedantic, clippy::restriction)]
use rusqlite::Connection;
fn t(c: &Connection, n: &str, s: &str) {
    let a = std::time::Instant::now();
    let r: Result<rusqlite::types::Value, _> = c.query_row(s, [], |r| r.get(0));
    let r = format!("{r:?}");
    println!("{n}: {:?} {}", a.elapsed(), &r[..r.len().min(60)]);
}
fn main() {
    let c = Connection::open_in_memory().unwrap();
    println!("{}", rusqlite::version());
    t(&c, "randomblob", "select length(randomblob(16777216))");
    let j = "'['||substr(replace(hex(zeroblob(4000000)),'0','1,'),1,15999999)||'1]'";
    t(&c, "json_array_length 16MB", &format!("select json_array_length({j})"));
    let paths = |n: usize, v: &str| (0..n).map(|i| format!("'$[{}]'{v}", 7000000 + i)).collect::<Vec<_>>().join(",");
    t(&c, "json_extract x90", &format!("select length(json_extract(j,{})) from (select {j} as j)", paths(90, "")));
    t(&c, "json_set x45", &format!("select length(json_set(j,{})) from (select {j} as j)", paths(45, ",1234567")));
    t(
        &c,
        "json_remove x90",
        &format!(
            "select length(json_remove(j,{})) from (select {j} as j)",
            (0..90).map(|i| format!("'$[{}]'", i)).collect::<Vec<_>>().join(",")
        ),
    );
    t(&c, "printf c", "select length(printf('%.*c',16000000,'x'))");
    t(&c, "printf f", "select length(printf('%.15000000f',1.5))");
    t(&c, "printf f x20", "select length(printf(replace(hex(zeroblob(10)),'0','%.15000000f'),1.5))");
    t(&c, "strftime", "select length(strftime(replace(hex(zeroblob(500000)),'0','%J')))");
    for n in [10000, 20000] {
        let o = |k: &str| {
            format!(
                "'{{'||(with recursive c(n) as (select 1 union all select n+1 from c limit {n}) select group_concat('\"{k}'||n||'\":1') from c)||'}}'"
            )
        };
        t(&c, &format!("json_patch {n}"), &format!("select length(json_patch({},{}))", o("k"), o("q")));
    }
    t(
        &c,
        "json_pretty",
        "select length(json_pretty(replace(hex(zeroblob(400)),'0','[')||substr(replace(hex(zeroblob(25000)),'0','1,'),1,99999)||replace(hex(zeroblob(400)),'0',']')))",
    );
    c.execute_batch(
        "create virtual table f using fts5(x); insert into f select replace(hex(zeroblob(5000)),'0','a ');",
    )
    .unwrap();
    t(&c, "snippet 10k instances", "select length(snippet(f,0,'<','>','..',10)) from f where f match 'a'");
    t(&c, "highlight", "select length(highlight(f,0,'<','>')) from f where f match 'a'");
    t(&c, "bm25", "select bm25(f) from f where f match 'a'");
    t(&c, "near", "select count(*) from f where f match 'NEAR(a a a a a, 1000)'");
    c.execute_batch(
        "create virtual table f3 using fts4(x); insert into f3 select replace(hex(zeroblob(5000)),'0','a ');",
    )
    .unwrap();
    t(&c, "fts3 snippet", "select length(snippet(f3)) from f3 where f3 match 'a'");
    t(&c, "fts3 offsets", "select length(offsets(f3)) from f3 where f3 match 'a'");
    t(&c, "fts3 matchinfo s", "select length(matchinfo(f3,'pcnalsxyb')) from f3 where f3 match 'a a a'");
    t(&c, "quote", "select length(quote(zeroblob(8000000)))");
    t(&c, "unistr", "select length(unistr(hex(zeroblob(8000000))))");
    t(&c, "cast real", "select cast(hex(zeroblob(8000000)) as real)");
    t(&c, "soundex", "select soundex(hex(zeroblob(8000000)))");
    t(
        &c,
        "window group_concat",
        "with recursive c(n) as (select 1 union all select n+1 from c limit 20000) select length(max(g)) from (select group_concat(n) over (order by n) as g from c)",
    );
}
