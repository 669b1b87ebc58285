//! Notes: people's and the system's.

use ogr_mock::MockForge;
use serde_json::{Value, json};

use super::{as_user, from_fork, gitlab};
use crate::common::{Client, Work, commit, git};

const PULLS: &str = "/projects/rpms%2Ffoo/merge_requests";

async fn bodies(client: &Client, path: &str) -> Vec<String> {
    let rows = client.get(path).await.expect(200).json();
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row["body"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn notes_are_written_edited_and_deleted() {
    let (forge, client) = gitlab().await;
    let (number, _) = from_fork(&forge).await;
    let notes = format!("{PULLS}/{number}/notes");
    let carol = as_user(&forge, "carol");
    let made = carol
        .post(&notes, json!({"body": "First"}))
        .await
        .expect(201);
    let made = made.json();
    assert_eq!(made["body"], "First");
    assert_eq!(made["system"], false);
    assert_eq!(made["noteable_iid"], number);
    assert_eq!(made["noteable_type"], "MergeRequest");
    let one = format!("{notes}/{}", made["id"]);
    carol.put(&one, json!({"body": "Better"})).await.expect(200);
    // Its author and maintainers may edit it.
    let bob = as_user(&forge, "bob");
    bob.put(&one, json!({"body": "x"})).await.expect(403);
    client
        .put(&one, json!({"body": "Moderated"}))
        .await
        .expect(200);
    client
        .post(&notes, json!({"body": "Second"}))
        .await
        .expect(201);
    assert_eq!(bodies(&client, &notes).await, ["Second", "Moderated"]);
    let ascending = format!("{notes}?sort=asc");
    assert_eq!(bodies(&client, &ascending).await, ["Moderated", "Second"]);
    bob.delete(&one).await.expect(403);
    carol.delete(&one).await.expect(204);
    let missing = carol.get(&one).await.expect(404);
    assert_eq!(missing.json(), json!({"message": "404 Note Not Found"}));
    let bad = carol.post(&notes, json!({})).await.expect(400);
    assert_eq!(bad.json(), json!({"error": "body is missing"}));
    carol.post(&notes, json!({"body": "  "})).await.expect(400);
    Client::anonymous(&forge)
        .post(&notes, json!({"body": "x"}))
        .await
        .expect(401);
    let told = client.get(&format!("{PULLS}/{number}")).await.json();
    assert_eq!(told["user_notes_count"], 1);
    let missing = client.get(&format!("{PULLS}/99/notes")).await.expect(404);
    assert_eq!(missing.json(), json!({"message": "404 Not found"}));
}

#[tokio::test]
async fn what_one_may_not_see_is_left_out_of_its_page() {
    let (forge, client) = gitlab().await;
    let (number, _) = from_fork(&forge).await;
    let notes = format!("{PULLS}/{number}/notes");
    for at in 0..6 {
        let body = json!({"body": format!("n{at}"), "internal": at % 3 == 1});
        client.post(&notes, body).await.expect(201);
    }
    let carol = as_user(&forge, "carol");
    let first = carol.get(&format!("{notes}?sort=asc&per_page=3")).await;
    let first = first.expect(200);
    // A short page in the middle, and a count of what is not told.
    assert_eq!(first.json().as_array().unwrap().len(), 2);
    assert_eq!(first.header("x-total"), "6");
    assert_eq!(first.header("x-next-page"), "2");
    let second = carol
        .get(&format!("{notes}?sort=asc&per_page=3&page=2"))
        .await;
    assert_eq!(second.json().as_array().unwrap().len(), 2);
    assert_eq!(bodies(&client, &notes).await.len(), 6);
    carol
        .post(&notes, json!({"body": "x", "internal": true}))
        .await
        .expect(403);
}

#[tokio::test]
async fn the_system_notes_edits_and_pushes() {
    let (forge, client) = gitlab().await;
    let (number, _) = from_fork(&forge).await;
    let path = format!("{PULLS}/{number}");
    let change = async |body: Value| client.put(&path, body).await.expect(200);
    change(json!({"title": "Draft: A better fix", "description": "Because"})).await;
    change(json!({"labels": "bug"})).await;
    let notes = bodies(&client, &format!("{path}/notes?sort=asc")).await;
    assert_eq!(
        notes,
        [
            "marked this merge request as **draft**",
            "changed title from **{-A fix-}** to **{+A better fix+}**",
            "changed the description",
        ]
    );
    push(&forge).await;
    let last = client.get(&format!("{path}/notes")).await.json()[0].clone();
    assert_eq!(last["system"], true);
    assert!(
        last["body"]
            .as_str()
            .unwrap()
            .starts_with("added 1 commit\n\n<ul><li>")
    );
    client
        .put(
            &format!("{path}/notes/{}", last["id"]),
            json!({"body": "x"}),
        )
        .await
        .expect(403);
    let people = format!("{path}/notes?activity_filter=only_comments");
    assert!(bodies(&client, &people).await.is_empty());
}

async fn push(forge: &MockForge) {
    let work = Work::new();
    let url = forge.clone_url_as("bob/foo", "bob").unwrap();
    let tree = work.clone(&url, "fork").await;
    git(&tree, &["checkout", "-q", "fix"]).await.unwrap();
    commit(&tree, "b.txt", "b\n", "More").await;
    git(&tree, &["push", "-q", "origin", "fix"]).await.unwrap();
}
