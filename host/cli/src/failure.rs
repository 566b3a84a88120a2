//! Why the command failed: a message for people, and an exit code for scripts.

use std::{fmt, ops::Range};

use miette::{Diagnostic, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use serde_json::{Value as Json, json};
use sqlservice_host::{Error, observe::harmless};

use crate::exit::Exit;

/// A result of this crate.
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

/// A failure of the command, with a message and help.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    help: Option<String>,
    /// The error value that the plugin's function returned, if it returned one.
    value: Option<Json>,
    /// The place in a file that caused it.
    excerpt: Option<Box<Excerpt>>,
}

/// A file's text without secrets, and a place in it.
#[derive(Debug)]
pub(crate) struct Excerpt {
    pub(crate) file: String,
    pub(crate) text: String,
    /// A range of bytes in one line.
    pub(crate) place: Range<usize>,
    /// Counted from 1, like the column.
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl SourceCode for Excerpt {
    /// Returns the span alone where no context is requested, else its line: other lines are not shown.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let asked = if before + after == 0 { *span } else { self.line() };
        let found = self.text.read_span(&asked, 0, 0)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.file.clone(),
            found.data(),
            *found.span(),
            found.line(),
            found.column(),
            found.line_count(),
        )))
    }
}

impl Excerpt {
    /// The line of the place, without its end.
    fn line(&self) -> SourceSpan {
        let start =
            self.text.get(..self.place.start).and_then(|text| text.rfind('\n')).map_or(0, |newline| newline + 1);
        let rest = self.text.get(start..).unwrap_or_default();
        (start, rest.find('\n').unwrap_or(rest.len())).into()
    }
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), help: None, value: None, excerpt: None }
    }

    /// Adds the help.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the error value of the plugin's function.
    pub(crate) fn value(mut self, value: Json) -> Self {
        self.value = Some(value);
        self
    }

    /// Adds the place in a file.
    pub(crate) fn excerpt(mut self, excerpt: Excerpt) -> Self {
        self.excerpt = Some(Box::new(excerpt));
        self
    }

    /// The exit of the command.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// Escapes control characters of a plugin's text, which could control a terminal.
    pub(crate) fn harmless(self) -> Self {
        let help = self.help.as_deref().map(harmless);
        Self { message: harmless(&self.message), help, ..self }
    }

    /// `{"error": {…}}`, the document that `--json` promises.
    pub(crate) fn to_json(&self) -> Json {
        let mut error = json!({ "kind": self.exit.name(), "exit": self.exit.code(), "message": self.message });
        if let Some(help) = &self.help {
            error["help"] = json!(help);
        }
        if let Some(value) = &self.value {
            error["value"] = value.clone();
        }
        if let Some(Excerpt { file, line, column, .. }) = self.excerpt.as_deref() {
            error["place"] = json!({ "file": file, "line": line, "column": column });
        }
        json!({ "error": error })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl Diagnostic for Failure {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_deref().map(|excerpt| excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let Excerpt { place, .. } = self.excerpt.as_deref()?;
        Some(Box::new(std::iter::once(LabeledSpan::new(None, place.start, place.len()))))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let failure = Self::new(exit_of(&error), words(&error));
        match help_for(&error) {
            Some(help) => failure.help(help),
            None => failure,
        }
    }
}

/// The message of an error. A trap's cause comes first, then its place, which is long.
fn words(error: &Error) -> String {
    let Error::Trap(trap) = error else { return error.to_string() };
    let (cause, place) = (trap.root_cause().to_string(), trap.to_string());
    if place == cause {
        format!("the plugin trapped: {cause}")
    } else {
        format!("the plugin trapped: {cause}\n{place}")
    }
}

fn exit_of(error: &Error) -> Exit {
    match error {
        Error::Database { .. } => Exit::Database,
        Error::DuplicateDatabase(_)
        | Error::Directory { .. }
        | Error::CompileCache { .. }
        | Error::NoSuchFunction { .. }
        | Error::Arguments(_) => Exit::Usage,
        Error::Unreadable { .. }
        | Error::NotAComponent(_)
        | Error::TooLarge { .. }
        | Error::TooComplex(_)
        | Error::MissingImports(_)
        | Error::Unusable(_) => Exit::Component,
        Error::Trap(_) | Error::Poisoned => Exit::Trap,
        Error::Deadline(_) | Error::ProcessorTime(_) => Exit::Deadline,
        _ => Exit::Host,
    }
}

fn help_for(error: &Error) -> Option<String> {
    Some(match error {
        Error::Directory { .. } => "--dir HOST[::GUEST] takes a directory that exists".to_owned(),
        Error::CompileCache { .. } => "--cache-dir names another directory, --no-cache does without".to_owned(),
        Error::NoSuchFunction { available, .. } if available.is_empty() => {
            "the component exports no function".to_owned()
        }
        Error::NoSuchFunction { available, .. } => format!("it exports: {}", available.join(", ")),
        Error::MissingImports(_) => {
            "`sqlservice inspect` shows all that it imports; a newer host may offer them".to_owned()
        }
        Error::Deadline(_) => {
            "what it had open was rolled back; --timeout, or the limit call-time of a configuration file, allows more"
                .to_owned()
        }
        Error::Trap(_) => "what it had open was rolled back".to_owned(),
        _ => return None,
    })
}
