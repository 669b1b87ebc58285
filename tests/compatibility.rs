//! `COMPATIBILITY.md` is what the backends say of themselves. `OGR_BLESS=1 cargo test --test compatibility` writes it anew.

#![allow(clippy::unwrap_used)]

use std::{fmt::Write, fs, path::Path};

use ogr::{Capabilities, ForgeKind, Operation, Support, http::HttpConfig};

#[test]
fn the_table_is_what_the_backends_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("COMPATIBILITY.md");
    let table = table();
    if std::env::var_os("OGR_BLESS").is_some() {
        fs::write(&path, &table).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == table,
        "COMPATIBILITY.md is out of date: OGR_BLESS=1 cargo test --test compatibility"
    );
}

fn table() -> String {
    let forges: Vec<(ForgeKind, Capabilities)> = ForgeKind::ALL
        .iter()
        .map(|kind| (*kind, capabilities(*kind)))
        .collect();
    let mut text = String::from(
        "# What each forge can do\n\n\
         Generated from the backends' capabilities; `Forge::capabilities` tells the same to programs.\n\n\
         - **yes**: its API can.\n\
         - **no**: its API has no way. ogr answers `Unsupported` and sends no request.\n\
         - **depends**: on the version, the token or the project. ogr tries, and maps the refusal.\n",
    );
    let mut area = "";
    let mut notes: Vec<String> = Vec::new();
    for operation in Operation::ALL {
        if operation.area() != area {
            area = operation.area();
            write_notes(&mut text, &mut notes);
            let names: Vec<&str> = forges.iter().map(|(kind, _)| kind.as_str()).collect();
            write!(
                text,
                "\n## {area}\n\n| operation | what it does | {} |\n",
                names.join(" | ")
            )
            .unwrap();
            writeln!(text, "| --- | --- |{}", " --- |".repeat(forges.len())).unwrap();
        }
        write!(text, "| `{operation}` | {} |", operation.summary()).unwrap();
        for (_, capabilities) in &forges {
            let support = capabilities.support(*operation);
            match support.note() {
                None => write!(text, " {support} |").unwrap(),
                Some(note) => {
                    let number = number_of(&mut notes, note);
                    write!(text, " {support} [{number}] |").unwrap();
                }
            }
        }
        text.push('\n');
    }
    write_notes(&mut text, &mut notes);
    text
}

/// Notes are numbered anew in each area.
fn number_of(notes: &mut Vec<String>, note: &str) -> usize {
    match notes.iter().position(|known| known == note) {
        Some(index) => index + 1,
        None => {
            notes.push(note.to_owned());
            notes.len()
        }
    }
}

fn write_notes(text: &mut String, notes: &mut Vec<String>) {
    if notes.is_empty() {
        return;
    }
    text.push('\n');
    for (index, note) in notes.drain(..).enumerate() {
        writeln!(text, "{}. {note}", index + 1).unwrap();
    }
}

fn capabilities(kind: ForgeKind) -> Capabilities {
    let backend = ogr::backends()
        .into_iter()
        .find(|backend| backend.kinds().contains(&kind))
        .unwrap();
    let instance = backend.instance(kind, "https://example.org".parse().unwrap());
    backend
        .connect(instance, None, HttpConfig::default())
        .unwrap()
        .capabilities()
}

#[test]
fn what_is_refused_has_a_reason() {
    for kind in ForgeKind::ALL {
        let capabilities = capabilities(*kind);
        for operation in Operation::ALL {
            if let Support::No(why) | Support::Depends(why) = capabilities.support(*operation) {
                assert!(why.len() > 8, "{kind} {operation}: {why:?}");
            }
        }
    }
}
