//! The `git` program: where it is, how long it may take, and the environment that it runs in.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use secrecy::ExposeSecret;
use tokio::{process::Command, sync::OnceCell};
use url::Host;

use super::{
    Remote, Repository,
    process::{self, Failure, Output},
    refusal,
};
use crate::{Error, ErrorKind, Result};

/// The variables of git that are kept: how to reach a host, not what to do there.
const KEPT: &[&str] = &[
    "GIT_EXEC_PATH",
    "GIT_HTTP_PROXY_AUTHMETHOD",
    "GIT_HTTP_USER_AGENT",
    "GIT_PROXY_COMMAND",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "GIT_SSL_CERT",
    "GIT_SSL_KEY",
];

/// The largest output of a command that names things, in bytes.
const NAMES_LIMIT: usize = 64 * 1024 * 1024;

/// The helper that hands over the credential. The secret stands in the environment, not in it.
const HELPER: &str = "!f() { test \"$1\" = get && printf 'username=%s\\npassword=%s\\n' \
     \"$OGR_GIT_USERNAME\" \"$OGR_GIT_PASSWORD\"; }; f";

/// The first version of git that sends a credential unasked when `http.proactiveAuth` says so.
const PROACTIVE: (u32, u32) = (2, 46);

/// How git is run. Cheap to clone.
///
/// ```
/// use std::time::Duration;
/// use ogr_core::git::Git;
///
/// let git = Git::new().timeout(Duration::from_secs(60));
/// # let _ = git;
/// ```
#[derive(Debug, Clone)]
pub struct Git {
    program: PathBuf,
    timeout: Duration,
    config: Vec<(String, String)>,
    plain_http_hosts: Vec<String>,
    version: Arc<OnceCell<(u32, u32)>>,
}

impl Default for Git {
    fn default() -> Self {
        Self::new()
    }
}

impl Git {
    /// The `git` of the search path, with a time limit of five minutes a command.
    pub fn new() -> Self {
        Self {
            program: PathBuf::from("git"),
            timeout: Duration::from_secs(300),
            config: Vec::new(),
            plain_http_hosts: Vec::new(),
            version: Arc::default(),
        }
    }

