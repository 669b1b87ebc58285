//! Syncs an upstream release into dist-git packages by pull request, whatever forges they are on.
//!
//! Without arguments it starts an upstream and two dist-gits of its own, and shows that the same code leaves the same
//! pull requests, branches and statuses on a Pagure and on a Forgejo: `cargo run --example release_sync`.

mod arguments;
mod demo;
mod plan;
mod spec;
mod sync;
mod table;

use std::process::ExitCode;

use arguments::Arguments;
use clap::Parser;

type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match &arguments.upstream {
        None => demo::run().await,
        Some(upstream) => real(upstream, &arguments).await,
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Syncs on real forges. The answer is whether every branch was synced.
async fn real(upstream: &str, arguments: &Arguments) -> Result<bool> {
    let forges = ogr::discover().await?;
    let upstream = forges.project(upstream).await?;
    let release = sync::Release::of(upstream, arguments.tag.as_deref()).await?;
    println!("upstream release {} ({})", release.tag, release.sha);
    let mut packages = Vec::new();
    for url in &arguments.dist_git {
        packages.push(forges.project(url).await?);
    }
    let request = sync::Request {
        packages,
        branches: arguments.branches.clone(),
        fast_forward: arguments.fast_forward.clone(),
        author: arguments.author.clone(),
    };
    if arguments.dry_run {
        let plan = plan::of(&release, &request).await;
        print!("{plan}");
        return Ok(plan.is_whole());
    }
    let outcome = sync::run(&release, &request).await;
    print!("{outcome}");
    Ok(outcome.is_whole())
}
