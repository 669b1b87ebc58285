//! The recordings of a real server, asked again: each answer is to be the recorded one, but for times, hashes
//! and secrets. They are read where the project shares them, and nothing of them is kept here.

use std::collections::BTreeMap;

use bytes::Bytes;
use ogr_mock::{MockForge, TokenSetup};
use serde_json::{Value, json};

use crate::common::{Answer, Client, Work, commit, git};
use crate::compare::{TIMES, differences, level};

/// What this dialect does not serve, or what cannot be the same, and why.
const LEFT_OUT: [(&str, &str); 9] = [
    ("issue", "issues are not served yet"),
    ("v514_issue", "issues are not served yet"),
    ("users_issues", "issues are not served yet"),
    ("git_alias", "aliases of branches are not served"),
    ("branches_with_alias", "has an alias in it"),
    ("plugins_list", "plug-ins are not served"),
    ("pr_subscribe", "subscriptions are not served"),
    (
        "task_status_pending",
        "the mock is quick: nothing is pending",
    ),
    (
        "project_get_with_metadata",
        "priorities and the like belong to issues",
    ),
];

fn recordings() -> Option<Vec<Value>> {
    let shared = std::env::var("OGR_SHARED").unwrap_or_else(|_| "/work/shared".to_owned());
    let path = format!("{shared}/recordings/pagure.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: there are no recordings at {path}");
        return None;
    };
    let lines = text.lines();
    let mut records: Vec<Value> = lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    // The worker took its time for this merge; the mock does not.
    let at = |records: &[Value], name: &str| records.iter().position(|r| r["name"] == name);
    let merge = records.remove(at(&records, "pr_merge_nowait_json")?);
    let done = at(&records, "task_status_done")?;
    records.insert(done, merge);
    Some(records)
}

/// The forge that the recorded requests are sent to, and what stands for what.
struct Replay {
    forge: MockForge,
    work: Work,
    tokens: BTreeMap<String, String>,
    /// What the recordings call by other names: commits, uids, tasks.
    names: BTreeMap<String, String>,
}

impl Replay {
    async fn new(forge: MockForge) -> Self {
        let people = [
            ("alice", "Alice Owner"),
            ("bob", "Bob Contributor"),
            ("carol", "Carol Outsider"),
            ("admin", "Admin Root"),
        ];
        let mut tokens = BTreeMap::new();
        for (login, name) in people {
            tokens.insert(login.to_owned(), forge.add_user(login));
            let change = |user: &mut ogr_mock::User| user.name = Some(name.to_owned());
            forge.change_user(login, change).unwrap();
        }
        forge.add_group("rpms", &[]);
        forge.add_group("packager", &["alice", "bob"]);
        forge
            .change_group("packager", |group| {
                group.name = Some("Packagers".to_owned());
                "Fedora packagers".clone_into(&mut group.description);
            })
            .unwrap();
        for (name, setup) in [
            ("noacl", TokenSetup::scopes(&["commit_flag"])),
            ("expired", TokenSetup::expired()),
        ] {
            let token = forge.add_token("alice", &setup).unwrap();
            tokens.insert(name.to_owned(), token);
        }
        Self {
            forge,
            work: Work::new(),
            tokens,
            names: BTreeMap::new(),
        }
    }

    /// Does what was done between the recorded requests.
    async fn meanwhile(&mut self, next: &str) {
        match next {
            "branches_default_missing_head" => {
                self.fill().await;
                self.project_token("proj_rpms_foo", "rpms/foo", "project token foo")
                    .await;
                self.project_token("proj_demo", "demo", "project token demo")
                    .await;
            }
            "pr_create_from_fork" => self.fill_fork().await,
            // Issues brought these labels.
            "label_create" => {
                let client = self.client("alice");
                for label in ["bug", "easyfix", "newtag"] {
                    let form = [("tag", label), ("tag_color", "red")];
                    client
                        .post_form("/rpms/foo/tags/new", &form)
                        .await
                        .expect(200);
                }
            }
            "pr_get_tagged" => {
                let labels = self.forge.project("rpms/foo").unwrap().labels;
                let wanted = labels.values().filter(|label| label.name != "newtag");
                let ids: Vec<u64> = wanted.map(|label| label.id).collect();
                self.forge
                    .change_pull_request("rpms/foo", 2, |pull| pull.labels = ids)
                    .unwrap();
            }
            _ => {}
        }
    }

