//! A VM with the filter in it.

use std::env;
use std::fmt;
use std::fs;
use std::sync::OnceLock;

use wasmi::{CompilationMode, Config, Engine, Error, Instance, Linker, Module, Store, Val};

use super::fault::{Call, Fault};
use super::state::State;
use super::stream::Stream;
use super::{imports, wasi};

/// One instance of the filter, and the host around it.
pub struct Vm {
    store: Store<State>,
    instance: Instance,
    next_context: u32,
    plugin: u32,
    fuel: u64,
}

/// The filter was stopped: in Envoy this takes all requests of the worker with it.
#[derive(Debug)]
pub struct Trap {
    /// The callback during which it happened.
    pub during: &'static str,
    /// What the engine says.
    pub error: String,
    /// The last line that was logged: a panic says there what it is.
    pub last_words: String,
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; the last line of the log: {}", self.during, self.error, self.last_words)
    }
}

/// A callback of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callback {
    /// The request's header fields; whether nothing follows.
    RequestHeaders(bool),
    /// This many bytes of its body are buffered; whether nothing follows.
    RequestBody(usize, bool),
    /// Its trailers.
    RequestTrailers,
    /// The answer's header fields; whether nothing follows.
    ResponseHeaders(bool),
    /// This many bytes of its body pass; whether nothing follows.
    ResponseBody(usize, bool),
    /// Its trailers.
    ResponseTrailers,
}

/// What the fuel of a callback is taken from: no callback needs that much.
const TANK: u64 = 1 << 40;

impl Vm {
    /// A VM that has started, but has no plugin yet.
    pub fn new(environment: &[(&str, &str)]) -> Result<Self, Trap> {
        let module = filter();
        let own = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
        let state = State {
            environment: environment.iter().map(own).collect(),
            now: 1_767_225_600_000_000_000, // The first second of 2026.
            log_level: 2,
            ..State::default()
        };
        let mut store = Store::new(module.engine(), state);
        store.limiter(|state| &mut state.limits);
        let mut linker = Linker::new(module.engine());
        wasi::link(&mut linker).expect("linking WASI");
        imports::link(&mut linker, module).expect("linking the ABI");
        store.set_fuel(TANK).expect("fuel is counted");
        let instance =
            linker.instantiate_and_start(&mut store, module).expect("instantiating the filter");
        let memory = instance.get_memory(&store, "memory").expect("an exported memory");
        // Envoy prefers an exported `malloc`.
        let allocate = instance
            .get_typed_func(&store, "malloc")
            .or_else(|_| instance.get_typed_func(&store, "proxy_on_memory_allocate"))
            .expect("a way to allocate");
        store.data_mut().memory = Some(memory);
        store.data_mut().allocate = Some(allocate);
        let mut vm = Self { store, instance, next_context: 1, plugin: 0, fuel: 0 };
        vm.call("_initialize", 0, &[])?;
        Ok(vm)
    }

    /// A VM whose plugin has this configuration, which must be accepted.
    pub fn configured(
        configuration: &serde_json::Value,
        environment: &[(&str, &str)],
    ) -> Result<Self, Trap> {
        Self::configured_as("", configuration, environment)
    }

    /// Likewise, of a plugin with this `root_id`.
    pub fn configured_as(
        root_id: &str,
        configuration: &serde_json::Value,
        environment: &[(&str, &str)],
    ) -> Result<Self, Trap> {
        let mut vm = Self::new(environment)?;
        vm.host_mut().root_id = root_id.into();
        let accepted = vm.plugin(configuration.to_string().as_bytes())?;
        assert!(accepted, "the configuration is refused: {:#?}", vm.host().log);
        Ok(vm)
    }

    /// Adds a plugin with this configuration; whether it was accepted. Streams that begin from now on are its streams.
    pub fn plugin(&mut self, configuration: &[u8]) -> Result<bool, Trap> {
        self.plugin = self.context(0)?;
        self.call("proxy_on_vm_start", self.plugin, &[0])?;
        self.configure(configuration)
    }

    /// Configures the plugin anew.
    pub fn configure(&mut self, configuration: &[u8]) -> Result<bool, Trap> {
        self.host_mut().configuration = configuration.to_vec();
        let size = u32::try_from(configuration.len()).expect("less than 4 GiB");
        Ok(self.call("proxy_on_configure", self.plugin, &[size])? != 0)
    }

    /// Begins a stream; its context.
    pub fn open(&mut self, stream: Stream) -> Result<u32, Trap> {
        let context = self.context(self.plugin)?;
        self.host_mut().streams.insert(context, stream);
        Ok(context)
    }

