//! The links of a rendered book: each refers to a page, an existing anchor, a file of the repository or an outside URL.
//!
//! The rendered HTML is checked, as mdBook names the anchors. Links to files of the repository that are no pages are
//! rewritten to the published repository; images of the repository are to be copied.

use std::collections::{BTreeMap, BTreeSet};

/// A rendered book. Paths count from its root, with `/`.
#[derive(Debug, Default)]
pub struct Site {
    /// The pages and their HTML.
    pub pages: BTreeMap<String, String>,
    /// All other files.
    pub files: BTreeSet<String>,
}

/// The kind of a path in the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A file.
    File,
    /// A folder.
    Folder,
}

/// The result of the check.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Finished {
    /// The pages, with links rewritten to the published repository.
    pub pages: BTreeMap<String, String>,
    /// Images of the repository that pages show.
    pub images: BTreeSet<String>,
    /// Broken links: the page, the link, and the reason.
    pub broken: Vec<String>,
}

/// The target of a link.
#[derive(Debug, PartialEq, Eq)]
enum Target {
    /// The link stays unchanged.
    Kept,
    /// A file of the repository, by its published address.
    Published(String),
    /// An image of the repository.
    Image(String),
    /// No target; with the reason.
    Broken(&'static str),
}

/// Attributes with a link.
const LINKS: [&str; 2] = [" href=\"", " src=\""];

/// Checks all links of a book. `entry` returns the kind of a path in the repository, `repository` is its published address.
pub fn finish(site: &Site, repository: &str, entry: impl Fn(&str) -> Option<Entry>) -> Finished {
    let anchors: BTreeMap<&str, BTreeSet<&str>> =
        site.pages.iter().map(|(path, html)| (path.as_str(), values(html, " id=\"").collect())).collect();
    let book = Book { files: &site.files, anchors, repository, entry };
    let mut finished = Finished::default();
    for (path, html) in &site.pages {
        let html = replaced(html, |attribute, value| book.settle(path, attribute, value, &mut finished));
        finished.pages.insert(path.clone(), html);
    }
    finished
}

/// The data that links are checked against.
struct Book<'a, E> {
    files: &'a BTreeSet<String>,
    anchors: BTreeMap<&'a str, BTreeSet<&'a str>>,
    repository: &'a str,
    entry: E,
}

impl<E: Fn(&str) -> Option<Entry>> Book<'_, E> {
    /// The replacement of a page's link, if it has one. Notes images and broken links.
    fn settle(&self, page: &str, attribute: &str, value: &str, finished: &mut Finished) -> Option<String> {
        match self.target(page, attribute, value) {
            Target::Kept => None,
            Target::Published(address) => Some(address),
            Target::Image(path) => {
                finished.images.insert(path);
                None
            }
            Target::Broken(why) => {
                finished.broken.push(format!("{page}: {value}: {why}"));
                None
            }
        }
    }

    fn target(&self, page: &str, attribute: &str, value: &str) -> Target {
        if let Some(scheme) = scheme(value) {
            return if is_well_formed(scheme, value) { Target::Kept } else { Target::Broken("a malformed URL") };
        }
        let (path, anchor) = value.split_once('#').map_or((value, None), |(path, anchor)| (path, Some(anchor)));
        if path.is_empty() {
            return self.anchor(page, anchor);
        }
        let Some(path) = joined(page, path) else { return Target::Broken("it leaves the repository") };
        if self.anchors.contains_key(path.as_str()) {
            return self.anchor(&path, anchor);
        }
        if self.files.contains(&path) { Target::Kept } else { self.in_repository(&path, attribute, anchor) }
    }

    /// An anchor of a page; an empty one is the page's top.
    fn anchor(&self, page: &str, anchor: Option<&str>) -> Target {
        let is_there =
            |anchor: &str| anchor.is_empty() || self.anchors.get(page).is_some_and(|all| all.contains(anchor));
        if anchor.is_none_or(is_there) { Target::Kept } else { Target::Broken("no such anchor") }
    }

    fn in_repository(&self, path: &str, attribute: &str, anchor: Option<&str>) -> Target {
        // mdBook turns `.md` in a link into `.html`, whether the target is a page or not.
        let source = path.strip_suffix(".html").map(|path| format!("{path}.md"));
        let candidates = std::iter::once(path.to_owned()).chain(source);
        let Some((path, entry)) =
            candidates.into_iter().find_map(|path| (self.entry)(&path).map(|entry| (path, entry)))
        else {
            return Target::Broken("no such file");
        };
        match entry {
            _ if anchor.is_some() => Target::Broken("an anchor of a file that is no page of the book"),
            Entry::File if attribute == " src=\"" => Target::Image(path),
            Entry::File => Target::Published(format!("{}/blob/main/{path}", self.repository)),
            Entry::Folder => Target::Published(format!("{}/tree/main/{path}", self.repository)),
        }
    }
}

/// The values of an attribute.
fn values<'a>(html: &'a str, attribute: &'a str) -> impl Iterator<Item = &'a str> {
    html.split(attribute).skip(1).filter_map(|rest| Some(rest.split_once('"')?.0))
}

