//! Users of a forge, and the one whose credential this is.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::Result;

/// A user, as far as the answer told.
///
/// Authors of pull requests and statuses are such users too, and often carry no more than the login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// The name that the user signs in with.
    #[doc(alias = "username")]
    pub login: String,
    /// The forge's own id.
    pub id: Option<String>,
    /// The name for people.
    pub name: Option<String>,
    /// The e-mail address, where the forge shows it.
    pub email: Option<String>,
    /// The user's page.
    pub web_url: Option<String>,
}

impl User {
    /// A user of whom only the login is known.
    pub fn new(login: impl Into<String>) -> Self {
        Self {
            login: login.into(),
            id: None,
            name: None,
            email: None,
            web_url: None,
        }
    }
}

/// The users of a forge.
///
/// ```
/// # async fn example(forge: &dyn ogr_core::Forge) -> ogr_core::Result<()> {
/// let me = forge.users().whoami().await?;
/// let packit = forge.users().get("packit").await?;
/// println!("{} looks at {}", me.login, packit.name.unwrap_or(packit.login));
/// # Ok(()) }
/// ```
#[async_trait]
pub trait Users: Send + Sync {
    /// Whose credential this is. The answer is remembered for as long as the credential is the same.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unauthenticated`](crate::ErrorKind::Unauthenticated) without a credential, or with a bad one.
    async fn whoami(&self) -> Result<User>;

    /// One user, by login.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is none of that name.
    async fn get(&self, login: &str) -> Result<User>;
}