    async fn project_token(&mut self, name: &str, project: &str, description: &str) {
        let acls = [
            "modify_project",
            "pull_request_assign",
            "pull_request_merge",
        ];
        let mut form = vec![("description", description)];
        form.extend(acls.map(|acl| ("acls", acl)));
        let path = format!("/{project}/token/new");
        let answer = self.client("alice").post_form(&path, &form).await;
        let token = answer.expect(200).json()["token"]["id"].clone();
        self.tokens
            .insert(name.to_owned(), token.as_str().unwrap().to_owned());
    }

    fn client(&self, who: &str) -> Client {
        Client::authorized(&self.forge, &format!("token {}", self.tokens[who]))
    }

    fn url(&self, path: &str, who: &str) -> String {
        let at = format!("http://{who}:{}@", self.tokens[who]);
        let url = self.forge.url().replacen("http://", &at, 1);
        format!("{url}/{path}.git")
    }

    async fn push(&self, path: &str, who: &str, what: &[&str]) {
        let url = self.url(path, who);
        let command = [&["push", "-q", &url], what].concat();
        git(&self.work.path("tree"), &command).await.unwrap();
    }

    async fn fill(&mut self) {
        let tree = self.work.path("tree");
        std::fs::create_dir_all(&tree).unwrap();
        let git = async |args: &[&str]| git(&tree, args).await.unwrap();
        git(&["init", "-q", "-b", "rawhide"]).await;
        let spec = "Name: foo\nVersion: 1.0\nRelease: 1\n%changelog\n- first\n";
        for (file, text) in [
            ("plans/main.fmf", "summary: x\n"),
            ("tests/sub/t.sh", "echo\n"),
            ("foo.spec", spec),
            ("sources", "SHA512 (foo-1.0.tar.gz) = abc\n"),
            ("uni zażółć.txt", "Zażółć gęślą\n"),
        ] {
            let path = tree.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let png = b"\x89PNG\r\n\x1a\n\x00\xff\xfe";
        std::fs::write(tree.join("bin.png"), png).unwrap();
        std::os::unix::fs::symlink("README.md", tree.join("link.md")).unwrap();
        let first = commit(&tree, "README.md", "# foo\n", "Initial").await;
        git(&["branch", "f39"]).await;
        git(&["tag", "v1.0"]).await;
        git(&["tag", "-m", "Release 1.1", "v1.1"]).await;
        let message = "Update README\n\nSecond line of message.";
        let second = commit(&tree, "README.md", "# foo\nmore\n", message).await;
        git(&["branch", "epel9"]).await;
        git(&["checkout", "-q", "-b", "feature/x"]).await;
        let third = commit(&tree, "x.txt", "x\n", "Feature x").await;
        let branches = ["rawhide", "f39", "epel9", "feature/x"];
        self.push(
            "rpms/foo",
            "alice",
            &[&branches[..], &["v1.0", "v1.1"]].concat(),
        )
        .await;
        let demo = ["rawhide:refs/heads/main", "f39", "epel9", "feature/x"];
        self.push("demo", "alice", &demo).await;
        for (recorded, own) in [
            ("5763d4f3f2ea458b29fd9486344ecadf8325c50c", first),
            ("eaa93c06c0deb681e0a31f7ff04f774e49edea40", second),
            ("a730252e91dcaf91fe45aac62c58cabf5e77fffd", third),
        ] {
            self.names.insert(recorded.to_owned(), own);
        }
    }

    async fn fill_fork(&mut self) {
        let tree = self.work.path("tree");
        let git = async |args: &[&str]| git(&tree, args).await.unwrap();
        let mut branches = Vec::new();
        for n in 1..=4 {
            let branch = format!("pr-{n}");
            git(&["checkout", "-q", "-b", &branch, "rawhide"]).await;
            let spec = std::fs::read_to_string(tree.join("foo.spec")).unwrap();
            let spec = spec.replace("1.0", &format!("1.{n}"));
            std::fs::write(tree.join("foo.spec"), spec).unwrap();
            let message =
                format!("Bump to 1.{n}\n\nSigned-off-by: Bob Contributor <bob@example.org>");
            let own = commit(&tree, &format!("new{n}.txt"), &format!("n{n}\n"), &message).await;
            let recorded = match n {
                1 => "c34f52e7127193e7e76c8220beeb2465da906c66",
                2 => "363c6df65b174a629c87ef63ec32e21d91c3cf52",
                _ => "9e45357112be50f761e65fa56cb230f91af835d9",
            };
            self.names.entry(recorded.to_owned()).or_insert(own);
            branches.push(branch);
        }
        git(&["checkout", "-q", "-b", "pr-many", "rawhide"]).await;
        git(&["mv", "README.md", "README.rst"]).await;
        git(&["rm", "-q", "sources"]).await;
        git(&["commit", "-q", "-m", "Rename README, drop sources"]).await;
        commit(&tree, "z.txt", "z\n", "second commit").await;
        branches.push("pr-many".to_owned());
        let branches: Vec<&str> = branches.iter().map(String::as_str).collect();
        self.push("forks/bob/rpms/foo", "bob", &branches).await;
    }

    /// A recorded text with the names that things have here.
    fn own(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (recorded, own) in &self.names {
            text = text.replace(recorded, own);
            // Commits are also asked for by the first eight digits.
            if recorded.len() == 40 && own.len() == 40 {
                text = text.replace(&recorded[..8], &own[..8]);
            }
        }
        text
    }

    async fn ask(&self, record: &Value) -> Answer {
        let mut path = self.own(record["path"].as_str().unwrap());
        if record["name"] == "pr_comment_get" {
            let comments = self.forge.comments("rpms/foo", 1).unwrap();
            path = path.replace("comment/1", &format!("comment/{}", comments[0].id));
        }
        let headers = &record["request_headers"];
        let mut client = Client::anonymous(&self.forge);
        if let Some(header) = headers["authorization"].as_str() {
            let mut header = header.to_owned();
            for (name, token) in &self.tokens {
                header = header.replace(&format!("<{name}>"), token);
            }
            client = client.with("authorization", &header);
        }
        let body = self.own(record["request_body"].as_str().unwrap_or_default());
        let kind = headers["content-type"].as_str().unwrap_or_default();
        let path = if path.starts_with("/api/") {
            path
        } else {
            format!("/{path}")
        };
        let method = record["method"].as_str().unwrap();
        let body = Bytes::from(body);
        client.try_send(method, &path, kind, body).await.unwrap()
    }

    /// Notes what the answer calls by another name than the recording.
    fn learn(&mut self, record: &Value, answer: &Answer) {
        let Ok(own) = serde_json::from_slice::<Value>(&answer.body) else {
            return;
        };
        for key in ["/uid", "/taskid"] {
            let pair = (record["body"].pointer(key), own.pointer(key));
            if let (Some(Value::String(recorded)), Some(Value::String(own))) = pair {
                self.names.insert(recorded.clone(), own.clone());
            }
        }
        if let Some(token) = own.pointer("/token/id").and_then(Value::as_str) {
            self.tokens.insert("literal".to_owned(), token.to_owned());
        }
    }

    fn told(&self, answer: &Answer, record: &Value) -> (Value, Value) {
        let mut own = json!({"status": answer.status});
        let mut recorded = json!({"status": record["status"]});
        for name in ["content-type", "allow"] {
            let sorted = |text: &str| {
                let mut words: Vec<&str> = text.split(", ").collect();
                words.sort_unstable();
                json!(words.join(", "))
            };
            own[name] = sorted(answer.header(name));
            recorded[name] = sorted(record["headers"][name].as_str().unwrap_or_default());
        }
        let host = self.forge.host();
        let text = answer.text().replace(self.forge.url(), "{base}");
        let text = text.replace(&format!("@{host}"), "@{ssh}");
        let theirs = self.own(&record["body"].to_string());
        let mut theirs: Value = serde_json::from_str(&theirs).unwrap();
        level(&mut theirs, host);
        recorded["body"] = theirs;
        own["body"] = match (record["body_kind"].as_str(), serde_json::from_str(&text)) {
            (Some("json"), Ok(body)) => {
                let mut body: Value = body;
                level(&mut body, host);
                body
            }
            _ if answer.header("content-type").contains("html") => {
                // The pages are cut short in the recordings; the beginning tells whose they are.
                for told in [&mut own, &mut recorded] {
                    told["page"] = json!(true);
                }
                let cut = recorded["body"].as_str().unwrap_or_default().to_owned();
                recorded["body"] = json!(cut.trim_start().get(..14));
                json!(text.trim_start().get(..14))
            }
            (Some("base64"), _) => recorded["body"].clone(),
            _ => {
                let plain = |text: &str| {
                    // Who wrote the commits, and when, is not the same.
                    let lines = text.lines().filter(|line| {
                        !["Date: ", "From: ", "From "]
                            .iter()
                            .any(|start| line.starts_with(start))
                    });
                    json!(lines.collect::<Vec<_>>())
                };
                recorded["body"] = plain(recorded["body"].as_str().unwrap_or_default());
                plain(&text)
            }
        };
        (own, recorded)
    }
}

/// Differences that are only about what was not set up: hashes, masked secrets, times of commits.
fn matters(difference: &str) -> bool {
    let Some((_, values)) = difference.split_once(": ") else {
        return true;
    };
    let Some((own, recorded)) = values.split_once(" / ") else {
        return true;
    };
    let hash = |text: &str| {
        let text = text.trim_matches('"');
        text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    // Issues bring these.
    let of_issues = [".priorities", ".milestones", ".close_status"]
        .iter()
        .any(|key| difference.contains(key));
    let of_commit = [".body.author", ".body.committer", ".body.commit_time"]
        .iter()
        .any(|key| difference.starts_with(key));
    let masked = recorded.starts_with("\"<");
    !(hash(own) && hash(recorded) || masked || of_issues || of_commit)
}

/// All times in an answer.
fn times(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(time) if TIMES.contains(&key.as_str()) => {
                        found.push(time.clone());
                    }
                    value => times(value, found),
                }
            }
        }
        Value::Array(rows) => rows.iter().for_each(|row| times(row, found)),
        _ => {}
    }
}

