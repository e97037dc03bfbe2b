//! The calls of the proxy-wasm ABI that the filter makes. The SDK imports more of them; those answer that they are not
//! there.

use wasmi::{Caller, Error, ExternType, Linker, Module, Val};

use super::fault::status;
use super::guest::{Done, Guest, Refusal};
use super::state::State;
use super::stream::{from_pairs, Passage, Reply};
use crate::world::to_pairs;

const MODULE: &str = "env";
const PLUGIN_CONFIGURATION: u32 = 7;
const COUNTER: u32 = 0;

/// Links the call of this name: its arguments are the ABI's, behind the filter that makes it.
macro_rules! call {
    ($linker:ident, $name:literal, |$guest:ident $(, $argument:ident: $type:ty)*| $done:expr) => {
        $linker.func_wrap(MODULE, $name, |mut caller: Caller<'_, State> $(, $argument: $type)*| {
            Guest::call(&mut caller, $name, |$guest| $done)
        })?;
    };
}

/// Adds them to what the filter is linked with.
pub fn link(linker: &mut Linker<State>, module: &Module) -> Result<(), Error> {
    link_streams(linker)?;
    link_world(linker)?;
    link_metrics(linker)?;
    link_answer(linker)?;
    link_rest(linker, module)
}

fn link_streams(linker: &mut Linker<State>) -> Result<(), Error> {
    call!(linker, "proxy_get_header_map_pairs", |guest, map: u32, data: u32, size: u32| {
        // A map that is out of reach is given as an empty one.
        let pairs = guest.stream()?.map(map).map(|fields| to_pairs(fields));
        guest.give(&pairs.unwrap_or_default(), data, size)
    });
    call!(
        linker,
        "proxy_replace_header_map_value",
        |guest, map: u32, name: u32, name_size: u32, value: u32, value_size: u32| {
            let (name, value) = (guest.bytes(name, name_size)?, guest.bytes(value, value_size)?);
            let fields = guest.stream()?.map(map).ok_or(Refusal::Status(status::BAD_ARGUMENT))?;
            // As Envoy does it: of several fields the first is replaced, the others stay.
            match fields.iter_mut().find(|(field, _)| *field == name) {
                Some(field) => field.1 = value,
                None => fields.push((name, value)),
            }
            Ok(())
        }
    );
    call!(linker, "proxy_remove_header_map_value", |guest, map: u32, name: u32, size: u32| {
        let name = guest.bytes(name, size)?;
        let fields = guest.stream()?.map(map).ok_or(Refusal::Status(status::BAD_ARGUMENT))?;
        fields.retain(|(field, _)| *field != name);
        Ok(())
    });
    call!(
        linker,
        "proxy_get_buffer_bytes",
        |guest, kind: u32, start: u32, len: u32, data: u32, size: u32| {
            let buffer = match kind {
                PLUGIN_CONFIGURATION => guest.host().configuration.clone(),
                kind => guest
                    .stream()?
                    .buffer(kind)
                    .cloned()
                    .ok_or(Refusal::Status(status::NOT_FOUND))?,
            };
            let end =
                start.saturating_add(len).min(u32::try_from(buffer.len()).unwrap_or(u32::MAX));
            let bytes = buffer.get(start as usize..end as usize).unwrap_or_default();
            guest.give(bytes, data, size)
        }
    );
    call!(
        linker,
        "proxy_set_buffer_bytes",
        |guest, kind: u32, start: u32, len: u32, data: u32, size: u32| {
            let bytes = guest.bytes(data, size)?;
            let buffer = guest.stream()?.buffer(kind).ok_or(Refusal::Status(status::NOT_FOUND))?;
            // As Envoy does it: the front is replaced or the end extended, nothing else.
            match start as usize {
                0 => drop(buffer.splice(..buffer.len().min(len as usize), bytes)),
                start if start >= buffer.len() => buffer.extend(bytes),
                _ => return Err(Refusal::Status(status::BAD_ARGUMENT)),
            }
            Ok(())
        }
    );
    call!(linker, "proxy_close_stream", |guest, _stream: u32| {
        guest.stream()?.passage = Passage::Reset;
        Ok(())
    });
    Ok(())
}

