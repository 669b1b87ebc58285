//! Branches, tags, commits and comparisons.

use ogr_mock::{Access, Fault};
use serde_json::{Value, json};

use super::{as_user, from_fork, gitlab, id};

const REPO: &str = "/projects/rpms%2Ffoo/repository";

#[tokio::test]
async fn branches_are_made_listed_and_deleted() {
    let (forge, client) = gitlab().await;
    let body = json!({"branch": "feature/x", "ref": "main"});
    let made = client.post(&format!("{REPO}/branches"), body).await;
    let made = made.expect(201).json();
    assert_eq!(made["name"], "feature/x");
    assert_eq!(made["default"], false);
    assert_eq!(made["merged"], false);
    assert_eq!(made["can_push"], true);
    let sha = made["commit"]["id"].as_str().unwrap();
    assert_eq!(forge.branches("rpms/foo").await.unwrap()["feature/x"], sha);

    let single = client.get(&format!("{REPO}/branches/feature%2Fx")).await;
    assert_eq!(single.expect(200).json()["commit"]["parent_ids"], json!([]));
    client
        .get(&format!("{REPO}/branches/feature/x"))
        .await
        .expect(404);
    let head = client
        .send("HEAD", &format!("{REPO}/branches/main"), None)
        .await;
    head.expect(204);
    let list = client.get(&format!("{REPO}/branches?search=feat")).await;
    let list = list.expect(200);
    assert_eq!(list.header("x-total"), "1");
    assert_eq!(list.json()[0]["commit"]["parent_ids"], json!(null));

    let create = async |body: Value| client.post(&format!("{REPO}/branches"), body).await;
    let refused = create(json!({"branch": "feature/x", "ref": "main"})).await;
    assert_eq!(
        refused.expect(400).json(),
        json!({"message": "Branch already exists"})
    );
    let refused = create(json!({"branch": "y", "ref": "nowhere"})).await;
    assert_eq!(
        refused.expect(400).json(),
        json!({"message": "Invalid reference name: nowhere"})
    );
    let refused = create(json!({"branch": "a..b", "ref": "main"})).await;
    assert_eq!(
        refused.expect(400).json(),
        json!({"message": "Branch name is invalid"})
    );
    let refused = create(json!({"branch": "y"})).await.expect(400);
    assert_eq!(
        refused.json(),
        json!({"error": "ref is missing, ref is empty"})
    );
    // A name that is in another's way.
    create(json!({"branch": "feature", "ref": "main"}))
        .await
        .expect(400);

    let bob = as_user(&forge, "bob");
    let body = json!({"branch": "z", "ref": "main"});
    bob.post(&format!("{REPO}/branches"), body)
        .await
        .expect(403);
    bob.delete(&format!("{REPO}/branches/feature%2Fx"))
        .await
        .expect(403);
    client
        .delete(&format!("{REPO}/branches/feature%2Fx"))
        .await
        .expect(204);
    let missing = client.delete(&format!("{REPO}/branches/feature%2Fx")).await;
    assert_eq!(
        missing.expect(404).json(),
        json!({"message": "404 Branch Not Found"})
    );
    client
        .delete(&format!("{REPO}/branches/main"))
        .await
        .expect(400);
}

#[tokio::test]
async fn a_merged_branch_says_so() {
    let (forge, client) = gitlab().await;
    forge.branch("rpms/foo", "old", "main").await.unwrap();
    forge
        .commit("rpms/foo", "main", "More", &[("b", Some("b"))])
        .await
        .unwrap();
    let branches = client.get(&format!("{REPO}/branches")).await.json();
    assert_eq!(branches[0]["name"], "main");
    assert_eq!(branches[0]["merged"], false);
    assert_eq!(branches[0]["default"], true);
    assert_eq!(branches[1]["merged"], true);
    let one = client.get(&format!("{REPO}/branches/old")).await.json();
    assert_eq!(one["merged"], true);
}

