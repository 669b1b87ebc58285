//! The mock and a real Pagure side by side: the same requests to both, and what differs in the answers.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use bytes::Bytes;
use ogr_mock::{MockForge, ProjectSetup, TokenSetup};
use serde_json::{Value, json};

use crate::common::{Answer, Client, Work, git};
use crate::compare::{differences, level};

/// One of the two.
struct Side {
    address: SocketAddr,
    url: String,
    tokens: BTreeMap<String, String>,
}

/// What a request carries.
pub enum Body<'a> {
    None,
    Form(&'a [(&'a str, &'a str)]),
    Json(Value),
    Raw(&'a str, &'a str),
}

/// Both.
pub struct Pair {
    /// The name of this run's own project.
    pub name: String,
    forge: MockForge,
    mock: Side,
    real: Side,
    work: Work,
    differences: Vec<String>,
    count: usize,
}

const PEOPLE: [(&str, &str); 4] = [
    ("alice", "Alice Owner"),
    ("bob", "Bob Contributor"),
    ("carol", "Carol Outsider"),
    ("admin", "Admin Root"),
];

impl Pair {
    /// Sets up a mock like the real one that the environment names (see `real-pagure --help`); `None`, with
    /// a word on it, when it names none.
    pub async fn new(what: &str) -> Option<Self> {
        let Ok(url) = std::env::var("PAGURE_URL") else {
            eprintln!("skipped: PAGURE_URL names no real Pagure to compare with");
            return None;
        };
        let forge = MockForge::pagure().start().await.unwrap();
        let mut mock = BTreeMap::new();
        let mut real = BTreeMap::new();
        for (login, name) in PEOPLE {
            mock.insert(login.to_owned(), forge.add_user(login));
            forge
                .change_user(login, |user| {
                    user.name = Some(name.to_owned());
                    user.admin = login == "admin";
                })
                .unwrap();
            let variable = format!("PAGURE_TOKEN_{}", login.to_uppercase());
            real.insert(login.to_owned(), std::env::var(variable).unwrap());
        }
        for namespace in ["rpms", "modules", "container", "tests"] {
            forge.add_group(namespace, &[]);
        }
        forge.add_group("packager", &["alice", "bob"]);
        forge
            .change_group("packager", |group| {
                group.name = Some("Packagers".to_owned());
                "Fedora packagers".clone_into(&mut group.description);
            })
            .unwrap();
        let setup = ProjectSetup::empty()
            .owner("alice")
            .description("Has a token of its own");
        forge.add_project("rpms/bound", setup).await.unwrap();
        let bound = forge.add_token("alice", &TokenSetup::project("rpms/bound"));
        mock.insert("bound".to_owned(), bound.unwrap());
        let bound = std::env::var("PAGURE_TOKEN_BOUND").unwrap();
        real.insert("bound".to_owned(), bound);

        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let name = format!("mockcmp-{what}-{}", since.unwrap().as_millis());
        let address = url.trim_start_matches("http://").parse().unwrap();
        Some(Self {
            name,
            mock: Side {
                address: forge.address().unwrap(),
                url: forge.url().to_owned(),
                tokens: mock,
            },
            real: Side {
                address,
                url,
                tokens: real,
            },
            forge,
            work: Work::new(),
            differences: Vec::new(),
            count: 0,
        })
    }

