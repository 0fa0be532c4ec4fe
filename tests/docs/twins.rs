//! The Markdown pages: their links lead somewhere, and those in two languages say the same.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Pages in English and Portuguese, from the root of the repository. `guide.rs` has those for clients.
const TWINS: [[&str; 2]; 9] = [
    ["README.md", "README.pt-BR.md"],
    ["docs/INSTALL.md", "docs/INSTALAR.md"],
    ["docs/MIGRATE.md", "docs/MIGRAR.md"],
    ["docs/STATE.md", "docs/ESTADO.md"],
    ["docs/DIALECT.md", "docs/DIALETO.md"],
    ["docs/GAPS.md", "docs/LACUNAS.md"],
    ["docs/CONSOLE.md", "docs/CONSOLE.pt-BR.md"],
    ["docs/MIRROR.md", "docs/ESPELHO.md"],
    ["docs/CONFERIR.md", "docs/CONFERIR.pt-BR.md"],
];

/// Bytes that each README and each page for installing may have, so that people read them to the end.
const MOST_BYTES: usize = 8192;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The lines outside of fenced blocks, and those of each fenced block, with its language first.
fn split(page: &str) -> (Vec<&str>, Vec<Vec<&str>>) {
    let (mut prose, mut blocks) = (Vec::new(), Vec::new());
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        match line.strip_prefix("```") {
            None => prose.push(line),
            Some(language) => {
                let content = lines.by_ref().take_while(|line| *line != "```");
                blocks.push(std::iter::once(language).chain(content).collect());
            }
        }
    }
    (prose, blocks)
}

/// Level and text of each heading.
fn headings<'a>(prose: &[&'a str]) -> Vec<(usize, &'a str)> {
    let headings = prose.iter().filter_map(|line| line.split_once(' '));
    let headings = headings.filter(|(marks, _)| !marks.is_empty() && marks.bytes().all(|byte| byte == b'#'));
    headings.map(|(marks, text)| (marks.len(), text)).collect()
}

/// A line without what stands between backquotes.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

/// The targets of a page's links, those of pictures included.
fn links(prose: &[&str]) -> Vec<String> {
    let lines = prose.iter().map(|line| without_code(line));
    lines.flat_map(|line| line.split("](").skip(1).map(target).collect::<Vec<_>>()).collect()
}

/// What stands before the closing bracket.
fn target(link: &str) -> String {
    link.split_once(')').map_or(link, |(target, _)| target).to_owned()
}

/// The anchors of a page's headings, as hosts of repositories make them.
fn anchors(page: &str) -> HashSet<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let anchor = |(_, text): (usize, &str)| {
        let kept = text.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        let name = kept.collect::<String>().to_lowercase().replace(' ', "-");
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        if *count == 1 { name } else { format!("{name}-{}", *count - 1) }
    };
    headings(&split(page).0).into_iter().map(anchor).collect()
}

/// All Markdown pages below a folder, without what tools make.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !name.starts_with('.') && !["target", "node_modules"].contains(&name) {
            found.extend(pages(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found
}

/// Why a link of a page leads nowhere, if so. Addresses of other hosts are not tried.
fn fault(page: &Path, link: &str) -> Option<&'static str> {
    if link.contains("://") {
        return None;
    }
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let file = if file.is_empty() { page.to_owned() } else { page.parent().unwrap().join(file) };
    if !file.exists() {
        return Some("no such file");
    }
    let known = anchor.is_empty() || anchors(&read(&file)).contains(anchor);
    (!known).then_some("no such heading")
}

#[test]
fn every_link_leads_somewhere() {
    let (mut count, mut broken) = (0, Vec::new());
    for page in pages(root()) {
        for link in links(&split(&read(&page)).0) {
            count += 1;
            if let Some(fault) = fault(&page, &link) {
                broken.push(format!("{}: {link}: {fault}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(count >= 100, "{count} links were found");
}

/// Sentences and comments in commands differ; commands and the outline do not.
#[test]
fn twins_have_the_same_headings_and_commands() {
    let mut blocks_of_all = 0;
    for twins in TWINS {
        let texts = twins.map(|name| read(&root().join(name)));
        let [english, portuguese] = texts.each_ref().map(|text| {
            let (prose, mut blocks) = split(text);
            for block in &mut blocks {
                block.retain(|line| !line.starts_with('#'));
            }
            let levels: Vec<usize> = headings(&prose).into_iter().map(|(level, _)| level).collect();
            (levels, blocks)
        });
        assert_eq!(english, portuguese, "{twins:?}");
        assert!(english.0.len() > 2, "{twins:?}");
        blocks_of_all += english.1.len();
    }
    assert!(blocks_of_all > 40, "{blocks_of_all} blocks were found");
}

#[test]
fn the_first_pages_are_short() {
    for name in TWINS.concat() {
        let bytes = read(&root().join(name)).len();
        assert!(bytes <= MOST_BYTES, "{name} has {bytes} bytes, {MOST_BYTES} are allowed");
    }
}

#[test]
fn the_index_has_every_page() {
    let index = root().join("docs/README.md");
    let listed: HashSet<String> = links(&split(&read(&index)).0).into_iter().collect();
    let pages =
        fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let missing: Vec<String> =
        pages.filter(|name| name.ends_with(".md") && name != "README.md" && !listed.contains(name)).collect();
    assert_eq!(missing, [""; 0], "docs/README.md has to list them");
}
