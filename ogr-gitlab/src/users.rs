//! Users.

use async_trait::async_trait;
use gitlab::api::users;
use ogr_core::{Credential, Error, ErrorKind, Operation, Outcome, Result, User, Users};
use serde::Deserialize;

use crate::{GitLab, endpoint, wire::UserRow};

/// What the token of a job says of the job.
#[derive(Deserialize)]
struct JobRow {
    user: Option<UserRow>,
}

#[async_trait]
impl Users for GitLab {
    async fn whoami(&self) -> Result<User> {
        const OPERATION: Operation = Operation::UsersWhoami;
        if let Some(user) = self.memo.user(self.identity()) {
            return Ok(user);
        }
        let nobody = |why: &str| {
            let error = Error::new(ErrorKind::Unauthenticated, why).with_operation(OPERATION);
            self.client.locate(error)
        };
        let row = match self.client.credential() {
            None => {
                return Err(nobody("there is no credential").with_outcome(Outcome::NotSent));
            }
            // The token of a job cannot read its user, but the job that it is of.
            Some(Credential::JobToken(_)) => {
                let call = self.client.get(OPERATION, ["job"])?.resource("job");
                let job: JobRow = self.client.send(call).await?.json()?;
                job.user
            }
            Some(_) => {
                let user = users::CurrentUser::builder()
                    .build()
                    .map_err(|error| endpoint::invalid(OPERATION, &error))?;
                let call = endpoint::call(&self.client, OPERATION, &user)?.resource("user");
                Some(self.client.send(call).await?.json()?)
            }
        };
        let user = row
            .and_then(UserRow::into_user)
            .ok_or_else(|| nobody("GitLab does not say whose credential this is"))?;
        self.memo.is_user(self.identity(), &user);
        Ok(user)
    }

    async fn get(&self, login: &str) -> Result<User> {
        const OPERATION: Operation = Operation::UsersGet;
        let by_name = users::Users::builder()
            .username(login)
            .build()
            .map_err(|error| endpoint::invalid(OPERATION, &error))?;
        let call = endpoint::call(&self.client, OPERATION, &by_name)?.resource(login);
        let missing = call.error(ErrorKind::NotFound, "there is no user of that name");
        let rows: Vec<UserRow> = self.client.send(call).await?.rows()?;
        rows.into_iter()
            .filter_map(UserRow::into_user)
            // An empty name would have listed everybody.
            .find(|user| user.login.eq_ignore_ascii_case(login))
            .ok_or_else(|| self.client.locate(missing))
    }
}
