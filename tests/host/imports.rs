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

type Host<'a> = Caller<'a, State>;

/// Adds them to what the filter is linked with.
pub fn link(linker: &mut Linker<State>, module: &Module) -> Result<(), Error> {
    link_streams(linker)?;
    link_world(linker)?;
    link_metrics(linker)?;
    linker.func_wrap(MODULE, "proxy_send_local_response", send_local_response)?;
    link_rest(linker, module)
}

fn link_streams(linker: &mut Linker<State>) -> Result<(), Error> {
    linker.func_wrap(
        MODULE,
        "proxy_get_header_map_pairs",
        |mut c: Host<'_>, map: u32, data: u32, size: u32| {
            Guest::call(&mut c, "proxy_get_header_map_pairs", |guest| {
                // A map that is out of reach is given as an empty one.
                let pairs = guest.stream()?.map(map).map(|fields| to_pairs(fields));
                guest.give(&pairs.unwrap_or_default(), data, size)
            })
        },
    )?;
    linker.func_wrap(
        MODULE,
        "proxy_replace_header_map_value",
        |mut c: Host<'_>, map: u32, name: u32, name_size: u32, value: u32, value_size: u32| {
            Guest::call(&mut c, "proxy_replace_header_map_value", |guest| {
                let (name, value) =
                    (guest.bytes(name, name_size)?, guest.bytes(value, value_size)?);
                let fields =
                    guest.stream()?.map(map).ok_or(Refusal::Status(status::BAD_ARGUMENT))?;
                // As Envoy does it: of several fields the first is replaced, the others stay.
                match fields.iter_mut().find(|(field, _)| *field == name) {
                    Some(field) => field.1 = value,
                    None => fields.push((name, value)),
                }
                Ok(())
            })
        },
    )?;
    linker.func_wrap(
        MODULE,
        "proxy_remove_header_map_value",
        |mut c: Host<'_>, map: u32, name: u32, size: u32| {
            Guest::call(&mut c, "proxy_remove_header_map_value", |guest| {
                let name = guest.bytes(name, size)?;
                let fields =
                    guest.stream()?.map(map).ok_or(Refusal::Status(status::BAD_ARGUMENT))?;
                fields.retain(|(field, _)| *field != name);
                Ok(())
            })
        },
    )?;
    linker.func_wrap(
        MODULE,
        "proxy_get_buffer_bytes",
        |mut c: Host<'_>, kind: u32, start: u32, len: u32, data: u32, size: u32| {
            Guest::call(&mut c, "proxy_get_buffer_bytes", |guest| {
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
            })
        },
    )?;
    linker.func_wrap(
        MODULE,
        "proxy_set_buffer_bytes",
        |mut c: Host<'_>, kind: u32, start: u32, len: u32, data: u32, size: u32| {
            Guest::call(&mut c, "proxy_set_buffer_bytes", |guest| {
                let bytes = guest.bytes(data, size)?;
                let buffer =
                    guest.stream()?.buffer(kind).ok_or(Refusal::Status(status::NOT_FOUND))?;
                // As Envoy does it: the front is replaced or the end extended, nothing else.
                match start as usize {
                    0 => drop(buffer.splice(..buffer.len().min(len as usize), bytes)),
                    start if start >= buffer.len() => buffer.extend(bytes),
                    _ => return Err(Refusal::Status(status::BAD_ARGUMENT)),
                }
                Ok(())
            })
        },
    )?;
    linker.func_wrap(MODULE, "proxy_close_stream", |mut c: Host<'_>, _stream: u32| {
        Guest::call(&mut c, "proxy_close_stream", |guest| {
            guest.stream()?.passage = Passage::Reset;
            Ok(())
        })
    })?;
    Ok(())
}

