//! What the kernel and a program itself say of a process that was started.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Child;
use std::time::Duration;

/// How long a program may take to answer.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// The time that all its threads have spent on a processor so far, for themselves and in the kernel.
pub fn cpu_time(process: &Child) -> Duration {
    cpu_time_of(process, |_| true)
}

/// The same of the threads whose name is as it should be.
pub fn cpu_time_of(process: &Child, is_meant: impl Fn(&str) -> bool) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{}/task", process.id())).unwrap();
    let of_task = |task: io::Result<fs::DirEntry>| -> Option<u64> {
        let task = task.ok()?.path();
        let name = fs::read_to_string(task.join("comm")).ok()?;
        let schedstat =
            fs::read_to_string(task.join("schedstat")).ok().filter(|_| is_meant(&name))?;
        schedstat.split_whitespace().next()?.parse().ok()
    };
    let nanos = tasks.filter_map(of_task).sum();
    assert_ne!(nanos, 0, "this kernel keeps no /proc/<pid>/task/<tid>/schedstat");
    Duration::from_nanos(nanos)
}

/// The memory that it has in use, in bytes.
pub fn resident(process: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// The whole answer to a GET.
pub fn request(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    write!(connection, "GET {path} HTTP/1.1\r\nhost: envoy\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    match answer.is_empty() {
        true => Err(io::ErrorKind::UnexpectedEof.into()),
        false => Ok(answer),
    }
}
