use std::time::Duration;

use ogr_mock::{Access, ProjectSetup};
use serde_json::json;

use super::{as_user, gitlab, id};
use crate::common::Client;

const FOO: &str = "/projects/rpms%2Ffoo";

#[tokio::test]
async fn a_project_is_found_by_number_and_by_encoded_path_alone() {
    let (forge, client) = gitlab().await;
    let number = id(&forge, "rpms/foo");
    for path in [FOO.to_owned(), format!("/projects/{number}")] {
        let told = client.get(&path).await.expect(200).json();
        assert_eq!(told["path_with_namespace"], "rpms/foo");
        assert_eq!(told["name_with_namespace"], "rpms / foo");
        assert_eq!(told["default_branch"], "main");
        assert_eq!(told["visibility"], "public");
        assert_eq!(told["empty_repo"], false);
        assert_eq!(told["import_status"], "none");
        assert_eq!(told["description"], "A package");
        assert_eq!(told["namespace"]["kind"], "group");
        assert_eq!(told["permissions"]["project_access"], json!(null));
        assert_eq!(told["permissions"]["group_access"]["access_level"], 50);
        assert!(
            told["readme_url"]
                .as_str()
                .unwrap()
                .ends_with("/-/blob/main/README.md")
        );
        assert_eq!(told["ssh_url_to_repo"], "git@127.0.0.1:rpms/foo.git");
    }
    let raw = client.get("/projects/rpms/foo").await.expect(404);
    assert_eq!(raw.json(), json!({"message": "404 Project Not Found"}));
    let unknown = client.get("/projects/rpms%2Ffoo/nothing").await.expect(404);
    assert_eq!(unknown.json(), json!({"error": "404 Not Found"}));
    client.get("/projects/99999").await.expect(404);
    // Strangers are told less.
    let told = Client::anonymous(&forge).get(FOO).await.expect(200).json();
    assert!(told.get("permissions").is_none());
    assert!(told.get("empty_repo").is_none());
}

#[tokio::test]
async fn groups_nest_and_private_projects_hide() {
    let (forge, client) = gitlab().await;
    forge.add_group("rpms/sub/deep", &["carol"]);
    forge
        .add_project("rpms/sub/deep/bar", ProjectSetup::private())
        .await
        .unwrap();
    let path = "/projects/rpms%2Fsub%2Fdeep%2Fbar";
    let told = client.get(path).await.expect(200).json();
    assert_eq!(told["namespace"]["full_path"], "rpms/sub/deep");
    assert_eq!(told["namespace"]["path"], "deep");
    assert_eq!(told["visibility"], "private");
    as_user(&forge, "carol").get(path).await.expect(200);
    for client in [as_user(&forge, "bob"), Client::anonymous(&forge)] {
        let hidden = client.get(path).await.expect(404);
        assert_eq!(hidden.json(), json!({"message": "404 Project Not Found"}));
    }
    // A guest sees that it is there, but not what is in it.
    forge
        .set_permission("rpms/sub/deep/bar", "gus", Some(Access::Guest))
        .unwrap();
    let guest = as_user(&forge, "gus");
    let told = guest.get(path).await.expect(200).json();
    assert_eq!(told["permissions"]["project_access"]["access_level"], 10);
    let branches = guest.get(&format!("{path}/repository/branches")).await;
    assert_eq!(
        branches.expect(403).json(),
        json!({"message": "403 Forbidden"})
    );

    let below = client.get("/groups/rpms/projects").await.expect(200);
    assert_eq!(below.json().as_array().unwrap().len(), 1);
    let all = "/groups/rpms/projects?include_subgroups=true";
    assert_eq!(client.get(all).await.json().as_array().unwrap().len(), 2);
    let path = "/groups/rpms%2Fsub%2Fdeep/projects";
    assert_eq!(client.get(path).await.json()[0]["path"], "bar");
}

