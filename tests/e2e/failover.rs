//! One request, tried at one provider after the other.

mod between;
mod bodies;
mod faults;
mod forgery;
mod keys;
mod places;
mod reload;
mod sessions;
mod shipped;
mod site;
mod tls;
mod told;
mod wiring;