/// HTML with its links' values replaced.
fn replaced(html: &str, mut new: impl FnMut(&str, &str) -> Option<String>) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    let next = |rest: &str| LINKS.iter().filter_map(|link| Some((rest.find(link)?, *link))).min();
    while let Some((at, attribute)) = next(rest) {
        let (before, after) = rest.split_at(at + attribute.len());
        let (value, after) = after.split_at(after.find('"').unwrap_or(after.len()));
        out.push_str(before);
        out.push_str(new(attribute, value).as_deref().unwrap_or(value));
        rest = after;
    }
    out + rest
}

/// The path of a page's link, from the root; nothing if it leaves the root.
fn joined(page: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in path.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// `https` of `https://…`; nothing for a path.
fn scheme(value: &str) -> Option<&str> {
    if value.starts_with("//") {
        return Some("");
    }
    let (scheme, _) = value.split_once(':')?;
    let is_one = scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && !scheme.contains(['/', '#', '?', '.']);
    is_one.then_some(scheme)
}

/// Whether a URL is well-formed: nothing is fetched.
fn is_well_formed(scheme: &str, value: &str) -> bool {
    let blank = value.contains(|c: char| c.is_whitespace() || c.is_control() || "<>\\^`{|}".contains(c));
    let Some(rest) = value.strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://")) else {
        return scheme == "mailto" && value.contains('@') && !blank;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let named = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    ["http", "https"].contains(&scheme) && !blank && host.contains('.') && host.split('.').all(named)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Entry, Finished, Site, finish, joined};

    /// Checks a book of two pages, the first of which has this link; the repository has a file, a folder, an image and another page.
    fn of(attribute: &str, link: &str) -> Finished {
        let first = format!("<h1 id=\"top\">A</h1><a{attribute}=\"{link}\">x</a>");
        let pages = BTreeMap::from([
            ("guide/first.html".to_owned(), first),
            ("README.html".to_owned(), "<h2 id=\"run-it\">B</h2>".to_owned()),
        ]);
        let site = Site { pages, files: ["book.css".to_owned()].into() };
        finish(&site, "https://example.org/x", |path| match path {
            "src/lib.rs" | "guide/walls.svg" | "tests/README.md" => Some(Entry::File),
            "src" => Some(Entry::Folder),
            _ => None,
        })
    }

    fn broken(link: &str) -> Vec<String> {
        of(" href", link).broken
    }

    #[test]
    fn links_that_lead_somewhere_stay() {
        for link in [
            "../README.html",
            "../README.html#run-it",
            "#top",
            "#",
            "../book.css",
            "https://docs.rs/sqlx/0.9",
            "mailto:a@example.org",
        ] {
            let finished = of(" href", link);
            assert_eq!(finished.broken, [""; 0], "{link}");
            assert!(finished.pages["guide/first.html"].contains(&format!("href=\"{link}\"")), "{link}");
        }
    }

    #[test]
    fn a_broken_link_is_told_with_its_page() {
        assert_eq!(broken("../nowhere.html"), ["guide/first.html: ../nowhere.html: no such file"]);
        assert_eq!(broken("../src/main.rs"), ["guide/first.html: ../src/main.rs: no such file"]);
        assert_eq!(broken("../../README.html"), ["guide/first.html: ../../README.html: it leaves the repository"]);
        assert_eq!(of(" src", "no.svg").broken, ["guide/first.html: no.svg: no such file"]);
    }

    #[test]
    fn a_broken_anchor_is_told() {
        for link in ["#bottom", "../README.html#run"] {
            assert_eq!(broken(link), [format!("guide/first.html: {link}: no such anchor")]);
        }
        assert_eq!(broken("../tests/README.html#x").len(), 1, "what is no page has no anchors that are known");
    }

    #[test]
    fn a_malformed_url_is_told() {
        for link in [
            "https://",
            "https://nowhere",
            "https://a b.org",
            "htps://example.org",
            "//example.org/x",
            "https:/example.org",
            "mailto:a",
        ] {
            assert_eq!(broken(link), [format!("guide/first.html: {link}: a malformed URL")], "{link}");
        }
    }

    #[test]
    fn files_of_the_repository_are_found_where_it_is_published() {
        for (link, address) in [
            ("../src/lib.rs", "https://example.org/x/blob/main/src/lib.rs"),
            ("../src/", "https://example.org/x/tree/main/src"),
            ("../tests/README.html", "https://example.org/x/blob/main/tests/README.md"),
        ] {
            let finished = of(" href", link);
            assert_eq!(finished.broken, [""; 0]);
            assert!(
                finished.pages["guide/first.html"].contains(&format!("<a href=\"{address}\">x</a>")),
                "{finished:?}"
            );
        }
    }

    #[test]
    fn images_of_the_repository_are_copied() {
        let finished = of(" src", "walls.svg");
        assert_eq!((finished.images, finished.broken), (["guide/walls.svg".to_owned()].into(), Vec::new()));
    }

    #[test]
    fn paths_count_from_their_page() {
        assert_eq!(joined("a/b.html", "../c/./d.html").as_deref(), Some("c/d.html"));
        assert_eq!(joined("b.html", "../d.html"), None);
    }
}