#[tokio::test]
async fn an_empty_project_has_no_default_branch() {
    let (forge, client) = gitlab().await;
    forge
        .add_project("rpms/new", ProjectSetup::empty())
        .await
        .unwrap();
    let told = client.get("/projects/rpms%2Fnew").await.expect(200).json();
    assert_eq!(told["default_branch"], json!(null));
    assert_eq!(told["empty_repo"], true);
    assert_eq!(told["readme_url"], json!(null));
    let path = "/projects/rpms%2Fnew/repository";
    let branches = client.get(&format!("{path}/branches")).await;
    assert_eq!(branches.expect(200).json(), json!([]));
    let commits = client.get(&format!("{path}/commits")).await.expect(200);
    assert_eq!(commits.json(), json!([]));
    let tree = client.get(&format!("{path}/tree")).await.expect(404);
    assert_eq!(tree.json(), json!({"message": "404 Tree Not Found"}));
}

#[tokio::test]
async fn projects_are_made_in_ones_own_namespace_or_a_groups() {
    let (forge, client) = gitlab().await;
    let body = json!({"name": "New Tool", "initialize_with_readme": true});
    let made = client.post("/projects", body).await.expect(201).json();
    assert_eq!(made["path_with_namespace"], "alice/new-tool");
    assert_eq!(made["name"], "New Tool");
    assert_eq!(made["visibility"], "private");
    assert_eq!(made["default_branch"], "main");
    let log = forge.log("alice/new-tool", "main").await.unwrap();
    assert_eq!(log[0].subject(), "Initial commit");

    let group = client.get("/groups/rpms").await.json()["id"].clone();
    let body = json!({"path": "lib", "namespace_id": group, "visibility": "public"});
    let made = client
        .post("/projects", body.clone())
        .await
        .expect(201)
        .json();
    assert_eq!(made["path_with_namespace"], "rpms/lib");
    assert_eq!(made["default_branch"], json!(null));
    let taken = client
        .post("/projects", body.clone())
        .await
        .expect(400)
        .json();
    assert_eq!(taken["message"]["path"], json!(["has already been taken"]));
    assert_eq!(taken["message"]["name"], json!(["has already been taken"]));
    let refused = as_user(&forge, "bob").post("/projects", body).await;
    assert_eq!(
        refused.expect(400).json(),
        json!({"message": {"namespace": ["is not valid"]}})
    );
    let nameless = client.post("/projects", json!({})).await.expect(400);
    assert!(
        nameless.json()["error"]
            .as_str()
            .unwrap()
            .contains("at least one")
    );
    let bad = client.post("/projects", json!({"path": "a b"})).await;
    assert!(bad.expect(400).json()["message"]["path"].is_array());
    Client::anonymous(&forge)
        .post("/projects", json!({"name": "x"}))
        .await
        .expect(401);
}

#[tokio::test]
async fn a_renamed_project_is_redirected_to_for_reading_alone() {
    let (forge, client) = gitlab().await;
    let number = id(&forge, "rpms/foo");
    forge.rename_project("rpms/foo", "rpms/baz").unwrap();
    let path = format!("{FOO}/repository/files/README.md?ref=main");
    let moved = client.get(&path).await.expect(301);
    let to = moved.header("location").to_owned();
    assert_eq!(
        to,
        format!(
            "{}/projects/{number}/repository/files/README.md?ref=main",
            forge.api_url()
        )
    );
    assert!(moved.text().contains("moved permanently"));
    let to = to.strip_prefix(&forge.api_url()).unwrap();
    client.get(to).await.expect(200);
    let body = json!({"description": "x"});
    let refused = client.put(FOO, body).await.expect(405).json();
    assert_eq!(
        refused["message"],
        "Non GET methods are not allowed for moved projects"
    );
    client.get(&format!("/projects/{number}")).await.expect(200);
}

