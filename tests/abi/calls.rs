//! The filter's functions, and which may call which.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::Path;

use wasmparser::{
    ElementItems, ExternalKind, KnownCustom, Name, Operator, Parser, Payload, TypeRef,
};

/// A function by its number.
pub type Function = u32;

/// Who calls whom, as far as the code tells: a call through the table may lead to any function of that type in it.
#[derive(Default)]
pub struct CallGraph {
    /// Each function's name, as its source has it.
    pub names: BTreeMap<Function, String>,
    /// The exported functions.
    pub exports: BTreeMap<String, Function>,
    calls: BTreeMap<Function, BTreeSet<Function>>,
    by_type: BTreeMap<Function, BTreeSet<u32>>,
    types: Vec<u32>,
    table: BTreeSet<Function>,
}

impl CallGraph {
    /// Reads the filter: the copy beside it that has names, once that is known to be the same otherwise.
    pub fn read() -> Self {
        let path = env::var("LLM_ROUTER_WASM").expect("LLM_ROUTER_WASM names the filter");
        let read = |path: &Path| {
            fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let filter = read(Path::new(&path));
        let wasm = read(&Path::new(&path).with_extension("named.wasm"));
        assert!(without_names(&wasm) == filter, "{path} and its copy with names are not the same");
        let mut graph = Self::default();
        let mut next = 0;
        for payload in Parser::new(0).parse_all(&wasm) {
            graph.take(payload.expect("a valid module"), &mut next);
        }
        graph
    }

    /// What a function calls by its number.
    pub fn direct_callees(&self, function: Function) -> impl Iterator<Item = Function> + '_ {
        self.calls.get(&function).into_iter().flatten().copied()
    }

    /// What a function calls, or may call.
    pub fn callees(&self, function: Function) -> BTreeSet<Function> {
        let of_type = |ty: &u32| {
            let ty = *ty;
            self.table.iter().copied().filter(move |target| self.types[*target as usize] == ty)
        };
        let indirect = self.by_type.get(&function).into_iter().flatten().flat_map(of_type);
        self.direct_callees(function).chain(indirect).collect()
    }

    /// A function's name, without what tells its instances apart.
    pub fn name(&self, function: Function) -> &str {
        self.names.get(&function).map_or("?", |name| name)
    }

    fn take(&mut self, payload: Payload<'_>, next: &mut Function) {
        match payload {
            Payload::ImportSection(imports) => {
                for import in imports {
                    let import = import.expect("an import");
                    if let TypeRef::Func(ty) = import.ty {
                        self.names.insert(*next, format!("host::{}", import.name));
                        self.types.push(ty);
                        *next += 1;
                    }
                }
            }
            Payload::FunctionSection(functions) => {
                self.types.extend(functions.into_iter().map(|ty| ty.expect("a type")));
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export.expect("an export");
                    if export.kind == ExternalKind::Func {
                        self.exports.insert(export.name.to_owned(), export.index);
                    }
                }
            }
            Payload::ElementSection(elements) => {
                for element in elements {
                    if let ElementItems::Functions(functions) = element.expect("an element").items {
                        self.table.extend(functions.into_iter().map(|f| f.expect("a function")));
                    }
                }
            }
            Payload::CodeSectionEntry(body) => {
                let function = *next;
                *next += 1;
                for operator in body.get_operators_reader().expect("code") {
                    match operator.expect("an instruction") {
                        Operator::Call { function_index }
                        | Operator::ReturnCall { function_index } => {
                            self.calls.entry(function).or_default().insert(function_index);
                        }
                        Operator::CallIndirect { type_index, .. }
                        | Operator::ReturnCallIndirect { type_index, .. } => {
                            self.by_type.entry(function).or_default().insert(type_index);
                        }
                        _ => {}
                    }
                }
            }
            Payload::CustomSection(section) => {
                let KnownCustom::Name(names) = section.as_known() else { return };
                for name in names {
                    let Name::Function(names) = name.expect("names") else { continue };
                    for name in names {
                        let name = name.expect("a name");
                        let plain = format!("{:#}", rustc_demangle::demangle(name.name));
                        self.names.insert(name.index, plain);
                    }
                }
            }
            _ => {}
        }
    }
}

/// A module without its section of names.
fn without_names(module: &[u8]) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut end = 8;
    kept.extend_from_slice(&module[..end]);
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload.expect("a valid module");
        let Some((_, contents)) = payload.as_section() else { continue };
        // A section's header stands between the end of the last one and its contents.
        let is_names =
            matches!(&payload, Payload::CustomSection(custom) if custom.name() == "name");
        if !is_names {
            kept.extend_from_slice(&module[end..contents.end]);
        }
        end = contents.end;
    }
    kept
}
