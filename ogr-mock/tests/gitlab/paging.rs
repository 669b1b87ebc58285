//! Pages: their sizes, headers and links.

use serde_json::{Value, json};

use super::{as_user, from_fork, gitlab, id, set_up};
use crate::common::{Answer, Client};
use ogr_mock::MockForge;

const PULLS: &str = "/projects/rpms%2Ffoo/merge_requests";

fn links(answer: &Answer) -> Vec<(String, String)> {
    let links = answer.header("link").split(", ");
    links
        .map(|link| {
            let parts: Vec<&str> = link.split(['<', '>', '"']).collect();
            (parts[3].to_owned(), parts[1].to_owned())
        })
        .collect()
}

#[tokio::test]
async fn pages_are_of_twenty_and_a_hundred_at_most_and_say_where_they_are() {
    let (forge, client) = gitlab().await;
    forge.seed_pull_requests("rpms/foo", 130).unwrap();
    let first = client.get(PULLS).await.expect(200);
    assert_eq!(first.json().as_array().unwrap().len(), 20);
    assert_eq!(first.header("x-total"), "130");
    assert_eq!(first.header("x-total-pages"), "7");
    assert_eq!(first.header("x-page"), "1");
    assert_eq!(first.header("x-next-page"), "2");
    assert_eq!(first.header("x-prev-page"), "");
    assert_eq!(first.header("x-per-page"), "20");
    let large = client.get(&format!("{PULLS}?per_page=500&page=2")).await;
    let large = large.expect(200);
    assert_eq!(large.json().as_array().unwrap().len(), 30);
    assert_eq!(large.header("x-per-page"), "100");
    assert_eq!(large.header("x-next-page"), "");
    assert_eq!(large.header("x-prev-page"), "1");
    let beyond = client.get(&format!("{PULLS}?page=9")).await.expect(200);
    assert_eq!(beyond.json(), json!([]));
    let bad = client.get(&format!("{PULLS}?page=x")).await.expect(400);
    assert_eq!(bad.json(), json!({"error": "page is invalid"}));
    let bad = client.get(&format!("{PULLS}?per_page=0")).await.expect(400);
    assert!(
        bad.json()["error"]
            .as_str()
            .unwrap()
            .contains("valid value")
    );
}

#[tokio::test]
async fn links_repeat_the_parameters_of_the_path_but_no_secret() {
    let (forge, client) = gitlab().await;
    forge.seed_pull_requests("rpms/foo", 45).unwrap();
    let number = id(&forge, "rpms/foo");
    let token = forge.token("alice").unwrap();
    let path =
        format!("/projects/{number}/merge_requests?state=opened&page=2&private_token={token}");
    let answer = Client::anonymous(&forge).get(&path).await.expect(200);
    let links = links(&answer);
    let rels: Vec<&str> = links.iter().map(|(rel, _)| rel.as_str()).collect();
    assert_eq!(rels, ["prev", "next", "first", "last"]);
    assert_eq!(
        links[1].1,
        format!(
            "{}/projects/{number}/merge_requests?id={number}&order_by=created_at&page=3&\
             per_page=20&sort=desc&state=opened&with_labels_details=false&\
             with_merge_status_recheck=false",
            forge.api_url()
        )
    );
    let next = links[1]
        .1
        .strip_prefix(&forge.api_url())
        .unwrap()
        .to_owned();
    let last = client.get(&next).await.expect(200);
    assert_eq!(last.json().as_array().unwrap().len(), 5);

    let (iid, _) = from_fork(&forge).await;
    let notes = client
        .get(&format!("{PULLS}/{iid}/notes"))
        .await
        .expect(200);
    let link = notes.header("link");
    assert!(link.contains(&format!("noteable_id={iid}")), "{link}");
    assert!(link.contains("id=rpms%2Ffoo&"), "{link}");
    let commits = client.get(&format!("{PULLS}/{iid}/commits")).await;
    let link = commits.header("link").to_owned();
    assert!(link.contains(&format!("merge_request_iid={iid}")), "{link}");
}

#[tokio::test]
async fn beyond_ten_thousand_rows_nobody_counts() {
    let (forge, client) = gitlab().await;
    forge.seed_pull_requests("rpms/foo", 10_000).unwrap();
    let counted = client.get(&format!("{PULLS}?per_page=1")).await.expect(200);
    assert_eq!(counted.header("x-total"), "10000");
    forge.seed_pull_requests("rpms/foo", 1).unwrap();
    let answer = client.get(&format!("{PULLS}?per_page=1")).await.expect(200);
    assert!(!answer.headers.contains_key("x-total"));
    assert!(!answer.headers.contains_key("x-total-pages"));
    let rels: Vec<String> = links(&answer).into_iter().map(|(rel, _)| rel).collect();
    assert_eq!(rels, ["next", "first"]);
    assert_eq!(answer.header("x-next-page"), "2");
    let last = client
        .get(&format!("{PULLS}?per_page=100&page=101"))
        .await
        .expect(200);
    assert_eq!(last.json().as_array().unwrap().len(), 1);
    assert_eq!(last.header("x-next-page"), "");
}

#[tokio::test]
async fn the_tree_has_keyset_pages() {
    let (forge, client) = gitlab().await;
    let names: Vec<String> = (0..7).map(|n| format!("dir/f{n}")).collect();
    // All the same content: what is a key must not be the blob.
    let files: Vec<(&str, Option<&str>)> = names
        .iter()
        .map(|name| (name.as_str(), Some("x")))
        .collect();
    forge
        .commit("rpms/foo", "main", "Files", &files)
        .await
        .unwrap();
    let tree = "/projects/rpms%2Ffoo/repository/tree";
    let mut next = Some(format!(
        "{tree}?recursive=true&pagination=keyset&per_page=3&ref=main"
    ));
    let mut seen = Vec::new();
    let mut pages = 0;
    while let Some(path) = next {
        let page = client.get(&path).await.expect(200);
        assert!(!page.headers.contains_key("x-total"));
        let rows = page.json();
        let rows = rows.as_array().unwrap().iter();
        seen.extend(rows.map(|row| row["path"].as_str().unwrap().to_owned()));
        pages += 1;
        next = page.headers.contains_key("link").then(|| {
            let links = links(&page);
            assert_eq!(links.len(), 1);
            links[0]
                .1
                .strip_prefix(&forge.api_url())
                .unwrap()
                .to_owned()
        });
    }
    assert_eq!(pages, 3);
    let mut expected = vec!["dir".to_owned(), "README.md".to_owned()];
    expected.extend(names);
    assert_eq!(seen, expected);

    let paged = client.get(&format!("{tree}?per_page=1")).await.expect(200);
    assert_eq!(paged.header("x-total"), "2");
    assert_eq!(paged.json()[0]["type"], "tree");
}

#[tokio::test]
async fn the_forge_may_be_set_up_with_smaller_pages() {
    let forge = MockForge::gitlab().page_cap(5).start().await.unwrap();
    set_up(&forge).await;
    forge.seed_pull_requests("rpms/foo", 12).unwrap();
    let client = as_user(&forge, "alice");
    let mut seen = Vec::<Value>::new();
    let mut page = "1".to_owned();
    while !page.is_empty() {
        let path = format!("{PULLS}?per_page=100&page={page}");
        let answer = client.get(&path).await.expect(200);
        seen.extend(answer.json().as_array().unwrap().clone());
        page = answer.header("x-next-page").to_owned();
    }
    assert_eq!(seen.len(), 12);
}
