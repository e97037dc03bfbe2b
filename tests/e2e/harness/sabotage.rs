//! The filter as it was built, with a trap in the place of one of its callbacks.
//!
//! Nothing in the filter's source traps on purpose, so nothing that is released can. What tests need is made of the
//! released bytes.

use super::artefacts;
use std::fs;
use std::path::{Path, PathBuf};

/// Sections of a module (WebAssembly core specification, section 5.5).
const IMPORTS: u8 = 2;
const EXPORTS: u8 = 7;
const CODE: u8 = 10;

/// Instructions.
const UNREACHABLE: u8 = 0x00;
const NOP: u8 = 0x01;
const END: u8 = 0x0b;

/// Writes the filter to the directory; it traps whenever the host calls this callback.
pub fn trapping_in(callback: &str, directory: &Path) -> PathBuf {
    let mut module = fs::read(artefacts::wasm()).unwrap();
    let (start, end) = instructions(&module, callback);
    // Of the same length, so that nothing moves. After `unreachable` every type is right.
    module[start..end].fill(NOP);
    module[start] = UNREACHABLE;
    module[end - 1] = END;
    let path = directory.join("trapping.wasm");
    fs::write(&path, module).unwrap();
    path
}

/// Where the instructions of an exported function begin and end.
fn instructions(module: &[u8], name: &str) -> (usize, usize) {
    let imported = Reader::section(module, IMPORTS).imported_functions();
    let index = Reader::section(module, EXPORTS).exported_function(name) - imported;
    let mut code = Reader::section(module, CODE);
    assert!(index < code.number(), "{name} is a function of another module");
    for _ in 0..index {
        let size = code.number();
        code.at += size;
    }
    let size = code.number();
    let end = code.at + size;
    for _ in 0..code.number() {
        // So many locals of a type.
        code.number();
        code.byte();
    }
    (code.at, end)
}

/// Reads a module's bytes.
struct Reader<'a> {
    module: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// The contents of a section.
    fn section(module: &'a [u8], id: u8) -> Self {
        // Behind magic number and version.
        let mut reader = Self { module, at: 8 };
        loop {
            let (found, size) = (reader.byte(), reader.number());
            if found == id {
                return reader;
            }
            reader.at += size;
        }
    }

    fn imported_functions(&mut self) -> usize {
        let imports = self.number();
        for _ in 0..imports {
            let (_module, _name, kind) = (self.name(), self.name(), self.byte());
            assert_eq!(kind, 0, "the filter imports functions alone");
            self.number();
        }
        imports
    }

    fn exported_function(&mut self, wanted: &str) -> usize {
        for _ in 0..self.number() {
            let (name, _kind, index) = (self.name(), self.byte(), self.number());
            if name == wanted.as_bytes() {
                return index;
            }
        }
        panic!("the filter does not export {wanted}")
    }

    fn name(&mut self) -> &'a [u8] {
        let size = self.number();
        self.at += size;
        &self.module[self.at - size..self.at]
    }

    fn byte(&mut self) -> u8 {
        self.at += 1;
        self.module[self.at - 1]
    }

    /// An unsigned number in LEB128.
    fn number(&mut self) -> usize {
        let mut number = 0;
        for shift in (0..).step_by(7) {
            let byte = self.byte();
            number |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        number
    }
}