#[tokio::test]
async fn tags_are_light_or_annotated() {
    let (forge, client) = gitlab().await;
    forge.set_time("2026-05-01T12:00:00Z".parse().unwrap());
    let tip = forge.sha("rpms/foo", "main").await.unwrap().unwrap();
    let create = async |body: Value| client.post(&format!("{REPO}/tags"), body).await;
    let light = create(json!({"tag_name": "v1", "ref": "main"})).await;
    let light = light.expect(201).json();
    assert_eq!(light["target"], json!(tip));
    assert_eq!(light["message"], "");
    assert_eq!(light["release"], json!(null));
    let body = json!({"tag_name": "v2", "ref": "main", "message": "Second"});
    let heavy = create(body).await.expect(201).json();
    assert_ne!(heavy["target"], json!(tip));
    assert_eq!(heavy["commit"]["id"], json!(tip));
    assert_eq!(heavy["message"], "Second");
    assert_eq!(heavy["created_at"], "2026-05-01T12:00:00.000+00:00");
    let refused = create(json!({"tag_name": "v1", "ref": "main"})).await;
    assert_eq!(
        refused.expect(400).json(),
        json!({"message": "Tag v1 already exists"})
    );
    let refused = create(json!({"tag_name": "v3", "ref": "bogus"})).await;
    assert_eq!(
        refused.expect(400).json(),
        json!({"message": "Target bogus is invalid"})
    );
    let list = client
        .get(&format!("{REPO}/tags?order_by=name&sort=asc"))
        .await;
    let names: Vec<Value> = list.expect(200).json().as_array().unwrap().clone();
    assert_eq!(names[0]["name"], "v1");
    assert_eq!(names.len(), 2);
    forge.release("rpms/foo", "v1", |_| {}).await.unwrap();
    let told = client
        .get(&format!("{REPO}/tags/v1"))
        .await
        .expect(200)
        .json();
    assert_eq!(told["release"]["tag_name"], "v1");
    client.delete(&format!("{REPO}/tags/v1")).await.expect(204);
    assert!(forge.releases("rpms/foo").unwrap().is_empty());
    let missing = client.get(&format!("{REPO}/tags/v1")).await.expect(404);
    assert_eq!(missing.json(), json!({"message": "404 Tag Not Found"}));
}

#[tokio::test]
async fn commits_are_listed_by_ref_name_and_not_counted() {
    let (forge, client) = gitlab().await;
    forge.set_time("2030-05-01T12:00:00Z".parse().unwrap());
    for n in 0..3 {
        let text = n.to_string();
        let files = [("n.txt", Some(text.as_str()))];
        let message = format!("Commit {n}\n\nBody");
        forge
            .commit("rpms/foo", "topic", &message, &files)
            .await
            .unwrap();
    }
    let path = format!("{REPO}/commits?ref_name=topic&per_page=2");
    let page = client.get(&path).await.expect(200);
    assert!(!page.headers.contains_key("x-total"));
    assert!(!page.header("link").contains("rel=\"last\""));
    assert_eq!(page.header("x-next-page"), "2");
    let rows = page.json();
    assert_eq!(rows[0]["title"], "Commit 2");
    assert_eq!(rows[0]["message"], "Commit 2\n\nBody\n");
    assert_eq!(rows[0]["committed_date"], "2030-05-01T12:00:00.000+00:00");
    let short = rows[0]["short_id"].as_str().unwrap();
    assert_eq!(short.len(), 8);
    // `ref` is no parameter of this: it is the default branch that one gets.
    let other = client
        .get(&format!("{REPO}/commits?ref=topic"))
        .await
        .json();
    assert_eq!(other.as_array().unwrap().len(), 1);
    let none = client.get(&format!("{REPO}/commits?ref_name=nope")).await;
    assert_eq!(none.expect(200).json(), json!([]));
    let by_path = client
        .get(&format!("{REPO}/commits?ref_name=topic&path=README.md"))
        .await;
    assert_eq!(by_path.json().as_array().unwrap().len(), 1);
    let since = "since=2030-05-01T11:59:59Z";
    let recent = client
        .get(&format!("{REPO}/commits?ref_name=topic&{since}"))
        .await;
    assert_eq!(recent.json().as_array().unwrap().len(), 3);

    for name in [short, "topic"] {
        let one = client.get(&format!("{REPO}/commits/{name}")).await;
        let one = one.expect(200).json();
        assert_eq!(one["title"], "Commit 2");
        assert_eq!(
            one["stats"],
            json!({"additions": 1, "deletions": 1, "total": 2})
        );
        assert_eq!(one["status"], json!(null));
        assert_eq!(one["project_id"], id(&forge, "rpms/foo"));
    }
    let missing = client.get(&format!("{REPO}/commits/nope")).await;
    assert_eq!(
        missing.expect(404).json(),
        json!({"message": "404 Commit Not Found"})
    );
    let diff = client.get(&format!("{REPO}/commits/topic/diff")).await;
    let diff = diff.expect(200).json();
    assert_eq!(
        diff[0]["diff"],
        "@@ -1 +1 @@\n-1\n\\ No newline at end of file\n+2\n\\ No newline at end of file\n"
    );
    let refs = client
        .get(&format!("{REPO}/commits/topic/refs?type=branch"))
        .await;
    assert_eq!(refs.json(), json!([{"type": "branch", "name": "topic"}]));
    let people = client.get(&format!("{REPO}/contributors?ref=topic")).await;
    assert_eq!(people.expect(200).json()[0]["commits"], 4);
}

