//! The languages in which plugins are written.

use clap::ValueEnum;

/// A language with an SDK.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    Rust,
    Python,
    Typescript,
    Javascript,
    Go,
    C,
}

impl Language {
    /// The language's name as its users write it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::Python => "Python",
            Self::Typescript => "TypeScript",
            Self::Javascript => "JavaScript",
            Self::Go => "Go",
            Self::C => "C",
        }
    }

    /// Its name in options and documents.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Typescript => "typescript",
            _ => self.sdk(),
        }
    }

    /// The folder of its SDK in `guest-sdk`.
    pub(crate) fn sdk(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Python => "python",
            Self::Typescript | Self::Javascript => "javascript",
            Self::Go => "go",
            Self::C => "c",
        }
    }
}
