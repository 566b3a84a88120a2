//! `sqlservice inspect`: shows a plugin's imports, exports and declared models, and whether this host can run it.

pub(crate) mod describe;
mod models;

use std::fmt::Write as _;

use serde_json::{Value as Json, json};
use sqlservice_host::{EngineBuilder, EngineLimits, Plugin, schema::Models};

use crate::{args::Inspect, cache, exit::Exit, failure::Result, load, notation, output};

/// The findings on a plugin.
struct Findings {
    title: String,
    plugin: Plugin,
    missing: Vec<String>,
    /// `None` where it exports no declarations; an error where declaring them failed.
    models: Result<Option<Models>>,
}

/// Runs `inspect`.
pub(crate) async fn inspect(asked: &Inspect, quiet: bool) -> Result<Exit> {
    let engine = cache::with(&asked.cache, |cache| {
        let builder = load::engine(EngineLimits::default().instances(2));
        cache.into_iter().fold(builder, EngineBuilder::compile_cache).build()
    })?;
    let plugin = load::any(&engine, &asked.component, quiet)?;
    let missing = plugin.missing_imports();
    let models = if missing.is_empty() { plugin.models().await.map_err(Into::into) } else { Ok(None) };
    let findings = Findings { title: load::title(&asked.component), plugin, missing, models };
    if asked.json {
        output::json(&findings.to_json())?
    } else {
        output::text(&findings.to_text())?
    }
    Ok(if findings.runs() { Exit::Success } else { Exit::Component })
}

impl Findings {
    fn runs(&self) -> bool {
        self.missing.is_empty() && self.models.is_ok()
    }

    fn to_json(&self) -> Json {
        let functions = self.plugin.functions().iter().map(describe::function);
        let mut document = json!({
            "component": self.title,
            "size": self.plugin.size(),
            "runs": self.runs(),
            "missing": self.missing,
            "imports": self.plugin.imports(),
            "exports": self.plugin.exports(),
            "functions": functions.collect::<Vec<_>>(),
        });
        match &self.models {
            Ok(Some(models)) => document["models"] = models::to_json(models),
            Ok(None) => {}
            Err(failure) => document["error"] = failure.to_json()["error"].clone(),
        }
        document
    }

    fn to_text(&self) -> String {
        let size = notation::readable(self.plugin.size());
        let mut text = format!("{}, {size}\n", output::heading(&self.title));
        section(&mut text, "Imports", self.imports());
        let functions = describe::signatures(self.plugin.functions());
        section(&mut text, "Functions", functions);
        section(&mut text, "Other exports", self.other_exports());
        if let Ok(Some(models)) = &self.models {
            section(&mut text, "Models", models::lines(models));
        }
        // Names of tables and the like come from the guest.
        text + "\n" + &output::harmless(&self.verdict())
    }

    fn imports(&self) -> Vec<String> {
        let mark = |name: String| {
            let note = if self.missing.contains(&name) { "   (not offered by this host)" } else { "" };
            format!("{name}{note}")
        };
        self.plugin.imports().into_iter().map(mark).collect()
    }

    /// Returns the exports other than functions and interfaces whose functions are shown.
    fn other_exports(&self) -> Vec<String> {
        let functions = self.plugin.functions();
        let shown = |name: &String| {
            functions.iter().any(|f| f.interface() == Some(name) || (f.interface().is_none() && f.name() == name))
        };
        self.plugin.exports().into_iter().filter(|name| !shown(name)).collect()
    }

    fn verdict(&self) -> String {
        match &self.models {
            _ if !self.missing.is_empty() => {
                format!("This host cannot run it: it does not offer {}.", self.missing.join(", "))
            }
            Err(failure) => format!("This host cannot run it: {failure}"),
            Ok(None) => "This host can run it. It declares no models.".to_owned(),
            Ok(Some(_)) => "This host can run it.".to_owned(),
        }
    }
}

fn section(text: &mut String, title: &str, lines: Vec<String>) {
    if lines.is_empty() {
        return;
    }
    // Writing to a string cannot fail.
    let _ = writeln!(text, "\n{}", output::heading(title));
    for line in lines {
        let _ = writeln!(text, "{}", format!("  {}", output::harmless(&line)).trim_end());
    }
}