#[tokio::test]
async fn revisions_are_compared_within_a_project_and_across_forks() {
    let (forge, client) = gitlab().await;
    let (_, sha) = from_fork(&forge).await;
    forge
        .commit("rpms/foo", "main", "Meanwhile", &[("b", Some("b\n"))])
        .await
        .unwrap();
    let target = id(&forge, "rpms/foo");
    let path =
        format!("/projects/bob%2Ffoo/repository/compare?from=main&to=fix&from_project_id={target}");
    let told = client.get(&path).await.expect(200).json();
    assert_eq!(told["commits"].as_array().unwrap().len(), 1);
    assert_eq!(told["commit"]["id"], json!(sha));
    assert_eq!(told["diffs"].as_array().unwrap().len(), 1);
    assert_eq!(told["diffs"][0]["new_file"], true);
    assert_eq!(told["diffs"][0]["a_mode"], "0");
    assert_eq!(told["compare_same_ref"], false);
    let straight = client.get(&format!("{path}&straight=true")).await.json();
    assert_eq!(straight["diffs"].as_array().unwrap().len(), 2);
    let missing = client
        .get(&format!("{REPO}/compare?from=main&to=nope"))
        .await;
    assert_eq!(
        missing.expect(404).json(),
        json!({"message": "404 Ref Not Found"})
    );
    let needed = client.get(&format!("{REPO}/compare?from=main")).await;
    assert_eq!(needed.expect(400).json(), json!({"error": "to is missing"}));
    let stranger = forge
        .add_project("alice/other", ogr_mock::ProjectSetup::default())
        .await
        .unwrap();
    let path = format!("{REPO}/compare?from=main&to=main&from_project_id={stranger}");
    client.get(&path).await.expect(400);

    forge.branch("rpms/foo", "old", "main~1").await.unwrap_err();
    let base = client
        .get(&format!("{REPO}/merge_base?refs[]=main&refs[]=main"))
        .await;
    assert_eq!(base.expect(200).json()["title"], "Meanwhile");
    let bad = client.get(&format!("{REPO}/merge_base?refs[]=main")).await;
    assert_eq!(
        bad.expect(400).json(),
        json!({"message": "Provide at least 2 refs"})
    );
    let bad = client
        .get(&format!("{REPO}/merge_base?refs[]=main&refs[]=x"))
        .await;
    assert_eq!(
        bad.expect(400).json(),
        json!({"message": "Could not find ref: x"})
    );
}

#[tokio::test]
async fn a_deleted_head_branch_closes_and_a_deleted_base_does_not() {
    let (forge, client) = gitlab().await;
    let (number, _) = from_fork(&forge).await;
    forge.branch("rpms/foo", "release", "main").await.unwrap();
    let path = format!("/projects/rpms%2Ffoo/merge_requests/{number}");
    client
        .put(&path, json!({"target_branch": "release"}))
        .await
        .expect(200);
    client
        .delete(&format!("{REPO}/branches/release"))
        .await
        .expect(204);
    assert_eq!(client.get(&path).await.json()["state"], "opened");
    let bob = as_user(&forge, "bob");
    bob.delete("/projects/bob%2Ffoo/repository/branches/fix")
        .await
        .expect(204);
    assert_eq!(client.get(&path).await.json()["state"], "closed");
}

#[tokio::test]
async fn faults_strike_here_too() {
    let (forge, client) = gitlab().await;
    forge
        .set_permission("rpms/foo", "dave", Some(Access::Write))
        .unwrap();
    forge.fault(Fault::any().answer(409, r#"{"message":"409 Resource lock"}"#));
    client.get(&format!("{REPO}/branches")).await.expect(409);
    client.get(&format!("{REPO}/branches")).await.expect(200);
}

#[tokio::test]
async fn all_commits_are_those_of_every_branch() {
    let (forge, client) = gitlab().await;
    for branch in ["one", "two"] {
        let files = [(branch, Some("x"))];
        forge
            .commit("rpms/foo", branch, branch, &files)
            .await
            .unwrap();
    }
    let all = client.get(&format!("{REPO}/commits?all=true")).await.json();
    assert_eq!(all.as_array().unwrap().len(), 3);
}
