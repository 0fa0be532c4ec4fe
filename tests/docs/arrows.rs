//! The rooms of `src/` and the arrows between them: `docs/ARCHITECTURE.md` has the table, and this holds it. It sees
//! paths only. A method call on a value that another room made, such as `app.store.historico()`, names no room.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, UseTree, Visibility};

/// A module's path, such as `["http", "api", "login"]`; empty for the crate itself.
type Module = Vec<String>;

/// All modules that are files, and what each refers to.
struct Sources {
    files: BTreeMap<Module, Paths>,
}

/// Collects the paths that a file refers to, test modules aside.
#[derive(Default)]
struct Paths {
    found: Vec<Vec<String>>,
    /// What the file passes on: name and path.
    reexported: Vec<(String, Vec<String>)>,
}

impl Paths {
    fn of(file: &syn::File) -> Self {
        let mut paths = Self::default();
        paths.visit_file(file);
        paths
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}

/// The paths of `tree` below `before`.
fn leaves(tree: &UseTree, before: &[String], take: &mut impl FnMut(Vec<String>, String)) {
    let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
    match tree {
        UseTree::Path(path) => leaves(&path.tree, &with(&path.ident), take),
        UseTree::Name(name) => take(with(&name.ident), name.ident.to_string()),
        UseTree::Rename(rename) => take(with(&rename.ident), rename.rename.to_string()),
        UseTree::Glob(_) => take([before, &["*".to_owned()]].concat(), "*".to_owned()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, before, take)),
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Mod(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            _ => &Vec::new(),
        };
        if !is_test(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        assert!(module.content.is_none(), "mod {}: only files are modules here", module.ident);
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let passes_on = !matches!(item.vis, Visibility::Inherited);
        leaves(&item.tree, &[], &mut |path, name| match passes_on {
            true => self.reexported.push((name, path)),
            false => self.found.push(path),
        });
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if matches!(segments[0].as_str(), "crate" | "super" | "self") && segments.len() > 1 {
            self.found.push(segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        // Inside a macro there are only tokens: `crate::a::b` is found there, too.
        let text = mac.tokens.to_string().replace(' ', "");
        for part in text.split(|c: char| !(c.is_alphanumeric() || "_:".contains(c))) {
            if part.starts_with("crate::") {
                self.found.push(part.split("::").map(str::to_owned).collect());
            }
        }
        visit::visit_macro(self, mac);
    }
}

impl Sources {
    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = BTreeMap::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("src/main.rs") {
                    let text = fs::read_to_string(&path).unwrap();
                    let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                    files.insert(module(path.strip_prefix(&root).unwrap()), Paths::of(&file));
                }
            }
        }
        assert!(files.len() > 100, "{} files were found", files.len());
        Self { files }
    }

    /// The module that `path`, written in `from`, leads to; `None` where it leaves the crate.
    fn resolve(&self, from: &Module, path: &[String]) -> Option<Module> {
        let mut at = match path[0].as_str() {
            "crate" => Vec::new(),
            "self" => from.clone(),
            "super" => from[..from.len() - 1].to_vec(),
            first if self.files.contains_key(&[from.as_slice(), &[first.to_owned()]].concat()) => from.clone(),
            _ => return None,
        };
        let start = usize::from(matches!(path[0].as_str(), "crate" | "self" | "super"));
        for name in &path[start..] {
            let below = [at.as_slice(), std::slice::from_ref(name)].concat();
            if name == "super" {
                at.pop();
            } else if self.files.contains_key(&below) {
                at = below;
            } else {
                return match self.files[&at].reexported.iter().find(|(known, _)| known == name) {
                    Some((_, target)) => self.resolve(&at, target),
                    None => Some(at),
                };
            }
        }
        Some(at)
    }

    /// Which file refers to which others.
    fn arrows(&self) -> BTreeMap<Module, BTreeSet<Module>> {
        let arrows = self.files.iter().map(|(from, paths)| {
            let targets = paths.found.iter().filter_map(|path| self.resolve(from, path));
            (from.clone(), targets.filter(|target| target != from).collect())
        });
        arrows.collect()
    }
}

/// The module of a file below `src/`.
fn module(file: &Path) -> Module {
    let mut names: Module = file.with_extension("").iter().map(|name| name.to_str().unwrap().to_owned()).collect();
    if matches!(names.last().map(String::as_str), Some("mod" | "lib")) {
        names.pop();
    }
    names
}

/// A circle in `arrows`, as the files in it.
fn circle(arrows: &BTreeMap<Module, BTreeSet<Module>>) -> Option<Vec<String>> {
    fn walk(
        at: &Module,
        arrows: &BTreeMap<Module, BTreeSet<Module>>,
        trail: &mut Vec<Module>,
        done: &mut BTreeSet<Module>,
    ) -> Option<Vec<String>> {
        if let Some(start) = trail.iter().position(|module| module == at) {
            return Some(trail[start..].iter().map(|module| module.join("/")).collect());
        }
        if !done.insert(at.clone()) {
            return None;
        }
        trail.push(at.clone());
        let found = arrows[at].iter().find_map(|to| walk(to, arrows, trail, done));
        trail.pop();
        found
    }
    let mut done = BTreeSet::new();
    arrows.keys().find_map(|module| walk(module, arrows, &mut Vec::new(), &mut done))
}

/// The table in `docs/ARCHITECTURE.md`: each room, and the rooms that it may use.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let page = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/ARCHITECTURE.md")).unwrap();
    let rows = page.lines().skip_while(|line| *line != "| Room | may use |").skip(2);
    let rooms = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    rows.map_while(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "))
        .flat_map(|(room, used)| rooms(room).into_iter().map(move |room| (room, rooms(used))))
        .collect()
}

/// The room of `module`: the longest entry of the table that is a part of its path.
fn room(module: &Module, table: &BTreeMap<String, BTreeSet<String>>) -> String {
    let names = (1..=module.len()).rev().map(|length| module[..length].join("/"));
    names.into_iter().find(|name| table.contains_key(name)).unwrap_or_else(|| panic!("{module:?} is in no room"))
}

#[test]
fn files_refer_to_each_other_in_no_circle() {
    assert_eq!(circle(&Sources::read().arrows()), None);
}

#[test]
fn rooms_use_what_the_table_says_and_no_more() {
    let table = table();
    let mut used: BTreeMap<String, BTreeSet<String>> =
        table.keys().map(|room| (room.clone(), BTreeSet::new())).collect();
    for (from, targets) in Sources::read().arrows() {
        if from.is_empty() {
            continue;
        }
        let own = room(&from, &table);
        for target in targets.iter().filter(|target| !target.is_empty()) {
            let other = room(target, &table);
            assert!(other == own || table[&own].contains(&other), "{} uses {}", from.join("/"), target.join("/"));
            if other != own {
                used.get_mut(&own).unwrap().insert(other);
            }
        }
    }
    assert_eq!(used, table, "what is used, and what the table allows");
}

#[test]
fn a_circle_is_found() {
    let module = |name: &str| vec![name.to_owned()];
    let arrows = |pairs: &[(&str, &[&str])]| {
        pairs.iter().map(|(from, to)| (module(from), to.iter().map(|to| module(to)).collect())).collect()
    };
    assert_eq!(circle(&arrows(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])])), None);
    assert_eq!(
        circle(&arrows(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"])])),
        Some(vec!["b".to_owned(), "c".to_owned()])
    );
}
