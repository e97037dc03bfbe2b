//! The few calls of WASI that the filter imports.

use wasmi::{Caller, Error, Linker};

use super::guest::{Done, Guest, Refusal};
use super::state::State;

const MODULE: &str = "wasi_snapshot_preview1";
const BAD_FILE: u32 = 8;

/// Adds them to what the filter is linked with.
pub fn link(linker: &mut Linker<State>) -> Result<(), Error> {
    linker.func_wrap(
        MODULE,
        "environ_sizes_get",
        |mut c: Caller<'_, State>, count: u32, size: u32| {
            Guest::call(&mut c, "environ_sizes_get", |guest| {
                let entries = environment(guest);
                guest.write(count, &length(entries.len()))?;
                guest.write(size, &length(entries.iter().map(Vec::len).sum()))
            })
        },
    )?;
    linker.func_wrap(MODULE, "environ_get", |mut c: Caller<'_, State>, places: u32, at: u32| {
        Guest::call(&mut c, "environ_get", |guest| {
            let mut at = at;
            for (index, entry) in (0..).zip(environment(guest)) {
                guest.write(places + 4 * index, &at.to_le_bytes())?;
                guest.write(at, &entry)?;
                at += u32::from_le_bytes(length(entry.len()));
            }
            Ok(())
        })
    })?;
    linker.func_wrap(
        MODULE,
        "clock_time_get",
        |mut c: Caller<'_, State>, _clock: u32, _precision: u64, at: u32| {
            Guest::call(&mut c, "clock_time_get", |guest| {
                let now = guest.host().now;
                guest.write(at, &now.to_le_bytes())
            })
        },
    )?;
    linker.func_wrap(MODULE, "random_get", |mut c: Caller<'_, State>, at: u32, len: u32| {
        Guest::call(&mut c, "random_get", |guest| random(guest, at, len))
    })?;
    linker.func_wrap(
        MODULE,
        "fd_write",
        |mut c: Caller<'_, State>, file: u32, pieces: u32, count: u32, written: u32| {
            Guest::call(&mut c, "fd_write", |guest| write(guest, file, pieces, count, written))
        },
    )?;
    linker.func_wrap(
        MODULE,
        "proc_exit",
        |_: Caller<'_, State>, status: i32| -> Result<(), Error> { Err(Error::i32_exit(status)) },
    )?;
    Ok(())
}

fn environment(guest: &mut Guest<'_, '_>) -> Vec<Vec<u8>> {
    let variables = &guest.host().environment;
    variables.iter().map(|(name, value)| format!("{name}={value}\0").into_bytes()).collect()
}

/// Numbers that are the same in every run.
fn random(guest: &mut Guest<'_, '_>, at: u32, len: u32) -> Done {
    for offset in 0..len {
        let state = &mut guest.host().random;
        *state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let [.., byte] = state.to_le_bytes();
        guest.write(at + offset, &[byte])?;
    }
    Ok(())
}

/// Standard output and error: what comes there counts as logged.
fn write(guest: &mut Guest<'_, '_>, file: u32, pieces: u32, count: u32, written: u32) -> Done {
    if !matches!(file, 1 | 2) {
        return Err(Refusal::Status(BAD_FILE));
    }
    let mut line = Vec::new();
    for piece in 0..count {
        let place = guest.bytes(pieces + 8 * piece, 8)?;
        let word =
            |at: usize| u32::from_le_bytes(place[at..at + 4].try_into().expect("four bytes"));
        line.extend(guest.bytes(word(0), word(4))?);
    }
    guest.write(written, &length(line.len()))?;
    guest.host().log.push((5, String::from_utf8_lossy(&line).into_owned()));
    Ok(())
}

fn length(len: usize) -> [u8; 4] {
    u32::try_from(len).expect("less than 4 GiB").to_le_bytes()
}
