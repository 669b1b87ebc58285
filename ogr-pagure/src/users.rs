//! Users.

use async_trait::async_trait;
use http::Method;
use ogr_core::{ErrorKind, Operation, Outcome, Result, User, Users, http::Effect};
use serde::Deserialize;

use crate::{Pagure, wire::UserWire};

#[derive(Debug, Deserialize)]
struct WhoamiWire {
    username: String,
}

#[derive(Debug, Deserialize)]
struct UserPageWire {
    user: UserWire,
}

#[async_trait]
impl Users for Pagure {
    async fn whoami(&self) -> Result<User> {
        let operation = Operation::UsersWhoami;
        if let Some(user) = self.known_user() {
            return Ok(user);
        }
        if self.client.credential().is_none() {
            let error = self.error(
                operation,
                ErrorKind::Unauthenticated,
                "whoami",
                "there is no token for this host",
            );
            return Err(error.with_outcome(Outcome::NotSent));
        }
        let call = self
            .client
            .call(operation, Method::POST, ["-", "whoami"])?
            .effect(Effect::Read)
            .resource("whoami");
        let answer: WhoamiWire = self.client.send(call).await?.json()?;
        let user = User::new(answer.username);
        self.remember_user(&user);
        Ok(user)
    }

    async fn get(&self, login: &str) -> Result<User> {
        let operation = Operation::UsersGet;
        if login.contains('/') {
            // An encoded slash parts the address on the server, and below a user are other things.
            let resource = format!("{login:?}");
            return Err(self.error(
                operation,
                ErrorKind::Invalid,
                resource,
                "no login has a slash in it",
            ));
        }
        // The answer holds the user's projects as well: as few of them as can be.
        let call = self
            .client
            .get(operation, ["user", login])?
            .query("per_page", "1")
            .resource(login);
        let answer: UserPageWire = self.client.send(call).await?.json()?;
        Ok(answer.user.into())
    }
}
