//! Users: `/user` and `/users/{name}`.

use async_trait::async_trait;
use ogr_core::{ErrorKind, Operation, Outcome, Result, User, Users, http::Call};

use crate::{Forgejo, wire::Account};

#[async_trait]
impl Users for Forgejo {
    async fn whoami(&self) -> Result<User> {
        if let Some(user) = self.remembered_user() {
            return Ok(user);
        }
        if self.client().credential().is_none() {
            return Err(self
                .error(
                    Operation::UsersWhoami,
                    "the credential's user",
                    ErrorKind::Unauthenticated,
                    "there is no credential",
                )
                .with_outcome(Outcome::NotSent));
        }
        let call = self
            .client()
            .get(Operation::UsersWhoami, ["user"])?
            .resource("the credential's user");
        let user = self.read_user(call).await?;
        self.remember_user(&user);
        Ok(user)
    }

    async fn get(&self, login: &str) -> Result<User> {
        let call = self
            .client()
            .get(Operation::UsersGet, ["users", login])?
            .resource(format!("user {login}"));
        self.read_user(call).await
    }
}

impl Forgejo {
    async fn read_user(&self, call: Call) -> Result<User> {
        let reply = self.send(call).await?;
        let account: Account = self.read(&reply)?;
        Ok(account.into_user())
    }
}
