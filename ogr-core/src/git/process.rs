//! Runs a program to its end: with input, bounded in time and in what it says.

use std::{io, pin::pin, process::Stdio, time::Duration};

use futures_util::future::{Either, join3, select};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::Command,
    time::timeout,
};

/// How much of a program's complaints is kept, in bytes.
const STDERR_LIMIT: usize = 64 * 1024;

/// How long to wait for the rest of the output of a program that has ended: a daemon that it left behind may hold the pipe.
const GRACE: Duration = Duration::from_secs(2);

/// What a program said, and whether it succeeded.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) success: bool,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

/// Why a program could not be run to its end.
#[derive(Debug)]
pub(crate) enum Failure {
    /// There is no such program.
    Missing,
    /// It took too long, and was killed.
    Timeout,
    /// It said more than it may, and was killed.
    TooLarge,
    /// The system refused.
    System(io::Error),
}

/// Runs a program with this input. It is killed when the time is up, or when the future is dropped.
pub(crate) async fn run(
    command: &mut Command,
    input: &[u8],
    limit: Duration,
    stdout_limit: usize,
) -> Result<Output, Failure> {
    let has_input = !input.is_empty();
    let mut child = command
        .stdin(if has_input {
            Stdio::piped()
        } else {
            Stdio::null()
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Failure::Missing,
            _ => Failure::System(error),
        })?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (mut said, mut complained) = (Vec::new(), Vec::new());
    let whole = async {
        let write = async {
            if let Some(mut stdin) = stdin {
                // A program that does not want all of its input says why on its own.
                let _ = stdin.write_all(input).await;
            }
        };
        let listen = async {
            // Nobody is killed for talking much on the side: the rest is not kept.
            if let Some(mut stderr) = stderr
                && !read(Some(&mut stderr), STDERR_LIMIT, &mut complained).await
            {
                let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
            }
        };
        let talk = pin!(join3(write, read(stdout, stdout_limit, &mut said), listen));
        match select(talk, pin!(child.wait())).await {
            // Output that is too long has been closed on the program by now, so that it ends.
            Either::Left(((_, fits, _), wait)) => (wait.await, fits),
            Either::Right((status, talk)) => {
                let rest = timeout(GRACE, talk).await;
                (status, rest.map_or(true, |(_, fits, _)| fits))
            }
        }
    };
    let (status, fits) = timeout(limit, whole).await.map_err(|_| Failure::Timeout)?;
    if !fits {
        return Err(Failure::TooLarge);
    }
    Ok(Output {
        success: status.map_err(Failure::System)?.success(),
        stdout: said,
        stderr: String::from_utf8_lossy(&complained).into_owned(),
    })
}

/// Reads to the end, or to the limit; says whether it was the end.
async fn read(source: Option<impl AsyncRead + Unpin>, limit: usize, into: &mut Vec<u8>) -> bool {
    let Some(mut source) = source else {
        return true;
    };
    let mut buffer = vec![0; 16 * 1024];
    loop {
        match source.read(&mut buffer).await {
            Ok(0) | Err(_) => return true,
            Ok(count) if into.len() + count > limit => return false,
            Ok(count) => into.extend_from_slice(&buffer[..count]),
        }
    }
}
