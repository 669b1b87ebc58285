//! The forge as a test holds it: making it, setting it up, looking at it.

mod builder;
mod look;
mod setup;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

pub use builder::Builder;

use crate::Dialect;
use crate::fault::Fault;
use crate::handler::Disconnected;
use crate::hub::Hub;
use crate::record::Exchange;
use crate::server::Server;
use crate::state::Refusal;

/// A pretend forge. It is gone, server and repositories, when this is dropped.
///
/// Calls that set something up act directly, past HTTP and past the rules on who may do what; they
/// fail only on what cannot be, such as a project that does not exist. Calls that look tell the truth,
/// whatever oddity the API would answer.
#[derive(Debug)]
pub struct MockForge {
    hub: Arc<Hub>,
    server: Option<Server>,
}

/// A set-up call asked for something that cannot be, or git or the machine failed.
#[derive(Debug, Clone)]
pub struct MockError(String);

impl fmt::Display for MockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for MockError {}

impl MockError {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl From<Refusal> for MockError {
    fn from(refusal: Refusal) -> Self {
        Self(format!("{refusal:?}"))
    }
}

impl From<crate::git::GitError> for MockError {
    fn from(error: crate::git::GitError) -> Self {
        Self(error.to_string())
    }
}

impl From<std::io::Error> for MockError {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl MockForge {
    /// A GitHub, served as GitHub Enterprise Server is: the API is under `/api/v3`.
    pub fn github() -> Builder {
        Builder::new(Dialect::GitHub)
    }

    /// A GitLab.
    pub fn gitlab() -> Builder {
        Builder::new(Dialect::GitLab)
    }

    /// A Forgejo.
    pub fn forgejo() -> Builder {
        Builder::new(Dialect::Forgejo)
    }

    /// A Gitea.
    pub fn gitea() -> Builder {
        Builder::new(Dialect::Gitea)
    }

    /// A Pagure.
    pub fn pagure() -> Builder {
        Builder::new(Dialect::Pagure)
    }

    /// The forge that this one plays.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.hub.dialect
    }

    /// The root of everything, without a slash at its end: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> &str {
        self.hub.base_url()
    }

    /// The root of the API, without a slash at its end.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("{}{}", self.url(), self.hub.dialect.api_path())
    }

    /// Host and port.
    #[must_use]
    pub fn host(&self) -> &str {
        self.hub.host()
    }

    /// The URL to clone a project from, by its path.
    #[must_use]
    pub fn clone_url(&self, project: &str) -> String {
        let path = match project.strip_prefix("fork/") {
            Some(fork) if self.dialect() == Dialect::Pagure => format!("forks/{fork}"),
            _ => project.to_owned(),
        };
        format!("{}/{path}.git", self.url())
    }

    /// The same with a user's token in it, for pushing.
    ///
    /// # Errors
    /// There is no such user, or they have no token.
    pub fn clone_url_as(&self, project: &str, user: &str) -> Result<String, MockError> {
        let token = self.token(user)?;
        let url = self.clone_url(project);
        Ok(url.replacen("http://", &format!("http://{user}:{token}@"), 1))
    }

    /// Answers one request in process, as the server would.
    ///
    /// # Errors
    /// A scripted fault closed the connection.
    pub async fn handle(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, Disconnected> {
        self.hub.handle(request).await
    }

    /// All requests so far and their answers, in the order of the answers.
    #[must_use]
    pub fn requests(&self) -> Vec<Exchange> {
        self.hub.recorder.exchanges()
    }

    /// How many requests were made so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.hub.recorder.count()
    }

    /// Forgets all requests so far.
    pub fn reset_requests(&self) {
        self.hub.recorder.reset();
    }

    /// Scripts a fault. Of several that fit a request, the one scripted first strikes.
    pub fn fault(&self, fault: Fault) {
        self.hub.faults.add(fault);
    }

    /// Takes all scripted faults back.
    pub fn clear_faults(&self) {
        self.hub.faults.clear();
    }

    /// The address of the server, if there is one.
    #[must_use]
    pub fn address(&self) -> Option<std::net::SocketAddr> {
        self.server.as_ref().map(|server| server.address)
    }
}
