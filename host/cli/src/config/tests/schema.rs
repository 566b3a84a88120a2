//! The JSON schema and the reader accept the same keys.

use std::collections::BTreeSet;

use serde::Deserialize as _;
use serde_json::Value as Json;
use sqlservice_host::policy::TablePolicy;

use super::{
    super::{KEYS, LIMITS, PLUGIN_KEYS, SCHEMA, database, grant, policy, rights, tenant},
    EXAMPLE,
};

fn schema() -> Json {
    serde_json::from_str(SCHEMA).expect("JSON")
}

/// Returns the keys of an object of the schema, and asserts that each has a description.
fn keys(object: &Json) -> BTreeSet<String> {
    assert_eq!(object["additionalProperties"], Json::Bool(false), "{object}");
    let properties = object["properties"].as_object().expect("properties");
    for (name, property) in properties {
        assert!(property["description"].is_string(), "{name} is not described");
    }
    properties.keys().cloned().collect()
}

fn set<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

/// Returns the keys that serde accepts in a rule.
fn taken(rule: &str) -> BTreeSet<String> {
    let text = if rule.is_empty() { "zzz = 1".to_owned() } else { format!("{rule} = {{ zzz = 1 }}") };
    let error = TablePolicy::deserialize(toml::Deserializer::parse(&text).expect("TOML")).expect_err("no such key");
    set(error.message().split('`').skip(3).step_by(2))
}

#[test]
fn the_schema_has_the_readers_keys() {
    let schema = schema();
    assert_eq!(keys(&schema), set(KEYS.iter().copied()));
    let statement = |name: &&str| name.contains('.');
    let limits = LIMITS.iter().map(|limit| limit.name);
    let of_statement = limits.clone().filter(statement).filter_map(|name| name.strip_prefix("statement."));
    let defs = [
        ("database", set(database::KEYS.iter().copied())),
        ("plugin", set(PLUGIN_KEYS.iter().copied())),
        ("policy", set(policy::KEYS.iter().copied())),
        ("tenant", set(tenant::KEYS.iter().copied())),
        ("directory", set(tenant::DIRECTORY_KEYS.iter().copied())),
        ("grant", set(grant::KEYS.iter().copied())),
        ("uuid", set(["uuid"])),
        ("limits", set(limits.clone().filter(|name| !name.contains('.')).chain(["statement"]))),
        ("statement", set(of_statement)),
        ("rules", taken("")),
        ("read", taken("read")),
        ("insert", taken("insert")),
        ("update", taken("update")),
        ("delete", taken("delete")),
    ];
    for (name, expected) in &defs {
        assert_eq!(keys(&schema["$defs"][name]), *expected, "{name}");
    }
    let objects = schema["$defs"].as_object().expect("definitions");
    let objects: Vec<&String> =
        objects.iter().filter(|(_, def)| def["type"] == "object").map(|(name, _)| name).collect();
    assert_eq!(objects.len(), defs.len(), "{objects:?}");
}

#[test]
fn the_schema_has_the_readers_words() {
    let schema = schema();
    let words =
        |path: &str| set(schema.pointer(path).and_then(Json::as_array).expect(path).iter().filter_map(Json::as_str));
    assert_eq!(words("/$defs/directory/properties/access/enum"), set(tenant::ACCESS.map(|(name, _)| name)));
    assert_eq!(words("/$defs/grant/properties/tables/anyOf/1/additionalProperties/items/enum"), set(rights()));
    let error = TablePolicy::deserialize(toml::Deserializer::parse("allow = ['zzz']").expect("TOML")).expect_err("no");
    assert_eq!(words("/$defs/rules/properties/allow/items/enum"), set(error.message().split('`').skip(3).step_by(2)));
    for limit in &LIMITS {
        let (def, name) = limit.name.split_once('.').unwrap_or(("limits", limit.name));
        let default = &schema["$defs"][def]["properties"][name]["default"];
        let default = default.as_str().map_or_else(|| default.to_string(), str::to_owned);
        assert_eq!(default, limit.of(&sqlservice_host::TenantLimits::default()).to_string(), "{}", limit.name);
    }
}

/// Validates a value against the schema, by the keywords that this schema uses. Returns the first mismatch.
fn check(root: &Json, schema: &Json, value: &Json, path: &str) -> Result<(), String> {
    if let Some(name) = schema["$ref"].as_str() {
        return check(root, root.pointer(name.trim_start_matches('#')).expect(name), value, path);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let fits = any.iter().any(|one| check(root, one, value, path).is_ok());
        return if fits { Ok(()) } else { Err(format!("{path}: {value}")) };
    }
    let is = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("{other}"),
    };
    let listed = schema["enum"].as_array().is_none_or(|all| all.contains(value));
    let same = schema.get("const").is_none_or(|only| only == value);
    if !schema["type"].as_str().is_none_or(is) || !listed || !same {
        return Err(format!("{path}: {value}"));
    }
    for element in value.as_array().into_iter().flatten() {
        check(root, &schema["items"], element, path)?;
    }
    for (name, inner) in value.as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        match (schema["properties"].get(name), &schema["additionalProperties"]) {
            (Some(property), _) => check(root, property, inner, &path)?,
            (None, Json::Object(_)) => check(root, &schema["additionalProperties"], inner, &path)?,
            _ => return Err(format!("{path} is not in the schema")),
        }
    }
    let mut required = schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str);
    match required.find(|name| value.get(name).is_none()) {
        Some(name) => Err(format!("{path} has no {name}")),
        None => Ok(()),
    }
}

#[test]
fn the_example_is_what_the_schema_asks_for() {
    let schema = schema();
    let example: Json = toml::from_str(EXAMPLE).expect("TOML");
    assert_eq!(check(&schema, &schema, &example, ""), Ok(()));
    let with = |text: &str| check(&schema, &schema, &toml::from_str(text).expect("TOML"), "");
    for wrong in
        ["x = 1", "[limits]\nrow = 1", "[limits]\nrows = 'some'", "[databases.a]", "[tenants.a]\nclaims = { x = 1.5 }"]
    {
        assert!(with(wrong).is_err() && super::read(wrong).is_err(), "{wrong}");
    }
}