async fn replay(forge: MockForge, whole_seconds: bool, wanted: impl Fn(&str) -> bool) {
    let Some(records) = recordings() else {
        return;
    };
    let mut replay = Replay::new(forge).await;
    let mut found = Vec::new();
    let (mut compared, mut left_out) = (0, 0);
    for record in &records {
        let name = record["name"].as_str().unwrap();
        if LEFT_OUT.iter().any(|(start, _)| name.starts_with(start)) {
            left_out += 1;
            continue;
        }
        replay.meanwhile(name).await;
        let answer = replay.ask(record).await;
        replay.learn(record, &answer);
        if !wanted(name) {
            continue;
        }
        compared += 1;
        let mut written = Vec::new();
        if let Ok(body) = serde_json::from_slice(&answer.body) {
            times(&body, &mut written);
        }
        for time in written {
            assert_ne!(time.contains('.'), whole_seconds, "{name}: {time}");
            assert!(time.parse::<f64>().is_ok(), "{name}: {time}");
        }
        let (own, recorded) = replay.told(&answer, record);
        let mut differing = Vec::new();
        differences("", &own, &recorded, &mut differing);
        for difference in differing.into_iter().filter(|d| matters(d)) {
            found.push(format!("{name}: {difference}"));
        }
    }
    assert!(
        found.is_empty(),
        "{} differences (own, recorded):\n{}",
        found.len(),
        found.join("\n")
    );
    eprintln!("{compared} exchanges compared, {left_out} left out");
}

#[tokio::test]
async fn the_recorded_requests_get_the_recorded_answers() {
    let forge = MockForge::pagure().start().await.unwrap();
    replay(forge, false, |name| !name.starts_with("v514_")).await;
}

#[tokio::test]
async fn so_do_those_to_a_server_that_tells_whole_seconds() {
    let forge = MockForge::pagure().whole_seconds().start().await.unwrap();
    replay(forge, true, |name| name.starts_with("v514_")).await;
}
