//! Values: as results, and combined with each other.

use sqlservice_sdk::{Field, FromRow, expression::*, prelude::*};

use super::filled;
use crate::{
    case::{Case, kind, rows, same},
    shop::{Address, User},
};

/// A text of each kind, bytes and a boolean.
#[derive(Model, Clone, Debug, Default, PartialEq)]
#[model(table = "words")]
pub(super) struct Word {
    #[model(primary_key, generated)]
    id: i64,
    #[model(length = 60)]
    short: Option<String>,
    long: Option<String>,
    data: Option<Vec<u8>>,
    is_so: Option<bool>,
    #[model(precision = 10, scale = 2)]
    price: Option<Decimal>,
}

/// The value of an expression without a table.
async fn alone<T: Field + FromRow>(session: &Session, expression: Expr<T>) -> Result<T, Error> {
    session.one(&select_columns(expression)).await
}

fn text(text: &str) -> Expr<String> {
    literal(text.to_owned())
}

fn decimal(digits: &str) -> Decimal {
    digits.parse().unwrap_or_default()
}

pub(super) async fn texts_that_need_care(db: &Database) -> Case {
    let session = db.session()?;
    let odd = [
        "",
        " ",
        "'quoted'",
        "\"double\"",
        "back\\slash\\",
        "100% _any_",
        "new\nline\ttab",
        "héllo 漢字 🎉",
        "null",
        "?:$1",
    ];
    let word = |text: &str| Word { short: Some(text.to_owned()), long: Some(text.repeat(3)), ..Word::default() };
    let all: Vec<Word> = odd.iter().map(|text| word(text)).chain([Word::default(), word(&"x".repeat(60))]).collect();
    session.insert_many(&all).await?;
    session.add_all(odd.iter().map(|text| word(text)))?;
    session.commit().await?;
    let found: Vec<Word> = db.session()?.all(&select::<Word>().order_by(Word::ID)).await?;
    let same_texts = |(found, given): (&Word, &Word)| found.short == given.short && found.long == given.long;
    same("as they were", found.iter().zip(all.iter().chain(&all)).all(same_texts), true)?;
    for text in odd {
        let by =
            select_columns(count_all()).from::<Word>().filter(Word::SHORT.eq(text).and(Word::LONG.eq(text.repeat(3))));
        rows(db, text, &by, "[2]").await?;
        same(text, alone(&session, literal(text.to_owned())).await?, text)?;
    }
    rows(db, "null", &select_columns(count_all()).from::<Word>().filter(Word::SHORT.is_null()), "[1]").await?;
    let long = "0123456789".repeat(20_000);
    let stored = session.insert(&Word { long: Some(long.clone()), ..Word::default() }).await?;
    same("long", stored.long.is_some_and(|stored| stored == long), true)
}

