//! Credentials that the forges' own tools, `.netrc` and git keep.
//!
//! The tools' files say which hosts they know; the secret itself is asked of the tool, as it may be in the system's
//! key ring, and as no two tools write their files alike. A tool that does not know a host is not started.

use std::{
    collections::HashMap,
    env,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use super::{Credential, fj, gh, git_helper, glab, netrc, shape, tea, tool::Tool};
use crate::{ForgeKind, Instance};

/// Where everything is.
#[derive(Debug, Clone)]
pub(super) struct Places {
    pub(super) gh_hosts: Vec<PathBuf>,
    pub(super) glab_config: Vec<PathBuf>,
    pub(super) tea_config: Vec<PathBuf>,
    pub(super) fj_keys: Vec<PathBuf>,
    pub(super) netrc: Vec<PathBuf>,
    pub(super) gh: Tool,
    pub(super) glab: Tool,
    pub(super) tea: Tool,
    pub(super) git: Tool,
}

impl Places {
    /// Where the tools have their files on this machine.
    pub(super) fn usual() -> Self {
        let var = |name: &str| {
            env::var_os(name)
                .filter(|v| !v.is_empty())
                .map(PathBuf::from)
        };
        let home = var("HOME").or_else(|| var("USERPROFILE"));
        let below_home = |path: &str| home.as_ref().map(|home| home.join(path));
        let config = var("XDG_CONFIG_HOME").or_else(|| below_home(".config"));
        let data = var("XDG_DATA_HOME").or_else(|| below_home(".local/share"));
        let support = below_home("Library/Application Support");
        let roaming = var("APPDATA");
        let local = var("LOCALAPPDATA");
        let at = |folder: &Option<PathBuf>, path: &str| folder.as_ref().map(|f| f.join(path));
        let some = |paths: Vec<Option<PathBuf>>| paths.into_iter().flatten().collect();
        // Not where we are: a repository there may bring a configuration along.
        let folder = home.clone().filter(|home| home.is_dir());
        let tool = |program: &str| Tool {
            program: program.into(),
            folder: folder.clone(),
        };
        Self {
            gh_hosts: some(vec![
                at(&var("GH_CONFIG_DIR"), "hosts.yml"),
                at(&config, "gh/hosts.yml"),
                at(&roaming, "GitHub CLI/hosts.yml"),
            ]),
            glab_config: some(vec![
                at(&var("GLAB_CONFIG_DIR"), "config.yml"),
                at(&config, "glab-cli/config.yml"),
                at(&support, "glab-cli/config.yml"),
                at(&local, "glab-cli/config.yml"),
            ]),
            tea_config: some(vec![
                at(&config, "tea/config.yml"),
                at(&support, "tea/config.yml"),
                at(&local, "tea/config.yml"),
                below_home(".tea/tea.yml"),
            ]),
            fj_keys: some(vec![
                at(&data, "forgejo-cli/keys.json"),
                at(&support, "forgejo-cli.forgejo-cli/keys.json"),
                at(&support, "Cyborus.forgejo-cli/keys.json"),
            ]),
            netrc: match var("NETRC") {
                Some(path) => vec![path],
                None => some(vec![below_home(".netrc"), below_home("_netrc")]),
            },
            gh: tool("gh"),
            glab: tool("glab"),
            tea: tool("tea"),
            git: tool("git"),
        }
    }
}

/// What the files said when they were read, and what the tools have answered since.
#[derive(Debug)]
pub(super) struct Discovery {
    places: Places,
    gh_hosts: SecretString,
    glab_config: SecretString,
    tea_config: SecretString,
    fj: HashMap<String, Credential>,
    netrc: Vec<netrc::Entry>,
    /// Held while asking, so that no tool is asked twice at a time.
    answers: Mutex<HashMap<(String, ForgeKind), Option<Credential>>>,
}

impl Discovery {
    pub(super) fn read(places: Places) -> Self {
        let fj = contents(&places.fj_keys);
        let fj = match fj::read(fj.expose_secret()) {
            Ok(keys) => keys,
            Err(_) if fj.expose_secret().is_empty() => HashMap::new(),
            // The reason is left out: it may quote the file.
            Err(_) => {
                tracing::warn!(target: "ogr::credentials", paths = ?places.fj_keys, "not the keys of fj");
                HashMap::new()
            }
        };
        Self {
            gh_hosts: contents(&places.gh_hosts),
            glab_config: contents(&places.glab_config),
            tea_config: contents(&places.tea_config),
            fj,
            netrc: netrc::read(contents(&places.netrc).expose_secret()),
            answers: Mutex::default(),
            places,
        }
    }

    /// What there is for an instance: from the tool of its kind, else from `.netrc`, else from git.
    pub(super) async fn find(&self, instance: &Instance) -> Option<Credential> {
        let key = (instance.host(), instance.kind);
        let mut answers = self.answers.lock().await;
        if let Some(answer) = answers.get(&key) {
            return answer.clone();
        }
        let answer = self.ask(instance).await;
        answers.insert(key, answer.clone());
        answer
    }

    async fn ask(&self, instance: &Instance) -> Option<Credential> {
        let (host, kind) = (instance.host(), instance.kind);
        let (source, credential) = match self.ask_tool(instance).await {
            // A token of the forge that was at this host before stays where it is.
            Some((source, found)) if !shape::is_foreign(found.secret(), kind) => (source, found),
            _ => match self.ask_netrc(&host, kind) {
                Some(found) => ("netrc", found),
                None => {
                    let git = &self.places.git;
                    let found = git_helper::find(git, instance.web.scheme(), &host, kind).await?;
                    ("git", found)
                }
            },
        };
        tracing::debug!(target: "ogr::credentials", host, %kind, source, "found a credential");
        Some(credential)
    }

    async fn ask_tool(&self, instance: &Instance) -> Option<(&'static str, Credential)> {
        let (host, kind) = (instance.host(), instance.kind);
        match kind {
            ForgeKind::GitHub if mentions(&self.gh_hosts, &host) => {
                Some(("gh", gh::find(&self.places.gh, &host).await?))
            }
            ForgeKind::GitLab if mentions(&self.glab_config, &host) => {
                Some(("glab", glab::find(&self.places.glab, &host).await?))
            }
            ForgeKind::Forgejo if self.ask_fj(instance).is_some() => {
                Some(("fj", self.ask_fj(instance)?))
            }
            ForgeKind::Forgejo | ForgeKind::Gitea if mentions(&self.tea_config, &host) => {
                let scheme = instance.web.scheme();
                Some((
                    "tea",
                    tea::find(&self.places.tea, scheme, &host, kind).await?,
                ))
            }
            _ => None,
        }
    }

    fn ask_fj(&self, instance: &Instance) -> Option<Credential> {
        let path = instance.web.path().trim_end_matches('/');
        self.fj.get(&format!("{}{path}", instance.host())).cloned()
    }

    fn ask_netrc(&self, host: &str, kind: ForgeKind) -> Option<Credential> {
        self.netrc
            .iter()
            .filter(|entry| entry.host == host)
            .find_map(|entry| shape::login(kind, &entry.username, entry.password.expose_secret()))
    }
}

/// The first of these files that can be read; nothing when there is none.
fn contents(paths: &[impl AsRef<Path>]) -> SecretString {
    let found = paths
        .iter()
        .find_map(|path| std::fs::read_to_string(path).ok());
    SecretString::from(found.unwrap_or_default())
}

/// Whether a tool's file names a host, and not only one that ends or begins like it.
fn mentions(file: &SecretString, host: &str) -> bool {
    let text = file.expose_secret();
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    text.match_indices(host).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + host.len()..].chars().next();
        !before.is_some_and(is_of_name) && !after.is_some_and(is_of_name)
    })
}
