//! The lexical rules of each database, one by one. `tests/fuzz/lexer.rs` compares many more texts with another lexer.

use super::{Kind, Lexer, Token};
use crate::Dialect;

const ALL: [Dialect; 4] = [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql, Dialect::Mariadb];

/// Returns the kinds and texts of all tokens except blanks and comments.
fn cut(sql: &str, dialect: Dialect) -> Vec<(Kind, &str)> {
    Lexer::new(sql, dialect).meaningful().map(|token| (token.kind, token.text)).collect()
}

fn only(sql: &str, dialect: Dialect) -> Token<'_> {
    let tokens: Vec<_> = Lexer::new(sql, dialect).collect();
    assert_eq!(tokens.len(), 1, "{sql} {dialect:?}: {tokens:?}");
    tokens[0]
}

#[test]
fn tokens_cover_the_text_in_order() {
    let sql = "select 'a''b', \"c\"\"d\", 1.5e-3 /* x */ from t -- y\nwhere a <> ?";
    for dialect in ALL {
        let mut at = 0;
        for token in Lexer::new(sql, dialect) {
            assert_eq!((token.start, sql.get(token.start..token.end())), (at, Some(token.text)), "{dialect:?}");
            at = token.end();
        }
        assert_eq!(at, sql.len());
    }
}

#[test]
fn comments_end_where_their_database_says() {
    let words = |sql, dialect| cut(sql, dialect).len();
    for dialect in ALL {
        assert_eq!(words("-- x\n/* y */ /**/ /*/ */ ", dialect), 0, "{dialect:?}");
        assert_eq!(words("/* /* */ */", dialect), if dialect == Dialect::Postgres { 0 } else { 2 });
        assert_eq!(words("-- x\ry", dialect), usize::from(dialect == Dialect::Postgres));
    }
    assert_eq!(words("--1", Dialect::Mysql), 3);
    assert_eq!(words("--\u{1}1\n--", Dialect::Mysql), 0);
    assert_eq!(words("# x", Dialect::Mariadb), 0);
    assert_eq!(words("# x", Dialect::Postgres), 2);
    assert_eq!(
        cut("/*!50000 x */ /*M! y */", Dialect::Mariadb).iter().map(|(kind, _)| *kind).collect::<Vec<_>>(),
        [Kind::Executable, Kind::Executable]
    );
    assert_eq!(words("/*!50000 x */", Dialect::Sqlite), 0);
}

#[test]
fn quotes_are_the_database_s_own() {
    for (sql, dialect, kind, content) in [
        ("'it''s\\'", Dialect::Sqlite, Kind::Text, "it's\\"),
        ("'it\\'s'", Dialect::Mysql, Kind::Text, "it's"),
        ("\"a\\n\"\"\"", Dialect::Mariadb, Kind::Text, "a\n\""),
        ("\"a\"\"b\\\"", Dialect::Postgres, Kind::Name, "a\"b\\"),
        ("`a``b\\`", Dialect::Mysql, Kind::Name, "a`b\\"),
        ("[a''b]", Dialect::Sqlite, Kind::Name, "a''b"),
        ("E'a\\'b'''", Dialect::Postgres, Kind::Text, "a'b'"),
        ("$$a'$b$$", Dialect::Postgres, Kind::Text, "a'$b"),
        ("$tag_1é$a$$b$tag$ $tag_1é$", Dialect::Postgres, Kind::Text, "a$$b$tag$ "),
        ("x'00FF'", Dialect::Sqlite, Kind::Text, "00FF"),
        ("U&\"d\\0061\"", Dialect::Postgres, Kind::Name, "d\\0061"),
        ("N'é'", Dialect::Mysql, Kind::Text, "é"),
    ] {
        let token = only(sql, dialect);
        assert_eq!((token.kind, token.content().as_ref(), token.is_closed), (kind, content, true), "{sql}");
    }
    assert_eq!(cut("x'00''a'", Dialect::Sqlite), [(Kind::Text, "x'00'"), (Kind::Text, "'a'")]);
    assert_eq!(only("U&'x'", Dialect::Postgres).prefix(), "U&");
    // A text that continues on another line follows the rules of its first part.
    assert_eq!(cut("E'a' \n '\\'' 'b'", Dialect::Postgres).len(), 3);
    for (between, count) in [(" -- x\n", 3), (" ", 6), (" /* */\n", 6), (" , ", 7)] {
        let sql = format!("E'a'{between}'\\' b ' 'c'");
        assert_eq!(cut(&sql, Dialect::Postgres).len(), count, "{sql}");
    }
}

#[test]
fn what_has_no_end_reaches_to_the_end() {
    for dialect in ALL {
        for sql in ["'a", "'a''", "\"a;", "/* a */x"] {
            let last = Lexer::new(sql.trim_end_matches("*/x"), dialect).last().expect("a token");
            assert!(!last.is_closed && last.start == 0, "{sql} {dialect:?}: {last:?}");
        }
    }
    assert!(!only("$a$b$$a", Dialect::Postgres).is_closed);
    assert!(!only("[a", Dialect::Sqlite).is_closed);
    assert!(!only("'a\\", Dialect::Mysql).is_closed);
    assert!(!only("'a\\'", Dialect::Mysql).is_closed);
    assert_eq!(only("'a", Dialect::Sqlite).content(), "a");
}

#[test]
fn words_numbers_and_parameters() {
    use Kind::{Number, Parameter, Sign, Word};
    assert_eq!(cut("a$1 1a", Dialect::Mysql), [(Word, "a$1"), (Word, "1a")]);
    assert_eq!(cut("a.1b $x", Dialect::Mysql), [(Word, "a"), (Sign, "."), (Word, "1b"), (Word, "$x")]);
    assert_eq!(cut("a.1e5", Dialect::Mysql), [(Word, "a"), (Sign, "."), (Word, "1e5")]);
    assert_eq!(
        cut("1e5 1e 0x1f 0b1 .5", Dialect::Mysql).iter().map(|(kind, _)| *kind).collect::<Vec<_>>(),
        [Number, Word, Number, Number, Number]
    );
    assert_eq!(cut("1a", Dialect::Postgres), [(Number, "1a")]);
    assert_eq!(cut("$1::text", Dialect::Postgres), [(Parameter, "$1"), (Sign, ":"), (Sign, ":"), (Word, "text")]);
    let named = cut("?12 :a @b #c $d::e(f')", Dialect::Sqlite);
    assert!(named.iter().all(|(kind, _)| *kind == Parameter) && named.len() == 5, "{named:?}");
    assert_eq!(cut("Größe\u{a0}", Dialect::Postgres), [(Word, "Größe\u{a0}")]);
    assert_eq!(cut("\u{feff}a", Dialect::Sqlite), [(Word, "a")]);
    assert_eq!(cut("1.5e-3-x", Dialect::Sqlite), [(Number, "1.5e-3"), (Sign, "-"), (Word, "x")]);
}
