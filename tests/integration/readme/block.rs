//! The code blocks of a Markdown text.

/// A code block.
#[derive(Debug)]
pub(super) struct Block {
    /// The language that its fence names.
    pub language: String,
    /// The comment `<!-- … -->` above it; empty where there is none.
    pub note: String,
    /// Its content.
    pub text: String,
    /// The line of its fence.
    pub line: usize,
}

/// Returns all code blocks in order.
pub(super) fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut note = String::new();
    let mut lines = markdown.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if let Some(comment) = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")) {
            comment.clone_into(&mut note);
        } else if let Some(language) = line.trim_start().strip_prefix("```") {
            let content = lines.by_ref().map(|(_, line)| line).take_while(|line| !line.trim_start().starts_with("```"));
            let text = content.map(|line| format!("{line}\n")).collect();
            blocks.push(Block {
                language: language.trim().to_owned(),
                note: std::mem::take(&mut note),
                text,
                line: number + 1,
            });
        } else if !line.trim().is_empty() {
            note.clear();
        }
    }
    blocks
}

#[test]
fn notes_languages_and_lines_are_read() {
    let found = blocks("text\n<!-- file: a.rs -->\n```rust\nfn a() {}\n```\n\n```sh\nls\npwd\n```\n```\nx\n```\n");
    let shown: Vec<_> = found.iter().map(|b| (b.language.as_str(), b.note.as_str(), b.text.as_str(), b.line)).collect();
    assert_eq!(shown, [("rust", "file: a.rs", "fn a() {}\n", 3), ("sh", "", "ls\npwd\n", 7), ("", "", "x\n", 11)]);
}
