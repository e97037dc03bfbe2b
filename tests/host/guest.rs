//! The filter's memory, during a call that it makes.

use wasmi::{Caller, Error};

use super::fault::{status, Call, Fault};
use super::state::State;
use super::stream::Stream;

/// Why a call is not done.
pub enum Refusal {
    /// The filter gets this status.
    Status(u32),
    /// The filter is stopped: it trapped while it was to give memory.
    Stop(Error),
}

/// What a call comes to.
pub type Done = Result<(), Refusal>;

/// The filter, as one of its calls sees it.
pub struct Guest<'c, 's> {
    caller: &'c mut Caller<'s, State>,
    fault: Option<Fault>,
}

impl Guest<'_, '_> {
    /// Takes a call: notes it, and does it unless it is to fail.
    pub fn call(
        caller: &mut Caller<'_, State>,
        name: &'static str,
        body: impl FnOnce(&mut Guest<'_, '_>) -> Done,
    ) -> Result<u32, Error> {
        let state = caller.data_mut();
        let call = Call { during: state.during, name };
        state.calls.push(call);
        let fault = state.fault.as_mut().and_then(|fault| fault(&call));
        if let Some(Fault::Status(status)) = fault {
            return Ok(status);
        }
        match body(&mut Guest { caller, fault }) {
            Ok(()) => Ok(status::OK),
            Err(Refusal::Status(status)) => Ok(status),
            Err(Refusal::Stop(error)) => Err(error),
        }
    }

    /// The host's own side.
    pub fn host(&mut self) -> &mut State {
        self.caller.data_mut()
    }

    /// The stream whose callback this is; the plugin has none.
    pub fn stream(&mut self) -> Result<&mut Stream, Refusal> {
        let state = self.host();
        state.streams.get_mut(&state.context).ok_or(Refusal::Status(status::BAD_ARGUMENT))
    }

    /// Reads bytes that the filter points at.
    pub fn bytes(&mut self, at: u32, len: u32) -> Result<Vec<u8>, Refusal> {
        let mut bytes = vec![0; len as usize];
        let memory = self.caller.data().memory();
        memory.read(&*self.caller, at as usize, &mut bytes).map_err(|_| unreachable_memory())?;
        Ok(bytes)
    }

    /// Likewise, as text. The filter gives nothing else where text is asked for.
    pub fn text(&mut self, at: u32, len: u32) -> Result<String, Refusal> {
        Ok(String::from_utf8(self.bytes(at, len)?).expect("the filter gives text"))
    }

    /// Gives bytes: memory is got from the filter, and where they lie is written where it wants it.
    pub fn give(&mut self, bytes: &[u8], data: u32, size: u32) -> Done {
        let mut given = bytes.to_vec();
        match self.fault.take() {
            None => {}
            Some(Fault::Nothing) => return Ok(()),
            Some(Fault::Null(claimed)) => {
                self.write(data, &0_u32.to_le_bytes())?;
                return self.write(size, &claimed.to_le_bytes());
            }
            Some(Fault::Empty) => {
                let at = self.allocate(1)?;
                self.write(data, &at.to_le_bytes())?;
                return self.write(size, &0_u32.to_le_bytes());
            }
            Some(Fault::Short) => drop(given.pop()),
            Some(Fault::Long) => given.push(b'!'),
            Some(Fault::Bytes(bytes)) => given = bytes,
            Some(fault) => panic!("{fault:?} is no way to give bytes"),
        }
        let len = u32::try_from(given.len()).expect("less than 4 GiB");
        let at = if len == 0 { 0 } else { self.allocate(len)? };
        self.write(at, &given)?;
        self.write(data, &at.to_le_bytes())?;
        self.write(size, &len.to_le_bytes())
    }

    /// Gives a number of 32 or 64 bits.
    pub fn give_number<const N: usize>(&mut self, number: [u8; N], at: u32) -> Done {
        match self.fault.take() {
            None => self.write(at, &number),
            Some(Fault::Nothing) => Ok(()),
            Some(Fault::Number(other)) => self.write(at, &other.to_le_bytes()[..N]),
            Some(fault) => panic!("{fault:?} is no way to give a number"),
        }
    }

    /// Writes into the filter's memory.
    pub fn write(&mut self, at: u32, bytes: &[u8]) -> Done {
        let memory = self.caller.data().memory();
        memory.write(&mut *self.caller, at as usize, bytes).map_err(|_| unreachable_memory())
    }

    fn allocate(&mut self, len: u32) -> Result<u32, Refusal> {
        let allocate = self.caller.data().allocate();
        match allocate.call(&mut *self.caller, len) {
            Ok(0) => Err(unreachable_memory()),
            Ok(at) => Ok(at),
            Err(error) => Err(Refusal::Stop(error)),
        }
    }
}

fn unreachable_memory() -> Refusal {
    Refusal::Status(status::INVALID_MEMORY_ACCESS)
}
