//! Asks a host which forge it is.

use std::sync::Arc;

use futures_util::future::join_all;
use http::{HeaderValue, Request, header};
use url::Url;

use super::{Backend, Probe, ProbeAnswer};
use crate::{
    Error, ErrorKind, ForgeKind, Operation, Outcome, Result,
    http::{Body, HttpConfig, Wire, WireError, WireErrorKind},
};

/// More than any version endpoint answers.
const LIMIT: u64 = 64 * 1024;

/// What a probe came to.
enum Finding {
    Forge(ForgeKind),
    Other(ProbeAnswer),
    Broken(WireError),
}

/// Asks all questions of all backends at once, without a credential. The first in the backends' order that recognises its
/// forge decides.
pub(super) async fn ask(
    wire: &dyn Wire,
    config: &HttpConfig,
    backends: &[Arc<dyn Backend>],
    web: &Url,
) -> Result<ForgeKind> {
    let probes: Vec<&Probe> = backends
        .iter()
        .flat_map(|backend| backend.probes())
        .collect();
    let asked = probes.iter().map(|probe| find(wire, config, web, probe));
    let findings: Vec<Finding> = join_all(asked).await;
    let recognised = findings.iter().find_map(|finding| match finding {
        Finding::Forge(kind) => Some(*kind),
        _ => None,
    });
    match recognised {
        Some(kind) => {
            tracing::debug!(host = web.host_str(), %kind, "recognised a forge");
            Ok(kind)
        }
        None => Err(unrecognised(web, &probes, &findings)),
    }
}

async fn find(wire: &dyn Wire, config: &HttpConfig, web: &Url, probe: &Probe) -> Finding {
    match answer(wire, config, web, probe).await {
        Ok(answer) => match (probe.recognise)(&answer) {
            Some(kind) => Finding::Forge(kind),
            None => Finding::Other(answer),
        },
        Err(error) => Finding::Broken(error),
    }
}

async fn answer(
    wire: &dyn Wire,
    config: &HttpConfig,
    web: &Url,
    probe: &Probe,
) -> Result<ProbeAnswer, WireError> {
    let unsendable = |error: &dyn std::fmt::Display| {
        WireError::new(WireErrorKind::Unsendable, error.to_string())
    };
    let url = web.join(probe.path).map_err(|error| unsendable(&error))?;
    let mut request = Request::get(url.as_str())
        .header(header::ACCEPT, "application/json")
        .body(Body::empty())
        .map_err(|error| unsendable(&error))?;
    if let Ok(agent) = HeaderValue::from_str(&config.user_agent) {
        request.headers_mut().insert(header::USER_AGENT, agent);
    }
    let exchange = async {
        let (parts, body) = wire.send(request).await?.into_parts();
        let body = body.collect(LIMIT).await?.unwrap_or_default();
        Ok(ProbeAnswer::new(parts.status, parts.headers, body))
    };
    tokio::time::timeout(config.attempt_timeout, exchange)
        .await
        .unwrap_or_else(|_| Err(WireError::new(WireErrorKind::Timeout, "no answer in time")))
}

/// Says what was asked and what came back.
fn unrecognised(web: &Url, probes: &[&Probe], findings: &[Finding]) -> Error {
    let mut said = Vec::new();
    let mut down = false;
    let mut reached = false;
    for (probe, finding) in probes.iter().zip(findings) {
        let what = match finding {
            Finding::Forge(kind) => kind.to_string(),
            Finding::Other(answer) => {
                reached = true;
                down |= answer.status.is_server_error();
                let content_type = answer
                    .headers
                    .get(header::CONTENT_TYPE)
                    .and_then(|value| value.to_str().ok())
                    .unwrap_or("no content type");
                format!("{} ({content_type})", answer.status.as_u16())
            }
            Finding::Broken(error) => error.message.clone(),
        };
        said.push(format!("{}: {what}", probe.path));
    }
    said.dedup();
    let (kind, message) = if !reached {
        (
            ErrorKind::Network,
            "the host cannot be reached to ask which forge it is",
        )
    } else if down {
        (
            ErrorKind::Unavailable,
            "the host does not say which forge it is, for now",
        )
    } else {
        (
            ErrorKind::NotFound,
            "no forge that ogr knows answers at this host",
        )
    };
    Error::new(kind, format!("{message}; asked {}", said.join(", ")))
        .with_operation(Operation::ForgeProbe)
        .with_resource(web.to_string())
        .with_outcome(Outcome::Refused)
}