    /// Uses another program.
    #[must_use]
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        self.program = program.into();
        self.version = Arc::default();
        self
    }

    /// Bounds the time of one command.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets a variable of git's configuration, such as `http.proxy` or `http.sslCAInfo`: the user's own files
    /// are not read.
    #[must_use]
    pub fn config(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.config.push((key.into(), value.into()));
        self
    }

    /// Lets credentials go to this host over plain `http://`.
    #[must_use]
    pub fn plain_http_host(mut self, host: impl Into<String>) -> Self {
        self.plain_http_hosts.push(host.into());
        self
    }

    /// A new, empty repository in a temporary folder.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] when there is no `git` program, or no temporary folder can be made.
    pub async fn repository(&self) -> Result<Repository> {
        Repository::new(self.clone()).await
    }

    /// The commit at the tip of a branch elsewhere, at the cost of one request; `None` when there is no such branch.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when there is no such repository, and those of every exchange with a remote
    /// (see [`Repository::fetch`]).
    pub async fn branch_tip(&self, remote: &Remote, branch: &str) -> Result<Option<String>> {
        let name = super::repository::branch_ref(branch)?;
        let args = ["ls-remote", "--quiet", remote.url().as_str(), &name];
        let said = self.exchange(None, remote, &args).await?.text();
        Ok(said.lines().find_map(|line| {
            let (sha, found) = line.split_once('\t')?;
            (found == name).then(|| sha.to_owned())
        }))
    }

    /// Runs git on a repository here.
    pub(super) async fn local(
        &self,
        directory: &Path,
        env: &[(&str, &str)],
        args: &[&str],
        input: &[u8],
    ) -> Result<Answer> {
        let mut command = self.command(Some(directory), args, &[]);
        command.envs(env.iter().copied());
        let output = self.run(&mut command, args, input).await?;
        Ok(Answer(output))
    }

    /// Runs git with a remote at the other end, and gives what it said when it succeeded.
    pub(super) async fn exchange(
        &self,
        directory: Option<&Path>,
        remote: &Remote,
        args: &[&str],
    ) -> Result<Answer> {
        let answer = self.try_exchange(directory, remote, args).await?;
        if answer.success() {
            Ok(answer)
        } else {
            Err(answer.error(remote))
        }
    }

    /// The same, and gives what it said in either case.
    pub(super) async fn try_exchange(
        &self,
        directory: Option<&Path>,
        remote: &Remote,
        args: &[&str],
    ) -> Result<Answer> {
        let answer = self.attempt(directory, remote, args, false).await?;
        // Pagure answers 404 for a private repository, and never asks who is there. A git that does not know
        // `http.proactiveAuth` has to be told in another way to introduce itself.
        if answer.success()
            || remote.http_credential().is_none()
            || !answer.lacks_repository(remote)
            || self.version().await? >= PROACTIVE
        {
            return Ok(answer);
        }
        let unasked = self.attempt(directory, remote, args, true).await?;
        // What it says of a redirect says nothing about the repository.
        let is_redirect = unasked.said().contains("returned error: 30");
        Ok(if is_redirect { answer } else { unasked })
    }

    async fn attempt(
        &self,
        directory: Option<&Path>,
        remote: &Remote,
        args: &[&str],
        unasked: bool,
    ) -> Result<Answer> {
        let mut config = Vec::new();
        let mut secrets = Vec::new();
        if let Some(credential) = remote.http_credential() {
            self.check(remote, credential)?;
            if unasked {
                // This header would follow a redirect anywhere: there must be none.
                let pair = Remote::basic(credential);
                config.push(("http.followRedirects".to_owned(), "false".to_owned()));
                config.push((
                    "http.extraHeader".to_owned(),
                    format!("Authorization: Basic {pair}"),
                ));
            } else {
                let origin = remote.url().origin().ascii_serialization();
                config.push((format!("credential.{origin}.helper"), HELPER.to_owned()));
                config.push(("http.proactiveAuth".to_owned(), "basic".to_owned()));
                secrets = vec![
                    ("OGR_GIT_USERNAME", credential.username.as_str()),
                    ("OGR_GIT_PASSWORD", credential.password.expose_secret()),
                ];
            }
        }
        let mut command = self.command(directory, args, &config);
        command.envs(secrets);
        if remote.is_http() {
            // curl looks for a `.netrc` there, and would send what it finds.
            command.env("HOME", directory.unwrap_or(Path::new("/nonexistent")));
        }
        let output = self
            .run(&mut command, args, b"")
            .await
            .map_err(|error| error.with_resource(remote.url().as_str()))?;
        Ok(Answer(output))
    }

    /// Refuses a credential that cannot be handed over, or must not go there.
    fn check(&self, remote: &Remote, credential: &crate::GitCredential) -> Result<()> {
        let refuse =
            |kind, why: &str| Err(Error::new(kind, why).with_resource(remote.url().as_str()));
        let is_one_line = |text: &str| !text.contains(|c: char| c.is_control());
        if !is_one_line(&credential.username) || !is_one_line(credential.password.expose_secret()) {
            return refuse(
                ErrorKind::Config,
                "the credential has a line break or a control character in it",
            );
        }
        let is_loopback = match remote.url().host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            None => false,
        };
        let host = remote.url().host_str().unwrap_or_default();
        if remote.url().scheme() == "https"
            || is_loopback
            || self.plain_http_hosts.iter().any(|allowed| allowed == host)
        {
            return Ok(());
        }
        refuse(
            ErrorKind::Refused,
            "the credential would go out unencrypted: use https, or allow the host with Git::plain_http_host",
        )
    }

    fn command(
        &self,
        directory: Option<&Path>,
        args: &[&str],
        config: &[(String, String)],
    ) -> Command {
        let mut command = Command::new(&self.program);
        if let Some(directory) = directory {
            command.arg("--git-dir").arg(directory);
        }
        command.args(args);
        for (name, _) in std::env::vars_os() {
            if is_gits(&name) {
                command.env_remove(name);
            }
        }
        let patience = self.timeout.as_secs().clamp(1, 60).to_string();
        let fixed = [
            ("core.hooksPath", "/dev/null"),
            ("gc.auto", "0"),
            ("maintenance.auto", "false"),
            // An empty helper forgets all that came before.
            ("credential.helper", ""),
            ("credential.interactive", "false"),
            // git's own helpers outlive git when it is killed: let a dead line end them.
            ("http.lowSpeedLimit", "1"),
            ("http.lowSpeedTime", &patience),
        ];
        let all = fixed
            .into_iter()
            .chain(pairs(&self.config))
            .chain(pairs(config));
        let mut count = 0;
        for (key, value) in all {
            command.env(format!("GIT_CONFIG_KEY_{count}"), key);
            command.env(format!("GIT_CONFIG_VALUE_{count}"), value);
            count += 1;
        }
        command
            .env("GIT_CONFIG_COUNT", count.to_string())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            // Set but empty: git asks no program, not even that of SSH_ASKPASS.
            .env("GIT_ASKPASS", "")
            .env("GIT_ALLOW_PROTOCOL", "file:git:http:https:ssh")
            .env("LC_ALL", "C")
            .env_remove("LANGUAGE");
        if std::env::var_os("GIT_SSH_COMMAND").is_none() && std::env::var_os("GIT_SSH").is_none() {
            command.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes");
        }
        command
    }

    async fn run(&self, command: &mut Command, args: &[&str], input: &[u8]) -> Result<Output> {
        let verb = args.first().copied().unwrap_or_default();
        let start = Instant::now();
        let result = process::run(command, input, self.timeout, NAMES_LIMIT).await;
        let millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(target: "ogr::git", verb, millis, "git");
        result.map_err(|failure| match failure {
            Failure::Missing => Error::new(
                ErrorKind::Config,
                format!(
                    "there is no program {:?}: install git, or say where it is",
                    self.program
                ),
            ),
            Failure::Timeout => Error::new(
                ErrorKind::Timeout,
                format!(
                    "git {verb} took longer than {} s",
                    self.timeout.as_secs_f64()
                ),
            ),
            Failure::TooLarge => Error::new(
                ErrorKind::TooLarge,
                format!("git {verb} said more than fits"),
            ),
            Failure::System(error) => {
                Error::new(ErrorKind::Config, "git cannot be run").with_source(error)
            }
        })
    }

    /// The version of the program, asked once.
    async fn version(&self) -> Result<(u32, u32)> {
        let ask = async {
            let args = ["version"];
            let mut command = self.command(None, &args, &[]);
            let output = self.run(&mut command, &args, b"").await?;
            Ok::<_, Error>(read_version(&String::from_utf8_lossy(&output.stdout)))
        };
        self.version.get_or_try_init(|| ask).await.copied()
    }
}

