//! The `log` crate's way to the host's log.

use std::panic;

use log::{Level, LevelFilter, Log, Metadata, Record};

use super::host;

/// Sends log lines to the host. A panic, of which there should be none, is at least told before the VM traps.
pub fn install() {
    static LOGGER: Logger = Logger;
    // It fails only where a logger is installed already.
    let _ = log::set_logger(&LOGGER);
    log::set_max_level(LevelFilter::Warn);
    panic::set_hook(Box::new(|panic| host::log(CRITICAL, &panic.to_string())));
}

/// Leaves out what the host would not show, before it is formatted.
pub fn follow_host_level() {
    if let Ok(level) = host::log_level() {
        log::set_max_level(match level {
            0 => LevelFilter::Trace,
            1 => LevelFilter::Debug,
            2 => LevelFilter::Info,
            3 => LevelFilter::Warn,
            4 => LevelFilter::Error,
            _ => LevelFilter::Off,
        });
    }
}

const CRITICAL: u32 = 5;

struct Logger;

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let level = match record.level() {
            Level::Trace => 0,
            Level::Debug => 1,
            Level::Info => 2,
            Level::Warn => 3,
            Level::Error => 4,
        };
        host::log(level, &format!("llm_router: {}", record.args()));
    }

    fn flush(&self) {}
}