pub(super) async fn concatenation_and_null(db: &Database) -> Case {
    let session = filled(db).await?;
    let of = select_columns(User::NAME.concat("-").concat(User::NAME)).filter(User::ID.eq(2));
    rows(db, "columns", &of, r#"["ed-ed"]"#).await?;
    let none = select_columns(User::NAME.expr().nullable().concat(None::<&str>)).filter(User::ID.eq(2));
    rows(db, "null", &none, "[None]").await?;
    same("values", alone(&session, text("a").concat("b").concat("c")).await?, "abc")?;
    same("and null", alone(&session, literal(None::<String>).concat("b")).await?, None)?;
    let number = select_columns(User::NAME.concat(User::ID.cast::<String>())).filter(User::ID.eq(2));
    rows(db, "a number", &number, r#"["ed2"]"#).await
}

pub(super) async fn casts_of_numbers_texts_and_null(db: &Database) -> Case {
    let session = db.session()?;
    same("to a text", alone(&session, literal(42).cast::<String>()).await?, "42")?;
    same("to an integer", alone(&session, text("-42").cast::<i64>()).await?, -42)?;
    same("to a float", alone(&session, text("2.5").cast::<f64>()).await?, 2.5)?;
    same("of a float", alone(&session, literal(2.5).cast::<i64>()).await?, 3)?;
    same("to a decimal", alone(&session, text("1.10").cast_decimal(6, 2)).await?, decimal("1.1"))?;
    same("of null", alone(&session, literal(None::<i64>).cast::<String>()).await?, None)?;
    same("null to a number", alone(&session, literal(None::<String>).cast::<i64>()).await?, None)?;
    same("to a date", alone(&session, text("2024-02-29").cast::<Date>()).await?.ymd(), (2024, 2, 29))
}

pub(super) async fn rows_with_equal_names(db: &Database) -> Case {
    let session = filled(db).await?;
    let query = select_columns((User::ID, Address::ID, User::ID.label("id"), Address::ID.label("id")))
        .join_related(User::ADDRESSES)
        .filter(Address::EMAIL.eq("ed@lala"));
    rows(db, "by position", &query, "[(2, 4, 2, 4)]").await?;
    let both = select_columns((entity::<User>(), entity::<Address>())).join_related(User::ADDRESSES);
    let (user, address) = session.one(&both.filter(Address::EMAIL.eq("ed@lala"))).await?;
    same("entities", (user.id, address.id, address.user_id), (2, 4, Some(2)))?;
    // In a subquery, a name that occurs twice is ambiguous.
    let inside = select_columns((User::ID, Address::ID)).join_related(User::ADDRESSES);
    let outer = select_columns(column::<i64>("both", "id")).from_query(&inside, "both");
    same("inside", session.all(&outer).await.is_err(), true)?;
    session.rollback().await?;
    let named = select_columns((User::ID, Address::ID.label("address"))).join_related(User::ADDRESSES);
    let outer = select_columns(column::<i64>("both", "address")).from_query(&named, "both");
    same("named", session.all(&outer).await?.len(), 5)
}

pub(super) async fn bytes_and_truths(db: &Database) -> Case {
    let session = db.session()?;
    let word = |data: Option<Vec<u8>>, is_so| Word { data, is_so, ..Word::default() };
    let all: Vec<u8> = (0..=255).collect();
    session
        .insert_many(&[word(Some(all.clone()), Some(true)), word(Some(vec![]), Some(false)), word(None, None)])
        .await?;
    session.commit().await?;
    let found: Vec<Word> = session.all(&select::<Word>().order_by(Word::ID)).await?;
    let data: Vec<Option<usize>> = found.iter().map(|word| word.data.as_ref().map(Vec::len)).collect();
    same("bytes", data, vec![Some(256), Some(0), None])?;
    let by = async |condition: Expr<bool>| session.all(&select_columns(Word::ID).filter(condition)).await;
    same("equal", by(Word::DATA.eq(all.as_slice())).await?, vec![1])?;
    same("true", by(Word::IS_SO.eq(true)).await?, vec![1])?;
    same("false", by(Word::IS_SO.eq(false)).await?, vec![2])?;
    same("not true", by(!Word::IS_SO.eq(true)).await?, vec![2])?;
    same("null", by(Word::IS_SO.is_null()).await?, vec![3])?;
    same("itself", by(Word::IS_SO.not_null()).await?, vec![1])
}

/// A value among values has only the type that it states itself.
pub(super) async fn texts_of_values_see_case(db: &Database) -> Case {
    let session = db.session()?;
    let a = || text("A");
    let conditions = [
        ("eq", a().eq("a"), false),
        ("ne", a().ne("a"), true),
        ("blanks", text("a ").eq("a"), false),
        ("accents", text("é").eq("e"), false),
        ("in", a().in_list(["a", "b"]), false),
        ("not in", a().not_in_list(["a", "b"]), true),
        ("between", a().between("a", "b"), false),
        ("like", a().like("a%"), false),
        ("ilike", a().ilike("a%"), true),
        ("begins", a().starts_with("a"), false),
        ("lower", lower(a()).eq("a"), true),
        ("upper", upper(text("a")).eq("a"), false),
        ("concat", a().concat("B").eq("ab"), false),
        ("coalesce", coalesce(literal(None::<String>), "A").eq("a"), false),
        ("a choice", when(literal(true), a()).otherwise("b").eq("a"), false),
        ("greatest", greatest(a(), "a").eq("a"), true),
        ("distinct", a().is_distinct_from("a"), true),
        ("parameters", literal(Some("A".to_owned())).eq(Some("a")), false),
    ];
    for (name, condition, wanted) in conditions {
        same(name, alone(&session, condition).await?, wanted)?;
    }
    same("nullif", alone(&session, nullif(a(), "a")).await?, Some("A".to_owned()))?;
    let two = session.prepare(&select_columns(parameter::<String>(0).eq(parameter::<String>(1)))).await?;
    same("case", session.one(&two.bind(params!["A", "a"])).await?, false)?;
    same("the same", session.one(&two.bind(params!["a", "a"])).await?, true)
}

pub(super) async fn values_alone_are_compared(db: &Database) -> Case {
    let session = db.session()?;
    let date = Date::new(2024, 2, 29).unwrap_or_default();
    let time = Timestamp::from_microseconds(1_700_000_000_123_456);
    let uuid = Uuid::from_u128(7);
    let conditions = [
        ("integers", literal(9).lt(10), true),
        ("wide", literal(i64::MAX).gt(i64::MAX - 1), true),
        ("floats", literal(0.1).eq(0.1), true),
        ("single", literal(0.1_f32).eq(0.1_f32), true),
        ("decimals", literal(decimal("1.50")).eq(decimal("1.5")), true),
        ("less", literal(decimal("9.5")).lt(decimal("10.5")), true),
        ("listed", literal(decimal("1.50")).in_list([decimal("2"), decimal("1.500")]), true),
        ("between", literal(decimal("9.5")).between(decimal("9"), decimal("10")), true),
        ("dates", literal(date).eq(date), true),
        ("times", literal(time).eq(time), true),
        ("later", literal(time).lt(Timestamp::from_microseconds(1_700_000_000_123_457)), true),
        ("uuids", literal(uuid).eq(uuid), true),
        ("bytes", literal(vec![1_u8, 200]).eq(vec![1_u8, 200]), true),
        ("truths", literal(true).eq(true), true),
        ("null", literal(None::<i64>).is_distinct_from(1), true),
        ("nulls", literal(None::<i64>).is_not_distinct_from(None::<i64>), true),
        ("unsigned", literal(u64::MAX / 2).eq(u64::MAX / 2), true),
    ];
    for (name, condition, wanted) in conditions {
        same(name, alone(&session, condition).await?, wanted)?;
    }
    Ok(())
}

pub(super) async fn nulls_of_every_type_beside_values(db: &Database) -> Case {
    let session = db.session()?;
    let date = Date::new(2024, 2, 29).unwrap_or_default();
    let time = Timestamp::from_microseconds(1_700_000_000_123_456);
    let moment = TimestampTz::from_microseconds(1_700_000_000_123_456);
    let uuid = Uuid::from_u128(7);
    same("integer", alone(&session, coalesce(literal(None::<i64>), 7)).await?, 7)?;
    same("short", alone(&session, coalesce(literal(None::<i16>), 7_i16)).await?, 7)?;
    same("float", alone(&session, coalesce(literal(None::<f64>), 1.5)).await?, 1.5)?;
    same("single", alone(&session, coalesce(literal(None::<f32>), 1.5_f32)).await?, 1.5)?;
    same("decimal", alone(&session, coalesce(literal(None::<Decimal>), decimal("1.5"))).await?, decimal("1.5"))?;
    same("text", alone(&session, coalesce(literal(None::<String>), "x")).await?, "x")?;
    same("bytes", alone(&session, coalesce(literal(None::<Vec<u8>>), vec![1_u8])).await?, vec![1])?;
    same("truth", alone(&session, coalesce(literal(None::<bool>), true)).await?, true)?;
    same("date", alone(&session, coalesce(literal(None::<Date>), date)).await?, date)?;
    same("time", alone(&session, coalesce(literal(None::<Timestamp>), time)).await?, time)?;
    same("moment", alone(&session, coalesce(literal(None::<TimestampTz>), moment)).await?, moment)?;
    same("uuid", alone(&session, coalesce(literal(None::<Uuid>), uuid)).await?, uuid)?;
    let choice = when(literal(false), literal(None::<i64>)).otherwise(5);
    same("a choice", alone(&session, choice).await?, 5)?;
    same("greatest", alone(&session, greatest(literal(None::<i64>), 5)).await?, None)?;
    same("nullif", alone(&session, nullif(literal(None::<i64>), 5)).await?, None)?;
    same("both", alone(&session, coalesce(literal(None::<i64>), None::<i64>).nullable()).await?, None)?;
    same("sum", alone(&session, coalesce(literal(None::<i64>), 7) + 1).await?, 8)?;
    let given = session.prepare(&select_columns(coalesce(parameter::<Option<i64>>(0), 7))).await?;
    same("a parameter", session.one(&given.bind(params![None::<i64>])).await?, 7)?;
    same("another", session.one(&given.bind(params![9_i64])).await?, 9)
}

pub(super) async fn unions_with_nulls(db: &Database) -> Case {
    let session = filled(db).await?;
    let users =
        select_columns((User::NAME, User::ID.expr().nullable(), literal(None::<String>))).filter(User::ID.eq(1));
    let addresses = select_columns((Address::EMAIL, literal(None::<i64>), Address::EMAIL.expr().nullable()))
        .filter(Address::ID.eq(5));
    let mut both = session.all(&users.clone().union_all(addresses.clone())).await?;
    both.sort();
    let (jack, fred) = ("jack".to_owned(), "fred@fred".to_owned());
    let wanted = vec![(fred.clone(), None, Some(fred)), (jack, Some(1), None)];
    same("nulls in the second", &both, &wanted)?;
    let mut both = session.all(&addresses.union_all(users)).await?;
    both.sort();
    same("nulls in the first", &both, &wanted)
}

pub(super) async fn decimals_beside_decimals(db: &Database) -> Case {
    let session = db.session()?;
    let of = |digits: &str| literal(decimal(digits));
    same("sum", alone(&session, of("0.1") + decimal("0.2")).await?, decimal("0.3"))?;
    same("difference", alone(&session, of("1.00") - decimal("0.9")).await?, decimal("0.1"))?;
    same("product", alone(&session, of("12345678.91") * decimal("10.01")).await?, decimal("123580245.8891"))?;
    same("greatest", alone(&session, greatest(of("9.5"), decimal("10.25"))).await?, Some(decimal("10.25")))?;
    same("least", alone(&session, least(of("9.5"), decimal("10.25"))).await?, Some(decimal("9.5")))?;
    same("nullif", alone(&session, nullif(of("1.50"), decimal("1.5"))).await?, None)?;
    let choice = when(of("10").gt(decimal("9")), of("1.25")).otherwise(decimal("2"));
    same("a choice", alone(&session, choice).await?, decimal("1.25"))?;
    let first = coalesce(literal(None::<Decimal>), decimal("1.25"));
    same("a coalesce", alone(&session, first).await?, decimal("1.25"))
}

pub(super) async fn remainders_of_negative_numbers(db: &Database) -> Case {
    let session = db.session()?;
    let word = |digits: &str| Word { price: Some(decimal(digits)), ..Word::default() };
    session.insert_many(&["-7.25", "7.25", "-6", "-1.5"].map(word)).await?;
    let by_value = Word::PRICE % decimal("1.5");
    let rest = || by_value.clone();
    let found = session.all(&select_columns(rest()).order_by(Word::ID)).await?;
    let wanted = ["-1.25", "1.25", "0", "0"].map(|digits| Some(decimal(digits))).to_vec();
    same("remainders", found, wanted)?;
    let by =
        async |condition: Expr<bool>| session.all(&select_columns(Word::ID).filter(condition).order_by(Word::ID)).await;
    same("equal to 0", by(rest().eq(decimal("0"))).await?, vec![3, 4])?;
    same("below 0", by(rest().lt(decimal("0"))).await?, vec![1])?;
    same("in", by(rest().in_list([decimal("0")])).await?, vec![3, 4])?;
    let groups = session.all(&select_columns((rest(), count_all())).group_by(rest())).await?;
    same("groups", groups.len(), 3)?;
    same("integers", alone(&session, literal(-7) % 4).await?, -3)?;
    same("floats", alone(&session, literal(-7.5) % 2.0).await?, -1.5)?;
    let of_column = select_columns(Word::PRICE.cast::<f64>() % 2.0).order_by(Word::ID);
    same("of a column", session.all(&of_column).await?, vec![Some(-1.25), Some(1.25), Some(0.0), Some(-1.5)])?;
    same("values", alone(&session, literal(decimal("-6")) % decimal("1.5")).await?, decimal("0"))?;
    same("by 0", kind(&session.all(&select_columns(Word::PRICE % decimal("0"))).await).is_empty(), false)
}
