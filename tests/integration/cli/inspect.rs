//! `sqlservice inspect`: imports, exports, models, size, and whether it runs here.

use serde_json::json;

use super::{Place, TALKER};

#[test]
fn a_component_is_shown_whole() {
    let shown = Place::new().sqlservice(&["inspect", TALKER]);
    assert_eq!((shown.code, shown.err.as_str()), (0, ""));
    for line in [
        "Imports",
        "  sqlservice:database/databases@0.2.0",
        "Functions",
        "  add: async func(a: s64, b: s64) -> s64",
        "  interface left",
        "Other exports",
        "  sqlservice:database/declarations@0.2.0",
        "Models",
        "  memories",
        "    id    int64        primary key, generated",
        "    text  varchar(64)  not null",
        "    kept  boolean      not null, default true",
        "This host can run it.",
    ] {
        assert!(shown.out.lines().any(|found| found == line), "{line:?} is not in:\n{}", shown.out);
    }
    assert!(shown.out.starts_with("guest_talker.wasm, ") && shown.out.contains("iB\n"), "{}", shown.out);
}

#[test]
fn it_is_a_document_for_programs() {
    let shown = Place::new().sqlservice(&["inspect", TALKER, "--json"]).json();
    let size = std::fs::metadata(TALKER).expect("the component").len();
    assert_eq!((&shown["runs"], &shown["size"], &shown["missing"]), (&json!(true), &json!(size), &json!([])));
    let table = &shown["models"][0];
    assert_eq!((&table["name"], &table["primary_key"]), (&json!("memories"), &json!(["id"])));
    assert_eq!(table["columns"][2]["default"], "true");
    let echo = shown["functions"].as_array().expect("a list").iter().find(|f| f["name"] == "echo").expect("echo");
    assert_eq!(echo["signature"], "echo: async func(text: string) -> result<string, string>");
}

#[test]
fn a_component_without_models_says_so() {
    let shown = Place::new().sqlservice(&["inspect", sqlservice_tests::component::GUEST_CONFORMANCE]);
    assert_eq!(shown.code, 0, "{}", shown.err);
    assert!(shown.out.contains("It declares no models."), "{}", shown.out);
}