fn link_world(linker: &mut Linker<State>) -> Result<(), Error> {
    linker.func_wrap(
        MODULE,
        "proxy_log",
        |mut c: Host<'_>, level: u32, line: u32, size: u32| {
            Guest::call(&mut c, "proxy_log", |guest| {
                let line = guest.text(line, size)?;
                guest.host().log.push((level, line));
                Ok(())
            })
        },
    )?;
    linker.func_wrap(MODULE, "proxy_get_log_level", |mut c: Host<'_>, at: u32| {
        Guest::call(&mut c, "proxy_get_log_level", |guest| {
            let level = guest.host().log_level;
            guest.give_number(level.to_le_bytes(), at)
        })
    })?;
    linker.func_wrap(
        MODULE,
        "proxy_get_current_time_nanoseconds",
        |mut c: Host<'_>, at: u32| {
            Guest::call(&mut c, "proxy_get_current_time_nanoseconds", |guest| {
                let now = guest.host().now;
                guest.give_number(now.to_le_bytes(), at)
            })
        },
    )?;
    linker.func_wrap(
        MODULE,
        "proxy_get_property",
        |mut c: Host<'_>, path: u32, len: u32, data: u32, size: u32| {
            Guest::call(&mut c, "proxy_get_property", |guest| {
                let path = guest.bytes(path, len)?;
                let value = guest.stream()?.properties.get(&path).cloned();
                guest.give(&value.ok_or(Refusal::Status(status::NOT_FOUND))?, data, size)
            })
        },
    )?;
    linker.func_wrap(
        MODULE,
        "proxy_set_property",
        |mut c: Host<'_>, path: u32, len: u32, data: u32, size: u32| {
            Guest::call(&mut c, "proxy_set_property", |guest| {
                let (path, value) = (guest.text(path, len)?, guest.bytes(data, size)?);
                guest.stream()?.filter_state.insert(path, value);
                Ok(())
            })
        },
    )?;
    linker.func_wrap(
        MODULE,
        "proxy_get_shared_data",
        |mut c: Host<'_>, key: u32, len: u32, data: u32, size: u32, version: u32| {
            Guest::call(&mut c, "proxy_get_shared_data", |guest| {
                let key = guest.bytes(key, len)?;
                let (value, now) = guest
                    .host()
                    .shared
                    .get(&key)
                    .cloned()
                    .ok_or(Refusal::Status(status::NOT_FOUND))?;
                guest.give(&value, data, size)?;
                guest.write(version, &now.to_le_bytes())
            })
        },
    )?;
    linker.func_wrap(
        MODULE,
        "proxy_set_shared_data",
        |mut c: Host<'_>, key: u32, len: u32, data: u32, size: u32, version: u32| {
            Guest::call(&mut c, "proxy_set_shared_data", |guest| {
                let (key, value) = (guest.bytes(key, len)?, guest.bytes(data, size)?);
                let stored = guest.host().shared.entry(key).or_default();
                if version != 0 && version != stored.1 {
                    return Err(Refusal::Status(status::CAS_MISMATCH));
                }
                *stored = (value, stored.1 + 1);
                Ok(())
            })
        },
    )?;
    Ok(())
}

fn link_metrics(linker: &mut Linker<State>) -> Result<(), Error> {
    linker.func_wrap(
        MODULE,
        "proxy_define_metric",
        |mut c: Host<'_>, kind: u32, name: u32, size: u32, id: u32| {
            Guest::call(&mut c, "proxy_define_metric", |guest| {
                let name = guest.text(name, size)?;
                let metrics = &mut guest.host().metrics;
                let known = metrics.iter().position(|metric| metric.1 == name);
                let place = known.unwrap_or_else(|| {
                    metrics.push((kind, name, Vec::new()));
                    metrics.len() - 1
                });
                guest.give_number(u32::try_from(place).expect("few metrics").to_le_bytes(), id)
            })
        },
    )?;
    linker.func_wrap(MODULE, "proxy_increment_metric", |mut c: Host<'_>, id: u32, by: i64| {
        Guest::call(&mut c, "proxy_increment_metric", |guest| {
            measure(guest, id, true, u64::try_from(by).expect("counters grow"))
        })
    })?;
    linker.func_wrap(MODULE, "proxy_record_metric", |mut c: Host<'_>, id: u32, value: u64| {
        Guest::call(&mut c, "proxy_record_metric", |guest| measure(guest, id, false, value))
    })?;
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

#[allow(clippy::too_many_arguments, reason = "as the ABI has it")]
fn send_local_response(
    mut caller: Host<'_>,
    status: u32,
    details: u32,
    details_size: u32,
    body: u32,
    body_size: u32,
    headers: u32,
    headers_size: u32,
    _grpc_status: i32,
) -> Result<u32, Error> {
    Guest::call(&mut caller, "proxy_send_local_response", |guest| {
        let details = guest.text(details, details_size)?;
        let body = guest.bytes(body, body_size)?;
        let headers = from_pairs(&guest.bytes(headers, headers_size)?);
        guest.stream()?.replies.push(Reply { status, details, headers, body });
        Ok(())
    })
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