    /// Makes a callback of a stream; whether the filter lets it go on. Nothing is done about it: that is
    /// [`conduct`](super::conduct).
    pub fn callback(&mut self, context: u32, callback: Callback) -> Result<bool, Trap> {
        let number = |n: usize| u32::try_from(n).expect("less than 4 GiB");
        let fields = |n: usize| number(n);
        let stream = self.stream(context);
        let (name, arguments) = match callback {
            Callback::RequestHeaders(end) => {
                ("proxy_on_request_headers", vec![fields(stream.request_headers.len()), end.into()])
            }
            Callback::RequestBody(size, end) => {
                ("proxy_on_request_body", vec![number(size), end.into()])
            }
            Callback::RequestTrailers => ("proxy_on_request_trailers", vec![1]),
            Callback::ResponseHeaders(end) => (
                "proxy_on_response_headers",
                vec![fields(stream.response_headers.len()), end.into()],
            ),
            Callback::ResponseBody(size, end) => {
                ("proxy_on_response_body", vec![number(size), end.into()])
            }
            Callback::ResponseTrailers => ("proxy_on_response_trailers", vec![1]),
        };
        Ok(self.call(name, context, &arguments)? == 0)
    }

    /// The end of a context, as the ABI tells it: done, logged, deleted. The stream stays to be looked at.
    pub fn close(&mut self, context: u32) -> Result<(), Trap> {
        self.call("proxy_on_done", context, &[])?;
        self.call("proxy_on_log", context, &[])?;
        self.call("proxy_on_delete", context, &[])?;
        Ok(())
    }

    /// The end of the plugin, after that of its streams.
    pub fn close_plugin(&mut self) -> Result<(), Trap> {
        self.call("proxy_on_done", self.plugin, &[])?;
        self.call("proxy_on_delete", self.plugin, &[])?;
        Ok(())
    }

    /// Calls an export whose first argument is a context; what it returned, or 0.
    pub fn call(
        &mut self,
        name: &'static str,
        context: u32,
        arguments: &[u32],
    ) -> Result<u32, Trap> {
        let function = self.instance.get_func(&self.store, name).expect(name);
        let ty = function.ty(&self.store);
        let all = [&[context], arguments].concat();
        // `_initialize` takes nothing.
        let arguments: Vec<Val> = all.into_iter().take(ty.params().len()).map(to_value).collect();
        let mut results = vec![Val::I32(0); ty.results().len()];
        let state = self.store.data_mut();
        (state.context, state.during) = (context, name);
        self.store.set_fuel(TANK).expect("fuel is counted");
        let called = function.call(&mut self.store, &arguments, &mut results);
        self.fuel += TANK - self.store.get_fuel().expect("fuel is counted");
        match called {
            Ok(()) => Ok(results.first().and_then(Val::i32).unwrap_or_default().cast_unsigned()),
            Err(error) => Err(self.trap(name, &error)),
        }
    }

    /// Answers calls otherwise from now on, where `fault` says how.
    pub fn fail(&mut self, fault: impl FnMut(&Call) -> Option<Fault> + 'static) {
        self.host_mut().fault = Some(Box::new(fault));
    }

    /// Answers every call properly again.
    pub fn mend(&mut self) {
        self.host_mut().fault = None;
    }

    /// The guest's memory, in bytes. It never shrinks.
    pub fn memory(&self) -> usize {
        self.host().memory().data_size(&self.store)
    }

    /// What was spent since this was asked the last time: about one unit for an instruction.
    pub fn take_fuel(&mut self) -> u64 {
        std::mem::take(&mut self.fuel)
    }

    /// What the filter called since this was asked the last time.
    pub fn take_calls(&mut self) -> Vec<Call> {
        std::mem::take(&mut self.host_mut().calls)
    }

    /// The host's side.
    pub fn host(&self) -> &State {
        self.store.data()
    }

    /// The host's side.
    pub fn host_mut(&mut self) -> &mut State {
        self.store.data_mut()
    }

    /// A stream that was opened.
    pub fn stream(&self, context: u32) -> &Stream {
        self.host().streams.get(&context).expect("a stream")
    }

    /// A stream that was opened.
    pub fn stream_mut(&mut self, context: u32) -> &mut Stream {
        self.host_mut().streams.get_mut(&context).expect("a stream")
    }

    fn context(&mut self, parent: u32) -> Result<u32, Trap> {
        let context = self.next_context;
        self.next_context += 1;
        self.call("proxy_on_context_create", context, &[parent])?;
        Ok(context)
    }

    fn trap(&self, during: &'static str, error: &Error) -> Trap {
        let last_words = self.host().log.last().map(|(_, line)| line.clone()).unwrap_or_default();
        Trap { during, error: error.to_string(), last_words }
    }
}

fn to_value(number: u32) -> Val {
    Val::I32(number.cast_signed())
}

/// The filter, compiled once for all VMs.
fn filter() -> &'static Module {
    static FILTER: OnceLock<Module> = OnceLock::new();
    FILTER.get_or_init(|| {
        let path = env::var("LLM_ROUTER_WASM").expect("LLM_ROUTER_WASM names the filter");
        let wasm = fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        // Translated at once: what a callback costs must not depend on what ran before.
        let mut config = Config::default();
        config.consume_fuel(true).compilation_mode(CompilationMode::Eager);
        Module::new(&Engine::new(&config), wasm).unwrap_or_else(|error| panic!("{path}: {error}"))
    })
}
