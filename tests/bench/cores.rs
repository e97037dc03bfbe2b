//! Who runs where: the gateway on one processor, and the client with the upstream on another, so that neither takes time or
//! cache from the other. Where there is but one processor, or no `taskset`, the kernel decides.

#![allow(dead_code, reason = "each benchmark uses its part")]

use std::path::Path;
use std::process::{Command, Stdio};

/// The processor of every gateway.
pub const GATEWAY: &str = "0";
/// Both, for what uses more than one.
pub const BOTH: &str = "0,1";
/// The processor of this process: client and upstream.
const TRAFFIC: &str = "1";

/// Moves this process to its processor; whether that was possible.
pub fn pin_self() -> bool {
    let pid = std::process::id().to_string();
    is_possible() && succeeds(Command::new("taskset").args(["-a", "-c", "-p", TRAFFIC, &pid]))
}

/// `program` on a processor. It ends with this process, however that ends.
pub fn command(core: &str, program: &Path) -> Command {
    let mut line: Vec<&str> = Vec::new();
    if succeeds(Command::new("setpriv").arg("--version")) {
        line.extend(["setpriv", "--pdeathsig", "KILL"]);
    }
    if is_possible() {
        line.extend(["taskset", "-c", core]);
    }
    let Some((first, rest)) = line.split_first() else { return Command::new(program) };
    let mut command = Command::new(first);
    command.args(rest).arg(program);
    command
}

/// Whether both processors are there, and may be used.
fn is_possible() -> bool {
    [GATEWAY, TRAFFIC]
        .iter()
        .all(|core| succeeds(Command::new("taskset").args(["-c", core, "true"])))
}

fn succeeds(command: &mut Command) -> bool {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