#[tokio::test]
async fn settings_are_changed_by_maintainers_and_projects_deleted_by_owners() {
    let (forge, client) = gitlab().await;
    let body = json!({
        "description": "Different",
        "visibility": "private",
        "merge_method": "ff",
        "topics": ["a", "b"],
        "issues_enabled": false,
    });
    let told = client.put(FOO, body).await.expect(200).json();
    assert_eq!(told["description"], "Different");
    assert_eq!(told["visibility"], "private");
    assert_eq!(told["merge_method"], "ff");
    assert_eq!(told["topics"], json!(["a", "b"]));
    assert_eq!(told["issues_access_level"], "disabled");
    let bad = client.put(FOO, json!({"merge_method": "magic"})).await;
    assert_eq!(
        bad.expect(400).json(),
        json!({"error": "merge_method does not have a valid value"})
    );
    forge
        .set_permission("rpms/foo", "dave", Some(Access::Write))
        .unwrap();
    let dave = as_user(&forge, "dave");
    dave.put(FOO, json!({"description": "x"})).await.expect(403);
    let archived = client.post(&format!("{FOO}/archive"), json!({})).await;
    assert_eq!(archived.expect(201).json()["archived"], true);
    client
        .put(FOO, json!({"description": "x"}))
        .await
        .expect(403);
    client
        .post(&format!("{FOO}/unarchive"), json!({}))
        .await
        .expect(201);
    dave.delete(FOO).await.expect(403);
    let gone = client.delete(FOO).await.expect(202);
    assert_eq!(gone.json(), json!({"message": "202 Accepted"}));
    client.get(FOO).await.expect(404);
}

#[tokio::test]
async fn projects_are_listed_by_filter_and_by_keyset() {
    let (forge, client) = gitlab().await;
    forge.add_user("bob");
    for name in ["alice/one", "bob/two", "bob/secret"] {
        let setup = if name == "bob/secret" {
            ProjectSetup::private()
        } else {
            ProjectSetup::default()
        };
        forge.add_project(name, setup).await.unwrap();
    }
    let names = |answer: crate::common::Answer| -> Vec<String> {
        let rows = answer.expect(200).json();
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row["path_with_namespace"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        names(client.get("/projects").await),
        ["bob/two", "alice/one", "rpms/foo"]
    );
    assert_eq!(
        names(client.get("/projects?owned=true&sort=asc").await),
        ["rpms/foo", "alice/one"]
    );
    assert_eq!(names(client.get("/projects?search=tw").await), ["bob/two"]);
    let stranger = Client::anonymous(&forge);
    assert_eq!(names(stranger.get("/projects").await).len(), 3);
    let bob = as_user(&forge, "bob");
    assert_eq!(
        names(bob.get("/users/bob/projects?order_by=name&sort=asc").await),
        ["bob/secret", "bob/two"]
    );
    assert_eq!(names(client.get("/users/bob/projects").await), ["bob/two"]);
    client.get("/users/nobody/projects").await.expect(404);

    let first = "/projects?pagination=keyset&order_by=id&sort=asc&per_page=2";
    let page = client.get(first).await.expect(200);
    assert_eq!(page.header("x-total"), "");
    let link = page.header("link").to_owned();
    assert!(link.contains("id_after="), "{link}");
    assert_eq!(names(page), ["rpms/foo", "alice/one"]);
    let next = link.split(['<', '>']).nth(1).unwrap();
    let next = next.strip_prefix(&forge.api_url()).unwrap();
    let page = client.get(next).await.expect(200);
    assert_eq!(page.header("link"), "");
    assert_eq!(names(page), ["bob/two"]);
    client
        .get("/projects?pagination=keyset&order_by=name")
        .await
        .expect(405);
    let deep = client.get("/projects?per_page=100&page=502").await;
    assert!(
        deep.expect(405).json()["error"]
            .as_str()
            .unwrap()
            .contains("50000")
    );
}

#[tokio::test]
async fn the_newest_activity_shows() {
    let (forge, client) = gitlab().await;
    forge.set_time("2030-05-01T12:00:00.250Z".parse().unwrap());
    forge
        .commit("rpms/foo", "main", "Now", &[("n.rs", Some("fn n() {}\n"))])
        .await
        .unwrap();
    let told = client.get(FOO).await.json();
    assert_eq!(told["last_activity_at"], "2030-05-01T12:00:00.250Z");
    forge.advance(Duration::from_secs(1));
    let told = client.get(&format!("{FOO}/languages")).await.expect(200);
    assert_eq!(told.json(), json!({"Rust": 100.0}));
}