    /// Sends a request to both and compares the answers; tells the mock's. `{n}` in paths and forms is the
    /// run's own name. Nobody asks when `who` is empty; one who has no token sends the name itself.
    pub async fn send(&mut self, method: &str, path: &str, who: &str, body: Body<'_>) -> Answer {
        let path = path.replace("{n}", &self.name);
        let mock = self.ask(&self.mock, method, &path, who, &body).await;
        let real = self.ask(&self.real, method, &path, who, &body).await;
        self.count += 1;
        let label = format!("{method} {path} as {who:?} {}", describe(&body));
        let told = (self.told(&self.mock, &mock), self.told(&self.real, &real));
        let mut found = Vec::new();
        differences("", &told.0, &told.1, &mut found);
        for difference in found {
            self.differences.push(format!("{label}\n    {difference}"));
        }
        mock
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, "", Body::None).await
    }

    pub async fn get_as(&mut self, path: &str, who: &str) -> Answer {
        self.send("GET", path, who, Body::None).await
    }

    pub async fn post(&mut self, path: &str, who: &str, form: &[(&str, &str)]) -> Answer {
        self.send("POST", path, who, Body::Form(form)).await
    }

    pub async fn json(&mut self, path: &str, who: &str, body: Value) -> Answer {
        self.send("POST", path, who, Body::Json(body)).await
    }

    /// Makes a token of a project on both sides, to be used under this name.
    pub async fn project_token(&mut self, path: &str, who: &str, name: &str, acls: &[&str]) {
        let path = format!("{}/token/new", path.replace("{n}", &self.name));
        let form: Vec<(&str, &str)> = acls.iter().map(|acl| ("acls", *acl)).collect();
        let body = Body::Form(&form);
        let mock = self.ask(&self.mock, "POST", &path, who, &body).await;
        let real = self.ask(&self.real, "POST", &path, who, &body).await;
        let id = |answer: Answer| answer.json()["token"]["id"].as_str().unwrap().to_owned();
        self.mock.tokens.insert(name.to_owned(), id(mock));
        self.real.tokens.insert(name.to_owned(), id(real));
    }

    async fn ask(
        &self,
        side: &Side,
        method: &str,
        path: &str,
        who: &str,
        body: &Body<'_>,
    ) -> Answer {
        let mut client = Client::at(side.address, "/api/0");
        if !who.is_empty() {
            let token = side.tokens.get(who).map_or(who, String::as_str);
            client = client.with("authorization", &format!("token {token}"));
        }
        let (kind, bytes) = match body {
            Body::None => ("", Bytes::new()),
            Body::Form(fields) => {
                let mut form = url::form_urlencoded::Serializer::new(String::new());
                for (name, value) in *fields {
                    form.append_pair(name, &value.replace("{n}", &self.name));
                }
                let kind = "application/x-www-form-urlencoded";
                (kind, Bytes::from(form.finish()))
            }
            Body::Json(value) => {
                let text = value.to_string().replace("{n}", &self.name);
                ("application/json", Bytes::from(text))
            }
            Body::Raw(kind, text) => (*kind, Bytes::from((*text).to_owned())),
        };
        client.try_send(method, path, kind, bytes).await.unwrap()
    }

    /// What an answer says, less what must differ.
    fn told(&self, side: &Side, answer: &Answer) -> Value {
        let mut told = json!({"status": answer.status});
        for name in ["content-type", "location", "allow", "content-disposition"] {
            let value = answer.header(name).replace(&side.url, "{base}");
            let mut words: Vec<&str> = value.split(", ").collect();
            words.sort_unstable();
            told[name] = json!(words.join(", "));
        }
        if answer.header("content-type").contains("html") {
            // Pages for people are compared by their titles, and the bare ones in whole.
            let text = answer.text();
            let title = text.split_once("<title>").map_or("", |(_, rest)| rest);
            let title = title.split("</title>").next().unwrap_or_default();
            told["title"] = json!(title.trim());
            return told;
        }
        let text = answer.text().replace(&side.url, "{base}");
        let host = side.url.trim_start_matches("http://");
        told["body"] = match serde_json::from_str(&text) {
            Ok(body) => {
                let mut body: Value = body;
                level(&mut body, host);
                body
            }
            Err(_) => json!(text),
        };
        told
    }

    /// A work tree of this run's; the same commits are made for both sides.
    pub async fn tree(&self) -> PathBuf {
        let path = self.work.path("tree");
        std::fs::create_dir_all(&path).unwrap();
        git(&path, &["init", "-q", "-b", "main"]).await.unwrap();
        path
    }

    /// Pushes from the work tree to both, which is to succeed.
    pub async fn push(&self, path: &str, who: &str, args: &[&str]) {
        for said in self.try_push(path, who, args).await {
            said.unwrap();
        }
    }

    /// The same; tells what git said of each, `Ok` and `Err` alike.
    pub async fn try_push(
        &self,
        path: &str,
        who: &str,
        args: &[&str],
    ) -> [Result<String, String>; 2] {
        let path = path.replace("{n}", &self.name);
        let tree = self.work.path("tree");
        let mut said = Vec::new();
        for side in [&self.mock, &self.real] {
            let token = &side.tokens[who];
            let user = if PEOPLE.iter().any(|(name, _)| *name == who) {
                who
            } else {
                "alice"
            };
            let url = side
                .url
                .replacen("http://", &format!("http://{user}:{token}@"), 1);
            let url = format!("{url}/{path}.git");
            let command = [&["push", "-q", &url], args].concat();
            said.push(git(&tree, &command).await);
        }
        said.try_into().unwrap()
    }

    /// Lists the refs of both, which are to be the same.
    pub async fn same_refs(&mut self, path: &str) {
        let path = path.replace("{n}", &self.name);
        let tree = self.work.path("tree");
        let mut lists = Vec::new();
        for side in [&self.mock, &self.real] {
            let url = format!("{}/{path}.git", side.url);
            let list = git(&tree, &["ls-remote", &url]).await;
            lists.push(list.map_err(|error| error.replace(&side.url, "{base}")));
        }
        if lists[0] != lists[1] {
            let both = format!("{:?}\n    {:?}", lists[0], lists[1]);
            self.differences.push(format!("refs of {path}\n    {both}"));
        }
    }

    /// The mock's repositories, for a look.
    pub fn forge(&self) -> &MockForge {
        &self.forge
    }

    /// Takes a project away on both sides.
    pub async fn clean(&mut self, path: &str, who: &str) {
        self.project_token(path, who, "cleaner", &["modify_project"])
            .await;
        self.post(&format!("{path}/delete"), "cleaner", &[]).await;
    }

    /// Fails the test if anything differed.
    #[track_caller]
    pub fn done(self) {
        let differences = &self.differences;
        assert!(
            differences.is_empty(),
            "{} differences in {} exchanges (mock, real):\n{}",
            differences.len(),
            self.count,
            differences.join("\n")
        );
        eprintln!("{} exchanges, no difference", self.count);
    }
}

fn describe(body: &Body<'_>) -> String {
    match body {
        Body::None => String::new(),
        Body::Form(fields) => format!("{fields:?}"),
        Body::Json(value) => value.to_string(),
        Body::Raw(kind, text) => format!("{kind} {text:?}"),
    }
}
