//! The checker of exchanges against the forges' documents, tried on recorded traffic: without it, "no problem found" would
//! say nothing.

#![allow(clippy::unwrap_used)]

mod table;

use serde_json::{Value, json};
use table::{Exchange, Table};

fn request<'a>(method: &'a str, path: &'a str, body: &'a Value) -> Exchange<'a> {
    Exchange {
        method,
        path,
        request: Some(body),
        status: 201,
        response: None,
    }
}

#[test]
fn what_the_document_knows_passes_and_typos_do_not() {
    let Some(table) = Table::of("forgejo") else {
        return;
    };
    let good = json!({"title": "x", "head": "a", "base": "main"});
    let path = "/api/v1/repos/a/b/pulls";
    assert_eq!(table.check(&request("POST", path, &good)), Some(Vec::new()));
    let typo = json!({"title": "x", "head": "a", "basis": "main"});
    let problems = table.check(&request("POST", path, &typo)).unwrap();
    assert!(problems.iter().any(|p| p.contains("basis")), "{problems:?}");
    let wrong = json!({"title": 7});
    assert!(
        !table
            .check(&request("POST", path, &wrong))
            .unwrap()
            .is_empty()
    );
    let nothing = json!({});
    let query = request("GET", "/api/v1/repos/a/b/pulls?per_page=5", &nothing);
    let problems = table.check(&query).unwrap();
    assert!(
        problems.iter().any(|p| p.contains("per_page")),
        "{problems:?}"
    );
    assert_eq!(
        table.check(&request("GET", "/api/v1/no/such/route", &good)),
        None
    );
}

#[test]
fn every_recorded_request_of_ogr_is_known_to_the_documents() {
    for (forge, base) in [("github", ""), ("gitlab", ""), ("forgejo", "")] {
        let (Some(table), Some(records)) = (Table::of(forge), records(forge)) else {
            return;
        };
        let (mut known, mut unknown) = (0, Vec::new());
        for exchange in &records {
            let url: url::Url = exchange["url"].as_str().unwrap().parse().unwrap();
            let path = match url.query() {
                Some(query) => format!("{base}{}?{query}", url.path()),
                None => format!("{base}{}", url.path()),
            };
            let exchange = Exchange {
                method: exchange["method"].as_str().unwrap(),
                path: &path,
                request: None,
                // Old answers lag the schemas: only the question is looked at.
                status: 599,
                response: None,
            };
            match table.check(&exchange) {
                Some(_) => known += 1,
                None => unknown.push(path.clone()),
            }
        }
        assert!(
            known > 90 && unknown.len() * 50 < known,
            "{forge}: {known} known, {unknown:?}"
        );
    }
}

fn records(forge: &str) -> Option<Vec<Value>> {
    let path = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join(format!("shared/recordings/ogr/{forge}.jsonl")))
        .find(|path| path.exists())?;
    let text = std::fs::read_to_string(path).unwrap();
    Some(
        text.lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .flat_map(|record| record["exchanges"].as_array().unwrap().clone())
            .collect(),
    )
}
