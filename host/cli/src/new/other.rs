//! Projects in other languages than Rust: the SDK's template, with the SDK and the contract in `sdk`.

use std::path::Path;

use super::{SDK, Text, free, make, name, sdk};
use crate::{
    args::New,
    exit::Exit,
    failure::{Failure, Result},
    language::Language,
    output,
};

/// The folder of an SDK with the files of a new project; `{name}` in them is the project's name.
const TEMPLATE: &str = "template/";

/// The entries of every project's `.gitignore`.
const IGNORED: [&str; 4] = ["/build/", "/node_modules/", "__pycache__/", "sqlservice.db*"];

/// Makes a project.
pub(super) fn new(asked: &New, dir: &Path) -> Result<Exit> {
    if asked.sdk.is_some() || asked.alone {
        let option = if asked.alone { "--alone" } else { "--sdk" };
        let title = asked.language.title();
        return Err(Failure::new(
            Exit::Usage,
            format!("{option} is for Rust: a project in {title} has an SDK of its own"),
        ));
    }
    name::check_word(&asked.name)?;
    free(dir)?;
    make(dir, &files(asked.language, &asked.name)?)?;
    output::text(&told(asked.language, &asked.name, dir))?;
    Ok(Exit::Success)
}

/// All files of a project.
fn files(language: Language, name: &str) -> Result<Vec<Text>> {
    let of_sdk = sdk::OTHERS.iter().find(|(sdk, _)| *sdk == language.sdk()).map_or(&[][..], |(_, files)| files);
    // An SDK for two languages has a subfolder in its template for the second one.
    let second = format!("{TEMPLATE}{}/", Language::Javascript.word());
    let mut files = Vec::new();
    for (path, content) in of_sdk {
        let of_template = match path.strip_prefix(&second) {
            Some(path) => (language == Language::Javascript).then_some(path),
            None => path.strip_prefix(TEMPLATE).filter(|_| language != Language::Javascript),
        };
        if let Some(path) = of_template {
            files.push((named(path, name), filled(content, name)));
        } else if !path.starts_with(TEMPLATE) {
            files.push((format!("{SDK}/{path}"), content.to_vec()));
        }
    }
    if files.iter().all(|(path, _)| path.starts_with(SDK)) {
        return Err(Failure::new(
            Exit::Usage,
            format!("this program was built without the SDK for {}", language.title()),
        ));
    }
    let of_template = files.iter().position(|(path, _)| path == ".gitignore").map(|place| files.swap_remove(place).1);
    files.push((".gitignore".to_owned(), ignored(of_template.unwrap_or_default())));
    let shared = sdk::FILES.iter().filter(|(path, _)| path.starts_with("wit/") || *path == "LICENSE");
    files.extend(shared.map(|(path, text)| (format!("{SDK}/{path}"), text.as_bytes().to_vec())));
    Ok(files)
}

/// Returns the `.gitignore`: the template's entries, and those of every project.
fn ignored(mut of_template: Vec<u8>) -> Vec<u8> {
    for line in IGNORED {
        if !of_template.split(|byte| *byte == b'\n').any(|said| said == line.as_bytes()) {
            of_template.extend(line.bytes().chain([b'\n']));
        }
    }
    of_template
}

/// Fills the project's name into a text of the template.
fn filled(content: &[u8], name: &str) -> Vec<u8> {
    std::str::from_utf8(content).map_or_else(|_| content.to_vec(), |text| named(text, name).into_bytes())
}

/// Replaces the template's placeholders by the name. `${name}` is a variable of JavaScript's, and stays.
fn named(text: &str, name: &str) -> String {
    const KEPT: &str = "${\u{0}name}";
    let text = text.replace("${name}", KEPT);
    let text = text.replace("{name}", name).replace("{file}", &name.replace('-', "_"));
    text.replace(KEPT, "${name}")
}

/// Returns the message about what was made, with the next steps.
fn told(language: Language, name: &str, dir: &Path) -> String {
    let (title, dir) = (language.title(), dir.display());
    format!(
        "Made the plugin {name} in {dir}, in {title}. Next:\n\n\
        \x20 cd {dir}\n\
        \x20 sqlservice build\n\
        \x20 sqlservice run build/{name}.wasm add-note \"buy milk\"\n\
        \x20 sqlservice run build/{name}.wasm notes\n"
    )
}

#[cfg(test)]
mod tests {
    use super::{files, ignored, named};
    use crate::{language::Language, new::sdk};

    #[test]
    fn the_name_goes_where_the_template_wants_it() {
        assert_eq!(named("{name} {file} ${name} {other}", "my-notes"), "my-notes my_notes ${name} {other}");
    }

    #[test]
    fn what_is_built_is_ignored() {
        let all = b"/build/\n/node_modules/\n__pycache__/\nsqlservice.db*\n";
        assert_eq!(ignored(Vec::new()), all);
        let more = ignored(b"/gen.go\n__pycache__/\n".to_vec());
        assert_eq!(more, b"/gen.go\n__pycache__/\n/build/\n/node_modules/\nsqlservice.db*\n");
    }

    #[test]
    fn each_sdk_makes_a_project() {
        use Language::{C, Go, Javascript, Python, Typescript};
        for language in [Python, Typescript, Javascript, Go, C] {
            let (_, of_sdk) = sdk::OTHERS.iter().find(|(sdk, _)| *sdk == language.sdk()).expect("an SDK");
            let Ok(files) = files(language, "my-notes") else {
                assert!(!of_sdk.iter().any(|(path, _)| path.starts_with("template/")), "{language:?}");
                continue;
            };
            let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
            assert!(
                paths.contains(&"sdk/wit/package.wit") && paths.contains(&"sdk/LICENSE"),
                "{language:?}: {paths:?}"
            );
            assert!(!paths.iter().any(|path| path.contains("template/")), "{language:?}: {paths:?}");
            for (path, content) in files.iter().filter(|(path, _)| !path.starts_with("sdk/")) {
                let text = String::from_utf8_lossy(content).replace("${name}", "");
                assert!(!text.contains("{name}"), "{language:?}: {path}");
            }
        }
    }
}
