//! The programs and files a run needs from outside. A missing one fails the test: never a skip.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// The Envoy binary.
pub fn envoy() -> PathBuf {
    required("ENVOY", std::env::var_os("ENVOY").map(PathBuf::from), "an Envoy binary")
}

/// Its minor version: 40 of 1.40.0. What a test expects of an older one is what that one is known to do otherwise.
pub fn envoy_minor() -> u32 {
    static MINOR: OnceLock<u32> = OnceLock::new();
    *MINOR.get_or_init(|| {
        let told = Command::new(envoy()).arg("--version").output().unwrap();
        let told = String::from_utf8(told.stdout).unwrap();
        // Its last word is commit/version/…
        let version = told.split('/').find_map(|part| part.strip_prefix("1."));
        let minor = version.and_then(|version| version.split('.').next()?.parse().ok());
        minor.unwrap_or_else(|| panic!("no version of Envoy: {told}"))
    })
}

/// The filter as Envoy loads it.
pub fn wasm() -> PathBuf {
    let built = concat!(env!("CARGO_MANIFEST_DIR"), "/target/envoy_llm_router.wasm");
    let named = std::env::var_os("LLM_ROUTER_WASM").unwrap_or_else(|| built.into());
    required("LLM_ROUTER_WASM", Some(named.into()), "the filter built for wasm32-wasip1")
}

/// A Python that has the packages `openai`, `anthropic` and `websockets`.
pub fn openai_python() -> PathBuf {
    let named = std::env::var_os("OPENAI_PYTHON").map(PathBuf::from);
    required("OPENAI_PYTHON", named, "a Python with OpenAI's and Anthropic's clients")
}

/// How many workers each Envoy has: `WORKERS`, or else two.
pub fn workers() -> u32 {
    match std::env::var("WORKERS") {
        Ok(number) => number.parse().expect("WORKERS is a number"),
        Err(_) => 2,
    }
}

/// Whether clients speak HTTP/2 also where a test does not say so: `CLIENTS=http2`.
pub fn clients_speak_http2() -> bool {
    match std::env::var("CLIENTS").as_deref() {
        Ok("http2") => true,
        Ok("http1") | Err(_) => false,
        Ok(other) => panic!("CLIENTS={other}: it can be http1 or http2"),
    }
}

/// Where what a run puts out is kept: `TRANSCRIPTS`, if it is to be kept.
pub fn transcripts() -> Option<PathBuf> {
    std::env::var_os("TRANSCRIPTS").filter(|path| !path.is_empty()).map(PathBuf::from)
}

fn required(variable: &str, path: Option<PathBuf>, what: &str) -> PathBuf {
    let Some(path) = path else {
        panic!("{variable} is not set: it names {what}; `make test` provides it")
    };
    assert!(
        path.is_file(),
        "{variable}: there is no file {}: it names {what}; `make test` provides it",
        path.display()
    );
    path
}
