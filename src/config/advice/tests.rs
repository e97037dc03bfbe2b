//! Advice leads to what there is, and is only given for what there is not.

use super::{synonym, Object, FIELDS, KINDS};
use crate::config::raw;
use crate::provider::Kind;

#[test]
fn other_names_of_kinds_lead_to_kinds() {
    for (others, meant) in KINDS {
        assert!(Kind::named(meant).is_some(), "{meant}");
        for other in *others {
            assert!(Kind::named(other).is_none(), "{other} is a kind itself");
            assert_eq!(synonym("kind", &other.to_uppercase()), Some(*meant));
            assert_eq!(synonym("provider", other), None);
        }
    }
    assert_eq!(synonym("kind", "openai-like"), None);
}

#[test]
fn advice_is_for_fields_that_do_not_exist() {
    for (objects, names, advice) in FIELDS {
        assert!(!advice.is_empty(), "{names:?}");
        for object in *objects {
            let known = match object {
                Object::Whole => raw::Configuration::FIELDS,
                Object::Provider => raw::Provider::FIELDS,
                Object::Model => raw::Model::FIELDS,
                Object::Target => raw::Target::FIELDS,
                Object::Credential => raw::Credential::FIELDS,
                Object::Team => raw::Team::FIELDS,
                Object::Key => raw::Key::FIELDS,
                Object::Named | Object::Other => panic!("{names:?}: of which object?"),
            };
            for name in *names {
                assert!(!known.iter().any(|(field, _)| field == name), "{name} is a field");
            }
        }
    }
}
