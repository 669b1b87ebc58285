//! Users.

use async_trait::async_trait;
use http::Method;
use ogr_core::{Error, ErrorKind, Operation, Result, User, Users};

use crate::{GitHub, wire};

#[async_trait]
impl Users for GitHub {
    /// The token of an App's installation is nobody's: GitHub answers
    /// [`PermissionDenied`](ErrorKind::PermissionDenied).
    async fn whoami(&self) -> Result<User> {
        if let Some(me) = self.remembered_me() {
            return Ok(me);
        }
        let call = self.call(Operation::UsersWhoami, Method::GET, ["user"])?;
        if self.client().credential().is_none() {
            return Err(self.client().locate(call.error(
                ErrorKind::Unauthenticated,
                "there is no credential to tell the user of",
            )));
        }
        let me = User::from(self.fetch::<wire::User>(call).await?);
        self.remember_me(me.clone());
        Ok(me)
    }

    async fn get(&self, login: &str) -> Result<User> {
        let call = self
            .call(Operation::UsersGet, Method::GET, ["users", login])
            .map_err(|error: Error| error.with_resource(format!("user {login:?}")))?
            .resource(format!("user {login}"));
        Ok(self.fetch::<wire::User>(call).await?.into())
    }
}