/// What git said.
pub(super) struct Answer(Output);

impl Answer {
    pub(super) fn success(&self) -> bool {
        self.0.success
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    pub(super) fn bytes(self) -> Vec<u8> {
        self.0.stdout
    }

    /// Output and complaints together: `push --porcelain` says what was refused in its output.
    pub(super) fn said(&self) -> String {
        format!("{}\n{}", self.text(), self.0.stderr)
    }

    pub(super) fn complaint(&self) -> &str {
        &self.0.stderr
    }

    /// Whether there is no such repository; a branch that is not there is another matter.
    fn lacks_repository(&self, remote: &Remote) -> bool {
        self.error(remote).is_not_found() && !self.said().contains("couldn't find remote ref")
    }

    /// What the refusal means, with the remote named and its secret left out.
    pub(super) fn error(&self, remote: &Remote) -> Error {
        refusal::error(&remote.redact(&self.said())).with_resource(remote.url().as_str())
    }
}

fn pairs(config: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    config
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
}

/// Whether this variable would tell git something that it must not hear.
fn is_gits(name: &OsString) -> bool {
    name.to_str()
        .is_some_and(|name| name.starts_with("GIT_") && !KEPT.contains(&name))
}

/// The first two numbers of `git version 2.39.5 (Apple Git-154)`; zeros when there are none.
fn read_version(text: &str) -> (u32, u32) {
    let mut numbers = text
        .split_whitespace()
        .nth(2)
        .unwrap_or_default()
        .split('.')
        .map(|part| part.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}