fn link_world(linker: &mut Linker<State>) -> Result<(), Error> {
    call!(linker, "proxy_log", |guest, level: u32, line: u32, size: u32| {
        let line = guest.text(line, size)?;
        guest.host().log.push((level, line));
        Ok(())
    });
    call!(linker, "proxy_get_log_level", |guest, at: u32| {
        let level = guest.host().log_level;
        guest.give_number(level.to_le_bytes(), at)
    });
    call!(linker, "proxy_get_current_time_nanoseconds", |guest, at: u32| {
        let now = guest.host().now;
        guest.give_number(now.to_le_bytes(), at)
    });
    call!(linker, "proxy_get_property", |guest, path: u32, len: u32, data: u32, size: u32| {
        let path = guest.bytes(path, len)?;
        let value = match &*path {
            b"plugin_root_id" => Some(guest.host().root_id.clone()),
            path => guest.stream()?.property(path).cloned(),
        };
        guest.give(&value.ok_or(Refusal::Status(status::NOT_FOUND))?, data, size)
    });
    call!(linker, "proxy_set_property", |guest, path: u32, len: u32, data: u32, size: u32| {
        let (path, value) = (guest.text(path, len)?, guest.bytes(data, size)?);
        guest.stream()?.filter_state.insert(path, value);
        Ok(())
    });
    call!(
        linker,
        "proxy_get_shared_data",
        |guest, key: u32, len: u32, data: u32, size: u32, version: u32| {
            let key = guest.bytes(key, len)?;
            let (value, now) =
                guest.host().shared.get(&key).cloned().ok_or(Refusal::Status(status::NOT_FOUND))?;
            guest.give(&value, data, size)?;
            guest.write(version, &now.to_le_bytes())
        }
    );
    call!(
        linker,
        "proxy_set_shared_data",
        |guest, key: u32, len: u32, data: u32, size: u32, version: u32| {
            let (key, value) = (guest.bytes(key, len)?, guest.bytes(data, size)?);
            let host = guest.host();
            let stored = host.shared.entry(key).or_default();
            if host.rivals > 0 {
                host.rivals -= 1;
                stored.1 += 1;
                if let Some(count) = stored.0.get_mut(8) {
                    *count += 1;
                }
            }
            if version != 0 && version != stored.1 {
                return Err(Refusal::Status(status::CAS_MISMATCH));
            }
            *stored = (value, stored.1 + 1);
            Ok(())
        }
    );
    Ok(())
}

fn link_metrics(linker: &mut Linker<State>) -> Result<(), Error> {
    call!(linker, "proxy_define_metric", |guest, kind: u32, name: u32, size: u32, id: u32| {
        let name = guest.text(name, size)?;
        let metrics = &mut guest.host().metrics;
        let known = metrics.iter().position(|metric| metric.1 == name);
        let place = known.unwrap_or_else(|| {
            metrics.push((kind, name, Vec::new()));
            metrics.len() - 1
        });
        guest.give_number(u32::try_from(place).expect("few metrics").to_le_bytes(), id)
    });
    call!(linker, "proxy_increment_metric", |guest, id: u32, by: i64| {
        measure(guest, id, true, u64::try_from(by).expect("counters grow"))
    });
    call!(linker, "proxy_record_metric", |guest, id: u32, value: u64| measure(
        guest, id, false, value
    ));
    Ok(())
}

fn measure(guest: &mut Guest<'_, '_>, id: u32, counts: bool, value: u64) -> Done {
    match guest.host().metrics.get_mut(id as usize) {
        Some((kind, _, values)) if counts == (*kind == COUNTER) => values.push(value),
        Some(_) => return Err(Refusal::Status(status::BAD_ARGUMENT)),
        None => return Err(Refusal::Status(status::NOT_FOUND)),
    }
    Ok(())
}

fn link_answer(linker: &mut Linker<State>) -> Result<(), Error> {
    call!(
        linker,
        "proxy_send_local_response",
        |guest,
         status: u32,
         details: u32,
         details_size: u32,
         body: u32,
         body_size: u32,
         headers: u32,
         headers_size: u32,
         _grpc_status: i32| {
            let details = guest.text(details, details_size)?;
            let body = guest.bytes(body, body_size)?;
            let headers = from_pairs(&guest.bytes(headers, headers_size)?);
            guest.stream()?.replies.push(Reply { status, details, headers, body });
            Ok(())
        }
    );
    Ok(())
}

/// What the SDK imports for uses that the filter does not make of it.
fn link_rest(linker: &mut Linker<State>, module: &Module) -> Result<(), Error> {
    linker.allow_shadowing(false);
    for import in module.imports().filter(|import| import.module() == MODULE) {
        let ExternType::Func(ty) = import.ty() else { continue };
        let name: &'static str = String::from(import.name()).leak();
        // Those that are linked already are errors here, and stay.
        let _ = linker.func_new(MODULE, name, ty.clone(), move |mut caller, _, results| {
            let status =
                Guest::call(&mut caller, name, |_| Err(Refusal::Status(status::UNIMPLEMENTED)))?;
            results.fill(Val::I32(status.cast_signed()));
            Ok(())
        });
    }
    Ok(())
}
