//! Who is who.

use std::sync::Arc;

use ogr::{ErrorKind, Operation};

use crate::{scenario::Scenario, stage::Stage};

pub fn scenarios() -> Vec<Scenario> {
    use Operation::{UsersGet, UsersWhoami};
    vec![
        Scenario::new(
            "users::whoami_tells_whose_token_it_is",
            &[UsersWhoami],
            |stage| Box::pin(whoami(stage)),
        ),
        Scenario::new(
            "users::a_bad_token_is_unauthenticated",
            &[UsersWhoami],
            |stage| Box::pin(bad_token(stage)),
        ),
        Scenario::new("users::a_user_is_found_or_not", &[UsersGet], |stage| {
            Box::pin(user(stage))
        }),
    ]
}

async fn whoami(stage: Arc<Stage>) {
    let owner = stage.owner();
    let me = owner.users().whoami().await.unwrap();
    assert_eq!(me.login, "alice");
    let again = owner.users().whoami().await.unwrap();
    assert_eq!(again, me);
    assert_eq!(
        stage.contributor().users().whoami().await.unwrap().login,
        "bob"
    );
}

async fn bad_token(stage: Arc<Stage>) {
    for forge in [stage.impostor(), stage.anonymous()] {
        let error = forge.users().whoami().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
    }
}

async fn user(stage: Arc<Stage>) {
    let forge = stage.owner();
    let bob = forge.users().get("bob").await.unwrap();
    assert_eq!(bob.login, "bob");
    let error = forge.users().get("nobody-of-this-name").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert!(error.to_string().contains("nobody-of-this-name"), "{error}");
}
